//! The grammar: text to syntax with places, by nom.
//!
//! ```text
//! condition   = conjunction *( "or" conjunction )
//! conjunction = negation *( "and" negation )
//! negation    = "not" negation / "(" condition ")" / test
//! test        = operand ( "exists" / "valued" / "is" "null" / operator operand / ["not"] "in" list )
//! operator    = "=" / "!=" / "<" / "<=" / ">" / ">="
//! list        = "(" literal *( "," literal ) ")"
//! operand     = path / literal / function "(" operand ")"
//! literal     = '"' text '"' / "'" text "'" / number
//! ```
//!
//! Knows the form of things, not whether they fit together; that is `check`'s.

use std::ops::Range;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{char, digit1, multispace0};
use nom::combinator::{opt, recognize};
use nom::error::ErrorKind;
use nom::sequence::{delimited, pair, preceded};
use nom::{Err, IResult, Parser};

use super::{DEPTH_MAX, EXPRESSION_BYTES_MAX, ExpressionError};

/// A condition as written.
#[derive(Debug, Clone)]
pub(super) enum Syntax {
    Or(Vec<Syntax>),
    And(Vec<Syntax>),
    Not(Box<Syntax>),
    State(Operand, Asked),
    Compare(Operand, Operator, Operand),
    In(Operand, Vec<Operand>),
}

/// What may be asked of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Exists,
    Valued,
    Null,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A value as written, and the bytes of the expression it takes.
#[derive(Debug, Clone)]
pub(super) struct Operand {
    pub(super) form: Form,
    pub(super) bytes: Range<usize>,
}

#[derive(Debug, Clone)]
pub(super) enum Form {
    /// A path, still as text.
    Path(String),
    Text(String),
    Number(String),
    Call(Function, Box<Operand>),
}

/// The functions there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Upper,
    Lower,
    Trim,
    Number,
}

const FUNCTIONS: [(&str, Function); 4] = [
    ("upper", Function::Upper),
    ("lower", Function::Lower),
    ("trim", Function::Trim),
    ("number", Function::Number),
];
const FUNCTION_NAMES: &[&str] = &["upper", "lower", "trim", "number"];
const TEST_WORDS: &[&str] = &[
    "=", "!=", "<", "<=", ">", ">=", "in", "not in", "exists", "valued", "is null",
];

/// A whole condition.
pub(super) fn condition(text: &str) -> Result<Syntax, ExpressionError> {
    let grammar = Grammar::of(text)?;
    let (rest, syntax) = grammar
        .disjunction(0, text)
        .map_err(|error| grammar.error(error))?;
    let rest = rest.trim_start();
    if rest.is_empty() {
        return Ok(syntax);
    }
    Err(grammar.error(Err::Failure(
        Fault::at(rest, "`and`, `or` or the end").words(&["and", "or"]),
    )))
}

/// The operand of a template's hole, which `text` begins with; also returns how many bytes it takes with the
/// brace that closes it.
pub(super) fn hole(text: &str) -> Result<(Operand, usize), ExpressionError> {
    let grammar = Grammar { text };
    let parsed = grammar.operand(0, text).and_then(|(rest, operand)| {
        let (rest, _) = symbol("}", "`}` after the value").parse(rest)?;
        Ok((operand, text.len() - rest.len()))
    });
    parsed.map_err(|error| grammar.error(error))
}

/// Why a rule does not fit, and where.
#[derive(Debug)]
struct Fault<'a> {
    rest: &'a str,
    expected: &'static str,
    words: &'static [&'static str],
}

impl<'a> Fault<'a> {
    fn at(rest: &'a str, expected: &'static str) -> Fault<'a> {
        Fault {
            rest,
            expected,
            words: &[],
        }
    }

    fn words(self, words: &'static [&'static str]) -> Fault<'a> {
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

type Parsed<'a, T> = IResult<&'a str, T, Fault<'a>>;

/// The grammar over one text, which the places are counted in.
struct Grammar<'a> {
    text: &'a str,
}

impl<'a> Grammar<'a> {
    fn of(text: &'a str) -> Result<Grammar<'a>, ExpressionError> {
        if text.len() <= EXPRESSION_BYTES_MAX {
            return Ok(Grammar { text });
        }
        Err(ExpressionError {
            offset: 0,
            length: 0,
            expected: format!("at most {EXPRESSION_BYTES_MAX} bytes"),
            found: None,
            suggestion: None,
        })
    }

    fn disjunction(&self, depth: usize, input: &'a str) -> Parsed<'a, Syntax> {
        chain("or", input, &|input| self.conjunction(depth, input), Syntax::Or)
    }

    fn conjunction(&self, depth: usize, input: &'a str) -> Parsed<'a, Syntax> {
        chain("and", input, &|input| self.negation(depth, input), Syntax::And)
    }

    fn negation(&self, depth: usize, input: &'a str) -> Parsed<'a, Syntax> {
        let deeper = deeper(depth, input)?;
        if let Ok((rest, ())) = keyword("not", input) {
            let (rest, negated) = self.negation(deeper, rest)?;
            return Ok((rest, Syntax::Not(Box::new(negated))));
        }
        if let Ok((rest, _)) = symbol("(", "").parse(input) {
            let (rest, inner) = self.disjunction(deeper, rest)?;
            let (rest, _) = symbol(")", "`)`, `and` or `or`").parse(rest)?;
            return Ok((rest, inner));
        }
        self.test(deeper, input)
    }

    fn test(&self, depth: usize, input: &'a str) -> Parsed<'a, Syntax> {
        let (rest, left) = self.operand(depth, input)?;
        let words = alt((
            |input| keyword("exists", input).map(|(rest, ())| (rest, Asked::Exists)),
            |input| keyword("valued", input).map(|(rest, ())| (rest, Asked::Valued)),
            |input| {
                let (rest, ()) = keyword("is", input)?;
                keyword("null", rest).map(|(rest, ())| (rest, Asked::Null))
            },
        ))
        .parse(rest);
        if let Ok((rest, state)) = words {
            return Ok((rest, Syntax::State(left, state)));
        }
        if let Ok((rest, ())) = keyword("in", rest) {
            let (rest, list) = self.list(rest)?;
            return Ok((rest, Syntax::In(left, list)));
        }
        if let Ok((rest, ())) = keyword("not", rest).and_then(|(rest, ())| keyword("in", rest)) {
            let (rest, list) = self.list(rest)?;
            return Ok((rest, Syntax::Not(Box::new(Syntax::In(left, list)))));
        }
        let (rest, operator) = operator(rest)?;
        let (rest, right) = self.operand(depth, rest)?;
        Ok((rest, Syntax::Compare(left, operator, right)))
    }

    fn list(&self, input: &'a str) -> Parsed<'a, Vec<Operand>> {
        let (mut rest, _) = symbol("(", "a list, as `(\"A01\", \"A04\")`").parse(input)?;
        let mut list = Vec::new();
        loop {
            let (after, literal) = self.literal(rest).map_err(|error| {
                error.map(|fault| Fault {
                    expected: "a text in quotes or a number",
                    ..fault
                })
            })?;
            list.push(literal);
            let Ok((after_comma, _)) = symbol(",", "").parse(after) else {
                let (rest, _) = symbol(")", "`,` or `)`").parse(after)?;
                return Ok((rest, list));
            };
            rest = after_comma;
        }
    }

    fn operand(&self, depth: usize, input: &'a str) -> Parsed<'a, Operand> {
        let deeper = deeper(depth, input)?;
        let input = input.trim_start();
        match self.literal(input) {
            Ok(parsed) => return Ok(parsed),
            Err(failure @ Err::Failure(_)) => return Err(failure),
            Err(_) => {}
        }
        if let Some((rest, function)) = function(input)? {
            let (rest, _) = symbol("(", "`(` after the function").parse(rest)?;
            let (rest, argument) = self.operand(deeper, rest)?;
            let (rest, _) = symbol(")", "`)`").parse(rest)?;
            return Ok((
                rest,
                self.taken(input, rest, Form::Call(function, Box::new(argument))),
            ));
        }
        let (rest, path) = path(input)?;
        Ok((rest, self.taken(input, rest, Form::Path(path.to_owned()))))
    }

    fn literal(&self, input: &'a str) -> Parsed<'a, Operand> {
        let input = input.trim_start();
        let text = alt((
            delimited(char('"'), take_while(|c| c != '"'), char('"')),
            delimited(char('\''), take_while(|c| c != '\''), char('\'')),
        ))
        .map(|text: &str| Form::Text(text.to_owned()));
        let number = recognize((opt(char('-')), digit1, opt(pair(char('.'), digit1))))
            .map(|number: &str| Form::Number(number.to_owned()));
        let parsed: IResult<_, _, Fault<'a>> = alt((text, number)).parse(input);
        match parsed {
            Ok((rest, _)) if rest.starts_with(is_word) => Err(Err::Error(Fault::at(input, OPERAND))),
            Ok((rest, form)) => Ok((rest, self.taken(input, rest, form))),
            Err(_) if input.starts_with(['"', '\'']) => {
                Err(Err::Failure(Fault::at(input, "the quote that closes this text")))
            }
            Err(_) => Err(Err::Error(Fault::at(input, OPERAND))),
        }
    }

    fn taken(&self, input: &'a str, rest: &'a str, form: Form) -> Operand {
        Operand {
            form,
            bytes: self.text.len() - input.len()..self.text.len() - rest.len(),
        }
    }

    fn error(&self, error: Err<Fault<'a>>) -> ExpressionError {
        let fault = match error {
            Err::Error(fault) | Err::Failure(fault) => fault,
            Err::Incomplete(_) => Fault::at("", "more"),
        };
        let found = token(fault.rest);
        ExpressionError {
            offset: self.text.len() - fault.rest.len(),
            length: found.len(),
            expected: fault.expected.to_owned(),
            found: Some(found.to_owned()).filter(|found| !found.is_empty()),
            suggestion: suggestion(found, fault.words),
        }
    }
}

const OPERAND: &str = "a path as `PID-5.1`, a text in quotes, or a number";

fn deeper(depth: usize, input: &str) -> Result<usize, Err<Fault<'_>>> {
    if depth >= DEPTH_MAX {
        return Err(Err::Failure(Fault::at(
            input.trim_start(),
            "an expression that nests less deeply",
        )));
    }
    Ok(depth + 1)
}

/// One or more parts with a word between them; a loop, so that a long chain costs no depth.
fn chain<'a>(
    word: &'static str,
    input: &'a str,
    part: &dyn Fn(&'a str) -> Parsed<'a, Syntax>,
    join: fn(Vec<Syntax>) -> Syntax,
) -> Parsed<'a, Syntax> {
    let (mut rest, first) = part(input)?;
    let mut parts = vec![first];
    while let Ok((after, ())) = keyword(word, rest) {
        let (after, next) = part(after)?;
        parts.push(next);
        rest = after;
    }
    let joined = if parts.len() == 1 {
        parts.swap_remove(0)
    } else {
        join(parts)
    };
    Ok((rest, joined))
}

/// Exactly this, after blanks.
fn symbol<'a>(
    symbol: &'static str,
    expected: &'static str,
) -> impl Parser<&'a str, Output = &'a str, Error = Fault<'a>> {
    move |input: &'a str| {
        let found: IResult<_, _, Fault<'a>> = preceded(multispace0, tag(symbol)).parse(input);
        found.map_err(|_| Err::Failure(Fault::at(input.trim_start(), expected)))
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn word(input: &str) -> Parsed<'_, &str> {
    preceded(multispace0, take_while1(is_word)).parse(input)
}

fn keyword<'a>(expected: &'static str, input: &'a str) -> Parsed<'a, ()> {
    match word(input) {
        Ok((rest, found)) if found == expected => Ok((rest, ())),
        _ => Err(Err::Error(Fault::at(input, expected))),
    }
}

/// The name of a function, if there is one; any word before a `(` was meant to be one.
fn function(input: &str) -> Result<Option<(&str, Function)>, Err<Fault<'_>>> {
    let Ok((rest, name)) = word(input) else {
        return Ok(None);
    };
    match FUNCTIONS.iter().find(|(known, _)| *known == name) {
        Some((_, function)) => Ok(Some((rest, *function))),
        None if rest.trim_start().starts_with('(') => {
            let expected = "one of the functions upper, lower, trim and number";
            Err(Err::Failure(Fault::at(input, expected).words(FUNCTION_NAMES)))
        }
        None => Ok(None),
    }
}

fn operator(input: &str) -> Parsed<'_, Operator> {
    let input = input.trim_start();
    let symbol: IResult<_, _, Fault<'_>> = take_while1(|c| "=!<>&|".contains(c)).parse(input);
    let operator = match symbol {
        Ok((_, "=")) => Some(Operator::Equal),
        Ok((_, "!=")) => Some(Operator::NotEqual),
        Ok((_, "<")) => Some(Operator::Less),
        Ok((_, "<=")) => Some(Operator::LessOrEqual),
        Ok((_, ">")) => Some(Operator::Greater),
        Ok((_, ">=")) => Some(Operator::GreaterOrEqual),
        _ => None,
    };
    if let (Ok((rest, _)), Some(operator)) = (symbol, operator) {
        return Ok((rest, operator));
    }
    let expected = "a comparison (`=`, `!=`, `<`, `in`, …), `exists`, `valued` or `is null`";
    Err(Err::Failure(Fault::at(input, expected).words(TEST_WORDS)))
}

/// The longest text that looks like a path; whether it is one, `hl7` knows.
fn path(input: &str) -> Parsed<'_, &str> {
    let starts = input
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_uppercase() || c == '/');
    let mut in_brackets = false;
    let end = input
        .find(|c: char| {
            match c {
                '[' => in_brackets = true,
                ']' => in_brackets = false,
                _ => {}
            }
            let of_path = c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '/' | '[' | ']' | '_');
            !(of_path || in_brackets)
        })
        .unwrap_or(input.len());
    match input.split_at_checked(end) {
        Some((path, rest)) if starts && !is_misplaced_word(path) => Ok((rest, path)),
        _ => Err(Err::Failure(Fault::at(input, OPERAND).words(&["not"]))),
    }
}

/// `NOT PID-3 exists`, or a value without its quotes: no segment, so no path.
fn is_misplaced_word(path: &str) -> bool {
    matches!(path, "AND" | "NOT" | "OR" | "IN")
        || (path.len() != 3 && path.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// The word or the symbol a text begins with.
fn token(rest: &str) -> &str {
    let of_word = |c: char| is_word(c) || matches!(c, '-' | '.');
    let first = rest.chars().next();
    let end = match first {
        Some(c) if of_word(c) => rest.find(|c| !of_word(c)),
        Some(c) if "=!<>&|".contains(c) => rest.find(|c| !"=!<>&|".contains(c)),
        Some(c) => Some(c.len_utf8()),
        None => Some(0),
    };
    rest.get(..end.unwrap_or(rest.len())).unwrap_or(rest)
}

fn suggestion(found: &str, words: &'static [&'static str]) -> Option<String> {
    // What people bring from other languages.
    let known = match found {
        "==" | "===" | "eq" => Some("="),
        "<>" | "ne" | "=!" => Some("!="),
        "=>" => Some(">="),
        "=<" => Some("<="),
        "&&" | "&" | "AND" => Some("and"),
        "||" | "|" | "OR" => Some("or"),
        "!" | "NOT" => Some("not"),
        "IN" => Some("in"),
        _ => None,
    };
    if let Some(known) = known.or_else(|| nearest(found, words)) {
        return Some(known.to_owned());
    }
    let upper = found.to_uppercase();
    let looks_like_path = found.len() > 4 && found.as_bytes().get(3) == Some(&b'-');
    if looks_like_path && upper != found {
        return Some(upper);
    }
    let is_bare_value = words == ["not"] && !found.is_empty() && found.chars().all(is_word);
    is_bare_value.then(|| format!("\"{found}\""))
}

fn nearest<'w>(found: &str, words: &[&'w str]) -> Option<&'w str> {
    let edits_max = found.chars().count().div_ceil(3);
    let by_edits = words
        .iter()
        .map(|word| (strsim::damerau_levenshtein(found, word), *word));
    by_edits
        .filter(|(edits, _)| *edits <= edits_max)
        .min()
        .map(|(_, word)| word)
}
