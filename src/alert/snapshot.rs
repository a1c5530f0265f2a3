//! What the matter is at one moment, as far as it could be trouble: plain numbers and names, read from the engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::engine::{AuditWaiting, Mode, Status};

/// A look at everything.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// When it was taken.
    pub at: Timestamp,
    /// Every destination by name, those too that are not in the site and are owed something.
    pub destinations: BTreeMap<Arc<str>, DestinationState>,
    /// The listeners of the site by name.
    pub listeners: BTreeMap<Arc<str>, ListenerState>,
    /// The store of accepted messages.
    pub outbox: OutboxState,
    /// What the archive has not got.
    pub archive: ArchiveState,
    /// When the certificates that weir shows end, by who shows them, as `listener adt`.
    pub certificates: BTreeMap<Arc<str>, Timestamp>,
    /// What audit record repositories lack.
    pub audit: BTreeMap<Arc<str>, AuditWaiting>,
}

/// A destination.
#[derive(Debug, Clone, Default)]
pub struct DestinationState {
    /// Deliveries that wait.
    pub waiting: u64,
    /// When the oldest of them was received.
    pub oldest_at: Option<Timestamp>,
    /// Why it sends nothing, if it does not.
    pub stopped: Option<Stopped>,
    /// Dead letters kept.
    pub dead_letters: u64,
    /// When the last of them came, if that was while somebody looked.
    pub last_dead_at: Option<Timestamp>,
}

/// Why a destination sends nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Somebody paused it.
    Paused,
    /// Refusals hold it.
    Held,
}

/// A listener.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListenerState {
    /// Nothing came for longer than is normal.
    pub is_silent: bool,
    /// When the last message came.
    pub last_message: Option<Timestamp>,
}

/// The store of accepted messages.
#[derive(Debug, Clone, Copy, Default)]
pub struct OutboxState {
    /// How near it is to the nearest of its limits.
    pub percent: u64,
    /// What there is too much or too little of, while nothing more is accepted.
    pub full: Option<&'static str>,
}

/// What an archive has not got; nothing where none is kept.
#[derive(Debug, Clone, Copy, Default)]
pub struct ArchiveState {
    /// Notes of the journal that wait for it.
    pub notes: u64,
    /// When the oldest of them happened that it could not take yet.
    pub behind_since: Option<Timestamp>,
    /// Notes that it will never have, since the outbox was made.
    pub lost: u64,
    /// When the last of them was let go.
    pub last_lost_at: Option<Timestamp>,
}

/// Looks again and again, and remembers when what is counted last became more.
#[derive(Default, Clone)]
pub(super) struct Eye {
    /// How many dead letters there were at the last look, and when they last became more.
    dead: BTreeMap<Arc<str>, (u64, Option<Timestamp>)>,
    /// The same of notes lost to the archive; nothing before the first look.
    lost: Option<u64>,
    last_lost_at: Option<Timestamp>,
}

impl Eye {
    /// Goes on with what the process before this one saw. It counts dead letters from none on.
    pub(super) fn go_on(dead: &BTreeMap<Arc<str>, Timestamp>, lost: Option<Timestamp>) -> Eye {
        let dead = dead.iter().map(|(name, at)| (Arc::clone(name), (0, Some(*at))));
        Eye {
            dead: dead.collect(),
            lost: None,
            last_lost_at: lost,
        }
    }

    /// When the last dead letter of each destination came, and the last note was lost.
    pub(super) fn last_seen(&self) -> (BTreeMap<Arc<str>, Timestamp>, Option<Timestamp>) {
        let dead = self.dead.iter();
        let dead = dead.filter_map(|(name, (_, last))| Some((Arc::clone(name), (*last)?)));
        (dead.collect(), self.last_lost_at)
    }

    fn archive(&mut self, status: &Status, at: Timestamp) -> ArchiveState {
        let level = status.outbox().journal_level();
        if self.lost.is_some_and(|before| level.lost > before) {
            self.last_lost_at = Some(at);
        }
        self.last_lost_at = self.last_lost_at.map(|last| last.min(at));
        self.lost = Some(level.lost);
        ArchiveState {
            notes: level.notes,
            behind_since: status.archive_behind_since(),
            lost: level.lost,
            last_lost_at: self.last_lost_at,
        }
    }

    /// Looks. Blocks on the store.
    pub(super) fn look(&mut self, status: &Status, at: Timestamp) -> Snapshot {
        let mut seen = BTreeMap::new();
        let counts = status.destinations();
        let destinations = status.owed_destinations().into_iter().map(|name| {
            let depth = status.depth(&name);
            let given_up = counts.get(&name).map_or(0, |counts| counts.dead_lettered.get());
            let last_dead_at = match self.dead.get(&name) {
                Some((before, _)) if given_up > *before => Some(at),
                // Seen later than now, by a clock that was set back since.
                Some((_, last)) => last.map(|last| last.min(at)),
                // It counts those of this process alone.
                None => (given_up > 0).then_some(at),
            };
            seen.insert(Arc::clone(&name), (given_up, last_dead_at));
            let state = DestinationState {
                waiting: depth.queued,
                oldest_at: depth.oldest_at,
                stopped: stopped(&status.switches().get(&name).mode),
                dead_letters: depth.dead,
                last_dead_at,
            };
            (name, state)
        });
        let destinations = destinations.collect();
        self.dead = seen;
        let running = status.running();
        let listeners = status.listeners();
        let of_site = listeners
            .iter()
            .filter(|(name, _)| running.listeners.contains_key(*name));
        Snapshot {
            at,
            destinations,
            listeners: of_site
                .map(|(name, counts)| {
                    let state = ListenerState {
                        is_silent: counts.is_silent(),
                        last_message: counts.last_message(),
                    };
                    (Arc::clone(name), state)
                })
                .collect(),
            audit: status.audit_waiting(),
            certificates: status
                .certificates()
                .into_iter()
                .map(|(owner, end)| (format!("{} {}", owner.kind, owner.name).into(), end))
                .collect(),
            outbox: OutboxState {
                percent: status.outbox().percent(),
                full: status.outbox().full(),
            },
            archive: self.archive(status, at),
        }
    }
}

fn stopped(mode: &Mode) -> Option<Stopped> {
    match mode {
        Mode::Running => None,
        Mode::PausedAfter(_) => Some(Stopped::Paused),
        Mode::Held(_) => Some(Stopped::Held),
    }
}
