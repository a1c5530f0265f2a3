//! What steps do to the places of a message: found in the scope of the moment, counted, and noted for whoever traces
//! the run.

use super::Run;
use super::notes::{Change, Notes, bytes_at};
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
        self.notes.watch(&mut self.message, places, change)
    }

    /// A segment or repetition is about to be taken away; for a trace, notes what stood there: what then has its
    /// number is another.
    pub(super) fn goes(&mut self, place: impl FnOnce(&Message) -> Option<Target>) {
        self.notes.goes(&self.message, place);
    }

    /// A segment was added that was not there before.
    pub(super) fn added(&mut self, place: impl FnOnce(&Message) -> Option<Target>) {
        self.notes.added(&self.message, place);
    }
}

impl Notes {
    /// Does something to places of a message and, for a trace, notes what became of each.
    pub(super) fn watch<T>(
        &mut self,
        message: &mut Message,
        places: &[Target],
        change: impl FnOnce(&mut Message) -> T,
    ) -> T {
        self.count_edit();
        if !self.is_traced() {
            return change(message);
        }
        let before: Vec<_> = places.iter().map(|place| bytes_at(place, message)).collect();
        let done = change(message);
        for (&place, before) in places.iter().zip(before) {
            let after = bytes_at(&place, message);
            if before != after {
                self.change(Change { place, before, after });
            }
        }
        done
    }

    /// What is at this place is about to be taken away.
    pub(super) fn goes(&mut self, message: &Message, place: impl FnOnce(&Message) -> Option<Target>) {
        self.count_edit();
        if self.is_traced()
            && let Some(place) = place(message)
            && let Some(before) = bytes_at(&place, message)
        {
            self.change(Change {
                place,
                before: Some(before),
                after: None,
            });
        }
    }

    /// What is at this place was just added.
    pub(super) fn added(&mut self, message: &Message, place: impl FnOnce(&Message) -> Option<Target>) {
        self.count_edit();
        if self.is_traced()
            && let Some(place) = place(message)
        {
            let after = bytes_at(&place, message);
            self.change(Change {
                place,
                before: None,
                after,
            });
        }
    }
}
