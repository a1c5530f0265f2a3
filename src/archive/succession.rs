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
