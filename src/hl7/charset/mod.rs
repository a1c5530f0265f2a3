//! The character sets of MSH-18 (HL7 table 0211): bytes to text when a value is read, text to bytes when it is set.
//!
//! Received bytes are never converted: what nobody sets leaves as it came, whatever it was declared to be.
//! Nothing is written that would not read back the same; what a character set lacks is refused, never replaced.

mod check;
mod declared;
mod japanese;
mod multibyte;
mod name;
#[cfg(test)]
mod tests;
mod wide;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use encoding_rs::{EncoderResult, Encoding};
use thiserror::Error;

pub(super) use declared::{Undecodable, of_message, read};
pub(super) use multibyte::Multibyte;
#[cfg(test)]
pub(super) use name::all;
pub use wide::narrowed;

/// A character set weir can read and write.
///
/// Its names are those of table 0211 and the spellings seen in practice: `UNICODE UTF-8`, `utf8`, `8859/1`,
/// `ISO-8859-1`, `latin1`, `WINDOWS-1252`, `GB 18030-2000`, `ISO IR87`.
#[derive(Clone, Copy)]
pub struct Charset(&'static name::Entry);

/// A name that is no character set weir can read and write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CharsetError {
    /// Not in table 0211, nor any spelling seen in practice.
    #[error("expected a character set of table 0211")]
    Unknown,
    /// A name of the table that weir refuses, and why.
    #[error("{0}")]
    Unsupported(&'static str),
}

/// How bytes stand for characters.
#[derive(Debug)]
enum Coding {
    /// Bytes beyond ASCII are read as if nothing were declared, and never written.
    Ascii,
    Utf8,
    /// A table of one byte for each character, or several bytes none of which looks like a delimiter.
    Table(&'static Encoding),
    /// The table is wider than its name: it has characters at 0x80 to 0x9F, which are read but not written.
    Wider(&'static Encoding),
    /// Several bytes for a character, among them bytes that look like delimiters.
    Multibyte(&'static Encoding, Multibyte),
    /// Japanese by the escapes of ISO 2022.
    Japanese,
    Unsupported(&'static str),
}

/// What undeclared bytes are read as when they are not UTF-8.
const LATIN_1: &Encoding = &encoding_rs::WINDOWS_1252_INIT;

impl Charset {
    /// UTF-8, `UNICODE UTF-8` in table 0211.
    pub const UTF_8: Charset = Charset(&name::UTF_8);
    /// Latin-1, `8859/1` in table 0211.
    pub const LATIN_1: Charset = Charset(&name::LATIN_1);

    /// The name in table 0211, or the common one of a character set that the table lacks.
    pub fn as_str(self) -> &'static str {
        self.0.name
    }

    /// The characters these bytes stand for; U+FFFD for what stands for none.
    ///
    /// Bytes declared as ASCII or UTF-8 that are not UTF-8 are read as Latin-1, which they mostly are.
    #[inline]
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        match self.0.coding {
            Coding::Ascii | Coding::Utf8 | Coding::Unsupported(_) => undeclared(bytes),
            Coding::Table(encoding) | Coding::Wider(encoding) | Coding::Multibyte(encoding, _) => {
                encoding.decode_without_bom_handling(bytes).0
            }
            Coding::Japanese => japanese::decode(bytes),
        }
    }

    /// The bytes that stand for this text; `None` if the character set lacks any of its characters.
    ///
    /// What is written reads back the same.
    pub fn encode(self, text: &str) -> Option<Cow<'_, [u8]>> {
        // Every character set here has ASCII in its place; an escape would begin another one.
        if text.is_ascii() {
            return (!text.contains('\x1B')).then_some(Cow::Borrowed(text.as_bytes()));
        }
        let bytes = match self.0.coding {
            Coding::Ascii | Coding::Unsupported(_) => return None,
            Coding::Utf8 => return Some(Cow::Borrowed(text.as_bytes())),
            Coding::Table(encoding) | Coding::Multibyte(encoding, _) => encoded(encoding, text)?,
            Coding::Wider(encoding) => {
                let is_within = |bytes: &Vec<u8>| !bytes.iter().any(|byte| matches!(byte, 0x80..=0x9F));
                encoded(encoding, text).filter(is_within)?
            }
            Coding::Japanese => japanese::encode(text)?,
        };
        // Some tables write a yen sign as a backslash, or one dash as another.
        (self.decode(&bytes) == text).then_some(Cow::Owned(bytes))
    }

    /// The characters these bytes stand for; `None` where some stand for none.
    pub(super) fn decode_exactly(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        self.first_invalid(bytes).is_none().then(|| self.decode(bytes))
    }

    /// Whether bytes are read in this character set and no other, whatever they are.
    pub(super) fn is_certain(self) -> bool {
        !matches!(
            self.0.coding,
            Coding::Ascii | Coding::Utf8 | Coding::Unsupported(_)
        )
    }

    /// The offset of the first byte that stands for nothing; ASCII promises nothing about bytes beyond it.
    fn first_invalid(self, bytes: &[u8]) -> Option<usize> {
        match self.0.coding {
            Coding::Ascii | Coding::Unsupported(_) => None,
            Coding::Utf8 => std::str::from_utf8(bytes).err().map(|error| error.valid_up_to()),
            Coding::Table(encoding) | Coding::Wider(encoding) | Coding::Multibyte(encoding, _) => {
                multibyte::first_invalid(encoding, bytes)
            }
            Coding::Japanese => japanese::first_invalid(bytes),
        }
    }

    pub(super) fn is_ascii(self) -> bool {
        matches!(self.0.coding, Coding::Ascii)
    }

    /// How its characters hide bytes that look like delimiters, if they do.
    pub(super) fn multibyte(self) -> Option<Multibyte> {
        match self.0.coding {
            Coding::Multibyte(_, multibyte) => Some(multibyte),
            Coding::Japanese => Some(Multibyte::Iso2022),
            Coding::Ascii | Coding::Utf8 | Coding::Table(_) | Coding::Wider(_) | Coding::Unsupported(_) => {
                None
            }
        }
    }
}

impl FromStr for Charset {
    type Err = CharsetError;

    fn from_str(name: &str) -> Result<Charset, CharsetError> {
        name::find(name.as_bytes())
    }
}

impl PartialEq for Charset {
    fn eq(&self, other: &Charset) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Charset {}

impl fmt::Debug for Charset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Charset({})", self.as_str())
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The characters of bytes in this character set, or in none that is known.
#[inline]
pub(super) fn characters(bytes: &[u8], charset: Option<Charset>) -> Cow<'_, str> {
    match charset {
        Some(charset) => charset.decode(bytes),
        None => undeclared(bytes),
    }
}

/// The characters of bytes nothing is known about: UTF-8, or else Latin-1.
#[inline]
fn undeclared(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => LATIN_1.decode_without_bom_handling(bytes).0,
    }
}

fn encoded(encoding: &'static Encoding, text: &str) -> Option<Vec<u8>> {
    let mut encoder = encoding.new_encoder();
    let length = encoder.max_buffer_length_from_utf8_without_replacement(text.len())?;
    let mut bytes = Vec::with_capacity(length);
    let (result, _) = encoder.encode_from_utf8_to_vec_without_replacement(text, &mut bytes, true);
    (result == EncoderResult::InputEmpty).then_some(bytes)
}
