//! Tests of the outbox through its public face.

mod dead;
mod intake;
mod journal;
mod salvage;
mod sealed;
mod verify;

use std::{
    collections::BTreeMap,
    fs,
    pin::pin,
    sync::{Mutex, atomic::AtomicU64, mpsc},
};

use bytes::Bytes;
use futures_util::FutureExt;
use proptest::prelude::*;

use super::{
    journal::record::JournalMeta,
    key::Key,
    memory::{Content, End, MemoryStore},
    record::{Meta, VALUE_BYTES_MAX},
    repeats::Repeats,
    store::Store,
    *,
};

const ALL: usize = usize::MAX;

fn received_at() -> jiff::Timestamp {
    "2026-03-01T08:05:09Z".parse().unwrap()
}

fn acceptance(raw: impl Into<Bytes>, to: &[&str]) -> Acceptance {
    let entry = |name: &&str| Entry {
        destination: (*name).into(),
        body: BodyRef::Raw,
    };
    Acceptance {
        received_at: received_at(),
        listener: "adt".into(),
        control_id: Bytes::from_static(b"1"),
        site_version: "v1".into(),
        charsets: Charsets::default(),
        raw: raw.into(),
        results: Vec::new(),
        deliveries: to.iter().map(entry).collect(),
        dead: Vec::new(),
        window: None,
        instead_of: None,
        told: None,
        link: None,
    }
}

async fn accept(outbox: &Outbox, raw: &str, to: &[&str]) -> Sequence {
    outbox
        .offer(acceptance(raw.to_owned(), to))
        .await
        .unwrap()
        .await
        .unwrap()
        .first
}

fn owed(outbox: &Outbox, destination: &str) -> Vec<(u64, Bytes)> {
    let deliveries = outbox.next(destination, None, 1_000, ALL).unwrap();
    deliveries
        .into_iter()
        .map(|delivery| (delivery.sequence.0, delivery.bytes))
        .collect()
}

async fn settle(outbox: &Outbox, destination: &str, sequence: u64, outcome: Outcome) {
    let settlement = Settlement {
        destination: destination.into(),
        sequence: Sequence(sequence),
        outcome,
    };
    outbox.settle(settlement, None).await.unwrap();
}

fn gave_up() -> Outcome {
    Outcome::DeadLetter {
        reason: "refused".into(),
        attempts: 2,
        answer: Some(Bytes::from_static(b"AR")),
    }
}

fn settings() -> Settings {
    Settings {
        cache_bytes_max: 8 * 1024 * 1024,
        ..Settings::default()
    }
}

fn open(folder: &Path) -> Outbox {
    Outbox::open(folder, &settings()).unwrap()
}

fn in_memory(store: MemoryStore) -> Outbox {
    in_memory_with(store, &settings())
}

fn in_memory_with(store: MemoryStore, settings: &Settings) -> Outbox {
    in_memory_as(store, settings, false)
}

fn in_memory_as(store: MemoryStore, settings: &Settings, keeps_journal: bool) -> Outbox {
    over(store, settings, keeps_journal)
}

fn over(store: impl Store + 'static, settings: &Settings, keeps_journal: bool) -> Outbox {
    let stored = store.get(&Key::meta()).unwrap();
    let meta = stored.map_or(Meta::new(0), |stored| Meta::decode(&stored).unwrap());
    let noted = store.get(&Key::journal_meta()).unwrap();
    let journal = noted.map_or(JournalMeta::new(), |noted| JournalMeta::decode(&noted).unwrap());
    let store: Arc<dyn Store> = Arc::new(store);
    let shared = Shared::over(
        Arc::clone(&store),
        &meta,
        (keeps_journal, journal),
        settings.limits(),
    )
    .unwrap();
    Outbox::start(
        shared,
        folder::Opened {
            repeats: Repeats::read(&*store).unwrap(),
            links: links::Links::read(&*store).unwrap(),
            store,
            meta,
            keeps_journal,
            journal,
            watermark: None,
            folder: None,
        },
        settings,
    )
    .unwrap()
}

/// How many records of messages and chunks a closed store still holds, and its longest value.
fn left_in(folder: &Path) -> (usize, usize) {
    let store = sled::open(&folder.join("store"), 8 << 20, std::time::Duration::from_secs(5)).unwrap();
    let (mut count, mut longest) = (0, 0);
    let everything = Key::message(Sequence(0))..=Key::bodies(Sequence(u64::MAX)).end().to_owned();
    store
        .scan(everything, &mut |_, value| {
            count += 1;
            longest = longest.max(value.len());
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    (count, longest)
}

/// The content of every file, to show that nothing was touched.
fn files(folder: &Path) -> BTreeMap<std::path::PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.insert(entry.path(), fs::read(entry.path()).unwrap());
        }
    }
    found
}

fn copy(from: &Path, to: &Path) {
    for (path, content) in files(from) {
        let path = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

#[tokio::test]
async fn what_was_accepted_and_not_settled_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    for number in 1..=5 {
        let sequence = accept(&outbox, &format!("m{number}"), &["lab", "archive"]).await;
        assert_eq!(sequence, Sequence(number));
    }
    settle(&outbox, "lab", 1, Outcome::Delivered).await;
    settle(&outbox, "lab", 2, gave_up()).await;
    outbox.close().await;

    let outbox = open(folder.path());
    let lab = owed(&outbox, "lab");
    assert_eq!(lab, [(3, "m3".into()), (4, "m4".into()), (5, "m5".into())]);
    assert_eq!(owed(&outbox, "archive").len(), 5);
    let depth = Depth {
        queued: 3,
        dead: 1,
        oldest: Some(Sequence(3)),
        oldest_at: Some(received_at()),
    };
    assert_eq!(outbox.depth("lab").unwrap(), depth);
    assert_eq!(*outbox.arrivals("lab").borrow(), Sequence(5));
    assert_eq!(outbox.destinations(), ["archive".into(), "lab".into()]);
    let dead = outbox.dead_letters("lab", None, 10).unwrap();
    let [letter] = dead.as_slice() else {
        panic!("one dead letter, not {}", dead.len())
    };
    assert_eq!(
        (letter.sequence, letter.attempts, letter.reason.as_str()),
        (Sequence(2), 2, "refused")
    );
    assert_eq!(letter.delivery.as_ref().unwrap().bytes, "m2");
    assert_eq!(
        accept(&outbox, "m6", &["lab"]).await,
        Sequence(6),
        "numbers go on"
    );
    outbox.close().await;
}

#[tokio::test]
async fn next_reads_in_order_after_a_number_within_count_and_bytes() {
    let outbox = in_memory(MemoryStore::default());
    for raw in ["aaaa", "bbbb", "cccc"] {
        accept(&outbox, raw, &["lab"]).await;
    }
    let read = |after: Option<u64>, count_max, bytes_max| -> Vec<u64> {
        let found = outbox
            .next("lab", after.map(Sequence), count_max, bytes_max)
            .unwrap();
        found.iter().map(|delivery| delivery.sequence.0).collect()
    };
    for (after, count_max, bytes_max, expect) in [
        (None, 10, ALL, &[1, 2, 3][..]),
        (None, 2, ALL, &[1, 2]),
        (Some(1), 10, ALL, &[2, 3]),
        (Some(3), 10, ALL, &[]),
        (Some(u64::MAX), 10, ALL, &[]),
        (None, 10, 8, &[1, 2]),
        (None, 10, 7, &[1]),
        (None, 10, 0, &[1]),
        (None, 0, ALL, &[]),
    ] {
        assert_eq!(
            read(after, count_max, bytes_max),
            expect,
            "{after:?} {count_max} {bytes_max}"
        );
    }
    assert_eq!(outbox.next("nobody", None, 10, ALL).unwrap(), []);
}

#[tokio::test]
async fn each_route_has_its_own_body_and_one_destination_may_be_owed_several() {
    let outbox = in_memory(MemoryStore::default());
    let entry = |to: &str, body| Entry {
        destination: to.into(),
        body,
    };
    let sequence = outbox
        .offer(Acceptance {
            results: vec!["first".into(), "second".into()],
            deliveries: vec![
                entry("lab", BodyRef::Result(1)),
                entry("archive", BodyRef::Raw),
                entry("lab", BodyRef::Result(0)),
            ],
            dead: vec![("lab".into(), "step failed".into())],
            ..acceptance("raw", &[])
        })
        .await
        .unwrap()
        .await
        .unwrap()
        .first;
    assert_eq!(
        owed(&outbox, "lab"),
        [(sequence.0, "second".into()), (sequence.0 + 1, "first".into())]
    );
    assert_eq!(owed(&outbox, "archive"), [(sequence.0, "raw".into())]);
    let dead = outbox.dead_letters("lab", None, 10).unwrap();
    assert_eq!(
        (dead[0].sequence.0, dead[0].reason.as_str()),
        (sequence.0 + 2, "step failed")
    );
    assert_eq!(dead[0].delivery.as_ref().unwrap().bytes, "raw");
    assert_eq!(accept(&outbox, "next", &["lab"]).await.0, sequence.0 + 3);
}

#[tokio::test]
async fn a_message_goes_with_the_last_who_is_owed_it() {
    let folder = tempfile::tempdir().unwrap();
    for (settled, left) in [
        (vec![], 1),
        (vec![("a", Outcome::Delivered)], 1),
        (vec![("a", gave_up()), ("b", Outcome::Delivered)], 1),
        (vec![("b", Outcome::Delivered), ("a", gave_up())], 1),
        (vec![("a", Outcome::Delivered), ("b", Outcome::Delivered)], 0),
        (vec![("a", Outcome::Purged)], 1),
        (vec![("a", Outcome::Purged), ("b", Outcome::Delivered)], 0),
        (vec![("a", Outcome::Delivered), ("a", Outcome::Delivered)], 1),
    ] {
        // Once settled in one batch, once in several.
        for restart in [false, true] {
            let folder = folder.path().join(format!("{}{left}{restart}", settled.len()));
            let mut outbox = open(&folder);
            let sequence = accept(&outbox, "m", &["a", "b"]).await;
            for (destination, outcome) in &settled {
                let outcome = match outcome {
                    Outcome::Delivered => Outcome::Delivered,
                    Outcome::Purged => Outcome::Purged,
                    Outcome::DeadLetter { .. } => gave_up(),
                };
                settle(&outbox, destination, sequence.0, outcome).await;
                if restart {
                    outbox.close().await;
                    outbox = open(&folder);
                }
            }
            outbox.close().await;
            assert_eq!(left_in(&folder).0, left, "{settled:?} restart {restart}");
            fs::remove_dir_all(&folder).unwrap();
        }
    }
}

#[tokio::test]
async fn what_is_purged_is_counted_as_that() {
    let outbox = in_memory(MemoryStore::default());
    for raw in ["m1", "m2"] {
        accept(&outbox, raw, &["lab"]).await;
    }
    settle(&outbox, "lab", 1, Outcome::Purged).await;
    assert_eq!(owed(&outbox, "lab"), [(2, "m2".into())]);
    // The barrier of the next message is the one of the settlement, too.
    accept(&outbox, "m3", &["lab"]).await;
    let counts = outbox.counts();
    assert_eq!((counts.entries, counts.purged, counts.delivered), (3, 1, 0));
    assert_eq!(outbox.depth("lab").unwrap().queued, 2);
}

#[tokio::test]
async fn a_long_message_lies_in_chunks_and_leaves_none() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    let raw: Bytes = (0..5_000_000_u32).map(|at| (at % 251) as u8).collect();
    let result: Bytes = raw.iter().rev().copied().collect();
    let entry = |to: &str, body| Entry {
        destination: to.into(),
        body,
    };
    let long = Acceptance {
        results: vec![result.clone()],
        deliveries: vec![entry("raw", BodyRef::Raw), entry("result", BodyRef::Result(0))],
        ..acceptance(raw.clone(), &[])
    };
    let sequence = outbox.offer(long).await.unwrap().await.unwrap().first.0;
    outbox.close().await;
    let (count, longest) = left_in(folder.path());
    assert!(
        count > 2 * 5_000_000 / VALUE_BYTES_MAX && longest <= VALUE_BYTES_MAX,
        "{count} of {longest}"
    );
    assert_eq!(
        fs::read_dir(folder.path().join("store/blobs")).unwrap().count(),
        0,
        "sled keeps no blobs"
    );

    let outbox = open(folder.path());
    assert!(owed(&outbox, "raw") == [(sequence, raw)]);
    assert!(owed(&outbox, "result") == [(sequence, result)]);
    settle(&outbox, "raw", sequence, Outcome::Delivered).await;
    settle(&outbox, "result", sequence, Outcome::Delivered).await;
    outbox.close().await;
    assert_eq!(left_in(folder.path()).0, 0);
}

#[tokio::test]
async fn what_no_record_can_hold_is_refused_before_it_has_a_number() {
    let outbox = in_memory(MemoryStore::default());
    let mut many = acceptance("m", &[]);
    many.dead = (0..501)
        .map(|number| (number.to_string().into(), String::new()))
        .collect();
    let mut nobody = acceptance("m", &[]);
    nobody.deliveries = vec![Entry {
        destination: "lab".into(),
        body: BodyRef::Result(0),
    }];
    let long_id = Acceptance {
        control_id: vec![b'1'; 6_000].into(),
        ..acceptance("m", &["lab"])
    };
    let long_name = acceptance("m", &["d".repeat(1_001).as_str()]);
    for (refused, expect) in [
        (
            long_id,
            "size of control id and names in bytes is over the outbox's limit of 5955",
        ),
        (
            long_name,
            "name of a destination in bytes is over the outbox's limit of 1000",
        ),
        (many, "number of deliveries is over the outbox's limit of 500"),
    ] {
        let error = outbox.offer(refused).await.unwrap_err();
        assert!(matches!(error, OutboxError::TooLarge { .. }), "{error}");
        assert_eq!(error.to_string(), expect);
    }
    let error = outbox.offer(nobody).await.unwrap_err();
    assert!(matches!(error, OutboxError::NoSuchResult), "{error}");
    assert_eq!(accept(&outbox, "m", &["lab"]).await, Sequence(1));
}

#[tokio::test]
async fn waiting_offers_share_a_barrier_and_keep_their_order() {
    let outbox = in_memory(MemoryStore::default());
    let mut pending = Vec::new();
    for number in 0..500 {
        pending.push(
            outbox
                .offer(acceptance(number.to_string(), &["lab"]))
                .await
                .unwrap(),
        );
    }
    let sequences = futures_util::future::join_all(pending).await;
    let sequences: Vec<u64> = sequences
        .into_iter()
        .map(|answer| answer.unwrap().first.0)
        .collect();
    assert_eq!(sequences, (1..=500).collect::<Vec<_>>());
    let raw: Vec<_> = owed(&outbox, "lab").into_iter().map(|(_, raw)| raw).collect();
    assert_eq!(
        raw,
        (0..500)
            .map(|number| Bytes::from(number.to_string()))
            .collect::<Vec<_>>()
    );
    let counts = outbox.counts();
    assert_eq!((counts.accepted, counts.entries), (500, 500));
    assert!(
        counts.barriers < 250,
        "{} barriers for 500 messages that waited together",
        counts.barriers
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_outbox_makes_offers_wait_and_each_sender_keeps_its_order() {
    let tight = Settings {
        waiting_bytes_max: 3 * PERMIT_BYTES,
        ..settings()
    };
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(folder.path(), &tight).unwrap();
    let senders = (0..8).map(|sender| {
        let outbox = outbox.clone();
        tokio::spawn(async move {
            let mut pending = Vec::new();
            for number in 0..50 {
                // Some larger than all the room there is.
                let size = if number % 10 == 0 { 4 * PERMIT_BYTES } else { 10 };
                let raw = format!("{sender} {number} {}", "x".repeat(size));
                pending.push(outbox.offer(acceptance(raw, &["lab"])).await.unwrap());
            }
            let answers = futures_util::future::join_all(pending).await;
            let sequences: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().first).collect();
            assert!(sequences.is_sorted());
        })
    });
    for sender in futures_util::future::join_all(senders).await {
        sender.unwrap();
    }
    let mut next = [0; 8];
    for (_, raw) in owed(&outbox, "lab") {
        let text = String::from_utf8(raw.to_vec()).unwrap();
        let mut words = text.split(' ').map(str::parse::<usize>);
        let (sender, number) = (words.next().unwrap().unwrap(), words.next().unwrap().unwrap());
        assert_eq!(number, next[sender], "sender {sender}");
        next[sender] += 1;
    }
    assert_eq!(next, [50; 8]);
    outbox.close().await;
}

#[tokio::test]
async fn what_is_being_settled_is_not_returned_again_and_holds_are_given_back() {
    let outbox = in_memory(MemoryStore::default());
    let window = Arc::new(Semaphore::new(2));
    for raw in ["a", "b", "c"] {
        accept(&outbox, raw, &["lab"]).await;
    }
    let hold = Arc::clone(&window).acquire_owned().await.unwrap();
    let settlement = Settlement {
        destination: "lab".into(),
        sequence: Sequence(1),
        outcome: Outcome::Delivered,
    };
    outbox.settle(settlement, Some(hold)).await.unwrap();
    assert_eq!(
        owed(&outbox, "lab").first().unwrap().0,
        2,
        "also before it is durable"
    );
    // Both permits are there again when the settlement is durable.
    let _both = window.acquire_many(2).await.unwrap();
    assert_eq!(outbox.depth("lab").unwrap().queued, 2);
    assert_eq!(outbox.counts().delivered, 1);
}

#[tokio::test]
async fn what_is_being_settled_is_owed_until_that_is_durable() {
    let first = MemoryStore::default();
    let durable = Arc::clone(&first.durable);
    let outbox = in_memory(first);
    for raw in ["a", "b"] {
        accept(&outbox, raw, &["lab"]).await;
    }
    outbox.close().await;
    let (ends, received) = mpsc::channel();
    let mut store = MemoryStore::over(&durable);
    store.ends = Some(Mutex::new(received));
    let outbox = in_memory(store);
    settle(&outbox, "lab", 1, gave_up()).await;
    let numbers = |found: Vec<Delivery>| found.iter().map(|found| found.sequence.0).collect::<Vec<_>>();
    assert_eq!(numbers(outbox.next("lab", None, 10, usize::MAX).unwrap()), [2]);
    assert_eq!(numbers(outbox.owed("lab", None, 10, usize::MAX).unwrap()), [1, 2]);
    assert_eq!(outbox.dead_letters("lab", None, 10).unwrap().len(), 0);
    drop(ends);
    outbox.close().await;
}

#[tokio::test]
async fn settlements_share_the_barrier_of_the_next_message() {
    let outbox = in_memory(MemoryStore::default());
    let window = Arc::new(Semaphore::new(1_000));
    let mut sequence = accept(&outbox, "m", &["lab"]).await;
    for _ in 0..100 {
        let hold = Arc::clone(&window).acquire_owned().await.unwrap();
        let settlement = Settlement {
            destination: "lab".into(),
            sequence,
            outcome: Outcome::Delivered,
        };
        outbox.settle(settlement, Some(hold)).await.unwrap();
        sequence = accept(&outbox, "m", &["lab"]).await;
    }
    // One for each message; a few more where this machine kept a settlement waiting longer than it lingers.
    let barriers = outbox.counts().barriers;
    assert!(
        barriers < 150,
        "{barriers} barriers for 101 messages, each settled"
    );
}

#[tokio::test]
async fn an_arrival_is_told_when_it_can_be_read() {
    let outbox = in_memory(MemoryStore::default());
    let mut arrivals = outbox.arrivals("lab");
    let reader = outbox.clone();
    let read = tokio::spawn(async move {
        arrivals.changed().await.unwrap();
        let newest = *arrivals.borrow_and_update();
        (newest, owed(&reader, "lab"))
    });
    let sequence = accept(&outbox, "m", &["lab"]).await;
    assert_eq!(read.await.unwrap(), (sequence, vec![(sequence.0, "m".into())]));
}

#[tokio::test]
async fn after_a_failed_write_nothing_is_acknowledged() {
    // Each step of each commit, the barrier as well as the batch.
    for until_failure in 0..6 {
        let durable = Arc::new(Mutex::new(Content::new()));
        let mut store = MemoryStore::over(&durable);
        store.until_failure = Some(AtomicU64::new(until_failure));
        let outbox = in_memory(store);
        let mut accepted = 0;
        let error = loop {
            match outbox.offer(acceptance("m", &["lab"])).await.unwrap().await {
                Ok(_) => accepted += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(error, OutboxError::Failed(_)), "{error}");
        assert_eq!(accepted, until_failure / 2, "one batch and one barrier for each");
        assert!(outbox.failure().await.reason.contains("injected"));
        let offered = match outbox.offer(acceptance("m", &["lab"])).await {
            Ok(pending) => pending.await.map(|_| ()),
            Err(error) => Err(error),
        };
        assert!(matches!(offered, Err(OutboxError::Failed(_))));
        // Readers are let go on until the store is: they see what is durable, and nothing of what failed.
        match outbox.next("lab", None, 10, ALL) {
            Ok(found) => assert_eq!(found.len() as u64, accepted),
            Err(error) => assert!(matches!(error, OutboxError::Failed(_)), "{error}"),
        }
        outbox.clone().close().await;
        let read = outbox.next("lab", None, 10, ALL);
        assert!(matches!(read, Err(OutboxError::Failed(_))), "{read:?}");
        let after = in_memory(MemoryStore::over(&durable));
        assert_eq!(
            owed(&after, "lab").len() as u64,
            accepted,
            "what was acknowledged is there"
        );
    }
}

#[tokio::test]
async fn messages_offered_together_are_accepted_together_or_not_at_all() {
    let together = || {
        (0..3)
            .map(|number| acceptance(format!("m{number}"), &["lab", "ehr"]))
            .collect()
    };
    // The batch, the barrier, and neither fails.
    for until_failure in 0..=2 {
        let durable = Arc::default();
        let mut store = MemoryStore::over(&durable);
        store.until_failure = Some(AtomicU64::new(until_failure));
        let outbox = in_memory(store);
        let answer = outbox.offer_all(together()).await.unwrap().await;
        outbox.close().await;
        let after = in_memory(MemoryStore::over(&durable));
        let found: Vec<Bytes> = owed(&after, "lab").into_iter().map(|(_, bytes)| bytes).collect();
        if until_failure == 2 {
            assert_eq!(answer.unwrap().first, Sequence(1), "the number of the first");
            assert_eq!(found, ["m0", "m1", "m2"], "in their order");
            assert_eq!(owed(&after, "ehr").len(), 3);
        } else {
            assert!(matches!(answer, Err(OutboxError::Failed(_))));
            assert_eq!(found, Vec::<Bytes>::new());
        }
    }
}

#[tokio::test]
async fn many_messages_offered_together_share_one_barrier() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    let before = outbox.counts();
    let many = (0..3_000).map(|number| acceptance(format!("{number:05}").repeat(1_000), &["lab"]));
    let (first, _beside) = tokio::join!(
        async { outbox.offer_all(many.collect()).await.unwrap().await.unwrap() },
        accept(&outbox, "beside", &["lab"])
    );
    let counts = outbox.counts();
    assert_eq!(counts.accepted - before.accepted, 3_001);
    assert!(
        counts.barriers - before.barriers <= 2,
        "more than a group holds, and still one batch"
    );
    outbox.close().await;
    let outbox = open(folder.path());
    let next = outbox
        .next("lab", first.first.0.checked_sub(1).map(Sequence), 3_000, ALL)
        .unwrap();
    let is_in_order = next.windows(2).all(|pair| pair[0].sequence < pair[1].sequence);
    assert!(next.len() == 3_000 && is_in_order);
    outbox.close().await;
}

#[tokio::test]
async fn of_messages_offered_together_one_that_no_record_can_hold_refuses_all() {
    let outbox = in_memory(MemoryStore::default());
    let long = Acceptance {
        control_id: vec![b'x'; VALUE_BYTES_MAX].into(),
        ..acceptance("long", &["lab"])
    };
    let refused = outbox.offer_all(vec![acceptance("m", &["lab"]), long]).await;
    assert!(matches!(refused, Err(OutboxError::TooLarge { .. })));
    assert_eq!(owed(&outbox, "lab"), Vec::new());
    outbox.close().await;
}

#[tokio::test]
async fn everyone_who_waits_learns_of_the_failure() {
    let mut store = MemoryStore::default();
    store.until_failure = Some(AtomicU64::new(1));
    let outbox = in_memory(store);
    let tries = (0..200).map(|_| async {
        match outbox
            .offer(acceptance(vec![0; PERMIT_BYTES * 100], &["lab"]))
            .await
        {
            Ok(pending) => pending.await,
            Err(error) => Err(error),
        }
    });
    for answer in futures_util::future::join_all(tries).await {
        assert!(matches!(answer, Err(OutboxError::Failed(_))));
    }
}

#[tokio::test]
async fn nobody_waits_for_ever_when_the_outbox_ends() {
    // By a failed write, by a panic of the writer, by being closed.
    for end in [Some(End::Fails), Some(End::Panics), None] {
        let fails = end.is_some();
        let (ends, received) = mpsc::channel();
        let mut store = MemoryStore::default();
        store.ends = Some(Mutex::new(received));
        let tight = Settings {
            waiting_bytes_max: PERMIT_BYTES,
            ..settings()
        };
        let outbox = in_memory_with(store, &tight);
        // The writer is held in its first commit; everything that may wait behind it does.
        let pending = outbox.offer(acceptance("m1", &["lab"])).await.unwrap();
        for number in 0..SETTLEMENTS_WAITING_MAX as u64 {
            settle(&outbox, "lab", number, Outcome::Delivered).await;
        }
        let mut offer = pin!(async { outbox.offer(acceptance("m2", &["lab"])).await?.await });
        let settlement = || Settlement {
            destination: "lab".into(),
            sequence: Sequence(1),
            outcome: Outcome::Delivered,
        };
        let mut settle = pin!(outbox.settle(settlement(), None));
        let mut failure = pin!(outbox.failure());
        let mut close = pin!(outbox.clone().close());
        assert!(offer.as_mut().now_or_never().is_none() && settle.as_mut().now_or_never().is_none());
        assert!(failure.as_mut().now_or_never().is_none() && close.as_mut().now_or_never().is_none());

        if let Some(end) = end {
            ends.send(end).unwrap();
        }
        drop(ends);
        assert_eq!(pending.await.is_err(), fails, "it was offered before the end");
        let ended = |error: OutboxError| match error {
            OutboxError::Failed(_) => fails,
            OutboxError::Closed => !fails,
            OutboxError::TooLarge { .. }
            | OutboxError::Full { .. }
            | OutboxError::NoSuchResult
            | OutboxError::Read(_) => false,
        };
        assert!(
            ended(offer.await.unwrap_err()),
            "it found room only behind the end"
        );
        // It may have been handed over just before the writer ended: then the delivery is repeated.
        assert!(settle.await.err().is_none_or(ended));
        close.await;
        if fails {
            failure.await;
        } else {
            assert!(failure.now_or_never().is_none(), "closing is no failure");
        }
        assert!(ended(outbox.settle(settlement(), None).await.unwrap_err()));
        assert!(ended(outbox.next("lab", None, 1, ALL).unwrap_err()));
        outbox.clone().close().await;
    }
}

#[tokio::test]
async fn a_write_that_hangs_is_a_failed_one_and_nobody_waits_for_it() {
    let (_never, received) = mpsc::channel();
    let mut store = MemoryStore::default();
    store.ends = Some(Mutex::new(received));
    let hasty = Settings {
        write_timeout: Duration::from_millis(500),
        waiting_bytes_max: PERMIT_BYTES,
        ..settings()
    };
    let outbox = in_memory_with(store, &hasty);
    let window = Arc::new(Semaphore::new(1));
    let hold = Arc::clone(&window).acquire_owned().await.unwrap();
    let hangs = outbox.offer(acceptance("m1", &["lab"])).await.unwrap();
    settle(&outbox, "lab", 1, Outcome::Delivered).await;
    let waits = async { outbox.offer(acceptance("m2", &["lab"])).await?.await };
    let settlement = Settlement {
        destination: "lab".into(),
        sequence: Sequence(2),
        outcome: Outcome::Delivered,
    };
    outbox.settle(settlement, Some(hold)).await.unwrap();
    let (hangs, waits, failure) = tokio::join!(hangs, waits, outbox.failure());
    assert!(failure.reason.contains("within 500ms"), "{}", failure.reason);
    for error in [hangs.unwrap_err(), waits.unwrap_err()] {
        assert!(matches!(error, OutboxError::Failed(_)), "{error}");
    }
    assert_eq!(window.available_permits(), 0, "nothing may be sent any more");
    outbox.close().await;
}

#[tokio::test]
async fn a_hold_is_kept_when_its_settlement_fails_and_the_failure_is_told_instead() {
    for end in [End::Fails, End::Panics] {
        let (ends, received) = mpsc::channel();
        ends.send(end).unwrap();
        let mut store = MemoryStore::default();
        store.ends = Some(Mutex::new(received));
        let outbox = in_memory(store);
        let window = Arc::new(Semaphore::new(1));
        let hold = Arc::clone(&window).acquire_owned().await.unwrap();
        let settlement = Settlement {
            destination: "lab".into(),
            sequence: Sequence(1),
            outcome: Outcome::Delivered,
        };
        outbox.settle(settlement, Some(hold)).await.unwrap();
        outbox.failure().await;
        outbox.close().await;
        assert_eq!(window.available_permits(), 0, "nothing may be sent any more");
    }
}

#[tokio::test]
async fn a_closed_outbox_says_so_and_opens_again_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    let other = outbox.clone();
    let pending = outbox.offer(acceptance("m", &["lab"])).await.unwrap();
    outbox.close().await;
    assert_eq!(
        pending.await.unwrap().first,
        Sequence(1),
        "what was offered before is committed"
    );
    assert!(matches!(
        other.offer(acceptance("m", &["lab"])).await,
        Err(OutboxError::Closed)
    ));
    assert!(matches!(
        other.next("lab", None, 1, ALL),
        Err(OutboxError::Closed)
    ));
    for expect in 2..6 {
        let outbox = open(folder.path());
        assert_eq!(accept(&outbox, "m", &["lab"]).await, Sequence(expect));
        outbox.close().await;
    }
    other.close().await;
}

#[tokio::test]
async fn a_second_outbox_on_the_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    let hurried = Settings {
        lock_wait: Duration::ZERO,
        ..settings()
    };
    let error = Outbox::open(folder.path(), &hurried).unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    accept(&outbox, "m", &["lab"]).await;
    outbox.close().await;
}

/// An outbox that was used, closed, and spoilt: the error, and whether opening left every file as it was.
async fn spoilt(spoil: impl FnOnce(&Path)) -> (OpenError, bool) {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    accept(&outbox, "m1", &["lab"]).await;
    outbox.close().await;
    spoil(folder.path());
    let before = files(folder.path());
    let error = Outbox::open(folder.path(), &settings()).unwrap_err();
    (error, before == files(folder.path()))
}

#[tokio::test]
async fn a_store_that_is_gone_is_not_begun_anew() {
    let spoils: [fn(&Path); 4] = [
        |folder| fs::remove_dir_all(folder.join("store")).unwrap(),
        |folder| fs::remove_file(folder.join("store/db")).unwrap(),
        |folder| fs::write(folder.join("store/db"), b"").unwrap(),
        |folder| {
            fs::remove_dir_all(folder.join("store")).unwrap();
            fs::remove_file(folder.join("FORMAT")).unwrap();
        },
    ];
    for spoil in spoils {
        let (error, untouched) = spoilt(spoil).await;
        assert!(matches!(error, OpenError::Missing { next: 2, .. }), "{error}");
        assert!(error.to_string().contains("restore"), "{error}");
        assert!(untouched, "{error}");
    }
}

#[tokio::test]
async fn a_folder_of_something_else_or_of_another_format_is_not_touched() {
    let (error, untouched) = spoilt(|folder| {
        fs::write(
            folder.join("FORMAT"),
            "weir outbox\nversion 9\nminimum-reader 3\n",
        )
        .unwrap();
    })
    .await;
    assert!(
        matches!(&error, OpenError::OtherFormat { found, .. } if found == "9"),
        "{error}"
    );
    assert!(untouched);
    let (error, untouched) = spoilt(|folder| fs::write(folder.join("FORMAT"), b"\xff?").unwrap()).await;
    assert!(matches!(error, OpenError::OtherFormat { .. }), "{error}");
    assert!(untouched);
    let (error, untouched) = spoilt(|folder| fs::write(folder.join("watermark"), "weir").unwrap()).await;
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
    assert!(untouched);

    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letter.txt"), "mine").unwrap();
    let before = files(folder.path());
    let error = Outbox::open(folder.path(), &settings()).unwrap_err();
    assert!(matches!(error, OpenError::NotAnOutbox { .. }), "{error}");
    assert_eq!(before, files(folder.path()));
}

#[tokio::test]
async fn nobody_else_may_enter_its_folder() {
    use std::os::unix::fs::PermissionsExt;

    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("data/outbox");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    open(&folder).close().await;
    assert_eq!((mode(&folder), mode(folder.parent().unwrap())), (0o700, 0o700));
    // As a weir of before has made it, or whoever runs it.
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    open(&folder).close().await;
    assert_eq!(mode(&folder), 0o700);
}

#[tokio::test]
async fn a_newer_format_that_we_can_read_is_read() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).close().await;
    fs::write(
        folder.path().join("FORMAT"),
        "weir outbox\nversion 2\nminimum-reader 1\n",
    )
    .unwrap();
    open(folder.path()).close().await;
}

#[tokio::test]
async fn an_old_copy_and_a_foreign_store_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (used, old, other) = (
        folder.path().join("used"),
        folder.path().join("old"),
        folder.path().join("other"),
    );
    open(&other).close().await;
    let outbox = open(&used);
    let first = accept(&outbox, "m1", &["lab"]).await;
    outbox.close().await;
    copy(&used.join("store"), &old);
    let outbox = open(&used);
    settle(&outbox, "lab", first.0, Outcome::Delivered).await;
    outbox.close().await;

    for (from, is_older) in [(&old, true), (&other.join("store"), false)] {
        fs::remove_dir_all(used.join("store")).unwrap();
        copy(from, &used.join("store"));
        let error = Outbox::open(&used, &settings()).unwrap_err();
        let older = matches!(
            &error,
            OpenError::Older { found, expected, found_commits, expected_commits, .. }
                if found == expected && found_commits < expected_commits
        );
        let other = matches!(error, OpenError::OtherStore { .. });
        assert_eq!((older, other), (is_older, !is_older), "{error}");
    }
    // The way out that the error names.
    fs::remove_dir_all(used.join("store")).unwrap();
    copy(&old, &used.join("store"));
    fs::remove_file(used.join("watermark")).unwrap();
    let outbox = open(&used);
    assert_eq!(owed(&outbox, "lab"), [(1, "m1".into())]);
    outbox.close().await;
}

#[tokio::test]
async fn a_store_sled_cannot_read_is_an_error_not_a_panic() {
    let (error, _) = spoilt(|folder| fs::write(folder.join("store/conf"), vec![b'x'; 100]).unwrap()).await;
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
    let (error, _) = spoilt(|folder| fs::write(folder.join("store/db"), vec![0xa5; 1 << 20]).unwrap()).await;
    assert!(
        matches!(error, OpenError::Damaged { .. } | OpenError::Missing { .. }),
        "{error}"
    );
}

/// Flips a bit in a stored record.
fn flip(durable: &Mutex<Content>, key: &Key) {
    let mut content = durable.lock().unwrap();
    *content.get_mut(key.as_ref()).unwrap().last_mut().unwrap() ^= 1;
}

/// What an outbox makes of three messages when a bit of one record of theirs is flipped.
async fn with_damage(destination_count: usize, long: bool, key: impl Fn(u32) -> Key) -> Outbox {
    let durable = Arc::new(Mutex::new(Content::new()));
    let outbox = in_memory(MemoryStore::over(&durable));
    let to = ["a", "b"];
    for number in 1..=3 {
        let raw = format!("m{number}").repeat(if long { 5_000 } else { 1 });
        accept(&outbox, &raw, &to[..destination_count]).await;
    }
    outbox.close().await;
    flip(&durable, &key(1));
    in_memory(MemoryStore::over(&durable))
}

async fn quarantined(outbox: &Outbox) {
    // The writer looks for damage each second; a settlement it commits is awaited by its effect.
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(5));
    while outbox.counts().dead_lettered == 0 {
        ticks.tick().await;
    }
}

#[tokio::test]
async fn a_damaged_record_is_parked_and_stops_nothing() {
    for (name, long, key) in [
        (
            "entry",
            false,
            Box::new(|id| Key::entry(id, Sequence(2))) as Box<dyn Fn(u32) -> Key>,
        ),
        ("message", false, Box::new(|_| Key::message(Sequence(2)))),
        ("chunk", true, Box::new(|_| Key::chunk(Sequence(2), 0, 1))),
    ] {
        let outbox = with_damage(1, long, key).await;
        let numbers: Vec<u64> = owed(&outbox, "a")
            .into_iter()
            .map(|(sequence, _)| sequence)
            .collect();
        assert_eq!(numbers, [1, 3], "{name}");
        quarantined(&outbox).await;
        let depth = outbox.depth("a").unwrap();
        assert_eq!(
            (depth.queued, depth.dead, outbox.counts().quarantined),
            (2, 1, 1),
            "{name}"
        );
        let dead = outbox.dead_letters("a", None, 10).unwrap();
        assert_eq!(dead[0].sequence, Sequence(2), "{name}");
        assert!(
            dead[0].reason.contains("damaged") && dead[0].delivery.is_none(),
            "{name}: {:?}",
            dead[0]
        );
        settle(&outbox, "a", 1, Outcome::Delivered).await;
        settle(&outbox, "a", 3, Outcome::Delivered).await;
        outbox.close().await;
    }
}

#[tokio::test]
async fn more_damage_than_one_read_looks_at_hides_nothing() {
    let durable = Arc::new(Mutex::new(Content::new()));
    let outbox = in_memory(MemoryStore::over(&durable));
    for _ in 1..=71 {
        accept(&outbox, "m", &["a"]).await;
    }
    outbox.close().await;
    for damaged in 1..=70 {
        flip(&durable, &Key::entry(1, Sequence(damaged)));
    }
    // As a lane reads; and as few at a time as can be.
    for count_max in [64, 1] {
        let outbox = in_memory(MemoryStore::over(&durable));
        let found = outbox.next("a", None, count_max, ALL).unwrap();
        let numbers: Vec<u64> = found.iter().map(|delivery| delivery.sequence.0).collect();
        assert_eq!(numbers, [71], "{count_max} at a time");
    }
}

#[tokio::test]
async fn a_record_that_is_gone_is_counted() {
    let durable = Arc::new(Mutex::new(Content::new()));
    let outbox = in_memory(MemoryStore::over(&durable));
    for raw in ["m1", "m2", "m3"] {
        accept(&outbox, raw, &["a"]).await;
    }
    settle(&outbox, "a", 1, gave_up()).await;
    assert_eq!(outbox.counts().missing, 0);
    outbox.close().await;
    durable
        .lock()
        .unwrap()
        .remove(Key::entry(1, Sequence(2)).as_ref());
    let outbox = in_memory(MemoryStore::over(&durable));
    assert_eq!(outbox.counts().missing, 1);
    accept(&outbox, "m4", &["a"]).await;
    outbox.close().await;
    assert_eq!(
        in_memory(MemoryStore::over(&durable)).counts().missing,
        0,
        "told once, then counted anew"
    );
}

#[tokio::test]
async fn one_damaged_name_changes_nothing() {
    for name in [Key::destination, Key::destination_again] {
        let outbox = with_damage(1, false, name).await;
        assert_eq!(outbox.destinations(), ["a".into()]);
        accept(&outbox, "m4", &["a"]).await;
        let numbers: Vec<u64> = owed(&outbox, "a").iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [1, 2, 3, 4], "nothing is stranded, nothing overtakes");
    }
}

#[tokio::test]
async fn a_destination_that_is_owed_something_and_has_no_name_stops_the_opening() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    accept(&outbox, "m1", &["lab", "archive"]).await;
    settle(&outbox, "archive", 1, Outcome::Delivered).await;
    outbox.close().await;
    let lose_name = |id| {
        let store = sled::open(&folder.path().join("store"), 8 << 20, Duration::from_secs(5)).unwrap();
        let mut batch = store::Batch::default();
        batch.put(Key::destination(id), vec![0; 10]);
        batch.remove(Key::destination_again(id));
        store.commit(batch).unwrap();
    };
    lose_name(2);
    let outbox = open(folder.path());
    assert_eq!(
        outbox.destinations(),
        ["lab".into()],
        "the archive is owed nothing and not missed"
    );
    assert_eq!(accept(&outbox, "m2", &["archive"]).await, Sequence(2));
    assert_eq!(owed(&outbox, "archive"), [(2, "m2".into())]);
    outbox.close().await;

    lose_name(1);
    let error = Outbox::open(folder.path(), &settings()).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
    let error = error.to_string();
    assert!(
        error.contains("destination number 1") && error.contains("restore"),
        "{error}"
    );
}

/// A step of a random run.
#[derive(Debug, Clone)]
enum Step {
    Offer { to: Vec<usize>, bytes: usize },
    Settle { to: usize, delivered: bool },
    PowerCut,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let offer = (
        proptest::sample::subsequence(vec![0, 1, 2], 0..=3),
        1..15_000_usize,
    )
        .prop_map(|(to, bytes)| Step::Offer { to, bytes });
    let settle = (0..3_usize, proptest::bool::weighted(0.8))
        .prop_map(|(to, delivered)| Step::Settle { to, delivered });
    proptest::collection::vec(
        prop_oneof![4 => offer, 4 => settle, 1 => Just(Step::PowerCut)],
        1..40,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever is accepted is owed, in order, until it is settled, over any power cuts; a settlement that was
    /// still on its way at the cut may be undone, never more.
    #[test]
    fn nothing_is_lost_and_order_is_kept(steps in steps()) {
        const NAMES: [&str; 3] = ["a", "b", "c"];
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut durable = Arc::new(Mutex::new(Content::new()));
            let mut outbox = in_memory(MemoryStore::over(&durable));
            let mut owing: [Vec<(u64, usize)>; 3] = Default::default();
            for step in steps {
                match step {
                    Step::Offer { to, bytes } => {
                        let names: Vec<&str> = to.iter().map(|to| NAMES[*to]).collect();
                        let sequence = accept(&outbox, &"x".repeat(bytes), &names).await.0;
                        for to in to {
                            owing[to].push((sequence, bytes));
                        }
                    }
                    Step::Settle { to, delivered } => {
                        if owing[to].is_empty() { continue; }
                        let (sequence, _) = owing[to].remove(0);
                        let outcome = if delivered { Outcome::Delivered } else { gave_up() };
                        settle(&outbox, NAMES[to], sequence, outcome).await;
                    }
                    Step::PowerCut => {
                        // The store as the last barrier left it, while the writer may be anywhere.
                        let left = durable.lock().unwrap().clone();
                        durable = Arc::new(Mutex::new(left));
                        outbox = in_memory(MemoryStore::over(&durable));
                        owing = std::array::from_fn(|to| {
                            let there = owed(&outbox, NAMES[to]);
                            let there: Vec<_> = there.iter().map(|(at, raw)| (*at, raw.len())).collect();
                            assert!(there.ends_with(&owing[to]), "{:?} is owed, {there:?} is there", owing[to]);
                            assert!(there.is_sorted());
                            there
                        });
                    }
                }
            }
            for (to, expect) in owing.iter().enumerate() {
                let there = owed(&outbox, NAMES[to]);
                assert_eq!(&there.iter().map(|(at, raw)| (*at, raw.len())).collect::<Vec<_>>(), expect);
            }
        });
    }
}
