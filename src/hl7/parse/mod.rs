//! From bytes to the index of segments: one pass over the terminators, nothing below the segment.
//!
//! Refuses what has no usable MSH, what passes a limit, and what holds a second message; all else is accepted.

mod error;
#[cfg(test)]
mod tests;

use std::fmt;

use memchr::memchr2;
use nom::bytes::complete::{tag, take, take_till};
use nom::{IResult, Parser};
use smallvec::SmallVec;

use crate::hl7::charset::{self, Charset};
use crate::hl7::delimiters::Delimiters;
use crate::hl7::path::SegmentName;
use crate::hl7::scan;
use crate::hl7::segment::slice;

pub use error::{ParseError, ParseErrorKind};

/// The shortest MSH that declares its delimiters: `MSH|^~\&`.
const HEADER_BYTES_MIN: usize = 8;

/// How large the parts of a message may be; more is refused before anything is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseLimits {
    /// Segments in a message.
    pub segments_max: usize,
    /// Fields in one segment.
    pub fields_max: usize,
    /// Repetitions in one segment, all its fields together.
    pub repetitions_max: usize,
    /// Components in one segment, all its fields together.
    pub components_max: usize,
    /// Subcomponents in one segment, all its fields together.
    pub subcomponents_max: usize,
}

/// Where a segment stands, and what follows it.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    /// The name, or zeros where the sender wrote none that a path could ask for.
    pub(super) name: [u8; 3],
    /// Which of the edited segments replaces the received one.
    pub(super) edited: Option<u32>,
    pub(super) start: u32,
    pub(super) end: u32,
    /// The end of the terminators (and blank lines) that follow; equals `end` where there are none.
    pub(super) next: u32,
}

pub(super) type Slots = SmallVec<[Slot; 16]>;

/// The index over one message's bytes.
pub(super) struct Index {
    pub(super) delimiters: Delimiters,
    pub(super) slots: Slots,
    /// Whether the bytes are what writing with carriage returns would give.
    pub(super) is_canonical: bool,
}

impl Default for ParseLimits {
    fn default() -> Self {
        ParseLimits {
            segments_max: 10_000,
            fields_max: 1_000,
            repetitions_max: 10_000,
            components_max: 100_000,
            subcomponents_max: 100_000,
        }
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Slot({} bytes)", self.end - self.start)
    }
}

/// The length of what may stand before a header: byte order marks, blanks, blank lines, a stray frame start.
pub(super) fn leading(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let [b' ' | b'\t'..=b'\r', after @ ..] | [0xEF, 0xBB, 0xBF, after @ ..] = rest {
        rest = after;
    }
    bytes.len() - rest.len()
}

/// Whether a UTF-8 byte order mark stands before the header.
pub(super) fn has_byte_order_mark(bytes: &[u8]) -> bool {
    slice(bytes, &(0..leading(bytes))).contains(&0xEF)
}

/// The header or trailer of a message, batch or file that a line is, whatever may stand before it. It may declare
/// other delimiters than those around it.
pub(super) fn envelope(line: &[u8]) -> Option<SegmentName> {
    let (name, rest) = slice(line, &(leading(line)..line.len())).split_first_chunk()?;
    SegmentName::new(*name)
        .filter(|name| name.is_envelope() && !rest.first().is_some_and(u8::is_ascii_alphanumeric))
}

/// The character set of bytes whose MSH-18 declares none: a byte order mark declares UTF-8.
pub(super) fn assumed(bytes: &[u8], assumed: Option<Charset>) -> Option<Charset> {
    if has_byte_order_mark(bytes) {
        Some(Charset::UTF_8)
    } else {
        assumed
    }
}

/// Finds the MSH and its delimiters: the offset of the MSH, and they.
pub(super) fn header(bytes: &[u8]) -> Result<(usize, Delimiters), ParseError> {
    let start = leading(bytes);
    let fail = |kind| {
        Err(ParseError {
            kind,
            offset_bytes: start,
            segment: usize::from(start < bytes.len()),
        })
    };
    if is_wide(bytes) {
        return fail(ParseErrorKind::WideCharacters);
    }
    let rest = slice(bytes, &(start..bytes.len()));
    if rest.is_empty() {
        return fail(ParseErrorKind::Empty);
    }
    let Ok((_, (field, encoding_characters))) = declaration(rest) else {
        let is_cut = SegmentName::MSH.as_bytes().as_slice() == rest;
        let is_batch = rest.starts_with(b"FHS") || rest.starts_with(b"BHS");
        return fail(if is_cut {
            ParseErrorKind::HeaderTooShort
        } else if is_batch {
            ParseErrorKind::SecondHeader
        } else {
            ParseErrorKind::NoHeader
        });
    };
    match Delimiters::declared(field, encoding_characters) {
        Ok(_) if is_shorter(rest, HEADER_BYTES_MIN) => fail(ParseErrorKind::HeaderTooShort),
        Ok(delimiters) => Ok((start, delimiters)),
        Err(error) => fail(ParseErrorKind::Delimiters(error)),
    }
}

/// The grammar of the header's beginning: `MSH`, the field separator, the encoding characters.
pub(super) fn declaration(bytes: &[u8]) -> IResult<&[u8], (u8, &[u8])> {
    let (bytes, _) = tag(SegmentName::MSH.as_bytes().as_slice()).parse(bytes)?;
    let (bytes, separator) = take(1usize).parse(bytes)?;
    let field = separator.first().copied().unwrap_or_default();
    let (bytes, encoding_characters) = take_till(|byte| byte == field || is_terminator(byte)).parse(bytes)?;
    Ok((bytes, (field, encoding_characters)))
}

/// Indexes the segments of a message.
///
/// A character set is assumed where the message declares none.
pub(super) fn index(
    bytes: &[u8],
    limits: &ParseLimits,
    assumed: Option<Charset>,
) -> Result<Index, ParseError> {
    let (start, mut delimiters) = header(bytes)?;
    let assumed = self::assumed(bytes, assumed);
    let length = u32::try_from(bytes.len()).map_err(|_| ParseError {
        kind: ParseErrorKind::TooLarge,
        offset_bytes: 0,
        segment: 1,
    })?;
    let mut slots = Slots::new();
    let mut is_canonical = start == 0;
    let mut at = start;
    while at < bytes.len() {
        let rest = slice(bytes, &(at..bytes.len()));
        let raw = first_line(rest);
        let gap = rest
            .iter()
            .skip(raw.len())
            .take_while(|byte| is_terminator(**byte))
            .count();
        is_canonical &= gap == 1 && rest.get(raw.len()) == Some(&b'\r');
        if slots.is_empty() {
            charset::of_message(raw, &mut delimiters, assumed);
        }
        let fail = |kind| ParseError {
            kind,
            offset_bytes: at,
            segment: slots.len() + 1,
        };
        if slots.len() >= limits.segments_max {
            return Err(fail(ParseErrorKind::TooManySegments));
        }
        check_limits(raw, &delimiters, limits).map_err(fail)?;
        if !slots.is_empty() && envelope(raw).is_some() {
            return Err(fail(ParseErrorKind::SecondHeader));
        }
        let offset = |offset: usize| u32::try_from(offset).unwrap_or(length);
        let (end, next) = (at + raw.len(), at + raw.len() + gap);
        slots.push(Slot {
            name: name(raw, delimiters.field),
            edited: None,
            start: offset(at),
            end: offset(end),
            next: offset(next),
        });
        at = next;
    }
    Ok(Index {
        delimiters,
        slots,
        is_canonical,
    })
}

/// The name a path can ask for, or zeros.
fn name(raw: &[u8], field: u8) -> [u8; 3] {
    match *raw {
        [first, second, third] => [first, second, third],
        [first, second, third, separator, ..] if separator == field => [first, second, third],
        _ => [0; 3],
    }
}

fn check_limits(raw: &[u8], delimiters: &Delimiters, limits: &ParseLimits) -> Result<(), ParseErrorKind> {
    let is_over = |delimiter: Option<u8>, max: usize| match delimiter {
        // As a delimiter takes a byte, a segment no longer than the limit needs no count.
        Some(delimiter) if raw.len() >= max => scan::count(raw, delimiter, delimiters.multibyte) >= max,
        _ => false,
    };
    // The name stands before the first separator.
    if is_over(Some(delimiters.field), limits.fields_max + 1) {
        Err(ParseErrorKind::TooManyFields)
    } else if is_over(Some(delimiters.repetition), limits.repetitions_max) {
        Err(ParseErrorKind::TooManyRepetitions)
    } else if is_over(Some(delimiters.component), limits.components_max) {
        Err(ParseErrorKind::TooManyComponents)
    } else if is_over(delimiters.subcomponent, limits.subcomponents_max) {
        Err(ParseErrorKind::TooManySubcomponents)
    } else {
        Ok(())
    }
}

/// UTF-16 and UTF-32, with a byte order mark or by the zeros beside the first letter.
fn is_wide(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [0xFF, 0xFE, ..]
            | [0xFE, 0xFF, ..]
            | [0, 0, 0xFE, 0xFF, ..]
            | [b'M', 0, ..]
            | [0, b'M', ..]
            | [0, 0, 0, b'M', ..]
    )
}

/// Whether the first line has fewer bytes than this.
fn is_shorter(bytes: &[u8], count: usize) -> bool {
    bytes
        .get(..count)
        .is_none_or(|start| start.iter().any(|&byte| is_terminator(byte)))
}

fn first_line(bytes: &[u8]) -> &[u8] {
    let end = memchr2(b'\r', b'\n', bytes).unwrap_or(bytes.len());
    slice(bytes, &(0..end))
}

pub(super) fn is_terminator(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}
