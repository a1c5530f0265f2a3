//! The step `swap`: gives each of two places what stands at the other.

use schemars::JsonSchema;
use serde::Deserialize;

use super::copy;
use super::paths::Written;
use super::{Doc, Run, StepError};
use crate::hl7::{Selector, Target};
use crate::problem::{Place, Problem, ProblemName, Problems};

pub(super) const DOC: Doc = Doc {
    kind: "swap",
    summary: "gives each of two places what stands at the other, with its structure",
    details: "Both must be of one depth: two fields, two repetitions, two components.\n\
              What is absent empties the other.",
    tables: "",
    example: "swap: { PID-5.1: PID-5.2, \"PID-3[1]\": \"PID-3[last]\" }",
    given: "MSH|^~\\&|EHR\rPID|1||1^^^^AN~2^^^^MR||ANNA^DOE\r",
    becomes: "MSH|^~\\&|EHR\rPID|1||2^^^^MR~1^^^^AN||DOE^ANNA\r",
};

/// What was typed: pairs of places.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Settings(copy::Settings);

/// Pairs of places.
#[derive(Debug, Clone)]
pub(super) struct Swap {
    entries: Vec<(Selector, Selector)>,
}

impl Settings {
    pub(super) fn check(self, place: &Place<'_>, problems: &mut Problems) -> Option<Swap> {
        let Settings(settings) = self;
        let entries = settings.check_with("swap", "swapped", place, problems)?;
        let errors_before = problems.error_count();
        for ((one, other), (key, _)) in entries.iter().zip(place.entries()) {
            let at = place.key(key);
            let message = if one.is_many() {
                format!("{one} means several places, and two are swapped")
            } else if one.level() != other.level() {
                format!("{one} and {other} are not equally deep")
            } else {
                continue;
            };
            let problem = Problem::error(ProblemName::InvalidValue, message);
            problems.push(Written::Key(&at).place(problem, 0, 0));
        }
        (problems.error_count() == errors_before).then_some(Swap { entries })
    }
}

impl Swap {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), StepError> {
        for (one, other) in &self.entries {
            // What a choice does not find has no place for what the other holds.
            let (Some(one), Some(other)) = (run.place(one), run.place(other)) else {
                continue;
            };
            let both = [Target::Field(one), Target::Field(other)];
            run.change_all(&both, |message| message.swap(&one, &other))?;
        }
        Ok(())
    }
}
