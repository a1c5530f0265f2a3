//! File destinations: every message becomes a file of its own in one folder.
//!
//! A file appears whole and durable under its name or not at all, and no file is ever overwritten. A message that
//! is delivered again finds its own file and leaves it at that. The folder is never created: one that is not there
//! is more likely not mounted. It is opened once for each attempt, and no link leads out of it.
//!
//! A message is written under a hidden name first. Killed before the renaming, weir leaves that file behind; the
//! first delivery after the next start removes it.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::LazyLock;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use thiserror::Error;
use tracing::warn;

use super::beneath::Beneath;
use super::{DeliveryError, Outgoing, Receipt, Terminators, file_name, parse};
use crate::expression::{Known, Template, View};

/// What the names of files that are not complete begin with.
const ASIDE_PREFIX: &str = ".weir-";
/// What they end in.
const ASIDE_SUFFIX: &str = ".part";

/// The beginning of the names that this process gives, and no other: a process id is soon given again, and the times
/// of files are coarse.
static OWN_PREFIX: LazyLock<String> = LazyLock::new(|| format!("{ASIDE_PREFIX}{:016x}-", fastrand::u64(..)));

/// How many files may share a name before the next one is given up.
const SAME_NAME_MAX: usize = 9_999;

/// The settings of a file destination.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The folder the files go to, which has to exist.
    pub folder: PathBuf,
    /// The name of each file, as `"{MSH-10}.hl7"`. Characters other than letters, digits, `-`, `_` and `.` become
    /// `_`. When another message has the name already, a number is added, as in `42-2.hl7`.
    #[serde(deserialize_with = "template")]
    #[schemars(with = "String")]
    pub name: Template,
    /// `cr` (the default) ends every segment in a carriage return; `preserve` leaves line feeds as they came.
    #[serde(default)]
    pub terminators: Terminators,
}

fn template<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Template, D::Error> {
    let text = String::deserialize(deserializer)?;
    Template::parse(&text, Known::nothing()).map_err(D::Error::custom)
}

/// The folder of one file destination.
pub struct Folder {
    settings: Settings,
    /// Whether what an earlier process left unfinished is gone.
    is_swept: bool,
}

impl Folder {
    pub(super) fn new(settings: Settings) -> Folder {
        Folder {
            settings,
            is_swept: false,
        }
    }

    pub(super) async fn deliver(&mut self, outgoing: &Outgoing) -> Result<Receipt, DeliveryError> {
        let message = parse(outgoing)?;
        let bytes = self.settings.terminators.apply(&outgoing.bytes, &message);
        let name = self.settings.name.render(&View::of(&message));
        let name = file_name::safe(&name.map_err(DeliveryError::impossible)?);
        let folder = self.settings.folder.clone();
        let is_swept = self.is_swept;
        let stored = tokio::task::spawn_blocking(move || {
            let folder = Beneath::open(&folder).map_err(at("opening the folder"))?;
            if !is_swept {
                sweep(&folder).map_err(at("listing the folder"))?;
            }
            store(&folder, &name, &bytes)
        });
        let stored = stored.await;
        self.is_swept |= matches!(stored, Ok(Ok(_)));
        match stored {
            Ok(Ok(true)) => Ok(Receipt::default()),
            Ok(Ok(false)) => Err(DeliveryError::impossible(format_args!(
                "{SAME_NAME_MAX} other files have its name"
            ))),
            Ok(Err(failure)) => Err(DeliveryError::unreachable(failure)),
            Err(_) => Err(DeliveryError::unreachable("the attempt failed inside weir")),
        }
    }
}

/// What could not be done, and why.
#[derive(Debug, Error)]
#[error("{doing}: {error}")]
pub(super) struct Failure {
    doing: &'static str,
    error: io::Error,
}

fn at(doing: &'static str) -> impl Fn(io::Error) -> Failure {
    move |error| Failure { doing, error }
}

/// Puts the content into the folder, durably; `false` when every name for it is taken by other content.
pub(super) fn store(folder: &Beneath, name: &str, content: &Bytes) -> Result<bool, Failure> {
    let sync = || folder.sync().map_err(at("syncing the folder"));
    let aside = Aside::write(folder, content)?;
    for number in 1..=SAME_NAME_MAX {
        let name = file_name::numbered(name, number);
        if aside.rename(&name).map_err(at("renaming the file"))? {
            return sync().map(|()| true);
        }
        // An attempt before this one may have been cut off at any point after the renaming.
        let same = folder.with_content(&name, content);
        if let Some(same) = same.map_err(at("reading the file that has its name"))? {
            same.sync_all().map_err(at("syncing the file"))?;
            return sync().map(|()| true);
        }
    }
    Ok(false)
}

/// Removes what an earlier process was killed over, and nothing of this one, whichever destination's it is.
///
/// Another weir that writes to the same folder at this moment may lose its file to this; its attempt then fails, and
/// the next succeeds.
fn sweep(folder: &Beneath) -> io::Result<()> {
    for file in folder.files()? {
        let name = file.to_string_lossy();
        let is_aside = name.starts_with(ASIDE_PREFIX) && name.ends_with(ASIDE_SUFFIX);
        if !is_aside || name.starts_with(OWN_PREFIX.as_str()) {
            continue;
        }
        if let Err(failure) = folder.remove(&*file) {
            warn!(%failure, file = &*name, "what an earlier process left unfinished cannot be removed");
        }
    }
    Ok(())
}

/// A file of its own, durable, hidden, and gone unless it gets a name or the process is killed.
pub(super) struct Aside<'a> {
    folder: &'a Beneath,
    name: String,
}

impl<'a> Aside<'a> {
    pub(super) fn write(folder: &'a Beneath, content: &[u8]) -> Result<Aside<'a>, Failure> {
        // As good as free: 64 random bits beside those of the process. Where it is not, the attempt is made again.
        let name = format!("{}{:016x}{ASIDE_SUFFIX}", *OWN_PREFIX, fastrand::u64(..));
        let mut file = folder.create(&name).map_err(at("creating a file"))?;
        let aside = Aside { folder, name };
        file.write_all(content).map_err(at("writing the file"))?;
        file.sync_all().map_err(at("syncing the file"))?;
        Ok(aside)
    }

    /// Gives it its name; `false` when that is taken.
    pub(super) fn rename(&self, name: &str) -> io::Result<bool> {
        self.folder.rename(&self.name, name)
    }
}

impl Drop for Aside<'_> {
    /// Once it has its name there is nothing to remove; what stays behind is swept at the next start.
    fn drop(&mut self) {
        drop(self.folder.remove(&self.name));
    }
}
