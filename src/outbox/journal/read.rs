//! Reading the journal: notes in their order, with the messages they tell of.
//!
//! Runs on its caller's thread and never writes. A note that cannot be read is told in the log and passed over.

use std::{collections::HashMap, ops::ControlFlow, sync::Arc};

use super::{
    Judgment, Note, Noted, Owed, Reading, Received,
    record::{NoteRecord, PAGE_NOTES_MAX, ReceivedRecord, ToldRecord, decode_page},
};
use crate::outbox::{
    Charsets, OutboxError, Sequence,
    key::{DestinationId, Key},
    lane::Shared,
    reader,
    record::{Damage, MessageRecord},
    store::{Store, StoreError},
};

/// The notes after a number: at least one when there is one that can be read, further ones within the limits.
pub(in crate::outbox) fn read(
    shared: &Shared,
    after: u64,
    (count_max, bytes_max): (usize, usize),
) -> Result<Reading, OutboxError> {
    let store = shared.store()?;
    let durable = shared.journal.meta().next;
    let names = shared.names();
    let (found, mut upto) = records(&*store, after, durable, (count_max, bytes_max))?;
    let mut notes = Vec::new();
    let mut bytes = 0;
    for (number, record) in found {
        let what = match record {
            NoteRecord::Received(record) => received(&*store, &names, &record)?,
            NoteRecord::Attempted {
                destination,
                sequence,
                attempt,
            } => name(&names, destination).map(|destination| Noted::Attempted {
                destination,
                sequence,
                attempt,
            }),
            NoteRecord::Settled {
                destination,
                sequence,
                at,
                end,
                by,
            } => name(&names, destination).map(|destination| Noted::Settled {
                destination,
                sequence,
                at,
                end,
                by,
            }),
        };
        match what {
            Ok(what) => {
                bytes += bytes_of(&what);
                if bytes > bytes_max && !notes.is_empty() {
                    upto = number - 1;
                    break;
                }
                notes.push(Note { number, what });
            }
            Err(damage) => tracing::error!(number, "a note of the journal cannot be read: {damage}"),
        }
    }
    Ok(Reading { notes, upto })
}

/// The notes as they stand on disk, and the last number that was looked at.
fn records(
    store: &dyn Store,
    after: u64,
    durable: u64,
    (count_max, bytes_max): (usize, usize),
) -> Result<(Vec<(u64, NoteRecord)>, u64), StoreError> {
    let mut found: Vec<(u64, NoteRecord)> = Vec::new();
    let (mut is_whole, mut bytes) = (true, 0);
    let first = (after + 1).saturating_sub(PAGE_NOTES_MAX);
    store.scan(Key::journal(first)..=Key::journal(durable), &mut |key, value| {
        let Some(first) = Key::read_journal(key) else {
            return ControlFlow::Continue(());
        };
        match decode_page(&Key::read(key), value) {
            Ok(notes) => {
                let numbered = (first..).zip(notes);
                found.extend(numbered.filter(|(number, _)| *number > after && *number < durable));
            }
            Err(damage) => tracing::error!(first, "a record of the journal is damaged: {damage}"),
        }
        bytes += value.len();
        if found.is_empty() || (found.len() < count_max && bytes < bytes_max) {
            ControlFlow::Continue(())
        } else {
            is_whole = false;
            ControlFlow::Break(())
        }
    })?;
    let upto = match found.last() {
        Some((last, _)) if !is_whole => *last,
        _ => durable.saturating_sub(1).max(after),
    };
    Ok((found, upto))
}

fn bytes_of(what: &Noted) -> usize {
    match what {
        Noted::Received(received) => {
            received.raw.len() + received.results.iter().map(bytes::Bytes::len).sum::<usize>()
        }
        Noted::Attempted { attempt, .. } => attempt.answer.as_ref().map_or(0, bytes::Bytes::len),
        Noted::Settled { .. } => 0,
    }
}

type Names = HashMap<DestinationId, Arc<str>>;

fn name(names: &Names, id: DestinationId) -> Result<Arc<str>, Damage> {
    names.get(&id).map(Arc::clone).ok_or(Damage::Missing)
}

/// A message that came in, with its bodies. The outer error is the store's, the inner one the records'.
fn received(
    store: &dyn Store,
    names: &Names,
    record: &ReceivedRecord,
) -> Result<Result<Noted, Damage>, StoreError> {
    let Some(value) = store.get(&Key::message(record.message))? else {
        return Ok(Err(Damage::Missing));
    };
    let message = match MessageRecord::decode(record.message, &value) {
        Ok(message) => message,
        Err(damage) => return Ok(Err(damage)),
    };
    let mut bodies = Vec::with_capacity(message.body_bytes.len());
    for body in (0..).take(message.body_bytes.len()) {
        match reader::body(store, &message, record.message, body)? {
            Ok(bytes) => bodies.push(bytes),
            Err(damage) => return Ok(Err(damage)),
        }
    }
    Ok(put_together(names, record, message, bodies))
}

fn put_together(
    names: &Names,
    record: &ReceivedRecord,
    message: MessageRecord,
    mut bodies: Vec<bytes::Bytes>,
) -> Result<Noted, Damage> {
    // What was told is the last body, and what was received the first.
    let told = ToldRecord::decode(&bodies.pop().ok_or(Damage::Missing)?)?;
    let charsets = if record.has_charsets { bodies.pop() } else { None };
    let charsets = String::from_utf8(charsets.unwrap_or_default().into()).map_err(|_| Damage::Text)?;
    let mut bodies = bodies.into_iter();
    let raw = bodies.next().ok_or(Damage::Missing)?;
    if *blake3::hash(&raw).as_bytes() != message.hash {
        return Err(Damage::Hash);
    }
    let owed = told.deliveries.iter().map(|body| (*body, None));
    let owed = owed.chain(told.dead.into_iter().map(|reason| (0, Some(reason))));
    let mut deliveries = Vec::with_capacity(message.owed.len());
    for ((id, offset), (body, dead)) in message.owed.iter().zip(owed) {
        deliveries.push(Owed {
            destination: name(names, *id)?,
            sequence: Sequence(record.message.0 + u64::from(*offset)),
            result: usize::from(body).checked_sub(1),
            dead,
        });
    }
    let mut told = told.told;
    if record.is_repeated {
        told.judgment = Judgment::Repeated;
    }
    Ok(Noted::Received(Box::new(Received {
        message: record.message,
        received_at: message.received_at,
        listener: message.listener.into(),
        site_version: message.site_version.into(),
        charsets: Charsets::of_lines(charsets),
        raw,
        results: bodies.collect(),
        told,
        deliveries,
    })))
}
