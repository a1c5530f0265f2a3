//! What there is in an archive, and whether it can be read.

use rusqlite::Connection;

use super::sealed::Sealing;
use super::search::timestamp;
use super::{ArchiveError, Summary, message, purge};

/// How many complaints of the database are kept.
const PROBLEMS_MAX: usize = 100;

/// What came of looking at everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Messages of which everything is as it was written.
    pub sound: u64,
    /// The numbers of those that are damaged, or hold what belongs elsewhere, the first hundred.
    pub damaged: Vec<u64>,
    /// What the database complains of.
    pub problems: Vec<String>,
}

impl Verification {
    /// Whether all is as it was written.
    pub fn is_sound(&self) -> bool {
        self.damaged.is_empty() && self.problems.is_empty()
    }
}

pub(super) fn summary(connection: &Connection) -> Result<Summary, ArchiveError> {
    let (messages, first, last): (i64, Option<i64>, Option<i64>) = connection.query_row(
        "SELECT coalesce(sum(messages), 0), min(first_at), max(last_at) FROM bucket",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    Ok(Summary {
        messages: messages.try_into().unwrap_or(0),
        stored_bytes: purge::stored_bytes(connection)?,
        between: first
            .zip(last)
            .map(|(first, last)| (timestamp(first), timestamp(last))),
    })
}

pub(super) fn verify(connection: &Connection, sealing: &Sealing) -> Result<Verification, ArchiveError> {
    let mut verification = Verification {
        sound: 0,
        damaged: Vec::new(),
        problems: Vec::new(),
    };
    let mut check = connection.prepare(&format!("PRAGMA integrity_check({PROBLEMS_MAX})"))?;
    let told = check.query_map([], |row| row.get::<_, String>(0))?;
    for problem in told {
        let problem = problem?;
        if problem != "ok" {
            verification.problems.push(problem);
        }
    }
    let mut next = connection.prepare("SELECT min(number) FROM message WHERE number > ?1")?;
    let mut before = -1;
    while let Some(number) = next.query_row([before], |row| row.get::<_, Option<i64>>(0))? {
        match message::read(connection, sealing, number) {
            Ok(_) => verification.sound += 1,
            Err(error) if !error.is_damage() => return Err(error),
            Err(_) if verification.damaged.len() < PROBLEMS_MAX => {
                verification.damaged.push(number.try_into().unwrap_or(0));
            }
            Err(_) => {}
        }
        before = number;
    }
    Ok(verification)
}
