//! The step `rename`: gives segments another name.

use schemars::JsonSchema;
use serde::Deserialize;

use super::paths::{Written, written_name, written_segments};
use super::{Doc, Run, StepError, entry_count};
use crate::hl7::{SegmentName, SegmentSelector, Target};
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::typed::{Pairs, Text};

pub(super) const DOC: Doc = Doc {
    kind: "rename",
    summary: "gives segments another name; their fields stay",
    details: "Left is the segment, every one of its name unless numbered or chosen (`ZPI[2]`, `ZPI[-1=A]`); right is \
              its new name.",
    tables: "",
    example: "rename: { ZPI: ZPD }",
    given: "MSH|^~\\&|EHR\rPID|1\rZPI|1|a^b\rZPI|2|c\r",
    becomes: "MSH|^~\\&|EHR\rPID|1\rZPD|1|a^b\rZPD|2|c\r",
};

/// What was typed: segments and their new names.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Settings(Pairs<Text>);

/// Segments and their new names.
#[derive(Debug, Clone)]
pub(super) struct Rename {
    entries: Vec<(SegmentSelector, SegmentName)>,
}

impl Settings {
    pub(super) fn check(self, place: &Place<'_>, problems: &mut Problems) -> Option<Rename> {
        let Settings(Pairs(pairs)) = self;
        let count = entry_count(pairs.len(), "rename", place, problems)?;
        let mut entries = Vec::with_capacity(count);
        for (segments, Text(name)) in pairs {
            let at = place.key(&segments);
            let segments = written_segments(&segments, Written::Key(&at), problems);
            let name = written_name(&name, Written::Value(&at), problems);
            let (Some(segments), Some(name)) = (segments, name) else {
                continue;
            };
            if segments.name() == name {
                let message = format!("{segments} has this name already");
                problems.push(Problem::error(ProblemName::ContradictoryStep, message).at(&at));
            } else {
                entries.push((segments, name));
            }
        }
        (entries.len() == count).then_some(Rename { entries })
    }
}

impl Rename {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), StepError> {
        for (segments, name) in &self.entries {
            for index in run.message.resolve_segments(segments, &run.scope) {
                run.goes(|message| message.segment_path(index).map(Target::Segment));
                let renamed = run.message.rename_segment(index, *name);
                renamed.map_err(|kind| StepError::new(kind.to_string()))?;
                run.added(|message| message.segment_path(index).map(Target::Segment));
            }
        }
        Ok(())
    }
}
