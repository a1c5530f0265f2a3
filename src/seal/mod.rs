//! Encryption at rest: values sealed under a store's own data keys, and those wrapped by the operator's key.
//!
//! The operator has one key, kept apart from the data ([`OperatorKey`]). Every store has data keys of its own, made at
//! random and kept beside it in a small file, each wrapped by the operator's key ([`Keys`]): a new operator's key wraps
//! them anew and no record has to be written again. A value is sealed together with the place where it belongs, so that
//! one that was altered, moved to another place or taken from another store does not open. What this cannot see: an
//! older value of the same place put back.
//! Never shows a key: not in `Debug`, not in an error; what is named is a key's id, which is a hash of it.

mod error;
mod file;
mod keys;
mod operator;
#[cfg(test)]
mod tests;

pub use error::{KeyError, KeysError, Unopened};
pub use file::{Rotated, opens, rotate};
pub use keys::{Keys, OVERHEAD_BYTES};
pub use operator::{KeyId, OperatorKey};
