//! The message model: HL7 v2 bytes, indexed once, fields found when asked, edits that touch only their segment.
//!
//! Nothing here does I/O, asks a clock or knows async.
//! Bytes come from `mllp` (or a file) as [`bytes::Bytes`] and leave as [`bytes::Bytes`]; what no edit touched
//! leaves byte for byte as it came.
//! Broken input is normal: [`Message::parse`] refuses only what has no usable MSH, what passes a limit and what
//! is more than one message; every other deviation is a [`Warning`].
//!
//! ```
//! use weir::hl7::{Message, Terminators};
//!
//! let mut message = Message::parse("MSH|^~\\&|ADT|NORTH\rPID|||12^^^MRN||DOE^ANNA".into())?;
//! assert_eq!(message.text(&"PID-5.1".parse()?).as_deref(), Some("DOE"));
//! message.set(&"PID-5.2".parse()?, "ANNA & CO")?;
//! let written = message.write(Terminators::Cr);
//! assert_eq!(written, "MSH|^~\\&|ADT|NORTH\rPID|||12^^^MRN||DOE^ANNA \\T\\ CO\r".as_bytes());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod charset;
mod continuation;
mod control;
mod delimiters;
mod edit;
mod escape;
mod fault;
mod header;
mod message;
mod parse;
mod path;
mod scan;
mod segment;
mod value;
mod warning;
mod write;

pub mod ack;
pub mod batch;
pub mod datatype;
pub mod dictionary;
pub mod segments;

#[cfg(test)]
mod tests;

pub use ack::{Acknowledgment, AcknowledgmentCode};
pub use charset::{Charset, CharsetError};
pub use delimiters::{DelimiterError, Delimiters};
pub use edit::{EditError, EditErrorKind};
pub use escape::{Format, FormattedText, Part};
pub use fault::{ErrorCode, Fault, Location, Refusal, Severity};
pub use header::{Expected, Header};
pub use message::Message;
pub use parse::{ParseError, ParseErrorKind, ParseLimits};
pub use path::{
    FieldPath, Found, Level, Looked, PathError, Places, Scope, SegmentMark, SegmentName, SegmentPath,
    SegmentSelector, Selector, Target, TargetSelector,
};
pub use segment::Segment;
pub use value::{State, Value};
pub use warning::Warning;
pub use write::Terminators;
