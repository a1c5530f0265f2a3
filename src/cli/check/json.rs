//! `weir check --json`: problems for editors and programs.
//!
//! The shape is kept: keys may be added; what would break a reader gets another `version`. docs/sites.md describes it.

use std::io::Write;
use std::path::Path;

use serde_json::json;

use crate::problem::Problems;

use super::CannotRun;

/// The version of the shape.
const VERSION: u32 = 1;

/// Writes all problems as one JSON object.
pub(super) fn write(site: &Path, problems: &Problems, out: &mut dyn Write) -> Result<(), CannotRun> {
    let report = json!({
        "version": VERSION,
        "site": site.display().to_string(),
        "errors": problems.error_count(),
        "warnings": problems.warning_count(),
        "left_off": problems.left_off(),
        "problems": problems.report(),
    });
    Ok(writeln!(out, "{report:#}")?)
}
