//! A frame where none belongs: some receivers answer over HTTP with what they would write to a socket, and what stood
//! on a socket is saved as a file or posted.

use bytes::Bytes;

use super::{END, START};

/// The content without the `0x0B` that stands before it and the `0x1C` that stands behind it, with the blanks around
/// these; all of what has neither.
pub fn unframed(bytes: &Bytes) -> Bytes {
    let mut content: &[u8] = bytes;
    while let Some(rest) = content.trim_ascii_start().strip_prefix(&[START]) {
        content = rest;
    }
    while let Some(rest) = content.trim_ascii_end().strip_suffix(&[END]) {
        content = rest;
    }
    bytes.slice_ref(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_go_and_the_content_stays() {
        for (given, expected) in [
            (&b"\x0BMSH|A\rPID|1\r\x1C\r"[..], &b"MSH|A\rPID|1\r"[..]),
            (b"\r\n \x0BMSH|A\r\x1C\r\n", b"MSH|A\r"),
            (b"\x0BMSH|A\x1C", b"MSH|A"),
            (b"\x0BMSH|A\r", b"MSH|A\r"),
            (b"MSH|A\r\x1C\r", b"MSH|A\r"),
            (b"\x0B\x0B\x1C\r\x1C\r", b""),
            (b"\r\nMSH|A\r\r\n", b"\r\nMSH|A\r\r\n"),
            (b"\x0B \x0BMSH|A\x0BB\x1CC\r", b"MSH|A\x0BB\x1CC\r"),
            (b"", b""),
        ] {
            let content = unframed(&Bytes::from_static(given));
            assert_eq!(content, expected, "{}", given.escape_ascii());
        }
    }
}
