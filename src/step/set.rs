//! The steps that give fields values: `set`, and `set_raw`, which writes without escaping.

use schemars::JsonSchema;
use serde::Deserialize;

use super::paths::{Written, template, written_field};
use super::{Doc, Run, StepError, entry_count};
use crate::expression::{Known, Template};
use crate::hl7::{EditError, FieldPath, Message, Selector};
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::typed::{Pairs, Text};

pub(super) const DOC: Doc = Doc {
    kind: "set",
    summary: "gives fields values",
    details: "A value is a text with holes: `{PATH}` is what the message holds there, `{upper(PATH)}`, \
              `{lower(PATH)}` and `{trim(PATH)}` change it, `{{` is a brace.\n\
              Values are escaped when written, so none can forge a field or a segment.\n\
              Entries take effect in the order written; each sees what the ones before it did.\n\
              A path with `[*]` gives every place the same value; one that finds nothing changes nothing.\n\
              A segment that is not there is added where `insert` puts it, and at the end of the message where the \
              structure does not have it or has several places. In a group of `for_each`, one that the structure has \
              in it is not added: `insert` with `after` adds one to each.\n\
              MSH-18 is the character set of the whole message, which is then written in it.\n\
              An empty text (`\"\"`) clears the field.",
    tables: "",
    example: "set: { MSH-5: LAB, MSH-6: \"{upper(MSH-4)}\", \"OBX[*]-11\": F }",
    given: "MSH|^~\\&|EHR|West|X|Y\rPID|1\rOBX|1|NM|GLU||5||||||P\rOBX|2|NM|NA||140||||||P\r",
    becomes: "MSH|^~\\&|EHR|West|LAB|WEST\rPID|1\rOBX|1|NM|GLU||5||||||F\rOBX|2|NM|NA||140||||||F\r",
};

/// What was typed: places and values.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Settings(Pairs<Text>);

/// How a text becomes the bytes of a place.
type Write = fn(&mut Message, &FieldPath, &str) -> Result<(), EditError>;

/// Fields and the values they get.
#[derive(Debug, Clone)]
pub(super) struct Set {
    entries: Vec<(Selector, Template)>,
    write: Write,
}

impl Settings {
    /// For `set`: the values are escaped.
    pub(super) fn check(self, place: &Place<'_>, known: Known<'_>, problems: &mut Problems) -> Option<Set> {
        self.check_with(Message::set, place, known, problems)
    }

    /// For `set_raw`: the values are written as they are.
    pub(super) fn check_raw(
        self,
        place: &Place<'_>,
        known: Known<'_>,
        problems: &mut Problems,
    ) -> Option<Set> {
        self.check_with(Message::set_raw_text, place, known, problems)
    }

    fn check_with(
        self,
        write: Write,
        place: &Place<'_>,
        known: Known<'_>,
        problems: &mut Problems,
    ) -> Option<Set> {
        let Settings(Pairs(pairs)) = self;
        let count = entry_count(pairs.len(), "set", place, problems)?;
        let mut entries: Vec<(Selector, Template)> = Vec::with_capacity(count);
        for (path, Text(value)) in pairs {
            let at = place.key(&path);
            let path = written_field(&path, Written::Key(&at), problems);
            let template = template(&value, &at, known, problems);
            let (Some(path), Some(template)) = (path, template) else {
                continue;
            };
            if entries.iter().any(|(earlier, _)| *earlier == path) {
                let message = format!("{path} is set twice");
                problems.push(Problem::error(ProblemName::ContradictoryStep, message).at_key(&at));
            }
            entries.push((path, template));
        }
        (entries.len() == count).then_some(Set { entries, write })
    }
}

impl Set {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), StepError> {
        for (path, template) in &self.entries {
            let text = template
                .render(&run.view())
                .map_err(|error| StepError::new(format!("{path}: {error}")))?;
            for place in run.places(path) {
                run.edit(&place, |message| (self.write)(message, &place, &text))?;
            }
        }
        Ok(())
    }
}
