//! An encrypted archive: it answers as one that is not, shows nothing to whoever has its files, and opens by its key
//! alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::{FILE_NAME, keys_file};
use super::*;
use crate::archive::ArchiveError;
use crate::durable;
use crate::expression::{Condition, Known};
use crate::seal::{self, KeysError, OperatorKey};
use crate::secret::SecretPlace;

/// A key in a private file of this folder.
fn key(folder: &Path, name: &str) -> (OperatorKey, SecretPlace) {
    let key = OperatorKey::generate().unwrap();
    let path = folder.join(name);
    durable::replace(&path, key.text().as_bytes()).unwrap();
    (key, SecretPlace::File(path))
}

fn sealed_bench(key: &SecretPlace) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    Bench {
        archive: Archive::open(folder.path(), Some(key)).unwrap(),
        folder,
        journal: 1,
    }
}

/// Every file of the folder with its bytes.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

/// Of everything that an archive is told something, with content in all that may hold some.
fn tell_all(bench: &mut Bench) {
    let mut tagged = received(10, &adt(10), &["lab", "files"]);
    tagged.tags = vec![("ward".into(), "CanaryTag".to_owned())];
    tagged.results = vec![Bytes::from_static(b"MSH|^~\\&|CanaryResult\r")];
    tagged.deliveries[1].result = Some(0);
    let mut refused = received(20, "CanaryNoMessage", &[]);
    refused.outcome = Outcome::Refused {
        code: Some("AR".into()),
        reason: "CanaryRefusal".to_owned(),
    };
    let typed = adt(30).replace("ADT^A01", "CanaryType^A01");
    let mut filtered = received(30, &typed, &[]);
    filtered.outcome = Outcome::Filtered;
    filtered.routes[0].filtered = Some("CanaryFilter".into());
    let mut resent = received(40, &adt(40), &["lab"]);
    resent.origin = Some(crate::archive::Origin {
        message: 10,
        is_edited: true,
        by: "CanaryPerson".to_owned(),
        why: "CanaryCause".to_owned(),
    });
    resent.deliveries[0].dead = Some("CanaryDead".to_owned());
    bench.tell(vec![
        What::Received(tagged),
        What::Received(refused),
        tried("lab", 11, Some("CanaryProblem")),
        What::Received(filtered),
        What::Received(resent),
    ]);
    let reason = "CanaryReason".to_owned();
    bench.tell(vec![
        ended("lab", 11, End::Dead { reason }),
        ended("files", 12, End::Delivered),
    ]);
    let hold = |name, messages: &[u64]| bench.archive.hold(name, "CanaryWhy", "CanaryBy", at(1), messages);
    hold("CanaryHold", &[10, 40]).unwrap();
    hold("CanaryHold", &[20]).unwrap();
    hold("a second", &[10]).unwrap();
}

fn queries() -> Vec<Query> {
    let some = |value: &str| Some(value.to_owned());
    let condition = Condition::parse("PID-5.1 = \"DOE\"", Known::nothing()).unwrap();
    let default = Query::default;
    vec![
        default(),
        Query {
            control_id: some("C-30"),
            ..default()
        },
        Query {
            patient: some("40"),
            ..default()
        },
        Query {
            name: some("doe, john10"),
            ..default()
        },
        Query {
            account: some("acc-10"),
            ..default()
        },
        Query {
            message_type: some("canarytype"),
            ..default()
        },
        Query {
            application: some("ehr"),
            ..default()
        },
        Query {
            listener: some("door"),
            ..default()
        },
        Query {
            route: some("all"),
            ..default()
        },
        Query {
            destination: some("lab"),
            states: vec![State::Dead],
            ..default()
        },
        Query {
            states: vec![State::Filtered, State::Refused],
            ..default()
        },
        Query {
            tag: Some(("ward".to_owned(), "canarytag".to_owned())),
            ..default()
        },
        Query {
            since: Some(at(15)),
            until: Some(at(35)),
            ..default()
        },
        Query {
            condition: Some(condition),
            ..default()
        },
        Query {
            patient: some("nobody"),
            ..default()
        },
    ]
}

/// All that the two archives say is the same.
fn assert_alike(one: &Bench, other: &Bench) {
    let mut found = 0;
    for query in queries() {
        let page = |bench: &Bench| bench.archive.search(&query, None, 100).unwrap();
        assert!(page(one) == page(other), "{query:?}");
        found += page(one).found.len();
    }
    assert!(found > 10, "{found}: the queries find something");
    for number in [10, 20, 30, 40, 50] {
        let message = |bench: &Bench| bench.archive.message(number).unwrap();
        assert!(message(one) == message(other), "message {number}");
    }
    assert_eq!(one.archive.holds().unwrap(), other.archive.holds().unwrap());
    let verified = one.archive.verify().unwrap();
    assert!(verified.is_sound());
    assert_eq!(verified, other.archive.verify().unwrap());
}

/// How many of these values the files of this folder hold.
fn held(folder: &Path, values: &[&str]) -> Vec<String> {
    let files = contents(folder);
    let holds = |value: &&&str| {
        let mut files = files.values();
        files.any(|bytes| memchr::memmem::find(bytes, value.as_bytes()).is_some())
    };
    values
        .iter()
        .filter(holds)
        .map(|value| (*value).to_owned())
        .collect()
}

const CONTENT: &[&str] = &["Canary", "DOE", "JOHN", "c-10", "c-30", "acc-", "MSH|", "MSA|"];

#[test]
fn it_answers_as_one_that_is_not_encrypted_and_its_files_hold_no_content() {
    let keys = tempfile::tempdir().unwrap();
    let (_, place) = key(keys.path(), "key");
    let (mut plain, mut sealed) = (bench(), sealed_bench(&place));
    tell_all(&mut plain);
    tell_all(&mut sealed);
    assert_alike(&plain, &sealed);
    assert_eq!(held(sealed.folder.path(), CONTENT), [""; 0]);
    assert!(
        held(plain.folder.path(), CONTENT).len() > 2,
        "they would be found"
    );
    for bench in [&plain, &sealed] {
        assert_eq!(bench.archive.purge(&[10, 30]).unwrap().deleted, 1);
        bench.archive.release("CanaryHold").unwrap();
        bench.archive.release("a second").unwrap();
        assert_eq!(bench.archive.purge(&[10, 20]).unwrap().deleted, 2);
        let terms = "SELECT count(*) FROM term WHERE offset = 10";
        let left: i64 = bench
            .archive
            .writer()
            .connection
            .query_row(terms, [], |row| row.get(0))
            .unwrap();
        assert_eq!(left, 0, "of what was deleted nothing is left to be found by");
    }
    assert!(
        plain.archive.search(&Query::default(), None, 9).unwrap()
            == sealed.archive.search(&Query::default(), None, 9).unwrap()
    );
}

#[test]
fn a_key_that_does_not_fit_is_refused_before_anything_is_touched() {
    let keys = tempfile::tempdir().unwrap();
    let (ours, our_place) = key(keys.path(), "ours");
    let (theirs, their_place) = key(keys.path(), "theirs");
    let mut bench = sealed_bench(&our_place);
    tell_all(&mut bench);
    let Bench { archive, folder, .. } = bench;
    drop(archive);
    let before = contents(folder.path());
    let refused = |place: Option<&SecretPlace>| match Archive::open(folder.path(), place) {
        Ok(_) => panic!("it opens"),
        Err(error) => error,
    };
    assert!(matches!(refused(None), ArchiveError::Encrypted { .. }));
    let other = refused(Some(&their_place));
    assert!(
        matches!(other, ArchiveError::Keys(KeysError::OtherKey { .. })),
        "{other}"
    );
    let file = keys_file(folder.path());
    fs::rename(&file, keys.path().join("away")).unwrap();
    assert!(matches!(
        refused(Some(&our_place)),
        ArchiveError::KeysMissing { .. }
    ));
    assert!(matches!(refused(None), ArchiveError::Encrypted { .. }));
    seal::Keys::create(&file, &ours).unwrap();
    assert!(matches!(
        refused(Some(&our_place)),
        ArchiveError::OtherKeys { .. }
    ));
    fs::rename(keys.path().join("away"), &file).unwrap();
    assert!(contents(folder.path()) == before, "nothing was touched");

    seal::rotate(&file, &ours, &theirs).unwrap();
    assert!(refused(Some(&our_place)).is_refusal());
    let archive = Archive::open(folder.path(), Some(&their_place)).unwrap();
    let mut rotated = Bench {
        archive,
        folder,
        journal: 100,
    };
    rotated.tell(vec![came(50, &["lab"])]);
    let doe = Query {
        name: Some("doe".to_owned()),
        ..Query::default()
    };
    assert_eq!(
        rotated.find(&doe),
        [50, 40, 30, 10],
        "by the old key and by the new"
    );
    assert!(rotated.archive.verify().unwrap().is_sound());
}

#[test]
fn what_was_altered_or_put_elsewhere_is_found() {
    let keys = tempfile::tempdir().unwrap();
    let (_, place) = key(keys.path(), "key");
    let forgeries = [
        "UPDATE message SET bodies = (SELECT bodies FROM message WHERE number = 40) WHERE number = 10",
        "UPDATE message SET about = (SELECT about FROM message WHERE number = 40) WHERE number = 10",
        "UPDATE message SET control_id = (SELECT control_id FROM message WHERE number = 40) WHERE number = 10",
        "UPDATE message SET control_id = 'c-10' WHERE number = 10",
        "UPDATE message SET about = '{}' WHERE number = 10",
        "UPDATE message SET about = control_id WHERE number = 10",
        "UPDATE message SET bodies = substr(bodies, 1, length(bodies) - 1) WHERE number = 10",
        "UPDATE delivery SET reason = (SELECT reason FROM delivery WHERE message = 40) WHERE number = 11",
        "UPDATE attempt SET answer = problem WHERE delivery = 11",
        "UPDATE attempt SET journal = journal + 1 WHERE delivery = 11",
        "UPDATE attempt SET problem = 'refused with AE' WHERE delivery = 11",
    ];
    for forgery in forgeries {
        let mut bench = sealed_bench(&place);
        tell_all(&mut bench);
        let changed = bench.archive.writer().connection.execute(forgery, []).unwrap();
        assert_eq!(changed, 1, "{forgery}");
        let verified = bench.archive.verify().unwrap();
        assert_eq!((verified.sound, verified.damaged), (3, vec![10]), "{forgery}");
        assert!(bench.archive.message(10).unwrap_err().is_damage(), "{forgery}");
        assert_eq!(bench.find(&Query::default()), [40, 30, 20, 10], "{forgery}");
    }
}

#[test]
fn without_its_key_nothing_can_be_read_any_more() {
    let keys = tempfile::tempdir().unwrap();
    let (_, lost) = key(keys.path(), "lost");
    let mut bench = sealed_bench(&lost);
    tell_all(&mut bench);
    let Bench { archive, folder, .. } = bench;
    drop(archive);
    let SecretPlace::File(path) = &lost else {
        panic!("a file")
    };
    fs::remove_file(path).unwrap();
    let (_, made_anew) = key(keys.path(), "new");
    for place in [None, Some(&lost), Some(&made_anew)] {
        assert!(Archive::open(folder.path(), place).is_err());
    }
    assert_eq!(held(folder.path(), CONTENT), [""; 0]);
}

#[test]
fn a_damaged_text_keeps_an_archive_from_being_encrypted_no_more_than_from_being_read() {
    let keys = tempfile::tempdir().unwrap();
    let (_, place) = key(keys.path(), "key");
    let mut plain = bench();
    tell_all(&mut plain);
    let Bench { archive, folder, .. } = plain;
    drop(archive);
    let damaged = rusqlite::Connection::open(folder.path().join(FILE_NAME)).unwrap();
    damaged
        .execute("UPDATE message SET about = CAST(x'FF7B' AS TEXT) WHERE number = (SELECT MIN(number) FROM message)", [])
        .unwrap();
    drop(damaged);
    assert_eq!(Archive::encrypt(folder.path(), &place).unwrap(), 4);
    let archive = Archive::open(folder.path(), Some(&place)).unwrap();
    let found = archive.search(&Query::default(), None, 10).unwrap().found;
    let read = found
        .iter()
        .filter(|found| archive.message(found.number).is_ok())
        .count();
    assert_eq!(
        (found.len(), read),
        (4, 3),
        "the damaged one alone cannot be read"
    );
}

#[test]
fn an_archive_that_is_not_encrypted_is_refused_until_it_is() {
    let keys = tempfile::tempdir().unwrap();
    let (_, place) = key(keys.path(), "key");
    let (mut plain, mut model) = (bench(), bench());
    tell_all(&mut plain);
    tell_all(&mut model);
    let Bench { archive, folder, .. } = plain;
    drop(archive);
    let before = contents(folder.path());
    let error = Archive::open(folder.path(), Some(&place)).err().unwrap();
    assert!(error.is_refusal(), "{error}");
    assert!(error.to_string().contains("weir archive encrypt"), "{error}");
    assert!(contents(folder.path()) == before, "nothing was touched");

    // What an attempt that was cut short has left is no hindrance.
    fs::write(folder.path().join("archive.sqlite.encrypting"), [7; 5_000]).unwrap();
    assert_eq!(Archive::encrypt(folder.path(), &place).unwrap(), 4);
    assert_eq!(held(folder.path(), CONTENT), [""; 0]);
    let files: Vec<_> = contents(folder.path()).into_keys().collect();
    assert_eq!(files, [FILE_NAME, "keys"].map(|name| folder.path().join(name)));
    let sealed = Bench {
        archive: Archive::open(folder.path(), Some(&place)).unwrap(),
        folder,
        journal: 100,
    };
    assert_alike(&model, &sealed);
    assert_eq!(
        sealed.archive.written(STORE).unwrap(),
        model.archive.written(STORE).unwrap()
    );
    let terms = |bench: &Bench| -> i64 {
        let writer = bench.archive.writer();
        let count = "SELECT count(*) FROM term";
        writer.connection.query_row(count, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(terms(&sealed), terms(&model));
    assert!(
        Archive::encrypt(sealed.folder.path(), &place).is_err(),
        "it is already"
    );
}
