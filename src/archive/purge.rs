//! Deletes messages, and gives the disk back: in bites, so that whoever writes never waits long.
//!
//! What is owed to somebody and what a hold keeps is never deleted, whoever asks.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::about::About;
use super::sealed::{Place, Sealing};
use super::settings::Retention;
use super::state::State;
use super::term::{Extract, Field, Hashing, Term};
use super::{ArchiveError, bodies, hold, message, number, write};

/// The most messages deleted at once, and the most looked at for it.
const DELETED_MAX: u16 = 200;
const EXAMINED_MAX: u16 = 5_000;
/// The most pages given back at once, and those that stay for what is written next.
const PAGES_GIVEN_MAX: i64 = 500;
const PAGES_KEPT: i64 = 1_000;

/// What became of messages that were to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purged {
    /// Deleted.
    pub deleted: u64,
    /// Kept by a hold.
    pub held: u64,
    /// Kept because somebody is still owed them.
    pub owed: u64,
    /// Not there.
    pub unknown: u64,
}

/// Deletes these messages, as far as nothing keeps them.
pub(super) fn purge(
    connection: &mut Connection,
    sealing: &Sealing,
    messages: &[i64],
) -> Result<Purged, ArchiveError> {
    let mut purged = Purged::default();
    for bite in messages.chunks(usize::from(DELETED_MAX)) {
        let transaction = connection.transaction()?;
        for message in bite {
            purged.count(delete(&transaction, sealing, *message)?);
        }
        transaction.commit()?;
    }
    Ok(purged)
}

/// What would become of these messages; nothing does.
pub(super) fn preview(connection: &Connection, messages: &[i64]) -> Result<Purged, ArchiveError> {
    let mut purged = Purged::default();
    for message in messages {
        purged.count(fate(connection, *message)?);
    }
    Ok(purged)
}

impl Purged {
    fn count(&mut self, fate: Fate) {
        let counted = match fate {
            Fate::Unknown => &mut self.unknown,
            Fate::Held => &mut self.held,
            Fate::Owed => &mut self.owed,
            Fate::Deleted => &mut self.deleted,
        };
        *counted += 1;
    }
}

/// How far a round of deleting what is too old, or too much, has come.
#[derive(Debug, Default)]
pub(super) enum Round {
    /// By age, the states from here on, in each the messages from a number on.
    #[default]
    Start,
    Age {
        state: usize,
        from: i64,
    },
    /// By size, from a number on.
    Size {
        from: i64,
    },
    /// Giving the disk back.
    Disk,
}

/// One bite of a round; how many messages were deleted, and whether the round has ended.
pub(super) fn bite(
    connection: &mut Connection,
    sealing: &Sealing,
    round: &mut Round,
    retention: &Retention,
    now: Timestamp,
) -> Result<(u64, bool), ArchiveError> {
    let deleted = match *round {
        Round::Start => {
            *round = Round::Age { state: 0, from: 0 };
            0
        }
        Round::Age { state, from } => {
            let Some((of, age_max)) = retention.age_max.iter().nth(state) else {
                *round = Round::Size { from: 0 };
                return Ok((0, false));
            };
            let cutoff = now.saturating_sub(*age_max).unwrap_or(Timestamp::MIN);
            let (deleted, from) = by_age(connection, sealing, *of, cutoff.as_microsecond(), from)?;
            *round = match from {
                Some(from) => Round::Age { state, from },
                None => Round::Age {
                    state: state + 1,
                    from: 0,
                },
            };
            deleted
        }
        Round::Size { from } => {
            if stored_bytes(connection)? <= retention.stored_bytes_max {
                *round = Round::Disk;
                return Ok((0, false));
            }
            let (deleted, from) = by_size(connection, sealing, from)?;
            *round = from.map_or(Round::Disk, |from| Round::Size { from });
            deleted
        }
        Round::Disk => {
            let is_done = give_back(connection)?;
            if is_done {
                *round = Round::Start;
            }
            return Ok((0, is_done));
        }
    };
    Ok((deleted, false))
}

/// The next bucket with a message that is too old.
pub(super) const OLD_BUCKET: &str =
    "SELECT bucket FROM bucket WHERE bucket >= ?1 AND first_at < ?2 ORDER BY bucket LIMIT 1";
/// Messages of a bucket with a term.
pub(super) const OF_TERM: &str =
    "SELECT offset FROM term WHERE bucket = ?1 AND hash = ?2 AND offset >= ?3 ORDER BY offset LIMIT ?4";

/// Deletes messages that are themselves in a state, and not only a delivery of theirs, received before a time, from a
/// number on; where to go on, until the end.
fn by_age(
    connection: &mut Connection,
    sealing: &Sealing,
    state: State,
    cutoff: i64,
    from: i64,
) -> Result<(u64, Option<i64>), ArchiveError> {
    let transaction = connection.transaction()?;
    let bucket: Option<i64> = transaction
        .prepare_cached(OLD_BUCKET)?
        .query_row([number::bucket(from), cutoff], |row| row.get(0))
        .optional()?;
    let Some(bucket) = bucket else {
        return Ok((0, None));
    };
    let offset = number::offset(from.max(number::first(bucket)));
    let Term(hash) = sealing.hashing().state(state);
    let messages = {
        let mut select = transaction.prepare_cached(OF_TERM)?;
        let offsets = select.query_map(params![bucket, hash, offset, EXAMINED_MAX], |row| row.get(0))?;
        let messages = offsets.map(|offset: rusqlite::Result<i64>| Ok(number::first(bucket) + offset?));
        messages.collect::<Result<Vec<i64>, ArchiveError>>()?
    };
    let (mut deleted, mut next) = (0, number::first(bucket + 1));
    if messages.len() == usize::from(EXAMINED_MAX) {
        next = messages.last().map_or(next, |last| last + 1);
    }
    for message in messages {
        let received_at: Option<i64> = transaction
            .prepare_cached("SELECT received_at FROM message WHERE number = ?1 AND state = ?2")?
            .query_row([message, state as i64], |row| row.get(0))
            .optional()?;
        let is_old = received_at.is_some_and(|received_at| received_at < cutoff);
        if is_old && delete(&transaction, sealing, message)? == Fate::Deleted {
            deleted += 1;
        }
        if deleted == u64::from(DELETED_MAX) {
            next = message + 1;
            break;
        }
    }
    transaction.commit()?;
    Ok((deleted, Some(next)))
}

/// Deletes the oldest messages from a number on; where to go on, until the end.
fn by_size(
    connection: &mut Connection,
    sealing: &Sealing,
    from: i64,
) -> Result<(u64, Option<i64>), ArchiveError> {
    let transaction = connection.transaction()?;
    let messages = {
        let mut select = transaction
            .prepare_cached("SELECT number FROM message WHERE number >= ?1 ORDER BY number LIMIT ?2")?;
        let numbers = select.query_map(params![from, DELETED_MAX], |row| row.get(0))?;
        numbers.collect::<Result<Vec<i64>, _>>()?
    };
    let mut deleted = 0;
    for message in &messages {
        deleted += u64::from(delete(&transaction, sealing, *message)? == Fate::Deleted);
    }
    transaction.commit()?;
    Ok((deleted, messages.last().map(|last| last + 1)))
}

/// Gives pages that nothing uses back to the disk; whether enough are given back.
fn give_back(connection: &Connection) -> Result<bool, ArchiveError> {
    let free: i64 = connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
    let pages = (free - PAGES_KEPT).min(PAGES_GIVEN_MAX);
    if pages > 0 {
        let mut vacuum = connection.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
        // A row for each page, without columns.
        let mut rows = vacuum.query([])?;
        while rows.next()?.is_some() {}
    }
    Ok(free - pages.max(0) <= PAGES_KEPT)
}

/// What the archive takes on the disk, without what it has to give back.
pub(super) fn stored_bytes(connection: &Connection) -> Result<u64, ArchiveError> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let pages = number("page_count")?.saturating_sub(number("freelist_count")?);
    Ok(pages.saturating_mul(number("page_size")?).try_into().unwrap_or(0))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Deleted,
    Held,
    Owed,
    Unknown,
}

/// What becomes of a message that is to be deleted.
fn fate(connection: &Connection, message: i64) -> Result<Fate, ArchiveError> {
    if hold::is_held(connection, message)? {
        return Ok(Fate::Held);
    }
    let deliveries = write::deliveries(connection, message)?;
    if deliveries
        .iter()
        .any(|(_, _, state)| *state == State::Queued as i64)
    {
        return Ok(Fate::Owed);
    }
    let is_there = message::is_there(connection, message)?;
    Ok(if is_there { Fate::Deleted } else { Fate::Unknown })
}

/// Deletes a message, if nothing keeps it.
fn delete(transaction: &Transaction<'_>, sealing: &Sealing, message: i64) -> Result<Fate, ArchiveError> {
    let fate = fate(transaction, message)?;
    if fate != Fate::Deleted {
        return Ok(fate);
    }
    let deliveries = write::deliveries(transaction, message)?;
    let row: Option<(Row, usize)> = transaction
        .prepare_cached(
            "SELECT m.state, n.name, m.about, m.bodies FROM message m JOIN name n ON n.id = m.listener
             WHERE m.number = ?1",
        )?
        .query_row([message], |row| {
            let bodies = row.get_ref(3)?;
            let read = Row {
                state: row.get(0)?,
                listener: row.get(1)?,
                about: sealing.open_text(Place::About { message }, row.get_ref(2)?),
                packed: sealing.open_bytes(Place::Bodies { message }, bodies),
            };
            Ok((read, bodies.as_blob().map_or(0, <[u8]>::len)))
        })
        .optional()?;
    let Some((row, stored_bytes)) = row else {
        return Ok(Fate::Unknown);
    };
    let bucket = number::bucket(message);
    {
        let mut forget =
            transaction.prepare_cached("DELETE FROM term WHERE bucket = ?1 AND hash = ?2 AND offset = ?3")?;
        for Term(hash) in terms(row, sealing.hashing(), &deliveries) {
            forget.execute(params![bucket, hash, number::offset(message)])?;
        }
    }
    for (delivery, ..) in &deliveries {
        transaction
            .prepare_cached("DELETE FROM attempt WHERE delivery = ?1")?
            .execute([delivery])?;
        transaction
            .prepare_cached("DELETE FROM delivery WHERE number = ?1")?
            .execute([delivery])?;
    }
    transaction
        .prepare_cached("DELETE FROM message WHERE number = ?1")?
        .execute([message])?;
    leave_bucket(transaction, bucket, stored_bytes)?;
    Ok(Fate::Deleted)
}

/// What tells by what a message is found; what cannot be read is left out.
pub(super) struct Row {
    pub(super) state: i64,
    pub(super) listener: String,
    /// The JSON.
    pub(super) about: Option<String>,
    /// The bodies.
    pub(super) packed: Option<Vec<u8>>,
}

/// All that a message is found by. One that cannot be read leaves some behind: a search passes over them, and they go
/// with their bucket.
pub(super) fn terms(row: Row, hashing: &Hashing, deliveries: &[(i64, String, i64)]) -> Vec<Term> {
    let bodies = row.packed.and_then(|packed| bodies::unpack(&packed));
    let raw = bodies.and_then(|bodies| bodies.into_iter().next());
    let about = row.about.and_then(|about| serde_json::from_str(&about).ok());
    let about: About = about.unwrap_or_default();
    let routes = about
        .routes
        .iter()
        .map(|(route, _)| hashing.exact(Field::Route, route));
    let tags = about.tags.iter().map(|(name, value)| hashing.tag(name, value));
    let deliveries = deliveries
        .iter()
        .filter_map(|(_, destination, state)| Some((destination.as_str(), State::of_number(*state)?)));
    let charset = about.charset();
    let of_raw = raw
        .into_iter()
        .flat_map(|raw| Extract::of(&raw, charset, hashing).terms);
    let mut terms: Vec<_> = of_raw.collect();
    terms.push(hashing.exact(Field::Listener, &row.listener));
    terms.extend(about.origin.map(|origin| hashing.origin(origin.message)));
    terms.extend(routes.chain(tags));
    terms.extend(hashing.became(State::of_number(row.state), deliveries));
    terms
}

/// Counts a message out of its bucket; the last one takes the bucket with it.
fn leave_bucket(transaction: &Transaction<'_>, bucket: i64, bytes: usize) -> Result<(), ArchiveError> {
    let messages: i64 = transaction
        .prepare_cached(
            "UPDATE bucket SET messages = messages - 1, bytes = bytes - ?2 WHERE bucket = ?1 RETURNING messages",
        )?
        .query_row(params![bucket, i64::try_from(bytes).unwrap_or(i64::MAX)], |row| {
            row.get(0)
        })?;
    if messages <= 0 {
        transaction.execute("DELETE FROM term WHERE bucket = ?1", [bucket])?;
        transaction.execute("DELETE FROM bucket WHERE bucket = ?1", [bucket])?;
    }
    Ok(())
}
