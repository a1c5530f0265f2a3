//! The one thread that writes: group commit.
//!
//! It takes every request that waits, up to a count and a size, writes one batch, passes one barrier, answers
//! all. Numbers are given here, so they are the order in which requests entered the channel. What was accepted
//! is committed at once. Settlements alone may linger a little to share the barrier of the next message: with one
//! sender that makes one sync for each message instead of two. The first error ends the thread: nothing is
//! tried twice.

use std::{
    collections::HashMap,
    ops::ControlFlow,
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use crossbeam_channel::{Receiver, after, never, select, tick};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::{
    Acceptance, Outcome, Sequence, StoreError,
    folder::Opened,
    key::{DestinationId, Key},
    lane::{Lane, Shared},
    record::{self, CHUNK_BYTES_MAX, DeadRecord, EntryRecord, MessageRecord, Meta, VALUE_BYTES_MAX},
    store::{Batch, Store},
    watermark::Watermark,
};
use crate::clock;

pub(super) const THREAD_NAME: &str = "weir-outbox-writer";
/// The most requests of one batch: more would only make the first of them wait.
const GROUP_REQUESTS_MAX: usize = 1_024;
/// The most bytes of one batch, unless its one message is longer.
const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How long settlements may wait for a message to share its barrier with. A sender that waits for each
/// acknowledgment sends its next message well within this time on a local network.
const LINGER: Duration = Duration::from_millis(10);
/// How often the watermark follows the store.
const WATERMARK_EVERY: Duration = Duration::from_secs(1);

/// What the handles ask of the writer.
pub(super) enum Request {
    Accept(Accept),
    Settle(Settle),
    Close,
}

pub(super) struct Accept {
    pub(super) acceptance: Acceptance,
    pub(super) hash: [u8; 32],
    pub(super) answer: oneshot::Sender<Sequence>,
    /// Given back when the message is committed.
    pub(super) _room: OwnedSemaphorePermit,
}

pub(super) struct Settle {
    pub(super) lane: Arc<Lane>,
    pub(super) sequence: Sequence,
    pub(super) outcome: Outcome,
    pub(super) hold: Option<OwnedSemaphorePermit>,
    /// Given back when the settlement is committed. A quarantine has none: nobody waits for it.
    pub(super) _room: Option<OwnedSemaphorePermit>,
}

/// What is committed together.
#[derive(Default)]
struct Group {
    accepts: Vec<Accept>,
    settlements: Vec<Settle>,
    bytes: usize,
    /// Settlements must not linger any longer.
    hurry: bool,
    closing: bool,
}

impl Group {
    fn take(&mut self, request: Request) {
        match request {
            Request::Accept(accept) => {
                self.bytes += accept.acceptance.bytes();
                self.accepts.push(accept);
            }
            Request::Settle(settle) => {
                self.hurry = self.hurry || self.is_half_of_its_lane(&settle);
                self.settlements.push(settle);
            }
            Request::Close => self.closing = true,
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

    fn is_full(&self) -> bool {
        self.accepts.len() + self.settlements.len() >= GROUP_REQUESTS_MAX || self.bytes >= GROUP_BYTES_MAX
    }

    fn must_commit(&self) -> bool {
        let any = !self.accepts.is_empty() || !self.settlements.is_empty();
        any && (!self.accepts.is_empty() || self.hurry || self.closing || self.is_full())
    }

    /// Tells everyone. Room and holds are given back when the group is dropped.
    fn answer(self, sequences: Vec<Sequence>) {
        for settle in &self.settlements {
            settle.lane.settling().remove(&settle.sequence);
        }
        for (accept, sequence) in self.accepts.into_iter().zip(sequences) {
            // Who offered it may have gone; the message is accepted all the same.
            let _gone = accept.answer.send(sequence);
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

/// What a batch changes in memory once it is durable.
enum Effect {
    Queued(Arc<Lane>, Sequence),
    DeadFromTheStart(Arc<Lane>),
    Delivered(Arc<Lane>),
    DeadLettered(Arc<Lane>),
}

pub(super) struct Writer {
    shared: Arc<Shared>,
    store: Arc<dyn Store>,
    watermark: Option<Watermark>,
    meta: Meta,
    requests: Receiver<Request>,
    next_destination: DestinationId,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, opened: Opened, requests: Receiver<Request>) -> Writer {
        let next_destination = shared.free_destination_id();
        let Opened {
            store,
            meta,
            watermark,
        } = opened;
        Writer {
            shared,
            store,
            watermark,
            meta,
            requests,
            next_destination,
        }
    }

    /// Runs until the outbox is closed or a write fails; in any case the store is let go at the end.
    pub(super) fn run_guarded(mut self) {
        let shared = Arc::clone(&self.shared);
        // sled may panic; then the outbox has failed like with any other error.
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
        let mut lingering: Option<Receiver<Instant>> = None;
        let nothing = never();
        let mut group = Group::default();
        while !group.closing {
            select! {
                recv(self.requests) -> request => self.gather(&mut group, request.unwrap_or(Request::Close)),
                recv(lingering.as_ref().unwrap_or(&nothing)) -> _ => group.hurry = true,
                recv(watermark_due) -> _ => {
                    self.quarantine(&mut group);
                    if let Err(error) = self.write_watermark() {
                        return self.fail(group, &error);
                    }
                }
            }
            if group.must_commit() {
                lingering = None;
                match self.commit(&group) {
                    Ok(sequences) => {
                        let closing = group.closing;
                        std::mem::take(&mut group).answer(sequences);
                        group.closing = closing;
                    }
                    Err(error) => return self.fail(group, &error),
                }
            } else if !group.settlements.is_empty() && lingering.is_none() {
                lingering = Some(after(LINGER));
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
                hold: None,
                _room: None,
            });
        }
    }

    fn write_watermark(&mut self) -> Result<(), StoreError> {
        let Some(watermark) = &mut self.watermark else {
            return Ok(());
        };
        watermark
            .write(&self.meta)
            .map_err(|error| StoreError::new("watermark", &error))
    }

    /// One batch, one barrier; then everyone may see it. Returns the number of each message.
    fn commit(&mut self, group: &Group) -> Result<Vec<Sequence>, StoreError> {
        let mut batch = Batch::default();
        let mut effects = Vec::new();
        let mut sequences = Vec::with_capacity(group.accepts.len());
        for accept in &group.accepts {
            sequences.push(self.put_acceptance(accept, &mut batch, &mut effects));
        }
        let mut settled = HashMap::new();
        for settle in &group.settlements {
            self.put_settlement(settle, &mut batch, &mut settled, &mut effects)?;
        }
        self.meta.commits += 1;
        batch.put(Key::meta(), self.meta.encode());
        self.store.apply(batch)?;
        self.store.barrier()?;
        add(&self.shared.barriers, 1);
        add(&self.shared.accepted, group.accepts.len() as u64);
        self.shared.set_durable(self.meta.next);
        self.publish(effects);
        Ok(sequences)
    }

    fn put_acceptance(&mut self, accept: &Accept, batch: &mut Batch, effects: &mut Vec<Effect>) -> Sequence {
        let acceptance = &accept.acceptance;
        let message = self.meta.next;
        let owed = self.number(acceptance, batch);
        let span = owed
            .iter()
            .map(|owed| u64::from(owed.offset) + 1)
            .max()
            .unwrap_or(1);
        self.meta.next = Sequence(message.0 + span);
        if owed.is_empty() {
            return message;
        }
        let chunked = put_message(message, accept, &owed, batch);
        let sole = owed.len() == 1;
        let received_at = acceptance.received_at;
        let entry_of = |body| EntryRecord {
            message,
            body,
            received_at,
            sole,
            chunked,
        };
        let (deliveries, dead) = owed.split_at(acceptance.deliveries.len());
        for (owed, entry) in deliveries.iter().zip(&acceptance.deliveries) {
            let sequence = Sequence(message.0 + u64::from(owed.offset));
            let key = Key::entry(owed.id, sequence);
            let body = entry.body.index().and_then(|index| u16::try_from(index).ok());
            let body = body.expect("offer has checked that the body is there");
            batch.put(key, entry_of(body).encode(&key));
            effects.push(Effect::Queued(Arc::clone(&owed.lane), sequence));
        }
        for (owed, (_, reason)) in dead.iter().zip(&acceptance.dead) {
            let key = Key::dead(owed.id, Sequence(message.0 + u64::from(owed.offset)));
            let record = DeadRecord {
                entry: Some(entry_of(0)),
                dead_at: clock::now(),
                attempts: 0,
                reason: reason.clone(),
                answer: None,
            };
            batch.put(key, record.encode(&key));
            effects.push(Effect::DeadFromTheStart(Arc::clone(&owed.lane)));
        }
        message
    }

    /// Gives every delivery and dead letter its place: the message's own number, and the numbers after it where
    /// one destination is owed several.
    fn number(&mut self, acceptance: &Acceptance, batch: &mut Batch) -> Vec<Owed> {
        let names = acceptance.deliveries.iter().map(|entry| &entry.destination);
        let names = names.chain(acceptance.dead.iter().map(|(destination, _)| destination));
        let mut owed: Vec<Owed> = Vec::new();
        for name in names {
            let lane = self.shared.lane(name);
            let next = &mut self.next_destination;
            let id = *lane.id.get_or_init(|| {
                let id = *next;
                *next += 1;
                batch.put(Key::destination(id), record::encode_destination(id, name));
                id
            });
            let offset = owed.iter().filter(|other| other.id == id).count();
            let offset = u16::try_from(offset).expect("offer bounds the number of deliveries");
            owed.push(Owed { lane, id, offset });
        }
        owed
    }

    fn put_settlement(
        &self,
        settle: &Settle,
        batch: &mut Batch,
        settled: &mut HashMap<Key, Settled>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), StoreError> {
        let Some(&id) = settle.lane.id.get() else {
            return Ok(());
        };
        let key = Key::entry(id, settle.sequence);
        if settled.contains_key(&key) {
            return Ok(());
        }
        // What is not owed any more may be settled again, to no effect.
        let Some(value) = self.store.get(&key)? else {
            return Ok(());
        };
        let entry = EntryRecord::decode(&key, &value);
        batch.remove(key);
        let lane = Arc::clone(&settle.lane);
        match &settle.outcome {
            Outcome::Delivered => {
                settled.insert(key, Settled::Delivered);
                effects.push(Effect::Delivered(lane));
                match entry {
                    Ok(entry) => self.release(&entry, batch, settled)?,
                    Err(damage) => {
                        tracing::error!(sequence = settle.sequence.0, "entry not readable: {damage}");
                    }
                }
            }
            Outcome::DeadLetter {
                reason,
                attempts,
                answer,
            } => {
                settled.insert(key, Settled::DeadLetter);
                effects.push(Effect::DeadLettered(lane));
                let dead = Key::dead(id, settle.sequence);
                let record = DeadRecord {
                    entry: entry.ok(),
                    dead_at: clock::now(),
                    attempts: *attempts,
                    reason: reason.clone(),
                    answer: answer.clone(),
                };
                batch.put(dead, record.encode(&dead));
            }
        }
        Ok(())
    }

    /// Removes a message and its bodies when nobody is owed it any more.
    fn release(
        &self,
        entry: &EntryRecord,
        batch: &mut Batch,
        settled: &HashMap<Key, Settled>,
    ) -> Result<(), StoreError> {
        let message = entry.message;
        if !entry.sole {
            let Some(value) = self.store.get(&Key::message(message))? else {
                return Ok(());
            };
            let Ok(record) = MessageRecord::decode(message, &value) else {
                tracing::error!(
                    message = message.0,
                    "a damaged message stays: who else is owed it is not known"
                );
                return Ok(());
            };
            for (id, offset) in record.owed {
                let sequence = Sequence(message.0 + u64::from(offset));
                let owed = match settled.get(&Key::entry(id, sequence)) {
                    Some(Settled::Delivered) => false,
                    Some(Settled::DeadLetter) => true,
                    None => {
                        self.store.get(&Key::entry(id, sequence))?.is_some()
                            || self.store.get(&Key::dead(id, sequence))?.is_some()
                    }
                };
                if owed {
                    return Ok(());
                }
            }
        }
        batch.remove(Key::message(message));
        if entry.chunked {
            self.store.scan(Key::bodies(message), &mut |key, _| {
                batch.remove(Key::read(key));
                ControlFlow::Continue(())
            })?;
        }
        Ok(())
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
                Effect::DeadLettered(lane) => {
                    add(&self.shared.dead_lettered, 1);
                    lane.queued.fetch_sub(1, Ordering::Relaxed);
                    add(&lane.dead, 1);
                }
            }
        }
    }
}

/// How an entry ends within the batch that is being written.
enum Settled {
    Delivered,
    DeadLetter,
}

/// A delivery or dead letter of a message, and by how much its number is above the message's.
struct Owed {
    lane: Arc<Lane>,
    id: DestinationId,
    offset: u16,
}

/// Writes a message and its bodies; returns whether the bodies lie in chunks.
fn put_message(message: Sequence, accept: &Accept, owed: &[Owed], batch: &mut Batch) -> bool {
    let acceptance = &accept.acceptance;
    let bodies = || std::iter::once(&acceptance.raw).chain(&acceptance.results);
    let body_bytes: Vec<u32> = bodies()
        .map(|body| u32::try_from(body.len()).expect("offer bounds the bodies"))
        .collect();
    let header = MessageRecord::header_bytes(
        &acceptance.listener,
        &acceptance.control_id,
        &acceptance.site_version,
        owed.len(),
        body_bytes.len(),
    );
    let chunked = header + acceptance.bytes() > VALUE_BYTES_MAX;
    let record = MessageRecord {
        received_at: acceptance.received_at,
        listener: acceptance.listener.to_string(),
        control_id: acceptance.control_id.clone(),
        site_version: acceptance.site_version.to_string(),
        hash: accept.hash,
        owed: owed.iter().map(|owed| (owed.id, owed.offset)).collect(),
        body_bytes,
        inline: (!chunked).then(|| one_after_the_other(acceptance)),
    };
    batch.put(Key::message(message), record.encode(message));
    if chunked {
        for (body, number) in bodies().zip(0..) {
            for (piece, chunk) in body.chunks(CHUNK_BYTES_MAX).zip(0..) {
                let key = Key::chunk(message, number, chunk);
                batch.put(key, record::encode_chunk(&key, piece));
            }
        }
    }
    chunked
}

fn one_after_the_other(acceptance: &Acceptance) -> Bytes {
    if acceptance.results.is_empty() {
        return acceptance.raw.clone();
    }
    let mut bodies = BytesMut::with_capacity(acceptance.bytes());
    bodies.extend_from_slice(&acceptance.raw);
    acceptance
        .results
        .iter()
        .for_each(|result| bodies.extend_from_slice(result));
    bodies.freeze()
}

fn add(count: &AtomicU64, by: u64) {
    count.fetch_add(by, Ordering::Relaxed);
}
