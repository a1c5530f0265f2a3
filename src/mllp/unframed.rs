//! A frame where none belongs: some receivers answer over HTTP with what they would write to a socket.

use bytes::Bytes;

use super::{END, START};

/// The content of what is one whole frame; all of what is none.
pub fn unframed(bytes: &Bytes) -> Bytes {
    let opened = bytes.trim_ascii_start().strip_prefix(&[START]);
    let content = opened.and_then(|rest| rest.trim_ascii_end().strip_suffix(&[END]));
    content.map_or_else(|| bytes.clone(), |content| bytes.slice_ref(content))
}
