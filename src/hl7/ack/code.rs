//! Table 0008, the acknowledgment codes.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// MSA-1, table 0008.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AcknowledgmentCode {
    /// `AA`
    ApplicationAccept,
    /// `AE`
    ApplicationError,
    /// `AR`
    ApplicationReject,
    /// `CA`
    CommitAccept,
    /// `CE`
    CommitError,
    /// `CR`
    CommitReject,
}

/// Text that is none of the six codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected one of AA, AE, AR, CA, CE, CR")]
pub struct UnknownCode;

impl AcknowledgmentCode {
    /// The two letters.
    pub fn as_str(self) -> &'static str {
        match self {
            AcknowledgmentCode::ApplicationAccept => "AA",
            AcknowledgmentCode::ApplicationError => "AE",
            AcknowledgmentCode::ApplicationReject => "AR",
            AcknowledgmentCode::CommitAccept => "CA",
            AcknowledgmentCode::CommitError => "CE",
            AcknowledgmentCode::CommitReject => "CR",
        }
    }

    /// Whether the message was taken.
    pub fn is_accept(self) -> bool {
        matches!(
            self,
            AcknowledgmentCode::ApplicationAccept | AcknowledgmentCode::CommitAccept
        )
    }

    /// Whether this is an accept acknowledgment of enhanced mode.
    pub fn is_commit(self) -> bool {
        self.as_commit() == self
    }

    /// The code that says the same as an accept acknowledgment of enhanced mode.
    #[must_use]
    pub fn as_commit(self) -> AcknowledgmentCode {
        match self {
            AcknowledgmentCode::ApplicationAccept | AcknowledgmentCode::CommitAccept => {
                AcknowledgmentCode::CommitAccept
            }
            AcknowledgmentCode::ApplicationError | AcknowledgmentCode::CommitError => {
                AcknowledgmentCode::CommitError
            }
            AcknowledgmentCode::ApplicationReject | AcknowledgmentCode::CommitReject => {
                AcknowledgmentCode::CommitReject
            }
        }
    }
}

impl FromStr for AcknowledgmentCode {
    type Err = UnknownCode;

    /// Reads a code in capitals or small letters.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [
            AcknowledgmentCode::ApplicationAccept,
            AcknowledgmentCode::ApplicationError,
            AcknowledgmentCode::ApplicationReject,
            AcknowledgmentCode::CommitAccept,
            AcknowledgmentCode::CommitError,
            AcknowledgmentCode::CommitReject,
        ]
        .into_iter()
        .find(|code| code.as_str().eq_ignore_ascii_case(text))
        .ok_or(UnknownCode)
    }
}

impl fmt::Display for AcknowledgmentCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
