//! Outboxes and archives written by earlier versions, kept in `fixtures/outbox` and `fixtures/archive`: every later
//! version opens them whole, or refuses them without touching anything.
//!
//! `WEIR_GOLDEN=1 cargo test --test weir golden` writes those of the present formats that are not there yet: once for
//! each format, and then they stay as they are. All that is in them is invented.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use tempfile::TempDir;
use weir::archive::{self, Archive, Event, Query, State, What};
use weir::outbox::{
    Acceptance, BodyRef, Charsets, Entry, OpenError, Outbox, Outcome, Sequence, Settings, Settlement,
};
use weir::secret::SecretPlace;

use crate::harness::{adt, repository_file};

/// The operator's key of the encrypted ones: for these tests, and known to everybody.
const TEST_KEY: &[u8; 32] = b"a key that everybody knows: test";
/// The outbox that told the archives, and the present form of an archive.
const STORE: u128 = 7;
const ARCHIVE_FORM: i64 = 4;

/// The store's file is mostly zeros: kept deflated.
const PACKED: &str = "packed";

#[test]
fn an_outbox_of_format_1_opens_whole() {
    opens_whole("format-1", &Settings::default());
}

#[test]
fn an_outbox_of_format_2_opens_whole_by_its_key_alone() {
    let (_keys, key) = test_key();
    let settings = Settings {
        key: Some(key),
        ..Settings::default()
    };
    opens_whole("format-2", &settings);
    let folder = tempfile::tempdir().unwrap();
    unpack(&repository_file("fixtures/outbox/format-2"), folder.path());
    let before = contents(folder.path());
    for (_, bytes) in &before {
        assert!(memchr::memmem::find(bytes, b"TESTPATIENT").is_none());
    }
    let error = Outbox::open(folder.path(), &Settings::default()).unwrap_err();
    assert!(matches!(error, OpenError::Encrypted { .. }), "{error}");
    assert_eq!(contents(folder.path()), before);
}

/// The operator's key, in a private file of a folder that goes with it.
fn test_key() -> (TempDir, SecretPlace) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    weir::durable::replace(&path, BASE64.encode(TEST_KEY).as_bytes()).unwrap();
    (folder, SecretPlace::File(path))
}

#[track_caller]
fn opens_whole(name: &str, settings: &Settings) {
    let folder = tempfile::tempdir().unwrap();
    unpack(&repository_file("fixtures/outbox").join(name), folder.path());
    let found = Outbox::verify(folder.path(), settings).unwrap();
    assert_eq!((found.difference(), found.damages), (0, 0), "{found:?}");
    assert_eq!((found.entries, found.delivered), (5, 1), "{found:?}");
    assert_eq!(
        (found.queued["lab"], found.queued["archive"]),
        (1, 2),
        "{found:?}"
    );
    assert_eq!(found.dead["lab"], 1, "{found:?}");

    let outbox = Outbox::open(folder.path(), settings).unwrap();
    let waiting = outbox.next("archive", None, 10, usize::MAX).unwrap();
    let bodies: Vec<&[u8]> = waiting.iter().map(|delivery| &*delivery.bytes).collect();
    assert_eq!(bodies, [b"changed on its way".as_slice(), &large()]);
    assert_eq!(waiting[0].received_at, Timestamp::UNIX_EPOCH);
    assert_eq!(waiting[0].listener, "adt");
    assert_eq!(&*waiting[0].control_id, b"GOLDEN1");
    let dead = outbox.dead_letters("lab", None, 10).unwrap();
    assert_eq!((dead.len(), dead[0].reason.as_str()), (1, "refused"));
}

#[test]
fn an_outbox_of_a_later_format_is_refused_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    unpack(&repository_file("fixtures/outbox/format-1"), folder.path());
    let format = folder.path().join("FORMAT");
    let later = std::fs::read_to_string(&format).unwrap().replace(" 1", " 3");
    std::fs::write(&format, later).unwrap();
    let before = contents(folder.path());
    let error = Outbox::open(folder.path(), &Settings::default()).unwrap_err();
    assert!(matches!(error, OpenError::OtherFormat { .. }), "{error}");
    assert_eq!(contents(folder.path()), before);
}

/// Every file with its bytes, in order.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for path in std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.push((path.clone(), std::fs::read(path).unwrap()));
        }
    }
    found.sort();
    found
}

/// Longer than every file of a store that is kept.
const FILE_BYTES_MAX: usize = 64 << 20;

fn unpack(from: &Path, to: &Path) {
    for (path, packed) in contents(from) {
        let target = to.join(path.strip_prefix(from).unwrap().with_extension(""));
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        let mut bytes = vec![0; FILE_BYTES_MAX];
        let length = libdeflater::Decompressor::new().deflate_decompress(&packed, &mut bytes);
        std::fs::write(target, &bytes[..length.unwrap()]).unwrap();
    }
}

/// Longer than one value of the store.
fn large() -> Vec<u8> {
    adt("GOLDEN3").repeat(100)
}

#[test]
fn archives_of_every_form_open_whole_and_the_encrypted_ones_by_their_key() {
    let (_keys, key) = test_key();
    for (name, key) in [
        ("form-3", None),
        ("form-3-encrypted", Some(&key)),
        ("form-4", None),
        ("form-4-encrypted", Some(&key)),
    ] {
        let folder = tempfile::tempdir().unwrap();
        unpack(&repository_file("fixtures/archive").join(name), folder.path());
        let other = if key.is_some() { None } else { Some(&test_key().1) };
        assert!(Archive::open(folder.path(), other).is_err(), "{name}");
        let archive = Archive::open(folder.path(), key).unwrap();
        let verified = archive.verify().unwrap();
        assert!(verified.is_sound() && verified.sound == 2, "{name}: {verified:?}");
        assert_eq!(archive.written(STORE).unwrap(), Some(5), "{name}");
        let named = Query {
            name: Some("testpatient".to_owned()),
            ..Query::default()
        };
        let found = archive.search(&named, None, 10).unwrap().found;
        let states: Vec<_> = found.iter().map(|found| (found.number, found.state)).collect();
        assert_eq!(states, [(20, State::Dead), (10, State::Delivered)], "{name}");
        let message = archive.message(20).unwrap().unwrap();
        assert_eq!(message.found.control_id, "GOLDEN5", "{name}");
        assert_eq!(&*message.raw, adt("GOLDEN5"), "{name}");
        assert_eq!(message.tags, [("ward".to_owned(), "seven".to_owned())], "{name}");
        assert_eq!(message.deliveries[0].reason.as_deref(), Some("refused"), "{name}");
        assert_eq!(message.holds, ["a case"], "{name}");
        let delivered = archive.message(10).unwrap().unwrap();
        assert_eq!(
            delivered.sent(&delivered.deliveries[0]).unwrap(),
            "changed on its way",
            "{name}"
        );
        let answer = delivered.deliveries[0].attempts[0].answer.as_deref();
        assert_eq!(answer, Some(b"MSA|AA|GOLDEN4\r".as_slice()), "{name}");
    }
}

#[test]
fn writes_golden_archives() {
    if std::env::var_os("WEIR_GOLDEN").is_none() {
        return;
    }
    let (_keys, key) = test_key();
    for (end, key) in [("", None), ("-encrypted", Some(&key))] {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::open(folder.path(), key).unwrap();
        let told = archive_told().into_iter().zip(1..);
        let events: Vec<_> = told.map(|(what, number)| Event { number, what }).collect();
        archive.write(STORE, &events).unwrap();
        archive
            .hold("a case", "asked for", "anna", Timestamp::UNIX_EPOCH, &[20])
            .unwrap();
        drop(archive);
        let name = format!("form-{ARCHIVE_FORM}{end}");
        pack(folder.path(), &repository_file("fixtures/archive").join(name));
    }
}

/// A message that was delivered and one that was given up.
fn archive_told() -> Vec<What> {
    let came = |message: u64, control: &str, result: Option<usize>| archive::Received {
        message,
        received_at: Timestamp::UNIX_EPOCH,
        listener: "adt".into(),
        site_version: "v".into(),
        charsets: Vec::new(),
        raw: adt(control).into(),
        outcome: archive::Outcome::Accepted,
        routes: Vec::new(),
        tags: vec![(Arc::from("ward"), "seven".to_owned())],
        results: result
            .map(|_| b"changed on its way".as_slice().into())
            .into_iter()
            .collect(),
        deliveries: vec![archive::Owed {
            destination: "lab".into(),
            sequence: message + 1,
            result,
            dead: None,
        }],
        origin: None,
    };
    let tried = |sequence, code: &str, answer: &'static str| archive::Attempt {
        destination: "lab".into(),
        sequence,
        at: Timestamp::UNIX_EPOCH,
        took: Duration::from_millis(1),
        code: Some(code.into()),
        problem: None,
        answer: Some(answer.as_bytes().into()),
    };
    let ended = |sequence, end| archive::Settlement {
        destination: "lab".into(),
        sequence,
        at: Timestamp::UNIX_EPOCH,
        end,
        by: None,
    };
    let reason = "refused".to_owned();
    vec![
        What::Received(came(10, "GOLDEN4", Some(0))),
        What::Attempted(tried(11, "AA", "MSA|AA|GOLDEN4\r")),
        What::Settled(ended(11, archive::End::Delivered)),
        What::Received(came(20, "GOLDEN5", None)),
        What::Settled(ended(21, archive::End::Dead { reason })),
    ]
}

#[test]
fn writes_golden_outboxes() {
    if std::env::var_os("WEIR_GOLDEN").is_none() {
        return;
    }
    let (_keys, key) = test_key();
    for (name, key) in [("format-1", None), ("format-2", Some(key))] {
        let into = repository_file("fixtures/outbox").join(name);
        let settings = Settings {
            key,
            ..Settings::default()
        };
        write_outbox(&settings, &into);
    }
}

fn write_outbox(settings: &Settings, into: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let outbox = Outbox::open(folder.path(), settings).unwrap();
        let both = [("lab", BodyRef::Raw), ("archive", BodyRef::Result(0))];
        accept(&outbox, "GOLDEN1", adt("GOLDEN1"), &both).await;
        accept(&outbox, "GOLDEN2", adt("GOLDEN2"), &[("lab", BodyRef::Raw)]).await;
        let raw = [("lab", BodyRef::Raw), ("archive", BodyRef::Raw)];
        accept(&outbox, "GOLDEN3", large(), &raw).await;
        let lab = outbox.next("lab", None, 10, usize::MAX).unwrap();
        settle(&outbox, lab[0].sequence, Outcome::Delivered).await;
        let refused = Outcome::DeadLetter {
            reason: "refused".to_owned(),
            attempts: 3,
            answer: None,
        };
        settle(&outbox, lab[1].sequence, refused).await;
        outbox.close().await;
    });
    pack(folder.path(), into);
}

/// Writes the files of a folder deflated, unless there are some already.
fn pack(folder: &Path, into: &Path) {
    if into.exists() {
        return;
    }
    for (path, bytes) in contents(folder) {
        let name = path.strip_prefix(folder).unwrap();
        let target = into.join(format!("{}.{PACKED}", name.display()));
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        let mut deflated = vec![0; FILE_BYTES_MAX];
        let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::best());
        let length = compressor.deflate_compress(&bytes, &mut deflated).unwrap();
        std::fs::write(target, &deflated[..length]).unwrap();
    }
}

async fn accept(outbox: &Outbox, control_id: &'static str, raw: Vec<u8>, to: &[(&str, BodyRef)]) {
    let acceptance = Acceptance {
        received_at: Timestamp::UNIX_EPOCH,
        listener: "adt".into(),
        control_id: control_id.as_bytes().into(),
        site_version: "v".into(),
        charsets: Charsets::default(),
        raw: raw.into(),
        results: if to.iter().any(|(_, body)| *body == BodyRef::Result(0)) {
            vec![b"changed on its way".as_slice().into()]
        } else {
            Vec::new()
        },
        deliveries: to
            .iter()
            .map(|(destination, body)| Entry {
                destination: (*destination).into(),
                body: *body,
            })
            .collect(),
        dead: Vec::new(),
        window: None,
        instead_of: None,
        told: None,
        link: None,
    };
    outbox.offer(acceptance).await.unwrap().await.unwrap();
}

async fn settle(outbox: &Outbox, sequence: Sequence, outcome: Outcome) {
    let settlement = Settlement {
        destination: "lab".into(),
        sequence,
        outcome,
    };
    outbox.settle(settlement, None).await.unwrap();
}
