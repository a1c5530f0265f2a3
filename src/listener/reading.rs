//! The reading side of one MLLP connection: bytes in, frames out, within the limits of the listener.
//!
//! It answers nothing. Everything a sender can do wrong on the wire is noticed, counted and logged here, by kind
//! and never by content.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use metrics::counter;
use tokio::sync::watch;
use tokio::task::consume_budget;
use tokio::time::{Instant, timeout_at};
use tracing::{debug, warn};

use super::budget::Share;
use super::connection::{End, Service};
use super::sides::ReadSide;
use super::{Incoming, stopped};
use crate::metrics::LISTENER_DEVIATIONS_TOTAL;
use crate::mllp::{Commit, Decoded, Decoder, Deviation, Frame, FrameError, FrameLimits};
use crate::tls::Certificate;

/// How long nothing must follow a `0x1C` before it is taken for the end of a frame.
const BARE_END_PAUSE: Duration = Duration::from_millis(100);

/// The side that reads.
pub(super) struct Reading<'a> {
    reader: ReadSide<'a>,
    peer: SocketAddr,
    certificate: Option<Arc<Certificate>>,
    pub(super) service: &'a Service,
    shutdown: watch::Receiver<bool>,
    decoder: Decoder,
    buffer: BytesMut,
    share: Share,
    /// What the connection waits for, and since when; `None` until it has to wait again.
    waiting: Option<Waiting>,
    /// The peer has closed its side: what is in the buffer is all there is.
    at_end: bool,
    /// Whether a deviation of this peer stands in the log already; one line a connection is enough.
    warned: bool,
}

#[derive(Clone, Copy)]
struct Waiting {
    for_first_byte: bool,
    since: Instant,
}

/// What became of an attempt to read.
enum Filled {
    Read,
    AtEnd,
    BareEnd,
    Failed(End),
}

impl<'a> Reading<'a> {
    pub(super) fn new(
        reader: ReadSide<'a>,
        peer: SocketAddr,
        certificate: Option<Arc<Certificate>>,
        service: &'a Service,
    ) -> Reading<'a> {
        let frame_bytes_max = service.settings().frame_bytes_max;
        let limits = FrameLimits {
            frame_bytes_max,
            ..FrameLimits::default()
        };
        Reading {
            reader,
            peer,
            certificate,
            service,
            shutdown: service.shutdown(),
            decoder: Decoder::new(limits, service.settings().framing).of_release(service.settings().release),
            buffer: BytesMut::new(),
            share: service.share(peer.ip()),
            waiting: None,
            at_end: false,
            warned: false,
        }
    }

    /// The next frame, or why there is none any more. Cancel safe.
    pub(super) async fn next(&mut self) -> Result<Frame, End> {
        loop {
            // While the peer keeps bytes coming nothing below ever waits, and the other connections need the thread.
            consume_budget().await;
            let found = if self.at_end {
                self.decoder.finish(&mut self.buffer)
            } else {
                self.decoder.decode(&mut self.buffer)
            };
            match found {
                Ok(Some(found)) => {
                    if let Some(frame) = self.admit(found) {
                        return Ok(frame);
                    }
                }
                Ok(None) if self.at_end => return Err(End::Peer),
                Ok(None) => match self.fill().await {
                    Filled::Read => {}
                    Filled::AtEnd => self.at_end = true,
                    Filled::BareEnd => {
                        let completed = self.decoder.complete(&mut self.buffer);
                        if let Some(frame) = completed.and_then(|found| self.admit(found)) {
                            return Ok(frame);
                        }
                    }
                    Filled::Failed(end) => return Err(end),
                },
                Err(error) => return Err(self.refuse(error)),
            }
        }
    }

    /// A frame of this connection for the intake.
    pub(super) fn incoming(&self, frame: Frame) -> Incoming {
        Incoming {
            frame,
            is_file: false,
            certificate: self.certificate.clone(),
            peer: Some(self.peer),
        }
    }

    /// Counts what was found and passes the frames on.
    fn admit(&mut self, found: Decoded) -> Option<Frame> {
        match found {
            Decoded::Frame(frame) => {
                self.waiting = None;
                if Commit::read(&frame).is_none() {
                    self.service.count_frame(&frame);
                }
                Some(frame)
            }
            Decoded::Deviation(deviation) => {
                self.report(deviation);
                None
            }
        }
    }

    fn report(&mut self, deviation: Deviation) {
        let kind = deviation.kind();
        counter!(LISTENER_DEVIATIONS_TOTAL, "listener" => self.service.label(), "kind" => kind).increment(1);
        if !self.warned {
            self.warned = true;
            if let Some(leave) = self.service.leave(kind) {
                let (listener, left_out) = (self.service.name(), leave.left_out);
                warn!(listener, peer = %self.peer, kind, left_out, "the sender departs from MLLP");
            }
        }
    }

    fn refuse(&self, error: FrameError) -> End {
        self.service.count_failure(error.kind());
        if let Some(leave) = self.service.leave(error.kind()) {
            let (listener, left_out) = (self.service.name(), leave.left_out);
            warn!(listener, peer = %self.peer, %error, left_out, "connection given up");
        }
        match error {
            FrameError::Tls | FrameError::Http => End::Foreign,
            FrameError::CutOff { .. } => End::Peer,
            FrameError::TooMuchJunk { .. } | FrameError::MissingReturn => End::Ours,
        }
    }

    /// Appends to the buffer whatever comes next, within the deadlines and the budget.
    async fn fill(&mut self) -> Filled {
        let bare_end = self.decoder.ends_in_bare_end(&self.buffer);
        let deadline = self.deadline();
        // Asked here, because a timeout looks at its clock only once there is nothing to read.
        if Instant::now() >= deadline {
            return Filled::Failed(self.late());
        }
        let wake_at = if bare_end {
            deadline.min(Instant::now() + BARE_END_PAUSE)
        } else {
            deadline
        };
        let read = self.reader.read_some(&mut self.buffer, &mut self.share);
        tokio::select! {
            biased;
            () = stopped(&mut self.shutdown) => Filled::Failed(End::Ours),
            read = timeout_at(wake_at, read) => match read {
                Ok(Ok(0)) => Filled::AtEnd,
                Ok(Ok(_)) => Filled::Read,
                Ok(Err(failure)) => Filled::Failed(self.broken(&failure)),
                Err(_) if bare_end => Filled::BareEnd,
                Err(_) => Filled::Failed(self.late()),
            },
        }
    }

    /// When the wait that goes on now must be over. Blank lines and unfinished frames do not prolong it.
    fn deadline(&mut self) -> Instant {
        let for_first_byte = self.decoder.is_idle();
        let waiting = match self.waiting {
            Some(waiting) if waiting.for_first_byte == for_first_byte => waiting,
            Some(_) | None => Waiting {
                for_first_byte,
                since: Instant::now(),
            },
        };
        self.waiting = Some(waiting);
        let settings = self.service.settings();
        waiting.since
            + if for_first_byte {
                settings.idle_timeout
            } else {
                settings.frame_deadline
            }
    }

    fn late(&self) -> End {
        let (listener, peer) = (self.service.name(), self.peer);
        if self.decoder.is_idle() {
            debug!(listener, %peer, "connection closed: idle for too long");
        } else {
            let kind = "frame_deadline";
            self.service.count_failure(kind);
            if let Some(leave) = self.service.leave(kind) {
                let left_out = leave.left_out;
                warn!(listener, %peer, left_out, "connection closed: a frame took too long");
            }
        }
        End::Ours
    }

    fn broken(&self, failure: &io::Error) -> End {
        let (listener, peer) = (self.service.name(), self.peer);
        if self.decoder.is_idle() {
            debug!(listener, %peer, %failure, "connection broken between messages");
        } else {
            let kind = "cut_off";
            self.service.count_failure(kind);
            if let Some(leave) = self.service.leave(kind) {
                let left_out = leave.left_out;
                warn!(listener, %peer, %failure, left_out, "connection broken inside a frame");
            }
        }
        End::Peer
    }

    /// The intake has taken the frame: what was reserved for it is free again.
    pub(super) fn release(&mut self) {
        if self.share.release() {
            // The buffer has grown with that frame and would stay so.
            self.buffer = BytesMut::from(self.buffer.as_ref());
        }
    }
}
