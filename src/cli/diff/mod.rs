//! `weir diff`: two files of messages compared by field, with the names of the standard.

mod pairs;
mod place;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::hl7::dictionary::{Dictionary, Version};
use crate::hl7::{Message, Segment, SegmentName, Target};

use super::{CannotRun, Finding, input, path, text};

use pairs::pairs;
use place::{Comparison, Written};

/// Compares two messages field by field, down to components.
///
/// A place that differs is shown with its path and name, then the value of A (-) and of B (+). Segments that only
/// one of them has are shown whole. Files with several messages are compared in order. Line ends, blank lines and
/// empty fields at the end of a segment do not count; where the messages have other delimiters or character sets,
/// values are compared as the text they stand for. Exit status: 0 no difference, 1 differences, 2 could not run.
#[derive(Args)]
#[command(after_help = "Example: weir diff fixtures/adt-a01.hl7 fixtures/adt-a08.hl7")]
pub(super) struct Diff {
    /// A file with one or more messages, or - for standard input.
    a: PathBuf,
    /// The file to compare it with.
    b: PathBuf,
    /// Do not compare a field, a component or a segment: MSH-7, PID-5.3, ZPI; in every repetition, and every segment
    /// of the name.
    #[arg(long, value_name = "PATH", value_parser = path::read_every)]
    ignore: Vec<Target>,
    /// Print a JSON object for each difference: message, path, the path in B, name, and the values in a and b, null
    /// where nothing stands.
    #[arg(long)]
    json: bool,
    /// Compare bytes, also where the messages declare other delimiters or character sets.
    #[arg(long)]
    raw: bool,
}

/// What differs at one place.
struct Difference {
    /// `PID-5.1`; a segment that only one of them has, `OBX[2]`; empty for a whole message.
    path: String,
    /// Where it stands in B, if that is elsewhere.
    path_in_b: Option<String>,
    /// What the standard calls it; empty where it is unknown.
    name: String,
    /// What A holds there.
    a: Option<String>,
    /// What B holds there.
    b: Option<String>,
}

impl Diff {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        if [&self.a, &self.b].iter().all(|file| file.as_os_str() == "-") {
            return Err(CannotRun::Because(
                "only one of the files can be standard input".to_owned(),
            ));
        }
        let mut all_a = input::chosen(&self.a, None)?.into_iter();
        let mut all_b = input::chosen(&self.b, None)?.into_iter();
        let is_one_each = all_a.len() == 1 && all_b.len() == 1;
        let mut finding = Finding::Fine;
        for number in 1_usize.. {
            let (only, found) = match (all_a.next(), all_b.next()) {
                (None, None) => break,
                (Some(a), Some(b)) => ("", differences(&a.message, &b.message, &self.ignore, self.raw)),
                (Some(only), None) => (" only in A", whole(&only.message, |text| (Some(text), None))),
                (None, Some(only)) => (" only in B", whole(&only.message, |text| (None, Some(text)))),
            };
            if found.is_empty() {
                continue;
            }
            finding = Finding::NotSo;
            if self.json {
                for difference in &found {
                    writeln!(out, "{}", difference.json(number))?;
                }
                continue;
            }
            if !is_one_each {
                writeln!(out, "message {number}{only}")?;
            }
            for difference in &found {
                out.write_all(difference.lines().as_bytes())?;
            }
        }
        Ok(finding)
    }
}

/// All that differs between two messages.
fn differences(a: &Message, b: &Message, ignored: &[Target], raw: bool) -> Vec<Difference> {
    let version = Version::of(&a.header()).or_else(|| Version::of(&b.header()));
    let dictionary = version.map(Dictionary::of);
    let written = if raw || a.delimiters() == b.delimiters() {
        Written::Alike
    } else {
        Written::Otherwise
    };
    let (rows_a, rows_b) = (rows(a, ignored, written), rows(b, ignored, written));
    let mut found = Vec::new();
    for pair in pairs(&rows_a, &rows_b) {
        match pair {
            (Some(a), Some(b)) => Comparison {
                dictionary,
                ignored,
                written,
                found: &mut found,
            }
            .segments(a, b),
            (Some(only), None) => found.push(only.alone(dictionary, |text| (Some(text), None))),
            (None, Some(only)) => found.push(only.alone(dictionary, |text| (None, Some(text)))),
            (None, None) => {}
        }
    }
    found
}

/// The segments that are compared.
fn rows<'m>(message: &'m Message, ignored: &[Target], written: Written) -> Vec<Row<'m>> {
    let is_ignored = |name: &[u8]| {
        ignored
            .iter()
            .any(|target| matches!(target, Target::Segment(path) if path.name.as_bytes().as_slice() == name))
    };
    let mut occurrences: BTreeMap<&[u8], usize> = BTreeMap::new();
    let rows = message.segments().map(|segment| {
        let occurrence = occurrences.entry(segment.name()).or_default();
        *occurrence += 1;
        let path = text::segment_path(segment.name(), *occurrence);
        let fields = segment.fields().map(|(number, raw)| {
            // Nothing is delimited in what declares the delimiters.
            let is_declaring = number <= 2 && segment.name() == SegmentName::MSH.as_bytes();
            let compared = if is_declaring {
                raw.to_vec()
            } else {
                written.field(segment.repetitions(number))
            };
            (number, compared)
        });
        Row {
            message,
            path,
            fields: fields.collect(),
            segment,
        }
    });
    rows.filter(|row| !is_ignored(row.segment.name())).collect()
}

/// All that differs between two messages, as people read it; nothing where nothing does.
pub(super) fn told(a: &Message, b: &Message) -> String {
    differences(a, b, &[], false)
        .iter()
        .map(Difference::lines)
        .collect()
}

/// A segment and its path: `PID`, `OBX[2]`.
struct Row<'m> {
    message: &'m Message,
    segment: Segment<'m>,
    path: String,
    /// The fields as they are compared.
    fields: Vec<(u16, Vec<u8>)>,
}

/// The values of A and B where only one of them has something.
type Alone = fn(String) -> (Option<String>, Option<String>);

impl Row<'_> {
    fn alone(&self, dictionary: Option<&Dictionary>, values: Alone) -> Difference {
        let definition = dictionary.and_then(|dictionary| dictionary.segment(self.segment.name()));
        let (a, b) = values(self.message.characters(self.segment.raw()).into_owned());
        Difference {
            path: self.path.clone(),
            path_in_b: None,
            name: definition.map_or(String::new(), |segment| segment.description.to_owned()),
            a,
            b,
        }
    }
}

/// The segments of a message that the other file does not have.
fn whole(message: &Message, values: Alone) -> Vec<Difference> {
    let segments = message.segments();
    segments
        .map(|segment| {
            let (a, b) = values(message.characters(segment.raw()).into_owned());
            Difference {
                path: String::new(),
                path_in_b: None,
                name: String::new(),
                a,
                b,
            }
        })
        .collect()
}

impl Difference {
    fn json(&self, message: usize) -> serde_json::Value {
        json!({
            "message": message,
            "path": self.path,
            "path_in_b": self.path_in_b.as_ref().unwrap_or(&self.path),
            "name": self.name,
            "a": self.a,
            "b": self.b,
        })
    }

    /// As people read it. Where only one of the messages has the segment, there is one line of values.
    fn lines(&self) -> String {
        let mut title = self.path.clone();
        if let Some(path) = &self.path_in_b {
            title = format!("{title} ({path} in B)");
        }
        if !self.name.is_empty() {
            title = format!("{title}  {}", self.name);
        }
        if !title.is_empty() {
            title.push('\n');
        }
        let is_of_field = self.path.contains('-');
        let lines = [('-', &self.a), ('+', &self.b)].map(|(sign, value)| match value {
            Some(value) => format!("  {sign} {}\n", text::safe(value)),
            None if is_of_field => format!("  {sign}\n"),
            None => String::new(),
        });
        title + lines.concat().as_str()
    }
}
