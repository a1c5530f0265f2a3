//! Where paths stand in an expression or in the holes of a value, without reading what else it says.
//!
//! For tools that point at paths or write them anew. What is no expression gives the paths that can be told.

use std::ops::Range;

use crate::hl7::Selector;

/// Where each path of a condition stands, in bytes.
pub fn paths_of_condition(text: &str) -> Vec<Range<usize>> {
    let mut paths = Vec::new();
    scan(text, 0, false, &mut paths);
    paths
}

/// Where each path in the holes of a value stands, in bytes.
pub fn paths_of_template(text: &str) -> Vec<Range<usize>> {
    let mut paths = Vec::new();
    let mut at = 0;
    while let Some(brace) = text.get(at..).and_then(|rest| rest.find('{')) {
        at += brace + 1;
        if text.get(at..).is_some_and(|rest| rest.starts_with('{')) {
            at += 1;
        } else {
            at = scan(text, at, true, &mut paths);
        }
    }
    paths
}

/// Goes through an expression from `start`, to the brace that closes it if it is in a hole; where it ends.
fn scan(text: &str, start: usize, in_hole: bool, paths: &mut Vec<Range<usize>>) -> usize {
    let mut at = start;
    // After these a slash begins a pattern; anywhere else, a path.
    let mut is_pattern_next = false;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or_default();
        let length = match first {
            '}' if in_hole => return at + 1,
            '"' | '\'' => quoted(rest, first),
            '/' if is_pattern_next => quoted(rest, '/'),
            '/' | 'A'..='Z' => match Selector::read_prefix(rest) {
                Ok((_, length)) => {
                    paths.push(at..at + length);
                    length
                }
                Err(_) => word(rest),
            },
            _ => word(rest),
        };
        let taken = rest.get(..length).unwrap_or(rest);
        if !taken.trim().is_empty() {
            is_pattern_next = matches!(taken, "matches" | "," | "(");
        }
        at += length;
    }
    at
}

/// The bytes of a text up to the quote that closes it.
fn quoted(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    let closing = rest.char_indices().skip(1).find(|(_, character)| {
        let is_end = *character == quote && !is_escaped;
        // A pattern may hold its own delimiter; a text may not.
        is_escaped = quote == '/' && *character == '\\' && !is_escaped;
        is_end
    });
    closing.map_or(rest.len(), |(at, character)| at + character.len_utf8())
}

/// The bytes of a word, or of the one character that is no part of any.
fn word(rest: &str) -> usize {
    let end = rest.find(|character: char| !character.is_alphanumeric() && character != '_');
    match end.unwrap_or(rest.len()) {
        0 => rest.chars().next().map_or(1, char::len_utf8),
        length => length,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, ranges: Vec<Range<usize>>) -> String {
        let paths: Vec<&str> = ranges.into_iter().map(|range| text.get(range).unwrap()).collect();
        paths.join(" ")
    }

    #[test]
    fn paths_in_conditions() {
        let check = |text: &str, expected: &str| {
            assert_eq!(shown(text, paths_of_condition(text)), expected, "{text}");
        };
        check(r#"PV1-2 in ("I", "PID-3") and not NK1 exists"#, "PV1-2 NK1");
        check(
            "upper(PID.5.1) = 'PID.5.1' or /PID-5-1 valued",
            "PID.5.1 /PID-5-1",
        );
        check("PID-5.1 matches /PID.5/ and PID-8 = 'F'", "PID-5.1 PID-8");
        check(r"OBX-5 matches /a\/PID-5/ and PID-8 = 'F'", "OBX-5 PID-8");
        check(
            r#"OBX[-3.1="1554-5"]-5 > 3 and PID-3[*].4 = "é""#,
            r#"OBX[-3.1="1554-5"]-5 PID-3[*].4"#,
        );
        check("é PID-5 'open PID-6", "PID-5");
        check("lookup(sexes, PID-8, EHR) = 'X'", "PID-8 EHR");
        check("", "");
    }

    #[test]
    fn paths_in_values() {
        let check = |text: &str, expected: &str| {
            assert_eq!(shown(text, paths_of_template(text)), expected, "{text}");
        };
        check("PID-5 {PID.5} {{PID-6} {upper(PID-7)}, PID-8", "PID.5 PID-7");
        check("{replace(PID-5, /}/, PID-6)} PID-7", "PID-5 PID-6");
        check("{'}' PID-3} {PID-4", "PID-3 PID-4");
    }
}
