//! `weir ack`: the acknowledgment that weir builds for a message, for those who have to read one.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use bytes::Bytes;
use clap::Args;

use crate::clock;
use crate::engine::ControlIds;
use crate::hl7::ack::{self, AckStamp};
use crate::hl7::{AcknowledgmentCode, ErrorCode, Fault, Header, Severity};

use super::{CannotRun, Finding, input, text};

/// Prints the acknowledgment that weir builds for a message.
///
/// Sender and receiver are swapped, MSA-2 names the message, and the form is that of the message's version. What
/// has no header that can be read is answered too, with an empty MSA-2. Nothing is sent.
/// On a terminal each segment is a line of its own, with control characters shown as \x1b.
#[derive(Args)]
#[command(
    after_help = "Example: weir ack fixtures/adt-a01.hl7 --code AE --text \"the patient is not known\""
)]
pub(super) struct Ack {
    /// A file with one or more messages, or - for standard input.
    file: PathBuf,
    /// The code in MSA-1: AA or CA accepts, AE or CE tells of an error, AR or CR rejects.
    #[arg(long, default_value = "AA")]
    code: AcknowledgmentCode,
    /// Why the message is not accepted: an ERR segment with this text and error 207.
    #[arg(long)]
    text: Option<String>,
}

impl Ack {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        if self.text.is_some() && self.code.is_accept() {
            return Err(CannotRun::at(
                "--text",
                format!(
                    "{} accepts and has no error to tell; use AE, AR, CE or CR",
                    self.code
                ),
            ));
        }
        let faults: Vec<_> = self.text.into_iter().map(fault).collect();
        let control_ids = ControlIds::starting_now();
        let timestamp = clock::hl7_timestamp(&clock::now_local());
        for message in input::readable(&self.file)? {
            let stamp = AckStamp {
                control_id: &control_ids.next(),
                timestamp: &timestamp,
                sequence_number: None,
            };
            let header = Header::parse(&message).ok();
            let built = ack::build(header.as_ref(), self.code, &faults, &stamp);
            if std::io::stdout().is_terminal() {
                out.write_all(text::lines(&Bytes::from(built)).as_bytes())?;
            } else {
                out.write_all(&built)?;
            }
        }
        Ok(Finding::Fine)
    }
}

fn fault(text: String) -> Fault {
    Fault {
        code: ErrorCode::ApplicationInternal,
        severity: Severity::Error,
        location: None,
        text,
    }
}
