//! The one thread that writes: group commit.
//!
//! It takes every request that waits, up to a count and a size, writes one batch, passes one barrier, answers
//! all. Numbers are given here, so they are the order in which requests entered the channel. What was accepted
//! is committed at once. Settlements alone may linger a little to share the barrier of the next message: with one
//! sender that makes one sync for each message instead of two. The first error ends the thread: nothing is
//! tried twice.

mod draft;
mod journal;
pub(super) mod pulse;
mod salvage;

use std::{
    panic::{self, AssertUnwindSafe},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use crossbeam_channel::{Receiver, at, never, select, tick};
use metrics::{Histogram, histogram};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use self::draft::{Draft, Effect};
use self::journal::Pen;
use self::pulse::Pulse;
use crate::{clock, metrics as names};

use super::{
    Acceptance, Accepted, Entry, Outcome, Sequence, StoreError,
    folder::Opened,
    gauge::{Level, disk_free_bytes},
    journal::{
        Attempt, Telling,
        record::{JournalMeta, ToldRecord},
    },
    key::{DestinationId, Key},
    lane::{Lane, Shared},
    links::Links,
    record::Meta,
    repeats::Repeats,
    store::Store,
    watermark::Watermark,
};

pub(super) const THREAD_NAME: &str = "weir-outbox-writer";
/// The most requests of one batch: more would only make the first of them wait.
const GROUP_REQUESTS_MAX: usize = 1_024;
/// The most bytes of one batch, unless its one message is longer.
const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How long settlements may wait for a message to share its barrier with. A sender that waits for each
/// acknowledgment sends its next message well within this time on a local network.
const LINGER: Duration = Duration::from_millis(10);
/// How long what nobody waits for may wait for something to share its barrier with.
const UNTIMED_LINGER: Duration = Duration::from_millis(500);
/// How often the watermark follows the store.
const WATERMARK_EVERY: Duration = Duration::from_secs(1);

/// What the handles ask of the writer.
pub(super) enum Request {
    Accept(Accept),
    Settle(Settle),
    Tell(Tell),
    Close,
}

/// Whether somebody waits for a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Haste {
    Now,
    Never,
}

/// A message, and what need not be made of it on the one thread that writes.
pub(super) struct Offered {
    /// Of what was received.
    pub(super) hash: [u8; 32],
    pub(super) acceptance: Acceptance,
    /// The names of its character sets, as a body beside those of the message.
    charsets: Option<Bytes>,
    /// What the journal is told, as one more.
    pub(super) told: Option<Bytes>,
}

impl Offered {
    pub(super) fn new(mut acceptance: Acceptance, keeps_journal: bool) -> Offered {
        let told = acceptance.told.take().filter(|_| keeps_journal).map(|told| {
            let body = |entry: &Entry| entry.body.index().and_then(|index| u16::try_from(index).ok());
            let record = ToldRecord {
                told,
                deliveries: acceptance.deliveries.iter().filter_map(body).collect(),
                dead: acceptance.dead.iter().map(|(_, reason)| reason.clone()).collect(),
            };
            record.encode()
        });
        let names = acceptance.charsets.as_str();
        Offered {
            hash: blake3::hash(&acceptance.raw).into(),
            charsets: (!names.is_empty()).then(|| Bytes::copy_from_slice(names.as_bytes())),
            acceptance,
            told,
        }
    }

    pub(super) fn told_bytes(&self) -> usize {
        self.told.as_ref().map_or(0, Bytes::len)
    }

    /// The bytes of all its bodies.
    fn bytes(&self) -> usize {
        self.acceptance.bytes() + self.told_bytes()
    }

    /// The same, as records have it.
    fn body_bytes(&self) -> u32 {
        u32::try_from(self.bytes()).expect("offer bounds the bodies")
    }

    /// The bodies in the order of their numbers.
    fn bodies(&self) -> impl Iterator<Item = &Bytes> {
        let acceptance = &self.acceptance;
        std::iter::once(&acceptance.raw)
            .chain(&acceptance.results)
            .chain(&self.charsets)
            .chain(&self.told)
    }
}

/// What is told the number of a message.
pub(super) type Numbered = Box<dyn Fn(Sequence) + Send>;

/// Messages that are committed together: a request is never parted between two batches.
pub(super) struct Accept {
    pub(super) messages: Vec<Offered>,
    /// Called with the number of the first that was new, once it is durable and before anyone can read it.
    pub(super) numbered: Option<Numbered>,
    pub(super) haste: Haste,
    pub(super) answer: oneshot::Sender<Accepted>,
    /// Given back when the messages are committed.
    pub(super) _room: OwnedSemaphorePermit,
}

pub(super) struct Settle {
    pub(super) lane: Arc<Lane>,
    pub(super) sequence: Sequence,
    pub(super) outcome: Outcome,
    pub(super) telling: Telling,
    pub(super) hold: Option<OwnedSemaphorePermit>,
    /// Given back when the settlement is committed. A quarantine has none: nobody waits for it.
    pub(super) _room: Option<OwnedSemaphorePermit>,
}

/// An attempt that has not ended its delivery.
pub(super) struct Tell {
    pub(super) lane: Arc<Lane>,
    pub(super) sequence: Sequence,
    pub(super) attempt: Attempt,
    /// Given back when it is committed.
    pub(super) _room: OwnedSemaphorePermit,
}

/// What is committed together.
#[derive(Default)]
struct Group {
    accepts: Vec<Accept>,
    tellings: Vec<Tell>,
    settlements: Vec<Settle>,
    bytes: usize,
    /// Somebody waits for a message.
    is_awaited: bool,
    /// Settlements must not linger any longer.
    hurry: bool,
    closing: bool,
}

impl Group {
    fn take(&mut self, request: Request) {
        match request {
            Request::Accept(accept) => {
                self.bytes += accept.messages.iter().map(Offered::bytes).sum::<usize>();
                self.is_awaited = self.is_awaited || accept.haste == Haste::Now;
                self.accepts.push(accept);
            }
            Request::Settle(settle) => {
                self.hurry = self.hurry || self.is_half_of_its_lane(&settle);
                self.settlements.push(settle);
            }
            Request::Tell(tell) => self.tellings.push(tell),
            Request::Close => self.closing = true,
        }
    }

    /// How long what waits here may wait for a message to share its barrier with.
    fn linger(&self) -> Option<Duration> {
        if self.settlements.is_empty() {
            (self.requests() > 0).then_some(UNTIMED_LINGER)
        } else {
            Some(LINGER)
        }
    }

    /// Whether half of what the lane may have unsettled waits here: letting it wait longer would stop the lane.
    fn is_half_of_its_lane(&self, settle: &Settle) -> bool {
        let Some(hold) = &settle.hold else { return false };
        let of_lane = |other: &&Settle| {
            let other = other.hold.as_ref().map(OwnedSemaphorePermit::semaphore);
            other.is_some_and(|other| Arc::ptr_eq(other, hold.semaphore()))
        };
        let here = 1 + self.settlements.iter().filter(of_lane).count();
        hold.semaphore().available_permits() <= here
    }

    fn requests(&self) -> usize {
        self.accepts.len() + self.tellings.len() + self.settlements.len()
    }

    fn is_full(&self) -> bool {
        self.requests() >= GROUP_REQUESTS_MAX || self.bytes >= GROUP_BYTES_MAX
    }

    fn must_commit(&self) -> bool {
        let any = self.requests() > 0;
        any && (self.is_awaited || self.hurry || self.closing || self.is_full())
    }

    /// Tells everyone. Room and holds are given back when the group is dropped.
    fn answer(self, accepted: Vec<Accepted>) {
        for settle in &self.settlements {
            settle.lane.settling().remove(&settle.sequence);
        }
        for (accept, accepted) in self.accepts.into_iter().zip(accepted) {
            // Who offered it may have gone; the message is accepted all the same.
            let _gone = accept.answer.send(accepted);
        }
    }

    /// Keeps the holds: a lane must not send more when its settlements no longer become durable.
    fn abandon(self) {
        self.settlements
            .into_iter()
            .filter_map(|settle| settle.hold)
            .for_each(OwnedSemaphorePermit::forget);
    }
}

pub(super) struct Writer {
    shared: Arc<Shared>,
    store: Arc<dyn Store>,
    watermark: Option<Watermark>,
    meta: Meta,
    repeats: Repeats,
    links: Links,
    /// Where the free space of the disk is looked at.
    folder: Option<PathBuf>,
    disk_free_bytes: Option<u64>,
    requests: Receiver<Request>,
    pulse: Arc<Pulse>,
    next_destination: DestinationId,
    journal: JournalMeta,
    journal_bytes_max: u64,
    commit_seconds: Histogram,
    commit_requests: Histogram,
}

impl Writer {
    pub(super) fn new(
        shared: Arc<Shared>,
        opened: Opened,
        requests: Receiver<Request>,
        journal_bytes_max: u64,
    ) -> Writer {
        let next_destination = shared.free_destination_id();
        let Opened {
            store,
            mut meta,
            keeps_journal: _,
            journal,
            repeats,
            links,
            watermark,
            folder,
        } = opened;
        // What is missing was told at opening; from here on what is there counts.
        (meta.queued, meta.dead) = shared.owed();
        let mut writer = Writer {
            shared,
            store,
            watermark,
            meta,
            repeats,
            links,
            folder,
            disk_free_bytes: None,
            requests,
            pulse: Arc::default(),
            next_destination,
            journal,
            journal_bytes_max,
            commit_seconds: histogram!(names::COMMIT_SECONDS),
            commit_requests: histogram!(names::COMMIT_REQUESTS),
        };
        writer.measure();
        writer
    }

    /// By which it can be seen to get on.
    pub(super) fn pulse(&self) -> Arc<Pulse> {
        Arc::clone(&self.pulse)
    }

    /// Runs until the outbox is closed or a write fails; in any case the store is let go at the end.
    pub(super) fn run_guarded(mut self) {
        let shared = Arc::clone(&self.shared);
        // Whatever else panics here: then the outbox has failed like with any other error.
        let ended = panic::catch_unwind(AssertUnwindSafe(|| {
            self.run();
            shared.release_store();
            drop(self);
        }));
        if ended.is_err() {
            shared.fail("the writer thread panicked".to_owned());
            shared.release_store();
        }
    }

    fn run(&mut self) {
        let watermark_due = tick(WATERMARK_EVERY);
        let mut lingering: Option<(Instant, Receiver<Instant>)> = None;
        let nothing = never();
        let mut group = Group::default();
        while !group.closing {
            let (mut forgets, mut is_due) = (false, false);
            self.pulse.beat();
            select! {
                recv(self.requests) -> request => {
                    self.pulse.beat();
                    self.gather(&mut group, request.unwrap_or(Request::Close));
                }
                recv(lingering.as_ref().map_or(&nothing, |(_, due)| due)) -> _ => {
                    self.pulse.beat();
                    group.hurry = group.requests() > 0;
                    is_due = true;
                    forgets = self.has_to_forget();
                }
                recv(watermark_due) -> _ => {
                    self.pulse.beat();
                    self.measure();
                    forgets = self.has_to_forget();
                    self.quarantine(&mut group);
                    if let Err(error) = self.write_watermark() {
                        return self.fail(group, &error);
                    }
                }
            }
            if is_due {
                lingering = None;
            }
            if group.must_commit() || (forgets && group.requests() == 0) {
                lingering = None;
                let is_idle = group.requests() == 0;
                match self.commit_guarded(&group) {
                    Ok(sequences) => {
                        let closing = group.closing;
                        std::mem::take(&mut group).answer(sequences);
                        group.closing = closing;
                        if is_idle && self.has_to_forget() {
                            let now = clock::monotonic();
                            lingering = Some((now, at(now)));
                        }
                    }
                    Err(error) => return self.fail(group, &error),
                }
            } else if let Some(linger) = group.linger() {
                let due = clock::monotonic() + linger;
                if lingering.as_ref().is_none_or(|(earlier, _)| due < *earlier) {
                    lingering = Some((due, at(due)));
                }
            }
        }
        if let Err(error) = self.write_watermark() {
            self.fail(group, &error);
        }
    }

    fn fail(&self, group: Group, error: &StoreError) {
        // First the reason, then the answers that refer to it.
        self.shared.fail(error.to_string());
        group.abandon();
        // sled would write and sync once more when it is dropped: what failed must not be tried again.
        std::mem::forget(Arc::clone(&self.store));
    }

    /// Takes a request and whatever waits behind it.
    fn gather(&self, group: &mut Group, first: Request) {
        group.take(first);
        while !group.is_full() && !group.closing {
            let Ok(request) = self.requests.try_recv() else {
                break;
            };
            group.take(request);
        }
    }

    /// Whether notes of the journal wait to be forgotten.
    fn has_to_forget(&self) -> bool {
        self.journal.first < self.journal.next
            && (self.shared.journal.done() >= self.journal.first
                || self.journal.bytes > self.journal_bytes_max)
    }

    /// Parks what readers found damaged.
    fn quarantine(&self, group: &mut Group) {
        for damaged in self.shared.take_damaged() {
            self.shared.quarantined.fetch_add(1, Ordering::Relaxed);
            group.hurry = true;
            group.settlements.push(Settle {
                lane: damaged.lane,
                sequence: damaged.sequence,
                outcome: Outcome::DeadLetter {
                    reason: format!("a stored record is damaged: {}", damaged.damage),
                    attempts: 0,
                    answer: None,
                },
                telling: Telling::default(),
                hold: None,
                _room: None,
            });
        }
    }

    /// Looks how full the disk is.
    fn measure(&mut self) {
        self.disk_free_bytes = self.folder.as_deref().and_then(disk_free_bytes);
        self.tell_level();
    }

    /// Says how full store and disk are.
    fn tell_level(&self) {
        self.shared.gauge.measure(&Level {
            entries: self.meta.queued + self.meta.dead,
            bytes: self.meta.bytes,
            disk_free_bytes: self.disk_free_bytes,
        });
    }

    fn write_watermark(&mut self) -> Result<(), StoreError> {
        let Some(watermark) = &mut self.watermark else {
            return Ok(());
        };
        watermark
            .write(&self.meta)
            .map_err(|error| StoreError::new("watermark", &error))
    }

    /// A panic of the store is a failed write like any other, and handled as one: the reason first, the holds
    /// kept, the store not touched again.
    fn commit_guarded(&mut self, group: &Group) -> Result<Vec<Accepted>, StoreError> {
        panic::catch_unwind(AssertUnwindSafe(|| self.commit(group)))
            .unwrap_or_else(|_| Err(StoreError::new("commit", &"the store panicked")))
    }

    /// One batch, one barrier; then everyone may see it.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a group has at most a thousand requests"
    )]
    fn commit(&mut self, group: &Group) -> Result<Vec<Accepted>, StoreError> {
        let started = clock::monotonic();
        let mut draft = Draft::new(
            &self.shared,
            &*self.store,
            &mut self.repeats,
            &mut self.links,
            self.meta.next,
            self.next_destination,
            Pen::new(self.shared.journal.is_kept(), self.journal),
        );
        let answers: Vec<Accepted> = group
            .accepts
            .iter()
            .map(|accept| draft.accept(accept))
            .collect::<Result<_, _>>()?;
        for tell in &group.tellings {
            draft.tell(tell);
        }
        for settle in &group.settlements {
            draft.settle(settle)?;
        }
        draft.forget(self.shared.journal.done(), self.journal_bytes_max)?;
        let journal = draft.close_journal();
        let Draft {
            mut batch,
            effects,
            next,
            next_destination,
            accepted,
            ..
        } = draft;
        self.meta.next = next;
        self.next_destination = next_destination;
        self.meta.commits += 1;
        for effect in &effects {
            effect.count(&mut self.meta);
        }
        batch.put(Key::meta(), self.meta.encode());
        self.store.commit(batch)?;
        self.commit_seconds.record(started.elapsed().as_secs_f64());
        self.commit_requests.record(group.requests() as f64);
        add(&self.shared.barriers, 1);
        add(&self.shared.accepted, accepted);
        for (accept, accepted) in group.accepts.iter().zip(&answers) {
            if let Some(numbered) = accept.numbered.as_ref().filter(|_| accepted.repeated.is_empty()) {
                numbered(accepted.first);
            }
        }
        self.shared.set_durable(self.meta.next);
        self.journal = journal;
        self.shared.journal.publish(journal);
        self.publish(effects);
        self.tell_level();
        Ok(answers)
    }

    fn publish(&self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Queued(lane, sequence) => {
                    add(&self.shared.entries, 1);
                    add(&lane.queued, 1);
                    lane.arrivals.send_replace(sequence);
                }
                Effect::DeadFromTheStart(lane) => {
                    add(&self.shared.entries, 1);
                    add(&self.shared.dead_lettered, 1);
                    add(&lane.dead, 1);
                }
                Effect::Delivered(lane) => {
                    add(&self.shared.delivered, 1);
                    lane.queued.fetch_sub(1, Ordering::Relaxed);
                }
                Effect::Purged(lane) => {
                    add(&self.shared.purged, 1);
                    lane.queued.fetch_sub(1, Ordering::Relaxed);
                }
                Effect::DeadLettered(lane) => {
                    add(&self.shared.dead_lettered, 1);
                    lane.queued.fetch_sub(1, Ordering::Relaxed);
                    add(&lane.dead, 1);
                }
                Effect::Resent(lane) => {
                    add(&self.shared.resent, 1);
                    lane.dead.fetch_sub(1, Ordering::Relaxed);
                }
                Effect::DeadPurged(lane) => {
                    add(&self.shared.purged, 1);
                    lane.dead.fetch_sub(1, Ordering::Relaxed);
                }
                Effect::Kept(_) | Effect::Released(_) => {}
            }
        }
    }
}

fn add(count: &AtomicU64, by: u64) {
    count.fetch_add(by, Ordering::Relaxed);
}
