//! What goes into the outbox and what comes out: plain data, without a store.
//!
//! Bodies are content of messages: `Debug` of everything here prints sizes and numbers only.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;

use super::{
    OutboxError,
    journal::Told,
    links::{Link, LinkAnswer},
    record::{MessageRecord, VALUE_BYTES_MAX},
};

/// The most deliveries and dead letters one message may have.
pub(super) const ENTRIES_MAX: usize = 500;
/// The most bytes all bodies of one message, or of messages accepted together, may have.
const BODIES_BYTES_MAX: usize = 256 * 1024 * 1024;

/// A place in the order of acceptance. Numbers grow and are never used twice; some are skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sequence(pub u64);

impl fmt::Display for Sequence {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// A message to accept, with everything that is owed because of it.
pub struct Acceptance {
    /// When the frame was received.
    pub received_at: Timestamp,
    /// The listener it came in by.
    pub listener: Arc<str>,
    /// MSH-10 as received.
    pub control_id: Bytes,
    /// The configuration it was routed by.
    pub site_version: Arc<str>,
    /// In which character sets those of its bodies are that do not say so themselves.
    pub charsets: Charsets,
    /// The frame as received.
    pub raw: Bytes,
    /// What routes made of it: each distinct body once, without those equal to `raw`.
    pub results: Vec<Bytes>,
    /// Who is owed which body.
    pub deliveries: Vec<Entry>,
    /// For whom it could not be made, and why: dead letters from the start.
    pub dead: Vec<(Arc<str>, String)>,
    /// How to know it again when it is sent again; without, it is accepted each time.
    pub window: Option<Window>,
    /// The dead letter it takes the place of: that goes in the same moment. When it has gone before, nothing is
    /// stored.
    pub instead_of: Option<(Arc<str>, Sequence)>,
    /// What the journal is told of it. Then it is kept for the archive, too, also when nobody is owed it.
    pub told: Option<Told>,
    /// Its place in the sequence of its sender; without, none is looked at.
    pub link: Option<Link>,
}

/// The names of the character sets that bodies of a message are in: the frame as received first, then the results. A
/// body that says so itself has none here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Charsets {
    /// A line for each body, as far as they have names.
    lines: String,
}

impl Charsets {
    /// The names in the order of the bodies.
    pub fn new<'n>(names: impl Iterator<Item = Option<&'n str>>) -> Charsets {
        let lines: Vec<&str> = names.map(Option::unwrap_or_default).collect();
        Charsets::of_lines(lines.join("\n").trim_end_matches('\n').to_owned())
    }

    /// As they stand in a record.
    pub(super) fn of_lines(lines: String) -> Charsets {
        Charsets { lines }
    }

    /// As they stand in a record.
    pub(super) fn as_str(&self) -> &str {
        &self.lines
    }

    /// Whether no body has one.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The names in the order of the bodies, as far as there are any.
    pub fn names(&self) -> impl Iterator<Item = Option<&str>> {
        let lines = self.lines.lines();
        lines.map(|name| Some(name).filter(|name| !name.is_empty()))
    }

    /// That of the body with this number.
    pub(super) fn of_body(&self, body: u16) -> Option<&str> {
        self.names().nth(body.into()).flatten()
    }
}

/// What names a message, and how long and among how many others of its listener it is known again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// A hash of who sent it and its control id.
    pub identity: [u8; 16],
    /// For how long.
    pub within: Duration,
    /// Among how many.
    pub count_max: usize,
}

/// What became of an offer, durably.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Accepted {
    /// The number of the first message that was new; the next free one if none was.
    pub first: Sequence,
    /// Which of the messages offered were accepted before, with the same bytes, take the place of a dead letter that
    /// is gone, or were not expected by their link: nothing was stored for them.
    pub repeated: Vec<usize>,
    /// Which of them go by the name of another that was accepted before: they were stored.
    pub reused: Vec<usize>,
    /// How the last of them that has one stands in its link.
    pub link: Option<LinkAnswer>,
}

impl Acceptance {
    /// The bytes it occupies while it waits.
    pub(super) fn bytes(&self) -> usize {
        self.raw.len() + self.charsets.as_str().len() + self.results.iter().map(Bytes::len).sum::<usize>()
    }

    /// Refuses what no record can hold, before it has a place in the order.
    pub(super) fn check(&self) -> Result<(), OutboxError> {
        let entries = self.deliveries.len() + self.dead.len();
        // The names of character sets are one more, and so is what the journal is told.
        let more = usize::from(!self.charsets.is_empty()) + usize::from(self.told.is_some());
        let bodies = 1 + self.results.len() + more;
        let header = MessageRecord::header_bytes(
            &self.listener,
            &self.control_id,
            &self.site_version,
            entries,
            bodies,
        );
        let too_large = |what, limit| Err(OutboxError::TooLarge { what, limit });
        if entries > ENTRIES_MAX {
            return too_large("number of deliveries", ENTRIES_MAX);
        }
        if header > VALUE_BYTES_MAX {
            return too_large("size of control id and names in bytes", VALUE_BYTES_MAX);
        }
        if self.bytes() > BODIES_BYTES_MAX {
            return too_large("size of all bodies in bytes", BODIES_BYTES_MAX);
        }
        let of_body = |entry: &Entry| entry.body.index().is_none_or(|index| index > self.results.len());
        if self.deliveries.iter().any(of_body) {
            return Err(OutboxError::NoSuchResult);
        }
        let names = self.deliveries.iter().map(|entry| &entry.destination);
        let names = names.chain(self.dead.iter().map(|(destination, _)| destination));
        if names.into_iter().any(|name| name.len() > DESTINATION_BYTES_MAX) {
            return too_large("name of a destination in bytes", DESTINATION_BYTES_MAX);
        }
        Ok(())
    }
}

/// Refuses what no records can hold, and returns the bytes that all occupy together while they wait.
pub(super) fn check_all(acceptances: &[Acceptance]) -> Result<usize, OutboxError> {
    acceptances.iter().try_for_each(Acceptance::check)?;
    let bytes = acceptances.iter().map(Acceptance::bytes).sum();
    if bytes > BODIES_BYTES_MAX {
        return Err(OutboxError::TooLarge {
            what: "size of all bodies in bytes",
            limit: BODIES_BYTES_MAX,
        });
    }
    Ok(bytes)
}

/// The longest name of a destination.
const DESTINATION_BYTES_MAX: usize = 1_000;

impl fmt::Debug for Acceptance {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Acceptance")
            .field("bytes", &self.bytes())
            .field("deliveries", &self.deliveries)
            .field("dead", &self.dead.len())
            .finish_non_exhaustive()
    }
}

/// A delivery of a message to accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who is owed it.
    pub destination: Arc<str>,
    /// What it is.
    pub body: BodyRef,
}

/// Which body of an acceptance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyRef {
    /// The frame as received.
    Raw,
    /// The result of that index.
    Result(usize),
}

impl BodyRef {
    /// The body's place in the record: the received frame, then the results.
    pub(super) fn index(self) -> Option<usize> {
        match self {
            BodyRef::Raw => Some(0),
            BodyRef::Result(index) => index.checked_add(1),
        }
    }
}

/// A delivery that is owed.
#[derive(Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its place in the order of its destination.
    pub sequence: Sequence,
    /// The message it comes from: the number its acceptance was answered with.
    pub message: Sequence,
    /// When the message was received.
    pub received_at: Timestamp,
    /// The listener the message came in by.
    pub listener: String,
    /// MSH-10 as received.
    pub control_id: Bytes,
    /// The configuration it was routed by.
    pub site_version: String,
    /// The name of the character set that the bytes are in, where they may not say so themselves.
    pub charset: Option<String>,
    /// What to send.
    pub bytes: Bytes,
}

impl fmt::Debug for Delivery {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Delivery")
            .field("sequence", &self.sequence)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// The end of a delivery.
#[derive(Debug)]
pub struct Settlement {
    /// Who was owed it.
    pub destination: Arc<str>,
    /// Which delivery.
    pub sequence: Sequence,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a delivery.
#[derive(PartialEq, Eq)]
pub enum Outcome {
    /// The destination has it.
    Delivered,
    /// Somebody has ordered that it is never delivered: it is gone. Ends a dead letter, too.
    Purged,
    /// It was given up and waits for a person.
    DeadLetter {
        /// Why, without content of the message. Cut at 1,000 bytes.
        reason: String,
        /// How often it was sent.
        attempts: u32,
        /// What the destination answered last. Cut at 4,000 bytes.
        answer: Option<Bytes>,
    },
}

impl fmt::Debug for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Delivered => out.write_str("Delivered"),
            Outcome::Purged => out.write_str("Purged"),
            Outcome::DeadLetter { reason, attempts, .. } => out
                .debug_struct("DeadLetter")
                .field("reason", reason)
                .field("attempts", attempts)
                .finish_non_exhaustive(),
        }
    }
}

/// A delivery that was given up.
#[derive(Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its place in the order of its destination.
    pub sequence: Sequence,
    /// When it was given up; `None` when its record is damaged.
    pub dead_at: Option<Timestamp>,
    /// Why.
    pub reason: String,
    /// How often it was sent.
    pub attempts: u32,
    /// What the destination answered last.
    pub answer: Option<Bytes>,
    /// What was to be sent, when its records can be read.
    pub delivery: Option<Delivery>,
}

impl fmt::Debug for DeadLetter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("DeadLetter")
            .field("sequence", &self.sequence)
            .field("reason", &self.reason)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// How much a destination is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    /// Deliveries not settled.
    pub queued: u64,
    /// Dead letters.
    pub dead: u64,
    /// The oldest delivery not settled.
    pub oldest: Option<Sequence>,
    /// When it was received.
    pub oldest_at: Option<Timestamp>,
}

/// What an outbox has done since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Messages accepted.
    pub accepted: u64,
    /// Deliveries that came of them.
    pub entries: u64,
    /// Deliveries that left as delivered.
    pub delivered: u64,
    /// Deliveries and dead letters that left because somebody ordered it.
    pub purged: u64,
    /// Dead letters that became deliveries again.
    pub resent: u64,
    /// Deliveries that became dead letters.
    pub dead_lettered: u64,
    /// Dead letters among them made because a record was damaged.
    pub quarantined: u64,
    /// Deliveries and dead letters that should have been there at opening and were not: damage lost them.
    pub missing: u64,
    /// Barriers passed: the syncs of the disk.
    pub barriers: u64,
}
