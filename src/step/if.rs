//! The step `if`: steps where a condition holds, other steps where it does not.

use schemars::JsonSchema;
use serde::Deserialize;

use super::body::{Bodies, Body};
use super::paths::condition;
use super::{Doc, Run, Stop};
use crate::expression::{Condition, Known};
use crate::problem::{Place, Problems};
use crate::typed::Text;

pub(super) const DOC: Doc = Doc {
    kind: "if",
    summary: "runs steps where a condition holds, others where it does not",
    details: "Beside it stand `then`, a list of steps, and `else`, another, which may be left out.\n\
              The condition is asked once, before the first step of either.\n\
              For a single step `when:` beside it is shorter.",
    tables: "",
    example: "if: PV1-2 = \"I\", then: [ { set: { PV1-4: E } } ], else: [ { set: { PV1-4: R } } ]",
    given: "MSH|^~\\&|EHR\rPV1|1|O||X\r",
    becomes: "MSH|^~\\&|EHR\rPV1|1|O||R\r",
};

/// What was typed: the condition. The steps stand beside it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Settings(Text);

/// A condition, and what is done for either answer.
#[derive(Debug, Clone)]
pub(super) struct If {
    condition: Condition,
    then: Body,
    otherwise: Option<Body>,
}

impl Settings {
    /// `place` is the whole entry.
    pub(super) fn check(
        self,
        mut bodies: Bodies,
        place: &Place<'_>,
        known: Known<'_>,
        problems: &mut Problems,
    ) -> Option<If> {
        let Settings(Text(text)) = self;
        let condition = condition(&text, &place.key("if"), known, problems);
        let then = Body::required(&mut bodies, "then", place, problems);
        let otherwise = Body::optional(&mut bodies, "else", place, problems);
        Some(If {
            condition: condition?,
            then: then?,
            otherwise,
        })
    }
}

impl If {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), Stop> {
        if run.holds(&self.condition)? {
            self.then.run(run)
        } else if let Some(otherwise) = &self.otherwise {
            otherwise.run(run)
        } else {
            Ok(())
        }
    }
}
