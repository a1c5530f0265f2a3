//! Characters of several bytes, some of which look like delimiters: which bytes of a text stand for themselves.
//!
//! In GB 18030, Big5 and Shift-JIS the second byte can be `^ | ~ \`; in ISO 2022 any byte after an escape can.
//! Whoever looks for a delimiter in such a text looks only at the bytes given here.

use encoding_rs::{DecoderResult, Encoding};

use super::japanese::{Unit, Units};
use crate::hl7::segment::slice;

/// How much text is made at a time when looking for a fault; the text itself is not wanted.
const CHECKED_BYTES: usize = 1_024;

/// How the characters of a text hide bytes that look like delimiters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::hl7) enum Multibyte {
    /// GB 18030 and its predecessors.
    Gb18030,
    /// Big5.
    Big5,
    /// Shift-JIS.
    ShiftJis,
    /// Japanese by escapes.
    Iso2022,
}

impl Multibyte {
    /// The bytes that stand for themselves, each with its offset. The text must begin with a character.
    pub(in crate::hl7) fn plain(self, bytes: &[u8]) -> Plain<'_> {
        match self {
            Multibyte::Gb18030 | Multibyte::Big5 | Multibyte::ShiftJis => Plain::Pairs(Pairs {
                multibyte: self,
                bytes,
                at: 0,
            }),
            Multibyte::Iso2022 => Plain::Units(Units::new(bytes)),
        }
    }

    /// Whether the text ends where it began, outside any character and escaped to nothing: what is put after it is
    /// read as it would be alone.
    pub(in crate::hl7) fn is_whole(self, bytes: &[u8]) -> bool {
        // Two characters put behind are seen only if nothing swallows them; every set here has `^` in its characters.
        let behind = [bytes, b"^^"].concat();
        self.plain(&behind)
            .filter(|(place, _)| *place >= bytes.len())
            .count()
            == 2
    }

    /// The length of the character that opens these bytes; 1 for what opens none.
    fn length(self, bytes: &[u8]) -> usize {
        match (self, bytes) {
            (Multibyte::Gb18030, [0x81..=0xFE, 0x40..=0x7E | 0x80..=0xFE, ..])
            | (Multibyte::Big5, [0x81..=0xFE, 0x40..=0x7E | 0xA1..=0xFE, ..])
            | (Multibyte::ShiftJis, [0x81..=0x9F | 0xE0..=0xFC, 0x40..=0x7E | 0x80..=0xFC, ..]) => 2,
            (Multibyte::Gb18030, [0x81..=0xFE, b'0'..=b'9', 0x81..=0xFE, b'0'..=b'9', ..]) => 4,
            _ => 1,
        }
    }
}

/// See [`Multibyte::plain`].
pub(in crate::hl7) enum Plain<'a> {
    Pairs(Pairs<'a>),
    Units(Units<'a>),
}

/// Characters that tell by their first byte how long they are.
pub(in crate::hl7) struct Pairs<'a> {
    multibyte: Multibyte,
    bytes: &'a [u8],
    at: usize,
}

impl Iterator for Plain<'_> {
    type Item = (usize, u8);

    fn next(&mut self) -> Option<(usize, u8)> {
        match self {
            Plain::Pairs(pairs) => pairs.next(),
            Plain::Units(units) => units.find_map(|(range, unit)| match unit {
                Unit::Plain(byte) | Unit::Broken(byte) => Some((range.start, byte)),
                Unit::Designation | Unit::Kanji(..) | Unit::Supplement(..) | Unit::Katakana(_) => None,
            }),
        }
    }
}

impl Iterator for Pairs<'_> {
    type Item = (usize, u8);

    fn next(&mut self) -> Option<(usize, u8)> {
        loop {
            let rest = slice(self.bytes, &(self.at..self.bytes.len()));
            let (at, first) = (self.at, *rest.first()?);
            let length = self.multibyte.length(rest);
            self.at += length;
            if length == 1 {
                return Some((at, first));
            }
        }
    }
}

/// The offset of the first byte that stands for nothing in this encoding.
pub(super) fn first_invalid(encoding: &'static Encoding, bytes: &[u8]) -> Option<usize> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = [0; CHECKED_BYTES];
    let mut at = 0;
    loop {
        let rest = slice(bytes, &(at..bytes.len()));
        let (result, read, _) = decoder.decode_to_utf8_without_replacement(rest, &mut text, true);
        at += read;
        match result {
            DecoderResult::InputEmpty => return None,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(length, beyond) => {
                return Some(at.saturating_sub(usize::from(length) + usize::from(beyond)));
            }
        }
    }
}
