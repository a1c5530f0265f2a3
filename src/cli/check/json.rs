//! `weir check --json`: problems for editors and programs.
//!
//! The shape is kept: keys may be added; what would break a reader gets another `version`. The README describes it.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::problem::{Problem, Problems, Region, Severity};

use super::CannotRun;

/// The version of the shape.
const VERSION: u32 = 1;

/// Writes all problems as one JSON object.
pub(super) fn write(site: &Path, problems: &Problems, out: &mut dyn Write) -> Result<(), CannotRun> {
    let listed: Vec<Value> = problems.iter().map(|found| problem(found, problems)).collect();
    let report = json!({
        "version": VERSION,
        "site": site.display().to_string(),
        "errors": problems.error_count(),
        "warnings": problems.warning_count(),
        "left_off": problems.left_off(),
        "problems": listed,
    });
    Ok(writeln!(out, "{report:#}")?)
}

fn problem(problem: &Problem, problems: &Problems) -> Value {
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let related = problem
        .related
        .iter()
        .map(|(region, message)| json!({ "message": message, "at": at(Some(region), problems) }));
    json!({
        "name": problem.name.as_str(),
        "severity": severity,
        "message": problem.message,
        "at": at(problem.region.as_ref(), problems),
        "setting": filled(&problem.setting),
        "label": filled(&problem.label),
        "suggestion": problem.suggestion,
        "help": problem.help,
        "related": related.collect::<Vec<_>>(),
    })
}

/// The file and the two ends of a region; nothing for what is about the folder as a whole.
fn at(region: Option<&Region>, problems: &Problems) -> Value {
    let source = region.and_then(|region| Some((region, problems.source(region)?)));
    let Some((region, source)) = source else {
        return Value::Null;
    };
    let end = |byte| {
        let location = source.location(byte);
        json!({ "byte": byte, "line": location.line, "column": location.column })
    };
    json!({
        "file": source.name,
        "start": end(region.bytes.start),
        "end": end(region.bytes.end),
    })
}

fn filled(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
