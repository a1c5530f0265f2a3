//! What all routes of a listener make of one message, together: who gets what, and what could not be made.
//!
//! Each route starts from the message as received and is independent of the others. A route that fails, even
//! by a panic, parks the message for its own receivers and disturbs nobody else.
//! A route that rejects does so for all: the sender will send again, so nobody gets the message now.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use jiff::{Timestamp, Zoned};
use metrics::counter;
use tracing::warn;

use crate::hl7::{AcknowledgmentCode, Charset, Message, Refusal, Terminators};
use crate::metrics as names;
use crate::outbox::{BodyRef, Entry, Judgment, Passage};
use crate::route::{Failure, Outcome, Output, Route};
use crate::step::Misses;

use super::answers::Awaited;
use super::status::Owed;

/// How many faults one acknowledgment tells when several routes reject a message.
const FAULTS_MAX: usize = 20;

/// The sum of what the routes say.
pub(super) struct Dispatch {
    /// When the message was received, as the routes were told.
    pub(super) received_at: Timestamp,
    /// Who is owed which body.
    pub(super) deliveries: Vec<Entry>,
    /// The bodies that differ from the message as received, each once.
    pub(super) results: Vec<Bytes>,
    /// The character set of each of them.
    pub(super) charsets: Vec<Option<Charset>>,
    /// For whom it could not be made, and why.
    pub(super) dead: Vec<(Arc<str>, String)>,
    /// Whether any route takes this type of message.
    pub(super) is_routed: bool,
    /// What the routes said that are for it.
    pub(super) passages: Vec<Passage>,
    /// The tags that they gave it.
    pub(super) tags: Vec<(Arc<str>, String)>,
    /// Whose answer the sender is to get: that of the first route that says so.
    pub(super) awaited: Option<Awaited>,
}

impl Dispatch {
    /// Runs every route over a message received at this time; refused if any of them rejects it.
    pub(super) fn of(
        routes: &[Arc<Route>],
        message: &Message,
        received: &Zoned,
    ) -> Result<Dispatch, Refusal> {
        let mut dispatch = Dispatch {
            received_at: received.timestamp(),
            deliveries: Vec::new(),
            results: Vec::new(),
            charsets: Vec::new(),
            dead: Vec::new(),
            is_routed: false,
            passages: Vec::new(),
            tags: Vec::new(),
            awaited: None,
        };
        let mut refusal: Option<Refusal> = None;
        for route in routes {
            // A route is pure: after a panic there is nothing half changed to look at.
            let outcome = catch_unwind(AssertUnwindSafe(|| route.run(message, received, None)));
            let outcome = outcome.unwrap_or_else(|_| Outcome::Failed {
                failure: Failure {
                    reason: "internal error".to_owned(),
                    to: route.to.clone(),
                },
                misses: Misses::default(),
            });
            if let Some(rejected) = dispatch.add(route, outcome) {
                counter!(names::ROUTE_REJECTIONS, "route" => Arc::clone(&route.name)).increment(1);
                refusal = Some(match refusal {
                    Some(earlier) => worst(earlier, rejected),
                    None => rejected,
                });
            }
        }
        match refusal {
            Some(refusal) => Err(refusal),
            None => Ok(dispatch),
        }
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

    /// What is told of the message.
    pub(super) fn judgment(&self) -> Judgment {
        match (self.is_empty(), self.is_routed) {
            (false, _) => Judgment::Accepted,
            (true, true) => Judgment::Filtered,
            (true, false) => Judgment::Unrouted,
        }
    }

    /// Lets nobody have anything but this destination.
    pub(super) fn keep_only(&mut self, destination: &Arc<str>) {
        self.dead.retain(|(name, _)| name == destination);
        self.deliveries.retain(|entry| entry.destination == *destination);
        let made = std::mem::take(&mut self.results);
        let charsets = std::mem::take(&mut self.charsets);
        let mut deliveries = std::mem::take(&mut self.deliveries);
        for entry in &mut deliveries {
            let BodyRef::Result(index) = entry.body else {
                continue;
            };
            if let (Some(bytes), Some(charset)) = (made.get(index), charsets.get(index)) {
                entry.body = self.keep(bytes.clone(), *charset);
            }
        }
        self.deliveries = deliveries;
    }

    /// The bodies that differ from the message as received, each with its character set.
    pub(super) fn made(&self) -> impl Iterator<Item = (&Bytes, Option<Charset>)> {
        self.results.iter().zip(self.charsets.iter().copied())
    }

    /// Adds what one route says; its refusal, if it rejects the message.
    fn add(&mut self, route: &Route, outcome: Outcome) -> Option<Refusal> {
        match outcome {
            Outcome::NotMine => {}
            Outcome::Filtered { reason, misses } => {
                self.is_routed = true;
                self.pass(route, Some(Arc::clone(&reason)));
                let name = Arc::clone(&route.name);
                counter!(names::ROUTE_FILTERED, "route" => name, "reason" => reason).increment(1);
                count_misses(route, &misses);
            }
            Outcome::Deliver {
                outputs,
                failures,
                misses,
                tags,
            } => {
                self.is_routed = true;
                self.pass(route, None);
                self.tags
                    .extend(tags.into_iter().map(|tag| (tag.name, tag.value)));
                count_misses(route, &misses);
                for failure in &failures {
                    self.park(route, failure);
                }
                self.expect_answer(route, outputs.iter().map(|output| &output.to));
                for Output { message, to } in outputs {
                    let body = self.body(&message);
                    let entries = to.into_iter().map(|destination| Entry { destination, body });
                    self.deliveries.extend(entries);
                }
            }
            Outcome::Rejected { refusal, misses } => {
                count_misses(route, &misses);
                return Some(refusal);
            }
            Outcome::Failed { failure, misses } => {
                self.pass(route, None);
                count_misses(route, &misses);
                self.park(route, &failure);
            }
        }
        None
    }

    fn pass(&mut self, route: &Route, filtered: Option<Arc<str>>) {
        self.passages.push(Passage {
            route: Arc::clone(&route.name),
            filtered,
        });
    }

    /// Notes which delivery answers the sender: the first one of this route to the destination it names. Called
    /// before the deliveries to these are added.
    fn expect_answer<'o>(&mut self, route: &Route, mut outputs: impl Iterator<Item = &'o Vec<Arc<str>>>) {
        let Some(reply) = route.reply.as_ref().filter(|_| self.awaited.is_none()) else {
            return;
        };
        if outputs.any(|to| to.contains(&reply.from)) {
            let before = self
                .deliveries
                .iter()
                .filter(|entry| entry.destination == reply.from);
            self.awaited = Some(Awaited {
                reply: reply.clone(),
                delivery: Some(before.count() as u64),
            });
        }
    }

    /// Where the route's result is kept: with others equal to it, or with the message itself.
    fn body(&mut self, message: &Message) -> BodyRef {
        if !message.is_edited() {
            return BodyRef::Raw;
        }
        self.keep(message.write(Terminators::Preserve), message.charset())
    }

    /// Where these bytes are kept: with others equal to them.
    fn keep(&mut self, bytes: Bytes, charset: Option<Charset>) -> BodyRef {
        let known = self.results.iter().position(|result| *result == bytes);
        BodyRef::Result(known.unwrap_or_else(|| {
            self.results.push(bytes);
            self.charsets.push(charset);
            self.results.len() - 1
        }))
    }

    fn park(&mut self, route: &Route, Failure { reason, to }: &Failure) {
        self.is_routed = true;
        counter!(names::ROUTE_FAILURES, "route" => Arc::clone(&route.name)).increment(1);
        warn!(route = %route.name, reason, "the route failed, the message becomes a dead letter");
        if let Some(reply) = &route.reply
            && self.awaited.is_none()
            && to.contains(&reply.from)
        {
            self.awaited = Some(Awaited {
                reply: reply.clone(),
                delivery: None,
            });
        }
        let reason = format!("route {}: {reason}", route.name);
        self.dead.extend(
            to.iter()
                .map(|destination| (Arc::clone(destination), reason.clone())),
        );
    }
}

fn count_misses(route: &Route, misses: &Misses) {
    for miss in misses.iter() {
        let table = Arc::clone(&miss.table);
        counter!(names::TABLE_MISSES, "route" => Arc::clone(&route.name), "table" => table)
            .increment(miss.count);
    }
}

/// The refusal of two routes together: a rejection outweighs an error, and the sender is told all faults.
fn worst(one: Refusal, other: Refusal) -> Refusal {
    let code = if other.code == AcknowledgmentCode::ApplicationReject {
        other.code
    } else {
        one.code
    };
    let faults = one.faults.into_iter().chain(other.faults).take(FAULTS_MAX);
    Refusal {
        code,
        faults: faults.collect(),
    }
}
