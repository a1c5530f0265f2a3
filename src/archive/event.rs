//! What a journal tells the archive: plain data, in the order in which it happened.
//!
//! Sequences are the outbox's. Bodies, answers and tags are content of messages: `Debug` of everything here prints
//! names, numbers and sizes only.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use crate::hl7::Charset;

/// One record of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place in the journal: grows from record to record, and is never used twice. What is told twice is written
    /// once.
    pub number: u64,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A message came in.
    Received(Received),
    /// A delivery was tried once.
    Attempted(Attempt),
    /// A delivery has ended.
    Settled(Settlement),
}

/// A message that came in, and what was made of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Received {
    /// Its number in the outbox.
    pub message: u64,
    /// When it was received.
    pub received_at: Timestamp,
    /// The listener it came in by.
    pub listener: Arc<str>,
    /// The configuration it was routed by.
    pub site_version: Arc<str>,
    /// The character sets of the frame and of each result, for those that do not say so themselves.
    pub charsets: Vec<Option<Charset>>,
    /// The frame as received.
    pub raw: Bytes,
    /// What became of it at the door.
    pub outcome: Outcome,
    /// What the routes said that are for such messages.
    pub routes: Vec<Passage>,
    /// The tags that steps gave it, in their order.
    pub tags: Vec<(Arc<str>, String)>,
    /// What routes made of it: each distinct body once, without those equal to `raw`.
    pub results: Vec<Bytes>,
    /// Who is owed what; dead letters from the start, too.
    pub deliveries: Vec<Owed>,
    /// The message that it comes from, when it did not come from outside.
    pub origin: Option<Origin>,
}

/// What became of a message at the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
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
    /// Why it did not want the message, in the words of the site; `None` when it made something of it.
    pub filtered: Option<Arc<str>>,
}

/// A delivery that came of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// Who is owed it.
    pub destination: Arc<str>,
    /// Its place in the order of its destination.
    pub sequence: u64,
    /// Which of the results it is; `None` for the frame as received.
    pub result: Option<usize>,
    /// Why it is a dead letter from the start, if it is.
    pub dead: Option<String>,
}

/// Where a message comes from that did not come from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The number of the message in the archive that was sent again.
    pub message: u64,
    /// Whether somebody has changed it.
    pub is_edited: bool,
    /// Who ordered it.
    pub by: String,
    /// Why, in the words of who ordered it.
    pub why: String,
}

/// One attempt at a delivery.
#[derive(Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Who is owed it.
    pub destination: Arc<str>,
    /// Which delivery.
    pub sequence: u64,
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// The code the destination answered with, where it gave one.
    pub code: Option<Arc<str>>,
    /// Why the delivery was not completed, without content of the message; `None` when it was.
    pub problem: Option<String>,
    /// What the destination answered.
    pub answer: Option<Bytes>,
}

/// The end of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Who was owed it.
    pub destination: Arc<str>,
    /// Which delivery.
    pub sequence: u64,
    /// When it ended.
    pub at: Timestamp,
    /// How it ended.
    pub end: End,
    /// Who ordered it, if somebody did.
    pub by: Option<String>,
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

impl fmt::Debug for Received {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Received")
            .field("message", &self.message)
            .field("listener", &self.listener)
            .field("bytes", &self.raw.len())
            .field("outcome", &self.outcome)
            .field("deliveries", &self.deliveries.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Attempt")
            .field("destination", &self.destination)
            .field("sequence", &self.sequence)
            .field("code", &self.code)
            .field("problem", &self.problem)
            .field("answer_bytes", &self.answer.as_ref().map(Bytes::len))
            .finish_non_exhaustive()
    }
}
