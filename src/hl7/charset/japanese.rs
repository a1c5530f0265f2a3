//! Japanese by the escapes of ISO 2022, as `~ISO IR87` in MSH-18 announces it (HL7 v2.5.1, 2.9.2).
//!
//! Each escape says which set the bytes after it belong to; a line begins in ASCII, and so does every field that is
//! written here. The characters themselves are those of EUC-JP, which has the same sets side by side.

use std::borrow::Cow;
use std::ops::Range;

use encoding_rs::EUC_JP;

use crate::hl7::segment::slice;

const ESCAPE: u8 = 0x1B;

/// What stands at a place of such a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::hl7) enum Unit {
    /// A character of ASCII, or of JIS X 0201 Roman where it agrees with it.
    Plain(u8),
    /// The escape to another set.
    Designation,
    /// A character of JIS X 0208.
    Kanji(u8, u8),
    /// A character of JIS X 0212.
    Supplement(u8, u8),
    /// A character of JIS X 0201 Katakana, its high bit set.
    Katakana(u8),
    /// A byte that stands for nothing here.
    Broken(u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    Ascii,
    Kanji,
    Supplement,
    Katakana,
}

/// The units of a text, each with its place.
pub(in crate::hl7) struct Units<'a> {
    bytes: &'a [u8],
    at: usize,
    set: Set,
}

impl Units<'_> {
    pub(super) fn new(bytes: &[u8]) -> Units<'_> {
        Units {
            bytes,
            at: 0,
            set: Set::Ascii,
        }
    }
}

impl Iterator for Units<'_> {
    type Item = (Range<usize>, Unit);

    fn next(&mut self) -> Option<(Range<usize>, Unit)> {
        let start = self.at;
        let rest = slice(self.bytes, &(start..self.bytes.len()));
        let first = *rest.first()?;
        let (unit, length) = if let Some((set, length)) = designation(rest) {
            self.set = set;
            (Unit::Designation, length)
        } else if matches!(first, b'\r' | b'\n') {
            self.set = Set::Ascii;
            (Unit::Plain(first), 1)
        } else {
            unit(rest, first, self.set)
        };
        self.at += length;
        Some((start..self.at, unit))
    }
}

fn unit(rest: &[u8], first: u8, set: Set) -> (Unit, usize) {
    match (set, rest) {
        (Set::Kanji, &[high @ 0x21..=0x7E, low @ 0x21..=0x7E, ..]) => (Unit::Kanji(high, low), 2),
        (Set::Supplement, &[high @ 0x21..=0x7E, low @ 0x21..=0x7E, ..]) => (Unit::Supplement(high, low), 2),
        (Set::Katakana, [0x21..=0x5F, ..]) => (Unit::Katakana(first | 0x80), 1),
        (_, [0xA1..=0xDF, ..]) => (Unit::Katakana(first), 1),
        (Set::Ascii, [0..=0x7F, ..]) if first != ESCAPE => (Unit::Plain(first), 1),
        _ => (Unit::Broken(first), 1),
    }
}

fn designation(bytes: &[u8]) -> Option<(Set, usize)> {
    match bytes {
        [ESCAPE, b'(', b'B' | b'J', ..] => Some((Set::Ascii, 3)),
        [ESCAPE, b'(', b'I', ..] => Some((Set::Katakana, 3)),
        [ESCAPE, b'$', b'@' | b'B', ..] => Some((Set::Kanji, 3)),
        [ESCAPE, b'$', b'(', b'B', ..] => Some((Set::Kanji, 4)),
        [ESCAPE, b'$', b'(', b'D', ..] => Some((Set::Supplement, 4)),
        _ => None,
    }
}

pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && text.is_ascii()
        && !bytes.contains(&ESCAPE)
    {
        return Cow::Borrowed(text);
    }
    let mut beside = Vec::with_capacity(bytes.len());
    for (_, unit) in Units::new(bytes) {
        push(unit, &mut beside);
    }
    EUC_JP.decode_without_bom_handling(&beside).0.into_owned().into()
}

/// Adds a unit as EUC-JP has it.
fn push(unit: Unit, out: &mut Vec<u8>) {
    match unit {
        Unit::Designation => {}
        Unit::Plain(byte) => out.push(byte),
        Unit::Kanji(high, low) => out.extend([high | 0x80, low | 0x80]),
        Unit::Supplement(high, low) => out.extend([0x8F, high | 0x80, low | 0x80]),
        Unit::Katakana(byte) => out.extend([0x8E, byte]),
        // A byte that EUC-JP does not have either.
        Unit::Broken(_) => out.push(0xFF),
    }
}

/// The text with the escapes it needs, in ASCII again at its end; JIS X 0212 is read but not written.
pub(super) fn encode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut current = Set::Ascii;
    let mut buffer = [0; 4];
    for character in text.chars() {
        let (encoded, _, has_errors) = EUC_JP.encode(character.encode_utf8(&mut buffer));
        let (set, bytes): (Set, &[u8]) = match *encoded {
            _ if has_errors => return None,
            [byte] if character.is_ascii() && byte != ESCAPE => (Set::Ascii, &[byte]),
            [0x8E, byte] => (Set::Katakana, &[byte & 0x7F]),
            [high, low] => (Set::Kanji, &[high & 0x7F, low & 0x7F]),
            _ => return None,
        };
        if set != current {
            designate(set, &mut out);
            current = set;
        }
        out.extend_from_slice(bytes);
    }
    if current != Set::Ascii {
        designate(Set::Ascii, &mut out);
    }
    Some(out)
}

fn designate(set: Set, out: &mut Vec<u8>) {
    out.extend_from_slice(match set {
        Set::Ascii => b"\x1B(B",
        Set::Kanji => b"\x1B$B",
        Set::Supplement => b"\x1B$(D",
        Set::Katakana => b"\x1B(I",
    });
}

pub(super) fn first_invalid(bytes: &[u8]) -> Option<usize> {
    let mut beside = Vec::with_capacity(4);
    Units::new(bytes).find_map(|(range, unit)| {
        beside.clear();
        push(unit, &mut beside);
        let decoded = EUC_JP.decode_without_bom_handling_and_without_replacement(&beside);
        decoded.is_none().then_some(range.start)
    })
}
