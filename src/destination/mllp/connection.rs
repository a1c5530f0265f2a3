//! One connection to an MLLP receiver: what is written to it, what is read from it, and what of that may still come.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use metrics::counter;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{debug, warn};

use super::Settings;
use crate::destination::DeliveryError;
use crate::destination::stream::Stream;
use crate::hl7::{Acknowledgment, Header};
use crate::metrics::{DESTINATION_DEVIATIONS_TOTAL, NEGATIVE_ACKNOWLEDGMENTS};
use crate::mllp::{Commit, Decoded, Decoder, Frame, FrameLimits, Release, Strictness, encode};
use crate::tls::{self, Since};

/// How long nothing must follow a `0x1C` before it is taken for the end of an answer.
const BARE_END_PAUSE: Duration = Duration::from_millis(100);
/// How many late answers are known to be outstanding; of more, the oldest are forgotten.
const LATE_MAX: usize = 64;
/// What it means that an answer came too early.
const EARLY: &str = "the receiver answered or closed before the message was complete";

/// A connection to the receiver.
pub(super) struct Connection {
    destination: Arc<str>,
    settings: Arc<Settings>,
    stream: Stream,
    /// By which certificates its receiver was let through.
    pub(super) since: Since,
    decoder: Decoder,
    /// What was read and is not yet understood.
    buffer: BytesMut,
    pub(super) last_used: Instant,
    /// The control ids of messages that are completed and may yet get an answer: an application acknowledgment that
    /// was asked for, or any where nothing had to come.
    late: VecDeque<Bytes>,
    /// Whether an answer had begun to come before the message under way was complete.
    began_early: bool,
    /// Whether a deviation stands in the log already; one line a connection is enough.
    warned: bool,
}

impl Connection {
    pub(super) fn new(
        destination: Arc<str>,
        settings: Arc<Settings>,
        stream: Stream,
        since: Since,
    ) -> Connection {
        let limits = FrameLimits {
            frame_bytes_max: settings.acknowledgment_bytes_max,
            ..FrameLimits::default()
        };
        Connection {
            decoder: Decoder::new(limits, Strictness::Lenient).of_release(settings.release),
            destination,
            settings,
            stream,
            since,
            buffer: BytesMut::new(),
            last_used: Instant::now(),
            late: VecDeque::new(),
            began_early: false,
            warned: false,
        }
    }

    /// Whether the receiver has neither closed nor said anything since, but for late answers, and one to this message
    /// could not be mistaken for one of those.
    pub(super) async fn is_as_left(&mut self, header: &Header<'_>) -> bool {
        if self
            .late
            .iter()
            .any(|control_id| *control_id == header.control_id())
        {
            return false;
        }
        // Whoever says more than that is not waited for.
        for _ in 0..=LATE_MAX {
            match self.stream.read_waiting(&mut self.buffer).await {
                Ok(None) => return self.is_between_answers(),
                Ok(Some(1..)) if !self.late.is_empty() && self.pass_over_late(header).await => {}
                Ok(Some(_)) | Err(_) => return false,
            }
        }
        false
    }

    /// Whether no part of an answer has come that is not whole yet.
    pub(super) fn is_between_answers(&self) -> bool {
        self.decoder.is_idle() && self.buffer.is_empty()
    }

    /// Writes the whole frame. An answer that comes before the end of the message is no answer to it.
    pub(super) async fn send(
        &mut self,
        framed: &mut BytesMut,
        header: &Header<'_>,
    ) -> Result<(), DeliveryError> {
        let deadline = Instant::now() + self.settings.write_timeout;
        // TLS may have sent some of what it then fails to send.
        let mut anything_sent = matches!(self.stream, Stream::Tls(_));
        while framed.has_remaining() {
            if anything_sent {
                match self.stream.read_waiting(&mut self.buffer).await {
                    Ok(None) => {}
                    Ok(Some(1..)) if !self.late.is_empty() && self.pass_over_late(header).await => {}
                    Ok(Some(_)) | Err(_) => return Err(DeliveryError::no_acknowledgment(EARLY)),
                }
            }
            match self.write_some(framed, deadline).await {
                Ok(()) => anything_sent = true,
                Err(error) if anything_sent => return Err(DeliveryError::no_acknowledgment(error)),
                Err(error) => return Err(DeliveryError::unreachable(error)),
            }
        }
        self.began_early = !self.is_between_answers();
        Ok(())
    }

    async fn write_some(&mut self, framed: &mut BytesMut, deadline: Instant) -> io::Result<()> {
        let written = timeout_at(deadline, self.stream.write_some(framed)).await;
        written
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .map(|_| ())
    }

    /// Waits for the commit block of MLLP release 2.
    pub(super) async fn committed(&mut self, header: &Header<'_>) -> Result<(), DeliveryError> {
        let block = self.next(header).await?;
        match Commit::of_content(&block) {
            Some(Commit::Stored) => Ok(()),
            // It says itself that it has not got the message, so another attempt doubles nothing.
            Some(Commit::NotStored) => Err(DeliveryError::unreachable(
                "the receiver could not store the message",
            )),
            None => Err(DeliveryError::no_acknowledgment(
                "expected a commit block of MLLP release 2",
            )),
        }
    }

    /// Commits an answer that was read, in release 2. Where that fails the answer counts all the same, and the receiver
    /// sends it again or closes: the next delivery notices either.
    pub(super) async fn commit(&mut self) {
        let mut framed = BytesMut::new();
        if self.settings.release == Release::Two && encode(&Commit::Stored.block(), &mut framed).is_ok() {
            let deadline = Instant::now() + self.settings.write_timeout;
            while framed.has_remaining() && self.write_some(&mut framed, deadline).await.is_ok() {}
        }
    }

    /// The content of the next frame that is no late answer.
    pub(super) async fn next(&mut self, header: &Header<'_>) -> Result<Bytes, DeliveryError> {
        loop {
            let content = self.answer().await?;
            let is_late = self.is_late(&content, header).await;
            if std::mem::take(&mut self.began_early) && !is_late {
                return Err(DeliveryError::no_acknowledgment(EARLY));
            }
            if !is_late {
                return Ok(content);
            }
        }
    }

    /// The content of the next frame the receiver sends.
    async fn answer(&mut self) -> Result<Bytes, DeliveryError> {
        let mut at_end = false;
        loop {
            let found = if at_end {
                self.decoder.finish(&mut self.buffer)
            } else {
                self.decoder.decode(&mut self.buffer)
            };
            let found = found.map_err(DeliveryError::no_acknowledgment)?;
            let found = match found {
                None if at_end => {
                    return Err(DeliveryError::no_acknowledgment(
                        "the receiver closed the connection",
                    ));
                }
                None => match self.read().await.map_err(unread)? {
                    Some(0) => {
                        at_end = true;
                        continue;
                    }
                    Some(_) => continue,
                    None => self.decoder.complete(&mut self.buffer),
                },
                found => found,
            };
            match found {
                Some(Decoded::Frame(Frame::Whole(content))) => return Ok(content),
                Some(Decoded::Frame(Frame::TooLarge { .. })) => {
                    return Err(DeliveryError::no_acknowledgment(format_args!(
                        "the answer is longer than {} bytes",
                        self.settings.acknowledgment_bytes_max
                    )));
                }
                Some(Decoded::Deviation(deviation)) => self.report(deviation.kind()),
                None => {}
            }
        }
    }

    /// Reads what there is; 0 at the end of the stream, `None` when a bare `0x1C` was followed by nothing.
    async fn read(&mut self) -> io::Result<Option<usize>> {
        let bare_end = self.decoder.ends_in_bare_end(&self.buffer);
        let read = self.stream.read_some(&mut self.buffer);
        if !bare_end {
            return read.await.map(Some);
        }
        match timeout(BARE_END_PAUSE, read).await {
            Ok(read) => read.map(Some),
            Err(_) => Ok(None),
        }
    }

    /// From now on an answer to this message, which is completed, is nothing but late.
    pub(super) fn await_late(&mut self, header: &Header<'_>) {
        if self.late.len() == LATE_MAX {
            self.late.pop_front();
        }
        self.late.push_back(Bytes::copy_from_slice(header.control_id()));
    }

    /// Whether an answer may come that is nothing but late. Only a control id tells it from the answer to another message.
    pub(super) fn awaits_late(&self) -> bool {
        !self.late.is_empty()
    }

    /// Whether this is a late answer; each is expected once, and counted where it refuses.
    async fn is_late(&mut self, content: &Bytes, header: &Header<'_>) -> bool {
        if self.late.is_empty() {
            return false;
        }
        let Ok(answer) = Acknowledgment::parse_assuming(content.clone(), header.charset()) else {
            return false;
        };
        let Some(at) = self
            .late
            .iter()
            .position(|control_id| *control_id == answer.control_id)
        else {
            return false;
        };
        self.late.remove(at);
        self.commit().await;
        let code = answer.code.as_str();
        if !answer.code.is_accept() {
            let destination = Arc::clone(&self.destination);
            counter!(NEGATIVE_ACKNOWLEDGMENTS, "destination" => destination, "code" => code).increment(1);
        }
        debug!(
            destination = &*self.destination,
            code, "an answer to a message that is delivered already"
        );
        true
    }

    /// Passes over the late answers that were read; whether nothing else was. What is not whole yet stays.
    async fn pass_over_late(&mut self, header: &Header<'_>) -> bool {
        loop {
            match self.decoder.decode(&mut self.buffer) {
                Ok(None) => return true,
                Ok(Some(Decoded::Frame(Frame::Whole(content)))) if self.is_late(&content, header).await => {}
                Ok(Some(Decoded::Deviation(deviation))) => self.report(deviation.kind()),
                Ok(Some(Decoded::Frame(_))) | Err(_) => return false,
            }
        }
    }

    /// Whether anything has come after the answer but line ends and late answers.
    pub(super) async fn has_surplus(&mut self, header: &Header<'_>) -> bool {
        if self.late.is_empty() {
            let surplus = std::mem::take(&mut self.buffer);
            return surplus.iter().any(|byte| !matches!(byte, b'\r' | b'\n'));
        }
        let is_nothing_else = self.pass_over_late(header).await;
        !is_nothing_else || (self.late.is_empty() && !self.is_between_answers())
    }

    pub(super) fn report(&mut self, kind: &'static str) {
        let destination = Arc::clone(&self.destination);
        counter!(DESTINATION_DEVIATIONS_TOTAL, "destination" => destination, "kind" => kind).increment(1);
        if !self.warned {
            self.warned = true;
            warn!(
                destination = &*self.destination,
                kind, "the receiver departs from the standard"
            );
        }
    }
}

/// What it means that no answer could be read.
fn unread(failure: io::Error) -> DeliveryError {
    if tls::is_refusal(&failure) {
        DeliveryError::not_taken(&failure)
    } else {
        DeliveryError::no_acknowledgment(failure)
    }
}
