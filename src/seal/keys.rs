//! A store's data keys in memory: they seal values and open them.
//!
//! A sealed value is: form, generation of the key, nonce, the encrypted bytes, and the tag over these and the place.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use chacha20poly1305::aead::{AeadInPlace, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::operator::KEY_BYTES;
use super::{KeysError, Unopened};

/// The form of a sealed value.
const FORM: u8 = 0xE1;
const GENERATION_BYTES: usize = 4;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const HEAD_BYTES: usize = 1 + GENERATION_BYTES + NONCE_BYTES;
/// By how much a sealed value is longer.
pub const OVERHEAD_BYTES: usize = HEAD_BYTES + TAG_BYTES;

/// A data key as it is made and wrapped.
pub(super) type DataKey = Zeroizing<[u8; KEY_BYTES]>;

/// The data keys of one store, all that its values may be sealed by; the newest seals.
pub struct Keys {
    /// Made with the keys, and part of every value's place: tells this store from every other.
    pub(super) store: [u8; 16],
    /// By generation: the first is number 1.
    pub(super) generations: Vec<Generation>,
    /// Random, made anew whenever the keys are read; with the count behind it no nonce comes twice.
    nonce: [u8; 16],
    count: AtomicU64,
}

pub(super) struct Generation {
    pub(super) key: DataKey,
    cipher: XChaCha20Poly1305,
}

impl Generation {
    pub(super) fn new(key: DataKey) -> Generation {
        let cipher = XChaCha20Poly1305::new(key.as_ref().into());
        Generation { key, cipher }
    }

    pub(super) fn generate() -> Result<Generation, KeysError> {
        let mut key = DataKey::default();
        getrandom::fill(&mut *key).map_err(KeysError::NoRandom)?;
        Ok(Generation::new(key))
    }
}

impl Keys {
    pub(super) fn new(store: [u8; 16], generations: Vec<Generation>) -> Result<Keys, KeysError> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(KeysError::NoRandom)?;
        Ok(Keys {
            store,
            generations,
            nonce,
            count: AtomicU64::new(0),
        })
    }

    /// Seals a value for a place: it opens there and nowhere else. The result is [`OVERHEAD_BYTES`] longer.
    ///
    /// # Panics
    /// When the value is longer than the cipher can do, which is 256 GiB.
    pub fn seal(&self, place: &[u8], plain: &[u8]) -> Vec<u8> {
        let number = u32::try_from(self.generations.len()).expect("a file of keys is bounded");
        let newest = self.generations.last().expect("there is never no data key");
        let mut sealed = Vec::with_capacity(plain.len() + OVERHEAD_BYTES);
        sealed.push(FORM);
        sealed.extend_from_slice(&number.to_be_bytes());
        sealed.extend_from_slice(&self.nonce);
        sealed.extend_from_slice(&self.count.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        sealed.extend_from_slice(plain);
        let (head, content) = sealed.split_at_mut(HEAD_BYTES);
        let place = self.place(head, place);
        let nonce = XNonce::from_slice(head.get(1 + GENERATION_BYTES..).expect("the head ends with it"));
        let tag = newest
            .cipher
            .encrypt_in_place_detached(nonce, &place, content)
            .expect("only a value of 256 GiB is too long");
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// When it was not, or was altered since.
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Unopened> {
        let (head, rest) = sealed.split_at_checked(HEAD_BYTES).ok_or(Unopened)?;
        let (content, tag) = rest
            .split_at_checked(rest.len().saturating_sub(TAG_BYTES))
            .filter(|(_, tag)| tag.len() == TAG_BYTES)
            .ok_or(Unopened)?;
        let (form, numbered) = head.split_first().ok_or(Unopened)?;
        let (number, nonce) = numbered.split_first_chunk::<GENERATION_BYTES>().ok_or(Unopened)?;
        let number = usize::try_from(u32::from_be_bytes(*number)).map_err(|_| Unopened)?;
        let generation = number
            .checked_sub(1)
            .and_then(|index| self.generations.get(index));
        let generation = generation.filter(|_| *form == FORM).ok_or(Unopened)?;
        let mut plain = content.to_vec();
        generation
            .cipher
            .decrypt_in_place_detached(
                XNonce::from_slice(nonce),
                &self.place(head, place),
                &mut plain,
                Tag::from_slice(tag),
            )
            .map_err(|_| Unopened)?;
        Ok(plain)
    }

    /// What tells these keys from those of every other store.
    pub fn id(&self) -> [u8; 16] {
        self.store
    }

    /// A key for hashes of what must not be guessed from them; the same as long as there are these keys.
    pub fn hash_key(&self) -> Zeroizing<[u8; KEY_BYTES]> {
        let first = self.generations.first().expect("there is never no data key");
        Zeroizing::new(blake3::derive_key("weir 2026-11-22 hashes of terms", &*first.key))
    }

    /// What a value is sealed together with.
    fn place(&self, head: &[u8], place: &[u8]) -> Vec<u8> {
        let mut whole = Vec::with_capacity(self.store.len() + 1 + GENERATION_BYTES + place.len());
        whole.extend_from_slice(&self.store);
        whole.extend_from_slice(head.get(..=GENERATION_BYTES).unwrap_or_default());
        whole.extend_from_slice(place);
        whole
    }
}

/// How many there are, and nothing of them.
impl fmt::Debug for Keys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Keys")
            .field("generations", &self.generations.len())
            .finish_non_exhaustive()
    }
}
