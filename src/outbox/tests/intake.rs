//! What the outbox takes: repeats are known, and a full one takes nothing until it has room.

use super::*;

fn within(hours: u64, count_max: usize) -> Window {
    Window {
        identity: [0; 16],
        within: Duration::from_secs(hours * 3_600),
        count_max,
    }
}

/// Offers a message of this name and content, received so many hours later; whether it was new, a repeat, or
/// another by the same name.
async fn offer(outbox: &Outbox, name: u8, content: &str, hours: i64, window: Window) -> &'static str {
    let offered = Acceptance {
        received_at: received_at() + jiff::SignedDuration::from_hours(hours),
        window: Some(Window {
            identity: [name; 16],
            ..window
        }),
        ..acceptance(content.to_owned(), &["lab"])
    };
    let accepted = outbox.offer(offered).await.unwrap().await.unwrap();
    match (accepted.repeated.as_slice(), accepted.reused.as_slice()) {
        ([], []) => "new",
        ([0], []) => "repeat",
        ([], [0]) => "reused",
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_repeat_is_stored_once_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    let window = within(24, 100);
    assert_eq!(offer(&outbox, 1, "m", 0, window).await, "new");
    assert_eq!(offer(&outbox, 1, "m", 1, window).await, "repeat");
    assert_eq!(offer(&outbox, 2, "m", 1, window).await, "new");
    assert_eq!(outbox.counts().accepted, 2);
    outbox.close().await;

    let outbox = open(folder.path());
    assert_eq!(offer(&outbox, 1, "m", 2, window).await, "repeat");
    assert_eq!(offer(&outbox, 1, "other", 2, window).await, "reused");
    assert_eq!(offer(&outbox, 1, "other", 2, window).await, "repeat");
    assert_eq!(
        offer(&outbox, 1, "m", 2, window).await,
        "reused",
        "the newest of a name is known"
    );
    assert_eq!(owed(&outbox, "lab").len(), 4);
}

#[tokio::test]
async fn what_left_the_window_is_new_again() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    assert_eq!(offer(&outbox, 1, "m", 0, within(24, 100)).await, "new");
    assert_eq!(offer(&outbox, 1, "m", 24, within(24, 100)).await, "repeat");
    assert_eq!(offer(&outbox, 1, "m", 25, within(24, 100)).await, "new");
    // A clock set back forgets nothing, and the count still bounds it.
    assert_eq!(offer(&outbox, 1, "m", -90_000, within(24, 100)).await, "repeat");
    for name in 2..5 {
        assert_eq!(offer(&outbox, name, "m", 25, within(24, 3)).await, "new");
    }
    assert_eq!(
        offer(&outbox, 1, "m", 25, within(24, 3)).await,
        "new",
        "three came after it"
    );
    outbox.close().await;
    let store = sled::open(&folder.path().join("store"), 8 << 20, Duration::from_secs(5)).unwrap();
    let mut remembered = 0;
    let counting = &mut |_: &[u8], _: &[u8]| {
        remembered += 1;
        std::ops::ControlFlow::Continue(())
    };
    store.scan(Key::seen_all(), counting).unwrap();
    assert_eq!(remembered, 3, "what is forgotten leaves the store");
}

#[tokio::test]
async fn messages_offered_together_are_known_one_by_one() {
    let outbox = in_memory(MemoryStore::default());
    let named = |name: u8| Acceptance {
        window: Some(Window {
            identity: [name; 16],
            ..within(1, 10)
        }),
        ..acceptance("m", &["lab"])
    };
    let together = vec![named(1), named(2), named(1), acceptance("m", &["lab"])];
    let accepted = outbox.offer_all(together).await.unwrap().await.unwrap();
    assert_eq!((accepted.repeated, accepted.reused), (vec![2], vec![]));
    assert_eq!(owed(&outbox, "lab").len(), 3);
}

#[tokio::test]
async fn listeners_do_not_know_each_others_messages() {
    let outbox = in_memory(MemoryStore::default());
    for listener in ["adt", "oru"] {
        let offered = Acceptance {
            listener: listener.into(),
            window: Some(within(1, 10)),
            ..acceptance("m", &["lab"])
        };
        let accepted = outbox.offer(offered).await.unwrap().await.unwrap();
        assert_eq!(accepted.repeated, Vec::<usize>::new(), "{listener}");
    }
}

#[tokio::test]
async fn a_full_outbox_takes_nothing_until_a_tenth_has_left() {
    let full = Settings {
        entries_max: 10,
        ..settings()
    };
    let outbox = in_memory_with(MemoryStore::default(), &full);
    let mut taken = Vec::new();
    for _ in 0..5 {
        taken.push(accept(&outbox, "m", &["lab", "ehr"]).await.0);
    }
    let refused = outbox.offer(acceptance("m", &["lab"])).await.err();
    assert!(matches!(refused, Some(OutboxError::Full { .. })));
    assert_eq!(outbox.level().entries, 10);
    // A dead letter is kept like a delivery; sent again it takes no more room, even where there is none.
    settle(&outbox, "lab", taken[0], gave_up()).await;
    while outbox.depth("lab").unwrap().dead == 0 {
        tokio::task::yield_now().await;
    }
    assert!(outbox.resend("lab", Sequence(taken[0]), "ann").await.unwrap());
    assert_eq!(outbox.level().entries, 10);
    // One that is delivered leaves room.
    settle(&outbox, "lab", taken[2], Outcome::Delivered).await;
    settle(&outbox, "ehr", taken[0], Outcome::Delivered).await;
    settle(&outbox, "lab", taken[1], Outcome::Delivered).await;
    let mut room = std::pin::pin!(async {
        while outbox.full().is_some() {
            tokio::task::yield_now().await;
        }
    });
    room.as_mut().await;
    accept(&outbox, "m", &["lab"]).await;
}

#[tokio::test]
async fn the_bytes_kept_are_counted_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    let small = accept(&outbox, &"s".repeat(100), &["lab"]).await.0;
    let large = accept(&outbox, &"l".repeat(50_000), &["lab", "ehr"]).await.0;
    assert_eq!(outbox.level().bytes, 50_100);
    settle(&outbox, "lab", small, Outcome::Delivered).await;
    settle(&outbox, "lab", large, Outcome::Delivered).await;
    outbox.close().await;
    let outbox = open(folder.path());
    assert_eq!(
        outbox.level().bytes,
        50_000,
        "one destination is still owed the large one"
    );
    settle(&outbox, "ehr", large, Outcome::Delivered).await;
    outbox.close().await;
    assert_eq!(open(folder.path()).level().bytes, 0);
}
