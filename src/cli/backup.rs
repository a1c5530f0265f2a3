//! `weir backup`: keeps a copy of what a running weir owes and what it gave up, and of what else its data folder holds
//! that a restore elsewhere needs.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::ProgressBar;
use tempfile::{NamedTempFile, TempDir};

use crate::archive::{self, Archive};

use super::control::{Weir, Which};
use super::{CannotRun, Finding, runtime};

/// Copies everything a running weir owes, and its dead letters, into one file that `weir restore` reads.
///
/// Users and tokens, the audit log and what destinations were told are in it, too. The archive is copied into a folder
/// beside it, FILE.archive.
///
/// Both hold patient data; they are readable by their owner alone. The file is encrypted as the outbox is: of an
/// encrypted outbox, by the operator's key. With `-` it goes to standard output, for a program that encrypts it, and the
/// archive is not copied.
///
/// Exit status: 0 the copies are whole and on disk, 2 they are not.
#[derive(Args)]
pub(super) struct Backup {
    /// The file to write, or `-`; one that is there is replaced when the copy is whole
    file: PathBuf,
    /// Write the backup of an encrypted outbox so that everybody who has the file can read it
    #[arg(long)]
    plain: bool,
    /// Leave the archive out, which may be large
    #[arg(long)]
    without_archive: bool,
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
        // Before anything is written: a backup that lacks the archive is none where one is kept.
        let archive = if self.without_archive || self.file.as_os_str() == "-" {
            None
        } else {
            weir.data_and_archive()?.1
        };
        let kept = keep(&self.file, &|to| copy(weir, path, to), out)?;
        let folder = archive.map(|archive| archive.folder);
        match folder.filter(|folder| folder.join(archive::FILE_NAME).exists()) {
            // After the file: then it has every message that the file has.
            Some(folder) => keep_archive(&folder, &archive_beside(&self.file), out),
            None => Ok(kept),
        }
    }
}

/// Where the archive is copied to, and restored from.
pub(super) fn archive_beside(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".archive");
    name.into()
}

/// Copies an archive that a weir may use into a folder, which is replaced when the copy is whole.
fn keep_archive(folder: &Path, to: &Path, out: &mut dyn Write) -> Result<Finding, CannotRun> {
    let at = |error: &dyn std::fmt::Display| CannotRun::at(to.display(), error);
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty());
    let made = private_folder(parent.unwrap_or(Path::new("."))).map_err(|error| at(&error))?;
    let progress = ProgressBar::new_spinner().with_message("archive");
    let copied = copy_folder(folder, made.path());
    progress.finish_and_clear();
    let bytes = copied.map_err(|error| at(&error))?;
    let replace = || -> std::io::Result<()> {
        let parent = parent.unwrap_or(Path::new("."));
        // The copy of before goes when there is another: it is put aside, and deleted with this folder.
        let aside = private_folder(parent)?;
        let before = aside.path().join("before");
        let has_before = to.exists();
        if has_before {
            fs::rename(to, &before)?;
        }
        if let Err(error) = fs::rename(made.path(), to) {
            if has_before && fs::rename(&before, to).is_err() {
                // Not deleted with the folder: it is the only one.
                let kept = aside.keep().join("before");
                let why = format!("{error}; the copy of before is in {}", kept.display());
                return Err(std::io::Error::new(error.kind(), why));
            }
            return Err(error);
        }
        fs::File::open(parent)?.sync_all()?;
        aside.close()
    };
    replace().map_err(|error| at(&error))?;
    writeln!(out, "{}: {bytes} bytes", to.display())?;
    Ok(Finding::Fine)
}

/// A temporary folder that only its owner may enter.
pub(super) fn private_folder(within: &Path) -> std::io::Result<TempDir> {
    let private = Permissions::from_mode(0o700);
    tempfile::Builder::new().permissions(private).tempdir_in(within)
}

/// Copies an archive, which others may use, with the files that stand beside its database; how many bytes.
pub(super) fn copy_folder(from: &Path, to: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        // What SQLite keeps beside the database is in the copy already.
        let is_of_database = name.to_string_lossy().starts_with(archive::FILE_NAME);
        if !entry.file_type()?.is_file() || is_of_database {
            continue;
        }
        bytes += fs::copy(entry.path(), to.join(&name))?;
        fs::File::open(to.join(name))?.sync_all()?;
    }
    let database = NamedTempFile::new_in(to)?;
    Archive::copy(from, database.path()).map_err(std::io::Error::other)?;
    database.as_file().sync_all()?;
    bytes += database.as_file().metadata()?.len();
    database.persist(to.join(archive::FILE_NAME))?;
    fs::File::open(to)?.sync_all()?;
    Ok(bytes)
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
    let copied = runtime()?.block_on(weir.copy_whole(path, to, &|bytes| progress.set_position(bytes)));
    progress.finish_and_clear();
    copied
}
