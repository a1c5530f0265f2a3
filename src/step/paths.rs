//! Paths, conditions and templates in the settings of steps: read, or told as problems with their place.

use std::str::FromStr;
use std::sync::Arc;

use crate::expression::{Condition, Known, Template};
use crate::hl7::{Location, PathError, SegmentName, SegmentSelector, Selector, Target, TargetSelector};
use crate::problem::{Place, Problem, ProblemName, Problems};

/// Where a text stands.
#[derive(Clone, Copy)]
pub(crate) enum Written<'a> {
    /// It is a value.
    Value(&'a Place<'a>),
    /// It is a key.
    Key(&'a Place<'a>),
    /// In a value, from this byte on.
    Part(&'a Place<'a>, usize),
    /// In a file that is no YAML, from this byte on: the number of its source.
    File(usize, usize),
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

/// A path of fields that a step writes: not one that declares the delimiters.
pub(super) fn written_field(text: &str, at: Written<'_>, problems: &mut Problems) -> Option<Selector> {
    let path: Selector = field(text, at, problems)?;
    if path.is_delimiters() {
        problems.push(delimiters(at));
        return None;
    }
    Some(path)
}

/// A path of fields that a step reads.
pub(super) fn field(text: &str, at: Written<'_>, problems: &mut Problems) -> Option<Selector> {
    read(text, at, problems)
}

/// Segments that a step writes: not the header.
pub(super) fn written_segments(
    text: &str,
    at: Written<'_>,
    problems: &mut Problems,
) -> Option<SegmentSelector> {
    let segments: SegmentSelector = read(text, at, problems)?;
    if segments.name() == SegmentName::MSH {
        problems.push(header(text, at));
        return None;
    }
    Some(segments)
}

/// Segments that a step looks for.
pub(super) fn segments(text: &str, at: Written<'_>, problems: &mut Problems) -> Option<SegmentSelector> {
    read(text, at, problems)
}

/// Something a step may take away: not the header, and not what declares the delimiters.
pub(super) fn target(text: &str, at: Written<'_>, problems: &mut Problems) -> Option<TargetSelector> {
    let target: TargetSelector = read(text, at, problems)?;
    match &target {
        TargetSelector::Segments(segments) if segments.name() == SegmentName::MSH => {
            problems.push(header(text, at));
            None
        }
        TargetSelector::Field(path) if path.is_delimiters() => {
            problems.push(delimiters(at));
            None
        }
        TargetSelector::Segments(_) | TargetSelector::Field(_) => Some(target),
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

/// What is wrong with the name of a tag.
pub(super) fn tag_name(name: &str) -> Option<Problem> {
    const NAME_BYTES_MAX: usize = 64;
    let is_right = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.len() <= NAME_BYTES_MAX
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let message = format!("`{name}` is no name of a tag");
    let problem = Problem::error(ProblemName::BadName, message);
    (!is_right).then(|| problem.help("use lower case letters, digits and hyphens, at most 64"))
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

/// The name of a segment that a step writes: not one of the envelope.
pub(super) fn written_name(text: &str, at: Written<'_>, problems: &mut Problems) -> Option<SegmentName> {
    let name = text.as_bytes().try_into().ok().and_then(SegmentName::new);
    let is_envelope = matches!(text, "MSH" | "FHS" | "BHS" | "BTS" | "FTS");
    if name.is_some() && !is_envelope {
        return name;
    }
    let message = if is_envelope {
        format!("{text} belongs to the envelope of messages and cannot be added")
    } else {
        format!("`{text}` is no name of a segment: a capital letter, then two capital letters or digits")
    };
    let name = if is_envelope {
        ProblemName::InvalidValue
    } else {
        ProblemName::BadPath
    };
    problems.push(at.place(Problem::error(name, message), 0, text.len()));
    None
}

fn header(text: &str, at: Written<'_>) -> Problem {
    let problem = Problem::error(ProblemName::InvalidValue, "a message cannot be without its MSH");
    at.place(problem, 0, text.len())
        .help("name the fields to empty, as MSH-8")
}

fn delimiters(at: Written<'_>) -> Problem {
    let message = "MSH-1 and MSH-2 declare the delimiters of the message and cannot be changed";
    at.place(Problem::error(ProblemName::InvalidValue, message), 0, 0)
}

/// Reads any kind of path, or tells what is wrong with it.
pub(crate) fn read<P: FromStr<Err = PathError>>(
    text: &str,
    at: Written<'_>,
    problems: &mut Problems,
) -> Option<P> {
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
    pub(super) fn place(self, problem: Problem, offset: usize, length: usize) -> Problem {
        match self {
            Written::Value(place) if length > 0 => problem.within(place, offset, length),
            Written::Value(place) => problem.at(place),
            Written::Key(place) if length > 0 => problem.within_key(place, offset, length),
            Written::Key(place) => problem.at_key(place),
            Written::Part(place, start) => problem.within(place, start + offset, length.max(1)),
            Written::File(source, start) => {
                let start = start + offset;
                problem.at_bytes(source, start..start + length.max(1))
            }
        }
    }
}
