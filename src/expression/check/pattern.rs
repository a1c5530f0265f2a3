//! Regular expressions, patterns of dates and time zones: compiled when the site is loaded.

use jiff::Zoned;
use jiff::fmt::strtime;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use regex::{Regex, RegexBuilder};

use super::{Checked, text_literal};
use crate::expression::ExpressionError;
use crate::expression::syntax::{Operand, Pattern};
use crate::problem::{self, ProblemName};

/// How large a compiled regular expression may be.
const PATTERN_BYTES_MAX: usize = 1 << 20;

pub(super) fn compile(pattern: &Pattern) -> Checked<Regex> {
    let regex = RegexBuilder::new(&pattern.text)
        .case_insensitive(pattern.is_any_case)
        .size_limit(PATTERN_BYTES_MAX)
        .dfa_size_limit(PATTERN_BYTES_MAX)
        .build();
    regex.map_err(|error| {
        let expected = if matches!(error, regex::Error::CompiledTooBig(_)) {
            "a smaller regular expression"
        } else {
            "a regular expression as the Rust crate `regex` reads it: no look-around, no back-references"
        };
        ExpressionError {
            problem: ProblemName::BadPattern,
            ..ExpressionError::at(&pattern.bytes, expected)
        }
    })
}

/// The pattern of a date, as strftime has it.
pub(super) fn date(operand: &Operand) -> Checked<String> {
    let pattern = text_literal(operand)?;
    // What fails for a time that is known wholly fails for all.
    let wrong = strtime::format(&pattern, &Zoned::default()).err();
    if wrong.is_none() && pattern.contains('%') {
        return Ok(pattern);
    }
    let suggestion = strftime(&pattern);
    Err(ExpressionError {
        suggestion: suggestion.map(|suggestion| format!("\"{suggestion}\"")),
        problem: ProblemName::BadPattern,
        ..ExpressionError::at(&operand.bytes, "a pattern of strftime, as `%Y-%m-%d %H:%M:%S`")
    })
}

/// What a pattern of other languages, as `yyyy-MM-dd`, is here; nothing for what is none.
fn strftime(pattern: &str) -> Option<String> {
    const LETTERS: [(&str, &str); 8] = [
        ("yyyy", "%Y"),
        ("YYYY", "%Y"),
        ("MM", "%m"),
        ("dd", "%d"),
        ("DD", "%d"),
        ("HH", "%H"),
        ("mm", "%M"),
        ("ss", "%S"),
    ];
    let mut meant = pattern.to_owned();
    for (letters, directive) in LETTERS {
        meant = meant.replace(letters, directive);
    }
    (meant != pattern && strtime::format(&meant, &Zoned::default()).is_ok()).then_some(meant)
}

/// A time zone of the database that weir brings along, so that a route means the same on every machine.
pub(super) fn zone(operand: &Operand) -> Checked<TimeZone> {
    let name = text_literal(operand)?;
    let zones = TimeZoneDatabase::bundled();
    zones.get(&name).map_err(|_| {
        let names: Vec<String> = zones.available().map(|name| name.to_string()).collect();
        let near = problem::nearest(&name, names.iter().map(String::as_str));
        ExpressionError {
            suggestion: near.map(|near| format!("\"{near}\"")),
            ..ExpressionError::at(&operand.bytes, "the name of a time zone, as `Europe/Berlin`")
        }
    })
}
