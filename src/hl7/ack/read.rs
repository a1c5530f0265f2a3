//! Reading the answer of a destination: code, control id, first error code; nothing else decides a delivery.

use std::fmt;

use bytes::Bytes;
use thiserror::Error;

use super::AcknowledgmentCode;
use crate::hl7::charset::Charset;
use crate::hl7::datatype::Cwe;
use crate::hl7::message::Message;
use crate::hl7::parse::{ParseError, ParseLimits};
use crate::hl7::path::{FieldPath, SegmentName};
use crate::hl7::segments::{Err as ErrSegment, TypedSegment};

/// The answer to a message, whatever its version and delimiters.
#[derive(Clone, PartialEq, Eq)]
pub struct Acknowledgment {
    /// MSA-1.
    pub code: AcknowledgmentCode,
    /// MSA-2: the bytes of the control id that is answered.
    pub control_id: Bytes,
    /// The first code of table 0357 that an ERR of an error has, in ERR-3, or in ERR-1.4 as written before version 2.5.
    pub error_code: Option<u16>,
    /// The whole answer, as it was received.
    pub raw: Bytes,
}

/// Bytes that are no acknowledgment.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AckError {
    /// They are no message at all.
    #[error("{0}")]
    Parse(#[from] ParseError),
    /// The message has no MSA.
    #[error("expected an MSA segment")]
    NoMsa,
    /// MSA-1 is none of the six codes.
    #[error("MSA-1: expected one of AA, AE, AR, CA, CE, CR")]
    UnknownCode,
}

impl Acknowledgment {
    /// Reads an answer.
    pub fn parse(bytes: Bytes) -> Result<Acknowledgment, AckError> {
        Acknowledgment::parse_assuming(bytes, None)
    }

    /// Reads an answer, taken to be in a character set, that of what it answers, if it declares none.
    pub fn parse_assuming(bytes: Bytes, charset: Option<Charset>) -> Result<Acknowledgment, AckError> {
        let message = Message::parse_assuming(bytes.clone(), &ParseLimits::default(), charset)?;
        if message.count(SegmentName::MSA) == 0 {
            return Err(AckError::NoMsa);
        }
        let ascii = |path: &str| std::str::from_utf8(message.read(&place(path)).raw()?).ok();
        Ok(Acknowledgment {
            code: ascii("MSA-1")
                .and_then(|code| code.parse().ok())
                .ok_or(AckError::UnknownCode)?,
            control_id: Bytes::copy_from_slice(message.read(&place("MSA-2")).raw().unwrap_or_default()),
            error_code: error_code(&message),
            raw: bytes,
        })
    }
}

impl fmt::Debug for Acknowledgment {
    /// Prints the codes, not the control id.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Acknowledgment({}, {:?})", self.code, self.error_code)
    }
}

/// The first code of table 0357 among the errors; warnings and information (ERR-4) refuse nothing.
fn error_code(answer: &Message) -> Option<u16> {
    answer
        .segments()
        .filter(|segment| segment.name() == ErrSegment::NAME)
        .map(ErrSegment::of)
        .filter(|error| matches!(error.severity().0.raw(), None | Some(b"" | b"E" | b"F")))
        .find_map(|error| {
            let mut before_2_5 = error.error_code_and_location();
            table_0357(error.hl7_error_code())
                .or_else(|| before_2_5.find_map(|place| table_0357(place.code_identifying_error())))
        })
}

/// The number of a code of table 0357; the same number of another coding system means something else.
fn table_0357(code: Cwe<'_>) -> Option<u16> {
    let coding_system = code.name_of_coding_system().0.raw().unwrap_or_default();
    if !(coding_system.is_empty() || coding_system.eq_ignore_ascii_case(b"HL70357")) {
        return None;
    }
    std::str::from_utf8(code.identifier().0.raw()?).ok()?.parse().ok()
}

fn place(path: &str) -> FieldPath {
    path.parse().expect("the path is written in this file")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answer: &str, expected: &str) {
        let shown = match Acknowledgment::parse(Bytes::copy_from_slice(answer.as_bytes())) {
            Ok(found) => {
                let control_id = String::from_utf8(found.control_id.to_vec()).unwrap();
                format!("{} {control_id} {:?}", found.code, found.error_code)
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected, "{answer:?}");
    }

    #[test]
    fn reads_any_version_and_delimiters() {
        check("MSH|^~\\&|||||||ACK|1|P|2.5\rMSA|AA|7\r", "AA 7 None");
        check("MSH#*~\\&#######ACK#1#P#2.5\nMSA#ca#7*8", "CA 7*8 None");
        check(
            "MSH|^~\\&|\rMSA|AR|7\rERR||PID^1|207^x^HL70357|E\rERR|||100",
            "AR 7 Some(207)",
        );
        check(
            "MSH|^~\\&|\rMSA|AE|7\rERR|PID^1^5^101&Required field missing&HL70357~OBX^1^1^102",
            "AE 7 Some(101)",
        );
        check("MSH|^~\\&|\rMSA|AE|7\rERR|||internal", "AE 7 None");
        check("MSH|^~\\&|\rMSA|CR", "CR  None");
    }

    #[test]
    fn only_an_error_of_table_0357_says_what_is_wrong() {
        let check = |errors: &str, expected: &str| {
            check(
                &format!("MSH|^~\\&|\rMSA|AR|7\r{errors}"),
                &format!("AR 7 {expected}"),
            );
        };
        // A code of the receiver's own.
        check("ERR|||105^Patient record locked, try again^L|E", "None");
        check("ERR|||105^Locked^L|E\rERR|||206^x^HL70357|E", "Some(206)");
        check("ERR|PID^1^5^105&Locked&L~PID^1^5^206&x&HL70357", "Some(206)");
        check("ERR|PID^1^5^105&Locked&L", "None");
        // What is no error.
        check("ERR|||101^x^HL70357|W\rERR|||207^x^HL70357|E", "Some(207)");
        check("ERR|||101^x^HL70357|I\rERR|||207^x^hl70357|F", "Some(207)");
        check("ERR|||101^x^HL70357|W", "None");
        check("ERR|||101^x^\"\"|\"\"", "Some(101)");
    }

    #[test]
    fn what_declares_no_character_set_is_read_in_that_of_what_it_answers() {
        let shift_jis: Charset = "SHIFT_JIS".parse().unwrap();
        let (text, control_id) = ("MSH|^~\\&|ポ\rMSA|AA|ポ1|表\r", "ポ1");
        let answer = Bytes::copy_from_slice(&shift_jis.encode(text).unwrap());
        let read = |charset| Acknowledgment::parse_assuming(answer.clone(), charset).unwrap();
        let expected = shift_jis.encode(control_id).unwrap();
        assert_eq!(&*read(Some(shift_jis)).control_id, &*expected);
        assert_ne!(&*read(None).control_id, &*expected);
    }

    #[test]
    fn tells_what_is_no_answer() {
        check("MSH|^~\\&|||||||ACK|1|P|2.5\r", "expected an MSA segment");
        for code in ["MSA", "MSA|", "MSA|XX|7", "MSA|\"\"|7"] {
            check(
                &format!("MSH|^~\\&|\r{code}"),
                "MSA-1: expected one of AA, AE, AR, CA, CE, CR",
            );
        }
        check("<html>", "byte 0: expected MSH as the first segment");
        check("", "byte 0: expected a message, found nothing but blanks");
    }
}
