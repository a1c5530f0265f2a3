//! Paths as people write them in routes: places that a message is asked for, `PID-3[.5=MR].1`, `OBX[*]-5`.
//!
//! A selector knows what was written, not the message; [`Message::resolve`](super::super::Message::resolve) finds
//! the concrete [`FieldPath`]s it means.

use std::fmt;
use std::str::FromStr;

use super::grammar;
use super::{FieldPath, Level, PathError, SegmentName};

/// A field, or a part of one, as written: like a [`FieldPath`], and it may choose.
///
/// ```text
/// PID-3[*]   PID-3[last]   PID-3[.5=MR].1   OBX[*]-5   OBX[last]-5   OBX[-3.1="1554-5"]-5
/// ```
///
/// `Display` prints the canonical form.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Selector {
    /// The place for whoever makes no choice: the numbers as written, the first where none is.
    path: FieldPath,
    segment: Choice,
    repetition: Choice,
}

/// Segments of a name as written: all of them (`NTE`, `NTE[*]`), or those chosen (`OBX[last]`, `OBX[-3.1="x"]`).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SegmentSelector {
    name: SegmentName,
    choice: Choice,
}

/// Segments or a field, as written.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum TargetSelector {
    /// Whole segments: `NK1`, `OBX[last]`.
    Segments(SegmentSelector),
    /// A field or a part of it: `PID-19`, `PID-3[.5=SS]`.
    Field(Selector),
}

/// Which of several segments or repetitions.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(in crate::hl7) enum Choice {
    /// Nothing was written: the current one, else the first.
    Unsaid,
    /// `[2]`
    Number(u16),
    /// `[last]`
    Last,
    /// `[*]`
    All,
    /// `[.5=MR]`, `[-3.1="1554-5"]`
    Where(Box<Equals>),
}

/// What the one that is chosen holds: this text, decoded, at this place within it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(in crate::hl7) struct Equals {
    /// The field of a segment; `None` within a repetition.
    pub(in crate::hl7) field: Option<u16>,
    pub(in crate::hl7) component: Option<u16>,
    pub(in crate::hl7) subcomponent: Option<u16>,
    pub(in crate::hl7) text: Box<str>,
}

impl Selector {
    pub(super) fn new(path: FieldPath, segment: Choice, repetition: Choice) -> Selector {
        Selector {
            path,
            segment,
            repetition,
        }
    }

    /// Reads the path that a text begins with; also says how many bytes it takes.
    pub fn read_prefix(text: &str) -> Result<(TargetSelector, usize), PathError> {
        grammar::prefix(text, grammar::target_selector)
    }

    /// The name of the segment.
    pub fn segment(&self) -> SegmentName {
        self.path.segment
    }

    /// The number of the field.
    pub fn field(&self) -> u16 {
        self.path.field
    }

    /// How deep the path goes, wherever it leads.
    pub fn level(&self) -> Level {
        let level = self.path.level();
        if level == Level::Field && self.repetition != Choice::Unsaid {
            Level::Repetition
        } else {
            level
        }
    }

    /// Whether it may mean several places: it has `[*]`.
    pub fn is_many(&self) -> bool {
        self.segment == Choice::All || self.repetition == Choice::All
    }

    /// Whether it chooses by a value, of which there may be several or none.
    pub fn is_by_value(&self) -> bool {
        [&self.segment, &self.repetition]
            .into_iter()
            .any(|choice| matches!(choice, Choice::Where(_)))
    }

    /// Whether this is MSH-1 or MSH-2, which declare the delimiters.
    pub fn is_delimiters(&self) -> bool {
        self.path.is_delimiters()
    }

    /// The path, if it is written with numbers alone: what it means in the whole message.
    pub fn plain(&self) -> Option<FieldPath> {
        (self.segment.is_plain() && self.repetition.is_plain()).then_some(self.path)
    }

    /// The same place in every repetition of its field, where no repetition is written: `PID-3` as `PID-3[*]`.
    #[must_use]
    pub fn in_each_repetition(&self) -> Selector {
        let mut each = self.clone();
        if each.repetition == Choice::Unsaid {
            each.repetition = Choice::All;
        }
        each
    }

    /// The same place wherever it may be: in every segment and every repetition, where no other is written.
    ///
    /// A field without a part stays whole, and with it all its repetitions.
    #[must_use]
    pub fn everywhere(&self) -> Selector {
        self.in_all(true, self.is_of_any_repetition() && !self.is_delimiters())
    }

    /// Whether the segment is named without saying which.
    pub fn is_of_any_segment(&self) -> bool {
        self.segment == Choice::Unsaid
    }

    /// Whether it is a part of a repetition, without saying of which.
    pub fn is_of_any_repetition(&self) -> bool {
        self.repetition == Choice::Unsaid && self.path.component.is_some()
    }

    /// The same place in every segment, and in every repetition, as asked for, where no other is written.
    #[must_use]
    pub fn in_all(&self, segment: bool, repetition: bool) -> Selector {
        self.chosen(segment, repetition, &Choice::All)
    }

    /// The same place in the first segment, and in the first repetition, as asked for, where no other is written.
    #[must_use]
    pub fn in_first(&self, segment: bool, repetition: bool) -> Selector {
        self.chosen(segment, repetition, &Choice::Number(1))
    }

    fn chosen(&self, segment: bool, repetition: bool, choice: &Choice) -> Selector {
        let mut chosen = self.clone();
        for (one, is_asked) in [
            (&mut chosen.segment, segment),
            (&mut chosen.repetition, repetition),
        ] {
            if is_asked && *one == Choice::Unsaid {
                *one = choice.clone();
            }
        }
        chosen
    }

    /// Whether what the other means is sure to be a part of what this means: it chooses the same and goes deeper.
    pub fn surely_holds(&self, other: &Selector) -> bool {
        self.segment == other.segment && self.repetition == other.repetition && self.path.holds(&other.path)
    }

    /// The path without its choices: the numbers as written, the first where none is.
    pub fn path(&self) -> &FieldPath {
        &self.path
    }

    pub(in crate::hl7) fn segment_choice(&self) -> &Choice {
        &self.segment
    }

    pub(in crate::hl7) fn repetition_choice(&self) -> &Choice {
        &self.repetition
    }
}

impl SegmentSelector {
    pub(super) fn new(name: SegmentName, choice: Choice) -> SegmentSelector {
        SegmentSelector { name, choice }
    }

    /// The name of the segments.
    pub fn name(&self) -> SegmentName {
        self.name
    }

    /// Whether `[*]` is written: each of them is meant, one as much as the other.
    pub fn is_many(&self) -> bool {
        self.choice == Choice::All
    }

    pub(in crate::hl7) fn choice(&self) -> &Choice {
        &self.choice
    }
}

impl Choice {
    /// Whether it can be told without looking into a message.
    pub(in crate::hl7) fn is_plain(&self) -> bool {
        matches!(self, Choice::Unsaid | Choice::Number(_))
    }

    pub(super) fn number(&self) -> Option<u16> {
        match self {
            Choice::Number(number) => Some(*number),
            Choice::Unsaid | Choice::Last | Choice::All | Choice::Where(_) => None,
        }
    }
}

impl From<FieldPath> for Selector {
    /// The selector that means this very place in the whole message.
    fn from(path: FieldPath) -> Selector {
        let repetition = match path.repetition {
            Some(number) => Choice::Number(number),
            None if path.component.is_some() => Choice::Number(1),
            None => Choice::Unsaid,
        };
        Selector::new(path, Choice::Number(path.occurrence), repetition)
    }
}

impl FromStr for Selector {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Selector, PathError> {
        grammar::complete(text, grammar::selector)
    }
}

impl FromStr for SegmentSelector {
    type Err = PathError;

    fn from_str(text: &str) -> Result<SegmentSelector, PathError> {
        grammar::complete(text, grammar::segment_selector)
    }
}

impl FromStr for TargetSelector {
    type Err = PathError;

    fn from_str(text: &str) -> Result<TargetSelector, PathError> {
        grammar::complete(text, grammar::target_selector)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}{}-{}{}",
            self.path.segment, self.segment, self.path.field, self.repetition
        )?;
        for number in [self.path.component, self.path.subcomponent]
            .into_iter()
            .flatten()
        {
            write!(formatter, ".{number}")?;
        }
        Ok(())
    }
}

impl fmt::Display for SegmentSelector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.name, self.choice)
    }
}

impl fmt::Display for TargetSelector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TargetSelector::Segments(segments) => segments.fmt(formatter),
            TargetSelector::Field(field) => field.fmt(formatter),
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Choice::Unsaid => Ok(()),
            Choice::Number(number) => write!(formatter, "[{number}]"),
            Choice::Last => formatter.write_str("[last]"),
            Choice::All => formatter.write_str("[*]"),
            Choice::Where(equals) => write!(formatter, "[{equals}]"),
        }
    }
}

impl fmt::Display for Equals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(field) = self.field {
            write!(formatter, "-{field}")?;
        }
        for number in [self.component, self.subcomponent].into_iter().flatten() {
            write!(formatter, ".{number}")?;
        }
        let is_plain = !self.text.is_empty() && self.text.chars().all(grammar::is_bare);
        match &self.text {
            text if is_plain => write!(formatter, "={text}"),
            // No text that can be written holds both quotes.
            text if text.contains('"') => write!(formatter, "='{text}'"),
            text => write!(formatter, "=\"{text}\""),
        }
    }
}

impl fmt::Debug for Selector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Debug for SegmentSelector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Debug for TargetSelector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
