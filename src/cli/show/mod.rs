//! `weir show`: a message as a tree with the names of the standard, for people and as JSON for programs.

mod tree;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::shown::Shown;

use super::{CannotRun, Finding, input};

pub(super) use tree::{Look, tree};

/// Shows a message as a tree: groups, segments, fields and components with names and values.
///
/// The names are those of the version in MSH-12, or of the nearest one before it; what the standard does not know
/// is shown without names. Values are text with escapes decoded, "" is the HL7 null, control characters are shown
/// as \x1b. What is wrong with the message stands as a warning where it is.
#[derive(Args)]
#[command(after_help = "Example: weir show fixtures/oru-r01-chemistry.hl7 | less")]
pub(super) struct Show {
    /// A file with one or more messages, or - for standard input.
    file: PathBuf,
    /// Print a JSON object for each message, on a line of its own, with all its bytes in it (those of a file in
    /// UTF-16 as UTF-8).
    #[arg(long)]
    json: bool,
    /// Only the N-th message of the file.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    message: Option<u32>,
}

impl Show {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let look = Look::of(&std::io::stdout());
        for (index, chosen) in input::chosen(&self.file, self.message)?.iter().enumerate() {
            let shown = Shown::of(chosen.number, &chosen.message);
            if self.json {
                writeln!(out, "{}", shown.object())?;
                continue;
            }
            if index > 0 {
                writeln!(out)?;
            }
            out.write_all(tree(&shown, &look).as_bytes())?;
        }
        Ok(Finding::Fine)
    }
}
