//! `weir get`: values of fields, for people and scripts.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;

use crate::hl7::{FieldPath, Message};

use super::{CannotRun, Finding, input, text};

/// Prints the values of fields, one a line.
///
/// Paths are written as in the standard: PID-5.1 is the family name, OBX[2]-5 the value of the second OBX,
/// PID-3[2].1 the identifier of the second repetition. A field that is absent or empty gives an empty line.
/// On a terminal control characters are shown as \x1b, so that a message cannot change colors or move the cursor.
#[derive(Args)]
#[command(after_help = "Example: weir get fixtures/adt-a01.hl7 MSH-9 PID-3.1 PID-5")]
pub(super) struct Get {
    /// A file with one or more messages, or - for standard input.
    file: PathBuf,
    /// What to print.
    #[arg(required = true, value_parser = path)]
    path: Vec<FieldPath>,
    /// Print the bytes as they stand in the message: escapes not decoded, control characters not made visible.
    #[arg(long)]
    raw: bool,
    /// Only the N-th message of the file.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    message: Option<u32>,
}

impl Get {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let form = match (self.raw, std::io::stdout().is_terminal()) {
            (true, _) => Form::Raw,
            (false, true) => Form::ForTerminal,
            (false, false) => Form::ForPrograms,
        };
        for message in input::chosen(&self.file, self.message)? {
            for path in &self.path {
                out.write_all(&value(&message, path, form))?;
                out.write_all(b"\n")?;
            }
        }
        Ok(Finding::Fine)
    }
}

/// How a value is printed.
#[derive(Clone, Copy)]
enum Form {
    /// The bytes of the message.
    Raw,
    /// The text.
    ForPrograms,
    /// The text, with control characters made visible.
    ForTerminal,
}

fn value<'m>(message: &'m Message, path: &FieldPath, form: Form) -> Cow<'m, [u8]> {
    if matches!(form, Form::Raw) {
        return Cow::Borrowed(message.read(path).raw().unwrap_or_default());
    }
    let text = message.text(path).unwrap_or_default();
    if matches!(form, Form::ForTerminal) {
        return Cow::Owned(text::printable(text.as_bytes()).into_bytes());
    }
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// Reads a path; what is wrong with it is shown under it, with the path that was probably meant.
fn path(text: &str) -> Result<FieldPath, String> {
    let error = match FieldPath::from_str(text) {
        Ok(path) => return Ok(path),
        Err(error) => error,
    };
    let shown = text::printable(text.as_bytes());
    let caret = " ".repeat(
        text.get(..error.offset)
            .map_or(0, |before| before.chars().count()),
    );
    let help = match FieldPath::from_str(&text.to_uppercase()) {
        Ok(meant) => format!("; did you mean {meant}?"),
        Err(_) if Path::new(text).exists() => {
            "\n\nThe file stands before the paths: weir get FILE PATH...".to_owned()
        }
        Err(_) => String::new(),
    };
    Err(format!(
        "\n\n  {shown}\n  {caret}^ expected {}{help}",
        error.expected
    ))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn a_value_cannot_control_the_terminal() {
        let message = Message::parse(Bytes::from_static(b"MSH|^~\\&|\\X1B\\[31m\\T\\")).unwrap();
        let path = path("MSH-3").unwrap();
        let check = |form, expected: &str| {
            assert_eq!(String::from_utf8_lossy(&value(&message, &path, form)), expected);
        };
        check(Form::ForTerminal, "\\x1b[31m&");
        check(Form::ForPrograms, "\x1b[31m&");
        check(Form::Raw, "\\X1B\\[31m\\T\\");
    }
}
