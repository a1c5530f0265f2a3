//! What is wrong with a message, in the words of the standard: error code, severity, place.
//!
//! Texts here are sent to the sender and logged, so they never hold message content.

use std::fmt;

use super::ack::AcknowledgmentCode;
use super::path::{FieldPath, SegmentName};

/// Table 0357, the message error condition codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// 0
    Accepted,
    /// 100
    SegmentSequence,
    /// 101
    RequiredFieldMissing,
    /// 102
    DataType,
    /// 103
    TableValueNotFound,
    /// 104, from version 2.7
    ValueTooLong,
    /// 198, from version 2.9
    Cardinality,
    /// 199, from version 2.9
    Other,
    /// 200
    UnsupportedMessageType,
    /// 201
    UnsupportedEventCode,
    /// 202
    UnsupportedProcessingId,
    /// 203
    UnsupportedVersionId,
    /// 204
    UnknownKeyIdentifier,
    /// 205
    DuplicateKeyIdentifier,
    /// 206
    ApplicationRecordLocked,
    /// 207
    ApplicationInternal,
}

/// Table 0516, the error severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// `I`
    Information,
    /// `W`
    Warning,
    /// `E`
    Error,
    /// `F`, written as `E` before version 2.9
    Fatal,
}

/// Where in a message a fault stands, as ERR-2 tells it (data type ERL).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    /// The name of the segment.
    pub segment: SegmentName,
    /// Which segment of that name, from 1.
    pub occurrence: u16,
    /// The number of the field.
    pub field: Option<u16>,
    /// The repetition of the field.
    pub repetition: Option<u16>,
    /// The component.
    pub component: Option<u16>,
    /// The subcomponent.
    pub subcomponent: Option<u16>,
}

/// One fault, as one ERR segment carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The code in ERR-3.
    pub code: ErrorCode,
    /// The severity in ERR-4.
    pub severity: Severity,
    /// The place in ERR-2.
    pub location: Option<Location>,
    /// The text in ERR-8; never message content.
    pub text: String,
}

/// Why a message is not accepted: the code to answer with, and its faults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `ApplicationError` or `ApplicationReject`; see [`AcknowledgmentCode::as_commit`] for enhanced mode.
    pub code: AcknowledgmentCode,
    /// At least one fault.
    pub faults: Vec<Fault>,
}

impl ErrorCode {
    /// Every code, in the order of their numbers.
    pub const ALL: [ErrorCode; 16] = [
        ErrorCode::Accepted,
        ErrorCode::SegmentSequence,
        ErrorCode::RequiredFieldMissing,
        ErrorCode::DataType,
        ErrorCode::TableValueNotFound,
        ErrorCode::ValueTooLong,
        ErrorCode::Cardinality,
        ErrorCode::Other,
        ErrorCode::UnsupportedMessageType,
        ErrorCode::UnsupportedEventCode,
        ErrorCode::UnsupportedProcessingId,
        ErrorCode::UnsupportedVersionId,
        ErrorCode::UnknownKeyIdentifier,
        ErrorCode::DuplicateKeyIdentifier,
        ErrorCode::ApplicationRecordLocked,
        ErrorCode::ApplicationInternal,
    ];

    /// The code with this number.
    pub fn of_number(number: u16) -> Option<ErrorCode> {
        ErrorCode::ALL.into_iter().find(|code| code.number() == number)
    }

    /// The code as the table numbers it.
    pub fn number(self) -> u16 {
        match self {
            ErrorCode::Accepted => 0,
            ErrorCode::SegmentSequence => 100,
            ErrorCode::RequiredFieldMissing => 101,
            ErrorCode::DataType => 102,
            ErrorCode::TableValueNotFound => 103,
            ErrorCode::ValueTooLong => 104,
            ErrorCode::Cardinality => 198,
            ErrorCode::Other => 199,
            ErrorCode::UnsupportedMessageType => 200,
            ErrorCode::UnsupportedEventCode => 201,
            ErrorCode::UnsupportedProcessingId => 202,
            ErrorCode::UnsupportedVersionId => 203,
            ErrorCode::UnknownKeyIdentifier => 204,
            ErrorCode::DuplicateKeyIdentifier => 205,
            ErrorCode::ApplicationRecordLocked => 206,
            ErrorCode::ApplicationInternal => 207,
        }
    }

    /// The text the table gives it.
    pub fn text(self) -> &'static str {
        match self {
            ErrorCode::Accepted => "Message accepted",
            ErrorCode::SegmentSequence => "Segment sequence error",
            ErrorCode::RequiredFieldMissing => "Required field missing",
            ErrorCode::DataType => "Data type error",
            ErrorCode::TableValueNotFound => "Table value not found",
            ErrorCode::ValueTooLong => "Value too long",
            ErrorCode::Cardinality => "Non-Conformant Cardinality",
            ErrorCode::Other => "Other HL7 Error",
            ErrorCode::UnsupportedMessageType => "Unsupported message type",
            ErrorCode::UnsupportedEventCode => "Unsupported event code",
            ErrorCode::UnsupportedProcessingId => "Unsupported processing id",
            ErrorCode::UnsupportedVersionId => "Unsupported version id",
            ErrorCode::UnknownKeyIdentifier => "Unknown key identifier",
            ErrorCode::DuplicateKeyIdentifier => "Duplicate key identifier",
            ErrorCode::ApplicationRecordLocked => "Application record locked",
            ErrorCode::ApplicationInternal => "Application internal error",
        }
    }
}

impl Severity {
    /// The letter as the table gives it.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Information => "I",
            Severity::Warning => "W",
            Severity::Error => "E",
            Severity::Fatal => "F",
        }
    }
}

impl Fault {
    /// A fault of severity `E`; the place is that of `location`.
    pub fn new(code: ErrorCode, location: Option<Location>, text: impl Into<String>) -> Fault {
        Fault {
            code,
            severity: Severity::Error,
            location,
            text: text.into(),
        }
    }
}

impl Refusal {
    /// Answered with AE: the sender should correct the message.
    pub fn error(faults: Vec<Fault>) -> Refusal {
        Refusal {
            code: AcknowledgmentCode::ApplicationError,
            faults,
        }
    }

    /// Answered with AR: the header is not acceptable, or the receiver cannot take the message now.
    pub fn rejection(faults: Vec<Fault>) -> Refusal {
        Refusal {
            code: AcknowledgmentCode::ApplicationReject,
            faults,
        }
    }
}

impl From<&FieldPath> for Location {
    fn from(path: &FieldPath) -> Self {
        Location {
            segment: path.segment(),
            occurrence: path.occurrence(),
            field: Some(path.field()),
            repetition: path.repetition(),
            component: path.component(),
            subcomponent: path.subcomponent(),
        }
    }
}

impl fmt::Display for Location {
    /// As a path is written: `PID-3[2].1`; `PV1` where no field is meant.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.segment)?;
        if self.occurrence > 1 {
            write!(formatter, "[{}]", self.occurrence)?;
        }
        if let Some(field) = self.field {
            write!(formatter, "-{field}")?;
        }
        if let Some(repetition) = self.repetition.filter(|repetition| *repetition > 1) {
            write!(formatter, "[{repetition}]")?;
        }
        for number in [self.component, self.subcomponent].into_iter().flatten() {
            write!(formatter, ".{number}")?;
        }
        Ok(())
    }
}
