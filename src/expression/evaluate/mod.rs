//! Running a checked condition. Total: there is no error and no loop without an end.
//!
//! A path that is absent, empty or null reads as the empty text; `exists`, `valued` and `is null` tell the
//! three apart. A text that is no number compares with no number: every such comparison is false.

mod list;
mod text;
mod time;

use std::borrow::Cow;
use std::cell::Cell;
use std::cmp::Ordering;
use std::ops::ControlFlow;

use super::decimal::Decimal;
use super::syntax::{Asked, Operator};
use super::value::{Number, Side, Test};
use super::{VALUE_BYTES_MAX, View};
use crate::hl7::{FieldPath, Found, Selector, State};

/// The evaluation of one condition or template.
pub(super) struct Evaluation<'v> {
    view: View<'v>,
    /// How many more bytes its functions may build.
    left: Cell<usize>,
    /// Whether they would have built more. What they give from then on is empty, and not to be used.
    is_too_large: Cell<bool>,
}

/// The place of a path with `[*]` whose turn it is.
type Turn<'v> = Option<Found<'v>>;

impl<'v> Evaluation<'v> {
    pub(super) fn new(view: &View<'v>) -> Evaluation<'v> {
        Evaluation {
            view: *view,
            left: Cell::new(VALUE_BYTES_MAX),
            is_too_large: Cell::new(false),
        }
    }

    pub(super) fn is_too_large(&self) -> bool {
        self.is_too_large.get()
    }

    /// Whether a text of so many bytes may be built.
    pub(super) fn may_build(&self, bytes: usize) -> bool {
        let left = self.left.get().checked_sub(bytes);
        match left {
            Some(left) => self.left.set(left),
            None => self.is_too_large.set(true),
        }
        left.is_some()
    }

    /// Whether the condition holds; one that would need too large a text does not.
    pub(super) fn condition(&self, test: &'v Test) -> bool {
        self.holds(test) && !self.is_too_large()
    }

    fn holds(&self, test: &'v Test) -> bool {
        match test {
            Test::Any(tests) => tests.iter().any(|test| self.holds(test)),
            Test::All(tests) => tests.iter().all(|test| self.holds(test)),
            Test::Not(test) => !self.holds(test),
            Test::SegmentExists(segments) => {
                let View { message, scope, .. } = self.view;
                !message.resolve_segments(segments, scope).is_empty()
            }
            Test::State(path, asked) => self.is_in_state(path, *asked),
            Test::Text(left, operator, right) => self.any(left, |turn| {
                let left = self.text(&left.value, turn);
                self.any(right, |turn| {
                    compare(&left, *operator, &self.text(&right.value, turn))
                })
            }),
            Test::Number(left, operator, right) => self.any(left, |turn| {
                let left = self.number(&left.value, turn);
                left.is_some_and(|left| {
                    self.any(right, |turn| {
                        let right = self.number(&right.value, turn);
                        right.is_some_and(|right| fits(*operator, left.cmp(&right)))
                    })
                })
            }),
            Test::TextIn(value, is_not, list) => self.any(value, |turn| {
                let value = self.text(&value.value, turn);
                list.iter().any(|element| *element == value) != *is_not
            }),
            Test::NumberIn(value, is_not, list) => self.any(value, |turn| {
                let value = self.number(&value.value, turn);
                value.is_some_and(|value| list.contains(&value) != *is_not)
            }),
            Test::Matches(value, pattern) => {
                self.any(value, |turn| pattern.is_match(&self.text(&value.value, turn)))
            }
        }
    }

    /// Whether it holds for any of the places of a path with `[*]`; without one there is one turn.
    fn any<T>(&self, side: &Side<T>, holds: impl Fn(Turn<'v>) -> bool) -> bool {
        match &side.each {
            None => holds(None),
            Some(path) => self.any_place(path, |found| holds(Some(found))),
        }
    }

    fn any_place(&self, path: &Selector, holds: impl Fn(Found<'v>) -> bool) -> bool {
        let View { message, scope, .. } = self.view;
        let visited = message.visit(path, scope, |found| {
            if holds(found) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        visited.is_break()
    }

    fn is_in_state(&self, path: &Selector, asked: Asked) -> bool {
        let is = |state: State| match asked {
            Asked::Exists => state != State::Absent,
            Asked::Valued => state == State::Valued,
            Asked::Null => state == State::Null,
        };
        if let Some(path) = self.plain(path) {
            return is(self.view.message.read(&path).state());
        }
        self.any_place(path, |found| is(found.value().state()))
    }

    fn number(&self, number: &'v Number, turn: Turn<'v>) -> Option<Decimal> {
        match number {
            Number::Literal(number) => Some(*number),
            Number::Of(text) => Decimal::read(&self.text(text, turn)),
            Number::Round(number, decimals) => {
                let decimals = match decimals {
                    Some(decimals) => self.whole(decimals, turn)?,
                    None => 0,
                };
                let decimals = u32::try_from(decimals.max(0)).unwrap_or(u32::MAX);
                Some(self.number(number, turn)?.round(decimals))
            }
            Number::Length(text) => Some(self.text(text, turn).chars().count().into()),
            Number::CountSegments(segments) => {
                let View { message, scope, .. } = self.view;
                Some(message.resolve_segments(segments, scope).len().into())
            }
            Number::CountValues(path) => Some(self.count(path).into()),
            Number::Age(born, at) => self.age(born, at.as_deref(), turn).map(Decimal::from),
        }
    }

    /// A number of characters or days: what stands before the decimal point.
    fn whole(&self, number: &'v Number, turn: Turn<'v>) -> Option<i64> {
        self.number(number, turn).map(Decimal::whole)
    }

    /// The number as it prints; nothing for what is none.
    fn shown(&self, number: &'v Number, turn: Turn<'v>) -> Cow<'v, str> {
        let number = self.number(number, turn);
        number.map_or(Cow::Borrowed(""), |number| Cow::Owned(number.to_string()))
    }

    /// The place of a path that means the same whatever the message holds: no search is needed.
    fn plain(&self, path: &Selector) -> Option<FieldPath> {
        path.plain().filter(|_| self.view.scope.is_whole())
    }

    /// What a path reads as.
    fn path(&self, path: &Selector) -> Cow<'v, str> {
        let View { message, scope, .. } = self.view;
        if let Some(path) = self.plain(path) {
            return message.text(&path).unwrap_or_default();
        }
        let found = message.find(path, scope);
        found.and_then(|found| found.text()).unwrap_or_default()
    }
}

fn compare(left: &str, operator: Operator, right: &str) -> bool {
    match operator {
        Operator::Contains => left.contains(right),
        Operator::StartsWith => left.starts_with(right),
        Operator::EndsWith => left.ends_with(right),
        Operator::Equal
        | Operator::NotEqual
        | Operator::Less
        | Operator::LessOrEqual
        | Operator::Greater
        | Operator::GreaterOrEqual => fits(operator, left.cmp(right)),
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
        // The check gives these texts alone.
        Operator::Contains | Operator::StartsWith | Operator::EndsWith => false,
    }
}
