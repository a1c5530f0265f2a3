//! Finds messages, newest first: from the newest bucket down, in each where the trees of all terms agree.
//!
//! The next message that has a term is one step into the index. Whichever term is rarest decides how many steps
//! there are: the others are asked no further than it leads. A search that would take too many ends where it is and
//! says where to go on.

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::about::About;
use super::query::Query;
use super::sealed::{Place, Sealing};
use super::state::State;
use super::term::Term;
use super::{ArchiveError, bodies, number, write};
use crate::expression::View;
use crate::hl7::{Charset, Message, ParseLimits};

/// The most steps into the index for one page: a fraction of a second.
const STEPS_MAX: u64 = 100_000;
/// What reading a message to try a condition on it counts as, and each KiB of it: about 50 microseconds.
const CONDITION_STEPS: u64 = 20;

/// A part of what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The messages, newest first.
    pub found: Vec<Found>,
    /// How many messages were looked at.
    pub examined: u64,
    /// Where to go on: before this number. `None` at the end of the archive. With fewer found than were asked for,
    /// the search has stopped because it had looked at so many.
    pub next: Option<u64>,
}

/// A message in a list: nothing of its content but what tells it from others.
#[derive(Clone, PartialEq, Eq)]
pub struct Found {
    /// Its number in the archive.
    pub number: u64,
    /// When it was received.
    pub received_at: Timestamp,
    /// The listener it came in by.
    pub listener: String,
    /// The configuration it was routed by.
    pub site_version: String,
    /// MSH-9, as `ADT^A01`; empty when it was no message.
    pub message_type: String,
    /// MSH-10, at most 200 characters of it.
    pub control_id: String,
    /// What has become of it.
    pub state: State,
    /// Length of the frame as received.
    pub bytes: u64,
    /// Its destinations, and what has become of the delivery to each.
    pub deliveries: Vec<(String, State)>,
    /// Whether it comes from another message and nobody has changed it. Its bytes may be those that were made of that
    /// one for one destination.
    pub is_copy: bool,
}

impl std::fmt::Debug for Found {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Found")
            .field("number", &self.number)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// The newest messages before a number (all, without one) that are as asked, at most so many.
pub(super) fn search(
    connection: &Connection,
    sealing: &Sealing,
    query: &Query,
    before: Option<u64>,
    count_max: usize,
) -> Result<Page, ArchiveError> {
    search_within(connection, sealing, query, before, count_max, STEPS_MAX)
}

/// The same with a bound on the steps.
pub(super) fn search_within(
    connection: &Connection,
    sealing: &Sealing,
    query: &Query,
    before: Option<u64>,
    count_max: usize,
    steps_max: u64,
) -> Result<Page, ArchiveError> {
    // One view of the archive for the whole page, whatever is written meanwhile.
    let transaction = connection.unchecked_transaction()?;
    let before = before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
    let mut walk = Walk {
        connection: &transaction,
        sealing,
        index: Index::over(&transaction)?,
        query,
        criteria: query
            .criteria(sealing.hashing())
            .into_iter()
            .map(|terms| Criterion { terms, jumped: 0 })
            .collect(),
        steps: 0,
        examined: 0,
        found: Vec::new(),
        count_max,
        steps_max,
    };
    let next = walk.run(before)?;
    Ok(Page {
        found: walk.found,
        examined: walk.examined,
        next: next.and_then(|next| next.try_into().ok()),
    })
}

/// Of these terms a message must have one.
struct Criterion {
    terms: Vec<Term>,
    /// How far it has led the search: the rarer, the further.
    jumped: i64,
}

struct Walk<'c> {
    connection: &'c Connection,
    sealing: &'c Sealing,
    index: Index<'c>,
    query: &'c Query,
    criteria: Vec<Criterion>,
    steps: u64,
    examined: u64,
    found: Vec<Found>,
    count_max: usize,
    steps_max: u64,
}

impl Walk<'_> {
    /// Walks down from a number; where it stopped before the end.
    fn run(&mut self, before: i64) -> Result<Option<i64>, ArchiveError> {
        let mut at_most = before.saturating_sub(1);
        while let Some((bucket, is_worth_it)) = self.index.bucket(number::bucket(at_most), self.query)? {
            at_most = at_most.min(number::last(bucket));
            self.steps += 1;
            if is_worth_it && let Some(next) = self.walk_bucket(bucket, at_most)? {
                return Ok(Some(next));
            }
            at_most = number::first(bucket) - 1;
        }
        Ok(None)
    }

    /// Walks down a bucket; where it stopped before the end of it.
    fn walk_bucket(&mut self, bucket: i64, mut at_most: i64) -> Result<Option<i64>, ArchiveError> {
        while let Some(message) = self.next(bucket, at_most)? {
            self.examined += 1;
            if let Some(found) = self.examine(message)? {
                self.found.push(found);
            }
            if self.found.len() >= self.count_max || self.steps >= self.steps_max {
                return Ok(Some(message));
            }
            at_most = message - 1;
        }
        // It may also have stopped on the way to the next one.
        Ok((self.steps >= self.steps_max).then_some(number::first(bucket)))
    }

    /// The next message of a bucket that has a term of every criterion.
    fn next(&mut self, bucket: i64, at_most: i64) -> Result<Option<i64>, ArchiveError> {
        if self.criteria.is_empty() {
            self.steps += 1;
            return self.index.message(number::first(bucket), at_most);
        }
        let mut at_most = at_most - number::first(bucket);
        'agree: loop {
            for place in 0..self.criteria.len() {
                let Some(nearest) = self.nearest(bucket, place, at_most)? else {
                    return Ok(None);
                };
                if nearest < at_most {
                    self.lead(place, at_most - nearest);
                    at_most = nearest;
                    if self.criteria.len() > 1 {
                        continue 'agree;
                    }
                }
            }
            return Ok(Some(number::first(bucket) + at_most));
        }
    }

    /// The next place in a bucket where a criterion has a term.
    fn nearest(&mut self, bucket: i64, place: usize, at_most: i64) -> Result<Option<i64>, ArchiveError> {
        let mut nearest = None;
        for term in self
            .criteria
            .get(place)
            .iter()
            .flat_map(|criterion| &criterion.terms)
        {
            self.steps += 1;
            nearest = nearest.max(self.index.term(bucket, *term, at_most)?);
        }
        Ok(nearest)
    }

    /// Whichever criterion has led furthest is asked first: the others then have the least to say.
    fn lead(&mut self, place: usize, jumped: i64) {
        let first = self.criteria.first().map_or(0, |criterion| criterion.jumped);
        if let Some(criterion) = self.criteria.get_mut(place) {
            criterion.jumped += jumped;
            if criterion.jumped > first {
                self.criteria.swap(0, place);
            }
        }
    }

    /// The message, if it is as asked; what the index does not know is asked of the message itself.
    fn examine(&mut self, message: i64) -> Result<Option<Found>, ArchiveError> {
        self.steps += 1;
        let Some((received_at, bytes)) = self.index.received(message)? else {
            // Purged; its terms follow.
            return Ok(None);
        };
        if !self.query.takes(received_at) {
            return Ok(None);
        }
        if let Some(condition) = &self.query.condition {
            self.steps += CONDITION_STEPS * (1 + bytes / 1_024);
            let raw = raw(self.connection, self.sealing, message)?;
            let parsed = raw.and_then(|(raw, charset)| {
                Message::parse_assuming(raw, &ParseLimits::default(), charset).ok()
            });
            if !parsed.is_some_and(|message| condition.holds(&View::of(&message))) {
                return Ok(None);
            }
        }
        read(self.connection, self.sealing, message)
    }
}

/// The questions asked of the index, each once prepared.
struct Index<'c> {
    bucket: CachedStatement<'c>,
    term: CachedStatement<'c>,
    message: CachedStatement<'c>,
    received: CachedStatement<'c>,
}

/// The next bucket down, with the times between which its messages were received.
pub(super) const BUCKET: &str =
    "SELECT bucket, first_at, last_at FROM bucket WHERE bucket <= ?1 ORDER BY bucket DESC LIMIT 1";
/// The next message down that has a term.
pub(super) const TERM: &str =
    "SELECT offset FROM term WHERE bucket = ?1 AND hash = ?2 AND offset <= ?3 ORDER BY offset DESC LIMIT 1";
/// The next message down.
pub(super) const MESSAGE: &str =
    "SELECT number FROM message WHERE number BETWEEN ?1 AND ?2 ORDER BY number DESC LIMIT 1";
/// When a message was received, and how long it is.
pub(super) const RECEIVED: &str = "SELECT received_at, bytes FROM message WHERE number = ?1";
/// A message in a list.
pub(super) const FOUND: &str =
    "SELECT m.received_at, l.name, s.name, t.name, m.control_id, m.state, m.bytes, m.about
    FROM message m JOIN name l ON l.id = m.listener JOIN name s ON s.id = m.site JOIN name t ON t.id = m.type
    WHERE m.number = ?1";

impl<'c> Index<'c> {
    fn over(connection: &'c Connection) -> Result<Index<'c>, ArchiveError> {
        Ok(Index {
            bucket: connection.prepare_cached(BUCKET)?,
            term: connection.prepare_cached(TERM)?,
            message: connection.prepare_cached(MESSAGE)?,
            received: connection.prepare_cached(RECEIVED)?,
        })
    }

    /// The next bucket down, and whether it may hold what is searched for.
    fn bucket(&mut self, at_most: i64, query: &Query) -> Result<Option<(i64, bool)>, ArchiveError> {
        let found = self.bucket.query_row([at_most], |row| {
            Ok((row.get(0)?, query.overlaps(row.get(1)?, row.get(2)?)))
        });
        Ok(found.optional()?)
    }

    fn term(&mut self, bucket: i64, Term(hash): Term, at_most: i64) -> Result<Option<i64>, ArchiveError> {
        let found = self
            .term
            .query_row(params![bucket, hash, at_most], |row| row.get(0));
        Ok(found.optional()?)
    }

    fn message(&mut self, first: i64, at_most: i64) -> Result<Option<i64>, ArchiveError> {
        let found = self.message.query_row([first, at_most], |row| row.get(0));
        Ok(found.optional()?)
    }

    fn received(&mut self, message: i64) -> Result<Option<(i64, u64)>, ArchiveError> {
        let found = self.received.query_row([message], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.try_into().unwrap_or(0)))
        });
        Ok(found.optional()?)
    }
}

/// A message as it stands in a list; `None` when there is none of this number. One that is damaged is shown without
/// what cannot be read of it: it must not keep the others from being found.
pub(super) fn read(
    connection: &Connection,
    sealing: &Sealing,
    message: i64,
) -> Result<Option<Found>, ArchiveError> {
    let found = connection
        .prepare_cached(FOUND)?
        .query_row([message], |row| {
            let shown = sealing.open_shown(message, row.get(3)?, row.get_ref(4)?);
            let (message_type, control_id) = shown.unwrap_or_default();
            let about = sealing.open_text(Place::About { message }, row.get_ref(7)?);
            let about: Option<About> = about.and_then(|about| serde_json::from_str(&about).ok());
            let origin = about.and_then(|about| about.origin);
            Ok(Found {
                number: message.try_into().unwrap_or(0),
                received_at: timestamp(row.get(0)?),
                listener: row.get(1)?,
                site_version: row.get(2)?,
                message_type,
                control_id,
                state: State::of_number(row.get(5)?).unwrap_or(State::Queued),
                bytes: row.get::<_, i64>(6)?.try_into().unwrap_or(0),
                deliveries: Vec::new(),
                is_copy: origin.is_some_and(|origin| !origin.is_edited),
            })
        })
        .optional()?;
    let Some(mut found) = found else {
        return Ok(None);
    };
    for (_, destination, state) in write::deliveries(connection, message)? {
        found
            .deliveries
            .push((destination, State::of_number(state).unwrap_or(State::Queued)));
    }
    Ok(Some(found))
}

/// The frame as received, and the character set that it is in where it does not say itself; `None` when there is no
/// such message, or it cannot be read.
pub(super) fn raw(
    connection: &Connection,
    sealing: &Sealing,
    message: i64,
) -> Result<Option<(bytes::Bytes, Option<Charset>)>, ArchiveError> {
    let kept = connection
        .prepare_cached("SELECT about, bodies FROM message WHERE number = ?1")?
        .query_row([message], |row| {
            let about = sealing.open_text(Place::About { message }, row.get_ref(0)?);
            let packed = sealing.open_bytes(Place::Bodies { message }, row.get_ref(1)?);
            Ok((about, packed))
        })
        .optional()?;
    let Some((about, Some(packed))) = kept else {
        return Ok(None);
    };
    let about: Option<About> = about.and_then(|about| serde_json::from_str(&about).ok());
    let charset = about.and_then(|about| about.charset());
    let raw = bodies::unpack(&packed).and_then(|bodies| bodies.into_iter().next());
    Ok(raw.map(|raw| (raw, charset)))
}

/// A time of the archive; the earliest there is for one that no clock can have shown.
pub(super) fn timestamp(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::MIN)
}
