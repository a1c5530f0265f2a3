//! Why bytes are not a message, and what their sender is told.
//!
//! Places are offsets and counts; nothing here holds content.

use thiserror::Error;

use super::HEADER_BYTES_MIN;
use crate::hl7::delimiters::DelimiterError;
use crate::hl7::fault::{ErrorCode, Fault, Refusal, Severity};

/// Why bytes are not a message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("byte {offset_bytes}: {kind}")]
pub struct ParseError {
    /// What is wrong.
    pub kind: ParseErrorKind,
    /// Bytes before the place that is wrong.
    pub offset_bytes: usize,
    /// The segment that is wrong, counted from 1; 0 before the first.
    pub segment: usize,
}

/// The kinds of [`ParseError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ParseErrorKind {
    /// Nothing but blanks.
    #[error("expected a message, found nothing but blanks")]
    Empty,
    /// UTF-16 or UTF-32, which HL7 cannot frame.
    #[error("expected single-byte text or UTF-8, found UTF-16 or UTF-32")]
    WideCharacters,
    /// The first segment is not MSH.
    #[error("expected MSH as the first segment")]
    NoHeader,
    /// The MSH ends before its encoding characters.
    #[error("expected an MSH of at least {HEADER_BYTES_MIN} bytes")]
    HeaderTooShort,
    /// MSH-1 or MSH-2 cannot be used.
    #[error("{0}")]
    Delimiters(DelimiterError),
    /// A second MSH, or a batch or file header or trailer, stands inside the message.
    #[error("expected one message, found a second header or a batch")]
    SecondHeader,
    /// More than [`ParseLimits::segments_max`](crate::hl7::ParseLimits::segments_max).
    #[error("more segments than allowed")]
    TooManySegments,
    /// More than [`ParseLimits::fields_max`](crate::hl7::ParseLimits::fields_max).
    #[error("more fields in one segment than allowed")]
    TooManyFields,
    /// More than [`ParseLimits::repetitions_max`](crate::hl7::ParseLimits::repetitions_max).
    #[error("more repetitions in one segment than allowed")]
    TooManyRepetitions,
    /// More than [`ParseLimits::components_max`](crate::hl7::ParseLimits::components_max).
    #[error("more components in one segment than allowed")]
    TooManyComponents,
    /// More than [`ParseLimits::subcomponents_max`](crate::hl7::ParseLimits::subcomponents_max).
    #[error("more subcomponents in one segment than allowed")]
    TooManySubcomponents,
    /// 4 GiB or more.
    #[error("a message must be smaller than 4 GiB")]
    TooLarge,
}

impl ParseError {
    /// What a sender of this is told: always a rejection (AR).
    pub fn refusal(&self) -> Refusal {
        let code = match self.kind {
            ParseErrorKind::Empty | ParseErrorKind::WideCharacters | ParseErrorKind::NoHeader => {
                ErrorCode::SegmentSequence
            }
            ParseErrorKind::HeaderTooShort => ErrorCode::RequiredFieldMissing,
            ParseErrorKind::Delimiters(_) => ErrorCode::DataType,
            ParseErrorKind::SecondHeader => ErrorCode::UnsupportedMessageType,
            ParseErrorKind::TooManySegments
            | ParseErrorKind::TooManyFields
            | ParseErrorKind::TooManyRepetitions
            | ParseErrorKind::TooManyComponents
            | ParseErrorKind::TooManySubcomponents
            | ParseErrorKind::TooLarge => ErrorCode::ApplicationInternal,
        };
        let text = self.kind.to_string();
        Refusal::rejection(vec![Fault {
            code,
            severity: Severity::Fatal,
            location: None,
            text,
        }])
    }
}
