//! One segment and the search for its parts; no part is found before it is asked for.

use std::ops::Range;

use super::charset::Multibyte;
use super::datatype::{Part, Repetitions};
use super::delimiters::Delimiters;
use super::path::{FieldPath, Level, SegmentName};
use super::scan;
use super::value::Value;

/// One segment of a message, without its terminator.
#[derive(Clone, Copy)]
pub struct Segment<'a> {
    raw: &'a [u8],
    delimiters: &'a Delimiters,
}

impl<'a> Segment<'a> {
    pub(super) fn new(raw: &'a [u8], delimiters: &'a Delimiters) -> Self {
        Segment { raw, delimiters }
    }

    /// The bytes before the first field separator: `PID`, or whatever the sender wrote there.
    pub fn name(&self) -> &'a [u8] {
        pieces(self.raw, self.delimiters.field, self.delimiters)
            .next()
            .unwrap_or_default()
    }

    /// The field of this number, from 1; in MSH counted as the standard counts.
    pub fn field(&self, number: u16) -> Value<'a> {
        match field_range(self.raw, number, self.delimiters) {
            Some(range) if is_header(self.raw) && number <= 2 => delimiters_value(slice(self.raw, &range)),
            Some(range) => value(slice(self.raw, &range), Level::Field, self.delimiters),
            None => Value::Absent,
        }
    }

    /// The first repetition of the field of this number, for reading it as a data type.
    pub fn part(&self, number: u16) -> Part<'a> {
        let raw = self.field_raw(number);
        if is_header(self.raw) && number <= 2 {
            Part::delimiters(raw, *self.delimiters)
        } else {
            let repetition = |raw: &'a [u8]| {
                let end = scan::first(raw, self.delimiters.repetition, self.delimiters.multibyte)
                    .unwrap_or(raw.len());
                slice(raw, &(0..end))
            };
            Part::repetition(raw.map(repetition), *self.delimiters)
        }
    }

    /// The repetitions of the field of this number, for reading them as a data type.
    pub fn repetitions(&self, number: u16) -> Repetitions<'a> {
        Repetitions::new(self.field_raw(number), *self.delimiters)
    }

    fn field_raw(&self, number: u16) -> Option<&'a [u8]> {
        let range = field_range(self.raw, number, self.delimiters)?;
        Some(slice(self.raw, &range))
    }

    /// Every field that holds something, as it stands, with its number; in MSH counted as the standard counts.
    pub fn fields(&self) -> impl Iterator<Item = (u16, &'a [u8])> {
        let header = is_header(self.raw);
        let pieces = pieces(self.raw, self.delimiters.field, self.delimiters).skip(1);
        let separator = self
            .raw
            .get(3..4)
            .filter(|_| header)
            .map(|separator| (1, separator));
        let first = if header { 2 } else { 1 };
        separator
            .into_iter()
            .chain((first..).zip(pieces))
            .filter(|(_, raw)| !raw.is_empty())
    }

    /// Every field that holds something, with its number, for reading it as a data type: all of them in one pass.
    ///
    /// MSH-1 and MSH-2, which declare the delimiters, are left out.
    pub fn typed_fields(&self) -> impl Iterator<Item = (u16, Repetitions<'a>)> {
        let declaring = if is_header(self.raw) { 2 } else { 0 };
        self.fields()
            .filter(move |(number, _)| *number > declaring)
            .map(|(number, raw)| (number, Repetitions::new(Some(raw), *self.delimiters)))
    }

    /// The segment as it stands.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }
}

impl std::fmt::Debug for Segment<'_> {
    /// Prints the size, never the bytes.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Segment({} bytes)", self.raw.len())
    }
}

/// The bytes of a field exactly as they stand, delimiters and all; nothing where there is no such field.
pub(super) fn field_bytes<'a>(segment: &'a [u8], number: u16, delimiters: &Delimiters) -> &'a [u8] {
    field_range(segment, number, delimiters).map_or(&[], |range| slice(segment, &range))
}

/// What the path names in this segment (its segment name and occurrence are taken as matching).
pub(super) fn read<'a>(segment: &'a [u8], path: &FieldPath, delimiters: &Delimiters) -> Value<'a> {
    match locate(segment, path, delimiters) {
        Some(range) if path.is_delimiters() => delimiters_value(slice(segment, &range)),
        Some(range) => value(slice(segment, &range), path.level(), delimiters),
        None => Value::Absent,
    }
}

/// Where the path's bytes stand in this segment.
pub(super) fn locate(segment: &[u8], path: &FieldPath, delimiters: &Delimiters) -> Option<Range<usize>> {
    let mut range = field_range(segment, path.field(), delimiters)?;
    for (level, number) in path.below_field() {
        // MSH-1 and MSH-2 are made of delimiters; nothing in them is delimited.
        let delimiter = if path.is_delimiters() {
            None
        } else {
            delimiters.between(level)
        };
        range = piece(segment, range, delimiter, number, delimiters.multibyte).ok()?;
    }
    Some(range)
}

/// The number, counted from 1, of the piece between field separators that holds this field.
pub(super) fn field_piece(segment: &[u8], field: u16) -> usize {
    // In a header the first separator is itself MSH-1, so MSH-2 is the second piece.
    usize::from(field) + usize::from(!is_header(segment))
}

fn field_range(segment: &[u8], field: u16, delimiters: &Delimiters) -> Option<Range<usize>> {
    if field <= 1 && is_header(segment) {
        let end = SegmentName::MSH.as_bytes().len() + 1;
        return (field == 1 && segment.len() >= end).then_some(end - 1..end);
    }
    piece(
        segment,
        0..segment.len(),
        Some(delimiters.field),
        field_piece(segment, field),
        delimiters.multibyte,
    )
    .ok()
}

/// The pieces between delimiters; one, if there is none.
pub(super) fn pieces<'a>(
    bytes: &'a [u8],
    delimiter: u8,
    delimiters: &Delimiters,
) -> impl Iterator<Item = &'a [u8]> + use<'a> {
    let multibyte = delimiters.multibyte;
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let from = rest?;
        let Some(end) = scan::first(from, delimiter, multibyte) else {
            return rest.take();
        };
        rest = from.get(end + 1..);
        from.get(..end)
    })
}

/// The piece of this number (from 1) between delimiters in a part of the segment; else how many there are.
pub(super) fn piece(
    segment: &[u8],
    within: Range<usize>,
    delimiter: Option<u8>,
    number: usize,
    multibyte: Option<Multibyte>,
) -> Result<Range<usize>, usize> {
    let Some(delimiter) = delimiter else {
        return if number == 1 { Ok(within) } else { Err(1) };
    };
    let start = match number {
        1 => within.start,
        _ => match scan::nth(slice(segment, &within), delimiter, number - 1, multibyte) {
            Ok(distance) => within.start + distance + 1,
            Err(delimiters) => return Err(delimiters + 1),
        },
    };
    let rest = slice(segment, &(start..within.end));
    let end = scan::first(rest, delimiter, multibyte).map_or(within.end, |distance| start + distance);
    Ok(start..end)
}

/// The bytes of a range that was found in this very slice.
pub(super) fn slice<'a>(bytes: &'a [u8], range: &Range<usize>) -> &'a [u8] {
    bytes.get(range.clone()).unwrap_or_default()
}

fn is_header(segment: &[u8]) -> bool {
    segment.starts_with(SegmentName::MSH.as_bytes())
}

fn delimiters_value(raw: &[u8]) -> Value<'_> {
    if raw.is_empty() {
        Value::Empty
    } else {
        Value::Valued(raw)
    }
}

/// What these bytes of this level hold.
pub(super) fn value<'a>(raw: &'a [u8], level: Level, delimiters: &Delimiters) -> Value<'a> {
    let is_delimiter = |byte: &u8| {
        (level < Level::Subcomponent && Some(*byte) == delimiters.subcomponent)
            || (level < Level::Component && *byte == delimiters.component)
            || (level < Level::Repetition && *byte == delimiters.repetition)
    };
    if raw.iter().all(is_delimiter) {
        Value::Empty
    } else if raw == b"\"\"" {
        Value::Null
    } else {
        Value::Valued(raw)
    }
}
