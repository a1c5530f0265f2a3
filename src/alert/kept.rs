//! What of the book outlives the process: `alerts.json` in the data folder, replaced whole when somebody was told
//! something or a trouble has begun or ended.
//!
//! A restart then tells nobody again what they know, and tells them the end of what has ended meanwhile; what is over
//! is still shown. Names, kinds, numbers and times, as in the messages themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::warn;

use super::book::{Book, Open, Over};
use super::judge::{Kind, Trouble};
use super::snapshot::Seen;
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
    /// The newest first.
    #[serde(default)]
    over: Vec<KeptOver>,
    /// When the last dead letter came, by destination.
    dead: BTreeMap<Arc<str>, Timestamp>,
    /// How many dead letters were kept, by destination.
    #[serde(default)]
    dead_letters: BTreeMap<Arc<str>, u64>,
    /// When the last note was lost to the archive.
    lost: Option<Timestamp>,
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

/// What was said of it does not change any more: it is kept too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptOver {
    kind: String,
    about: Option<Arc<str>>,
    since: Timestamp,
    ended: Timestamp,
    said: String,
    told: BTreeSet<Arc<str>>,
}

impl Kept {
    pub(super) fn new(book: &Book, seen: &Seen) -> Kept {
        let open = book.all().map(|open| KeptOpen {
            kind: open.trouble.kind.as_str().to_owned(),
            about: open.trouble.about.clone(),
            since: open.since,
            ended: open.ended,
            told: open.told.clone(),
        });
        let over = book.over().map(|over| KeptOver {
            kind: over.open.trouble.kind.as_str().to_owned(),
            about: over.open.trouble.about.clone(),
            since: over.open.since,
            ended: over.ended,
            said: over.open.said.clone(),
            told: over.open.told.clone(),
        });
        Kept {
            version: VERSION,
            open: open.collect(),
            over: over.collect(),
            dead: seen.dead.clone(),
            dead_letters: seen.dead_letters.clone(),
            lost: seen.lost,
        }
    }

    /// What the looks remember.
    pub(super) fn seen(&self) -> Seen {
        Seen {
            dead: self.dead.clone(),
            dead_letters: self.dead_letters.clone(),
            lost: self.lost,
        }
    }

    /// The book of the process before, as one that began now.
    pub(super) fn book(&self, now: Timestamp) -> Book {
        Book::go_on(self.open(), self.over(), now)
    }

    /// Every trouble that is known in it; a kind that this weir does not know is nothing it could tell the end of.
    fn open(&self) -> impl Iterator<Item = Open> {
        self.open.iter().filter_map(|kept| {
            Some(Open {
                trouble: trouble(&kept.kind, kept.about.as_ref())?,
                since: kept.since,
                ended: kept.ended,
                said: BEFORE.to_owned(),
                told: kept.told.clone(),
            })
        })
    }

    fn over(&self) -> impl Iterator<Item = Over> {
        self.over.iter().filter_map(|kept| {
            Some(Over {
                open: Open {
                    trouble: trouble(&kept.kind, kept.about.as_ref())?,
                    since: kept.since,
                    ended: None,
                    said: kept.said.clone(),
                    told: kept.told.clone(),
                },
                ended: kept.ended,
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

fn trouble(kind: &str, about: Option<&Arc<str>>) -> Option<Trouble> {
    let kind = Kind::ALL.into_iter().find(|known| known.as_str() == kind)?;
    Some(Trouble {
        kind,
        about: about.cloned(),
    })
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
        let over = open.clone().map(|open| Over {
            open: Open {
                said: "2 deliveries wait".to_owned(),
                ..open
            },
            ended: at,
        });
        let seen = Seen {
            dead: BTreeMap::from([(Arc::from("ehr"), at)]),
            dead_letters: BTreeMap::from([(Arc::from("ehr"), 2), (Arc::from("lab"), 0)]),
            lost: Some(at),
        };
        let book = Book::go_on(open.clone().into_iter(), over.clone().into_iter(), at);
        Kept::new(&book, &seen).write(&path).unwrap();
        let kept = Kept::read(&path);
        assert_eq!(kept.seen(), seen);
        let book = kept.book(at);
        assert!(book.all().eq(&open));
        assert!(book.over().eq(&over));
        for wrong in ["", "{}", r#"{"version":2,"open":[],"dead":{},"lost":null}"#] {
            std::fs::write(&path, wrong).unwrap();
            assert_eq!(Kept::read(&path), Kept::default(), "{wrong}");
        }
        let of_another = r#"{"version":1,"open":[{"kind":"earthquake","about":null,"since":"2026-11-23T08:00:00Z",
            "ended":null,"told":[]}],"dead":{},"lost":null}"#;
        std::fs::write(&path, of_another).unwrap();
        let before = Kept::read(&path);
        assert_ne!(before, Kept::default(), "of a weir that kept less");
        assert_eq!(before.open().count(), 0);
    }
}
