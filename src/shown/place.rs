//! What a segment holds, as a tree of places with their names; where the dictionary knows none, without names.

use crate::hl7::datatype::Part;
use crate::hl7::dictionary::{Dictionary, FieldDefinition, SegmentDefinition};
use crate::hl7::{Segment, State};

/// A field, a repetition, a component or a subcomponent that holds something.
pub struct Place {
    /// `PID-5.1`
    pub path: String,
    /// `Family Name`; empty where the dictionary knows none.
    pub name: &'static str,
    /// `FN`; empty where the dictionary knows none.
    pub data_type: &'static str,
    /// What is there.
    pub held: Held,
}

/// What a place holds.
pub enum Held {
    /// The HL7 null.
    Null,
    /// A text, its escapes decoded.
    Text(String),
    /// Components, or subcomponents.
    Places(Vec<Place>),
}

/// How deep a part of a field is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    Repetition,
    Component,
    Subcomponent,
}

/// What a place is called, and the type of what it holds.
#[derive(Clone, Copy)]
struct Named {
    name: &'static str,
    data_type: &'static str,
}

/// Reads the segments of one message.
pub(super) struct Reader {
    pub(super) dictionary: Option<&'static Dictionary>,
}

impl Reader {
    /// What the dictionary says of a segment.
    pub(super) fn definition(&self, segment: &Segment<'_>) -> Option<&'static SegmentDefinition> {
        self.dictionary?.segment(segment.name())
    }

    /// The fields that hold something; the path of the segment is given.
    pub(super) fn fields(&self, segment: &Segment<'_>, path: &str) -> Vec<Place> {
        let mut places = Vec::new();
        for (number, _) in segment.fields() {
            let path = format!("{path}-{number}");
            let named = self.named(segment, number);
            if segment.name() == b"MSH" && number <= 2 {
                places.extend(self.place(path, named, segment.part(number), Depth::Subcomponent));
                continue;
            }
            let is_repeated = segment.repetitions(number).nth(1).is_some();
            for (index, repetition) in segment.repetitions(number).enumerate() {
                let path = if is_repeated {
                    format!("{path}[{}]", index + 1)
                } else {
                    path.clone()
                };
                places.extend(self.place(path, named, repetition, Depth::Repetition));
            }
        }
        places
    }

    fn named(&self, segment: &Segment<'_>, number: u16) -> Named {
        let field = self
            .definition(segment)
            .and_then(|definition| definition.field(number));
        let mut named = named(field);
        if named.data_type == "varies" && segment.name() == b"OBX" {
            // The type of OBX-5 stands in OBX-2.
            let told = segment.field(2).raw().unwrap_or_default();
            let data_type = self.dictionary.and_then(|dictionary| dictionary.data_type(told));
            named.data_type = data_type.map_or("", |data_type| data_type.name);
        }
        named
    }

    /// The place with all below it; nothing where it is empty.
    fn place(&self, path: String, named: Named, part: Part<'_>, depth: Depth) -> Option<Place> {
        let held = match part.state() {
            State::Absent | State::Empty => return None,
            State::Null => Held::Null,
            State::Valued => self.held(&path, named, part, depth),
        };
        Some(Place {
            path,
            name: named.name,
            data_type: named.data_type,
            held,
        })
    }

    fn held(&self, path: &str, own: Named, part: Part<'_>, depth: Depth) -> Held {
        let has_parts = |part: Part<'_>| part.components().nth(1).is_some();
        let below = match depth {
            Depth::Repetition if has_parts(part) || has_parts(part.component(1)) => Depth::Component,
            Depth::Component if has_parts(part) => Depth::Subcomponent,
            Depth::Repetition | Depth::Component | Depth::Subcomponent => {
                return Held::Text(part.text().unwrap_or_default().into_owned());
            }
        };
        let data_type = self
            .dictionary
            .and_then(|dictionary| dictionary.data_type(own.data_type));
        let places = part.components().zip(1_usize..).filter_map(|(part, number)| {
            let component = data_type.and_then(|data_type| data_type.component(u16::try_from(number).ok()?));
            self.place(format!("{path}.{number}"), named(component), part, below)
        });
        Held::Places(places.collect())
    }
}

fn named(definition: Option<&'static FieldDefinition>) -> Named {
    Named {
        name: definition.map_or("", |definition| definition.name),
        data_type: definition.map_or("", |definition| definition.data_type),
    }
}
