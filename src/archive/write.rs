//! Writes a batch of the journal: one transaction, which also says how far the journal was written.
//!
//! Most messages are delivered within the batch they came in with. A message of this batch is a draft until its end,
//! so that it is written once, as it is by then.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Transaction, params};

use super::about::About;
use super::bodies::Packer;
use super::sealed::{self, Place, Sealing};
use super::state::State;
use super::term::{Extract, Field, Hashing, Term};
use super::{ArchiveError, Attempt, End, Event, Received, Settlement, What, number, succession};

/// The ids of names, as far as they were used. What it knows is in the file, or in the transaction under way.
#[derive(Default)]
pub(super) struct Names(HashMap<Arc<str>, i64>);

/// More names than a site has; a sender that makes up types of messages must not fill the memory.
const NAMES_MAX: usize = 10_000;

impl Names {
    fn id(&mut self, name: &str, transaction: &Transaction<'_>) -> Result<i64, ArchiveError> {
        if let Some(id) = self.0.get(name) {
            return Ok(*id);
        }
        transaction
            .prepare_cached("INSERT INTO name (name) VALUES (?1) ON CONFLICT DO NOTHING")?
            .execute([name])?;
        let id = transaction
            .prepare_cached("SELECT id FROM name WHERE name = ?1")?
            .query_row([name], |row| row.get(0))?;
        if self.0.len() >= NAMES_MAX {
            self.0.clear();
        }
        self.0.insert(name.into(), id);
        Ok(id)
    }
}

/// The last record of this outbox's journal that is in the archive.
pub(super) fn written(connection: &Connection, store: u128) -> Result<Option<u64>, ArchiveError> {
    let journal: Option<i64> = connection
        .prepare_cached("SELECT journal FROM outbox WHERE store = ?1")?
        .query_row([store.to_be_bytes()], |row| row.get(0))
        .optional()?;
    Ok(journal.and_then(|journal| journal.try_into().ok()))
}

/// The number that a message of this outbox has here, or will have.
pub(super) fn number(connection: &Connection, store: u128, sequence: u64) -> Result<u64, ArchiveError> {
    let generation = connection
        .prepare_cached(
            "SELECT coalesce((SELECT generation FROM outbox WHERE store = ?1),
                             (SELECT max(generation) + 1 FROM outbox), 0)",
        )?
        .query_row([store.to_be_bytes()], |row| row.get(0))?;
    Ok(number::of(generation, sequence)?.unsigned_abs())
}

/// Writes what was not written before; durable when it returns.
pub(super) fn write(
    connection: &mut Connection,
    sealing: &Sealing,
    (names, packer): (&mut Names, &mut Packer),
    store: u128,
    events: &[Event],
) -> Result<(), ArchiveError> {
    let Some(last) = events.last() else {
        return Ok(());
    };
    let before = written(connection, store)?;
    let transaction = connection.transaction()?;
    let generation = generation(&transaction, store)?;
    let mut batch = Batch::begin(&transaction, sealing, (names, packer), generation)?;
    let new = events
        .iter()
        .filter(|event| before.is_none_or(|before| event.number > before));
    for event in new {
        match &event.what {
            What::Received(received) => batch.receive(received)?,
            What::Attempted(attempt) => batch.attempt(event.number, attempt)?,
            What::Settled(settlement) => batch.settle(settlement)?,
        }
    }
    let known = batch.finish()?;
    let journal = last.number.max(before.unwrap_or(0));
    transaction
        .prepare_cached("UPDATE outbox SET journal = ?2 WHERE generation = ?1")?
        .execute(params![generation, signed("journal record", journal)?])?;
    transaction.commit()?;
    // Only now: a batch that was not written leaves no name behind.
    *names = known;
    Ok(())
}

/// Writes ends of deliveries of an outbox that tells nothing any more; durable when it returns.
pub(super) fn settle(
    connection: &mut Connection,
    sealing: &Sealing,
    (names, packer): (&mut Names, &mut Packer),
    store: u128,
    settlements: &[Settlement],
) -> Result<(), ArchiveError> {
    let Some(generation) = succession::generation(connection, store)? else {
        return Ok(());
    };
    let transaction = connection.transaction()?;
    let mut batch = Batch::begin(&transaction, sealing, (names, packer), generation)?;
    for settlement in settlements {
        batch.settle(settlement)?;
    }
    let known = batch.finish()?;
    transaction.commit()?;
    *names = known;
    Ok(())
}

/// The generation of an outbox; a new one for an outbox that was never seen.
fn generation(transaction: &Transaction<'_>, store: u128) -> Result<i64, ArchiveError> {
    if let Some(generation) = succession::generation(transaction, store)? {
        return Ok(generation);
    }
    transaction.execute(
        "INSERT INTO outbox (generation, store, journal) SELECT coalesce(max(generation) + 1, 0), ?1, 0 FROM outbox",
        [store.to_be_bytes()],
    )?;
    Ok(transaction.query_row("SELECT max(generation) FROM outbox", [], |row| row.get(0))?)
}

fn signed(what: &'static str, number: u64) -> Result<i64, ArchiveError> {
    i64::try_from(number).map_err(|_| ArchiveError::TooLarge { what, number })
}

struct Batch<'t> {
    transaction: &'t Transaction<'t>,
    inserts: Inserts<'t>,
    sealing: &'t Sealing,
    names: Names,
    packer: &'t mut Packer,
    generation: i64,
    /// Messages that came in with this batch, by their numbers.
    drafts: BTreeMap<i64, Draft<'t>>,
    /// What is to stand in the index: bucket, term, and place in the bucket.
    terms: BTreeSet<(i64, Term, i64)>,
    /// By bucket: what it is to be told of messages that came in with this batch.
    buckets: BTreeMap<i64, Bucket>,
}

/// What is written for every message, prepared once.
struct Inserts<'t> {
    message: CachedStatement<'t>,
    delivery: CachedStatement<'t>,
    attempt: CachedStatement<'t>,
}

/// Messages of one bucket.
struct Bucket {
    first_at: Timestamp,
    last_at: Timestamp,
    messages: i64,
    bytes: i64,
}

struct Draft<'t> {
    received: &'t Received,
    deliveries: Vec<DraftDelivery<'t>>,
}

struct DraftDelivery<'t> {
    number: i64,
    destination: &'t str,
    state: State,
    result: Option<usize>,
    reason: Option<&'t str>,
    ended_at: Option<Timestamp>,
    ended_by: Option<&'t str>,
}

impl<'t> Inserts<'t> {
    fn prepare(transaction: &'t Transaction<'t>) -> Result<Inserts<'t>, ArchiveError> {
        Ok(Inserts {
            message: transaction.prepare_cached(
                "INSERT INTO message
                 (number, received_at, state, listener, site, type, control_id, bytes, about, bodies)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?,
            delivery: transaction.prepare_cached(
                "INSERT INTO delivery (number, message, destination, state, result, reason, ended_at, ended_by)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?,
            attempt: transaction.prepare_cached(
                "INSERT INTO attempt (delivery, destination, journal, at, took_us, code, problem, answer)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?,
        })
    }
}

impl<'t> Batch<'t> {
    fn begin(
        transaction: &'t Transaction<'t>,
        sealing: &'t Sealing,
        (names, packer): (&mut Names, &'t mut Packer),
        generation: i64,
    ) -> Result<Batch<'t>, ArchiveError> {
        Ok(Batch {
            transaction,
            inserts: Inserts::prepare(transaction)?,
            sealing,
            names: std::mem::take(names),
            packer,
            generation,
            drafts: BTreeMap::new(),
            terms: BTreeSet::new(),
            buckets: BTreeMap::new(),
        })
    }

    fn receive(&mut self, received: &'t Received) -> Result<(), ArchiveError> {
        let message = number::of(self.generation, received.message)?;
        let deliveries = received.deliveries.iter().map(|owed| {
            Ok(DraftDelivery {
                number: number::of(self.generation, owed.sequence)?,
                destination: &owed.destination,
                state: if owed.dead.is_some() {
                    State::Dead
                } else {
                    State::Queued
                },
                result: owed.result,
                reason: owed.dead.as_deref(),
                ended_at: owed.dead.is_some().then_some(received.received_at),
                ended_by: None,
            })
        });
        let deliveries = deliveries.collect::<Result<_, ArchiveError>>()?;
        self.drafts.insert(message, Draft { received, deliveries });
        Ok(())
    }

    fn attempt(&mut self, journal: u64, attempt: &Attempt) -> Result<(), ArchiveError> {
        let delivery = number::of(self.generation, attempt.sequence)?;
        let destination = self.names.id(&attempt.destination, self.transaction)?;
        let place = sealed::Attempt {
            delivery,
            destination,
            journal: signed("journal record", journal)?,
        };
        let problem = attempt.problem.as_ref();
        let answer = attempt.answer.as_ref();
        self.inserts.attempt.execute(params![
            delivery,
            destination,
            place.journal,
            attempt.at.as_microsecond(),
            i64::try_from(attempt.took.as_micros()).unwrap_or(i64::MAX),
            attempt.code.as_deref(),
            problem.map(|problem| self.sealing.text(Place::Problem(place), problem)),
            answer.map(|answer| self.sealing.bytes(Place::Answer(place), answer.to_vec())),
        ])?;
        Ok(())
    }

    fn settle(&mut self, settlement: &'t Settlement) -> Result<(), ArchiveError> {
        let delivery = number::of(self.generation, settlement.sequence)?;
        let state = State::of_end(&settlement.end);
        let reason = match &settlement.end {
            End::Dead { reason } => Some(reason.as_str()),
            End::Delivered | End::Purged | End::Resent => None,
        };
        let draft = self.drafts.range_mut(..=delivery).next_back();
        let drafted = draft.and_then(|(_, draft)| {
            let mut deliveries = draft.deliveries.iter_mut();
            deliveries
                .find(|drafted| drafted.number == delivery && *drafted.destination == *settlement.destination)
        });
        let Some(drafted) = drafted else {
            return self.settle_written(delivery, state, reason, settlement);
        };
        drafted.state = state;
        drafted.reason = reason.or(drafted.reason);
        drafted.ended_at = Some(settlement.at);
        drafted.ended_by = settlement.by.as_deref();
        Ok(())
    }

    /// Settles a delivery of a message that is in the file; nothing when it was purged from there.
    fn settle_written(
        &mut self,
        delivery: i64,
        state: State,
        reason: Option<&str>,
        settlement: &Settlement,
    ) -> Result<(), ArchiveError> {
        let destination = &*settlement.destination;
        let id = self.names.id(destination, self.transaction)?;
        let found: Option<(i64, i64, i64)> = self
            .transaction
            .prepare_cached(
                "SELECT d.message, d.state, m.state FROM delivery d JOIN message m ON m.number = d.message
                 WHERE d.number = ?1 AND d.destination = ?2",
            )?
            .query_row([delivery, id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((message, old, whole)) = found else {
            return Ok(());
        };
        let place = Place::Reason {
            delivery,
            destination: id,
        };
        self.transaction
            .prepare_cached(
                "UPDATE delivery SET state = ?2, reason = coalesce(?3, reason), ended_at = ?4, ended_by = ?6
                 WHERE number = ?1 AND destination = ?5",
            )?
            .execute(params![
                delivery,
                state as i64,
                reason.map(|reason| self.sealing.text(place, reason)),
                settlement.at.as_microsecond(),
                id,
                settlement.by,
            ])?;
        let before = State::of_number(old).unwrap_or(State::Queued);
        let change = (delivery, destination, before);
        self.follow(message, State::of_number(whole), change)
    }

    /// Has a message in the file follow a delivery of it, which was in another state before: its state, and by what it
    /// is found.
    fn follow(
        &mut self,
        message: i64,
        old: Option<State>,
        (delivery, destination, before): (i64, &str, State),
    ) -> Result<(), ArchiveError> {
        let hashing = self.sealing.hashing();
        let deliveries = deliveries(self.transaction, message)?;
        let now: Vec<_> = deliveries.iter().map(at_destination).collect();
        let was = deliveries.iter().map(|of| match of {
            (number, name, _) if *number == delivery && name == destination => (destination, before),
            _ => at_destination(of),
        });
        let new = State::of_deliveries(now.iter().map(|(_, state)| *state));
        let (had, has) = (hashing.became(old, was), hashing.became(Some(new), now));
        for term in had.difference(&has) {
            self.forget(message, *term)?;
        }
        for term in has.difference(&had) {
            self.remember(message, *term);
        }
        if old != Some(new) {
            self.transaction
                .prepare_cached("UPDATE message SET state = ?2 WHERE number = ?1")?
                .execute(params![message, new as i64])?;
        }
        Ok(())
    }

    /// Writes the drafts, the index and what the buckets are told.
    fn finish(mut self) -> Result<Names, ArchiveError> {
        let mut terms: Vec<_> = std::mem::take(&mut self.terms).into_iter().collect();
        for (message, draft) in std::mem::take(&mut self.drafts) {
            let found_by = self.write_draft(message, &draft)?;
            terms.extend(found_by.into_iter().map(|term| entry(message, term)));
        }
        // In the order of the tree: what stands on one page is written at once.
        terms.sort_unstable();
        let mut insert = self.transaction.prepare_cached(
            "INSERT INTO term (bucket, hash, offset) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?;
        for (bucket, Term(hash), offset) in terms {
            insert.execute(params![bucket, hash, offset])?;
        }
        self.write_buckets()?;
        Ok(self.names)
    }

    /// Writes a message that came in with this batch; what it is found by.
    fn write_draft(&mut self, message: i64, draft: &Draft<'_>) -> Result<BTreeSet<Term>, ArchiveError> {
        let received = draft.received;
        let sealing = self.sealing;
        let extract = Extract::of(
            &received.raw,
            received.charsets.first().copied().flatten(),
            sealing.hashing(),
        );
        let states = draft.deliveries.iter().map(|delivery| delivery.state);
        let state = State::of_message(&received.outcome, states);
        let about = serde_json::to_string(&About::of(received)).unwrap_or_default();
        let listener = self.names.id(&received.listener, self.transaction)?;
        let site = self.names.id(&received.site_version, self.transaction)?;
        let (kind, shown) = sealing.shown(message, &extract.message_type, &extract.control_id);
        let kind = self.names.id(kind, self.transaction)?;
        let packed = self.packer.pack(&received.raw, &received.results);
        let packed = sealing.bytes(Place::Bodies { message }, packed);
        self.inserts.message.execute(params![
            message,
            received.received_at.as_microsecond(),
            state as i64,
            listener,
            site,
            kind,
            shown,
            received.raw.len().try_into().unwrap_or(i64::MAX),
            sealing.text(Place::About { message }, &about),
            packed,
        ])?;
        for delivery in &draft.deliveries {
            self.write_delivery(message, delivery)?;
        }
        self.count(message, received.received_at, packed.len());
        let hashing = sealing.hashing();
        Ok(terms(received, extract.terms, hashing, state, &draft.deliveries))
    }

    fn write_delivery(&mut self, message: i64, delivery: &DraftDelivery<'_>) -> Result<(), ArchiveError> {
        let destination = self.names.id(delivery.destination, self.transaction)?;
        let place = Place::Reason {
            delivery: delivery.number,
            destination,
        };
        self.inserts.delivery.execute(params![
            delivery.number,
            message,
            destination,
            delivery.state as i64,
            delivery.result.and_then(|result| i64::try_from(result).ok()),
            delivery.reason.map(|reason| self.sealing.text(place, reason)),
            delivery.ended_at.map(Timestamp::as_microsecond),
            delivery.ended_by,
        ])?;
        Ok(())
    }

    /// Has the bucket of a message told when it was received, and that it is there.
    fn count(&mut self, message: i64, received_at: Timestamp, bytes: usize) {
        let bucket = self.buckets.entry(number::bucket(message)).or_insert(Bucket {
            first_at: received_at,
            last_at: received_at,
            messages: 0,
            bytes: 0,
        });
        bucket.first_at = bucket.first_at.min(received_at);
        bucket.last_at = bucket.last_at.max(received_at);
        bucket.messages += 1;
        bucket.bytes = bucket
            .bytes
            .saturating_add(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    fn write_buckets(&self) -> Result<(), ArchiveError> {
        let mut insert = self.transaction.prepare_cached(
            "INSERT INTO bucket (bucket, first_at, last_at, messages, bytes) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (bucket) DO UPDATE SET
                 first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at),
                 messages = messages + excluded.messages, bytes = bytes + excluded.bytes",
        )?;
        for (number, bucket) in &self.buckets {
            insert.execute(params![
                number,
                bucket.first_at.as_microsecond(),
                bucket.last_at.as_microsecond(),
                bucket.messages,
                bucket.bytes,
            ])?;
        }
        Ok(())
    }

    fn remember(&mut self, message: i64, term: Term) {
        self.terms.insert(entry(message, term));
    }

    fn forget(&mut self, message: i64, term: Term) -> Result<(), ArchiveError> {
        let entry = entry(message, term);
        self.terms.remove(&entry);
        self.transaction
            .prepare_cached("DELETE FROM term WHERE bucket = ?1 AND hash = ?2 AND offset = ?3")?
            .execute(params![entry.0, term.0, entry.2])?;
        Ok(())
    }
}

/// The destination and the state of a delivery as it was read.
fn at_destination((_, destination, state): &(i64, String, i64)) -> (&str, State) {
    (destination, State::of_number(*state).unwrap_or(State::Queued))
}

/// A term of a message as it stands in the index.
fn entry(message: i64, term: Term) -> (i64, Term, i64) {
    (number::bucket(message), term, number::offset(message))
}

/// Number, destination and state of every delivery of a message. They follow one another, and no other message's
/// stand between.
pub(super) fn deliveries(
    connection: &Connection,
    message: i64,
) -> Result<Vec<(i64, String, i64)>, ArchiveError> {
    let mut select = connection.prepare_cached(
        "SELECT d.number, n.name, d.state, d.message FROM delivery d JOIN name n ON n.id = d.destination
         WHERE d.number >= ?1 ORDER BY d.number",
    )?;
    let mut rows = select.query([message])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        if row.get::<_, i64>(3)? != message {
            break;
        }
        found.push((row.get(0)?, row.get(1)?, row.get(2)?));
    }
    Ok(found)
}

/// All that a message is found by.
fn terms(
    received: &Received,
    mut terms: BTreeSet<Term>,
    hashing: &Hashing,
    state: State,
    deliveries: &[DraftDelivery<'_>],
) -> BTreeSet<Term> {
    terms.insert(hashing.exact(Field::Listener, &received.listener));
    terms.extend(
        received
            .routes
            .iter()
            .map(|passage| hashing.exact(Field::Route, &passage.route)),
    );
    let origin = received.origin.as_ref();
    terms.extend(origin.map(|origin| hashing.origin(origin.message)));
    terms.extend(received.tags.iter().map(|(name, value)| hashing.tag(name, value)));
    let deliveries = deliveries.iter();
    let deliveries = deliveries.map(|delivery| (delivery.destination, delivery.state));
    terms.extend(hashing.became(Some(state), deliveries));
    terms
}
