//! Whom and what a message is about: what people tell messages apart by, read from the frame as received.
//!
//! It is content, and goes only to whom may read it. The fields are those that messages are found by (`term`), so what
//! is shown of one finds it again.

use std::fmt;

use bytes::Bytes;

use crate::hl7::datatype::Part;
use crate::hl7::{Charset, Message, ParseLimits, Segment};

/// The most values of a kind: a message of a hundred orders is told apart by its first.
const VALUES_MAX: usize = 5;
/// The most characters of a value.
const CHARS_MAX: usize = 100;

/// What tells a message from others for people.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// The patient's name (PID-5), family name first.
    pub name: Option<String>,
    /// The patient's identifiers: PID-3 and what it was before, PID-2, PID-4 and MRG-1.
    pub patients: Vec<String>,
    /// Account and visit numbers: PID-18, PV1-19, MRG-3.
    pub accounts: Vec<String>,
    /// Order and accession numbers: ORC-2, ORC-3, OBR-2, OBR-3, OBR-18 to OBR-21, IPC-1.
    pub orders: Vec<String>,
}

impl fmt::Debug for Subject {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [self.patients.len(), self.accounts.len(), self.orders.len()];
        write!(out, "Subject({counts:?})")
    }
}

impl Subject {
    /// Of a frame as received, in this character set where it does not say itself; nothing of what is no message.
    pub(super) fn of(raw: Bytes, charset: Option<Charset>) -> Subject {
        let mut subject = Subject::default();
        if let Ok(message) = Message::parse_assuming(raw, &ParseLimits::default(), charset) {
            for segment in message.segments() {
                subject.segment(&segment);
            }
        }
        subject
    }

    fn segment(&mut self, segment: &Segment<'_>) {
        match segment.name() {
            b"PID" => {
                if self.name.is_none() {
                    self.name = segment.repetitions(5).next().and_then(name);
                }
                // What is printed on the wristband comes first.
                add(&mut self.patients, segment, &[3, 2, 4]);
                add(&mut self.accounts, segment, &[18]);
            }
            b"MRG" => {
                add(&mut self.patients, segment, &[1]);
                add(&mut self.accounts, segment, &[3]);
            }
            b"PV1" => add(&mut self.accounts, segment, &[19]),
            b"ORC" => add(&mut self.orders, segment, &[2, 3]),
            b"OBR" => add(&mut self.orders, segment, &[2, 3, 18, 19, 20, 21]),
            b"IPC" => add(&mut self.orders, segment, &[1]),
            _ => {}
        }
    }
}

/// The first component of every repetition of these fields, each value once.
fn add(values: &mut Vec<String>, segment: &Segment<'_>, fields: &[u16]) {
    let parts = fields.iter().flat_map(|field| segment.repetitions(*field));
    for value in parts.filter_map(|part| text(part.component(1))) {
        if values.len() < VALUES_MAX && !values.contains(&value) {
            values.push(value);
        }
    }
}

/// Family name and given names, as `DOE, JOHN Q`.
fn name(name: Part<'_>) -> Option<String> {
    let family = text(name.component(1).component(1));
    let given: Vec<_> = [2, 3]
        .into_iter()
        .filter_map(|part| text(name.component(part)))
        .collect();
    let given = (!given.is_empty()).then(|| given.join(" "));
    let parts: Vec<_> = family.into_iter().chain(given).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn text(part: Part<'_>) -> Option<String> {
    let text = part.text()?;
    let text: String = text.trim().chars().take(CHARS_MAX).collect();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(segments: &str, name: Option<&str>, values: [&[&str]; 3]) {
        let raw = format!("MSH|^~\\&|EHR|NORTH|LAB|SOUTH|20260301||OML^O21|c-1|P|2.5.1\r{segments}");
        let subject = Subject::of(raw.into(), None);
        assert_eq!(subject.name.as_deref(), name);
        assert_eq!([subject.patients, subject.accounts, subject.orders], values);
    }

    #[test]
    fn people_tell_messages_apart_by_names_and_numbers() {
        check(
            "PID|1|old-9|123^^^N^MR~456^^^S^PI|alt-1|Doe&van^John \\T\\ Co^Q~ROE^JANE|||||||||||||acc-1\r\
             MRG|77^^^N^MR||acc-0\rPV1|1|I|||||||||||||||||visit-1\r\
             ORC|NW|p-1^EHR|f-1^LAB\rOBR|1|p-1^EHR|f-2^LAB|||||||||||||||a-18\r",
            Some("Doe, John & Co Q"),
            [
                &["123", "456", "old-9", "alt-1", "77"],
                &["acc-1", "acc-0", "visit-1"],
                &["p-1", "f-1", "f-2", "a-18"],
            ],
        );
        check("PID|||1||^JANE\r", Some("JANE"), [&["1"], &[], &[]]);
        check("PID|||1||\"\"\r", None, [&["1"], &[], &[]]);
        check("EVN|A08\r", None, [&[], &[], &[]]);
    }

    #[test]
    fn what_is_no_message_has_none_and_hostile_ones_a_bounded_number() {
        let nothing = Subject::of(Bytes::from_static(b"GET / HTTP/1.1"), None);
        assert_eq!(nothing, Subject::default());
        let orders: Vec<String> = (0..500)
            .map(|number| format!("ORC|NW|{number}{}\r", "9".repeat(500)))
            .collect();
        let many = orders.concat();
        let subject = Subject::of(format!("MSH|^~\\&|A\r{many}").into(), None);
        assert_eq!(subject.orders.len(), VALUES_MAX);
        assert!(subject.orders.iter().all(|order| order.len() == CHARS_MAX));
        assert_eq!(format!("{subject:?}"), "Subject([0, 0, 5])");
    }
}
