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
use tracing::{error, info};

use crate::hl7::{ErrorCode, Fault, Message};
use crate::listener::{Incoming, Reply};
use crate::outbox::{Acceptance, Outbox};
use crate::route::{Outcome, Route};
use crate::{clock, config, metrics as names};

use super::acknowledge::{Acknowledger, Verdict};
use super::status::{DestinationCounts, ListenerCounts, Status};

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

/// What is to become of a message.
enum Judgment {
    Refused(Fault),
    Filtered,
    Accepted(Acceptance),
}

impl Intake {
    /// Answers one frame. The outer future ends when the message has its place in the order of acceptance,
    /// the inner one when the reply may be sent.
    pub(super) async fn receive(self: Arc<Self>, incoming: Incoming) -> BoxFuture<'static, Reply> {
        let arrived = Instant::now();
        self.counts.received.one();
        let message = match self.read(&incoming.frame) {
            Ok(message) => message,
            Err(fault) => return self.refuse_unread(incoming, fault),
        };
        ...
    }
}
