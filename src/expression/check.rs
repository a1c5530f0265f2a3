//! Syntax to a test that can run: paths are read, and what is compared must be of one kind.
//!
//! Two kinds: text and number. A path is a text; `number(…)` makes it a number. Nothing is converted unasked,
//! so `PID-1 < 12` is an error here and no surprise at night.

use super::ExpressionError;
use super::parse::{Asked, Form, Function, Operand, Operator, Syntax};
use crate::hl7::{SegmentSelector, Selector};

/// A checked condition.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Any(Vec<Test>),
    All(Vec<Test>),
    Not(Box<Test>),
    SegmentExists(SegmentSelector),
    State(Selector, Asked),
    Text(TextValue, Operator, TextValue),
    Number(NumberValue, Operator, NumberValue),
    TextIn(TextValue, Vec<String>),
    NumberIn(NumberValue, Vec<f64>),
}

/// Something that gives a text.
#[derive(Debug, Clone)]
pub(super) enum TextValue {
    Literal(String),
    Path(Selector),
    Upper(Box<TextValue>),
    Lower(Box<TextValue>),
    Trim(Box<TextValue>),
}

/// Something that gives a number, or none.
#[derive(Debug, Clone)]
pub(super) enum NumberValue {
    Literal(f64),
    Of(TextValue),
}

enum Value {
    Text(TextValue),
    Number(NumberValue),
}

type Checked<T> = Result<T, ExpressionError>;

pub(super) fn condition(syntax: Syntax) -> Checked<Test> {
    Ok(match syntax {
        Syntax::Or(parts) => Test::Any(parts.into_iter().map(condition).collect::<Checked<_>>()?),
        Syntax::And(parts) => Test::All(parts.into_iter().map(condition).collect::<Checked<_>>()?),
        Syntax::Not(inner) => Test::Not(Box::new(condition(*inner)?)),
        Syntax::State(operand, asked) => state_test(&operand, asked)?,
        Syntax::Compare(left, operator, right) => {
            let (left_operand, right_operand) = (left.clone(), right.clone());
            match (value(left)?, value(right)?) {
                (Value::Text(left), Value::Text(right)) => Test::Text(left, operator, right),
                (Value::Number(left), Value::Number(right)) => Test::Number(left, operator, right),
                // Equal is equal, but "10" is less than "9": an order asks for numbers on both sides.
                (Value::Text(_), Value::Number(_)) => match operator {
                    Operator::Equal | Operator::NotEqual => return Err(not_text(&right_operand)),
                    Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                        return Err(not_number(&left_operand));
                    }
                },
                (Value::Number(_), Value::Text(_)) => return Err(not_number(&right_operand)),
            }
        }
        Syntax::In(left, list) => match value(left)? {
            Value::Text(left) => Test::TextIn(left, list.iter().map(text_literal).collect::<Checked<_>>()?),
            Value::Number(left) => {
                Test::NumberIn(left, list.iter().map(number_literal).collect::<Checked<_>>()?)
            }
        },
    })
}

/// A value that must be a text, as in the hole of a template.
pub(super) fn text(operand: Operand) -> Checked<TextValue> {
    let bytes = operand.bytes.clone();
    match value(operand)? {
        Value::Text(text) => Ok(text),
        Value::Number(_) => Err(error(
            bytes.start,
            bytes.len(),
            "a text: leave out `number`".to_owned(),
        )),
    }
}

fn state_test(operand: &Operand, asked: Asked) -> Checked<Test> {
    let Form::Path(path) = &operand.form else {
        let expected = "a path before `exists`, `valued` and `is null`";
        return Err(error(
            operand.bytes.start,
            operand.bytes.len(),
            expected.to_owned(),
        ));
    };
    // A segment alone is there or not; it has no value.
    if asked == Asked::Exists
        && let Ok(segment) = path.parse()
    {
        return Ok(Test::SegmentExists(segment));
    }
    Ok(Test::State(field_path(path, operand)?, asked))
}

fn value(operand: Operand) -> Checked<Value> {
    Ok(match operand.form {
        Form::Path(ref path) => Value::Text(TextValue::Path(field_path(path, &operand)?)),
        Form::Text(text) => Value::Text(TextValue::Literal(text)),
        Form::Number(ref digits) => Value::Number(NumberValue::Literal(number(digits, &operand)?)),
        Form::Call(function, argument) => {
            let argument = text(*argument)?;
            match function {
                Function::Upper => Value::Text(TextValue::Upper(Box::new(argument))),
                Function::Lower => Value::Text(TextValue::Lower(Box::new(argument))),
                Function::Trim => Value::Text(TextValue::Trim(Box::new(argument))),
                Function::Number => Value::Number(NumberValue::Of(argument)),
            }
        }
    })
}

fn field_path(path: &str, operand: &Operand) -> Checked<Selector> {
    path.parse().map_err(|wrong: crate::hl7::PathError| {
        let offset = wrong.offset.min(path.len());
        ExpressionError {
            offset: operand.bytes.start + offset,
            length: path.len() - offset,
            expected: wrong.expected.to_string(),
            found: path
                .get(offset..)
                .filter(|rest| !rest.is_empty())
                .map(str::to_owned),
            suggestion: None,
        }
    })
}

fn number(digits: &str, operand: &Operand) -> Checked<f64> {
    super::evaluate::number(digits).ok_or_else(|| {
        error(
            operand.bytes.start,
            operand.bytes.len(),
            "a number of at most 15 digits".to_owned(),
        )
    })
}

fn text_literal(operand: &Operand) -> Checked<String> {
    match &operand.form {
        Form::Text(text) => Ok(text.clone()),
        Form::Path(_) | Form::Number(_) | Form::Call(..) => Err(not_text(operand)),
    }
}

fn number_literal(operand: &Operand) -> Checked<f64> {
    match &operand.form {
        Form::Number(digits) => number(digits, operand),
        Form::Path(_) | Form::Text(_) | Form::Call(..) => Err(not_number(operand)),
    }
}

/// A number where the other side is a text.
fn not_text(operand: &Operand) -> ExpressionError {
    let expected = "a text, as the other side is one; or `number(…)` around the other side".to_owned();
    let suggestion = match &operand.form {
        Form::Number(digits) => Some(format!("\"{digits}\"")),
        Form::Path(_) | Form::Text(_) | Form::Call(..) => None,
    };
    ExpressionError {
        suggestion,
        ..error(operand.bytes.start, operand.bytes.len(), expected)
    }
}

/// A text where the other side is a number.
fn not_number(operand: &Operand) -> ExpressionError {
    let suggestion = match &operand.form {
        Form::Path(path) => Some(format!("number({path})")),
        Form::Text(text) => super::evaluate::number(text).map(|_| text.clone()),
        Form::Number(_) | Form::Call(..) => None,
    };
    let expected = "a number, as the other side is one".to_owned();
    ExpressionError {
        suggestion,
        ..error(operand.bytes.start, operand.bytes.len(), expected)
    }
}

fn error(offset: usize, length: usize, expected: String) -> ExpressionError {
    ExpressionError {
        offset,
        length,
        expected,
        found: None,
        suggestion: None,
    }
}
