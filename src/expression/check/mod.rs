//! Syntax to what can run: values must be of the kind that is asked for, and what an expression names must be there.
//!
//! Two kinds: text and number. A path is a text; `number(…)` makes it a number. Nothing is converted unasked,
//! so `PID-1 < 12` is an error here and no surprise at night.

mod call;
mod pattern;

use super::decimal::{DIGITS_MAX, Decimal};
use super::syntax::{Asked, Form, Operand, Operator, Syntax};
use super::value::{Number, Side, Test, Text};
use super::{ExpressionError, Known};
use crate::hl7::{Selector, TargetSelector};

type Checked<T> = Result<T, ExpressionError>;

/// Checks one expression.
pub(super) struct Check<'k> {
    known: Known<'k>,
    /// Where a path with `[*]` may stand for each of its places: the path, once it was met.
    each: Option<Each>,
}

/// A path with `[*]` in one side of a comparison.
enum Each {
    Allowed,
    Met(Selector),
}

/// A checked value.
enum Value {
    Text(Text),
    Number(Number),
}

impl<'k> Check<'k> {
    pub(super) fn new(known: Known<'k>) -> Check<'k> {
        Check { known, each: None }
    }

    pub(super) fn condition(&mut self, syntax: &Syntax) -> Checked<Test> {
        Ok(match syntax {
            Syntax::Or(parts) => Test::Any(self.conditions(parts)?),
            Syntax::And(parts) => Test::All(self.conditions(parts)?),
            Syntax::Not(inner) => Test::Not(Box::new(self.condition(inner)?)),
            Syntax::State(operand, asked) => state(operand, *asked)?,
            Syntax::Compare(left, operator, right) => self.comparison(left, *operator, right)?,
            Syntax::In(left, is_not, list) => match self.side(left)? {
                (Value::Text(value), each) => {
                    let list = list.iter().map(text_literal).collect::<Checked<_>>()?;
                    Test::TextIn(Side { value, each }, *is_not, list)
                }
                (Value::Number(value), each) => {
                    let list = list.iter().map(number_literal).collect::<Checked<_>>()?;
                    Test::NumberIn(Side { value, each }, *is_not, list)
                }
            },
            Syntax::Matches(left, pattern) => {
                let (value, each) = self.side(left)?;
                let value = must_be_text(value, left)?;
                Test::Matches(Side { value, each }, pattern::compile(pattern)?)
            }
        })
    }

    fn conditions(&mut self, parts: &[Syntax]) -> Checked<Vec<Test>> {
        parts.iter().map(|part| self.condition(part)).collect()
    }

    fn comparison(&mut self, left: &Operand, operator: Operator, right: &Operand) -> Checked<Test> {
        let (left_value, left_each) = self.side(left)?;
        let (right_value, right_each) = self.side(right)?;
        let is_of_text = matches!(
            operator,
            Operator::Contains | Operator::StartsWith | Operator::EndsWith
        );
        match (left_value, right_value) {
            (Value::Text(left), Value::Text(right)) => Ok(Test::Text(
                Side {
                    value: left,
                    each: left_each,
                },
                operator,
                Side {
                    value: right,
                    each: right_each,
                },
            )),
            (Value::Number(_), _) if is_of_text => Err(wrong_kind(left, Kind::Text)),
            (Value::Number(left), Value::Number(right)) => Ok(Test::Number(
                Side {
                    value: left,
                    each: left_each,
                },
                operator,
                Side {
                    value: right,
                    each: right_each,
                },
            )),
            // Equal is equal, but "10" is less than "9": an order asks for numbers on both sides.
            (Value::Text(_), Value::Number(_)) => Err(match operator {
                Operator::Equal | Operator::NotEqual => ExpressionError {
                    expected: "a text, as the other side is one; or `number(…)` around the other side"
                        .to_owned(),
                    ..wrong_kind(right, Kind::Text)
                },
                Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                    wrong_kind(left, Kind::Number)
                }
                Operator::Contains | Operator::StartsWith | Operator::EndsWith => {
                    wrong_kind(right, Kind::Text)
                }
            }),
            (Value::Number(_), Value::Text(_)) => Err(wrong_kind(right, Kind::Number)),
        }
    }

    /// One side of a comparison, and the path with `[*]` in it.
    fn side(&mut self, operand: &Operand) -> Checked<(Value, Option<Box<Selector>>)> {
        self.each = Some(Each::Allowed);
        let value = self.value(operand);
        let each = self.each.take();
        let each = match each {
            Some(Each::Met(selector)) => Some(Box::new(selector)),
            Some(Each::Allowed) | None => None,
        };
        Ok((value?, each))
    }

    fn value(&mut self, operand: &Operand) -> Checked<Value> {
        match &operand.form {
            Form::Path(_) => {
                let path = field(operand)?;
                self.one_place(path, operand).map(Value::Text)
            }
            Form::Text(text) => Ok(Value::Text(Text::Literal(text.clone()))),
            Form::Number(_) => number_literal(operand).map(|number| Value::Number(Number::Literal(number))),
            Form::Pattern(_) => Err(ExpressionError::at(
                &operand.bytes,
                "a text; a regular expression stands after `matches` and in `replace`",
            )),
            Form::Call(function, arguments) => self.call(*function, arguments, operand),
        }
    }

    /// A path where one text is wanted.
    fn one_place(&mut self, path: Selector, operand: &Operand) -> Checked<Text> {
        if !path.is_many() {
            return Ok(Text::Path(path));
        }
        match self.each {
            Some(Each::Allowed) => {
                self.each = Some(Each::Met(path));
                Ok(Text::Each)
            }
            Some(Each::Met(_)) => Err(ExpressionError::at(
                &operand.bytes,
                "one path with `[*]` on this side of the comparison, not two",
            )),
            None => Err(ExpressionError {
                suggestion: Some(format!("first({path})")),
                ..ExpressionError::at(&operand.bytes, "one value: a path with `[*]` may have several")
            }),
        }
    }

    /// A value that must be a text.
    pub(super) fn text(&mut self, operand: &Operand) -> Checked<Text> {
        let value = self.value(operand)?;
        must_be_text(value, operand)
    }

    /// A value of either kind, as a text: in the hole of a template.
    pub(super) fn shown(&mut self, operand: &Operand) -> Checked<Text> {
        Ok(match self.value(operand)? {
            Value::Text(text) => text,
            Value::Number(number) => Text::Number(Box::new(number)),
        })
    }

    fn number(&mut self, operand: &Operand) -> Checked<Number> {
        match self.value(operand)? {
            Value::Number(number) => Ok(number),
            Value::Text(_) => Err(wrong_kind(operand, Kind::Number)),
        }
    }
}

fn must_be_text(value: Value, operand: &Operand) -> Checked<Text> {
    match value {
        Value::Text(text) => Ok(text),
        Value::Number(_) => Err(wrong_kind(operand, Kind::Text)),
    }
}

fn state(operand: &Operand, asked: Asked) -> Checked<Test> {
    match &operand.form {
        // A segment alone is there or not; it has no value.
        Form::Path(TargetSelector::Segments(segments)) if asked == Asked::Exists => {
            Ok(Test::SegmentExists(segments.clone()))
        }
        Form::Path(_) => Ok(Test::State(field(operand)?, asked)),
        Form::Text(_) | Form::Number(_) | Form::Pattern(_) | Form::Call(..) => Err(ExpressionError::at(
            &operand.bytes,
            "a path before `exists`, `valued` and `is null`",
        )),
    }
}

/// A path that must be that of a field.
fn field(operand: &Operand) -> Checked<Selector> {
    match &operand.form {
        Form::Path(TargetSelector::Field(path)) => Ok(path.clone()),
        Form::Path(TargetSelector::Segments(_)) => Err(ExpressionError::at(
            &(operand.bytes.end..operand.bytes.end),
            "`-` and a field number",
        )),
        Form::Text(_) | Form::Number(_) | Form::Pattern(_) | Form::Call(..) => {
            Err(ExpressionError::at(&operand.bytes, "a path as `PID-5.1`"))
        }
    }
}

fn text_literal(operand: &Operand) -> Checked<String> {
    match &operand.form {
        Form::Text(text) => Ok(text.clone()),
        Form::Number(_) => Err(wrong_kind(operand, Kind::Text)),
        Form::Path(_) | Form::Pattern(_) | Form::Call(..) => {
            Err(ExpressionError::at(&operand.bytes, "a text in quotes"))
        }
    }
}

fn number_literal(operand: &Operand) -> Checked<Decimal> {
    let Form::Number(digits) = &operand.form else {
        return Err(wrong_kind(operand, Kind::Number));
    };
    Decimal::read(digits).ok_or_else(|| {
        ExpressionError::at(&operand.bytes, format!("a number of at most {DIGITS_MAX} digits"))
    })
}

/// The kinds of values.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
}

/// A value of the one kind where the other is wanted, with what was probably meant.
fn wrong_kind(operand: &Operand, wanted: Kind) -> ExpressionError {
    let (expected, suggestion) = match wanted {
        Kind::Text => match &operand.form {
            Form::Number(digits) => ("a text here, and this is a number", Some(format!("\"{digits}\""))),
            Form::Path(_) | Form::Text(_) | Form::Pattern(_) | Form::Call(..) => {
                ("a text here, and this is a number", None)
            }
        },
        Kind::Number => match &operand.form {
            Form::Text(text) => (
                "a number here, and this is a text",
                Decimal::read(text).map(|_| text.clone()),
            ),
            Form::Path(_) | Form::Number(_) | Form::Pattern(_) | Form::Call(..) => (
                "a number here, and this is a text",
                Some(format!("number({operand})")),
            ),
        },
    };
    ExpressionError {
        suggestion,
        ..ExpressionError::at(&operand.bytes, expected)
    }
}
