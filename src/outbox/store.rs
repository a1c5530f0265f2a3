//! What the outbox asks of a store: atomic, durable batches and reads in key order.
//!
//! A store knows nothing of messages; it holds small values under keys. Any store that passes the conformance
//! suite below can carry the outbox.

use std::{
    fmt,
    ops::{ControlFlow, RangeInclusive},
};

use bytes::Bytes;

use super::key::Key;

/// A failed read or write. It names the operation and the system's reason, never a key's value.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{operation}: {reason}")]
pub struct StoreError {
    /// What was being done: `apply`, `flush`, `sync`, `get`, `scan`, `watermark`.
    pub operation: &'static str,
    /// Why it failed, as the store or the system says it.
    pub reason: String,
}

impl StoreError {
    pub(super) fn new(operation: &'static str, reason: &dyn fmt::Display) -> StoreError {
        StoreError {
            operation,
            reason: reason.to_string(),
        }
    }
}

/// What a scan calls with each key and value; `Break` ends the scan. It must not call the store.
pub(super) type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'a;

/// Where the records lie. Only the writer thread calls `commit`.
pub(super) trait Store: Send + Sync {
    /// Writes the whole batch or nothing of it; returns when it survives a power cut.
    fn commit(&self, batch: Batch) -> Result<(), StoreError>;
    /// The value under a key.
    fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError>;
    /// Calls `visit` with every key of the range, in order.
    fn scan(&self, range: RangeInclusive<Key>, visit: &mut Visit<'_>) -> Result<(), StoreError>;
}

/// Changes that become visible and durable together.
#[derive(Default)]
pub(super) struct Batch {
    /// In order: a key with its new value, or with `None` to remove it.
    pub(super) changes: Vec<(Key, Option<Vec<u8>>)>,
}

impl Batch {
    pub(super) fn put(&mut self, key: Key, value: Vec<u8>) {
        self.changes.push((key, Some(value)));
    }

    pub(super) fn remove(&mut self, key: Key) {
        self.changes.push((key, None));
    }
}

/// What every store must do. Called by the tests of each.
#[cfg(test)]
pub(super) fn conformance(store: &dyn Store) {
    use super::{Sequence, record::VALUE_BYTES_MAX};

    let read = |range: RangeInclusive<Key>, count_max: usize| {
        let mut found = Vec::new();
        store
            .scan(range, &mut |key, value| {
                found.push((Key::read_owed(key).unwrap().1.0, value.to_vec()));
                if found.len() < count_max {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            })
            .unwrap();
        found
    };

    let mut batch = Batch::default();
    for sequence in [300, 1, 2, 255] {
        batch.put(Key::entry(1, Sequence(sequence)), vec![1; 10]);
    }
    batch.put(Key::entry(2, Sequence(1)), vec![2; VALUE_BYTES_MAX]);
    store.commit(batch).unwrap();

    let all = Key::entry(1, Sequence(0))..=Key::entry(1, Sequence(u64::MAX));
    let sequences = |found: Vec<(u64, Vec<u8>)>| found.into_iter().map(|(n, _)| n).collect::<Vec<_>>();
    assert_eq!(
        sequences(read(all.clone(), 100)),
        [1, 2, 255, 300],
        "in order, one destination only"
    );
    assert_eq!(sequences(read(all.clone(), 2)), [1, 2], "a scan can be ended");
    let ends = Key::entry(1, Sequence(2))..=Key::entry(1, Sequence(255));
    assert_eq!(
        sequences(read(ends, 100)),
        [2, 255],
        "both ends belong to the range"
    );
    assert_eq!(
        store.get(&Key::entry(2, Sequence(1))).unwrap().unwrap().len(),
        VALUE_BYTES_MAX
    );
    assert_eq!(store.get(&Key::entry(2, Sequence(2))).unwrap(), None);

    let mut batch = Batch::default();
    batch.put(Key::entry(1, Sequence(9)), vec![1]);
    batch.remove(Key::entry(1, Sequence(9)));
    batch.put(Key::entry(1, Sequence(2)), vec![7]);
    batch.remove(Key::entry(1, Sequence(1)));
    batch.remove(Key::entry(1, Sequence(77)));
    store.commit(batch).unwrap();
    assert_eq!(
        sequences(read(all.clone(), 100)),
        [2, 255, 300],
        "the last change of a key holds"
    );
    assert_eq!(read(all, 1), [(2, vec![7])]);
}
