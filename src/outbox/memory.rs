//! A store in memory, for tests: it fails where it is told to, and knows what a power cut would leave.

use std::{
    collections::BTreeMap,
    ops::{ControlFlow, RangeInclusive},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
};

use bytes::Bytes;

use super::{
    key::Key,
    store::{Batch, Store, StoreError, Visit},
};

pub(super) type Content = BTreeMap<Vec<u8>, Vec<u8>>;

/// The store; `content` outlives it, as a disk outlives a process.
#[derive(Default)]
pub(super) struct MemoryStore {
    /// What can be read now.
    content: Mutex<Content>,
    /// What was there after the last commit.
    pub(super) durable: Arc<Mutex<Content>>,
    /// Writes and syncs still to succeed; the next one fails.
    pub(super) until_failure: Option<AtomicU64>,
    /// Each commit waits for its end; it succeeds when the sender is gone.
    pub(super) ends: Option<Mutex<mpsc::Receiver<End>>>,
}

/// How a commit ends that does not succeed.
pub(super) enum End {
    Fails,
    Panics,
}

impl MemoryStore {
    /// A store over what an earlier one left.
    pub(super) fn over(durable: &Arc<Mutex<Content>>) -> MemoryStore {
        MemoryStore {
            content: Mutex::new(durable.lock().unwrap().clone()),
            durable: Arc::clone(durable),
            until_failure: None,
            ends: None,
        }
    }

    fn count_down(&self, operation: &'static str) -> Result<(), StoreError> {
        match &self.until_failure {
            Some(left) if left.load(Ordering::SeqCst) == 0 => Err(StoreError::new(operation, &"injected")),
            Some(left) => {
                left.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Store for MemoryStore {
    fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        if let Some(ends) = &self.ends {
            match ends.lock().unwrap().recv() {
                Ok(End::Fails) => return Err(StoreError::new("sync", &"injected")),
                Ok(End::Panics) => panic!("injected"),
                Err(mpsc::RecvError) => {}
            }
        }
        self.count_down("apply")?;
        let mut content = self.content.lock().unwrap();
        for (key, value) in batch.changes {
            match value {
                Some(value) => content.insert(key.as_ref().to_vec(), value),
                None => content.remove(key.as_ref()),
            };
        }
        self.count_down("sync")?;
        *self.durable.lock().unwrap() = content.clone();
        Ok(())
    }

    fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        Ok(self
            .content
            .lock()
            .unwrap()
            .get(key.as_ref())
            .map(|value| Bytes::copy_from_slice(value)))
    }

    fn scan(&self, range: RangeInclusive<Key>, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let found: Vec<_> = {
            let content = self.content.lock().unwrap();
            let range = range.start().as_ref().to_vec()..=range.end().as_ref().to_vec();
            content
                .range(range)
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        };
        for (key, value) in found {
            if visit(&key, &value) == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }
}

#[test]
fn it_conforms() {
    super::store::conformance(&MemoryStore::default());
}
