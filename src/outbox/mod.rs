//! The outbox: what was accepted and is still owed, kept durably until each destination has it.
//!
//! A message and all its deliveries come in by [`Outbox::offer`], in one atomic batch; each destination reads
//! what it is owed, in order, by [`Outbox::next`]; a delivery leaves by [`Outbox::settle`], delivered, as a
//! dead letter, or purged because somebody ordered it. Anything not settled is still there after any crash.
//!
//! One writer thread commits (see `writer.rs`); a positive answer means that the batch survives a power cut.
//! After the first failed write nothing is answered any more ([`Outbox::failure`]): it never retries a sync,
//! because the system may have dropped what the failed one was to write. The outbox knows bytes and names; it
//! never looks into a message, and never prints one.

mod delivery;
mod error;
mod folder;
#[cfg(any(test, fuzzing))]
pub mod fuzzed;
mod gauge;
mod journal;
mod key;
mod lane;
mod links;
#[cfg(test)]
mod memory;
mod reader;
mod record;
mod repeats;
mod sealed;
mod sled;
mod store;
#[cfg(test)]
mod tests;
mod verify;
mod watermark;
mod writer;

use std::{
    fmt,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    thread,
    time::Duration,
};

use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

use crate::{secret::SecretPlace, units};

pub use self::{
    delivery::{
        Acceptance, Accepted, BodyRef, Charsets, Counts, DeadLetter, Delivery, Depth, Entry, Outcome,
        Sequence, Settlement, Window,
    },
    error::{OpenError, OutboxError, OutboxFailure},
    gauge::Level,
    journal::{
        Attempt, End, JournalLevel, Judgment, Note, Noted, Origin, OriginMessage, Owed, Passage, Reading,
        Received, Telling, Told,
    },
    links::{Link, LinkAnswer, LinkNumber},
    store::StoreError,
    verify::Verification,
};
use self::{
    lane::Shared,
    reader::Settling,
    writer::{Accept, Haste, Numbered, Offered, Request, Settle, Tell, Writer, pulse},
};

/// How long a lock held by a dying process is waited for, when the settings do not say.
const LOCK_WAIT: Duration = Duration::from_secs(5);
/// How long a disk may take that is still one, when the settings do not say: by then a switch to another path to it has
/// come about.
const WRITE_TIMEOUT: Duration = Duration::from_secs(120);
/// What one permit of the room for offers stands for. Every offer takes at least one, so that the room bounds
/// bytes and requests together.
const PERMIT_BYTES: usize = 16 * 1024;
/// How many settlements may wait for the writer, apart from the room for offers: a flood of messages must not
/// stop the deliveries that make room for it.
const SETTLEMENTS_WAITING_MAX: usize = 4_096;

/// How the outbox uses the machine. Nothing here changes what it promises.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How much of messages may wait for the writer, as `64MiB` (the default); more make the senders wait.
    #[serde(deserialize_with = "units::bytes")]
    pub waiting_bytes_max: usize,
    /// Memory for the store's cache, as `16MiB` (the default). A larger one was not faster in our measurements, and takes four
    /// times its size where a long backlog waits.
    #[serde(deserialize_with = "units::bytes")]
    pub cache_bytes_max: usize,
    /// How long to wait for the lock of a process that is just ending, as `5s` (the default).
    #[serde(deserialize_with = "units::duration")]
    pub lock_wait: Duration,
    /// How long one write may take, as `2m` (the default). One that has neither ended nor failed by then is a failed one, and
    /// weir ends.
    #[serde(deserialize_with = "units::time_limit")]
    pub write_timeout: Duration,
    /// Deliveries and dead letters kept at once, 10000000 by default. With as many nothing more is accepted until a
    /// tenth of them are gone.
    pub entries_max: u64,
    /// Bytes of messages kept at once, as `64GiB` (the default). With as many nothing more is accepted until a tenth
    /// of them are gone.
    #[serde(deserialize_with = "units::bytes")]
    pub stored_bytes_max: usize,
    /// Space on the disk that is left for deliveries to end and for others, as `256MiB` (the default). With less
    /// nothing more is accepted until there is a tenth more.
    #[serde(deserialize_with = "units::bytes")]
    pub disk_free_bytes_min: usize,
    /// Where the operator's key is kept; without one nothing is encrypted. A setting of the site's own, because not
    /// the outbox alone is encrypted by it.
    #[serde(skip)]
    pub key: Option<SecretPlace>,
}

/// What the outbox takes no more than.
#[derive(Debug, Clone, Copy)]
struct Limits {
    entries_max: u64,
    stored_bytes_max: u64,
    disk_free_bytes_min: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            waiting_bytes_max: 64 * 1024 * 1024,
            cache_bytes_max: 16 * 1024 * 1024,
            lock_wait: LOCK_WAIT,
            write_timeout: WRITE_TIMEOUT,
            entries_max: 10_000_000,
            stored_bytes_max: 64 << 30,
            disk_free_bytes_min: 256 << 20,
            key: None,
        }
    }
}

impl Settings {
    /// The most that the journal may take: beyond it the oldest notes go unread, before messages are refused.
    fn journal_bytes_max(&self) -> u64 {
        self.stored_bytes_max as u64 / 8
    }

    fn limits(&self) -> Limits {
        Limits {
            entries_max: self.entries_max,
            stored_bytes_max: self.stored_bytes_max as u64,
            disk_free_bytes_min: self.disk_free_bytes_min as u64,
        }
    }
}

/// Where the data keys of the outbox in this folder are, if it is encrypted.
pub fn keys_file(folder: &Path) -> PathBuf {
    folder.join(folder::KEYS_FILE)
}

/// A handle; clones are the same outbox.
#[derive(Clone)]
pub struct Outbox {
    shared: Arc<Shared>,
    requests: crossbeam_channel::Sender<Request>,
    /// Fair, so that offers enter the writer's channel in the order in which they asked.
    offer_room: Arc<Semaphore>,
    offer_permits_max: u32,
    settle_room: Arc<Semaphore>,
    closing: Arc<AtomicBool>,
    /// Where the store is; in memory it is nowhere.
    folder: Option<Arc<Path>>,
    /// Where the operator's key is kept, of an outbox that is encrypted.
    key: Option<SecretPlace>,
    /// Its sender ends with the writer thread, or when that hangs.
    ended: watch::Receiver<()>,
}

impl Outbox {
    /// Opens the outbox in a folder, and makes it there when the folder is new or empty. Blocks.
    ///
    /// A store that is missing, damaged, of another format, or older than its watermark is refused.
    pub fn open(folder: &Path, settings: &Settings) -> Result<Outbox, OpenError> {
        Outbox::open_as(folder, settings, false)
    }

    /// Like [`open`](Outbox::open), with a journal: somebody has to read it and to let it be forgotten, or it grows to
    /// its bound. An outbox that is opened without one lets go of what an earlier one still holds.
    pub fn open_with_journal(folder: &Path, settings: &Settings) -> Result<Outbox, OpenError> {
        Outbox::open_as(folder, settings, true)
    }

    fn open_as(folder: &Path, settings: &Settings, keeps_journal: bool) -> Result<Outbox, OpenError> {
        let opened = folder::open(folder, settings, keeps_journal)?;
        let journal = (opened.keeps_journal, opened.journal);
        let shared = Shared::over(
            Arc::clone(&opened.store),
            &opened.meta,
            journal,
            settings.limits(),
        )
        .map_err(|error| error.into_open_error(folder))?;
        Outbox::start(shared, opened, settings)
    }

    /// Looks at every record of the outbox in a folder that no process uses, and draws up its account. Blocks.
    ///
    /// What makes an outbox not open at all is an error here, too.
    pub fn verify(folder: &Path, settings: &Settings) -> Result<Verification, OpenError> {
        verify::verify(folder, settings)
    }

    fn start(shared: Shared, opened: folder::Opened, settings: &Settings) -> Result<Outbox, OpenError> {
        let permits = (settings.waiting_bytes_max / PERMIT_BYTES).clamp(1, Semaphore::MAX_PERMITS >> 1);
        // One place for each permit and one for closing: who holds a permit always finds a place.
        let (sender, requests) = crossbeam_channel::bounded(permits + SETTLEMENTS_WAITING_MAX + 1);
        let (ending, ended) = watch::channel(());
        let outbox = Outbox {
            shared: Arc::new(shared),
            requests: sender,
            offer_room: Arc::new(Semaphore::new(permits)),
            offer_permits_max: u32::try_from(permits).unwrap_or(u32::MAX),
            settle_room: Arc::new(Semaphore::new(SETTLEMENTS_WAITING_MAX)),
            closing: Arc::new(AtomicBool::new(false)),
            folder: opened.folder.as_deref().map(Arc::from),
            key: settings.key.clone(),
            ended,
        };
        let writer = Writer::new(
            Arc::clone(&outbox.shared),
            opened,
            requests,
            settings.journal_bytes_max(),
        );
        let (offer_room, settle_room) = (Arc::clone(&outbox.offer_room), Arc::clone(&outbox.settle_room));
        let (pulse, shared, limit) = (writer.pulse(), Arc::clone(&outbox.shared), settings.write_timeout);
        let (at_work, writer_ended) = crossbeam_channel::bounded(0);
        begin(writer::THREAD_NAME, move || {
            writer.run_guarded();
            drop(at_work);
        })?;
        begin(pulse::THREAD_NAME, move || {
            pulse::watch(&pulse, &shared, limit, &writer_ended);
            // Whoever waits for room learns that there will be none.
            offer_room.close();
            settle_room.close();
            drop(ending);
        })?;
        Ok(outbox)
    }

    /// Hands a message over. Waits while the outbox is full; when it returns, the message has its place in the
    /// order of acceptance. It is accepted when the [`Pending`] resolves. Both end when the outbox fails or is
    /// closed.
    pub async fn offer(&self, acceptance: Acceptance) -> Result<Pending, OutboxError> {
        self.offer_all(vec![acceptance]).await
    }

    /// Like [`offer`](Outbox::offer), for a message of which somebody must know the number before any destination
    /// can have read it: `numbered` is called with it in between. The writer calls it, so it must not wait.
    pub async fn offer_numbered(
        &self,
        acceptance: Acceptance,
        numbered: impl Fn(Sequence) + Send + 'static,
    ) -> Result<Pending, OutboxError> {
        self.offer_to_writer(vec![acceptance], Some(Box::new(numbered)), Haste::Now)
            .await
    }

    /// Hands over what nobody is owed and nobody waits for, but the journal is told of: a message that was refused.
    /// It is written with whatever is committed next, or after a while.
    pub async fn offer_untimed(&self, acceptances: Vec<Acceptance>) -> Result<(), OutboxError> {
        let pending = self.offer_to_writer(acceptances, None, Haste::Never).await?;
        drop(pending);
        Ok(())
    }

    /// Hands messages over that are accepted together or not at all, whatever happens. They take their places one
    /// after the other; the [`Pending`] resolves to the number of the first.
    pub async fn offer_all(&self, acceptances: Vec<Acceptance>) -> Result<Pending, OutboxError> {
        self.offer_to_writer(acceptances, None, Haste::Now).await
    }

    async fn offer_to_writer(
        &self,
        acceptances: Vec<Acceptance>,
        numbered: Option<Numbered>,
        haste: Haste,
    ) -> Result<Pending, OutboxError> {
        let mut bytes = delivery::check_all(&acceptances)?;
        let takes_no_more_room = acceptances.iter().all(|one| one.instead_of.is_some());
        let full = self.shared.gauge.full();
        if let Some(what) = full.filter(|full| !takes_no_more_room || *full == gauge::FULL_DISK) {
            return Err(OutboxError::Full { what });
        }
        // Hashed and written out here, so that the one writer need not.
        let keeps_journal = self.keeps_journal();
        let offered = acceptances.into_iter();
        let offered: Vec<Offered> = offered
            .map(|acceptance| Offered::new(acceptance, keeps_journal))
            .collect();
        bytes += offered.iter().map(Offered::told_bytes).sum::<usize>();
        let permits = u32::try_from(bytes / PERMIT_BYTES).unwrap_or(u32::MAX);
        let permits = permits.saturating_add(1).min(self.offer_permits_max);
        let room = Arc::clone(&self.offer_room).acquire_many_owned(permits).await;
        let room = room.map_err(|_| self.shared.stopped())?;
        let (answer, answered) = oneshot::channel();
        self.send(Request::Accept(Accept {
            messages: offered,
            numbered,
            haste,
            answer,
            _room: room,
        }))?;
        Ok(Pending::new(
            Arc::clone(&self.shared),
            answered,
            self.ended.clone(),
        ))
    }

    /// What a destination is owed next, in order, after the given number. Blocks on the store.
    ///
    /// Only what is durable is returned, and nothing whose settlement is on its way. At least one delivery is
    /// returned when there is one, however long; further ones within `count_max` and `bytes_max`.
    pub fn next(
        &self,
        destination: &str,
        after: Option<Sequence>,
        count_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<Delivery>, OutboxError> {
        let limits = (count_max, bytes_max);
        reader::next(&self.shared, destination, after, limits, Settling::Passed)
    }

    /// Like [`next`](Outbox::next), with the deliveries whose settlement is on its way: until it is durable they are
    /// still owed, and nobody can know what becomes of them.
    pub fn owed(
        &self,
        destination: &str,
        after: Option<Sequence>,
        count_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<Delivery>, OutboxError> {
        let limits = (count_max, bytes_max);
        reader::next(&self.shared, destination, after, limits, Settling::Left)
    }

    /// Ends a delivery. Returns when the settlement is on its way to the writer: a crash before it is durable
    /// repeats the delivery, which the `hold` bounds. It is released when the settlement is durable: a lane that
    /// takes one permit of its own semaphore before each delivery has no more to repeat than the semaphore has
    /// permits, and one more if it takes the permit after the delivery.
    ///
    /// When the write fails, the hold is not given back, so that the lane sends nothing more: who waits for a
    /// permit must wait for [`Outbox::failure`], too.
    pub async fn settle(
        &self,
        settlement: Settlement,
        hold: Option<OwnedSemaphorePermit>,
    ) -> Result<(), OutboxError> {
        self.settle_telling(settlement, Telling::default(), hold).await
    }

    /// Like [`settle`](Outbox::settle); the journal is told more of it.
    pub async fn settle_telling(
        &self,
        settlement: Settlement,
        telling: Telling,
        hold: Option<OwnedSemaphorePermit>,
    ) -> Result<(), OutboxError> {
        let room = Arc::clone(&self.settle_room).acquire_owned().await;
        let room = room.map_err(|_| self.shared.stopped())?;
        let lane = self.shared.lane(&settlement.destination);
        lane.settling().insert(settlement.sequence);
        let Settlement {
            sequence, outcome, ..
        } = settlement;
        self.send(Request::Settle(Settle {
            lane,
            sequence,
            outcome,
            telling,
            hold,
            _room: Some(room),
        }))
    }

    /// Tells the journal of an attempt that has not ended its delivery. Written with whatever is committed next, or
    /// after a while; without a journal, nothing.
    pub async fn note_attempt(
        &self,
        destination: &str,
        sequence: Sequence,
        attempt: Attempt,
    ) -> Result<(), OutboxError> {
        if !self.keeps_journal() {
            return Ok(());
        }
        let room = Arc::clone(&self.settle_room).acquire_owned().await;
        let room = room.map_err(|_| self.shared.stopped())?;
        self.send(Request::Tell(Tell {
            lane: self.shared.lane(destination),
            sequence,
            attempt,
            _room: room,
        }))
    }

    /// Whether there is a journal, so that something should be told to it.
    pub fn keeps_journal(&self) -> bool {
        self.shared.journal.is_kept()
    }

    /// The notes of the journal after this number, in order, with the messages they tell of. Only what is durable;
    /// at least one when there is one that can be read, further ones within the limits. Blocks on the store.
    pub fn read_journal(
        &self,
        after: u64,
        count_max: usize,
        bytes_max: usize,
    ) -> Result<Reading, OutboxError> {
        journal::read(&self.shared, after, (count_max, bytes_max))
    }

    /// Waits until there is a note after this number, or for so long. Blocks.
    pub fn wait_for_journal(&self, after: u64, limit: Duration) {
        self.shared.journal.wait(after, limit);
    }

    /// Ends whatever [`wait_for_journal`](Outbox::wait_for_journal) waits for at this moment.
    pub fn wake_journal(&self) {
        self.shared.journal.wake();
    }

    /// Lets the notes up to this number go, with the messages that nobody is owed any more: not at once, and with no
    /// barrier of its own. What is read meanwhile, or after a crash, may be read again.
    pub fn forget_journal(&self, upto: u64) {
        self.shared.journal.forget(upto);
    }

    /// How long the journal is.
    pub fn journal_level(&self) -> JournalLevel {
        self.shared.journal.level()
    }

    /// The newest durable delivery of a destination; changes when there is a newer one, and tells nothing of a
    /// failure.
    pub fn arrivals(&self, destination: &str) -> watch::Receiver<Sequence> {
        self.shared.lane(destination).arrivals.subscribe()
    }

    /// How much a destination is owed.
    pub fn depth(&self, destination: &str) -> Result<Depth, OutboxError> {
        reader::depth(&self.shared, destination)
    }

    /// Every destination that was ever owed something, by name.
    pub fn destinations(&self) -> Vec<Arc<str>> {
        self.shared.destinations()
    }

    /// A destination's dead letters, in order, after the given number; fewer where they are long, and none only at
    /// the end. Blocks on the store.
    pub fn dead_letters(
        &self,
        destination: &str,
        after: Option<Sequence>,
        count_max: usize,
    ) -> Result<Vec<DeadLetter>, OutboxError> {
        reader::dead_letters(&self.shared, destination, after, count_max)
    }

    /// By which number each sender's link was left, to be put into a backup. Blocks on the store.
    pub fn links(&self) -> Result<Vec<Link>, OutboxError> {
        reader::links(&self.shared)
    }

    /// Whether it was accepted before this outbox was opened, so that the run before may have sent it.
    pub fn was_left(&self, sequence: Sequence) -> bool {
        sequence < self.shared.next_at_opening
    }

    /// What tells this outbox from every other: made once, with the store.
    pub fn store_id(&self) -> u128 {
        self.shared.store_id
    }

    /// Where the operator's key is kept; `None` when the outbox is not encrypted.
    pub fn key(&self) -> Option<&SecretPlace> {
        self.key.as_ref()
    }

    /// How full it is.
    pub fn level(&self) -> Level {
        self.shared.gauge.level()
    }

    /// How full it is, in percent of the limit that it is nearest to.
    pub fn percent(&self) -> u64 {
        self.shared.gauge.percent()
    }

    /// What its files take on the disk, if that can be told. Blocks on the disk.
    pub fn disk_bytes(&self) -> Option<u64> {
        gauge::folder_bytes(self.folder.as_deref()?)
    }

    /// What there is too much or too little of, while nothing more is accepted.
    pub fn full(&self) -> Option<&'static str> {
        self.shared.gauge.full()
    }

    /// Makes a dead letter a delivery again, behind all that its destination is owed; false when there is no such
    /// dead letter any more, or its records cannot be read. Blocks on the store before it waits for the barrier.
    /// The journal is told `by` whom.
    pub async fn resend(&self, destination: &str, sequence: Sequence, by: &str) -> Result<bool, OutboxError> {
        let before = sequence.0.checked_sub(1).map(Sequence);
        let found = self.dead_letters(destination, before, 1)?.pop();
        let found = found
            .filter(|dead| dead.sequence == sequence)
            .and_then(|dead| dead.delivery);
        let Some(delivery) = found else {
            return Ok(false);
        };
        let destination: Arc<str> = destination.into();
        let told = Told {
            judgment: Judgment::Accepted,
            routes: Vec::new(),
            tags: Vec::new(),
            origin: Some(Origin {
                message: OriginMessage::Here(delivery.message),
                is_edited: false,
                by: by.to_owned(),
                why: String::new(),
            }),
        };
        let entry = Entry {
            destination: Arc::clone(&destination),
            body: BodyRef::Raw,
        };
        let acceptance = Acceptance {
            received_at: delivery.received_at,
            listener: delivery.listener.into(),
            control_id: delivery.control_id,
            site_version: delivery.site_version.into(),
            charsets: Charsets::new(std::iter::once(delivery.charset.as_deref())),
            raw: delivery.bytes,
            results: Vec::new(),
            deliveries: vec![entry],
            dead: Vec::new(),
            window: None,
            instead_of: Some((destination, sequence)),
            told: Some(told),
            link: None,
        };
        let accepted = self.offer(acceptance).await?.await?;
        Ok(accepted.repeated.is_empty())
    }

    /// What the outbox has done since it was opened.
    pub fn counts(&self) -> Counts {
        self.shared.counts()
    }

    /// Resolves when a write has failed or takes too long, and never otherwise. Nothing is accepted any more: end the process and
    /// start it again.
    pub async fn failure(&self) -> OutboxFailure {
        let mut failure = self.shared.failure.subscribe();
        let failed = failure
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|failed| failed.clone());
        match failed {
            Some(failed) => failed,
            // Its sender lives in `shared`, which we hold; and `wait_for` waited for `Some`.
            None => std::future::pending().await,
        }
    }

    /// Whether a write has failed; see [`failure`](Outbox::failure).
    pub fn has_failed(&self) -> bool {
        self.shared.failure.borrow().is_some()
    }

    /// Commits what was handed over before, leaves the watermark behind and lets go of the store; ends without when a
    /// write fails or takes too long.
    pub async fn close(self) {
        if !self.closing.swap(true, Ordering::SeqCst) {
            // If the writer has failed there is nothing left to tell it.
            let _failed = self.send(Request::Close);
        }
        let mut ended = self.ended.clone();
        while ended.changed().await.is_ok() {}
    }

    fn send(&self, request: Request) -> Result<(), OutboxError> {
        self.requests.try_send(request).map_err(|_| self.shared.stopped())
    }
}

/// Starts a thread of the outbox.
fn begin(name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), OpenError> {
    let thread = thread::Builder::new().name(name.to_owned());
    thread.spawn(run).map(drop).map_err(|source| OpenError::Io {
        path: format!("the thread {name}").into(),
        source,
    })
}

impl fmt::Debug for Outbox {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Outbox")
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

/// Messages handed over and not yet durable. Resolves when they are.
#[must_use = "the message is accepted only when this resolves"]
pub struct Pending {
    answer: Pin<Box<dyn Future<Output = Result<Accepted, OutboxError>> + Send>>,
}

impl Pending {
    fn new(
        shared: Arc<Shared>,
        mut answered: oneshot::Receiver<Accepted>,
        mut ended: watch::Receiver<()>,
    ) -> Pending {
        let answer = Box::pin(async move {
            // A request that reached the channel behind the writer's last is never looked at: so its end counts,
            // too, unless the answer came just before it.
            let answer = tokio::select! {
                biased;
                answer = &mut answered => answer.ok(),
                _ = ended.changed() => answered.try_recv().ok(),
            };
            answer.ok_or_else(|| shared.stopped())
        });
        Pending { answer }
    }
}

impl Future for Pending {
    type Output = Result<Accepted, OutboxError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.answer.as_mut().poll(context)
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Pending").finish_non_exhaustive()
    }
}
