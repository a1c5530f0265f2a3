//! Counts messages by their type, `ADT^A01`, with a bound: a label is never whatever a message holds.
//!
//! What does not look like a type of the standard, and each type beyond the first [`TYPES_MAX`] of a listener, is `other`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use metrics::{Counter, counter};

use crate::metrics as names;

/// More types than one listener takes.
const TYPES_MAX: usize = 64;
/// What all the rest is called.
const OTHER: &str = "other";
/// `ADT^A01`; a type without an event has three letters and zeros.
type Label = [u8; 7];

/// The counts of one listener.
pub(super) struct ByType {
    listener: Arc<str>,
    known: Mutex<BTreeMap<Label, Counter>>,
    other: Counter,
}

impl ByType {
    pub(super) fn new(listener: &Arc<str>) -> ByType {
        ByType {
            listener: Arc::clone(listener),
            known: Mutex::default(),
            other: counter!(names::BY_TYPE, "listener" => Arc::clone(listener), "type" => OTHER),
        }
    }

    /// One more of this message type (MSH-9.1) and trigger event (MSH-9.2).
    pub(super) fn one(&self, message_type: &[u8], trigger_event: &[u8]) {
        let Some(label) = label(message_type, trigger_event) else {
            return self.other.increment(1);
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(counter) = known.get(&label) {
            return counter.increment(1);
        }
        if known.len() == TYPES_MAX {
            return self.other.increment(1);
        }
        let text = String::from_utf8_lossy(&label).trim_end_matches('\0').to_owned();
        let counter = counter!(names::BY_TYPE, "listener" => Arc::clone(&self.listener), "type" => text);
        counter.increment(1);
        known.insert(label, counter);
    }
}

/// The label, if both look as the standard names types and events (HL7 v2.5.1, 2.17.1): a letter and two more.
fn label(message_type: &[u8], trigger_event: &[u8]) -> Option<Label> {
    let is_name = |name: &[u8]| match name {
        [first, rest @ ..] => {
            rest.len() == 2
                && first.is_ascii_uppercase()
                && rest
                    .iter()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        }
        [] => false,
    };
    if !is_name(message_type) {
        return None;
    }
    let mut label = Label::default();
    let (of_type, of_event) = label.split_at_mut(3);
    of_type.copy_from_slice(message_type);
    if !trigger_event.is_empty() {
        let (caret, of_event) = of_event.split_first_mut()?;
        if !is_name(trigger_event) {
            return None;
        }
        *caret = b'^';
        of_event.copy_from_slice(trigger_event);
    }
    Some(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_type_of_the_standard_or_none() {
        let check = |message_type: &str, event: &str, expected: Option<&[u8; 7]>| {
            let found = label(message_type.as_bytes(), event.as_bytes());
            assert_eq!(found.as_ref(), expected, "{message_type}^{event}");
        };
        check("ADT", "A01", Some(b"ADT^A01"));
        check("QBP", "ZV1", Some(b"QBP^ZV1"));
        check("ORU", "", Some(b"ORU\0\0\0\0"));
        for (message_type, event) in [
            ("", ""),
            ("ADTX", "A01"),
            ("ADT", "DOE^JANE"),
            ("adt", "A01"),
            ("ADT", "A 1"),
            ("123", "A01"),
        ] {
            check(message_type, event, None);
        }
    }

    #[test]
    fn a_listener_has_no_more_types_than_the_bound() {
        let counts = ByType::new(&Arc::from("in"));
        for letter in b'A'..=b'Z' {
            for digit in b'0'..=b'9' {
                counts.one(b"ADT", &[letter, digit, digit]);
            }
        }
        assert_eq!(counts.known.lock().unwrap().len(), TYPES_MAX);
    }
}
