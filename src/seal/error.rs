//! The errors of keys. They name places and key ids, never a key.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::KeyId;
use crate::secret::SecretError;

/// Why there is no operator's key.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The secret cannot be read.
    #[error("the key for encryption at rest: {0}")]
    Secret(#[from] SecretError),
    /// It is no key.
    #[error("the key for encryption at rest: expected 32 bytes in base64, as `weir key new` writes them")]
    NoKey,
    /// The system gives no random numbers to make one.
    #[error("the system gives no random numbers: {0}")]
    NoRandom(getrandom::Error),
}

/// Why a store's data keys cannot be had. Nothing was changed.
#[derive(Debug, Error)]
pub enum KeysError {
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The given key is not the one that wraps them.
    #[error(
        "{place}: encrypted under the operator's key {expected}, and the key given is {given}; give the key {expected} \
         (`weir key id FILE` names one): after `weir key rotate` it is the newer one, or the one before if this was not \
         there then"
    )]
    OtherKey {
        /// The file, or what it stands in.
        place: String,
        /// The key that is needed.
        expected: KeyId,
        /// The key that is there.
        given: KeyId,
    },
    /// The file is not as it was written.
    #[error(
        "{place}: damaged or altered; put it back from a copy: without it nothing that it belongs to can be read"
    )]
    Damaged {
        /// The file, or what it stands in.
        place: String,
    },
    /// The system gives no random numbers to make one.
    #[error("the system gives no random numbers: {0}")]
    NoRandom(getrandom::Error),
}

/// A value that was not sealed for this place by these keys, or was altered since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("it cannot be decrypted: it was altered, or belongs elsewhere")]
pub struct Unopened;
