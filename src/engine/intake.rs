//! A frame comes in: parse, route, put into the outbox, acknowledge.
//!
//! A positive acknowledgment leaves only after the outbox holds every delivery of the message durably.
//! Nothing here is retried and nothing is kept: what cannot be accepted is answered with a reason.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use metrics::counter;
use tokio::time::Instant;
use tracing::{debug, error, warn};

use crate::config::{self, Malformed, Site, Unrouted};
use crate::hl7::{ErrorCode, Fault, Header, Message, Refusal};
use crate::listener::{Incoming, Reply};
use crate::mllp::Frame;
use crate::outbox::{Acceptance, Outbox};
use crate::route::Route;
use crate::{clock, metrics as names};

use super::acknowledge::{Acknowledger, ControlIds};
use super::dispatch::{self, Dispatch};
use super::status::{ListenerCounts, Status};

/// Takes the frames of one listener.
pub(super) struct Intake {
    listener: Arc<str>,
    settings: config::Listener,
    routes: Vec<Arc<Route>>,
    site_version: Arc<str>,
    outbox: Outbox,
    acknowledger: Acknowledger,
    status: Arc<Status>,
    counts: Arc<ListenerCounts>,
}

impl Intake {
    pub(super) fn new(
        listener: &Arc<str>,
        settings: &config::Listener,
        site: &Site,
        outbox: Outbox,
        status: &Arc<Status>,
        control_ids: Arc<ControlIds>,
    ) -> Intake {
        Intake {
            listener: Arc::clone(listener),
            settings: settings.clone(),
            routes: site.routes_from(listener),
            site_version: Arc::clone(&site.version),
            outbox,
            acknowledger: Acknowledger { mode: settings.acknowledgment, control_ids },
            status: Arc::clone(status),
            counts: status.listener(listener),
        }
    }

    /// Answers one frame. The outer future ends when the message has its place in the order of acceptance,
    /// the inner one when the reply may be sent.
    pub(super) async fn receive(self: Arc<Self>, incoming: Incoming) -> BoxFuture<'static, Reply> {
        let arrived = Instant::now();
        self.counts.received.one();
        let message = match self.read(&incoming.frame) {
            Ok(message) => message,
            Err(reply) => return ready(reply).boxed(),
        };
        let dispatch = Dispatch::of(&self.routes, &message);
        if dispatch.is_empty() {
            return ready(self.nobody_wants(&message, &dispatch)).boxed();
        }
        let entries = dispatch.owed();
        let pending = self.outbox.offer(self.acceptance(&message, dispatch)).await;
        async move {
            let committed = match pending {
                Ok(pending) => pending.await,
                Err(failure) => Err(failure),
            };
            self.counts.acknowledgment_seconds.record(arrived.elapsed().as_secs_f64());
            match committed {
                Ok(_) => {
                    self.count_accepted(&entries);
                    self.acknowledger.accept(&message.header())
                }
                Err(failure) => {
                    error!(listener = %self.listener, %failure, "not accepted");
                    self.refuse(Some(&message.header()), &internal("the message cannot be stored now, send it again later"))
                }
            }
        }
        .boxed()
    }

    /// The message of a frame with an acceptable header, or what to answer instead.
    fn read(&self, frame: &Frame) -> Result<Message, Reply> {
        let bytes = match frame {
            Frame::Whole(bytes) => bytes,
            Frame::TooLarge { prefix } => {
                let refusal = internal("the message is larger than this listener takes");
                return Err(Reply { close: true, ..self.refuse(Header::parse(prefix).ok().as_ref(), &refusal) });
            }
        };
        let message = guarded(|| Message::parse(bytes.clone())).unwrap_or_else(|| Message::parse(Bytes::new()));
        let message = message.map_err(|problem| match Header::parse(bytes) {
            Ok(header) => self.refuse(Some(&header), &problem.refusal()),
            // Nothing can be read of who sent it: the only answer is a header of our own.
            Err(_) => Reply {
                close: self.settings.malformed == Malformed::Close,
                ..self.refuse(None, &problem.refusal())
            },
        })?;
        message
            .check_characters()
            .and_then(|()| message.header().check(&self.settings.expected))
            .and_then(|()| self.settings.permit.check(&message.header()))
            .map_err(|refusal| self.refuse(Some(&message.header()), &refusal))?;
        for warning in message.warnings() {
            counter!(names::WARNINGS, "listener" => self.listener.to_string(), "kind" => warning.as_str()).increment(1);
        }
        Ok(message)
    }

    /// Filtered on purpose is accepted; what no route takes is too, unless the listener says otherwise.
    fn nobody_wants(&self, message: &Message, dispatch: &Dispatch) -> Reply {
        let header = message.header();
        if dispatch.is_routed {
            self.counts.filtered.one();
            return self.acknowledger.accept(&header);
        }
        self.counts.unrouted.one();
        if self.settings.unrouted == Unrouted::Accept {
            return self.acknowledger.accept(&header);
        }
        let is_type_known = self.routes.iter().any(|route| route.takes_type(header.message_type()));
        let code = if is_type_known { ErrorCode::UnsupportedEventCode } else { ErrorCode::UnsupportedMessageType };
        self.refuse(Some(&header), &reject(code, "no route takes this message"))
    }

    fn acceptance(&self, message: &Message, dispatch: Dispatch) -> Acceptance {
        Acceptance {
            received_at: clock::now(),
            listener: Arc::clone(&self.listener),
            control_id: Bytes::copy_from_slice(message.header().control_id()),
            site_version: Arc::clone(&self.site_version),
            raw: message.received().clone(),
            results: dispatch.results,
            deliveries: dispatch.deliveries,
            dead: dispatch.dead,
        }
    }

    fn refuse(&self, header: Option<&Header<'_>>, refusal: &Refusal) -> Reply {
        self.counts.refused.one();
        for fault in &refusal.faults {
            debug!(listener = %self.listener, code = fault.code.number(), text = fault.text, "refused");
        }
        self.acknowledger.refuse(header, refusal)
    }
}
