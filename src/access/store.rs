//! The file of users and tokens: `access.json` in the data folder, replaced as a whole, readable by its owner alone.
//!
//! It holds hashes, never a password or a token.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AccessError, Role};
use crate::durable;

/// The format of the file.
const VERSION: u32 = 1;
/// Its name in the data folder.
pub const FILE_NAME: &str = "access.json";

/// What stands in the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    version: u32,
    pub(super) users: BTreeMap<String, StoredUser>,
    pub(super) tokens: BTreeMap<String, StoredToken>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredUser {
    /// By Argon2id, with its parameters.
    pub(super) password: String,
    pub(super) roles: BTreeSet<Role>,
    pub(super) created_at: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredToken {
    /// BLAKE3 of the token, in hexadecimal.
    pub(super) hash: String,
    pub(super) roles: BTreeSet<Role>,
    pub(super) created_at: String,
    pub(super) created_by: String,
    pub(super) expires_at: Timestamp,
}

impl Stored {
    pub(super) fn write(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("texts and numbers are always JSON")
    }

    pub(super) fn has_administrator(&self) -> bool {
        let mut users = self.users.values();
        users.any(|user| user.roles.contains(&Role::Administrator))
    }
}

/// The file, and what it says.
pub(super) struct Store {
    path: PathBuf,
    stored: Stored,
}

impl Store {
    pub(super) fn open(data: &Path) -> Result<Store, AccessError> {
        let path = data.join(FILE_NAME);
        let stored = match std::fs::read(&path) {
            Ok(bytes) => read(&bytes).map_err(|reason| AccessError::Unreadable {
                path: path.clone(),
                reason,
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Stored {
                version: VERSION,
                users: BTreeMap::new(),
                tokens: BTreeMap::new(),
            },
            Err(source) => return Err(AccessError::Io { path, source }),
        };
        Ok(Store { path, stored })
    }

    pub(super) fn stored(&self) -> &Stored {
        &self.stored
    }

    /// Writes the change down, then makes it count. Nothing changes when it is refused or cannot be written.
    pub(super) fn change<T>(
        &mut self,
        change: impl FnOnce(&mut Stored) -> Result<T, AccessError>,
    ) -> Result<T, AccessError> {
        let mut stored = self.stored.clone();
        let changed = change(&mut stored)?;
        durable::replace(&self.path, &stored.write()).map_err(|source| AccessError::Io {
            path: self.path.clone(),
            source,
        })?;
        self.stored = stored;
        Ok(changed)
    }
}

fn read(bytes: &[u8]) -> Result<Stored, String> {
    let stored: Stored = serde_json::from_slice(bytes).map_err(|error| {
        // serde quotes what it found; the place says enough.
        format!("line {}, column {}", error.line(), error.column())
    })?;
    if stored.version != VERSION {
        return Err(format!("version {}, expected {VERSION}", stored.version));
    }
    Ok(stored)
}
