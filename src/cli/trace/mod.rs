//! `weir trace`: one message through one route, step by step.

mod told;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use jiff::Zoned;

use crate::clock;
use crate::config::{self, Site};
use crate::console::api::traced::{self, Traced};
use crate::hl7::dictionary::{Dictionary, Version};
use crate::hl7::{Message, ParseLimits, Terminators};
use crate::problem::nearest;
use crate::route::{Route, Trace as RouteTrace};
use crate::units;

use super::site::NamedSite;
use super::{CannotRun, Finding, input, text};

/// Shows what a route makes of a message: whether it takes it, what each step changes, and what comes of it.
///
/// A change is shown with path and name, before and after. Nothing is stored or sent.
/// Exit status: 0 whatever comes of it, 2 it could not run.
#[derive(Args)]
#[command(after_help = "Example: weir trace adt-to-ehr fixtures/adt-a01.hl7")]
pub(super) struct Trace {
    /// The name of the route.
    route: String,
    /// A file with one or more messages, or - for standard input.
    file: PathBuf,
    #[command(flatten)]
    site: NamedSite,
    /// When the message is received, as 2026-01-31T08:05:00+01:00; now, if left out.
    #[arg(long, value_name = "TIME", value_parser = units::parse_moment)]
    at: Option<Zoned>,
    /// Print a JSON object for each message, on a line of its own.
    #[arg(long)]
    json: bool,
    /// Only the N-th message of the file.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    message: Option<u32>,
}

impl Trace {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let (site, problems) = config::load(self.site.folder());
        let Some(site) = site else {
            return Err(CannotRun::Because(
                problems.render(text::is_colored(&std::io::stderr())),
            ));
        };
        let route = self.route(&site)?;
        let received = self.at.clone().unwrap_or_else(clock::now_local);
        let look = told::Look::of(text::is_colored(&std::io::stdout()));
        for (index, placed) in input::chosen(&self.file, self.message)?.into_iter().enumerate() {
            let message = as_received(placed.message, route, &site);
            let mut trace = RouteTrace::default();
            let outcome = route.run(&message, &received, Some(&mut trace));
            let traced = Traced {
                route,
                number: placed.number,
                message: &message,
                dictionary: Version::of(&message.header()).map(Dictionary::of),
                trace: &trace,
                outcome: &outcome,
            };
            if self.json {
                writeln!(out, "{}", traced::object(&traced))?;
                continue;
            }
            if index > 0 {
                writeln!(out)?;
            }
            out.write_all(told::lines(&traced, &look).as_bytes())?;
        }
        Ok(Finding::Fine)
    }

    fn route<'s>(&self, site: &'s Site) -> Result<&'s Route, CannotRun> {
        let names = || site.routes.iter().map(|route| route.name.as_ref());
        if let Some(route) = site.routes.iter().find(|route| *route.name == *self.route) {
            return Ok(route);
        }
        let help = match nearest(&self.route, names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("its routes are {}", names().collect::<Vec<_>>().join(", ")),
        };
        let why = format!("there is no route `{}`; {help}", text::safe(&self.route));
        Err(CannotRun::at(self.site.folder().display(), why))
    }
}

/// The message as the route's listener reads it: a message may leave its character set to the listener.
fn as_received(message: Message, route: &Route, site: &Site) -> Message {
    let listener = route.from.first().and_then(|from| site.listeners.get(from));
    let Some(charset) = listener.and_then(|listener| listener.charset) else {
        return message;
    };
    let bytes = message.write(Terminators::Preserve);
    Message::parse_assuming(bytes, &ParseLimits::default(), Some(charset)).unwrap_or(message)
}
