//! `GET /api/v1/alerts`: the trouble there is, since when, and who has been told.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Sources;
use crate::alert::{Board, Open, Over};

/// All of it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// The trouble there is.
    pub alerts: Vec<Alert>,
    /// What is over, the newest first; the last hundred.
    #[serde(default)]
    pub over: Vec<Ended>,
    /// The contacts that could not be told the last time; each is tried again after a while.
    pub failures: Vec<NotTold>,
}

/// One trouble.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Alert {
    /// What kind, as `old-queue`.
    pub kind: String,
    /// Whether somebody is woken for it in quiet hours.
    pub critical: bool,
    /// The destination or listener it is about, by name; none for the outbox.
    pub about: Option<String>,
    /// When it was seen first, in UTC.
    pub since: String,
    /// What there is to say of it.
    pub text: String,
    /// The contacts that have been told.
    pub told: Vec<String>,
}

/// A trouble that is over.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "EndedAlert")]
pub struct Ended {
    /// What it was; `told` are those who had been told that it began.
    #[serde(flatten)]
    pub alert: Alert,
    /// When it was seen no more, in UTC.
    pub ended: String,
}

/// A contact that could not be told.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct NotTold {
    /// Its name.
    pub contact: String,
    /// Why not.
    pub reason: String,
}

pub(super) async fn get(State(sources): State<Sources>) -> Response {
    let failures = sources.alerts.failures().into_iter();
    Json(Answer {
        alerts: open(&sources.alerts),
        over: sources.alerts.over().iter().map(ended).collect(),
        failures: failures
            .map(|(contact, reason)| NotTold {
                contact: contact.to_string(),
                reason,
            })
            .collect(),
    })
    .into_response()
}

/// The trouble there is.
pub(super) fn open(board: &Board) -> Vec<Alert> {
    board.open().iter().map(alert).collect()
}

fn alert(open: &Open) -> Alert {
    Alert {
        kind: open.trouble.kind.as_str().to_owned(),
        critical: open.trouble.kind.is_critical(),
        about: open.trouble.about.as_deref().map(str::to_owned),
        since: text(open.since),
        text: open.said.clone(),
        told: open.told.iter().map(ToString::to_string).collect(),
    }
}

fn ended(over: &Over) -> Ended {
    Ended {
        alert: alert(&over.open),
        ended: text(over.ended),
    }
}

fn text(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
