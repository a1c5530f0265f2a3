//! What is damaged leaves the store like anything else when it is ended, with its bytes and no others.

use super::*;

/// Takes three messages for these destinations, flips a bit of that record, ends everything; what is left then of
/// messages, bodies and deliveries, and how many bytes are counted as kept.
async fn left_after_damage(to: &[&str], long: bool, damaged: Key) -> (usize, u64) {
    let durable = Arc::new(Mutex::new(Content::new()));
    let outbox = in_memory(MemoryStore::over(&durable));
    for number in 1..=3 {
        let raw = format!("m{number}").repeat(if long { 5_000 } else { 1 });
        accept(&outbox, &raw, to).await;
    }
    // The last one is a dead letter, whose record can be damaged, too.
    settle(&outbox, to[to.len() - 1], LAST, gave_up()).await;
    outbox.close().await;
    flip(&durable, &damaged);

    let outbox = in_memory(MemoryStore::over(&durable));
    for sequence in 1..=LAST {
        settle(&outbox, to[0], sequence, Outcome::Delivered).await;
        settle(&outbox, to[0], sequence, Outcome::Purged).await;
        if to.len() > 1 {
            settle(&outbox, to[1], sequence, gave_up()).await;
        }
    }
    outbox.close().await;
    let outbox = in_memory(MemoryStore::over(&durable));
    if to.len() > 1 {
        assert_ne!(
            outbox.level().bytes,
            0,
            "the dead letters still need theirs: {to:?}"
        );
    }
    for sequence in 1..=LAST {
        settle(&outbox, to[to.len() - 1], sequence, Outcome::Purged).await;
    }
    outbox.close().await;
    let bytes = in_memory(MemoryStore::over(&durable)).level().bytes;
    let content = durable.lock().unwrap();
    let names = [
        Key::meta(),
        Key::destination(1),
        Key::destination(2),
        Key::destination_again(1),
        Key::destination_again(2),
    ];
    let kept = names
        .iter()
        .filter(|key| content.contains_key(key.as_ref()))
        .count();
    (content.len() - kept, bytes)
}

/// No number is larger: three messages, each for one or two deliveries.
const LAST: u64 = 3;

#[tokio::test]
async fn what_is_damaged_is_freed_with_its_last_delivery() {
    let entry = |sequence| Key::entry(1, Sequence(sequence));
    let message = Key::message(Sequence(2));
    for long in [false, true] {
        for (to, damaged) in [
            (&["a"][..], entry(2)),
            (&["a"], message),
            (&["a"], Key::dead(1, Sequence(LAST))),
            (&["a", "b"], entry(2)),
            (&["a", "b"], Key::entry(2, Sequence(2))),
            (&["a", "b"], Key::dead(2, Sequence(LAST))),
            (&["a", "b"], message),
        ] {
            let left = left_after_damage(to, long, damaged).await;
            assert_eq!(left, (0, 0), "{to:?} long: {long} {:?}", damaged.as_ref());
        }
    }
}

#[tokio::test]
async fn a_second_delivery_to_one_destination_is_found_by_its_message() {
    let durable = Arc::new(Mutex::new(Content::new()));
    let outbox = in_memory(MemoryStore::over(&durable));
    accept(&outbox, "first", &["a", "a", "a"]).await;
    accept(&outbox, "second", &["a"]).await;
    outbox.close().await;
    flip(&durable, &Key::entry(1, Sequence(2)));
    flip(&durable, &Key::entry(1, Sequence(3)));
    let outbox = in_memory(MemoryStore::over(&durable));
    for sequence in 1..=3 {
        assert_eq!(outbox.level().bytes, "firstsecond".len() as u64, "{sequence}");
        settle(&outbox, "a", sequence, Outcome::Delivered).await;
    }
    outbox.close().await;
    let outbox = in_memory(MemoryStore::over(&durable));
    assert_eq!(outbox.level().bytes, "second".len() as u64);
    assert_eq!(owed(&outbox, "a"), [(4, "second".into())]);
}
