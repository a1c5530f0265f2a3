//! From bytes to the index of segments: one pass over the terminators, nothing below the segment.
//!
//! Refuses what has no usable MSH, what passes a limit, and what holds a second message; all else is accepted.

use std::fmt;

use memchr::{memchr_iter, memchr2};
use nom::bytes::complete::{tag, take, take_till};
use nom::{IResult, Parser};
use smallvec::SmallVec;
use thiserror::Error;

use super::delimiters::{DelimiterError, Delimiters};
use super::fault::{ErrorCode, Fault, Refusal, Severity};
use super::path::SegmentName;
use super::segment::slice;

/// The shortest MSH that declares its delimiters: `MSH|^~\&`.
const HEADER_BYTES_MIN: usize = 8;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

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

/// Why bytes are not a message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("byte {offset_bytes}: {kind}")]
pub struct ParseError {
    /// What is wrong.
    pub kind: ParseErrorKind,
    /// Bytes before the place that is wrong.
    pub offset_bytes: usize,
    /// The segment that is wrong, counted from 1; 0 before the first.
    pub segment: usize,
}

/// The kinds of [`ParseError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ParseErrorKind {
    /// Nothing but blanks.
    #[error("expected a message, found nothing but blanks")]
    Empty,
    /// UTF-16 or UTF-32, which HL7 cannot frame.
    #[error("expected single-byte text or UTF-8, found UTF-16 or UTF-32")]
    WideCharacters,
    /// The first segment is not MSH.
    #[error("expected MSH as the first segment")]
    NoHeader,
    /// The MSH ends before its encoding characters.
    #[error("expected an MSH of at least {HEADER_BYTES_MIN} bytes")]
    HeaderTooShort,
    /// MSH-1 or MSH-2 cannot be used.
    #[error("{0}")]
    Delimiters(DelimiterError),
    /// A second MSH, or a batch or file header or trailer, stands inside the message.
    #[error("expected one message, found a second header or a batch")]
    SecondHeader,
    /// More than [`ParseLimits::segments_max`].
    #[error("more segments than allowed")]
    TooManySegments,
    /// More than [`ParseLimits::fields_max`].
    #[error("more fields in one segment than allowed")]
    TooManyFields,
    /// More than [`ParseLimits::repetitions_max`].
    #[error("more repetitions in one segment than allowed")]
    TooManyRepetitions,
    /// More than [`ParseLimits::components_max`].
    #[error("more components in one segment than allowed")]
    TooManyComponents,
    /// More than [`ParseLimits::subcomponents_max`].
    #[error("more subcomponents in one segment than allowed")]
    TooManySubcomponents,
    /// 4 GiB or more.
    #[error("a message must be smaller than 4 GiB")]
    TooLarge,
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

impl ParseError {
    /// What a sender of this is told: always a rejection (AR).
    pub fn refusal(&self) -> Refusal {
        let code = match self.kind {
            ParseErrorKind::Empty | ParseErrorKind::WideCharacters | ParseErrorKind::NoHeader => {
                ErrorCode::SegmentSequence
            }
            ParseErrorKind::HeaderTooShort => ErrorCode::RequiredFieldMissing,
            ParseErrorKind::Delimiters(_) => ErrorCode::DataType,
            ParseErrorKind::SecondHeader => ErrorCode::UnsupportedMessageType,
            ParseErrorKind::TooManySegments
            | ParseErrorKind::TooManyFields
            | ParseErrorKind::TooManyRepetitions
            | ParseErrorKind::TooManyComponents
            | ParseErrorKind::TooManySubcomponents
            | ParseErrorKind::TooLarge => ErrorCode::ApplicationInternal,
        };
        let text = self.kind.to_string();
        Refusal::rejection(vec![Fault {
            code,
            severity: Severity::Fatal,
            location: None,
            text,
        }])
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Slot({} bytes)", self.end - self.start)
    }
}

/// The length of what may stand before MSH: a byte order mark, blanks, blank lines, a stray frame start.
pub(super) fn leading(bytes: &[u8]) -> usize {
    let rest = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let blank = rest
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'..=b'\r'))
        .count();
    bytes.len() - rest.len() + blank
}

/// Whether a UTF-8 byte order mark opens these bytes.
pub(super) fn has_byte_order_mark(bytes: &[u8]) -> bool {
    bytes.starts_with(BYTE_ORDER_MARK)
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
        return fail(if is_cut {
            ParseErrorKind::HeaderTooShort
        } else {
            ParseErrorKind::NoHeader
        });
    };
    match Delimiters::declared(field, encoding_characters) {
        Ok(_) if first_line(rest).len() < HEADER_BYTES_MIN => fail(ParseErrorKind::HeaderTooShort),
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
pub(super) fn index(bytes: &[u8], limits: &ParseLimits) -> Result<Index, ParseError> {
    let (start, delimiters) = header(bytes)?;
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
        let fail = |kind| ParseError {
            kind,
            offset_bytes: at,
            segment: slots.len() + 1,
        };
        if slots.len() >= limits.segments_max {
            return Err(fail(ParseErrorKind::TooManySegments));
        }
        check_limits(raw, &delimiters, limits).map_err(fail)?;
        let name = name(raw, delimiters.field);
        if !slots.is_empty() && SegmentName::new(name).is_some_and(SegmentName::is_envelope) {
            return Err(fail(ParseErrorKind::SecondHeader));
        }
        let offset = |offset: usize| u32::try_from(offset).unwrap_or(length);
        let (end, next) = (at + raw.len(), at + raw.len() + gap);
        slots.push(Slot {
            name,
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
        // A second message may declare other delimiters; it must not pass as one odd segment of this one.
        [first, second, third, other, ..]
            if !other.is_ascii_alphanumeric()
                && SegmentName::new([first, second, third]).is_some_and(SegmentName::is_envelope) =>
        {
            [first, second, third]
        }
        _ => [0; 3],
    }
}

fn check_limits(raw: &[u8], delimiters: &Delimiters, limits: &ParseLimits) -> Result<(), ParseErrorKind> {
    let is_over = |delimiter: Option<u8>, max: usize| match delimiter {
        // As a delimiter takes a byte, a segment no longer than the limit needs no count.
        Some(delimiter) if raw.len() >= max => memchr_iter(delimiter, raw).count() >= max,
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

fn first_line(bytes: &[u8]) -> &[u8] {
    let end = memchr2(b'\r', b'\n', bytes).unwrap_or(bytes.len());
    slice(bytes, &(0..end))
}

pub(super) fn is_terminator(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows the names of the segments, or the error.
    fn check(bytes: &[u8], expected: &str) {
        let shown = match index(bytes, &ParseLimits::default()) {
            Ok(index) => {
                let names = index
                    .slots
                    .iter()
                    .map(|slot| String::from_utf8_lossy(&slot.name).replace('\0', "?"));
                names.collect::<Vec<_>>().join(" ")
            }
            Err(error) => format!("{:?} in {} at {}", error.kind, error.segment, error.offset_bytes),
        };
        assert_eq!(
            shown,
            expected,
            "{}",
            bytes.get(..60).unwrap_or(bytes).escape_ascii()
        );
    }

    #[test]
    fn indexes_whatever_ends_segments() {
        check(b"MSH|^~\\&|A\rPID|1\rPV1|", "MSH PID PV1");
        check(b"MSH|^~\\&|A\nPID|1\nPV1|\n", "MSH PID PV1");
        check(b"MSH|^~\\&|A\r\nPID|1\r\n\r\n\n\rPV1|\r\r", "MSH PID PV1");
        check(b"MSH|^~\\&", "MSH");
        check(b"MSH^~|\\&^A\rPID^1\rPV1|1\rPID", "MSH PID ??? PID");
        check(b"MSH|^~\\&|A\rpid|1\rPIDX|1\rhello\rPI", "MSH pid ??? ??? ???");
    }

    #[test]
    fn passes_over_what_stands_before_the_header() {
        check(b"\xEF\xBB\xBFMSH|^~\\&|A\rPID|1", "MSH PID");
        check(b"\r\n \t\x0BMSH|^~\\&|A\r", "MSH");
        check(b"\xEF\xBB\xBF \r\n", "Empty in 0 at 6");
        check(b"", "Empty in 0 at 0");
    }

    #[test]
    fn refuses_what_has_no_usable_header() {
        for bytes in [
            &b"PID|1\rMSH|^~\\&|"[..],
            b"<xml/>",
            b"{\"a\":1}",
            b"%PDF-1.4",
            b"\x80\x02\x01\x03",
            b"MS",
            b"FHS|^~\\&|",
        ] {
            check(bytes, "NoHeader in 1 at 0");
        }
        for bytes in [&b"MSH"[..], b"MSH|", b"MSH|^~\\", b"MSH|^~\\\rPID|1"] {
            check(bytes, "HeaderTooShort in 1 at 0");
        }
        for bytes in [
            &b"MSHA^~\\&A1"[..],
            b"MSH\r^~\\&\rPID",
            b"MSH\\^~\\&\\A",
            b"MSH7^~\\&71",
        ] {
            check(bytes, "Delimiters(FieldSeparator) in 1 at 0");
        }
        check(b"MSH|abcd|1234", "Delimiters(EncodingCharacters) in 1 at 0");
        check(b"MSH|^^\\&|1234", "Delimiters(Repeated) in 1 at 0");
    }

    #[test]
    fn refuses_wide_characters() {
        for mark in [true, false] {
            for (width, is_big) in [(2, true), (2, false), (4, true), (4, false)] {
                let text = if mark {
                    "\u{feff}MSH|^~\\&|A"
                } else {
                    "MSH|^~\\&|A"
                };
                let bytes: Vec<u8> = text
                    .chars()
                    .flat_map(|char| {
                        let [_, _, high, low] = u32::from(char).to_be_bytes();
                        let mut unit = vec![0; width - 2];
                        unit.extend([high, low]);
                        if !is_big {
                            unit.reverse();
                        }
                        unit
                    })
                    .collect();
                check(&bytes, "WideCharacters in 1 at 0");
            }
        }
    }

    #[test]
    fn never_swallows_a_second_message() {
        check(b"MSH|^~\\&|A\rPID|1\rMSH|^~\\&|B\r", "SecondHeader in 3 at 17");
        check(b"MSH|^~\\&|A\rMSH#^~\\&#B\r", "SecondHeader in 2 at 11");
        for name in ["FHS|^~\\&", "BHS|^~\\&", "BTS|1", "FTS|1", "BTS"] {
            check(
                format!("MSH|^~\\&|A\r{name}\r").as_bytes(),
                "SecondHeader in 2 at 11",
            );
        }
        check(b"MSH|^~\\&|A\rMSHX|1\rBHSZ|1\r", "MSH ??? ???");
    }

    #[test]
    fn refuses_a_million_of_anything() {
        let million = 1_000_000;
        for (part, kind) in [
            ("A|\r", "TooManySegments in 10001 at 30006"),
            ("|", "TooManyFields in 1 at 0"),
            ("~", "TooManyRepetitions in 1 at 0"),
            ("^", "TooManyComponents in 1 at 0"),
            ("&", "TooManySubcomponents in 1 at 0"),
        ] {
            check(
                format!(
                    "MSH|^~\\&{}{}",
                    if part.len() == 3 { "\r" } else { "|" },
                    part.repeat(million)
                )
                .as_bytes(),
                kind,
            );
        }
    }

    #[test]
    fn limits_are_the_most_that_is_allowed() {
        let limits = ParseLimits {
            segments_max: 2,
            fields_max: 5,
            repetitions_max: 3,
            components_max: 3,
            subcomponents_max: 3,
        };
        for (segment, expected) in [
            ("ZZZ|1|2|3|4|5", None),
            ("ZZZ|1|2|3|4|5|6", Some(ParseErrorKind::TooManyFields)),
            ("ZZZ|1~2~3", None),
            ("ZZZ|1~2~3~4", Some(ParseErrorKind::TooManyRepetitions)),
            ("ZZZ|1^2^3", None),
            ("ZZZ|1^2^3^4", Some(ParseErrorKind::TooManyComponents)),
            ("ZZZ|1&2&3", None),
            ("ZZZ|1&2&3&4", Some(ParseErrorKind::TooManySubcomponents)),
            ("ZZZ|1\rZZZ", Some(ParseErrorKind::TooManySegments)),
        ] {
            let bytes = format!("MSH|^~\\&|A\r{segment}");
            assert_eq!(
                index(bytes.as_bytes(), &limits).err().map(|error| error.kind),
                expected,
                "{segment}"
            );
        }
    }
}
