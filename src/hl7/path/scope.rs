//! What paths mean at the moment: the whole message, or the segments, the segment or the repetition at hand.
//!
//! A scope remembers places by number. Edits that insert or remove segments (and repetitions) renumber what follows;
//! the message keeps a list of them, and every look through a scope follows the list from where the scope was made.
//! So a step may insert and remove what it likes: the current OBX stays the current one, or is gone.

use std::cmp::Ordering;
use std::ops::Range;

use super::super::message::Message;
use super::{FieldPath, SegmentName};

/// What paths mean at the moment: by default the whole message.
///
/// Inside a group, the names of its segments mean those of the group. Inside a segment, its name without a number
/// means it; inside a repetition, its field without one means that repetition. What is entered last is asked first;
/// what a scope does not know is looked for in what surrounds it.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    frames: Vec<Frame>,
}

/// One of the things entered.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) place: Framed,
    /// How many shifts the message had when it was entered.
    since: usize,
}

#[derive(Debug, Clone)]
pub(super) enum Framed {
    /// These segments, by index; names that belong to them although the range may have none.
    Group(Range<usize>, Vec<SegmentName>),
    /// The segment of this index.
    Segment(SegmentName, usize),
    /// A repetition of a field of the segment of this index.
    Repetition(SegmentName, usize, u16, u16),
}

/// A segment that is found again after edits, as long as it is there.
#[derive(Debug, Clone, Copy)]
pub struct SegmentMark {
    index: usize,
    since: usize,
}

/// An edit after which what follows has other numbers.
#[derive(Debug, Clone, Copy)]
pub(in crate::hl7) enum Shift {
    /// A segment now stands at this index.
    Inserted(usize),
    /// The segment that stood at this index is gone.
    Removed(usize),
    /// The repetition of this number is gone from a field of the segment at this index.
    RepetitionRemoved(usize, u16, u16),
}

impl Scope {
    /// The whole message.
    pub const fn whole() -> Scope {
        Scope { frames: Vec::new() }
    }

    /// Whether this is the whole message.
    pub fn is_whole(&self) -> bool {
        self.frames.is_empty()
    }

    /// Enters a group: the segments of these indices. `names` belong to it even where it has none of them: then they
    /// mean nothing, rather than a segment outside. The names of the segments it has belong to it for good.
    pub fn enter_group(&mut self, message: &Message, segments: Range<usize>, names: &[SegmentName]) {
        let mut own = names.to_vec();
        for name in segments.clone().filter_map(|index| message.name_at(index)) {
            if !own.contains(&name) {
                own.push(name);
            }
        }
        self.enter(message, Framed::Group(segments, own));
    }

    /// Enters the segment of this index; without such a segment, or for one whose name no path can ask for, an empty
    /// group.
    pub fn enter_segment(&mut self, message: &Message, index: usize) {
        let place = match message.name_at(index) {
            Some(name) => Framed::Segment(name, index),
            None => Framed::Group(index..index, Vec::new()),
        };
        self.enter(message, place);
    }

    /// Enters the repetition of a field; for a path that names none, the first.
    pub fn enter_repetition(&mut self, message: &Message, path: &FieldPath) {
        let place = match message.index_of(path.segment(), path.occurrence()) {
            Some(index) => {
                let number = path.repetition().unwrap_or(1);
                Framed::Repetition(path.segment(), index, path.field(), number)
            }
            None => Framed::Group(0..0, vec![path.segment()]),
        };
        self.enter(message, place);
    }

    /// The same around another: what that one does not know is asked of this one.
    #[must_use]
    pub fn around(&self, inner: &Scope) -> Scope {
        Scope {
            frames: [self.frames.as_slice(), inner.frames.as_slice()].concat(),
        }
    }

    fn enter(&mut self, message: &Message, place: Framed) {
        self.frames.push(Frame {
            place,
            since: message.shifts.len(),
        });
    }

    /// Leaves what was entered last.
    pub fn leave(&mut self) {
        self.frames.pop();
    }

    /// What was entered, last first.
    pub(super) fn frames(&self) -> impl Iterator<Item = &Frame> {
        self.frames.iter().rev()
    }
}

impl Frame {
    /// The group where it now is.
    pub(super) fn group(&self, segments: &Range<usize>, message: &Message) -> Range<usize> {
        let shifts = message.shifts.iter().skip(self.since);
        let Range { mut start, mut end } = segments.clone();
        for shift in shifts {
            match *shift {
                Shift::Inserted(at) if at < start => (start, end) = (start + 1, end + 1),
                // What is put before its first segment or behind its last while it is at hand belongs to it.
                Shift::Inserted(at) if at <= end => end += 1,
                Shift::Removed(at) if at < start => (start, end) = (start - 1, end - 1),
                Shift::Removed(at) if at < end => end -= 1,
                Shift::Inserted(_) | Shift::Removed(_) | Shift::RepetitionRemoved(..) => {}
            }
        }
        start..end
    }

    /// The segment where it now is.
    pub(super) fn segment(&self, index: usize, message: &Message) -> Option<usize> {
        let mark = SegmentMark {
            index,
            since: self.since,
        };
        message.marked(mark)
    }

    /// The number that the repetition now has, of this field in the segment of this index.
    pub(super) fn repetition(
        &self,
        (mut index, field, mut number): (usize, u16, u16),
        message: &Message,
    ) -> Option<u16> {
        for shift in message.shifts.iter().skip(self.since) {
            if let Shift::RepetitionRemoved(at, of, removed) = *shift
                && (at, of) == (index, field)
            {
                match removed.cmp(&number) {
                    Ordering::Less => number -= 1,
                    Ordering::Equal => return None,
                    Ordering::Greater => {}
                }
            }
            index = shift.follow(index)?;
        }
        Some(number)
    }
}

impl Shift {
    /// The index a segment has after the shift; `None` if it is gone.
    fn follow(self, index: usize) -> Option<usize> {
        match self {
            Shift::Inserted(at) if at <= index => Some(index + 1),
            Shift::Removed(at) if at < index => Some(index - 1),
            Shift::Removed(at) if at == index => None,
            Shift::Inserted(_) | Shift::Removed(_) | Shift::RepetitionRemoved(..) => Some(index),
        }
    }
}

impl Message {
    /// Marks the segment of this index, to find it again after edits.
    pub fn mark(&self, index: usize) -> SegmentMark {
        SegmentMark {
            index,
            since: self.shifts.len(),
        }
    }

    /// The index of a marked segment; `None` once it is removed.
    pub fn marked(&self, mark: SegmentMark) -> Option<usize> {
        let mut shifts = self.shifts.iter().skip(mark.since);
        shifts.try_fold(mark.index, |index, shift| shift.follow(index))
    }
}
