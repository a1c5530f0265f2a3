//! Records of what comes from outside and that nobody waits for: a sender that was refused, a handshake that failed.
//!
//! Whoever refuses goes on at once; a task of its own writes. Only so many of a kind are written, so that a flood fills
//! neither the disk nor the log; the next record of that kind says how many were not, and a metric counts them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use metrics::counter;
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;
use tracing::error;

use super::{Entry, Log};
use crate::clock;
use crate::metrics::AUDIT_UNWRITTEN_TOTAL;

/// So many records of a kind are written at once.
const BURST: u32 = 30;
/// And after those, one in this time: half a megabyte a day.
const PAUSE: Duration = Duration::from_secs(60);
/// Those that wait for the disk.
const WAITING_MAX: usize = 64;

/// Writes records that nobody waits for. Clones share what may be written.
#[derive(Clone)]
pub struct Aside {
    waiting: mpsc::Sender<Waiting>,
    bounds: Arc<Mutex<BTreeMap<&'static str, Bound>>>,
}

/// What the task takes, one after the other.
enum Waiting {
    /// A record that is to be written.
    Record(Entry),
    /// Somebody who is to know when all before is written.
    Asker(oneshot::Sender<()>),
}

/// What of one kind may be written.
struct Bound {
    left: u32,
    /// When `left` last grew.
    since: Instant,
    /// How many were not written since the last that was.
    unwritten: u64,
}

impl Aside {
    /// Writes to this log, until all clones are gone. Within a runtime.
    pub fn new(log: Log) -> Aside {
        let (waiting, mut arriving) = mpsc::channel(WAITING_MAX);
        tokio::spawn(async move {
            while let Some(next) = arriving.recv().await {
                let entry = match next {
                    Waiting::Record(entry) => entry,
                    Waiting::Asker(asker) => {
                        // Whoever does not wait any more need not know.
                        asker.send(()).ok();
                        continue;
                    }
                };
                let log = log.clone();
                if let Ok(Err(failure)) = spawn_blocking(move || log.append(entry)).await {
                    error!(%failure, "something that was refused is not in the audit log");
                }
            }
        });
        Aside {
            waiting,
            bounds: Arc::default(),
        }
    }

    /// Has a record written soon, unless there were too many of this kind: whether it will be.
    pub fn note(&self, what: &'static str, entry: Entry) -> bool {
        let mut bounds = self.bounds.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock::monotonic();
        let bound = bounds.entry(what).or_insert_with(|| Bound::new(now));
        let (is_allowed, unwritten) = bound.take(now);
        let more = (unwritten > 0).then(|| format!("{unwritten} more were not written down"));
        let detail = entry
            .detail
            .into_iter()
            .chain(more)
            .collect::<Vec<_>>()
            .join("; ");
        let entry = Entry {
            what: what.to_owned(),
            detail: Some(detail).filter(|detail| !detail.is_empty()),
            ..entry
        };
        if is_allowed && self.waiting.try_send(Waiting::Record(entry)).is_ok() {
            bound.unwritten = 0;
            return true;
        }
        bound.unwritten += 1;
        counter!(AUDIT_UNWRITTEN_TOTAL, "what" => what).increment(1);
        false
    }

    /// Returns when what was noted before is written, or could not be: for whoever ends the process.
    pub async fn written(&self) {
        let (asker, answer) = oneshot::channel();
        if self.waiting.send(Waiting::Asker(asker)).await.is_ok() {
            // Without an answer the task has ended, and nothing more is written.
            drop(answer.await);
        }
    }
}

impl Bound {
    fn new(now: Instant) -> Bound {
        Bound {
            left: BURST,
            since: now,
            unwritten: 0,
        }
    }

    /// Whether one more may be written now, and how many were not since the last.
    fn take(&mut self, now: Instant) -> (bool, u64) {
        let passed = now.saturating_duration_since(self.since);
        let grown = u32::try_from(passed.as_secs() / PAUSE.as_secs()).unwrap_or(BURST);
        if grown > 0 {
            self.left = self.left.saturating_add(grown).min(BURST);
            self.since += PAUSE * grown.min(BURST);
            if self.left == BURST {
                self.since = now;
            }
        }
        let is_allowed = self.left > 0;
        self.left = self.left.saturating_sub(1);
        (is_allowed, self.unwritten)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_bounded_and_counted() {
        let begin = clock::monotonic();
        let mut bound = Bound::new(begin);
        for _ in 0..BURST {
            assert_eq!(bound.take(begin), (true, 0));
        }
        assert_eq!(bound.take(begin), (false, 0));
        bound.unwritten = 7;
        assert_eq!(bound.take(begin + Duration::from_secs(59)), (false, 7));
        assert_eq!(bound.take(begin + PAUSE), (true, 7));
        assert_eq!(bound.take(begin + PAUSE), (false, 7));
        // After a long calm there is no more than at the beginning.
        let later = begin + PAUSE * 100;
        let written = (0..BURST * 2).filter(|_| bound.take(later).0).count();
        assert_eq!(written, BURST as usize);
    }

    #[tokio::test]
    async fn what_is_noted_is_written_with_what_was_not() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::new(folder.path());
        let mut newest = log.newest_number();
        let aside = Aside::new(log.clone());
        aside.note("test.refused", Entry::by_weir("", "listeners/in"));
        newest.wait_for(|number| *number == 1).await.unwrap();
        aside
            .bounds
            .lock()
            .unwrap()
            .get_mut("test.refused")
            .unwrap()
            .unwritten = 3;
        aside.note("test.refused", Entry::by_weir("", "listeners/in"));
        newest.wait_for(|number| *number == 2).await.unwrap();
        let records = log.newest(None, 9, |_| true).unwrap();
        let told: Vec<_> = records
            .iter()
            .map(|record| (record.what.as_str(), record.detail.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                ("test.refused", Some("3 more were not written down")),
                ("test.refused", None)
            ]
        );
    }
}
