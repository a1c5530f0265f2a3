//! What steps do to the places of a message: found in the scope of the moment, counted, and noted for whoever traces
//! the run.

use super::notes::{Change, Notes, standing};
use super::{Run, StepError};
use crate::hl7::{EditError, FieldPath, Looked, Message, Places, Selector, Target};

impl Run<'_> {
    /// The places a path means at the moment.
    pub(super) fn places(&self, path: &Selector) -> Places {
        let looked = Looked::default();
        let places = self.message.resolve_all_counted(path, &self.scope, &looked);
        self.context.look(looked.count());
        places
    }

    /// The first place a path means at the moment.
    pub(super) fn place(&self, path: &Selector) -> Option<FieldPath> {
        self.message.resolve(path, &self.scope)
    }

    /// Does an edit of one field and, for a trace, notes what became of it.
    pub(super) fn edit(
        &mut self,
        path: &FieldPath,
        edit: impl FnOnce(&mut Message) -> Result<(), EditError>,
    ) -> Result<(), StepError> {
        self.change(&Target::Field(*path), edit).map_err(StepError::from)
    }

    /// Does something to a place and, for a trace, notes what became of it.
    pub(super) fn change<T>(&mut self, place: &Target, change: impl FnOnce(&mut Message) -> T) -> T {
        self.change_all(&[*place], change)
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
        let segments = message.segments().len();
        let charset = message.charset();
        let before: Vec<_> = if self.is_traced() {
            places.iter().map(|place| standing(place, message)).collect()
        } else {
            Vec::new()
        };
        let done = change(message);
        if message.segments().len() > segments {
            self.count_placing(segments);
        }
        if message.charset() != charset {
            self.count_transcoding(segments);
        }
        // Without a trace there is nothing before.
        for (&place, before) in places.iter().zip(before) {
            let after = standing(&place, message);
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
            && let Some(before) = standing(&place, message)
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
            let after = standing(&place, message);
            self.change(Change {
                place,
                before: None,
                after,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::OPERATIONS_MAX;

    /// How many operations an edit of a message of 640 segments takes.
    #[track_caller]
    fn check(path: &str, text: &str, expected: usize) {
        let header = "MSH|^~\\&|A||||||ADT^A08^ADT_A01|1|P|2.5.1\rPID|1||\u{e4}\r";
        let given = format!("{header}{}", "OBX|1\r".repeat(638));
        let mut message = Message::parse(given.into()).unwrap();
        let mut notes = Notes::default();
        let path = path.parse().unwrap();
        let set = |message: &mut Message| message.set(&path, text);
        notes.watch(&mut message, &[Target::Field(path)], set).unwrap();
        assert!(notes.count(OPERATIONS_MAX - expected).is_ok(), "{path}");
        assert!(notes.count(1).is_err(), "{path}");
    }

    /// What passes over the whole message is not as cheap as what changes a field.
    #[test]
    fn edits_count_by_what_they_cost() {
        check("PID-5", "x", 1);
        check("PV1-2", "x", 1 + 640 / 64);
        check("MSH-18", "8859/1", 1 + 640);
    }
}
