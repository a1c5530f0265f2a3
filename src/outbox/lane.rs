//! What the handles, the readers and the writer share: the store, one lane for each destination, the counters.
//!
//! A lane is the memory of one destination: its number in the keys, how much it is owed, its newest delivery.
//! It is rebuilt from the store's keys at opening and changed by the writer after each barrier.

use std::{
    collections::{BTreeSet, HashMap},
    ops::ControlFlow,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::watch;

use super::{
    Counts, Limits, OpenError, OutboxError, OutboxFailure, Sequence,
    gauge::Gauge,
    journal::{Journal, record::JournalMeta},
    key::{DestinationId, Key},
    record::{self, Damage, Meta},
    store::{Store, StoreError},
};

/// How many damaged deliveries may wait for their quarantine; more are found again at the next start.
const DAMAGED_WAITING_MAX: usize = 10_000;

/// One destination.
pub(super) struct Lane {
    pub(super) name: Arc<str>,
    /// Its number, once it was owed something.
    pub(super) id: OnceLock<DestinationId>,
    pub(super) queued: AtomicU64,
    pub(super) dead: AtomicU64,
    /// Its newest durable delivery.
    pub(super) arrivals: watch::Sender<Sequence>,
    /// Deliveries whose end is on its way to the writer: no reader returns them.
    settling: Mutex<BTreeSet<Sequence>>,
}

impl Lane {
    fn new(name: &str) -> Lane {
        Lane {
            name: name.into(),
            id: OnceLock::new(),
            queued: AtomicU64::new(0),
            dead: AtomicU64::new(0),
            arrivals: watch::Sender::new(Sequence(0)),
            settling: Mutex::default(),
        }
    }

    pub(super) fn settling(&self) -> MutexGuard<'_, BTreeSet<Sequence>> {
        self.settling.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A delivery that cannot be read.
pub(super) struct Damaged {
    pub(super) lane: Arc<Lane>,
    pub(super) sequence: Sequence,
    pub(super) damage: Damage,
}

/// Everything that is not the writer's alone.
pub(super) struct Shared {
    pub(super) store_id: u128,
    /// Taken away when the outbox closes, so that the lock of the store is let go.
    store: RwLock<Option<Arc<dyn Store>>>,
    lanes: RwLock<HashMap<Arc<str>, Arc<Lane>>>,
    /// Numbers below are durable; nothing from it on may be read.
    durable: AtomicU64,
    pub(super) gauge: Gauge,
    /// Numbers below were given before it was opened.
    pub(super) next_at_opening: Sequence,
    pub(super) journal: Journal,
    /// How much less there was at opening than there should have been.
    missing: u64,
    pub(super) failure: watch::Sender<Option<OutboxFailure>>,
    damaged: Mutex<Vec<Damaged>>,
    pub(super) accepted: AtomicU64,
    pub(super) entries: AtomicU64,
    pub(super) delivered: AtomicU64,
    pub(super) purged: AtomicU64,
    pub(super) resent: AtomicU64,
    pub(super) dead_lettered: AtomicU64,
    pub(super) quarantined: AtomicU64,
    pub(super) barriers: AtomicU64,
}

impl Shared {
    /// Reads the names and the keys of a store.
    pub(super) fn over(
        store: Arc<dyn Store>,
        meta: &Meta,
        (keeps_journal, journal): (bool, JournalMeta),
        limits: Limits,
    ) -> Result<Shared, LaneError> {
        let lanes = read_lanes(store.as_ref())?;
        let there = |count: fn(&Lane) -> &AtomicU64| {
            lanes
                .values()
                .map(|lane| count(lane).load(Ordering::Relaxed))
                .sum::<u64>()
        };
        let missing = meta.queued.saturating_sub(there(|lane| &lane.queued))
            + meta.dead.saturating_sub(there(|lane| &lane.dead));
        if missing > 0 {
            tracing::error!(
                missing,
                "the outbox owes more than it still holds: damage has lost deliveries"
            );
        }
        Ok(Shared {
            store_id: meta.store_id,
            store: RwLock::new(Some(store)),
            lanes: RwLock::new(lanes),
            durable: AtomicU64::new(meta.next.0),
            gauge: Gauge::new(limits),
            next_at_opening: meta.next,
            journal: Journal::new(keeps_journal, journal),
            missing,
            failure: watch::Sender::new(None),
            damaged: Mutex::default(),
            accepted: AtomicU64::new(0),
            entries: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
            purged: AtomicU64::new(0),
            resent: AtomicU64::new(0),
            dead_lettered: AtomicU64::new(0),
            quarantined: AtomicU64::new(0),
            barriers: AtomicU64::new(0),
        })
    }

    /// The store, unless it was closed.
    pub(super) fn store(&self) -> Result<Arc<dyn Store>, OutboxError> {
        let store = self.store.read().unwrap_or_else(PoisonError::into_inner);
        store.clone().ok_or_else(|| self.stopped())
    }

    /// Lets go of the store.
    pub(super) fn release_store(&self) {
        self.store.write().unwrap_or_else(PoisonError::into_inner).take();
        self.journal.close();
    }

    /// The lane of a destination, made when it is new.
    pub(super) fn lane(&self, destination: &str) -> Arc<Lane> {
        if let Some(lane) = self.known_lane(destination) {
            return lane;
        }
        let mut lanes = self.lanes.write().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes
            .entry(destination.into())
            .or_insert_with(|| Arc::new(Lane::new(destination)));
        Arc::clone(lane)
    }

    /// The lane of a destination that was named before.
    pub(super) fn known_lane(&self, destination: &str) -> Option<Arc<Lane>> {
        self.lanes
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(destination)
            .map(Arc::clone)
    }

    pub(super) fn destinations(&self) -> Vec<Arc<str>> {
        let lanes = self.lanes.read().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<_> = lanes
            .values()
            .filter(|lane| lane.id.get().is_some())
            .map(|lane| Arc::clone(&lane.name))
            .collect();
        names.sort();
        names
    }

    /// The name of every destination that has a number.
    pub(super) fn names(&self) -> HashMap<DestinationId, Arc<str>> {
        let lanes = self.lanes.read().unwrap_or_else(PoisonError::into_inner);
        let named = |lane: &Arc<Lane>| Some((*lane.id.get()?, Arc::clone(&lane.name)));
        lanes.values().filter_map(named).collect()
    }

    /// Deliveries owed and dead letters, of all destinations.
    pub(super) fn owed(&self) -> (u64, u64) {
        let lanes = self.lanes.read().unwrap_or_else(PoisonError::into_inner);
        let sum = |count: fn(&Lane) -> &AtomicU64| {
            lanes
                .values()
                .map(|lane| count(lane).load(Ordering::Relaxed))
                .sum()
        };
        (sum(|lane| &lane.queued), sum(|lane| &lane.dead))
    }

    /// The number no destination has yet.
    pub(super) fn free_destination_id(&self) -> DestinationId {
        let lanes = self.lanes.read().unwrap_or_else(PoisonError::into_inner);
        lanes
            .values()
            .filter_map(|lane| lane.id.get())
            .max()
            .map_or(1, |id| id + 1)
    }

    /// The newest number that may be read.
    pub(super) fn newest_durable(&self) -> Sequence {
        Sequence(self.durable.load(Ordering::Acquire).saturating_sub(1))
    }

    /// Opens everything below `next` to the readers.
    pub(super) fn set_durable(&self, next: Sequence) {
        self.durable.store(next.0, Ordering::Release);
    }

    /// Notes a delivery that cannot be read: no reader returns it again, and the writer will park it.
    pub(super) fn report(&self, damaged: Damaged) {
        let mut waiting = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < DAMAGED_WAITING_MAX && damaged.lane.settling().insert(damaged.sequence) {
            tracing::error!(
                destination = &*damaged.lane.name,
                sequence = damaged.sequence.0,
                "a stored delivery is damaged ({}) and becomes a dead letter",
                damaged.damage
            );
            waiting.push(damaged);
        }
    }

    pub(super) fn take_damaged(&self) -> Vec<Damaged> {
        std::mem::take(&mut *self.damaged.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes the first failure and tells whoever waits for it.
    pub(super) fn fail(&self, reason: String) {
        tracing::error!(reason, "the outbox has failed");
        self.failure.send_if_modified(|failure| {
            let first = failure.is_none();
            failure.get_or_insert(OutboxFailure { reason });
            first
        });
    }

    /// Why nothing can be asked any more.
    pub(super) fn stopped(&self) -> OutboxError {
        self.failure
            .borrow()
            .clone()
            .map_or(OutboxError::Closed, OutboxError::Failed)
    }

    pub(super) fn counts(&self) -> Counts {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counts {
            accepted: read(&self.accepted),
            entries: read(&self.entries),
            delivered: read(&self.delivered),
            purged: read(&self.purged),
            resent: read(&self.resent),
            dead_lettered: read(&self.dead_lettered),
            quarantined: read(&self.quarantined),
            barriers: read(&self.barriers),
            missing: self.missing,
        }
    }
}

/// Why the lanes cannot be rebuilt.
#[derive(Debug)]
pub(super) enum LaneError {
    Store(StoreError),
    /// A destination is owed something, and neither record of its name can be read. Under a made-up name its
    /// deliveries would stay behind, and newer ones overtake them.
    Nameless(DestinationId),
}

impl LaneError {
    /// What it means for whoever opened the folder.
    pub(super) fn into_open_error(self, folder: &Path) -> OpenError {
        let path = folder.to_owned();
        match self {
            LaneError::Store(source) => OpenError::Store { path, source },
            LaneError::Nameless(id) => OpenError::Damaged {
                path,
                reason: format!("destination number {id} is owed something and its name cannot be read"),
            },
        }
    }
}

impl From<StoreError> for LaneError {
    fn from(error: StoreError) -> LaneError {
        LaneError::Store(error)
    }
}

/// One lane for each name in the store, with what it is owed. Only keys are looked at, but for the names.
fn read_lanes(store: &dyn Store) -> Result<HashMap<Arc<str>, Arc<Lane>>, LaneError> {
    let by_id = read_names(store)?;
    let count = |range, dead: bool| {
        let mut nameless = None;
        store.scan(range, &mut |key, _| {
            let Some((id, sequence)) = Key::read_owed(key) else {
                return ControlFlow::Continue(());
            };
            let Some(lane) = by_id.get(&id) else {
                nameless = Some(id);
                return ControlFlow::Break(());
            };
            if dead {
                lane.dead.fetch_add(1, Ordering::Relaxed);
            } else {
                lane.queued.fetch_add(1, Ordering::Relaxed);
                lane.arrivals.send_replace(sequence);
            }
            ControlFlow::Continue(())
        })?;
        nameless.map_or(Ok(()), |id| Err(LaneError::Nameless(id)))
    };
    count(Key::entries(), false)?;
    count(Key::dead_letters(), true)?;
    Ok(by_id
        .into_values()
        .map(|lane| (Arc::clone(&lane.name), lane))
        .collect())
}

/// The destinations by number, each by the first of its two records that can be read.
fn read_names(store: &dyn Store) -> Result<HashMap<DestinationId, Arc<Lane>>, StoreError> {
    let mut by_id = HashMap::new();
    for names in [Key::destinations(), Key::destinations_again()] {
        store.scan(names, &mut |key, value| {
            if let Some(id) = Key::read_destination(key) {
                match record::decode_destination(&Key::read(key), value) {
                    Ok(name) => {
                        by_id.entry(id).or_insert_with(|| with_id(Lane::new(name), id));
                    }
                    Err(damage) => {
                        tracing::error!(id, "a record of the name of a destination is damaged: {damage}");
                    }
                }
            }
            ControlFlow::Continue(())
        })?;
    }
    Ok(by_id)
}

fn with_id(lane: Lane, id: DestinationId) -> Arc<Lane> {
    lane.id.get_or_init(|| id);
    Arc::new(lane)
}
