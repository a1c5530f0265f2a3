//! The nodes that weir connects to beside destinations: repositories, contacts, the collector of traces, databases.
//!
//! That one side does not take the certificate of the other is written down once, and not again before the node was
//! reached and some time has passed: a node that is not trusted for a day makes one record, however often it is tried.
//! A repository that gets the audit log has that record to get too, so without this bound one that now takes a record
//! and now is not trusted would have a new one each time, for ever.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;

use super::{Aside, Entry, Log, Outcome};
use crate::clock;

/// What the record says was done.
const WHAT: &str = "node.refused";
/// Between two records of one node.
const PAUSE: Duration = Duration::from_secs(60 * 60);
/// So far back it is looked for what a start that failed has written.
const RECALLED_MAX: usize = 100;

/// Writes down which nodes are not reached for want of trust. Clones know the same.
#[derive(Clone)]
pub struct Nodes {
    aside: Aside,
    /// The objects that were written down.
    noted: Arc<Mutex<BTreeMap<String, Noted>>>,
}

/// What was written down of a node.
struct Noted {
    at: Instant,
    /// Whether it was reached since.
    is_reached: bool,
}

impl Nodes {
    /// Writes to this log, until all clones are gone. Within a runtime.
    pub fn new(log: Log) -> Nodes {
        Nodes {
            aside: Aside::new(log),
            noted: Arc::default(),
        }
    }

    /// Knows what a start before this one has written that failed, so that starting again and again fills nothing.
    pub async fn recall(&self, log: Log) {
        let read = spawn_blocking(move || log.newest(None, RECALLED_MAX, |_| true)).await;
        // A log that cannot be read is told by whoever writes to it.
        let Ok(Ok(records)) = read else { return };
        let since = records
            .into_iter()
            .take_while(|record| !["start", "stop"].contains(&record.what.as_str()));
        let ours = since.filter(|record| record.what == WHAT && record.who == "weir");
        let at = clock::monotonic();
        self.noted()
            .extend(ours.map(|record| (record.object, Noted::new(at))));
    }

    /// Has it written down that this node does not take weir's certificate, or weir does not take its own.
    pub fn refused(&self, object: &str, why: &str) {
        self.refused_at(clock::monotonic(), object, why);
    }

    fn refused_at(&self, now: Instant, object: &str, why: &str) {
        let mut noted = self.noted();
        if noted.get(object).is_some_and(|noted| !noted.is_over(now)) {
            return;
        }
        let entry = Entry {
            outcome: Outcome::Refused,
            detail: Some(why.to_owned()),
            ..Entry::by_weir("", object)
        };
        // What was too much is tried again with the next failure.
        if self.aside.note(WHAT, entry) {
            noted.insert(object.to_owned(), Noted::new(now));
        }
    }

    /// This node was reached: that it is refused again is another record.
    pub fn reached(&self, object: &str) {
        if let Some(noted) = self.noted().get_mut(object) {
            noted.is_reached = true;
        }
    }

    /// Returns when what was refused before is written down: for whoever ends the process.
    pub async fn written(&self) {
        self.aside.written().await;
    }

    fn noted(&self) -> MutexGuard<'_, BTreeMap<String, Noted>> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Noted {
    fn new(at: Instant) -> Noted {
        Noted {
            at,
            is_reached: false,
        }
    }

    /// Whether what comes now is another matter.
    fn is_over(&self, now: Instant) -> bool {
        self.is_reached && now.saturating_duration_since(self.at) >= PAUSE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The objects of all records, the oldest first.
    fn objects(log: &Log) -> Vec<String> {
        let records = log.newest(None, 1_000, |_| true).unwrap();
        records.into_iter().rev().map(|record| record.object).collect()
    }

    #[tokio::test]
    async fn a_node_is_written_down_once_until_it_was_reached() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::new(folder.path());
        let nodes = Nodes::new(log.clone());
        for _ in 0..1_000 {
            nodes.refused("repositories/arr", "certificate expired");
            nodes.clone().refused("contacts/on-call", "unknown issuer");
        }
        nodes.written().await;
        assert_eq!(objects(&log), ["repositories/arr", "contacts/on-call"]);
        nodes.reached("repositories/arr");
        let later = clock::monotonic() + PAUSE;
        for _ in 0..2 {
            nodes.refused_at(later, "repositories/arr", "certificate expired");
            nodes.refused_at(later + PAUSE * 24, "contacts/on-call", "unknown issuer");
        }
        nodes.written().await;
        assert_eq!(
            objects(&log),
            ["repositories/arr", "contacts/on-call", "repositories/arr"]
        );
        let newest = log.newest(None, 1, |_| true).unwrap().remove(0);
        assert_eq!((newest.what.as_str(), newest.outcome), (WHAT, Outcome::Refused));
        assert_eq!(newest.detail.as_deref(), Some("certificate expired"));
    }

    #[tokio::test]
    async fn what_flaps_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::new(folder.path());
        let nodes = Nodes::new(log.clone());
        let begin = clock::monotonic();
        // A day of a repository that is refused, and gets the record of that, every second.
        for second in 0..24 * 60 * 60 {
            nodes.refused_at(
                begin + Duration::from_secs(second),
                "repositories/arr",
                "certificate expired",
            );
            nodes.reached("repositories/arr");
        }
        nodes.written().await;
        assert_eq!(objects(&log).len(), 24);
    }

    #[tokio::test]
    async fn a_start_that_failed_before_has_written_it_already() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::new(folder.path());
        for _ in 0..3 {
            let nodes = Nodes::new(log.clone());
            nodes.recall(log.clone()).await;
            nodes.refused("tables/providers", "unknown issuer");
            nodes.written().await;
        }
        assert_eq!(objects(&log), ["tables/providers"]);
        log.append(Entry::by_weir("start", "site version 1")).unwrap();
        let nodes = Nodes::new(log.clone());
        nodes.recall(log.clone()).await;
        nodes.refused("tables/providers", "unknown issuer");
        nodes.written().await;
        assert_eq!(
            objects(&log),
            ["tables/providers", "site version 1", "tables/providers"]
        );
    }
}
