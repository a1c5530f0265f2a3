//! The grammar of paths, and what was expected where one goes wrong.
//!
//! `SEG[occurrence]-FIELD[repetition].COMPONENT.SUBCOMPONENT`; `.` and `-` are read alike after the name.

use nom::bytes::complete::{take_while, take_while_m_n};
use nom::character::complete::{char, one_of};
use nom::combinator::opt;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use super::{FIELD_MAX, FieldPath, NUMBER_MAX, PathError, SegmentName, SegmentPath};

/// Where the grammar stopped and what it wanted there.
pub(super) struct Failure<'a> {
    rest: &'a str,
    expected: &'static str,
}

impl<'a> nom::error::ParseError<&'a str> for Failure<'a> {
    fn from_error_kind(rest: &'a str, _: nom::error::ErrorKind) -> Self {
        Failure { rest, expected: "" }
    }

    fn append(_: &'a str, _: nom::error::ErrorKind, other: Self) -> Self {
        other
    }
}

pub(super) type Parsed<'a, T> = IResult<&'a str, T, Failure<'a>>;

pub(super) fn complete<T>(text: &str, grammar: fn(&str) -> Parsed<'_, T>) -> Result<T, PathError> {
    let failure = match grammar(text) {
        Ok(("", found)) => return Ok(found),
        Ok((rest, _)) => Failure {
            rest,
            expected: "the end of the path",
        },
        Err(nom::Err::Error(failure) | nom::Err::Failure(failure)) => failure,
        Err(nom::Err::Incomplete(_)) => Failure {
            rest: "",
            expected: "the rest of the path",
        },
    };
    Err(PathError {
        offset: text.len() - failure.rest.len(),
        expected: failure.expected,
    })
}

/// Fails with `expected` at `rest`, past any alternative.
fn wanted<'a, T>(rest: &'a str, expected: &'static str) -> Parsed<'a, T> {
    Err(nom::Err::Failure(Failure { rest, expected }))
}

pub(super) fn field_path(input: &str) -> Parsed<'_, FieldPath> {
    let (input, _) = opt(char('/')).parse(input)?;
    let (input, segment) = segment_name(input)?;
    let (input, occurrence) = index(input)?;
    let Ok((input, _)) = separator(input) else {
        return wanted(input, "`-` and a field number");
    };
    let (input, field) = number(input, FIELD_MAX, "a field number from 1 to 999")?;
    let (input, repetition) = index(input)?;
    let (input, component) = part(input, "a component number from 1 to 9999")?;
    let (input, subcomponent) = match component {
        Some(_) => part(input, "a subcomponent number from 1 to 9999")?,
        None => (input, None),
    };
    // Below the field, the first repetition is what is meant anyway; one spelling makes paths comparable.
    let repetition = repetition.filter(|&number| number > 1 || component.is_none());
    let occurrence = occurrence.unwrap_or(1);
    Ok((
        input,
        FieldPath {
            segment,
            occurrence,
            field,
            repetition,
            component,
            subcomponent,
        },
    ))
}

pub(super) fn segment_path(input: &str) -> Parsed<'_, SegmentPath> {
    let (input, name) = segment_name(input)?;
    let (input, occurrence) = index(input)?;
    Ok((input, SegmentPath { name, occurrence }))
}

fn segment_name(input: &str) -> Parsed<'_, SegmentName> {
    const EXPECTED: &str = "a segment name: a capital letter, then two capital letters or digits";
    let is_part = |found: char| found.is_ascii_uppercase() || found.is_ascii_digit();
    let taken: Parsed<'_, &str> = take_while_m_n(3, 3, is_part).parse(input);
    let name = taken.ok().and_then(|(rest, name)| {
        let bytes = name.as_bytes().try_into().ok()?;
        Some((rest, SegmentName::new(bytes)?))
    });
    name.map_or_else(|| wanted(input, EXPECTED), Ok)
}

/// `[n]`, or nothing.
fn index(input: &str) -> Parsed<'_, Option<u16>> {
    opt(delimited(
        char('['),
        |input| number(input, NUMBER_MAX, "a number from 1 to 9999"),
        |input| {
            if let Some(rest) = str::strip_prefix(input, ']') {
                Ok((rest, ()))
            } else {
                wanted(input, "`]`")
            }
        },
    ))
    .parse(input)
}

/// `.n` or `-n`, or nothing.
fn part<'a>(input: &'a str, expected: &'static str) -> Parsed<'a, Option<u16>> {
    opt(preceded(separator, |input| number(input, NUMBER_MAX, expected))).parse(input)
}

fn separator(input: &str) -> Parsed<'_, char> {
    one_of("-.").parse(input)
}

fn number<'a>(input: &'a str, max: u16, expected: &'static str) -> Parsed<'a, u16> {
    let (rest, digits): (&str, &str) = take_while(|found: char| found.is_ascii_digit()).parse(input)?;
    match digits.parse() {
        Ok(number) if (1..=max).contains(&number) => Ok((rest, number)),
        _ => wanted(input, expected),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;
    use std::str::FromStr;

    use super::*;
    use crate::hl7::{Level, Target};

    fn check<T: FromStr<Err = PathError> + fmt::Display>(text: &str, expected: &str) {
        let shown = match text.parse::<T>() {
            Ok(path) => path.to_string(),
            Err(error) => format!("{error}"),
        };
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn reads_and_prints_the_canonical_form() {
        for (text, canonical) in [
            ("PID-5.1", "PID-5.1"),
            ("PID.5.1", "PID-5.1"),
            ("/PID-5-1", "PID-5.1"),
            ("PID-3", "PID-3"),
            ("PID-3[1]", "PID-3[1]"),
            ("PID-3[1].4.2", "PID-3.4.2"),
            ("PID-3[2].4.2", "PID-3[2].4.2"),
            ("OBX[1]-5", "OBX-5"),
            ("OBX[12]-5[3].1", "OBX[12]-5[3].1"),
            ("NK1-2.1", "NK1-2.1"),
        ] {
            check::<FieldPath>(text, canonical);
            check::<Target>(text, canonical);
        }
        check::<Target>("NK1", "NK1");
        check::<Target>("OBX[2]", "OBX[2]");
        check::<SegmentPath>("OBX[2]", "OBX[2]");
    }

    #[test]
    fn says_where_and_what_was_expected() {
        let name = "expected a segment name: a capital letter, then two capital letters or digits";
        for (text, expected) in [
            ("", &*format!("at character 1: {name}")),
            ("pid-5", &*format!("at character 1: {name}")),
            ("1PD-5", &*format!("at character 1: {name}")),
            ("PI-5", &*format!("at character 1: {name}")),
            ("PIDX-5", "at character 4: expected `-` and a field number"),
            ("PID", "at character 4: expected `-` and a field number"),
            ("PID-", "at character 5: expected a field number from 1 to 999"),
            ("PID-0", "at character 5: expected a field number from 1 to 999"),
            (
                "PID-1000",
                "at character 5: expected a field number from 1 to 999",
            ),
            (
                "PID-3.99.x",
                "at character 10: expected a subcomponent number from 1 to 9999",
            ),
            ("PID-3[0]", "at character 7: expected a number from 1 to 9999"),
            ("PID-3[2", "at character 8: expected `]`"),
            ("PID-3.1.2.3", "at character 10: expected the end of the path"),
            ("PID-3 ", "at character 6: expected the end of the path"),
            (
                "PID-99999999999",
                "at character 5: expected a field number from 1 to 999",
            ),
        ] {
            check::<FieldPath>(text, expected);
        }
    }

    #[test]
    fn knows_its_level() {
        for (text, level) in [
            ("PID-3", Level::Field),
            ("PID-3[1]", Level::Repetition),
            ("PID-3.1", Level::Component),
            ("PID-3.1.1", Level::Subcomponent),
        ] {
            assert_eq!(text.parse::<FieldPath>().unwrap().level(), level, "{text}");
        }
    }
}
