//! The API: JSON over HTTP below `/api/v1`, one file per resource.
//!
//! It asks nobody who they are: that is for the socket it is served on (see `control.rs`). It shows names, counts
//! and settings; what a message holds only where one message is asked for by its number. The forms of its answers stand in the files of the resources; the
//! command line reads them with the same types.

pub mod backup;
pub mod dead;
pub mod destinations;
mod events;
pub mod queue;
pub mod reload;
mod routes;
pub mod status;
pub mod traced;

use std::path::Path;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::observer::Seen;
use crate::engine::{Reloader, Status};

/// What the answers are made from.
#[derive(Clone)]
pub(super) struct Sources {
    pub(super) status: Arc<Status>,
    pub(super) reloader: Reloader,
    pub(super) seen: Seen,
    /// The folder of the site's files.
    pub(super) site: Arc<Path>,
    /// The one turn to run cases.
    pub(super) cases: Arc<Semaphore>,
}

/// Why a request was not answered as asked.
#[derive(Debug, Serialize, Deserialize)]
pub struct Failure {
    /// One sentence.
    pub error: String,
}

impl Failure {
    fn response(code: StatusCode, error: impl Into<String>) -> Response {
        (code, Json(Failure { error: error.into() })).into_response()
    }
}

/// Every resource under its address.
pub(super) fn router(sources: Sources) -> Router {
    Router::new()
        .route("/api/v1/status", get(status::get))
        .route("/api/v1/events", get(events::get))
        .route("/api/v1/history", get(events::history))
        .route("/api/v1/dead", get(dead::get))
        .route("/api/v1/routes", get(routes::list))
        .route("/api/v1/routes/{name}", get(routes::get))
        .route(
            "/api/v1/routes/{name}/try",
            post(routes::attempt).layer(DefaultBodyLimit::max(routes::TRIAL_BYTES_MAX)),
        )
        .route("/api/v1/routes/{name}/cases", post(routes::cases))
        .route("/api/v1/reload", post(reload::post))
        .route("/api/v1/backup", get(backup::get))
        .route("/api/v1/destinations/{name}/{order}", post(destinations::post))
        .route("/api/v1/destinations/{name}/queue", get(queue::list))
        .route(
            "/api/v1/destinations/{name}/queue/{sequence}",
            get(queue::get).delete(queue::skip),
        )
        .route("/api/v1/destinations/{name}/dead", get(queue::list_dead))
        .route(
            "/api/v1/destinations/{name}/dead/{sequence}",
            get(queue::get_dead).post(queue::resend).delete(queue::discard),
        )
        .fallback(unknown)
        .method_not_allowed_fallback(not_so)
        .with_state(sources)
}

async fn not_so(method: Method, uri: Uri) -> Response {
    let error = format!("{} is not asked by {method}", uri.path());
    Failure::response(StatusCode::METHOD_NOT_ALLOWED, error)
}

async fn unknown(uri: Uri) -> Response {
    Failure::response(StatusCode::NOT_FOUND, format!("there is no {}", uri.path()))
}
