//! What all routes of a listener make of one message, together: who gets what, and what could not be made.
//!
//! Each route starts from the message as received and is independent of the others. A route that fails, even
//! by a panic, parks the message for its own receivers and disturbs nobody else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use metrics::counter;
use tracing::warn;

use crate::hl7::{Message, Terminators};
use crate::metrics as names;
use crate::outbox::{BodyRef, Entry};
use crate::route::{Outcome, Route};

use super::status::Owed;

/// The sum of what the routes say.
#[derive(Default)]
pub(super) struct Dispatch {
    /// Who is owed which body.
    pub(super) deliveries: Vec<Entry>,
    /// The bodies that differ from the message as received, each once.
    pub(super) results: Vec<Bytes>,
    /// For whom it could not be made, and why.
    pub(super) dead: Vec<(Arc<str>, String)>,
    /// Whether any route takes this type of message.
    pub(super) is_routed: bool,
}

impl Dispatch {
    /// Runs every route over the message.
    pub(super) fn of(routes: &[Arc<Route>], message: &Message) -> Dispatch {
        let mut dispatch = Dispatch::default();
        for route in routes {
            // A route is pure: after a panic there is nothing half changed to look at.
            match catch_unwind(AssertUnwindSafe(|| route.run(message, None))) {
                Ok(outcome) => dispatch.add(route, outcome),
                Err(_) => dispatch.park(route, &route.to, "internal error"),
            }
        }
        dispatch
    }

    /// Who is owed a delivery or gets a dead letter, once for each.
    pub(super) fn owed(&self) -> Owed {
        Owed {
            queued: self
                .deliveries
                .iter()
                .map(|entry| Arc::clone(&entry.destination))
                .collect(),
            dead: self
                .dead
                .iter()
                .map(|(destination, _)| Arc::clone(destination))
                .collect(),
        }
    }

    /// Whether nobody is owed anything.
    pub(super) fn is_empty(&self) -> bool {
        self.deliveries.is_empty() && self.dead.is_empty()
    }

    fn add(&mut self, route: &Route, outcome: Outcome) {
        match outcome {
            Outcome::NotMine => {}
            Outcome::Filtered { .. } => self.is_routed = true,
            Outcome::Deliver { message, to, misses } => {
                self.is_routed = true;
                count_misses(route, misses);
                let body = self.body(&message);
                self.deliveries
                    .extend(to.into_iter().map(|destination| Entry { destination, body }));
            }
            Outcome::Failed { reason, to, misses } => {
                count_misses(route, misses);
                self.park(route, &to, &reason);
            }
        }
    }

    /// Where the route's result is kept: with others equal to it, or with the message itself.
    fn body(&mut self, message: &Message) -> BodyRef {
        if !message.is_edited() {
            return BodyRef::Raw;
        }
        let bytes = message.write(Terminators::Preserve);
        let known = self.results.iter().position(|result| *result == bytes);
        BodyRef::Result(known.unwrap_or_else(|| {
            self.results.push(bytes);
            self.results.len() - 1
        }))
    }

    fn park(&mut self, route: &Route, to: &[Arc<str>], reason: &str) {
        self.is_routed = true;
        counter!(names::ROUTE_FAILURES, "route" => Arc::clone(&route.name)).increment(1);
        warn!(route = %route.name, reason, "the route failed, the message becomes a dead letter");
        let reason = format!("route {}: {reason}", route.name);
        self.dead.extend(
            to.iter()
                .map(|destination| (Arc::clone(destination), reason.clone())),
        );
    }
}

fn count_misses(route: &Route, tables: Vec<Arc<str>>) {
    for table in tables {
        counter!(names::TABLE_MISSES, "route" => Arc::clone(&route.name), "table" => table).increment(1);
    }
}
