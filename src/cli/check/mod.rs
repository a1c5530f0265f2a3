//! `weir check`: every problem of a site at once, before anything runs.

mod json;

use std::io::{IsTerminal, Write};

use clap::Args;

use crate::config;
use crate::problem::Problems;

use super::site::SiteArgument;
use super::{CannotRun, Finding, text};

/// Checks a site: every problem at once, with file, line and what to do.
///
/// Nothing is started and nothing is written. Exit status: 0 the site can run, 1 it can run but has warnings
/// and --strict was given, 2 it cannot run, or shows a certificate that is not valid now.
#[derive(Args)]
pub(super) struct Check {
    #[command(flatten)]
    site: SiteArgument,
    /// Exit with status 1 when there are warnings.
    #[arg(long)]
    strict: bool,
    /// Print the problems as one JSON object, for editors and programs.
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let (loaded, problems) = config::check(self.site.folder());
        if self.json {
            json::write(self.site.folder(), &problems, out)?;
            return loaded.map_or(Err(CannotRun::Told), |_| Ok(self.finding(&problems)));
        }
        let shown = problems.render(std::io::stderr().is_terminal());
        let Some((site, cases)) = loaded else {
            return Err(CannotRun::Because(shown));
        };
        std::io::stderr().write_all(shown.as_bytes())?;
        writeln!(
            out,
            "{}: {}, {}, {}, {}; {} found",
            self.site.folder().display(),
            text::count(site.listeners.len(), "listener"),
            text::count(site.destinations.len(), "destination"),
            text::count(site.routes.len(), "route"),
            text::count(cases.len(), "case"),
            match problems.warning_count() {
                0 => "no problem".to_owned(),
                warnings => text::count(warnings, "warning"),
            }
        )?;
        Ok(self.finding(&problems))
    }

    /// What is found of a site that can run.
    fn finding(&self, problems: &Problems) -> Finding {
        if self.strict && !problems.is_empty() {
            Finding::NotSo
        } else {
            Finding::Fine
        }
    }
}
