//! One message with all that became of it.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::about::About;
use super::sealed::{self, Place, Sealing};
use super::search::{self, Found};
use super::state::State;
use super::term::Term;
use super::{ArchiveError, Origin, bodies, hold, number};
use crate::hl7::Charset;

/// The most messages shown that came of one.
const RESENT_MAX: usize = 100;

/// A message with all that became of it. Its bodies, answers and tags are content.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// What a list shows of it.
    pub found: Found,
    /// What the routes said: their names, and why they did not want it.
    pub routes: Vec<(String, Option<String>)>,
    /// The tags that steps gave it.
    pub tags: Vec<(String, String)>,
    /// What the sender of a refused message was answered in MSA-1.
    pub code: Option<String>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// The message that it comes from, when it did not come from outside.
    pub origin: Option<Origin>,
    /// The messages that came of it when it was sent again, the newest first; at most 100.
    pub resent_as: Vec<Resent>,
    /// The character sets of the frame and of each result, as far as they were kept.
    pub(super) charsets: Vec<Option<Charset>>,
    /// The frame as received.
    pub raw: Bytes,
    /// What routes made of it.
    pub results: Vec<Bytes>,
    /// The deliveries that came of it.
    pub deliveries: Vec<Delivery>,
    /// The names of the holds that keep it.
    pub holds: Vec<String>,
}

/// What came of a message that was sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resent {
    /// The number of the message that it became.
    pub message: u64,
    /// When; `None` of a dead letter that was sent again, whose message keeps the time of this one.
    pub at: Option<Timestamp>,
    /// Whether somebody has changed it.
    pub is_edited: bool,
    /// Who ordered it.
    pub by: String,
    /// Why.
    pub why: String,
}

/// A delivery with all attempts.
#[derive(Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its place in the order of its destination, in the outbox.
    pub sequence: u64,
    /// Who is owed it.
    pub destination: String,
    /// What has become of it.
    pub state: State,
    /// Which result it is; `None` for the frame as received.
    pub result: Option<usize>,
    /// Why it was given up.
    pub reason: Option<String>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Who ordered that end, if somebody did.
    pub ended_by: Option<String>,
    /// The attempts, in their order.
    pub attempts: Vec<Attempted>,
}

/// An attempt.
#[derive(Clone, PartialEq, Eq)]
pub struct Attempted {
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// The code the destination answered with.
    pub code: Option<String>,
    /// Why the delivery was not completed.
    pub problem: Option<String>,
    /// What the destination answered.
    pub answer: Option<Bytes>,
}

impl Message {
    /// The deliveries to this destination of what was made for it; not the dead letters that stand for what could not
    /// be made, which end the moment their message comes in.
    pub fn made_for(&self, destination: &str) -> impl Iterator<Item = &Delivery> {
        let deliveries = self.deliveries.iter();
        deliveries.filter(move |delivery| delivery.destination == destination && self.is_made(delivery))
    }

    /// Whether there is something that a delivery sends, or sent.
    pub fn is_made(&self, delivery: &Delivery) -> bool {
        !(delivery.attempts.is_empty() && delivery.ended_at == Some(self.found.received_at))
    }

    /// The character set that was kept of a result, or of the frame as received: what does not say so itself is in it.
    pub fn charset(&self, result: Option<usize>) -> Option<Charset> {
        let body = result.map_or(0, |result| result + 1);
        self.charsets.get(body).copied().flatten()
    }

    /// The bytes of one of its deliveries.
    pub fn sent(&self, delivery: &Delivery) -> Option<&Bytes> {
        match delivery.result {
            None => Some(&self.raw),
            Some(result) => self.results.get(result),
        }
    }
}

/// The message of this number; `None` when there is none.
pub(super) fn read(
    connection: &Connection,
    sealing: &Sealing,
    message: i64,
) -> Result<Option<Message>, ArchiveError> {
    let transaction = connection.unchecked_transaction()?;
    let Some(found) = search::read(&transaction, sealing, message)? else {
        return Ok(None);
    };
    let damaged = || ArchiveError::DamagedMessage { number: found.number };
    let (about, bodies) = content(&transaction, sealing, message)?.ok_or_else(damaged)?;
    let mut bodies = bodies.into_iter();
    let raw = bodies.next().ok_or_else(damaged)?;
    Ok(Some(Message {
        deliveries: deliveries(&transaction, sealing, message)?.ok_or_else(damaged)?,
        holds: hold::of_message(&transaction, sealing, message)?,
        resent_as: resent_as(&transaction, sealing, &found, message)?,
        found,
        charsets: about.charsets().collect(),
        routes: about.routes,
        tags: about.tags,
        code: about.code,
        reason: about.reason,
        origin: about.origin.map(|origin| Origin {
            message: origin.message,
            is_edited: origin.is_edited,
            by: origin.by,
            why: origin.why,
        }),
        raw,
        results: bodies.collect(),
    }))
}

/// What is told of a message, and its bodies; `None` when they, or what lists show of it, are not as they were written.
fn content(
    connection: &Connection,
    sealing: &Sealing,
    message: i64,
) -> Result<Option<(About, Vec<Bytes>)>, ArchiveError> {
    let mut select =
        connection.prepare_cached("SELECT control_id, about, bodies FROM message WHERE number = ?1")?;
    let content = select.query_row([message], |row| {
        let is_shown = sealing
            .open_shown(message, String::new(), row.get_ref(0)?)
            .is_some();
        let about = sealing.open_text(Place::About { message }, row.get_ref(1)?);
        let packed = sealing.open_bytes(Place::Bodies { message }, row.get_ref(2)?);
        Ok(about.zip(packed).filter(|_| is_shown))
    })?;
    Ok(content.and_then(|(about, packed)| {
        let about = serde_json::from_str(&about).ok()?;
        Some((about, bodies::unpack(&packed)?))
    }))
}

/// The newest messages that came of this one; they stand behind it.
fn resent_as(
    connection: &Connection,
    sealing: &Sealing,
    original: &Found,
    message: i64,
) -> Result<Vec<Resent>, ArchiveError> {
    let mut buckets =
        connection.prepare_cached("SELECT bucket FROM bucket WHERE bucket >= ?1 ORDER BY bucket DESC")?;
    let mut select = connection.prepare_cached(
        "SELECT m.number, m.received_at, m.about FROM term t JOIN message m ON m.number = ?1 + t.offset
         WHERE t.bucket = ?2 AND t.hash = ?3 ORDER BY t.offset DESC LIMIT ?4",
    )?;
    let Term(hash) = sealing.hashing().origin(original.number);
    let mut found = Vec::new();
    let mut rows = buckets.query([number::bucket(message)])?;
    while let Some(row) = rows.next()? {
        let bucket: i64 = row.get(0)?;
        let left = i64::try_from(RESENT_MAX - found.len()).unwrap_or(0);
        let mut made = select.query(params![number::first(bucket), bucket, hash, left])?;
        while let Some(row) = made.next()? {
            let (number, received_at) = (row.get(0)?, row.get(1)?);
            let about = sealing.open_text(Place::About { message: number }, row.get_ref(2)?);
            let about: About = about
                .and_then(|about| serde_json::from_str(&about).ok())
                .unwrap_or_default();
            // Two numbers may have one hash.
            if let Some(origin) = about.origin.filter(|origin| origin.message == original.number) {
                found.push(Resent {
                    message: number.try_into().unwrap_or(0),
                    at: Some(search::timestamp(received_at)).filter(|at| *at != original.received_at),
                    is_edited: origin.is_edited,
                    by: origin.by,
                    why: origin.why,
                });
            }
        }
        if found.len() >= RESENT_MAX {
            break;
        }
    }
    Ok(found)
}

/// The deliveries of a message; `None` when something of them is not as it was written.
fn deliveries(
    connection: &Connection,
    sealing: &Sealing,
    message: i64,
) -> Result<Option<Vec<Delivery>>, ArchiveError> {
    let mut select = connection.prepare_cached(
        "SELECT d.number, d.message, n.name, d.state, d.result, d.reason, d.ended_at, d.destination, d.ended_by
         FROM delivery d JOIN name n ON n.id = d.destination WHERE d.number >= ?1 ORDER BY d.number",
    )?;
    let mut rows = select.query([message])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        if row.get::<_, i64>(1)? != message {
            break;
        }
        let (delivery, destination) = (row.get(0)?, row.get(7)?);
        let place = Place::Reason {
            delivery,
            destination,
        };
        let reason = sealed::optional(row.get_ref(5)?, |kept| sealing.open_text(place, kept));
        let attempts = attempts(connection, sealing, delivery, destination)?;
        let (Ok(reason), Some(attempts)) = (reason, attempts) else {
            return Ok(None);
        };
        found.push(Delivery {
            sequence: number::sequence(delivery.try_into().unwrap_or(0)),
            destination: row.get(2)?,
            state: State::of_number(row.get(3)?).unwrap_or(State::Queued),
            result: row
                .get::<_, Option<i64>>(4)?
                .and_then(|result| result.try_into().ok()),
            reason,
            ended_at: row.get::<_, Option<i64>>(6)?.map(search::timestamp),
            ended_by: row.get(8)?,
            attempts,
        });
    }
    Ok(Some(found))
}

/// The attempts at a delivery; `None` when something of them is not as it was written.
fn attempts(
    connection: &Connection,
    sealing: &Sealing,
    delivery: i64,
    destination: i64,
) -> Result<Option<Vec<Attempted>>, ArchiveError> {
    let mut select = connection.prepare_cached(
        "SELECT at, took_us, code, problem, answer, journal FROM attempt
         WHERE delivery = ?1 AND destination = ?2 ORDER BY journal",
    )?;
    let attempt = |row: &Row<'_>| {
        let place = sealed::Attempt {
            delivery,
            destination,
            journal: row.get(5)?,
        };
        let problem = sealed::optional(row.get_ref(3)?, |kept| {
            sealing.open_text(Place::Problem(place), kept)
        });
        let answer = sealed::optional(row.get_ref(4)?, |kept| {
            sealing.open_bytes(Place::Answer(place), kept)
        });
        let (Ok(problem), Ok(answer)) = (problem, answer) else {
            return Ok(None);
        };
        Ok(Some(Attempted {
            at: search::timestamp(row.get(0)?),
            took: Duration::from_micros(row.get::<_, i64>(1)?.try_into().unwrap_or(0)),
            code: row.get(2)?,
            problem,
            answer: answer.map(Bytes::from),
        }))
    };
    let attempts = select
        .query_map([delivery, destination], attempt)?
        .collect::<Result<_, _>>()?;
    Ok(attempts)
}

/// Whether there is a message of this number.
pub(super) fn is_there(connection: &Connection, message: i64) -> Result<bool, ArchiveError> {
    let found = connection
        .prepare_cached("SELECT 1 FROM message WHERE number = ?1")?
        .query_row([message], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

impl fmt::Debug for Message {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Message")
            .field("found", &self.found)
            .field("bytes", &self.raw.len())
            .field("deliveries", &self.deliveries.len())
            .finish_non_exhaustive()
    }
}
