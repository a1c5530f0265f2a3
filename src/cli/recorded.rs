//! What is done to data that no weir uses is written into their audit log first, as a weir that runs does.

use std::fs::File;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::CannotRun;
use crate::audit::{Entry, Log, Outcome};

/// The audit log of data that no weir uses, and which command writes into it.
pub(super) struct Recorded {
    data: PathBuf,
    command: &'static str,
}

impl Recorded {
    /// That of this data folder.
    pub(super) fn new(data: &Path, command: &'static str) -> Recorded {
        Recorded {
            data: data.to_owned(),
            command,
        }
    }

    /// Writes down what is going to be done; the number of the record.
    pub(super) fn allowed(
        &self,
        what: &str,
        object: String,
        detail: Option<String>,
    ) -> Result<u64, CannotRun> {
        self.append(self.entry(what, object, detail))
    }

    /// Writes down that it has not come to its end. A record of that which cannot be written takes nothing back.
    pub(super) fn failed(&self, of: u64, what: &str, object: String, why: String) {
        let entry = Entry {
            outcome: Outcome::Failed,
            of: Some(of),
            ..self.entry(what, object, Some(why))
        };
        drop(self.append(entry));
    }

    /// One command after the other: each record holds the hash of the one before it.
    fn append(&self, entry: Entry) -> Result<u64, CannotRun> {
        let folder = File::open(&self.data).map_err(|error| CannotRun::at(self.data.display(), error))?;
        flock(&folder, FlockOperation::LockExclusive)
            .map_err(|error| CannotRun::at(self.data.display(), error))?;
        // Opened anew: another command may have written.
        let written = Log::new(&self.data).append(entry);
        written.map_err(|error| CannotRun::at("audit log", error))
    }

    fn entry(&self, what: &str, object: String, detail: Option<String>) -> Entry {
        Entry {
            who: user(),
            from: self.command.to_owned(),
            detail,
            ..Entry::by_weir(what, object)
        }
    }
}

/// Whoever runs this command, as the audit log names them.
pub(super) fn user() -> String {
    format!("local:{}", rustix::process::getuid().as_raw())
}
