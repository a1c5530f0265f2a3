//! The step `insert`: a new segment after or before others, or where the dictionary has it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::paths::{Written, field, segments, template, written_name};
use super::{Doc, Run, StepError, entry_count};
use crate::expression::{Known, Template};
use crate::hl7::dictionary::Insertion;
use crate::hl7::{Message, SegmentName, SegmentSelector, Selector, Target};
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::typed::{Pairs, Text};

pub(super) const DOC: Doc = Doc {
    kind: "insert",
    summary: "adds a segment, after or before another or where the structure of the message has it",
    details: "`after: OBX` means after the last OBX and `before: OBX` before the first; `OBX[*]` adds one to each.\n\
              Without either the segment goes where the dictionary has it in this structure, behind those of its \
              own name; a second IN1 or OBR, of which a group has one, begins a group behind the last. One that the \
              structure does not have, as a Z segment, goes to the end.\n\
              `fields` are those of the new segment; in their values the name of the segment it is added to means \
              that very one.\n\
              Where there is nothing to add it to, nothing is added.",
    tables: "",
    example: "insert: { segment: NTE, after: \"OBX[-8=H]\", fields: { NTE-1: \"1\", NTE-3: \"{OBX-3.2} is high\" } }",
    given: "MSH|^~\\&|LAB\rOBX|1|NM|GLU^Glucose||9|||H\rOBX|2|NM|NA^Sodium||140|||N\r",
    becomes: "MSH|^~\\&|LAB\rOBX|1|NM|GLU^Glucose||9|||H\rNTE|1||Glucose is high\rOBX|2|NM|NA^Sodium||140|||N\r",
};

/// What was typed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The name of the new segment.
    pub segment: Text,
    /// The segment it comes after.
    #[serde(default)]
    pub after: Option<Text>,
    /// The segment it comes before.
    #[serde(default)]
    pub before: Option<Text>,
    /// What its fields hold.
    #[serde(default)]
    pub fields: Option<Pairs<Text>>,
}

/// A segment to add.
#[derive(Debug, Clone)]
pub(super) struct Insert {
    name: SegmentName,
    beside: Beside,
    fields: Vec<(Selector, Template)>,
}

/// What the new segment is added to.
#[derive(Debug, Clone)]
enum Beside {
    After(SegmentSelector),
    Before(SegmentSelector),
    /// What the structure says.
    Structure,
}

impl Settings {
    pub(super) fn check(
        self,
        place: &Place<'_>,
        known: Known<'_>,
        problems: &mut Problems,
    ) -> Option<Insert> {
        let name = written_name(&self.segment.0, Written::Value(&place.key("segment")), problems);
        let mut anchor =
            |key: &str, Text(text): Text| segments(&text, Written::Value(&place.key(key)), problems);
        let beside = match (self.after, self.before) {
            (None, None) => Some(Beside::Structure),
            (Some(after), None) => anchor("after", after).map(Beside::After),
            (None, Some(before)) => anchor("before", before).map(Beside::Before),
            (Some(_), Some(_)) => {
                let message = "`after` and `before` cannot stand in one step";
                problems.push(
                    Problem::error(ProblemName::ContradictoryStep, message).at_key(&place.key("before")),
                );
                None
            }
        };
        if let Some(Beside::Before(segments)) = &beside
            && segments.name() == SegmentName::MSH
        {
            let message = "nothing comes before MSH";
            problems.push(Problem::error(ProblemName::InvalidValue, message).at(&place.key("before")));
            return None;
        }
        let fields = match self.fields {
            None => Some(Vec::new()),
            Some(fields) => new_fields(fields, name, &place.key("fields"), known, problems),
        };
        Some(Insert {
            name: name?,
            beside: beside?,
            fields: fields?,
        })
    }
}

fn new_fields(
    Pairs(pairs): Pairs<Text>,
    name: Option<SegmentName>,
    place: &Place<'_>,
    known: Known<'_>,
    problems: &mut Problems,
) -> Option<Vec<(Selector, Template)>> {
    let count = entry_count(pairs.len(), "set", place, problems)?;
    let mut fields = Vec::with_capacity(count);
    for (path, Text(value)) in pairs {
        let at = place.key(&path);
        let path = field(&path, Written::Key(&at), problems);
        let value = template(&value, &at, known, problems);
        let (Some(path), Some(value), Some(name)) = (path, value, name) else {
            continue;
        };
        let is_of_new = path.plain().is_some_and(|plain| plain.occurrence() == 1) && path.segment() == name;
        if is_of_new {
            fields.push((path, value));
        } else {
            let message = format!("{path} is no field of the new segment");
            let help = format!("write the fields as `{}-3` or `{0}-3.1`", name.as_str());
            problems.push(
                Problem::error(ProblemName::InvalidValue, message)
                    .at_key(&at)
                    .help(help),
            );
        }
    }
    (fields.len() == count).then_some(fields)
}

impl Insert {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), StepError> {
        let (segments, behind) = match &self.beside {
            Beside::Structure => {
                run.notes.count_placing(run.message.segments().len());
                let index = self.place_in_structure(&run.message)?;
                return self.insert(index, None, run);
            }
            Beside::After(segments) => (segments, 1),
            Beside::Before(segments) => (segments, 0),
        };
        let found = run.message.resolve_segments(segments, &run.scope);
        let chosen = match (segments.is_many(), behind) {
            (true, _) => found.as_slice(),
            (false, 0) => found.get(..1).unwrap_or_default(),
            (false, _) => found.get(found.len().saturating_sub(1)..).unwrap_or_default(),
        };
        // From the last: those before it keep their numbers.
        for &index in chosen.iter().rev() {
            self.insert(index + behind, Some(index), run)?;
        }
        Ok(())
    }

    fn place_in_structure(&self, message: &Message) -> Result<usize, StepError> {
        match Insertion::of(message, self.name) {
            Insertion::At(index) => Ok(index),
            Insertion::Unknown => Ok(message.segments().count()),
            Insertion::Several => {
                let name = self.name.as_str();
                let reason = format!("this structure has {name} in several places; say `after` or `before`");
                Err(StepError::new(reason))
            }
        }
    }

    /// Adds the segment at an index, beside the one of the index `anchor`.
    fn insert(&self, index: usize, anchor: Option<usize>, run: &mut Run<'_>) -> Result<(), StepError> {
        if let Some(anchor) = anchor {
            run.scope.enter_segment(&run.message, anchor);
        }
        let view = run.view();
        let values: Result<Vec<String>, _> =
            self.fields.iter().map(|(_, value)| value.render(&view)).collect();
        if anchor.is_some() {
            run.scope.leave();
        }
        let values = values.map_err(|error| StepError::new(error.to_string()))?;
        run.message
            .insert_segment(index, self.name)
            .map_err(|kind| StepError::new(kind.to_string()))?;
        run.scope.enter_segment(&run.message, index);
        let filled = self.fill(&values, run);
        run.scope.leave();
        filled?;
        run.added(|message| message.segment_path(index).map(Target::Segment));
        Ok(())
    }

    /// Gives the fields of the segment at hand their values.
    fn fill(&self, values: &[String], run: &mut Run<'_>) -> Result<(), StepError> {
        for ((path, _), value) in self.fields.iter().zip(values) {
            if let Some(place) = run.place(path) {
                run.message.set(&place, value)?;
            }
        }
        Ok(())
    }
}
