//! Files of messages: cut into messages at their headers, each message's own bytes untouched.
//!
//! Batch and file headers and trailers, blank lines and comment lines (`#`) between messages are left out;
//! anything else is handed on, so that nothing vanishes unseen. [`Transfer`] reads the envelope too, and compares its
//! counts; [`reply`] writes the batch of acknowledgments that answers it.

mod reply;
mod transfer;

use bytes::Bytes;
use memchr::memchr2;

use super::parse::{envelope, leading};
use super::path::SegmentName;
use super::segment::slice;

pub use reply::reply;
pub use transfer::Transfer;

/// Cuts a file into its messages, in order.
///
/// A piece that does not begin with MSH is what stood outside any message; [`Message::parse`](super::Message::parse)
/// says so.
/// Counts in batch trailers are not compared; see [`Transfer::read`].
pub fn split(file: &Bytes) -> impl Iterator<Item = Bytes> {
    pieces(file).filter_map(|piece| match piece {
        Piece::Message(message) => Some(message),
        Piece::Envelope(_) => None,
    })
}

/// What stands in a file, in order.
fn pieces(file: &Bytes) -> impl Iterator<Item = Piece> {
    Pieces {
        file: file.clone(),
        at: 0,
    }
}

/// A part of a file.
enum Piece {
    /// A batch or file header or trailer, with its terminator.
    Envelope(Bytes),
    /// A message, or what stands outside any.
    Message(Bytes),
}

struct Pieces {
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

impl Iterator for Pieces {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let (line, start, mut end) = loop {
            let (line, end) = self.line(self.at)?;
            let start = self.at;
            self.at = end;
            if line != Line::Blank {
                break (line, start, end);
            }
        };
        if line == Line::Envelope {
            return Some(Piece::Envelope(self.file.slice(start..end)));
        }
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
        Some(Piece::Message(self.file.slice(start..end)))
    }
}

impl Pieces {
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
    match envelope(line) {
        Some(SegmentName::MSH) => Line::Header,
        Some(_) => Line::Envelope,
        None if matches!(bare(line), [] | [b'#', ..]) => Line::Blank,
        None => Line::Other,
    }
}

/// A line without what may stand around it: a byte order mark, blanks, a stray frame start.
fn bare(line: &[u8]) -> &[u8] {
    slice(line, &(leading(line)..line.len())).trim_ascii_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str, expected: &[&str]) {
        let pieces: Vec<Bytes> = split(&Bytes::copy_from_slice(file.as_bytes())).collect();
        let pieces: Vec<&str> = pieces
            .iter()
            .map(|piece| std::str::from_utf8(piece).unwrap())
            .collect();
        assert_eq!(pieces, expected, "{file:?}");
    }

    #[test]
    fn splits_at_headers() {
        check(
            "MSH|^~\\&|1\rPID|1\rMSH|^~\\&|2\r",
            &["MSH|^~\\&|1\rPID|1\r", "MSH|^~\\&|2\r"],
        );
        check(
            "MSH|^~\\&|1\r\nPID|1\r\n\r\nMSH|^~\\&|2",
            &["MSH|^~\\&|1\r\nPID|1\r\n", "MSH|^~\\&|2"],
        );
        check(
            "\u{feff}MSH|^~\\&|1\n\n\nMSH#^~\\&#2\n",
            &["\u{feff}MSH|^~\\&|1\n", "MSH#^~\\&#2\n"],
        );
    }

    #[test]
    fn splits_at_headers_whatever_stands_before_them() {
        for before in [" ", "\t", "\u{b}", "\u{b} \u{b}", "\u{feff}", " \u{feff}"] {
            check(
                &format!("{before}MSH|^~\\&|1\rPID|1\r{before}MSH|^~\\&|2\r{before}BTS|2\r"),
                &[
                    &format!("{before}MSH|^~\\&|1\rPID|1\r"),
                    &format!("{before}MSH|^~\\&|2\r"),
                ],
            );
        }
    }

    #[test]
    fn leaves_out_envelopes_blanks_and_comments() {
        check(
            "# a file\n\nFHS|^~\\&|\nBHS|^~\\&|\nMSH|^~\\&|1\nPID|1\n\n# next\nMSH|^~\\&|2\nBTS|2\nFTS|1\n",
            &["MSH|^~\\&|1\nPID|1\n", "MSH|^~\\&|2\n"],
        );
        check("FHS|^~\\&|\rBTS|0\rFTS", &[]);
        check(" \n\n#\n", &[]);
        check("", &[]);
    }

    #[test]
    fn loses_nothing_else() {
        check(
            "MSH|^~\\&|1\n# note\n\nPID|1\n#end\n",
            &["MSH|^~\\&|1\n# note\n\nPID|1\n"],
        );
        check("junk\rmore\rMSH|^~\\&|1\r", &["junk\rmore\r", "MSH|^~\\&|1\r"]);
        check("MSH|^~\\&|1\rBTS|1\rPID|9\r", &["MSH|^~\\&|1\r", "PID|9\r"]);
        check(
            "MSH|^~\\&|1\rMSHX|1\rBTSY|1\r",
            &["MSH|^~\\&|1\rMSHX|1\rBTSY|1\r"],
        );
    }
}
