//! Outboxes written by earlier versions, kept in `fixtures/outbox`: every later version opens them whole, or refuses
//! them without touching anything.
//!
//! `WEIR_GOLDEN=1 cargo test writes_a_golden_outbox` writes the one of the present format, once for each format.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use weir::outbox::{Acceptance, BodyRef, Entry, OpenError, Outbox, Outcome, Sequence, Settings, Settlement};

use crate::harness::{adt, repository_file};

/// The store's file is mostly zeros: kept deflated.
const PACKED: &str = "packed";

#[test]
fn an_outbox_of_format_1_opens_whole() {
    let folder = tempfile::tempdir().unwrap();
    unpack(&repository_file("fixtures/outbox/format-1"), folder.path());
    let found = Outbox::verify(folder.path(), &Settings::default()).unwrap();
    assert_eq!((found.difference(), found.damages), (0, 0), "{found:?}");
    assert_eq!((found.entries, found.delivered), (5, 1), "{found:?}");
    assert_eq!(
        (found.queued["lab"], found.queued["archive"]),
        (1, 2),
        "{found:?}"
    );
    assert_eq!(found.dead["lab"], 1, "{found:?}");

    let outbox = Outbox::open(folder.path(), &Settings::default()).unwrap();
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

fn unpack(from: &Path, to: &Path) {
    for (path, packed) in contents(from) {
        let target = to.join(path.strip_prefix(from).unwrap().with_extension(""));
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::write(target, miniz_oxide::inflate::decompress_to_vec(&packed).unwrap()).unwrap();
    }
}

/// Longer than one value of the store.
fn large() -> Vec<u8> {
    adt("GOLDEN3").repeat(100)
}

#[test]
fn writes_a_golden_outbox() {
    if std::env::var_os("WEIR_GOLDEN").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let outbox = Outbox::open(folder.path(), &Settings::default()).unwrap();
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
    let into = repository_file("fixtures/outbox/format-1");
    for (path, bytes) in contents(folder.path()) {
        let name = path.strip_prefix(folder.path()).unwrap();
        let target = into.join(format!("{}.{PACKED}", name.display()));
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::write(target, miniz_oxide::deflate::compress_to_vec(&bytes, 9)).unwrap();
    }
}

async fn accept(outbox: &Outbox, control_id: &'static str, raw: Vec<u8>, to: &[(&str, BodyRef)]) {
    let acceptance = Acceptance {
        received_at: Timestamp::UNIX_EPOCH,
        listener: "adt".into(),
        control_id: control_id.as_bytes().into(),
        site_version: "v".into(),
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
