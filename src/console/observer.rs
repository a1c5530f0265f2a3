//! Looks at what runs every second, as long as somebody watches, and keeps a sample of the counts for an hour.
//!
//! One task for all who watch, so that a hundred browsers cost the store as much as one. It holds names and counts,
//! never what a message holds.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{MissedTickBehavior, interval};

use super::api::status::{self, Answer};
use super::shares::{Share, Shares};
use crate::alert::Board;
use crate::clock;
use crate::engine::Status;

/// How often it looks while somebody watches.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Every so many looks it keeps a sample, watched or not.
const LOOKS_PER_SAMPLE: usize = 30;
/// How many samples it keeps: an hour of them.
const SAMPLES_MAX: usize = 120;

/// How many may watch at once, over all users, …
pub(super) const WATCHERS_MAX: usize = 64;
/// … and how many pages of one of them.
pub(super) const WATCHERS_PER_IDENTITY_MAX: usize = 16;

/// The counts of everything at one moment.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Sample {
    /// Seconds since 1970.
    at: i64,
    /// `received` and `refused` of each listener.
    listeners: BTreeMap<String, [u64; 2]>,
    /// `waiting`, `delivered` and `dead_letters` of each destination.
    destinations: BTreeMap<String, [u64; 3]>,
}

impl Sample {
    fn of(answer: &Answer) -> Sample {
        let listeners = answer.listeners.iter();
        let destinations = answer.destinations.iter();
        Sample {
            at: clock::now().as_second(),
            listeners: listeners
                .map(|one| (one.name.clone(), [one.received, one.refused]))
                .collect(),
            destinations: destinations
                .map(|one| {
                    let counts = [one.waiting, one.delivered, one.dead_letters];
                    (one.name.clone(), counts)
                })
                .collect(),
        }
    }
}

/// Does the looking. Ends when it is told to, and with it every stream of what it sees.
pub struct Observer {
    status: Arc<Status>,
    board: Board,
    latest: watch::Sender<Arc<str>>,
    seen: Seen,
}

/// What was seen, for whoever answers requests.
#[derive(Clone)]
pub(super) struct Seen {
    /// The last status as JSON.
    latest: watch::Receiver<Arc<str>>,
    samples: Arc<Mutex<VecDeque<Sample>>>,
    /// A permit for each who watches.
    places: Arc<Semaphore>,
    /// Of which nobody takes all.
    shares: Shares<String>,
    /// Somebody has begun to watch, and should not wait for the next look.
    begun: Arc<Notify>,
}

/// Somebody who watches; those who are dropped watch no more.
pub(super) struct Watching {
    latest: watch::Receiver<Arc<str>>,
    _held: (OwnedSemaphorePermit, Share),
}

impl Observer {
    /// An observer of this engine, which has seen nothing yet.
    pub(super) fn new(status: Arc<Status>, board: Board) -> (Observer, Seen) {
        let (latest, receiver) = watch::channel(Arc::from(""));
        let seen = Seen {
            latest: receiver,
            samples: Arc::default(),
            places: Arc::new(Semaphore::new(WATCHERS_MAX)),
            shares: Shares::new(WATCHERS_PER_IDENTITY_MAX),
            begun: Arc::default(),
        };
        let observer = Observer {
            status,
            board,
            latest,
            seen: seen.clone(),
        };
        (observer, seen)
    }

    /// Looks until `stop` resolves.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let looking = async {
            let mut looks = interval(LOOK_EVERY);
            looks.set_missed_tick_behavior(MissedTickBehavior::Skip);
            for look in (0..LOOKS_PER_SAMPLE).cycle() {
                tokio::select! {
                    _ = looks.tick() => {}
                    () = self.seen.begun.notified() => {}
                }
                self.look(look == 0).await;
            }
        };
        tokio::select! {
            () = looking => {}
            () = stop => {}
        }
    }

    async fn look(&self, is_sampled: bool) {
        let is_watched = self.seen.places.available_permits() < WATCHERS_MAX;
        if !is_sampled && !is_watched {
            return;
        }
        let (status, board) = (Arc::clone(&self.status), self.board.clone());
        // One that fails is made up for by the next.
        let Ok(answer) = tokio::task::spawn_blocking(move || status::answer(&status, &board)).await else {
            return;
        };
        if is_sampled {
            let mut samples = self.seen.samples();
            if samples.len() >= SAMPLES_MAX {
                samples.pop_front();
            }
            samples.push_back(Sample::of(&answer));
        }
        if is_watched && let Ok(text) = serde_json::to_string(&answer) {
            self.latest.send_replace(text.into());
        }
    }
}

impl Seen {
    /// Begins to watch; `None` when too many do, or this one does too often.
    pub(super) fn watch(&self, who: String) -> Option<Watching> {
        let share = self.shares.take(who)?;
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let mut latest = self.latest.clone();
        latest.mark_unchanged();
        self.begun.notify_one();
        Some(Watching {
            latest,
            _held: (place, share),
        })
    }

    /// The samples of the last hour, the oldest first.
    pub(super) fn history(&self) -> Vec<Sample> {
        self.samples().iter().cloned().collect()
    }

    fn samples(&self) -> MutexGuard<'_, VecDeque<Sample>> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watching {
    /// The next status as JSON; `None` when there will be none any more.
    pub(super) async fn next(&mut self) -> Option<Arc<str>> {
        self.latest.changed().await.ok()?;
        Some(Arc::clone(&self.latest.borrow_and_update()))
    }
}
