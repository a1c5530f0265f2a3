//! `weir show`: a message with a place before every value.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::hl7::Message;

use super::{CannotRun, Finding, input, text};

/// Shows a message: one line for each field that holds something, with the path that names it.
#[derive(Args)]
#[command(after_help = "Example: weir show fixtures/adt-a01.hl7")]
pub(super) struct Show {
    /// A file with one or more messages, or - for standard input.
    file: PathBuf,
    /// Only the N-th message of the file.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    message: Option<u32>,
}

impl Show {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        for (index, chosen) in input::chosen(&self.file, self.message)?.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            show(&chosen.message, out)?;
        }
        Ok(Finding::Fine)
    }
}

fn show(message: &Message, out: &mut dyn Write) -> Result<(), CannotRun> {
    let mut occurrences: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    for segment in message.segments() {
        let occurrence = occurrences.entry(segment.name().to_vec()).or_default();
        *occurrence += 1;
        let name = text::segment_path(segment.name(), *occurrence);
        writeln!(out, "{name}")?;
        for (number, raw) in segment.fields() {
            writeln!(
                out,
                "  {:<12} {}",
                format!("{name}-{number}"),
                text::printable(raw)
            )?;
        }
    }
    for warning in message.warnings() {
        writeln!(out, "warning: {}", warning.as_str())?;
    }
    Ok(())
}
