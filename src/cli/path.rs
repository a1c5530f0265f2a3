//! Field paths as people type them, with what is wrong shown under them.

use std::path::Path;
use std::str::FromStr;

use crate::hl7::{FieldPath, PathError, Selector, Target};

use super::text;

/// Reads a path; what is wrong with it is shown under it, with the path that was probably meant.
pub(super) fn read(text: &str) -> Result<FieldPath, String> {
    read_as(text)
}

/// Reads a path that may mean several places, as `PID-3[*].1`.
pub(super) fn read_selector(text: &str) -> Result<Selector, String> {
    read_as(text)
}

/// Reads a path of segments, fields or components in every occurrence.
pub(super) fn read_every(text: &str) -> Result<Target, String> {
    let target = read_as(text)?;
    if text.contains('[') {
        return Err("every one is meant: leave out the numbers in brackets".to_owned());
    }
    Ok(target)
}

fn read_as<P: FromStr<Err = PathError> + std::fmt::Display>(text: &str) -> Result<P, String> {
    let error = match P::from_str(text) {
        Ok(path) => return Ok(path),
        Err(error) => error,
    };
    let shown = text::printable(text.as_bytes());
    let caret = " ".repeat(
        text.get(..error.offset)
            .map_or(0, |before| before.chars().count()),
    );
    let help = match P::from_str(&text.to_uppercase()) {
        Ok(meant) => format!("; did you mean {meant}?"),
        Err(_) if Path::new(text).exists() => "\n\nThe file stands before the paths.".to_owned(),
        Err(_) => String::new(),
    };
    Err(format!(
        "\n\n  {shown}\n  {caret}^ expected {}{help}",
        error.expected
    ))
}
