//! `weir replay`: sends dead letters again, by number or by what they have in common.

use std::io::{IsTerminal, Write};

use clap::Args;
use hyper::Method;
use indicatif::{ProgressBar, ProgressDrawTarget};
use jiff::Timestamp;

use crate::console::api::queue::{COUNT_MAX, Dead};

use super::control::{self, WhichByName};
use super::queue::{Asked, escaped};
use super::{CannotRun, Finding, runtime, text};

/// Sends dead letters of a destination again: each becomes a delivery behind all that the destination is owed.
///
/// Without numbers all dead letters are meant that fit the filters; `--dry-run` says which.
///
/// Exit status: 0 all were sent again, 1 some were not there any more, 2 no weir runs, or it cannot be asked.
#[derive(Args)]
pub(super) struct Replay {
    /// The destination
    destination: String,
    /// Only these, as `weir queue dead` shows them
    numbers: Vec<u64>,
    /// Only those whose reason holds this text
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Only those that came in by this listener
    #[arg(long, value_name = "NAME")]
    listener: Option<String>,
    /// Only those received at or after this time, as `2026-03-01T08:00:00Z`
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Only those received before this time
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
    /// Only say which
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    running: WhichByName,
}

impl Replay {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        runtime()?.block_on(self.replay(out))
    }

    async fn replay(&self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let chosen = match self.chosen().await? {
            Ok(chosen) => chosen,
            Err(why) => {
                writeln!(std::io::stderr(), "{why}")?;
                return Ok(Finding::NotSo);
            }
        };
        if self.dry_run {
            for dead in &chosen {
                writeln!(
                    out,
                    "{} {}  {}",
                    self.destination,
                    dead.sequence,
                    text::safe(&dead.reason)
                )?;
            }
            writeln!(
                out,
                "{} would be sent again",
                text::count(chosen.len(), "dead letter")
            )?;
            return Ok(Finding::Fine);
        }
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let progress = ProgressBar::with_draw_target(Some(chosen.len() as u64), target);
        let mut gone = 0;
        for dead in &chosen {
            let name = escaped(&self.destination);
            let path = format!("/api/v1/destinations/{name}/dead/{}", dead.sequence);
            match self.running.ask(Method::POST, &path).await? {
                Asked::Done(_) => {}
                Asked::NotThere(why) => {
                    gone += 1;
                    progress.suspend(|| writeln!(std::io::stderr(), "{why}"))?;
                }
            }
            progress.inc(1);
        }
        progress.finish_and_clear();
        let missing = self.numbers.len().saturating_sub(chosen.len()) + gone;
        writeln!(
            out,
            "{} sent again",
            text::count(chosen.len() - gone, "dead letter")
        )?;
        if missing > 0 && !self.numbers.is_empty() {
            writeln!(out, "{missing} not there, or not to be read")?;
        }
        Ok(if missing == 0 {
            Finding::Fine
        } else {
            Finding::NotSo
        })
    }

    /// The dead letters that are meant; or why there are none to look at.
    async fn chosen(&self) -> Result<Result<Vec<Dead>, String>, CannotRun> {
        let mut chosen = Vec::new();
        let mut after = 0;
        loop {
            let name = escaped(&self.destination);
            let path = format!("/api/v1/destinations/{name}/dead?count={COUNT_MAX}&after={after}");
            let found: Vec<Dead> = match self.running.ask(Method::GET, &path).await? {
                Asked::Done(answer) => control::read(&answer)?,
                Asked::NotThere(why) => return Ok(Err(why)),
            };
            let Some(last) = found.last() else {
                return Ok(Ok(chosen));
            };
            after = last.sequence;
            chosen.extend(found.into_iter().filter(|dead| self.is_meant(dead)));
        }
    }

    fn is_meant(&self, dead: &Dead) -> bool {
        // What cannot be read cannot be sent.
        let Some(delivery) = &dead.delivery else {
            return false;
        };
        let received: Option<Timestamp> = delivery.received_at.parse().ok();
        let holds =
            |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|text| found.contains(text));
        (self.numbers.is_empty() || self.numbers.contains(&dead.sequence))
            && holds(&self.reason, &dead.reason)
            && self
                .listener
                .as_ref()
                .is_none_or(|name| *name == delivery.listener)
            && self
                .since
                .is_none_or(|since| received.is_some_and(|at| at >= since))
            && self
                .until
                .is_none_or(|until| received.is_some_and(|at| at < until))
    }
}
