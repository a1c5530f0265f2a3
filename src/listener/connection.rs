//! One MLLP connection: frames in, replies out, in the same order.
//!
//! One task does it all, so that nothing between reading and writing can be unbounded: while `pipeline_max`
//! messages wait for their replies, or the intake has no room for the next, nothing is read, and the sender's
//! socket fills up. A reply is written as soon as it and all before it are known; those that are ready together
//! leave in one write. Where a reply has begun and its rest comes later, as an application acknowledgment after that
//! of the commit, the next one does not wait for it: rests are in the order of their frames, and come in between.
//! A peer that does not read its replies holds up nobody else: what its next message waits for, or has been given
//! already, is taken and passed on all the same.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::BytesMut;
use futures_util::future::{BoxFuture, FutureExt, OptionFuture};
use futures_util::stream::{FuturesOrdered, StreamExt};
use metrics::{Counter, counter};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tracing::{error, trace, warn};

use super::budget::Share;
use super::mllp::Settings;
use super::reading::Reading;
use super::release_2;
use super::sides::{WriteSide, split};
use super::{Intake, ReadBudget, Reply, Ruling, count_failure, guard_begun, guard_intake, guard_reply};
use crate::metrics::{LISTENER_FRAME_BYTES_TOTAL, LISTENER_FRAMES_TOTAL};
use crate::mllp::{Frame, Release, encode};
use crate::seldom::{Leave, Seldom};
use crate::tls::{Accepted, linger};

/// What all connections of one listener share.
pub(super) struct Service {
    name: Arc<str>,
    settings: Settings,
    intake: Intake,
    budget: ReadBudget,
    shutdown: watch::Receiver<bool>,
    frames: Counter,
    frame_bytes: Counter,
    lines: Seldom,
}

impl Service {
    pub(super) fn new(
        name: Arc<str>,
        settings: Settings,
        intake: Intake,
        budget: ReadBudget,
        shutdown: watch::Receiver<bool>,
    ) -> Service {
        let frames = counter!(LISTENER_FRAMES_TOTAL, "listener" => Arc::clone(&name));
        let frame_bytes = counter!(LISTENER_FRAME_BYTES_TOTAL, "listener" => Arc::clone(&name));
        Service {
            name,
            settings,
            intake,
            budget,
            shutdown,
            frames,
            frame_bytes,
            lines: Seldom::default(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The listener's name as the label of a metric.
    pub(super) fn label(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What takes the frames.
    pub(super) fn intake(&self) -> Intake {
        Arc::clone(&self.intake)
    }

    /// Where it is told that weir stops.
    pub(super) fn shutdown(&self) -> watch::Receiver<bool> {
        self.shutdown.clone()
    }

    /// The share that a connection from this address has of the budget for frames being read.
    pub(super) fn share(&self, address: IpAddr) -> Share {
        self.budget.share(self.settings.frame_bytes_max, Some(address))
    }

    pub(super) fn count_frame(&self, frame: &Frame) {
        self.frames.increment(1);
        match frame {
            Frame::Whole(content) => self.frame_bytes.increment(content.len() as u64),
            Frame::TooLarge { .. } => self.count_failure("too_large"),
        }
    }

    pub(super) fn count_failure(&self, kind: &'static str) {
        count_failure(&self.name, kind);
    }

    /// Leave to write a line of the log about some peer, unless there was one of this kind just before.
    pub(super) fn leave(&self, kind: &'static str) -> Option<Leave> {
        self.lines.leave(kind)
    }
}

/// Why a connection reads no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The peer has closed its side, or the connection broke.
    Peer,
    /// The peer speaks something else; it is owed nothing.
    Foreign,
    /// A limit of ours, or the end of weir.
    Ours,
}

/// What a frame has got for a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Said {
    /// What it was to get; a reply of no frames is one, too.
    Reply,
    /// The same, and no more frames are to be read. Those read before still get theirs.
    LastReply,
    /// Nothing, be it because there is to be none: the sender is to learn that from the closed connection.
    Nothing,
}

/// Serves one connection until either side ends it.
pub(super) async fn serve(accepted: Accepted, peer: SocketAddr, service: Arc<Service>) {
    let Accepted {
        mut stream,
        certificate,
        ..
    } = accepted;
    trace!(listener = service.name(), %peer, "connected");
    let (reader, writer) = split(&mut stream);
    let mut reading = Reading::new(reader, peer, certificate, &service);
    let mut writing = Writing {
        writer,
        out: BytesMut::new(),
        is_flushed: true,
        deadline: None,
        service: &service,
        peer,
    };
    let end = match service.settings.release {
        Release::One => converse(&mut reading, &mut writing).await,
        Release::Two => release_2::converse(&mut reading, &mut writing).await,
    };
    trace!(listener = service.name(), %peer, ?end, "closing");
    if end == End::Ours {
        linger(&mut stream).await;
    }
}

/// Takes frames and writes their replies; ends when all that was taken is answered.
async fn converse(reading: &mut Reading<'_>, writing: &mut Writing<'_>) -> End {
    let service = reading.service;
    let pipeline_max = service.settings.pipeline_max.get();
    let mut end = None;
    let mut taking = None;
    let mut replies = FuturesOrdered::new();
    let mut rests = Rests::new();
    loop {
        let may_read = end.is_none() && taking.is_none() && replies.len() + rests.len() < pipeline_max;
        let said = tokio::select! {
            biased;
            written = writing.flush(), if writing.is_due() => {
                if written.is_err() {
                    return End::Peer;
                }
                None
            }
            // Before the replies to what came later.
            Some(rest) = rests.next(), if !writing.is_due() => Some(writing.put(rest)),
            Some(reply) = replies.next(), if !writing.is_due() => {
                let mut said = writing.begin(reply, &mut rests);
                while said != Said::Nothing
                    && let Some(Some(reply)) = replies.next().now_or_never()
                {
                    said = said.max(writing.begin(reply, &mut rests));
                }
                Some(said)
            }
            Some(taken) = OptionFuture::from(taking.as_mut()) => {
                taking = None;
                reading.release();
                if let Some(reply) = taken {
                    replies.push_back(guard_begun(reply));
                } else {
                    service.count_failure("intake_panic");
                    end = end.or(Some(End::Ours));
                }
                None
            }
            next = reading.next(), if may_read => {
                match next {
                    Ok(frame) => {
                        if matches!(frame, Frame::TooLarge { .. }) {
                            end = Some(End::Ours);
                        }
                        let incoming = reading.incoming(frame);
                        taking = Some(guard_intake(&service.intake, incoming));
                    }
                    Err(reason) => end = Some(reason),
                }
                None
            },
            else => return end.unwrap_or(End::Ours),
        };
        match said {
            None | Some(Said::Reply) => {}
            Some(Said::LastReply) => end = end.or(Some(End::Ours)),
            // A later reply would stand in the place of the one that is missing.
            Some(Said::Nothing) => {
                drop(writing.flush().await);
                return End::Ours;
            }
        }
    }
}

/// What follows replies that have begun, in their order.
pub(super) type Rests = FuturesOrdered<BoxFuture<'static, Option<Reply>>>;

/// The side that writes.
pub(super) struct Writing<'a> {
    writer: WriteSide<'a>,
    out: BytesMut,
    /// Whether all that was written has left for the network: TLS keeps some of it for a moment.
    is_flushed: bool,
    /// When all of `out` must be written; `None` until writing it begins.
    deadline: Option<Instant>,
    service: &'a Service,
    peer: SocketAddr,
}

impl Writing<'_> {
    /// Frames the first part of a reply; what follows is one of the rests.
    fn begin(&mut self, mut reply: Option<Reply>, rests: &mut Rests) -> Said {
        if let Some(rest) = reply.as_mut().and_then(|reply| reply.rest.take()) {
            rests.push_back(guard_reply(rest).boxed());
        }
        self.put(reply)
    }

    /// Frames a reply; tells how the connection goes on after it.
    pub(super) fn put(&mut self, reply: Option<Reply>) -> Said {
        let Some(reply) = reply else {
            self.service.count_failure("intake_panic");
            return Said::Nothing;
        };
        // What could not be stored, and is to get no answer, the sender has to learn in this way.
        let ends = reply.close || (reply.frames.is_empty() && reply.ruling == Ruling::Unavailable);
        let mut said = match (ends, reply.frames.is_empty()) {
            (false, _) => Said::Reply,
            (true, false) => Said::LastReply,
            (true, true) => Said::Nothing,
        };
        for frame in &reply.frames {
            if let Err(failure) = encode(frame, &mut self.out) {
                let kind = "unframeable_reply";
                self.service.count_failure(kind);
                if let Some(leave) = self.service.leave(kind) {
                    let (listener, left_out) = (self.service.name(), leave.left_out);
                    error!(listener, peer = %self.peer, %failure, left_out, "a reply cannot be sent");
                }
                said = Said::Nothing;
            }
        }
        said
    }

    /// Whether there is something to write.
    fn is_due(&self) -> bool {
        !(self.out.is_empty() && self.is_flushed)
    }

    /// Writes it all, within one time limit however often this is called meanwhile. Cancel safe.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        let write_timeout = self.service.settings.write_timeout;
        let deadline = *self
            .deadline
            .get_or_insert_with(|| Instant::now() + write_timeout);
        self.is_flushed = false;
        let written = timeout_at(deadline, self.writer.write_out(&mut self.out)).await;
        self.is_flushed = true;
        self.deadline = None;
        let written = written.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        if let Err(failure) = &written {
            self.service.count_failure("write");
            if let Some(leave) = self.service.leave("write") {
                let (listener, left_out) = (self.service.name(), leave.left_out);
                warn!(listener, peer = %self.peer, %failure, left_out, "a reply could not be written");
            }
        }
        written
    }
}
