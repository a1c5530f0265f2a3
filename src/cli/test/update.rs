//! `weir test --update`: the files of expected messages, written anew with what was got.
//!
//! Writes files that an `expect` names under `message`, and no others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::case::{Case, What};
use crate::hl7::{Message, Terminators};

use super::super::CannotRun;
use super::{Ran, Verdict};

/// What was written so far, and what must stay.
pub(super) struct Update {
    folder: PathBuf,
    /// The files that cases are given: they are what the results are made from.
    given: BTreeSet<String>,
    written: BTreeMap<String, Bytes>,
}

impl Update {
    /// Nothing yet, of this site.
    pub(super) fn of(folder: &Path, cases: &[Case]) -> Update {
        Update {
            folder: folder.to_owned(),
            given: cases.iter().filter_map(|case| case.given.file.clone()).collect(),
            written: BTreeMap::new(),
        }
    }

    /// Writes the files of this result; what they held is then no mismatch any more.
    ///
    /// Where two cases expect different messages in one file, the first has it and the second still fails; so does
    /// a case that expects a file which a case is given.
    pub(super) fn take(&mut self, result: &mut Ran<'_>) -> Result<(), CannotRun> {
        let Verdict::Compared(mismatches) = &mut result.verdict else {
            return Ok(());
        };
        let mut left = Vec::new();
        for mismatch in std::mem::take(mismatches) {
            let What::Message { file, expected, got } = &mismatch.what else {
                left.push(mismatch);
                continue;
            };
            let bytes = bytes(expected.as_deref(), got);
            let note = match self.written.get(file) {
                None if self.given.contains(file) => Err("a case is given it"),
                None => {
                    let path = self.folder.join(file);
                    std::fs::write(&path, &bytes).map_err(|error| CannotRun::at(path.display(), error))?;
                    self.written.insert(file.clone(), bytes);
                    Ok(Some(format!("wrote {file}")))
                }
                Some(written) if *written == bytes => Ok(None),
                Some(_) => Err("another case expects another message in it"),
            };
            match note {
                Ok(note) => result.notes.extend(note),
                Err(why) => {
                    result.notes.push(format!("did not write {file}: {why}"));
                    left.push(mismatch);
                }
            }
        }
        *mismatches = left;
        Ok(())
    }
}

/// What is written: with lines that end as those of the file did.
fn bytes(expected: Option<&Message>, got: &Message) -> Bytes {
    let was = expected.map(|message| message.write(Terminators::Preserve));
    let bytes = got.write(Terminators::Cr);
    match was {
        Some(was) if was.contains(&b'\n') && !was.contains(&b'\r') => bytes
            .iter()
            .map(|&byte| if byte == b'\r' { b'\n' } else { byte })
            .collect(),
        _ => bytes,
    }
}
