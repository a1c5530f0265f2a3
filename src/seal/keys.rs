//! A store's data keys in memory: they seal values and open them.
//!
//! A sealed value is: form, generation of the key, nonce, the encrypted bytes, and the tag over these and the place.
//!
//! The cipher is XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, 2.3): `HChaCha20` makes a key of the data key and the
//! nonce's first 16 bytes, and ChaCha20-Poly1305 (RFC 8439) seals under it and the other 8. The first 16 stay the same
//! from opening a store until closing it, so the first step is done once.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use chacha20::cipher::consts::U10;
use chacha20::hchacha;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::{Zeroize, Zeroizing};

use super::operator::KEY_BYTES;
use super::{KeysError, Unopened};

/// The form of a sealed value.
const FORM: u8 = 0xE1;
const GENERATION_BYTES: usize = 4;
/// Of the nonce, what stays the same.
const FIXED_BYTES: usize = 16;
const COUNT_BYTES: usize = 8;
const TAG_BYTES: usize = 16;
const HEAD_BYTES: usize = 1 + GENERATION_BYTES + FIXED_BYTES + COUNT_BYTES;
/// By how much a sealed value is longer.
pub const OVERHEAD_BYTES: usize = HEAD_BYTES + TAG_BYTES;

/// A data key as it is made and wrapped.
pub(super) type DataKey = Zeroizing<[u8; KEY_BYTES]>;

/// The data keys of one store, all that its values may be sealed by; the newest seals.
pub struct Keys {
    /// Made with the keys, and part of every value's place: tells this store from every other.
    pub(super) store: [u8; 16],
    /// By generation: the first is number 1.
    pub(super) generations: Vec<DataKey>,
    /// The number of the newest.
    newest: u32,
    /// Random, made anew whenever the keys are read; with the count behind it no nonce comes twice.
    fixed: [u8; FIXED_BYTES],
    count: AtomicU64,
    /// Of the newest data key and the fixed part of the nonce.
    sealing: LessSafeKey,
}

/// A new data key.
pub(super) fn generate() -> Result<DataKey, KeysError> {
    let mut key = DataKey::default();
    getrandom::fill(&mut *key).map_err(KeysError::NoRandom)?;
    Ok(key)
}

/// The first step of the cipher.
fn cipher(key: &DataKey, fixed: &[u8; FIXED_BYTES]) -> LessSafeKey {
    let mut made = hchacha::<U10>((&**key).into(), fixed.into());
    let cipher = UnboundKey::new(&CHACHA20_POLY1305, &made).expect("HChaCha20 makes 32 bytes");
    made.as_mut_slice().zeroize();
    LessSafeKey::new(cipher)
}

/// The rest of the nonce, as the second step wants it.
fn nonce(count: [u8; COUNT_BYTES]) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce[NONCE_LEN - COUNT_BYTES..].copy_from_slice(&count);
    Nonce::assume_unique_for_key(nonce)
}

impl Keys {
    /// # Panics
    /// Without any data key, or with more than a file of them has.
    pub(super) fn new(store: [u8; 16], generations: Vec<DataKey>) -> Result<Keys, KeysError> {
        let mut fixed = [0; FIXED_BYTES];
        getrandom::fill(&mut fixed).map_err(KeysError::NoRandom)?;
        let newest = generations.last().expect("there is never no data key");
        Ok(Keys {
            store,
            newest: u32::try_from(generations.len()).expect("a file of keys is bounded"),
            sealing: cipher(newest, &fixed),
            generations,
            fixed,
            count: AtomicU64::new(0),
        })
    }

    /// Seals a value for a place: it opens there and nowhere else. The result is [`OVERHEAD_BYTES`] longer.
    ///
    /// # Panics
    /// When the value is longer than the cipher can do, which is 256 GiB.
    pub fn seal(&self, place: &[u8], plain: &[u8]) -> Vec<u8> {
        let count = self.count.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let mut sealed = Vec::with_capacity(plain.len() + OVERHEAD_BYTES);
        sealed.push(FORM);
        sealed.extend_from_slice(&self.newest.to_be_bytes());
        sealed.extend_from_slice(&self.fixed);
        sealed.extend_from_slice(&count);
        sealed.extend_from_slice(plain);
        let (_, content) = sealed.split_at_mut(HEAD_BYTES);
        let tag = self
            .sealing
            .seal_in_place_separate_tag(nonce(count), self.place(self.newest, place), content)
            .expect("only a value of 256 GiB is too long");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// Opens a value that was sealed for this place.
    ///
    /// # Errors
    /// When it was not, or was altered since.
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Unopened> {
        let (form, rest) = sealed.split_first().ok_or(Unopened)?;
        let (number, rest) = rest.split_first_chunk().ok_or(Unopened)?;
        let (fixed, rest) = rest.split_first_chunk().ok_or(Unopened)?;
        let (count, content) = rest.split_first_chunk().ok_or(Unopened)?;
        let number = u32::from_be_bytes(*number);
        let index = usize::try_from(number)
            .ok()
            .and_then(|number| number.checked_sub(1));
        let key = index.and_then(|index| self.generations.get(index));
        let key = key.filter(|_| *form == FORM).ok_or(Unopened)?;
        let earlier;
        let cipher = if (number, fixed) == (self.newest, &self.fixed) {
            &self.sealing
        } else {
            earlier = cipher(key, fixed);
            &earlier
        };
        let mut plain = content.to_vec();
        let length = cipher
            .open_in_place(nonce(*count), self.place(number, place), &mut plain)
            .map_err(|_| Unopened)?
            .len();
        plain.truncate(length);
        Ok(plain)
    }

    /// What tells these keys from those of every other store.
    pub fn id(&self) -> [u8; 16] {
        self.store
    }

    /// A key for hashes of what must not be guessed from them; the same as long as there are these keys.
    pub fn hash_key(&self) -> Zeroizing<[u8; KEY_BYTES]> {
        let first = self.generations.first().expect("there is never no data key");
        Zeroizing::new(blake3::derive_key("weir 2026-11-22 hashes of terms", &**first))
    }

    /// What a value is sealed together with.
    fn place(&self, number: u32, place: &[u8]) -> Aad<Vec<u8>> {
        let mut whole = Vec::with_capacity(self.store.len() + 1 + GENERATION_BYTES + place.len());
        whole.extend_from_slice(&self.store);
        whole.push(FORM);
        whole.extend_from_slice(&number.to_be_bytes());
        whole.extend_from_slice(place);
        Aad::from(whole)
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
