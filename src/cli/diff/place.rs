//! What differs between two segments of one name: places down to components, with the names of the standard.

use crate::hl7::datatype::{Part, Repetitions};
use crate::hl7::dictionary::{DataTypeDefinition, Dictionary, FieldDefinition};
use crate::hl7::{Message, Segment, SegmentName, State, Target, Value};

use super::{Difference, Row};

/// A place that is not compared, in every segment and repetition.
pub(super) fn is_ignored(ignored: &[Target], segment: &[u8], field: u16, component: Option<u16>) -> bool {
    ignored.iter().any(|target| match target {
        Target::Segment(path) => path.name.as_bytes().as_slice() == segment,
        Target::Field(path) => {
            path.segment().as_bytes().as_slice() == segment
                && path.field() == field
                && path.component().is_none_or(|number| Some(number) == component)
        }
    })
}

/// Whether both messages write a text the same way.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Written {
    /// With the same delimiters and in the same character set: equal bytes are equal values.
    Alike,
    /// What is compared is the text, part by part.
    Otherwise,
}

/// Between repetitions, components and subcomponents that are compared as text.
const BETWEEN: [u8; 3] = [0x1D, 0x1E, 0x1F];

impl Written {
    /// A whole field as it is compared.
    pub(super) fn field(self, repetitions: Repetitions<'_>) -> Vec<u8> {
        let [between, ..] = BETWEEN;
        joined(repetitions.map(|repetition| self.part(repetition)), between)
    }

    /// A repetition, component or subcomponent as it is compared.
    fn part(self, part: Part<'_>) -> Vec<u8> {
        match self {
            Written::Alike => held(part.value()).unwrap_or_default().to_vec(),
            Written::Otherwise => text(part, BETWEEN.get(1..).unwrap_or_default()),
        }
    }
}

/// The text of a part; what stands between the parts of it is the first of these, and so on inwards.
fn text(part: Part<'_>, between: &[u8]) -> Vec<u8> {
    match between.split_first() {
        Some((first, inner)) if part.state() == State::Valued => {
            joined(part.components().map(|part| text(part, inner)), *first)
        }
        Some(_) | None => match part.state() {
            State::Valued => part.text().unwrap_or_default().as_bytes().to_vec(),
            State::Null => b"\"\"".to_vec(),
            State::Absent | State::Empty => Vec::new(),
        },
    }
}

/// Parts with this between them; empty ones at the end are none.
fn joined(parts: impl Iterator<Item = Vec<u8>>, between: u8) -> Vec<u8> {
    let mut whole = parts.collect::<Vec<_>>().join(&between);
    while whole.last() == Some(&between) {
        whole.pop();
    }
    whole
}

fn held(value: Value<'_>) -> Option<&[u8]> {
    match value {
        Value::Absent | Value::Empty => None,
        Value::Null => Some(b"\"\""),
        Value::Valued(raw) => Some(raw),
    }
}

/// Compares two segments.
pub(super) struct Comparison<'c> {
    pub(super) dictionary: Option<&'c Dictionary>,
    pub(super) ignored: &'c [Target],
    pub(super) written: Written,
    pub(super) found: &'c mut Vec<Difference>,
}

/// Two parts beside each other, and where they stand.
struct Beside<'p, 'm> {
    rows: [&'p Row<'m>; 2],
    field: u16,
    /// `[2]`, or nothing for the first.
    repetition: String,
    definition: Option<&'p FieldDefinition>,
}

impl<'c> Comparison<'c> {
    /// The fields that differ.
    pub(super) fn segments(&mut self, a: &Row<'_>, b: &Row<'_>) {
        let name = a.segment.name();
        let definition = self.dictionary.and_then(|dictionary| dictionary.segment(name));
        let last = |row: &Row<'_>| row.segment.fields().map(|(number, _)| number).last();
        let declaring = if name == SegmentName::MSH.as_bytes() { 2 } else { 0 };
        for field in 1..=last(a).max(last(b)).unwrap_or_default() {
            if is_ignored(self.ignored, name, field, None) {
                continue;
            }
            let beside = Beside {
                rows: [a, b],
                field,
                repetition: String::new(),
                definition: definition.and_then(|segment| segment.field(field)),
            };
            if field <= declaring {
                // Nothing is delimited in what declares the delimiters.
                let [a, b] = [a, b].map(|row| held(row.segment.field(field)));
                if a != b {
                    self.tell(&beside, None, [a, b]);
                }
            } else {
                self.repetitions(beside, a.segment.repetitions(field), b.segment.repetitions(field));
            }
        }
    }

    fn repetitions(&mut self, mut beside: Beside<'_, '_>, a: Repetitions<'_>, b: Repetitions<'_>) {
        let (mut a, mut b) = (a, b);
        for number in 1_usize.. {
            if number > 1 {
                beside.repetition = format!("[{number}]");
            }
            match (a.next(), b.next()) {
                (None, None) => return,
                (Some(a), Some(b)) => self.components(&beside, a, b),
                (only_a, only_b) => self.parts(&beside, None, [only_a, only_b]),
            }
        }
    }

    fn components(&mut self, beside: &Beside<'_, '_>, a: Part<'_>, b: Part<'_>) {
        if self.written.part(a) == self.written.part(b) {
            return;
        }
        let (mut all_a, mut all_b) = (a.components(), b.components());
        let is_one = a.components().nth(1).is_none() && b.components().nth(1).is_none();
        for number in 1_u16..=u16::MAX {
            let (a, b) = (all_a.next(), all_b.next());
            if a.is_none() && b.is_none() {
                return;
            }
            if !is_ignored(
                self.ignored,
                beside.rows[0].segment.name(),
                beside.field,
                Some(number),
            ) {
                self.parts(beside, Some(number).filter(|_| !is_one), [a, b]);
            }
        }
    }

    /// Tells two parts if they differ; nothing and nothing but delimiters are the same.
    fn parts(&mut self, beside: &Beside<'_, '_>, component: Option<u16>, parts: [Option<Part<'_>>; 2]) {
        let [a, b] = parts.map(|part| part.map_or_else(Vec::new, |part| self.written.part(part)));
        if a != b {
            let values = parts.map(|part| held(part.map_or(Value::Absent, Part::value)));
            self.tell(beside, component, values);
        }
    }

    fn tell(&mut self, beside: &Beside<'_, '_>, component: Option<u16>, held: [Option<&[u8]>; 2]) {
        let [a, b] = beside.rows;
        let below = component.map_or(String::new(), |number| format!(".{number}"));
        let place = |row: &Row<'_>| format!("{}-{}{}{below}", row.path, beside.field, beside.repetition);
        let text =
            |message: &Message, raw: Option<&[u8]>| raw.map(|raw| message.characters(raw).into_owned());
        self.found.push(Difference {
            path: place(a),
            path_in_b: (a.path != b.path).then(|| place(b)),
            name: self.name(beside, component),
            a: text(a.message, held[0]),
            b: text(b.message, held[1]),
        });
    }

    /// `Patient Name, Family Name`, as far as it is known.
    fn name(&self, beside: &Beside<'_, '_>, component: Option<u16>) -> String {
        let Some(field) = beside.definition else {
            return String::new();
        };
        let data_type = self.data_type(field, &beside.rows[0].segment);
        let below = component.and_then(|number| data_type?.component(number));
        match below {
            Some(component) => format!("{}, {}", field.name, component.name),
            None => field.name.to_owned(),
        }
    }

    /// That of OBX-5 stands in OBX-2.
    fn data_type(&self, field: &FieldDefinition, segment: &Segment<'_>) -> Option<&'c DataTypeDefinition> {
        let name = if field.data_type == "varies" && segment.name() == b"OBX" {
            segment.field(2).raw().unwrap_or_default()
        } else {
            field.data_type.as_bytes()
        };
        self.dictionary?.data_type(std::str::from_utf8(name).ok()?)
    }
}
