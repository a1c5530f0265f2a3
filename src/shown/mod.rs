//! A message as it is shown to people and programs: a tree of groups, segments, fields and components, with the names
//! of the standard beside the values and what is wrong in its place.
//!
//! Pure: what is made of the tree, lines on a terminal or JSON for a browser, is made by whoever shows it.

mod json;
mod place;
mod problem;

use std::collections::BTreeMap;

use crate::hl7::dictionary::{self, Dictionary, Item, Placement, Structure, Version};
use crate::hl7::{Message, Segment};

pub use place::{Held, Place};
pub use problem::Problem;

use place::Reader;

/// The text of raw bytes, UTF-8 or else Latin-1, with control characters shown as `\x1b`: a message cannot
/// move the cursor or change colors.
pub fn printable(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(text) => safe(text),
        Err(_) => safe(&raw.iter().map(|&byte| char::from(byte)).collect::<String>()),
    }
}

/// Text with its control characters shown.
pub fn safe(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control() {
            shown.extend(format!("\\x{:02x}", u32::from(char)).chars());
        } else if turns_text(char) {
            shown.extend(char.escape_unicode());
        } else {
            shown.push(char);
        }
    }
    shown
}

/// Whether it makes a terminal show what follows in another order, or on another line.
fn turns_text(char: char) -> bool {
    matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The path of a segment: `PID`, `OBX[2]`.
pub fn segment_path(name: &[u8], occurrence: usize) -> String {
    match occurrence {
        1 => printable(name),
        number => format!("{}[{number}]", printable(name)),
    }
}

/// A message with all that is told of it.
pub struct Shown<'m> {
    /// Its number in the file.
    pub number: usize,
    /// The message itself.
    pub message: &'m Message,
    /// Whose names are used.
    pub version: Option<Version>,
    /// Whose groups are used.
    pub structure: Option<&'static str>,
    /// Groups and segments in order.
    pub rows: Vec<Row>,
    /// What is wrong with it, each with its place.
    pub problems: Vec<Problem>,
}

/// A group or a segment.
pub enum Row {
    /// The beginning of a group.
    Group {
        /// Inside so many others.
        depth: usize,
        /// Its name, and which of several it is.
        label: String,
    },
    /// A segment.
    Segment(ShownSegment),
}

/// A segment with its name and what it holds.
pub struct ShownSegment {
    /// `OBX[2]`
    pub path: String,
    /// `Observation/Result`; empty where the dictionary knows none.
    pub name: &'static str,
    /// The groups around it, outermost first.
    pub groups: Vec<String>,
    /// The fields that hold something.
    pub fields: Vec<Place>,
}

impl Row {
    fn segment(&self) -> Option<&ShownSegment> {
        match self {
            Row::Segment(segment) => Some(segment),
            Row::Group { .. } => None,
        }
    }
}

impl<'m> Shown<'m> {
    /// A message, with its number among others.
    pub fn of(number: usize, message: &'m Message) -> Shown<'m> {
        let header = message.header();
        let version = Version::of(&header);
        let dictionary = version.map(Dictionary::of);
        let structure = dictionary.and_then(|dictionary| dictionary.structure_for(&header));
        let mut walk = Walk {
            reader: Reader { dictionary },
            structure,
            occurrences: BTreeMap::new(),
            rows: Vec::new(),
            problems: problem::of_message(message)
                .chain(problem::of_header(&header, version, structure))
                .collect(),
        };
        if let Some(structure) = structure {
            walk.items(dictionary::group(message, structure).items(), &[]);
        } else {
            for segment in message.segments() {
                walk.segment(&segment, None, &[]);
            }
        }
        Shown {
            number,
            message,
            version,
            structure: structure.map(|structure| structure.name),
            rows: walk.rows,
            problems: walk.problems,
        }
    }

    /// The message as one JSON object: all that is shown, and every byte of it.
    pub fn object(&self) -> serde_json::Value {
        json::object(self)
    }
}

/// The way through the groups and segments of a message.
struct Walk {
    reader: Reader,
    structure: Option<&'static Structure>,
    /// How often each name has come.
    occurrences: BTreeMap<Vec<u8>, usize>,
    rows: Vec<Row>,
    problems: Vec<Problem>,
}

impl Walk {
    /// What stands in these groups; the depth is that of the structure.
    fn items<'g>(&mut self, items: impl Iterator<Item = Item<'g>>, groups: &[String]) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for item in items {
            match item {
                Item::Segment(segment, placement) => self.segment(&segment, Some(placement), groups),
                Item::Group(group) => {
                    let count = counts.entry(group.name()).or_default();
                    *count += 1;
                    let label = segment_path(group.name().as_bytes(), *count);
                    self.rows.push(Row::Group {
                        depth: groups.len(),
                        label: label.clone(),
                    });
                    let inside: Vec<_> = groups.iter().cloned().chain([label]).collect();
                    let items: Vec<_> = group.items().collect();
                    self.items(items.into_iter(), &inside);
                }
            }
        }
    }

    fn segment(&mut self, segment: &Segment<'_>, placement: Option<Placement<'_>>, groups: &[String]) {
        let name = segment.name();
        let occurrence = self.occurrences.entry(name.to_vec()).or_default();
        *occurrence += 1;
        let path = segment_path(name, *occurrence);
        self.problems
            .extend(problem::of_segment(name, &path, placement, self.structure));
        let definition = self.reader.definition(segment);
        self.rows.push(Row::Segment(ShownSegment {
            name: definition.map_or("", |definition| definition.description),
            groups: groups.to_vec(),
            fields: self.reader.fields(segment, &path),
            path,
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_move_the_cursor_or_turn_the_text_is_shown() {
        assert_eq!(safe("M\u{fc}ller\t\u{1b}[2J"), "M\u{fc}ller\\x09\\x1b[2J");
        assert_eq!(safe("a\u{202e}b\u{2066}c"), "a\\u{202e}b\\u{2066}c");
    }
}
