//! Whether the log is what was written: flipped, deleted, swapped and cut off records are found.
//!
//! Within the machine whoever can write all of the data folder can also write another chain that holds. So the head
//! can be kept elsewhere ([`Head`], a line of text) and asked for later.

use std::io;
use std::path::{Path, PathBuf};

use super::files::{Lines, Place};
use super::{Head, Record};

/// What is wrong with a log, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: PathBuf,
    /// Its line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong, and what it may mean.
    pub what: String,
}

/// What was found.
#[derive(Debug)]
pub struct Verified {
    /// Records that are what was written.
    pub records: u64,
    /// Records before those, which were deleted by age, as a later record says.
    pub deleted: u64,
    /// Where the log ends.
    pub head: Head,
    /// What is not as it should be.
    pub faults: Vec<Fault>,
}

/// More faults than this tell nothing new.
const FAULTS_MAX: usize = 100;

/// Reads the whole log of a data folder. `expected` is a head that was noted elsewhere, if one was. Blocks on the disk.
///
/// # Errors
/// When the log cannot be read.
pub fn verify(data: &Path, expected: Option<&Head>) -> io::Result<Verified> {
    let place = Place::new(data);
    let mut chain = Chain {
        end: Head::of_nothing(),
        records: 0,
        faults: Vec::new(),
        unseen: expected.cloned(),
        ends: Vec::new(),
        deleted: Vec::new(),
    };
    // Before the files: what is written meanwhile is more than it says, never less.
    let known = place.read_head()?;
    for (first, path) in place.files()? {
        chain.file(first, &path, &Lines::read(&path)?);
    }
    let deleted = chain.check_beginning(&place);
    let Chain {
        end,
        records,
        mut faults,
        unseen,
        ..
    } = chain;
    let mut fault = |file: PathBuf, what: String| faults.push(Fault { file, line: 0, what });
    match known {
        None if end.number > 0 => fault(
            place.head(),
            "expected where the log ends: it is gone or damaged".to_owned(),
        ),
        Some(known) if known.number > end.number => {
            let what = format!(
                "the log ends with record {} and should go on to {}: its end was cut off",
                end.number, known.number
            );
            fault(place.folder(), what);
        }
        Some(known) if known.number == end.number && known != end => {
            let what = format!("record {} is not the one that was written last", end.number);
            fault(place.folder(), what);
        }
        None | Some(_) => {}
    }
    if let Some(Head { number, .. }) = unseen {
        let what = if number < deleted {
            format!("record {number} was deleted by age, so that it cannot be compared: note a newer head")
        } else {
            format!("there is no record {number} with the expected hash")
        };
        fault(place.folder(), what);
    }
    Ok(Verified {
        records,
        deleted,
        head: end,
        faults,
    })
}

/// The chain as far as it was followed.
struct Chain {
    end: Head,
    records: u64,
    faults: Vec<Fault>,
    unseen: Option<Head>,
    /// The head before each file, the oldest first.
    ends: Vec<Head>,
    /// Up to where records say that something was deleted.
    deleted: Vec<Head>,
}

impl Chain {
    /// How many records the beginning lacks; that is a fault unless a later record says that they were deleted.
    fn check_beginning(&mut self, place: &Place) -> u64 {
        let Some(missing) = self
            .ends
            .first()
            .map(|before| before.number)
            .filter(|&number| number > 0)
        else {
            return 0;
        };
        // A crash may have left some of what was to be deleted.
        let is_vouched_for = |through: &Head| through.number >= missing && self.ends.contains(through);
        if !self.deleted.iter().any(is_vouched_for) {
            let what = format!(
                "begins with record {}, expected 1: records are missing, and none says that they were deleted",
                missing + 1
            );
            self.fault(&place.file(missing + 1), 0, what);
        }
        let before = self.ends.first().cloned();
        self.unseen.take_if(|unseen| Some(&*unseen) == before.as_ref());
        missing
    }

    fn file(&mut self, first: u64, path: &Path, lines: &Lines) {
        if self.ends.is_empty() && first > 1 {
            // Whether that is right is known at the end.
            let previous = lines.records().next().flatten().map(|record| record.previous);
            self.end = Head {
                number: first - 1,
                hash: previous.unwrap_or_default(),
            };
        }
        self.ends.push(self.end.clone());
        if first != self.end.number + 1 {
            let what = format!(
                "begins with record {first}, expected {}: records are missing or doubled",
                self.end.number + 1
            );
            self.fault(path, 0, what);
            self.end.number = first - 1;
            self.end.hash.clear();
        }
        for (line, record) in lines.records().enumerate() {
            let Some(record) = record else {
                self.fault(
                    path,
                    line + 1,
                    "is not what was written: it was changed".to_owned(),
                );
                // What follows can only be compared among itself.
                self.end.number += 1;
                self.end.hash.clear();
                continue;
            };
            let is_next = record.number == self.end.number + 1;
            if !is_next {
                let what = format!(
                    "is record {}, expected {}: records are missing, doubled or out of order",
                    record.number,
                    self.end.number + 1
                );
                self.fault(path, line + 1, what);
            } else if record.previous != self.end.hash && !self.end.hash.is_empty() {
                self.fault(path, line + 1, "does not follow the record before it".to_owned());
            }
            if record.what == "audit.damaged" {
                let what = record.detail.clone().unwrap_or_default();
                self.fault(
                    path,
                    line + 1,
                    format!("weir found damage here when it started: {what}"),
                );
            }
            self.deleted.extend(record.deleted_through());
            self.end = record.head();
            self.records += 1;
            self.unseen.take_if(|unseen| *unseen == self.end);
        }
    }

    fn fault(&mut self, file: &Path, line: usize, what: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault {
                file: file.to_owned(),
                line,
                what,
            });
        }
    }
}

/// Why a log cannot be gone on with, and after which record a new file is to begin.
pub(super) struct Damage {
    pub(super) what: &'static str,
    pub(super) after: Head,
}

/// The end of the last file, which begins with the record `first`, if it ends where `audit.head` says.
pub(super) fn end(first: u64, lines: &Lines, known: Option<&Head>) -> Result<Head, Damage> {
    let nothing = Head::of_nothing();
    let head = known.unwrap_or(&nothing);
    let records: Option<Vec<Record>> = lines.records().collect();
    let Some(records) = records.filter(|records| is_chain(first, records)) else {
        let last = first + lines.records().count() as u64;
        let number = head.number.max(last);
        return Err(Damage {
            what: "a record was changed",
            after: Head {
                number,
                ..head.clone()
            },
        });
    };
    let damaged = |what, after: &Head| {
        Err(Damage {
            what,
            after: after.clone(),
        })
    };
    let Some(last) = records.last() else {
        // A crash before the first record of a file.
        return if head.number + 1 == first {
            Ok(head.clone())
        } else {
            damaged("the last records are gone", head)
        };
    };
    let end = last.head();
    if end.number < head.number {
        damaged("the last records are gone", head)
    } else if end == *head {
        Ok(end)
    } else if end.number == head.number + 1 && last.previous == head.hash {
        // A record and its head are two writes, with a crash between them.
        Ok(end)
    } else if known.is_none() {
        damaged("`audit.head` is gone", &end)
    } else {
        let after = if end.number == head.number { head } else { &end };
        damaged("the last records are not those that were written", after)
    }
}

fn is_chain(first: u64, records: &[Record]) -> bool {
    let numbers = records
        .iter()
        .zip(first..)
        .all(|(record, number)| record.number == number);
    numbers
        && records
            .windows(2)
            .all(|pair| matches!(pair, [one, next] if next.previous == one.hash))
}
