//! A store's data keys as a text, in a small file beside the store: wrapped by the operator's key, whose id it names.
//!
//! ```text
//! weir keys 1
//! store 32 digits
//! operator 16 digits
//! key BASE64          one line for each generation, the newest last
//! mac 64 digits
//! ```
//!
//! Whoever has the file and not the operator's key has nothing. It is replaced whole.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::keys::{DataKey, Keys, generate};
use super::{KeyId, KeysError, OperatorKey};
use crate::durable;

const MAGIC: &str = "weir keys 1";
const NONCE_BYTES: usize = 24;
/// A rotation a day for ten years.
const GENERATIONS_MAX: usize = 4_000;
/// No file of so many generations is longer.
const FILE_BYTES_MAX: u64 = 1 << 20;
const MAC_CONTEXT: &str = "weir 2026-11-22 whole file of data keys";
const WRAP_CONTEXT: &str = "weir 2026-11-22 wrapping of data keys";

/// What [`rotate`] has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotated {
    /// The new key wraps the data keys, and there is a new data key for what is written from the next start on.
    Now,
    /// The new key had wrapped them before.
    Before,
}

impl Keys {
    /// New keys of a new store, and their text.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn generate(operator: &OperatorKey) -> Result<(Keys, String), KeysError> {
        let mut store = [0; 16];
        getrandom::fill(&mut store).map_err(KeysError::NoRandom)?;
        let keys = Keys::new(store, vec![generate()?])?;
        let text = keys.text(operator)?;
        Ok((keys, text))
    }

    /// The keys of this text, which stands in `place`.
    ///
    /// # Errors
    /// When another operator's key wraps them, or the text is damaged.
    pub fn of_text(text: &str, place: &str, operator: &OperatorKey) -> Result<Keys, KeysError> {
        let damaged = || KeysError::Damaged {
            place: place.to_owned(),
        };
        let written = Written::read(text).ok_or_else(damaged)?;
        if written.operator != operator.id() {
            return Err(KeysError::OtherKey {
                place: place.to_owned(),
                expected: written.operator,
                given: operator.id(),
            });
        }
        if blake3::Hash::from(written.mac) != mac(operator, written.before_mac) {
            return Err(damaged());
        }
        let unwrapped = written.wrapped.iter().zip(1..);
        let generations = unwrapped
            .map(|(wrapped, number)| unwrap(operator, &written.store, number, wrapped))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(damaged)?;
        Keys::new(written.store, generations)
    }

    /// Makes the file of a new store, and its keys. Blocks until it is on the disk.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(path: &Path, operator: &OperatorKey) -> Result<Keys, KeysError> {
        let (keys, text) = Keys::generate(operator)?;
        durable::replace(path, text.as_bytes()).map_err(in_file(path))?;
        Ok(keys)
    }

    /// Reads the file of a store.
    ///
    /// # Errors
    /// When it cannot be read, or as [`of_text`](Keys::of_text).
    pub fn read(path: &Path, operator: &OperatorKey) -> Result<Keys, KeysError> {
        let text = read(path).map_err(in_file(path))?;
        Keys::of_text(&text, &path.display().to_string(), operator)
    }

    fn text(&self, operator: &OperatorKey) -> Result<String, KeysError> {
        let mut text = format!(
            "{MAGIC}\nstore {}\noperator {}\n",
            hex(&self.store),
            operator.id()
        );
        for (key, number) in self.generations.iter().zip(1..) {
            let wrapped = wrap(operator, &self.store, number, key)?;
            writeln!(text, "key {}", BASE64.encode(wrapped)).expect("a text takes all that is written to it");
        }
        let mac = mac(operator, &text);
        writeln!(text, "mac {}", mac.to_hex()).expect("a text takes all that is written to it");
        Ok(text)
    }
}

/// Lets a new operator's key wrap the data keys of this file, and adds a new one for what is written from the next
/// start on. Whoever has the keys open goes on with those. Blocks until it is on the disk.
///
/// # Errors
/// When neither key opens the file, or it cannot be replaced; it is as it was then.
pub fn rotate(path: &Path, old: &OperatorKey, new: &OperatorKey) -> Result<Rotated, KeysError> {
    let Keys {
        store,
        mut generations,
        ..
    } = match Keys::read(path, old) {
        Err(KeysError::OtherKey { expected, .. }) if expected == new.id() => {
            return Keys::read(path, new).map(|_| Rotated::Before);
        }
        read => read?,
    };
    if generations.len() < GENERATIONS_MAX {
        generations.push(generate()?);
    }
    let text = Keys::new(store, generations)?.text(new)?;
    durable::replace(path, text.as_bytes()).map_err(in_file(path))?;
    Ok(Rotated::Now)
}

/// Whether one of these operator's keys opens the file.
///
/// # Errors
/// When neither does, or it is damaged or cannot be read.
pub fn opens(path: &Path, [old, new]: [&OperatorKey; 2]) -> Result<(), KeysError> {
    match Keys::read(path, old) {
        Err(KeysError::OtherKey { expected, .. }) if expected == new.id() => Keys::read(path, new).map(drop),
        read => read.map(drop),
    }
}

fn in_file(path: &Path) -> impl FnOnce(io::Error) -> KeysError {
    let path = path.to_owned();
    move |source| KeysError::Io { path, source }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

/// What stands in a text, before any key has looked at it.
struct Written<'a> {
    store: [u8; 16],
    operator: KeyId,
    wrapped: Vec<Vec<u8>>,
    mac: [u8; 32],
    before_mac: &'a str,
}

impl Written<'_> {
    fn read(text: &str) -> Option<Written<'_>> {
        let (before_mac, mac) = text.rsplit_once("mac ")?;
        let mut lines = before_mac.lines();
        (lines.next()? == MAGIC).then_some(())?;
        let store = from_hex(lines.next()?.strip_prefix("store ")?)?;
        let operator = KeyId(from_hex(lines.next()?.strip_prefix("operator ")?)?);
        let wrapped: Vec<Vec<u8>> = lines
            .map(|line| BASE64.decode(line.strip_prefix("key ")?).ok())
            .collect::<Option<_>>()?;
        (1..=GENERATIONS_MAX).contains(&wrapped.len()).then_some(())?;
        Some(Written {
            store,
            operator,
            wrapped,
            mac: from_hex(mac.strip_suffix('\n')?)?,
            before_mac,
        })
    }
}

fn wrapping(operator: &OperatorKey) -> XChaCha20Poly1305 {
    let key = Zeroizing::new(blake3::derive_key(WRAP_CONTEXT, operator.bytes()));
    XChaCha20Poly1305::new(key.as_ref().into())
}

/// The whole file is under a MAC, so that no line can be taken out of it.
fn mac(operator: &OperatorKey, text: &str) -> blake3::Hash {
    let key = Zeroizing::new(blake3::derive_key(MAC_CONTEXT, operator.bytes()));
    blake3::keyed_hash(&key, text.as_bytes())
}

fn wrap(operator: &OperatorKey, store: &[u8; 16], number: u32, key: &DataKey) -> Result<Vec<u8>, KeysError> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(KeysError::NoRandom)?;
    let payload = Payload {
        msg: &**key,
        aad: &place(store, number),
    };
    let sealed = wrapping(operator)
        .encrypt(XNonce::from_slice(&nonce), payload)
        .expect("a key is not too long");
    Ok([nonce.as_slice(), &sealed].concat())
}

fn unwrap(operator: &OperatorKey, store: &[u8; 16], number: u32, wrapped: &[u8]) -> Option<DataKey> {
    let (nonce, sealed) = wrapped.split_at_checked(NONCE_BYTES)?;
    let payload = Payload {
        msg: sealed,
        aad: &place(store, number),
    };
    let plain = wrapping(operator).decrypt(XNonce::from_slice(nonce), payload);
    let plain = Zeroizing::new(plain.ok()?);
    let mut key = DataKey::default();
    (plain.len() == key.len()).then(|| key.copy_from_slice(&plain))?;
    Some(key)
}

fn place(store: &[u8; 16], number: u32) -> Vec<u8> {
    [store.as_slice(), &number.to_be_bytes()].concat()
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + format!("{byte:02x}").as_str())
}

fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    (text.len() == 2 * N && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(())?;
    let mut bytes = [0; N];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}
