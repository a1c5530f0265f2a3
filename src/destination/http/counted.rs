//! The body of a request, which tells how much of it is not written yet.
//!
//! hyper tells that an answer is there, and not whether it came before the receiver had the whole request.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::{Buf, Bytes};

/// A body that is counted while it is written; as hyper writes it, from where it lies.
pub(super) struct Counted {
    bytes: Bytes,
    unwritten: Unwritten,
}

/// How many bytes of a body are not written yet.
#[derive(Clone)]
pub(super) struct Unwritten(Arc<AtomicUsize>);

impl Counted {
    pub(super) fn new(bytes: Bytes) -> Counted {
        let unwritten = Unwritten(Arc::new(AtomicUsize::new(bytes.len())));
        Counted { bytes, unwritten }
    }

    /// What tells of it while it is under way.
    pub(super) fn unwritten(&self) -> Unwritten {
        self.unwritten.clone()
    }
}

impl Buf for Counted {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        self.unwritten.0.store(self.bytes.remaining(), Ordering::Release);
    }
}

impl Unwritten {
    pub(super) fn is_none(&self) -> bool {
        self.0.load(Ordering::Acquire) == 0
    }
}
