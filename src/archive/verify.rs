//! What there is in an archive, and whether it can be read.

use rusqlite::Connection;

use super::search::timestamp;
use super::{ArchiveError, Summary, bodies, purge};

/// How many complaints of the database are kept.
const PROBLEMS_MAX: usize = 100;

/// What came of looking at everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Messages whose bodies are as they were written.
    pub sound: u64,
    /// The numbers of those whose bodies are not, the first hundred.
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

pub(super) fn verify(connection: &Connection) -> Result<Verification, ArchiveError> {
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
    let mut select = connection.prepare("SELECT number, bodies FROM message ORDER BY number")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let packed = row.get_ref(1)?;
        let is_sound = packed
            .as_blob()
            .is_ok_and(|packed| bodies::unpack(packed).is_some());
        if is_sound {
            verification.sound += 1;
        } else if verification.damaged.len() < PROBLEMS_MAX {
            verification
                .damaged
                .push(row.get::<_, i64>(0)?.try_into().unwrap_or(0));
        }
    }
    Ok(verification)
}
