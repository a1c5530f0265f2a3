//! Words and symbols of the grammar, and the right word that a wrong one was probably meant to be.

use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::multispace0;
use nom::error::ErrorKind;
use nom::sequence::preceded;
use nom::{Err, IResult, Parser};

use crate::problem;

/// Why a rule does not fit, and where.
#[derive(Debug)]
pub(super) struct Fault<'a> {
    pub(super) rest: &'a str,
    pub(super) expected: &'static str,
    /// What the word found may have been meant to be.
    pub(super) words: Words,
}

/// The words that could stand somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    None,
    /// `and`, `or`
    Joining,
    /// What may follow a value.
    Testing,
    Functions,
    /// A value: the word may lack its quotes.
    Value,
}

pub(super) type Parsed<'a, T> = IResult<&'a str, T, Fault<'a>>;

impl<'a> Fault<'a> {
    pub(super) fn at(rest: &'a str, expected: &'static str) -> Fault<'a> {
        Fault {
            rest,
            expected,
            words: Words::None,
        }
    }

    pub(super) fn words(self, words: Words) -> Fault<'a> {
        Fault { words, ..self }
    }
}

impl<'a> nom::error::ParseError<&'a str> for Fault<'a> {
    fn from_error_kind(rest: &'a str, _: ErrorKind) -> Fault<'a> {
        Fault::at(rest, "something else")
    }

    fn append(_: &'a str, _: ErrorKind, other: Fault<'a>) -> Fault<'a> {
        other
    }
}

/// Exactly this, after blanks.
pub(super) fn symbol<'a>(
    symbol: &'static str,
    expected: &'static str,
) -> impl Parser<&'a str, Output = &'a str, Error = Fault<'a>> {
    move |input: &'a str| {
        let found: IResult<_, _, Fault<'a>> = preceded(multispace0, tag(symbol)).parse(input);
        found.map_err(|_| Err::Failure(Fault::at(input.trim_start(), expected)))
    }
}

pub(super) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

pub(super) fn word(input: &str) -> Parsed<'_, &str> {
    preceded(multispace0, take_while1(is_word)).parse(input)
}

/// This word, or these words.
pub(super) fn keyword<'a>(expected: &'static str, input: &'a str) -> Parsed<'a, ()> {
    let mut rest = input;
    for part in expected.split(' ') {
        match word(rest) {
            Ok((after, found)) if found == part => rest = after,
            _ => return Err(Err::Error(Fault::at(input, expected))),
        }
    }
    Ok((rest, ()))
}

/// The word or the symbol a text begins with.
pub(super) fn token(rest: &str) -> &str {
    let of_word = |c: char| is_word(c) || matches!(c, '-' | '.');
    let first = rest.chars().next();
    let end = match first {
        Some(c) if of_word(c) => rest.find(|c| !of_word(c)),
        Some(c) if is_symbol(c) => rest.find(|c| !is_symbol(c)),
        Some(c) => Some(c.len_utf8()),
        None => Some(0),
    };
    rest.get(..end.unwrap_or(rest.len())).unwrap_or(rest)
}

/// What operators are made of, here and in other languages.
pub(super) fn is_symbol(character: char) -> bool {
    "=!<>&|~".contains(character)
}

/// What to write instead of words by which other languages ask for nothing: `= null`, `is empty`.
pub(super) fn of_nothing(found: &str, words: Words) -> Option<&'static str> {
    match (found, words) {
        ("null" | "NULL" | "Null" | "nil" | "empty", Words::Value) => Some(
            "a text in quotes or a number; the HL7 null is asked for as `PID-5 is null`, and nothing as `not PID-5 valued`",
        ),
        ("is" | "IS", Words::Testing) => {
            Some("`is null` for the HL7 null, `valued`, or `not PID-5 valued` for what is absent or empty")
        }
        _ => None,
    }
}

/// The right word.
pub(super) fn suggestion(found: &str, words: Words) -> Option<String> {
    if of_nothing(found, words).is_some() {
        return None;
    }
    // What people bring from other languages.
    let known = match found {
        "==" | "===" | "eq" | "equals" => Some("="),
        "<>" | "ne" | "=!" => Some("!="),
        "=>" => Some(">="),
        "=<" => Some("<="),
        "=~" | "~" | "like" => Some("matches"),
        "&&" | "&" | "AND" => Some("and"),
        "||" | "|" | "OR" => Some("or"),
        "!" | "NOT" => Some("not"),
        "IN" => Some("in"),
        "startsWith" | "startswith" | "starts" => Some("starts with"),
        "endsWith" | "endswith" | "ends" => Some("ends with"),
        "substring" | "substr" if words == Words::Functions => Some("mid"),
        "len" if words == Words::Functions => Some("length"),
        "if" | "ifnull" | "nvl" if words == Words::Functions => Some("coalesce"),
        _ => None,
    };
    let near = |words: &[&'static str]| problem::nearest(found, words.iter().copied());
    let known = known.or_else(|| match words {
        Words::None => None,
        Words::Joining => near(&["and", "or"]),
        Words::Testing => near(&[
            "in",
            "not in",
            "matches",
            "contains",
            "starts with",
            "ends with",
            "exists",
            "valued",
            "is null",
        ]),
        Words::Functions => problem::nearest(found, super::super::FUNCTIONS.iter().map(|doc| doc.name)),
        Words::Value => near(&["not"]),
    });
    if let Some(known) = known {
        return Some(known.to_owned());
    }
    let upper = found.to_uppercase();
    let looks_like_path = found.len() > 4 && found.as_bytes().get(3) == Some(&b'-');
    if looks_like_path && upper != found {
        return Some(upper);
    }
    let of_value = |c: char| is_word(c) || matches!(c, '-' | '.');
    let is_bare_value = words == Words::Value && found.starts_with(is_word) && found.chars().all(of_value);
    is_bare_value.then(|| format!("\"{found}\""))
}
