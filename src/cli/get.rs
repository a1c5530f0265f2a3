//! `weir get`: values of fields, for people and scripts.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::hl7::{FieldPath, Message};

use super::{CannotRun, Finding, input};

/// Prints the values of fields, one a line.
///
/// Paths are written as in the standard: PID-5.1 is the family name, OBX[2]-5 the value of the second OBX,
/// PID-3[2].1 the identifier of the second repetition. A field that is absent or empty gives an empty line.
#[derive(Args)]
#[command(after_help = "Example: weir get fixtures/adt-a01.hl7 MSH-9 PID-3.1 PID-5")]
pub(super) struct Get {
    /// A file with one or more messages, or - for standard input.
    file: PathBuf,
    /// What to print.
    #[arg(required = true)]
    path: Vec<FieldPath>,
    /// Print the bytes as they stand in the message, escapes not decoded.
    #[arg(long)]
    raw: bool,
    /// Only the N-th message of the file.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    message: Option<u32>,
}

impl Get {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        for message in input::chosen(&self.file, self.message)? {
            for path in &self.path {
                self.print(&message, path, out)?;
            }
        }
        Ok(Finding::Fine)
    }

    fn print(&self, message: &Message, path: &FieldPath, out: &mut dyn Write) -> Result<(), CannotRun> {
        if self.raw {
            out.write_all(message.read(path).raw().unwrap_or_default())?;
        } else if let Some(text) = message.text(path) {
            out.write_all(text.as_bytes())?;
        }
        Ok(out.write_all(b"\n")?)
    }
}
