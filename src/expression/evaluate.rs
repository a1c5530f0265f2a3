//! Running a checked expression over a message. Total: there is no error and no loop.
//!
//! A path that is absent, empty or null reads as the empty text; `exists`, `valued` and `is null` tell the
//! three apart. A text that is no number compares with no number: every such comparison is false.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::View;
use super::check::{NumberValue, Test, TextValue};
use super::parse::{Asked, Operator};
use crate::hl7::{Selector, State};

pub(super) fn holds(test: &Test, view: &View<'_>) -> bool {
    match test {
        Test::Any(tests) => tests.iter().any(|test| holds(test, view)),
        Test::All(tests) => tests.iter().all(|test| holds(test, view)),
        Test::Not(test) => !holds(test, view),
        Test::SegmentExists(segments) => !view.message.resolve_segments(segments, view.scope).is_empty(),
        Test::State(path, asked) => is_in_state(path, *asked, view),
        Test::Text(left, operator, right) => fits(
            *operator,
            text(left, view).as_ref().cmp(text(right, view).as_ref()),
        ),
        Test::Number(left, operator, right) => number_of(left, view)
            .zip(number_of(right, view))
            .and_then(|(left, right)| left.partial_cmp(&right))
            .is_some_and(|ordering| fits(*operator, ordering)),
        Test::TextIn(value, list) => {
            let value = text(value, view);
            list.iter().any(|element| *element == value)
        }
        Test::NumberIn(value, list) => number_of(value, view).is_some_and(|value| {
            list.iter()
                .any(|element| element.total_cmp(&value) == Ordering::Equal)
        }),
    }
}

/// The text a value gives.
pub(super) fn text<'m>(value: &'m TextValue, view: &View<'m>) -> Cow<'m, str> {
    match value {
        TextValue::Literal(text) => Cow::Borrowed(text),
        TextValue::Path(path) => path_text(path, view).unwrap_or_default(),
        TextValue::Upper(inner) => Cow::Owned(text(inner, view).to_uppercase()),
        TextValue::Lower(inner) => Cow::Owned(text(inner, view).to_lowercase()),
        TextValue::Trim(inner) => match text(inner, view) {
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

fn number_of(value: &NumberValue, view: &View<'_>) -> Option<f64> {
    match value {
        NumberValue::Literal(number) => Some(*number),
        NumberValue::Of(value) => number(&text(value, view)),
    }
}

fn path_text<'m>(path: &Selector, view: &View<'m>) -> Option<Cow<'m, str>> {
    view.message.find(path, view.scope)?.text()
}

fn is_in_state(path: &Selector, asked: Asked, view: &View<'_>) -> bool {
    let found = view.message.find(path, view.scope);
    let state = found.map_or(State::Absent, |found| found.value().state());
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
