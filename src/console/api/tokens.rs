//! `/api/v1/tokens`: programs that may ask, and what they may. A token itself is shown once, when it is made.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::users::{answer, refused, roles_text};
use super::{Failure, Sources};
use crate::access::{self, Role};
use crate::console::extract::{Json, Path};
use crate::console::guard::Caller;

/// A token, but not the token itself.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    /// What it is called.
    pub name: String,
    /// What it may.
    pub roles: BTreeSet<Role>,
    /// Since when it is there, in UTC.
    pub created_at: String,
    /// Who made it.
    pub created_by: String,
    /// Until when it holds, in UTC.
    pub expires_at: String,
}

/// A token to be made.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NewToken")]
#[serde(deny_unknown_fields)]
pub(super) struct Added {
    name: String,
    roles: BTreeSet<Role>,
    days: u32,
}

/// A token that was made.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MadeToken")]
pub struct Made {
    /// The token itself, to be sent as `Authorization: Bearer …`. It is not kept and never shown again.
    pub token: String,
    /// Until when it holds, in UTC.
    pub expires_at: String,
}

/// All of them.
pub(super) async fn list(State(sources): State<Sources>) -> Response {
    let tokens = sources.access.tokens().into_iter().map(|token| Token {
        name: token.name,
        roles: token.roles,
        created_at: token.created_at,
        created_by: token.created_by,
        expires_at: token.expires_at.to_string(),
    });
    axum::Json(tokens.collect::<Vec<_>>()).into_response()
}

/// One more.
pub(super) async fn add(
    State(sources): State<Sources>,
    caller: Caller,
    Json(added): Json<Added>,
) -> Response {
    let Added { name, roles, days } = added;
    let Some(by) = caller.identity().cloned() else {
        return Failure::response(StatusCode::INTERNAL_SERVER_ERROR, "internal error");
    };
    let detail = format!("{}, {days} days", roles_text(&roles));
    if let Err(unwritten) = caller.record(&format!("tokens/{name}"), Some(detail)).await {
        return unwritten;
    }
    let access = Arc::clone(&sources.access);
    let made = tokio::task::spawn_blocking(move || access.add_token(&name, roles, days, &by)).await;
    match made {
        Ok(Ok((access::Token { expires_at, .. }, key))) => {
            let made = Made {
                token: key.expose().to_owned(),
                expires_at: expires_at.to_string(),
            };
            (StatusCode::CREATED, axum::Json(made)).into_response()
        }
        Ok(Err(error)) => refused(&error),
        Err(_) => Failure::response(StatusCode::INTERNAL_SERVER_ERROR, "internal error"),
    }
}

/// Away with it.
pub(super) async fn remove(State(sources): State<Sources>, Path(name): Path<String>) -> Response {
    let access = Arc::clone(&sources.access);
    let removed = tokio::task::spawn_blocking(move || access.remove_token(&name)).await;
    let removed = removed.map_err(|_| Failure::response(StatusCode::INTERNAL_SERVER_ERROR, "internal error"));
    answer(removed, StatusCode::NO_CONTENT)
}
