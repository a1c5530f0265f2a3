//! Escape sequences (HL7 v2.5.1, 2.7): decoded when a value is read, put in when text is written.
//!
//! `decode(encode(text)) == text`, and nothing `encode` gives holds a delimiter or a segment terminator.
//! Sequences that stand for no character (`\H\`, `\N\`, `\.br\`, `\Z..\`, `\C..\`, `\M..\`) are left alone both
//! ways, so that formatted text survives being read and set again.

use std::borrow::Cow;

use memchr::memchr;

use super::delimiters::Delimiters;
use super::segment::slice;

/// The longest hexadecimal escape that is decoded, in digits.
const HEX_DIGITS_MAX: usize = 4_096;

/// Why text cannot be written into a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unwritable {
    /// It needs an escape and the message declares no escape character.
    NoEscape,
    /// It holds a NUL, which no receiver accepts in any form.
    Nul,
}

/// What begins at an escape character.
enum Sequence {
    /// One delimiter or the escape character.
    Character(u8),
    /// Bytes in hexadecimal.
    Hex(Vec<u8>),
    /// Formatting or a local escape; stays as it is.
    Kept,
}

/// The text of a raw value.
pub(super) fn decode<'a>(raw: &'a [u8], delimiters: &Delimiters) -> Cow<'a, str> {
    let found = delimiters
        .escape
        .and_then(|escape| Some((escape, memchr(escape, raw)?)));
    let Some((escape, mut position)) = found else {
        return characters(raw);
    };
    let mut text = String::with_capacity(raw.len());
    let mut pending = 0;
    loop {
        let rest = slice(raw, &(position..raw.len()));
        let (replaced, length) = match sequence(rest, escape, delimiters) {
            Some((sequence, length)) => (Some(sequence), length),
            None => (None, 1),
        };
        match replaced {
            Some(Sequence::Character(byte)) => {
                text.push_str(&characters(slice(raw, &(pending..position))));
                text.push(char::from(byte));
                pending = position + length;
            }
            Some(Sequence::Hex(bytes)) => {
                text.push_str(&characters(slice(raw, &(pending..position))));
                text.push_str(&characters(&bytes));
                pending = position + length;
            }
            Some(Sequence::Kept) | None => {}
        }
        let after = position + length;
        match memchr(escape, slice(raw, &(after..raw.len()))) {
            Some(distance) => position = after + distance,
            None => break,
        }
    }
    text.push_str(&characters(slice(raw, &(pending..raw.len()))));
    text.into()
}

/// Whether a raw value holds an escape that is no sequence of the standard.
pub(super) fn is_malformed(raw: &[u8], delimiters: &Delimiters) -> bool {
    let Some(escape) = delimiters.escape else {
        return false;
    };
    let mut at = 0;
    while let Some(distance) = memchr(escape, slice(raw, &(at..raw.len()))) {
        let position = at + distance;
        match sequence(slice(raw, &(position..raw.len())), escape, delimiters) {
            Some((_, length)) => at = position + length,
            None => return true,
        }
    }
    false
}

/// The bytes that stand for this text in a message with these delimiters.
pub(super) fn encode(text: &str, delimiters: &Delimiters) -> Result<Vec<u8>, Unwritable> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte == 0 {
            return Err(Unwritable::Nul);
        }
        let letter = letter(byte, delimiters);
        let is_control = byte < b' ' && byte != b'\t';
        if letter.is_none() && !is_control {
            out.push(byte);
            continue;
        }
        let escape = delimiters.escape.ok_or(Unwritable::NoEscape)?;
        if byte == escape {
            let rest = slice(bytes, &(at - 1..bytes.len()));
            if let Some((Sequence::Kept, length)) = sequence(rest, escape, delimiters) {
                out.extend_from_slice(slice(rest, &(0..length)));
                at += length - 1;
                continue;
            }
        }
        out.push(escape);
        match letter {
            Some(letter) => out.push(letter),
            None => out.extend_from_slice(format!("X{byte:02X}").as_bytes()),
        }
        out.push(escape);
    }
    Ok(out)
}

/// The letter that names this byte in an escape sequence, if it must be escaped.
fn letter(byte: u8, delimiters: &Delimiters) -> Option<u8> {
    if byte == delimiters.field {
        Some(b'F')
    } else if byte == delimiters.component {
        Some(b'S')
    } else if byte == delimiters.repetition {
        Some(b'R')
    } else if Some(byte) == delimiters.subcomponent {
        Some(b'T')
    } else if Some(byte) == delimiters.escape {
        Some(b'E')
    } else {
        None
    }
}

/// The sequence that begins at the escape character opening `rest`, and its length with both escape characters.
fn sequence(rest: &[u8], escape: u8, delimiters: &Delimiters) -> Option<(Sequence, usize)> {
    let inner = slice(rest, &(1..rest.len().min(HEX_DIGITS_MAX + 3)));
    let inner = slice(inner, &(0..memchr(escape, inner)?));
    let found = match inner {
        b"F" => Sequence::Character(delimiters.field),
        b"S" => Sequence::Character(delimiters.component),
        b"R" => Sequence::Character(delimiters.repetition),
        b"T" => Sequence::Character(delimiters.subcomponent?),
        b"E" => Sequence::Character(escape),
        b"H" | b"N" => Sequence::Kept,
        [b'X', digits @ ..] => Sequence::Hex(hex(digits)?),
        [b'C' | b'M', digits @ ..] => {
            hex(digits)?;
            Sequence::Kept
        }
        [b'Z', ..] | [b'.', _, ..] if is_word(inner, delimiters) => Sequence::Kept,
        _ => return None,
    };
    Some((found, inner.len() + 2))
}

/// Formatting and local escapes are short words; anything else between two backslashes is two backslashes.
fn is_word(inner: &[u8], delimiters: &Delimiters) -> bool {
    inner.iter().all(|&byte| {
        letter(byte, delimiters).is_none()
            && (byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-'))
    })
}

/// Pairs of hexadecimal digits, none of them a NUL.
fn hex(digits: &[u8]) -> Option<Vec<u8>> {
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pair = |pair: &[u8]| match *pair {
        [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?)
            .ok()
            .filter(|&byte| byte != 0),
        _ => None,
    };
    digits.chunks(2).map(pair).collect()
}

/// UTF-8, or Latin-1 where it is not.
fn characters(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => bytes
            .iter()
            .map(|&byte| char::from(byte))
            .collect::<String>()
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(raw: &[u8], text: &str) {
        assert_eq!(
            decode(raw, &Delimiters::default()),
            text,
            "{}",
            raw.escape_ascii()
        );
    }

    #[test]
    fn decodes_delimiters_and_hexadecimal() {
        check(b"a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f");
        check(b"\\X0D0A\\\\X41\\\\xC3\\", "\r\nA\\xC3\\");
        check(b"\\XC3A9\\ \\XE9\\ \xC3\xA9", "\u{e9} \u{e9} \u{e9}");
        check(b"caf\xE9 \\T\\", "caf\u{e9} &");
        check(b"\\E\\X41\\E\\", "\\X41\\");
    }

    #[test]
    fn leaves_what_stands_for_no_character() {
        for kept in [
            "\\H\\bold\\N\\",
            "\\.br\\",
            "\\.sp+3\\",
            "\\Z1\\",
            "\\C2842\\",
            "\\M2842AA\\",
            "\\F",
            "\\",
            "\\\\",
            "\\X4\\",
            "\\X00\\",
            "\\X\\",
            "\\Zq|\\",
            "\\.\\",
            "\\FF\\",
            "C:\\dir\\file",
            "\\XGG\\",
        ] {
            check(kept.as_bytes(), kept);
        }
        let long = format!("\\X{}\\", "41".repeat(500_000));
        check(long.as_bytes(), &long);
    }

    #[test]
    fn tells_malformed_escapes() {
        for (raw, expected) in [
            ("\\F\\ \\.br\\ \\H\\", false),
            ("none", false),
            ("\\F", true),
            ("\\X4\\", true),
            ("a\\b\\T\\", true),
        ] {
            assert_eq!(
                is_malformed(raw.as_bytes(), &Delimiters::default()),
                expected,
                "{raw}"
            );
        }
    }

    #[test]
    fn encodes_what_would_be_read_otherwise() {
        let encoded = |text| encode(text, &Delimiters::default()).map(|raw| String::from_utf8(raw).unwrap());
        assert_eq!(
            encoded("a|b^c&d~e\\f").as_deref(),
            Ok("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f")
        );
        assert_eq!(encoded("\rPID|1").as_deref(), Ok("\\X0D\\PID\\F\\1"));
        assert_eq!(
            encoded("\\.br\\ \\H\\x\\N\\").as_deref(),
            Ok("\\.br\\ \\H\\x\\N\\")
        );
        assert_eq!(encoded("\\X41\\").as_deref(), Ok("\\E\\X41\\E\\"));
        assert_eq!(encoded("a\tb").as_deref(), Ok("a\tb"));
        assert_eq!(encoded("a\0b"), Err(Unwritable::Nul));
        let bare = Delimiters {
            escape: None,
            ..Delimiters::default()
        };
        assert_eq!(encode("a\\b", &bare), Ok(b"a\\b".to_vec()));
        assert_eq!(encode("a|b", &bare), Err(Unwritable::NoEscape));
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes(text in "([|^&~\\\\FSTRENHXZ.CM\r\n\u{e9}a0-9+]|\\\\[FHEX.]\\\\){0,30}", plus in any::<bool>()) {
            let field = if plus { b'+' } else { b'|' };
            let delimiters = Delimiters { field, ..Delimiters::default() };
            let raw = encode(&text, &delimiters).unwrap();
            prop_assert_eq!(decode(&raw, &delimiters), text.as_str());
            for delimiter in [field, b'^', b'~', b'&', b'\r', b'\n'] {
                prop_assert!(!raw.contains(&delimiter));
            }
        }

        #[test]
        fn decoding_never_panics(raw in proptest::collection::vec(any::<u8>(), 0..60), escapes in "[\\\\XFZ0-9A-F.]{0,40}") {
            let delimiters = Delimiters::default();
            decode(&raw, &delimiters);
            decode(escapes.as_bytes(), &delimiters);
            is_malformed(escapes.as_bytes(), &delimiters);
        }
    }
}
