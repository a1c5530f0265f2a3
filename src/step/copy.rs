//! The step `copy`: copies fields, or parts of them, with their structure.

use serde::Deserialize;

use super::paths::{Written, field, written_field};
use super::{Doc, Run, StepError, entry_count};
use crate::hl7::FieldPath;
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::typed::{Pairs, Text};

pub(super) const DOC: Doc = Doc {
    kind: "copy",
    summary: "copies fields, or parts of them, with their structure",
    details: "Left is what changes, right where it comes from.\n\
              The right side must be as deep as the left or deeper: a whole field fits no component.\n\
              What is absent on the right clears the left.\n\
              Entries take effect in the order written; each sees what the ones before it did.",
    tables: "",
    example: "copy: { PID-2: PID-3.1, PID-4: PID-3 }",
    given: "MSH|^~\\&|EHR\rPID|1||12^^^WEST\r",
    becomes: "MSH|^~\\&|EHR\rPID|1|12|12^^^WEST|12^^^WEST\r",
};

/// What was typed: where to, and where from.
#[derive(Debug, Clone, Deserialize)]
pub struct Settings(Pairs<Text>);

/// Places, each with where its value comes from.
#[derive(Debug, Clone)]
pub(super) struct Copy {
    entries: Vec<(FieldPath, FieldPath)>,
}

impl Settings {
    pub(super) fn check(self, place: &Place<'_>, problems: &mut Problems) -> Option<Copy> {
        let Settings(Pairs(pairs)) = self;
        let count = entry_count(pairs.len(), "copy", place, problems)?;
        let mut entries = Vec::with_capacity(count);
        for (to, Text(from)) in pairs {
            let at = place.key(&to);
            let to = written_field(&to, Written::Key(&at), problems);
            let from = field(&from, Written::Value(&at), problems);
            let (Some(to), Some(from)) = (to, from) else {
                continue;
            };
            match misfit(&to, &from) {
                None => entries.push((to, from)),
                Some(problem) => problems.push(problem.at(&at)),
            }
        }
        (entries.len() == count).then_some(Copy { entries })
    }
}

/// Why the one cannot be copied to the other.
fn misfit(to: &FieldPath, from: &FieldPath) -> Option<Problem> {
    if to == from {
        let message = format!("{to} is copied to itself");
        return Some(Problem::error(ProblemName::ContradictoryStep, message));
    }
    if from.is_delimiters() {
        let message = "MSH-1 and MSH-2 declare the delimiters and cannot be copied";
        return Some(Problem::error(ProblemName::InvalidValue, message));
    }
    if from.level() < to.level() {
        let message = format!("{from} is wider than {to}: it may hold delimiters that do not fit there");
        let help = format!("name a part of {from}, as deep as {to}");
        return Some(Problem::error(ProblemName::InvalidValue, message).help(help));
    }
    None
}

impl Copy {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), StepError> {
        for (to, from) in &self.entries {
            run.edit(to, |message| message.copy(to, from))?;
        }
        Ok(())
    }
}
