//! One bound on the bytes of all frames being read, over every connection of the engine.
//!
//! Each connection may buffer a little for nothing. Before a frame outgrows that, the connection takes the most
//! that a frame of its listener may have, all at once, and gives it back when the intake has taken the frame. A
//! connection that finds the budget spent reads no further, so that the sender's socket fills up, until others are
//! done or its own deadline passes.
//!
//! No address has more than a part of the budget, so that a partner whose frames never end holds up its own and nobody
//! else's. A connection takes of that part first and of the whole budget then. Nobody waits for ever: who has got
//! something of the whole waits for no more, and who waits for the whole holds only of its own part.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What a connection may buffer without asking.
const UNCHARGED_BYTES: usize = 64 * 1024;
/// The budget is counted in these: a semaphore hands out at most `u32::MAX` permits at a time.
const UNIT_BYTES: usize = 1024;
/// An address has one of so many parts of the budget, or one frame, if that is more.
const PARTS: usize = 4;

/// The budget; clones share it.
#[derive(Debug, Clone)]
pub struct ReadBudget {
    units: Arc<Semaphore>,
    part_units: u32,
    /// The parts of addresses that have or want something of theirs.
    parts: Arc<Mutex<HashMap<IpAddr, Weak<Semaphore>>>>,
}

impl ReadBudget {
    /// A budget of `bytes_max`, which has to hold the largest frame of any listener and should hold several.
    pub fn new(bytes_max: usize) -> ReadBudget {
        let units = bytes_max.div_ceil(UNIT_BYTES).min(Semaphore::MAX_PERMITS);
        ReadBudget {
            units: Arc::new(Semaphore::new(units)),
            part_units: u32::try_from((units / PARTS).max(1)).unwrap_or(u32::MAX),
            parts: Arc::default(),
        }
    }

    /// The share of one connection whose frames may have this size, empty at first; what is no connection has no address.
    pub(super) fn share(&self, frame_bytes_max: usize, address: Option<IpAddr>) -> Share {
        Share {
            budget: self.clone(),
            address: address.map(|address| address.to_canonical()),
            frame_units: u32::try_from(frame_bytes_max.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX),
            held: None,
        }
    }

    /// The part of an address.
    fn part(&self, address: IpAddr) -> Arc<Semaphore> {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(part) = parts.get(&address).and_then(Weak::upgrade) {
            return part;
        }
        // So those stay that are in use, of which there are no more than connections.
        parts.retain(|_, part| part.strong_count() > 0);
        let part = Arc::new(Semaphore::new(self.part_units as usize));
        parts.insert(address, Arc::downgrade(&part));
        part
    }
}

/// What one connection holds of the budget.
pub(super) struct Share {
    budget: ReadBudget,
    address: Option<IpAddr>,
    frame_units: u32,
    held: Option<Held>,
}

/// Given back when it is dropped.
struct Held {
    _of_whole: OwnedSemaphorePermit,
    _of_part: Option<OwnedSemaphorePermit>,
}

impl Share {
    /// Waits until the share covers a buffer of this size. Cancel safe.
    pub(super) async fn cover(&mut self, buffer_bytes: usize) {
        if buffer_bytes <= UNCHARGED_BYTES || self.held.is_some() {
            return;
        }
        let of_part = match self.address {
            // A frame that is larger than a part takes all of it.
            Some(address) => {
                let units = self.frame_units.min(self.budget.part_units);
                Some(take(self.budget.part(address), units).await)
            }
            None => None,
        };
        self.held = Some(Held {
            _of_whole: take(Arc::clone(&self.budget.units), self.frame_units).await,
            _of_part: of_part,
        });
    }

    /// Gives everything back; tells whether there was anything.
    pub(super) fn release(&mut self) -> bool {
        self.held.take().is_some()
    }
}

async fn take(from: Arc<Semaphore>, units: u32) -> OwnedSemaphorePermit {
    let permit = from.acquire_many_owned(units).await;
    permit.expect("the semaphore is never closed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    /// Shares of so many connections, each from an address of its own.
    fn shares<const N: usize>(budget: &ReadBudget, frame_kib: usize) -> [Share; N] {
        std::array::from_fn(|number| share_from(budget, frame_kib, u8::try_from(number).unwrap()))
    }

    fn share_from(budget: &ReadBudget, frame_kib: usize, address: u8) -> Share {
        budget.share(frame_kib * 1024, Some(IpAddr::from([10, 0, 0, address])))
    }

    fn is_covered(share: &mut Share) -> bool {
        share.cover(UNCHARGED_BYTES + 1).now_or_never().is_some()
    }

    #[test]
    fn who_outgrows_the_little_that_is_free_takes_a_whole_frame_or_nothing() {
        let budget = ReadBudget::new(250 * 1024);
        let [mut first, mut second, mut third] = shares(&budget, 100);
        for share in [&mut first, &mut second, &mut third] {
            assert!(share.cover(UNCHARGED_BYTES).now_or_never().is_some());
            assert!(!share.release(), "a little is free");
        }
        for share in [&mut first, &mut second] {
            assert!(is_covered(share));
        }
        assert!(!is_covered(&mut third));
        assert!(!third.release(), "what is not enough is not held");
        assert!(
            first.cover(100 * 1024).now_or_never().is_some(),
            "who holds a frame waits for no more"
        );
        assert!(second.release());
        assert!(is_covered(&mut third));
    }

    #[test]
    fn the_largest_frame_fits_a_budget_of_its_size() {
        for address in [None, Some(IpAddr::from([10, 0, 0, 1]))] {
            let mut share = ReadBudget::new(100_500).share(100_500, address);
            assert!(share.cover(100_500).now_or_never().is_some());
        }
    }

    #[test]
    fn no_address_holds_more_than_its_part() {
        let budget = ReadBudget::new(800 * 1024);
        let mut own: Vec<Share> = (0..8).map(|_| share_from(&budget, 100, 1)).collect();
        let covered = own.iter_mut().filter_map(|share| is_covered(share).then_some(()));
        assert_eq!(covered.count(), 2, "a quarter");
        let mapped = "::ffff:10.0.0.1".parse().unwrap();
        assert!(
            !is_covered(&mut budget.share(100 * 1024, Some(mapped))),
            "the same address"
        );
        let mut others: [Share; 8] = std::array::from_fn(|number| {
            let number = u8::try_from(number).unwrap();
            share_from(&budget, 100, 2 + number)
        });
        let covered = others
            .iter_mut()
            .filter_map(|share| is_covered(share).then_some(()));
        assert_eq!(covered.count(), 6, "the rest");
        // A frame of more than a part is read alone.
        let budget = ReadBudget::new(800 * 1024);
        let mut own: Vec<Share> = (0..2).map(|_| share_from(&budget, 300, 1)).collect();
        assert!(is_covered(&mut own[0]));
        assert!(!is_covered(&mut own[1]));
        assert!(own[0].release());
        assert!(is_covered(&mut own[1]));
    }

    #[test]
    fn addresses_that_hold_nothing_are_forgotten() {
        let budget = ReadBudget::new(800 * 1024);
        for number in 0..100 {
            assert!(is_covered(&mut share_from(&budget, 100, number)));
        }
        assert!(budget.parts.lock().unwrap().len() <= 2);
    }
}
