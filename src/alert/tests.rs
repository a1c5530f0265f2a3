//! Whom an alert reaches and when: the book under a clock that the test turns, and what is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use expect_test::expect;
use jiff::Zoned;
use jiff::tz::TimeZone;

use super::book::{Book, Notice, State};
use super::judge::{Kind, Trouble};
use super::message::Message;
use crate::config::{Alerts, Contact, Webhook};
use crate::tls::ClientSettings;

/// `on-call` is told of everything but what `lab`'s own people are told of; nobody is woken for what can wait.
fn alerts() -> Alerts {
    let url = serde_json::from_str("\"http://127.0.0.1:1/\"").unwrap();
    let contact = Contact::Webhook(Webhook {
        url,
        headers: BTreeMap::new(),
        tls: ClientSettings::default(),
    });
    Alerts {
        contacts: BTreeMap::from(["lab-team", "on-call"].map(|name| (Arc::from(name), contact.clone()))),
        owners: vec![Arc::from("on-call")],
        destination_owners: BTreeMap::from([(Arc::from("lab"), vec![Arc::from("lab-team")])]),
        quiet_hours: vec!["22:00-06:00".parse().unwrap()],
        zone: Some(TimeZone::get("America/Chicago").unwrap()),
        messages_per_hour_max: 3,
        ..Alerts::default()
    }
}

/// Moments are of one day in Chicago; the zone of the machine is another one.
fn at(time: &str) -> Zoned {
    let there: Zoned = format!("2026-11-23T{time}[America/Chicago]").parse().unwrap();
    there.with_time_zone(TimeZone::UTC)
}

fn trouble(kind: Kind, about: &str) -> Trouble {
    Trouble {
        kind,
        about: Some(Arc::from(about)),
    }
}

/// A book and what the looks at it have told.
struct Looks {
    alerts: Alerts,
    book: Book,
}

impl Looks {
    fn new() -> Looks {
        Looks {
            alerts: alerts(),
            book: Book::default(),
        }
    }

    /// At this time there is this trouble; `contact: began|ended kind about` are told, and can be.
    #[track_caller]
    fn look(&mut self, time: &str, found: &[(Kind, &str)], expected: &[&str]) {
        let told = self.due(time, found);
        let mut said = Vec::new();
        for (contact, notices) in told {
            said.extend(notices.iter().map(|notice| said_of(&contact, notice)));
            self.book.told(&contact, &notices, at(time).timestamp());
        }
        assert_eq!(said, expected, "{time}");
    }

    fn due(&mut self, time: &str, found: &[(Kind, &str)]) -> Vec<(Arc<str>, Vec<Notice>)> {
        let now = at(time);
        let found = found
            .iter()
            .map(|(kind, about)| (trouble(*kind, about), "said".to_owned()));
        self.book.note(&self.alerts, found.collect(), now.timestamp());
        let contacts: Vec<Arc<str>> = self.alerts.contacts.keys().cloned().collect();
        let due = contacts.into_iter().map(|contact| {
            let notices = self.book.due(&contact, &self.alerts, &now);
            (contact, notices)
        });
        due.filter(|(_, notices)| !notices.is_empty()).collect()
    }
}

fn said_of(contact: &str, notice: &Notice) -> String {
    let state = match notice.state {
        State::Began => "began",
        State::Ended => "ended",
    };
    let trouble = &notice.open.trouble;
    format!(
        "{contact}: {state} {} {}",
        trouble.kind.as_str(),
        trouble.about.as_deref().unwrap_or("-")
    )
}

#[test]
fn one_message_when_it_begins_and_one_when_it_ends() {
    let mut looks = Looks::new();
    looks.look("08:00:00", &[], &[]);
    looks.look(
        "08:01:00",
        &[(Kind::OldQueue, "ehr")],
        &["on-call: began old-queue ehr"],
    );
    looks.look("08:02:00", &[(Kind::OldQueue, "ehr")], &[]);
    looks.look("08:03:00", &[], &["on-call: ended old-queue ehr"]);
    looks.look("08:04:00", &[], &[]);
}

#[test]
fn the_owners_of_a_destination_are_told_and_nobody_else() {
    let mut looks = Looks::new();
    let found = [(Kind::Held, "lab"), (Kind::SilentListener, "lab")];
    // The listener of the same name is not the destination.
    let expected = ["lab-team: began held lab", "on-call: began silent-listener lab"];
    looks.look("08:00:00", &found, &expected);
}

#[test]
fn what_can_wait_waits_until_quiet_hours_end() {
    let mut looks = Looks::new();
    let both = [(Kind::OldQueue, "ehr"), (Kind::Paused, "ehr")];
    looks.look("02:00:00", &both, &["on-call: began old-queue ehr"]);
    looks.look("05:59:59", &both, &[]);
    looks.look("06:00:00", &both, &["on-call: began paused ehr"]);
    // Whoever was woken is told that it is over; the end of the other waits.
    looks.look("22:30:00", &[], &["on-call: ended old-queue ehr"]);
    // It has begun again before its end was told: for them it has not ended.
    looks.look("22:40:00", &[(Kind::Paused, "ehr")], &[]);
    let mut looks = Looks::new();
    looks.look("02:00:00", &[(Kind::DeadLetters, "ehr")], &[]);
    looks.look("03:00:00", &[], &[]);
    looks.look("06:00:00", &[], &[]);
}

#[test]
fn what_is_beyond_the_bound_waits_and_goes_as_one_message() {
    let mut looks = Looks::new();
    looks.look("08:00:00", &[(Kind::Paused, "a")], &["on-call: began paused a"]);
    looks.look("08:10:00", &[], &["on-call: ended paused a"]);
    looks.look("08:20:00", &[(Kind::Paused, "a")], &["on-call: began paused a"]);
    // A fourth message within the hour is one too many; lab's people have their own bound.
    let found = [(Kind::Paused, "b"), (Kind::Paused, "c"), (Kind::Paused, "lab")];
    looks.look("08:30:00", &found, &["lab-team: began paused lab"]);
    looks.look("08:40:00", &[(Kind::Paused, "b"), (Kind::Paused, "lab")], &[]);
    // What came and went meanwhile is told to nobody.
    let expected = ["on-call: ended paused a", "on-call: began paused b"];
    looks.look(
        "09:00:00",
        &[(Kind::Paused, "b"), (Kind::Paused, "lab")],
        &expected,
    );
}

#[test]
fn what_is_critical_waits_for_no_bound_but_its_own() {
    let mut looks = Looks::new();
    looks.look("08:00:00", &[(Kind::Paused, "a")], &["on-call: began paused a"]);
    looks.look("08:01:00", &[], &["on-call: ended paused a"]);
    looks.look("08:02:00", &[(Kind::Paused, "a")], &["on-call: began paused a"]);
    looks.look("08:03:00", &[], &[]);
    // It takes with it what waits; its end is no reason for a message beyond the bound.
    let expected = ["on-call: began old-queue b", "on-call: ended paused a"];
    looks.look("08:04:00", &[(Kind::OldQueue, "b")], &expected);
    looks.look("08:05:00", &[], &[]);
    let expected = ["on-call: ended old-queue b", "on-call: began held c"];
    looks.look("08:06:00", &[(Kind::Held, "c")], &expected);
    let (b, c, d) = ((Kind::OldQueue, "b"), (Kind::Held, "c"), (Kind::Held, "d"));
    looks.look("08:07:00", &[b, c], &["on-call: began old-queue b"]);
    // The fourth that is critical is one too many, too, until the first is an hour old.
    looks.look("08:08:00", &[b, c, d], &[]);
    looks.look("09:04:00", &[b, c, d], &["on-call: began held d"]);
}

#[test]
fn who_could_not_be_told_is_tried_again_after_a_while() {
    let mut looks = Looks::new();
    let found = [(Kind::Held, "ehr")];
    let on_call: Arc<str> = Arc::from("on-call");
    let mut try_at = |time: &str, is_due: bool| {
        let due = looks.due(time, &found);
        assert_eq!(!due.is_empty(), is_due, "{time}");
        if is_due {
            looks.book.not_told(&on_call, at(time).timestamp());
        }
    };
    try_at("08:00:00", true);
    try_at("08:00:14", false);
    try_at("08:00:15", true);
    try_at("08:00:44", false);
    try_at("08:00:45", true);
    // It ends before anybody could be told.
    looks.look("09:00:00", &[], &[]);
}

#[test]
fn a_reload_that_changes_who_is_told_begins_nothing_anew() {
    let mut looks = Looks::new();
    let found = [(Kind::Held, "lab")];
    looks.look("08:00:00", &found, &["lab-team: began held lab"]);
    looks.alerts.destination_owners.clear();
    looks.look("08:01:00", &found, &["on-call: began held lab"]);
    // Who is not in the site any more is told nothing, who owns it no more is told the end of what they know.
    looks.alerts.contacts.remove("on-call");
    looks.look("08:02:00", &[], &["lab-team: ended held lab"]);
}

#[test]
fn a_restart_tells_nobody_again_and_everybody_of_what_has_ended_meanwhile() {
    let mut looks = Looks::new();
    let found = [(Kind::Held, "ehr"), (Kind::OldQueue, "ehr")];
    let expected = ["on-call: began old-queue ehr", "on-call: began held ehr"];
    looks.look("08:00:00", &found, &expected);
    looks.look("08:01:00", &found[..1], &["on-call: ended old-queue ehr"]);
    let restart = |looks: Looks, time: &str| Looks {
        book: Book::go_on(
            looks.book.all().cloned(),
            looks.book.over().cloned(),
            at(time).timestamp(),
        ),
        ..looks
    };
    let mut looks = restart(looks, "09:00:00");
    // What does not show itself at once is not over for that.
    looks.look("09:00:00", &[], &[]);
    looks.look("09:00:02", &found[..1], &[]);
    let mut looks = restart(looks, "10:00:00");
    looks.look("10:00:09", &[], &[]);
    looks.look("10:00:10", &[], &["on-call: ended held ehr"]);
    looks.look("10:00:12", &found[..1], &["on-call: began held ehr"]);
    // The clock was set back.
    let mut looks = restart(looks, "11:00:00");
    looks.look("08:30:00", &[], &["on-call: ended held ehr"]);
}

#[test]
fn what_is_written() {
    let mut looks = Looks::new();
    looks.look(
        "08:00:00",
        &[(Kind::OldQueue, "ehr")],
        &["on-call: began old-queue ehr"],
    );
    let due = looks.due("09:30:05", &[(Kind::Paused, "ehr")]);
    let message = Message {
        name: "hub",
        notices: &due[0].1,
        at: at("09:30:05").timestamp(),
    };
    expect![[r#"
        {
          "text": "weir hub: 1 began, 1 ended\ndestination ehr: old-queue ended after 1h 30m 5s, at 2026-11-23T15:30:05Z\ndestination ehr: paused, since 2026-11-23T15:30:05Z: said",
          "weir": "hub",
          "at": "2026-11-23T15:30:05Z",
          "alerts": [
            {
              "kind": "old-queue",
              "state": "ended",
              "critical": true,
              "about": "ehr",
              "since": "2026-11-23T14:00:00Z",
              "text": "said",
              "ended": "2026-11-23T15:30:05Z",
              "lasted_seconds": 5405
            },
            {
              "kind": "paused",
              "state": "began",
              "critical": false,
              "about": "ehr",
              "since": "2026-11-23T15:30:05Z",
              "text": "said"
            }
          ]
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&message.json()).unwrap());
    let one = Message {
        notices: &due[0].1[..1],
        ..message
    };
    assert_eq!(one.subject(), "weir hub: destination ehr: old-queue ended");
}
