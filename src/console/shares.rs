//! How much of something each one holds, so that nobody takes all of it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// So many who hold something are looked through for those that hold nothing any more.
const HOLDERS_MAX: usize = 256;

/// What each holds. Clones count together.
pub(super) struct Shares<K> {
    each_max: usize,
    held: Arc<Mutex<HashMap<K, Weak<()>>>>,
}

impl<K> Clone for Shares<K> {
    fn clone(&self) -> Shares<K> {
        Shares {
            each_max: self.each_max,
            held: Arc::clone(&self.held),
        }
    }
}

/// One of them, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Share(#[expect(dead_code, reason = "it is there to be counted")] Arc<()>);

impl<K: Eq + Hash> Shares<K> {
    /// So many for each.
    pub(super) fn new(each_max: usize) -> Shares<K> {
        Shares {
            each_max,
            held: Arc::default(),
        }
    }

    /// One more; `None` when this one has all that it may have.
    pub(super) fn take(&self, holder: K) -> Option<Share> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= HOLDERS_MAX {
            held.retain(|_, shares| shares.strong_count() > 0);
        }
        let shares = held.entry(holder).or_default();
        if shares.strong_count() >= self.each_max {
            return None;
        }
        let share = shares.upgrade().unwrap_or_default();
        *shares = Arc::downgrade(&share);
        Some(Share(share))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_has_more_than_may_be_and_what_is_given_back_is_there_again() {
        let shares = Shares::new(3);
        let mut held: Vec<Share> = (0..3).map(|_| shares.take(1).unwrap()).collect();
        assert!(shares.take(1).is_none());
        assert!(shares.take(2).is_some(), "of another one");
        held.pop();
        held.push(shares.clone().take(1).unwrap());
        assert!(shares.take(1).is_none());
        for holder in 10..10 + 2 * HOLDERS_MAX {
            drop(shares.take(holder).unwrap());
        }
        assert!(shares.held.lock().unwrap().len() <= HOLDERS_MAX);
        assert!(shares.take(1).is_none(), "who holds something is not forgotten");
    }
}
