//! The step `fail`: makes the message a dead letter.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::paths::reason;
use super::{Doc, StepError, Stop};
use crate::problem::{Place, Problems};
use crate::typed::Text;

pub(super) const DOC: Doc = Doc {
    kind: "fail",
    summary: "makes the message a dead letter, for somebody to look at",
    details: "The text is the reason; it stands with the dead letter and in the log, so it has no holes.\n\
              The message as it was received is a dead letter for each of the route's destinations; the sender gets AA, \
              because nothing is lost.\n\
              After a `split` that is so for the whole message; among the steps of one destination, for that one alone.",
    tables: "",
    example: "fail: no patient identifier, when: not PID-3.1 valued",
    given: "MSH|^~\\&|EHR\rPID|1\r",
    becomes: "failed: step 1 (fail): no patient identifier",
};

/// What was typed: the reason.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Settings(Text);

/// Fails the message.
#[derive(Debug, Clone)]
pub(super) struct Fail {
    reason: Arc<str>,
}

impl Settings {
    pub(super) fn check(self, place: &Place<'_>, problems: &mut Problems) -> Option<Fail> {
        let Settings(Text(text)) = self;
        let reason = reason(text, place, problems)?;
        Some(Fail { reason })
    }
}

impl Fail {
    pub(super) fn stop(&self) -> Stop {
        Stop::Failed(StepError::new(&*self.reason))
    }
}
