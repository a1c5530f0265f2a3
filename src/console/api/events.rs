//! `GET /api/v1/events`: what runs, as it changes; `GET /api/v1/history`: the counts of the last hour.
//!
//! Server-sent events: each is named `status` and holds what `GET /api/v1/status` answers, about every second.
//! A stream ends with the session it was asked for in, and does not keep that session in use.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Failure, Sources};
use crate::access::Permission;
use crate::clock;
use crate::console::guard::Caller;
use crate::console::observer::{Sample, WATCHERS_MAX, WATCHERS_PER_IDENTITY_MAX};

/// A stream without a session, as programs ask for it, ends after this: whoever may no longer see is not let in again.
const STREAM_MAX: Duration = Duration::from_secs(300);

/// The counts of the last hour.
#[derive(Serialize, JsonSchema)]
pub(super) struct History {
    /// The oldest first.
    samples: Vec<Sample>,
}

pub(super) async fn get(State(sources): State<Sources>, caller: Caller) -> Response {
    let Some(watching) = sources.seen.watch(caller.who()) else {
        let error = format!(
            "{WATCHERS_MAX} pages watch already, or {WATCHERS_PER_IDENTITY_MAX} of yours, and there may not be more"
        );
        return Failure::response(StatusCode::SERVICE_UNAVAILABLE, error);
    };
    let ends_at = clock::monotonic() + STREAM_MAX;
    let events = stream::unfold(watching, move |mut watching| {
        let (access, key) = (Arc::clone(&sources.access), caller.session_key.clone());
        async move {
            let status = watching.next().await?;
            let now = clock::monotonic();
            let may_go_on = match &key {
                Some(key) => access
                    .peek(key, now)
                    .is_some_and(|known| known.may(Permission::See)),
                None => now < ends_at,
            };
            let event = Event::default().event("status").data(&*status);
            may_go_on.then_some((Ok::<_, Infallible>(event), watching))
        }
    });
    let mut response = Sse::new(events).keep_alive(KeepAlive::default()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy that collects an answer before it passes it on would show the first event never.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

pub(super) async fn history(State(sources): State<Sources>) -> Response {
    let samples = sources.seen.history();
    Json(History { samples }).into_response()
}
