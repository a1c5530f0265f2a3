//! `/api/v1/routes`: the routes of the site that runs, their text, their cases, and a message to try them with.
//!
//! The text is the one that was loaded, whatever stands in the files now. Cases are read anew, since only they name
//! the messages that they give. A trial stores and sends nothing.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::traced::{self, Traced};
use super::{Failure, Sources};
use crate::case::{Case, Mismatch, Verdict, What, times};
use crate::clock;
use crate::config::{self, Missing};
use crate::console::extract::{Json, Path};
use crate::engine::Running;
use crate::hl7::charset::Charset;
use crate::hl7::dictionary::{Dictionary, Version};
use crate::hl7::{Message, ParseLimits, Terminators};
use crate::route::{Route, Trace};

/// A route, as the list shows it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RouteSummary")]
pub(super) struct Summary {
    name: String,
    from: Vec<String>,
    to: Vec<String>,
    /// The types of messages it is for; none means all.
    messages: Vec<String>,
    /// How many cases it has.
    cases: usize,
    /// Where it is written.
    file: String,
    line: usize,
}

/// A route with its text.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RouteWithText")]
pub(super) struct Whole {
    #[serde(flatten)]
    summary: Summary,
    text: String,
}

/// What came of the cases of a route.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CaseResults")]
pub(super) struct Results {
    /// The version of the site that the files hold now.
    version: String,
    /// Whether that is the site that runs.
    is_running: bool,
    cases: Vec<CaseResult>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CaseResult {
    name: String,
    file: String,
    line: usize,
    passed: bool,
    mismatches: Vec<NotAsExpected>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct NotAsExpected {
    subject: String,
    expected: String,
    got: String,
}

/// A message to try.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Trial {
    /// Its segments, ended by CR, LF or both.
    message: String,
}

/// The longest message that is tried.
pub(super) const TRIAL_BYTES_MAX: usize = 4 << 20;

pub(super) async fn list(State(sources): State<Sources>) -> Response {
    let running = sources.status.running();
    let routes = running.routes.iter().map(|route| summary(&running, route));
    axum::Json(routes.collect::<Vec<_>>()).into_response()
}

pub(super) async fn get(State(sources): State<Sources>, Path(name): Path<String>) -> Response {
    let running = sources.status.running();
    let Some(route) = known(&running, &name) else {
        return unknown(&name);
    };
    let text = running.route_texts.get(&route.name);
    axum::Json(Whole {
        summary: summary(&running, route),
        text: text.map_or_else(String::new, |text| text.text.clone()),
    })
    .into_response()
}

/// Runs a message through a route.
pub(super) async fn attempt(
    State(sources): State<Sources>,
    Path(name): Path<String>,
    Json(Trial { message }): Json<Trial>,
) -> Response {
    let running = sources.status.running();
    if known(&running, &name).is_none() {
        return unknown(&name);
    }
    let tried = tokio::task::spawn_blocking(move || {
        let route = known(&running, &name)?;
        Some(traced(&running, route, &message))
    });
    match tried.await {
        Ok(Some(Ok(object))) => axum::Json(object).into_response(),
        Ok(Some(Err(error))) => Failure::response(StatusCode::UNPROCESSABLE_ENTITY, error),
        // A route that panics is a mistake in weir.
        Ok(None) | Err(_) => Failure::response(StatusCode::INTERNAL_SERVER_ERROR, "internal error"),
    }
}

/// Reads the cases of the site anew and runs those of one route.
pub(super) async fn cases(State(sources): State<Sources>, Path(name): Path<String>) -> Response {
    let running = sources.status.running();
    if known(&running, &name).is_none() {
        return unknown(&name);
    }
    // One at a time: whoever asks often waits, and takes no memory.
    let Ok(_turn) = sources.cases.acquire().await else {
        return Failure::response(StatusCode::SERVICE_UNAVAILABLE, "weir is stopping");
    };
    let folder = Arc::clone(&sources.site);
    match tokio::task::spawn_blocking(move || results(&folder, &name, &running)).await {
        Ok(Ok(results)) => axum::Json(results).into_response(),
        Ok(Err(error)) => Failure::response(StatusCode::CONFLICT, error),
        Err(_) => Failure::response(StatusCode::INTERNAL_SERVER_ERROR, "internal error"),
    }
}

fn known<'r>(running: &'r Running, name: &str) -> Option<&'r Arc<Route>> {
    running.routes.iter().find(|route| *route.name == *name)
}

fn unknown(name: &str) -> Response {
    Failure::response(StatusCode::NOT_FOUND, format!("there is no route `{name}`"))
}

fn summary(running: &Running, route: &Route) -> Summary {
    let text = running.route_texts.get(&route.name);
    let names = |names: &[Arc<str>]| names.iter().map(ToString::to_string).collect();
    Summary {
        name: route.name.to_string(),
        from: names(&route.from),
        to: names(&route.to),
        messages: route.messages().iter().map(ToString::to_string).collect(),
        cases: text.map_or(0, |text| text.cases),
        file: text.map_or_else(String::new, |text| text.file.clone()),
        line: text.map_or(0, |text| text.line),
    }
}

/// The trace of a message, or why it is none.
fn traced(running: &Running, route: &Route, text: &str) -> Result<serde_json::Value, String> {
    let assumed = route.from.first();
    let assumed = assumed.and_then(|from| running.charsets.get(from).copied());
    let message = as_received(assumed, text)?;
    let mut trace = Trace::default();
    let outcome = route.run(&message, &clock::now_local(), Some(&mut trace));
    Ok(traced::object(&Traced {
        route,
        number: 1,
        message: &message,
        dictionary: Version::of(&message.header()).map(Dictionary::of),
        trace: &trace,
        outcome: &outcome,
    }))
}

/// The message as a listener would read it that assumes this character set, in the one that it declares.
pub(super) fn as_received(assumed: Option<Charset>, text: &str) -> Result<Message, String> {
    // A text field of a browser ends lines as it likes.
    let text = text.trim().replace("\r\n", "\r").replace('\n', "\r") + "\r";
    let parse = |bytes| {
        Message::parse_assuming(bytes, &ParseLimits::default(), assumed)
            .map_err(|error| format!("not a message: {error}"))
    };
    let message = parse(Bytes::from(text.clone()))?;
    let encoded = message.charset().map(|charset| charset.encode(&text));
    match encoded {
        None => Ok(message),
        Some(Some(bytes)) => parse(Bytes::from(bytes.into_owned())),
        Some(None) => Err("its characters are not all in the character set that MSH-18 declares".to_owned()),
    }
}

/// Blocks on files.
fn results(folder: &std::path::Path, route: &str, running: &Running) -> Result<Results, String> {
    let (loaded, problems) = config::load_with_cases(folder, Missing::IsWrong);
    let Some((site, cases)) = loaded else {
        return Err(format!(
            "the files of the site have errors now, {} of them: reload shows which",
            problems.error_count()
        ));
    };
    let of_route = cases.iter().filter(|case| *case.route.name == *route);
    Ok(Results {
        is_running: site.version == running.version,
        version: site.version.to_string(),
        cases: of_route.map(result).collect(),
    })
}

fn result(case: &Case) -> CaseResult {
    let verdict = case.run();
    let passed = verdict.is_passed();
    let mismatches = match verdict {
        Verdict::Compared(mismatches) => mismatches.into_iter().map(not_as_expected).collect(),
        Verdict::Broke => vec![NotAsExpected {
            subject: "route".to_owned(),
            expected: "an outcome".to_owned(),
            got: "an internal error, which is a mistake in weir".to_owned(),
        }],
    };
    CaseResult {
        name: case.name.to_string(),
        file: case.location.file.clone(),
        line: case.location.line,
        passed,
        mismatches,
    }
}

fn not_as_expected(mismatch: Mismatch) -> NotAsExpected {
    let (subject, expected, got) = match mismatch.what {
        What::Words {
            subject,
            expected,
            got,
        } => (subject, expected, got),
        What::Field {
            place, expected, got, ..
        } => (place, expected, got),
        What::Count {
            target,
            expected,
            got,
        } => (target.to_string(), times(expected), times(got)),
        What::Message { file, expected, got } => {
            let expected = expected.map_or_else(String::new, |expected| lines(&expected));
            (format!("message {file}"), expected, lines(&got))
        }
    };
    let subject = match mismatch.output {
        Some(which) => format!("{which}: {subject}"),
        None => subject,
    };
    NotAsExpected {
        subject,
        expected,
        got,
    }
}

/// A segment a line.
fn lines(message: &Message) -> String {
    let bytes = message.write(Terminators::Preserve);
    message.characters(&bytes).replace('\r', "\n")
}
