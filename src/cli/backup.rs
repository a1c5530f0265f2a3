//! `weir backup`: keeps a copy of what a running weir owes and what it gave up.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::ProgressBar;
use tempfile::NamedTempFile;

use super::control::{Weir, Which};
use super::{CannotRun, Finding, runtime};

/// Copies everything a running weir owes, and its dead letters, into one file that `weir restore` reads.
///
/// The file holds patient data; it is readable by its owner alone. It is encrypted as the outbox is: of an encrypted
/// outbox, by the operator's key. With `-` it goes to standard output, for a program that encrypts it.
///
/// Exit status: 0 the copy is whole and on disk, 2 it is not.
#[derive(Args)]
pub(super) struct Backup {
    /// The file to write, or `-`; one that is there is replaced when the copy is whole
    file: PathBuf,
    /// Write the backup of an encrypted outbox so that everybody who has the file can read it
    #[arg(long)]
    plain: bool,
    #[command(flatten)]
    which: Which,
}

impl Backup {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let path = if self.plain {
            "/api/v1/backup?plain=true"
        } else {
            "/api/v1/backup"
        };
        let weir = self.which.weir();
        keep(&self.file, &|to| copy(weir, path, to), out)
    }
}

/// Copies something into a file of which only its owner may read, whole or not at all; `-` is standard output.
pub(super) fn keep(
    path: &Path,
    copy: &dyn Fn(&mut dyn Write) -> Result<u64, CannotRun>,
    out: &mut dyn Write,
) -> Result<Finding, CannotRun> {
    if path.as_os_str() == "-" {
        copy(out)?;
        return Ok(Finding::Fine);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let in_file = |error: &dyn std::fmt::Display| CannotRun::at(path.display(), error);
    // Only its owner may read a temporary file.
    let mut file = NamedTempFile::new_in(folder).map_err(|error| in_file(&error))?;
    let bytes = copy(&mut file)?;
    let keep = || -> std::io::Result<()> {
        file.as_file().sync_all()?;
        file.persist(path)?;
        std::fs::File::open(folder)?.sync_all()
    };
    keep().map_err(|error| in_file(&error))?;
    writeln!(out, "{}: {bytes} bytes", path.display())?;
    Ok(Finding::Fine)
}

/// Copies the backup; only one that is read to its end is one.
fn copy(weir: Weir<'_>, path: &str, to: &mut dyn Write) -> Result<u64, CannotRun> {
    let progress = ProgressBar::new_spinner().with_message("backup");
    let copied = runtime()?.block_on(weir.copy(path, to, &|bytes| progress.set_position(bytes)));
    progress.finish_and_clear();
    copied
}
