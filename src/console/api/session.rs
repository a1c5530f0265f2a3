//! `/api/v1/session`: log in, who am I, log out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Failure, Sources};
use crate::access::{IDLE_MAX, Identity, Known, LogInError, Password, Permission, Role, csrf_token};
use crate::clock;
use crate::console::extract::Json;
use crate::console::guard::Caller;

/// Who asks.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Session")]
pub struct Answer {
    /// There is no administrator yet: the first one is made by `POST /api/v1/setup`.
    pub needs_setup: bool,
    /// Whoever is logged in.
    pub user: Option<Who>,
    /// What a page sends as `x-csrf-token` along with each change; only with a session.
    pub csrf_token: Option<String>,
    /// A session that nobody uses ends after this.
    pub idle_seconds_max: u64,
}

/// Somebody who is known.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Who {
    /// The name of the user or token; a number on the control socket.
    pub name: String,
    /// `user`, `token` or `local`.
    pub kind: String,
    /// What they are.
    pub roles: Vec<Role>,
    /// What they may.
    pub permissions: Vec<Permission>,
}

/// Who wants to log in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LogIn {
    name: String,
    password: Password,
}

/// Who asks.
pub(super) async fn get(State(sources): State<Sources>, caller: Caller) -> Response {
    let key = caller.session_key.as_deref();
    axum::Json(answer(&sources, caller.known.as_ref(), key)).into_response()
}

/// Logs in.
pub(super) async fn begin(
    State(sources): State<Sources>,
    caller: Caller,
    Json(log_in): Json<LogIn>,
) -> Response {
    if sources.access.needs_setup() {
        let error =
            "there is no administrator yet: make one with the token that weir printed when it started";
        return Failure::response(StatusCode::FORBIDDEN, error);
    }
    let LogIn { name, password } = log_in;
    let (tried, from) = (name.clone(), caller.from());
    let access = Arc::clone(&sources.access);
    let found = sources
        .hash(move || access.log_in(&tried, password.expose(), &from, clock::monotonic()))
        .await;
    let (known, key) = match found {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => return refused(&caller, &name, error).await,
        Err(failed) => return failed,
    };
    let mut caller = caller;
    caller.known = Some(known.clone());
    if let Err(unwritten) = caller.record("session", None).await {
        sources.access.log_out(key.expose());
        return unwritten;
    }
    let body = axum::Json(answer(&sources, Some(&known), Some(key.expose())));
    let mut response = body.into_response();
    if let Some(cookie) = caller.cookie(Some(key.expose())) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

async fn refused(caller: &Caller, name: &str, error: LogInError) -> Response {
    match error {
        LogInError::Wrong { is_known, unheard } => {
            // A name that is nobody's may be a password in the wrong field: it is not written down.
            let who = if is_known {
                Identity::User(name.to_owned()).to_string()
            } else {
                "nobody".to_owned()
            };
            let detail = (unheard > 0)
                .then(|| format!("{unheard} tries before it came too early and were not looked at"));
            if let Err(unwritten) = caller.record_refusal(who, "session", detail).await {
                return unwritten;
            }
            Failure::response(
                StatusCode::UNAUTHORIZED,
                "name and password do not belong together",
            )
        }
        LogInError::Wait(wait) => too_early(wait),
        LogInError::Machine => Failure::response(StatusCode::INTERNAL_SERVER_ERROR, "no random numbers"),
    }
}

/// The answer to whoever guesses too fast.
pub(super) fn too_early(wait: std::time::Duration) -> Response {
    let seconds = wait.as_secs() + 1;
    let error = format!("too many wrong tries: wait {seconds} s");
    let mut response = Failure::response(StatusCode::TOO_MANY_REQUESTS, error);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// Logs out.
pub(super) async fn end(State(sources): State<Sources>, caller: Caller) -> Response {
    if let Some(key) = &caller.session_key {
        sources.access.log_out(key);
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(cookie) = caller.cookie(None) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

fn answer(sources: &Sources, known: Option<&Known>, session_key: Option<&str>) -> Answer {
    Answer {
        needs_setup: sources.access.needs_setup(),
        user: known.map(who),
        csrf_token: session_key.map(csrf_token),
        idle_seconds_max: IDLE_MAX.as_secs(),
    }
}

fn who(known: &Known) -> Who {
    let (kind, name) = match &known.identity {
        Identity::User(name) => ("user", name.clone()),
        Identity::Token(name) => ("token", name.clone()),
        Identity::Local(uid) => ("local", uid.map(|uid| uid.to_string()).unwrap_or_default()),
    };
    Who {
        name,
        kind: kind.to_owned(),
        roles: known.roles.iter().copied().collect(),
        permissions: Permission::ALL
            .into_iter()
            .filter(|&permission| known.may(permission))
            .collect(),
    }
}
