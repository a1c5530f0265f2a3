//! `POST /api/v1/destinations/{name}/…`: what somebody tells a lane. Survives a restart.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tracing::info;

use super::{Failure, Sources};
use crate::console::extract::Path;
use crate::console::guard::Caller;
use crate::engine::{Status, SwitchError};

/// What can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer {
    /// The destination.
    pub destination: String,
    /// What it was told.
    pub order: Order,
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
        Ok(Ok(())) => Json(Answer {
            destination: name.to_string(),
            order,
        })
        .into_response(),
        Ok(Err(error)) => Failure::response(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        Err(_) => Failure::response(StatusCode::INTERNAL_SERVER_ERROR, "internal error"),
    }
}

/// Blocks on the disk.
fn tell(status: &Status, destination: &str, order: Order) -> Result<(), SwitchError> {
    let switches = status.switches();
    match order {
        Order::Pause => switches.pause_after(destination, 0),
        Order::Drain => {
            let newest = status.outbox().arrivals(destination).borrow().0;
            switches.pause_after(destination, newest)
        }
        Order::Resume => switches.resume(destination),
        Order::Retry => {
            switches.retry_now(destination);
            Ok(())
        }
    }
}

/// A destination of the site, or one that is still owed something.
pub(super) fn known(status: &Status, name: &str) -> Option<Arc<str>> {
    status.owed_destinations().get(name).map(Arc::clone)
}

pub(super) fn unknown(name: &str) -> Response {
    Failure::response(StatusCode::NOT_FOUND, format!("there is no destination `{name}`"))
}
