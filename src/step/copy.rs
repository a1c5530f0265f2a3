//! The step `copy`: copies fields, or parts of them, with their structure.

use schemars::JsonSchema;
use serde::Deserialize;

use super::paths::{Written, field, written_field};
use super::{Doc, Run, StepError, entry_count};
use crate::hl7::Selector;
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::typed::{Pairs, Text};

pub(super) const DOC: Doc = Doc {
    kind: "copy",
    summary: "copies fields, or parts of them, with their structure",
    details: "Left is what changes, right where it comes from.\n\
              The right side must be as deep as the left or deeper: a whole field fits no component. The repetition at \
              hand (`for_each: PID-3`) takes a field that has one repetition.\n\
              What is absent on the right clears the left.\n\
              Entries take effect in the order written; each sees what the ones before it did.",
    tables: "",
    example: "copy: { PID-2: \"PID-3[.5=MR].1\", PID-4: PID-3 }",
    given: "MSH|^~\\&|EHR\rPID|1||9^^^^SS~12^^^^MR\r",
    becomes: "MSH|^~\\&|EHR\rPID|1|12|9^^^^SS~12^^^^MR|9^^^^SS~12^^^^MR\r",
};

/// What was typed: where to, and where from.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Settings(Pairs<Text>);

/// Places, each with where its value comes from.
#[derive(Debug, Clone)]
pub(super) struct Copy {
    entries: Vec<(Selector, Selector)>,
}

impl Settings {
    pub(super) fn check(self, place: &Place<'_>, problems: &mut Problems) -> Option<Copy> {
        self.check_with("copy", "copied", place, problems)
            .map(|entries| Copy { entries })
    }

    /// The pairs of places, as every step needs them that takes bytes from the one to the other.
    pub(super) fn check_with(
        self,
        verb: &str,
        done: &str,
        place: &Place<'_>,
        problems: &mut Problems,
    ) -> Option<Vec<(Selector, Selector)>> {
        let Settings(Pairs(pairs)) = self;
        let count = entry_count(pairs.len(), verb, place, problems)?;
        let mut entries = Vec::with_capacity(count);
        for (to, Text(from)) in pairs {
            let at = place.key(&to);
            let to = written_field(&to, Written::Key(&at), problems);
            let from = field(&from, Written::Value(&at), problems);
            let (Some(to), Some(from)) = (to, from) else {
                continue;
            };
            match misfit(&to, &from, done) {
                None => entries.push((to, from)),
                Some(problem) => problems.push(problem.at(&at)),
            }
        }
        (entries.len() == count).then_some(entries)
    }
}

/// Why the one cannot be copied to the other.
fn misfit(to: &Selector, from: &Selector, done: &str) -> Option<Problem> {
    if to == from {
        let message = format!("{to} is {done} to itself");
        return Some(Problem::error(ProblemName::ContradictoryStep, message));
    }
    if from.is_delimiters() {
        let message = format!("MSH-1 and MSH-2 declare the delimiters and cannot be {done}");
        return Some(Problem::error(ProblemName::InvalidValue, message));
    }
    if from.is_many() {
        let message = format!("{from} means several places, and one of them is {done}");
        let help = "name one of them, or repeat the step for each with `for_each`";
        return Some(Problem::error(ProblemName::InvalidValue, message).help(help));
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
            let from = run.place(from);
            for to in run.places(to) {
                run.edit(&to, |message| match from {
                    Some(from) => message.copy(&to, &from),
                    None => message.set_raw(&to, b""),
                })?;
            }
        }
        Ok(())
    }
}
