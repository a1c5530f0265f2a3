//! `/api/v1/destinations/{name}/queue` and `…/dead`: what a destination is owed, and what was given up.
//!
//! Lists show numbers, times and control ids; one delivery by its number is the message itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tracing::info;

use super::destinations::{known, unknown};
use super::{Failure, Sources};
use crate::console::extract::{Path, Query};
use crate::console::guard::Caller;
use crate::engine::Status;
use crate::outbox::{DeadLetter, Delivery, OutboxError, Sequence};

/// The most of a list in one answer.
pub const COUNT_MAX: usize = 1_000;
/// The bytes of messages read for one list.
const READ_BYTES_MAX: usize = 16 << 20;

/// So many dead letters are looked at together.
const PART: usize = 200;

/// Which part of a list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    /// Those after this number.
    after: Option<u64>,
    /// At most so many.
    count: Option<usize>,
}

/// Which part of the dead letters.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeadPart {
    /// Those after this number.
    after: Option<u64>,
    /// At most so many.
    count: Option<usize>,
    /// Those that were given up for this reason, in its own words.
    reason: Option<String>,
}

impl Part {
    fn after(&self) -> Option<Sequence> {
        self.after.map(Sequence)
    }

    fn count(&self) -> usize {
        count(self.count)
    }
}

fn count(asked: Option<usize>) -> usize {
    asked.unwrap_or(100).clamp(1, COUNT_MAX)
}

/// A delivery that waits.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Queued {
    /// Its place in the order of its destination.
    pub sequence: u64,
    /// When its message was received, in UTC.
    pub received_at: String,
    /// The listener it came in by.
    pub listener: String,
    /// MSH-10 as received.
    pub control_id: String,
    /// How long it is.
    pub bytes: usize,
    /// Whether it is to be skipped: it becomes a dead letter when its turn comes. Never of a dead letter.
    #[serde(default, rename = "skipped")]
    pub is_skipped: bool,
}

/// A delivery that was given up.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DeadLetter")]
pub struct Dead {
    /// Its place in the order of its destination.
    pub sequence: u64,
    /// When it was given up; nothing when its record is damaged.
    pub dead_at: Option<String>,
    /// Why.
    pub reason: String,
    /// How often it was sent; attempts before weir last started are not counted.
    pub attempts: u32,
    /// What was to be sent; nothing when its records are damaged.
    pub delivery: Option<Queued>,
}

fn queued(delivery: &Delivery, skips: &BTreeSet<u64>) -> Queued {
    Queued {
        is_skipped: skips.contains(&delivery.sequence.0),
        sequence: delivery.sequence.0,
        received_at: delivery.received_at.to_string(),
        listener: delivery.listener.clone(),
        control_id: String::from_utf8_lossy(&delivery.control_id).into_owned(),
        bytes: delivery.bytes.len(),
    }
}

fn dead(letter: &DeadLetter) -> Dead {
    Dead {
        sequence: letter.sequence.0,
        dead_at: letter.dead_at.map(|at| at.to_string()),
        reason: letter.reason.clone(),
        attempts: letter.attempts,
        delivery: letter
            .delivery
            .as_ref()
            .map(|delivery| queued(delivery, &BTreeSet::new())),
    }
}

/// What waits.
pub(super) async fn list(
    State(sources): State<Sources>,
    Path(name): Path<String>,
    Query(part): Query<Part>,
) -> Response {
    read(sources.status, name, move |status, name| {
        let found = status
            .outbox()
            .next(name, part.after(), part.count(), READ_BYTES_MAX)?;
        let skips = status.switches().get(name).skips;
        let found: Vec<_> = found.iter().map(|delivery| queued(delivery, &skips)).collect();
        Ok(Json(found).into_response())
    })
    .await
}

/// What was given up.
pub(super) async fn list_dead(
    State(sources): State<Sources>,
    Path(name): Path<String>,
    Query(part): Query<DeadPart>,
) -> Response {
    read(sources.status, name, move |status, name| {
        Ok(Json(dead_part(status, name, &part)?).into_response())
    })
    .await
}

/// As many as were asked for, unless there are no more; however few of all of them fit. Blocks on the store.
fn dead_part(status: &Status, name: &Arc<str>, part: &DeadPart) -> Result<Vec<Dead>, OutboxError> {
    let fits = |letter: &&DeadLetter| part.reason.as_ref().is_none_or(|reason| letter.reason == *reason);
    let wanted = count(part.count);
    let mut after = part.after.map(Sequence);
    let mut found = Vec::new();
    while found.len() < wanted {
        let letters = status.outbox().dead_letters(name, after, PART)?;
        let Some(last) = letters.last() else {
            break;
        };
        after = Some(last.sequence);
        found.extend(letters.iter().filter(fits).map(dead));
    }
    found.truncate(wanted);
    Ok(found)
}

/// One that waits, as it will be sent.
pub(super) async fn get(
    State(sources): State<Sources>,
    caller: Caller,
    Path((name, sequence)): Path<(String, u64)>,
) -> Response {
    read(sources.status, name, move |status, name| {
        let found = status.outbox().next(name, before(sequence), 1, usize::MAX)?.pop();
        Ok(content(found, name, sequence, &caller))
    })
    .await
}

/// One that was given up, as it was sent.
pub(super) async fn get_dead(
    State(sources): State<Sources>,
    caller: Caller,
    Path((name, sequence)): Path<(String, u64)>,
) -> Response {
    read(sources.status, name, move |status, name| {
        let found = status.outbox().dead_letters(name, before(sequence), 1)?.pop();
        Ok(content(
            found.and_then(|letter| letter.delivery),
            name,
            sequence,
            &caller,
        ))
    })
    .await
}

/// Gives up one that waits.
pub(super) async fn skip(
    State(sources): State<Sources>,
    caller: Caller,
    Path((name, sequence)): Path<(String, u64)>,
) -> Response {
    read(sources.status, name, move |status, name| {
        let found = status
            .outbox()
            .next(name, before(sequence), 1, READ_BYTES_MAX)?
            .pop();
        if found.is_none_or(|delivery| delivery.sequence.0 != sequence) {
            return Ok(gone(name, sequence));
        }
        info!(destination = %name, sequence, by = %caller, "to be skipped");
        Ok(match status.switches().skip(name, sequence) {
            Ok(()) => StatusCode::NO_CONTENT.into_response(),
            Err(error) => Failure::response(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        })
    })
    .await
}

/// Sends a dead letter again.
pub(super) async fn resend(
    State(sources): State<Sources>,
    caller: Caller,
    Path((name, sequence)): Path<(String, u64)>,
) -> Response {
    read(sources.status, name, move |status, name| {
        let resent =
            Handle::current().block_on(status.resend(name, Sequence(sequence), &caller.to_string()))?;
        if !resent {
            return Ok(gone(name, sequence));
        }
        info!(destination = %name, sequence, by = %caller, "sent again");
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}

/// Throws a dead letter away.
pub(super) async fn discard(
    State(sources): State<Sources>,
    caller: Caller,
    Path((name, sequence)): Path<(String, u64)>,
) -> Response {
    read(sources.status, name, move |status, name| {
        let found = status.outbox().dead_letters(name, before(sequence), 1)?.pop();
        if found.is_none_or(|letter| letter.sequence.0 != sequence) {
            return Ok(gone(name, sequence));
        }
        info!(destination = %name, sequence, by = %caller, "thrown away");
        Handle::current().block_on(status.discard(name, Sequence(sequence), &caller.to_string()))?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}

/// Does work that blocks on the store, for a destination that is known.
async fn read(
    status: Arc<Status>,
    name: String,
    work: impl FnOnce(&Status, &Arc<str>) -> Result<Response, OutboxError> + Send + 'static,
) -> Response {
    let Some(name) = known(&status, &name) else {
        return unknown(&name);
    };
    match tokio::task::spawn_blocking(move || work(&status, &name)).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => Failure::response(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
        Err(_) => Failure::response(StatusCode::INTERNAL_SERVER_ERROR, "internal error"),
    }
}

/// The number before, after which the one asked for is the first.
fn before(sequence: u64) -> Option<Sequence> {
    sequence.checked_sub(1).map(Sequence)
}

fn content(found: Option<Delivery>, name: &str, sequence: u64, caller: &Caller) -> Response {
    match found.filter(|delivery| delivery.sequence.0 == sequence) {
        Some(delivery) => {
            info!(destination = %name, sequence, by = %caller, "shown");
            ([(header::CONTENT_TYPE, "application/hl7-v2")], delivery.bytes).into_response()
        }
        None => gone(name, sequence),
    }
}

fn gone(name: &str, sequence: u64) -> Response {
    let error = format!("`{name}` has no number {sequence} there, or it cannot be read");
    Failure::response(StatusCode::NOT_FOUND, error)
}
