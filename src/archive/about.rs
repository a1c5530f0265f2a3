//! What is told of a message and not searched column by column: one JSON text in its row.

use serde::{Deserialize, Serialize};

use super::{Outcome, Received};
use crate::hl7::Charset;

/// The JSON; keys that hold nothing are left out. Tags are content of the message.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct About {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) routes: Vec<(String, Option<String>)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tags: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) origin: Option<Origin>,
    /// What an older weir wrote says nothing of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    charsets: Vec<Option<String>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Origin {
    pub(super) message: u64,
    pub(super) is_edited: bool,
    pub(super) by: String,
    /// What an older weir wrote says nothing of it.
    #[serde(default)]
    pub(super) why: String,
}

impl About {
    pub(super) fn of(received: &Received) -> About {
        let (code, reason) = match &received.outcome {
            Outcome::Refused { code, reason } => (code.as_deref().map(str::to_owned), Some(reason.clone())),
            Outcome::Accepted | Outcome::Filtered | Outcome::Unrouted | Outcome::Repeated => (None, None),
        };
        About {
            routes: received
                .routes
                .iter()
                .map(|passage| {
                    (
                        passage.route.to_string(),
                        passage.filtered.as_deref().map(str::to_owned),
                    )
                })
                .collect(),
            tags: received
                .tags
                .iter()
                .map(|(name, value)| (name.to_string(), value.clone()))
                .collect(),
            code,
            reason,
            origin: received.origin.as_ref().map(|origin| Origin {
                message: origin.message,
                is_edited: origin.is_edited,
                by: origin.by.clone(),
                why: origin.why.clone(),
            }),
            charsets: received
                .charsets
                .iter()
                .map(|charset| charset.map(|charset| charset.as_str().to_owned()))
                .collect(),
        }
    }

    /// The character sets of the frame and of each result, for those that do not say so themselves.
    pub(super) fn charsets(&self) -> impl Iterator<Item = Option<Charset>> {
        self.charsets.iter().map(|name| name.as_deref()?.parse().ok())
    }

    /// That of the frame.
    pub(super) fn charset(&self) -> Option<Charset> {
        self.charsets().next().flatten()
    }
}
