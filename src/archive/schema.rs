//! The tables of the archive, and how a file comes to have them.
//!
//! The form of a file is its `user_version`; every step from one form to the next is kept, so that any older file
//! can be opened; those that a file needs are one transaction. A file of a newer form is left as it is.
//!
//! What is searched for is not in columns with an index each: a message has some sixteen terms, and many large trees
//! with keys in no order cost a page written for each of them. All terms are in one tree by (bucket, hash, offset), where
//! a bucket is a range of message numbers. What is written at one time lands in one bucket, which is small enough to
//! stay in memory; a search walks the buckets from the newest down; what is deleted together stands together.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction};

use super::error::is_damage;
use super::sealed::Sealing;
use super::state::State;
use super::term::{Hashing, Term};
use super::{ArchiveError, keys, number};
use crate::durable;

/// "weir", as SQLite's own mark of whose file it is.
const APPLICATION_ID: i64 = 0x7765_6972;
/// How long a statement waits for another process at the file: `weir archive` beside nothing, or a backup.
const BUSY_WAIT: Duration = Duration::from_secs(10);
/// Pages of the log before they are moved into the file: 32 MiB.
const LOG_PAGES_MAX: i64 = 8_192;
/// What stays of the log's file after that.
const LOG_BYTES_KEPT: i64 = 64 << 20;
/// Memory for pages: the writer's has to hold what a batch touches.
const WRITER_CACHE_KIB: i64 = 24 * 1_024;
const READER_CACHE_KIB: i64 = 4 * 1_024;

/// The form from which on an archive may be encrypted.
const SEALED_SINCE: i64 = 3;

/// A step from one form to the next.
enum Step {
    /// Other tables.
    Tables(&'static str),
    /// What is in the tables is found by more.
    Terms(fn(&Transaction<'_>, &Hashing) -> rusqlite::Result<()>),
}

impl Step {
    fn take(&self, transaction: &Transaction<'_>, hashing: &Hashing) -> rusqlite::Result<()> {
        match self {
            Step::Tables(statements) => transaction.execute_batch(statements),
            Step::Terms(index) => index(transaction, hashing),
        }
    }
}

/// The steps: the n-th makes form n of form n - 1.
const STEPS: &[Step] = &[
    Step::Tables(
        "
    CREATE TABLE outbox (
        generation INTEGER PRIMARY KEY,
        -- What tells this outbox from every other.
        store BLOB NOT NULL UNIQUE,
        -- The last record of its journal that was written here.
        journal INTEGER NOT NULL
    );
    -- Of listeners, routes, destinations, site versions and types of messages: each once.
    CREATE TABLE name (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE
    );
    CREATE TABLE message (
        number INTEGER PRIMARY KEY,
        -- Microseconds since 1970.
        received_at INTEGER NOT NULL,
        state INTEGER NOT NULL,
        listener INTEGER NOT NULL,
        site INTEGER NOT NULL,
        type INTEGER NOT NULL,
        control_id TEXT NOT NULL,
        -- Length of the frame as received.
        bytes INTEGER NOT NULL,
        -- What the routes said, tags and the like, as JSON.
        about TEXT NOT NULL,
        -- The frame and what was made of it. Last: whoever wants the rest does not read it.
        bodies BLOB NOT NULL
    );
    CREATE TABLE delivery (
        -- In the order of its destination: each destination of a message has its own of the same number.
        number INTEGER NOT NULL,
        message INTEGER NOT NULL,
        destination INTEGER NOT NULL,
        state INTEGER NOT NULL,
        -- Which result it is; nothing for the frame as received.
        result INTEGER,
        reason TEXT,
        ended_at INTEGER,
        PRIMARY KEY (number, destination)
    ) WITHOUT ROWID;
    CREATE TABLE attempt (
        delivery INTEGER NOT NULL,
        destination INTEGER NOT NULL,
        journal INTEGER NOT NULL,
        at INTEGER NOT NULL,
        took_us INTEGER NOT NULL,
        code TEXT,
        problem TEXT,
        answer BLOB,
        PRIMARY KEY (delivery, destination, journal)
    ) WITHOUT ROWID;
    CREATE TABLE term (
        bucket INTEGER NOT NULL,
        hash INTEGER NOT NULL,
        offset INTEGER NOT NULL,
        PRIMARY KEY (bucket, hash, offset)
    ) WITHOUT ROWID;
    CREATE TABLE bucket (
        bucket INTEGER PRIMARY KEY,
        first_at INTEGER NOT NULL,
        last_at INTEGER NOT NULL,
        messages INTEGER NOT NULL,
        bytes INTEGER NOT NULL
    );
    CREATE TABLE hold (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        reason TEXT NOT NULL,
        by TEXT NOT NULL,
        at INTEGER NOT NULL
    );
    CREATE TABLE held (
        message INTEGER NOT NULL,
        hold INTEGER NOT NULL,
        PRIMARY KEY (message, hold)
    ) WITHOUT ROWID;
    CREATE INDEX held_by ON held (hold);
",
    ),
    Step::Tables(
        "
    -- Who ordered the end of a delivery, if somebody did.
    ALTER TABLE delivery ADD COLUMN ended_by TEXT;
",
    ),
    Step::Tables(
        "
    -- Of an encrypted archive, by whose keys its values are sealed; without a row nothing is.
    CREATE TABLE sealed (keys BLOB NOT NULL);
",
    ),
    Step::Terms(by_states_of_deliveries),
];

/// The database, and what SQLite puts beside it.
pub(super) fn files(path: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|end| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        name.into()
    })
}

/// Messages were found by their own state alone, and are by that of each delivery. Where all deliveries are in one
/// state it is the message's own; those of a message follow one another, so one way through them finds the others.
fn by_states_of_deliveries(transaction: &Transaction<'_>, hashing: &Hashing) -> rusqlite::Result<()> {
    let mut select = transaction.prepare("SELECT message, state FROM delivery ORDER BY number")?;
    let mut insert =
        transaction.prepare("INSERT OR IGNORE INTO term (bucket, hash, offset) VALUES (?1, ?2, ?3)")?;
    let mut rows = select.query([])?;
    let mut before = None;
    while let Some(row) = rows.next()? {
        let (message, state): (i64, i64) = (row.get(0)?, row.get(1)?);
        if let Some((of, other)) = before
            && of == message
            && other != state
        {
            for state in [other, state].into_iter().filter_map(State::of_number) {
                let Term(hash) = hashing.state(state);
                insert.execute([number::bucket(message), hash, number::offset(message)])?;
            }
        }
        before = Some((message, state));
    }
    Ok(())
}

/// The connection that writes; makes the file and brings it to the newest form.
pub(super) fn open_writer(path: &Path, sealing: &Sealing) -> Result<Connection, ArchiveError> {
    // SQLite would make it as the process's mask says; what it puts beside it has the owner and the rights of this.
    match durable::private_file(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(ArchiveError::io(path)(error));
        }
        Ok(_) | Err(_) => {}
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let told = |error: rusqlite::Error| tell(path, error);
    let mut connection = Connection::open_with_flags(path, flags).map_err(told)?;
    connection.busy_timeout(BUSY_WAIT).map_err(told)?;
    prepare(&mut connection, path, sealing).map_err(|error| {
        if let ArchiveError::Database(error) = error {
            return tell(path, error);
        }
        error
    })?;
    Ok(connection)
}

/// A connection that reads beside the writer.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_WAIT)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    Ok(connection)
}

fn prepare(connection: &mut Connection, path: &Path, sealing: &Sealing) -> Result<(), ArchiveError> {
    let keys = sealing.id();
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (owner, form) = (number("application_id")?, number("user_version")?);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let is_new = owner == 0 && form == 0 && tables == 0;
    if !is_new && owner != APPLICATION_ID {
        return Err(ArchiveError::Foreign {
            path: path.to_owned(),
        });
    }
    let known = STEPS.len().try_into().unwrap_or(i64::MAX);
    if form > known {
        return Err(ArchiveError::Newer {
            path: path.to_owned(),
            found: form,
            known,
        });
    }
    if form > 0 {
        keys::check(path, mark(connection, form)?, keys)?;
    }
    if is_new {
        // Only before the first table: pages that were freed can be given back later.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // The outbox forgets what was written here: it must have reached the disk before.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES_MAX)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES_KEPT)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    // Nothing of it into other files; and what was deleted is overwritten, not only forgotten.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "secure_delete", true)?;
    let done = usize::try_from(form).unwrap_or(usize::MAX);
    let steps = STEPS.get(done..).unwrap_or_default();
    if steps.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    for step in steps {
        step.take(&transaction, sealing.hashing())?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    // With the tables: a file that has them and no mark is one that is not encrypted.
    if let (0, Some(keys)) = (form, keys) {
        transaction.execute("INSERT INTO sealed (keys) VALUES (?1)", [keys])?;
    }
    transaction.commit()?;
    Ok(())
}

/// By whose keys the values of the archive in this file are sealed; `None` when they are not.
pub(super) fn sealed_by(path: &Path) -> Result<Option<[u8; 16]>, ArchiveError> {
    let told = |error: rusqlite::Error| tell(path, error);
    let connection = open_reader(path).map_err(told)?;
    let form = connection.pragma_query_value(None, "user_version", |row| row.get(0));
    mark(&connection, form.map_err(told)?).map_err(told)
}

fn mark(connection: &Connection, form: i64) -> rusqlite::Result<Option<[u8; 16]>> {
    if form < SEALED_SINCE {
        return Ok(None);
    }
    let mark = connection.query_row("SELECT keys FROM sealed", [], |row| row.get(0));
    mark.optional()
}

/// An error of SQLite at a file, in terms of what to do.
fn tell(path: &Path, error: rusqlite::Error) -> ArchiveError {
    if is_damage(&error) {
        return ArchiveError::Damaged {
            path: path.to_owned(),
            reason: error.to_string(),
        };
    }
    ArchiveError::Io {
        path: path.to_owned(),
        source: std::io::Error::other(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn a_file_opens_again_and_keeps_its_form() {
        let folder = folder();
        let path = folder.path().join("archive.sqlite");
        drop(open_writer(&path, &Sealing::default()).unwrap());
        let again = open_writer(&path, &Sealing::default()).unwrap();
        let form: i64 = again
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert_eq!(usize::try_from(form), Ok(STEPS.len()));
        let vacuum: i64 = again
            .pragma_query_value(None, "auto_vacuum", |row| row.get(0))
            .unwrap();
        assert_eq!(vacuum, 2, "incremental");
        let synchronous: i64 = again
            .pragma_query_value(None, "synchronous", |row| row.get(0))
            .unwrap();
        assert_eq!(synchronous, 2, "full");
    }

    #[test]
    fn a_file_of_every_older_form_opens_with_what_is_in_it() {
        for form in 1..STEPS.len() {
            let folder = folder();
            let path = folder.path().join("archive.sqlite");
            let mut older = Connection::open(&path).unwrap();
            let transaction = older.transaction().unwrap();
            for step in STEPS.iter().take(form) {
                step.take(&transaction, &Hashing::default()).unwrap();
            }
            transaction.commit().unwrap();
            older
                .pragma_update(None, "application_id", APPLICATION_ID)
                .unwrap();
            older
                .pragma_update(None, "user_version", i64::try_from(form).unwrap())
                .unwrap();
            older
                .execute_batch(
                    "INSERT INTO delivery (number, message, destination, state) VALUES (11, 10, 1, 1)",
                )
                .unwrap();
            drop(older);
            let opened = open_writer(&path, &Sealing::default()).unwrap();
            let select = "SELECT state, ended_by FROM delivery WHERE number = 11";
            let found: (i64, Option<String>) = opened
                .query_row(select, [], |row| Ok((row.get(0)?, row.get(1)?)))
                .unwrap();
            assert_eq!(found, (1, None), "form {form}");
        }
    }

    #[test]
    fn a_file_of_a_newer_weir_of_another_program_and_of_noise_are_left_alone() {
        let folder = folder();
        let newer = folder.path().join("newer.sqlite");
        open_writer(&newer, &Sealing::default())
            .unwrap()
            .pragma_update(None, "user_version", 99)
            .unwrap();
        let foreign = folder.path().join("foreign.sqlite");
        Connection::open(&foreign)
            .unwrap()
            .execute_batch("CREATE TABLE theirs (x)")
            .unwrap();
        let noise = folder.path().join("noise.sqlite");
        std::fs::write(&noise, [7; 5_000]).unwrap();
        let before = [&newer, &foreign, &noise].map(|path| std::fs::read(path).unwrap());
        let [newer_error, foreign_error, noise_error] =
            [&newer, &foreign, &noise].map(|path| open_writer(path, &Sealing::default()).unwrap_err());
        assert!(
            matches!(newer_error, ArchiveError::Newer { found: 99, .. }),
            "{newer_error}"
        );
        assert!(
            matches!(foreign_error, ArchiveError::Foreign { .. }),
            "{foreign_error}"
        );
        assert!(
            matches!(noise_error, ArchiveError::Damaged { .. }),
            "{noise_error}"
        );
        let after = [&newer, &foreign, &noise].map(|path| std::fs::read(path).unwrap());
        assert!(before == after, "files were changed");
    }
}
