//! Several values: what paths with `[*]` give, and the functions that take them.
//!
//! A list holds the values there are: a place that is absent, empty or null is none of them.

use std::borrow::Cow;
use std::convert::Infallible;
use std::ops::ControlFlow;

use super::{Evaluation, Turn};
use crate::expression::value::Part;
use crate::hl7::{Selector, Value};

impl<'v> Evaluation<'v> {
    /// Visits the values at a path until the visitor breaks.
    fn values<B>(
        &self,
        path: &Selector,
        mut visit: impl FnMut(Cow<'v, str>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        self.visit(path, |found| match found.text() {
            Some(text) => visit(text),
            None => ControlFlow::Continue(()),
        })
    }

    /// Visits the values of all parts; a part of one value is visited even if it is empty.
    fn parts(&self, parts: &'v [Part], turn: Turn<'v>, mut visit: impl FnMut(Cow<'v, str>)) {
        for part in parts {
            match part {
                Part::One(text) => visit(self.text(text, turn)),
                Part::All(path) => {
                    let ControlFlow::<Infallible>::Continue(()) = self.values(path, |text| {
                        visit(text);
                        ControlFlow::Continue(())
                    });
                }
            }
        }
    }

    pub(super) fn count(&self, path: &Selector) -> usize {
        let mut count = 0;
        let ControlFlow::<Infallible>::Continue(()) = self.visit(path, |found| {
            count += usize::from(matches!(found.value(), Value::Valued(_)));
            ControlFlow::Continue(())
        });
        count
    }

    pub(super) fn first(&self, path: &Selector) -> Cow<'v, str> {
        match self.values(path, ControlFlow::Break) {
            ControlFlow::Break(first) => first,
            ControlFlow::Continue(()) => Cow::Borrowed(""),
        }
    }

    pub(super) fn last(&self, path: &Selector) -> Cow<'v, str> {
        let mut last = Cow::Borrowed("");
        let ControlFlow::<Infallible>::Continue(()) = self.values(path, |text| {
            last = text;
            ControlFlow::Continue(())
        });
        last
    }

    pub(super) fn concat(&self, parts: &'v [Part], turn: Turn<'v>) -> Cow<'v, str> {
        let mut joined = String::new();
        self.parts(parts, turn, |text| {
            if self.may_build(text.len()) {
                joined.push_str(&text);
            }
        });
        joined.into()
    }

    pub(super) fn join(&self, separator: &str, parts: &'v [Part], turn: Turn<'v>) -> Cow<'v, str> {
        let mut joined = String::new();
        self.parts(parts, turn, |text| {
            if text.is_empty() || !self.may_build(text.len() + separator.len()) {
                return;
            }
            if !joined.is_empty() {
                joined.push_str(separator);
            }
            joined.push_str(&text);
        });
        joined.into()
    }

    pub(super) fn coalesce(&self, parts: &'v [Part], turn: Turn<'v>) -> Cow<'v, str> {
        let valued = parts.iter().map(|part| match part {
            Part::One(text) => self.text(text, turn),
            Part::All(path) => self.first(path),
        });
        let mut valued = valued.filter(|text| !text.is_empty());
        valued.next().unwrap_or_default()
    }

    /// What stands at a path as it stands.
    pub(super) fn raw(&self, path: &Selector) -> Cow<'v, str> {
        let message = self.view.message;
        let found = self.find(path);
        let raw = found.and_then(|found| found.value().bytes());
        raw.map_or(Cow::Borrowed(""), |raw| message.characters(raw))
    }
}
