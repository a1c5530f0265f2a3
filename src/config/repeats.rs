//! What a listener does with a message that was sent before, and when weir cannot take any: keys beside its kind.

use std::num::NonZeroU32;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

/// What becomes of a message that was accepted before: the same sender, control id and bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// It is another message. The default.
    #[default]
    Accept,
    /// It is acknowledged as the first one was, and not delivered again.
    ReplayAcknowledgment,
}

/// How long, and among how many, a listener knows a message again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remembered {
    /// For how long.
    pub within: Duration,
    /// Among how many.
    pub count_max: usize,
}

/// Whether a listener looks at the sequence numbers of its senders (MSH-13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SequenceNumbers {
    /// They are passed on like any field. The default.
    #[default]
    Ignore,
    /// A message is taken only with the number that is expected of its sender.
    Check,
}

/// How a message is answered that cannot be stored now: the outbox is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unavailable {
    /// With AR or CR and error 207. The default: most senders try again.
    #[default]
    Reject,
    /// With AE or CE and error 207, for senders that give up after a rejection.
    Error,
    /// Not at all: the connection is closed.
    Close,
}

/// How long a message is known again if nothing is said.
const WITHIN: Duration = Duration::from_secs(24 * 60 * 60);
/// Among how many.
const COUNT_MAX: usize = 100_000;

impl Duplicates {
    /// What is remembered; nothing where repeats are accepted.
    pub(super) fn remembered(
        self,
        within: Option<Duration>,
        count_max: Option<NonZeroU32>,
    ) -> Option<Remembered> {
        let count_max = count_max.and_then(|count| usize::try_from(count.get()).ok());
        (self == Duplicates::ReplayAcknowledgment).then_some(Remembered {
            within: within.unwrap_or(WITHIN),
            count_max: count_max.unwrap_or(COUNT_MAX),
        })
    }
}
