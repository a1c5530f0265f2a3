//! The step `split`: makes one message of each group or segment.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;

use super::each::{self, Each};
use super::group::groups;
use super::notes::SEGMENTS_PER_OPERATION;
use super::{Doc, Run, StepError};
use crate::hl7::{FieldPath, Message, SegmentName};
use crate::problem::{Place, Problem, ProblemName, Problems};

pub(super) const DOC: Doc = Doc {
    kind: "split",
    summary: "makes one message of each group or segment; the steps after it run for each",
    details: "`{ group: OBR }` is each OBR with what belongs to it, `ZAL` each such segment.\n\
              Each message keeps, in its place, what stands outside the groups: of a repetition around them, as the \
              order with its ORC or the patient with its PID, those that are a part of it; all else all.\n\
              An order or a patient without such a group makes a message of its own.\n\
              MSH-10 gets a number behind it, `MSG001-1`, and is shortened from the left where it would be longer than \
              20 characters (199 from version 2.7).\n\
              A message with one of them, or none, goes on as it is.\n\
              At most 1,000 messages come of one, of 64 MiB together; with more the message fails.\n\
              It stands among the steps of a route or of a destination, not within `if` or `for_each`; `when:` beside it \
              says where to split.",
    tables: "",
    example: "split: { group: OBR }",
    given: "MSH|^~\\&|LAB||||||ORU^R01|M1|P|2.5\rPID|1\rOBR|1\rOBX|1\rOBR|2\rOBX|1\rZFT|1\r",
    becomes: "MSH|^~\\&|LAB||||||ORU^R01|M1-1|P|2.5\rPID|1\rOBR|1\rOBX|1\r\
              MSH|^~\\&|LAB||||||ORU^R01|M1-2|P|2.5\rPID|1\rOBR|2\rOBX|1\rZFT|1\r",
};

/// The field of the control id.
const CONTROL_ID: u16 = 10;

/// What was typed: what to split at.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Settings(each::Settings);

/// Makes several messages of one.
#[derive(Debug, Clone)]
pub(super) struct Split {
    each: Each,
}

impl Settings {
    /// `is_within` says whether the step stands within another one.
    pub(super) fn check(self, is_within: bool, place: &Place<'_>, problems: &mut Problems) -> Option<Split> {
        let Settings(settings) = self;
        let wrong = |message: &str, help: &str| {
            let problem = Problem::error(ProblemName::ContradictoryStep, message);
            problem.at_key(place).help(help)
        };
        if is_within {
            let help = "put it among the steps of the route; `when:` beside it says where to split";
            problems.push(wrong("`split` cannot stand within another step", help));
        }
        let each = settings.check(place, problems)?;
        if matches!(each, Each::Repetitions { .. }) {
            let help = "name a segment, or a group as `{ group: OBR }`";
            problems.push(wrong(
                "a message is split at segments, not at the repetitions of a field",
                help,
            ));
            return None;
        }
        (!is_within).then_some(Split { each })
    }
}

impl Split {
    /// Gives the run its parts; none if there is nothing to split.
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), StepError> {
        let segments = run.message.segments().len();
        run.notes.count(segments / SEGMENTS_PER_OPERATION)?;
        let Divided { parts, around } = self.divided(run);
        if parts.len() < 2 {
            return Ok(());
        }
        let parts_of = parts_of(&parts, &around, segments);
        run.notes
            .count_parts(parts.len(), bytes(&parts_of, &run.message))?;
        let path = FieldPath::of_field(SegmentName::MSH, CONTROL_ID);
        let path = path.ok_or_else(|| StepError::new("MSH-10 is no field"))?;
        let control_id = run.message.text(&path).unwrap_or_default().into_owned();
        let length_max = if run.message.header().version() >= Some([2, 7, 0]) {
            199
        } else {
            20
        };
        for part in 0..parts.len() {
            run.notes.count(1)?;
            let is_of_part = |index: usize| parts_of.get(index).is_none_or(|of| of.contains(&part));
            let mut message = run.message.with_segments(is_of_part);
            message.set(&path, &numbered(&control_id, part + 1, length_max))?;
            run.parts.push(message);
        }
        Ok(())
    }

    /// What the message is made of.
    fn divided(&self, run: &Run<'_>) -> Divided {
        let (mut parts, around) = match &self.each {
            Each::Groups(selector) => {
                let found = groups(&run.message, selector.name());
                let around = found.around.into_iter().map(|around| around.range);
                // What has no such group, as an order without an OBR, belongs to none of them and is not lost.
                let parts = [found.ranges, found.without].concat();
                (parts, around.collect())
            }
            Each::Segments(selector) => {
                let indices = run.message.resolve_segments(selector, &run.scope);
                let parts = indices.iter().map(|&index| index..index + 1).collect();
                (parts, Vec::new())
            }
            Each::Repetitions { .. } => (Vec::new(), Vec::new()),
        };
        parts.sort_by_key(|part: &Range<usize>| part.start);
        Divided { parts, around }
    }
}

/// What a message is made of, by the indices of segments.
struct Divided {
    /// What each part has to itself.
    parts: Vec<Range<usize>>,
    /// What only the parts within it have in common, each before those within it; all else is of all parts.
    around: Vec<Range<usize>>,
}

/// The parts that each segment is of, by their indices.
fn parts_of(parts: &[Range<usize>], around: &[Range<usize>], segments: usize) -> Vec<Range<usize>> {
    let mut parts_of = vec![0..parts.len(); segments];
    let mut give = |range: &Range<usize>, of: Range<usize>| {
        if let Some(own) = parts_of.get_mut(range.clone()) {
            own.fill(of);
        }
    };
    for range in around {
        let first = parts.partition_point(|part| part.start < range.start);
        let end = parts.partition_point(|part| part.start < range.end);
        give(range, first..end);
    }
    for (number, range) in parts.iter().enumerate() {
        give(range, number..number + 1);
    }
    parts_of
}

/// How many bytes all parts have together, as good as.
fn bytes(parts_of: &[Range<usize>], message: &Message) -> usize {
    let sizes = message.segments().map(|segment| segment.raw().len() + 1);
    sizes
        .zip(parts_of)
        .map(|(size, of)| size.saturating_mul(of.len()))
        .fold(0, usize::saturating_add)
}

/// The control id of a part: `MSG001-1`, without its first characters where it would be too long.
fn numbered(control_id: &str, number: usize, length_max: usize) -> String {
    let suffix = format!("-{number}");
    let excess = (control_id.chars().count() + suffix.len()).saturating_sub(length_max);
    control_id.chars().skip(excess).chain(suffix.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_ids_are_numbered_and_fit() {
        let check = |control_id: &str, number, expected: &str| {
            assert_eq!(numbered(control_id, number, 20), expected);
        };
        check("MSG001", 1, "MSG001-1");
        check("MSG001", 1_000, "MSG001-1000");
        check("12345678901234567890", 7, "345678901234567890-7");
        check("", 1, "-1");
    }
}
