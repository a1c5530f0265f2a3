//! Field paths as people type them, with what is wrong shown under them.

use std::path::Path;
use std::str::FromStr;

use crate::hl7::FieldPath;

use super::text;

/// Reads a path; what is wrong with it is shown under it, with the path that was probably meant.
pub(super) fn read(text: &str) -> Result<FieldPath, String> {
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
        Err(_) if Path::new(text).exists() => "\n\nThe file stands before the paths.".to_owned(),
        Err(_) => String::new(),
    };
    Err(format!(
        "\n\n  {shown}\n  {caret}^ expected {}{help}",
        error.expected
    ))
}
