//! The delimiters a message declares in MSH-1 and MSH-2, with the oddities seen in practice.
//!
//! Never guesses from the rest of the message: the bytes come from the first segment only.

use thiserror::Error;

use super::charset::{Charset, Multibyte};
use super::path::{FieldPath, Level};

/// The delimiters of one message, as MSH-1 and MSH-2 declare them (HL7 v2.5.1, 2.5.4).
///
/// A delimiter declared twice counts only where it stands first in the order field, component, repetition,
/// subcomponent, escape, truncation; the later one is then `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delimiters {
    /// MSH-1, usually `|`.
    pub field: u8,
    /// First character of MSH-2, usually `^`; `^` is assumed when MSH-2 is empty.
    pub component: u8,
    /// Second character of MSH-2, usually `~`; `~` is assumed when MSH-2 has fewer than two.
    pub repetition: u8,
    /// Third character of MSH-2, usually `\`.
    pub escape: Option<u8>,
    /// Fourth character of MSH-2, usually `&`.
    pub subcomponent: Option<u8>,
    /// Fifth character of MSH-2, `#` from version 2.7.
    pub truncation: Option<u8>,
    /// How characters hide bytes that look like delimiters, by the character set of the message.
    pub(super) multibyte: Option<Multibyte>,
    /// The character set of the message, so that whoever has a value and its delimiters can read its text.
    pub(super) charset: Option<Charset>,
}

/// Why MSH-1 or MSH-2 cannot be used at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DelimiterError {
    /// MSH-1 is a letter, a digit, a backslash, a space, a control or a character beyond ASCII.
    #[error("the field separator must be a printable character that is no letter, digit or backslash")]
    FieldSeparator,
    /// MSH-2 holds a letter, a digit, a space, a quote, a control or a character beyond ASCII.
    #[error("the encoding characters must be printable and no letters, digits or quotes")]
    EncodingCharacters,
    /// The field, component and repetition delimiters are not three different characters.
    #[error("the field, component and repetition delimiters must differ")]
    Repeated,
}

impl Default for Delimiters {
    /// The delimiters the standard recommends: `|^~\&`.
    fn default() -> Self {
        Delimiters {
            field: b'|',
            component: b'^',
            repetition: b'~',
            escape: Some(b'\\'),
            subcomponent: Some(b'&'),
            truncation: None,
            multibyte: None,
            charset: None,
        }
    }
}

impl Delimiters {
    /// The delimiters as they escape at this path: MSH-2 holds the escape character itself.
    pub(super) fn escaping(self, path: &FieldPath) -> Delimiters {
        Delimiters {
            escape: self.escape.filter(|_| !path.is_delimiters()),
            ..self
        }
    }

    /// Reads the delimiters from MSH-1 and the characters of MSH-2.
    ///
    /// Lenient where the meaning is plain: fewer than four characters leave the rest undeclared, more than five
    /// are ignored, and the escape character written twice (`^~\\&`, a string literal that was never unescaped)
    /// counts once.
    pub fn declared(field: u8, encoding_characters: &[u8]) -> Result<Delimiters, DelimiterError> {
        if !is_printable(field) || field == b'\\' {
            return Err(DelimiterError::FieldSeparator);
        }
        if !encoding_characters.iter().all(|&byte| is_printable(byte)) {
            return Err(DelimiterError::EncodingCharacters);
        }
        let at = |index: usize| encoding_characters.get(index).copied();
        let shift = usize::from(is_escape_doubled(encoding_characters));
        let (mut escape, mut subcomponent) = (at(2), at(3 + shift));
        if encoding_characters.len() == 3 && escape == Some(b'&') {
            // `^~&` leaves the escape character out; nobody escapes with an ampersand.
            (escape, subcomponent) = (None, escape);
        }
        let component = at(0).unwrap_or(b'^');
        let repetition = at(1).unwrap_or(b'~');
        if component == field || repetition == field || component == repetition {
            return Err(DelimiterError::Repeated);
        }
        let is_free = |byte: &u8| ![field, component, repetition].contains(byte);
        let subcomponent = subcomponent.filter(is_free);
        let escape = escape.filter(is_free).filter(|&byte| Some(byte) != subcomponent);
        let is_last_free = |&byte: &u8| Some(byte) != subcomponent && Some(byte) != escape;
        let truncation = at(4 + shift).filter(is_free).filter(is_last_free);
        Ok(Delimiters {
            field,
            component,
            repetition,
            escape,
            subcomponent,
            truncation,
            multibyte: None,
            charset: None,
        })
    }

    /// The delimiter between two parts of this level.
    pub fn between(&self, level: Level) -> Option<u8> {
        match level {
            Level::Field => Some(self.field),
            Level::Repetition => Some(self.repetition),
            Level::Component => Some(self.component),
            Level::Subcomponent => self.subcomponent,
        }
    }
}

/// Whether MSH-2 holds its escape character twice in a row, as in `^~\\&`.
pub(super) fn is_escape_doubled(encoding_characters: &[u8]) -> bool {
    matches!(encoding_characters, [_, _, escape, again, _, ..] if escape == again)
}

/// Whether MSH-2 repeats a character (other than a doubled escape) or the field separator.
pub(super) fn is_repeated(field: u8, encoding_characters: &[u8]) -> bool {
    let skipped = is_escape_doubled(encoding_characters).then_some(3);
    encoding_characters.iter().enumerate().any(|(index, &byte)| {
        let mut earlier = encoding_characters.iter().take(index);
        Some(index) != skipped && (byte == field || earlier.any(|&other| other == byte))
    })
}

fn is_printable(byte: u8) -> bool {
    byte.is_ascii_punctuation() && byte != b'"'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows the five positions after the field separator, `.` where nothing is declared.
    fn check(field: u8, encoding_characters: &str, expected: &str) {
        let shown = match Delimiters::declared(field, encoding_characters.as_bytes()) {
            Ok(found) => [
                Some(found.component),
                Some(found.repetition),
                found.escape,
                found.subcomponent,
                found.truncation,
            ]
            .iter()
            .map(|byte| byte.map_or('.', char::from))
            .collect(),
            Err(error) => format!("{error:?}"),
        };
        assert_eq!(shown, expected, "MSH-2 {encoding_characters}");
    }

    #[test]
    fn declares_by_position() {
        check(b'|', "^~\\&", "^~\\&.");
        check(b'|', "^~\\&#", "^~\\&#");
        check(b'^', "~|\\&", "~|\\&.");
        check(b'@', "~&#\\", "~&#\\.");
        check(b'|', "^~#&", "^~#&.");
        check(b'|', "@%\\&$?!", "@%\\&$");
    }

    #[test]
    fn reads_what_is_too_short_or_doubled() {
        check(b'|', "", "^~...");
        check(b'|', "^", "^~...");
        check(b'|', "^~", "^~...");
        check(b'|', "^~\\", "^~\\..");
        check(b'|', "^~&", "^~.&.");
        check(b'|', "^~\\\\&", "^~\\&.");
        check(b'|', "^~\\\\&#", "^~\\&#");
    }

    #[test]
    fn a_repeated_delimiter_counts_once() {
        check(b'|', "^&&^", "^&...");
        check(b'|', "^&&^##", "^&..#");
        check(b'|', "^~\\\\", "^~.\\.");
        check(b'|', "^^\\&", "Repeated");
        check(b'^', "", "Repeated");
    }

    #[test]
    fn refuses_what_is_no_delimiter() {
        for field in [b'A', b'7', b'\\', b' ', b'\r', 0, 0xA7] {
            check(field, "^~\\&", "FieldSeparator");
        }
        for encoding_characters in ["abcd", "^~\\ ", "^~\"&", "^\t\\&", "^~\\é"] {
            check(b'|', encoding_characters, "EncodingCharacters");
        }
    }
}
