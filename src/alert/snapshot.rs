//! What the matter is at one moment, as far as it could be trouble: plain numbers and names, read from the engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::audit::Log;
use crate::engine::{AuditWaiting, Status, Switch};
use crate::tls::Standing;

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
    /// How certificates stand, by whose they are, as `listener adt`.
    pub certificates: BTreeMap<Arc<str>, Standing>,
    /// What audit record repositories lack.
    pub audit: BTreeMap<Arc<str>, AuditWaiting>,
    /// The audit log cannot be written.
    pub refuses_records: bool,
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
    /// When the last of them was seen first, if there were fewer at a look before.
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
    /// What outlives the process.
    seen: Seen,
    /// How many deliveries this process had given up by the last look, by destination.
    given_up: BTreeMap<Arc<str>, u64>,
    /// Notes lost to the archive by the last look; nothing before the first.
    lost: Option<u64>,
}

/// What a look remembers for those after it, of whatever process.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// When the last dead letter came, by destination.
    pub(super) dead: BTreeMap<Arc<str>, Timestamp>,
    /// How many dead letters were kept, by destination.
    pub(super) dead_letters: BTreeMap<Arc<str>, u64>,
    /// When the last note was lost to the archive.
    pub(super) lost: Option<Timestamp>,
}

impl Seen {
    /// Notes how many dead letters a destination has; when the last of them came, if that is known. One that is
    /// resent and one that comes between two looks leave as many as before: so it is asked too whether this process
    /// gave up any.
    fn note_dead(
        &mut self,
        name: &Arc<str>,
        dead_letters: u64,
        gave_up: bool,
        at: Timestamp,
    ) -> Option<Timestamp> {
        let before = self.dead_letters.insert(Arc::clone(name), dead_letters);
        let last = if gave_up || before.is_some_and(|before| dead_letters > before) {
            at
        } else {
            // Seen later than now, by a clock that was set back since.
            at.min(*self.dead.get(name)?)
        };
        self.dead.insert(Arc::clone(name), last);
        Some(last)
    }

    /// Forgets destinations that are not there any more.
    fn keep(&mut self, is_there: impl Fn(&str) -> bool) {
        self.dead.retain(|name, _| is_there(name));
        self.dead_letters.retain(|name, _| is_there(name));
    }
}

impl Eye {
    /// Goes on with what the process before this one saw.
    pub(super) fn go_on(seen: Seen) -> Eye {
        Eye {
            seen,
            ..Eye::default()
        }
    }

    /// What the next process has to know.
    pub(super) fn seen(&self) -> &Seen {
        &self.seen
    }

    fn archive(&mut self, status: &Status, at: Timestamp) -> ArchiveState {
        let level = status.outbox().journal_level();
        if self.lost.is_some_and(|before| level.lost > before) {
            self.seen.lost = Some(at);
        }
        self.seen.lost = self.seen.lost.map(|last| last.min(at));
        self.lost = Some(level.lost);
        ArchiveState {
            notes: level.notes,
            behind_since: status.archive_behind_since(),
            lost: level.lost,
            last_lost_at: self.seen.lost,
        }
    }

    /// Looks. Blocks on the store.
    pub(super) fn look(&mut self, status: &Status, log: &Log, at: Timestamp) -> Snapshot {
        let running = status.running();
        let counts = status.destinations();
        let destinations = status.owed_destinations().into_iter().map(|name| {
            let depth = status.depth(&name);
            let given_up = counts.get(&name).map_or(0, |counts| counts.dead_lettered.get());
            let before = self.given_up.insert(Arc::clone(&name), given_up).unwrap_or(0);
            let switch = status.switches().get(&name);
            // What is parked without being owed anything waits for nobody.
            let is_used = running.destinations.contains(&name) || depth.queued > 0;
            let last_dead_at = self.seen.note_dead(&name, depth.dead, given_up > before, at);
            let state = DestinationState {
                waiting: depth.queued,
                oldest_at: depth.oldest_at,
                stopped: stopped(&switch, is_used && switch.is_paused(depth.oldest)),
                dead_letters: depth.dead,
                last_dead_at,
            };
            (name, state)
        });
        let destinations: BTreeMap<_, _> = destinations.collect();
        self.seen.keep(|name| destinations.contains_key(name));
        self.given_up.retain(|name, _| destinations.contains_key(name));
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
            refuses_records: log.is_refusing(),
            certificates: status
                .certificates()
                .into_iter()
                .map(|(owner, standing)| (format!("{} {}", owner.kind, owner.name).into(), standing))
                .collect(),
            outbox: OutboxState {
                percent: status.outbox().percent(),
                full: status.outbox().full(),
            },
            archive: self.archive(status, at),
        }
    }
}

fn stopped(switch: &Switch, is_paused: bool) -> Option<Stopped> {
    // A hold needs a person, whoever has paused it as well.
    if !switch.held.is_empty() {
        return Some(Stopped::Held);
    }
    is_paused.then_some(Stopped::Paused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_letter_is_seen_whoever_made_it_and_when() {
        let at = |second: i8| -> Timestamp { format!("2026-11-23T08:00:{second:02}Z").parse().unwrap() };
        let ehr = Arc::from("ehr");
        let mut seen = Seen::default();
        // What was there before anybody looked came at a time that nobody knows.
        assert_eq!(seen.note_dead(&ehr, 3, false, at(1)), None);
        assert_eq!(seen.note_dead(&ehr, 3, false, at(2)), None);
        // One more, though this process gave up none: its record is damaged, or the process before gave it up.
        assert_eq!(seen.note_dead(&ehr, 4, false, at(3)), Some(at(3)));
        assert_eq!(seen.note_dead(&ehr, 2, false, at(4)), Some(at(3)));
        // One was resent and one came.
        assert_eq!(seen.note_dead(&ehr, 2, true, at(5)), Some(at(5)));
        // The clock was set back.
        assert_eq!(seen.note_dead(&ehr, 2, false, at(4)), Some(at(4)));
        seen.keep(|_| false);
        assert_eq!(seen, Seen::default());
    }
}
