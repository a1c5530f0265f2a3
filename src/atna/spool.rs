//! What one repository has and what it does not: the audit log is the queue, and a small file says how far it was
//! taken. Nothing is kept twice, and nothing is lost that the log still holds.
//!
//! How far it was taken is written after the repository has it: a crash between the two sends some again.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use metrics::counter;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tracing::error;

use crate::audit::{Cursor, Head, Log, Record};
use crate::engine::{AuditWaiting, Status};
use crate::{clock, durable, metrics as names};

/// What one repository does not have yet.
pub(super) struct Spool {
    log: Log,
    newest: watch::Receiver<u64>,
    repository: Arc<str>,
    file: PathBuf,
    status: Arc<Status>,
    /// What the repository has; read from the file when it is first asked for.
    taken: Option<Head>,
    cursor: Cursor,
    /// What was read and not confirmed yet, in order: where each ends, and when it was written.
    pending: VecDeque<(Head, Option<Timestamp>)>,
    /// Since when the repository lacks records and got none: what is told where nothing could be read.
    behind_since: Option<Timestamp>,
}

impl Spool {
    /// Reads nothing yet.
    pub(super) fn new(log: Log, folder: &Path, repository: Arc<str>, status: Arc<Status>) -> Spool {
        for outcome in ["sent", "refused", "missed"] {
            let name = Arc::clone(&repository);
            counter!(names::AUDIT_FORWARDED_TOTAL, "repository" => name, "outcome" => outcome).increment(0);
        }
        Spool {
            newest: log.newest_number(),
            log,
            file: folder.join(&*repository),
            repository,
            status,
            taken: None,
            cursor: Cursor::after(Head::of_nothing()),
            pending: VecDeque::new(),
            behind_since: None,
        }
    }

    pub(super) fn repository(&self) -> &Arc<str> {
        &self.repository
    }

    /// The records that come next, at most so many; none when all were read.
    ///
    /// # Errors
    /// When there are some that cannot be read: why.
    pub(super) async fn next(&mut self, count_max: usize) -> Result<Vec<Record>, String> {
        let (log, file, taken) = (self.log.clone(), self.file.clone(), self.taken.clone());
        let mut cursor = self.cursor.clone();
        let newest = *self.newest.borrow();
        let read = spawn_blocking(move || -> io::Result<_> {
            let taken = if let Some(taken) = taken {
                taken
            } else {
                let taken = load(&file)?;
                cursor = Cursor::after(taken.clone());
                taken
            };
            let read = log.read_after(&mut cursor, count_max)?;
            Ok((taken, cursor, read))
        });
        let read = read
            .await
            .unwrap_or_else(|failure| Err(io::Error::other(failure)));
        let (taken, cursor, read) = read.map_err(|error| format!("the audit log cannot be read: {error}"))?;
        (self.taken, self.cursor) = (Some(taken), cursor);
        if read.missed > 0 {
            error!(
                repository = %self.repository, records = read.missed,
                "records of the audit log were deleted or damaged before the repository had them"
            );
            self.count("missed", read.missed);
        }
        let pending = read.records.iter().map(|record| (record.head(), record.moment()));
        self.pending.extend(pending);
        self.tell();
        let next = self.cursor.head().number + 1;
        if read.records.is_empty() && next <= newest {
            return Err(format!("the audit log cannot be read from record {next} on"));
        }
        Ok(read.records)
    }

    /// Waits until there is more to read.
    pub(super) async fn more(&mut self) {
        let read = self.cursor.head().number;
        // The log lives as long as this: whoever could say it is never gone.
        drop(self.newest.wait_for(|newest| *newest > read).await);
    }

    /// The repository has taken so many of those that were read first, or will never; they are not sent again.
    pub(super) async fn confirm(&mut self, count: usize, outcome: &'static str) -> Result<(), String> {
        let last = self.pending.drain(..count.min(self.pending.len())).next_back();
        let Some((head, _)) = last else {
            return Ok(());
        };
        self.count(outcome, count as u64);
        self.taken = Some(head.clone());
        self.behind_since = None;
        self.tell();
        let file = self.file.clone();
        let kept = spawn_blocking(move || store(&file, &head)).await;
        let kept = kept.unwrap_or_else(|failure| Err(io::Error::other(failure)));
        kept.map_err(|error| format!("{}: {error}", self.file.display()))
    }

    /// The last record that was read and is not confirmed.
    pub(super) fn last_number(&self) -> Option<u64> {
        self.pending.back().map(|(head, _)| head.number)
    }

    /// How many of those that were read and are not confirmed come before this number or have it.
    pub(super) fn count_through(&self, number: u64) -> usize {
        let numbers = self.pending.iter().map(|(head, _)| head.number);
        numbers.take_while(|own| *own <= number).count()
    }

    /// Everything that was not confirmed is read anew.
    pub(super) fn rewind(&mut self) {
        self.pending.clear();
        if let Some(taken) = &self.taken {
            self.cursor = Cursor::after(taken.clone());
        }
    }

    /// Says how far behind the repository is.
    pub(super) fn tell(&mut self) {
        let taken = self.taken.as_ref().map_or(0, |taken| taken.number);
        let waiting = self.newest.borrow().saturating_sub(taken);
        self.behind_since = (waiting > 0).then(|| self.behind_since.unwrap_or_else(clock::now));
        let oldest = self.pending.front().and_then(|(_, at)| *at);
        let waiting = AuditWaiting {
            records: waiting,
            oldest_at: oldest.or(self.behind_since),
        };
        self.status.set_audit_waiting(&self.repository, waiting);
    }

    fn count(&self, outcome: &'static str, records: u64) {
        let name = Arc::clone(&self.repository);
        counter!(names::AUDIT_FORWARDED_TOTAL, "repository" => name, "outcome" => outcome).increment(records);
    }
}

/// How far a repository has taken the log; nothing where that was never written, or is not what weir wrote.
fn load(file: &Path) -> io::Result<Head> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Head::parse(&text).unwrap_or_else(Head::of_nothing)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Head::of_nothing()),
        Err(error) => Err(error),
    }
}

fn store(file: &Path, head: &Head) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        durable::private_folder(folder)?;
    }
    durable::replace(file, format!("{head}\n").as_bytes())
}
