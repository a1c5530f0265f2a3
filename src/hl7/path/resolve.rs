//! From a selector to the places it means in a message and a scope. Reads; never changes anything.
//!
//! A path of numbers under the whole message is known without looking; everything else passes over the segments
//! once, and over a field once.

use std::borrow::Cow;
use std::cell::Cell;
use std::convert::Infallible;
use std::fmt;
use std::ops::{ControlFlow, Range};

use smallvec::SmallVec;

use super::scope::Framed;
use super::selector::{Choice, Equals, SegmentSelector, Selector};
use super::{FieldPath, Level, Scope, SegmentName, SegmentPath};
use crate::hl7::delimiters::Delimiters;
use crate::hl7::escape;
use crate::hl7::message::Message;
use crate::hl7::segment::{self, pieces};
use crate::hl7::value::Value;

/// The places a selector means, in order.
pub type Places = SmallVec<[FieldPath; 2]>;

/// A place that a selector means, and what stands there.
#[derive(Clone, Copy)]
pub struct Found<'m> {
    message: &'m Message,
    /// The place, with numbers of the whole message.
    pub path: FieldPath,
    within: Within<'m>,
}

/// How much was looked at to find places: a segment or repetition is one, a large one more.
#[derive(Debug, Default)]
pub struct Looked(Cell<usize>);

impl Looked {
    /// How much it was.
    pub fn count(&self) -> usize {
        self.0.get()
    }

    /// Adds what was looked at otherwise.
    pub fn add(&self, count: usize) {
        self.0.set(self.0.get().saturating_add(count));
    }

    fn at(&self, raw: &[u8]) {
        /// So many bytes are passed over in the time of one look.
        const BYTES_PER_LOOK: usize = 512;
        self.add(1 + raw.len() / BYTES_PER_LOOK);
    }
}

/// How far the search has gone.
#[derive(Clone, Copy)]
enum Within<'m> {
    /// Nowhere: the path is of numbers alone.
    Message,
    Segment(&'m [u8]),
    Repetition(&'m [u8]),
}

impl Message {
    /// The first place a selector means; `None` where it means none.
    ///
    /// A path of numbers alone means its place even where nothing stands, so that it can be written; inside a group
    /// the segment must be there.
    pub fn resolve(&self, selector: &Selector, scope: &Scope) -> Option<FieldPath> {
        if scope.is_whole()
            && let Some(path) = selector.plain()
        {
            return Some(path);
        }
        self.find(selector, scope).map(|found| found.path)
    }

    /// All places a selector means, in order: with `[*]` and with a choice by value there may be several.
    pub fn resolve_all(&self, selector: &Selector, scope: &Scope) -> Places {
        self.resolve_all_counted(selector, scope, &Looked::default())
    }

    /// The same, and counts what had to be looked at for it.
    pub fn resolve_all_counted(&self, selector: &Selector, scope: &Scope, looked: &Looked) -> Places {
        let mut places = Places::new();
        if let Some(path) = selector.plain().filter(|_| scope.is_whole()) {
            places.push(path);
            return places;
        }
        let ControlFlow::<Infallible>::Continue(()) = self.visit_counted(selector, scope, looked, |found| {
            places.push(found.path);
            ControlFlow::Continue(())
        });
        places
    }

    /// The first place a selector means, with what stands there.
    pub fn find(&self, selector: &Selector, scope: &Scope) -> Option<Found<'_>> {
        match self.visit(selector, scope, ControlFlow::Break) {
            ControlFlow::Break(found) => Some(found),
            ControlFlow::Continue(()) => None,
        }
    }

    /// Visits the places a selector means, in order, until the visitor breaks.
    pub fn visit<'m, B>(
        &'m self,
        selector: &Selector,
        scope: &Scope,
        visit: impl FnMut(Found<'m>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        self.visit_counted(selector, scope, &Looked::default(), visit)
    }

    /// The same, and counts what had to be looked at for it.
    pub fn visit_counted<'m, B>(
        &'m self,
        selector: &Selector,
        scope: &Scope,
        looked: &Looked,
        mut visit: impl FnMut(Found<'m>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        if scope.is_whole()
            && let Some(path) = selector.plain()
        {
            return visit(Found {
                message: self,
                path,
                within: Within::Message,
            });
        }
        let name = selector.segment();
        self.visit_segments(
            name,
            selector.segment_choice(),
            scope,
            looked,
            &mut |index, occurrence| {
                let path = selector.path().at(occurrence, None);
                self.visit_repetitions(selector, (path, index), scope, looked, &mut visit)
            },
        )
    }

    /// The indices of the segments a selector means, in order.
    pub fn resolve_segments(&self, selector: &SegmentSelector, scope: &Scope) -> SmallVec<[usize; 4]> {
        self.resolve_segments_counted(selector, scope, &Looked::default())
    }

    /// The same, and counts what had to be looked at for it.
    pub fn resolve_segments_counted(
        &self,
        selector: &SegmentSelector,
        scope: &Scope,
        looked: &Looked,
    ) -> SmallVec<[usize; 4]> {
        let mut indices = SmallVec::new();
        let name = selector.name();
        if scope.is_whole() && matches!(selector.choice(), Choice::Unsaid | Choice::All) {
            indices.extend(self.named(name, 0..self.slots.len()));
            return indices;
        }
        // A name alone means every segment of the name, or the one at hand.
        let choice = match (selector.choice(), self.meaning(name, false, scope)) {
            (Choice::Unsaid, Meaning::Within(_) | Meaning::Message) => &Choice::All,
            (choice, _) => choice,
        };
        let ControlFlow::<Infallible>::Continue(()) =
            self.visit_segments(name, choice, scope, looked, &mut |index, _| {
                indices.extend(index);
                ControlFlow::Continue(())
            });
        indices
    }

    /// The path of the segment of this index; `None` where there is none, or none that a path can name.
    pub fn segment_path(&self, index: usize) -> Option<SegmentPath> {
        let name = self.name_at(index)?;
        Some(SegmentPath {
            name,
            occurrence: Some(self.occurrence_of(name, index)?),
        })
    }

    /// The name of the segment of this index, if a path can ask for it.
    pub(super) fn name_at(&self, index: usize) -> Option<SegmentName> {
        SegmentName::new(self.slots.get(index)?.name)
    }

    fn bytes_of(&self, index: usize) -> &[u8] {
        self.slots.get(index).map_or(&[], |slot| self.raw(slot))
    }

    fn occurrence_of(&self, name: SegmentName, index: usize) -> Option<u16> {
        u16::try_from(self.count_named(name, 0..index) + 1).ok()
    }

    /// What a name means in a scope, asked from the inside out.
    fn meaning(&self, name: SegmentName, is_numbered: bool, scope: &Scope) -> Meaning {
        for frame in scope.frames() {
            match &frame.place {
                Framed::Segment(own, index) | Framed::Repetition(own, index, ..)
                    if *own == name && !is_numbered =>
                {
                    return Meaning::Segment(frame.segment(*index, self));
                }
                Framed::Group(segments, names) => {
                    let segments = frame.group(segments, self);
                    if names.contains(&name) || self.named(name, segments.clone()).next().is_some() {
                        return Meaning::Within(segments);
                    }
                }
                Framed::Segment(..) | Framed::Repetition(..) => {}
            }
        }
        Meaning::Message
    }

    /// Visits the segments meant, as index and number; a number alone in the whole message has perhaps no index.
    fn visit_segments<B>(
        &self,
        name: SegmentName,
        choice: &Choice,
        scope: &Scope,
        looked: &Looked,
        visit: &mut dyn FnMut(Option<usize>, u16) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let (within, is_message) = match self.meaning(name, *choice != Choice::Unsaid, scope) {
            Meaning::Segment(index) => {
                return match index.zip(index.and_then(|index| self.occurrence_of(name, index))) {
                    Some((index, occurrence)) => visit(Some(index), occurrence),
                    None => ControlFlow::Continue(()),
                };
            }
            Meaning::Within(segments) => (segments, false),
            Meaning::Message => (0..self.slots.len(), true),
        };
        let before = self.count_named(name, 0..within.start);
        let mut named = (before + 1..).zip(self.named(name, within));
        let mut found = |(occurrence, index): (usize, usize)| match u16::try_from(occurrence) {
            Ok(occurrence) => visit(Some(index), occurrence),
            Err(_) => ControlFlow::Continue(()),
        };
        match choice {
            Choice::Unsaid | Choice::Number(_) => {
                let number = choice.number().unwrap_or(1);
                match named.nth(usize::from(number).saturating_sub(1)) {
                    Some(segment) => found(segment),
                    None if is_message => visit(None, number),
                    None => ControlFlow::Continue(()),
                }
            }
            Choice::Last => named.last().map_or(ControlFlow::Continue(()), found),
            Choice::All => named.try_for_each(found),
            Choice::Where(equals) => named
                .filter(|(_, index)| {
                    let raw = self.bytes_of(*index);
                    looked.at(raw);
                    equals.fits_segment(name, raw, &self.delimiters)
                })
                .try_for_each(found),
        }
    }

    /// Visits the repetitions meant of the field in this segment.
    fn visit_repetitions<'m, B>(
        &'m self,
        selector: &Selector,
        (path, index): (FieldPath, Option<usize>),
        scope: &Scope,
        looked: &Looked,
        visit: &mut impl FnMut(Found<'m>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let found = |path, within| Found {
            message: self,
            path,
            within,
        };
        let segment = index.map(|index| self.bytes_of(index));
        looked.at(segment.unwrap_or_default());
        let choice = selector.repetition_choice();
        if choice.is_plain() {
            let at_hand = match choice {
                Choice::Unsaid => index.and_then(|index| self.repetition_at_hand(&path, index, scope)),
                Choice::Number(_) | Choice::Last | Choice::All | Choice::Where(_) => None,
            };
            let number = match at_hand {
                Some(AtHand::Removed) => return ControlFlow::Continue(()),
                Some(AtHand::Number(number)) => Some(number),
                None => choice.number(),
            };
            let within = segment.map_or(Within::Message, Within::Segment);
            return visit(found(path.at(path.occurrence, number), within));
        }
        let mut all = (1..)
            .zip(repetitions(segment.unwrap_or_default(), &path, &self.delimiters))
            .inspect(|(_, raw)| looked.at(raw));
        let mut visit = |(number, raw): (u16, &'m [u8])| {
            visit(found(
                path.at(path.occurrence, Some(number)),
                Within::Repetition(raw),
            ))
        };
        match choice {
            Choice::Last => all.last().map_or(ControlFlow::Continue(()), visit),
            Choice::Where(equals) => all
                .filter(|(_, raw)| equals.fits_repetition(raw, &self.delimiters))
                .try_for_each(visit),
            Choice::Unsaid | Choice::Number(_) | Choice::All => all.try_for_each(&mut visit),
        }
    }

    /// The repetition that is at hand, if it is one of this field in this segment.
    fn repetition_at_hand(&self, path: &FieldPath, index: usize, scope: &Scope) -> Option<AtHand> {
        scope.frames().find_map(|frame| match frame.place {
            Framed::Repetition(_, of, field, number)
                if field == path.field() && frame.segment(of, self) == Some(index) =>
            {
                let number = frame.repetition((of, field, number), self);
                Some(number.map_or(AtHand::Removed, AtHand::Number))
            }
            Framed::Repetition(..) | Framed::Segment(..) | Framed::Group(..) => None,
        })
    }
}

/// What became of the repetition at hand.
enum AtHand {
    Removed,
    Number(u16),
}

/// What a name means.
enum Meaning {
    /// The segment at hand; `None` once it is removed.
    Segment(Option<usize>),
    /// The segments of a group.
    Within(Range<usize>),
    /// All of the message.
    Message,
}

impl<'m> Found<'m> {
    /// What stands there, undecoded.
    pub fn value(&self) -> Value<'m> {
        let delimiters = &self.message.delimiters;
        match self.within {
            Within::Message => self.message.read(&self.path),
            Within::Segment(raw) => segment::read(raw, &self.path, delimiters),
            Within::Repetition(raw) => below(raw, self.path.component, self.path.subcomponent, delimiters),
        }
    }

    /// The first component of what stands there; itself where the path goes as deep.
    #[must_use]
    pub fn first_component(self) -> Found<'m> {
        Found {
            path: self.path.first_component(),
            ..self
        }
    }

    /// The value with its escapes decoded; `None` unless valued.
    pub fn text(&self) -> Option<Cow<'m, str>> {
        let raw = self.value().raw()?;
        Some(self.message.decoded(raw, &self.path))
    }
}

impl fmt::Debug for Found<'_> {
    /// Prints the place, never what stands there.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Found({})", self.path)
    }
}

impl Equals {
    fn fits_segment(&self, name: SegmentName, segment: &[u8], delimiters: &Delimiters) -> bool {
        let path = FieldPath {
            segment: name,
            occurrence: 1,
            field: self.field.unwrap_or(1),
            repetition: None,
            component: self.component,
            subcomponent: self.subcomponent,
        };
        let value = segment::read(segment, &path, delimiters);
        self.fits(value, &delimiters.escaping(&path))
    }

    fn fits_repetition(&self, repetition: &[u8], delimiters: &Delimiters) -> bool {
        let value = below(repetition, self.component, self.subcomponent, delimiters);
        self.fits(value, delimiters)
    }

    /// What has no value reads as the empty text, here as everywhere.
    fn fits(&self, value: Value<'_>, delimiters: &Delimiters) -> bool {
        match value.raw() {
            Some(raw) => escape::decode(raw, delimiters) == *self.text,
            None => self.text.is_empty(),
        }
    }
}

/// The repetitions of a field. A field without a byte has none, and neither have MSH-1 and MSH-2: they are made of
/// delimiters.
fn repetitions<'m>(
    segment: &'m [u8],
    path: &FieldPath,
    delimiters: &Delimiters,
) -> impl Iterator<Item = &'m [u8]> + use<'m> {
    let field = if path.is_delimiters() {
        &[]
    } else {
        segment::field_bytes(segment, path.field(), delimiters)
    };
    pieces(field, delimiters.repetition, delimiters).filter(move |_| !field.is_empty())
}

/// What stands in a repetition: itself, or the part of it.
fn below<'m>(
    repetition: &'m [u8],
    component: Option<u16>,
    subcomponent: Option<u16>,
    delimiters: &Delimiters,
) -> Value<'m> {
    let mut range = 0..repetition.len();
    let mut deepest = Level::Repetition;
    for (level, number) in [(Level::Component, component), (Level::Subcomponent, subcomponent)] {
        let Some(number) = number else { break };
        let delimiter = delimiters.between(level);
        match segment::piece(
            repetition,
            range,
            delimiter,
            usize::from(number),
            delimiters.multibyte,
        ) {
            Ok(found) => (range, deepest) = (found, level),
            Err(_) => return Value::Absent,
        }
    }
    segment::value(segment::slice(repetition, &range), deepest, delimiters)
}
