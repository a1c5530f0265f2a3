//! The archive: what became of every message, kept to be searched.
//!
//! It is told by the outbox's journal, in batches ([`Archive::write`]); what it returned from is on the disk, so the
//! journal may forget it. What is told twice is written once. It is never in the way of a message: it may be lost, and
//! no delivery is.
//!
//! With a key, what comes from messages is sealed before it reaches a row, and found by keyed hashes; `sealed.rs` says
//! what is not. Without one it lies there as it came.
//!
//! One SQLite database (`archive.sqlite` in its folder), with one connection that writes and a few that read beside
//! it. Everything here blocks on the disk.

mod about;
mod bodies;
mod encrypt;
mod error;
mod event;
mod hold;
mod keys;
mod message;
mod number;
mod purge;
mod query;
mod schema;
mod sealed;
mod search;
mod settings;
mod state;
mod subject;
mod succession;
mod term;
#[cfg(test)]
mod tests;
mod verify;
mod write;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use metrics::{counter, gauge};
use rusqlite::Connection;

use crate::durable;
use crate::metrics as names;
use crate::secret::SecretPlace;

use sealed::Sealing;

pub use error::ArchiveError;
pub use event::{Attempt, End, Event, Origin, Outcome, Owed, Passage, Received, Settlement, What};
pub use hold::{Hold, check_hold};
pub use keys::keys_file;
pub use message::{Attempted, Delivery, Message, Resent};
pub use purge::Purged;
pub use query::Query;
pub use search::{Found, Page};
pub use settings::{AgeMaxOf, Retention, Settings};
pub use state::State;
pub use subject::Subject;
pub use verify::Verification;

/// The database in the archive's folder.
pub const FILE_NAME: &str = "archive.sqlite";
/// Connections that read, kept for the next who asks; more are made when more ask at once.
const READERS_KEPT: usize = 4;
/// So many lost deliveries end in one transaction.
const LOST_AT_ONCE_MAX: usize = 200;
/// The most messages of one page.
pub const PAGE_COUNT_MAX: usize = 1_000;

/// A handle; clones are the same archive.
#[derive(Clone)]
pub struct Archive {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    sealing: Sealing,
    writer: Mutex<Writer>,
    readers: Mutex<Vec<Connection>>,
}

struct Writer {
    connection: Connection,
    names: write::Names,
    packer: bodies::Packer,
    round: purge::Round,
}

/// What there is in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Messages.
    pub messages: u64,
    /// What they take on the disk.
    pub stored_bytes: u64,
    /// When the oldest and the newest of them were received.
    pub between: Option<(Timestamp, Timestamp)>,
}

impl Archive {
    /// Opens the archive in this folder, and makes it there when there is none: encrypted, if there is an operator's key.
    ///
    /// # Errors
    /// When the file is damaged, of a newer weir or of another program, or the key does not fit: it is left as it is.
    pub fn open(folder: &Path, key: Option<&SecretPlace>) -> Result<Archive, ArchiveError> {
        // It holds what patients' data the outbox holds, for longer.
        durable::private_folder(folder).map_err(ArchiveError::io(folder))?;
        let path = folder.join(FILE_NAME);
        keep_others_out(folder, &path);
        let sealing = Sealing::by(keys::find(folder, &path, key)?);
        let connection = schema::open_writer(&path, &sealing)?;
        Ok(Archive {
            shared: Arc::new(Shared {
                path,
                sealing,
                writer: Mutex::new(Writer {
                    connection,
                    names: write::Names::default(),
                    packer: bodies::Packer::default(),
                    round: purge::Round::default(),
                }),
                readers: Mutex::new(Vec::new()),
            }),
        })
    }

    /// Opens the archive in this folder; `None` when there is none.
    ///
    /// # Errors
    /// As [`open`](Archive::open).
    pub fn open_existing(folder: &Path, key: Option<&SecretPlace>) -> Result<Option<Archive>, ArchiveError> {
        let path = folder.join(FILE_NAME);
        if !fs::exists(&path).map_err(ArchiveError::io(&path))? {
            return Ok(None);
        }
        Archive::open(folder, key).map(Some)
    }

    /// Encrypts the archive in this folder, which is not and which nobody may use meanwhile; how many messages it has.
    /// Cut short, it is as it was.
    ///
    /// # Errors
    /// When it is encrypted already, is used, or there is no room for as much again.
    pub fn encrypt(folder: &Path, key: &SecretPlace) -> Result<u64, ArchiveError> {
        encrypt::encrypt(folder, key)
    }

    /// The database.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// The last record of this outbox's journal that is in the archive.
    pub fn written(&self, store: u128) -> Result<Option<u64>, ArchiveError> {
        write::written(&self.writer().connection, store)
    }

    /// The number in the archive of a message of this outbox, whether the archive has it or not.
    pub fn number(&self, store: u128, sequence: u64) -> Result<u64, ArchiveError> {
        self.read(|connection| write::number(connection, store, sequence))
    }

    /// Whether the message of this number came from this outbox, and not from one before it.
    pub fn is_of(&self, store: u128, number: u64) -> Result<bool, ArchiveError> {
        Ok(number::is_of_one_outbox(self.number(store, 0)?, number))
    }

    /// Writes records of an outbox's journal, in their order. What was written before is passed over. When it returns,
    /// they survive a power cut, all of them or, on an error, none.
    pub fn write(&self, store: u128, events: &[Event]) -> Result<(), ArchiveError> {
        let mut writer = self.writer();
        let Writer {
            connection,
            names,
            packer,
            ..
        } = &mut *writer;
        write::write(connection, &self.shared.sealing, (names, packer), store, events)
    }

    /// Writes ends of deliveries of an outbox that is gone, which tells nothing any more.
    pub fn settle(&self, store: u128, settlements: &[Settlement]) -> Result<(), ArchiveError> {
        let mut writer = self.writer();
        let Writer {
            connection,
            names,
            packer,
            ..
        } = &mut *writer;
        write::settle(
            connection,
            &self.shared.sealing,
            (names, packer),
            store,
            settlements,
        )
    }

    /// Takes what this outbox has written for that of one that is gone: whatever it writes next has numbers of its own.
    pub fn set_aside(&self, store: u128) -> Result<(), ArchiveError> {
        succession::set_aside(&self.writer().connection, store)
    }

    /// The number here of the message that a delivery of this outbox is of, if it is here.
    pub fn message_of(
        &self,
        store: u128,
        destination: &str,
        sequence: u64,
    ) -> Result<Option<u64>, ArchiveError> {
        self.read(|connection| succession::message_of(connection, store, destination, sequence))
    }

    /// The next deliveries after a number that this outbox owed or had given up: destination and number.
    pub fn unsettled(
        &self,
        store: u128,
        after: u64,
        count_max: usize,
    ) -> Result<Vec<(String, u64)>, ArchiveError> {
        self.read(|connection| succession::unsettled(connection, store, after, count_max))
    }

    /// How many deliveries are still owed here by outboxes other than this, which is the present one: nobody will send
    /// them.
    pub fn count_lost(&self, present: u128) -> Result<u64, ArchiveError> {
        self.read(|connection| succession::count_lost(connection, present))
    }

    /// Ends all of them as purged; how many.
    pub fn end_lost(&self, present: u128, by: &str, at: Timestamp) -> Result<u64, ArchiveError> {
        let (mut ended, mut from) = (0, 0);
        loop {
            let owed =
                self.read(|connection| succession::lost(connection, present, from, LOST_AT_ONCE_MAX))?;
            let Some(last) = owed.last() else {
                return Ok(ended);
            };
            // One of the same number, to another destination, may be the first of the next.
            from = last.number;
            let ends = owed.iter().map(|delivery| Settlement {
                destination: delivery.destination.as_str().into(),
                sequence: delivery.sequence,
                at,
                end: End::Purged,
                by: Some(by.to_owned()),
            });
            self.settle(last.store, &ends.collect::<Vec<_>>())?;
            ended += owed.len() as u64;
        }
    }

    /// Copies the database of the archive in this folder, as it is at one moment, into an empty file; a weir may write
    /// to it meanwhile.
    pub fn copy(folder: &Path, to: &Path) -> Result<(), ArchiveError> {
        succession::copy(&folder.join(FILE_NAME), to)
    }

    /// The newest messages before a number (of all, without one) that are as asked.
    pub fn search(&self, query: &Query, before: Option<u64>, count_max: usize) -> Result<Page, ArchiveError> {
        let count_max = count_max.clamp(1, PAGE_COUNT_MAX);
        self.read(|connection| search::search(connection, &self.shared.sealing, query, before, count_max))
    }

    /// Whom and what a message is about, which is content; `None` when there is none of this number, or it cannot be
    /// read.
    pub fn subject(&self, number: u64) -> Result<Option<Subject>, ArchiveError> {
        let Ok(number) = i64::try_from(number) else {
            return Ok(None);
        };
        let raw = self.read(|connection| search::raw(connection, &self.shared.sealing, number))?;
        Ok(raw.map(|(raw, charset)| Subject::of(raw, charset)))
    }

    /// A message with all that became of it; `None` when there is none of this number.
    pub fn message(&self, number: u64) -> Result<Option<Message>, ArchiveError> {
        let Ok(number) = i64::try_from(number) else {
            return Ok(None);
        };
        self.read(|connection| message::read(connection, &self.shared.sealing, number))
    }

    /// What there is.
    pub fn summary(&self) -> Result<Summary, ArchiveError> {
        self.read(verify::summary)
    }

    /// Looks at every page and every message.
    pub fn verify(&self) -> Result<Verification, ArchiveError> {
        self.read(|connection| verify::verify(connection, &self.shared.sealing))
    }

    /// Deletes these messages, as far as nobody is owed them and no hold keeps them.
    pub fn purge(&self, messages: &[u64]) -> Result<Purged, ArchiveError> {
        let sealing = &self.shared.sealing;
        let purged = purge::purge(&mut self.writer().connection, sealing, &signed(messages))?;
        counter!(names::ARCHIVE_PURGED).increment(purged.deleted);
        Ok(purged)
    }

    /// What a purge of these messages would do.
    pub fn purge_preview(&self, messages: &[u64]) -> Result<Purged, ArchiveError> {
        self.read(|connection| purge::preview(connection, &signed(messages)))
    }

    /// One bite of deleting what is too old or too much, and of giving the disk back; whether the round has ended. The
    /// next call then begins another.
    pub fn tidy(&self, retention: &Retention, now: Timestamp) -> Result<bool, ArchiveError> {
        let mut writer = self.writer();
        let Writer {
            connection, round, ..
        } = &mut *writer;
        let (deleted, is_done) = purge::bite(connection, &self.shared.sealing, round, retention, now)?;
        counter!(names::ARCHIVE_PURGED).increment(deleted);
        #[expect(clippy::cast_precision_loss, reason = "a gauge of bytes needs no more digits")]
        gauge!(names::ARCHIVE_BYTES).set(purge::stored_bytes(connection)? as f64);
        Ok(is_done)
    }

    /// Makes a hold, or adds to the one of that name, so that these messages are not deleted; how many of them are
    /// there.
    pub fn hold(
        &self,
        name: &str,
        reason: &str,
        by: &str,
        at: Timestamp,
        messages: &[u64],
    ) -> Result<u64, ArchiveError> {
        let (mut writer, sealing) = (self.writer(), &self.shared.sealing);
        hold::begin(&mut writer.connection, sealing, name, reason, by, at)?;
        hold::keep(&mut writer.connection, sealing, name, &signed(messages))
    }

    /// Ends a hold.
    pub fn release(&self, name: &str) -> Result<(), ArchiveError> {
        hold::release(&mut self.writer().connection, &self.shared.sealing, name)
    }

    /// All holds.
    pub fn holds(&self) -> Result<Vec<Hold>, ArchiveError> {
        self.read(|connection| hold::all(connection, &self.shared.sealing))
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        // A panic in the middle of a transaction has rolled it back.
        self.shared.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, ArchiveError>) -> Result<T, ArchiveError> {
        let kept = self.readers().pop();
        let connection = match kept {
            Some(connection) => connection,
            None => schema::open_reader(&self.shared.path)?,
        };
        let done = work(&connection);
        let mut readers = self.readers();
        if readers.len() < READERS_KEPT {
            readers.push(connection);
        }
        done
    }

    fn readers(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.shared.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes a folder to others that was made for the archive, and the files that an earlier weir has left open in it.
fn keep_others_out(folder: &Path, database: &Path) {
    let closed = durable::keep_others_out(folder).and_then(|()| {
        let files = schema::files(database).into_iter();
        let is_file = |path: &PathBuf| path.symlink_metadata().is_ok_and(|found| found.is_file());
        files
            .filter(is_file)
            .try_for_each(|file| durable::keep_others_out(&file))
    });
    if let Err(error) = closed {
        // Of a disk that somebody else has mounted there: for them to say.
        tracing::warn!(%error, folder = %folder.display(), "others may read the archive, which holds messages");
    }
}

/// Numbers that no archive can hold are of no message.
fn signed(numbers: &[u64]) -> Vec<i64> {
    numbers
        .iter()
        .map(|number| i64::try_from(*number).unwrap_or(i64::MAX))
        .collect()
}
