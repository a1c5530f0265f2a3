//! Tells people when trouble begins and when it ends: by webhook and mail, as the section `alerts` of the site says.
//!
//! The way of an alert: `snapshot` (what is the matter now) → `judge` (which of it is trouble, a pure function) →
//! `book` (since when, who has been told, who is to be told now; asks no clock) → `message` → `webhook` or `mail`.
//! `watch` goes that way every few seconds on a task of its own: a receiver of alerts that is down or slow holds up
//! nothing but other alerts. Who has been told what, and what is over, is `kept` over a restart. Names and numbers only: nothing of
//! what a message holds gets here.

mod book;
mod judge;
mod kept;
mod mail;
mod message;
mod snapshot;
#[cfg(test)]
mod tests;
mod watch;
mod webhook;

pub use book::{Open, Over, State};
pub use judge::{Kind, Trouble, judge};
pub use kept::FILE_NAME;
pub use snapshot::{ArchiveState, DestinationState, ListenerState, OutboxState, Snapshot, Stopped};
pub use watch::{Board, Watch};
