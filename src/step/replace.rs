//! The step `replace`: a regular expression in the text of fields.
//!
//! The engine is the crate `regex`: its time is linear in the text, whatever the pattern, and the size of a pattern
//! is bounded when the site is loaded.

use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::Deserialize;

use super::paths::{Written, written_field};
use super::{Doc, Run, StepError};
use crate::expression::{UnknownGroup, unknown_group};
use crate::hl7::Selector;
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::typed::Text;

pub(super) const DOC: Doc = Doc {
    kind: "replace",
    summary: "replaces what a regular expression finds in the text of fields",
    details: "The pattern sees the text of each component by itself, decoded: it cannot break the structure of a \
              field, and what it writes is escaped.\n\
              In `with`, `$1` and `${name}` are what the groups of the pattern found, `$$` is a dollar sign; before a \
              letter, a digit or `_` a group is written `${1}`.\n\
              Patterns are those of the Rust crate `regex`, without look-around and back-references, so none can \
              be slow; `(?i)` ignores letter case.",
    tables: "",
    example: "replace: { field: \"PID-13[*].1\", pattern: '^\\D*(\\d{3})\\D*(\\d{4})\\D*$', with: \"$1-$2\" }",
    given: "MSH|^~\\&|EHR\rPID|1||12||DOE||||||||(555) 1234^PRN~unknown\r",
    becomes: "MSH|^~\\&|EHR\rPID|1||12||DOE||||||||555-1234^PRN~unknown\r",
};

/// The largest compiled pattern: a class repeated a thousand times fits, one repeated a million times does not.
const PATTERN_BYTES_MAX: usize = 1 << 20;
/// The largest value a replacement may make of one text.
const VALUE_BYTES_MAX: usize = 16 << 20;

/// What was typed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The field whose text is searched.
    pub field: Text,
    /// What is looked for: a regular expression.
    pub pattern: Text,
    /// What every match becomes.
    pub with: Text,
}

/// A field, and what is replaced in it.
#[derive(Debug, Clone)]
pub(super) struct Replace {
    field: Selector,
    pattern: Regex,
    with: String,
}

impl Settings {
    pub(super) fn check(self, place: &Place<'_>, problems: &mut Problems) -> Option<Replace> {
        let field = written_field(&self.field.0, Written::Value(&place.key("field")), problems);
        let pattern = pattern(&self.pattern.0, &place.key("pattern"), problems);
        let Text(with) = self.with;
        if let Some(unknown) = pattern.as_ref().and_then(|pattern| unknown_group(&with, pattern)) {
            let UnknownGroup { offset, name, help } = unknown;
            let message = format!("the pattern has no group `{name}`");
            let problem = Problem::error(ProblemName::BadPattern, message);
            problems.push(
                problem
                    .within(&place.key("with"), offset, name.len() + 1)
                    .help(help),
            );
            return None;
        }
        Some(Replace {
            field: field?,
            pattern: pattern?,
            with,
        })
    }
}

/// Reads a pattern, or tells what is wrong with it and where.
fn pattern(text: &str, place: &Place<'_>, problems: &mut Problems) -> Option<Regex> {
    let built = RegexBuilder::new(text).size_limit(PATTERN_BYTES_MAX).build();
    let error = match built {
        Ok(pattern) => return Some(pattern),
        Err(error) => error.to_string(),
    };
    let problem = if error.contains("size limit") {
        let message = "the regular expression is too large";
        Problem::error(ProblemName::BadPattern, message).at(place)
    } else {
        // The crate draws the pattern with a caret under it, and says why in the last line.
        let why = error.lines().last().unwrap_or_default();
        let why = why.strip_prefix("error: ").unwrap_or(why);
        let caret = error.lines().find_map(|line| {
            line.find('^')
                .filter(|_| line.trim().trim_matches('^').is_empty())
        });
        let problem = Problem::error(ProblemName::BadPattern, format!("no regular expression: {why}"));
        // Four blanks stand before the drawing.
        match caret
            .and_then(|at| at.checked_sub(4))
            .and_then(|at| text.char_indices().nth(at))
        {
            Some((offset, character)) => problem.within(place, offset, character.len_utf8()),
            None => problem.at(place),
        }
    };
    problems.push(
        problem.help("patterns are those of the Rust crate `regex`: no look-around, no back-references"),
    );
    None
}

impl Replace {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), StepError> {
        for place in run.places(&self.field) {
            let mut is_too_large = false;
            run.edit(&place, |message| {
                message.map_texts(&place, |text| {
                    self.replaced(text).unwrap_or_else(|TooLarge| {
                        is_too_large = true;
                        None
                    })
                })
            })?;
            if is_too_large {
                let reason = format!("the text would be larger than {} MiB", VALUE_BYTES_MAX >> 20);
                return Err(StepError::at(place, reason));
            }
        }
        Ok(())
    }

    /// The text with every match replaced; `None` if there is none.
    fn replaced(&self, text: &str) -> Result<Option<String>, TooLarge> {
        let mut replaced = String::new();
        let mut end = 0;
        for found in self.pattern.captures_iter(text) {
            let whole = found.get_match();
            replaced.push_str(text.get(end..whole.start()).unwrap_or_default());
            found.expand(&self.with, &mut replaced);
            end = whole.end();
            if replaced.len() > VALUE_BYTES_MAX {
                return Err(TooLarge);
            }
        }
        replaced.push_str(text.get(end..).unwrap_or_default());
        Ok((replaced != text).then_some(replaced))
    }
}

/// A text beyond [`VALUE_BYTES_MAX`].
struct TooLarge;
