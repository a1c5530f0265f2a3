//! The grammar of escape sequences: what stands between two escape characters.
//!
//! What is no sequence of the standard is no sequence at all: its escape characters are text.

use memchr::memchr;

use super::formatted::Format;
use crate::hl7::delimiters::Delimiters;
use crate::hl7::segment::slice;

/// The longest hexadecimal escape that is decoded, in digits.
const HEX_DIGITS_MAX: usize = 4_096;

/// What begins at an escape character.
pub(super) enum Sequence {
    /// One delimiter, the escape character or the truncation character.
    Character(u8),
    /// Bytes in hexadecimal.
    Hex(Vec<u8>),
    /// How what follows is shown; `None` for a command that the standard does not have.
    Formatting(Option<Format>),
    /// `C` or `M` and hexadecimal digits: another character set.
    Charset,
    /// `Z` and what the sender's site means by it.
    Local,
}

/// The text cut at its escape sequences: each piece as it stands, with its meaning if it is a sequence.
pub(super) fn pieces<'a>(
    text: &'a str,
    escape: u8,
    delimiters: &Delimiters,
) -> impl Iterator<Item = (&'a str, Option<Sequence>)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let bytes = rest.as_bytes();
        let opens = *bytes.first()? == escape;
        let found = opens.then(|| sequence(bytes, escape, delimiters)).flatten();
        let (sequence, length) = match found {
            Some((sequence, length)) => (Some(sequence), length),
            // From 1, so that an escape character that begins nothing is text.
            None => (
                None,
                memchr(escape, slice(bytes, &(1..bytes.len()))).map_or(bytes.len(), |distance| distance + 1),
            ),
        };
        let (piece, after) = rest.split_at_checked(length)?;
        rest = after;
        Some((piece, sequence))
    })
}

/// The sequence that begins at the escape character opening `rest`, and its length with both escape characters.
pub(super) fn sequence(rest: &[u8], escape: u8, delimiters: &Delimiters) -> Option<(Sequence, usize)> {
    let inner = slice(rest, &(1..rest.len().min(HEX_DIGITS_MAX + 3)));
    let inner = slice(inner, &(0..memchr(escape, inner)?));
    let found = match inner {
        b"F" => Sequence::Character(delimiters.field),
        b"S" => Sequence::Character(delimiters.component),
        b"R" => Sequence::Character(delimiters.repetition),
        b"T" => Sequence::Character(delimiters.subcomponent?),
        b"E" => Sequence::Character(escape),
        // Since version 2.7, for whoever declares one (2.7.4).
        b"P" => Sequence::Character(delimiters.truncation?),
        b"H" => Sequence::Formatting(Some(Format::Highlight(true))),
        b"N" => Sequence::Formatting(Some(Format::Highlight(false))),
        [b'X', digits @ ..] => Sequence::Hex(hex(digits)?),
        [b'C' | b'M', digits @ ..] => {
            hex(digits)?;
            Sequence::Charset
        }
        [b'Z', ..] if is_word(inner, delimiters) => Sequence::Local,
        [b'.', command @ ..] if !command.is_empty() && is_word(inner, delimiters) => {
            Sequence::Formatting(Format::read(command))
        }
        _ => return None,
    };
    Some((found, inner.len() + 2))
}

/// The letter that names this byte in an escape sequence, if it must be escaped.
pub(super) fn letter(byte: u8, delimiters: &Delimiters) -> Option<u8> {
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
