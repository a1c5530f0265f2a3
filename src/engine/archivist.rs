//! Takes the outbox's journal into the archive: reads it in order, hands it over, and only then lets it be forgotten.
//!
//! A thread of its own, since both sides block. Nothing waits for it: an archive that is slow or broken lets the
//! journal grow, and beyond the outbox's bound for that the oldest notes go unread, before any message is refused.
//! What was handed over and not yet forgotten when weir ended is handed over again, and the archive knows it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use metrics::{counter, gauge};
use rustix::process::setpriority_process;
use rustix::thread::gettid;
use tokio::sync::{oneshot, watch};
use tracing::{debug, error, info, warn};

use crate::archive::{self, Archive, ArchiveError, Event, Retention, What};
use crate::audit::Nodes;
use crate::config;
use crate::outbox::{End, Judgment, Note, Noted, OriginMessage, Outbox, Owed, Passage, Received, Told};
use crate::secret::SecretPlace;
use crate::{clock, metrics as names};

use super::StartError;
use super::status::Status;
use super::traces::{Exporter, Traces};

const THREAD_NAME: &str = "weir-archivist";
/// Notes handed over at once, and the bytes of their messages.
const BATCH_NOTES_MAX: usize = 4_000;
const BATCH_BYTES_MAX: usize = 16 << 20;
/// How much the thread gives way to others of the process (Linux knows this for each thread).
const NICE: i32 = 10;
/// How long notes are gathered: what is written together costs one sync of the archive.
const GATHER: Duration = Duration::from_millis(200);
/// How long it waits for a note before it looks after the archive.
const IDLE: Duration = Duration::from_secs(1);
/// The pauses after a failure double from the first to the longest.
const PAUSE_FIRST: Duration = Duration::from_millis(250);
const PAUSE_LONGEST: Duration = Duration::from_secs(30);
/// How long deleting what is too old may take before notes have their turn.
const TIDY_TURN: Duration = Duration::from_millis(200);
/// How often a round of deleting begins.
const TIDY_EVERY: Duration = Duration::from_secs(60);

/// The thread, and how to end it.
pub(super) struct Archivist {
    outbox: Outbox,
    stopping: Arc<AtomicBool>,
    retention: watch::Sender<Retention>,
    /// Resolves when the thread has ended.
    ended: oneshot::Receiver<()>,
    /// Sends traces of what was handed over, where somebody gets them.
    exporter: Option<Exporter>,
}

impl Archivist {
    /// Opens the archive and begins where it was before. When it cannot be opened, that is tried again: it may be lost,
    /// and no delivery is, so weir runs all the same; but for an archive that is encrypted otherwise than the site says.
    pub(super) async fn start(
        outbox: &Outbox,
        status: &Arc<Status>,
        settings: &config::Archive,
        traces: Option<(&config::Traces, Nodes)>,
    ) -> Result<Archivist, StartError> {
        let (folder, key) = (settings.folder.clone(), settings.key.clone());
        let opened = tokio::task::spawn_blocking(move || Archive::open(&folder, key.as_ref())).await;
        match opened {
            Ok(Ok(archive)) => status.set_archive(archive),
            Ok(Err(error)) if error.is_refusal() => return Err(StartError::ArchiveRefused(error)),
            // Why not is told by the thread, which tries again.
            Ok(Err(_)) | Err(_) => {}
        }
        let stopping = Arc::new(AtomicBool::new(false));
        let retention = watch::Sender::new(settings.retention.clone());
        let (ending, ended) = oneshot::channel();
        let started = traces.map(|(traces, nodes)| Traces::start(traces, outbox.store_id(), status, nodes));
        let (traces, exporter) = started.unzip();
        let work = Work {
            outbox: outbox.clone(),
            status: Arc::clone(status),
            folder: settings.folder.clone(),
            key: settings.key.clone(),
            retention: retention.subscribe(),
            traces,
            stopping: Arc::clone(&stopping),
            read: 0,
            behind_since: None,
            failures: 0,
            lost: outbox.journal_level().lost,
        };
        thread::Builder::new()
            .name(THREAD_NAME.to_owned())
            .spawn(move || {
                work.run();
                drop(ending);
            })?;
        Ok(Archivist {
            outbox: outbox.clone(),
            stopping,
            retention,
            ended,
            exporter,
        })
    }

    /// From now on this long is kept what.
    pub(super) fn keep(&self, retention: &Retention) {
        self.retention.send_if_modified(|kept| {
            let is_changed = kept != retention;
            kept.clone_from(retention);
            is_changed
        });
    }

    /// Lets it hand over what is durable by now, for so long; what is left is handed over after the next start.
    pub(super) async fn stop(self, grace: Duration) {
        self.stopping.store(true, Ordering::Release);
        self.outbox.wake_journal();
        if tokio::time::timeout(grace, self.ended).await.is_err() {
            let left = self.outbox.journal_level().notes;
            warn!(
                left,
                "the archive has not got everything; it will after the next start"
            );
        }
        if let Some(exporter) = self.exporter {
            exporter.stop().await;
        }
    }
}

struct Work {
    outbox: Outbox,
    /// Shows the archive to whoever asks, once it is open.
    status: Arc<Status>,
    folder: PathBuf,
    key: Option<SecretPlace>,
    retention: watch::Receiver<Retention>,
    traces: Option<Traces>,
    stopping: Arc<AtomicBool>,
    /// The last note that the archive has.
    read: u64,
    /// When the oldest note happened that was read and could not be handed over yet.
    behind_since: Option<Timestamp>,
    /// Failures in a row.
    failures: u32,
    /// Notes known to be lost.
    lost: u64,
}

impl Work {
    fn run(mut self) {
        // Messages that come and go have the processor first: history can be a little behind when there is too little
        // of it.
        if let Err(error) = setpriority_process(Some(gettid()), NICE) {
            debug!(%error, "the archive's thread is as urgent as all others");
        }
        // Shown from the start: an alert looks at how they grow.
        for count in [names::ARCHIVE_NOTES, names::ARCHIVE_FAILURES, names::ARCHIVE_LOST] {
            counter!(count).increment(0);
        }
        let mut tidied = clock::monotonic();
        // Whatever became too old while weir was down goes first, and how large the archive is gets known.
        let mut is_tidy = false;
        loop {
            let is_last = self.is_stopping();
            let handed_over = self.hand_over();
            if is_last && let Ok(0) = handed_over {
                break;
            }
            // Also while notes keep coming, and when the archive takes nothing: it may be for want of room.
            let is_changed = self.retention.has_changed().unwrap_or(false);
            if !is_last && (!is_tidy || is_changed || tidied.elapsed() >= TIDY_EVERY) {
                is_tidy = self.tidy();
                tidied = clock::monotonic();
            }
            match handed_over {
                Ok(0) => {
                    self.measure();
                    let limit = if is_tidy { IDLE } else { TIDY_TURN };
                    self.outbox.wait_for_journal(self.read, limit);
                    self.gather();
                }
                Ok(_) => self.gather(),
                // An outbox that has failed is read no more.
                Err(reason) if is_last || self.outbox.has_failed() => {
                    error!(
                        reason,
                        "the archive has not got everything; it will after the next start"
                    );
                    break;
                }
                Err(reason) => self.pause(&reason),
            }
        }
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Waits a little, so that more is written with one sync; not when a whole batch is there, or at a stop.
    fn gather(&self) {
        if !self.is_stopping() {
            self.outbox
                .wait_for_journal(self.read + BATCH_NOTES_MAX as u64, GATHER);
        }
    }

    /// Hands the next notes over; how many.
    fn hand_over(&mut self) -> Result<usize, String> {
        let told = |error: &dyn std::fmt::Display| error.to_string();
        let archive = self.archive().map_err(|error| told(&error))?;
        if self.read == 0 {
            self.read = self.go_on(&archive).map_err(|error| told(&error))?;
            self.outbox.forget_journal(self.read);
        }
        let reading = self
            .outbox
            .read_journal(self.read, BATCH_NOTES_MAX, BATCH_BYTES_MAX)
            .map_err(|error| told(&error))?;
        let count = reading.notes.len();
        if count > 0 {
            self.behind_since = oldest(&reading.notes);
            self.measure();
            let events = self
                .events(&archive, reading.notes)
                .map_err(|error| told(&error))?;
            archive
                .write(self.outbox.store_id(), &events)
                .map_err(|error| told(&error))?;
            if let Some(traces) = &self.traces {
                traces.tell(&events);
            }
            counter!(names::ARCHIVE_NOTES).increment(count as u64);
        }
        self.behind_since = None;
        if self.failures > 0 {
            info!("the archive takes notes again");
            self.failures = 0;
        }
        if reading.upto > self.read {
            self.read = reading.upto;
            self.outbox.forget_journal(self.read);
        }
        Ok(count)
    }

    /// The last note that the archive has. Only of this outbox as it is: one of the two may have been put back from a
    /// copy.
    fn go_on(&self, archive: &Archive) -> Result<u64, ArchiveError> {
        let store = self.outbox.store_id();
        let level = self.outbox.journal_level();
        let first = level.next - level.notes;
        let written = archive.written(store)?;
        match written {
            Some(written) if written >= level.next => {
                // Its numbers are given anew: as those of the outbox before it they would be passed over.
                archive.set_aside(store)?;
                error!(
                    written,
                    next = level.next,
                    "the outbox is older than its archive: it was put back from a copy; what it tells from now on is \
                     kept beside what it told before"
                );
                Ok(0)
            }
            Some(written) if written + 1 < first => {
                let (from, to) = (written + 1, first - 1);
                error!(
                    from,
                    to,
                    "these notes are not in the archive: it was put back from a copy, or they were let go"
                );
                Ok(written)
            }
            Some(written) => Ok(written),
            None => Ok(0),
        }
    }

    /// The archive, opened when it is not open yet.
    fn archive(&self) -> Result<Archive, ArchiveError> {
        if let Some(archive) = self.status.archive() {
            return Ok(archive.clone());
        }
        let archive = Archive::open(&self.folder, self.key.as_ref())?;
        self.status.set_archive(archive.clone());
        Ok(archive)
    }

    /// The notes as the archive wants them.
    fn events(&self, archive: &Archive, notes: Vec<Note>) -> Result<Vec<Event>, ArchiveError> {
        let event = |note: Note| {
            let what = match note.what {
                Noted::Received(received) => What::Received(self.received(archive, *received)?),
                Noted::Attempted {
                    destination,
                    sequence,
                    attempt,
                } => What::Attempted(archive::Attempt {
                    destination,
                    sequence: sequence.0,
                    at: attempt.at,
                    took: attempt.took,
                    code: attempt.code,
                    problem: attempt.problem,
                    answer: attempt.answer,
                }),
                Noted::Settled {
                    destination,
                    sequence,
                    at,
                    end,
                    by,
                } => What::Settled(archive::Settlement {
                    destination,
                    sequence: sequence.0,
                    at,
                    end: self::end(end),
                    by,
                }),
            };
            Ok(Event {
                number: note.number,
                what,
            })
        };
        notes.into_iter().map(event).collect()
    }

    fn received(&self, archive: &Archive, received: Received) -> Result<archive::Received, ArchiveError> {
        let Told {
            judgment,
            routes,
            tags,
            origin,
        } = received.told;
        let origin = match origin {
            Some(origin) => Some(archive::Origin {
                message: match origin.message {
                    OriginMessage::Archived(number) => number,
                    OriginMessage::Here(message) => archive.number(self.outbox.store_id(), message.0)?,
                },
                is_edited: origin.is_edited,
                by: origin.by,
                why: origin.why,
            }),
            None => None,
        };
        let passage = |passage: Passage| archive::Passage {
            route: passage.route,
            filtered: passage.filtered,
        };
        let owed = |owed: Owed| archive::Owed {
            destination: owed.destination,
            sequence: owed.sequence.0,
            result: owed.result,
            dead: owed.dead,
        };
        Ok(archive::Received {
            message: received.message.0,
            received_at: received.received_at,
            listener: received.listener,
            site_version: received.site_version,
            charsets: received.charsets.names().map(|name| name?.parse().ok()).collect(),
            raw: received.raw,
            outcome: outcome(judgment),
            routes: routes.into_iter().map(passage).collect(),
            tags,
            results: received.results,
            deliveries: received.deliveries.into_iter().map(owed).collect(),
            origin,
        })
    }

    /// After a failure: says so ever less often, and waits.
    fn pause(&mut self, reason: &str) {
        self.failures = self.failures.saturating_add(1);
        counter!(names::ARCHIVE_FAILURES).increment(1);
        if self.failures.is_power_of_two() {
            let failures = self.failures;
            error!(
                reason,
                failures, "the archive takes nothing; messages are not held up, the journal grows"
            );
        }
        // What could not even be read for it, since it does not open, waits as well.
        let waiting = self.outbox.read_journal(self.read, 1, 1);
        if let Ok(reading) = waiting {
            self.behind_since = oldest(&reading.notes);
        }
        self.measure();
        let doubled =
            PAUSE_FIRST.saturating_mul(2_u32.saturating_pow(self.failures.saturating_sub(1).min(20)));
        if !self.is_stopping() {
            // No note has this number: it ends with the time, or at a stop.
            self.outbox.wait_for_journal(u64::MAX, doubled.min(PAUSE_LONGEST));
        }
    }

    /// Deletes what is too old or too much, for a while; whether the round has ended.
    fn tidy(&mut self) -> bool {
        let Some(archive) = self.status.archive() else {
            return true;
        };
        let archive = archive.clone();
        let retention = self.retention.borrow_and_update().clone();
        let started = clock::monotonic();
        while started.elapsed() < TIDY_TURN {
            match archive.tidy(&retention, self.status.calendar().now()) {
                Ok(true) => return true,
                Ok(false) => {}
                Err(error) => {
                    error!(%error, "what is too old in the archive could not be deleted");
                    return true;
                }
            }
        }
        false
    }

    /// Sets the gauges, and says what was lost.
    #[expect(clippy::cast_precision_loss, reason = "a gauge needs no more digits")]
    fn measure(&mut self) {
        let level = self.outbox.journal_level();
        gauge!(names::ARCHIVE_LAG_NOTES).set(level.notes as f64);
        gauge!(names::JOURNAL_BYTES).set(level.bytes as f64);
        let behind = self.behind_since;
        self.status.set_archive_behind_since(behind);
        let lag = behind.map_or(0.0, |since| clock::now().duration_since(since).as_secs_f64());
        gauge!(names::ARCHIVE_LAG_SECONDS).set(lag.max(0.0));
        if level.lost > self.lost {
            let lost = level.lost - self.lost;
            error!(
                lost,
                "the journal was too long, and its oldest notes were let go: the archive misses them"
            );
            counter!(names::ARCHIVE_LOST).increment(lost);
            self.lost = level.lost;
        }
    }
}

/// When the first of these notes happened, as far as they say.
fn oldest(notes: &[Note]) -> Option<Timestamp> {
    notes.first().map(|note| match &note.what {
        Noted::Received(received) => received.received_at,
        Noted::Attempted { attempt, .. } => attempt.at,
        Noted::Settled { at, .. } => *at,
    })
}

fn outcome(judgment: Judgment) -> archive::Outcome {
    match judgment {
        Judgment::Accepted => archive::Outcome::Accepted,
        Judgment::Filtered => archive::Outcome::Filtered,
        Judgment::Unrouted => archive::Outcome::Unrouted,
        Judgment::Repeated => archive::Outcome::Repeated,
        Judgment::Refused { code, reason } => archive::Outcome::Refused { code, reason },
    }
}

fn end(end: End) -> archive::End {
    match end {
        End::Delivered => archive::End::Delivered,
        End::Dead { reason } => archive::End::Dead { reason },
        End::Purged => archive::End::Purged,
        End::Resent => archive::End::Resent,
    }
}
