//! What the engine counts while it runs: the numbers behind `/metrics`, `/health/ready` and `weir demo`.
//!
//! Each count is kept twice over one call: in the metrics recorder for scraping, and in an atomic that
//! this process can read back, so that the conservation of deliveries can be checked at any moment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use metrics::{Counter, Histogram, counter, gauge, histogram};
use tracing::warn;

use crate::outbox::{Depth, Outbox};
use crate::{clock, metrics as names};

use super::switches::{Mode, Switches};

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
    /// Durably accepted with at least one delivery.
    pub accepted: Count,
    /// Every route that takes this type of message said no.
    pub filtered: Count,
    /// No route of the listener takes this type of message.
    pub unrouted: Count,
    /// Known from before: acknowledged again and not delivered again.
    pub repeated: Count,
    /// Answered with an error or a rejection.
    pub refused: Count,
    /// From the frame's last byte to its acknowledgment.
    pub acknowledgment_seconds: Histogram,
}

impl ListenerCounts {
    fn new(listener: &Arc<str>) -> ListenerCounts {
        let label = || listener.to_string();
        ListenerCounts {
            received: Count::new(counter!(names::RECEIVED, "listener" => label())),
            accepted: Count::new(counter!(names::ACCEPTED, "listener" => label())),
            filtered: Count::new(counter!(names::FILTERED, "listener" => label())),
            unrouted: Count::new(counter!(names::UNROUTED, "listener" => label())),
            repeated: Count::new(counter!(names::REPEATED, "listener" => label())),
            refused: Count::new(counter!(names::REFUSED, "listener" => label())),
            acknowledgment_seconds: histogram!(names::ACKNOWLEDGMENT_SECONDS, "listener" => label()),
        }
    }
}

/// The counts of one destination.
pub struct DestinationCounts {
    /// What waited at the start and what was accepted since, what could not be made included.
    pub owed: Count,
    /// Completed by a receipt.
    pub delivered: Count,
    /// Given up and kept as dead letters, those a route could not make included.
    pub dead_lettered: Count,
    /// Sent and not answered.
    pub ambiguous: Count,
    /// From acceptance to receipt.
    pub delivery_seconds: Histogram,
}

impl DestinationCounts {
    fn new(destination: &Arc<str>) -> DestinationCounts {
        let label = || destination.to_string();
        DestinationCounts {
            owed: Count::new(counter!(names::OWED, "destination" => label())),
            delivered: Count::new(counter!(names::DELIVERED, "destination" => label())),
            dead_lettered: Count::new(counter!(names::DEAD_LETTERED, "destination" => label())),
            ambiguous: Count::new(counter!(names::AMBIGUOUS, "destination" => label())),
            delivery_seconds: histogram!(names::DELIVERY_SECONDS, "destination" => label()),
        }
    }
}

/// Who is owed what of one message: a name for each delivery and each dead letter.
pub(super) struct Owed {
    pub(super) queued: Vec<Arc<str>>,
    pub(super) dead: Vec<Arc<str>>,
}

impl Owed {
    /// Whether nobody is owed anything.
    pub(super) fn is_empty(&self) -> bool {
        self.queued.is_empty() && self.dead.is_empty()
    }
}

/// All counts of a running engine, and whether it is ready.
pub struct Status {
    /// By listener name.
    pub listeners: BTreeMap<Arc<str>, Arc<ListenerCounts>>,
    /// By destination name.
    pub destinations: BTreeMap<Arc<str>, Arc<DestinationCounts>>,
    outbox: Outbox,
    switches: Arc<Switches>,
    ready: AtomicBool,
}

impl Status {
    /// Counts at zero for these names.
    pub(super) fn new<'a>(
        listeners: impl Iterator<Item = &'a Arc<str>>,
        destinations: impl Iterator<Item = &'a Arc<str>>,
        outbox: Outbox,
        switches: Arc<Switches>,
    ) -> Status {
        Status {
            listeners: listeners
                .map(|name| (Arc::clone(name), Arc::new(ListenerCounts::new(name))))
                .collect(),
            destinations: destinations
                .map(|name| (Arc::clone(name), Arc::new(DestinationCounts::new(name))))
                .collect(),
            outbox,
            switches,
            ready: AtomicBool::new(false),
        }
    }

    /// Listeners accept and the outbox commits.
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    pub(super) fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Relaxed);
    }

    /// The counts of a listener of this site.
    pub(super) fn listener(&self, name: &Arc<str>) -> Arc<ListenerCounts> {
        self.listeners
            .get(name)
            .map_or_else(|| Arc::new(ListenerCounts::new(name)), Arc::clone)
    }

    /// The counts of a destination of this site.
    pub(super) fn destination(&self, name: &Arc<str>) -> Arc<DestinationCounts> {
        self.destinations
            .get(name)
            .map_or_else(|| Arc::new(DestinationCounts::new(name)), Arc::clone)
    }

    /// Counts what a message just accepted is owed to.
    pub(super) fn count_owed(&self, owed: &Owed) {
        for counts in owed
            .queued
            .iter()
            .chain(&owed.dead)
            .filter_map(|name| self.destinations.get(name))
        {
            counts.owed.one();
        }
        for counts in owed.dead.iter().filter_map(|name| self.destinations.get(name)) {
            counts.dead_lettered.one();
        }
    }

    /// How many deliveries wait, over all destinations. Blocks on the store.
    pub fn queued(&self) -> u64 {
        self.destinations.keys().map(|name| self.depth(name).queued).sum()
    }

    /// Counts what waits from before the start, so that the account balances from here on. Blocks on the store.
    pub(super) fn count_backlog(&self) {
        for (name, counts) in &self.destinations {
            counts.owed.add(self.depth(name).queued);
        }
    }

    /// Says which destinations are owed something and are no longer in the site: nobody delivers to them. Blocks
    /// on the store.
    pub(super) fn warn_of_orphans(&self) {
        for name in self.outbox.destinations() {
            let waiting = self.depth(&name).queued;
            if waiting > 0 && !self.destinations.contains_key(&name) {
                warn!(destination = %name, waiting, "not in the site any more: its deliveries wait until it is again");
            }
        }
    }

    /// What a destination is owed now. Blocks on the store.
    pub fn depth(&self, destination: &str) -> Depth {
        self.outbox.depth(destination).unwrap_or_default()
    }

    /// Sets the gauges that are read from the outbox when somebody looks. Blocks on the store.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a queue of 2^53 entries is not to be had"
    )]
    pub fn refresh_gauges(&self) {
        let outbox = self.outbox.counts();
        counter!(names::COMMITS).absolute(outbox.barriers);
        counter!(names::DAMAGED_RECORDS).absolute(outbox.quarantined);
        let level = self.outbox.level();
        gauge!(names::OUTBOX_BYTES).set(level.bytes as f64);
        gauge!(names::OUTBOX_FULL).set(if self.outbox.full().is_some() { 1.0 } else { 0.0 });
        if let Some(free) = level.disk_free_bytes {
            gauge!(names::DISK_FREE_BYTES).set(free as f64);
        }
        let now = clock::now();
        // Destinations that are no longer in the site, too: what they are owed must be seen.
        let known = self
            .destinations
            .keys()
            .cloned()
            .chain(self.outbox.destinations());
        for name in known.collect::<BTreeSet<_>>() {
            let depth = self.depth(&name);
            let gauge = |metric| gauge!(metric, "destination" => Arc::clone(&name));
            gauge(names::OUTBOX_DEPTH).set(depth.queued as f64);
            gauge(names::OUTBOX_DEAD).set(depth.dead as f64);
            let age = depth
                .oldest_at
                .map_or(0.0, |oldest| now.duration_since(oldest).as_secs_f64());
            gauge(names::OUTBOX_OLDEST_AGE_SECONDS).set(age.max(0.0));
            let mode = self.switches.get(&name).mode;
            let stopped = |why: &'static str, is_so: bool| {
                let gauge =
                    gauge!(names::DESTINATION_STOPPED, "destination" => name.to_string(), "why" => why);
                gauge.set(if is_so { 1.0 } else { 0.0 });
            };
            stopped("paused", matches!(mode, Mode::PausedAfter(_)));
            stopped("held", matches!(mode, Mode::Held { .. }));
        }
    }
}
