//! What steps do to the places of a message: found in the scope of the moment, and noted for whoever traces the run.

use super::Run;
use super::notes::{Change, bytes_at};
use crate::hl7::{FieldPath, Message, Places, Selector, Target};

impl Run<'_> {
    /// The places a path means at the moment.
    pub(super) fn places(&self, path: &Selector) -> Places {
        self.message.resolve_all(path, &self.scope)
    }

    /// The first place a path means at the moment.
    pub(super) fn place(&self, path: &Selector) -> Option<FieldPath> {
        self.message.resolve(path, &self.scope)
    }

    /// Does something to several places and, for a trace, notes what became of each.
    pub(super) fn change_all<T>(&mut self, places: &[Target], change: impl FnOnce(&mut Message) -> T) -> T {
        if !self.notes.is_traced() {
            return change(&mut self.message);
        }
        let before: Vec<_> = places
            .iter()
            .map(|place| bytes_at(place, &self.message))
            .collect();
        let done = change(&mut self.message);
        for (&place, before) in places.iter().zip(before) {
            let after = bytes_at(&place, &self.message);
            if before != after {
                self.notes.change(Change { place, before, after });
            }
        }
        done
    }

    /// For a trace, notes a segment or repetition about to be taken away: what then has its number is another.
    pub(super) fn goes(&mut self, place: &Target) {
        if self.notes.is_traced()
            && let Some(before) = bytes_at(place, &self.message)
        {
            self.notes.change(Change {
                place: *place,
                before: Some(before),
                after: None,
            });
        }
    }

    /// For a trace, notes a segment that was not there before.
    pub(super) fn added(&mut self, place: &Target) {
        if self.notes.is_traced() {
            self.notes.change(Change {
                place: *place,
                before: None,
                after: bytes_at(place, &self.message),
            });
        }
    }
}
