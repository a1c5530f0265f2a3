//! What differs between two segments of one name: places down to components, with the names of the standard.

use crate::hl7::datatype::{Part, Repetitions};
use crate::hl7::dictionary::{DataTypeDefinition, Dictionary, FieldDefinition};
use crate::hl7::{Message, Segment, SegmentName, Target, Value};

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

/// Compares two segments.
pub(super) struct Comparison<'c> {
    pub(super) dictionary: Option<&'c Dictionary>,
    pub(super) ignored: &'c [Target],
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
                let values = [a.segment.field(field), b.segment.field(field)];
                self.values(&beside, None, values);
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
                (only_a, only_b) => {
                    self.values(&beside, None, [value(only_a), value(only_b)]);
                }
            }
        }
    }

    fn components(&mut self, beside: &Beside<'_, '_>, a: Part<'_>, b: Part<'_>) {
        if a.value() == b.value() {
            return;
        }
        let (mut all_a, mut all_b) = (a.components(), b.components());
        let is_one = a.components().nth(1).is_none() && b.components().nth(1).is_none();
        for number in 1_u16..=u16::MAX {
            let (a, b) = (all_a.next(), all_b.next());
            if a.is_none() && b.is_none() {
                return;
            }
            let values = [value(a), value(b)];
            if !is_ignored(
                self.ignored,
                beside.rows[0].segment.name(),
                beside.field,
                Some(number),
            ) {
                self.values(beside, Some(number).filter(|_| !is_one), values);
            }
        }
    }

    /// Tells two values if they differ; nothing and nothing but delimiters are the same.
    fn values(&mut self, beside: &Beside<'_, '_>, component: Option<u16>, values: [Value<'_>; 2]) {
        let held = values.map(|value| match value {
            Value::Absent | Value::Empty => None,
            Value::Null => Some(b"\"\"".as_slice()),
            Value::Valued(raw) => Some(raw),
        });
        if held[0] == held[1] {
            return;
        }
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

fn value(part: Option<Part<'_>>) -> Value<'_> {
    part.map_or(Value::Absent, Part::value)
}
