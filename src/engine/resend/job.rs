//! Many messages sent again: how far that is, as plain data.
//!
//! Pure. A job goes through its set in order, one message after the other; each ends as sent, as wanted by nobody, or as
//! failed, and none is left out. It holds numbers, names and reasons, never what a message holds.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Outcome, ResendError, Resent, Way};
use crate::outbox::OutboxError;

/// How many messages a second are sent again if nothing is said.
pub const RATE_DEFAULT: u32 = 50;
/// The highest rate that may be asked for.
pub const RATE_MAX: u32 = 1_000;
/// The failures that are listed one by one; those after are counted.
const FAILURES_MAX: usize = 50;

/// What becomes of a search sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Its number.
    pub id: u64,
    /// Where it stands.
    pub state: JobState,
    /// How its messages go.
    pub way: Way,
    /// At most so many a second.
    pub rate_per_second: u32,
    /// How many messages its set has.
    pub count: u64,
    /// Those that somebody is owed now.
    pub sent: u64,
    /// Those that the routes have for nobody.
    pub unwanted: u64,
    /// Those that could not be sent.
    pub failed: u64,
    /// The first of them.
    pub failures: Vec<JobFailure>,
    /// By what its messages were found, without the values.
    pub criteria: String,
    /// Who has started it.
    pub by: String,
    /// Why.
    pub why: String,
    /// When it was first started.
    pub started_at: Option<Timestamp>,
    /// When it ended or was stopped.
    pub ended_at: Option<Timestamp>,
    /// What has stopped it, if nobody did.
    pub problem: Option<String>,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It was looked at, and nothing was sent.
    Previewed,
    /// It goes on, or waits for room.
    Running,
    /// Somebody has stopped it; it can be started again where it stands.
    Stopped,
    /// Its whole set was gone through.
    Done,
}

/// A message that could not be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobFailure {
    /// The original.
    pub message: u64,
    /// Why.
    pub reason: String,
}

/// Why a job cannot be started or stopped.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum WrongState {
    /// What was typed is not what the preview asks for.
    #[error("expected the confirmation of the preview: `{0}`")]
    Confirmation(String),
    /// There is nothing in it.
    #[error("there is nothing to send: no message was found")]
    Nothing,
    /// It has ended, or runs.
    #[error("resend {0} is running or done")]
    NotWaiting(u64),
    /// It does not run.
    #[error("resend {0} is not running")]
    NotRunning(u64),
}

/// What comes after a message was tried.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It is counted; the next one.
    GoOn,
    /// It is not counted: the same one again, when what is in the way is gone.
    Wait(String),
}

impl Job {
    /// What whoever starts it has to repeat, so that nobody sends a million again by a slip.
    pub fn confirmation(&self) -> String {
        format!("send {} again", self.left())
    }

    /// How many were gone through.
    pub fn done(&self) -> u64 {
        self.sent + self.unwanted + self.failed
    }

    /// How many are left.
    pub fn left(&self) -> u64 {
        self.count.saturating_sub(self.done())
    }

    /// In one sentence, for the audit log.
    pub fn told(&self) -> String {
        let Job {
            count,
            sent,
            unwanted,
            failed,
            ..
        } = self;
        let problem = self.problem.as_ref();
        let problem = problem.map_or_else(String::new, |problem| format!("; {problem}"));
        format!(
            "of {count} messages {sent} sent, {unwanted} wanted by nobody, {failed} failed, {} left; started by {}{problem}",
            self.left(),
            self.by
        )
    }

    pub(super) fn start(
        &mut self,
        confirmation: &str,
        by: String,
        why: String,
        at: Timestamp,
    ) -> Result<(), WrongState> {
        if !matches!(self.state, JobState::Previewed | JobState::Stopped) {
            return Err(WrongState::NotWaiting(self.id));
        }
        if self.left() == 0 {
            return Err(WrongState::Nothing);
        }
        if confirmation.trim() != self.confirmation() {
            return Err(WrongState::Confirmation(self.confirmation()));
        }
        self.state = JobState::Running;
        (self.by, self.why) = (by, why);
        self.started_at = self.started_at.or(Some(at));
        (self.ended_at, self.problem) = (None, None);
        Ok(())
    }

    pub(super) fn stop(&mut self, at: Timestamp) -> Result<(), WrongState> {
        if self.state != JobState::Running {
            return Err(WrongState::NotRunning(self.id));
        }
        self.state = JobState::Stopped;
        self.ended_at = Some(at);
        Ok(())
    }

    pub(super) fn finish(&mut self, at: Timestamp) {
        self.state = JobState::Done;
        self.ended_at = Some(at);
    }

    /// Counts what became of the next message of the set.
    pub(super) fn count(&mut self, message: u64, result: &Result<Resent, ResendError>) -> Next {
        let failure = match result {
            Err(error) if is_in_the_way(error) => return Next::Wait(error.to_string()),
            Err(error) => Some(error.to_string()),
            Ok(resent) => match (resent.outcome, resent.dead.first()) {
                (Outcome::Refused, _) => Some(resent.problem.clone().unwrap_or_default()),
                (_, Some((destination, reason))) => {
                    Some(format!("a dead letter for `{destination}`: {reason}"))
                }
                (Outcome::Filtered | Outcome::Unrouted, None) => {
                    self.unwanted += 1;
                    return Next::GoOn;
                }
                (Outcome::Accepted, None) => {
                    self.sent += 1;
                    return Next::GoOn;
                }
            },
        };
        self.failed += 1;
        if let Some(reason) = failure.filter(|_| self.failures.len() < FAILURES_MAX) {
            self.failures.push(JobFailure { message, reason });
        }
        Next::GoOn
    }
}

/// Whether it is not the message that is in the way, so that another attempt may succeed.
fn is_in_the_way(error: &ResendError) -> bool {
    match error {
        ResendError::NoArchive | ResendError::NoDestination(_) => true,
        ResendError::Outbox(error) => {
            !matches!(error, OutboxError::TooLarge { .. } | OutboxError::NoSuchResult)
        }
        ResendError::Archive(error) => !error.is_damage(),
        ResendError::NoMessage(_)
        | ResendError::NeverMade { .. }
        | ResendError::WasRefused(_)
        | ResendError::IsCopy { .. }
        | ResendError::NoListener { .. }
        | ResendError::NotRead { .. }
        | ResendError::Text(_)
        | ResendError::Quarantined(_)
        | ResendError::Internal => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::archive::ArchiveError;

    fn job(count: u64) -> Job {
        Job {
            id: 7,
            state: JobState::Previewed,
            way: Way::Routes,
            rate_per_second: RATE_DEFAULT,
            count,
            sent: 0,
            unwanted: 0,
            failed: 0,
            failures: Vec::new(),
            criteria: "all messages".to_owned(),
            by: String::new(),
            why: String::new(),
            started_at: None,
            ended_at: None,
            problem: None,
        }
    }

    const AT: Timestamp = Timestamp::UNIX_EPOCH;

    fn start(job: &mut Job, confirmation: &str) -> Result<(), WrongState> {
        job.start(confirmation, "user:anna".to_owned(), "a test".to_owned(), AT)
    }

    fn resent(outcome: Outcome) -> Resent {
        Resent {
            message: 1,
            outcome,
            deliveries: Vec::new(),
            dead: Vec::new(),
            problem: Some("because".to_owned()),
        }
    }

    /// What SQLite says of a page that is broken, which it says for ever.
    fn damaged() -> ResendError {
        let corrupt = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        ArchiveError::from(rusqlite::Error::SqliteFailure(corrupt, None)).into()
    }

    #[test]
    fn it_starts_by_the_words_of_its_preview_and_goes_on_where_it_was_stopped() {
        let mut job = job(3);
        assert_eq!(job.stop(AT), Err(WrongState::NotRunning(7)));
        let expected = WrongState::Confirmation("send 3 again".to_owned());
        assert_eq!(start(&mut job, "send 2 again"), Err(expected));
        assert_eq!(job.state, JobState::Previewed);
        assert_eq!(start(&mut job, " send 3 again "), Ok(()));
        assert_eq!(start(&mut job, "send 3 again"), Err(WrongState::NotWaiting(7)));
        assert_eq!(job.count(10, &Ok(resent(Outcome::Accepted))), Next::GoOn);
        assert_eq!((job.stop(AT), job.ended_at), (Ok(()), Some(AT)));
        assert_eq!(start(&mut job, "send 2 again"), Ok(()));
        assert_eq!((job.ended_at, job.left()), (None, 2));
        job.finish(AT);
        assert_eq!(start(&mut job, "send 2 again"), Err(WrongState::NotWaiting(7)));
        assert_eq!(start(&mut self::job(0), "send 0 again"), Err(WrongState::Nothing));
    }

    #[test]
    fn each_message_is_counted_once_by_what_became_of_it() {
        let mut job = job(5);
        let mut dead = resent(Outcome::Accepted);
        dead.dead = vec![("ehr".into(), "step 1".to_owned())];
        for (message, result, next) in [
            (1, Ok(resent(Outcome::Accepted)), Next::GoOn),
            (2, Ok(resent(Outcome::Unrouted)), Next::GoOn),
            (
                3,
                Err(OutboxError::Full { what: "bytes" }.into()),
                Next::Wait("the outbox is full: bytes".to_owned()),
            ),
            (3, Ok(dead), Next::GoOn),
            (4, Err(ResendError::NoMessage(4)), Next::GoOn),
            (5, Err(damaged()), Next::GoOn),
        ] {
            assert_eq!(job.count(message, &result), next, "{message}");
        }
        assert_eq!((job.sent, job.unwanted, job.failed, job.left()), (1, 1, 3, 0));
        let reasons: Vec<_> = job
            .failures
            .iter()
            .map(|one| (one.message, one.reason.as_str()))
            .collect();
        assert_eq!(
            reasons,
            [
                (3, "a dead letter for `ehr`: step 1"),
                (4, "there is no message 4 in the archive"),
                (5, "the archive: Error code 11: database disk image is malformed"),
            ]
        );
    }

    proptest! {
        #[test]
        fn nothing_is_left_out_and_failures_are_bounded(results in prop::collection::vec(0..6_u8, 0..300)) {
            let mut job = job(results.len() as u64);
            let mut waits = 0;
            for (message, kind) in (1..).zip(&results) {
                let result = match kind {
                    0 => Ok(resent(Outcome::Accepted)),
                    1 => Ok(resent(Outcome::Filtered)),
                    2 => Ok(resent(Outcome::Refused)),
                    3 => Err(ResendError::NoMessage(message)),
                    4 => Err(ResendError::NoArchive),
                    _ => Err(ResendError::Internal),
                };
                waits += u64::from(job.count(message, &result) != Next::GoOn);
            }
            prop_assert_eq!(job.done() + waits, results.len() as u64);
            prop_assert_eq!(job.left(), waits);
            prop_assert!(job.failures.len() <= FAILURES_MAX);
        }
    }
}
