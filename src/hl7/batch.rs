//! Files of messages: cut into messages at their headers, each message's own bytes untouched.
//!
//! Batch and file headers and trailers, blank lines and comment lines (`#`) between messages are left out;
//! anything else is handed on, so that nothing vanishes unseen.

use bytes::Bytes;
use memchr::memchr2;

use super::parse::{has_byte_order_mark, is_terminator};
use super::segment::slice;

/// Cuts a file into its messages, in order.
///
/// A piece that does not begin with MSH is what stood outside any message; [`Message::parse`](super::Message::parse)
/// says so.
/// Counts in batch trailers are not compared.
pub fn split(file: &Bytes) -> impl Iterator<Item = Bytes> {
    Messages {
        file: file.clone(),
        at: 0,
    }
}

struct Messages {
    file: Bytes,
    at: usize,
}

/// What a line is to a file of messages.
#[derive(PartialEq, Eq)]
enum Line {
    Header,
    Envelope,
    Blank,
    Other,
}

impl Iterator for Messages {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let start = loop {
            let (line, end) = self.line(self.at)?;
            if matches!(line, Line::Header | Line::Other) {
                break self.at;
            }
            self.at = end;
        };
        let (_, mut end) = self.line(start)?;
        let mut at = end;
        // Comments and blank lines belong to the message only if a segment follows them.
        while let Some((line, next)) = self.line(at) {
            match line {
                Line::Header | Line::Envelope => break,
                Line::Blank => {}
                Line::Other => end = next,
            }
            at = next;
        }
        self.at = at;
        Some(self.file.slice(start..end))
    }
}

impl Messages {
    /// What the line at this place is, and where it ends with its terminator.
    fn line(&self, at: usize) -> Option<(Line, usize)> {
        let rest = slice(&self.file, &(at..self.file.len()));
        let length = memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
        let is_crlf = rest.get(length..length + 2) == Some(b"\r\n");
        let end = at + (length + 1 + usize::from(is_crlf)).min(rest.len());
        (!rest.is_empty()).then(|| (kind(slice(rest, &(0..length))), end))
    }
}

fn kind(line: &[u8]) -> Line {
    let line = if has_byte_order_mark(line) {
        slice(line, &(3..line.len()))
    } else {
        line
    };
    let line = line.trim_ascii();
    let line = line.strip_prefix(b"\x0B").unwrap_or(line);
    let is_named = |name: &[u8]| {
        line.strip_prefix(name)
            .is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_alphanumeric))
    };
    if line.is_empty() || line.starts_with(b"#") || line.iter().all(|&byte| is_terminator(byte)) {
        Line::Blank
    } else if is_named(b"MSH") {
        Line::Header
    } else if [b"FHS", b"BHS", b"BTS", b"FTS"]
        .into_iter()
        .any(|name| is_named(name))
    {
        Line::Envelope
    } else {
        Line::Other
    }
}
