//! A store whose values are encrypted: around any other, so that nobody on either side needs to know.
//!
//! Keys stay as they are, for their order is needed; they hold numbers and no content. A value that does not open in
//! its place comes back as [`UNOPENED`], which no record is: whoever reads it finds a damaged record, as with a wrong
//! checksum.

use std::ops::{ControlFlow, RangeInclusive};

use bytes::Bytes;

use super::{
    key::Key,
    store::{Batch, Store, StoreError, Visit},
};
use crate::seal::Keys;

/// What stands for a value that was altered, or put where it does not belong.
pub(super) const UNOPENED: &[u8] = &[0xE1];

/// A store, and the keys of its values.
pub(super) struct Sealed<S> {
    store: S,
    keys: Keys,
}

impl<S> Sealed<S> {
    pub(super) fn over(store: S, keys: Keys) -> Sealed<S> {
        Sealed { store, keys }
    }

    fn open(&self, key: &[u8], sealed: &[u8]) -> Vec<u8> {
        let opened = self.keys.open(key, sealed);
        opened.unwrap_or_else(|_| UNOPENED.to_owned())
    }
}

impl<S: Store> Store for Sealed<S> {
    fn commit(&self, mut batch: Batch) -> Result<(), StoreError> {
        for (key, value) in &mut batch.changes {
            if let Some(value) = value {
                *value = self.keys.seal(key.as_ref(), value);
            }
        }
        self.store.commit(batch)
    }

    fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        let sealed = self.store.get(key)?;
        Ok(sealed.map(|sealed| self.open(key.as_ref(), &sealed).into()))
    }

    fn scan(&self, range: RangeInclusive<Key>, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.store.scan(range, &mut |key, sealed| -> ControlFlow<()> {
            visit(key, &self.open(key, sealed))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{memory::MemoryStore, record::STORED_BYTES_MAX, store::conformance};
    use super::*;
    use crate::seal::OperatorKey;

    fn sealed() -> Sealed<MemoryStore> {
        let (keys, _) = Keys::generate(&OperatorKey::generate().unwrap()).unwrap();
        Sealed::over(MemoryStore::default(), keys)
    }

    #[test]
    fn it_conforms_and_what_lies_below_is_encrypted_and_short_enough() {
        let store = sealed();
        conformance(&store);
        let below = store.store.durable.lock().unwrap();
        assert!(below.values().all(|value| value.len() <= STORED_BYTES_MAX));
        assert!(
            below
                .values()
                .all(|value| !value.windows(4).any(|bytes| bytes == [2; 4])),
            "not as it was given"
        );
    }

    #[test]
    fn what_was_swapped_does_not_open() {
        let store = sealed();
        let keys = [Key::link([1; 16]), Key::link([2; 16])];
        let mut batch = Batch::default();
        for key in keys {
            batch.put(key, b"value".to_vec());
        }
        store.commit(batch).unwrap();
        let [one, other] = keys.map(|key| store.store.get(&key).unwrap().unwrap());
        let mut swapped = Batch::default();
        swapped.put(keys[0], other.to_vec());
        swapped.put(keys[1], one.to_vec());
        store.store.commit(swapped).unwrap();
        for key in keys {
            assert_eq!(store.get(&key).unwrap().unwrap(), UNOPENED);
        }
        let mut found = Vec::new();
        store
            .scan(Key::links(), &mut |_, value| {
                found.push(value.to_vec());
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(found, [UNOPENED, UNOPENED]);
    }
}
