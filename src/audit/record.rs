//! One record: what it says, and its line in a file.
//!
//! A line is a JSON object whose last two members chain it: `previous`, the hash of the record before, and `hash`,
//! BLAKE3 over all bytes of the line before that member. So a line can be checked with any JSON tool and a hasher.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longer texts are cut: what comes from outside must not fill the log.
const TEXT_CHARS_MAX: usize = 500;
/// What stands before the hash of a line.
const HASH_MEMBER: &str = ",\"hash\":\"";
const HASH_DIGITS: usize = 64;

/// What became of what somebody wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was allowed, and was done unless a later record says that it failed.
    Allowed,
    /// It was refused, and nothing was done.
    Refused,
    /// It was allowed and could not be done, or not wholly; `of` names the record that allowed it.
    Failed,
}

impl Outcome {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Allowed => "allowed",
            Outcome::Refused => "refused",
            Outcome::Failed => "failed",
        }
    }
}

/// What is to be written down: who wants what. Never what a message holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who: `user:NAME`, `token:NAME`, `local:UID`, `weir`, or `nobody`.
    pub who: String,
    /// From where: an address, or `control socket`.
    pub from: String,
    /// What, by a stable name as `queue.read`.
    pub what: String,
    /// With which object, as `destinations/ehr/queue/17`.
    pub object: String,
    /// Why, as the person said.
    pub reason: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// More about it: the roles given, the answer of what failed.
    pub detail: Option<String>,
    /// The record that allowed what failed.
    pub of: Option<u64>,
}

impl Entry {
    /// That weir itself did something.
    pub fn by_weir(what: &str, object: impl Into<String>) -> Entry {
        Entry {
            who: "weir".to_owned(),
            from: "this machine".to_owned(),
            what: what.to_owned(),
            object: object.into(),
            reason: None,
            outcome: Outcome::Allowed,
            detail: None,
            of: None,
        }
    }
}

/// A record of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its place in the log, from 1.
    pub number: u64,
    /// When it was written, in UTC.
    pub at: String,
    /// Who: `user:NAME`, `token:NAME`, `local:UID`, `weir`, or `nobody`.
    pub who: String,
    /// From where: an address, or `control socket`.
    pub from: String,
    /// What, by a stable name as `queue.read`.
    pub what: String,
    /// With which object, as `destinations/ehr/queue/17`.
    pub object: String,
    /// Why, as the person said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The record that allowed what failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<u64>,
    /// The hash of the record before it, in hexadecimal.
    pub previous: String,
    /// The hash of its line.
    #[serde(default, skip_serializing)]
    pub hash: String,
}

impl Record {
    pub(super) fn new(entry: Entry, at: Timestamp, head: &Head) -> Record {
        Record {
            number: head.number + 1,
            at: at.to_string(),
            who: cut(entry.who),
            from: cut(entry.from),
            what: cut(entry.what),
            object: cut(entry.object),
            reason: entry.reason.map(cut),
            outcome: entry.outcome,
            detail: entry.detail.map(cut),
            of: entry.of,
            previous: head.hash.clone(),
            hash: String::new(),
        }
    }

    /// Its line with the line end, and the head of a log that ends with it.
    pub(super) fn write(&self) -> (String, Head) {
        let text = serde_json::to_string(self).expect("texts and numbers are always JSON");
        let open = text.strip_suffix('}').expect("a record is an object");
        let hash = hash(open);
        let line = format!("{open}{HASH_MEMBER}{hash}\"}}\n");
        let number = self.number;
        (line, Head { number, hash })
    }

    /// Reads a line without its line end. Only what [`Record::write`] wrote is one.
    pub(super) fn read(line: &[u8]) -> Option<Record> {
        let line = std::str::from_utf8(line).ok()?;
        let (open, found) = line.rsplit_once(HASH_MEMBER)?;
        let found = found
            .strip_suffix("\"}")
            .filter(|found| found.len() == HASH_DIGITS)?;
        if hash(open) != found {
            return None;
        }
        serde_json::from_str(line).ok()
    }

    /// When it was written.
    pub fn moment(&self) -> Option<Timestamp> {
        self.at.parse().ok()
    }

    /// The head of a log that ends with it.
    pub fn head(&self) -> Head {
        Head {
            number: self.number,
            hash: self.hash.clone(),
        }
    }
}

fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

fn cut(text: String) -> String {
    if text.chars().nth(TEXT_CHARS_MAX).is_none() {
        return text;
    }
    text.chars().take(TEXT_CHARS_MAX).chain(['…']).collect()
}

/// Where a log ends: the number of its last record and that record's hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// How many records there are.
    pub number: u64,
    /// The hash of the last.
    pub hash: String,
}

impl Head {
    /// The head of a log without records.
    pub fn of_nothing() -> Head {
        Head {
            number: 0,
            hash: "0".repeat(HASH_DIGITS),
        }
    }

    /// Reads `NUMBER:HASH`.
    pub fn parse(text: &str) -> Option<Head> {
        let (number, hash) = text.trim_end().split_once(':')?;
        let is_hash = hash.len() == HASH_DIGITS && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash.then_some(())?;
        Some(Head {
            number: number.parse().ok()?,
            hash: hash.to_owned(),
        })
    }
}

/// `NUMBER:HASH`.
impl fmt::Display for Head {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.number, self.hash)
    }
}
