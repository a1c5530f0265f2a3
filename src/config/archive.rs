//! The section `archive`: where the history of messages is kept, and how much of it; or that none is.

use std::path::{Path, PathBuf};

use serde_yaml::Value;

use crate::archive::{Retention, Settings};
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::secret::SecretPlace;

use super::{piece, yaml};

/// The folder of an archive whose place is not given, in the data folder.
pub(super) const FOLDER: &str = "archive";

/// An archive that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// Its folder.
    pub folder: PathBuf,
    /// Where the key is kept by which it is encrypted, if it is: that of the outbox.
    pub key: Option<SecretPlace>,
    /// How long what is kept.
    pub retention: Retention,
}

/// Whether the section says that no archive is kept.
pub(super) fn is_off(place: &Place<'_>) -> bool {
    let value = yaml::value(place.node());
    // Some writers of YAML make a truth value of the word.
    value == Value::Bool(false) || value.as_str() == Some("off")
}

/// What the section says, for a site in this folder with this data folder and this key; `None` when no archive is kept, and when it
/// is wrong.
pub(super) fn read(
    place: Option<&Place<'_>>,
    folder: &Path,
    data: &Path,
    key: Option<&SecretPlace>,
    problems: &mut Problems,
) -> Option<Archive> {
    let settings = match place {
        Some(place) => {
            if is_off(place) {
                return None;
            }
            piece::read(place, yaml::value(place.node()), problems)?
        }
        None => Settings::default(),
    };
    let named = settings.folder.as_deref();
    if let (Some(place), true) = (place, named.is_some_and(|named| named.as_os_str().is_empty())) {
        let problem = Problem::error(ProblemName::InvalidValue, "the folder of the archive has no name");
        problems.push(problem.at(&place.key("folder")));
        return None;
    }
    Some(Archive {
        folder: named.map_or_else(|| super::archive_folder(data), |named| folder.join(named)),
        key: key.cloned(),
        retention: settings.retention(),
    })
}
