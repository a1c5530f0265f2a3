//! How long records are kept: what is too old is deleted by whole files, and that is a record itself.
//!
//! The record names the head of what is deleted, so that the chain of what is left has a beginning that was written
//! down: [`super::verify`] takes a log whose first records are missing only where such a record vouches for it. It is
//! durable before the first file goes.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use jiff::Timestamp;

use super::files::Lines;
use super::{AuditError, Entry, Head, Log, Record, failed};

/// What the record says it did.
const WHAT: &str = "audit.delete";
/// What stands before the head, in the detail of the record.
const THROUGH: &str = "records through ";

/// What was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// How many records.
    pub records: u64,
    /// The head of the log up to the last of them.
    pub through: Head,
}

/// A file all of whose records are too old.
struct Old {
    first: u64,
    path: PathBuf,
    /// The head of the log up to its end.
    through: Head,
}

impl Log {
    /// Deletes the files all of whose records are older than this; the file that is written to stays. Nothing where
    /// there are none. Blocks on the disk.
    ///
    /// # Errors
    /// When that cannot be written down, so that nothing is deleted, or a file cannot be removed.
    pub fn delete_before(&self, before: Timestamp) -> Result<Option<Deleted>, AuditError> {
        let old = self
            .old(before)
            .map_err(|source| failed(self.place.folder(), source))?;
        let (Some(oldest), Some(last)) = (old.first(), old.last()) else {
            return Ok(None);
        };
        let through = last.through.clone();
        let records = through.number + 1 - oldest.first;
        let entry = Entry {
            detail: Some(format!("{THROUGH}{through}")),
            ..Entry::by_weir(WHAT, "audit")
        };
        self.append(entry)?;
        for Old { path, .. } in &old {
            // The oldest first: what a crash leaves still ends where the record says.
            fs::remove_file(path).map_err(|source| failed(path.clone(), source))?;
        }
        let folder = self.place.folder();
        let synced = File::open(&folder).and_then(|folder| folder.sync_all());
        synced.map_err(|source| failed(folder, source))?;
        Ok(Some(Deleted { records, through }))
    }

    /// The files that are too old, the oldest first.
    fn old(&self, before: Timestamp) -> io::Result<Vec<Old>> {
        let mut files = self.place.files()?.into_iter().peekable();
        let mut old = Vec::new();
        while let Some((first, path)) = files.next() {
            let Some((_, following)) = files.peek() else {
                break;
            };
            let lines = Lines::read(&path)?;
            let last = lines.records().rev().flatten().find_map(|record| record.moment());
            // What follows says what went before it, however damaged that is.
            let next = Lines::read(following)?.records().next().flatten();
            let (Some(last), Some(next)) = (last, next) else {
                break;
            };
            if last >= before {
                break;
            }
            let through = Head {
                number: next.number - 1,
                hash: next.previous,
            };
            old.push(Old { first, path, through });
        }
        Ok(old)
    }
}

impl Record {
    /// The head of what was deleted, where this is the record of that.
    pub(super) fn deleted_through(&self) -> Option<Head> {
        let is_ours = self.what == WHAT && self.who == "weir";
        let detail = self.detail.as_deref().filter(|_| is_ours)?;
        Head::parse(detail.strip_prefix(THROUGH)?)
    }
}
