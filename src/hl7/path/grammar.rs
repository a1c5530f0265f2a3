//! The grammar of paths, and what was expected where one goes wrong.
//!
//! `SEG[occurrence]-FIELD[repetition].COMPONENT.SUBCOMPONENT`; `.` and `-` are read alike after the name.
//! In a selector `[*]`, `[last]` and `[.5=MR]` (of a segment `[-3.1=MR]`) may stand for a number in brackets.

use nom::bytes::complete::{take_till, take_while, take_while_m_n, take_while1};
use nom::character::complete::{char, one_of, space0};
use nom::combinator::opt;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use super::selector::{Choice, Equals, SegmentSelector, Selector, TargetSelector};
use super::{FIELD_MAX, FieldPath, NUMBER_MAX, PathError, SegmentName, SegmentPath};

const FIELD: &str = "a field number from 1 to 999";
const COMPONENT: &str = "a component number from 1 to 9999";
const SUBCOMPONENT: &str = "a subcomponent number from 1 to 9999";
/// What may stand in the brackets after a segment, and after a field.
const SEGMENT_CHOICE: &str = "a number from 1 to 9999, `*`, `last`, or as `-3.1=GLU` which of the segments";
const REPETITION_CHOICE: &str =
    "a number from 1 to 9999, `*`, `last`, or as `.5=MR` which of the repetitions";

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

/// What is the whole text.
pub(super) fn complete<T>(text: &str, grammar: fn(&str) -> Parsed<'_, T>) -> Result<T, PathError> {
    match prefix(text, grammar)? {
        (found, length) if length == text.len() => Ok(found),
        (_, offset) => Err(PathError {
            offset,
            expected: "the end of the path",
        }),
    }
}

/// What the text begins with, and how many bytes it takes.
pub(super) fn prefix<T>(text: &str, grammar: fn(&str) -> Parsed<'_, T>) -> Result<(T, usize), PathError> {
    let failure = match grammar(text) {
        Ok((rest, found)) => return Ok((found, text.len() - rest.len())),
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
    let (input, field) = number(input, FIELD_MAX, FIELD)?;
    let (input, repetition) = index(input)?;
    let (input, below) = parts(input)?;
    let path = concrete(segment, occurrence, field, repetition, below);
    Ok((input, path))
}

/// The one spelling of a place.
fn concrete(
    segment: SegmentName,
    occurrence: Option<u16>,
    field: u16,
    repetition: Option<u16>,
    (component, subcomponent): Parts,
) -> FieldPath {
    FieldPath {
        segment,
        occurrence: occurrence.unwrap_or(1),
        field,
        // Below the field, the first repetition is what is meant anyway; one spelling makes paths comparable.
        repetition: repetition.filter(|&number| number > 1 || component.is_none()),
        component,
        subcomponent,
    }
}

pub(super) fn selector(input: &str) -> Parsed<'_, Selector> {
    let (rest, target) = target_selector(input)?;
    match target {
        TargetSelector::Field(selector) => Ok((rest, selector)),
        TargetSelector::Segments(_) => wanted(rest, "`-` and a field number"),
    }
}

pub(super) fn segment_selector(input: &str) -> Parsed<'_, SegmentSelector> {
    let (input, name) = segment_name(input)?;
    let (input, choice) = choice(input, SEGMENT_CHOICE, segment_equals)?;
    Ok((input, SegmentSelector::new(name, choice)))
}

pub(super) fn target_selector(input: &str) -> Parsed<'_, TargetSelector> {
    let (input, slash) = opt(char('/')).parse(input)?;
    let (input, name) = segment_name(input)?;
    let (input, segment) = choice(input, SEGMENT_CHOICE, segment_equals)?;
    let Ok((after, _)) = separator(input) else {
        if slash.is_some() {
            return wanted(input, "`-` and a field number");
        }
        return Ok((
            input,
            TargetSelector::Segments(SegmentSelector::new(name, segment)),
        ));
    };
    let (input, field) = number(after, FIELD_MAX, FIELD)?;
    let (input, repetition) = choice(input, REPETITION_CHOICE, repetition_equals)?;
    let (input, below) = parts(input)?;
    let path = concrete(name, segment.number(), field, repetition.number(), below);
    let selector = Selector::new(path, segment, repetition);
    Ok((input, TargetSelector::Field(selector)))
}

/// What stands in brackets, or nothing. `equals` reads what is asked of the one that is meant.
fn choice<'a>(
    input: &'a str,
    expected: &'static str,
    equals: fn(&'a str) -> Parsed<'a, Equals>,
) -> Parsed<'a, Choice> {
    let Some(inside) = input.strip_prefix('[') else {
        return Ok((input, Choice::Unsaid));
    };
    let (rest, choice) = if let Some(rest) = inside.strip_prefix('*') {
        (rest, Choice::All)
    } else if let Some(rest) = inside.strip_prefix("last") {
        (rest, Choice::Last)
    } else if inside.starts_with(['.', '-']) {
        let (rest, equals) = equals(inside)?;
        (rest, Choice::Where(Box::new(equals)))
    } else {
        let (rest, number) = number(inside, NUMBER_MAX, expected)?;
        (rest, Choice::Number(number))
    };
    match rest.strip_prefix(']') {
        Some(rest) => Ok((rest, choice)),
        None if matches!(choice, Choice::Where(_)) => wanted(rest, "`]`, or quotes around the whole value"),
        None => wanted(rest, "`]`"),
    }
}

/// `-3.1=GLU`
fn segment_equals(input: &str) -> Parsed<'_, Equals> {
    let (input, _) = separator(input)?;
    let (input, field) = number(input, FIELD_MAX, FIELD)?;
    let (input, below) = parts(input)?;
    equals(input, Some(field), below)
}

/// `.5=MR`
fn repetition_equals(input: &str) -> Parsed<'_, Equals> {
    let (input, below) = parts(input)?;
    equals(input, None, below)
}

/// `=MR`, `="M R"`
fn equals(input: &str, field: Option<u16>, (component, subcomponent): Parts) -> Parsed<'_, Equals> {
    let (input, _) = space0(input)?;
    let Some(input) = input.strip_prefix('=') else {
        return wanted(input, "`=` and the value that it has");
    };
    let (input, _) = space0(input)?;
    let (input, text) = value(input)?;
    let equals = Equals {
        field,
        component,
        subcomponent,
        text: text.into(),
    };
    Ok((input, equals))
}

/// A text in quotes, or one that needs none.
fn value(input: &str) -> Parsed<'_, &str> {
    let Some(quote) = input.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
        let bare: Parsed<'_, &str> = take_while1(is_bare).parse(input);
        return bare.or_else(|_| wanted(input, "a value; in quotes, if it is not of letters and digits"));
    };
    let inside = input.strip_prefix(quote).unwrap_or_default();
    let (rest, text): (&str, &str) = take_till(|found| found == quote).parse(inside)?;
    match rest.strip_prefix(quote) {
        Some(rest) => Ok((rest, text)),
        None => wanted(input, "the quote that closes this text"),
    }
}

/// Whether a value in brackets may have this character without quotes.
pub(super) fn is_bare(found: char) -> bool {
    found.is_alphanumeric() || matches!(found, '-' | '_' | '.')
}

/// A component and a subcomponent.
type Parts = (Option<u16>, Option<u16>);

/// `.n.m`, `.n` or nothing.
fn parts(input: &str) -> Parsed<'_, Parts> {
    let (input, component) = part(input, COMPONENT)?;
    match component {
        Some(_) => part(input, SUBCOMPONENT).map(|(rest, subcomponent)| (rest, (component, subcomponent))),
        None => Ok((input, (None, None))),
    }
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
