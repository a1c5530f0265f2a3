//! Problems for programs: the one shape in which `weir check --json` and the API tell them.
//!
//! The shape is kept: keys may be added. docs/sites.md describes it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Problem, Problems, Region, Severity};

/// A problem of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SiteProblem")]
pub struct Report {
    /// Its stable name.
    pub name: String,
    /// `error` or `warning`.
    pub severity: String,
    /// What is wrong.
    pub message: String,
    /// Where, unless it is about the site as a whole.
    pub at: Option<Span>,
    /// The path of the setting.
    pub setting: Option<String>,
    /// What is said at the place itself.
    pub label: Option<String>,
    /// The right word to put there.
    pub suggestion: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// Other places that belong to it.
    pub related: Vec<Related>,
}

/// Another place that belongs to a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RelatedPlace")]
pub struct Related {
    /// What it has to do with it.
    pub message: String,
    /// Where.
    pub at: Option<Span>,
}

/// A piece of a file of the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SitePlace")]
pub struct Span {
    /// The file.
    pub file: String,
    /// Where it begins.
    pub start: End,
    /// Behind its last character.
    pub end: End,
}

/// One end of a piece of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PlaceEnd")]
pub struct End {
    /// From 0, a byte order mark not counted.
    pub byte: usize,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl Problems {
    /// All that are kept, in the order of files and lines, for programs.
    pub fn report(&self) -> Vec<Report> {
        self.iter().map(|problem| report(problem, self)).collect()
    }
}

fn report(problem: &Problem, problems: &Problems) -> Report {
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let related = problem.related.iter().map(|(region, message)| Related {
        message: message.clone(),
        at: span(region, problems),
    });
    Report {
        name: problem.name.as_str().to_owned(),
        severity: severity.to_owned(),
        message: problem.message.clone(),
        at: problem.region.as_ref().and_then(|region| span(region, problems)),
        setting: filled(&problem.setting),
        label: filled(&problem.label),
        suggestion: problem.suggestion.clone(),
        help: problem.help.clone(),
        related: related.collect(),
    }
}

fn span(region: &Region, problems: &Problems) -> Option<Span> {
    let source = problems.source(region)?;
    let end = |byte| {
        let location = source.location(byte);
        End {
            byte,
            line: location.line,
            column: location.column,
        }
    };
    Some(Span {
        file: source.name.clone(),
        start: end(region.bytes.start),
        end: end(region.bytes.end),
    })
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
