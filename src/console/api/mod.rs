//! The API: JSON over HTTP below `/api/v1`, one file per resource.
//!
//! `table.rs` is the one table of what there is, who may ask for it and what the audit log says of it; the same
//! router serves the console's address and the control socket. It shows names, counts and settings; what a message
//! holds only to whoever may read. The forms of its answers stand in the files of the resources; the command line
//! reads them with the same types.

pub mod alerts;
pub mod archive;
pub mod audit;
pub mod backup;
pub mod dead;
pub mod destinations;
mod draft;
mod events;
pub mod messages;
mod openapi;
pub mod queue;
pub mod reload;
pub mod resend;
pub mod resends;
mod routes;
pub mod session;
pub mod setup;
pub mod status;
mod table;
pub mod tokens;
pub mod traced;
pub mod users;

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Sources;
use super::endpoint::mount;
use super::guard::Door;
#[cfg(any(test, fuzzing))]
pub(super) use table::endpoints;

/// Why a request was not answered as asked.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// One sentence.
    pub error: String,
}

impl Failure {
    pub(super) fn response(code: StatusCode, error: impl Into<String>) -> Response {
        (code, axum::Json(Failure { error: error.into() })).into_response()
    }
}

/// Every endpoint under its address, for whoever comes by this door.
pub(super) fn router(door: &Door, sources: &Sources) -> Router {
    mount(table::endpoints(), door, sources)
        .fallback(unknown)
        .method_not_allowed_fallback(not_so)
}

async fn not_so(method: Method, uri: Uri) -> Response {
    let error = format!("{} is not asked by {method}", uri.path());
    Failure::response(StatusCode::METHOD_NOT_ALLOWED, error)
}

async fn unknown(uri: Uri) -> Response {
    Failure::response(StatusCode::NOT_FOUND, format!("there is no {}", uri.path()))
}
