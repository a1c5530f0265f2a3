//! Running a checked expression over a message. Total: there is no error and no loop.
//!
//! A path that is absent, empty or null reads as the empty text; `exists`, `valued` and `is null` tell the
//! three apart. A text that is no number compares with no number: every such comparison is false.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::check::{NumberValue, Test, TextValue};
use super::parse::{Asked, Operator};
use crate::hl7::{FieldPath, Message, SegmentPath, State};

pub(super) fn holds(test: &Test, message: &Message) -> bool {
    match test {
        Test::Any(tests) => tests.iter().any(|test| holds(test, message)),
        Test::All(tests) => tests.iter().all(|test| holds(test, message)),
        Test::Not(test) => !holds(test, message),
        Test::SegmentExists(segment) => has_segment(*segment, message),
        Test::State(path, asked) => is_in_state(path, *asked, message),
        Test::Text(left, operator, right) => fits(
            *operator,
            text(left, message).as_ref().cmp(text(right, message).as_ref()),
        ),
        Test::Number(left, operator, right) => number_of(left, message)
            .zip(number_of(right, message))
            .and_then(|(left, right)| left.partial_cmp(&right))
            .is_some_and(|ordering| fits(*operator, ordering)),
        Test::TextIn(value, list) => {
            let value = text(value, message);
            list.iter().any(|element| *element == value)
        }
        Test::NumberIn(value, list) => number_of(value, message).is_some_and(|value| {
            list.iter()
                .any(|element| element.total_cmp(&value) == Ordering::Equal)
        }),
    }
}

/// The text a value gives.
pub(super) fn text<'m>(value: &'m TextValue, message: &'m Message) -> Cow<'m, str> {
    match value {
        TextValue::Literal(text) => Cow::Borrowed(text),
        TextValue::Path(path) => message.text(path).unwrap_or_default(),
        TextValue::Upper(inner) => Cow::Owned(text(inner, message).to_uppercase()),
        TextValue::Lower(inner) => Cow::Owned(text(inner, message).to_lowercase()),
        TextValue::Trim(inner) => match text(inner, message) {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        },
    }
}

/// A number as HL7 writes it (data type NM): a sign, digits, a fraction. No exponent, no blanks within.
pub(super) fn number(text: &str) -> Option<f64> {
    const DIGITS_MAX: usize = 15;
    let text = text.trim();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let only_digits = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'+' | b'-'));
    if digits == 0 || digits > DIGITS_MAX || !only_digits {
        return None;
    }
    text.parse().ok()
}

fn number_of(value: &NumberValue, message: &Message) -> Option<f64> {
    match value {
        NumberValue::Literal(number) => Some(*number),
        NumberValue::Of(value) => number(&text(value, message)),
    }
}

fn has_segment(segment: SegmentPath, message: &Message) -> bool {
    message.count(segment.name) >= usize::from(segment.occurrence.unwrap_or(1))
}

fn is_in_state(path: &FieldPath, asked: Asked, message: &Message) -> bool {
    let state = message.read(path).state();
    match asked {
        Asked::Exists => state != State::Absent,
        Asked::Valued => state == State::Valued,
        Asked::Null => state == State::Null,
    }
}

fn fits(operator: Operator, ordering: Ordering) -> bool {
    match operator {
        Operator::Equal => ordering.is_eq(),
        Operator::NotEqual => ordering.is_ne(),
        Operator::Less => ordering.is_lt(),
        Operator::LessOrEqual => ordering.is_le(),
        Operator::Greater => ordering.is_gt(),
        Operator::GreaterOrEqual => ordering.is_ge(),
    }
}
