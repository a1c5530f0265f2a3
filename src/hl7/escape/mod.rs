//! Escape sequences (HL7 v2.5.1, 2.7): decoded when a value is read, put in when text is written.
//!
//! `decode(encode(text)) == text`, and nothing `encode` gives holds a delimiter or a segment terminator.
//! Sequences that stand for no character (`\H\`, `\N\`, `\.br\`, `\Z..\`, `\C..\`, `\M..\`) are left alone both
//! ways, so that formatted text survives being read and set again; [`FormattedText`] tells what they mean.

mod formatted;
mod sequence;

use std::borrow::Cow;
use std::fmt::Write as _;

use memchr::memchr;

use super::charset::{Charset, characters};
use super::delimiters::Delimiters;
use super::scan;
use super::segment::slice;
use sequence::{Sequence, letter, pieces, sequence};

pub use formatted::{Format, FormattedText, Part};

/// Why text cannot be written into a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unwritable {
    /// It needs an escape and the message declares no escape character.
    NoEscape,
    /// It holds a NUL, which no receiver accepts in any form.
    Nul,
    /// It holds a character that the message's character set lacks.
    Character(Charset),
}

/// The text of a raw value.
pub(super) fn decode<'a>(raw: &'a [u8], delimiters: &Delimiters) -> Cow<'a, str> {
    let text = characters(raw, delimiters.charset);
    let Some(escape) = delimiters.escape else {
        return text;
    };
    if memchr(escape, text.as_bytes()).is_none() {
        return text;
    }
    let mut decoded = String::with_capacity(text.len());
    for (piece, sequence) in pieces(&text, escape, delimiters) {
        match sequence {
            Some(Sequence::Character(byte)) => decoded.push(char::from(byte)),
            Some(Sequence::Hex(bytes)) => decoded.push_str(&characters(&bytes, delimiters.charset)),
            Some(Sequence::Formatting(_) | Sequence::Charset | Sequence::Local) | None => {
                decoded.push_str(piece);
            }
        }
    }
    decoded.into()
}

/// Whether a raw value holds an escape that is no sequence of the standard.
pub(super) fn is_malformed(raw: &[u8], delimiters: &Delimiters) -> bool {
    let Some(escape) = delimiters.escape else {
        return false;
    };
    let mut at = 0;
    while let Some(distance) = scan::first(slice(raw, &(at..raw.len())), escape, delimiters.multibyte) {
        let position = at + distance;
        match sequence(slice(raw, &(position..raw.len())), escape, delimiters) {
            Some((_, length)) => at = position + length,
            None => return true,
        }
    }
    false
}

/// The bytes that stand for this text in a message with these delimiters, in this character set or UTF-8.
pub(super) fn encode(text: &str, delimiters: &Delimiters) -> Result<Vec<u8>, Unwritable> {
    let is_special = |byte: u8| letter(byte, delimiters).is_some() || (byte < b' ' && byte != b'\t');
    // A truncation character says that the value was cut only at its end; elsewhere it is one character like others
    // (HL7 v2.7, 2.5.5.2), and not every receiver knows its escape.
    let truncation = text
        .bytes()
        .last()
        .filter(|byte| Some(*byte) == delimiters.truncation);
    let next = |rest: &str| {
        let last = || truncation.and(rest.len().checked_sub(1));
        rest.bytes().position(is_special).or_else(last)
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = next(rest) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        let byte = special.bytes().next().unwrap_or_default();
        if byte == 0 {
            return Err(Unwritable::Nul);
        }
        let escape = delimiters.escape.ok_or(Unwritable::NoEscape)?;
        let kept = if byte == escape {
            kept(special, escape, delimiters)
        } else {
            None
        };
        let (given, after) = special.split_at(kept.unwrap_or(1));
        rest = after;
        let escape = char::from(escape);
        let named = truncation.filter(|mark| *mark == byte).map(|_| b'P');
        if kept.is_some() {
            out.push_str(given);
        } else if let Some(letter) = letter(byte, delimiters).or(named) {
            out.extend([escape, char::from(letter), escape]);
        } else {
            write!(out, "{escape}X{byte:02X}{escape}").expect("a String takes everything");
        }
    }
    out.push_str(rest);
    match delimiters.charset {
        None => Ok(out.into_bytes()),
        Some(charset) => match charset.encode(&out) {
            Some(bytes) => Ok(bytes.into_owned()),
            None => Err(Unwritable::Character(charset)),
        },
    }
}

/// The bytes of a text that holds escapes, as it stands in a message with these delimiters, in another character set;
/// `None` if that lacks any of its characters, those in hexadecimal included.
pub(super) fn in_charset(text: &str, delimiters: &Delimiters, charset: Charset) -> Option<Vec<u8>> {
    let mut out = String::with_capacity(text.len());
    let Some(escape) = delimiters.escape else {
        return charset.encode(text).map(Cow::into_owned);
    };
    for (piece, sequence) in pieces(text, escape, delimiters) {
        let hexadecimal = match sequence {
            Some(Sequence::Hex(bytes)) if !bytes.is_ascii() => Some(bytes),
            Some(_) | None => None,
        };
        let characters = hexadecimal.map(|bytes| characters(&bytes, delimiters.charset).into_owned());
        // What stands for no characters is bytes, whatever the character set.
        let Some(characters) = characters.filter(|text| !text.contains(char::REPLACEMENT_CHARACTER)) else {
            out.push_str(piece);
            continue;
        };
        write!(out, "{}X", char::from(escape)).expect("a String takes everything");
        for byte in charset.encode(&characters)?.iter() {
            write!(out, "{byte:02X}").expect("a String takes everything");
        }
        out.push(char::from(escape));
    }
    charset.encode(&out).map(Cow::into_owned)
}

/// The length of the sequence that opens this text, if it is one that is read as it stands.
fn kept(text: &str, escape: u8, delimiters: &Delimiters) -> Option<usize> {
    match sequence(text.as_bytes(), escape, delimiters)? {
        (Sequence::Formatting(_) | Sequence::Charset | Sequence::Local, length) => Some(length),
        (Sequence::Character(_) | Sequence::Hex(_), _) => None,
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
    fn a_truncation_character_is_escaped_where_it_would_say_that_the_value_was_cut() {
        let declared = |truncation| Delimiters {
            truncation,
            ..Delimiters::default()
        };
        let check = |text: &str, raw: &str| {
            let delimiters = declared(Some(b'#'));
            assert_eq!(encode(text, &delimiters), Ok(raw.as_bytes().to_vec()));
            assert_eq!(decode(raw.as_bytes(), &delimiters), text);
            assert!(!is_malformed(raw.as_bytes(), &delimiters));
        };
        check("tail#", "tail\\P\\");
        check("#", "\\P\\");
        check("##", "#\\P\\");
        check("APT #5", "APT #5");
        check("\\.br\\#", "\\.br\\\\P\\");
        check("#\\.br\\", "#\\.br\\");
        check("\\P\\", "\\E\\P\\E\\");
        check("a\r#", "a\\X0D\\\\P\\");
        check("a|#", "a\\F\\\\P\\");
        assert_eq!(decode(b"A\\P\\B", &declared(Some(b'#'))), "A#B");
        assert_eq!(decode(b"A\\P\\B", &declared(Some(b'$'))), "A$B");
        // Cut by its sender: the mark is part of the text.
        assert_eq!(decode(b"cut#", &declared(Some(b'#'))), "cut#");
        assert_eq!(decode(b"A\\P\\B", &declared(None)), "A\\P\\B");
        assert!(is_malformed(b"A\\P\\B", &declared(None)));
        assert_eq!(encode("tail#", &declared(None)), Ok(b"tail#".to_vec()));
        let bare = Delimiters {
            escape: None,
            ..declared(Some(b'#'))
        };
        assert_eq!(encode("tail#", &bare), Err(Unwritable::NoEscape));
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
        fn what_is_encoded_decodes(text in "([|^&~#\\\\FSTRENHXZP.CM\r\n\u{e9}a0-9+]|\\\\[FHEXP.]\\\\){0,30}", plus in any::<bool>(), cut in any::<bool>()) {
            let field = if plus { b'+' } else { b'|' };
            let truncation = cut.then_some(b'#');
            let delimiters = Delimiters { field, truncation, ..Delimiters::default() };
            let raw = encode(&text, &delimiters).unwrap();
            prop_assert_eq!(decode(&raw, &delimiters), text.as_str());
            prop_assert!(!cut || raw.last() != Some(&b'#'));
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
