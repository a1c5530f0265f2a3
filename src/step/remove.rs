//! The step `remove`: takes segments, fields, repetitions and components away.

use serde::Deserialize;

use super::paths::{Written, target};
use super::{Doc, Run};
use crate::hl7::Target;
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::typed::{OneOrMany, Text};

pub(super) const DOC: Doc = Doc {
    kind: "remove",
    summary: "takes segments, fields, repetitions and components away",
    details: "A segment goes with its line, every one of its name unless numbered (`OBX[2]`).\n\
              A field or component is emptied: what stands behind it keeps its place.\n\
              A repetition goes with its delimiter, so that later ones move up.\n\
              What is not there is no error.\n\
              In a list in brackets a path with brackets needs quotes.",
    tables: "",
    example: "remove: [NK1, PID-5.2, \"PID-3[2]\"]",
    given: "MSH|^~\\&|EHR\rPID|1||12~34~56||DOE^ANNA^B\rNK1|1\rNK1|2\r",
    becomes: "MSH|^~\\&|EHR\rPID|1||12~56||DOE^^B\r",
};

/// What was typed: one target or a list.
#[derive(Debug, Clone, Deserialize)]
pub struct Settings(OneOrMany<Text>);

/// What to take away.
#[derive(Debug, Clone)]
pub(super) struct Remove {
    targets: Vec<Target>,
}

impl Settings {
    pub(super) fn check(self, place: &Place<'_>, problems: &mut Problems) -> Option<Remove> {
        let Settings(OneOrMany(texts)) = self;
        if texts.is_empty() {
            problems.push(Problem::error(ProblemName::NothingToDo, "nothing to remove").at(place));
            return None;
        }
        let count = texts.len();
        let targets: Vec<Target> = texts
            .into_iter()
            .enumerate()
            .filter_map(|(index, Text(text))| target(&text, Written::Value(&place.index(index)), problems))
            .collect();
        (targets.len() == count).then_some(Remove { targets })
    }
}

impl Remove {
    pub(super) fn run(&self, run: &mut Run<'_>) {
        for target in &self.targets {
            run.change(target, |message| message.remove(target));
        }
    }
}
