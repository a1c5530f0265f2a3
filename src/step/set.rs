//! The step `set`: gives fields values.

use serde::Deserialize;

use super::paths::{Written, template, written_field};
use super::{Doc, Run, StepError, entry_count};
use crate::expression::{Known, Template};
use crate::hl7::FieldPath;
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::typed::{Pairs, Text};

pub(super) const DOC: Doc = Doc {
    kind: "set",
    summary: "gives fields values",
    details: "A value is a text with holes: `{PATH}` is what the message holds there, `{upper(PATH)}`, \
              `{lower(PATH)}` and `{trim(PATH)}` change it, `{{` is a brace.\n\
              Values are escaped when written, so none can forge a field or a segment.\n\
              Entries take effect in the order written; each sees what the ones before it did.\n\
              An empty text (`\"\"`) clears the field.",
    tables: "",
    example: "set: { MSH-5: LAB, MSH-6: \"{upper(MSH-4)}\" }",
    given: "MSH|^~\\&|EHR|West|X|Y\rPID|1\r",
    becomes: "MSH|^~\\&|EHR|West|LAB|WEST\rPID|1\r",
};

/// What was typed: places and values.
#[derive(Debug, Clone, Deserialize)]
pub struct Settings(Pairs<Text>);

/// Fields and the values they get.
#[derive(Debug, Clone)]
pub(super) struct Set {
    entries: Vec<(FieldPath, Template)>,
}

impl Settings {
    pub(super) fn check(self, place: &Place<'_>, known: Known<'_>, problems: &mut Problems) -> Option<Set> {
        let Settings(Pairs(pairs)) = self;
        let count = entry_count(pairs.len(), "set", place, problems)?;
        let mut entries: Vec<(FieldPath, Template)> = Vec::with_capacity(count);
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
        (entries.len() == count).then_some(Set { entries })
    }
}

impl Set {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), StepError> {
        for (path, template) in &self.entries {
            let text = run
                .render(template)
                .map_err(|reason| StepError::at(*path, reason))?;
            run.edit(path, |message| message.set(path, &text))?;
        }
        Ok(())
    }
}
