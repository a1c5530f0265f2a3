//! The step `split`: makes one message of each group or segment.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;

use super::each::{self, Each};
use super::group::groups;
use super::{Doc, Run, StepError};
use crate::hl7::{FieldPath, Message, SegmentName};
use crate::problem::{Place, Problem, ProblemName, Problems};

pub(super) const DOC: Doc = Doc {
    kind: "split",
    summary: "makes one message of each group or segment; the steps after it run for each",
    details: "`{ group: OBR }` is each OBR with what belongs to it, `ZAL` each such segment.\n\
              Each message keeps all that stands outside the groups, in its place.\n\
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
        let members = self.members(run);
        if members.len() < 2 {
            return Ok(());
        }
        let part_of = part_of(&members, &run.message);
        let bytes = bytes(&part_of, members.len(), &run.message);
        run.notes.count_parts(members.len(), bytes)?;
        let path = FieldPath::of_field(SegmentName::MSH, CONTROL_ID);
        let path = path.ok_or_else(|| StepError::new("MSH-10 is no field"))?;
        let control_id = run.message.text(&path).unwrap_or_default().into_owned();
        let length_max = if run.message.header().version() >= Some([2, 7, 0]) {
            199
        } else {
            20
        };
        for number in 1..=members.len() {
            run.notes.count(1)?;
            let is_of_part = |index: usize| {
                part_of
                    .get(index)
                    .is_none_or(|of| of.is_none_or(|of| of == number))
            };
            let mut part = run.message.with_segments(is_of_part);
            part.set(&path, &numbered(&control_id, number, length_max))?;
            run.parts.push(part);
        }
        Ok(())
    }

    /// The indices of the segments of each part, beside those that all parts have.
    fn members(&self, run: &Run<'_>) -> Vec<Range<usize>> {
        match &self.each {
            Each::Groups(selector) => groups(&run.message, selector.name()).ranges,
            Each::Segments(selector) => {
                let indices = run.message.resolve_segments(selector, &run.scope);
                indices.iter().map(|&index| index..index + 1).collect()
            }
            Each::Repetitions { .. } => Vec::new(),
        }
    }
}

/// The number of the part each segment is of; `None` for those that are of all.
fn part_of(members: &[Range<usize>], message: &Message) -> Vec<Option<usize>> {
    let mut part_of = vec![None; message.segments().count()];
    for (number, range) in (1..).zip(members) {
        if let Some(own) = part_of.get_mut(range.clone()) {
            own.fill(Some(number));
        }
    }
    part_of
}

/// How many bytes all parts have together, as good as.
fn bytes(part_of: &[Option<usize>], parts: usize, message: &Message) -> usize {
    let sizes = message.segments().map(|segment| segment.raw().len() + 1);
    sizes
        .zip(part_of)
        .map(|(size, of)| {
            if of.is_some() {
                size
            } else {
                size.saturating_mul(parts)
            }
        })
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
