//! Since when each trouble is there, who has been told of it, and who is to be told what now.
//!
//! Asks no clock and sends nothing. Whoever could not be told stays untold: the next look finds the same again. A
//! trouble that ends before somebody was told of it is never told to them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, Zoned};

use super::judge::Trouble;
use crate::config::Alerts;

/// How long a bound on messages looks back.
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// The pause after the first message that could not be sent, …
const PAUSE_FIRST: SignedDuration = SignedDuration::from_secs(15);
/// … doubled with each, and never longer than this.
const PAUSE_LONGEST: SignedDuration = SignedDuration::from_mins(10);
/// How long after a start nothing is over that was there before it: what there is shows itself in its own time.
const SETTLING: SignedDuration = SignedDuration::from_secs(10);
/// How many that are over are remembered.
const OVER_MAX: usize = 100;

/// A trouble from when it was seen to when everybody who heard of it has heard of its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// What it is.
    pub trouble: Trouble,
    /// When it was seen first.
    pub since: Timestamp,
    /// When it was seen no more.
    pub ended: Option<Timestamp>,
    /// What there is to say of it.
    pub said: String,
    /// Who has been told that it began, and not yet that it ended.
    pub told: BTreeSet<Arc<str>>,
}

/// A trouble that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Over {
    /// What it was, as of the last look that found it.
    pub open: Open,
    /// When it was found no more.
    pub ended: Timestamp,
}

/// What there is to tell of a trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It has begun.
    Began,
    /// It has ended.
    Ended,
}

/// One thing to tell somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) state: State,
    pub(super) open: Open,
}

/// How somebody is reached.
#[derive(Debug, Default)]
struct Line {
    /// What went out within the last hour.
    sent: VecDeque<Sent>,
    /// How many in a row did not.
    failures: u32,
    /// Not before this is another tried.
    not_before: Option<Timestamp>,
}

/// A message that went out.
#[derive(Debug, Clone, Copy)]
struct Sent {
    at: Timestamp,
    /// Whether it told that something critical has begun.
    is_urgent: bool,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Book {
    open: BTreeMap<Trouble, Open>,
    /// What is over, the newest first.
    over: VecDeque<Over>,
    lines: BTreeMap<Arc<str>, Line>,
    /// When the process began that goes on with the book of another.
    began: Option<Timestamp>,
}

impl Book {
    /// Goes on with what the process before this one knew.
    pub(super) fn go_on(
        open: impl Iterator<Item = Open>,
        over: impl Iterator<Item = Over>,
        now: Timestamp,
    ) -> Book {
        Book {
            open: open.map(|open| (open.trouble.clone(), open)).collect(),
            over: over.take(OVER_MAX).collect(),
            lines: BTreeMap::new(),
            began: Some(now),
        }
    }

    /// Everything of which somebody is still to be told something.
    pub(super) fn all(&self) -> impl Iterator<Item = &Open> {
        self.open.values()
    }

    /// Notes what trouble there is now.
    pub(super) fn note(&mut self, alerts: &Alerts, found: BTreeMap<Trouble, String>, now: Timestamp) {
        let is_settling = self.began.is_some_and(|began| {
            let passed = now.duration_since(began);
            // A clock that was set back is no reason to wait for long.
            passed >= SignedDuration::ZERO && passed < SETTLING
        });
        for (trouble, open) in &mut self.open {
            // Whoever is not in the site any more is told nothing more.
            open.told.retain(|contact| alerts.contacts.contains_key(contact));
            if !found.contains_key(trouble) && !is_settling && open.ended.is_none() {
                self.over.push_front(Over {
                    open: open.clone(),
                    ended: now,
                });
                open.ended = Some(now);
            }
        }
        self.over.truncate(OVER_MAX);
        for (trouble, said) in found {
            let open = self.open.entry(trouble.clone()).or_insert_with(|| Open {
                trouble,
                since: now,
                ended: None,
                said: String::new(),
                told: BTreeSet::new(),
            });
            // What is there again before anybody heard of its end has not ended for them.
            open.ended = None;
            open.said = said;
        }
        self.open
            .retain(|_, open| open.ended.is_none() || !open.told.is_empty());
        self.lines
            .retain(|contact, _| alerts.contacts.contains_key(contact));
    }

    /// What trouble there is.
    pub(super) fn open(&self) -> impl Iterator<Item = &Open> {
        self.open.values().filter(|open| open.ended.is_none())
    }

    /// What is over, the newest first; the last hundred.
    pub(super) fn over(&self) -> impl Iterator<Item = &Over> {
        self.over.iter()
    }

    /// What this contact is to be told now, all in one message; nothing when there is nothing, or it has to wait.
    pub(super) fn due(&mut self, contact: &Arc<str>, alerts: &Alerts, now: &Zoned) -> Vec<Notice> {
        let is_quiet = alerts.is_quiet(now);
        let may_be_told = |open: &&Open| open.trouble.kind.is_critical() || !is_quiet;
        let notices = self.open.values().filter(may_be_told).filter_map(|open| {
            let was_told = open.told.contains(contact);
            let state = match open.ended {
                Some(_) if was_told => State::Ended,
                None if !was_told && is_owner(alerts, &open.trouble, contact) => State::Began,
                Some(_) | None => return None,
            };
            Some(Notice {
                state,
                open: open.clone(),
            })
        });
        let notices: Vec<Notice> = notices.collect();
        let line = self.lines.entry(Arc::clone(contact)).or_default();
        let messages_max = usize::from(alerts.messages_per_hour_max);
        if !line.is_free(is_urgent(&notices), messages_max, now.timestamp()) {
            return Vec::new();
        }
        notices
    }

    /// Notes that this contact has been told.
    pub(super) fn told(&mut self, contact: &Arc<str>, notices: &[Notice], now: Timestamp) {
        let line = self.lines.entry(Arc::clone(contact)).or_default();
        line.sent.push_back(Sent {
            at: now,
            is_urgent: is_urgent(notices),
        });
        line.failures = 0;
        line.not_before = None;
        for notice in notices {
            let Some(open) = self.open.get_mut(&notice.open.trouble) else {
                continue;
            };
            match notice.state {
                State::Began => open.told.insert(Arc::clone(contact)),
                State::Ended => open.told.remove(contact),
            };
        }
        self.open
            .retain(|_, open| open.ended.is_none() || !open.told.is_empty());
    }

    /// Notes that this contact could not be told: it is left alone for a while, longer each time.
    pub(super) fn not_told(&mut self, contact: &Arc<str>, now: Timestamp) {
        let line = self.lines.entry(Arc::clone(contact)).or_default();
        let pause = PAUSE_FIRST
            .saturating_mul(1 << line.failures.min(10))
            .min(PAUSE_LONGEST);
        line.failures = line.failures.saturating_add(1);
        line.not_before = now.checked_add(pause).ok();
    }
}

impl Line {
    /// Whether a message may go out. What is urgent has a bound of its own, so that it waits for nothing that is not.
    fn is_free(&mut self, is_urgent: bool, messages_max: usize, now: Timestamp) -> bool {
        // A clock that was set back is no reason to say nothing: what lies ahead of now is forgotten.
        let is_recent = |sent: &Sent| sent.at <= now && now.duration_since(sent.at) < HOUR;
        self.sent.retain(is_recent);
        let is_waiting = self
            .not_before
            .is_some_and(|then| now < then && then.duration_since(now) <= PAUSE_LONGEST);
        let counted = self.sent.iter().filter(|sent| sent.is_urgent || !is_urgent);
        counted.count() < messages_max && !is_waiting
    }
}

/// Whether something critical has begun. That it has ended can wait: one that comes and goes must not use up the bound
/// of what is urgent.
fn is_urgent(notices: &[Notice]) -> bool {
    let is_one = |notice: &Notice| notice.state == State::Began && notice.open.trouble.kind.is_critical();
    notices.iter().any(is_one)
}

/// Whether a contact is to be told of it.
fn is_owner(alerts: &Alerts, trouble: &Trouble, contact: &Arc<str>) -> bool {
    let own = trouble
        .destination()
        .and_then(|destination| alerts.destination_owners.get(destination));
    own.unwrap_or(&alerts.owners).contains(contact)
}
