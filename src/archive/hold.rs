//! Legal holds: messages that nothing deletes, each hold with a name, a reason and who ordered it.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{ArchiveError, message, search};

/// The longest name and the longest reason of a hold.
const TEXT_BYTES_MAX: usize = 1_000;

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its name.
    pub name: String,
    /// Why there is one.
    pub reason: String,
    /// Who ordered it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// How many messages it keeps.
    pub messages: u64,
}

/// Makes a hold that keeps nothing yet; one of that name that is there already is left as it is.
pub(super) fn begin(
    connection: &Connection,
    name: &str,
    reason: &str,
    by: &str,
    at: Timestamp,
) -> Result<(), ArchiveError> {
    if name.trim().is_empty() || name.len() > TEXT_BYTES_MAX || reason.len() > TEXT_BYTES_MAX {
        let problem = format!("a hold has a name and a reason of at most {TEXT_BYTES_MAX} bytes each");
        return Err(ArchiveError::Hold(problem));
    }
    connection.execute(
        "INSERT INTO hold (name, reason, by, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        params![name, reason, by, at.as_microsecond()],
    )?;
    Ok(())
}

/// Adds messages to a hold; how many of them are there.
pub(super) fn keep(connection: &mut Connection, name: &str, messages: &[i64]) -> Result<u64, ArchiveError> {
    let transaction = connection.transaction()?;
    let hold = id(&transaction, name)?;
    let mut kept = 0;
    for number in messages {
        if message::is_there(&transaction, *number)? {
            transaction
                .prepare_cached("INSERT INTO held (message, hold) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
                .execute([*number, hold])?;
            kept += 1;
        }
    }
    transaction.commit()?;
    Ok(kept)
}

/// Ends a hold: what it alone has kept may be deleted again.
pub(super) fn release(connection: &mut Connection, name: &str) -> Result<(), ArchiveError> {
    let transaction = connection.transaction()?;
    let hold = id(&transaction, name)?;
    transaction.execute("DELETE FROM held WHERE hold = ?1", [hold])?;
    transaction.execute("DELETE FROM hold WHERE id = ?1", [hold])?;
    transaction.commit()?;
    Ok(())
}

/// All holds by name.
pub(super) fn all(connection: &Connection) -> Result<Vec<Hold>, ArchiveError> {
    let mut select = connection.prepare_cached(
        "SELECT name, reason, by, at, (SELECT count(*) FROM held WHERE hold = id) FROM hold ORDER BY name",
    )?;
    let holds = select.query_map([], |row| {
        Ok(Hold {
            name: row.get(0)?,
            reason: row.get(1)?,
            by: row.get(2)?,
            at: search::timestamp(row.get(3)?),
            messages: row.get::<_, i64>(4)?.try_into().unwrap_or(0),
        })
    })?;
    Ok(holds.collect::<Result<_, _>>()?)
}

/// Whether some hold keeps a message.
pub(super) fn is_held(connection: &Connection, message: i64) -> Result<bool, ArchiveError> {
    let found = connection
        .prepare_cached("SELECT 1 FROM held WHERE message = ?1")?
        .query_row([message], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

fn id(transaction: &Transaction<'_>, name: &str) -> Result<i64, ArchiveError> {
    let id = transaction
        .query_row("SELECT id FROM hold WHERE name = ?1", [name], |row| row.get(0))
        .optional()?;
    id.ok_or_else(|| ArchiveError::Hold("there is no hold of that name".to_owned()))
}
