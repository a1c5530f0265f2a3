//! `weir key`: makes keys for encryption at rest, and exchanges one for another.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::at_rest::AtRest;
use super::{CannotRun, Finding};
use crate::seal::{self, KeyError, OperatorKey, Rotated};
use crate::secret::SecretPlace;
use crate::{archive, config, outbox};

/// Makes keys for encryption at rest (`engine.encryption`), and exchanges one for another.
///
/// Keep a copy of each key apart from the data: nobody can read the data without it.
///
/// Exit status: 0 done, 2 not, and nothing is changed.
#[derive(Args)]
pub(super) struct Key {
    #[command(subcommand)]
    order: Order,
}

#[derive(Subcommand)]
enum Order {
    /// Make a key: 32 random bytes, in a new file that only its owner may read
    New(New),
    /// Show the id of a key, by which messages and files of weir name it
    Id(Id),
    /// Let a new key take the place of the present one; what is on disk needs not be written again
    Rotate(Box<Rotate>),
}

#[derive(Args)]
struct New {
    /// The file to make; one that is there is left as it is
    file: PathBuf,
}

#[derive(Args)]
struct Id {
    /// The file with the key
    file: PathBuf,
}

#[derive(Args)]
struct Rotate {
    /// The file with the new key, as `weir key new` makes it
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// There is no archive: none was ever made, or it is given up
    #[arg(long)]
    without_archive: bool,
    #[command(flatten)]
    at_rest: AtRest,
}

impl Key {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        match self.order {
            Order::New(New { file }) => make(&file, out)?,
            Order::Id(Id { file }) => writeln!(out, "{}", read(file)?.id())?,
            Order::Rotate(rotate) => rotate.run(out)?,
        }
        Ok(Finding::Fine)
    }
}

fn make(path: &Path, out: &mut dyn Write) -> Result<(), CannotRun> {
    let key = OperatorKey::generate().map_err(because)?;
    let in_file = |error| CannotRun::at(path.display(), error);
    let mut file = OpenOptions::new()
        .write(true)
        // A key that is overwritten takes the data with it.
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(in_file)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    file.write_all(key.text().as_bytes())
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync_all())
        .and_then(|()| File::open(folder.unwrap_or(Path::new(".")))?.sync_all())
        .map_err(in_file)?;
    writeln!(out, "{}: key {}", path.display(), key.id())?;
    writeln!(
        out,
        "keep a copy of this file apart from the data: nobody can read them without it"
    )?;
    Ok(())
}

impl Rotate {
    /// The files of data keys, each of which has to be there: one that is passed over stays under the old key, and
    /// nobody would know until that was thrown away.
    fn files(&self, data: &Path, outbox: &Path, archive: Option<&Path>) -> Result<Vec<PathBuf>, CannotRun> {
        // That of a history that the site does not keep any more, too.
        let folder = archive.map_or_else(|| config::archive_folder(data), Path::to_owned);
        let of_archive = archive::keys_file(&folder);
        let [has_outbox, has_keys, has_archive] = [&data.join("outbox"), outbox, &of_archive].map(is_there);
        let (has_outbox, has_keys, has_archive) = (has_outbox?, has_keys?, has_archive?);
        if !has_keys && !has_archive {
            let why = "there is none, so nothing is encrypted here";
            return Err(CannotRun::at(outbox.display(), why));
        }
        if has_outbox && !has_keys {
            let why = "not there, and there is an outbox: put it back, or mount its disk; nothing is changed";
            return Err(CannotRun::at(outbox.display(), why));
        }
        if archive.is_some() && !has_archive && !self.without_archive {
            let why = "not there, and the archive would stay under the old key: mount its disk, or if there is no \
                       archive say `--without-archive`; nothing is changed";
            return Err(CannotRun::at(of_archive.display(), why));
        }
        let files = [(has_keys, outbox.to_owned()), (has_archive, of_archive)];
        Ok(files
            .into_iter()
            .filter(|(is_there, _)| *is_there)
            .map(|(_, file)| file)
            .collect())
    }

    fn run(self, out: &mut dyn Write) -> Result<(), CannotRun> {
        let found = self.at_rest.find()?;
        let outbox = outbox::keys_file(&found.data.join("outbox"));
        let files = self.files(&found.data, &outbox, found.archive?.as_deref())?;
        let Some(old) = found.key else {
            let why = "name the present key: `engine.encryption.key` of the site, or `--key`";
            return Err(CannotRun::at(outbox.display(), why));
        };
        let (old, new) = (OperatorKey::read(&old).map_err(because)?, read(self.to.clone())?);
        // All or nothing, as far as it can be known before.
        for file in &files {
            seal::opens(file, [&old, &new]).map_err(because)?;
        }
        let (to, id) = (self.to.display(), new.id());
        for file in &files {
            let rotated = seal::rotate(file, &old, &new).map_err(because)?;
            let keys = file.display();
            match rotated {
                Rotated::Now => writeln!(out, "{keys}: under the key {id} from now on")?,
                Rotated::Before => writeln!(out, "{keys}: was under the key {id} before")?,
            }
        }
        writeln!(
            out,
            "name {to} as `engine.encryption.key` before weir starts the next time"
        )?;
        writeln!(out, "keep the old key as long as backups that were made under it")?;
        Ok(())
    }
}

/// Whether there is something; what cannot be looked at may be there.
fn is_there(path: &Path) -> Result<bool, CannotRun> {
    path.try_exists()
        .map_err(|error| CannotRun::at(path.display(), error))
}

fn read(path: PathBuf) -> Result<OperatorKey, CannotRun> {
    let shown = path.display().to_string();
    OperatorKey::read(&SecretPlace::File(path)).map_err(|error| match error {
        KeyError::NoKey => CannotRun::at(shown, error),
        other @ (KeyError::Secret(_) | KeyError::NoRandom(_)) => because(other),
    })
}

fn because(error: impl std::fmt::Display) -> CannotRun {
    CannotRun::Because(error.to_string())
}
