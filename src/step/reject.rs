//! The step `reject`: tells the sender that the message is not accepted.

use schemars::JsonSchema;
use serde::Deserialize;

use super::paths::{Written, location, reason};
use super::{Doc, Stop};
use crate::hl7::{AcknowledgmentCode, ErrorCode, Fault, Refusal};
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::typed::Text;

pub(super) const DOC: Doc = Doc {
    kind: "reject",
    summary: "tells the sender that the message is not accepted",
    details: "`text` says why, in words for the sender's people; it has no holes.\n\
              `code` is AE (the default: the content is wrong) or AR (the header is); a listener in enhanced mode sends \
              CE or CR.\n\
              `error` is the number of table 0357 in ERR-3, 207 if left out; AR needs one of 200 to 203, because senders \
              take AR with anything else for a receiver that is down, and send again for ever.\n\
              `location` is the place in ERR-2, as `PID-3` or `PV1`.\n\
              A message that any route rejects goes to nobody, by no route, since its sender is to send it again; the \
              reply has the worst code and the faults of all that reject it.",
    tables: "",
    example: "reject: { text: expected a patient identifier, error: 101, location: PID-3 }, when: not PID-3 valued",
    given: "MSH|^~\\&|EHR\rPID|1\r",
    becomes: "AE: expected a patient identifier",
};

/// What was typed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What the sender's people read, in ERR-8.
    pub text: Text,
    /// `AE` or `AR`.
    #[serde(default)]
    pub code: Code,
    /// The number of table 0357 in ERR-3.
    #[serde(default)]
    pub error: Option<u16>,
    /// The place in ERR-2.
    #[serde(default)]
    pub location: Option<Text>,
}

/// The codes of table 0008 that a route may answer with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Code {
    /// The content is wrong.
    #[default]
    #[serde(rename = "AE")]
    Error,
    /// The header is wrong.
    #[serde(rename = "AR")]
    Reject,
}

/// Rejects the message.
#[derive(Debug, Clone)]
pub(super) struct Reject {
    refusal: Refusal,
}

impl Settings {
    pub(super) fn check(self, place: &Place<'_>, problems: &mut Problems) -> Option<Reject> {
        let text = reason(self.text.0, &place.key("text"), problems);
        let place_told = self.location.as_ref();
        let location = place_told.map(|Text(text)| {
            let at = place.key("location");
            location(text, Written::Value(&at), problems)
        });
        let error = error(self.code, self.error, place, problems);
        // A location that cannot be read has been told.
        if location == Some(None) {
            return None;
        }
        Some(Reject {
            refusal: Refusal {
                code: match self.code {
                    Code::Error => AcknowledgmentCode::ApplicationError,
                    Code::Reject => AcknowledgmentCode::ApplicationReject,
                },
                faults: vec![Fault::new(error?, location.flatten(), &*text?)],
            },
        })
    }
}

/// The code of table 0357, as long as it goes with the code of table 0008.
fn error(code: Code, number: Option<u16>, place: &Place<'_>, problems: &mut Problems) -> Option<ErrorCode> {
    let Some(number) = number else {
        if code == Code::Reject {
            let problem = Problem::error(ProblemName::MissingKey, "`error` is missing");
            let help = "with AR say what is wrong with the header: 200 type, 201 event, 202 processing id, 203 version";
            problems.push(problem.at_key(place).help(help));
            return None;
        }
        return Some(ErrorCode::ApplicationInternal);
    };
    let wrong = |message: String| Problem::error(ProblemName::InvalidValue, message).at(&place.key("error"));
    let Some(error) = ErrorCode::of_number(number).filter(|error| *error != ErrorCode::Accepted) else {
        let help = "`weir explain 0357` lists them";
        problems.push(wrong(format!("{number} is no error of table 0357")).help(help));
        return None;
    };
    if code == Code::Reject && !(200..=203).contains(&number) {
        let help = "a sender takes AR with any other for a receiver that is down; use AE";
        problems.push(wrong(format!("{number} does not go with AR, which takes 200 to 203")).help(help));
        return None;
    }
    Some(error)
}

impl Reject {
    pub(super) fn stop(&self) -> Stop {
        Stop::Rejected(self.refusal.clone())
    }
}
