//! MLLP framing: bytes of a stream in, frames out, and back.
//!
//! A frame is `0x0B`, the content, `0x1C 0x0D` (HL7 v2.5.1 Implementation Guide, C.4.2). One decoder serves both
//! directions: listeners read messages with it, destinations read acknowledgments. It does no I/O and holds no
//! timer; whoever owns the socket feeds it a buffer and asks. It knows nothing of HL7 beyond the three letters
//! by which it notices that somebody sends messages without framing them.

mod commit;
mod decode;
mod encode;
mod opening;
mod unframed;

#[cfg(test)]
mod tests;

use std::fmt;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::Deserialize;

pub use commit::{Commit, Release};
pub use decode::{Decoded, Decoder, Deviation, FrameError};
pub use encode::{EncodeError, encode, fits};
pub use opening::Foreign;
pub use unframed::unframed;

/// Opens a frame: the vertical tab.
const START: u8 = 0x0B;
/// Ends the content of a frame: the file separator.
const END: u8 = 0x1C;
/// Follows [`END`].
const RETURN: u8 = b'\r';
/// What some senders write in place of [`RETURN`].
const LINE_FEED: u8 = b'\n';

/// How much of a frame over its limit is kept, so that its header can still be answered.
const PREFIX_BYTES_MAX: usize = 64 * 1024;

/// What stood between the start and the end of a frame.
#[derive(Clone, PartialEq, Eq)]
pub enum Frame {
    /// The whole content, cut from the read buffer without a copy.
    Whole(Bytes),
    /// The content passed `frame_bytes_max`; the rest was not kept and the connection cannot go on.
    TooLarge {
        /// The first bytes of it, at most 64 KiB.
        prefix: Bytes,
    },
}

/// Sizes only: what a frame holds is a patient's.
impl fmt::Debug for Frame {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Frame::Whole(content) => write!(formatter, "Whole({} bytes)", content.len()),
            Frame::TooLarge { prefix } => write!(formatter, "TooLarge({} bytes kept)", prefix.len()),
        }
    }
}

/// What a decoder accepts before it gives a connection up.
#[derive(Debug, Clone, Copy)]
pub struct FrameLimits {
    /// The longest content of one frame.
    pub frame_bytes_max: usize,
    /// How many bytes may stand before a whole frame, carriage returns and line feeds not counted. A frame that
    /// another one interrupts and a commit block count as one byte each.
    pub junk_bytes_max: usize,
}

impl Default for FrameLimits {
    fn default() -> FrameLimits {
        FrameLimits {
            frame_bytes_max: 32 * 1024 * 1024,
            junk_bytes_max: 4 * 1024,
        }
    }
}

/// What to make of a frame that ends in `0x1C` without `0x0D`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strictness {
    /// The frame is accepted when the next one begins right there, or nothing follows for a moment; a line feed may stand
    /// before either.
    #[default]
    Lenient,
    /// The connection is closed.
    Strict,
}
