//! The step `move`: as `copy`, and what was copied is taken away from where it stood.

use schemars::JsonSchema;
use serde::Deserialize;

use super::copy;
use super::{Doc, Run, StepError};
use crate::hl7::{Selector, Target};
use crate::problem::{Place, Problem, ProblemName, Problems};

pub(super) const DOC: Doc = Doc {
    kind: "move",
    summary: "moves fields, or parts of them, with their structure",
    details: "Left is where it goes, right where it stood; else as `copy`.\n\
              What stood on the right is then removed as `remove` does it: a repetition goes with its delimiter, \
              anything else is emptied.\n\
              What stands where it goes already stays (`\"PID-3[1]\": \"PID-3[.5=MR]\"` where the MR is the first), \
              and of a place that gets a part of itself only that part is left.",
    tables: "",
    example: "move: { PID-18: PID-19, PID-2: \"PID-3[2]\" }",
    given: "MSH|^~\\&|EHR\rPID|1||12^^^MR~99^^^SS||DOE||||||||||||||A-1^^X\r",
    becomes: "MSH|^~\\&|EHR\rPID|1|99^^^SS|12^^^MR||DOE|||||||||||||A-1^^X|\r",
};

/// What was typed: where to, and where from.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Settings(copy::Settings);

/// Places, each with where its value comes from.
#[derive(Debug, Clone)]
pub(super) struct Move {
    entries: Vec<(Selector, Selector)>,
}

impl Settings {
    pub(super) fn check(self, place: &Place<'_>, problems: &mut Problems) -> Option<Move> {
        let Settings(settings) = self;
        let entries = settings.check_with("move", "moved", place, problems)?;
        let errors_before = problems.error_count();
        for ((to, from), (key, _)) in entries.iter().zip(place.entries()) {
            let (message, help) = if to.is_many() {
                (
                    format!("{to} means several places, and what is moved can stand in one"),
                    "name one of them, or repeat the step for each with `for_each`",
                )
            } else if to.surely_holds(from) {
                (
                    format!("{from} is a part of {to}, so nothing moves"),
                    "to leave nothing but that part, write `copy`",
                )
            } else {
                continue;
            };
            let problem = Problem::error(ProblemName::InvalidValue, message);
            problems.push(problem.at(&place.key(key)).help(help));
        }
        (problems.error_count() == errors_before).then_some(Move { entries })
    }
}

impl Move {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), StepError> {
        for (to, from) in &self.entries {
            let (Some(to), from) = (run.place(to), run.place(from)) else {
                continue;
            };
            run.edit(&to, |message| match from {
                Some(from) => message.copy(&to, &from),
                None => message.set_raw(&to, b""),
            })?;
            // What stood within the target has become the target: there is nothing to take away.
            if let Some(from) = from.filter(|from| !to.holds(from)) {
                let target = Target::Field(from);
                run.change(&target, |message| message.remove(&target))?;
            }
        }
        Ok(())
    }
}
