//! `weir get`: values of fields, for people and scripts.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::hl7::{FieldPath, Message, Scope, Selector, State};

use super::{CannotRun, Finding, input, path, text};

/// Prints the values of fields, one a line.
///
/// Paths are written as in the standard: PID-5.1 is the family name, OBX[2]-5 the value of the second OBX,
/// PID-3[2].1 the identifier of the second repetition, PID-3[.5=MR].1 that of the one whose fifth component is MR.
/// OBX[*]-5 and PID-3[*].1 are all there are, one a line. A field that is absent or empty gives an empty line.
/// On a terminal control characters are shown as \x1b, so that a message cannot change colors or move the cursor.
#[derive(Args)]
#[command(after_help = "Example: weir get fixtures/adt-a01.hl7 MSH-9 PID-3.1 PID-5")]
pub(super) struct Get {
    /// A file with one or more messages, or - for standard input.
    file: PathBuf,
    /// What to print.
    #[arg(required = true, value_parser = path::read_selector)]
    path: Vec<Selector>,
    /// Print the bytes as they stand in the message: escapes not decoded, control characters not made visible.
    #[arg(long)]
    raw: bool,
    /// Print a JSON object for each path: message, path, state (absent, empty, null or valued) and value.
    #[arg(long, conflicts_with = "raw")]
    json: bool,
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
        for chosen in input::chosen(&self.file, self.message)? {
            for path in &self.path {
                let places = chosen.message.resolve_all(path, &Scope::whole());
                for place in &places {
                    if self.json {
                        writeln!(out, "{}", told(&chosen.message, chosen.number, place))?;
                    } else {
                        out.write_all(&value(&chosen.message, place, form))?;
                        out.write_all(b"\n")?;
                    }
                }
                // Of one place something is always told, so that the lines of a script are those it asked for.
                if places.is_empty() && !path.is_many() {
                    let nothing = json!({
                        "message": chosen.number, "path": path.to_string(), "state": "absent", "value": null,
                    });
                    let nothing = if self.json {
                        nothing.to_string()
                    } else {
                        String::new()
                    };
                    writeln!(out, "{nothing}")?;
                }
            }
        }
        Ok(Finding::Fine)
    }
}

fn told(message: &Message, number: usize, place: &FieldPath) -> serde_json::Value {
    json!({
        "message": number,
        "path": place.to_string(),
        "state": state(message.read(place).state()),
        "value": message.text(place),
    })
}

/// The state in a word.
fn state(state: State) -> &'static str {
    match state {
        State::Absent => "absent",
        State::Empty => "empty",
        State::Null => "null",
        State::Valued => "valued",
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn a_value_cannot_control_the_terminal() {
        let message = Message::parse(Bytes::from_static(b"MSH|^~\\&|\\X1B\\[31m\\T\\")).unwrap();
        let path = path::read("MSH-3").unwrap();
        let check = |form, expected: &str| {
            assert_eq!(String::from_utf8_lossy(&value(&message, &path, form)), expected);
        };
        check(Form::ForTerminal, "\\x1b[31m&");
        check(Form::ForPrograms, "\x1b[31m&");
        check(Form::Raw, "\\X1B\\[31m\\T\\");
    }
}
