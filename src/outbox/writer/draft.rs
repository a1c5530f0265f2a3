//! One batch in the making: what each request of a group writes, and what it changes in memory afterwards.
//!
//! Nothing here commits. Numbers are given in the order in which requests are put in.

use std::{collections::HashMap, ops::ControlFlow, sync::Arc};

use bytes::{Bytes, BytesMut};

use super::{
    super::{
        Acceptance, Accepted, End, Outcome, Sequence, StoreError,
        journal::record::{NoteRecord, ReceivedRecord},
        key::{DestinationId, Key},
        lane::{Lane, Shared},
        links::{LinkAnswer, Links},
        record::{self, CHUNK_BYTES_MAX, DeadRecord, EntryRecord, MessageRecord, Meta, VALUE_BYTES_MAX},
        repeats::{Novelty, Repeats},
        store::{Batch, Store},
    },
    Accept, Offered, Settle, Tell,
    journal::Pen,
    salvage,
};
use crate::clock;

/// What a batch changes in memory once it is durable.
pub(super) enum Effect {
    Queued(Arc<Lane>, Sequence),
    DeadFromTheStart(Arc<Lane>),
    Delivered(Arc<Lane>),
    Purged(Arc<Lane>),
    DeadLettered(Arc<Lane>),
    /// A dead letter is gone: as a delivery again, or for ever.
    Resent(Arc<Lane>),
    DeadPurged(Arc<Lane>),
    /// Bodies are kept from now on.
    Kept(u32),
    /// Bodies are kept no longer.
    Released(u32),
}

impl Effect {
    /// Keeps the store's own count of what is owed.
    pub(super) fn count(&self, meta: &mut Meta) {
        let totals = &mut meta.totals;
        match self {
            Effect::Queued(..) | Effect::DeadFromTheStart(_) => totals.entries += 1,
            Effect::Delivered(_) => totals.delivered += 1,
            Effect::Purged(_) | Effect::DeadPurged(_) => totals.purged += 1,
            Effect::Resent(_) => totals.resent += 1,
            Effect::DeadLettered(_) | Effect::Kept(_) | Effect::Released(_) => {}
        }
        match self {
            Effect::Queued(..) => meta.queued += 1,
            Effect::DeadFromTheStart(_) => meta.dead += 1,
            Effect::Delivered(_) | Effect::Purged(_) => meta.queued = meta.queued.saturating_sub(1),
            Effect::DeadLettered(_) => {
                meta.queued = meta.queued.saturating_sub(1);
                meta.dead += 1;
            }
            Effect::Resent(_) | Effect::DeadPurged(_) => meta.dead = meta.dead.saturating_sub(1),
            Effect::Kept(bytes) => meta.bytes += u64::from(*bytes),
            Effect::Released(bytes) => meta.bytes = meta.bytes.saturating_sub(u64::from(*bytes)),
        }
    }
}

/// A batch in the making.
pub(super) struct Draft<'a> {
    shared: &'a Shared,
    pub(super) store: &'a dyn Store,
    repeats: &'a mut Repeats,
    links: &'a mut Links,
    pub(super) batch: Batch,
    pub(super) effects: Vec<Effect>,
    /// The number the next message gets.
    pub(super) next: Sequence,
    /// The number the next new destination gets.
    pub(super) next_destination: DestinationId,
    /// The entries and dead letters this batch ends: the store still shows them.
    settled: HashMap<Key, Settled>,
    pub(super) pen: Pen,
    /// Messages with something owed because of them.
    pub(super) accepted: u64,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        shared: &'a Shared,
        store: &'a dyn Store,
        repeats: &'a mut Repeats,
        links: &'a mut Links,
        next: Sequence,
        next_destination: DestinationId,
        pen: Pen,
    ) -> Draft<'a> {
        Draft {
            shared,
            store,
            repeats,
            links,
            batch: Batch::default(),
            effects: Vec::new(),
            next,
            next_destination,
            settled: HashMap::new(),
            pen,
            accepted: 0,
        }
    }

    /// Writes messages and everything that is owed because of them, but for those that are known already.
    pub(super) fn accept(&mut self, accept: &Accept) -> Result<Accepted, StoreError> {
        let mut accepted = Accepted {
            first: self.next,
            repeated: Vec::new(),
            reused: Vec::new(),
            link: None,
        };
        for (index, offered) in accept.messages.iter().enumerate() {
            let acceptance = &offered.acceptance;
            if let Some(link) = &acceptance.link {
                let answer = self.links.judge(link, &offered.hash, self.next, &mut self.batch);
                accepted.link = Some(answer);
                if !matches!(answer, LinkAnswer::Taken(_)) {
                    accepted.repeated.push(index);
                    match answer {
                        LinkAnswer::Repeated { .. } => self.note_unowed(offered, true),
                        LinkAnswer::Told { .. } => self.note_unowed(offered, false),
                        // Who offered it refuses it.
                        LinkAnswer::OutOfOrder { .. } | LinkAnswer::Taken(_) => {}
                    }
                    continue;
                }
            }
            match self.judge(&offered.hash, acceptance) {
                Novelty::Repeat => {
                    accepted.repeated.push(index);
                    self.note_unowed(offered, true);
                    continue;
                }
                Novelty::Reused => accepted.reused.push(index),
                Novelty::New => {}
            }
            if !self.takes_its_place(acceptance)? {
                accepted.repeated.push(index);
                continue;
            }
            self.accept_one(offered);
        }
        Ok(accepted)
    }

    /// Keeps a message for the journal alone.
    fn note_unowed(&mut self, offered: &Offered, is_repeated: bool) {
        if offered.told.is_some() {
            let message = self.next;
            self.next = Sequence(message.0 + 1);
            self.put_message(message, offered, &[], is_repeated);
        }
    }

    /// Writes a message with its bodies, and the journal's note of it; whether the bodies lie in chunks.
    fn put_message(
        &mut self,
        message: Sequence,
        offered: &Offered,
        owed: &[Owed],
        is_repeated: bool,
    ) -> bool {
        let chunked = put_message(message, offered, owed, &mut self.batch);
        let bytes = offered.body_bytes();
        self.effects.push(Effect::Kept(bytes));
        if offered.told.is_some() {
            let note = ReceivedRecord {
                message,
                is_repeated,
                chunked,
                has_charsets: !offered.acceptance.charsets.is_empty(),
                bytes,
                owed: owed.iter().map(|owed| (owed.id, owed.offset)).collect(),
            };
            self.pen.count_message(bytes);
            self.pen.note(&NoteRecord::Received(note), &mut self.batch);
        }
        chunked
    }

    /// Ends the dead letter a message takes the place of; false when there is none any more.
    fn takes_its_place(&mut self, acceptance: &Acceptance) -> Result<bool, StoreError> {
        let Some((destination, sequence)) = &acceptance.instead_of else {
            return Ok(true);
        };
        let lane = self.shared.lane(destination);
        let is_ended = self.end_dead_letter(&lane, *sequence, Effect::Resent)?;
        if let (true, Some(&id)) = (is_ended, lane.id.get()) {
            let told = acceptance.told.as_ref();
            let by = told.and_then(|told| Some(&told.origin.as_ref()?.by));
            self.note_end(id, *sequence, End::Resent, by);
        }
        Ok(is_ended)
    }

    fn judge(&mut self, hash: &[u8; 32], acceptance: &Acceptance) -> Novelty {
        let Some(window) = &acceptance.window else {
            return Novelty::New;
        };
        self.repeats
            .judge(acceptance, window, hash, self.next, &mut self.batch)
    }

    fn accept_one(&mut self, offered: &Offered) {
        let acceptance = &offered.acceptance;
        let message = self.next;
        let owed = self.number(acceptance);
        let span = owed
            .iter()
            .map(|owed| u64::from(owed.offset) + 1)
            .max()
            .unwrap_or(1);
        self.next = Sequence(message.0 + span);
        let is_noted = offered.told.is_some();
        if owed.is_empty() && !is_noted {
            return;
        }
        let chunked = self.put_message(message, offered, &owed, false);
        if owed.is_empty() {
            return;
        }
        self.accepted += 1;
        let sole = owed.len() == 1;
        let bytes = offered.body_bytes();
        let received_at = acceptance.received_at;
        let entry_of = |body| EntryRecord {
            message,
            body,
            received_at,
            sole,
            chunked,
            is_noted,
            has_charsets: !acceptance.charsets.is_empty(),
            bytes,
        };
        let (deliveries, dead) = owed.split_at(acceptance.deliveries.len());
        for (owed, entry) in deliveries.iter().zip(&acceptance.deliveries) {
            let sequence = Sequence(message.0 + u64::from(owed.offset));
            let key = Key::entry(owed.id, sequence);
            let body = entry.body.index().and_then(|index| u16::try_from(index).ok());
            let body = body.expect("offer has checked that the body is there");
            self.batch.put(key, entry_of(body).encode(&key));
            self.effects
                .push(Effect::Queued(Arc::clone(&owed.lane), sequence));
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
            self.batch.put(key, record.encode(&key));
            self.effects
                .push(Effect::DeadFromTheStart(Arc::clone(&owed.lane)));
        }
    }

    /// Gives every delivery and dead letter its place: the message's own number, and the numbers after it where
    /// one destination is owed several.
    fn number(&mut self, acceptance: &Acceptance) -> Vec<Owed> {
        let names = acceptance.deliveries.iter().map(|entry| &entry.destination);
        let names = names.chain(acceptance.dead.iter().map(|(destination, _)| destination));
        let mut owed: Vec<Owed> = Vec::new();
        for name in names {
            let lane = self.shared.lane(name);
            let next = &mut self.next_destination;
            let id = *lane.id.get_or_init(|| {
                let id = *next;
                *next += 1;
                for key in [Key::destination(id), Key::destination_again(id)] {
                    self.batch.put(key, record::encode_destination(&key, name));
                }
                id
            });
            let offset = owed.iter().filter(|other| other.id == id).count();
            let offset = u16::try_from(offset).expect("offer bounds the number of deliveries");
            owed.push(Owed { lane, id, offset });
        }
        owed
    }

    /// Notes an attempt that has not ended its delivery.
    pub(super) fn tell(&mut self, tell: &Tell) {
        if let Some(&destination) = tell.lane.id.get() {
            let note = NoteRecord::Attempted {
                destination,
                sequence: tell.sequence,
                attempt: tell.attempt.clone(),
            };
            self.pen.note(&note, &mut self.batch);
        }
    }

    fn note_end(&mut self, destination: DestinationId, sequence: Sequence, end: End, by: Option<&String>) {
        if self.pen.is_kept() {
            let note = NoteRecord::Settled {
                destination,
                sequence,
                at: clock::now(),
                end,
                by: by.cloned(),
            };
            self.pen.note(&note, &mut self.batch);
        }
    }

    /// Writes the end of a delivery.
    pub(super) fn settle(&mut self, settle: &Settle) -> Result<(), StoreError> {
        let Some(&id) = settle.lane.id.get() else {
            return Ok(());
        };
        if let Some(attempt) = &settle.telling.attempt {
            let note = NoteRecord::Attempted {
                destination: id,
                sequence: settle.sequence,
                attempt: attempt.clone(),
            };
            self.pen.note(&note, &mut self.batch);
        }
        let key = Key::entry(id, settle.sequence);
        if self.settled.contains_key(&key) {
            return Ok(());
        }
        // What is not owed any more may be settled again, to no effect.
        let Some(value) = self.store.get(&key)? else {
            if settle.outcome == Outcome::Purged {
                let is_ended = self.end_dead_letter(&settle.lane, settle.sequence, Effect::DeadPurged)?;
                if is_ended {
                    self.note_end(id, settle.sequence, End::Purged, settle.telling.by.as_ref());
                }
            }
            return Ok(());
        };
        let entry = EntryRecord::decode(&key, &value);
        self.batch.remove(key);
        let lane = Arc::clone(&settle.lane);
        let end = match &settle.outcome {
            Outcome::Delivered => End::Delivered,
            Outcome::Purged => End::Purged,
            Outcome::DeadLetter { reason, .. } => End::Dead {
                reason: reason.clone(),
            },
        };
        self.note_end(id, settle.sequence, end, settle.telling.by.as_ref());
        match &settle.outcome {
            Outcome::Delivered | Outcome::Purged => {
                self.settled.insert(key, Settled::Gone);
                self.effects.push(match settle.outcome {
                    Outcome::Purged => Effect::Purged(lane),
                    Outcome::Delivered | Outcome::DeadLetter { .. } => Effect::Delivered(lane),
                });
                if let Err(damage) = &entry {
                    tracing::error!(sequence = settle.sequence.0, "entry not readable: {damage}");
                }
                self.release_as_known(entry.ok(), id, settle.sequence)?;
            }
            Outcome::DeadLetter {
                reason,
                attempts,
                answer,
            } => {
                self.settled.insert(key, Settled::DeadLetter);
                self.effects.push(Effect::DeadLettered(lane));
                let dead = Key::dead(id, settle.sequence);
                let record = DeadRecord {
                    entry: entry.ok(),
                    dead_at: clock::now(),
                    attempts: *attempts,
                    reason: reason.clone(),
                    answer: answer.clone(),
                };
                self.batch.put(dead, record.encode(&dead));
            }
        }
        Ok(())
    }

    /// Removes a dead letter; false when there is none of that number.
    fn end_dead_letter(
        &mut self,
        lane: &Arc<Lane>,
        sequence: Sequence,
        effect: fn(Arc<Lane>) -> Effect,
    ) -> Result<bool, StoreError> {
        let Some(&id) = lane.id.get() else {
            return Ok(false);
        };
        let key = Key::dead(id, sequence);
        if self.settled.contains_key(&key) {
            return Ok(false);
        }
        let Some(value) = self.store.get(&key)? else {
            return Ok(false);
        };
        self.batch.remove(key);
        self.settled.insert(key, Settled::Gone);
        self.effects.push(effect(Arc::clone(lane)));
        let entry = DeadRecord::decode(&key, &value).ok().and_then(|dead| dead.entry);
        self.release_as_known(entry, id, sequence)?;
        Ok(true)
    }

    /// Removes the message of a delivery that has ended; of one whose own record is damaged the message may tell.
    fn release_as_known(
        &mut self,
        entry: Option<EntryRecord>,
        id: DestinationId,
        sequence: Sequence,
    ) -> Result<(), StoreError> {
        let entry = match entry {
            Some(entry) => Some(entry),
            None => salvage::entry(self.store, id, sequence, self.pen.is_kept())?,
        };
        match entry {
            Some(entry) => self.release(&entry),
            // What nobody can say whose it was stays, is counted as kept, and is found by `verify`.
            None => Ok(()),
        }
    }

    /// Removes a message and its bodies when nobody is owed it any more.
    fn release(&mut self, entry: &EntryRecord) -> Result<(), StoreError> {
        let message = entry.message;
        // What the journal still tells of goes when that is forgotten.
        if entry.is_noted && message >= self.pen.floor() {
            return Ok(());
        }
        if !entry.sole {
            let record = match self.store.get(&Key::message(message))? {
                Some(value) => MessageRecord::decode(message, &value).ok(),
                None => None,
            };
            let owed = match record {
                Some(record) => record
                    .owed
                    .into_iter()
                    .map(|(id, offset)| (id, Sequence(message.0 + u64::from(offset))))
                    .collect(),
                None => salvage::owed(self.store, message, self.next_destination)?,
            };
            if self.is_any_owed(owed)? {
                return Ok(());
            }
        }
        self.remove_message(message, entry.bytes, entry.chunked)
    }

    /// Whether one of these deliveries is still there, or its dead letter, when this batch is written.
    pub(super) fn is_any_owed(
        &self,
        owed: impl IntoIterator<Item = (DestinationId, Sequence)>,
    ) -> Result<bool, StoreError> {
        for (id, sequence) in owed {
            if self.is_owed(id, sequence)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Removes a message and its bodies.
    pub(super) fn remove_message(
        &mut self,
        message: Sequence,
        bytes: u32,
        chunked: bool,
    ) -> Result<(), StoreError> {
        self.batch.remove(Key::message(message));
        self.effects.push(Effect::Released(bytes));
        if chunked {
            self.store.scan(Key::bodies(message), &mut |key, _| {
                self.batch.remove(Key::read(key));
                ControlFlow::Continue(())
            })?;
        }
        Ok(())
    }

    /// Whether this delivery is still there, or its dead letter, when this batch is written.
    fn is_owed(&self, id: DestinationId, sequence: Sequence) -> Result<bool, StoreError> {
        let (entry, dead) = (Key::entry(id, sequence), Key::dead(id, sequence));
        Ok(match self.settled.get(&entry) {
            Some(Settled::Gone) => false,
            Some(Settled::DeadLetter) => true,
            None => {
                self.store.get(&entry)?.is_some()
                    || (!self.settled.contains_key(&dead) && self.store.get(&dead)?.is_some())
            }
        })
    }
}

/// How an entry ends within the batch that is being written.
enum Settled {
    Gone,
    DeadLetter,
}

/// A delivery or dead letter of a message, and by how much its number is above the message's.
struct Owed {
    lane: Arc<Lane>,
    id: DestinationId,
    offset: u16,
}

/// Writes a message and its bodies; returns whether the bodies lie in chunks.
fn put_message(message: Sequence, offered: &Offered, owed: &[Owed], batch: &mut Batch) -> bool {
    let acceptance = &offered.acceptance;
    let body_bytes: Vec<u32> = offered
        .bodies()
        .map(|body| u32::try_from(body.len()).expect("offer bounds the bodies"))
        .collect();
    let header = MessageRecord::header_bytes(
        &acceptance.listener,
        &acceptance.control_id,
        &acceptance.site_version,
        owed.len(),
        body_bytes.len(),
    );
    let chunked = header + offered.bytes() > VALUE_BYTES_MAX;
    let record = MessageRecord {
        received_at: acceptance.received_at,
        listener: acceptance.listener.to_string(),
        control_id: acceptance.control_id.clone(),
        site_version: acceptance.site_version.to_string(),
        hash: offered.hash,
        owed: owed.iter().map(|owed| (owed.id, owed.offset)).collect(),
        body_bytes,
        inline: (!chunked).then(|| one_after_the_other(offered)),
    };
    batch.put(Key::message(message), record.encode(message));
    if chunked {
        for (body, number) in offered.bodies().zip(0..) {
            for (piece, chunk) in body.chunks(CHUNK_BYTES_MAX).zip(0..) {
                let key = Key::chunk(message, number, chunk);
                batch.put(key, record::encode_chunk(&key, piece));
            }
        }
    }
    chunked
}

fn one_after_the_other(offered: &Offered) -> Bytes {
    let raw = &offered.acceptance.raw;
    if offered.bodies().count() == 1 {
        return raw.clone();
    }
    let mut bodies = BytesMut::with_capacity(offered.bytes());
    offered.bodies().for_each(|body| bodies.extend_from_slice(body));
    bodies.freeze()
}
