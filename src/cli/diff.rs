//! `weir diff`: two files of messages compared by field, with the names of the standard.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::hl7::dictionary::{Dictionary, Version};
use crate::hl7::{Message, Segment};

use super::{CannotRun, Finding, input, text};

/// Pairs of segments that are weighed for the best pairing of two messages; with more, what differs between
/// the equal beginnings and endings is told as removed and added.
const PAIRS_MAX: usize = 250_000;

/// Compares two messages field by field.
///
/// A field that differs is shown with its path and name, then the line of A (-) and of B (+). Segments that only
/// one of them has are shown whole. Files with several messages are compared in order. Line ends, blank lines and
/// empty fields at the end of a segment do not count. Exit status: 0 no difference, 1 differences, 2 could not run.
#[derive(Args)]
#[command(after_help = "Example: weir diff fixtures/adt-a01.hl7 fixtures/adt-a08.hl7")]
pub(super) struct Diff {
    /// A file with one or more messages, or - for standard input.
    a: PathBuf,
    /// The file to compare it with.
    b: PathBuf,
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
        loop {
            let (place, told) = match (all_a.next(), all_b.next()) {
                (None, None) => return Ok(finding),
                (Some(a), Some(b)) => (
                    format!("message {}", a.number),
                    differences(&a.message, &b.message),
                ),
                (Some(only), None) => (
                    format!("message {} only in A", only.number),
                    whole('-', &only.message),
                ),
                (None, Some(only)) => (
                    format!("message {} only in B", only.number),
                    whole('+', &only.message),
                ),
            };
            if told.is_empty() {
                continue;
            }
            finding = Finding::NotSo;
            if !is_one_each {
                writeln!(out, "{place}")?;
            }
            out.write_all(told.as_bytes())?;
        }
    }
}

/// A segment and its path: `PID`, `OBX[2]`.
struct Row<'m> {
    message: &'m Message,
    segment: Segment<'m>,
    path: String,
}

fn rows(message: &Message) -> Vec<Row<'_>> {
    let mut occurrences: BTreeMap<&[u8], usize> = BTreeMap::new();
    message
        .segments()
        .map(|segment| {
            let occurrence = occurrences.entry(segment.name()).or_default();
            *occurrence += 1;
            let path = text::segment_path(segment.name(), *occurrence);
            Row {
                message,
                segment,
                path,
            }
        })
        .collect()
}

/// A message that the other file does not have.
fn whole(sign: char, message: &Message) -> String {
    let segments = message.segments();
    segments
        .map(|segment| line(sign, message, segment.raw()))
        .collect()
}

/// A line of A (`-`) or B (`+`).
fn line(sign: char, message: &Message, raw: &[u8]) -> String {
    match raw {
        [] => format!("  {sign}\n"),
        _ => format!("  {sign} {}\n", text::safe(&message.characters(raw))),
    }
}

/// All that differs, as it is printed; nothing where nothing does.
pub(super) fn differences(a: &Message, b: &Message) -> String {
    let version = Version::of(&a.header()).or_else(|| Version::of(&b.header()));
    let dictionary = version.map(Dictionary::of);
    let (rows_a, rows_b) = (rows(a), rows(b));
    let mut told = String::new();
    for pair in pairs(&rows_a, &rows_b) {
        match pair {
            (Some(a), Some(b)) => told += &field_differences(a, b, dictionary),
            (Some(only), None) => told += &only_one('-', only, dictionary),
            (None, Some(only)) => told += &only_one('+', only, dictionary),
            (None, None) => {}
        }
    }
    told
}

fn only_one(sign: char, row: &Row<'_>, dictionary: Option<&Dictionary>) -> String {
    let segment = dictionary.and_then(|dictionary| dictionary.segment(row.segment.name()));
    let title = title(&row.path, segment.map(|segment| segment.description));
    format!("{title}\n{}", line(sign, row.message, row.segment.raw()))
}

fn field_differences(a: &Row<'_>, b: &Row<'_>, dictionary: Option<&Dictionary>) -> String {
    let definition = dictionary.and_then(|dictionary| dictionary.segment(a.segment.name()));
    let fields_a: BTreeMap<_, _> = a.segment.fields().collect();
    let fields_b: BTreeMap<_, _> = b.segment.fields().collect();
    let mut numbers: Vec<_> = fields_a.keys().chain(fields_b.keys()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut told = String::new();
    for number in numbers {
        let (in_a, in_b) = (fields_a.get(number), fields_b.get(number));
        if in_a == in_b {
            continue;
        }
        let name = definition.and_then(|segment| segment.field(*number));
        let mut path = format!("{}-{number}", a.path);
        if a.path != b.path {
            path = format!("{path} ({}-{number} in B)", b.path);
        }
        told += &title(&path, name.map(|field| field.name));
        told.push('\n');
        told += &line('-', a.message, in_a.copied().unwrap_or_default());
        told += &line('+', b.message, in_b.copied().unwrap_or_default());
    }
    told
}

/// Path and name, as far as there is one.
fn title(path: &str, name: Option<&str>) -> String {
    format!("{path}  {}", name.unwrap_or_default())
        .trim_end()
        .to_owned()
}

type Pair<'r, 'm> = (Option<&'r Row<'m>>, Option<&'r Row<'m>>);

/// The segments of both messages in their order, beside each other where they are the same segment.
fn pairs<'r, 'm>(a: &'r [Row<'m>], b: &'r [Row<'m>]) -> Vec<Pair<'r, 'm>> {
    let is_same = |(a, b): &(&Row<'_>, &Row<'_>)| a.segment.raw() == b.segment.raw();
    let first = a.iter().zip(b).take_while(is_same).count();
    let (middle_a, middle_b) = (
        a.get(first..).unwrap_or_default(),
        b.get(first..).unwrap_or_default(),
    );
    let last = middle_a
        .iter()
        .rev()
        .zip(middle_b.iter().rev())
        .take_while(is_same)
        .count();
    let middle_a = middle_a.get(..middle_a.len() - last).unwrap_or_default();
    let middle_b = middle_b.get(..middle_b.len() - last).unwrap_or_default();
    if middle_a.len().saturating_mul(middle_b.len()) > PAIRS_MAX {
        let removed = middle_a.iter().map(|row| (Some(row), None));
        return removed
            .chain(middle_b.iter().map(|row| (None, Some(row))))
            .collect();
    }
    best_pairs(middle_a, middle_b)
}

/// The pairing in which most fields are equal: a table of the best for each beginning in both messages, filled
/// from their ends.
fn best_pairs<'r, 'm>(a: &'r [Row<'m>], b: &'r [Row<'m>]) -> Vec<Pair<'r, 'm>> {
    let width = b.len() + 1;
    let mut best = vec![0_usize; (a.len() + 1) * width];
    let at = |best: &[usize], i: usize, j: usize| best.get(i * width + j).copied().unwrap_or_default();
    for (i, row_a) in a.iter().enumerate().rev() {
        for (j, row_b) in b.iter().enumerate().rev() {
            let likeness = likeness(&row_a.segment, &row_b.segment);
            let paired = likeness.map_or(0, |likeness| likeness + at(&best, i + 1, j + 1));
            let found = paired.max(at(&best, i + 1, j)).max(at(&best, i, j + 1));
            if let Some(cell) = best.get_mut(i * width + j) {
                *cell = found;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    loop {
        let (row_a, row_b) = (a.get(i), b.get(j));
        let paired = match (row_a, row_b) {
            (None, None) => return pairs,
            (Some(a), Some(b)) => likeness(&a.segment, &b.segment).map(|like| like + at(&best, i + 1, j + 1)),
            (Some(_), None) | (None, Some(_)) => None,
        };
        let here = at(&best, i, j);
        if paired == Some(here) {
            pairs.push((row_a, row_b));
            (i, j) = (i + 1, j + 1);
        } else if row_a.is_some() && (row_b.is_none() || at(&best, i + 1, j) == here) {
            pairs.push((row_a, None));
            i += 1;
        } else {
            pairs.push((None, row_b));
            j += 1;
        }
    }
}

/// How many fields are equal, and one for the name; `None` for segments of different names.
fn likeness(a: &Segment<'_>, b: &Segment<'_>) -> Option<usize> {
    if a.name() != b.name() {
        return None;
    }
    let mut of_b = b.fields().peekable();
    let equal = a.fields().filter(|(number, raw)| {
        while of_b.next_if(|(other, _)| other < number).is_some() {}
        of_b.peek() == Some(&(*number, raw))
    });
    Some(1 + equal.count())
}
