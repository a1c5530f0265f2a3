//! `/api/v1/users`: who may log in, and what they may. Never a password, and none of its hash.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::session::too_early;
use super::{Failure, Sources};
use crate::access::{AccessError, Identity, Password, Role};
use crate::clock;
use crate::console::extract::{Json, Path};
use crate::console::guard::Caller;

/// A user.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct User {
    /// The name to log in with.
    pub name: String,
    /// What it may.
    pub roles: BTreeSet<Role>,
    /// Since when it is there, in UTC.
    pub created_at: String,
}

/// A user to be added.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NewUser")]
#[serde(deny_unknown_fields)]
pub(super) struct Added {
    name: String,
    password: Password,
    roles: BTreeSet<Role>,
}

/// What is to change of a user; what is not here stays.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "UserChange")]
#[serde(deny_unknown_fields)]
pub(super) struct Changed {
    #[serde(default)]
    password: Option<Password>,
    #[serde(default)]
    roles: Option<BTreeSet<Role>>,
}

/// A password of one's own that is to be replaced.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnPassword {
    current: Password,
    new: Password,
}

/// All of them.
pub(super) async fn list(State(sources): State<Sources>) -> Response {
    let users = sources.access.users().into_iter().map(|user| User {
        name: user.name,
        roles: user.roles,
        created_at: user.created_at,
    });
    axum::Json(users.collect::<Vec<_>>()).into_response()
}

/// One more.
pub(super) async fn add(
    State(sources): State<Sources>,
    caller: Caller,
    Json(added): Json<Added>,
) -> Response {
    let Added {
        name,
        password,
        roles,
    } = added;
    let object = format!("users/{name}");
    if let Err(unwritten) = caller.record(&object, Some(roles_text(&roles))).await {
        return unwritten;
    }
    let access = Arc::clone(&sources.access);
    let done = sources
        .hash(move || access.add_user(&name, password.expose(), roles))
        .await;
    answer(done, StatusCode::CREATED)
}

/// Another password, other roles.
pub(super) async fn change(
    State(sources): State<Sources>,
    caller: Caller,
    Path(name): Path<String>,
    Json(changed): Json<Changed>,
) -> Response {
    let Changed { password, roles } = changed;
    let mut details = Vec::new();
    details.extend(password.as_ref().map(|_| "another password".to_owned()));
    details.extend(roles.as_ref().map(roles_text));
    if details.is_empty() {
        return Failure::response(StatusCode::BAD_REQUEST, "expected `password`, `roles`, or both");
    }
    if let Err(unwritten) = caller
        .record(&format!("users/{name}"), Some(details.join(", ")))
        .await
    {
        return unwritten;
    }
    let access = Arc::clone(&sources.access);
    let done = sources
        .hash(move || access.change_user(&name, password.as_ref().map(Password::expose), roles))
        .await;
    answer(done, StatusCode::NO_CONTENT)
}

/// Away with it, and with its sessions.
pub(super) async fn remove(State(sources): State<Sources>, Path(name): Path<String>) -> Response {
    let access = Arc::clone(&sources.access);
    answer(
        sources.hash(move || access.remove_user(&name)).await,
        StatusCode::NO_CONTENT,
    )
}

/// One's own password. Whoever only found a screen unlocked does not know the current one. Ends one's sessions.
pub(super) async fn change_own(
    State(sources): State<Sources>,
    caller: Caller,
    Json(password): Json<OwnPassword>,
) -> Response {
    let Some(Identity::User(name)) = caller.identity().cloned() else {
        return Failure::response(StatusCode::BAD_REQUEST, "only a user has a password");
    };
    let access = Arc::clone(&sources.access);
    if let Err(wait) = access.try_at(&name, &caller.from(), clock::monotonic()) {
        return too_early(wait);
    }
    let (of, current) = (name.clone(), password.current);
    let is_right = match sources
        .hash(move || access.is_password(&of, current.expose()))
        .await
    {
        Ok(is_right) => is_right,
        Err(failed) => return failed,
    };
    let object = format!("users/{name}");
    if !is_right {
        let written = caller.record_refusal(caller.who(), &object, None).await;
        let wrong = || Failure::response(StatusCode::FORBIDDEN, "this is not the current password");
        return written.err().unwrap_or_else(wrong);
    }
    if let Err(unwritten) = caller.record(&object, Some("another password".to_owned())).await {
        return unwritten;
    }
    let access = Arc::clone(&sources.access);
    let done = sources
        .hash(move || access.change_user(&name, Some(password.new.expose()), None))
        .await;
    answer(done, StatusCode::NO_CONTENT)
}

pub(super) fn roles_text(roles: &BTreeSet<Role>) -> String {
    let names: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
    format!("roles {}", names.join(" "))
}

/// The answer to something that says nothing when it is done.
pub(super) fn answer(done: Result<Result<(), AccessError>, Response>, code: StatusCode) -> Response {
    match done {
        Ok(Ok(())) => code.into_response(),
        Ok(Err(error)) => refused(&error),
        Err(failed) => failed,
    }
}

/// What is not done, and whose fault that is.
pub(super) fn refused(error: &AccessError) -> Response {
    let code = match error {
        AccessError::Io { .. } | AccessError::Unreadable { .. } | AccessError::Random(_) => {
            tracing::error!(%error, "users and tokens stay as they were");
            StatusCode::INTERNAL_SERVER_ERROR
        }
        AccessError::Name | AccessError::Password(_) | AccessError::NoRole | AccessError::Days => {
            StatusCode::BAD_REQUEST
        }
        AccessError::Exists(_)
        | AccessError::LastAdministrator(_)
        | AccessError::TooMany(_)
        | AccessError::SetUp => StatusCode::CONFLICT,
        AccessError::Unknown(_) => StatusCode::NOT_FOUND,
        AccessError::SetupToken => StatusCode::FORBIDDEN,
    };
    Failure::response(code, error.to_string())
}
