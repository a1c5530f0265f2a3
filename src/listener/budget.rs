//! One bound on the bytes of all frames being read, over every connection of the engine.
//!
//! Each connection may buffer a little for nothing. Before a frame outgrows that, the connection takes the most
//! that a frame of its listener may have, all at once, and gives it back when the intake has taken the frame: none
//! ever waits for more while it holds something that another waits for. A connection that finds the budget spent
//! reads no further, so that the sender's socket fills up, until others are done or its own deadline passes.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What a connection may buffer without asking.
const UNCHARGED_BYTES: usize = 64 * 1024;
/// The budget is counted in these: a semaphore hands out at most `u32::MAX` permits at a time.
const UNIT_BYTES: usize = 1024;

/// The budget; clones share it.
#[derive(Debug, Clone)]
pub struct ReadBudget {
    units: Arc<Semaphore>,
}

impl ReadBudget {
    /// A budget of `bytes_max`, which has to hold the largest frame of any listener and should hold several.
    pub fn new(bytes_max: usize) -> ReadBudget {
        let units = bytes_max.div_ceil(UNIT_BYTES).min(Semaphore::MAX_PERMITS);
        ReadBudget {
            units: Arc::new(Semaphore::new(units)),
        }
    }

    /// The share of one connection whose frames may have this size, empty at first.
    pub(super) fn share(&self, frame_bytes_max: usize) -> Share {
        Share {
            budget: self.clone(),
            frame_units: u32::try_from(frame_bytes_max.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX),
            held: None,
        }
    }
}

/// What one connection holds of the budget.
pub(super) struct Share {
    budget: ReadBudget,
    frame_units: u32,
    held: Option<OwnedSemaphorePermit>,
}

impl Share {
    /// Waits until the share covers a buffer of this size. Cancel safe.
    pub(super) async fn cover(&mut self, buffer_bytes: usize) {
        if buffer_bytes <= UNCHARGED_BYTES || self.held.is_some() {
            return;
        }
        let units = Arc::clone(&self.budget.units);
        let permit = units.acquire_many_owned(self.frame_units).await;
        self.held = Some(permit.expect("the semaphore is never closed"));
    }

    /// Gives everything back; tells whether there was anything.
    pub(super) fn release(&mut self) -> bool {
        self.held.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn who_outgrows_the_little_that_is_free_takes_a_whole_frame_or_nothing() {
        let budget = ReadBudget::new(250 * 1024);
        let [mut first, mut second, mut third] = [100, 100, 100].map(|kib| budget.share(kib * 1024));
        for share in [&mut first, &mut second, &mut third] {
            assert!(share.cover(UNCHARGED_BYTES).now_or_never().is_some());
            assert!(!share.release(), "a little is free");
        }
        for share in [&mut first, &mut second] {
            assert!(share.cover(UNCHARGED_BYTES + 1).now_or_never().is_some());
        }
        assert!(third.cover(UNCHARGED_BYTES + 1).now_or_never().is_none());
        assert!(!third.release(), "what is not enough is not held");
        assert!(
            first.cover(100 * 1024).now_or_never().is_some(),
            "who holds a frame waits for no more"
        );
        assert!(second.release());
        assert!(third.cover(UNCHARGED_BYTES + 1).now_or_never().is_some());
    }

    #[test]
    fn the_largest_frame_fits_a_budget_of_its_size() {
        let mut share = ReadBudget::new(100_500).share(100_500);
        assert!(share.cover(100_500).now_or_never().is_some());
    }
}
