//! `weir show`: a message as a tree with the names of the standard, for people and as JSON for programs.

mod json;
mod place;
mod problem;
mod tree;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::hl7::dictionary::{self, Dictionary, Item, Placement, Structure, Version};
use crate::hl7::{Message, Segment};

use super::{CannotRun, Finding, input, text};

use place::{Place, Reader};
use problem::Problem;
use tree::Look;

/// Shows a message as a tree: groups, segments, fields and components with names and values.
///
/// The names are those of the version in MSH-12, or of the nearest one before it; what the standard does not know
/// is shown without names. Values are text with escapes decoded, "" is the HL7 null, control characters are shown
/// as \x1b. What is wrong with the message stands as a warning where it is.
#[derive(Args)]
#[command(after_help = "Example: weir show fixtures/oru-r01-chemistry.hl7 | less")]
pub(super) struct Show {
    /// A file with one or more messages, or - for standard input.
    file: PathBuf,
    /// Print a JSON object for each message, on a line of its own, with all its bytes in it (those of a file in
    /// UTF-16 as UTF-8).
    #[arg(long)]
    json: bool,
    /// Only the N-th message of the file.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    message: Option<u32>,
}

impl Show {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let look = if text::is_colored(&std::io::stdout()) {
            Look::colored()
        } else {
            Look::plain()
        };
        for (index, chosen) in input::chosen(&self.file, self.message)?.iter().enumerate() {
            let shown = Shown::of(chosen.number, &chosen.message);
            if self.json {
                writeln!(out, "{}", json::object(&shown))?;
                continue;
            }
            if index > 0 {
                writeln!(out)?;
            }
            out.write_all(tree::tree(&shown, &look).as_bytes())?;
        }
        Ok(Finding::Fine)
    }
}

/// A message with all that is told of it.
struct Shown<'m> {
    /// Its number in the file.
    number: usize,
    message: &'m Message,
    /// Whose names are used.
    version: Option<Version>,
    /// Whose groups are used.
    structure: Option<&'static str>,
    /// Groups and segments in order.
    rows: Vec<Row>,
    problems: Vec<Problem>,
}

enum Row {
    /// The beginning of a group, inside so many others.
    Group {
        depth: usize,
        label: String,
    },
    Segment(ShownSegment),
}

struct ShownSegment {
    /// `OBX[2]`
    path: String,
    /// `Observation/Result`; empty where the dictionary knows none.
    name: &'static str,
    /// The groups around it, outermost first.
    groups: Vec<String>,
    fields: Vec<Place>,
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
    fn of(number: usize, message: &'m Message) -> Shown<'m> {
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
                    let label = text::segment_path(group.name().as_bytes(), *count);
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
        let path = text::segment_path(name, *occurrence);
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
