//! The journal through the outbox's public face: what is told, in which order, and what is let go when.

use super::*;

fn open_with_journal(folder: &Path) -> Outbox {
    Outbox::open_with_journal(folder, &settings()).unwrap()
}

fn told(judgment: Judgment) -> Told {
    Told {
        judgment,
        routes: Vec::new(),
        tags: Vec::new(),
        origin: None,
    }
}

/// A message for these, told as accepted, or as filtered when there are none.
fn noted(raw: impl Into<Bytes>, to: &[&str]) -> Acceptance {
    let judgment = if to.is_empty() {
        Judgment::Filtered
    } else {
        Judgment::Accepted
    };
    Acceptance {
        told: Some(told(judgment)),
        ..acceptance(raw, to)
    }
}

async fn offer(outbox: &Outbox, acceptance: Acceptance) -> Sequence {
    outbox.offer(acceptance).await.unwrap().await.unwrap().first
}

/// The journal in short, a line for each note.
fn journal(outbox: &Outbox, after: u64) -> Vec<String> {
    let reading = outbox.read_journal(after, 1_000, ALL).unwrap();
    reading.notes.iter().map(line).collect()
}

fn line(note: &Note) -> String {
    let number = note.number;
    match &note.what {
        Noted::Received(received) => {
            let owed: Vec<String> = received
                .deliveries
                .iter()
                .map(|owed| {
                    let dead = owed
                        .dead
                        .as_deref()
                        .map_or(String::new(), |why| format!(" dead {why}"));
                    format!("{}/{} {:?}{dead}", owed.destination, owed.sequence, owed.result)
                })
                .collect();
            let raw = String::from_utf8_lossy(&received.raw);
            format!(
                "{number} {} {raw} {:?} {owed:?}",
                received.message, received.told.judgment
            )
        }
        Noted::Attempted {
            destination,
            sequence,
            attempt,
        } => format!("{number} {destination}/{sequence} {:?}", attempt.problem),
        Noted::Settled {
            destination,
            sequence,
            end,
            by,
            ..
        } => format!("{number} {destination}/{sequence} {end:?} {by:?}"),
    }
}

fn attempt(problem: Option<&str>) -> Attempt {
    Attempt {
        at: received_at(),
        took: Duration::from_millis(3),
        code: None,
        problem: problem.map(str::to_owned),
        answer: Some(Bytes::from_static(b"MSA")),
    }
}

/// Settles, and waits until that is durable.
async fn settle_now(outbox: &Outbox, destination: &str, sequence: u64, outcome: Outcome, telling: Telling) {
    let room = Arc::new(Semaphore::new(1));
    let hold = Arc::clone(&room).acquire_owned().await.unwrap();
    let settlement = Settlement {
        destination: destination.into(),
        sequence: Sequence(sequence),
        outcome,
    };
    outbox
        .settle_telling(settlement, telling, Some(hold))
        .await
        .unwrap();
    drop(room.acquire().await.unwrap());
}

/// Lets all that was read be forgotten, and waits until it is: the writer does so with its next batch.
async fn forget(outbox: &Outbox, upto: u64) {
    outbox.forget_journal(upto);
    while outbox.shared.journal.meta().first <= upto {
        offer(outbox, acceptance("pushes", &["elsewhere"])).await;
    }
}

#[tokio::test]
async fn what_happens_is_told_in_its_order_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open_with_journal(folder.path());
    let mut first = noted("one", &["lab"]);
    first.results = vec![Bytes::from_static(b"changed")];
    first.deliveries.push(Entry {
        destination: "ehr".into(),
        body: BodyRef::Result(0),
    });
    first.dead = vec![("copies".into(), "route adt: step 1".to_owned())];
    assert_eq!(offer(&outbox, first).await, Sequence(1));
    offer(&outbox, noted("two", &[])).await;
    let refused = Judgment::Refused {
        code: Some("AR".into()),
        reason: "200".to_owned(),
    };
    let refused = Acceptance {
        told: Some(told(refused)),
        ..acceptance("three", &[])
    };
    outbox.offer_untimed(vec![refused]).await.unwrap();
    let telling = attempt(Some("refused with AE"));
    outbox.note_attempt("lab", Sequence(1), telling).await.unwrap();
    let delivered = Telling {
        attempt: Some(attempt(None)),
        by: None,
    };
    settle_now(&outbox, "lab", 1, Outcome::Delivered, delivered).await;
    settle_now(&outbox, "ehr", 1, gave_up(), Telling::default()).await;
    let purged = Telling {
        attempt: None,
        by: Some("ann".to_owned()),
    };
    settle_now(&outbox, "ehr", 1, Outcome::Purged, purged).await;
    let expected = [
        r#"1 1 one Accepted ["lab/1 None", "ehr/1 Some(0)", "copies/1 None dead route adt: step 1"]"#,
        "2 2 two Filtered []",
        r#"3 3 three Refused { code: Some("AR"), reason: "200" } []"#,
        r#"4 lab/1 Some("refused with AE")"#,
        "5 lab/1 None",
        "6 lab/1 Delivered None",
        r#"7 ehr/1 Dead { reason: "refused" } None"#,
        r#"8 ehr/1 Purged Some("ann")"#,
    ];
    assert_eq!(journal(&outbox, 0), expected);
    assert_eq!(journal(&outbox, 5), expected[5..]);
    outbox.close().await;
    let outbox = open_with_journal(folder.path());
    assert_eq!(journal(&outbox, 0), expected);
    let next = offer(&outbox, noted("four", &[])).await;
    assert_eq!(journal(&outbox, 8), [format!("9 {next} four Filtered []")]);
    outbox.close().await;
}

#[tokio::test]
async fn a_dead_letter_sent_again_is_told_as_such() {
    let outbox = in_memory_as(MemoryStore::default(), &settings(), true);
    offer(&outbox, noted("one", &["lab"])).await;
    settle_now(&outbox, "lab", 1, gave_up(), Telling::default()).await;
    assert!(outbox.resend("lab", Sequence(1), "ann").await.unwrap());
    let told = journal(&outbox, 2);
    assert_eq!(told[0], "3 lab/1 Resent None");
    outbox.close().await;
}

#[tokio::test]
async fn a_message_is_kept_until_nobody_is_owed_it_and_the_journal_is_past_it() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open_with_journal(folder.path());
    // Each with a body in chunks, so that all of it must be let go.
    let long = |letter: &str| letter.repeat(20_000);
    offer(&outbox, noted(long("a"), &["lab"])).await;
    offer(&outbox, noted(long("b"), &["lab", "ehr"])).await;
    offer(&outbox, noted(long("c"), &[])).await;
    let is_there = |outbox: &Outbox, message: u64| {
        let store = outbox.shared.store().unwrap();
        store.get(&Key::message(Sequence(message))).unwrap().is_some()
    };
    settle_now(&outbox, "lab", 1, Outcome::Delivered, Telling::default()).await;
    assert!(is_there(&outbox, 1), "the journal still tells of it");
    settle_now(&outbox, "lab", 2, Outcome::Delivered, Telling::default()).await;
    let read = outbox.read_journal(0, 1_000, ALL).unwrap().upto;
    assert_eq!(read, 5);
    forget(&outbox, read).await;
    assert!(!is_there(&outbox, 1), "nobody is owed it");
    assert!(is_there(&outbox, 2), "ehr is owed it");
    assert!(!is_there(&outbox, 3), "nobody ever was");
    settle_now(&outbox, "ehr", 2, Outcome::Delivered, Telling::default()).await;
    assert!(!is_there(&outbox, 2), "the journal is past it");
    let rest = outbox.read_journal(read, 1_000, ALL).unwrap().upto;
    forget(&outbox, rest).await;
    for (sequence, _) in owed(&outbox, "elsewhere") {
        settle_now(
            &outbox,
            "elsewhere",
            sequence,
            Outcome::Delivered,
            Telling::default(),
        )
        .await;
    }
    let rest = outbox.read_journal(rest, 1_000, ALL).unwrap().upto;
    forget(&outbox, rest).await;
    for (sequence, _) in owed(&outbox, "elsewhere") {
        settle_now(
            &outbox,
            "elsewhere",
            sequence,
            Outcome::Delivered,
            Telling::default(),
        )
        .await;
    }
    outbox.close().await;
    let found = Outbox::verify(folder.path(), &settings()).unwrap();
    assert_eq!(
        (found.difference(), found.damages, found.unclaimed),
        (0, 0, 0),
        "{found:?}"
    );
    assert_eq!((found.messages, found.bytes), (0, 0), "{found:?}");
}

#[tokio::test]
async fn one_that_is_known_from_before_is_told_and_kept_only_for_the_journal() {
    let outbox = in_memory_as(MemoryStore::default(), &settings(), true);
    let again = || Acceptance {
        window: Some(Window {
            identity: [7; 16],
            within: Duration::from_secs(60),
            count_max: 10,
        }),
        ..noted("one", &["lab"])
    };
    offer(&outbox, again()).await;
    let accepted = outbox.offer(again()).await.unwrap().await.unwrap();
    assert_eq!(accepted.repeated, [0]);
    let told = journal(&outbox, 0);
    assert_eq!(
        told,
        [r#"1 1 one Accepted ["lab/1 None"]"#, "2 2 one Repeated []"]
    );
    assert_eq!(owed(&outbox, "lab").len(), 1);
    outbox.close().await;
}

#[tokio::test]
async fn long_messages_are_read_within_the_limit_one_at_least() {
    let outbox = in_memory_as(MemoryStore::default(), &settings(), true);
    for letter in ["a", "b", "c"] {
        offer(&outbox, noted(letter.repeat(10_000), &["lab"])).await;
    }
    let mut after = 0;
    for (bytes_max, expected) in [(0, 1), (15_000, 2), (25_000, 3)] {
        let reading = outbox.read_journal(after, 10, bytes_max).unwrap();
        assert_eq!((reading.notes.len(), reading.upto), (1, expected));
        after = reading.upto;
    }
    let reading = outbox.read_journal(after, 10, ALL).unwrap();
    assert_eq!((reading.notes.len(), reading.upto), (0, 3));
    let reading = outbox.read_journal(1, 1, ALL).unwrap();
    assert_eq!((reading.notes.len(), reading.upto), (1, 2));
    outbox.close().await;
}

#[tokio::test]
async fn an_archive_that_is_switched_off_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open_with_journal(folder.path());
    offer(&outbox, noted("one", &["lab"])).await;
    offer(&outbox, noted("two", &[])).await;
    settle_now(&outbox, "lab", 1, Outcome::Delivered, Telling::default()).await;
    outbox.close().await;
    let outbox = open(folder.path());
    assert!(!outbox.keeps_journal());
    while outbox.journal_level().notes > 0 {
        offer(&outbox, noted("three", &["ehr"])).await;
    }
    for (sequence, _) in owed(&outbox, "ehr") {
        settle_now(&outbox, "ehr", sequence, Outcome::Delivered, Telling::default()).await;
    }
    assert!(journal(&outbox, 0).is_empty());
    outbox.close().await;
    assert_eq!(left_in(folder.path()).0, 0);
    let outbox = open_with_journal(folder.path());
    offer(&outbox, noted("four", &[])).await;
    assert!(
        journal(&outbox, 0)[0].starts_with("4 "),
        "no number is used twice"
    );
    outbox.close().await;
}

#[tokio::test]
async fn nobody_reads_and_the_oldest_notes_go_before_anything_is_refused() {
    let settings = Settings {
        stored_bytes_max: 800_000,
        ..settings()
    };
    let outbox = in_memory_as(MemoryStore::default(), &settings, true);
    for _ in 0..50 {
        offer(&outbox, noted("x".repeat(10_000), &[])).await;
    }
    let level = outbox.journal_level();
    assert!(level.bytes <= 100_000 + 11_000, "{level:?}");
    assert!(level.notes >= 8, "{level:?}");
    assert_eq!(level.notes + level.lost, 50, "{level:?}");
    assert!(
        outbox.level().bytes < 120_000,
        "the bodies are let go with the notes"
    );
    assert_eq!(outbox.full(), None);
    outbox.close().await;
}

#[tokio::test]
async fn nothing_is_looked_for_behind_a_damaged_end_of_the_journal() {
    let durable = Arc::new(Mutex::new(Content::new()));
    let outbox = in_memory_as(MemoryStore::over(&durable), &settings(), true);
    let together = (0..5).map(|_| noted("m", &[])).collect();
    outbox.offer_all(together).await.unwrap().await.unwrap();
    let first = outbox.shared.journal.meta().first;
    outbox.close().await;
    flip(&durable, &Key::journal(first));
    let outbox = in_memory_as(MemoryStore::over(&durable), &settings(), true);
    outbox.forget_journal(first + 4);
    for _ in 0..2 {
        offer(&outbox, acceptance("pushes", &["elsewhere"])).await;
    }
    let meta = outbox.shared.journal.meta();
    assert_eq!(
        meta.first, meta.next,
        "or the writer would look for them for ever"
    );
    outbox.close().await;
}

#[tokio::test]
async fn what_nobody_waits_for_makes_no_barrier_of_its_own() {
    let outbox = in_memory_as(MemoryStore::default(), &settings(), true);
    let before = outbox.counts().barriers;
    for _ in 0..10 {
        outbox.offer_untimed(vec![noted("refused", &[])]).await.unwrap();
    }
    offer(&outbox, noted("one", &["lab"])).await;
    assert_eq!(outbox.counts().barriers - before, 1);
    assert_eq!(journal(&outbox, 0).len(), 11);
    outbox.close().await;
}

#[tokio::test]
async fn without_a_journal_nothing_is_kept_of_what_nobody_is_owed() {
    let outbox = in_memory(MemoryStore::default());
    let telling = attempt(None);
    offer(&outbox, noted("one", &[])).await;
    outbox.note_attempt("lab", Sequence(1), telling).await.unwrap();
    assert!(journal(&outbox, 0).is_empty());
    assert_eq!(outbox.level().bytes, 0);
    outbox.close().await;
}

#[tokio::test]
async fn a_character_set_is_kept_with_a_message_whatever_its_size_and_on_all_its_ways() {
    let large = "x".repeat(3 * VALUE_BYTES_MAX);
    for (raw, keeps_journal) in [("raw", false), ("raw", true), (&*large, false), (&*large, true)] {
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            if keeps_journal {
                open_with_journal(folder.path())
            } else {
                super::open(folder.path())
            }
        };
        let outbox = open();
        let both = ["lab", "files"]
            .into_iter()
            .zip([BodyRef::Raw, BodyRef::Result(0)]);
        let in_one = Acceptance {
            charsets: Charsets::new([Some("SHIFT_JIS"), Some("UNICODE UTF-8")].into_iter()),
            results: vec![Bytes::from_static(b"made of it")],
            deliveries: both
                .map(|(name, body)| Entry {
                    destination: name.into(),
                    body,
                })
                .collect(),
            ..noted(raw.to_owned(), &[])
        };
        offer(&outbox, in_one).await;
        offer(&outbox, noted("in none", &["lab"])).await;
        let owed = |outbox: &Outbox, name| {
            let deliveries = outbox.next(name, None, 10, ALL).unwrap().into_iter();
            deliveries
                .map(|delivery| (delivery.bytes, delivery.charset))
                .collect::<Vec<_>>()
        };
        let kept = Some("SHIFT_JIS".to_owned());
        let lab = [
            (Bytes::copy_from_slice(raw.as_bytes()), kept),
            ("in none".into(), None),
        ];
        assert_eq!(owed(&outbox, "lab"), lab);
        // Given up and sent again, after a restart.
        settle(&outbox, "files", 1, gave_up()).await;
        outbox.close().await;
        let outbox = open();
        assert_eq!(owed(&outbox, "lab"), lab);
        assert!(outbox.resend("files", Sequence(1), "ann").await.unwrap());
        let utf_8 = Some("UNICODE UTF-8".to_owned());
        assert_eq!(owed(&outbox, "files"), [("made of it".into(), utf_8)]);
        let notes = outbox.read_journal(0, 10, ALL).unwrap().notes;
        let received = notes.iter().filter_map(|note| match &note.what {
            Noted::Received(received) => {
                let results: Vec<_> = received.results.iter().map(|result| &**result).collect();
                let charsets: Vec<_> = received.charsets.names().flatten().collect();
                Some((charsets, results))
            }
            Noted::Attempted { .. } | Noted::Settled { .. } => None,
        });
        let expected: &[(Vec<&str>, Vec<&[u8]>)] = &[
            (vec!["SHIFT_JIS", "UNICODE UTF-8"], vec![b"made of it"]),
            (Vec::new(), Vec::new()),
            (vec!["UNICODE UTF-8"], Vec::new()),
        ];
        let received: Vec<_> = received.collect();
        assert_eq!(received, if keeps_journal { expected } else { &[] });
        outbox.close().await;
        let verified = Outbox::verify(folder.path(), &settings()).unwrap();
        assert_eq!((verified.difference(), verified.damages), (0, 0), "{verified:?}");
    }
}
