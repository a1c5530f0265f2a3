//! Finds the frames in a stream, however the network has cut it up.
//!
//! The decoder is fed the connection's read buffer and takes frames off its front. It never looks at a byte
//! twice, never copies the content of a frame, and never holds more of it than its limit. What it tolerates it
//! reports as a [`Deviation`], so that the owner of the connection can count it.

use bytes::{Buf, Bytes, BytesMut};
use memchr::{memchr, memchr2};
use thiserror::Error;

use super::opening::Opening;
use super::{
    Commit, END, Foreign, Frame, FrameLimits, LINE_FEED, PREFIX_BYTES_MAX, RETURN, Release, START, Strictness,
};

/// What the decoder found in the buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoded {
    /// A frame; an empty one too.
    Frame(Frame),
    /// Something outside the standard that was passed over.
    Deviation(Deviation),
}

/// What was tolerated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deviation {
    /// Bytes before a frame, other than carriage returns and line feeds.
    Junk {
        /// How many.
        bytes: usize,
    },
    /// The peer sends HL7 without framing it; told once, at the beginning of a connection.
    Unframed,
    /// A frame began inside another; the unfinished one was dropped.
    Interrupted {
        /// How long the dropped part was.
        bytes: usize,
    },
    /// The frame before this ended in `0x1C` without `0x0D`; a line feed may have stood in its place.
    MissingReturn,
    /// A commit block of MLLP release 2 on a connection of release 1.
    CommitBlock,
}

impl Deviation {
    /// The word for it in a metric.
    pub fn kind(self) -> &'static str {
        match self {
            Deviation::Junk { .. } => "junk",
            Deviation::Unframed => "unframed",
            Deviation::Interrupted { .. } => "interrupted",
            Deviation::MissingReturn => "missing_return",
            Deviation::CommitBlock => "commit_block",
        }
    }
}

/// Why a connection cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FrameError {
    /// More that is part of no frame than anybody sends by accident.
    #[error("more than {junk_bytes_max} bytes before a whole frame, expected 0x0B, a message, 0x1C 0x0D")]
    TooMuchJunk {
        /// The limit that was passed.
        junk_bytes_max: usize,
    },
    /// The peer begins a TLS handshake.
    #[error("a TLS handshake, expected plain MLLP")]
    Tls,
    /// The peer speaks HTTP.
    #[error("HTTP, expected MLLP")]
    Http,
    /// A strict decoder met `0x1C` without `0x0D`.
    #[error("0x1C without 0x0D after it, expected both at the end of a frame")]
    MissingReturn,
    /// The stream ended inside a frame.
    #[error("the stream ended after {bytes} bytes of a frame, expected 0x1C 0x0D")]
    CutOff {
        /// How much of the frame had come.
        bytes: usize,
    },
}

impl FrameError {
    /// The word for it in a metric.
    pub fn kind(self) -> &'static str {
        match self {
            FrameError::TooMuchJunk { .. } => "too_much_junk",
            FrameError::Tls => "tls",
            FrameError::Http => "http",
            FrameError::MissingReturn => "missing_return",
            FrameError::CutOff { .. } => "cut_off",
        }
    }
}

/// Where in the stream the decoder stands.
#[derive(Clone, Copy)]
enum State {
    /// Before a frame, `junk_bytes` past the last one.
    Between { junk_bytes: usize },
    /// Inside a frame that begins at the front of the buffer; the first `scanned_bytes` hold no end.
    Within { scanned_bytes: usize },
    /// A frame was taken that ended without `0x0D`; that is still to be told.
    AfterBareEnd,
    /// The stream cannot be trusted any more; what still comes is thrown away.
    Over,
}

/// Takes frames off the front of a connection's read buffer.
///
/// ```
/// use weir::mllp::{Decoded, Decoder, Frame, FrameLimits, Strictness};
///
/// let mut decoder = Decoder::new(FrameLimits::default(), Strictness::Lenient);
/// let mut buffer = bytes::BytesMut::from(&b"\x0Bone\x1C\r\x0Btw"[..]);
/// let Some(Decoded::Frame(Frame::Whole(content))) = decoder.decode(&mut buffer)? else { unreachable!() };
/// assert_eq!(content, "one");
/// assert_eq!(decoder.decode(&mut buffer)?, None); // more has to be read
/// # Ok::<(), weir::mllp::FrameError>(())
/// ```
pub struct Decoder {
    limits: FrameLimits,
    strictness: Strictness,
    release: Release,
    state: State,
    /// What has come to nothing since the last frame: junk, and one for each new start and each commit block.
    fruitless_bytes: usize,
    opening: Opening,
}

impl Decoder {
    /// The same for a stream of this release: in release 2 commit blocks are frames like others.
    #[must_use]
    pub fn of_release(self, release: Release) -> Decoder {
        Decoder { release, ..self }
    }

    /// A decoder at the beginning of a stream of release 1.
    pub fn new(limits: FrameLimits, strictness: Strictness) -> Decoder {
        Decoder {
            limits,
            strictness,
            release: Release::One,
            state: State::Between { junk_bytes: 0 },
            fruitless_bytes: 0,
            opening: Opening::default(),
        }
    }

    /// The next thing in the buffer; `None` when more has to be read first.
    ///
    /// Call it until it says `None`, append to the same buffer, and call it again. After an error or a frame
    /// over its limit the stream is lost: the decoder empties every buffer it is given.
    pub fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Decoded>, FrameError> {
        loop {
            match self.state {
                State::Between { junk_bytes } => {
                    if let Some(found) = self.seek_start(buffer, junk_bytes)? {
                        return Ok(Some(found));
                    }
                    if matches!(self.state, State::Between { .. }) {
                        return Ok(None);
                    }
                }
                State::Within { scanned_bytes } => return self.seek_end(buffer, scanned_bytes),
                State::AfterBareEnd => {
                    self.state = State::Between { junk_bytes: 0 };
                    return Ok(Some(Decoded::Deviation(Deviation::MissingReturn)));
                }
                State::Over => {
                    buffer.clear();
                    return Ok(None);
                }
            }
        }
    }

    /// Whether nothing has come since the last frame but line ends.
    pub fn is_idle(&self) -> bool {
        matches!(
            self.state,
            State::Between { junk_bytes: 0 } | State::AfterBareEnd | State::Over
        )
    }

    /// Whether a lenient decoder would take the frame in the buffer as complete if nothing follows soon.
    pub fn ends_in_bare_end(&self, buffer: &BytesMut) -> bool {
        match self.state {
            State::Within { scanned_bytes } => {
                self.strictness == Strictness::Lenient && buffer.get(scanned_bytes) == Some(&END)
            }
            State::Between { .. } | State::AfterBareEnd | State::Over => false,
        }
    }

    /// Takes the frame that [`ends_in_bare_end`](Self::ends_in_bare_end), after nothing has followed it.
    pub fn complete(&mut self, buffer: &mut BytesMut) -> Option<Decoded> {
        if !self.ends_in_bare_end(buffer) {
            return None;
        }
        let State::Within { scanned_bytes } = self.state else {
            return None;
        };
        Some(self.take(buffer, scanned_bytes, State::AfterBareEnd))
    }

    /// What is left when the stream has ended; `None` when it ended cleanly.
    pub fn finish(&mut self, buffer: &mut BytesMut) -> Result<Option<Decoded>, FrameError> {
        if let Some(frame) = self.complete(buffer) {
            return Ok(Some(frame));
        }
        match std::mem::replace(&mut self.state, State::Over) {
            State::Between { junk_bytes: 0 } | State::Over => Ok(None),
            State::Between { junk_bytes } => {
                Ok(Some(Decoded::Deviation(Deviation::Junk { bytes: junk_bytes })))
            }
            State::AfterBareEnd => Ok(Some(Decoded::Deviation(Deviation::MissingReturn))),
            State::Within { .. } => Err(FrameError::CutOff { bytes: buffer.len() }),
        }
    }

    /// Skips to the start of the next frame. On `None` either the state is `Within`, or the buffer is used up.
    fn seek_start(
        &mut self,
        buffer: &mut BytesMut,
        junk_bytes: usize,
    ) -> Result<Option<Decoded>, FrameError> {
        let start = memchr(START, buffer);
        let skipped = buffer.get(..start.unwrap_or(buffer.len())).unwrap_or_default();
        let new_bytes = skipped
            .iter()
            .filter(|byte| !matches!(byte, b'\r' | b'\n'))
            .count();
        let junk_bytes = junk_bytes + new_bytes;
        self.fruitless_bytes += new_bytes;
        let foreign = self.opening.recognize(skipped);
        buffer.advance(skipped.len());
        self.state = State::Between { junk_bytes };
        match foreign {
            Some(Foreign::Tls) => return Err(self.over(FrameError::Tls)),
            Some(Foreign::Http) => return Err(self.over(FrameError::Http)),
            Some(Foreign::Unframed) => return Ok(Some(Decoded::Deviation(Deviation::Unframed))),
            None => {}
        }
        self.bear()?;
        if start.is_none() {
            return Ok(None);
        }
        buffer.advance(1);
        self.opening.decide();
        self.state = State::Within { scanned_bytes: 0 };
        let junk = Decoded::Deviation(Deviation::Junk { bytes: junk_bytes });
        Ok((junk_bytes > 0).then_some(junk))
    }

    /// Looks for the end of the frame at the front of the buffer, from where the last look ended.
    fn seek_end(
        &mut self,
        buffer: &mut BytesMut,
        mut scanned_bytes: usize,
    ) -> Result<Option<Decoded>, FrameError> {
        loop {
            let unseen = buffer.get(scanned_bytes..).unwrap_or_default();
            let found = memchr2(START, END, unseen).map(|offset| scanned_bytes + offset);
            scanned_bytes = found.unwrap_or(buffer.len());
            if scanned_bytes > self.limits.frame_bytes_max {
                return Ok(Some(Decoded::Frame(self.give_up(buffer))));
            }
            self.state = State::Within { scanned_bytes };
            let Some(at) = found else { return Ok(None) };
            if buffer.get(at) == Some(&START) {
                buffer.advance(at + 1);
                self.state = State::Within { scanned_bytes: 0 };
                self.fruitless_bytes += 1;
                self.bear()?;
                return Ok(Some(Decoded::Deviation(Deviation::Interrupted { bytes: at })));
            }
            let behind = buffer.get(at + 1..).unwrap_or_default();
            match (behind, self.strictness) {
                // Whether a frame ends here shows what comes next, or that nothing does.
                ([], _) | ([LINE_FEED], Strictness::Lenient) => return Ok(None),
                ([RETURN, ..], _) => {
                    let frame = self.take(buffer, at, State::Between { junk_bytes: 0 });
                    buffer.advance(1);
                    return Ok(Some(frame));
                }
                (_, Strictness::Strict) => return Err(self.over(FrameError::MissingReturn)),
                ([START, ..] | [LINE_FEED, START, ..], Strictness::Lenient) => {
                    return Ok(Some(self.take(buffer, at, State::AfterBareEnd)));
                }
                // A lone 0x1C in the middle of things is content, which intake may object to.
                (_, Strictness::Lenient) => scanned_bytes = at + 1,
            }
        }
    }

    /// Cuts the content and the `0x1C` after it off the buffer.
    fn take(&mut self, buffer: &mut BytesMut, content_bytes: usize, next: State) -> Decoded {
        let content = buffer.split_to(content_bytes).freeze();
        buffer.advance(1);
        self.state = next;
        let is_commit = Commit::of_content(&content).is_some();
        if is_commit && self.release == Release::One {
            self.fruitless_bytes += 1;
            Decoded::Deviation(Deviation::CommitBlock)
        } else {
            self.fruitless_bytes = 0;
            Decoded::Frame(Frame::Whole(content))
        }
    }

    /// Keeps the beginning of a frame over its limit and frees the rest.
    fn give_up(&mut self, buffer: &mut BytesMut) -> Frame {
        self.state = State::Over;
        let kept_bytes = PREFIX_BYTES_MAX.min(self.limits.frame_bytes_max);
        let prefix = Bytes::copy_from_slice(buffer.get(..kept_bytes).unwrap_or(buffer));
        *buffer = BytesMut::new();
        Frame::TooLarge { prefix }
    }

    /// Gives up a peer that has sent too much that came to nothing.
    fn bear(&mut self) -> Result<(), FrameError> {
        let junk_bytes_max = self.limits.junk_bytes_max;
        if self.fruitless_bytes > junk_bytes_max {
            return Err(self.over(FrameError::TooMuchJunk { junk_bytes_max }));
        }
        Ok(())
    }

    fn over(&mut self, error: FrameError) -> FrameError {
        self.state = State::Over;
        error
    }
}
