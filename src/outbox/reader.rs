//! Reading the outbox: what a destination is owed, how much, and its dead letters.
//!
//! Readers run on their callers' threads and never write. They see only what is durable. A record that cannot be
//! read is reported for quarantine and passed over: it changes no delivery and stops none.

use std::{
    collections::BTreeSet,
    ops::ControlFlow,
    sync::{Arc, atomic::Ordering},
};

use bytes::{Bytes, BytesMut};

use super::{
    Charsets, DeadLetter, Delivery, Depth, OutboxError, Sequence,
    key::{DestinationId, Key},
    lane::{Damaged, Lane, Shared},
    links::{Link, LinkNumber},
    record::{self, Damage, DeadRecord, EntryRecord, LinkRecord, MessageRecord},
    store::{Store, StoreError},
};

/// How many entries one call looks at, whatever it asked for.
const READ_COUNT_MAX: usize = 10_000;
/// The bytes of dead letters that one call reads, but for its first.
const DEAD_BYTES_MAX: usize = 16 << 20;

/// What is read of deliveries whose end is on its way to the writer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Settling {
    Left,
    Passed,
}

pub(super) fn next(
    shared: &Shared,
    destination: &str,
    after: Option<Sequence>,
    (count_max, bytes_max): (usize, usize),
    settling: Settling,
) -> Result<Vec<Delivery>, OutboxError> {
    let Some((lane, id)) = known(shared, destination) else {
        return Ok(Vec::new());
    };
    let store = shared.store()?;
    let newest = shared.newest_durable();
    let mut after = after;
    loop {
        let found = entries(&*store, (&lane, settling), id, after, newest, count_max)?;
        let Some((last, _)) = found.last() else {
            return Ok(Vec::new());
        };
        // None of them readable: an empty answer would say that nothing is owed, so look behind them.
        after = Some(*last);
        let deliveries = readable(shared, &*store, &lane, id, found, bytes_max)?;
        if !deliveries.is_empty() {
            return Ok(deliveries);
        }
    }
}

/// The deliveries of those entries that can be read, up to the limit; the damaged ones are reported.
fn readable(
    shared: &Shared,
    store: &dyn Store,
    lane: &Arc<Lane>,
    id: DestinationId,
    found: Vec<Found>,
    bytes_max: usize,
) -> Result<Vec<Delivery>, StoreError> {
    let mut deliveries = Vec::new();
    let mut bytes = 0;
    for (sequence, entry) in found {
        let delivery = match entry {
            Ok(entry) => deliver(store, sequence, &entry)?,
            Err(damage) => Err(damage),
        };
        match delivery {
            Ok(delivery) => {
                bytes += delivery.bytes.len();
                if bytes > bytes_max && !deliveries.is_empty() {
                    break;
                }
                deliveries.push(delivery);
            }
            // It was settled while we read: then nothing is damaged.
            Err(_) if store.get(&Key::entry(id, sequence))?.is_none() => {}
            Err(damage) => shared.report(Damaged {
                lane: Arc::clone(lane),
                sequence,
                damage,
            }),
        }
    }
    Ok(deliveries)
}

/// An entry by its number, if its record can be read.
type Found = (Sequence, Result<EntryRecord, Damage>);

/// The lane of a destination that was ever owed something.
fn known(shared: &Shared, destination: &str) -> Option<(Arc<Lane>, DestinationId)> {
    let lane = shared.known_lane(destination)?;
    let id = *lane.id.get()?;
    Some((lane, id))
}

/// The entries after a number.
fn entries(
    store: &dyn Store,
    (lane, settling): (&Lane, Settling),
    id: DestinationId,
    after: Option<Sequence>,
    newest: Sequence,
    count_max: usize,
) -> Result<Vec<Found>, StoreError> {
    let first = after.map_or(Sequence(0), |after| Sequence(after.0.saturating_add(1)));
    let count_max = count_max.min(READ_COUNT_MAX);
    let mut found = Vec::new();
    if first > newest || count_max == 0 {
        return Ok(found);
    }
    // Looked at before the store: an end asked for before this read began is either still on its way, and here,
    // or durable, and its entry gone from the store.
    let passed = match settling {
        Settling::Passed => lane.settling().clone(),
        Settling::Left => BTreeSet::new(),
    };
    store.scan(
        Key::entry(id, first)..=Key::entry(id, newest),
        &mut |key, value| {
            if let Some((_, sequence)) = Key::read_owed(key)
                && !passed.contains(&sequence)
            {
                found.push((sequence, EntryRecord::decode(&Key::entry(id, sequence), value)));
            }
            if found.len() < count_max {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        },
    )?;
    Ok(found)
}

/// Puts a delivery together from its records. The outer error is the store's, the inner one the records'.
pub(super) fn deliver(
    store: &dyn Store,
    sequence: Sequence,
    entry: &EntryRecord,
) -> Result<Result<Delivery, Damage>, StoreError> {
    let Some(value) = store.get(&Key::message(entry.message))? else {
        return Ok(Err(Damage::Missing));
    };
    let message = match MessageRecord::decode(entry.message, &value) {
        Ok(message) => message,
        Err(damage) => return Ok(Err(damage)),
    };
    let charset = charset(store, &message, entry)?;
    let body = body(store, &message, entry.message, entry.body)?;
    Ok(body.and_then(|bytes| {
        if entry.body == 0 && *blake3::hash(&bytes).as_bytes() != message.hash {
            return Err(Damage::Hash);
        }
        Ok(Delivery {
            sequence,
            message: entry.message,
            received_at: message.received_at,
            listener: message.listener,
            control_id: message.control_id,
            site_version: message.site_version,
            charset: charset?,
            bytes,
        })
    }))
}

/// The name of the character set that is kept for what is to be delivered, if one is. The outer error is the store's,
/// the inner one the records'.
fn charset(
    store: &dyn Store,
    message: &MessageRecord,
    entry: &EntryRecord,
) -> Result<Result<Option<String>, Damage>, StoreError> {
    if !entry.has_charsets {
        return Ok(Ok(None));
    }
    let place = match message.charsets_body(entry.is_noted) {
        Ok(place) => place,
        Err(damage) => return Ok(Err(damage)),
    };
    let names = body(store, message, entry.message, place)?;
    Ok(names.and_then(|names| {
        let lines = String::from_utf8(names.into()).map_err(|_| Damage::Text)?;
        Ok(Charsets::of_lines(lines).of_body(entry.body).map(str::to_owned))
    }))
}

/// A body, wherever it lies. The outer error is the store's, the inner one the records'.
pub(super) fn body(
    store: &dyn Store,
    message: &MessageRecord,
    number: Sequence,
    body: u16,
) -> Result<Result<Bytes, Damage>, StoreError> {
    match message.inline_body(body) {
        Some(body) => Ok(body),
        None => chunked_body(store, message, number, body),
    }
}

/// A body that lies in chunks. The outer error is the store's, the inner one the records'.
fn chunked_body(
    store: &dyn Store,
    message: &MessageRecord,
    number: Sequence,
    body: u16,
) -> Result<Result<Bytes, Damage>, StoreError> {
    let Some(&len) = message.body_bytes.get(usize::from(body)) else {
        return Ok(Err(Damage::Missing));
    };
    let mut bytes = BytesMut::with_capacity(len as usize);
    let mut damage = None;
    let mut chunk = 0;
    store.scan(Key::body(number, body), &mut |_, value| {
        // The checksum covers the key, so a missing chunk shows as a wrong checksum of the next.
        match record::decode_chunk(&Key::chunk(number, body, chunk), value) {
            Ok(piece) if bytes.len() + piece.len() <= len as usize => bytes.extend_from_slice(piece),
            Ok(_) => damage = Some(Damage::Long),
            Err(found) => damage = Some(found),
        }
        chunk += 1;
        if damage.is_none() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    if bytes.len() < len as usize {
        damage = damage.or(Some(Damage::Missing));
    }
    Ok(damage.map_or(Ok(bytes.freeze()), Err))
}

pub(super) fn depth(shared: &Shared, destination: &str) -> Result<Depth, OutboxError> {
    let Some((lane, id)) = known(shared, destination) else {
        return Ok(Depth::default());
    };
    let store = shared.store()?;
    let oldest = entries(
        &*store,
        (&lane, Settling::Passed),
        id,
        None,
        shared.newest_durable(),
        1,
    )?;
    Ok(Depth {
        queued: lane.queued.load(Ordering::Relaxed),
        dead: lane.dead.load(Ordering::Relaxed),
        oldest: oldest.first().map(|(sequence, _)| *sequence),
        oldest_at: oldest
            .first()
            .and_then(|(_, entry)| entry.ok())
            .map(|entry| entry.received_at),
    })
}

pub(super) fn dead_letters(
    shared: &Shared,
    destination: &str,
    after: Option<Sequence>,
    count_max: usize,
) -> Result<Vec<DeadLetter>, OutboxError> {
    let Some((_, id)) = known(shared, destination) else {
        return Ok(Vec::new());
    };
    let count_max = count_max.clamp(1, READ_COUNT_MAX);
    let store = shared.store()?;
    let first = after.map_or(Sequence(0), |after| Sequence(after.0.saturating_add(1)));
    let mut records = Vec::new();
    store.scan(
        Key::dead(id, first)..=Key::dead(id, Sequence(u64::MAX)),
        &mut |key, value| {
            if let Some((_, sequence)) = Key::read_owed(key) {
                records.push((sequence, DeadRecord::decode(&Key::dead(id, sequence), value)));
            }
            if records.len() < count_max {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        },
    )?;
    let mut found = Vec::new();
    let mut bytes = 0;
    for (sequence, record) in records {
        let letter = dead_letter(&*store, sequence, record)?;
        bytes += letter
            .delivery
            .as_ref()
            .map_or(0, |delivery| delivery.bytes.len());
        if bytes > DEAD_BYTES_MAX && !found.is_empty() {
            break;
        }
        found.push(letter);
    }
    Ok(found)
}

fn dead_letter(
    store: &dyn Store,
    sequence: Sequence,
    record: Result<DeadRecord, Damage>,
) -> Result<DeadLetter, StoreError> {
    let record = match record {
        Ok(record) => record,
        Err(damage) => {
            let reason = format!("the record of this dead letter is damaged: {damage}");
            return Ok(DeadLetter {
                sequence,
                dead_at: None,
                reason,
                attempts: 0,
                answer: None,
                delivery: None,
            });
        }
    };
    let delivery = match &record.entry {
        Some(entry) => deliver(store, sequence, entry)?.ok(),
        None => None,
    };
    Ok(DeadLetter {
        sequence,
        dead_at: Some(record.dead_at),
        reason: record.reason,
        attempts: record.attempts,
        answer: record.answer,
        delivery,
    })
}

/// The last number of every link that can be read.
pub(super) fn links(shared: &Shared) -> Result<Vec<Link>, OutboxError> {
    let mut links = Vec::new();
    shared.store()?.scan(Key::links(), &mut |key, value| {
        if let (Some(id), Ok(last)) = (Key::read_link(key), LinkRecord::decode(&Key::read(key), value)) {
            let (number, content) = (last.number, last.content);
            links.push(Link {
                id,
                number: LinkNumber::Known { number, content },
            });
        }
        ControlFlow::Continue(())
    })?;
    Ok(links)
}
