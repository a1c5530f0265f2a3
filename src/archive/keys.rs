//! The data keys of an encrypted archive: a file beside the database, and a mark in it.
//!
//! Whether the given key fits is known before the database is opened; an archive that is encrypted where no key is
//! given, or not where one is, is refused and left as it is.

use std::fs;
use std::path::{Path, PathBuf};

use super::{ArchiveError, schema};
use crate::seal::{Keys, OperatorKey};
use crate::secret::SecretPlace;

/// The file, in the archive's folder.
const FILE_NAME: &str = "keys";

/// Where the data keys of the archive in this folder are, if it is encrypted.
pub fn keys_file(folder: &Path) -> PathBuf {
    folder.join(FILE_NAME)
}

/// The keys of the archive in this folder, made when there is none yet; `None` without an operator's key.
pub(super) fn find(
    folder: &Path,
    database: &Path,
    operator: Option<&SecretPlace>,
) -> Result<Option<Keys>, ArchiveError> {
    let file = keys_file(folder);
    let is_there = |path: &Path| fs::exists(path).map_err(ArchiveError::io(path));
    let has_keys = is_there(&file)?;
    let Some(operator) = operator else {
        return if has_keys {
            Err(encrypted(database))
        } else {
            Ok(None)
        };
    };
    let operator = OperatorKey::read(operator)?;
    if has_keys {
        return Ok(Some(Keys::read(&file, &operator)?));
    }
    if is_there(database)? {
        // Keys that were made now would open nothing of it.
        return Err(match schema::sealed_by(database)? {
            Some(_) => ArchiveError::KeysMissing { path: file },
            None => not_encrypted(database),
        });
    }
    Ok(Some(Keys::create(&file, &operator)?))
}

/// Refuses an archive that other keys have sealed than those given, or none.
pub(super) fn check(
    database: &Path,
    sealed_by: Option<[u8; 16]>,
    given: Option<[u8; 16]>,
) -> Result<(), ArchiveError> {
    match (sealed_by, given) {
        (one, other) if one == other => Ok(()),
        (None, _) => Err(not_encrypted(database)),
        (Some(_), None) => Err(encrypted(database)),
        (Some(_), Some(_)) => Err(ArchiveError::OtherKeys {
            path: database.to_owned(),
        }),
    }
}

fn encrypted(database: &Path) -> ArchiveError {
    let path = database.to_owned();
    ArchiveError::Encrypted { path }
}

fn not_encrypted(database: &Path) -> ArchiveError {
    let path = database.to_owned();
    ArchiveError::NotEncrypted { path }
}
