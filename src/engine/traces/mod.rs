//! Traces for a collector of OpenTelemetry: what the archive was told, as spans, by OTLP over HTTP.
//!
//! They are made after the fact: the archivist says what it has handed over, without content, and goes on; a task of
//! its own looks up the messages in the archive, makes the spans (`span`) and posts them. Nobody waits for it: what a
//! collector that is slow or away does not take is dropped and counted, and is in the archive all the same.

mod span;

use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;
use tracing::{info, warn};

use crate::archive::{Archive, ArchiveError, Event};
use crate::audit::Nodes;
use crate::config;
use crate::destination::http::{Post, post};
use crate::metrics::TRACE_SPANS;
use crate::tls::{Client, NotReached, Owner, Within};

use super::status::Status;
use span::{Happening, Trace};

/// Batches that may wait for the collector; each is as large as the archivist's are at most.
const BATCHES_WAITING_MAX: usize = 16;
/// How long the collector may take with one.
const POST_TIME_MAX: Duration = Duration::from_secs(10);
/// How long it may take with all that wait when weir stops.
const GRACE: Duration = Duration::from_secs(2);

/// What the collector is called in the audit log.
const NODE: &str = "traces";

/// Where the archivist says what it has handed over.
pub(super) struct Traces {
    batches: Sender<Vec<Happening>>,
}

impl Traces {
    /// Begins to send what it is told; how to end it.
    pub(super) fn start(
        settings: &config::Traces,
        store: u128,
        status: &Arc<Status>,
        nodes: Nodes,
    ) -> (Traces, Exporter) {
        for outcome in ["sent", "dropped"] {
            count(outcome, 0);
        }
        let (batches, waiting) = channel(BATCHES_WAITING_MAX);
        let work = Work {
            settings: settings.clone(),
            tls: Client::new(settings.tls.clone(), Within::Http, Owner::traces()),
            store,
            status: Arc::clone(status),
            nodes,
            failures: 0,
        };
        let task = tokio::spawn(work.run(waiting));
        (Traces { batches }, Exporter { task })
    }

    /// Says what the archive has now. Never waits.
    pub(super) fn tell(&self, events: &[Event]) {
        let batch: Vec<Happening> = events.iter().map(Happening::of).collect();
        if self.batches.try_send(batch).is_err() {
            count("dropped", events.len());
        }
    }
}

/// The task that sends them.
pub(super) struct Exporter {
    task: JoinHandle<()>,
}

impl Exporter {
    /// Lets it send what waits, for a moment. Nobody may tell it anything any more.
    pub(super) async fn stop(mut self) {
        if timeout(GRACE, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

struct Work {
    settings: config::Traces,
    tls: Client,
    store: u128,
    status: Arc<Status>,
    nodes: Nodes,
    /// Failures in a row.
    failures: u32,
}

impl Work {
    async fn run(mut self, mut waiting: Receiver<Vec<Happening>>) {
        while let Some(batch) = waiting.recv().await {
            let all = batch.len();
            let sent = match self.export(batch).await {
                Ok(sent) => {
                    if sent > 0 {
                        self.nodes.reached(NODE);
                    }
                    if self.failures > 0 {
                        info!("the collector takes traces again");
                    }
                    self.failures = 0;
                    sent
                }
                Err(NotReached { reason, is_distrust }) => {
                    if is_distrust {
                        self.nodes.refused(NODE, &reason);
                    }
                    self.failures = self.failures.saturating_add(1);
                    if self.failures.is_power_of_two() {
                        let failures = self.failures;
                        warn!(
                            reason,
                            failures, "traces are dropped; messages and the archive are not held up"
                        );
                    }
                    0
                }
            };
            count("sent", sent);
            count("dropped", all.saturating_sub(sent));
        }
    }

    /// Sends these; how many. Of what the archive does not know there is no trace.
    async fn export(&self, batch: Vec<Happening>) -> Result<usize, NotReached> {
        let Some(archive) = self.status.archive().cloned() else {
            return Err("the archive is not open".to_owned().into());
        };
        let store = self.store;
        let made = spawn_blocking(move || spans(&archive, store, &batch)).await;
        let spans = made
            .map_err(|error| error.to_string())?
            .map_err(|error| error.to_string())?;
        let count = spans.len();
        if count == 0 {
            return Ok(0);
        }
        let body = span::request(&self.settings.service, spans).encode_to_vec();
        let what = Post {
            url: &self.settings.url,
            plaintext: self.settings.plaintext,
            headers: &self.settings.headers,
            tls: &self.tls,
            content_type: "application/x-protobuf",
            body: body.into(),
        };
        let status = post(what, POST_TIME_MAX).await?;
        if status.is_success() {
            Ok(count)
        } else {
            Err(format!("answered with {status}").into())
        }
    }
}

/// What happened as spans, each in the trace of its message.
fn spans(archive: &Archive, store: u128, batch: &[Happening]) -> Result<Vec<Span>, ArchiveError> {
    let mut spans = Vec::with_capacity(batch.len());
    for happening in batch {
        let message = match happening.message() {
            span::MessageOf::Itself(message) => Some(archive.number(store, message)?),
            span::MessageOf::Delivery(destination, sequence) => {
                archive.message_of(store, destination, sequence)?
            }
        };
        spans.extend(message.map(|message| happening.span(&Trace { store, message })));
    }
    Ok(spans)
}

fn count(outcome: &'static str, spans: usize) {
    counter!(TRACE_SPANS, "outcome" => outcome).increment(spans as u64);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_dropped_and_not_waited_for() {
        let (batches, waiting) = channel(BATCHES_WAITING_MAX);
        let traces = Traces { batches };
        for _ in 0..=BATCHES_WAITING_MAX {
            traces.tell(&span::tests::events());
        }
        assert_eq!(waiting.len(), BATCHES_WAITING_MAX);
    }
}
