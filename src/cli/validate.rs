//! `weir validate`: every fault of a message against its version and a profile.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use crate::config;
use crate::hl7::dictionary::Version;
use crate::hl7::{Fault, Severity};
use crate::validation::{FAULTS_MAX, Profile, validate};

use super::{CannotRun, Finding, input, text};

/// Checks messages against their version of the standard and a profile: one fault a line.
///
/// A line tells the place, the code of table 0357, the severity (E error, W warning) and the text that an ERR
/// segment would carry; of a file with several messages, the number of the message before it.
/// No line holds content of the message.
/// Exit status: 0 no error (there may be warnings), 1 there are errors, 2 it could not run.
#[derive(Args)]
#[command(after_help = "Example: weir validate fixtures/adt-a01.hl7 --version 2.5.1")]
pub(super) struct Validate {
    /// A file with one or more messages, or - for standard input.
    file: PathBuf,
    /// A YAML file with rules of the site.
    #[arg(long, value_name = "FILE.yaml")]
    profile: Option<PathBuf>,
    /// The version of the standard, instead of the one that the profile or MSH-12 names.
    #[arg(long)]
    version: Option<Version>,
    /// Only the N-th message of the file.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    message: Option<u32>,
}

impl Validate {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let profile = self.profile()?;
        let messages = input::chosen(&self.file, self.message)?;
        let mut finding = Finding::Fine;
        for placed in &messages {
            let before = if messages.len() > 1 {
                format!("message {}: ", placed.number)
            } else {
                String::new()
            };
            let faults = validate(&placed.message, &profile);
            for fault in &faults {
                writeln!(out, "{before}{}", line(fault))?;
            }
            let is_warning = |fault: &&Fault| fault.severity == Severity::Warning;
            let warnings = faults.iter().filter(is_warning).count();
            let errors = faults.len() - warnings;
            if errors == FAULTS_MAX {
                let text = format!("perhaps more: nothing further is looked for after {FAULTS_MAX} errors");
                writeln!(out, "{before}{text}")?;
            } else if warnings == FAULTS_MAX {
                writeln!(
                    out,
                    "{before}perhaps more warnings: no more than {FAULTS_MAX} are told"
                )?;
            }
            if errors > 0 {
                finding = Finding::NotSo;
            }
        }
        Ok(finding)
    }

    fn profile(&self) -> Result<Profile, CannotRun> {
        let profile = match &self.profile {
            None => Profile::default(),
            Some(file) => {
                let (profile, problems) = config::profile(file);
                let color = std::io::stderr().is_terminal();
                profile.ok_or_else(|| CannotRun::Because(problems.render(color)))?
            }
        };
        Ok(match self.version {
            Some(version) => profile.with_version(version),
            None => profile,
        })
    }
}

/// `PID-7 102 E expected a date…`; a fault of the message as a whole stands at `-`.
fn line(fault: &Fault) -> String {
    let place = fault
        .location
        .map_or("-".to_owned(), |location| location.to_string());
    let (code, severity) = (fault.code.number(), fault.severity.as_str());
    format!(
        "{place} {code} {severity} {}",
        text::printable(fault.text.as_bytes())
    )
}
