//! What a repository does not have yet, where the log cannot be read and where a receiver never closes.

use super::*;
use crate::audit::{Entry, Log};

fn spool(folder: &Path, log: &Log, status: &Arc<Status>) -> Spool {
    Spool::new(log.clone(), folder, Arc::from("arr"), Arc::clone(status))
}

fn log(folder: &Path, records: u64) -> Log {
    let log = Log::new(folder);
    for number in 1..=records {
        log.append(Entry::by_weir(&format!("test.{number}"), "site"))
            .unwrap();
    }
    log
}

async fn numbers(spool: &mut Spool, count_max: usize) -> Vec<u64> {
    let records = spool.next(count_max).await.unwrap();
    records.iter().map(|record| record.number).collect()
}

#[tokio::test]
async fn a_newest_record_that_cannot_be_read_is_a_failure_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let (log, status) = (log(folder.path(), 2), Status::of_any_site(folder.path()));
    let file = log.files().unwrap().pop().unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("test.2", "test.9")).unwrap();
    let mut spool = spool(folder.path(), &log, &status);
    assert_eq!(numbers(&mut spool, 9).await, [1]);
    spool.confirm(1, "sent").await.unwrap();
    for _ in 0..2 {
        let error = spool.next(9).await.unwrap_err();
        assert_eq!(error, "the audit log cannot be read from record 2 on");
        let waiting = status.audit_waiting()["arr"];
        assert_eq!(waiting.records, 1);
        assert!(waiting.oldest_at.is_some(), "nobody would be told");
        spool.rewind();
    }
    log.append(Entry::by_weir("test.3", "site")).unwrap();
    assert_eq!(numbers(&mut spool, 9).await, [3]);
    spool.confirm(1, "sent").await.unwrap();
    assert_eq!(status.audit_waiting()["arr"].oldest_at, None);
}

#[tokio::test]
async fn what_only_the_second_open_connection_carried_is_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let (log, status) = (log(folder.path(), 2), Status::of_any_site(folder.path()));
    let mut spool = spool(folder.path(), &log, &status);
    let mut left_open = None;
    assert_eq!(numbers(&mut spool, 9).await, [1, 2]);
    assert_eq!(syslog::sent_twice(&mut left_open, &spool), 0);
    spool.rewind();
    log.append(Entry::by_weir("test.3", "site")).unwrap();
    assert_eq!(numbers(&mut spool, 9).await, [1, 2, 3]);
    let twice = syslog::sent_twice(&mut left_open, &spool);
    assert_eq!(twice, 2);
    spool.confirm(twice, "sent").await.unwrap();
    spool.rewind();
    assert_eq!(numbers(&mut spool, 9).await, [3]);
    assert_eq!(syslog::sent_twice(&mut left_open, &spool), 1);
}
