//! What is deleted, what is kept, and what the disk gets back; with times that are given.

use super::super::{AgeMaxOf, FILE_NAME, Purged, Settings};
use super::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn days(days: u64) -> Duration {
    DAY * u32::try_from(days).unwrap()
}

impl Bench {
    /// A whole round of deleting.
    fn tidy(&self, settings: &Settings, now: Timestamp) {
        while !self.archive.tidy(&settings.retention(), now).unwrap() {}
    }
}

/// A message for each state that has one, a day apart, from day 1 on.
fn of_every_state() -> Bench {
    let mut bench = bench();
    let mut told = Vec::new();
    for (day, state) in (1_u64..).zip(State::ALL) {
        let number = day * 10;
        let mut message = received(number, &adt(number), &["lab"]);
        message.received_at = at(0) + days(day);
        message.outcome = match state {
            State::Filtered => Outcome::Filtered,
            State::Unrouted => Outcome::Unrouted,
            State::Repeated => Outcome::Repeated,
            State::Refused => Outcome::Refused {
                code: None,
                reason: "no".to_owned(),
            },
            State::Queued | State::Delivered | State::Dead | State::Purged | State::Resent => {
                Outcome::Accepted
            }
        };
        if message.outcome != Outcome::Accepted {
            message.deliveries.clear();
        }
        told.push(What::Received(message));
        let end = match state {
            State::Delivered => Some(End::Delivered),
            State::Dead => Some(End::Dead {
                reason: "no".to_owned(),
            }),
            State::Purged => Some(End::Purged),
            State::Resent => Some(End::Resent),
            State::Queued | State::Filtered | State::Unrouted | State::Repeated | State::Refused => None,
        };
        told.extend(end.map(|end| ended("lab", number + 1, end)));
    }
    bench.tell(told);
    bench
}

#[test]
fn what_is_too_old_goes_and_what_is_owed_stays() {
    let bench = of_every_state();
    let settings = Settings {
        age_max: days(30),
        ..Settings::default()
    };
    bench.tidy(&settings, at(0) + days(30));
    assert_eq!(bench.find(&Query::default()).len(), 9);
    bench.tidy(&settings, at(0) + days(33) + Duration::from_secs(1));
    assert_eq!(bench.find(&Query::default()), [90, 80, 70, 60, 50, 40, 10]);
    bench.tidy(&settings, at(0) + days(400));
    assert_eq!(bench.find(&Query::default()), [10], "still owed");
    // Nothing is left behind of what has gone.
    for query in [
        Query {
            patient: Some("50".to_owned()),
            ..Query::default()
        },
        Query {
            states: vec![State::Delivered],
            ..Query::default()
        },
    ] {
        assert!(bench.find(&query).is_empty(), "{query:?}");
    }
    let rows = |table: &str| {
        let count = |connection: &rusqlite::Connection| {
            Ok(
                connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
                    row.get::<_, i64>(0)
                })?,
            )
        };
        bench.archive.read(count).unwrap()
    };
    assert_eq!(
        (rows("message"), rows("delivery"), rows("attempt"), rows("bucket")),
        (1, 1, 0, 1)
    );
    let alone = rows("term");
    let mut one = super::bench();
    one.tell(vec![came(10, &["lab"])]);
    let count = |connection: &rusqlite::Connection| {
        Ok(connection.query_row("SELECT count(*) FROM term", [], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(alone, one.archive.read(count).unwrap());
}

#[test]
fn an_outcome_may_have_an_age_of_its_own() {
    let bench = of_every_state();
    let settings = Settings {
        age_max_of: AgeMaxOf {
            filtered: Some(days(1)),
            refused: Some(days(2)),
            dead: Some(days(1_000)),
            ..AgeMaxOf::default()
        },
        ..Settings::default()
    };
    bench.tidy(&settings, at(0) + days(20));
    assert_eq!(bench.find(&Query::default()), [80, 70, 50, 40, 30, 20, 10]);
    bench.tidy(&settings, at(0) + days(200));
    assert_eq!(bench.find(&Query::default()), [30, 10], "dead and queued");
}

#[test]
fn what_is_too_much_goes_oldest_first_and_the_disk_is_given_back() {
    let mut bench = bench();
    // Long and different, so that nothing is gained by packing.
    let text = |number: u64| -> String {
        let pieces =
            (0_u64..400).map(|piece| blake3::hash(&(number * 1_000 + piece).to_be_bytes()).to_string());
        pieces.collect()
    };
    for batch in 0_u64..10 {
        let came = |index: u64| {
            let number = batch * 100 + index;
            What::Received(received(number, &(adt(number) + text(number).as_str()), &[]))
        };
        bench.tell((0..100).map(came).collect());
    }
    let stored = bench.archive.summary().unwrap().stored_bytes;
    let settings = Settings {
        stored_bytes_max: usize::try_from(stored / 4).unwrap(),
        ..Settings::default()
    };
    bench
        .archive
        .hold("case 7", "court", "anna", at(0), &[3])
        .unwrap();
    bench.tidy(&settings, at(2_000));
    let left = bench.find(&Query::default());
    assert!(left.len() < 300, "{}", left.len());
    assert_eq!(
        (left[0], left[left.len() - 1]),
        (999, 3),
        "newest and the held one"
    );
    assert_eq!(
        left[left.len() - 2],
        999 - (left.len() as u64 - 2),
        "oldest first"
    );
    assert!(bench.archive.summary().unwrap().stored_bytes <= stored / 4);
    drop(bench.archive);
    // Closing moves the log into the file.
    let after = std::fs::metadata(bench.folder.path().join(super::super::FILE_NAME))
        .unwrap()
        .len();
    let kept_for_later = 4_096 * 1_100;
    assert!(
        after < stored && after < stored / 4 + kept_for_later,
        "{after} of {stored}"
    );
}

#[test]
fn nothing_deletes_what_a_hold_keeps() {
    let bench = of_every_state();
    let settings = Settings::default();
    let kept = bench
        .archive
        .hold("case 7", "court", "anna", at(0), &[20, 30, 999])
        .unwrap();
    assert_eq!(kept, 2, "999 is not there");
    bench
        .archive
        .hold("case 8", "audit", "bert", at(1), &[30])
        .unwrap();
    let (messages, expected) = (
        [10, 20, 30, 40, 999],
        Purged {
            deleted: 1,
            held: 2,
            owed: 1,
            unknown: 1,
        },
    );
    assert_eq!(bench.archive.purge_preview(&messages).unwrap(), expected);
    assert_eq!(bench.find(&Query::default()).len(), 9, "only told");
    assert_eq!(bench.archive.purge(&messages).unwrap(), expected);
    bench.tidy(&settings, at(0) + days(400));
    assert_eq!(bench.find(&Query::default()), [30, 20, 10]);
    assert_eq!(
        bench.archive.message(30).unwrap().unwrap().holds,
        ["case 7", "case 8"]
    );
    let told: Vec<_> = bench
        .archive
        .holds()
        .unwrap()
        .into_iter()
        .map(|hold| (hold.name, hold.messages))
        .collect();
    assert_eq!(told, [("case 7".to_owned(), 2), ("case 8".to_owned(), 1)]);
    bench.archive.release("case 7").unwrap();
    bench.tidy(&settings, at(0) + days(400));
    assert_eq!(bench.find(&Query::default()), [30, 10]);
    assert!(bench.archive.release("case 7").is_err(), "there is none any more");
    assert!(bench.archive.hold(" ", "why", "anna", at(0), &[]).is_err());
}

#[test]
fn a_damaged_message_is_told_and_disturbs_no_other() {
    let mut bench = bench();
    bench.tell(vec![came(10, &[]), came(20, &[]), came(30, &[])]);
    assert!(bench.archive.verify().unwrap().is_sound());
    bench
        .archive
        .writer()
        .connection
        .execute(
            "UPDATE message SET bodies = substr(bodies, 1, 20) WHERE number = 20",
            [],
        )
        .unwrap();
    let verification = bench.archive.verify().unwrap();
    assert_eq!((verification.sound, verification.damaged), (2, vec![20]));
    let error = bench.archive.message(20).unwrap_err();
    assert!(error.is_damage(), "{error}");
    assert_eq!(
        bench.find(&Query {
            name: Some("doe".to_owned()),
            ..Query::default()
        }),
        [30, 20, 10]
    );
    assert!(bench.archive.message(30).unwrap().is_some());
    bench.archive.purge(&[20]).unwrap();
    assert_eq!(
        bench.find(&Query {
            name: Some("doe".to_owned()),
            ..Query::default()
        }),
        [30, 10]
    );
}

#[test]
fn an_outbox_that_is_gone_owes_nothing_any_more_and_one_put_back_is_another() {
    let mut bench = bench();
    bench.tell(vec![
        came(1, &["lab", "ehr"]),
        ended("lab", 2, End::Delivered),
        came(10, &["lab"]),
    ]);
    let archive = bench.archive.clone();
    let owed = |store, after| archive.unsettled(store, after, 10).unwrap();
    assert_eq!(owed(STORE, 0), [("ehr".to_owned(), 3), ("lab".to_owned(), 11)]);
    assert_eq!(owed(STORE, 3), [("lab".to_owned(), 11)]);
    assert_eq!(owed(STORE + 1, 0), []);
    assert_eq!(archive.message_of(STORE, "lab", 11).unwrap(), Some(10));
    assert_eq!(archive.message_of(STORE, "ehr", 11).unwrap(), None);
    assert_eq!(archive.message_of(STORE + 1, "lab", 11).unwrap(), None);

    let settlement = |destination: &str, sequence, end| Settlement {
        destination: destination.into(),
        sequence,
        at: at(99),
        end,
        by: Some("somebody".to_owned()),
    };
    let ends = [
        settlement("ehr", 3, End::Purged),
        settlement("lab", 11, End::Resent),
    ];
    archive.settle(STORE, &ends).unwrap();
    archive.settle(STORE + 1, &ends).unwrap();
    assert_eq!(owed(STORE, 0), []);
    assert_eq!(
        (bench.state(1), bench.state(10)),
        (State::Delivered, State::Resent)
    );

    // The same numbers again, of the outbox as it was before.
    archive.set_aside(STORE).unwrap();
    assert_eq!(archive.written(STORE).unwrap(), None);
    bench.journal = 1;
    bench.tell(vec![came(1, &["lab"]), ended("lab", 2, End::Delivered)]);
    assert_eq!(bench.find(&Query::default()), [10_000_000_000_001, 10, 1]);
    assert_eq!(bench.state(10_000_000_000_001), State::Delivered);
    assert_eq!(bench.state(10), State::Resent, "what was told before stays");

    let copy = bench.folder.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    std::fs::write(copy.join(FILE_NAME), "").unwrap();
    Archive::copy(bench.folder.path(), &copy.join(FILE_NAME)).unwrap();
    let copied = Archive::open_existing(&copy, None).unwrap().unwrap();
    assert_eq!(copied.summary().unwrap().messages, 3);
    assert_eq!(copied.written(STORE).unwrap(), archive.written(STORE).unwrap());
}

#[test]
fn what_was_lost_with_an_outbox_is_ended_by_an_order_and_what_this_one_owes_is_not() {
    const PRESENT: u128 = STORE + 1;
    let mut bench = bench();
    let came_in: Vec<What> = (1..=250)
        .map(|message| came(message * 10, &["lab", "files"]))
        .collect();
    bench.tell(came_in);
    bench.tell(vec![ended("lab", 11, End::Delivered)]);
    let of_present = bench.events(vec![came(10, &["lab"])]);
    bench.archive.write(PRESENT, &of_present).unwrap();
    let present = 10_000_000_000_010;
    let archive = bench.archive.clone();
    assert_eq!(archive.purge(&[10, 20, present]).unwrap().owed, 3);
    assert_eq!(archive.count_lost(PRESENT).unwrap(), 499);
    assert_eq!(archive.count_lost(STORE).unwrap(), 1);

    assert_eq!(archive.end_lost(PRESENT, "anna", at(99)).unwrap(), 499);
    assert_eq!(archive.count_lost(PRESENT).unwrap(), 0);
    assert_eq!(archive.end_lost(PRESENT, "anna", at(99)).unwrap(), 0);
    let told = archive.message(10).unwrap().unwrap();
    let of = |name| {
        let mut all = told.deliveries.iter();
        all.find(|delivery| delivery.destination == name).unwrap()
    };
    assert_eq!(of("lab").state, State::Delivered);
    assert_eq!(
        (of("files").state, of("files").ended_by.as_deref()),
        (State::Purged, Some("anna"))
    );
    assert_eq!(bench.state(present), State::Queued);
    assert_eq!(archive.purge(&[10, 20]).unwrap().deleted, 2);
    bench.tidy(&Settings::default(), at(0) + days(400));
    assert_eq!(bench.find(&Query::default()), [present], "the rest goes by age");
}
