//! `POST /api/v1/reload`: reads the site anew and swaps it in, or says what is wrong with it.
//!
//! 200 when it was swapped, 409 when it was refused and the site that runs goes on.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Failure, Sources};
use crate::console::guard::Caller;
use crate::engine::{Change, Reloaded};
use crate::problem::Report;

/// What became of it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Reload")]
pub struct Answer {
    /// `applied` or `refused`.
    pub outcome: String,
    /// The version of the site that runs now.
    pub version: String,
    /// Listeners that are new, changed or gone.
    pub listeners: Vec<Changed>,
    /// Destinations that are new, changed or gone.
    pub destinations: Vec<Changed>,
    /// Why it was refused; warnings when it was not.
    pub problems: Vec<Report>,
    /// The same as text for people, with the lines of the files.
    pub text: String,
}

/// A listener or a destination that was not left alone.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ReloadChange")]
pub struct Changed {
    /// Its name.
    pub name: String,
    /// `added`, `changed` or `removed`.
    pub change: String,
}

pub(super) async fn post(State(sources): State<Sources>, caller: Caller) -> Response {
    let Some(reloaded) = sources.reloader.reload(caller.to_string()).await else {
        return Failure::response(StatusCode::SERVICE_UNAVAILABLE, "this weir takes no reload now");
    };
    let code = match reloaded.changes {
        Some(_) => StatusCode::OK,
        None => StatusCode::CONFLICT,
    };
    (code, Json(answer(&reloaded))).into_response()
}

fn answer(reloaded: &Reloaded) -> Answer {
    let changes = reloaded.changes.clone().unwrap_or_default();
    Answer {
        outcome: if reloaded.changes.is_some() {
            "applied"
        } else {
            "refused"
        }
        .to_owned(),
        version: reloaded.version.to_string(),
        listeners: changes.listeners.into_iter().map(changed).collect(),
        destinations: changes.destinations.into_iter().map(changed).collect(),
        problems: reloaded.problems.report(),
        text: reloaded.problems.render(false),
    }
}

fn changed((name, change): (Arc<str>, Change)) -> Changed {
    let change = match change {
        Change::Added => "added",
        Change::Changed => "changed",
        Change::Removed => "removed",
    };
    Changed {
        name: name.to_string(),
        change: change.to_owned(),
    }
}
