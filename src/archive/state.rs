//! What has become of a message or a delivery by now.

use super::{End, Outcome};

/// What has become of a message, or of one of its deliveries, by now. The numbers are in files: they stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It is owed to somebody.
    Queued = 0,
    /// Everybody has it.
    Delivered = 1,
    /// It was given up for somebody, and waits for a person.
    Dead = 2,
    /// Somebody has ordered that it is never delivered.
    Purged = 3,
    /// It was a dead letter, and was sent again as another message.
    Resent = 4,
    /// Every route for it said no.
    Filtered = 5,
    /// No route is for it.
    Unrouted = 6,
    /// It was known from before.
    Repeated = 7,
    /// It was not accepted.
    Refused = 8,
}

impl State {
    /// All of them.
    pub const ALL: [State; 9] = [
        State::Queued,
        State::Delivered,
        State::Dead,
        State::Purged,
        State::Resent,
        State::Filtered,
        State::Unrouted,
        State::Repeated,
        State::Refused,
    ];
    /// Those of a delivery.
    pub const OF_DELIVERY: [State; 5] = [
        State::Queued,
        State::Delivered,
        State::Dead,
        State::Purged,
        State::Resent,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Delivered => "delivered",
            State::Dead => "dead",
            State::Purged => "purged",
            State::Resent => "resent",
            State::Filtered => "filtered",
            State::Unrouted => "unrouted",
            State::Repeated => "repeated",
            State::Refused => "refused",
        }
    }

    /// The state of this word.
    pub fn of_word(word: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.as_str() == word)
    }

    pub(super) fn of_number(number: i64) -> Option<State> {
        State::ALL.into_iter().find(|state| *state as i64 == number)
    }

    pub(super) fn of_end(end: &End) -> State {
        match end {
            End::Delivered => State::Delivered,
            End::Dead { .. } => State::Dead,
            End::Purged => State::Purged,
            End::Resent => State::Resent,
        }
    }

    /// Of a message with this outcome and deliveries in these states: what most needs somebody's eye.
    pub(super) fn of_message(outcome: &Outcome, deliveries: impl Iterator<Item = State>) -> State {
        match outcome {
            Outcome::Accepted => State::of_deliveries(deliveries),
            Outcome::Filtered => State::Filtered,
            Outcome::Unrouted => State::Unrouted,
            Outcome::Repeated => State::Repeated,
            Outcome::Refused { .. } => State::Refused,
        }
    }

    /// Of a message with deliveries in these states.
    pub(super) fn of_deliveries(deliveries: impl Iterator<Item = State>) -> State {
        let rank = |state: &State| match state {
            State::Dead => 0,
            State::Queued => 1,
            State::Delivered => 2,
            State::Resent => 3,
            State::Purged | State::Filtered | State::Unrouted | State::Repeated | State::Refused => 4,
        };
        deliveries.min_by_key(rank).unwrap_or(State::Filtered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_come_back() {
        for state in State::ALL {
            assert_eq!(State::of_word(state.as_str()), Some(state));
            assert_eq!(State::of_number(state as i64), Some(state));
        }
        assert_eq!(State::of_number(99), None);
    }

    #[test]
    fn what_most_needs_an_eye_comes_first() {
        let of = |states: &[State]| State::of_deliveries(states.iter().copied());
        assert_eq!(of(&[State::Delivered, State::Queued]), State::Queued);
        assert_eq!(of(&[State::Queued, State::Dead]), State::Dead);
        assert_eq!(of(&[State::Delivered, State::Purged]), State::Delivered);
        assert_eq!(of(&[State::Purged]), State::Purged);
    }
}
