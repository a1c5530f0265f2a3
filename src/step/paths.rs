//! Paths, conditions and templates in the settings of steps: read, or told as problems with their place.

use std::str::FromStr;
use std::sync::Arc;

use crate::expression::{Condition, Known, Template};
use crate::hl7::{FieldPath, Location, PathError, Target};
use crate::problem::{Place, Problem, ProblemName, Problems};

/// Where a text stands: a value, or a key.
#[derive(Clone, Copy)]
pub(super) enum Written<'a> {
    Value(&'a Place<'a>),
    Key(&'a Place<'a>),
}

/// Reads a condition, or tells what is wrong with it.
pub fn condition(
    text: &str,
    place: &Place<'_>,
    known: Known<'_>,
    problems: &mut Problems,
) -> Option<Condition> {
    Condition::parse(text, known)
        .map_err(|error| problems.push(error.problem(place)))
        .ok()
}

pub(super) fn template(
    text: &str,
    place: &Place<'_>,
    known: Known<'_>,
    problems: &mut Problems,
) -> Option<Template> {
    Template::parse(text, known)
        .map_err(|error| problems.push(error.problem(place)))
        .ok()
}

/// A path of a field that a step writes: not one that declares the delimiters.
pub(super) fn written_field(text: &str, at: Written<'_>, problems: &mut Problems) -> Option<FieldPath> {
    let path: FieldPath = read(text, at, problems)?;
    if path.is_delimiters() {
        problems.push(delimiters(at));
        return None;
    }
    Some(path)
}

pub(super) fn field(text: &str, at: Written<'_>, problems: &mut Problems) -> Option<FieldPath> {
    read(text, at, problems)
}

/// Something a step may take away: not the header, and not what declares the delimiters.
pub(super) fn target(text: &str, at: Written<'_>, problems: &mut Problems) -> Option<Target> {
    let target: Target = read(text, at, problems)?;
    match target {
        Target::Segment(segment) if segment.name == crate::hl7::SegmentName::MSH => {
            let problem = Problem::error(ProblemName::InvalidValue, "a message cannot be without its MSH");
            problems.push(
                at.place(problem, 0, text.len())
                    .help("name the fields to empty, as MSH-8"),
            );
            None
        }
        Target::Field(path) if path.is_delimiters() => {
            problems.push(delimiters(at));
            None
        }
        Target::Segment(_) | Target::Field(_) => Some(target),
    }
}

/// A place that the sender is told: a segment or a field.
pub(super) fn location(text: &str, at: Written<'_>, problems: &mut Problems) -> Option<Location> {
    let target: Target = read(text, at, problems)?;
    Some(match target {
        Target::Field(path) => (&path).into(),
        Target::Segment(segment) => Location {
            segment: segment.name,
            occurrence: segment.occurrence.unwrap_or(1),
            field: None,
            repetition: None,
            component: None,
            subcomponent: None,
        },
    })
}

/// A reason that people read: something, not too long, and the same for every message, so that no content gets to
/// where reasons are shown.
pub(super) fn reason(text: String, place: &Place<'_>, problems: &mut Problems) -> Option<Arc<str>> {
    /// What fits a line, and ERR-8.
    const REASON_CHARS_MAX: usize = 200;
    let wrong = |message: String| Problem::error(ProblemName::InvalidValue, message).at(place);
    if text.trim().is_empty() {
        problems.push(wrong("expected a text that says why".to_owned()));
        return None;
    }
    if text.chars().count() > REASON_CHARS_MAX || text.chars().any(char::is_control) {
        problems.push(wrong(format!(
            "expected one line of at most {REASON_CHARS_MAX} characters"
        )));
        return None;
    }
    if text.contains('{') {
        let help = "reasons are shown in logs, metrics and replies, where nothing of a message may stand";
        problems.push(wrong("a reason has no holes".to_owned()).help(help));
        return None;
    }
    Some(text.into())
}

fn delimiters(at: Written<'_>) -> Problem {
    let message = "MSH-1 and MSH-2 declare the delimiters of the message and cannot be changed";
    at.place(Problem::error(ProblemName::InvalidValue, message), 0, 0)
}

fn read<P: FromStr<Err = PathError>>(text: &str, at: Written<'_>, problems: &mut Problems) -> Option<P> {
    let wrong = match text.parse() {
        Ok(path) => return Some(path),
        Err(wrong) => wrong,
    };
    let offset = wrong.offset.min(text.len());
    let message = format!("`{text}` is not a path: expected {}", wrong.expected);
    let problem = at.place(
        Problem::error(ProblemName::BadPath, message),
        offset,
        text.len() - offset,
    );
    let upper = text.trim().to_uppercase();
    problems.push(match upper.parse::<P>() {
        Ok(_) => problem.suggest(&upper),
        Err(_) => problem,
    });
    None
}

impl Written<'_> {
    fn place(self, problem: Problem, offset: usize, length: usize) -> Problem {
        match self {
            Written::Value(place) if length > 0 => problem.within(place, offset, length),
            Written::Value(place) => problem.at(place),
            Written::Key(place) if length > 0 => problem.within_key(place, offset, length),
            Written::Key(place) => problem.at_key(place),
        }
    }
}
