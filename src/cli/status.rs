//! `weir status`: what a weir that runs is doing.

use std::io::Write;

use clap::Args;
use hyper::{Method, StatusCode};

use crate::console::api;
use crate::console::api::status::Answer;

use super::control::{self, Which};
use super::{CannotRun, Finding, text};

/// Shows what a running weir does: its listeners, and how much waits for each destination.
///
/// Counts are since it started. Exit status: 0 it runs, 2 it does not, or cannot be asked.
#[derive(Args)]
pub(super) struct Status {
    #[command(flatten)]
    which: Which,
    /// Everything as JSON.
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let asked = self.which.weir().ask(Method::GET, "/api/v1/status");
        let answer = super::runtime()?.block_on(asked)?;
        if answer.code != StatusCode::OK {
            let failure: api::Failure = control::read(&answer)?;
            return Err(CannotRun::Because(failure.error));
        }
        if self.json {
            out.write_all(&answer.body)?;
            writeln!(out)?;
        } else {
            show(&control::read(&answer)?, out)?;
        }
        Ok(Finding::Fine)
    }
}

fn show(status: &Answer, out: &mut dyn Write) -> Result<(), CannotRun> {
    writeln!(
        out,
        "weir {}, {}, site version {} since {}",
        status.version,
        if status.ready { "ready" } else { "not ready" },
        status.site.version,
        status.site.since
    )?;
    writeln!(
        out,
        "\n{:<24} {:<21} {:<9} {:>8} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "listener",
        "address",
        "state",
        "last",
        "received",
        "accepted",
        "filtered",
        "unrouted",
        "repeated",
        "refused"
    )?;
    for listener in &status.listeners {
        writeln!(
            out,
            "{:<24} {:<21} {:<9} {:>8} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}",
            listener.name,
            listener.address,
            listener.state,
            age(listener.last_message_age_seconds),
            listener.received,
            listener.accepted,
            listener.filtered,
            listener.unrouted,
            listener.repeated,
            listener.refused
        )?;
    }
    show_destinations(status, out)?;
    writeln!(out, "\n{}", text::count(status.routes.len(), "route"))?;
    for alert in &status.alerts {
        let about = alert.about.as_deref().unwrap_or("outbox");
        let (kind, since) = (&alert.kind, &alert.since);
        writeln!(
            out,
            "alert {kind:<18} {about} since {since}: {}",
            text::safe(&alert.text)
        )?;
    }
    Ok(())
}

fn show_destinations(status: &Answer, out: &mut dyn Write) -> Result<(), CannotRun> {
    writeln!(
        out,
        "\n{:<24} {:<11} {:>9} {:>9} {:>9} {:>9}",
        "destination", "state", "waiting", "oldest", "delivered", "dead"
    )?;
    for destination in &status.destinations {
        writeln!(
            out,
            "{:<24} {:<11} {:>9} {:>9} {:>9} {:>9}",
            destination.name,
            destination.state,
            destination.waiting,
            age(destination.oldest_age_seconds),
            destination.delivered,
            destination.dead_letters
        )?;
        if let Some(trouble) = &destination.trouble {
            let attempts = text::count(usize::try_from(trouble.attempts).unwrap_or(usize::MAX), "attempt");
            let next = trouble
                .next_at
                .as_deref()
                .map_or_else(String::new, |at| format!(", the next at {at}"));
            writeln!(
                out,
                "{:<24} since {}, {attempts}{next}: {}",
                "  not delivered",
                trouble.since,
                text::safe(&trouble.reason)
            )?;
        }
        for (number, reason) in &destination.held {
            writeln!(out, "{:<24} {number}: {}", "  held by", text::safe(reason))?;
        }
    }
    Ok(())
}

/// How long ago something was, in its two largest units.
fn age(seconds: Option<u64>) -> String {
    let Some(seconds) = seconds else {
        return "-".to_owned();
    };
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m{}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h{}m", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{}d{}h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_short() {
        let check = |seconds, expected| assert_eq!(age(seconds), expected);
        check(None, "-");
        check(Some(0), "0s");
        check(Some(61), "1m1s");
        check(Some(7_260), "2h1m");
        check(Some(200_000), "2d7h");
    }
}
