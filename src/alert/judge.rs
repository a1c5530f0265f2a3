//! Which of what is the matter is trouble: a pure function of a snapshot and what the site says is normal.
//!
//! It does not know since when, nor who is told; `book` does.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::snapshot::{DestinationState, Snapshot, Stopped};
use crate::config::Alerts;
use crate::tls::Standing;

/// What kind of trouble there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The oldest delivery for a destination waits too long.
    OldQueue,
    /// Refusals hold a destination until a person lets it go on.
    Held,
    /// Somebody paused a destination.
    Paused,
    /// Deliveries were given up.
    DeadLetters,
    /// A listener hears nothing for longer than is normal.
    SilentListener,
    /// The outbox accepts nothing more.
    OutboxFull,
    /// The outbox soon accepts nothing more.
    OutboxNearlyFull,
    /// A certificate that weir shows is about to end, or has ended.
    CertificateEnds,
    /// New certificates, keys, authorities or revocation lists cannot be used.
    CertificateRefused,
    /// A revocation list should have been replaced.
    ListLate,
    /// The archive takes nothing, or not fast enough.
    ArchiveBehind,
    /// The journal had no room for what the archive has not got: its history has gaps.
    ArchiveLost,
    /// An audit record repository lacks records for too long.
    AuditBehind,
    /// The audit log cannot be written, so whatever needs a record is refused.
    AuditUnwritten,
}

/// How long nothing may have been lost to the archive until that is over.
const LOST_CALM: Duration = Duration::from_secs(60 * 60);

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 14] = [
        Kind::OldQueue,
        Kind::Held,
        Kind::Paused,
        Kind::DeadLetters,
        Kind::SilentListener,
        Kind::OutboxFull,
        Kind::OutboxNearlyFull,
        Kind::CertificateEnds,
        Kind::CertificateRefused,
        Kind::ListLate,
        Kind::ArchiveBehind,
        Kind::ArchiveLost,
        Kind::AuditBehind,
        Kind::AuditUnwritten,
    ];

    /// Its name in messages and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::OldQueue => "old-queue",
            Kind::Held => "held",
            Kind::Paused => "paused",
            Kind::DeadLetters => "dead-letters",
            Kind::SilentListener => "silent-listener",
            Kind::OutboxFull => "outbox-full",
            Kind::OutboxNearlyFull => "outbox-nearly-full",
            Kind::CertificateEnds => "certificate-ends",
            Kind::CertificateRefused => "certificate-refused",
            Kind::ListLate => "list-late",
            Kind::ArchiveBehind => "archive-behind",
            Kind::ArchiveLost => "archive-lost",
            Kind::AuditBehind => "audit-behind",
            Kind::AuditUnwritten => "audit-unwritten",
        }
    }

    /// Whether somebody is to be woken: messages do not arrive where they should, and none will without a person.
    pub fn is_critical(self) -> bool {
        match self {
            Kind::OldQueue | Kind::Held | Kind::SilentListener | Kind::OutboxFull => true,
            Kind::Paused
            | Kind::DeadLetters
            | Kind::OutboxNearlyFull
            | Kind::CertificateEnds
            | Kind::CertificateRefused
            | Kind::ListLate
            | Kind::ArchiveBehind
            | Kind::ArchiveLost
            | Kind::AuditBehind
            | Kind::AuditUnwritten => false,
        }
    }
}

/// One trouble, the same from its beginning to its end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trouble {
    /// What kind.
    pub kind: Kind,
    /// The destination or listener it is about.
    pub about: Option<Arc<str>>,
}

impl Trouble {
    /// The destination it is about, where it is about one.
    pub fn destination(&self) -> Option<&str> {
        match self.kind {
            Kind::OldQueue | Kind::Held | Kind::Paused | Kind::DeadLetters => self.about.as_deref(),
            Kind::SilentListener
            | Kind::OutboxFull
            | Kind::OutboxNearlyFull
            | Kind::CertificateEnds
            | Kind::CertificateRefused
            | Kind::ListLate
            | Kind::ArchiveBehind
            | Kind::ArchiveLost
            | Kind::AuditBehind
            | Kind::AuditUnwritten => None,
        }
    }
}

/// What it is about, as `destination lab`.
impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            Kind::SilentListener => "listener",
            Kind::OutboxFull | Kind::OutboxNearlyFull => "outbox",
            Kind::CertificateEnds => "certificate of",
            Kind::CertificateRefused => "certificates of",
            Kind::ListLate => "revocation list of",
            Kind::ArchiveBehind | Kind::ArchiveLost => "archive",
            Kind::AuditBehind => "audit record repository",
            Kind::AuditUnwritten => "audit log",
            Kind::OldQueue | Kind::Held | Kind::Paused | Kind::DeadLetters => "destination",
        };
        match &self.about {
            Some(name) => write!(formatter, "{what} {name}"),
            None => formatter.write_str(what),
        }
    }
}

/// Every trouble there is now, with what there is to say of it.
pub fn judge(alerts: &Alerts, now: &Snapshot) -> BTreeMap<Trouble, String> {
    let mut found = BTreeMap::new();
    for (name, state) in &now.destinations {
        for (kind, said) in of_destination(alerts, name, state, now.at) {
            let about = Some(Arc::clone(name));
            found.insert(Trouble { kind, about }, said);
        }
    }
    for (name, state) in now.listeners.iter().filter(|(_, state)| state.is_silent) {
        let said = match state.last_message {
            Some(last) => format!(
                "nothing came for longer than is normal; the last message came at {}",
                moment(last)
            ),
            None => "nothing came for longer than is normal".to_owned(),
        };
        let (kind, about) = (Kind::SilentListener, Some(Arc::clone(name)));
        found.insert(Trouble { kind, about }, said);
    }
    for (owner, standing) in &now.certificates {
        for (kind, said) in of_certificates(alerts, standing, now.at) {
            let about = Some(Arc::clone(owner));
            found.insert(Trouble { kind, about }, said);
        }
    }
    let of_outbox = match now.outbox.full {
        Some(what) => Some((
            Kind::OutboxFull,
            format!("full: nothing more is accepted, {what}"),
        )),
        None if now.outbox.percent >= u64::from(alerts.outbox_percent_max) => {
            let said = format!(
                "{} % of the nearest of its limits is used",
                now.outbox.percent.min(100)
            );
            Some((Kind::OutboxNearlyFull, said))
        }
        None => None,
    };
    for (repository, waiting) in &now.audit {
        let is_late = |oldest: Timestamp| {
            SignedDuration::try_from(alerts.audit_age_max)
                .is_ok_and(|limit| now.at.duration_since(oldest) >= limit)
        };
        if let Some(oldest) = waiting.oldest_at.filter(|oldest| is_late(*oldest)) {
            let (kind, about) = (Kind::AuditBehind, Some(Arc::clone(repository)));
            let (records, since) = (count(waiting.records, "record"), moment(oldest));
            found.insert(
                Trouble { kind, about },
                format!("{records} of the audit log not sent, the oldest of {since}"),
            );
        }
    }
    let of_archive = of_archive(alerts, now);
    let of_log = now.refuses_records.then(|| {
        let said = "it cannot be written: views of messages and orders are refused, messages go on";
        (Kind::AuditUnwritten, said.to_owned())
    });
    let of_one = of_outbox.into_iter().chain(of_archive).chain(of_log);
    found.extend(of_one.map(|(kind, said)| (Trouble { kind, about: None }, said)));
    found
}

fn of_certificates(
    alerts: &Alerts,
    standing: &Standing,
    now: Timestamp,
) -> impl Iterator<Item = (Kind, String)> {
    let is_near = |end: &Timestamp| {
        let left = end.duration_since(now);
        SignedDuration::try_from(alerts.certificate_left_min).is_ok_and(|least| left < least)
    };
    let begins = standing.begins.filter(|begin| *begin > now);
    let begins = begins.map(|begin| format!("not valid before {}", moment(begin)));
    let ends = standing.ends.filter(is_near);
    let ends = ends.map(|end| format!("valid until {}", moment(end)));
    let ends = begins.or(ends).map(|said| (Kind::CertificateEnds, said));
    let refused = standing.refused.as_ref().map(|why| {
        let said = format!("new ones cannot be used, those before stay in use: {why}");
        (Kind::CertificateRefused, said)
    });
    let late = standing.list_due.filter(|due| *due < now).map(|due| {
        let said = format!(
            "a newer one was due at {}, the one that is there still counts",
            moment(due)
        );
        (Kind::ListLate, said)
    });
    [ends, refused, late].into_iter().flatten()
}

fn of_archive(alerts: &Alerts, now: &Snapshot) -> impl Iterator<Item = (Kind, String)> {
    let archive = &now.archive;
    let behind = archive
        .behind_since
        .filter(|since| is_past(*since, alerts.archive_lag_max, now.at));
    let behind = behind.map(|since| {
        let notes = count(archive.notes, "note");
        let said = format!(
            "it has not got {notes}, the oldest of {}; deliveries go on",
            moment(since)
        );
        (Kind::ArchiveBehind, said)
    });
    let lost = archive
        .last_lost_at
        .filter(|last| !is_past(*last, LOST_CALM, now.at));
    let lost = lost.map(|last| {
        let notes = count(archive.lost, "note");
        let said = format!(
            "{notes} let go since the outbox was made, the last at {}: its history has gaps",
            moment(last)
        );
        (Kind::ArchiveLost, said)
    });
    behind.into_iter().chain(lost)
}

/// Whether something was so long ago; what lies ahead of now was not.
fn is_past(then: Timestamp, limit: Duration, now: Timestamp) -> bool {
    SignedDuration::try_from(limit).is_ok_and(|limit| now.duration_since(then) >= limit)
}

fn of_destination(
    alerts: &Alerts,
    name: &Arc<str>,
    state: &DestinationState,
    now: Timestamp,
) -> impl Iterator<Item = (Kind, String)> {
    let age_max = alerts.destination_queue_age_max.get(name);
    let age_max = *age_max.unwrap_or(&alerts.queue_age_max);
    let old = state
        .oldest_at
        .filter(|oldest| is_past(*oldest, age_max, now))
        .map(|_| {
            let longest = humantime::format_duration(age_max);
            let said = format!("{}, the oldest for longer than {longest}", waiting(state.waiting));
            (Kind::OldQueue, said)
        });
    let stopped = state.stopped.map(|stopped| {
        let waiting = waiting(state.waiting);
        match stopped {
            Stopped::Held => (
                Kind::Held,
                format!("refused, and held until somebody resumes it; {waiting}"),
            ),
            Stopped::Paused => (
                Kind::Paused,
                format!("paused until somebody resumes it; {waiting}"),
            ),
        }
    });
    let last_dead = state.last_dead_at.filter(|_| state.dead_letters > 0);
    let dead = last_dead
        .filter(|last| !is_past(*last, alerts.dead_letters_calm, now))
        .map(|last| {
            let said = format!(
                "{} kept, the last since {}",
                count(state.dead_letters, "dead letter"),
                moment(last)
            );
            (Kind::DeadLetters, said)
        });
    [old, stopped, dead].into_iter().flatten()
}

fn waiting(deliveries: u64) -> String {
    let verb = if deliveries == 1 { "waits" } else { "wait" };
    match deliveries {
        0 => "nothing waits".to_owned(),
        1 => format!("1 delivery {verb}"),
        _ => format!("{deliveries} deliveries {verb}"),
    }
}

fn count(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// To the second, in UTC.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::snapshot::{ArchiveState, ListenerState, OutboxState};
    use crate::engine::AuditWaiting;

    fn at(time: &str) -> Timestamp {
        format!("2026-11-23T{time}Z").parse().unwrap()
    }

    /// What there is at noon is this trouble, each as `kind about: said`.
    #[track_caller]
    fn check(snapshot: Snapshot, expected: &[&str]) {
        let alerts = Alerts {
            destination_queue_age_max: BTreeMap::from([(Arc::from("slow"), Duration::from_secs(3600))]),
            ..Alerts::default()
        };
        let snapshot = Snapshot {
            at: at("12:00:00"),
            ..snapshot
        };
        let found: Vec<String> = judge(&alerts, &snapshot)
            .iter()
            .map(|(trouble, said)| format!("{} {trouble}: {said}", trouble.kind.as_str()))
            .collect();
        assert_eq!(found, expected, "{snapshot:?}");
    }

    fn destination(name: &str, state: DestinationState) -> Snapshot {
        Snapshot {
            destinations: BTreeMap::from([(Arc::from(name), state)]),
            ..Snapshot::default()
        }
    }

    #[test]
    fn a_queue_is_old_by_what_its_destination_may_be_late() {
        let queue = |waiting, oldest: &str| DestinationState {
            waiting,
            oldest_at: Some(at(oldest)),
            ..DestinationState::default()
        };
        let old = "old-queue destination lab: 12 deliveries wait, the oldest for longer than 15m";
        check(destination("lab", queue(12, "11:45:00")), &[old]);
        check(destination("lab", queue(12, "11:45:01")), &[]);
        // A clock that was set back makes nothing old.
        check(destination("lab", queue(12, "12:30:00")), &[]);
        check(destination("slow", queue(1, "11:30:00")), &[]);
        let old = "old-queue destination slow: 1 delivery waits, the oldest for longer than 1h";
        check(destination("slow", queue(1, "11:00:00")), &[old]);
        check(destination("lab", DestinationState::default()), &[]);
    }

    #[test]
    fn a_destination_that_is_stopped_is_trouble_whatever_waits() {
        let stopped = |stopped, waiting| DestinationState {
            stopped: Some(stopped),
            waiting,
            ..DestinationState::default()
        };
        let held = "held destination lab: refused, and held until somebody resumes it; 3 deliveries wait";
        check(destination("lab", stopped(Stopped::Held, 3)), &[held]);
        let paused = "paused destination lab: paused until somebody resumes it; nothing waits";
        check(destination("lab", stopped(Stopped::Paused, 0)), &[paused]);
    }

    #[test]
    fn dead_letters_are_trouble_while_they_come() {
        let dead = |dead_letters, last: Option<&str>| DestinationState {
            dead_letters,
            last_dead_at: last.map(at),
            ..DestinationState::default()
        };
        // Those from before, which nobody saw coming, are no news.
        check(destination("lab", dead(5, None)), &[]);
        let growing =
            "dead-letters destination lab: 5 dead letters kept, the last since 2026-11-23T11:00:01Z";
        check(destination("lab", dead(5, Some("11:00:01"))), &[growing]);
        check(destination("lab", dead(5, Some("11:00:00"))), &[]);
        // Somebody has sent them again, or thrown them away.
        check(destination("lab", dead(0, Some("11:59:00"))), &[]);
    }

    #[test]
    fn a_silent_listener_is_told_with_its_last_message() {
        let listener = |is_silent, last: Option<&str>| Snapshot {
            listeners: BTreeMap::from([(
                Arc::from("adt"),
                ListenerState {
                    is_silent,
                    last_message: last.map(at),
                },
            )]),
            ..Snapshot::default()
        };
        check(listener(false, Some("09:00:00")), &[]);
        let silent = "silent-listener listener adt: nothing came for longer than is normal; the last message came \
                      at 2026-11-23T09:00:00Z";
        check(listener(true, Some("09:00:00")), &[silent]);
        let never = "silent-listener listener adt: nothing came for longer than is normal";
        check(listener(true, None), &[never]);
    }

    #[test]
    fn the_outbox_is_told_before_it_is_full() {
        let outbox = |percent, full| Snapshot {
            outbox: OutboxState { percent, full },
            ..Snapshot::default()
        };
        check(outbox(79, None), &[]);
        let nearly = "outbox-nearly-full outbox: 80 % of the nearest of its limits is used";
        check(outbox(80, None), &[nearly]);
        let full = "outbox-full outbox: full: nothing more is accepted, bytes of messages";
        check(outbox(100, Some("bytes of messages")), &[full]);
    }

    #[test]
    fn an_archive_is_told_when_it_is_late_and_while_it_loses_something() {
        let archive = |behind: Option<&str>, lost: Option<&str>| Snapshot {
            archive: ArchiveState {
                notes: 40,
                behind_since: behind.map(at),
                lost: 7,
                last_lost_at: lost.map(at),
            },
            ..Snapshot::default()
        };
        check(archive(Some("11:55:01"), None), &[]);
        let late = "archive-behind archive: it has not got 40 notes, the oldest of 2026-11-23T11:55:00Z; deliveries go on";
        check(archive(Some("11:55:00"), None), &[late]);
        let lost = "archive-lost archive: 7 notes let go since the outbox was made, the last at 2026-11-23T11:00:01Z: \
                    its history has gaps";
        check(archive(None, Some("11:00:01")), &[lost]);
        check(archive(None, Some("11:00:00")), &[]);
    }

    #[test]
    fn a_repository_is_behind_when_it_lacks_an_old_record() {
        let lacks = |records, oldest: Option<&str>| Snapshot {
            audit: BTreeMap::from([(
                Arc::from("arr"),
                AuditWaiting {
                    records,
                    oldest_at: oldest.map(at),
                },
            )]),
            ..Snapshot::default()
        };
        check(lacks(0, None), &[]);
        check(lacks(3, Some("11:45:01")), &[]);
        let behind = "audit-behind audit record repository arr: 3 records of the audit log not sent, the oldest of \
                      2026-11-23T11:45:00Z";
        check(lacks(3, Some("11:45:00")), &[behind]);
    }

    #[test]
    fn an_audit_log_that_cannot_be_written_is_told() {
        let refuses = |refuses_records| Snapshot {
            refuses_records,
            ..Snapshot::default()
        };
        check(refuses(false), &[]);
        let unwritten = "audit-unwritten audit log: it cannot be written: views of messages and orders are refused, \
                         messages go on";
        check(refuses(true), &[unwritten]);
    }

    #[test]
    fn a_certificate_is_told_before_it_ends() {
        let until = |end: &str| {
            certificates(Standing {
                ends: Some(end.parse().unwrap()),
                ..Standing::default()
            })
        };
        check(until("2026-12-07T12:00:00Z"), &[]);
        let ends = "certificate-ends certificate of listener adt: valid until 2026-12-07T11:59:59Z";
        check(until("2026-12-07T11:59:59Z"), &[ends]);
        let ended = "certificate-ends certificate of listener adt: valid until 2026-11-01T00:00:00Z";
        check(until("2026-11-01T00:00:00Z"), &[ended]);
        let early = certificates(Standing {
            begins: Some(at("12:00:01")),
            ends: Some("2027-11-23T00:00:00Z".parse().unwrap()),
            ..Standing::default()
        });
        let early_said =
            "certificate-ends certificate of listener adt: not valid before 2026-11-23T12:00:01Z";
        check(early, &[early_said]);
    }

    fn certificates(standing: Standing) -> Snapshot {
        Snapshot {
            certificates: BTreeMap::from([(Arc::from("listener adt"), standing)]),
            ..Snapshot::default()
        }
    }

    #[test]
    fn what_is_wrong_with_new_certificates_and_lists_is_told() {
        let standing = Standing {
            refused: Some("weir.key: the key is not that of weir.pem".to_owned()),
            list_due: Some(at("11:59:59")),
            ..Standing::default()
        };
        let refused = "certificate-refused certificates of listener adt: new ones cannot be used, those before stay in \
                       use: weir.key: the key is not that of weir.pem";
        let late = "list-late revocation list of listener adt: a newer one was due at 2026-11-23T11:59:59Z, the one that \
                    is there still counts";
        check(certificates(standing), &[refused, late]);
        let due = |due: &str| {
            certificates(Standing {
                list_due: Some(at(due)),
                ..Standing::default()
            })
        };
        check(due("12:00:00"), &[]);
    }
}
