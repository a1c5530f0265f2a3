//! `weir archive encrypt`: an archive that is not encrypted becomes so, while no weir runs.

use std::io::Write;

use super::super::control::Weir;
use super::super::recorded::Recorded;
use super::super::{CannotRun, Finding, text};
use super::source;
use crate::archive::Archive;
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
    let recorded = Recorded::new(&data, source::COMMAND);
    let object = || "archive".to_owned();
    let allowed = recorded.allowed(WHAT, object(), None)?;
    let messages = Archive::encrypt(&archive.folder, &key).map_err(|error| {
        recorded.failed(allowed, WHAT, object(), error.to_string());
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
