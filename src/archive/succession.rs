//! What becomes of history when its outbox is another than it was: made anew of a backup, or put back from an old copy.
//!
//! An outbox that is gone settles nothing any more: what it still owed gets its end here, or it would be owed for ever,
//! and what is owed is never deleted.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::state::State;
use super::{ArchiveError, number};

/// Makes what this outbox has written that of one that is gone: whatever it writes next, it writes as another.
pub(super) fn set_aside(connection: &Connection, store: u128) -> Result<(), ArchiveError> {
    connection.execute(
        "UPDATE outbox SET store = randomblob(16) WHERE store = ?1",
        [store.to_be_bytes()],
    )?;
    Ok(())
}

/// The message of a delivery of this outbox.
pub(super) fn message_of(
    connection: &Connection,
    store: u128,
    destination: &str,
    sequence: u64,
) -> Result<Option<u64>, ArchiveError> {
    let Some(generation) = generation(connection, store)? else {
        return Ok(None);
    };
    let message: Option<i64> = connection
        .prepare_cached(
            "SELECT message FROM delivery
             WHERE number = ?1 AND destination = (SELECT id FROM name WHERE name = ?2)",
        )?
        .query_row(params![number::of(generation, sequence)?, destination], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(message.map(i64::unsigned_abs))
}

/// The next deliveries after a number that this outbox owed or had given up, by destination and number.
pub(super) fn unsettled(
    connection: &Connection,
    store: u128,
    after: u64,
    count_max: usize,
) -> Result<Vec<(String, u64)>, ArchiveError> {
    let Some(generation) = generation(connection, store)? else {
        return Ok(Vec::new());
    };
    let mut select = connection.prepare_cached(
        "SELECT n.name, d.number FROM delivery d JOIN name n ON n.id = d.destination
         WHERE d.number > ?1 AND d.number < ?2 AND d.state IN (?3, ?4) ORDER BY d.number LIMIT ?5",
    )?;
    let range = params![
        number::of(generation, after)?,
        number::of(generation + 1, 0)?,
        State::Queued as i64,
        State::Dead as i64,
        i64::try_from(count_max).unwrap_or(i64::MAX),
    ];
    let found = select.query_map(range, |row| {
        let number: i64 = row.get(1)?;
        Ok((row.get(0)?, number::sequence(number.unsigned_abs())))
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// A delivery that an outbox owed which is not the present one.
pub(super) struct Lost {
    /// Who owed it.
    pub(super) store: u128,
    /// Who was owed it.
    pub(super) destination: String,
    /// Which delivery.
    pub(super) sequence: u64,
    /// Its number here.
    pub(super) number: i64,
}

/// How many deliveries outboxes owed that are not this one.
pub(super) fn count_lost(connection: &Connection, present: u128) -> Result<u64, ArchiveError> {
    let mut count = 0;
    for (_, first, next) in others(connection, present)? {
        let found: i64 = connection
            .prepare_cached(
                "SELECT count(*) FROM delivery WHERE number >= ?1 AND number < ?2 AND state = ?3",
            )?
            .query_row(params![first, next, State::Queued as i64], |row| row.get(0))?;
        count += found.unsigned_abs();
    }
    Ok(count)
}

/// The first of them from a number on, all of one outbox.
pub(super) fn lost(
    connection: &Connection,
    present: u128,
    from: i64,
    count_max: usize,
) -> Result<Vec<Lost>, ArchiveError> {
    for (store, first, next) in others(connection, present)? {
        let mut select = connection.prepare_cached(
            "SELECT n.name, d.number FROM delivery d JOIN name n ON n.id = d.destination
             WHERE d.number >= ?1 AND d.number < ?2 AND d.state = ?3 ORDER BY d.number LIMIT ?4",
        )?;
        let range = params![
            first.max(from),
            next,
            State::Queued as i64,
            i64::try_from(count_max).unwrap_or(i64::MAX),
        ];
        let found = select.query_map(range, |row| {
            let number: i64 = row.get(1)?;
            Ok(Lost {
                store,
                destination: row.get(0)?,
                sequence: number::sequence(number.unsigned_abs()),
                number,
            })
        })?;
        let found = found.collect::<Result<Vec<_>, _>>()?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// The outboxes that are not this one: each with its first number, and the first of the next.
fn others(connection: &Connection, present: u128) -> Result<Vec<(u128, i64, i64)>, ArchiveError> {
    let mut select = connection
        .prepare_cached("SELECT generation, store FROM outbox WHERE store <> ?1 ORDER BY generation")?;
    let rows = select.query_map([present.to_be_bytes()], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 16]>(1)?))
    })?;
    let mut others = Vec::new();
    for row in rows {
        let (generation, store) = row?;
        let (first, next) = (number::of(generation, 0)?, number::of(generation + 1, 0)?);
        others.push((u128::from_be_bytes(store), first, next));
    }
    Ok(others)
}

/// The generation of an outbox that has written here.
pub(super) fn generation(connection: &Connection, store: u128) -> Result<Option<i64>, ArchiveError> {
    let generation = connection
        .prepare_cached("SELECT generation FROM outbox WHERE store = ?1")?
        .query_row([store.to_be_bytes()], |row| row.get(0))
        .optional()?;
    Ok(generation)
}

/// Copies the database, as it is at one moment, into an empty file, while others read and write it.
pub(super) fn copy(path: &Path, to: &Path) -> Result<(), ArchiveError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    let to = to.to_str().ok_or_else(|| ArchiveError::Io {
        path: to.to_owned(),
        source: std::io::Error::other("the name is not UTF-8"),
    })?;
    connection.execute("VACUUM INTO ?1", [to])?;
    Ok(())
}
