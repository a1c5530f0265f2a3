//! What can still be said of a delivery when a record of it is damaged: looked for only then, so it may take longer.
//!
//! A message's deliveries have its number and the numbers after it, below the next message's. So a delivery without
//! its own record is found in the list of its message, and a message without its record by the numbers that are
//! owed. Reads the store, changes nothing.

use std::ops::ControlFlow;

use bytes::Bytes;

use super::super::{
    Sequence, StoreError,
    delivery::ENTRIES_MAX,
    key::{DestinationId, Key},
    record::{EntryRecord, MessageRecord},
    store::Store,
};

/// The delivery of that number as its message knows it. Which of the bodies it was is not known: it can be ended, not
/// sent. Where a journal is kept, it is taken to tell of the message.
pub(super) fn entry(
    store: &dyn Store,
    id: DestinationId,
    sequence: Sequence,
    is_noted: bool,
) -> Result<Option<EntryRecord>, StoreError> {
    let first = Sequence(sequence.0.saturating_sub(ENTRIES_MAX as u64));
    let mut found = None;
    store.scan(Key::message(first)..=Key::message(sequence), &mut |key, value| {
        let Some(message) = Key::read_message(key) else {
            return ControlFlow::Continue(());
        };
        let Ok(record) = MessageRecord::decode(message, &Bytes::copy_from_slice(value)) else {
            return ControlFlow::Continue(());
        };
        let is_owed = |(owed, offset): &(DestinationId, u16)| {
            *owed == id && message.0 + u64::from(*offset) == sequence.0
        };
        if !record.owed.iter().any(is_owed) {
            return ControlFlow::Continue(());
        }
        found = Some(EntryRecord {
            message,
            body: 0,
            received_at: record.received_at,
            sole: record.owed.len() == 1,
            chunked: record.inline.is_none(),
            is_noted,
            has_charsets: false,
            bytes: record.body_bytes.iter().sum(),
        });
        ControlFlow::Break(())
    })?;
    Ok(found)
}

/// Every delivery and dead letter there is with a number of this message.
pub(super) fn owed(
    store: &dyn Store,
    message: Sequence,
    destinations: DestinationId,
) -> Result<Vec<(DestinationId, Sequence)>, StoreError> {
    let mut last = Sequence(message.0.saturating_add(ENTRIES_MAX as u64));
    let behind = Key::message(Sequence(message.0.saturating_add(1)))..=Key::message(last);
    store.scan(behind, &mut |key, _| {
        if let Some(next) = Key::read_message(key) {
            last = Sequence(next.0 - 1);
        }
        ControlFlow::Break(())
    })?;
    let mut owed = Vec::new();
    for id in 0..destinations {
        for range in [
            Key::entry(id, message)..=Key::entry(id, last),
            Key::dead(id, message)..=Key::dead(id, last),
        ] {
            store.scan(range, &mut |key, _| {
                owed.extend(Key::read_owed(key));
                ControlFlow::Continue(())
            })?;
        }
    }
    Ok(owed)
}
