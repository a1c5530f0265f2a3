//! What of the book outlives the process: `alerts.json` in the data folder, replaced whole when somebody was told
//! something or a trouble has begun or ended.
//!
//! A restart then tells nobody again what they know, and tells them the end of what has ended meanwhile. Names, kinds
//! and times, as in the messages themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::warn;

use super::book::Open;
use super::judge::{Kind, Trouble};
use crate::durable;

/// Its name in the data folder.
pub const FILE_NAME: &str = "alerts.json";
/// The format of the file.
const VERSION: u32 = 1;

/// What there is to say of it until it is seen again.
const BEFORE: &str = "seen before weir was started";

/// What stands in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    version: u32,
    open: Vec<KeptOpen>,
    /// When the last dead letter came, by destination.
    pub(super) dead: BTreeMap<Arc<str>, Timestamp>,
    /// When the last note was lost to the archive.
    pub(super) lost: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptOpen {
    kind: String,
    about: Option<Arc<str>>,
    since: Timestamp,
    ended: Option<Timestamp>,
    told: BTreeSet<Arc<str>>,
}

impl Kept {
    pub(super) fn new(
        open: impl Iterator<Item = Open>,
        dead: BTreeMap<Arc<str>, Timestamp>,
        lost: Option<Timestamp>,
    ) -> Kept {
        let open = open.map(|open| KeptOpen {
            kind: open.trouble.kind.as_str().to_owned(),
            about: open.trouble.about,
            since: open.since,
            ended: open.ended,
            told: open.told,
        });
        Kept {
            version: VERSION,
            open: open.collect(),
            dead,
            lost,
        }
    }

    /// Every trouble that is known in it; a kind that this weir does not know is nothing it could tell the end of.
    pub(super) fn open(&self) -> impl Iterator<Item = Open> {
        self.open.iter().filter_map(|kept| {
            let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == kept.kind)?;
            Some(Open {
                trouble: Trouble {
                    kind,
                    about: kept.about.clone(),
                },
                since: kept.since,
                ended: kept.ended,
                said: BEFORE.to_owned(),
                told: kept.told.clone(),
            })
        })
    }

    /// Blocks on the disk.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        durable::replace(path, &serde_json::to_vec(self)?)
    }

    /// What the process before has left; nothing when there is none, or it cannot be read. Blocks on the disk.
    pub(super) fn read(path: &Path) -> Kept {
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Kept::default(),
            Err(error) => {
                warn!(%error, file = %path.display(), "who has been told of an alert is not known");
                return Kept::default();
            }
        };
        let kept = serde_json::from_slice(&text).ok();
        kept.filter(|kept: &Kept| kept.version == VERSION)
            .unwrap_or_else(|| {
                warn!(file = %path.display(), "not what weir has written: who has been told of an alert is not known");
                Kept::default()
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_and_what_is_none_of_ours_is_as_good_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        assert_eq!(Kept::read(&path), Kept::default());
        let at: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        let open = Kind::ALL.map(|kind| Open {
            trouble: Trouble {
                kind,
                about: Some(Arc::from("ehr")),
            },
            since: at,
            ended: None,
            said: BEFORE.to_owned(),
            told: BTreeSet::from([Arc::from("on-call")]),
        });
        let kept = Kept::new(
            open.clone().into_iter(),
            BTreeMap::from([(Arc::from("ehr"), at)]),
            Some(at),
        );
        kept.write(&path).unwrap();
        assert_eq!(Kept::read(&path), kept);
        assert!(kept.open().eq(open));
        for wrong in ["", "{}", r#"{"version":2,"open":[],"dead":{},"lost":null}"#] {
            std::fs::write(&path, wrong).unwrap();
            assert_eq!(Kept::read(&path), Kept::default(), "{wrong}");
        }
        let of_another = r#"{"version":1,"open":[{"kind":"earthquake","about":null,"since":"2026-11-23T08:00:00Z",
            "ended":null,"told":[]}],"dead":{},"lost":null}"#;
        std::fs::write(&path, of_another).unwrap();
        assert_eq!(Kept::read(&path).open().count(), 0);
    }
}
