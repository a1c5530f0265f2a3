//! Tests of keys: what opens what, and what is seen.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::secret::SecretPlace;

fn operator() -> OperatorKey {
    OperatorKey::generate().unwrap()
}

fn keys() -> Keys {
    Keys::generate(&operator()).unwrap().0
}

fn file() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    (folder, path)
}

#[test]
fn a_value_opens_in_its_place_and_nowhere_else() {
    let keys = keys();
    let sealed = keys.seal(b"place", b"plain text");
    assert_eq!(sealed.len(), b"plain text".len() + OVERHEAD_BYTES);
    assert_eq!(keys.open(b"place", &sealed).unwrap(), b"plain text");
    assert_eq!(keys.open(b"other", &sealed), Err(Unopened), "moved");
    assert_eq!(
        self::keys().open(b"place", &sealed),
        Err(Unopened),
        "of another store"
    );
    for bit in 0..sealed.len() * 8 {
        let mut altered = sealed.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(keys.open(b"place", &altered), Err(Unopened), "bit {bit}");
    }
    for end in 0..sealed.len() {
        assert_eq!(keys.open(b"place", &sealed[..end]), Err(Unopened), "cut at {end}");
    }
    assert_ne!(
        keys.seal(b"place", b"plain text"),
        sealed,
        "never the same bytes twice"
    );
}

#[test]
fn keys_come_back_by_the_operators_key_alone() {
    let (_folder, path) = file();
    let (ours, theirs) = (operator(), operator());
    let made = Keys::create(&path, &ours).unwrap();
    let sealed = made.seal(b"1", b"x");
    let read = Keys::read(&path, &ours).unwrap();
    assert_eq!(read.open(b"1", &sealed).unwrap(), b"x");
    assert_eq!(read.hash_key(), made.hash_key());
    assert_ne!(read.seal(b"1", b"x"), sealed);
    let refused = Keys::read(&path, &theirs).unwrap_err();
    assert!(
        matches!(&refused, KeysError::OtherKey { expected, given, .. } if (*expected, *given) == (ours.id(), theirs.id())),
        "{refused}"
    );
    let missing = Keys::read(&path.with_extension("none"), &ours).unwrap_err();
    assert!(matches!(missing, KeysError::Io { .. }));
}

#[test]
fn every_altered_byte_of_the_file_is_seen() {
    let key = operator();
    let (_, text) = Keys::generate(&key).unwrap();
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        let altered = String::from_utf8(bytes).unwrap();
        assert!(Keys::of_text(&altered, "keys", &key).is_err(), "byte {at}");
        assert!(
            Keys::of_text(text.get(..at).unwrap(), "keys", &key).is_err(),
            "cut at {at}"
        );
    }
}

#[test]
fn a_rotation_keeps_what_was_sealed_and_seals_by_a_new_key() {
    let (_folder, path) = file();
    let (old, new) = (operator(), operator());
    let before = Keys::create(&path, &old).unwrap();
    let sealed = before.seal(b"1", b"x");
    assert_eq!(rotate(&path, &old, &new).unwrap(), Rotated::Now);
    assert!(
        Keys::read(&path, &old).is_err(),
        "the old key is worth nothing any more"
    );
    let after = Keys::read(&path, &new).unwrap();
    assert_eq!(after.open(b"1", &sealed).unwrap(), b"x");
    assert_eq!(after.hash_key(), before.hash_key());
    let newer = after.seal(b"1", b"x");
    assert_eq!(before.open(b"1", &newer), Err(Unopened), "a new data key");
    assert_eq!(rotate(&path, &old, &new).unwrap(), Rotated::Before, "said twice");
    assert!(rotate(&path, &old, &operator()).is_err());
}

#[test]
fn what_is_no_key_is_told_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let place = SecretPlace::File(path.clone());
    let good = operator();
    for (text, is_key) in [
        (good.text().to_string(), true),
        (format!("{}\n", &*good.text()), true),
        ("hunter2".to_owned(), false),
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned(), false),
        (format!("{}AAAA", &*good.text()), false),
        (good.text().get(..40).unwrap().to_owned(), false),
    ] {
        crate::durable::replace(&path, text.as_bytes()).unwrap();
        match OperatorKey::read(&place) {
            Ok(key) => assert!(is_key && key.id() == good.id()),
            Err(error) => assert!(!is_key && !error.to_string().contains(text.trim()), "{error}"),
        }
    }
}

#[test]
fn no_debug_shows_a_key() {
    let key = operator();
    let (keys, _) = Keys::generate(&key).unwrap();
    assert_eq!(format!("{key:?}"), format!("OperatorKey({})", key.id()));
    assert_eq!(format!("{keys:?}"), "Keys { generations: 1, .. }");
}

#[test]
fn a_file_of_keys_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = file();
    Keys::create(&path, &operator()).unwrap();
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}

/// Sealed by the cipher of one library, it opens by that of another, and the other way round.
#[test]
fn a_sealed_value_is_what_the_standard_makes_of_it() {
    use chacha20poly1305::aead::{Aead, KeyInit, Payload};
    use chacha20poly1305::{XChaCha20Poly1305, XNonce};
    let keys = keys();
    let standard = XChaCha20Poly1305::new((&**keys.generations.last().unwrap()).into());
    let aad = [&keys.id()[..], &[0xE1, 0, 0, 0, 1], b"place"].concat();
    for plain in [&b""[..], b"plain text", &[7; 5_000]] {
        let sealed = keys.seal(b"place", plain);
        let (head, content) = sealed.split_at(29);
        let payload = Payload {
            msg: content,
            aad: &aad,
        };
        let nonce = XNonce::from_slice(&head[5..]);
        assert_eq!(standard.decrypt(nonce, payload).unwrap(), plain);
        // Of an earlier opening, whose nonce began in another way.
        let nonce = XNonce::from_slice(&[9; 24]);
        let payload = Payload {
            msg: plain,
            aad: &aad,
        };
        let theirs = [
            &head[..5],
            nonce.as_slice(),
            &standard.encrypt(nonce, payload).unwrap(),
        ];
        assert_eq!(keys.open(b"place", &theirs.concat()).unwrap(), plain);
    }
}

proptest! {
    #[test]
    fn what_was_sealed_opens(place in prop::collection::vec(any::<u8>(), 0..40), plain in prop::collection::vec(any::<u8>(), 0..7_000)) {
        let keys = keys();
        let sealed = keys.seal(&place, &plain);
        prop_assert_eq!(keys.open(&place, &sealed).unwrap(), plain);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), text in "\\PC{0,100}") {
        prop_assert_eq!(keys().open(b"", &bytes), Err(Unopened));
        prop_assert!(Keys::of_text(&text, "x", &operator()).is_err());
    }
}
