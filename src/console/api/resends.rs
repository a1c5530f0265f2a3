//! `/api/v1/resends`: a search of the archive sent again: looked at first, started by a confirmation, followed, stopped.
//!
//! A preview shows what lists show; the values that are searched for go into no log. Whoever may not read what messages
//! hold may not search by it here either.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Failure;
use super::archive::{Chosen, Trouble};
use super::messages::{self, Found, Search};
use super::resend::{because, told, way};
use crate::console::Sources;
use crate::console::extract::{Json, Path, object};
use crate::console::guard::Caller;
use crate::engine::{self, JobState, Jobs, JobsError, Way};

/// What is to be sent again.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "WantedResend")]
#[serde(deny_unknown_fields, default)]
pub struct Wanted {
    /// Which messages: as for `POST /api/v1/messages/search`, but without `before` and `count`.
    #[serde(deserialize_with = "object")]
    pub search: Search,
    /// To this destination alone, as each was sent to it. Without one they go through the routes as they are now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
    /// What the routes make of them now for that destination, instead of what it was sent: for a new destination.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub routed: bool,
    /// At most so many a second: 50 if left out, 1000 at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_per_second: Option<u32>,
    /// At most so many messages, the newest; more than a million are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// What would be sent. Nothing is, before it is started.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ResendPreview")]
pub struct Preview {
    /// Its number.
    pub id: u64,
    /// How many messages would go.
    pub count: u64,
    /// The first of them: the oldest go first.
    pub first: Vec<Found>,
    /// How many there are of each type.
    pub by_type: Vec<Counted>,
    /// How many went to each destination when they came in.
    pub by_destination: Vec<Counted>,
    /// How many were found and would not go, by the reason.
    pub left_out: Vec<Counted>,
    /// At most so many go a second.
    pub rate_per_second: u32,
    /// What whoever starts it has to repeat.
    pub confirmation: String,
}

/// A name, and how many of it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Counted {
    /// The name.
    pub name: String,
    /// How many.
    pub count: u64,
}

/// What starts a preview, or goes on with what was stopped.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "StartResend")]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// The words of the preview.
    pub confirmation: String,
    /// Why.
    pub reason: String,
}

/// How far it has come.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ResendProgress")]
pub struct Progress {
    /// Its number.
    pub id: u64,
    /// Where it stands.
    pub state: Standing,
    /// How many messages it has.
    pub count: u64,
    /// Those that somebody is owed now.
    pub sent: u64,
    /// Those that the routes have for nobody.
    pub unwanted: u64,
    /// Those that could not be sent.
    pub failed: u64,
    /// Those still to come.
    pub left: u64,
    /// At most so many go a second.
    pub rate_per_second: u32,
    /// The destination that gets them alone, if one was named.
    pub destination: Option<String>,
    /// Whether it gets what the routes make of them now.
    pub routed: bool,
    /// By what they were found, without the values.
    pub criteria: String,
    /// Who has started it.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// When it was first started, in UTC.
    pub started_at: Option<String>,
    /// When it ended or was stopped.
    pub ended_at: Option<String>,
    /// What it waits for, while it runs: room in the outbox, or in the queue of a destination.
    pub waits_for: Option<String>,
    /// What has stopped it, if nobody did.
    pub problem: Option<String>,
    /// The words that start it, where it can be started.
    pub confirmation: Option<String>,
    /// The first of those that could not be sent.
    pub failures: Vec<Unsent>,
}

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nothing was sent yet.
    Previewed,
    /// It goes on, after a restart too, or waits for room.
    Running,
    /// Somebody has stopped it; it can be started again, and goes on where it stands.
    Stopped,
    /// It has ended.
    Done,
}

/// A message that could not be sent.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Unsent {
    /// Its number.
    pub message: u64,
    /// Why.
    pub reason: String,
}

/// What would be sent.
pub(super) async fn preview(
    State(sources): State<Sources>,
    caller: Caller,
    Json(asked): Json<Wanted>,
) -> Response {
    if asked.limit == Some(0) {
        return Failure::response(StatusCode::BAD_REQUEST, "`limit`: expected at least 1");
    }
    if asked.search.before.is_some() || asked.search.count.is_some() {
        let error = "`search`: expected no `before` and no `count` here; `limit` says how many at most";
        return Failure::response(StatusCode::BAD_REQUEST, error);
    }
    let (way, query) = (way(asked.destination, asked.routed), asked.search.query());
    let chosen = Chosen {
        numbers: Vec::new(),
        search: Some(asked.search),
    };
    if let Err(refused) = chosen.check_may_search(&caller, "resends").await {
        return refused;
    }
    let (way, query) = match (way, query) {
        (Ok(way), Ok(query)) => (way, query),
        (Err(problem), _) => return Failure::response(StatusCode::BAD_REQUEST, problem),
        (_, Err(trouble)) => return Trouble::response(&trouble),
    };
    let criteria = chosen.told();
    let detail = format!("{criteria}, {}", told(&way));
    if let Err(unwritten) = caller.record("resends", Some(detail)).await {
        return unwritten;
    }
    let wanted = engine::Wanted {
        query,
        way,
        rate_per_second: asked.rate_per_second,
        limit: asked.limit,
        criteria,
    };
    work(&sources, move |jobs| {
        let (job, preview) = jobs.preview(wanted)?;
        Ok(axum::Json(shown(&job, preview)).into_response())
    })
    .await
}

fn shown(job: &engine::Job, preview: engine::Preview) -> Preview {
    Preview {
        id: job.id,
        count: job.count,
        first: preview.first.iter().map(messages::found).collect(),
        by_type: counted(preview.by_type),
        by_destination: counted(preview.by_destination),
        left_out: counted(preview.left_out),
        rate_per_second: job.rate_per_second,
        confirmation: job.confirmation(),
    }
}

/// The most first.
fn counted(counts: BTreeMap<String, u64>) -> Vec<Counted> {
    let mut counted: Vec<Counted> = counts
        .into_iter()
        .map(|(name, count)| Counted { name, count })
        .collect();
    counted.sort_by_key(|one| std::cmp::Reverse(one.count));
    counted
}

/// Lets it go.
pub(super) async fn start(
    State(sources): State<Sources>,
    caller: Caller,
    Path(id): Path<u64>,
    Json(asked): Json<Start>,
) -> Response {
    let caller = match because(&caller, Some(asked.reason)) {
        Ok(caller) if caller.reason().is_some() => caller,
        Ok(_) => return Failure::response(StatusCode::BAD_REQUEST, "`reason`: expected why"),
        Err(problem) => return Failure::response(StatusCode::BAD_REQUEST, problem),
    };
    let jobs = sources.resends.clone();
    let found = tokio::task::spawn_blocking(move || jobs.get(id));
    let detail = match found.await {
        Ok(Ok(engine::Shown { job, .. })) => {
            let (left, rate) = (job.left(), job.rate_per_second);
            format!(
                "{left} messages, {}, {}, {rate} a second",
                job.criteria,
                told(&job.way)
            )
        }
        Ok(Err(_)) | Err(_) => "unknown".to_owned(),
    };
    if let Err(unwritten) = caller.record(&format!("resends/{id}/start"), Some(detail)).await {
        return unwritten;
    }
    let (by, why) = (caller.who(), caller.reason().unwrap_or_default().to_owned());
    work(&sources, move |jobs| {
        jobs.start(id, &asked.confirmation, by, why)?;
        Ok(axum::Json(progress(&jobs.get(id)?)).into_response())
    })
    .await
}

/// All of them.
pub(super) async fn list(State(sources): State<Sources>) -> Response {
    work(&sources, |jobs| {
        let list: Vec<Progress> = jobs.list().iter().map(progress).collect();
        Ok(axum::Json(list).into_response())
    })
    .await
}

/// One of them.
pub(super) async fn get(State(sources): State<Sources>, Path(id): Path<u64>) -> Response {
    work(&sources, move |jobs| {
        Ok(axum::Json(progress(&jobs.get(id)?)).into_response())
    })
    .await
}

/// No more of it.
pub(super) async fn stop(State(sources): State<Sources>, Path(id): Path<u64>) -> Response {
    work(&sources, move |jobs| {
        jobs.stop(id)?;
        Ok(axum::Json(progress(&jobs.get(id)?)).into_response())
    })
    .await
}

fn progress(engine::Shown { job, waits_for }: &engine::Shown) -> Progress {
    let said = |text: &String| (!text.is_empty()).then(|| text.clone());
    let (state, can_be_started) = match job.state {
        JobState::Previewed => (Standing::Previewed, true),
        JobState::Running => (Standing::Running, false),
        JobState::Stopped => (Standing::Stopped, true),
        JobState::Done => (Standing::Done, false),
    };
    let unsent = |failure: &engine::JobFailure| Unsent {
        message: failure.message,
        reason: failure.reason.clone(),
    };
    Progress {
        id: job.id,
        state,
        count: job.count,
        sent: job.sent,
        unwanted: job.unwanted,
        failed: job.failed,
        left: job.left(),
        rate_per_second: job.rate_per_second,
        destination: job.way.destination().map(str::to_owned),
        routed: matches!(job.way, Way::RoutesTo(_)),
        criteria: job.criteria.clone(),
        by: said(&job.by),
        reason: said(&job.why),
        started_at: job.started_at.map(|at| at.to_string()),
        ended_at: job.ended_at.map(|at| at.to_string()),
        waits_for: waits_for.clone(),
        problem: job.problem.clone(),
        confirmation: can_be_started.then(|| job.confirmation()),
        failures: job.failures.iter().map(unsent).collect(),
    }
}

/// Does work that blocks, off the runtime's threads.
async fn work(
    sources: &Sources,
    work: impl FnOnce(&Jobs) -> Result<Response, JobsError> + Send + 'static,
) -> Response {
    let jobs = sources.resends.clone();
    match tokio::task::spawn_blocking(move || work(&jobs)).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => Failure::response(code(&error), error.to_string()),
        Err(_) => Failure::response(StatusCode::INTERNAL_SERVER_ERROR, "internal error"),
    }
}

fn code(error: &JobsError) -> StatusCode {
    match error {
        JobsError::NoArchive | JobsError::NoDestination(_) | JobsError::Unknown(_) => StatusCode::NOT_FOUND,
        JobsError::Rate | JobsError::TooMany | JobsError::TooSlow => StatusCode::BAD_REQUEST,
        JobsError::State(_) | JobsError::Busy(_) | JobsError::Looking => StatusCode::CONFLICT,
        JobsError::Archive(_) | JobsError::File { .. } => StatusCode::SERVICE_UNAVAILABLE,
    }
}
