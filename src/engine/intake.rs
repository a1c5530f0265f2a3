//! A frame comes in: parse, route, put into the outbox, acknowledge.
//!
//! A positive acknowledgment leaves only after the outbox holds every delivery of the message durably.
//! Nothing here is retried and nothing is kept: what cannot be accepted is answered with a reason.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use metrics::counter;
use tokio::time::Instant;
use tracing::{debug, error};

use crate::config::{self, Malformed, Site, Unrouted};
use crate::hl7::{ErrorCode, Fault, Header, Message, ParseError, ParseLimits, Refusal, Terminators};
use crate::listener::{Incoming, Reply};
use crate::mllp::Frame;
use crate::outbox::{Acceptance, Outbox, OutboxError, Sequence};
use crate::route::Route;
use crate::{clock, metrics as names};

use super::acknowledge::{Acknowledger, ControlIds};
use super::dispatch::Dispatch;
use super::status::{ListenerCounts, Status};

/// Takes the frames of one listener.
pub(super) struct Intake {
    listener: Arc<str>,
    settings: config::Listener,
    routes: Vec<Arc<Route>>,
    site_version: Arc<str>,
    outbox: Outbox,
    acknowledger: Acknowledger,
    counts: Arc<ListenerCounts>,
    status: Arc<Status>,
}

impl Intake {
    pub(super) fn new(
        listener: &Arc<str>,
        settings: &config::Listener,
        site: &Site,
        outbox: Outbox,
        status: &Arc<Status>,
        control_ids: &Arc<ControlIds>,
    ) -> Intake {
        Intake {
            listener: Arc::clone(listener),
            routes: site.routes_from(listener),
            site_version: Arc::clone(&site.version),
            outbox,
            acknowledger: Acknowledger::new(listener, settings.acknowledgment, control_ids),
            counts: status.listener(listener),
            status: Arc::clone(status),
            settings: settings.clone(),
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
            return ready(self.owed_to_nobody(&message.header(), &dispatch)).boxed();
        }
        let owed = dispatch.owed();
        let offered = self.outbox.offer(self.acceptance(&message, dispatch)).await;
        async move {
            let committed = match offered {
                Ok(pending) => pending.await,
                Err(failure) => Err(failure),
            };
            if committed.is_ok() {
                self.status.count_owed(&owed);
            }
            let reply = self.reply(&message.header(), &committed);
            self.counts
                .acknowledgment_seconds
                .record(arrived.elapsed().as_secs_f64());
            reply
        }
        .boxed()
    }

    /// The message of a frame with an acceptable header, or what to answer instead.
    fn read(&self, frame: &Frame) -> Result<Message, Reply> {
        let bytes = match frame {
            Frame::Whole(bytes) => bytes,
            Frame::TooLarge { prefix } => {
                let refusal = reject(
                    ErrorCode::ApplicationInternal,
                    "the message is larger than this listener takes",
                );
                let reply = self.refuse(Header::parse(prefix).ok().as_ref(), &refusal);
                return Err(Reply { close: true, ..reply });
            }
        };
        let message = Message::parse_assuming(bytes.clone(), &ParseLimits::default(), self.settings.charset)
            .map_err(|problem| self.refuse_unparsed(bytes, &problem))?;
        let header = message.header();
        self.check(&message)
            .map_err(|refusal| self.refuse(Some(&header), &refusal))?;
        for warning in message.warnings() {
            counter!(names::WARNINGS, "listener" => Arc::clone(&self.listener), "kind" => warning.as_str())
                .increment(1);
        }
        Ok(message)
    }

    /// Whether this listener takes a message with this header.
    fn check(&self, message: &Message) -> Result<(), Refusal> {
        let header = message.header();
        header.check(&self.settings.expected)?;
        if let Some(fault) = message
            .character_set_fault()
            .or_else(|| message.control_character())
        {
            return Err(Refusal::error(vec![fault]));
        }
        self.settings.permit.check(&header)
    }

    /// What is no message is answered as far as its header can be read; without one, with a header of our own.
    fn refuse_unparsed(&self, bytes: &Bytes, problem: &ParseError) -> Reply {
        match Header::parse(bytes) {
            Ok(header) => self.refuse(Some(&header), &problem.refusal()),
            Err(_) if self.settings.malformed == Malformed::Close => {
                self.counts.refused.one();
                Reply {
                    frames: Vec::new(),
                    close: true,
                }
            }
            Err(_) => self.refuse(None, &problem.refusal()),
        }
    }

    /// Filtered on purpose is accepted; what no route takes is too, unless the listener says otherwise.
    fn owed_to_nobody(&self, header: &Header<'_>, dispatch: &Dispatch) -> Reply {
        if dispatch.is_routed {
            self.counts.filtered.one();
        } else if self.settings.unrouted == Unrouted::Accept {
            self.counts.unrouted.one();
        } else {
            let is_type_known = self
                .routes
                .iter()
                .any(|route| route.takes_type(header.message_type()));
            return self.refuse(
                Some(header),
                &unsupported(is_type_known, "no route takes this message"),
            );
        }
        self.acknowledger.accept(header)
    }

    fn acceptance(&self, message: &Message, dispatch: Dispatch) -> Acceptance {
        Acceptance {
            received_at: clock::now(),
            listener: Arc::clone(&self.listener),
            control_id: Bytes::copy_from_slice(message.header().control_id()),
            site_version: Arc::clone(&self.site_version),
            // Untouched and preserved: the frame's own bytes, not a copy.
            raw: message.write(Terminators::Preserve),
            results: dispatch.results,
            deliveries: dispatch.deliveries,
            dead: dispatch.dead,
        }
    }

    /// What the commit means for the sender.
    fn reply(&self, header: &Header<'_>, committed: &Result<Sequence, OutboxError>) -> Reply {
        match committed {
            Ok(_) => {
                self.counts.accepted.one();
                self.acknowledger.accept(header)
            }
            Err(failure) => {
                error!(listener = %self.listener, %failure, "a message was not accepted");
                let text = "the message cannot be stored now, send it again later";
                self.refuse(Some(header), &reject(ErrorCode::ApplicationInternal, text))
            }
        }
    }

    fn refuse(&self, header: Option<&Header<'_>>, refusal: &Refusal) -> Reply {
        self.counts.refused.one();
        for fault in &refusal.faults {
            let code = fault.code.number();
            debug!(listener = %self.listener, code, text = fault.text, "refused");
            counter!(names::REFUSED, "listener" => Arc::clone(&self.listener), "code" => code.to_string())
                .increment(1);
        }
        self.acknowledger.refuse(header, refusal)
    }
}

fn reject(code: ErrorCode, text: &str) -> Refusal {
    Refusal::rejection(vec![Fault::new(code, None, text)])
}

/// Table 0357: 201 when messages of this type are taken for other events, else 200.
fn unsupported(is_type_known: bool, text: &str) -> Refusal {
    let code = if is_type_known {
        ErrorCode::UnsupportedEventCode
    } else {
        ErrorCode::UnsupportedMessageType
    };
    reject(code, text)
}
