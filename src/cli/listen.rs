//! `weir listen`: a receiving system at the prompt.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::Args;

use crate::hl7::AcknowledgmentCode;

use super::tls::Listening;
use super::{CannotRun, Finding, receiver, text};

/// Receives messages over MLLP, prints them and answers each.
///
/// A stand-in for a receiving system while a route is being written: it stores nothing, and prints what it
/// gets, patient data included. Ctrl-C ends it.
#[derive(Args)]
#[command(after_help = "Example: weir listen --port 2601")]
pub(super) struct Listen {
    /// The port to listen on; 0 takes a free one and says which.
    #[arg(long)]
    port: u16,
    /// The address to listen on. The default takes connections from this machine only.
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,
    #[command(flatten)]
    tls: Listening,
    /// The code of every answer: AA, AE, AR, CA, CE or CR.
    #[arg(long, value_name = "CODE", default_value = "AA")]
    answer: AcknowledgmentCode,
    /// Stop after so many messages.
    #[arg(long, value_name = "MESSAGES", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Print one line for each message instead of all of it.
    #[arg(long, short)]
    quiet: bool,
}

impl Listen {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        super::runtime()?.block_on(self.listen(out))
    }

    async fn listen(&self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let mut receiver = receiver::start(
            SocketAddr::new(self.bind, self.port),
            self.tls.server(),
            self.answer,
        )
        .await?;
        writeln!(
            out,
            "listening on {}, answering {}",
            receiver.address,
            self.answer.as_str()
        )?;
        out.flush()?;
        let mut taken = 0;
        while self.count.is_none_or(|count| taken < count) {
            let Some(message) = receiver.messages.recv().await else {
                break;
            };
            taken += 1;
            writeln!(out, "{}", text::title(&message))?;
            if !self.quiet {
                for segment in message
                    .split(|byte| matches!(byte, b'\r' | b'\n'))
                    .filter(|line| !line.is_empty())
                {
                    writeln!(out, "  {}", text::printable(segment))?;
                }
            }
            out.flush()?;
        }
        // The last message may not be answered yet.
        receiver.stop().await;
        Ok(Finding::Fine)
    }
}
