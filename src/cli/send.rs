//! `weir send`: plays files to a receiver and says what it answered.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::units;

use super::client::{Client, Receiver};
use super::tls::Connecting;
use super::{CannotRun, Finding, input, text};

/// Sends messages over MLLP and prints what the receiver answers.
///
/// A file may hold one message, several, or a batch; each message goes out as it stands in the file.
/// Nothing is checked before it is sent, so broken messages can be tried too.
/// A message is judged by the answer whose MSA-2 names it; answers that name another are shown and passed over.
/// After a CA, a message whose MSH-16 is AL waits for the application's answer too, and is judged by that.
///
/// Exit status: 0 every message was accepted, 1 one was not, 2 the receiver could not be reached or went away.
#[derive(Args)]
#[command(after_help = "Example: weir send fixtures/adt-a01.hl7 --to 127.0.0.1:2575")]
pub(super) struct Send {
    /// Files of messages, or - for standard input.
    #[arg(required = true)]
    file: Vec<PathBuf>,
    /// The receiver.
    #[arg(long, value_name = "HOST:PORT", value_parser = address)]
    to: String,
    #[command(flatten)]
    tls: Connecting,
    /// How long to wait for each answer.
    #[arg(long, default_value = "30s", value_name = "DURATION", value_parser = units::parse_duration)]
    timeout: Duration,
    /// Send everything so many times.
    #[arg(long, default_value_t = 1, value_name = "TIMES", value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// Print only the summary.
    #[arg(long, short)]
    quiet: bool,
}

impl Send {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let mut messages = Vec::new();
        for file in &self.file {
            messages.extend(input::messages(file)?);
        }
        super::runtime()?.block_on(self.send(&messages, out))
    }

    async fn send(&self, messages: &[Bytes], out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let receiver = Receiver {
            address: self.to.clone(),
            tls: self.tls.client(),
            answer_timeout: self.timeout,
        };
        let mut client = Client::connect(&receiver).await?;
        let total = messages.len() as u64 * u64::from(self.repeat);
        let bar = progress(total, self.quiet);
        let (mut answered, mut accepted) = (0_u64, 0_u64);
        for message in messages
            .iter()
            .cycle()
            .take(usize::try_from(total).unwrap_or(usize::MAX))
        {
            let said = match client.exchange(message).await {
                Ok(said) => said,
                Err(why) => {
                    bar.finish_and_clear();
                    writeln!(
                        out,
                        "{answered} of {total} sent and answered, {accepted} accepted"
                    )?;
                    return Err(why);
                }
            };
            answered += 1;
            accepted += u64::from(said.is_accepted);
            bar.inc(1);
            if !self.quiet {
                let title = text::title(message);
                for foreign in &said.foreign {
                    writeln!(out, "{title}  not its answer: {foreign}")?;
                }
                writeln!(out, "{title}  {}", said.text)?;
            }
            if said.is_silence {
                // What comes later on this connection could be taken for the answer to another message.
                client = Client::connect(&receiver).await?;
            }
        }
        bar.finish_and_clear();
        writeln!(
            out,
            "{total} sent, {accepted} accepted, {} not accepted",
            total - accepted
        )?;
        Ok(if accepted == total {
            Finding::Fine
        } else {
            Finding::NotSo
        })
    }
}

/// Reads `host:port`; whether the host exists is asked when connecting.
fn address(text: &str) -> Result<String, &'static str> {
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    match port.and_then(|(_, port)| port.parse::<u16>().ok()) {
        Some(1..) => Ok(text.to_owned()),
        Some(0) | None => Err("expected a host and a port, as 127.0.0.1:2575"),
    }
}

/// A bar on a terminal when only the summary is printed and there is something to wait for.
fn progress(total: u64, quiet: bool) -> ProgressBar {
    if !quiet || total < 100 {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} messages, {per_sec}, {eta} left");
    ProgressBar::new(total).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
