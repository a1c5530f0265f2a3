//! Which character set a message is in: MSH-18, a byte order mark, or what the receiver assumes.
//!
//! MSH-18 must be found before fields can be told apart in the character set it declares; so a header with bytes
//! beyond ASCII is tried in each character set that hides delimiters until one declares itself.

use memchr::memchr;
use thiserror::Error;

use super::multibyte::Multibyte;
use super::{Charset, CharsetError, Coding, name};
use crate::hl7::delimiters::Delimiters;
use crate::hl7::scan;
use crate::hl7::segment::{field_bytes, pieces};

/// An MSH-18 whose text weir cannot decode; the bytes still pass through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("MSH-18[{repetition}]: {reason}")]
pub(in crate::hl7) struct Undecodable {
    /// The repetition that is wrong, from 1.
    pub repetition: u16,
    /// Why.
    pub reason: CharsetError,
}

const CHARACTER_SET: u16 = 18;
/// MSH-1 is itself the first of them.
const SEPARATORS_BEFORE: usize = 17;
const HIDING: [Multibyte; 4] = [
    Multibyte::Gb18030,
    Multibyte::Big5,
    Multibyte::ShiftJis,
    Multibyte::Iso2022,
];

/// Tells the delimiters of the message with this MSH its character set, and so how they are told apart in it.
///
/// What MSH-18 declares wins, then a byte order mark, then what is assumed; none if MSH-18 cannot be decoded.
#[inline]
pub(in crate::hl7) fn of_message(header: &[u8], delimiters: &mut Delimiters, assumed: Option<Charset>) {
    // By far the most common, and no other can hide it: its name is in the header.
    delimiters.charset = match scan::nth(header, delimiters.field, SEPARATORS_BEFORE, None) {
        Ok(at) if is_utf_8(header.get(at + 1..).unwrap_or_default(), delimiters.field) => {
            Some(Charset::UTF_8)
        }
        Ok(_) | Err(_) => sought(header, delimiters, assumed),
    };
}

fn is_utf_8(rest: &[u8], separator: u8) -> bool {
    let after = rest.strip_prefix(Charset::UTF_8.as_str().as_bytes());
    after.is_some_and(|after| after.first().is_none_or(|&byte| byte == separator))
}

fn sought(header: &[u8], delimiters: &mut Delimiters, assumed: Option<Charset>) -> Option<Charset> {
    delimiters.multibyte = assumed.and_then(Charset::multibyte);
    let plainly = || (field_bytes(header, CHARACTER_SET, delimiters), *delimiters);
    let (declaration, found) = hidden(header, delimiters).unwrap_or_else(plainly);
    let charset = match read(declaration, &found) {
        Ok(Some(declared)) => Some(declared),
        Ok(None) => assumed,
        Err(_) => None,
    };
    delimiters.multibyte = charset.and_then(Charset::multibyte);
    charset
}

/// MSH-18 and the delimiters that find it, where the header holds characters of the character set it declares.
fn hidden<'a>(header: &'a [u8], delimiters: &Delimiters) -> Option<(&'a [u8], Delimiters)> {
    if header.is_ascii() && memchr(0x1B, header).is_none() {
        return None;
    }
    HIDING.into_iter().find_map(|multibyte| {
        let delimiters = Delimiters {
            multibyte: Some(multibyte),
            ..*delimiters
        };
        let found = field_bytes(header, CHARACTER_SET, &delimiters);
        let declared = read(found, &delimiters).ok()??;
        (declared.multibyte() == Some(multibyte)).then_some((found, delimiters))
    })
}

/// What MSH-18 declares; nothing if it is empty.
///
/// Its first repetition is the character set of the message, the others are those it may escape to.
pub(in crate::hl7) fn read(raw: &[u8], delimiters: &Delimiters) -> Result<Option<Charset>, Undecodable> {
    if raw.is_empty() {
        return Ok(None);
    }
    let mut first = None;
    let mut japanese = None;
    for (repetition, piece) in (1..).zip(pieces(raw, delimiters.repetition, delimiters)) {
        let name = piece.trim_ascii();
        if name.is_empty() {
            continue;
        }
        let charset = name::find(name).map_err(|reason| Undecodable { repetition, reason })?;
        if repetition == 1 {
            first = Some(charset);
        }
        if matches!(charset.0.coding, Coding::Japanese) {
            japanese = japanese.or(Some((repetition, charset)));
        }
    }
    match (first.map(|first| &first.0.coding), japanese) {
        (None | Some(Coding::Ascii | Coding::Japanese), Some((_, japanese))) => Ok(Some(japanese)),
        // UTF-8 has no escapes, and needs none.
        (Some(Coding::Utf8), _) | (_, None) => Ok(first),
        (Some(_), Some((repetition, _))) => Err(Undecodable {
            repetition,
            reason: CharsetError::Unsupported("this character set can be escaped to from ASCII only"),
        }),
    }
}
