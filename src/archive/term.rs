//! Terms: what a message is found by, and which it has.
//!
//! A term is a field and a value, kept as 64 bits of a hash; in an encrypted archive of a keyed one, so that nobody
//! learns a value by trying them. Two values of an archive's millions fall together with a
//! chance of one in a hundred thousand millions for each search; nothing looks closer than that.
//! Identifiers and names are compared without regard to upper and lower case and to blanks around them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use bytes::Bytes;
use zeroize::Zeroizing;

use super::state::State;
use crate::hl7::datatype::Part;
use crate::hl7::{Charset, Message, ParseLimits, Segment};

/// The most terms one message is found by: a message of ten thousand orders is found by its first.
const TERMS_MAX: usize = 1_000;
/// The most characters of a value shown in lists: control ids and types of messages.
const SHOWN_CHARS_MAX: usize = 200;

/// What a term is about. The numbers are in files: they stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    ControlId = 1,
    Patient = 2,
    Name = 3,
    Account = 4,
    Order = 5,
    Type = 6,
    SendingApplication = 7,
    SendingFacility = 8,
    ReceivingApplication = 9,
    ReceivingFacility = 10,
    Listener = 11,
    Route = 12,
    State = 13,
    Delivery = 14,
    Tag = 15,
    Origin = 16,
}

/// The hash of a field and a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Term(pub(super) i64);

/// Makes the terms of one archive.
#[derive(Default)]
pub(super) struct Hashing(Option<Zeroizing<[u8; blake3::KEY_LEN]>>);

impl Hashing {
    /// Of an encrypted archive.
    pub(super) fn keyed(key: Zeroizing<[u8; blake3::KEY_LEN]>) -> Hashing {
        Hashing(Some(key))
    }

    /// A value as it stands in a message or was asked for; `None` when it is empty.
    pub(super) fn folded(&self, field: Field, value: &str) -> Option<Term> {
        let folded = value.trim().to_uppercase();
        (!folded.is_empty()).then(|| self.exact(field, &folded))
    }

    /// A name of the site.
    pub(super) fn exact(&self, field: Field, name: &str) -> Term {
        let mut hasher = match &self.0 {
            Some(key) => blake3::Hasher::new_keyed(key),
            None => blake3::Hasher::new(),
        };
        hasher.update(&[field as u8]);
        hasher.update(name.as_bytes());
        let hash = hasher.finalize();
        Term(i64::from_be_bytes(
            *hash.as_bytes().first_chunk().expect("a hash has 32 bytes"),
        ))
    }

    /// What became of a message: its own state, that of any of its deliveries, and each of these at its destination.
    pub(super) fn became<'d>(
        &self,
        own: Option<State>,
        deliveries: impl IntoIterator<Item = (&'d str, State)>,
    ) -> BTreeSet<Term> {
        // Of a message that was split a destination has many alike.
        let deliveries: BTreeSet<_> = deliveries.into_iter().collect();
        let states = deliveries.iter().map(|(_, state)| *state).chain(own);
        let states: BTreeSet<_> = states.collect();
        let at_destinations = deliveries
            .into_iter()
            .map(|(destination, state)| self.delivery(destination, state));
        let states = states.into_iter().map(|state| self.state(state));
        states.chain(at_destinations).collect()
    }

    /// A message in this state, or with a delivery in it.
    pub(super) fn state(&self, state: State) -> Term {
        self.exact(Field::State, state.as_str())
    }

    /// A delivery to this destination in this state.
    pub(super) fn delivery(&self, destination: &str, state: State) -> Term {
        self.exact(Field::Delivery, &format!("{}\0{destination}", state.as_str()))
    }

    /// What was made of the message of this number when it was sent again.
    pub(super) fn origin(&self, message: u64) -> Term {
        self.exact(Field::Origin, &message.to_string())
    }

    /// A tag with this value.
    pub(super) fn tag(&self, name: &str, value: &str) -> Term {
        let value = value.trim().to_uppercase();
        self.exact(Field::Tag, &format!("{name}={value}"))
    }
}

/// The words of a person's name, however they are written: `DOE^JOHN`, `Doe, John`, `john doe`.
pub(super) fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| c.is_whitespace() || matches!(c, '^' | ',' | '&' | ';' | '.'))
        .filter(|word| !word.is_empty())
}

/// What a message says of itself.
pub(super) struct Extract<'h> {
    hashing: &'h Hashing,
    /// MSH-9, as `ADT^A01`.
    pub(super) message_type: String,
    /// MSH-10.
    pub(super) control_id: String,
    /// What it is found by.
    pub(super) terms: BTreeSet<Term>,
}

impl<'h> Extract<'h> {
    /// Of a frame as received, in this character set where it does not say itself; nothing of what is no message.
    pub(super) fn of(raw: &Bytes, charset: Option<Charset>, hashing: &'h Hashing) -> Extract<'h> {
        let mut extract = Extract {
            hashing,
            message_type: String::new(),
            control_id: String::new(),
            terms: BTreeSet::new(),
        };
        if let Ok(message) = Message::parse_assuming(raw.clone(), &ParseLimits::default(), charset) {
            for segment in message.segments() {
                extract.segment(&segment);
            }
        }
        extract
    }

    fn segment(&mut self, segment: &Segment<'_>) {
        match segment.name() {
            b"MSH" => self.header(segment),
            b"PID" => {
                for field in 2..=4 {
                    self.all(Field::Patient, segment, field);
                }
                for name in segment.repetitions(5) {
                    self.name(name);
                }
                self.all(Field::Account, segment, 18);
            }
            b"MRG" => {
                self.all(Field::Patient, segment, 1);
                self.all(Field::Account, segment, 3);
            }
            b"PV1" => self.all(Field::Account, segment, 19),
            b"ORC" => {
                self.all(Field::Order, segment, 2);
                self.all(Field::Order, segment, 3);
            }
            b"OBR" => {
                for field in [2, 3, 18, 19, 20, 21] {
                    self.all(Field::Order, segment, field);
                }
            }
            b"IPC" => self.all(Field::Order, segment, 1),
            _ => {}
        }
    }

    fn header(&mut self, segment: &Segment<'_>) {
        let fields = [
            (Field::SendingApplication, 3),
            (Field::SendingFacility, 4),
            (Field::ReceivingApplication, 5),
            (Field::ReceivingFacility, 6),
        ];
        for (field, number) in fields {
            self.all(field, segment, number);
        }
        let kind = segment.part(9);
        let (message_type, event) = (text(kind.component(1)), text(kind.component(2)));
        self.add(Field::Type, &message_type);
        self.message_type = shown(&message_type);
        if !event.is_empty() {
            let both = format!("{message_type}^{event}");
            self.add(Field::Type, &both);
            self.message_type = shown(&both);
        }
        let control_id = text(segment.part(10));
        self.add(Field::ControlId, &control_id);
        self.control_id = shown(&control_id);
    }

    /// The first component of every repetition: the identifier of a CX or EI, the namespace of an HD.
    fn all(&mut self, field: Field, segment: &Segment<'_>, number: u16) {
        for repetition in segment.repetitions(number) {
            self.add(field, &text(repetition.component(1)));
        }
    }

    /// Family name with its parts, given name and further ones (XPN.1 to XPN.3).
    fn name(&mut self, name: Part<'_>) {
        for component in name.components().take(3) {
            for part in component.components() {
                for word in words(&text(part)) {
                    self.add(Field::Name, word);
                }
            }
        }
    }

    fn add(&mut self, field: Field, value: &str) {
        if self.terms.len() < TERMS_MAX {
            self.terms.extend(self.hashing.folded(field, value));
        }
    }
}

fn text(part: Part<'_>) -> Cow<'_, str> {
    part.text().unwrap_or_default()
}

fn shown(value: &str) -> String {
    value.chars().take(SHOWN_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = "MSH|^~\\&|EHR|NORTH^1.2.3^ISO|LAB|SOUTH|20260301||OML^O21^OML_O21|c-1|P|2.5.1\r\
        PID|1|old-9|123^^^N^MR~456^^^S^PI|alt-1|Doe&van^John \\T\\ Co^Q~ROE^JANE|||||||||||||acc-1\r\
        MRG|77^^^N^MR||acc-0\r\
        PV1|1|I|||||||||||||||||visit-1\r\
        ORC|NW|p-1^EHR|f-1^LAB\r\
        OBR|1|p-1^EHR|f-2^LAB|||||||||||||||a-18|||\r";

    #[track_caller]
    fn check(field: Field, values: &[&str]) {
        let hashing = Hashing::default();
        let extract = Extract::of(&Bytes::from_static(MESSAGE.as_bytes()), None, &hashing);
        for value in values {
            let term = hashing.folded(field, value).unwrap();
            assert!(extract.terms.contains(&term), "{field:?} {value}");
        }
    }

    #[test]
    fn a_message_is_found_by_its_identifiers() {
        check(Field::ControlId, &["c-1", " C-1 "]);
        check(Field::Patient, &["123", "456", "old-9", "alt-1", "77"]);
        check(Field::Account, &["acc-1", "acc-0", "visit-1"]);
        check(Field::Order, &["p-1", "f-1", "f-2", "a-18"]);
        check(Field::Type, &["OML", "OML^O21"]);
        check(Field::SendingApplication, &["EHR"]);
        check(Field::SendingFacility, &["north"]);
        check(Field::ReceivingApplication, &["LAB"]);
        check(Field::ReceivingFacility, &["SOUTH"]);
        check(Field::Name, &["DOE", "van", "john", "CO", "q", "roe", "jane"]);
        let hashing = Hashing::default();
        let extract = Extract::of(&Bytes::from_static(MESSAGE.as_bytes()), None, &hashing);
        assert_eq!(extract.message_type, "OML^O21");
        assert_eq!(extract.control_id, "c-1");
    }

    #[test]
    fn the_same_value_of_another_field_or_under_another_key_is_another_term() {
        let hashing = Hashing::default();
        let keyed = |byte| Hashing::keyed(Zeroizing::new([byte; 32]));
        let term = |hashing: &Hashing| hashing.folded(Field::Patient, "1");
        assert_ne!(term(&hashing), term(&keyed(1)));
        assert_ne!(term(&keyed(1)), term(&keyed(2)));
        assert_eq!(term(&keyed(1)), term(&keyed(1)));
        assert_ne!(
            hashing.folded(Field::Patient, "1"),
            hashing.folded(Field::Account, "1")
        );
        assert_eq!(hashing.folded(Field::Patient, "  "), None);
    }

    #[test]
    fn a_name_is_its_words() {
        let all = |name| words(name).collect::<Vec<_>>();
        assert_eq!(all("DOE^JOHN"), ["DOE", "JOHN"]);
        assert_eq!(all("Doe, John Q."), ["Doe", "John", "Q"]);
        assert!(all(" ^ ").is_empty());
    }

    #[test]
    fn what_is_no_message_has_no_terms_and_hostile_ones_a_bounded_number() {
        let hashing = Hashing::default();
        assert!(
            Extract::of(&Bytes::from_static(b"GET / HTTP/1.1"), None, &hashing)
                .terms
                .is_empty()
        );
        let many: Vec<_> = (0..5_000).map(|number| format!("ORC|NW|{number}\r")).collect();
        let extract = Extract::of(&format!("MSH|^~\\&|A\r{}", many.concat()).into(), None, &hashing);
        assert_eq!(extract.terms.len(), TERMS_MAX);
    }
}
