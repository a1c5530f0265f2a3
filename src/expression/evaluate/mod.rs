//! Running a checked condition. Total: there is no error and no loop without an end.
//!
//! A path that is absent, empty or null reads as the empty text; `exists`, `valued` and `is null` tell the
//! three apart. A text that is no number compares with no number: every such comparison is false.

mod list;
mod text;
mod time;

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::cmp::Ordering;
use std::ops::ControlFlow;

use super::decimal::Decimal;
use super::syntax::{Asked, Operator};
use super::value::{Number, Side, Test};
use super::{LOOKED_AT_MAX, VALUE_BYTES_MAX, View};
use crate::hl7::{FieldPath, Found, Looked, Selector, State};

/// The evaluation of one condition or template.
pub(super) struct Evaluation<'v> {
    view: View<'v>,
    /// How many more bytes its functions may build.
    left: Cell<usize>,
    /// Whether they would have built more, or looked at more. What they give from then on is empty, and not to be used.
    is_too_large: Cell<bool>,
    /// What its paths have looked at.
    looked: Looked,
    /// How much they may look at.
    looked_max: usize,
}

/// The place of a path with `[*]` whose turn it is.
type Turn<'v> = Option<Found<'v>>;

impl<'v> Evaluation<'v> {
    pub(super) fn new(view: &View<'v>) -> Evaluation<'v> {
        Evaluation {
            view: *view,
            left: Cell::new(VALUE_BYTES_MAX),
            is_too_large: Cell::new(false),
            looked: Looked::default(),
            looked_max: LOOKED_AT_MAX.saturating_sub(view.context.looked_at()),
        }
    }

    /// Whether its paths may look at more.
    fn may_look(&self) -> bool {
        let may = self.looked.count() <= self.looked_max;
        if !may {
            self.is_too_large.set(true);
        }
        may
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
                !message
                    .resolve_segments_counted(segments, scope, &self.looked)
                    .is_empty()
            }
            Test::State(path, asked) => self.is_in_state(path, *asked),
            Test::Text(left, operator, right) => self.any_two(
                (left, right),
                |text, turn| Some(self.text(text, turn)),
                |left, right| compare(left, *operator, right),
            ),
            Test::Number(left, operator, right) => self.any_two(
                (left, right),
                |number, turn| self.number(number, turn),
                |left, right| fits(*operator, left.cmp(right)),
            ),
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

    /// Whether it holds for any value of the left side with any of the right.
    fn any_two<T, V>(
        &self,
        (left, right): (&'v Side<T>, &'v Side<T>),
        value: impl Fn(&'v T, Turn<'v>) -> Option<V>,
        holds: impl Fn(&V, &V) -> bool,
    ) -> bool {
        /// So many values are compared in the time of one look.
        const COMPARED_PER_LOOK: usize = 16;
        if left.each.is_none() {
            let left = value(&left.value, None);
            return left.is_some_and(|left| {
                self.any(right, |turn| {
                    value(&right.value, turn).is_some_and(|right| holds(&left, &right))
                })
            });
        }
        // The right side is the same for each place on the left: it is read once.
        let rights = OnceCell::new();
        self.any(left, |turn| {
            let Some(left) = value(&left.value, turn) else {
                return false;
            };
            let rights: &Vec<V> = rights.get_or_init(|| {
                let mut rights = Vec::new();
                self.any(right, |turn| {
                    rights.extend(value(&right.value, turn));
                    false
                });
                rights
            });
            self.looked.add(rights.len() / COMPARED_PER_LOOK);
            rights.iter().any(|right| holds(&left, right))
        })
    }

    /// Whether it holds for any of the places of a path with `[*]`; without one there is one turn.
    fn any<T>(&self, side: &Side<T>, mut holds: impl FnMut(Turn<'v>) -> bool) -> bool {
        match &side.each {
            None => holds(None),
            Some(path) => self.any_place(path, |found| holds(Some(found))),
        }
    }

    fn any_place(&self, path: &Selector, mut holds: impl FnMut(Found<'v>) -> bool) -> bool {
        let visited = self.visit(path, |found| {
            if holds(found) {
                ControlFlow::Break(true)
            } else if self.may_look() {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(false)
            }
        });
        visited == ControlFlow::Break(true)
    }

    /// Visits the places a path means until the visitor breaks; none, if no more may be looked at.
    fn visit<B>(&self, path: &Selector, visit: impl FnMut(Found<'v>) -> ControlFlow<B>) -> ControlFlow<B> {
        let View { message, scope, .. } = self.view;
        if !self.may_look() {
            return ControlFlow::Continue(());
        }
        message.visit_counted(path, scope, &self.looked, visit)
    }

    /// The first place a path means.
    fn find(&self, path: &Selector) -> Option<Found<'v>> {
        match self.visit(path, ControlFlow::Break) {
            ControlFlow::Break(found) => Some(found),
            ControlFlow::Continue(()) => None,
        }
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
                let found = message.resolve_segments_counted(segments, scope, &self.looked);
                Some(found.len().into())
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
        if let Some(path) = self.plain(path) {
            return self.view.message.text(&path).unwrap_or_default();
        }
        let found = self.find(path);
        found.and_then(|found| found.text()).unwrap_or_default()
    }
}

impl Drop for Evaluation<'_> {
    /// What was looked at counts for the run.
    fn drop(&mut self) {
        self.view.context.look(self.looked.count());
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
