//! Dead letters: sent again, thrown away, and the account over both.

use super::*;

/// A message for two destinations, given up at one of them.
async fn dead_at_lab(outbox: &Outbox, raw: &str) -> u64 {
    let sequence = accept(outbox, raw, &["lab", "ehr"]).await.0;
    settle(outbox, "lab", sequence, gave_up()).await;
    settle(outbox, "ehr", sequence, Outcome::Delivered).await;
    sequence
}

fn dead(outbox: &Outbox) -> Vec<u64> {
    let letters = outbox.dead_letters("lab", None, 100).unwrap();
    letters.iter().map(|letter| letter.sequence.0).collect()
}

#[tokio::test]
async fn a_dead_letter_is_sent_again_once_behind_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    let first = dead_at_lab(&outbox, "first").await;
    accept(&outbox, "second", &["lab"]).await;
    let again = || outbox.resend("lab", Sequence(first), "ann");
    let (one, other) = tokio::join!(again(), again());
    assert_eq!(
        [one.unwrap(), other.unwrap()]
            .iter()
            .filter(|resent| **resent)
            .count(),
        1
    );
    assert!(!again().await.unwrap(), "it is no dead letter any more");
    let owed: Vec<Bytes> = owed(&outbox, "lab").into_iter().map(|(_, bytes)| bytes).collect();
    assert_eq!(owed, ["second", "first"]);
    assert_eq!(dead(&outbox), Vec::<u64>::new());
    let depth = outbox.depth("lab").unwrap();
    assert_eq!((depth.queued, depth.dead, outbox.counts().resent), (2, 0, 1));
    for (sequence, _) in super::owed(&outbox, "lab") {
        settle(&outbox, "lab", sequence, Outcome::Delivered).await;
    }
    outbox.close().await;
    assert_eq!(left_in(folder.path()).0, 0, "nothing of it stays");
}

#[tokio::test]
async fn long_dead_letters_are_read_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    let long = "M".repeat(6 << 20);
    for _ in 0..4 {
        dead_at_lab(&outbox, &long).await;
    }
    let (mut after, mut parts) = (None, Vec::new());
    loop {
        let found = outbox.dead_letters("lab", after, 100).unwrap();
        let Some(last) = found.last() else { break };
        after = Some(last.sequence);
        parts.push(found.len());
    }
    assert_eq!(parts, [2, 2]);
}

#[tokio::test]
async fn a_dead_letter_is_thrown_away_with_its_message() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    let first = dead_at_lab(&outbox, &"x".repeat(20_000)).await;
    let second = dead_at_lab(&outbox, "second").await;
    settle(&outbox, "lab", first, Outcome::Purged).await;
    settle(&outbox, "lab", first, Outcome::Purged).await;
    accept(&outbox, "barrier", &["ehr"]).await;
    assert_eq!(dead(&outbox), [second]);
    assert_eq!((outbox.counts().purged, outbox.level().entries), (1, 2));
    outbox.close().await;
    let outbox = open(folder.path());
    assert_eq!(dead(&outbox), [second]);
    assert_eq!(outbox.counts().missing, 0);
    assert_eq!(outbox.level().bytes, 6 + 7);
}

#[tokio::test]
async fn what_two_destinations_gave_up_goes_with_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    let sequence = accept(&outbox, "m", &["lab", "ehr"]).await.0;
    settle(&outbox, "lab", sequence, gave_up()).await;
    settle(&outbox, "ehr", sequence, gave_up()).await;
    // Settlements share the barrier of the next message.
    accept(&outbox, "stays", &["other"]).await;
    assert!(outbox.resend("lab", Sequence(sequence), "ann").await.unwrap());
    settle(&outbox, "ehr", sequence, Outcome::Purged).await;
    let (again, _) = owed(&outbox, "lab")[0];
    settle(&outbox, "lab", again, Outcome::Delivered).await;
    outbox.close().await;
    assert_eq!(left_in(folder.path()).0, 1);
}
