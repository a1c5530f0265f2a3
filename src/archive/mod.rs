//! The archive: what became of every message, kept to be searched.
//!
//! It is told by the outbox's journal and is never in the way of a message: it may be lost, and no delivery is.

mod event;

pub use event::{Attempt, End, Event, Origin, Outcome, Owed, Passage, Received, Settlement, What};
