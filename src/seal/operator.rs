//! The operator's key: 32 random bytes, kept apart from the data they protect.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::Zeroizing;

use super::KeyError;
use crate::secret::SecretPlace;

/// The length of every key.
pub(super) const KEY_BYTES: usize = 32;
/// What the id of a key is derived for, so that it tells nothing else about the key.
const ID_CONTEXT: &str = "weir 2026-11-22 id of an operator's key";

/// The key that wraps the data keys.
pub struct OperatorKey {
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

/// Tells one key from another and says nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyId(pub(super) [u8; 8]);

impl OperatorKey {
    /// A new one.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn generate() -> Result<OperatorKey, KeyError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(&mut *bytes).map_err(KeyError::NoRandom)?;
        Ok(OperatorKey { bytes })
    }

    /// The one that is kept there. Blocks while a file is read.
    ///
    /// # Errors
    /// When it cannot be read, or is no key.
    pub fn read(place: &SecretPlace) -> Result<OperatorKey, KeyError> {
        let secret = place.read()?;
        // Decoded into its place: a text that grows would leave copies behind.
        let mut bytes = Zeroizing::new([0; KEY_BYTES + 4]);
        let length = BASE64
            .decode_slice(secret.expose().trim(), &mut *bytes)
            .map_err(|_| KeyError::NoKey)?;
        let (key, rest) = bytes.split_first_chunk::<KEY_BYTES>().ok_or(KeyError::NoKey)?;
        // A key of zeros was never made at random: somebody meant to fill it in.
        if length + rest.len() != bytes.len() || key == &[0; KEY_BYTES] {
            return Err(KeyError::NoKey);
        }
        Ok(OperatorKey {
            bytes: Zeroizing::new(*key),
        })
    }

    /// The key as it is written into a file.
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64.encode(*self.bytes))
    }

    /// What tells it from others.
    pub fn id(&self) -> KeyId {
        let hash = blake3::derive_key(ID_CONTEXT, &*self.bytes);
        KeyId(*hash.first_chunk().expect("a hash has 32 bytes"))
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }
}

/// Its id, and nothing of it.
impl fmt::Debug for OperatorKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "OperatorKey({})", self.id())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}
