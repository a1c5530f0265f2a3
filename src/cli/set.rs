//! `weir set`: a file of messages with some fields changed, all its other bytes as they came.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use bytes::Bytes;
use clap::Args;

use crate::hl7::{EditError, FieldPath, Message, Terminators, charset};

use super::{CannotRun, Finding, input, path, text};

/// Prints a file of messages with fields changed.
///
/// Everything else stays byte for byte as it came: other fields, terminators, blank lines, the headers and
/// trailers of a batch. Without assignments nothing changes at all. An empty value clears the field; a segment
/// that is missing is added when it is the next of its name, where the structure of the message has it or else at
/// the end. Another character set in MSH-18 is that of the whole message. The file itself is not changed.
/// On a terminal each segment is a line of its own, with control characters shown as \x1b.
#[derive(Args)]
#[command(after_help = "Example: weir set fixtures/adt-a01.hl7 MSH-11=T PID-5.1=DOE > test.hl7")]
pub(super) struct Set {
    /// A file with one or more messages, or - for standard input.
    file: PathBuf,
    /// What to change, in order. The value is text: delimiters in it are escaped.
    #[arg(value_name = "PATH=VALUE", value_parser = assignment)]
    assignment: Vec<Assignment>,
    /// Values are bytes of the message: their ^, & and \ delimit and escape, and "" is the HL7 null.
    #[arg(long)]
    raw: bool,
    /// Change only the N-th message of the file.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    message: Option<u32>,
}

/// A place and what it shall hold.
#[derive(Clone)]
struct Assignment {
    path: FieldPath,
    value: String,
}

impl Set {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let content = input::read(&self.file)?;
        if charset::narrowed(&content) != content {
            return Err(CannotRun::at(
                input::place(&self.file),
                "in UTF-16 or UTF-32, which no message is sent in: make it UTF-8 first, as `iconv -f UTF-16 -t UTF-8` does",
            ));
        }
        let edited = self.edited(&content)?;
        if std::io::stdout().is_terminal() {
            out.write_all(text::lines(&Bytes::from(edited)).as_bytes())?;
        } else {
            out.write_all(&edited)?;
        }
        Ok(Finding::Fine)
    }

    /// The file with the assignments done in each chosen message.
    fn edited(&self, content: &Bytes) -> Result<Vec<u8>, CannotRun> {
        let mut out = Vec::with_capacity(content.len());
        let mut at = 0;
        for mut chosen in input::chosen_of(content, &self.file, self.message)? {
            for assignment in &self.assignment {
                self.assign(&mut chosen.message, assignment).map_err(|error| {
                    let place = format!("{}: message {}", input::place(&self.file), chosen.number);
                    CannotRun::at(place, error)
                })?;
            }
            out.extend_from_slice(content.get(at..chosen.range.start).unwrap_or_default());
            out.extend_from_slice(&chosen.message.write(Terminators::Preserve));
            at = chosen.range.end;
        }
        out.extend_from_slice(content.get(at..).unwrap_or_default());
        Ok(out)
    }

    fn assign(
        &self,
        message: &mut Message,
        Assignment { path, value }: &Assignment,
    ) -> Result<(), EditError> {
        if self.raw {
            message.set_raw(path, value.as_bytes())
        } else {
            message.set(path, value)
        }
    }
}

/// Reads `PATH=VALUE`.
fn assignment(text: &str) -> Result<Assignment, String> {
    let Some((path, value)) = text.split_once('=') else {
        return Err("expected a path, `=` and a value, as PID-5.1=DOE; quote a value with blanks".to_owned());
    };
    Ok(Assignment {
        path: path::read(path)?,
        value: value.to_owned(),
    })
}
