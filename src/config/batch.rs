//! What a listener does with several messages in one frame: keys beside its kind.

use schemars::JsonSchema;
use serde::Deserialize;

/// How a listener takes several messages in one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batches {
    /// Whether it takes them at all.
    pub mode: BatchMode,
    /// How it answers them.
    pub acknowledgment: BatchAcknowledgment,
    /// What it makes of counts that are wrong.
    pub count_mismatch: CountMismatch,
    /// The most messages of one frame.
    pub messages_max: usize,
}

/// What becomes of a frame that holds a batch, or one message after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BatchMode {
    /// It is refused with AR. The default.
    #[default]
    Reject,
    /// Its messages are routed one by one, and accepted all together or not at all.
    Split,
}

/// How a frame of several messages is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BatchAcknowledgment {
    /// By one acknowledgment, which names the control id of the batch or, without one, of the first message.
    /// The default.
    #[default]
    Single,
    /// By a batch that holds an acknowledgment of each message.
    Batch,
    /// By an acknowledgment of each message, one after another.
    Each,
    /// Not at all: the sender cannot know what arrived.
    None,
}

/// What becomes of a batch whose trailers do not fit what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CountMismatch {
    /// It is refused as a whole, with AR. The default.
    #[default]
    Reject,
    /// It is taken, and counted among the warnings.
    Warn,
}
