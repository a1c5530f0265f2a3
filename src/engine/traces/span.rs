//! What happened to a message as spans of OpenTelemetry: `receive` at the root of its trace, and under it a `deliver`
//! for each attempt and a `settle` for each end of a delivery.
//!
//! Only names of the site, numbers, codes and times are taken from what the archive is told: no identifier, tag,
//! reason or problem, and nobody's name. Ids are derived from the numbers of the outbox and its journal, so that an
//! attempt after a restart finds its trace, and what is told twice is the same span.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};

use crate::archive::{End, Event, Outcome, What};

/// Keeps these hashes apart from all others.
const ID_CONTEXT: &str = "weir 2026-11-23 ids of traces";
const TRACE_ID_BYTES: usize = 16;
const SPAN_ID_BYTES: usize = 8;

/// What the archive was told, without content.
#[derive(Debug)]
pub(super) struct Happening {
    /// Its number in the journal.
    journal: u64,
    what: Kind,
}

#[derive(Debug)]
enum Kind {
    Received {
        message: u64,
        at: Timestamp,
        listener: Arc<str>,
        site_version: Arc<str>,
        outcome: &'static str,
        is_refused: bool,
        code: Option<Arc<str>>,
        deliveries: usize,
        dead: usize,
        /// The number in the archive of the message that was sent again.
        origin: Option<u64>,
    },
    Attempted {
        destination: Arc<str>,
        sequence: u64,
        at: Timestamp,
        took: Duration,
        code: Option<Arc<str>>,
        has_failed: bool,
    },
    Settled {
        destination: Arc<str>,
        sequence: u64,
        at: Timestamp,
        end: &'static str,
        is_dead: bool,
    },
}

/// How the message is known that something happened to.
pub(super) enum MessageOf<'a> {
    /// By its number in the outbox.
    Itself(u64),
    /// By a delivery of it: destination and sequence.
    Delivery(&'a str, u64),
}

/// A message as its trace is known by.
pub(super) struct Trace {
    /// Of the outbox.
    pub(super) store: u128,
    /// Its number in the archive.
    pub(super) message: u64,
}

impl Trace {
    /// The id of the trace, and of its root.
    fn root(&self) -> (Vec<u8>, Vec<u8>) {
        let mut bytes = self.derived(0, TRACE_ID_BYTES + SPAN_ID_BYTES);
        let root = bytes.split_off(TRACE_ID_BYTES);
        (bytes, root)
    }

    /// Numbers of the journal begin with one.
    fn derived(&self, journal: u64, length: usize) -> Vec<u8> {
        let mut hasher = blake3::Hasher::new_derive_key(ID_CONTEXT);
        hasher.update(&self.store.to_be_bytes());
        hasher.update(&self.message.to_be_bytes());
        hasher.update(&journal.to_be_bytes());
        let mut bytes = vec![0; length];
        hasher.finalize_xof().fill(&mut bytes);
        bytes
    }
}

impl Happening {
    pub(super) fn of(event: &Event) -> Happening {
        let what = match &event.what {
            What::Received(received) => {
                let (outcome, code) = outcome(&received.outcome);
                Kind::Received {
                    message: received.message,
                    at: received.received_at,
                    listener: Arc::clone(&received.listener),
                    site_version: Arc::clone(&received.site_version),
                    outcome,
                    is_refused: matches!(received.outcome, Outcome::Refused { .. }),
                    code,
                    deliveries: received.deliveries.len(),
                    dead: received
                        .deliveries
                        .iter()
                        .filter(|owed| owed.dead.is_some())
                        .count(),
                    origin: received.origin.as_ref().map(|origin| origin.message),
                }
            }
            What::Attempted(attempt) => Kind::Attempted {
                destination: Arc::clone(&attempt.destination),
                sequence: attempt.sequence,
                at: attempt.at,
                took: attempt.took,
                code: attempt.code.clone(),
                has_failed: attempt.problem.is_some(),
            },
            What::Settled(settlement) => Kind::Settled {
                destination: Arc::clone(&settlement.destination),
                sequence: settlement.sequence,
                at: settlement.at,
                end: end(&settlement.end),
                is_dead: matches!(settlement.end, End::Dead { .. }),
            },
        };
        Happening {
            journal: event.number,
            what,
        }
    }

    pub(super) fn message(&self) -> MessageOf<'_> {
        match &self.what {
            Kind::Received { message, .. } => MessageOf::Itself(*message),
            Kind::Attempted {
                destination,
                sequence,
                ..
            }
            | Kind::Settled {
                destination,
                sequence,
                ..
            } => MessageOf::Delivery(destination, *sequence),
        }
    }

    /// Its span, in the trace of its message.
    pub(super) fn span(&self, trace: &Trace) -> Span {
        let (trace_id, root) = trace.root();
        let (name, kind, at, took, is_error) = match &self.what {
            Kind::Received { at, is_refused, .. } => {
                ("receive", SpanKind::Server, at, Duration::ZERO, *is_refused)
            }
            Kind::Attempted {
                at, took, has_failed, ..
            } => ("deliver", SpanKind::Client, at, *took, *has_failed),
            Kind::Settled { at, is_dead, .. } => ("settle", SpanKind::Internal, at, Duration::ZERO, *is_dead),
        };
        let (span_id, parent_span_id) = match self.what {
            Kind::Received { .. } => (root, Vec::new()),
            Kind::Attempted { .. } | Kind::Settled { .. } => {
                (trace.derived(self.journal, SPAN_ID_BYTES), root)
            }
        };
        let start = u64::try_from(at.as_nanosecond()).unwrap_or_default();
        let took = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        Span {
            trace_id,
            span_id,
            parent_span_id,
            name: name.to_owned(),
            kind: kind.into(),
            start_time_unix_nano: start,
            end_time_unix_nano: start.saturating_add(took),
            attributes: self.attributes(trace.message),
            links: self.origin(trace.store).into_iter().collect(),
            status: is_error.then(|| Status {
                code: StatusCode::Error.into(),
                ..Status::default()
            }),
            ..Span::default()
        }
    }

    /// The receipt of the message that was sent again.
    fn origin(&self, store: u128) -> Option<Link> {
        let Kind::Received { origin, .. } = self.what else {
            return None;
        };
        let message = origin?;
        let (trace_id, span_id) = Trace { store, message }.root();
        Some(Link {
            trace_id,
            span_id,
            ..Link::default()
        })
    }

    fn attributes(&self, message: u64) -> Vec<KeyValue> {
        let mut attributes = vec![number("weir.message", message)];
        match &self.what {
            Kind::Received {
                listener,
                site_version,
                outcome,
                code,
                deliveries,
                dead,
                ..
            } => {
                attributes.extend([
                    text("weir.listener", listener),
                    text("weir.site_version", site_version),
                    text("weir.outcome", outcome),
                    number("weir.deliveries", *deliveries as u64),
                    number("weir.dead_letters", *dead as u64),
                ]);
                attributes.extend(code.as_ref().map(|code| text("weir.code", code)));
            }
            Kind::Attempted {
                destination,
                sequence,
                code,
                ..
            } => {
                attributes.extend(of_delivery(destination, *sequence));
                attributes.extend(code.as_ref().map(|code| text("weir.code", code)));
            }
            Kind::Settled {
                destination,
                sequence,
                end,
                ..
            } => {
                attributes.extend(of_delivery(destination, *sequence));
                attributes.push(text("weir.end", end));
            }
        }
        attributes
    }
}

/// What is posted: these spans of a service of this name.
pub(super) fn request(service: &str, spans: Vec<Span>) -> ExportTraceServiceRequest {
    let version = env!("CARGO_PKG_VERSION");
    let resource = Resource {
        attributes: vec![text("service.name", service), text("service.version", version)],
        ..Resource::default()
    };
    let scope = InstrumentationScope {
        name: "weir".to_owned(),
        version: version.to_owned(),
        ..InstrumentationScope::default()
    };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource),
            scope_spans: vec![ScopeSpans {
                scope: Some(scope),
                spans,
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    }
}

fn of_delivery(destination: &str, sequence: u64) -> [KeyValue; 2] {
    [
        text("weir.destination", destination),
        number("weir.sequence", sequence),
    ]
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.to_owned()))
}

fn number(key: &str, value: u64) -> KeyValue {
    attribute(key, Value::IntValue(i64::try_from(value).unwrap_or(i64::MAX)))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

/// Its name, and what the sender was answered who was refused.
fn outcome(outcome: &Outcome) -> (&'static str, Option<Arc<str>>) {
    match outcome {
        Outcome::Accepted => ("accepted", None),
        Outcome::Filtered => ("filtered", None),
        Outcome::Unrouted => ("unrouted", None),
        Outcome::Repeated => ("repeated", None),
        Outcome::Refused { code, .. } => ("refused", code.clone()),
    }
}

fn end(end: &End) -> &'static str {
    match end {
        End::Delivered => "delivered",
        End::Dead { .. } => "dead",
        End::Purged => "purged",
        End::Resent => "resent",
    }
}

#[cfg(test)]
pub(super) mod tests {
    use bytes::Bytes;
    use expect_test::expect;
    use prost::Message;

    use super::*;
    use crate::archive::{Attempt, Origin, Owed, Passage, Received, Settlement};

    const CANARY: &str = "CANARY";

    /// A message that is delivered at the second attempt and a dead letter elsewhere; whatever may be content says so.
    pub(in super::super) fn events() -> Vec<Event> {
        let at = |text: &str| text.parse().unwrap();
        let (bytes, lab) = (Bytes::from_static(CANARY.as_bytes()), Arc::<str>::from("lab"));
        let owed = |destination: &Arc<str>, dead: Option<&str>| Owed {
            destination: Arc::clone(destination),
            sequence: 8,
            result: Some(0),
            dead: dead.map(str::to_owned),
        };
        let received = Received {
            message: 7,
            received_at: at("2026-01-01T00:00:01Z"),
            listener: "in".into(),
            site_version: "abc".into(),
            charsets: Vec::new(),
            raw: bytes.clone(),
            outcome: Outcome::Accepted,
            routes: vec![Passage {
                route: "all".into(),
                filtered: Some(CANARY.into()),
            }],
            tags: vec![(CANARY.into(), CANARY.to_owned())],
            results: vec![bytes.clone()],
            deliveries: vec![owed(&lab, None), owed(&"ehr".into(), Some(CANARY))],
            origin: Some(Origin {
                message: 3,
                is_edited: true,
                by: CANARY.to_owned(),
                why: CANARY.to_owned(),
            }),
        };
        let attempt = |at, code: Option<&str>, problem: Option<&str>| {
            What::Attempted(Attempt {
                destination: Arc::clone(&lab),
                sequence: 8,
                at,
                took: Duration::from_millis(5),
                code: code.map(Arc::from),
                problem: problem.map(str::to_owned),
                answer: Some(bytes.clone()),
            })
        };
        let settled = |destination: &Arc<str>, end| {
            What::Settled(Settlement {
                destination: Arc::clone(destination),
                sequence: 8,
                at: at("2026-01-01T00:00:04Z"),
                end,
                by: Some(CANARY.to_owned()),
            })
        };
        let reason = CANARY.to_owned();
        let happened = [
            What::Received(received),
            attempt(at("2026-01-01T00:00:02Z"), Some("AE"), Some(CANARY)),
            attempt(at("2026-01-01T00:00:03Z"), Some("AA"), None),
            settled(&lab, End::Delivered),
            settled(&"ehr".into(), End::Dead { reason }),
        ];
        (1..)
            .zip(happened)
            .map(|(number, what)| Event { number, what })
            .collect()
    }

    fn spans(message: u64) -> Vec<Span> {
        let trace = Trace { store: 1, message };
        events()
            .iter()
            .map(|event| Happening::of(event).span(&trace))
            .collect()
    }

    fn told(span: &Span) -> String {
        let value = |pair: &KeyValue| match pair.value.as_ref().and_then(|value| value.value.as_ref()) {
            Some(Value::StringValue(text)) => format!("{}={text}", pair.key),
            Some(Value::IntValue(number)) => format!("{}={number}", pair.key),
            _ => panic!("neither a text nor a number"),
        };
        let attributes: Vec<String> = span.attributes.iter().map(value).collect();
        format!(
            "{} {}+{}ms{} {}\n",
            span.name,
            span.start_time_unix_nano / 1_000_000_000,
            (span.end_time_unix_nano - span.start_time_unix_nano) / 1_000_000,
            if span.status.is_some() { " error" } else { "" },
            attributes.join(" ")
        )
    }

    #[test]
    fn a_message_is_a_tree_of_spans() {
        let spans = spans(40);
        let told: String = spans.iter().map(told).collect();
        expect![[r"
            receive 1767225601+0ms weir.message=40 weir.listener=in weir.site_version=abc weir.outcome=accepted weir.deliveries=2 weir.dead_letters=1
            deliver 1767225602+5ms error weir.message=40 weir.destination=lab weir.sequence=8 weir.code=AE
            deliver 1767225603+5ms weir.message=40 weir.destination=lab weir.sequence=8 weir.code=AA
            settle 1767225604+0ms weir.message=40 weir.destination=lab weir.sequence=8 weir.end=delivered
            settle 1767225604+0ms error weir.message=40 weir.destination=ehr weir.sequence=8 weir.end=dead
        "]]
        .assert_eq(&told);
        let root = &spans[0];
        assert!(root.parent_span_id.is_empty());
        for span in &spans[1..] {
            assert_eq!(
                (&span.trace_id, &span.parent_span_id),
                (&root.trace_id, &root.span_id)
            );
        }
        let ids: std::collections::BTreeSet<_> = spans.iter().map(|span| &span.span_id).collect();
        assert_eq!(ids.len(), spans.len());
        assert_eq!((root.trace_id.len(), root.span_id.len()), (16, 8));
    }

    #[test]
    fn a_message_that_was_sent_again_links_to_the_trace_of_the_first() {
        let link = &spans(40)[0].links[0];
        let origin = &spans(3)[0];
        assert_eq!(
            (&link.trace_id, &link.span_id),
            (&origin.trace_id, &origin.span_id)
        );
        assert_ne!(origin.trace_id, spans(40)[0].trace_id);
    }

    #[test]
    fn nothing_that_may_be_content_is_in_what_is_sent() {
        let body = request("weir", spans(40)).encode_to_vec();
        assert!(body.windows(3).any(|window| window == b"lab"));
        assert!(
            !body
                .windows(CANARY.len())
                .any(|window| window == CANARY.as_bytes())
        );
    }
}
