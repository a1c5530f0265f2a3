//! `weir queue`: what a running weir owes a destination and what it gave up, and what somebody tells its lane.

use std::io::Write;

use clap::{Args, Subcommand};
use hyper::{Method, StatusCode};
use serde::de::DeserializeOwned;

use crate::console::api::destinations::Answer as Told;
use crate::console::api::queue::{Dead, Queued};

use super::control::{self, Answer, Copied, WhichByName};
use super::{CannotRun, Finding, runtime, text};

/// Looks at what a running weir owes a destination and at its dead letters, and pauses, resumes or skips.
///
/// Exit status: 0 done, 1 there is no such destination or number, 2 no weir runs, or it cannot be asked.
#[derive(Args)]
pub(super) struct Queue {
    #[command(subcommand)]
    order: Order,
    #[command(flatten)]
    running: WhichByName,
}

impl WhichByName {
    /// Sends a request; the failures the API tells in its own words become ours.
    pub(super) async fn ask(&self, method: Method, path: &str) -> Result<Asked, CannotRun> {
        self.send(method, path, None).await
    }

    /// The same with a body of JSON, if there is one.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&serde_json::Value>,
    ) -> Result<Asked, CannotRun> {
        let answer = self.weir().send(method, path, body).await?;
        match answer.code {
            StatusCode::OK | StatusCode::CREATED | StatusCode::NO_CONTENT => Ok(Asked::Done(answer)),
            StatusCode::NOT_FOUND => Ok(Asked::NotThere(control::failure(&answer)?)),
            _ => Err(CannotRun::Because(control::failure(&answer)?)),
        }
    }
}

/// What the API said.
pub(super) enum Asked {
    Done(Answer),
    /// There is no such thing, in its words.
    NotThere(String),
}

#[derive(Subcommand)]
enum Order {
    /// What waits for a destination, in order
    List(List),
    /// What was given up for a destination, with the reasons
    Dead(List),
    /// One delivery or dead letter by its number: the message itself
    Show(Show),
    /// Send nothing more to a destination, after the attempt under way
    Pause(Lane),
    /// Send what is owed by now, then nothing more
    Drain(Lane),
    /// Go on, after a pause or a refusal that holds the destination
    Resume(Lane),
    /// Try the next attempt now instead of waiting for it
    Retry(Lane),
    /// Give up deliveries that wait: each becomes a dead letter when its turn comes
    Skip(Numbers),
    /// Throw dead letters away, for ever
    Discard(Numbers),
}

#[derive(Args)]
struct Lane {
    /// The destination
    destination: String,
}

#[derive(Args)]
struct List {
    /// The destination
    destination: String,
    /// Only those after this number
    #[arg(long, value_name = "NUMBER")]
    after: Option<u64>,
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    count: usize,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Show {
    /// The destination
    destination: String,
    /// The number, as `list` and `dead` show it
    number: u64,
    /// A dead letter
    #[arg(long)]
    dead: bool,
    /// The bytes as they are, not a line for each segment
    #[arg(long)]
    raw: bool,
}

#[derive(Args)]
struct Numbers {
    /// The destination
    destination: String,
    /// The numbers, as `list` and `dead` show them
    #[arg(required = true)]
    numbers: Vec<u64>,
}

impl Queue {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let running = &self.running;
        runtime()?.block_on(async {
            match &self.order {
                Order::List(list) => list.show(running, "queue", show_queued, out).await,
                Order::Dead(list) => list.show(running, "dead", show_dead, out).await,
                Order::Show(show) => show.run(running, out).await,
                Order::Pause(lane) => lane.tell(running, "pause", out).await,
                Order::Drain(lane) => lane.tell(running, "drain", out).await,
                Order::Resume(lane) => lane.tell(running, "resume", out).await,
                Order::Retry(lane) => lane.tell(running, "retry", out).await,
                Order::Skip(numbers) => {
                    let done = "is skipped when its turn comes";
                    numbers.end(running, "queue", done, out).await
                }
                Order::Discard(numbers) => numbers.end(running, "dead", "done", out).await,
            }
        })
    }
}

impl Lane {
    async fn tell(
        &self,
        running: &WhichByName,
        order: &str,
        out: &mut dyn Write,
    ) -> Result<Finding, CannotRun> {
        let name = &self.destination;
        let path = format!("/api/v1/destinations/{}/{order}", escaped(name));
        match running.ask(Method::POST, &path).await? {
            Asked::Done(answer) => {
                writeln!(out, "{name}: told to {order}")?;
                for (number, reason) in control::read::<Told>(&answer)?.freed {
                    writeln!(out, "{name}: {number} held it: {}", text::safe(&reason))?;
                }
                Ok(Finding::Fine)
            }
            Asked::NotThere(why) => not_there(&why),
        }
    }
}

impl List {
    async fn show<T: DeserializeOwned>(
        &self,
        running: &WhichByName,
        list: &str,
        show: fn(&[T], &mut dyn Write) -> std::io::Result<()>,
        out: &mut dyn Write,
    ) -> Result<Finding, CannotRun> {
        let after = self
            .after
            .map(|after| format!("&after={after}"))
            .unwrap_or_default();
        let (name, count) = (escaped(&self.destination), self.count);
        let path = format!("/api/v1/destinations/{name}/{list}?count={count}{after}");
        match running.ask(Method::GET, &path).await? {
            Asked::Done(answer) if self.json => {
                out.write_all(&answer.body)?;
                writeln!(out)?;
                Ok(Finding::Fine)
            }
            Asked::Done(answer) => {
                show(&control::read::<Vec<T>>(&answer)?, out)?;
                Ok(Finding::Fine)
            }
            Asked::NotThere(why) => not_there(&why),
        }
    }
}

impl Show {
    async fn run(&self, running: &WhichByName, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let list = if self.dead { "dead" } else { "queue" };
        let path = format!(
            "/api/v1/destinations/{}/{list}/{}",
            escaped(&self.destination),
            self.number
        );
        let mut bytes = Vec::new();
        let to: &mut dyn Write = if self.raw { out } else { &mut bytes };
        match running.weir().copy(&path, to, &|_| {}).await? {
            Copied::Whole(_) if self.raw => {}
            Copied::Whole(_) => write!(out, "{}", text::lines(&bytes.into()))?,
            Copied::Refused(answer) if answer.code == StatusCode::NOT_FOUND => {
                return not_there(&control::failure(&answer)?);
            }
            Copied::Refused(answer) => return Err(CannotRun::Because(control::failure(&answer)?)),
        }
        Ok(Finding::Fine)
    }
}

impl Numbers {
    async fn end(
        &self,
        running: &WhichByName,
        list: &str,
        done: &str,
        out: &mut dyn Write,
    ) -> Result<Finding, CannotRun> {
        let mut finding = Finding::Fine;
        for number in &self.numbers {
            let path = format!(
                "/api/v1/destinations/{}/{list}/{number}",
                escaped(&self.destination)
            );
            match running.ask(Method::DELETE, &path).await? {
                Asked::Done(_) => writeln!(out, "{} {number}: {done}", self.destination)?,
                Asked::NotThere(why) => finding = not_there(&why)?,
            }
        }
        Ok(finding)
    }
}

pub(super) fn not_there(why: &str) -> Result<Finding, CannotRun> {
    writeln!(std::io::stderr(), "{why}")?;
    Ok(Finding::NotSo)
}

fn show_queued(found: &[Queued], out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(
        out,
        "{:>12} {:<24} {:<20} {:<20} {:>10}",
        "number", "received", "listener", "control id", "bytes"
    )?;
    found.iter().try_for_each(|queued| {
        let skipped = if queued.is_skipped { "  to be skipped" } else { "" };
        writeln!(out, "{}{skipped}", line(queued.sequence, Some(queued)))
    })
}

fn show_dead(found: &[Dead], out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(
        out,
        "{:>12} {:<24} {:<20} {:<20} {:>10} {:>8}  reason",
        "number", "received", "listener", "control id", "bytes", "attempts"
    )?;
    found.iter().try_for_each(|dead| {
        let line = line(dead.sequence, dead.delivery.as_ref());
        writeln!(out, "{line} {:>8}  {}", dead.attempts, text::safe(&dead.reason))
    })
}

fn line(sequence: u64, delivery: Option<&Queued>) -> String {
    let (received, listener, control_id, bytes) = match delivery {
        Some(queued) => (
            queued.received_at.get(..19).unwrap_or(&queued.received_at),
            queued.listener.as_str(),
            text::safe(&queued.control_id),
            queued.bytes.to_string(),
        ),
        None => ("damaged", "", String::new(), String::new()),
    };
    format!("{sequence:>12} {received:<24} {listener:<20} {control_id:<20} {bytes:>10}")
}

/// A name as part of a path: names of a site are plain, anything else is asked for as it would have to be written.
pub(super) fn escaped(name: &str) -> String {
    let mut path = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.extend(format!("%{byte:02X}").chars());
        }
    }
    path
}
