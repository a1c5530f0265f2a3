//! The journal: what happened to messages, in the order in which it was committed, until the archive has it.
//!
//! Notes are written in the same atomic batches as what they tell of, several to a record, and cost no barrier of
//! their own. Whoever keeps the archive reads them in order and then lets them be forgotten; a message is kept until
//! nobody is owed it and the notes of it are forgotten. An outbox without an archive keeps no journal.
//!
//! Bodies, answers and tags are content of messages: `Debug` of everything here prints names and sizes only.

mod read;
pub(super) mod record;

use std::{
    fmt,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use jiff::Timestamp;

use super::{Charsets, Sequence};
pub(super) use read::read;
use record::JournalMeta;

/// What the journal is told of a message that comes in.
#[derive(Clone, PartialEq, Eq)]
pub struct Told {
    /// What became of it at the door.
    pub judgment: Judgment,
    /// What the routes said that are for such messages.
    pub routes: Vec<Passage>,
    /// The tags that steps gave it, in their order.
    pub tags: Vec<(Arc<str>, String)>,
    /// The message it comes from, when it did not come from outside.
    pub origin: Option<Origin>,
}

/// What became of a message at the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgment {
    /// It was acknowledged, and somebody is owed it or has a dead letter of it.
    Accepted,
    /// It was acknowledged, and every route for it said no.
    Filtered,
    /// It was acknowledged, and no route is for it.
    Unrouted,
    /// It was acknowledged again, and is known from before.
    Repeated,
    /// It was not accepted.
    Refused {
        /// What the sender was answered in MSA-1; `None` where it got no answer.
        code: Option<Arc<str>>,
        /// Why, without content of the message.
        reason: String,
    },
}

/// What a route said of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The route.
    pub route: Arc<str>,
    /// Why it did not want the message; `None` when it made something of it.
    pub filtered: Option<Arc<str>>,
}

/// Where a message comes from that did not come from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The message that was sent again.
    pub message: OriginMessage,
    /// Whether somebody has changed it.
    pub is_edited: bool,
    /// Who ordered it.
    pub by: String,
    /// Why, in the words of who ordered it.
    pub why: String,
}

/// A message that was sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginMessage {
    /// One of this outbox.
    Here(Sequence),
    /// One of the archive, by its number there.
    Archived(u64),
}

/// A note of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its place in the journal: it grows from note to note and is never used twice.
    pub number: u64,
    /// What happened.
    pub what: Noted,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noted {
    /// A message came in.
    Received(Box<Received>),
    /// A delivery was tried once.
    Attempted {
        /// Who is owed it.
        destination: Arc<str>,
        /// Which delivery.
        sequence: Sequence,
        /// What came of it.
        attempt: Attempt,
    },
    /// A delivery has ended.
    Settled {
        /// Who was owed it.
        destination: Arc<str>,
        /// Which delivery.
        sequence: Sequence,
        /// When.
        at: Timestamp,
        /// How.
        end: End,
        /// Who ordered it, if somebody did.
        by: Option<String>,
    },
}

/// A message that came in.
#[derive(Clone, PartialEq, Eq)]
pub struct Received {
    /// Its number.
    pub message: Sequence,
    /// When it was received.
    pub received_at: Timestamp,
    /// The listener it came in by.
    pub listener: Arc<str>,
    /// The configuration it was routed by.
    pub site_version: Arc<str>,
    /// In which character sets those of its bodies are that do not say so themselves.
    pub charsets: Charsets,
    /// The frame as received.
    pub raw: Bytes,
    /// What routes made of it: each distinct body once.
    pub results: Vec<Bytes>,
    /// What was told of it.
    pub told: Told,
    /// Who is owed what.
    pub deliveries: Vec<Owed>,
}

/// A delivery that came of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// Who is owed it.
    pub destination: Arc<str>,
    /// Its place in the order of its destination.
    pub sequence: Sequence,
    /// Which of the results it is; `None` for the frame as received.
    pub result: Option<usize>,
    /// Why it is a dead letter from the start, if it is.
    pub dead: Option<String>,
}

/// One attempt at a delivery.
#[derive(Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// The code the destination answered with, where it gave one.
    pub code: Option<Arc<str>>,
    /// Why the delivery was not completed, without content of the message; `None` when it was. Cut at 1,000 bytes.
    pub problem: Option<String>,
    /// What the destination answered. Cut at 4,000 bytes.
    pub answer: Option<Bytes>,
}

/// How a delivery ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The destination has it.
    Delivered,
    /// It was given up and waits for a person.
    Dead {
        /// Why, without content of the message.
        reason: String,
    },
    /// Somebody has ordered that it is never delivered.
    Purged,
    /// It was a dead letter, and is a delivery of another message now.
    Resent,
}

/// What the journal is told of the end of a delivery beyond the end itself.
#[derive(Debug, Default)]
pub struct Telling {
    /// The attempt that ended it.
    pub attempt: Option<Attempt>,
    /// Who ordered it.
    pub by: Option<String>,
}

/// Notes read together.
#[derive(Debug, Default)]
pub struct Reading {
    /// In order. Those that cannot be read are left out.
    pub notes: Vec<Note>,
    /// The last number that was looked at; what is read next stands after it.
    pub upto: u64,
}

/// How long the journal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JournalLevel {
    /// Notes not forgotten.
    pub notes: u64,
    /// The number that the next note gets.
    pub next: u64,
    /// Their bytes, with those of the messages they tell of.
    pub bytes: u64,
    /// Notes that were let go before they were forgotten, since the store was made: there was no room for them.
    pub lost: u64,
}

impl fmt::Debug for Told {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Told")
            .field("judgment", &self.judgment)
            .field("routes", &self.routes)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Received")
            .field("message", &self.message)
            .field("bytes", &self.raw.len())
            .field("told", &self.told)
            .field("deliveries", &self.deliveries)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Attempt")
            .field("code", &self.code)
            .field("problem", &self.problem)
            .field("answer_bytes", &self.answer.as_ref().map(Bytes::len))
            .finish_non_exhaustive()
    }
}

/// What the writer and the one who reads the journal share.
pub(super) struct Journal {
    /// Whether anything is written down.
    is_kept: bool,
    durable: Mutex<Durable>,
    grown: Condvar,
    /// Notes up to this number may be forgotten.
    done: AtomicU64,
}

struct Durable {
    /// Notes below are durable.
    meta: JournalMeta,
    is_closed: bool,
    /// How often somebody has ended a wait.
    wakes: u64,
}

impl Journal {
    pub(super) fn new(is_kept: bool, meta: JournalMeta) -> Journal {
        Journal {
            is_kept,
            // What an archive that is no longer kept has not read nobody will read.
            done: AtomicU64::new(if is_kept { 0 } else { u64::MAX }),
            durable: Mutex::new(Durable {
                meta,
                is_closed: false,
                wakes: 0,
            }),
            grown: Condvar::new(),
        }
    }

    pub(super) fn is_kept(&self) -> bool {
        self.is_kept
    }

    pub(super) fn meta(&self) -> JournalMeta {
        self.durable().meta
    }

    pub(super) fn level(&self) -> JournalLevel {
        let meta = self.meta();
        JournalLevel {
            notes: meta.next - meta.first,
            next: meta.next,
            bytes: meta.bytes,
            lost: meta.lost,
        }
    }

    /// Shows what is durable now, and wakes whoever waits for it.
    pub(super) fn publish(&self, meta: JournalMeta) {
        let mut durable = self.durable();
        let has_grown = meta.next > durable.meta.next;
        durable.meta = meta;
        drop(durable);
        if has_grown {
            self.grown.notify_all();
        }
    }

    /// Nothing more will be written.
    pub(super) fn close(&self) {
        self.durable().is_closed = true;
        self.grown.notify_all();
    }

    /// Waits until there is a note after this number, nothing can come any more, or the time is over.
    pub(super) fn wait(&self, after: u64, limit: Duration) {
        let durable = self.durable();
        let wakes = durable.wakes;
        let is_waiting = |durable: &mut Durable| {
            durable.meta.next <= after.saturating_add(1) && !durable.is_closed && durable.wakes == wakes
        };
        let waited = self.grown.wait_timeout_while(durable, limit, is_waiting);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Wakes whoever waits, to look at something else.
    pub(super) fn wake(&self) {
        self.durable().wakes += 1;
        self.grown.notify_all();
    }

    pub(super) fn forget(&self, upto: u64) {
        self.done.fetch_max(upto, Ordering::AcqRel);
    }

    /// Up to which number notes may be forgotten.
    pub(super) fn done(&self) -> u64 {
        self.done.load(Ordering::Acquire)
    }

    fn durable(&self) -> MutexGuard<'_, Durable> {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
