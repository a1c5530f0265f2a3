//! Sends messages of the archive again: through the routes as they are now, or to one destination as it was sent.
//!
//! What is sent again is a new message: received now, by the listener of the original, with a note of the message that
//! it comes from, of who ordered it and why. The original stays as it is. The control id stays too, because receivers
//! know a message by it. weir itself does not look whether it knows the message already: somebody wants it again.
//! It stands at the end of what its destinations are owed.

mod edited;
mod job;
mod jobs;
mod kept;
mod preview;
mod runner;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::archive::{self, Archive, ArchiveError, State};
use crate::clock;
use crate::hl7::{Charset, Header, Message, ParseLimits};
use crate::outbox::{
    Acceptance, BodyRef, Entry, Judgment, Origin, OriginMessage, OutboxError, Passage, Told,
};

pub use job::{Job, JobFailure, JobState, RATE_DEFAULT, RATE_MAX, WrongState};
pub use jobs::{Jobs, JobsError, Shown, Wanted};
pub use kept::{FILE_NAME, FOLDER_NAME};
pub use preview::{MESSAGES_MAX, Preview};

use super::acknowledge::reasons;
use super::dispatch::Dispatch;
use super::in_hand::InHand;
use super::status::{Owed, Running, Status};
use super::stored;

/// The longest text that is taken for a message whose listener is not in the site.
const EDITED_BYTES_MAX: usize = 32 << 20;

/// A message to be sent again.
#[derive(Clone)]
pub struct Resend {
    /// The number of the original in the archive.
    pub message: u64,
    /// The text to be sent instead of it.
    pub edited: Option<String>,
    /// How it goes.
    pub way: Way,
    /// Who orders it.
    pub by: String,
    /// Why.
    pub why: String,
}

/// How a message goes that is sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Through the routes as they are now, to all that they name.
    Routes,
    /// Through the routes as they are now, and what they make for this destination goes to it, nothing to others.
    RoutesTo(String),
    /// To this destination alone: the bytes that it was sent, or the edited text as it stands.
    Straight(String),
}

impl Way {
    /// The destination that is named.
    pub fn destination(&self) -> Option<&str> {
        match self {
            Way::Routes => None,
            Way::RoutesTo(destination) | Way::Straight(destination) => Some(destination),
        }
    }
}

/// What came of a message that was sent again. It is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resent {
    /// The number that it has in the archive, or will have.
    pub message: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// The deliveries that came of it: the destination, and the place in its order.
    pub deliveries: Vec<(Arc<str>, u64)>,
    /// The destinations for which it could not be made, each with a dead letter, and why.
    pub dead: Vec<(Arc<str>, String)>,
    /// Why nobody gets it, where nobody does.
    pub problem: Option<String>,
}

/// What the routes say of a message that is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Somebody is owed it, or has a dead letter of it.
    Accepted,
    /// Every route for it said no.
    Filtered,
    /// No route is for it.
    Unrouted,
    /// A route rejects it.
    Refused,
}

/// Why a message was not sent again. Nothing has changed then.
#[derive(Debug, Error)]
pub enum ResendError {
    /// There is nothing to send again.
    #[error("no archive is kept, or it could not be opened: see `archive:` of the site, and the log")]
    NoArchive,
    /// It was never there, or was deleted.
    #[error("there is no message {0} in the archive")]
    NoMessage(u64),
    /// Nobody would deliver it.
    #[error("there is no destination `{0}` in the site that runs")]
    NoDestination(String),
    /// There are no bytes that the destination was sent.
    #[error(
        "message {message} was never made for `{destination}`: ask for what the routes make of it now for that \
         destination (`--routed`, or `routed` in a request)"
    )]
    NeverMade {
        /// The original.
        message: u64,
        /// The destination.
        destination: Arc<str>,
    },
    /// Its sender knows that it was not accepted, and it may be there in part only.
    #[error(
        "message {0} was refused when it came, and its sender was told so: edit it and send that, or let its sender \
         send it again"
    )]
    WasRefused(u64),
    /// What it holds may be what a route made for one destination, so that no route is to see it.
    #[error(
        "message {message} is a copy of message {original}, which went through no route: send {original} again"
    )]
    IsCopy {
        /// The copy.
        message: u64,
        /// The message that it comes from.
        original: u64,
    },
    /// No route takes messages from a listener that is not there.
    #[error(
        "message {message} came in by `{listener}`, which is not in the site any more, so no route takes it: name one \
         destination, which gets it as it was sent"
    )]
    NoListener {
        /// The original.
        message: u64,
        /// Its listener.
        listener: String,
    },
    /// The bytes are no message.
    #[error("message {message}: {reason}")]
    NotRead {
        /// The original.
        message: u64,
        /// Why.
        reason: String,
    },
    /// The edited text cannot be sent.
    #[error("text: {0}")]
    Text(String),
    /// Whatever weir does with it may end the process once more.
    #[error("weir crashed twice with message {0} in hand and does not take it again")]
    Quarantined(u64),
    /// The archive could not be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The outbox does not take it.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// A panic.
    #[error("internal error")]
    Internal,
}

/// Sends messages again. Clones are the same.
#[derive(Clone)]
pub struct Resender {
    status: Arc<Status>,
    in_hand: Arc<InHand>,
}

/// A message as it is to be offered, but for who ordered it.
struct Made {
    raw: Bytes,
    site_version: Arc<str>,
    results: Vec<Bytes>,
    /// The character set of each of them.
    charsets: Vec<Option<Charset>>,
    deliveries: Vec<Entry>,
    dead: Vec<(Arc<str>, String)>,
    outcome: Outcome,
    problem: Option<String>,
    routes: Vec<Passage>,
    tags: Vec<(Arc<str>, String)>,
    received_at: Timestamp,
}

impl Resender {
    pub(super) fn new(status: Arc<Status>, in_hand: Arc<InHand>) -> Resender {
        Resender { status, in_hand }
    }

    /// Sends a message again; returns when that is durable. Goes on to its end though nobody waits for it any more.
    ///
    /// # Errors
    /// When it cannot be sent, or there is no room for it now.
    pub async fn send(&self, resend: Resend) -> Result<Resent, ResendError> {
        let resender = self.clone();
        let sending = tokio::spawn(async move { resender.send_to_its_end(resend).await });
        sending.await.map_err(|_| ResendError::Internal)?
    }

    async fn send_to_its_end(&self, resend: Resend) -> Result<Resent, ResendError> {
        let archive = self.status.archive().ok_or(ResendError::NoArchive)?.clone();
        let number = resend.message;
        let original = reading(&archive, move |archive| archive.message(number)).await?;
        let original = original.ok_or(ResendError::NoMessage(number))?;
        let running = self.status.running();
        // Until it is durable no lane of this site ends.
        let in_use = running.in_use.clone();
        let made = self.made(&original, &resend, &running)?;
        let store = self.status.outbox().store_id();
        // Asked for now: once the message is durable nothing may fail, or it would be sent once more.
        let before_first = reading(&archive, move |archive| archive.number(store, 0)).await?;
        let charset = assumed(&original, None, &running);
        let listener = original.found.listener;
        let owed = owed(&made);
        let (outcome, problem, dead) = (made.outcome, made.problem.clone(), made.dead.clone());
        let acceptance = made.acceptance(&listener, charset, &resend);
        let accepted = self.status.outbox().offer(acceptance).await?.await?;
        self.status.count_owed(&owed);
        drop(in_use);
        let first = accepted.first.0;
        Ok(Resent {
            message: before_first + first,
            outcome,
            deliveries: numbered(&owed.queued, first),
            dead,
            problem,
        })
    }

    /// What is to be offered.
    fn made(
        &self,
        original: &archive::Message,
        resend: &Resend,
        running: &Running,
    ) -> Result<Made, ResendError> {
        let known = |name: &str| {
            let known = running.destinations.get(name).cloned();
            known.ok_or_else(|| ResendError::NoDestination(name.to_owned()))
        };
        let to = resend.way.destination().map(known).transpose()?;
        let found = &original.found;
        if resend.edited.is_none() && found.state == State::Refused {
            return Err(ResendError::WasRefused(found.number));
        }
        let edited = resend.edited.as_deref();
        let edited = edited.map(|text| edited_message(text, original, running));
        match (&resend.way, to, edited.transpose()?) {
            (Way::Straight(_), Some(to), None) => as_it_was_sent(original, &to, running),
            (Way::Straight(_), Some(to), Some(message)) => Ok(as_it_stands(&message, &to, running)),
            (_, to, edited) => self.routed(original, edited, to.as_ref(), running),
        }
    }

    /// What the routes make of it now.
    fn routed(
        &self,
        original: &archive::Message,
        edited: Option<Message>,
        to: Option<&Arc<str>>,
        running: &Running,
    ) -> Result<Made, ResendError> {
        let (number, listener) = (original.found.number, original.found.listener.as_str());
        let copied = original.origin.as_ref().filter(|origin| !origin.is_edited);
        if let Some(origin) = copied.filter(|_| edited.is_none() && original.routes.is_empty()) {
            return Err(ResendError::IsCopy {
                message: number,
                original: origin.message,
            });
        }
        if !running.listeners.contains_key(listener) {
            return Err(ResendError::NoListener {
                message: number,
                listener: listener.to_owned(),
            });
        }
        let raw = edited.as_ref().map_or(&original.raw, Message::received).clone();
        let held = self.in_hand.take(&raw, &running.version);
        let held = held.map_err(|_| ResendError::Quarantined(number))?;
        let message = match edited {
            Some(message) => message,
            None => read(original, running)?,
        };
        let routes: Vec<_> = running
            .routes
            .iter()
            .filter(|route| route.takes_from(listener))
            .cloned()
            .collect();
        let dispatched = Dispatch::of(&routes, &message, &clock::now_local());
        drop(held);
        let mut dispatch = match dispatched {
            Ok(dispatch) => dispatch,
            Err(refusal) => {
                let made = Made::of_nothing(raw, &running.version, Outcome::Refused);
                return Ok(made.because(reasons(&refusal)));
            }
        };
        if let Some(destination) = to {
            dispatch.keep_only(destination);
        }
        Ok(made_by(dispatch, raw, to, running))
    }
}

/// The character set of a result, or of the frame as received, if that declares none.
fn assumed(original: &archive::Message, result: Option<usize>, running: &Running) -> Option<Charset> {
    running.charset_of(original.charset(result), &original.found.listener)
}

/// The message as the routes are to see it.
fn read(original: &archive::Message, running: &Running) -> Result<Message, ResendError> {
    let charset = assumed(original, None, running);
    let message = Message::parse_assuming(original.raw.clone(), &ParseLimits::default(), charset);
    message.map_err(|error| ResendError::NotRead {
        message: original.found.number,
        reason: error.to_string(),
    })
}

fn edited_message(
    text: &str,
    original: &archive::Message,
    running: &Running,
) -> Result<Message, ResendError> {
    let listener = original.found.listener.as_str();
    let bytes_max = running.frame_bytes_max.get(listener).copied();
    edited::message(
        text,
        &original.raw,
        assumed(original, None, running),
        bytes_max.unwrap_or(EDITED_BYTES_MAX),
    )
    .map_err(ResendError::Text)
}

/// The bytes that a destination was sent, all of them where routes made several of one message.
fn as_it_was_sent(
    original: &archive::Message,
    destination: &Arc<str>,
    running: &Running,
) -> Result<Made, ResendError> {
    let (mut results, mut charsets) = (Vec::<Bytes>::new(), Vec::new());
    let mut deliveries = Vec::new();
    for delivery in original.made_for(destination) {
        let body = match delivery.result.and_then(|result| original.results.get(result)) {
            None => BodyRef::Raw,
            Some(bytes) => {
                let known = results.iter().position(|result| result == bytes);
                BodyRef::Result(known.unwrap_or_else(|| {
                    results.push(bytes.clone());
                    charsets.push(assumed(original, delivery.result, running));
                    results.len() - 1
                }))
            }
        };
        deliveries.push(Entry {
            destination: Arc::clone(destination),
            body,
        });
    }
    if deliveries.is_empty() {
        return Err(ResendError::NeverMade {
            message: original.found.number,
            destination: Arc::clone(destination),
        });
    }
    // The bytes are those that this site made, not the one that runs.
    let site_version = original.found.site_version.as_str().into();
    Ok(Made {
        results,
        charsets,
        deliveries,
        ..Made::of_nothing(original.raw.clone(), &site_version, Outcome::Accepted)
    })
}

/// An edited text as it stands, through no route.
fn as_it_stands(message: &Message, destination: &Arc<str>, running: &Running) -> Made {
    let entry = Entry {
        destination: Arc::clone(destination),
        body: BodyRef::Raw,
    };
    Made {
        deliveries: vec![entry],
        ..Made::of_nothing(message.received().clone(), &running.version, Outcome::Accepted)
    }
}

fn made_by(dispatch: Dispatch, raw: Bytes, to: Option<&Arc<str>>, running: &Running) -> Made {
    let outcome = match dispatch.judgment() {
        Judgment::Filtered => Outcome::Filtered,
        Judgment::Unrouted => Outcome::Unrouted,
        Judgment::Accepted | Judgment::Repeated | Judgment::Refused { .. } => Outcome::Accepted,
    };
    let made = Made {
        results: dispatch.results,
        charsets: dispatch.charsets,
        deliveries: dispatch.deliveries,
        dead: dispatch.dead,
        routes: dispatch.passages,
        tags: dispatch.tags,
        received_at: dispatch.received_at,
        ..Made::of_nothing(raw, &running.version, outcome)
    };
    match outcome {
        Outcome::Accepted | Outcome::Refused => made,
        Outcome::Unrouted => made.because("no route takes this type of message".to_owned()),
        Outcome::Filtered => {
            let reasons: Vec<&str> = made
                .routes
                .iter()
                .filter_map(|route| route.filtered.as_deref())
                .collect();
            let reasons = match (reasons.as_slice(), to) {
                ([], Some(destination)) => format!("no route makes anything of it for `{destination}`"),
                (reasons, _) => reasons.join("; "),
            };
            made.because(reasons)
        }
    }
}

impl Made {
    fn of_nothing(raw: Bytes, site_version: &Arc<str>, outcome: Outcome) -> Made {
        Made {
            raw,
            site_version: Arc::clone(site_version),
            results: Vec::new(),
            charsets: Vec::new(),
            deliveries: Vec::new(),
            dead: Vec::new(),
            outcome,
            problem: None,
            routes: Vec::new(),
            tags: Vec::new(),
            received_at: clock::now(),
        }
    }

    fn because(self, problem: String) -> Made {
        Made {
            problem: Some(problem),
            ..self
        }
    }

    fn acceptance(self, listener: &str, charset: Option<Charset>, resend: &Resend) -> Acceptance {
        let judgment = match self.outcome {
            Outcome::Accepted => Judgment::Accepted,
            Outcome::Filtered => Judgment::Filtered,
            Outcome::Unrouted => Judgment::Unrouted,
            Outcome::Refused => Judgment::Refused {
                code: None,
                reason: self.problem.unwrap_or_default(),
            },
        };
        let header = Header::parse_assuming(&self.raw, charset).ok();
        let control_id = header.map(|header| Bytes::copy_from_slice(header.control_id()));
        let charset = header.and_then(|header| header.charset());
        let made = self.results.iter().zip(self.charsets);
        Acceptance {
            received_at: self.received_at,
            listener: listener.into(),
            control_id: control_id.unwrap_or_default(),
            site_version: self.site_version,
            charsets: stored::to_keep(std::iter::once((&self.raw, charset)).chain(made)),
            raw: self.raw,
            results: self.results,
            deliveries: self.deliveries,
            dead: self.dead,
            // Nobody looks whether it is known: it is, and it is wanted again.
            window: None,
            instead_of: None,
            link: None,
            told: Some(Told {
                judgment,
                routes: self.routes,
                tags: self.tags,
                origin: Some(Origin {
                    message: OriginMessage::Archived(resend.message),
                    is_edited: resend.edited.is_some(),
                    by: resend.by.clone(),
                    why: resend.why.clone(),
                }),
            }),
        }
    }
}

fn owed(made: &Made) -> Owed {
    let queued = made.deliveries.iter().map(|entry| Arc::clone(&entry.destination));
    let dead = made.dead.iter().map(|(destination, _)| Arc::clone(destination));
    Owed {
        queued: queued.collect(),
        dead: dead.collect(),
    }
}

/// The places that the outbox gives the deliveries of a message: its own number, and those after it where one
/// destination is owed several.
fn numbered(queued: &[Arc<str>], message: u64) -> Vec<(Arc<str>, u64)> {
    let mut next: BTreeMap<String, u64> = BTreeMap::new();
    let mut number = |name: &Arc<str>| {
        let next = next.entry(name.to_string()).or_insert(message);
        *next += 1;
        (Arc::clone(name), *next - 1)
    };
    queued.iter().map(&mut number).collect()
}

/// Asks the archive, off the runtime's threads.
async fn reading<T: Send + 'static>(
    archive: &Archive,
    work: impl FnOnce(&Archive) -> Result<T, ArchiveError> + Send + 'static,
) -> Result<T, ResendError> {
    let archive = archive.clone();
    let read = tokio::task::spawn_blocking(move || work(&archive)).await;
    Ok(read.map_err(|_| ResendError::Internal)??)
}
