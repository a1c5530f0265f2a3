//! One bound on the bytes of all frames being read, over every connection of the engine.
//!
//! Each connection may buffer a little for nothing; what a larger frame needs beyond that is taken from the
//! budget before it is read, and given back when the intake has taken the frame. A connection that finds the
//! budget spent reads no further, so that the sender's socket fills up, until others are done or its own
//! deadline passes.

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
    /// A budget of `bytes_max`, which should be several times the largest frame of any listener.
    pub fn new(bytes_max: usize) -> ReadBudget {
        let units = (bytes_max / UNIT_BYTES).min(Semaphore::MAX_PERMITS);
        ReadBudget {
            units: Arc::new(Semaphore::new(units)),
        }
    }

    /// The share of one connection, empty at first.
    pub(super) fn share(&self) -> Share {
        Share {
            budget: self.clone(),
            held: None,
        }
    }
}

/// What one connection holds of the budget.
pub(super) struct Share {
    budget: ReadBudget,
    held: Option<OwnedSemaphorePermit>,
}

impl Share {
    /// Waits until the share covers a buffer of this size. Cancel safe.
    pub(super) async fn cover(&mut self, buffer_bytes: usize) {
        let wanted = buffer_bytes.saturating_sub(UNCHARGED_BYTES).div_ceil(UNIT_BYTES);
        let held = self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let Some(missing) = wanted.checked_sub(held).filter(|missing| *missing > 0) else {
            return;
        };
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.budget.units).acquire_many_owned(missing).await;
        let permit = permit.expect("the semaphore is never closed");
        match &mut self.held {
            Some(held) => held.merge(permit),
            None => self.held = Some(permit),
        }
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
    fn what_one_connection_holds_another_waits_for() {
        let budget = ReadBudget::new(100 * 1024);
        let (mut large, mut other) = (budget.share(), budget.share());
        let buffer_bytes = |charged_bytes: usize| UNCHARGED_BYTES + charged_bytes;
        for grown_bytes in [1, 10 * 1024, 60 * 1024] {
            assert!(large.cover(buffer_bytes(grown_bytes)).now_or_never().is_some());
        }
        assert!(
            other.cover(UNCHARGED_BYTES).now_or_never().is_some(),
            "a little is free"
        );
        let over_rest = other.cover(buffer_bytes(40 * 1024 + 1)).now_or_never();
        assert!(over_rest.is_none(), "what the first holds is not there twice");
        assert!(
            other.cover(buffer_bytes(40 * 1024)).now_or_never().is_some(),
            "just what is left"
        );
        assert!(large.cover(buffer_bytes(60 * 1024 + 1)).now_or_never().is_none());
        assert!(other.release());
        assert!(large.cover(buffer_bytes(60 * 1024 + 1)).now_or_never().is_some());
    }
}
