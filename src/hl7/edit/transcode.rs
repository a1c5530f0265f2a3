//! The message in another character set: all of it, when an edit makes MSH-18 declare one.
//!
//! What is read stays the same, and only the bytes that stand for it change; nothing is replaced by what looks like
//! it. Without such an edit no byte is looked at.

use bytes::Bytes;
use memchr::memchr;

use super::{CHARACTER_SET, EditErrorKind};
use crate::hl7::charset::{self, Charset, CharsetError};
use crate::hl7::delimiters::Delimiters;
use crate::hl7::escape;
use crate::hl7::message::Message;
use crate::hl7::path::Level;
use crate::hl7::segment::field_bytes;

impl Message {
    /// Gives the message this header, and writes all of it in the character set that MSH-18 now declares.
    ///
    /// An MSH-18 without a value declares none: the message stays in the one it is in.
    pub(super) fn declare(&mut self, header: Bytes) -> Result<(), EditErrorKind> {
        let declared = charset::read(self.declaration(&header), &self.delimiters)
            .map_err(|wrong| EditErrorKind::Charset(wrong.reason))?;
        let Some(charset) = declared.filter(|declared| Some(*declared) != self.charset()) else {
            self.replace(0, header);
            return Ok(());
        };
        let anew = self.transcoded(&header, charset)?;
        self.replace(0, header);
        for (index, bytes) in anew {
            self.replace(index, bytes);
        }
        self.delimiters.charset = Some(charset);
        self.delimiters.multibyte = charset.multibyte();
        Ok(())
    }

    /// The segments whose bytes are others in this character set, with these.
    fn transcoded(&self, header: &[u8], charset: Charset) -> Result<Vec<(usize, Bytes)>, EditErrorKind> {
        let declared = charset::read(self.declaration(self.segment_bytes(0)), &self.delimiters);
        let is_unread = matches!(
            declared,
            Err(charset::Undecodable {
                reason: CharsetError::Unsupported(_),
                ..
            })
        );
        let mut anew = Vec::new();
        for (index, slot) in self.slots.iter().enumerate() {
            let raw = if index == 0 { header } else { self.raw(slot) };
            if is_the_same_in_all(raw, &self.delimiters) {
                continue;
            }
            let segment = self.segment_path(index);
            let text = Some(raw)
                .filter(|_| !is_unread)
                .and_then(|raw| characters(raw, &self.delimiters))
                .ok_or(EditErrorKind::Unreadable { segment })?;
            let written = escape::in_charset(&text, &self.delimiters, charset);
            let bytes = written.ok_or(EditErrorKind::Untranscodable { charset, segment })?;
            if bytes != raw {
                anew.push((index, bytes.into()));
            }
        }
        Ok(anew)
    }

    fn declaration<'a>(&self, header: &'a [u8]) -> &'a [u8] {
        field_bytes(header, CHARACTER_SET, &self.delimiters)
    }
}

/// Whether a segment has the same bytes in all character sets: ASCII, with nothing in hexadecimal.
fn is_the_same_in_all(raw: &[u8], delimiters: &Delimiters) -> bool {
    let has_escapes = delimiters
        .escape
        .is_some_and(|escape| memchr(escape, raw).is_some());
    raw.is_ascii() && memchr(0x1B, raw).is_none() && !(has_escapes && memchr(b'X', raw).is_some())
}

/// The characters of a segment; `None` where bytes stand for none. Where the character set is not certain, each value
/// is read by itself, as it is when a path asks for it.
fn characters(raw: &[u8], delimiters: &Delimiters) -> Option<String> {
    if let Some(charset) = delimiters.charset.filter(|charset| charset.is_certain()) {
        return charset.decode_exactly(raw).map(Into::into);
    }
    let is_delimiter = |byte: &u8| {
        let mut levels = Level::ALL.iter();
        levels.any(|level| delimiters.between(*level) == Some(*byte))
    };
    let values = raw.split_inclusive(is_delimiter);
    Some(
        values
            .map(|value| charset::characters(value, delimiters.charset))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hl7::{ParseLimits, Terminators};

    /// What becomes of a message that is in the one character set and gets the other.
    #[track_caller]
    fn check(from: &str, segments: &[u8], to: &str, expected: &[u8]) {
        let with = |charset: &str, segments: &[u8]| {
            let header = format!("MSH|^~\\&|A|||||||||||||||{charset}\r");
            [header.as_bytes(), segments, b"\r"].concat()
        };
        let mut message = Message::parse(with(from, segments).into()).unwrap();
        let before = message.clone();
        let written = match message.set(&"MSH-18".parse().unwrap(), to) {
            Ok(()) => {
                let written = message.write(Terminators::Cr);
                let again = Message::parse(written.clone()).unwrap();
                assert_eq!(again.charset(), message.charset(), "{from} to {to}");
                for path in ["PID-1", "PID-2.2", "PID-3"] {
                    let path = path.parse().unwrap();
                    assert_eq!(before.text(&path), again.text(&path), "{from} to {to}: {path}");
                    assert_eq!(before.text(&path), message.text(&path), "{from} to {to}: {path}");
                }
                written.to_vec()
            }
            Err(error) => {
                assert_eq!(message.write(Terminators::Cr), before.write(Terminators::Cr));
                assert_eq!(message.charset(), before.charset());
                error.to_string().into_bytes()
            }
        };
        let is_written = written.starts_with(b"MSH|");
        let expected = if is_written {
            with(to, expected)
        } else {
            expected.to_vec()
        };
        assert_eq!(
            written.escape_ascii().to_string(),
            expected.escape_ascii().to_string(),
            "{from} to {to}"
        );
    }

    #[test]
    fn characters_stay_the_same() {
        check("8859/1", b"PID|\xE9", "UNICODE UTF-8", b"PID|\xC3\xA9");
        check("8859/1", b"PID|\x80", "UNICODE UTF-8", b"PID|\xE2\x82\xAC");
        check("UNICODE UTF-8", b"PID|\xC3\xA9", "8859/1", b"PID|\xE9");
        check("8859/1", b"PID|\xE9", "iso-8859-1", b"PID|\xE9");
        check("8859/2", b"PID|\xB1", "WINDOWS-1250", b"PID|\xB9");
        check(
            "SHIFT_JIS",
            b"PID|\x83\x7C|x^\x83\x5C",
            "UNICODE UTF-8",
            "PID|\u{30dd}|x^\u{30bd}".as_bytes(),
        );
        check(
            "UNICODE UTF-8",
            "PID|\u{30dd}|x^\u{30bd}".as_bytes(),
            "SHIFT_JIS",
            b"PID|\x83\x7C|x^\x83\x5C",
        );
        check(
            "ASCII~ISO IR87",
            b"PID|\x1B$B;3\x1B(B",
            "UNICODE UTF-8",
            "PID|\u{5c71}".as_bytes(),
        );
        check(
            "UNICODE UTF-8",
            "PID|\u{5c71}|x".as_bytes(),
            "ISO IR87",
            b"PID|\x1B$B;3\x1B(B|x",
        );
    }

    /// What is declared wrongly or not at all is read value by value, here as everywhere.
    #[test]
    fn what_is_not_certain_is_read_value_by_value() {
        check(
            "",
            b"PID|\xE9|x^\xC3\xA9",
            "UNICODE UTF-8",
            b"PID|\xC3\xA9|x^\xC3\xA9",
        );
        check("", b"PID|\xE9|x^\xC3\xA9", "8859/1", b"PID|\xE9|x^\xE9");
        check("ASCII", b"PID|\xE9", "8859/1", b"PID|\xE9");
        check("UNICODE UTF-8", b"PID|\xE9", "8859/1", b"PID|\xE9");
        check("EBCDIC", b"PID|\xE9", "8859/1", b"PID|\xE9");
    }

    #[test]
    fn hexadecimal_is_read_the_same() {
        check("8859/1", b"PID|\\XE9\\a", "UNICODE UTF-8", b"PID|\\XC3A9\\a");
        check(
            "UNICODE UTF-8",
            b"PID|\\XC3A9\\|\\F\\^\\X41\\",
            "8859/1",
            b"PID|\\XE9\\|\\F\\^\\X41\\",
        );
        check(
            "UNICODE UTF-8",
            b"PID|\\.br\\ X \\Z1\\",
            "8859/1",
            b"PID|\\.br\\ X \\Z1\\",
        );
    }

    #[test]
    fn nothing_is_replaced_by_what_looks_like_it() {
        check(
            "UNICODE UTF-8",
            "PID|\u{151}".as_bytes(),
            "8859/1",
            b"MSH-18: PID[1] holds a character that 8859/1 does not have",
        );
        check(
            "UNICODE UTF-8",
            b"PID|\\XC591\\",
            "8859/1",
            b"MSH-18: PID[1] holds a character that 8859/1 does not have",
        );
        check(
            "UNICODE UTF-8",
            b"PID|1\rabc|\xC5\x91",
            "8859/1",
            b"MSH-18: a segment holds a character that 8859/1 does not have",
        );
        let unread =
            b"MSH-18: PID[1] cannot be read in its own character set, and so not be written in another";
        check("SHIFT_JIS", b"PID|\x83", "UNICODE UTF-8", unread);
        check("CNS 11643-1992", b"PID|\xA4\xA1", "UNICODE UTF-8", unread);
        check("CNS 11643-1992", b"PID|A", "UNICODE UTF-8", b"PID|A");
    }

    #[test]
    fn what_is_assumed_is_what_it_is_in() {
        let limits = ParseLimits::default();
        let given = b"MSH|^~\\&|A\rPID|\xB1\r".as_slice();
        let mut message = Message::parse_assuming(given.into(), &limits, "8859/2".parse().ok()).unwrap();
        let declare = |message: &mut Message, name: &str| {
            message.set(&"MSH-18".parse().unwrap(), name).unwrap();
            message.write(Terminators::Cr).escape_ascii().to_string()
        };
        let bar = "|".repeat(15);
        let shown = |name: &str, value: &str| format!("MSH|^~\\\\&|A{bar}{name}\\rPID|{value}\\r");
        assert_eq!(declare(&mut message, "8859/2"), shown("8859/2", "\\xb1"));
        assert_eq!(declare(&mut message, "UTF-8"), shown("UTF-8", "\\xc4\\x85"));
        // What is no longer declared is not forgotten.
        assert_eq!(declare(&mut message, ""), shown("", "\\xc4\\x85"));
        assert_eq!(declare(&mut message, "8859/2"), shown("8859/2", "\\xb1"));
    }
}
