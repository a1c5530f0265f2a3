//! The part of a message that a typed value stands on: one repetition, component or subcomponent.
//!
//! Borrows the message's bytes; what is inside is searched when asked for.

use std::borrow::Cow;
use std::fmt;

use memchr::memchr;

use crate::hl7::delimiters::Delimiters;
use crate::hl7::escape;
use crate::hl7::path::Level;
use crate::hl7::segment::{piece, slice, value};
use crate::hl7::value::{State, Value};

/// One repetition of a field, one component or one subcomponent, whatever its data type.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    /// `None` where the message does not reach this far.
    raw: Option<&'a [u8]>,
    delimiters: Delimiters,
    level: Level,
}

/// The repetitions of a field, none where the field is absent or empty.
#[derive(Clone)]
pub struct Repetitions<'a> {
    rest: Option<&'a [u8]>,
    delimiters: Delimiters,
}

impl<'a> Part<'a> {
    pub(in crate::hl7) fn repetition(raw: Option<&'a [u8]>, delimiters: Delimiters) -> Self {
        Part {
            raw,
            delimiters,
            level: Level::Repetition,
        }
    }

    /// MSH-1 or MSH-2, which are made of delimiters: nothing in them is delimited or escaped.
    pub(in crate::hl7) fn delimiters(raw: Option<&'a [u8]>, delimiters: Delimiters) -> Self {
        let delimiters = Delimiters {
            escape: None,
            ..delimiters
        };
        Part {
            raw,
            delimiters,
            level: Level::Subcomponent,
        }
    }

    /// What stands here, undecoded.
    pub fn value(self) -> Value<'a> {
        match self.raw {
            Some(raw) => value(raw, self.level, &self.delimiters),
            None => Value::Absent,
        }
    }

    /// Whether there is a value here, or else what.
    pub fn state(self) -> State {
        self.value().state()
    }

    /// The bytes of a value, undecoded; `None` unless valued.
    pub fn raw(self) -> Option<&'a [u8]> {
        self.value().raw()
    }

    /// The value with its escapes decoded, as [`Message::text`](crate::hl7::Message::text) gives it; `None`
    /// unless valued.
    pub fn text(self) -> Option<Cow<'a, str>> {
        Some(escape::decode(self.raw()?, &self.delimiters))
    }

    /// The component of this number, from 1, or in a component the subcomponent.
    ///
    /// A subcomponent is its own first part.
    #[must_use]
    pub fn component(self, number: usize) -> Part<'a> {
        let (delimiter, level) = self.below();
        let within = |raw: &'a [u8]| {
            let range = piece(raw, 0..raw.len(), delimiter, number).ok()?;
            Some(slice(raw, &range))
        };
        Part {
            raw: self.raw.and_then(within),
            level,
            ..self
        }
    }

    /// All components, or in a component the subcomponents, in one pass; none of what is absent.
    pub fn components(self) -> impl Iterator<Item = Part<'a>> {
        let (delimiter, level) = self.below();
        let mut rest = self.raw;
        std::iter::from_fn(move || {
            let raw = rest?;
            let end = delimiter.and_then(|delimiter| memchr(delimiter, raw));
            rest = end.map(|end| slice(raw, &(end + 1..raw.len())));
            Some(Part {
                raw: Some(slice(raw, &(0..end.unwrap_or(raw.len())))),
                level,
                ..self
            })
        })
    }

    /// What delimits the parts of this one, and what they are.
    fn below(self) -> (Option<u8>, Level) {
        match self.level {
            Level::Field | Level::Repetition => (Some(self.delimiters.component), Level::Component),
            Level::Component => (self.delimiters.subcomponent, Level::Subcomponent),
            Level::Subcomponent => (None, Level::Subcomponent),
        }
    }

    /// The bytes of a simple value: those of the first component and subcomponent; `None` unless valued.
    pub(super) fn simple(self) -> Option<&'a [u8]> {
        let raw = self.raw?;
        let is_end = |byte: &u8| {
            (self.level < Level::Component && *byte == self.delimiters.component)
                || (self.level < Level::Subcomponent && Some(*byte) == self.delimiters.subcomponent)
        };
        let end = raw.iter().position(is_end).unwrap_or(raw.len());
        value(slice(raw, &(0..end)), Level::Subcomponent, &self.delimiters).raw()
    }

    /// The text of a simple value.
    pub(super) fn simple_text(self) -> Option<Cow<'a, str>> {
        Some(escape::decode(self.simple()?, &self.delimiters))
    }
}

impl<'a> Repetitions<'a> {
    pub(in crate::hl7) fn new(field: Option<&'a [u8]>, delimiters: Delimiters) -> Self {
        let rest = field.filter(|field| !field.is_empty());
        Repetitions { rest, delimiters }
    }
}

impl<'a> Iterator for Repetitions<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let rest = self.rest?;
        let end = memchr(self.delimiters.repetition, rest);
        self.rest = end.map(|end| slice(rest, &(end + 1..rest.len())));
        let raw = slice(rest, &(0..end.unwrap_or(rest.len())));
        Some(Part::repetition(Some(raw), self.delimiters))
    }
}

impl fmt::Debug for Part<'_> {
    /// Prints the state and the size, never the bytes.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.value())
    }
}

impl fmt::Debug for Repetitions<'_> {
    /// Prints the size, never the bytes.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Repetitions({} bytes)",
            self.rest.map_or(0, <[u8]>::len)
        )
    }
}
