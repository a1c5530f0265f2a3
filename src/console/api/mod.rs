//! The API: JSON over HTTP below `/api/v1`, one file per resource.
//!
//! [`endpoints`] is the one table of what there is, who may ask for it and what the audit log says of it; the same
//! router serves the console's address and the control socket. It shows names, counts and settings; what a message
//! holds only to whoever may read. The forms of its answers stand in the files of the resources; the command line
//! reads them with the same types.

pub mod alerts;
pub mod backup;
pub mod destinations;
pub mod queue;
pub mod reload;
pub mod session;
pub mod setup;
pub mod status;
pub mod tokens;
pub mod users;

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::Sources;
use super::endpoint::{Audited, Endpoint, Needs, delete, get, mount, patch, post};
use super::guard::Door;
use crate::access::Permission::{Administer, Operate, Read, See};

/// Why a request was not answered as asked.
#[derive(Debug, Serialize, Deserialize)]
pub struct Failure {
    /// One sentence.
    pub error: String,
}

impl Failure {
    pub(super) fn response(code: StatusCode, error: impl Into<String>) -> Response {
        (code, axum::Json(Failure { error: error.into() })).into_response()
    }
}

/// Every endpoint: its address, the permission it asks for, what the audit log says of it, what works.
fn endpoints() -> Vec<Endpoint> {
    let open = Needs::Nothing;
    let may = Needs::Permission;
    vec![
        get("/api/v1/session", open, Audited::No, session::get),
        post(
            "/api/v1/session",
            open,
            Audited::ByItself("session.begin"),
            session::begin,
        ),
        delete(
            "/api/v1/session",
            Needs::Login,
            Audited::As("session.end"),
            session::end,
        ),
        post("/api/v1/setup", open, Audited::ByItself("setup"), setup::post),
        post(
            "/api/v1/session/password",
            Needs::Login,
            Audited::ByItself("user.change_own_password"),
            users::change_own,
        ),
        get("/api/v1/users", may(Administer), Audited::No, users::list),
        post(
            "/api/v1/users",
            may(Administer),
            Audited::ByItself("user.add"),
            users::add,
        ),
        patch(
            "/api/v1/users/{name}",
            may(Administer),
            Audited::ByItself("user.change"),
            users::change,
        ),
        delete(
            "/api/v1/users/{name}",
            may(Administer),
            Audited::As("user.remove"),
            users::remove,
        ),
        get("/api/v1/tokens", may(Administer), Audited::No, tokens::list),
        post(
            "/api/v1/tokens",
            may(Administer),
            Audited::ByItself("token.add"),
            tokens::add,
        ),
        delete(
            "/api/v1/tokens/{name}",
            may(Administer),
            Audited::As("token.remove"),
            tokens::remove,
        ),
        get("/api/v1/status", may(See), Audited::No, status::get),
        get("/api/v1/alerts", may(See), Audited::No, alerts::get),
        post(
            "/api/v1/reload",
            may(Administer),
            Audited::As("reload"),
            reload::post,
        ),
        get(
            "/api/v1/backup",
            may(Administer),
            Audited::WithReason("backup"),
            backup::get,
        ),
        post(
            "/api/v1/destinations/{name}/{order}",
            may(Operate),
            Audited::As("destination.order"),
            destinations::post,
        ),
        get(
            "/api/v1/destinations/{name}/queue",
            may(See),
            Audited::No,
            queue::list,
        ),
        get(
            "/api/v1/destinations/{name}/queue/{sequence}",
            may(Read),
            Audited::As("queue.read"),
            queue::get,
        ),
        delete(
            "/api/v1/destinations/{name}/queue/{sequence}",
            may(Operate),
            Audited::As("queue.skip"),
            queue::skip,
        ),
        get(
            "/api/v1/destinations/{name}/dead",
            may(See),
            Audited::No,
            queue::list_dead,
        ),
        get(
            "/api/v1/destinations/{name}/dead/{sequence}",
            may(Read),
            Audited::As("dead.read"),
            queue::get_dead,
        ),
        post(
            "/api/v1/destinations/{name}/dead/{sequence}",
            may(Operate),
            Audited::As("dead.resend"),
            queue::resend,
        ),
        delete(
            "/api/v1/destinations/{name}/dead/{sequence}",
            may(Operate),
            Audited::As("dead.discard"),
            queue::discard,
        ),
    ]
}

/// Every endpoint under its address, for whoever comes by this door.
pub(super) fn router(door: &Door, sources: &Sources) -> Router {
    mount(endpoints(), door, sources)
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
