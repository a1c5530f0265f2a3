//! `GET /api/v1/events`: what runs, as it changes; `GET /api/v1/history`: the counts of the last hour.
//!
//! Server-sent events: each is named `status` and holds what `GET /api/v1/status` answers, about every second.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;

use super::{Failure, Sources};
use crate::console::observer::{Sample, WATCHERS_MAX};

/// The counts of the last hour.
#[derive(Serialize)]
struct History {
    /// The oldest first.
    samples: Vec<Sample>,
}

pub(super) async fn get(State(sources): State<Sources>) -> Response {
    let Some(watching) = sources.seen.watch() else {
        let error = format!("{WATCHERS_MAX} pages watch already, and there may not be more");
        return Failure::response(StatusCode::SERVICE_UNAVAILABLE, error);
    };
    let events = stream::unfold(watching, |mut watching| async move {
        let status = watching.next().await?;
        let event = Event::default().event("status").data(&*status);
        Some((Ok::<_, std::convert::Infallible>(event), watching))
    });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

pub(super) async fn history(State(sources): State<Sources>) -> Response {
    let samples = sources.seen.history();
    Json(History { samples }).into_response()
}
