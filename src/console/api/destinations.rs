//! `POST /api/v1/destinations/{name}/…`: what somebody tells a lane. Survives a restart.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing::info;

use super::{Failure, Sources};
use crate::console::extract::Path;
use crate::console::guard::Caller;
use crate::engine::{Status, SwitchError};

/// What can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Send nothing more, after the attempt under way.
    Pause,
    /// Send what is owed by now, then nothing more.
    Drain,
    /// Go on, after a pause or a refusal that holds the lane.
    Resume,
    /// Try the next attempt now instead of waiting for it.
    Retry,
}

/// What was done.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Told")]
pub struct Answer {
    /// The destination.
    pub destination: String,
    /// What it was told.
    pub order: Order,
    /// The deliveries that held it until then, by number, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub freed: BTreeMap<u64, String>,
}

pub(super) async fn post(
    State(sources): State<Sources>,
    caller: Caller,
    Path((name, order)): Path<(String, Order)>,
) -> Response {
    let Some(name) = known(&sources.status, &name) else {
        return unknown(&name);
    };
    info!(destination = %name, ?order, by = %caller, "told");
    let (status, destination) = (Arc::clone(&sources.status), Arc::clone(&name));
    let told = tokio::task::spawn_blocking(move || tell(&status, &destination, order)).await;
    match told {
        Ok(Ok(freed)) => Json(Answer {
            destination: name.to_string(),
            order,
            freed,
        })
        .into_response(),
        Ok(Err(error)) => Failure::response(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        Err(_) => Failure::response(StatusCode::INTERNAL_SERVER_ERROR, "internal error"),
    }
}

/// Blocks on the disk. What held the destination until now, if it is told to go on.
fn tell(status: &Status, destination: &str, order: Order) -> Result<BTreeMap<u64, String>, SwitchError> {
    let switches = status.switches();
    match order {
        Order::Resume => return switches.resume(destination),
        Order::Pause => switches.pause_after(destination, 0)?,
        Order::Drain => {
            let newest = status.outbox().arrivals(destination).borrow().0;
            switches.pause_after(destination, newest)?;
        }
        Order::Retry => switches.retry_now(destination),
    }
    Ok(BTreeMap::new())
}

/// A destination of the site, or one that is still owed something.
pub(super) fn known(status: &Status, name: &str) -> Option<Arc<str>> {
    status.owed_destinations().get(name).map(Arc::clone)
}

pub(super) fn unknown(name: &str) -> Response {
    Failure::response(StatusCode::NOT_FOUND, format!("there is no destination `{name}`"))
}
