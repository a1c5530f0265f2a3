//! The step `tag`: gives the message named values.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::notes::{TAGS_MAX, VALUE_BYTES_MAX};
use super::paths::{tag_name, template};
use super::{Doc, Run, StepError, entry_count};
use crate::expression::{Known, Template};
use crate::problem::{Place, Problems};
use crate::typed::{Pairs, Text};

pub(super) const DOC: Doc = Doc {
    kind: "tag",
    summary: "gives the message named values, beside what it holds",
    details: "Names are lower case letters, digits and hyphens; values have holes as those of `set`.\n\
              `weir trace` and `weir test` show them; nothing of the message is changed.\n\
              A tag given twice has the later value; a message has at most 32 tags, of at most 1,000 bytes each.",
    tables: "",
    example: "tag: { ward: \"{PV1-3.1}\", kind: admission }",
    given: "MSH|^~\\&|EHR\rPV1|1|I|7W^12\r",
    becomes: "MSH|^~\\&|EHR\rPV1|1|I|7W^12\r",
};

/// What was typed: names and values.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Settings(Pairs<Text>);

/// Names and the values they get.
#[derive(Debug, Clone)]
pub(super) struct Tag {
    entries: Vec<(Arc<str>, Template)>,
}

impl Settings {
    pub(super) fn check(self, place: &Place<'_>, known: Known<'_>, problems: &mut Problems) -> Option<Tag> {
        let Settings(Pairs(pairs)) = self;
        let count = entry_count(pairs.len(), "tag", place, problems)?;
        let mut entries = Vec::with_capacity(count);
        for (name, Text(value)) in pairs {
            let at = place.key(&name);
            let wrong = tag_name(&name);
            let is_right = wrong.is_none();
            if let Some(problem) = wrong {
                problems.push(problem.at_key(&at));
            }
            if let Some(template) = template(&value, &at, known, problems).filter(|_| is_right) {
                entries.push((name.into(), template));
            }
        }
        (entries.len() == count).then_some(Tag { entries })
    }
}

impl Tag {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), StepError> {
        for (name, template) in &self.entries {
            let value = run.render(template).map_err(StepError::new)?;
            if value.len() > VALUE_BYTES_MAX {
                let reason = format!("the value of tag `{name}` is longer than {VALUE_BYTES_MAX} bytes");
                return Err(StepError::new(reason));
            }
            if !run.notes.tag(name, value) {
                return Err(StepError::new(format!(
                    "the message has more than {TAGS_MAX} tags"
                )));
            }
        }
        Ok(())
    }
}
