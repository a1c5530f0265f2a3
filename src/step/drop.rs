//! The step `drop`: ends the route for a message it does not want.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::paths::reason;
use super::{Doc, Stop};
use crate::problem::{Place, Problems};
use crate::typed::Text;

pub(super) const DOC: Doc = Doc {
    kind: "drop",
    summary: "ends the route for a message it does not want; it counts as filtered",
    details: "The text is the reason; metrics and traces show it, so it has no holes.\n\
              No destination of the route gets the message; other routes go on, and the sender gets AA.\n\
              After a `split` only the one part is dropped; among the steps of one destination, only that destination \
              goes without.\n\
              It needs a `when:` beside it, or to stand within an `if`, to be of use.",
    tables: "",
    example: "drop: test patient, when: 'PID-5.1 = \"ZZTEST\"'",
    given: "MSH|^~\\&|EHR\rPID|1||12||ZZTEST^A\r",
    becomes: "filtered: test patient",
};

/// What was typed: the reason.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Settings(Text);

/// Ends the route.
#[derive(Debug, Clone)]
pub(super) struct Drop {
    reason: Arc<str>,
}

impl Settings {
    pub(super) fn check(self, place: &Place<'_>, problems: &mut Problems) -> Option<Drop> {
        let Settings(Text(text)) = self;
        let reason = reason(text, place, problems)?;
        Some(Drop { reason })
    }
}

impl Drop {
    pub(super) fn stop(&self) -> Stop {
        Stop::Dropped {
            reason: Arc::clone(&self.reason),
        }
    }
}
