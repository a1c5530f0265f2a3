//! The grammar: text to syntax with places, by nom.
//!
//! ```text
//! condition   = conjunction *( "or" conjunction )
//! conjunction = negation *( "and" negation )
//! negation    = "not" negation / "(" condition ")" / test
//! test        = operand ( state / operator operand / ["not"] "in" list / "matches" regex )
//! state       = "exists" / "valued" / "is" "null"
//! operator    = "=" / "!=" / "<" / "<=" / ">" / ">=" / "contains" / "starts" "with" / "ends" "with"
//! list        = "(" literal *( "," literal ) ")"
//! operand     = path / literal / function "(" [ argument *( "," argument ) ] ")"
//! argument    = operand / regex
//! literal     = '"' text '"' / "'" text "'" / number
//! regex       = "/" text "/" [ "i" ]
//! ```
//!
//! Knows the form of things, not whether they fit together; that is `check`'s.

mod words;

use nom::branch::alt;
use nom::bytes::complete::{take_while, take_while1};
use nom::character::complete::{char, digit1};
use nom::combinator::{opt, recognize};
use nom::sequence::{delimited, pair};
use nom::{Err, IResult, Parser};

use super::doc::OPERATORS;
use super::function::{FUNCTIONS, Function};
use super::syntax::{Asked, Form, Operand, Operator, Pattern, Syntax};
use super::{DEPTH_MAX, EXPRESSION_BYTES_MAX, ExpressionError};
use crate::hl7::{PathError, Selector};
use crate::problem::ProblemName;
use words::{Fault, Parsed, Words, is_symbol, is_word, keyword, suggestion, symbol, token, word};

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
    let fault = Fault::at(rest, "`and`, `or` or the end").words(Words::Joining);
    Err(grammar.error(Err::Failure(fault)))
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

/// The grammar over one text, which the places are counted in.
struct Grammar<'a> {
    text: &'a str,
}

const OPERAND: &str = "a path as `PID-5.1`, a text in quotes, a number, or a function";
const TEST: &str =
    "a comparison (`=`, `!=`, `<`, `in`, `matches`, `contains`, …), `exists`, `valued` or `is null`";

impl<'a> Grammar<'a> {
    fn of(text: &'a str) -> Result<Grammar<'a>, ExpressionError> {
        if text.len() <= EXPRESSION_BYTES_MAX {
            return Ok(Grammar { text });
        }
        Err(ExpressionError::too_long())
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
        for asked in [Asked::Exists, Asked::Valued, Asked::Null] {
            if let Ok((rest, ())) = keyword(asked.as_str(), rest) {
                return Ok((rest, Syntax::State(left, asked)));
            }
        }
        for (word, is_not) in [("in", false), ("not in", true)] {
            if let Ok((rest, ())) = keyword(word, rest) {
                let (rest, list) = self.list(rest)?;
                return Ok((rest, Syntax::In(left, is_not, list)));
            }
        }
        if let Ok((rest, ())) = keyword("matches", rest) {
            let (rest, pattern) = self.pattern(rest)?;
            return Ok((rest, Syntax::Matches(left, pattern)));
        }
        if keyword("not", rest).is_ok() {
            let expected = "`in` after `not`; before a whole comparison it stands as in `not PID-5 valued`";
            return Err(Err::Failure(Fault::at(rest.trim_start(), expected)));
        }
        let (rest, operator) = operator(rest)?;
        if rest.trim_start().starts_with('(') {
            let expected = "one value; `in` compares with a list";
            return Err(Err::Failure(Fault::at(rest.trim_start(), expected)));
        }
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
                    words: Words::Value,
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
            let (rest, arguments) = self.arguments(deeper, rest)?;
            return Ok((rest, self.taken(input, rest, Form::Call(function, arguments))));
        }
        self.path(input)
    }

    /// `( … )` after the name of a function.
    fn arguments(&self, depth: usize, input: &'a str) -> Parsed<'a, Vec<Operand>> {
        let (mut rest, _) = symbol("(", "`(` after the function").parse(input)?;
        let mut arguments = Vec::new();
        if let Ok((rest, _)) = symbol(")", "").parse(rest) {
            return Ok((rest, arguments));
        }
        loop {
            let (after, argument) = self.argument(depth, rest)?;
            arguments.push(argument);
            let Ok((after_comma, _)) = symbol(",", "").parse(after) else {
                let (rest, _) = symbol(")", "`,` or `)`").parse(after)?;
                return Ok((rest, arguments));
            };
            rest = after_comma;
        }
    }

    fn argument(&self, depth: usize, input: &'a str) -> Parsed<'a, Operand> {
        let start = input.trim_start();
        // A path may begin with a slash as well; one that reads as a path is one.
        let is_pattern = start.starts_with('/') && !is_path_with_slash(start);
        if !is_pattern {
            return self.operand(depth, input);
        }
        let (rest, pattern) = self.pattern(start)?;
        Ok((rest, self.taken(start, rest, Form::Pattern(pattern))))
    }

    fn pattern(&self, input: &'a str) -> Parsed<'a, Pattern> {
        let input = input.trim_start();
        let Some(inside) = input.strip_prefix('/') else {
            return Err(Err::Failure(Fault::at(
                input,
                "a regular expression between slashes, as `/^A0/`",
            )));
        };
        let mut is_escaped = false;
        let end = inside.find(|found| {
            let ends = found == '/' && !is_escaped;
            is_escaped = found == '\\' && !is_escaped;
            ends
        });
        let Some((text, rest)) = end.and_then(|end| inside.split_at_checked(end)) else {
            return Err(Err::Failure(Fault::at(
                input,
                "the slash that closes this regular expression",
            )));
        };
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let after = rest.strip_prefix('i').filter(|after| !after.starts_with(is_word));
        let start = self.text.len() - inside.len();
        let pattern = Pattern {
            text: text.to_owned(),
            is_any_case: after.is_some(),
            bytes: start..start + text.len(),
        };
        Ok((after.unwrap_or(rest), pattern))
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
            Ok((rest, _)) if rest.starts_with(is_word) => {
                Err(Err::Error(Fault::at(input, OPERAND).words(Words::Value)))
            }
            Ok((rest, form)) => Ok((rest, self.taken(input, rest, form))),
            Err(_) if input.starts_with(['"', '\'']) => {
                Err(Err::Failure(Fault::at(input, "the quote that closes this text")))
            }
            Err(_) => Err(Err::Error(Fault::at(input, OPERAND).words(Words::Value))),
        }
    }

    /// A path; what is wrong with one, `hl7` knows.
    fn path(&self, input: &'a str) -> Parsed<'a, Operand> {
        let starts = input.starts_with(|c: char| c.is_ascii_uppercase() || c == '/');
        if !starts || is_misplaced_word(input) {
            return Err(Err::Failure(Fault::at(input, OPERAND).words(Words::Value)));
        }
        match Selector::read_prefix(input) {
            Ok((path, length)) => {
                let (_, rest) = input.split_at_checked(length).unwrap_or((input, ""));
                let ends_path = |next: char| !is_word(next) && !matches!(next, '[' | '.' | '-' | '/');
                if rest.chars().next().is_none_or(ends_path) {
                    return Ok((rest, self.taken(input, rest, Form::Path(path))));
                }
                Err(Err::Failure(Fault::at(
                    rest,
                    "`-` and a field number, or the end of the path",
                )))
            }
            Err(PathError { offset, expected }) => {
                let rest = input.get(offset..).unwrap_or_default();
                Err(Err::Failure(Fault::at(rest, expected)))
            }
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
        let expected = match (fault.words, words::of_nothing(found, fault.words)) {
            (Words::Functions, _) => functions_instead_of(found),
            (_, Some(expected)) => expected.to_owned(),
            (_, None) => fault.expected.to_owned(),
        };
        ExpressionError {
            offset: self.text.len() - fault.rest.len(),
            length: found.len(),
            expected,
            found: Some(found.to_owned()).filter(|found| !found.is_empty()),
            suggestion: suggestion(found, fault.words),
            problem: ProblemName::BadExpression,
        }
    }
}

/// What to write where a word is called that is no function: operators that are used like one have their form told.
fn functions_instead_of(word: &str) -> String {
    if let Some(operator) = OPERATORS.iter().find(|doc| doc.name == word) {
        return format!("`{}`, which is no function", operator.form);
    }
    let names: Vec<&str> = FUNCTIONS.iter().map(|doc| doc.name).collect();
    format!("one of the functions {}", names.join(", "))
}

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

/// The name of a function, if there is one; any word before a `(` was meant to be one.
fn function(input: &str) -> Result<Option<(&str, Function)>, Err<Fault<'_>>> {
    let Ok((rest, name)) = word(input) else {
        return Ok(None);
    };
    match Function::named(name) {
        Some(function) => Ok(Some((rest, function))),
        None if rest.trim_start().starts_with('(') => {
            Err(Err::Failure(Fault::at(input, "").words(Words::Functions)))
        }
        None => Ok(None),
    }
}

fn operator(input: &str) -> Parsed<'_, Operator> {
    let input = input.trim_start();
    let symbol: IResult<_, _, Fault<'_>> = take_while1(is_symbol).parse(input);
    for operator in Operator::ALL {
        match &symbol {
            Ok((rest, found)) if *found == operator.as_str() => return Ok((rest, operator)),
            Ok(_) => {}
            Err(_) => {
                if let Ok((rest, ())) = keyword(operator.as_str(), input) {
                    return Ok((rest, operator));
                }
            }
        }
    }
    Err(Err::Failure(Fault::at(input, TEST).words(Words::Testing)))
}

/// `NOT PID-3 exists`, or a value without its quotes: no segment, so no path.
fn is_misplaced_word(input: &str) -> bool {
    let end = input
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(input.len());
    let (word, rest) = input.split_at_checked(end).unwrap_or((input, ""));
    let is_alone = !rest.starts_with(['-', '.', '[', '/', '_']);
    matches!(word, "AND" | "NOT" | "OR" | "IN") || (is_alone && !word.is_empty() && word.len() != 3)
}

/// `/PID-5-1` where a regular expression could stand, too.
fn is_path_with_slash(input: &str) -> bool {
    let end = input.find([',', ')', ' ']).unwrap_or(input.len());
    let text = input.get(..end).unwrap_or_default();
    text.parse::<Selector>().is_ok()
}
