//! `POST /api/v1/setup`: the first administrator, made with the token that weir printed when it started.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;

use super::session::too_early;
use super::{Sources, users};
use crate::access::Password;
use crate::clock;
use crate::console::extract::Json;
use crate::console::guard::Caller;

/// The first administrator.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetUp {
    token: Password,
    name: String,
    password: Password,
}

pub(super) async fn post(
    State(sources): State<Sources>,
    caller: Caller,
    Json(set_up): Json<SetUp>,
) -> Response {
    let access = Arc::clone(&sources.access);
    if let Err(wait) = access.try_at("/api/v1/setup", &caller.from(), clock::monotonic()) {
        return too_early(wait);
    }
    if let Err(error) = access.check_setup_token(set_up.token.expose()) {
        let written = caller.record_refusal(caller.who(), "setup", None).await;
        return written.err().unwrap_or_else(|| users::refused(&error));
    }
    if let Err(unwritten) = caller
        .record("setup", Some(format!("administrator {}", set_up.name)))
        .await
    {
        return unwritten;
    }
    let made = sources
        .hash(move || access.set_up(set_up.token.expose(), &set_up.name, set_up.password.expose()))
        .await;
    users::answer(made, StatusCode::CREATED)
}
