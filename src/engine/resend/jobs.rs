//! All jobs: previewed, started, stopped, and found again after a restart.
//!
//! One runs at a time. Everything here but [`Jobs::run`] blocks on the disk or on the archive. What is told of a job is
//! durable before it counts; how far one has come is written every hundred messages, so that a crash repeats no more.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use thiserror::Error;
use tokio::sync::Notify;
use tracing::{error, warn};

use crate::archive::{ArchiveError, Query};
use crate::clock;

use super::job::{Job, JobState, Next, RATE_DEFAULT, RATE_MAX, WrongState};
use super::kept::Place;
use super::preview::{self, MESSAGES_MAX, Preview};
use super::{ResendError, Resender, Resent, Way};

/// Previews that are kept until somebody starts them; the oldest goes for a new one.
const PREVIEWS_MAX: usize = 4;
/// Jobs that are remembered when they have ended; the oldest goes first.
const ENDED_MAX: usize = 20;
/// How many messages are gone through before that is written down: a crash repeats at most these.
const CHECKPOINT_MESSAGES: u64 = 100;

/// What is to be previewed.
pub struct Wanted {
    /// Which messages.
    pub query: Query,
    /// How they go.
    pub way: Way,
    /// At most so many a second.
    pub rate_per_second: Option<u32>,
    /// At most so many messages: the newest.
    pub limit: Option<usize>,
    /// By what they are found, without the values.
    pub criteria: String,
}

/// Why a job cannot be made, started or stopped. Nothing has changed then.
#[derive(Debug, Error)]
pub enum JobsError {
    /// There is nothing to send again.
    #[error("no archive is kept, or it could not be opened: see `archive:` of the site, and the log")]
    NoArchive,
    /// Nobody would deliver it.
    #[error("there is no destination `{0}` in the site that runs")]
    NoDestination(String),
    /// Too fast, or not at all.
    #[error("`rate_per_second`: expected 1 to {RATE_MAX}")]
    Rate,
    /// More than a job takes.
    #[error("more than {MESSAGES_MAX} messages are found: narrow the search, or give a `limit`")]
    TooMany,
    /// More than can be looked at.
    #[error("the search takes too long: narrow it by time, or by what is indexed")]
    TooSlow,
    /// It is not there any more, or never was.
    #[error("there is no resend {0}")]
    Unknown(u64),
    /// One at a time.
    #[error("resend {0} is running: wait for its end, or stop it")]
    Busy(u64),
    /// One search at a time.
    #[error("another search is under way, whose messages are to be sent again: wait for its end")]
    Looking,
    /// It is not in a state for that.
    #[error(transparent)]
    State(#[from] WrongState),
    /// The archive could not be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A file cannot be written or read.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// A job as it is shown.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Where it stands.
    pub job: Job,
    /// What it waits for, while it runs.
    pub waits_for: Option<String>,
}

/// All jobs of a weir. Clones are the same.
#[derive(Clone)]
pub struct Jobs {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) resender: Resender,
    place: Place,
    /// One search at a time.
    looking: Mutex<()>,
    state: Mutex<State>,
    /// A job was started or stopped.
    pub(super) turned: Notify,
}

struct State {
    next: u64,
    jobs: Vec<Kept>,
}

struct Kept {
    job: Job,
    /// Its set, of one that was previewed in this run or is running.
    set: Option<Arc<[u64]>>,
    waits_for: Option<String>,
    /// It cannot be gone on with, and that is not written down yet.
    ended_by_itself: bool,
}

/// What is to be done next.
pub(super) enum Turn {
    /// This job runs, with its set.
    Runs(Box<Job>, Arc<[u64]>),
    /// This one has ended, and nobody has written that down.
    EndedByItself(u64),
    /// Nothing, until a job is started.
    Rests,
}

impl Jobs {
    /// Finds the jobs that were left in this folder. Those that ran go on. What is no file of jobs is put aside, and there
    /// are none: messages come in and go out without them.
    pub(in crate::engine) fn open(data: &Path, resender: Resender) -> Jobs {
        let place = Place::new(data, resender.status.outbox().store_id());
        let left = place.read();
        let kept = |job| Kept {
            job,
            set: None,
            waits_for: None,
            ended_by_itself: false,
        };
        let mut jobs: Vec<Kept> = left.jobs.into_iter().map(kept).collect();
        if left.is_of_another_outbox {
            for kept in &mut jobs {
                place.remove_set(kept.job.id);
                if matches!(kept.job.state, JobState::Running | JobState::Stopped) {
                    warn!(
                        job = kept.job.id,
                        "not gone on with: it was begun with another outbox"
                    );
                    kept.end_by_itself(
                        "begun with another outbox: what is left of it was not sent".to_owned(),
                    );
                }
            }
        }
        Jobs {
            shared: Arc::new(Shared {
                resender,
                place,
                looking: Mutex::default(),
                state: Mutex::new(State {
                    next: left.next,
                    jobs,
                }),
                turned: Notify::new(),
            }),
        }
    }

    /// What sends a single message again.
    pub fn resender(&self) -> &Resender {
        &self.shared.resender
    }

    /// Looks at what would be sent. Nothing is, before it is started.
    pub fn preview(&self, wanted: Wanted) -> Result<(Job, Preview), JobsError> {
        let rate_per_second = wanted.rate_per_second.unwrap_or(RATE_DEFAULT);
        if !(1..=RATE_MAX).contains(&rate_per_second) {
            return Err(JobsError::Rate);
        }
        let status = &self.shared.resender.status;
        if let Some(destination) = wanted.way.destination()
            && !status.running().destinations.contains(destination)
        {
            return Err(JobsError::NoDestination(destination.to_owned()));
        }
        let archive = status.archive().ok_or(JobsError::NoArchive)?;
        // Who waits here holds a thread that deliveries need too.
        let looking = match self.shared.looking.try_lock() {
            Ok(looking) => looking,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(JobsError::Looking),
        };
        let (set, preview) = preview::look(archive, &wanted.query, &wanted.way, wanted.limit)?;
        drop(looking);
        let mut state = self.state();
        let job = Job {
            id: state.next,
            state: JobState::Previewed,
            way: wanted.way,
            rate_per_second,
            count: set.len() as u64,
            sent: 0,
            unwanted: 0,
            failed: 0,
            failures: Vec::new(),
            criteria: wanted.criteria,
            by: String::new(),
            why: String::new(),
            started_at: None,
            ended_at: None,
            problem: None,
        };
        state.next += 1;
        state.jobs.push(Kept {
            job: job.clone(),
            set: Some(set.into()),
            waits_for: None,
            ended_by_itself: false,
        });
        state.keep_at_most(&self.shared.place);
        // Its number is not given again, whatever becomes of it.
        self.write(&state)?;
        Ok((job, preview))
    }

    /// Starts a job that was previewed, or goes on with one that was stopped.
    pub fn start(&self, id: u64, confirmation: &str, by: String, why: String) -> Result<Job, JobsError> {
        let mut state = self.state();
        let running = state.jobs.iter().find(|kept| kept.job.state == JobState::Running);
        if let Some(running) = running {
            return Err(JobsError::Busy(running.job.id));
        }
        let kept = state.find(id)?;
        let before = kept.job.clone();
        kept.job.start(confirmation, by, why, clock::now())?;
        let (job, set) = (kept.job.clone(), kept.set.clone());
        let place = &self.shared.place;
        let is_new = before.state == JobState::Previewed;
        let written = match set.filter(|_| is_new) {
            Some(set) => place.write_set(id, &set).map_err(|error| self.failed(&error)),
            None => Ok(()),
        };
        if let Err(error) = written.and_then(|()| self.write(&state)) {
            state.find(id)?.job = before;
            return Err(error);
        }
        self.shared.turned.notify_one();
        Ok(job)
    }

    /// Stops a job after the message in hand.
    pub fn stop(&self, id: u64) -> Result<Job, JobsError> {
        let mut state = self.state();
        let kept = state.find(id)?;
        let before = kept.job.clone();
        kept.job.stop(clock::now())?;
        let job = kept.job.clone();
        if let Err(error) = self.write(&state) {
            state.find(id)?.job = before;
            return Err(error);
        }
        self.shared.turned.notify_one();
        Ok(job)
    }

    /// All of them, the newest first.
    pub fn list(&self) -> Vec<Shown> {
        self.state().jobs.iter().rev().map(Kept::shown).collect()
    }

    /// One of them.
    pub fn get(&self, id: u64) -> Result<Shown, JobsError> {
        self.state().find(id).map(|kept| kept.shown())
    }

    /// What is to be done next: the job that runs, or one whose end nobody knows of.
    pub(super) fn turn(&self) -> Turn {
        let mut state = self.state();
        if let Some(kept) = state.jobs.iter().find(|kept| kept.ended_by_itself) {
            return Turn::EndedByItself(kept.job.id);
        }
        let mut jobs = state.jobs.iter_mut();
        let Some(kept) = jobs.find(|kept| kept.job.state == JobState::Running) else {
            return Turn::Rests;
        };
        let id = kept.job.id;
        let set = match kept.set.clone() {
            Some(set) => Ok(set),
            None => self.shared.place.read_set(id, kept.job.count).map(Arc::from),
        };
        match set {
            Ok(set) => {
                kept.set = Some(Arc::clone(&set));
                Turn::Runs(Box::new(kept.job.clone()), set)
            }
            Err(error) => {
                error!(job = id, %error, "not gone on with: its set cannot be read");
                kept.end_by_itself(format!("its set cannot be read: {error}"));
                Turn::EndedByItself(id)
            }
        }
    }

    /// That a job has ended by itself is written down.
    pub(super) fn told_of_end(&self, id: u64) {
        let mut state = self.state();
        if let Ok(kept) = state.find(id) {
            kept.ended_by_itself = false;
        }
        self.save(&state);
    }

    /// Counts what became of a message of a running job.
    pub(super) fn count(&self, id: u64, message: u64, result: &Result<Resent, ResendError>) -> Option<Next> {
        let mut state = self.state();
        let kept = state.find(id).ok()?;
        let next = kept.job.count(message, result);
        kept.waits_for = match &next {
            Next::GoOn => None,
            Next::Wait(why) => Some(why.clone()),
        };
        if next == Next::GoOn && kept.job.done().is_multiple_of(CHECKPOINT_MESSAGES) {
            self.save(&state);
        }
        Some(next)
    }

    /// Tells what a running job waits for.
    pub(super) fn wait_for(&self, id: u64, why: String) {
        if let Ok(kept) = self.state().find(id) {
            kept.waits_for = Some(why);
        }
    }

    /// Ends a job whose set was gone through, and one that was stopped: its set is needed no more, or not now.
    pub(super) fn end(&self, id: u64) {
        let mut state = self.state();
        let Ok(kept) = state.find(id) else { return };
        kept.waits_for = None;
        if kept.job.state == JobState::Running {
            // Started again in the moment between.
            if kept.job.left() > 0 {
                return;
            }
            kept.job.finish(clock::now());
            self.shared.place.remove_set(id);
        }
        kept.set = None;
        state.keep_at_most(&self.shared.place);
        self.save(&state);
    }

    /// Writes down how far everything is.
    pub(super) fn save_now(&self) {
        self.save(&self.state());
    }

    /// What cannot be written is repeated after a crash, and nothing else.
    fn save(&self, state: &State) {
        if let Err(error) = self.write(state) {
            warn!(%error, "how far messages were sent again cannot be written down");
        }
    }

    fn write(&self, state: &State) -> Result<(), JobsError> {
        let jobs = state
            .jobs
            .iter()
            .filter(|kept| kept.job.state != JobState::Previewed);
        let jobs = jobs.map(|kept| kept.job.clone()).collect();
        let written = self.shared.place.write(state.next, jobs);
        written.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &std::io::Error) -> JobsError {
        JobsError::File {
            path: self.shared.place.file(),
            reason: error.to_string(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn end_by_itself(&mut self, why: String) {
        self.job.finish(clock::now());
        self.job.problem = Some(why);
        self.ended_by_itself = true;
    }

    fn shown(&self) -> Shown {
        Shown {
            job: self.job.clone(),
            waits_for: self.waits_for.clone(),
        }
    }
}

impl State {
    fn find(&mut self, id: u64) -> Result<&mut Kept, JobsError> {
        let mut jobs = self.jobs.iter_mut();
        jobs.find(|kept| kept.job.id == id).ok_or(JobsError::Unknown(id))
    }

    /// Forgets the oldest previews, and the oldest jobs that do not run.
    fn keep_at_most(&mut self, place: &Place) {
        let is_preview = |kept: &Kept| kept.job.state == JobState::Previewed;
        let is_ended = |kept: &Kept| matches!(kept.job.state, JobState::Stopped | JobState::Done);
        self.forget_beyond(PREVIEWS_MAX, is_preview, place);
        self.forget_beyond(ENDED_MAX, is_ended, place);
    }

    fn forget_beyond(&mut self, count_max: usize, is_such: impl Fn(&Kept) -> bool, place: &Place) {
        while self.jobs.iter().filter(|kept| is_such(kept)).count() > count_max {
            if let Some(oldest) = self.jobs.iter().position(&is_such) {
                place.remove_set(self.jobs.remove(oldest).job.id);
            }
        }
    }
}
