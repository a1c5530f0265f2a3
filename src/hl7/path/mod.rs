//! Places in a message: `PID-5.1`, `OBX[2]-5[1].3.2`, and paths that choose among them, `PID-3[.5=MR].1`.
//!
//! A [`FieldPath`] is one place, the same for every message; a [`Selector`] is what a route says, and means places
//! only in a message and a [`Scope`]. The grammar knows no message: whether `PID-99` exists is a question for the
//! standard's tables.

mod grammar;
mod names;
mod resolve;
mod scope;
mod selector;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

pub(super) use names::Names;
pub use resolve::{Found, Looked, Places};
pub(super) use scope::Shift;
pub use scope::{Scope, SegmentMark};
pub use selector::{SegmentSelector, Selector, TargetSelector};

/// The greatest field number a path may name; a segment of the standard has fewer than a hundred.
const FIELD_MAX: u16 = 999;
/// The greatest occurrence, repetition or component a path may name.
const NUMBER_MAX: u16 = 9_999;

/// The three characters that name a segment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SegmentName([u8; 3]);

/// How deep a path goes. A deeper level is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A whole field with all its repetitions: `PID-3`.
    Field,
    /// One repetition of a field: `PID-3[2]`.
    Repetition,
    /// A component: `PID-3.1`.
    Component,
    /// A subcomponent: `PID-3.4.2`.
    Subcomponent,
}

/// A place in a message, canonically `PID-5.1`; `PID.5.1` and `/PID-5-1` are read too.
///
/// ```text
/// SEG[occurrence]-FIELD[repetition].COMPONENT.SUBCOMPONENT
/// ```
///
/// All numbers count from 1, MSH-1 and MSH-2 as the standard counts them.
/// Without an occurrence the first segment of the name is meant; without a repetition `PID-3` is the whole field
/// and `PID-3.1` is in its first repetition.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FieldPath {
    segment: SegmentName,
    occurrence: u16,
    field: u16,
    repetition: Option<u16>,
    component: Option<u16>,
    subcomponent: Option<u16>,
}

/// A segment by name, all of them (`NK1`) or one (`OBX[2]`).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SegmentPath {
    /// The name of the segment.
    pub name: SegmentName,
    /// Which of them, from 1; `None` means all.
    pub occurrence: Option<u16>,
}

/// What [`Message::remove`](super::Message::remove) takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// Whole segments: `NK1`, `OBX[2]`.
    Segment(SegmentPath),
    /// A field, repetition, component or subcomponent: `PID-19`, `PID-3[2]`.
    Field(FieldPath),
}

/// A path that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("at character {}: expected {expected}", offset + 1)]
pub struct PathError {
    /// Bytes before the place that is wrong.
    pub offset: usize,
    /// What should have stood there.
    pub expected: &'static str,
}

impl SegmentName {
    /// The header of a message.
    pub const MSH: SegmentName = SegmentName(*b"MSH");
    /// The acknowledgment.
    pub const MSA: SegmentName = SegmentName(*b"MSA");

    /// The name in these three bytes: a capital letter, then capital letters or digits.
    pub fn new(bytes: [u8; 3]) -> Option<SegmentName> {
        let [first, rest @ ..] = bytes;
        let is_name = first.is_ascii_uppercase()
            && rest
                .iter()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        is_name.then_some(SegmentName(bytes))
    }

    /// The name as bytes.
    pub fn as_bytes(&self) -> &[u8; 3] {
        &self.0
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a segment name is made of ASCII letters and digits")
    }

    /// Whether this segment opens or closes a message, batch or file (MSH, FHS, BHS, BTS, FTS).
    pub(super) fn is_envelope(self) -> bool {
        matches!(&self.0, b"MSH" | b"FHS" | b"BHS" | b"BTS" | b"FTS")
    }
}

impl Level {
    /// From the field down.
    pub(super) const ALL: [Level; 4] = [
        Level::Field,
        Level::Repetition,
        Level::Component,
        Level::Subcomponent,
    ];
}

impl FieldPath {
    /// The path of a whole field in the first segment of this name; `None` unless the number is 1 to 999.
    pub fn of_field(segment: SegmentName, field: u16) -> Option<FieldPath> {
        (1..=FIELD_MAX).contains(&field).then_some(FieldPath {
            segment,
            occurrence: 1,
            field,
            repetition: None,
            component: None,
            subcomponent: None,
        })
    }

    /// The name of the segment.
    pub fn segment(&self) -> SegmentName {
        self.segment
    }

    /// Which segment of that name, from 1.
    pub fn occurrence(&self) -> u16 {
        self.occurrence
    }

    /// The number of the field.
    pub fn field(&self) -> u16 {
        self.field
    }

    /// The repetition asked for.
    pub fn repetition(&self) -> Option<u16> {
        self.repetition
    }

    /// The component asked for.
    pub fn component(&self) -> Option<u16> {
        self.component
    }

    /// The subcomponent asked for.
    pub fn subcomponent(&self) -> Option<u16> {
        self.subcomponent
    }

    /// The first component of the field or repetition; the path itself where it goes as deep.
    #[must_use]
    pub fn first_component(&self) -> FieldPath {
        self.of_component(self.component.unwrap_or(1))
    }

    /// The component of this number; subcomponents are those of the path.
    #[must_use]
    pub fn of_component(&self, number: u16) -> FieldPath {
        FieldPath {
            component: Some(number),
            ..*self
        }
    }

    /// The repetition of this number.
    #[must_use]
    pub fn of_repetition(&self, number: u16) -> FieldPath {
        FieldPath {
            repetition: Some(number),
            ..*self
        }
    }

    /// How deep the path goes.
    pub fn level(&self) -> Level {
        if self.subcomponent.is_some() {
            Level::Subcomponent
        } else if self.component.is_some() {
            Level::Component
        } else if self.repetition.is_some() {
            Level::Repetition
        } else {
            Level::Field
        }
    }

    /// Whether this is MSH-1 or MSH-2, which declare the delimiters.
    pub fn is_delimiters(&self) -> bool {
        self.segment == SegmentName::MSH && self.field <= 2
    }

    /// Whether the other place is this one or a part of it, however it is written: `PID-5` holds `PID-5[1].1`.
    pub fn holds(&self, other: &FieldPath) -> bool {
        let field = |path: &FieldPath| (path.segment, path.occurrence, path.field);
        let mut others = other.below_field();
        field(self) == field(other) && self.below_field().all(|part| others.next() == Some(part))
    }

    /// The same place in this segment of its name and this repetition of its field.
    fn at(self, occurrence: u16, repetition: Option<u16>) -> FieldPath {
        FieldPath {
            occurrence,
            repetition: repetition.filter(|&number| number > 1 || self.component.is_none()),
            ..self
        }
    }

    /// The steps below the field: level and number from 1.
    pub(super) fn below_field(&self) -> impl Iterator<Item = (Level, usize)> {
        let repetition = self.repetition.or(self.component.map(|_| 1));
        [
            (Level::Repetition, repetition),
            (Level::Component, self.component),
            (Level::Subcomponent, self.subcomponent),
        ]
        .into_iter()
        .filter_map(|(level, number)| number.map(|number| (level, usize::from(number))))
    }
}

impl FromStr for FieldPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        grammar::complete(text, grammar::field_path)
    }
}

impl FromStr for SegmentPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        grammar::complete(text, grammar::segment_path)
    }
}

impl FromStr for Target {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(segment) => Ok(Target::Segment(segment)),
            Err(_) => text.parse().map(Target::Field),
        }
    }
}

impl fmt::Display for SegmentName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.segment)?;
        if self.occurrence > 1 {
            write!(formatter, "[{}]", self.occurrence)?;
        }
        write!(formatter, "-{}", self.field)?;
        if let Some(repetition) = self.repetition {
            write!(formatter, "[{repetition}]")?;
        }
        for number in [self.component, self.subcomponent].into_iter().flatten() {
            write!(formatter, ".{number}")?;
        }
        Ok(())
    }
}

impl fmt::Display for SegmentPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.name)?;
        match self.occurrence {
            Some(occurrence) => write!(formatter, "[{occurrence}]"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Segment(segment) => segment.fmt(formatter),
            Target::Field(path) => path.fmt(formatter),
        }
    }
}

impl fmt::Debug for SegmentName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Debug for FieldPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Debug for SegmentPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
