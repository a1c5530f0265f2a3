//! What is searched for.

use std::fmt;

use jiff::Timestamp;

use super::search::Found;
use super::state::State;
use super::term::{Field, Hashing, Term, words};
use crate::expression::Condition;

/// What a message must have to be found; what is left out is not asked.
///
/// Identifiers and names are compared without regard to upper and lower case. They are content of messages: `Debug`
/// prints none.
#[derive(Clone, Default)]
pub struct Query {
    /// MSH-10.
    pub control_id: Option<String>,
    /// A patient identifier: PID-2, any repetition of PID-3 and PID-4, MRG-1; its first component.
    pub patient: Option<String>,
    /// Words of the patient's name (PID-5), in any order.
    pub name: Option<String>,
    /// An account or visit number: PID-18, PV1-19, MRG-3.
    pub account: Option<String>,
    /// An order or accession number: ORC-2, ORC-3, OBR-2, OBR-3, OBR-18 to OBR-21, IPC-1.
    pub order: Option<String>,
    /// MSH-9, as `ADT` or `ADT^A01`.
    pub message_type: Option<String>,
    /// The sending or the receiving application (MSH-3, MSH-5), its first component.
    pub application: Option<String>,
    /// The sending or the receiving facility (MSH-4, MSH-6), its first component.
    pub facility: Option<String>,
    /// The listener it came in by.
    pub listener: Option<String>,
    /// A route that is for it, whether it wanted it or not.
    pub route: Option<String>,
    /// A destination that is owed it, was owed it or has a dead letter of it.
    pub destination: Option<String>,
    /// One of these states, the message itself or any delivery of it; with a destination the delivery to it. None means
    /// any.
    pub states: Vec<State>,
    /// A tag and its value.
    pub tag: Option<(String, String)>,
    /// Received at this time or later.
    pub since: Option<Timestamp>,
    /// Received before this time.
    pub until: Option<Timestamp>,
    /// What holds for the message as received.
    pub condition: Option<Condition>,
}

impl Query {
    /// The criteria that the index knows: of each at least one term must be the message's.
    pub(super) fn criteria(&self, hashing: &Hashing) -> Vec<Vec<Term>> {
        let folded = |fields: &[Field], value: &Option<String>| {
            value.as_ref().map(|value| {
                let terms = fields.iter().filter_map(|field| hashing.folded(*field, value));
                terms.collect::<Vec<_>>()
            })
        };
        let exact = |field, name: &Option<String>| name.as_ref().map(|name| vec![hashing.exact(field, name)]);
        let criteria = [
            folded(&[Field::ControlId], &self.control_id),
            folded(&[Field::Patient], &self.patient),
            folded(&[Field::Order], &self.order),
            folded(&[Field::Account], &self.account),
            self.tag
                .as_ref()
                .map(|(name, value)| vec![hashing.tag(name, value)]),
            folded(
                &[Field::SendingApplication, Field::ReceivingApplication],
                &self.application,
            ),
            folded(
                &[Field::SendingFacility, Field::ReceivingFacility],
                &self.facility,
            ),
            folded(&[Field::Type], &self.message_type),
            exact(Field::Listener, &self.listener),
            exact(Field::Route, &self.route),
            self.became(hashing),
        ];
        let criteria = criteria.into_iter().flatten();
        criteria.chain(self.words_of_name(hashing)).collect()
    }

    /// Each word of the name. One without a word is nobody's: a criterion without terms is no message's.
    fn words_of_name(&self, hashing: &Hashing) -> Vec<Vec<Term>> {
        let Some(name) = &self.name else {
            return Vec::new();
        };
        let terms = words(name).filter_map(|word| hashing.folded(Field::Name, word));
        let criteria: Vec<Vec<Term>> = terms.map(|term| vec![term]).collect();
        if criteria.is_empty() {
            return vec![Vec::new()];
        }
        criteria
    }

    /// What must have become of it, at all or at a destination.
    fn became(&self, hashing: &Hashing) -> Option<Vec<Term>> {
        let states = &self.states;
        match &self.destination {
            Some(destination) => {
                let asked = |state: &State| states.is_empty() || states.contains(state);
                let states = State::OF_DELIVERY.into_iter().filter(asked);
                Some(states.map(|state| hashing.delivery(destination, state)).collect())
            }
            None if states.is_empty() => None,
            None => Some(states.iter().map(|state| hashing.state(*state)).collect()),
        }
    }

    /// Whether a message that was found is meant as a whole: one that is found by the state of one of its deliveries
    /// alone is in another itself.
    pub fn means_whole(&self, found: &Found) -> bool {
        self.states.is_empty() || self.destination.is_some() || self.states.contains(&found.state)
    }

    pub(super) fn takes(&self, received_at: i64) -> bool {
        self.since
            .is_none_or(|since| since.as_microsecond() <= received_at)
            && self
                .until
                .is_none_or(|until| received_at < until.as_microsecond())
    }

    /// Whether a bucket of messages received between these times may hold one that is searched for.
    pub(super) fn overlaps(&self, first_at: i64, last_at: i64) -> bool {
        self.since.is_none_or(|since| since.as_microsecond() <= last_at)
            && self.until.is_none_or(|until| first_at < until.as_microsecond())
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Query")
            .field("criteria", &self.criteria(&Hashing::default()).len())
            .field("states", &self.states)
            .field("since", &self.since)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}
