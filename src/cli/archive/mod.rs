//! `weir archive`: looks into the history of messages, holds some, takes some out.
//!
//! While weir runs it is asked over its control socket, so that what is looked at is in its audit log; when it does not
//! run, the archive is opened here.

mod criteria;
mod encrypt;
mod show;
mod source;

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use hyper::{Method, StatusCode};

use crate::archive::{Archive as History, check_hold};
use crate::clock;
use crate::console::api;
use crate::console::api::archive::{Chosen, Held, Hold, NewHold, Purged, Summary, Trouble};
use crate::console::api::messages::{self, Page};
use crate::secret::SecretPlace;

use super::control::WhichByName;
use super::queue::escaped;
use super::recorded::user;
use super::{CannotRun, Finding, control, runtime, text};
use criteria::{Criteria, Which};
pub(super) use criteria::{Fields, bounded_or_all};
use show::Show;
use source::Source;

/// Searches the history of messages: what came in, what became of it, what was sent where.
///
/// Exit status: 0 done, 1 nothing was found or something is damaged, 2 it could not be looked at.
#[derive(Args)]
#[command(after_help = "Example: weir archive search --patient 123456 --since 2d --state dead")]
pub(super) struct Archive {
    #[command(subcommand)]
    order: Order,
    #[command(flatten)]
    which: WhichByName,
    /// A private file with the operator's key, where it is not the one that the site names; while weir runs it has its
    /// own
    #[arg(long, value_name = "FILE", global = true)]
    key: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Order {
    /// The newest messages that are as asked
    Search(Find),
    /// One message with all that became of it
    Show(Show),
    /// Keep messages from being deleted, under a name
    Hold(Keep),
    /// The holds there are
    Holds,
    /// End a hold
    Release(Release),
    /// Delete messages, but for those held or still owed to somebody
    Purge(Purge),
    /// What is shown as queued and was lost with an outbox that is gone; --yes ends it as purged, so that it can be deleted
    Lost(Lost),
    /// How much history there is
    Summary,
    /// Read all of it, while weir does not run, and tell what is damaged
    Verify,
    /// Encrypt an archive that is not, by the key that the site names, while weir does not run; needs as much room again
    Encrypt,
}

#[derive(Args)]
struct Find {
    #[command(flatten)]
    search: Criteria,
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    count: usize,
    /// Only messages before this number: where the list before has ended
    #[arg(long, value_name = "NUMBER")]
    before: Option<u64>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Keep {
    /// The name of the hold; one that is there is added to
    hold: String,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    which: Which,
}

#[derive(Args)]
struct Release {
    /// The name of the hold
    hold: String,
}

#[derive(Args)]
struct Purge {
    #[command(flatten)]
    which: Which,
    /// Do it; without, it is only told how many messages would be deleted, and how many are held or still owed
    #[arg(long)]
    yes: bool,
}

#[derive(Args)]
struct Lost {
    /// Do it; without, it is only told how many deliveries there are
    #[arg(long)]
    yes: bool,
}

impl Archive {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let key = self.key.map(SecretPlace::File);
        let source = |key| Source::of(self.which.weir(), key);
        match &self.order {
            Order::Search(find) => find.run(&source(key)?, out),
            Order::Show(show) => show.run(&source(key)?, out),
            Order::Hold(keep) => keep.run(&source(key)?, out),
            Order::Holds => holds(&source(key)?, out),
            Order::Release(release) => release.run(&source(key)?, out),
            Order::Purge(purge) => purge.run(&source(key)?, out),
            Order::Lost(lost) => lost.run(&source(key)?, out),
            Order::Summary => summary(&source(key)?, out),
            Order::Verify => verify(&source(key)?, out),
            Order::Encrypt => encrypt::run(self.which.weir(), key, out),
        }
    }
}

impl Find {
    fn run(&self, source: &Source<'_>, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let mut search = self.search.search();
        (search.before, search.count) = (self.before, Some(self.count));
        source.record("message.search", "messages/search".to_owned(), None)?;
        let path = "/api/v1/messages/search";
        let page: Page = source.ask(Method::POST, path, &search, |archive| {
            messages::search(archive, &search)
        })?;
        if self.json {
            writeln!(out, "{}", serde_json::to_string(&page).unwrap_or_default())?;
        } else {
            list(&page, out)?;
        }
        if page.messages.is_empty() && page.next.is_none() {
            writeln!(std::io::stderr(), "no message in the archive is as asked")?;
        }
        Ok(found_or_not(!page.messages.is_empty()))
    }
}

fn list(page: &Page, out: &mut dyn Write) -> Result<(), CannotRun> {
    writeln!(
        out,
        "{:>12} {:<20} {:<10} {:<10} {:<20} {:<16} destinations",
        "number", "received", "state", "type", "control id", "listener"
    )?;
    for found in &page.messages {
        let to = |to: &messages::To| {
            if to.state == found.state {
                to.destination.clone()
            } else {
                format!("{} ({})", to.destination, to.state)
            }
        };
        let deliveries: Vec<_> = found.deliveries.iter().map(to).collect();
        let line = format!(
            "{:>12} {:<20} {:<10} {:<10} {:<20} {:<16} {}",
            found.number,
            found.received_at.get(..19).unwrap_or(&found.received_at),
            found.state,
            text::safe(&found.message_type),
            text::safe(&found.control_id),
            found.listener,
            deliveries.join(", ")
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    if let Some(next) = page.next {
        let looked = text::count(usize::try_from(page.examined).unwrap_or(usize::MAX), "message");
        writeln!(out, "looked at {looked}; go on with --before {next}")?;
    }
    Ok(())
}

impl Keep {
    fn run(&self, source: &Source<'_>, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let new = NewHold {
            name: self.hold.clone(),
            reason: self.reason.clone(),
            messages: self.which.chosen()?,
        };
        check_hold(&new.name, &new.reason).map_err(|error| CannotRun::Because(error.to_string()))?;
        understood(&new.messages)?;
        let detail = format!("{} and {}", new.reason, new.messages.told());
        source.record(
            "archive.hold",
            format!("archive/holds/{}", new.name),
            Some(detail),
        )?;
        let here = |archive: &History| api::archive::hold(archive, &new, &user(), clock::now());
        let held: Held = source.order(Method::POST, "/api/v1/archive/holds", &new, here)?;
        let messages = text::count(usize::try_from(held.held).unwrap_or(usize::MAX), "message");
        writeln!(out, "{}: {messages} held", self.hold)?;
        Ok(found_or_not(held.held > 0))
    }
}

fn holds(source: &Source<'_>, out: &mut dyn Write) -> Result<Finding, CannotRun> {
    let holds: Vec<Hold> = source.ask(Method::GET, "/api/v1/archive/holds", &(), api::archive::holds)?;
    for hold in holds {
        writeln!(
            out,
            "{:<24} {:>10} since {} by {}: {}",
            text::safe(&hold.name),
            text::count(usize::try_from(hold.messages).unwrap_or(usize::MAX), "message"),
            hold.at,
            text::safe(&hold.by),
            text::safe(&hold.reason)
        )?;
    }
    Ok(Finding::Fine)
}

impl Release {
    fn run(&self, source: &Source<'_>, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let path = format!("/api/v1/archive/holds/{}", escaped(&self.hold));
        source.record("archive.release", format!("archive/holds/{}", self.hold), None)?;
        let here = |archive: &History| Ok(archive.release(&self.hold)?);
        match source {
            Source::Here(archive, _) => {
                here(archive).map_err(|trouble: Trouble| CannotRun::Because(trouble.to_string()))?;
            }
            Source::Running(weir) => {
                let answer = runtime()?.block_on(weir.ask(Method::DELETE, &path))?;
                if answer.code != StatusCode::NO_CONTENT {
                    return Err(CannotRun::Because(control::read::<api::Failure>(&answer)?.error));
                }
            }
        }
        writeln!(out, "{}: released", self.hold)?;
        Ok(Finding::Fine)
    }
}

impl Purge {
    fn run(&self, source: &Source<'_>, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let chosen = self.which.chosen()?;
        understood(&chosen)?;
        if !self.yes {
            return Purge::preview(source, &chosen, out);
        }
        source.record(
            "archive.purge",
            "archive/messages".to_owned(),
            Some(chosen.told()),
        )?;
        let here = |archive: &History| api::archive::purge(archive, &chosen);
        let purged: Purged = source.order(Method::POST, "/api/v1/archive/purge", &chosen, here)?;
        writeln!(out, "{}", counted(&purged))?;
        Ok(found_or_not(purged.deleted > 0))
    }

    fn preview(source: &Source<'_>, chosen: &Chosen, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        source.record(
            "archive.preview",
            "archive/messages".to_owned(),
            Some(chosen.told()),
        )?;
        let here = |archive: &History| api::archive::purge_preview(archive, chosen);
        let path = "/api/v1/archive/purge/preview";
        let would: Purged = source.order(Method::POST, path, chosen, here)?;
        writeln!(out, "would be: {}", counted(&would))?;
        writeln!(
            out,
            "nothing is deleted without --yes; `weir archive search` shows what is meant"
        )?;
        Ok(Finding::NotSo)
    }
}

fn counted(purged: &Purged) -> String {
    let Purged {
        deleted,
        held,
        owed,
        unknown,
    } = purged;
    format!("{deleted} deleted, {held} held, {owed} still owed, {unknown} not there")
}

impl Lost {
    fn run(&self, source: &Source<'_>, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let path = "/api/v1/archive/lost";
        let stopped = |_: &History| {
            let problem = "expected a weir that runs, which knows what its outbox owes: start it";
            Err(Trouble::Asked(problem.to_owned()))
        };
        let method = if self.yes { Method::DELETE } else { Method::GET };
        let lost: api::archive::Lost = source.order(method, path, &(), stopped)?;
        let count = lost.deliveries;
        if self.yes {
            writeln!(out, "{count} ended as purged")?;
            return Ok(found_or_not(count > 0));
        }
        writeln!(
            out,
            "{count} queued in an outbox that is gone; --yes ends them as purged"
        )?;
        Ok(Finding::NotSo)
    }
}

fn summary(source: &Source<'_>, out: &mut dyn Write) -> Result<Finding, CannotRun> {
    let summary: Summary = source.ask(Method::GET, "/api/v1/archive", &(), api::archive::summary)?;
    let messages = text::count(usize::try_from(summary.messages).unwrap_or(usize::MAX), "message");
    writeln!(out, "{messages}, {} MiB", summary.stored_bytes >> 20)?;
    if let (Some(oldest), Some(newest)) = (summary.oldest, summary.newest) {
        writeln!(out, "received from {oldest} to {newest}")?;
    }
    Ok(Finding::Fine)
}

fn verify(source: &Source<'_>, out: &mut dyn Write) -> Result<Finding, CannotRun> {
    let Source::Here(archive, _) = source else {
        let problem = "weir is running: stop it to verify its archive, reading all of it would slow it down";
        return Err(CannotRun::Because(problem.to_owned()));
    };
    let verified = archive
        .verify()
        .map_err(|error| CannotRun::Because(error.to_string()))?;
    writeln!(out, "{} messages are as they were written", verified.sound)?;
    for number in &verified.damaged {
        writeln!(out, "message {number} is damaged")?;
    }
    for problem in &verified.problems {
        writeln!(out, "the database: {}", text::safe(problem))?;
    }
    Ok(found_or_not(verified.is_sound()))
}

/// Before it is written down that anything is done.
fn understood(chosen: &Chosen) -> Result<(), CannotRun> {
    let meant = chosen.meant().map(drop);
    meant.map_err(|trouble| CannotRun::Because(trouble.to_string()))
}

fn found_or_not(is_so: bool) -> Finding {
    if is_so { Finding::Fine } else { Finding::NotSo }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::path::Path;

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        archive: Archive,
    }

    /// A request, read to its end.
    fn accept(listener: &UnixListener) -> UnixStream {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(&stream);
        let (mut line, mut body) = (String::new(), 0);
        while reader.read_line(&mut line).unwrap() > 2 {
            if let Some(bytes) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                body = bytes.trim().parse().unwrap();
            }
            line.clear();
        }
        reader.read_exact(&mut vec![0; body]).unwrap();
        stream
    }

    fn answer(mut to: UnixStream, body: &str) {
        let length = body.len();
        write!(to, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
    }

    /// What weir says to an order after another question, asked later, has been given up.
    #[track_caller]
    fn check(arguments: &[&str], says: &str, expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let listener = UnixListener::bind(crate::console::control::path(data)).unwrap();
        let typed = |data: &Path, arguments: &[&str]| {
            let data = ["--data", data.to_str().unwrap()];
            Typed::parse_from([&["archive"], arguments, &data[..]].concat()).archive
        };
        let ordered = typed(data, arguments);
        let order = std::thread::spawn(move || {
            let mut out = Vec::new();
            let done = ordered.run(&mut out).map(drop);
            (
                done.map_err(|why| format!("{why:?}")),
                String::from_utf8(out).unwrap(),
            )
        });
        // Somebody looks whether it is there.
        drop(listener.accept().unwrap());
        let waits = accept(&listener);
        let asked = typed(data, &["summary"]);
        let given_up = asked.run(&mut Vec::new()).map(drop).unwrap_err();
        let given_up = format!("{given_up:?}");
        assert!(given_up.contains("no answer within"), "{given_up}");
        answer(waits, says);
        assert_eq!(
            order.join().unwrap(),
            (Ok(()), expected.to_owned()),
            "{arguments:?}"
        );
    }

    #[test]
    fn an_order_about_many_messages_is_waited_for() {
        let purged = r#"{ "deleted": 7, "held": 0, "owed": 0, "unknown": 0 }"#;
        let told = "7 deleted, 0 held, 0 still owed, 0 not there\n";
        check(&["purge", "--all", "--yes"], purged, told);
        let told = format!(
            "would be: {told}nothing is deleted without --yes; `weir archive search` shows what is meant\n"
        );
        check(&["purge", "--all"], purged, &told);
        let hold = ["hold", "h", "--reason", "r", "--all"];
        check(&hold, r#"{ "held": 7 }"#, "h: 7 messages held\n");
    }
}
