//! The log as a queue: whoever sends records on reads from where they are, as more is written.
//!
//! Nothing is kept here for anybody. A [`Head`] says how far somebody is, and survives a restart with them; the files
//! say what comes next.

use std::fs::File;
use std::io::{self, Read as _, Seek, SeekFrom};

use super::files::Lines;
use super::{Head, Log, Record};

/// So much of a file is read at a time: more than the longest record.
const CHUNK_BYTES: usize = 128 * 1024;

/// How far somebody has read.
#[derive(Debug, Clone)]
pub struct Cursor {
    after: Head,
    /// The file that is read, by its first record, and how much of it was; looked for where there is none.
    pub(super) at: Option<(u64, u64)>,
}

impl Cursor {
    /// After the record that is the head of the log up to there.
    pub fn after(head: Head) -> Cursor {
        Cursor {
            after: head,
            at: None,
        }
    }

    /// The last record that was read.
    pub fn head(&self) -> &Head {
        &self.after
    }
}

/// What was read.
#[derive(Debug, Default)]
pub struct Read {
    /// In their order.
    pub records: Vec<Record>,
    /// Records that were deleted before they were read, or are no records any more.
    pub missed: u64,
}

impl Log {
    /// The records after this place that would survive a power cut, and moves it on. Blocks on the disk.
    ///
    /// A place in a log that is not this one begins with the oldest record.
    ///
    /// # Errors
    /// When a file cannot be read; the place stays as it is then.
    pub fn read_after(&self, cursor: &mut Cursor, count_max: usize) -> io::Result<Read> {
        let mut next = cursor.clone();
        let mut read = Read::default();
        let last = *self.newest.borrow();
        if next.at.is_none() && last > 0 {
            next.at = self.find(&mut next)?;
        }
        while read.records.len() < count_max && next.after.number < last {
            // Before what is read: a file that is followed by another is whole.
            let files = self.place.files()?;
            let found = match next.at {
                Some(at) => files.iter().find(|(first, _)| *first == at.0).map(|_| at),
                None => None,
            };
            let Some((first, from)) = found.map_or_else(|| self.find(&mut next), |at| Ok(Some(at)))? else {
                break;
            };
            let mut file = File::open(self.place.file(first))?;
            file.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::new();
            file.take(CHUNK_BYTES as u64).read_to_end(&mut bytes)?;
            let mut taken = 0;
            for line in bytes.split_inclusive(|&byte| byte == b'\n') {
                let Some(whole) = line.strip_suffix(b"\n") else {
                    break;
                };
                if let Some(record) = Record::read(whole) {
                    if record.number > last || read.records.len() == count_max {
                        break;
                    }
                    read.missed += record.number.saturating_sub(next.after.number + 1);
                    next.after = record.head();
                    read.records.push(record);
                }
                taken += line.len() as u64;
            }
            let following = files.iter().map(|(first, _)| *first).find(|other| *other > first);
            next.at = match following {
                Some(following) if taken == 0 => Some((following, 0)),
                _ => Some((first, from + taken)),
            };
            if taken == 0 && following.is_none() {
                break;
            }
        }
        *cursor = next;
        Ok(read)
    }

    /// The file to read on in, and how much of it to pass over.
    fn find(&self, cursor: &mut Cursor) -> io::Result<Option<(u64, u64)>> {
        let files = self.place.files()?;
        let Some(oldest) = files.first().map(|(first, _)| *first) else {
            return Ok(None);
        };
        let wanted = &cursor.after;
        let holding = files.iter().rev().find(|(first, _)| *first <= wanted.number);
        let Some((first, path)) = holding else {
            // All that was read is gone, or nothing was read.
            return Ok(Some((oldest, 0)));
        };
        let lines = Lines::read(path)?;
        let mut passed = 0;
        let mut is_other = lines
            .records()
            .flatten()
            .last()
            .is_none_or(|last| last.number < wanted.number);
        for (bytes, record) in lines.sized_records() {
            match record {
                Some(record) if record.number > wanted.number => break,
                Some(record) if record.number == wanted.number => is_other |= record.head() != *wanted,
                Some(_) | None => {}
            }
            passed += bytes;
        }
        if is_other {
            cursor.after = Head::of_nothing();
            return Ok(Some((oldest, 0)));
        }
        Ok(Some((*first, passed)))
    }
}
