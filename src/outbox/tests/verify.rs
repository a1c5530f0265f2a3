//! The account of an outbox, and damage that is found by looking.

use super::*;

#[tokio::test]
async fn the_account_balances_whatever_became_of_everything() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    let mut taken = Vec::new();
    for number in 0..6 {
        taken.push(
            accept(&outbox, &"x".repeat(10 + number * 5_000), &["lab", "ehr"])
                .await
                .0,
        );
    }
    settle(&outbox, "lab", taken[0], Outcome::Delivered).await;
    settle(&outbox, "lab", taken[1], gave_up()).await;
    settle(&outbox, "lab", taken[2], gave_up()).await;
    settle(&outbox, "ehr", taken[0], Outcome::Purged).await;
    accept(&outbox, "barrier", &["lab"]).await;
    assert!(outbox.resend("lab", Sequence(taken[1]), "ann").await.unwrap());
    outbox.close().await;

    let found = Outbox::verify(folder.path(), &settings()).unwrap();
    let counts = |lab, ehr| BTreeMap::from([("lab".to_owned(), lab), ("ehr".to_owned(), ehr)]);
    assert_eq!(
        (found.entries, found.delivered, found.purged, found.resent),
        (14, 1, 1, 1)
    );
    assert_eq!(found.queued, counts(5, 5));
    assert_eq!(found.dead, BTreeMap::from([("lab".to_owned(), 1)]));
    assert_eq!((found.difference(), found.damages), (0, 0));
    assert_eq!(found.messages, 7);
    let outbox = open(folder.path());
    assert_eq!(
        outbox.level().bytes,
        found.bytes,
        "what is counted is what is there"
    );
}

#[tokio::test]
async fn what_is_missing_or_damaged_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    for _ in 0..3 {
        accept(&outbox, &"x".repeat(9_000), &["lab"]).await;
    }
    outbox.close().await;
    let store = sled::open(&folder.path().join("store"), 8 << 20, Duration::from_secs(5)).unwrap();
    let mut batch = super::super::store::Batch::default();
    batch.remove(Key::entry(1, Sequence(1)));
    batch.remove(Key::chunk(Sequence(2), 0, 1));
    batch.put(Key::message(Sequence(3)), vec![1; 40]);
    batch.put(Key::link([1; 16]), vec![1; 40]);
    store.commit(batch).unwrap();
    drop(store);

    let found = Outbox::verify(folder.path(), &settings()).unwrap();
    assert_eq!(found.difference(), 1, "an entry is gone");
    expect_test::expect![[r"
        lab 2: its message: a record it needs is not there
        lab 3: its message: the checksum does not fit
        message 3: the checksum does not fit
        the sequence number of a sender: the checksum does not fit
    "]]
    .assert_eq(&(found.damaged.join("\n") + "\n"));
    assert_eq!(found.damages, 4);
}
