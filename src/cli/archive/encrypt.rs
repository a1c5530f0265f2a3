//! `weir archive encrypt`: an archive that is not encrypted becomes so, while no weir runs.

use std::io::Write;

use super::super::control::Weir;
use super::super::{CannotRun, Finding, text};
use super::source;
use crate::archive::Archive;
use crate::audit::{self, Entry, Outcome};
use crate::secret::SecretPlace;

/// What the audit log calls it.
const WHAT: &str = "archive.encrypt";

pub(super) fn run(
    weir: Weir<'_>,
    key: Option<SecretPlace>,
    out: &mut dyn Write,
) -> Result<Finding, CannotRun> {
    if weir.is_running()? {
        let problem = "weir is running: stop it first, what it writes meanwhile would be missing";
        return Err(CannotRun::Because(problem.to_owned()));
    }
    let (data, archive) = source::kept(weir)?;
    let Some(key) = key.or(archive.key) else {
        let problem = "name the key: `engine.encryption.key` of the site, or `--key`";
        return Err(CannotRun::at(archive.folder.display(), problem));
    };
    let log = audit::Log::new(&data);
    let allowed = source::append(&log, source::entry(WHAT, "archive".to_owned(), None))?;
    let encrypted = Archive::encrypt(&archive.folder, &key);
    let messages = encrypted.map_err(|error| {
        let failed = Entry {
            outcome: Outcome::Failed,
            of: Some(allowed),
            ..source::entry(WHAT, "archive".to_owned(), Some(error.to_string()))
        };
        // It is not encrypted, so a record that cannot be written takes nothing back.
        drop(source::append(&log, failed));
        CannotRun::Because(error.to_string())
    })?;
    let messages = text::count(usize::try_from(messages).unwrap_or(usize::MAX), "message");
    writeln!(out, "{}: {messages} encrypted", archive.folder.display())?;
    writeln!(
        out,
        "the file in plain was deleted; what its disk still holds of it no program can promise to remove"
    )?;
    Ok(Finding::Fine)
}
