//! The steps that leave fields without a value: `clear`, and `set_null`, which asks the receiver to delete its own.

use schemars::JsonSchema;
use serde::Deserialize;

use super::paths::{Written, written_field};
use super::{Doc, Run, StepError, entry_count};
use crate::hl7::Selector;
use crate::problem::{Place, Problems};
use crate::typed::{OneOrMany, Text};

pub(super) const DOC: Doc = Doc {
    kind: "clear",
    summary: "empties fields, repetitions and components in their place",
    details: "Nothing moves: of an emptied repetition the delimiters stay (`remove` takes it away).\n\
              To most receivers an empty field says nothing, and they keep what they have; `set_null` asks them to \
              delete it.",
    tables: "",
    example: "clear: [PID-19, \"PID-3[.5=SS].1\", \"OBX[*]-5\"]",
    given: "MSH|^~\\&|EHR\rPID|1||12^^^^MR~999^^^^SS||||||||||||||||999\rOBX|1|NM|GLU||5\r",
    becomes: "MSH|^~\\&|EHR\rPID|1||12^^^^MR~^^^^SS||||||||||||||||\rOBX|1|NM|GLU||\r",
};

/// What was typed: one path or a list.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Settings(OneOrMany<Text>);

/// Fields that lose their values.
#[derive(Debug, Clone)]
pub(super) struct Clear {
    paths: Vec<Selector>,
    /// What stands there instead.
    raw: &'static [u8],
}

impl Settings {
    /// For `clear`.
    pub(super) fn check(self, place: &Place<'_>, problems: &mut Problems) -> Option<Clear> {
        self.check_with(b"", "clear", place, problems)
    }

    /// For `set_null`.
    pub(super) fn check_null(self, place: &Place<'_>, problems: &mut Problems) -> Option<Clear> {
        self.check_with(b"\"\"", "set", place, problems)
    }

    fn check_with(
        self,
        raw: &'static [u8],
        verb: &str,
        place: &Place<'_>,
        problems: &mut Problems,
    ) -> Option<Clear> {
        let Settings(OneOrMany(texts)) = self;
        let count = entry_count(texts.len(), verb, place, problems)?;
        let paths: Vec<Selector> = texts
            .iter()
            .enumerate()
            .filter_map(|(index, Text(text))| {
                written_field(text, Written::Value(&place.index(index)), problems)
            })
            .collect();
        (paths.len() == count).then_some(Clear { paths, raw })
    }
}

impl Clear {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), StepError> {
        for path in &self.paths {
            for place in run.places(path) {
                run.edit(&place, |message| message.set_raw(&place, self.raw))?;
            }
        }
        Ok(())
    }
}
