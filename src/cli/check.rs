//! `weir check`: every problem of a site at once, before anything runs.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use crate::config::{self, Missing};

use super::{CannotRun, Finding, text};

/// Checks a site: every problem at once, with file, line and what to do.
///
/// Nothing is started and nothing is written. Exit status: 0 the site can run, 1 it can run but has warnings
/// and --strict was given, 2 it cannot run.
#[derive(Args)]
pub(super) struct Check {
    /// The folder of YAML files.
    #[arg(default_value = "routes")]
    site: PathBuf,
    /// Exit with status 1 when there are warnings.
    #[arg(long)]
    strict: bool,
}

impl Check {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let color = std::io::stderr().is_terminal();
        let (loaded, problems) = config::load_with_cases(&self.site, Missing::IsWrong);
        let shown = problems.render(color);
        let Some((site, cases)) = loaded else {
            return Err(CannotRun::Because(shown));
        };
        std::io::stderr().write_all(shown.as_bytes())?;
        writeln!(
            out,
            "{}: {}, {}, {}, {}; {} found",
            self.site.display(),
            text::count(site.listeners.len(), "listener"),
            text::count(site.destinations.len(), "destination"),
            text::count(site.routes.len(), "route"),
            text::count(cases.len(), "case"),
            match problems.warning_count() {
                0 => "no problem".to_owned(),
                warnings => text::count(warnings, "warning"),
            }
        )?;
        Ok(if self.strict && !problems.is_empty() {
            Finding::NotSo
        } else {
            Finding::Fine
        })
    }
}
