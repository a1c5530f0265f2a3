//! The audit log: who looked at what and did what, in a chain of hashes. Append-only.
//!
//! [`Log::append`] returns when a record would survive a power cut; whoever asks acts after that and not before.
//! When it cannot be written, views of content and administrative actions are refused, and messages flow on: nothing
//! on their way asks this room. It holds names, numbers and reasons, never what a message holds.
//!
//! Damage stops nothing: it is told, written down as a record of its own, and the chain goes on in a new file, so
//! that [`verify`] finds it for good.
//!
//! Whoever sends records on reads them here from a place that they keep ([`Cursor`]): the log is its own queue. What is
//! older than somebody wants to keep is deleted by whole files, which is a record too ([`Log::delete_before`]).

mod aside;
mod files;
mod follow;
mod keep;
mod nodes;
mod record;
mod verify;

#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use tokio::sync::watch;
use tracing::error;

pub use aside::Aside;
pub use files::{FOLDER_NAME, HEAD_NAME};
pub use follow::{Cursor, Read};
pub use keep::Deleted;
pub use nodes::Nodes;
pub use record::{Entry, Head, Outcome, Record};
pub use verify::{Fault, Verified, verify};

use crate::{clock, durable};
use files::{FILE_BYTES_MAX, Lines, Place};
use verify::Damage;

/// A file is not written to for longer: whole files are deleted by age.
const FILE_AGE_MAX: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Why there is no record. What was to be recorded must not happen.
#[derive(Debug, Error)]
#[error("the audit log cannot be written: {}: {source}", path.display())]
pub struct AuditError {
    path: PathBuf,
    source: io::Error,
}

/// The log of one data folder. Clones are the same log.
#[derive(Clone)]
pub struct Log {
    place: Place,
    open: Arc<Mutex<Option<Open>>>,
    /// The number of the last record that would survive a power cut; 0 before the first of this process.
    newest: Arc<watch::Sender<u64>>,
    /// Whether the last record could not be written.
    is_refusing: Arc<AtomicBool>,
}

/// A log as it is at one moment.
pub struct Parts {
    /// What stands in `audit.head`.
    pub head: String,
    /// The files, the oldest first, and how long they are: they may grow, and do not change.
    pub files: Vec<(PathBuf, u64)>,
}

/// The file that is written to.
struct Open {
    file: File,
    bytes: u64,
    /// When its first record was written; nothing as long as there is none.
    began: Option<Timestamp>,
    head: Head,
}

impl Log {
    /// The log of this data folder. Nothing is opened before the first record, so nothing fails here.
    pub fn new(data: &Path) -> Log {
        Log {
            place: Place::new(data),
            open: Arc::default(),
            newest: Arc::new(watch::Sender::new(0)),
            is_refusing: Arc::default(),
        }
    }

    /// That something has come: the number of the last record of this process, as it grows.
    pub fn newest_number(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// Takes what a process before this one has written for the newest: where nothing can be written, what is there is
    /// sent on all the same. Blocks on the disk.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn look(&self) -> io::Result<()> {
        let written = self.place.read_head()?.map_or(0, |head| head.number);
        self.newest.send_if_modified(|newest| {
            let is_newer = written > *newest;
            *newest = written.max(*newest);
            is_newer
        });
        Ok(())
    }

    /// Writes a record; its number, when it would survive a power cut. Blocks on the disk.
    ///
    /// # Errors
    /// When it cannot be written. The next record tries anew.
    pub fn append(&self, entry: Entry) -> Result<u64, AuditError> {
        let mut guard = self.lock();
        // After a failure it is not put back: the next record looks at what is on disk.
        let appended = self.append_to(guard.take(), entry);
        self.is_refusing.store(appended.is_err(), Ordering::Relaxed);
        let (open, number) = appended?;
        *guard = Some(open);
        self.newest.send_replace(number);
        Ok(number)
    }

    fn append_to(&self, open: Option<Open>, entry: Entry) -> Result<(Open, u64), AuditError> {
        let mut open = match open {
            Some(open) => open,
            None => self.place.open()?,
        };
        if open.is_full(clock::now()) {
            open = self.place.begin(open.head)?;
        }
        let number = self.place.append(&mut open, entry)?;
        Ok((open, number))
    }

    /// Whether no record can be written, and so whatever needs one is refused: it was so at the last record, and a look
    /// at the disk says that it still is. Blocks on the disk.
    pub fn is_refusing(&self) -> bool {
        if !self.is_refusing.load(Ordering::Relaxed) {
            return false;
        }
        // No record is written meanwhile, whose failure would be forgotten.
        let _nothing_is_written = self.lock();
        let can_be_written = self.place.try_to_write().is_ok();
        if can_be_written {
            self.is_refusing.store(false, Ordering::Relaxed);
        }
        !can_be_written
    }

    /// Records before this number, the newest first, those that `wanted` says; lines that are none are passed over.
    /// Blocks on the disk.
    pub fn newest(
        &self,
        before: Option<u64>,
        count_max: usize,
        wanted: impl Fn(&Record) -> bool,
    ) -> io::Result<Vec<Record>> {
        let before = before.unwrap_or(u64::MAX);
        let mut found = Vec::new();
        for (first, path) in self.place.files()?.into_iter().rev() {
            if first >= before {
                continue;
            }
            let lines = Lines::read(&path)?;
            let records = lines.records().rev().flatten();
            found.extend(
                records
                    .filter(|record| record.number < before && wanted(record))
                    .take(count_max - found.len()),
            );
            if found.len() == count_max {
                break;
            }
        }
        Ok(found)
    }

    /// The files of the log, the oldest first: each is lines of JSON. Blocks on the disk.
    pub fn files(&self) -> io::Result<Vec<PathBuf>> {
        Ok(self.place.files()?.into_iter().map(|(_, path)| path).collect())
    }

    /// The files as they are at one moment, with their names in the data folder and how many of their bytes count, and
    /// what `audit.head` says of them: nothing before the first record. Blocks on the disk.
    pub fn parts(&self) -> io::Result<Option<Parts>> {
        let _nothing_is_written = self.lock();
        let Some(head) = self.place.read_head()? else {
            return Ok(None);
        };
        let mut files = Vec::new();
        for (_, path) in self.place.files()? {
            let bytes = path.metadata()?.len();
            files.push((path, bytes));
        }
        Ok(Some(Parts {
            head: format!("{head}\n"),
            files,
        }))
    }

    /// Whether every record is what was written. Blocks on the disk.
    pub fn verify(&self) -> io::Result<Verified> {
        verify(self.place.data(), None)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Opens the last file where it ends, or begins a new one when there is none or the log is damaged.
    fn open(&self) -> Result<Open, AuditError> {
        let folder = self.folder();
        durable::private_folder(&folder).map_err(|source| failed(folder, source))?;
        let known = self.read_head().map_err(|source| failed(self.head(), source))?;
        let files = self.files().map_err(|source| failed(self.folder(), source))?;
        let Some((first, path)) = files.last() else {
            return match known {
                None => self.begin(Head::of_nothing()),
                Some(head) => self.begin_after_damage(head, "all records are gone"),
            };
        };
        let lines = Lines::read(path).map_err(|source| failed(path.clone(), source))?;
        match verify::end(*first, &lines, known.as_ref()) {
            Ok(end) => go_on(path, &lines, end),
            Err(Damage { what, after }) => self.begin_after_damage(after, what),
        }
    }

    /// Whether the next record could be written, as far as can be seen without one: somebody may be at work on the log.
    fn try_to_write(&self) -> io::Result<()> {
        let folder = self.folder();
        durable::private_folder(&folder)?;
        self.read_head()?;
        if let Some((_, last)) = self.files()?.last() {
            OpenOptions::new().append(true).open(last)?;
        }
        durable::try_to_write(&folder)?;
        durable::try_to_write(self.data())
    }

    /// Begins a file for what follows this head.
    fn begin(&self, head: Head) -> Result<Open, AuditError> {
        let path = self.file(head.number + 1);
        let make = || -> io::Result<File> {
            // One that is there holds no record: the first of it would be known otherwise.
            match durable::private_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                Ok(_) | Err(_) => {}
            }
            let file = OpenOptions::new().append(true).open(&path)?;
            file.set_len(0)?;
            File::open(self.folder())?.sync_all()?;
            Ok(file)
        };
        let file = make().map_err(|source| failed(path.clone(), source))?;
        Ok(Open {
            file,
            bytes: 0,
            began: None,
            head,
        })
    }

    fn begin_after_damage(&self, head: Head, what: &str) -> Result<Open, AuditError> {
        error!(
            after = head.number,
            what, "the audit log is damaged: `weir audit verify` tells where"
        );
        let mut open = self.begin(head)?;
        let entry = Entry {
            detail: Some(what.to_owned()),
            ..Entry::by_weir("audit.damaged", "audit")
        };
        self.append(&mut open, entry)?;
        Ok(open)
    }

    fn append(&self, open: &mut Open, entry: Entry) -> Result<u64, AuditError> {
        let now = clock::now();
        let (line, head) = Record::new(entry, now, &open.head).write();
        let write = || -> io::Result<()> {
            (&open.file).write_all(line.as_bytes())?;
            open.file.sync_data()
        };
        if let Err(source) = write() {
            // So that a record nobody acted on is not followed; if this fails too, the next look finds it.
            drop(open.file.set_len(open.bytes));
            return Err(failed(self.folder(), source));
        }
        if let Err(source) = durable::replace(&self.head(), format!("{head}\n").as_bytes()) {
            // The same; one whose head is there after all stays, and the next look goes on after it.
            let known = self
                .read_head()
                .map(|known| known.unwrap_or_else(Head::of_nothing));
            if known.is_ok_and(|known| known == open.head) {
                drop(open.file.set_len(open.bytes));
            }
            return Err(failed(self.head(), source));
        }
        open.bytes += line.len() as u64;
        open.began = open.began.or(Some(now));
        open.head = head;
        Ok(open.head.number)
    }
}

/// Opens the file for what follows.
fn go_on(path: &Path, lines: &Lines, head: Head) -> Result<Open, AuditError> {
    let bytes = lines.whole_bytes();
    let open = || -> io::Result<File> {
        let file = OpenOptions::new().append(true).open(path)?;
        // What a crash left of a record that nobody acted on.
        if lines.is_cut() {
            file.set_len(bytes)?;
        }
        // What was read may not have been synced by whoever wrote it.
        file.sync_all()?;
        Ok(file)
    };
    let file = open().map_err(|source| failed(path.to_owned(), source))?;
    let began = lines.records().next().flatten().and_then(|first| first.moment());
    Ok(Open {
        file,
        bytes,
        began,
        head,
    })
}

impl Open {
    /// Whether the next record begins another file.
    fn is_full(&self, now: Timestamp) -> bool {
        let is_old = |began: Timestamp| now.duration_since(began) >= FILE_AGE_MAX;
        self.bytes >= FILE_BYTES_MAX || self.began.is_some_and(is_old)
    }
}

/// A file of the log, its whole lines. Blocks on the disk.
pub fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    Ok(Lines::read(path)?.into_whole())
}

fn failed(path: PathBuf, source: io::Error) -> AuditError {
    AuditError { path, source }
}
