//! `weir resend`: sends messages of the archive again: one, one that was edited, or all that a search finds.
//!
//! A running weir does it; this asks over its control socket, shows what would be sent, and how far it is.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use clap::{Args, Subcommand};
use hyper::{Method, StatusCode};
use indicatif::{ProgressBar, ProgressDrawTarget};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::console::api::resend::{Again, Edited, Outcome, Resent};
use crate::console::api::resends::{Counted, Preview, Progress, Standing, Start, Wanted};
use crate::hl7::Message;

use super::archive::{Fields, bounded_or_all};
use super::control::{self, WhichByName};
use super::{CannotRun, Finding, input, runtime, text};

/// How often it is asked how far a job is.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// Sends messages of the archive again, through the routes as they are now or to one destination.
///
/// Each is a new message with the control id of the original, behind all that its destinations are owed.
///
/// Exit status: 0 done, 1 something was not sent or is not there, 2 no weir runs, or it cannot be asked.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(
    after_help = "Examples: weir resend 4711 --to ehr --reason \"lost in the upgrade\"\n\
                        \x20         weir resend --since 1d --destination ehr --to new --routed --preview"
)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command")]
pub(super) struct Resend {
    #[command(subcommand)]
    order: Option<Order>,
    /// One message, by the number that `weir archive search` shows
    number: Option<u64>,
    /// To this destination alone, as it was sent to it
    #[arg(long, value_name = "DESTINATION")]
    to: Option<String>,
    /// What the routes make of it now for that destination, instead of what it was sent
    #[arg(long, requires = "to")]
    routed: bool,
    /// Why, for the audit log and the message's own history
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Send the text of this file instead; `-` is standard input. With --to as it stands
    #[arg(long, value_name = "FILE", requires = "number")]
    edit: Option<PathBuf>,
    /// All that are as asked: show what would be sent, and do nothing
    #[arg(long, conflicts_with_all = ["number", "yes"])]
    preview: bool,
    /// All that are as asked: send them, which needs --reason
    #[arg(long, conflicts_with = "number", requires = "reason")]
    yes: bool,
    /// Every message of the archive, where nothing is searched for
    #[arg(long, conflicts_with_all = ["number", "condition", "Fields"])]
    all: bool,
    /// At most so many a second (50, 1000 at most)
    #[arg(long, value_name = "COUNT", conflicts_with = "number")]
    rate: Option<u32>,
    /// At most so many messages, the newest
    #[arg(long, value_name = "COUNT", conflicts_with = "number")]
    limit: Option<usize>,
    /// A condition that holds for each, as `PID-5.1 = "DOE"`
    #[arg(long = "where", value_name = "CONDITION", conflicts_with = "number")]
    condition: Option<String>,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    running: WhichByName,
}

#[derive(Subcommand)]
enum Order {
    /// What is being sent again and what was
    Jobs,
    /// Stop a job after the message in hand
    Stop(One),
    /// Go on with a job that was stopped, where it stands
    GoOn(GoOn),
}

#[derive(Args)]
struct One {
    /// Its number
    job: u64,
}

#[derive(Args)]
struct GoOn {
    /// Its number
    job: u64,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// What the API said; or why it did nothing.
type Said<T> = Result<T, String>;

impl Resend {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        runtime()?.block_on(self.resend(out))
    }

    async fn resend(&self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        match (&self.order, self.number) {
            (Some(Order::Jobs), _) => self.jobs(out).await,
            (Some(Order::Stop(one)), _) => {
                let path = format!("/api/v1/resends/{}", one.job);
                let said: Said<Progress> = self.ask(Method::DELETE, &path, &()).await?;
                answered(said, out, |progress: Progress, out| tell(&progress, out))
            }
            (Some(Order::GoOn(go_on)), _) => self.go_on(go_on, out).await,
            (None, Some(number)) => self.one(number, out).await,
            (None, None) => self.all(out).await,
        }
    }

    /// One message.
    async fn one(&self, number: u64, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let of_message = format!("/api/v1/messages/{number}");
        let said: Said<Resent> = match &self.edit {
            None => {
                let again = Again {
                    reason: self.reason.clone(),
                    destination: self.to.clone(),
                    routed: self.routed,
                };
                self.ask(Method::POST, &format!("{of_message}/resend"), &again)
                    .await?
            }
            Some(file) => {
                let edited = Edited {
                    reason: self.reason.clone(),
                    text: None,
                    bytes: Some(BASE64.encode(edited_bytes(file)?)),
                    destination: self.to.clone(),
                    routed: self.routed,
                };
                self.ask(Method::POST, &format!("{of_message}/edited"), &edited)
                    .await?
            }
        };
        answered(said, out, |resent: Resent, out| tell_one(&resent, out))
    }

    /// All that a search finds.
    async fn all(&self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        if !self.preview && !self.yes {
            let problem = "expected the number of a message; or what to search for, with --preview to look at what \
                           would be sent, or --yes to send it";
            return Err(CannotRun::Because(problem.to_owned()));
        }
        let wanted = Wanted {
            search: bounded_or_all(self.fields.search(self.condition.clone()), self.all, "")?,
            destination: self.to.clone(),
            routed: self.routed,
            rate_per_second: self.rate,
            limit: self.limit,
        };
        let said: Said<Preview> = self.ask(Method::POST, "/api/v1/resends", &wanted).await?;
        let preview = match said {
            Ok(preview) => preview,
            Err(why) => return not_there(&why),
        };
        show(&preview, out)?;
        if preview.count == 0 {
            return Ok(Finding::NotSo);
        }
        if self.preview {
            return Ok(Finding::Fine);
        }
        let reason = self.reason.clone().unwrap_or_default();
        self.start(preview.id, preview.confirmation, reason, out).await
    }

    async fn go_on(&self, go_on: &GoOn, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let path = format!("/api/v1/resends/{}", go_on.job);
        let said: Said<Progress> = self.ask(Method::GET, &path, &()).await?;
        let confirmation = match said {
            Ok(progress) => progress.confirmation,
            Err(why) => return not_there(&why),
        };
        let Some(confirmation) = confirmation else {
            return not_there(&format!("resend {} is running or done", go_on.job));
        };
        self.start(go_on.job, confirmation, go_on.reason.clone(), out)
            .await
    }

    /// Starts a job and follows it to its end; it goes on when this is interrupted.
    async fn start(
        &self,
        id: u64,
        confirmation: String,
        reason: String,
        out: &mut dyn Write,
    ) -> Result<Finding, CannotRun> {
        let start = Start { confirmation, reason };
        let path = format!("/api/v1/resends/{id}");
        let said: Said<Progress> = self.ask(Method::POST, &format!("{path}/start"), &start).await?;
        let mut progress = match said {
            Ok(progress) => progress,
            Err(why) => return not_there(&why),
        };
        writeln!(out, "resend {id} has begun; `weir resend stop {id}` stops it")?;
        out.flush()?;
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(progress.count), target);
        while progress.state == Standing::Running {
            bar.set_position(progress.count - progress.left);
            bar.set_message(progress.waits_for.clone().unwrap_or_default());
            tokio::time::sleep(ASK_EVERY).await;
            let said: Said<Progress> = self.ask(Method::GET, &path, &()).await?;
            progress = match said {
                Ok(progress) => progress,
                Err(why) => return not_there(&why),
            };
        }
        bar.finish_and_clear();
        tell(&progress, out)
    }

    async fn jobs(&self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let said: Said<Vec<Progress>> = self.ask(Method::GET, "/api/v1/resends", &()).await?;
        answered(said, out, |jobs, out| {
            for progress in &jobs {
                tell(progress, out)?;
            }
            Ok(Finding::Fine)
        })
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Said<T>, CannotRun> {
        let body = serde_json::to_value(body).map_err(|error| CannotRun::at(path, error))?;
        let body = Some(&body).filter(|body| !body.is_null());
        let answer = self.running.weir().send(method, path, body).await?;
        match answer.code {
            StatusCode::OK => control::read(&answer).map(Ok),
            StatusCode::NOT_FOUND | StatusCode::CONFLICT => Ok(Err(control::failure(&answer)?)),
            _ => Err(CannotRun::Because(control::failure(&answer)?)),
        }
    }
}

fn answered<T>(
    said: Said<T>,
    out: &mut dyn Write,
    tell: impl FnOnce(T, &mut dyn Write) -> Result<Finding, CannotRun>,
) -> Result<Finding, CannotRun> {
    match said {
        Ok(said) => tell(said, out),
        Err(why) => not_there(&why),
    }
}

fn not_there(why: &str) -> Result<Finding, CannotRun> {
    writeln!(std::io::stderr(), "{why}")?;
    Ok(Finding::NotSo)
}

/// What a file holds, if it is a message: weir knows in which character set it is.
fn edited_bytes(file: &std::path::Path) -> Result<Bytes, CannotRun> {
    let bytes = input::read(file)?;
    let message = Message::parse(bytes.clone());
    message.map_err(|error| CannotRun::at(input::place(file), error))?;
    Ok(bytes)
}

fn tell_one(resent: &Resent, out: &mut dyn Write) -> Result<Finding, CannotRun> {
    let outcome = match resent.outcome {
        Outcome::Accepted => "accepted",
        Outcome::Filtered => "filtered",
        Outcome::Unrouted => "unrouted",
        Outcome::Refused => "refused",
    };
    let number = resent.message;
    writeln!(out, "message {number}, {outcome}")?;
    for owed in &resent.deliveries {
        writeln!(out, "  queued      {} number {}", owed.destination, owed.sequence)?;
    }
    if let Some(problem) = &resent.problem {
        writeln!(out, "  {}", text::safe(problem))?;
    }
    let is_fine = resent.outcome == Outcome::Accepted && resent.problem.is_none();
    Ok(if is_fine { Finding::Fine } else { Finding::NotSo })
}

/// What would be sent.
fn show(preview: &Preview, out: &mut dyn Write) -> Result<(), CannotRun> {
    let count = |count: u64| text::count(usize::try_from(count).unwrap_or(usize::MAX), "message");
    writeln!(
        out,
        "{} would be sent, at most {} a second",
        count(preview.count),
        preview.rate_per_second
    )?;
    let mut table = |title: &str, counted: &[Counted]| -> Result<(), CannotRun> {
        for one in counted {
            writeln!(out, "  {title:<11} {:>9} {}", one.count, text::safe(&one.name))?;
        }
        Ok(())
    };
    table("type", &preview.by_type)?;
    table("went to", &preview.by_destination)?;
    table("left out", &preview.left_out)?;
    for found in &preview.first {
        writeln!(
            out,
            "  first       {:>9} {} {} {}",
            found.number,
            found.received_at.get(..19).unwrap_or(&found.received_at),
            text::safe(&found.message_type),
            text::safe(&found.control_id)
        )?;
    }
    Ok(())
}

/// How far a job is.
fn tell(progress: &Progress, out: &mut dyn Write) -> Result<Finding, CannotRun> {
    let state = match progress.state {
        Standing::Previewed => "not started",
        Standing::Running => "running",
        Standing::Stopped => "stopped",
        Standing::Done => "done",
    };
    let by = progress.by.as_deref().map(text::safe);
    let by = by.map_or_else(String::new, |by| format!(", by {by}"));
    writeln!(
        out,
        "resend {}, {state}: of {} sent {}, wanted by nobody {}, failed {}, left {}{by}",
        progress.id, progress.count, progress.sent, progress.unwanted, progress.failed, progress.left
    )?;
    for why in progress.waits_for.iter().chain(&progress.problem) {
        writeln!(out, "  {}", text::safe(why))?;
    }
    for failure in &progress.failures {
        writeln!(
            out,
            "  failed      message {} {}",
            failure.message,
            text::safe(&failure.reason)
        )?;
    }
    let is_fine = progress.failed == 0 && progress.problem.is_none();
    Ok(if is_fine { Finding::Fine } else { Finding::NotSo })
}
