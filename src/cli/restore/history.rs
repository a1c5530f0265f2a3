//! The archive beside a restored outbox: brought back if there is none, and told which of what it shows as owed goes on
//! and what is lost.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::super::CannotRun;
use super::super::backup::{copy_folder, private_folder};
use super::lines::{self, PLAIN};
use crate::archive::{self, Archive, ArchiveError, End, Settlement};
use crate::durable;
use crate::seal::{self, OperatorKey};
use crate::secret::SecretPlace;

/// Who ended what the outbox of before still owed, in the history.
pub(super) const BY: &str = "weir restore";
/// Ends written at once.
const ENDS_MAX: usize = 1_000;

/// An archive, and the outbox whose deliveries it shows.
pub(super) struct History {
    archive: Archive,
    /// The outbox that the backup is of.
    store: u128,
    /// What of it is owed again, by destination.
    restored: HashMap<String, HashSet<u64>>,
}

/// Copies the archive of a backup to where there is none, under the key of the site (the other is that of the backup);
/// whether it did.
pub(super) fn bring_back(
    from: &Path,
    folder: &Path,
    (key, of_backup): (Option<&SecretPlace>, Option<&SecretPlace>),
    takes_plain: bool,
) -> Result<bool, CannotRun> {
    let at = |path: &Path, error: &dyn std::fmt::Display| CannotRun::at(path.display(), error);
    if !from.is_dir() || folder.join(archive::FILE_NAME).exists() {
        return Ok(false);
    }
    let is_encrypted = archive::keys_file(from)
        .try_exists()
        .map_err(|error| at(from, &error))?;
    if is_encrypted && key.is_none() {
        let why = "encrypted, and the site names no key: put `engine.encryption.key` into the site; nothing is restored";
        return Err(CannotRun::at(from.display(), why));
    }
    if !is_encrypted && of_backup.is_some() && !takes_plain {
        let why = format!("{PLAIN}; nothing is restored");
        return Err(CannotRun::at(from.display(), why));
    }
    durable::private_folder(folder).map_err(|error| at(folder, &error))?;
    if !is_empty(folder).map_err(|error| at(folder, &error))? {
        let why = "it holds files but no archive; move them away, and restore again";
        return Err(CannotRun::at(folder.display(), why));
    }
    // Within it, for it may be a disk of its own.
    let made = private_folder(folder).map_err(|error| at(folder, &error))?;
    copy_folder(from, made.path()).map_err(|error| at(from, &error))?;
    // Before it is where it belongs: nothing plain may stand there, whenever this is killed.
    under_key(made.path(), key, of_backup).map_err(|why| at(from, &why))?;
    // Nor what nobody could open.
    let opened = Archive::open_existing(made.path(), key);
    drop(opened.map_err(|error| at(from, &error))?);
    durable::hand_over(made.path(), folder).map_err(|error| at(folder, &error))?;
    move_into(made.path(), folder).map_err(|error| at(folder, &error))?;
    Ok(true)
}

/// But for what mkfs puts in a new disk.
fn is_empty(folder: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        if entry?.file_name() != "lost+found" {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Moves the files of an archive, its database last: without that there is no archive yet.
fn move_into(made: &Path, folder: &Path) -> io::Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(made)? {
        names.push(entry?.file_name());
    }
    names.sort_by_key(|name| name == archive::FILE_NAME);
    for name in names {
        fs::rename(made.join(&name), folder.join(&name))?;
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Brings an archive that was copied under the key of the site.
fn under_key(
    folder: &Path,
    key: Option<&SecretPlace>,
    of_backup: Option<&SecretPlace>,
) -> Result<(), String> {
    let Some(key) = key else {
        return Ok(());
    };
    let keys = archive::keys_file(folder);
    if !keys.exists() {
        let encrypted = Archive::encrypt(folder, key);
        return encrypted.map(drop).map_err(|error| error.to_string());
    }
    let read = |place| OperatorKey::read(place).map_err(|error| error.to_string());
    let (old, new) = (read(of_backup.unwrap_or(key))?, read(key)?);
    if old.id() == new.id() {
        return Ok(());
    }
    seal::rotate(&keys, &old, &new)
        .map(drop)
        .map_err(lines::of_backup)
}

impl History {
    /// Opens the archive in this folder, if there is one.
    pub(super) fn open(
        folder: &Path,
        key: Option<&SecretPlace>,
        store: u128,
    ) -> Result<Option<History>, ArchiveError> {
        let archive = Archive::open_existing(folder, key)?;
        Ok(archive.map(|archive| History {
            archive,
            store,
            restored: HashMap::new(),
        }))
    }

    /// The number in the archive of the message that a delivery is of, which is owed again from now on.
    pub(super) fn goes_on(&mut self, destination: &str, sequence: u64) -> Result<Option<u64>, ArchiveError> {
        let restored = self.restored.entry(destination.to_owned()).or_default();
        restored.insert(sequence);
        self.archive.message_of(self.store, destination, sequence)
    }

    /// Ends what the outbox of before owed by what is known here: it goes on as another message, or it is lost; how much
    /// of it is.
    pub(super) fn close(&self, at: Timestamp) -> Result<u64, ArchiveError> {
        let (mut after, mut lost) = (0, 0);
        loop {
            let open = self.archive.unsettled(self.store, after, ENDS_MAX)?;
            let Some((_, end)) = open.last() else {
                return Ok(lost);
            };
            // A delivery of the same number to another destination may be the first of the next.
            after = if open.len() < ENDS_MAX { *end } else { end - 1 };
            let ends = open.iter().map(|(destination, sequence)| {
                let restored = self.restored.get(destination);
                let end = if restored.is_some_and(|restored| restored.contains(sequence)) {
                    End::Resent
                } else {
                    lost += 1;
                    End::Purged
                };
                Settlement {
                    destination: Arc::from(destination.as_str()),
                    sequence: *sequence,
                    at,
                    end,
                    by: Some(BY.to_owned()),
                }
            });
            let ends: Vec<_> = ends.collect();
            self.archive.settle(self.store, &ends)?;
        }
    }
}

/// Where `weir backup` has put the archive beside this file.
pub(super) fn beside(file: &Path) -> PathBuf {
    super::super::backup::archive_beside(file)
}
