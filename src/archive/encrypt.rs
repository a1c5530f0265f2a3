//! Makes an encrypted archive of one that is not: a new database beside the old, which takes its place once it is whole.
//!
//! Cut short, the old one is as it was, and what was begun is begun anew. Every table is named here: one that the
//! schema gets and this does not know would be empty afterwards.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::keys::keys_file;
use super::purge::{self, Row};
use super::sealed::{self, Place, Sealing};
use super::term::Term;
use super::{ArchiveError, FILE_NAME, number, schema};
use crate::seal::{Keys, OVERHEAD_BYTES, OperatorKey};
use crate::secret::SecretPlace;

/// Messages of one transaction.
const STEP: u32 = 500;

/// Encrypts the archive in this folder, which nobody else may use meanwhile; how many messages it has. Needs as much
/// room again.
pub(super) fn encrypt(folder: &Path, key: &SecretPlace) -> Result<u64, ArchiveError> {
    let operator = OperatorKey::read(key)?;
    remove_begun(folder)?;
    let encrypted = encrypt_beside(folder, &operator);
    if encrypted.is_err() {
        // It may be the disk that is full; why it failed says more than what is left.
        drop(remove_begun(folder));
    }
    encrypted
}

/// Removes what was begun and did not come to its end.
fn remove_begun(folder: &Path) -> Result<(), ArchiveError> {
    let database = begun(&folder.join(FILE_NAME));
    [log_of(&database), database, begun(&keys_file(folder))]
        .iter()
        .try_for_each(|left| remove(left))
}

fn encrypt_beside(folder: &Path, operator: &OperatorKey) -> Result<u64, ArchiveError> {
    let (path, keys_path) = (folder.join(FILE_NAME), keys_file(folder));
    let (new_path, new_keys) = (begun(&path), begun(&keys_path));
    // Refuses one that is encrypted already, and holds writers off.
    let mut old = schema::open_writer(&path, &Sealing::default())?;
    let held = old.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let keys = Keys::create(&new_keys, operator)?;
    let sealing = Sealing::by(Some(keys));
    let mut new = schema::open_writer(&new_path, &sealing)?;
    new.execute("ATTACH ?1 AS plain", [path.display().to_string()])?;
    let messages = copy(&mut new, &sealing)?;
    new.execute("DETACH plain", [])?;
    closed(new, &new_path)?;
    drop(held);
    closed(old, &path)?;
    for (from, to) in [(&new_keys, &keys_path), (&new_path, &path)] {
        fs::rename(from, to).map_err(ArchiveError::io(to))?;
        // The keys before what they open.
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(ArchiveError::io(folder))?;
    }
    Ok(messages)
}

/// The name of a file while it is being made.
fn begun(path: &Path) -> PathBuf {
    with(path, ".encrypting")
}

fn log_of(database: &Path) -> PathBuf {
    with(database, "-wal")
}

/// The path with something behind its name.
fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn remove(path: &Path) -> Result<(), ArchiveError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(ArchiveError::io(path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Closes a database whose file is going to be moved: its log has to be in it.
fn closed(connection: Connection, path: &Path) -> Result<(), ArchiveError> {
    connection.close().map_err(|(_, error)| error)?;
    if log_of(path).exists() {
        let busy = io::Error::other("somebody else uses it: stop weir");
        return Err(ArchiveError::io(path)(busy));
    }
    Ok(())
}

fn copy(new: &mut Connection, sealing: &Sealing) -> Result<u64, ArchiveError> {
    let transaction = new.transaction()?;
    transaction.execute_batch(
        "INSERT INTO outbox SELECT generation, store, journal FROM plain.outbox;
         -- Types of messages are names too, and come from senders.
         INSERT INTO name SELECT id, name FROM plain.name WHERE id IN (
             SELECT listener FROM plain.message UNION SELECT site FROM plain.message
             UNION SELECT destination FROM plain.delivery UNION SELECT destination FROM plain.attempt);
         INSERT INTO name (name) VALUES ('') ON CONFLICT DO NOTHING;
         INSERT INTO held SELECT message, hold FROM plain.held;",
    )?;
    transaction.execute(
        "INSERT INTO bucket SELECT bucket, first_at, last_at, messages, bytes + messages * ?1 FROM plain.bucket",
        [i64::try_from(OVERHEAD_BYTES).unwrap_or(0)],
    )?;
    holds(&transaction, sealing)?;
    transaction.commit()?;
    let (mut after, mut copied) = (-1, 0);
    loop {
        let transaction = new.transaction()?;
        let numbers = {
            let mut select = transaction.prepare_cached(
                "SELECT number FROM plain.message WHERE number > ?1 ORDER BY number LIMIT ?2",
            )?;
            let numbers = select.query_map(params![after, STEP], |row| row.get(0))?;
            numbers.collect::<Result<Vec<i64>, _>>()?
        };
        for message in &numbers {
            copy_message(&transaction, sealing, *message)?;
        }
        transaction.commit()?;
        let Some(last) = numbers.last() else {
            break;
        };
        after = *last;
        copied += numbers.len() as u64;
    }
    Ok(copied)
}

/// A text as far as it is one: what is damaged ends nothing here, and is found where it is read.
fn text(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    let bytes = row.get_ref(column)?.as_bytes_or_null()?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
}

fn holds(transaction: &Transaction<'_>, sealing: &Sealing) -> Result<(), ArchiveError> {
    let mut select = transaction.prepare("SELECT id, name, reason, by, at FROM plain.hold")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let hold = row.get(0)?;
        let sealed = |place, column| -> rusqlite::Result<_> {
            Ok(sealing.text(place, &text(row, column)?.unwrap_or_default()))
        };
        transaction.execute(
            "INSERT INTO hold (id, name, reason, by, at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                hold,
                sealed(Place::HoldName { hold }, 1)?,
                sealed(Place::HoldReason { hold }, 2)?,
                sealed(Place::HoldBy { hold }, 3)?,
                row.get::<_, i64>(4)?
            ],
        )?;
    }
    Ok(())
}

/// A message with its deliveries and what it is found by. One that is damaged stays so.
fn copy_message(transaction: &Transaction<'_>, sealing: &Sealing, message: i64) -> Result<(), ArchiveError> {
    let mut select = transaction.prepare_cached(
        "SELECT m.received_at, m.state, m.listener, m.site, m.bytes, l.name, t.name, m.control_id, m.about, m.bodies
         FROM plain.message m JOIN plain.name l ON l.id = m.listener JOIN plain.name t ON t.id = m.type
         WHERE m.number = ?1",
    )?;
    let row = select.query_row([message], |row| {
        let kind: String = row.get(6)?;
        let (_, shown) = sealing.shown(message, &kind, &text(row, 7)?.unwrap_or_default());
        let (about, packed): (String, Vec<u8>) = (text(row, 8)?.unwrap_or_default(), row.get(9)?);
        transaction
            .prepare_cached(
                "INSERT INTO message (number, received_at, state, listener, site, type, control_id, bytes, about, bodies)
                 VALUES (?1, ?2, ?3, ?4, ?5, (SELECT id FROM name WHERE name = ''), ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                message,
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, i64>(2)?,
                row.get::<_, i64>(3)?,
                shown,
                row.get::<_, i64>(4)?,
                sealing.text(Place::About { message }, &about),
                sealing.bytes(Place::Bodies { message }, packed.clone()),
            ])?;
        Ok(Row {
            state: row.get(1)?,
            listener: row.get(5)?,
            about: Some(about),
            packed: Some(packed),
        })
    })?;
    let deliveries = copy_deliveries(transaction, sealing, message)?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO term (bucket, hash, offset) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?;
    for Term(hash) in purge::terms(row, sealing.hashing(), &deliveries) {
        insert.execute(params![number::bucket(message), hash, number::offset(message)])?;
    }
    Ok(())
}

/// The deliveries of a message with their attempts: number, destination and state of each.
fn copy_deliveries(
    transaction: &Transaction<'_>,
    sealing: &Sealing,
    message: i64,
) -> Result<Vec<(i64, String, i64)>, ArchiveError> {
    let mut select = transaction.prepare_cached(
        "SELECT d.number, d.destination, n.name, d.state, d.result, d.reason, d.ended_at, d.message, d.ended_by
         FROM plain.delivery d JOIN plain.name n ON n.id = d.destination WHERE d.number >= ?1 ORDER BY d.number",
    )?;
    let mut rows = select.query([message])?;
    let mut copied = Vec::new();
    while let Some(row) = rows.next()? {
        if row.get::<_, i64>(7)? != message {
            break;
        }
        let (delivery, destination) = (row.get(0)?, row.get(1)?);
        let place = Place::Reason {
            delivery,
            destination,
        };
        let reason = text(row, 5)?;
        transaction
            .prepare_cached(
                "INSERT INTO delivery (number, message, destination, state, result, reason, ended_at, ended_by)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                delivery,
                message,
                destination,
                row.get::<_, i64>(3)?,
                row.get::<_, Option<i64>>(4)?,
                reason.map(|reason| sealing.text(place, &reason)),
                row.get::<_, Option<i64>>(6)?,
                row.get::<_, Option<String>>(8)?,
            ])?;
        copy_attempts(transaction, sealing, delivery, destination)?;
        copied.push((delivery, row.get(2)?, row.get(3)?));
    }
    Ok(copied)
}

fn copy_attempts(
    transaction: &Transaction<'_>,
    sealing: &Sealing,
    delivery: i64,
    destination: i64,
) -> Result<(), ArchiveError> {
    let mut select = transaction.prepare_cached(
        "SELECT journal, at, took_us, code, problem, answer FROM plain.attempt
         WHERE delivery = ?1 AND destination = ?2",
    )?;
    let mut rows = select.query([delivery, destination])?;
    while let Some(row) = rows.next()? {
        let place = sealed::Attempt {
            delivery,
            destination,
            journal: row.get(0)?,
        };
        let (problem, answer): (Option<String>, Option<Vec<u8>>) = (text(row, 4)?, row.get(5)?);
        transaction
            .prepare_cached(
                "INSERT INTO attempt (delivery, destination, journal, at, took_us, code, problem, answer)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                delivery,
                destination,
                place.journal,
                row.get::<_, i64>(1)?,
                row.get::<_, i64>(2)?,
                row.get::<_, Option<String>>(3)?,
                problem.map(|problem| sealing.text(Place::Problem(place), &problem)),
                answer.map(|answer| sealing.bytes(Place::Answer(place), answer)),
            ])?;
    }
    Ok(())
}
