//! What an expression says, with places: between the grammar and the check. Prints in the canonical form.

use std::fmt;
use std::ops::Range;

use super::function::Function;
use crate::hl7::TargetSelector;

/// A condition as written.
#[derive(Debug, Clone)]
pub(super) enum Syntax {
    Or(Vec<Syntax>),
    And(Vec<Syntax>),
    Not(Box<Syntax>),
    State(Operand, Asked),
    Compare(Operand, Operator, Operand),
    /// A value, whether `not in`, and the list.
    In(Operand, bool, Vec<Operand>),
    Matches(Operand, Pattern),
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
    Contains,
    StartsWith,
    EndsWith,
}

/// A value as written, and the bytes of the expression it takes.
#[derive(Debug, Clone)]
pub(super) struct Operand {
    pub(super) form: Form,
    pub(super) bytes: Range<usize>,
}

#[derive(Debug, Clone)]
pub(super) enum Form {
    Path(TargetSelector),
    Text(String),
    Number(String),
    Pattern(Pattern),
    Call(Function, Vec<Operand>),
}

/// A regular expression as written, without its slashes.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    /// With `\/` as it stands.
    pub(super) text: String,
    /// Whether it ends in `/i`.
    pub(super) is_any_case: bool,
    pub(super) bytes: Range<usize>,
}

impl Operator {
    pub(super) const ALL: [Operator; 9] = [
        Operator::Equal,
        Operator::NotEqual,
        Operator::Less,
        Operator::LessOrEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
        Operator::Contains,
        Operator::StartsWith,
        Operator::EndsWith,
    ];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Operator::Equal => "=",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::Contains => "contains",
            Operator::StartsWith => "starts with",
            Operator::EndsWith => "ends with",
        }
    }
}

impl Asked {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Asked::Exists => "exists",
            Asked::Valued => "valued",
            Asked::Null => "is null",
        }
    }
}

impl fmt::Display for Syntax {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Syntax::Or(parts) => joined(formatter, parts.iter().map(Part), " or "),
            Syntax::And(parts) => joined(formatter, parts.iter().map(Part), " and "),
            Syntax::Not(inner) => write!(formatter, "not {}", Part(inner)),
            Syntax::State(operand, asked) => write!(formatter, "{operand} {}", asked.as_str()),
            Syntax::Compare(left, operator, right) => {
                write!(formatter, "{left} {} {right}", operator.as_str())
            }
            Syntax::In(operand, is_not, list) => {
                let word = if *is_not { "not in" } else { "in" };
                write!(formatter, "{operand} {word} (")?;
                joined(formatter, list.iter(), ", ")?;
                formatter.write_str(")")
            }
            Syntax::Matches(operand, pattern) => write!(formatter, "{operand} matches {pattern}"),
        }
    }
}

/// A part of a larger condition: in parentheses where the reader would need them to see what belongs together.
struct Part<'a>(&'a Syntax);

impl fmt::Display for Part<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Syntax::Or(_) | Syntax::And(_) => write!(formatter, "({})", self.0),
            Syntax::Not(_)
            | Syntax::State(..)
            | Syntax::Compare(..)
            | Syntax::In(..)
            | Syntax::Matches(..) => self.0.fmt(formatter),
        }
    }
}

fn joined<T: fmt::Display>(
    formatter: &mut fmt::Formatter<'_>,
    parts: impl Iterator<Item = T>,
    between: &str,
) -> fmt::Result {
    for (index, part) in parts.enumerate() {
        if index > 0 {
            formatter.write_str(between)?;
        }
        part.fmt(formatter)?;
    }
    Ok(())
}

impl fmt::Display for Operand {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.form {
            Form::Path(path) => path.fmt(formatter),
            // No text that can be written holds both quotes.
            Form::Text(text) if text.contains('"') => write!(formatter, "'{text}'"),
            Form::Text(text) => write!(formatter, "\"{text}\""),
            Form::Number(digits) => formatter.write_str(digits),
            Form::Pattern(pattern) => pattern.fmt(formatter),
            Form::Call(function, arguments) => {
                write!(formatter, "{}(", function.as_str())?;
                joined(formatter, arguments.iter(), ", ")?;
                formatter.write_str(")")
            }
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flag = if self.is_any_case { "i" } else { "" };
        write!(formatter, "/{}/{flag}", self.text)
    }
}
