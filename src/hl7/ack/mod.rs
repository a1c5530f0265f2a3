//! Acknowledgments: the codes, which of them a message asks for, the building of one, the reading of one.
//!
//! `build` answers any bytes, however broken; `read` understands any version's answer that has an MSA.

mod asked;
mod build;
mod code;
mod read;

#[cfg(test)]
mod tests;

pub use asked::{Acknowledgments, Asked, Condition, is_acknowledgment};
pub(super) use build::echoed;
pub use build::{AckStamp, build};
pub use code::{AcknowledgmentCode, UnknownCode};
pub use read::{AckError, Acknowledgment};
