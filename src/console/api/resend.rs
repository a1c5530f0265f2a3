//! `POST /api/v1/messages/{number}/resend` and `…/edited`: a message of the archive sent again, as it was or edited.
//!
//! Both are written into the audit log with the reason first, and never with any of the text.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Failure, draft};
use crate::console::Sources;
use crate::console::extract::{Json, Path};
use crate::console::guard::Caller;
use crate::engine::{self, ResendError, ResendOutcome, Way};
use crate::outbox::OutboxError;

/// The longest body: a text as long as the longest message, with what JSON writes in two bytes.
pub(super) const EDITED_BODY_BYTES_MAX: usize = 40 << 20;
/// The longest reason: what the audit log keeps of one.
pub(super) const REASON_CHARS_MAX: usize = 500;

/// How a message is to be sent again.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Again {
    /// Why. On the control socket it may be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// To this destination alone. Without one it goes through the routes as they are now, to all that they name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
    /// What the routes make of it now for that destination, instead of what it was sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub routed: bool,
}

/// An edited message to be sent; the original stays as it is.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Edited {
    /// Why. On the control socket it may be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The whole message; its lines end in CR, LF or both. It is written in the character set of its MSH-18, or that its
    /// listener assumes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Instead of `text`: the whole message as bytes in that character set, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// To this destination alone, as the text stands. Without one it goes through the routes as they are now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
    /// What the routes make of it now for that destination, instead of the text as it stands.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub routed: bool,
}

/// What came of a message that was sent again.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Resent {
    /// Its number: it is in the archive within a moment.
    pub message: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// The deliveries that came of it.
    pub deliveries: Vec<Owed>,
    /// Why nobody gets it, or for whom it could not be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// What the routes say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ResendOutcome")]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Somebody is owed it, or has a dead letter of it.
    Accepted,
    /// Every route for it said no.
    Filtered,
    /// No route is for it.
    Unrouted,
    /// A route rejects it.
    Refused,
}

/// A delivery.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "NewDelivery")]
pub struct Owed {
    /// Who is owed it.
    pub destination: String,
    /// Its place in the order of its destination: behind all that was accepted before.
    pub sequence: u64,
}

/// One message again.
pub(super) async fn again(
    State(sources): State<Sources>,
    caller: Caller,
    Path(number): Path<u64>,
    Json(asked): Json<Again>,
) -> Response {
    let object = format!("messages/{number}/resend");
    let wanted = Wanted {
        number,
        edited: None,
        way: way(asked.destination, asked.routed),
        reason: asked.reason,
    };
    send(&sources, &caller, &object, wanted).await
}

/// One message again, edited.
pub(super) async fn edited(
    State(sources): State<Sources>,
    caller: Caller,
    Path(number): Path<u64>,
    Json(asked): Json<Edited>,
) -> Response {
    let object = format!("messages/{number}/edited");
    let text = match (asked.text, asked.bytes.map(|bytes| BASE64.decode(bytes))) {
        (Some(text), None) => Ok(text),
        (None, Some(Ok(bytes))) => draft::edited(&sources, number, bytes.into()).await,
        (None, Some(Err(_))) => Err("`bytes`: expected base64".to_owned()),
        (None, None) | (Some(_), Some(_)) => Err("body: expected either `text` or `bytes`".to_owned()),
    };
    let text = match text {
        Ok(text) => text,
        Err(problem) => return Failure::response(StatusCode::BAD_REQUEST, problem),
    };
    let wanted = Wanted {
        number,
        edited: Some(text),
        way: way(asked.destination, asked.routed),
        reason: asked.reason,
    };
    send(&sources, &caller, &object, wanted).await
}

struct Wanted {
    number: u64,
    edited: Option<String>,
    way: Result<Way, &'static str>,
    reason: Option<String>,
}

/// How it goes; or why that cannot be.
pub(super) fn way(destination: Option<String>, routed: bool) -> Result<Way, &'static str> {
    match (destination, routed) {
        (None, false) => Ok(Way::Routes),
        (None, true) => Err("`routed` is said of one `destination`; without one all goes through the routes"),
        (Some(destination), true) => Ok(Way::RoutesTo(destination)),
        (Some(destination), false) => Ok(Way::Straight(destination)),
    }
}

/// For the audit log: where it goes.
pub(super) fn told(way: &Way) -> String {
    match way {
        Way::Routes => "through the routes".to_owned(),
        Way::RoutesTo(destination) => format!("through the routes, to {destination} alone"),
        Way::Straight(destination) => format!("to {destination} alone"),
    }
}

/// Writes it down, and does it.
async fn send(sources: &Sources, caller: &Caller, object: &str, wanted: Wanted) -> Response {
    let way = match wanted.way {
        Ok(way) => way,
        Err(problem) => return Failure::response(StatusCode::BAD_REQUEST, problem),
    };
    let caller = match because(caller, wanted.reason) {
        Ok(caller) => caller,
        Err(problem) => return Failure::response(StatusCode::BAD_REQUEST, problem),
    };
    if let Err(unwritten) = caller.record(object, Some(told(&way))).await {
        return unwritten;
    }
    let resend = engine::Resend {
        message: wanted.number,
        edited: wanted.edited,
        way,
        by: caller.who(),
        why: caller.reason().unwrap_or_default().to_owned(),
    };
    match sources.resends.resender().send(resend).await {
        Ok(sent) => axum::Json(Resent::from(sent)).into_response(),
        Err(error) => Failure::response(code(&error), error.to_string()),
    }
}

/// The caller with the reason they have given; or what is answered to whom has given none.
pub(super) fn because(caller: &Caller, reason: Option<String>) -> Result<Caller, String> {
    let caller = caller.because(reason);
    let problem = match caller.reason() {
        None if caller.is_local() => return Ok(caller),
        None => "`reason`: expected why".to_owned(),
        Some(reason) if reason.chars().count() > REASON_CHARS_MAX => {
            format!("`reason`: expected at most {REASON_CHARS_MAX} characters")
        }
        Some(reason) if reason.contains(char::is_control) => {
            "`reason`: expected one line of text, without control characters".to_owned()
        }
        Some(_) => return Ok(caller),
    };
    Err(problem)
}

impl From<engine::Resent> for Resent {
    fn from(resent: engine::Resent) -> Resent {
        let unmade = resent
            .dead
            .iter()
            .map(|(destination, reason)| format!("a dead letter for `{destination}`: {reason}"));
        let problems: Vec<String> = resent.problem.into_iter().chain(unmade).collect();
        let owed = |(destination, sequence): (std::sync::Arc<str>, u64)| Owed {
            destination: destination.to_string(),
            sequence,
        };
        Resent {
            message: resent.message,
            outcome: match resent.outcome {
                ResendOutcome::Accepted => Outcome::Accepted,
                ResendOutcome::Filtered => Outcome::Filtered,
                ResendOutcome::Unrouted => Outcome::Unrouted,
                ResendOutcome::Refused => Outcome::Refused,
            },
            deliveries: resent.deliveries.into_iter().map(owed).collect(),
            problem: (!problems.is_empty()).then(|| problems.join("; ")),
        }
    }
}

fn code(error: &ResendError) -> StatusCode {
    match error {
        ResendError::NoArchive | ResendError::NoMessage(_) | ResendError::NoDestination(_) => {
            StatusCode::NOT_FOUND
        }
        ResendError::NeverMade { .. }
        | ResendError::WasRefused(_)
        | ResendError::IsCopy { .. }
        | ResendError::NoListener { .. }
        | ResendError::NotRead { .. }
        | ResendError::Quarantined(_) => StatusCode::CONFLICT,
        ResendError::Text(_) | ResendError::Outbox(OutboxError::TooLarge { .. }) => StatusCode::BAD_REQUEST,
        ResendError::Archive(_) | ResendError::Outbox(_) => StatusCode::SERVICE_UNAVAILABLE,
        ResendError::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
