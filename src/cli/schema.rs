//! `weir schema`: the JSON Schema of a site's files, for editors.

use std::io::Write;

use clap::Args;

use crate::config;

use super::{CannotRun, Finding};

/// Prints the JSON Schema of a site's files, so that an editor completes and checks while you type.
///
/// Keep it in a file, and name that in the first line of each file of a site:
/// `# yaml-language-server: $schema=weir.schema.json`.
/// Names, paths and conditions are beyond a schema: `weir check` finds what is wrong with those.
#[derive(Args)]
#[command(after_help = "Example: weir schema > routes/weir.schema.json")]
pub(super) struct Schema {}

impl Schema {
    #[expect(clippy::unused_self, reason = "every command has the same form")]
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        out.write_all(text().as_bytes())?;
        Ok(Finding::Fine)
    }
}

/// The schema as it is printed, and as it stands beside the shipped site.
pub(super) fn text() -> String {
    let schema = config::schema();
    serde_json::to_string_pretty(&schema).expect("a schema is JSON already") + "\n"
}
