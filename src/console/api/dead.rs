//! `GET /api/v1/dead`: what was given up, over all destinations, by reason. It shows names, reasons and numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Failure, Sources};
use crate::console::extract::Query;
use crate::engine::Status;
use crate::outbox::OutboxError;

/// The dead letters of one destination that are looked at; its oldest ones.
const LETTERS_MAX: usize = 10_000;
/// How many are read at once.
const PART: usize = 200;

/// Whose dead letters.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Of {
    /// Those of this destination alone.
    destination: Option<String>,
}

/// The dead letters of one destination that were given up for one reason.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DeadLetters")]
pub struct Group {
    /// The destination.
    pub destination: String,
    /// Why they were given up.
    pub reason: String,
    /// How many there are.
    pub count: u64,
    /// Whether that is all of them; false where the destination has more than are looked at.
    pub is_whole: bool,
    /// When the first of them was given up, in UTC; nothing when no record says.
    pub first_at: Option<String>,
    /// When the last of them was given up, in UTC.
    pub last_at: Option<String>,
}

/// What is gathered of a reason.
#[derive(Default)]
struct Gathered {
    count: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

pub(super) async fn get(State(sources): State<Sources>, Query(of): Query<Of>) -> Response {
    let status = sources.status;
    match tokio::task::spawn_blocking(move || groups(&status, &of)).await {
        Ok(Ok(groups)) => Json(groups).into_response(),
        Ok(Err(error)) => Failure::response(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
        Err(_) => Failure::response(StatusCode::INTERNAL_SERVER_ERROR, "internal error"),
    }
}

/// The largest first. Blocks on the store.
fn groups(status: &Status, of: &Of) -> Result<Vec<Group>, OutboxError> {
    let mut groups = Vec::new();
    let wanted = |name: &Arc<str>| of.destination.as_deref().is_none_or(|only| **name == *only);
    for destination in status.owed_destinations().into_iter().filter(wanted) {
        groups.extend(of_destination(status, &destination)?);
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    Ok(groups)
}

fn of_destination(status: &Status, destination: &Arc<str>) -> Result<Vec<Group>, OutboxError> {
    let mut reasons: BTreeMap<String, Gathered> = BTreeMap::new();
    let mut after = None;
    let mut looked_at = 0;
    let mut is_whole = false;
    while looked_at < LETTERS_MAX && !is_whole {
        let letters = status.outbox().dead_letters(destination, after, PART)?;
        is_whole = letters.is_empty();
        looked_at += letters.len();
        after = letters.last().map_or(after, |letter| Some(letter.sequence));
        for letter in letters {
            let gathered = reasons.entry(letter.reason).or_default();
            gathered.count += 1;
            // In the order of acceptance, which need not be that in which they were given up.
            gathered.first = gathered.first.into_iter().chain(letter.dead_at).min();
            gathered.last = gathered.last.max(letter.dead_at);
        }
    }
    let group = |(reason, gathered): (String, Gathered)| Group {
        destination: destination.to_string(),
        reason,
        count: gathered.count,
        is_whole,
        first_at: gathered.first.map(|at| at.to_string()),
        last_at: gathered.last.map(|at| at.to_string()),
    };
    Ok(reasons.into_iter().map(group).collect())
}
