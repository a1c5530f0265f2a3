//! Keys of sessions, tokens and the first start: 256 random bits, kept as a hash.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

const KEY_BYTES: usize = 32;

/// A key as its owner holds it. It is shown once, to whom it is given.
pub struct Key(Zeroizing<String>);

/// That there is one, and nothing of it.
impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key")
    }
}

/// What is kept of a key: nothing that anybody could log in with. Random keys need no slow hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct KeyHash([u8; KEY_BYTES]);

impl Key {
    /// A new one, with these letters before it, so that people and scanners see what it is.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub(super) fn new(prefix: &str) -> Result<Key, getrandom::Error> {
        let bytes = random::<KEY_BYTES>()?;
        let digits = Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()));
        Ok(Key(Zeroizing::new(format!("{prefix}{}", digits.as_str()))))
    }

    /// The key itself, for whom it is meant.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(super) fn hash(&self) -> KeyHash {
        KeyHash::of(&self.0)
    }
}

impl KeyHash {
    /// Comparing hashes tells nothing of the key, so it need not take the same time always.
    pub(super) fn of(key: &str) -> KeyHash {
        KeyHash(*blake3::hash(key.as_bytes()).as_bytes())
    }

    pub(super) fn to_hex(self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }
}

/// What a page of a session must send along with each change: follows from the session's key, and nothing follows
/// from it.
pub fn csrf_token(session_key: &str) -> String {
    let derived = blake3::derive_key("weir console CSRF token 1", session_key.as_bytes());
    blake3::Hash::from_bytes(derived).to_hex().to_string()
}

/// Random bytes of the operating system.
pub(super) fn random<const BYTES: usize>() -> Result<Zeroizing<[u8; BYTES]>, getrandom::Error> {
    let mut bytes = Zeroizing::new([0; BYTES]);
    getrandom::fill(bytes.as_mut_slice())?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_and_are_not_shown() {
        let (one, other) = (Key::new("weir_").unwrap(), Key::new("weir_").unwrap());
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().len(), "weir_".len() + 43);
        assert_eq!(format!("{one:?}"), "Key");
        assert_eq!(one.hash(), KeyHash::of(one.expose()));
        assert_eq!(one.hash().to_hex().len(), 64);
        assert_ne!(csrf_token(one.expose()), csrf_token(other.expose()));
        assert_eq!(csrf_token(one.expose()), csrf_token(one.expose()));
    }
}
