//! Frames a payload for the wire.
//!
//! It never changes the payload: one that cannot be framed is refused.

use bytes::{BufMut, BytesMut};
use memchr::memchr2;
use thiserror::Error;

use super::{END, RETURN, START};

/// The payload holds a byte that would end its own frame or start another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("byte {offset_bytes}: 0x0B and 0x1C mark frames and cannot stand inside one")]
pub struct EncodeError {
    /// Where the first such byte stands, from 0.
    pub offset_bytes: usize,
}

/// Appends the payload, framed, to `out`; several frames may go out in one write.
///
/// ```
/// let mut out = bytes::BytesMut::new();
/// weir::mllp::encode(b"MSH|^~\\&|", &mut out)?;
/// assert_eq!(&out[..], b"\x0BMSH|^~\\&|\x1C\r");
/// # Ok::<(), weir::mllp::EncodeError>(())
/// ```
pub fn encode(payload: &[u8], out: &mut BytesMut) -> Result<(), EncodeError> {
    if let Some(offset_bytes) = memchr2(START, END, payload) {
        return Err(EncodeError { offset_bytes });
    }
    out.reserve(payload.len() + 3);
    out.put_u8(START);
    out.put_slice(payload);
    out.put_u8(END);
    out.put_u8(RETURN);
    Ok(())
}

/// Whether this can stand in a frame.
pub fn fits(payload: &[u8]) -> bool {
    memchr2(START, END, payload).is_none()
}
