//! The numbers of listeners and destinations, counted twice by one call: in the metrics recorder for scraping, and in an
//! atomic that this process can read back, so that the conservation of deliveries can be checked at any moment.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use metrics::{Counter, Histogram, counter, histogram};

use crate::{clock, metrics as names};

use super::by_type::ByType;

/// A number that only grows.
pub struct Count {
    value: AtomicU64,
    counter: Counter,
}

impl Count {
    fn new(counter: Counter) -> Count {
        Count {
            value: AtomicU64::new(0),
            counter,
        }
    }

    /// One more.
    pub fn one(&self) {
        self.add(1);
    }

    /// `more` more.
    pub fn add(&self, more: u64) {
        self.value.fetch_add(more, Ordering::Relaxed);
        self.counter.increment(more);
    }

    /// How many since the engine started.
    pub fn get(&self) -> u64 {
        self.value.load(Ordering::Relaxed)
    }
}

/// The counts of one listener.
pub struct ListenerCounts {
    /// Frames read completely.
    pub received: Count,
    /// Those that are messages, by type.
    pub(super) by_type: ByType,
    /// Durably accepted with at least one delivery.
    pub accepted: Count,
    /// Every route that takes this type of message said no.
    pub filtered: Count,
    /// No route of the listener takes this type of message.
    pub unrouted: Count,
    /// Known from before: acknowledged again and not delivered again.
    pub repeated: Count,
    /// Not taken because weir crashed twice with them in hand.
    pub quarantined: Count,
    /// Answered with an error or a rejection.
    pub refused: Count,
    /// From the frame's last byte to its acknowledgment.
    pub acknowledgment_seconds: Histogram,
    /// When the last message came, in milliseconds of Unix time; 0 where none has.
    last_message_ms: AtomicI64,
    is_silent: AtomicBool,
}

impl ListenerCounts {
    /// When the last message came.
    pub fn last_message(&self) -> Option<Timestamp> {
        let ms = self.last_message_ms.load(Ordering::Relaxed);
        Timestamp::from_millisecond(ms).ok().filter(|_| ms != 0)
    }

    /// Whether that is longer ago than is normal now.
    pub fn is_silent(&self) -> bool {
        self.is_silent.load(Ordering::Relaxed)
    }

    pub(super) fn hear(&self, at: Timestamp) {
        self.last_message_ms.store(at.as_millisecond(), Ordering::Relaxed);
    }

    pub(super) fn set_silent(&self, is_silent: bool) {
        self.is_silent.store(is_silent, Ordering::Relaxed);
    }

    pub(super) fn new(listener: &Arc<str>) -> ListenerCounts {
        let label = || listener.to_string();
        ListenerCounts {
            received: Count::new(counter!(names::RECEIVED, "listener" => label())),
            by_type: ByType::new(listener),
            accepted: Count::new(counter!(names::ACCEPTED, "listener" => label())),
            filtered: Count::new(counter!(names::FILTERED, "listener" => label())),
            unrouted: Count::new(counter!(names::UNROUTED, "listener" => label())),
            repeated: Count::new(counter!(names::REPEATED, "listener" => label())),
            quarantined: Count::new(counter!(names::QUARANTINED, "listener" => label())),
            refused: Count::new(counter!(names::REFUSED, "listener" => label())),
            acknowledgment_seconds: histogram!(names::ACKNOWLEDGMENT_SECONDS, "listener" => label()),
            last_message_ms: AtomicI64::new(0),
            is_silent: AtomicBool::new(false),
        }
    }
}

/// The counts of one destination.
pub struct DestinationCounts {
    /// What waited at the start and what was accepted since, what could not be made included.
    pub owed: Count,
    /// Completed by a receipt.
    pub delivered: Count,
    /// Thrown away with a destination that was taken out of the site.
    pub purged: Count,
    /// Given up and kept as dead letters, those a route could not make included.
    pub dead_lettered: Count,
    /// Sent and not answered.
    pub ambiguous: Count,
    /// From acceptance to receipt.
    pub delivery_seconds: Histogram,
    /// Deliveries of the run before that were taken up.
    taken_up: AtomicUsize,
    state: RwLock<LaneState>,
    trouble: RwLock<Option<Trouble>>,
}

/// Attempts that do not succeed, since the last one that did.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// When the first of them failed.
    pub since: Timestamp,
    /// How many there were.
    pub attempts: u64,
    /// Why the last one failed, without content of a message.
    pub reason: String,
    /// When the next one is due.
    pub next_at: Timestamp,
}

impl DestinationCounts {
    /// What its lane does.
    pub fn state(&self) -> LaneState {
        *self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What keeps it from delivering; nothing when the last attempt succeeded or settled its delivery otherwise.
    pub fn trouble(&self) -> Option<Trouble> {
        let trouble = self.trouble.read().unwrap_or_else(PoisonError::into_inner);
        trouble.clone()
    }

    /// An attempt has failed, and another is made after this wait.
    pub(super) fn failed(&self, reason: String, wait: Duration) {
        let now = clock::now();
        let mut trouble = self.trouble.write().unwrap_or_else(PoisonError::into_inner);
        let before = trouble.as_ref();
        *trouble = Some(Trouble {
            since: before.map_or(now, |trouble| trouble.since),
            attempts: before.map_or(0, |trouble| trouble.attempts).saturating_add(1),
            reason,
            next_at: now.checked_add(wait).unwrap_or(now),
        });
    }

    /// A delivery was settled: whatever was in its way is gone.
    pub(super) fn got_through(&self) {
        let is_free = self
            .trouble
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .is_none();
        if !is_free {
            *self.trouble.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    pub(super) fn set_state(&self, state: LaneState) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Takes up a delivery of the run before; how many were before it.
    pub(super) fn take_up(&self) -> usize {
        self.taken_up.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn new(destination: &Arc<str>) -> DestinationCounts {
        let label = || destination.to_string();
        DestinationCounts {
            owed: Count::new(counter!(names::OWED, "destination" => label())),
            delivered: Count::new(counter!(names::DELIVERED, "destination" => label())),
            purged: Count::new(counter!(names::PURGED, "destination" => label())),
            dead_lettered: Count::new(counter!(names::DEAD_LETTERED, "destination" => label())),
            ambiguous: Count::new(counter!(names::AMBIGUOUS, "destination" => label())),
            delivery_seconds: histogram!(names::DELIVERY_SECONDS, "destination" => label()),
            taken_up: AtomicUsize::new(0),
            state: RwLock::new(LaneState::Parked),
            trouble: RwLock::default(),
        }
    }
}

/// What a lane does for its destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneState {
    /// It delivers what comes.
    Delivering,
    /// The destination is not in the site any more; it delivers what is left, and then ends.
    Draining,
    /// The destination is not in the site any more, and what is left is thrown away.
    Purging,
    /// Nobody delivers: the destination is not in the site, and what it is owed waits until it is again.
    Parked,
}
