//! Where the segments of a name stand, remembered: for whoever looks through one message again and again.
//!
//! A look through a few segments is faster than any index of them, so nothing is remembered until somebody asks.

use std::ops::Range;

use super::SegmentName;
use crate::hl7::message::Message;

/// The names of the segments, as they stood after so many shifts.
#[derive(Clone)]
pub(in crate::hl7) struct Names {
    /// Each name with the index of a segment that has it, in that order.
    sorted: Box<[([u8; 3], usize)]>,
    since: usize,
}

/// The indices of the segments of a name, in order.
pub(super) enum Named<'m> {
    Remembered(std::slice::Iter<'m, ([u8; 3], usize)>),
    Sought {
        message: &'m Message,
        name: SegmentName,
        within: Range<usize>,
    },
}

impl Message {
    /// Remembers which segments have which names: from now until an edit moves or renames one, looking for a name
    /// costs no walk through all segments.
    pub fn remember_names(&self) {
        self.names.get_or_init(|| {
            let slots = self.slots.iter().enumerate();
            let mut sorted: Vec<_> = slots.map(|(index, slot)| (slot.name, index)).collect();
            sorted.sort_unstable();
            Names {
                sorted: sorted.into(),
                since: self.shifts.len(),
            }
        });
    }

    /// The indices of the segments of a name.
    pub(super) fn named(&self, name: SegmentName, within: Range<usize>) -> Named<'_> {
        match self.remembered(name, &within) {
            Some(sorted) => Named::Remembered(sorted.iter()),
            None => Named::Sought {
                message: self,
                name,
                within,
            },
        }
    }

    /// How many segments of these have the name.
    pub(super) fn count_named(&self, name: SegmentName, within: Range<usize>) -> usize {
        match self.remembered(name, &within) {
            Some(sorted) => sorted.len(),
            None => self.named(name, within).count(),
        }
    }

    /// The index of the segment of this name and number.
    pub fn index_of(&self, name: SegmentName, occurrence: u16) -> Option<usize> {
        let before = usize::from(occurrence).checked_sub(1)?;
        let all = 0..self.slots.len();
        match self.remembered(name, &all) {
            Some(sorted) => sorted.get(before).map(|(_, index)| *index),
            None => self.named(name, all).nth(before),
        }
    }

    fn remembered(&self, name: SegmentName, within: &Range<usize>) -> Option<&[([u8; 3], usize)]> {
        let names = self
            .names
            .get()
            .filter(|names| names.since == self.shifts.len())?;
        let key = |index| (*name.as_bytes(), index);
        let start = names.sorted.partition_point(|own| *own < key(within.start));
        let end = names.sorted.partition_point(|own| *own < key(within.end));
        names.sorted.get(start..end)
    }
}

impl Iterator for Named<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        match self {
            Named::Remembered(sorted) => sorted.next().map(|(_, index)| *index),
            Named::Sought {
                message,
                name,
                within,
            } => within.find(|index| {
                let slot = message.slots.get(*index);
                slot.is_some_and(|slot| slot.name == *name.as_bytes())
            }),
        }
    }
}
