//! Legal holds: messages that nothing deletes, each hold with a name, a reason and who ordered it.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::sealed::{Place, Sealing};
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

/// What is wrong with the name and the reason of a hold, if anything.
pub fn check_hold(name: &str, reason: &str) -> Result<(), ArchiveError> {
    let is_line = |text: &str| text.len() <= TEXT_BYTES_MAX && !text.contains(char::is_control);
    if name.trim().is_empty() || !is_line(name) || !is_line(reason) {
        let problem = format!(
            "a hold has a name and a reason, each one line of at most {TEXT_BYTES_MAX} bytes without control characters"
        );
        return Err(ArchiveError::Hold(problem));
    }
    Ok(())
}

/// Makes a hold that keeps nothing yet; one of that name that is there already is left as it is.
pub(super) fn begin(
    connection: &mut Connection,
    sealing: &Sealing,
    name: &str,
    reason: &str,
    by: &str,
    at: Timestamp,
) -> Result<(), ArchiveError> {
    check_hold(name, reason)?;
    let transaction = connection.transaction()?;
    if find(&transaction, sealing, name)?.is_none() {
        let hold: i64 =
            transaction.query_row("SELECT coalesce(max(id), 0) + 1 FROM hold", [], |row| row.get(0))?;
        transaction.execute(
            "INSERT INTO hold (id, name, reason, by, at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                hold,
                sealing.text(Place::HoldName { hold }, name),
                sealing.text(Place::HoldReason { hold }, reason),
                sealing.text(Place::HoldBy { hold }, by),
                at.as_microsecond()
            ],
        )?;
    }
    transaction.commit()?;
    Ok(())
}

/// Adds messages to a hold; how many of them are there.
pub(super) fn keep(
    connection: &mut Connection,
    sealing: &Sealing,
    name: &str,
    messages: &[i64],
) -> Result<u64, ArchiveError> {
    let transaction = connection.transaction()?;
    let hold = id(&transaction, sealing, name)?;
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
pub(super) fn release(
    connection: &mut Connection,
    sealing: &Sealing,
    name: &str,
) -> Result<(), ArchiveError> {
    let transaction = connection.transaction()?;
    let hold = id(&transaction, sealing, name)?;
    transaction.execute("DELETE FROM held WHERE hold = ?1", [hold])?;
    transaction.execute("DELETE FROM hold WHERE id = ?1", [hold])?;
    transaction.commit()?;
    Ok(())
}

/// All holds by name.
pub(super) fn all(connection: &Connection, sealing: &Sealing) -> Result<Vec<Hold>, ArchiveError> {
    let mut select = connection.prepare_cached(
        "SELECT id, name, reason, by, at, (SELECT count(*) FROM held WHERE hold = id) FROM hold",
    )?;
    let read = |row: &Row<'_>| {
        let hold = row.get(0)?;
        let text = |place, column| -> rusqlite::Result<String> {
            Ok(sealing
                .open_text(place, row.get_ref(column)?)
                .unwrap_or_else(unreadable))
        };
        Ok(Hold {
            name: text(Place::HoldName { hold }, 1)?,
            reason: text(Place::HoldReason { hold }, 2)?,
            by: text(Place::HoldBy { hold }, 3)?,
            at: search::timestamp(row.get(4)?),
            messages: row.get::<_, i64>(5)?.try_into().unwrap_or(0),
        })
    };
    let mut holds = select.query_map([], read)?.collect::<Result<Vec<_>, _>>()?;
    holds.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(holds)
}

/// The names of the holds that keep a message.
pub(super) fn of_message(
    connection: &Connection,
    sealing: &Sealing,
    message: i64,
) -> Result<Vec<String>, ArchiveError> {
    let mut select =
        connection.prepare_cached("SELECT id, name FROM hold JOIN held ON hold = id WHERE message = ?1")?;
    let mut names = select
        .query_map([message], |row| Ok(name(sealing, row)?.1))?
        .collect::<Result<Vec<_>, _>>()?;
    names.sort();
    Ok(names)
}

/// The id of a hold and its name, which are the first two columns.
fn name(sealing: &Sealing, row: &Row<'_>) -> rusqlite::Result<(i64, String)> {
    let hold = row.get(0)?;
    let name = sealing.open_text(Place::HoldName { hold }, row.get_ref(1)?);
    Ok((hold, name.unwrap_or_else(unreadable)))
}

/// A hold that is damaged keeps what it keeps, and is shown.
fn unreadable() -> String {
    "(damaged)".to_owned()
}

/// Whether some hold keeps a message.
pub(super) fn is_held(connection: &Connection, message: i64) -> Result<bool, ArchiveError> {
    let found = connection
        .prepare_cached("SELECT 1 FROM held WHERE message = ?1")?
        .query_row([message], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

/// The hold of this name: there are few, and names that are sealed cannot be looked up.
fn find(connection: &Connection, sealing: &Sealing, wanted: &str) -> Result<Option<i64>, ArchiveError> {
    let mut select = connection.prepare_cached("SELECT id, name FROM hold")?;
    for hold in select.query_map([], |row| name(sealing, row))? {
        let (id, name) = hold?;
        if name == wanted {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

fn id(connection: &Connection, sealing: &Sealing, name: &str) -> Result<i64, ArchiveError> {
    let id = find(connection, sealing, name)?;
    id.ok_or_else(|| ArchiveError::Hold("there is no hold of that name".to_owned()))
}
