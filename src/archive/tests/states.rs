//! A message is found by its own state and by that of any of its deliveries; it is deleted by its own.

use rusqlite::Connection;

use super::super::term::Term;
use super::super::{AgeMaxOf, FILE_NAME, Settings};
use super::*;
use crate::seal::OperatorKey;
use crate::secret::SecretPlace;

fn dead() -> End {
    End::Dead {
        reason: "refused with AR".to_owned(),
    }
}

/// Of every two destinations one and the other: 10 is delivered and purged, 20 queued and dead, 30 delivered and
/// queued, 40 delivered, 50 split in three for one destination, of which one is dead.
fn mixed(bench: &mut Bench) {
    bench.tell(vec![
        came(10, &["lab", "ehr"]),
        came(20, &["lab", "ehr"]),
        came(30, &["lab", "ehr"]),
        ended("lab", 31, End::Delivered),
        came(40, &["lab", "ehr"]),
        ended("lab", 41, End::Delivered),
        ended("ehr", 42, End::Delivered),
        came(50, &["lab", "lab", "lab"]),
        ended("lab", 51, End::Delivered),
    ]);
    bench.tell(vec![
        ended("lab", 11, End::Delivered),
        ended("ehr", 22, dead()),
        ended("lab", 52, dead()),
        ended("lab", 53, End::Delivered),
    ]);
    bench.tell(vec![ended("ehr", 12, End::Purged)]);
}

fn in_state(bench: &Bench, state: State, destination: Option<&str>) -> Vec<u64> {
    bench.find(&Query {
        states: vec![state],
        destination: destination.map(str::to_owned),
        ..Query::default()
    })
}

#[track_caller]
fn check(bench: &Bench, expected: [(State, &[u64]); 5]) {
    for (state, numbers) in expected {
        assert_eq!(in_state(bench, state, None), numbers, "{state:?}");
    }
}

const FOUND: [(State, &[u64]); 5] = [
    (State::Purged, &[10]),
    (State::Queued, &[30, 20]),
    (State::Dead, &[50, 20]),
    (State::Delivered, &[50, 40, 30, 10]),
    (State::Resent, &[]),
];

/// All that messages are found by.
fn terms(bench: &Bench) -> Vec<[i64; 3]> {
    let read = |connection: &Connection| {
        let mut select =
            connection.prepare("SELECT bucket, hash, offset FROM term ORDER BY bucket, hash, offset")?;
        let rows = select.query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    };
    bench.archive.read(read).unwrap()
}

#[test]
fn a_message_is_found_by_what_became_of_any_delivery_of_it() {
    let mut bench = bench();
    mixed(&mut bench);
    check(&bench, FOUND);
    let own: Vec<_> = [10, 20, 30, 40, 50].map(|number| bench.state(number)).into();
    let one_state = [
        State::Delivered,
        State::Dead,
        State::Queued,
        State::Delivered,
        State::Dead,
    ];
    assert_eq!(own, one_state, "what lists show is one state, as before");
    assert_eq!(in_state(&bench, State::Purged, Some("ehr")), [10]);
    assert_eq!(in_state(&bench, State::Purged, Some("lab")), [0; 0]);

    // It follows: what is not so any more is not found so.
    bench.tell(vec![
        ended("ehr", 32, End::Delivered),
        ended("lab", 52, End::Resent),
        ended("lab", 21, dead()),
        ended("ehr", 22, End::Resent),
    ]);
    let later: [(State, &[u64]); 5] = [
        (State::Purged, &[10]),
        (State::Queued, &[]),
        (State::Dead, &[20]),
        (State::Delivered, &[50, 40, 30, 10]),
        (State::Resent, &[50, 20]),
    ];
    check(&bench, later);
    let all = [10, 20, 30, 40, 50];
    assert_eq!(bench.archive.purge(&all).unwrap().deleted, 5);
    assert_eq!(terms(&bench), [[0; 3]; 0], "nothing is left of them");
}

#[test]
fn by_age_a_message_goes_by_its_own_state() {
    let mut bench = bench();
    mixed(&mut bench);
    let day = Duration::from_secs(24 * 60 * 60);
    let settings = Settings {
        age_max: day * 1_000,
        age_max_of: AgeMaxOf {
            delivered: Some(day),
            ..AgeMaxOf::default()
        },
        ..Settings::default()
    };
    let tidy = |days: u32| {
        while !bench
            .archive
            .tidy(&settings.retention(), at(0) + day * days)
            .unwrap()
        {}
    };
    tidy(2);
    let left = bench.find(&Query::default());
    assert_eq!(left, [50, 30, 20], "50 is dead, though most of it is delivered");
}

#[test]
fn an_archive_of_a_form_before_finds_the_same_once_it_is_opened() {
    let keys = tempfile::tempdir().unwrap();
    let path = keys.path().join("key");
    crate::durable::replace(&path, OperatorKey::generate().unwrap().text().as_bytes()).unwrap();
    let key = SecretPlace::File(path);
    for key in [None, Some(&key)] {
        let folder = tempfile::tempdir().unwrap();
        let open = |journal| Bench {
            archive: Archive::open(folder.path(), key).unwrap(),
            folder: tempfile::tempdir().unwrap(),
            journal,
        };
        let mut bench = open(1);
        mixed(&mut bench);
        let all = terms(&bench);
        let of_state = State::ALL.map(|state| (bench.archive.shared.sealing.hashing().state(state), state));
        drop(bench);

        // As it was before: each message by its own state alone.
        let before = Connection::open(folder.path().join(FILE_NAME)).unwrap();
        for (Term(hash), state) in of_state {
            let own = "DELETE FROM term WHERE hash = ?1 AND (bucket << 16) + offset NOT IN
                       (SELECT number FROM message WHERE state = ?2)";
            before.execute(own, [hash, state as i64]).unwrap();
        }
        before.pragma_update(None, "user_version", 3).unwrap();
        drop(before);

        let bench = open(100);
        assert_eq!(terms(&bench), all);
        check(&bench, FOUND);
    }
}
