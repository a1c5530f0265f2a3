//! The bytes of a message that somebody has edited as text: line ends, character set, limits.
//!
//! Pure. What it says of a text that cannot be sent names places and never repeats any of it.

use bytes::Bytes;

use crate::hl7::charset::Charset;
use crate::hl7::{Message, ParseLimits};

/// The message of this text, written in the character set that it declares; without a declaration in the one that is
/// assumed, or as the original was written.
///
/// # Errors
/// Why it is none that a listener would take.
pub(super) fn message(
    text: &str,
    original: &[u8],
    assumed: Option<Charset>,
    bytes_max: usize,
) -> Result<Message, String> {
    let mut lines = text.replace("\r\n", "\r").replace('\n', "\r");
    if !lines.ends_with('\r') {
        lines.push('\r');
    }
    let charset = declared(&lines, assumed)?.unwrap_or_else(|| as_written(original));
    let lacking = || format!("a character of the text is not in {charset}, the character set of the message");
    let bytes = Bytes::copy_from_slice(&charset.encode(&lines).ok_or_else(lacking)?);
    if bytes.len() > bytes_max {
        let bytes = bytes.len();
        return Err(format!(
            "the text has {bytes} bytes, and its listener takes no more than {bytes_max}"
        ));
    }
    let message = parse(bytes, assumed)?;
    let fault = message
        .character_set_fault()
        .or_else(|| message.control_character());
    match fault {
        None => Ok(message),
        Some(fault) => {
            let place = fault
                .location
                .map_or_else(String::new, |place| format!("{place}: "));
            Err(format!("{place}{}", fault.text))
        }
    }
}

fn parse(bytes: Bytes, assumed: Option<Charset>) -> Result<Message, String> {
    Message::parse_assuming(bytes, &ParseLimits::default(), assumed).map_err(|error| error.to_string())
}

/// The character set that the text declares, or that is assumed where it declares none. The declaration is ASCII, and
/// in the text no character hides it.
fn declared(lines: &str, assumed: Option<Charset>) -> Result<Option<Charset>, String> {
    let plain: String = lines
        .chars()
        .map(|c| if c.is_ascii() { c } else { '?' })
        .collect();
    Ok(parse(plain.into(), assumed)?.charset())
}

/// How bytes that declare nothing are read.
fn as_written(original: &[u8]) -> Charset {
    match std::str::from_utf8(original) {
        Ok(_) => Charset::UTF_8,
        Err(_) => Charset::LATIN_1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "MSH|^~\\&|EHR|NORTH|LAB|SOUTH|20260301||ADT^A01|1|P|2.5.1||||||";

    #[track_caller]
    fn check(text: &str, original: &[u8], assumed: Option<Charset>, expected: Result<&[u8], &str>) {
        let message = message(text, original, assumed, 200);
        let found = message.map(|message| message.received().clone());
        let found = found.as_deref().map_err(String::as_str);
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn every_line_ends_in_one_carriage_return() {
        let expected = format!("{HEADER}\rPID|1\r");
        for ends in ["\r", "\n", "\r\n"] {
            let text = format!("{HEADER}{ends}PID|1");
            check(&text, b"", None, Ok(expected.as_bytes()));
            check(&format!("{text}{ends}"), b"", None, Ok(expected.as_bytes()));
        }
    }

    #[test]
    fn it_is_written_in_its_character_set() {
        let pid = |name: &[u8]| [b"\rPID|1||||", name, b"\r"].concat();
        let text = |declared: &str| format!("{HEADER}{declared}\rPID|1||||M\u{fc}ller");
        let (latin, utf_8) = (pid(b"M\xfcller"), pid("M\u{fc}ller".as_bytes()));
        let whole = |declared: &str, rest: &[u8]| [HEADER.as_bytes(), declared.as_bytes(), rest].concat();
        for (declared, original, assumed, expected) in [
            ("8859/1", &b""[..], None, &latin),
            ("UNICODE UTF-8", b"", None, &utf_8),
            ("", b"", Some(Charset::LATIN_1), &latin),
            ("", b"was ASCII", None, &utf_8),
            ("", b"was Latin \xfc", None, &latin),
        ] {
            let expected = whole(declared, expected);
            check(&text(declared), original, assumed, Ok(&expected));
        }
    }

    #[test]
    fn what_no_listener_would_take_is_refused_with_its_place() {
        for (text, expected) in [
            (
                String::new(),
                "byte 1: expected a message, found nothing but blanks",
            ),
            ("PID|1\r".to_owned(), "byte 0: expected MSH as the first segment"),
            (
                format!("{HEADER}8859/1\rPID|1||||\u{141}ukasz"),
                "a character of the text is not in 8859/1, the character set of the message",
            ),
            (
                format!("{HEADER}\rPID|1||||{}", "x".repeat(200)),
                "the text has 273 bytes, and its listener takes no more than 200",
            ),
        ] {
            check(&text, b"", None, Err(expected));
        }
        let faulty = format!("{HEADER}\rPID|1||||\u{0}");
        assert!(message(&faulty, b"", None, 200).is_err());
    }
}
