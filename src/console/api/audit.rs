//! `/api/v1/audit`: who looked at what and did what; whether the log is what was written; all of it to keep elsewhere.

use std::collections::VecDeque;
use std::io;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing::error;

use super::{Failure, Sources};
use crate::audit;
use crate::console::extract::Query;

/// The most records in one answer.
const COUNT_MAX: usize = 1_000;

/// Which records.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    /// Those before this number.
    before: Option<u64>,
    /// At most so many: 100, and no more than 1,000.
    count: Option<usize>,
    /// Those of whom this is the name, as `user:anna`, or `anna` for whoever is called so.
    who: Option<String>,
    /// Those whose name begins so, as `queue.` or `session.begin`.
    what: Option<String>,
}

/// What was found.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Verification")]
pub struct Verified {
    /// Records that are what was written.
    pub records: u64,
    /// Where the log ends, as `NUMBER:HASH`: to be noted elsewhere.
    pub head: String,
    /// What is not as it should be.
    pub faults: Vec<Fault>,
}

/// What is wrong, and where.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AuditFault")]
pub struct Fault {
    /// The file.
    pub file: String,
    /// Its line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

/// Records, the newest first.
pub(super) async fn list(State(sources): State<Sources>, Query(part): Query<Part>) -> Response {
    read(move || {
        let count = part.count.unwrap_or(100).clamp(1, COUNT_MAX);
        let records = sources.audit.newest(part.before, count, |record| {
            part.who.as_ref().is_none_or(|who| is_called(&record.who, who))
                && part
                    .what
                    .as_ref()
                    .is_none_or(|what| record.what.starts_with(what))
        })?;
        Ok(axum::Json(records).into_response())
    })
    .await
}

/// By the whole name, or by what stands behind its kind.
fn is_called(record: &str, who: &str) -> bool {
    record == who || record.split_once(':').is_some_and(|(_, name)| name == who)
}

/// Whether every record is what was written.
pub(super) async fn verify(State(sources): State<Sources>) -> Response {
    read(move || {
        let found = sources.audit.verify()?;
        let faults = found.faults.into_iter().map(|fault| Fault {
            file: fault.file.display().to_string(),
            line: fault.line,
            what: fault.what,
        });
        Ok(axum::Json(Verified {
            records: found.records,
            head: found.head.to_string(),
            faults: faults.collect(),
        })
        .into_response())
    })
    .await
}

/// All of it, file after file.
pub(super) async fn export(State(sources): State<Sources>) -> Response {
    read(move || {
        let files = VecDeque::from(sources.audit.files()?);
        let pieces = unfold(files, |mut files| async {
            let file = files.pop_front()?;
            let read = tokio::task::spawn_blocking(move || audit::read_file(&file)).await;
            let piece = read.unwrap_or_else(|_| Err(io::Error::other("internal error")));
            Some((piece.map(Bytes::from), files))
        });
        let form = [(header::CONTENT_TYPE, "application/x-ndjson")];
        Ok((form, Body::from_stream(pieces)).into_response())
    })
    .await
}

/// Does work that blocks on the disk.
async fn read(work: impl FnOnce() -> io::Result<Response> + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(response)) => response,
        Ok(Err(failure)) => {
            error!(%failure, "the audit log cannot be read");
            Failure::response(StatusCode::SERVICE_UNAVAILABLE, "the audit log cannot be read")
        }
        Err(_) => Failure::response(StatusCode::INTERNAL_SERVER_ERROR, "internal error"),
    }
}
