//! `weir reload`: a running weir reads its site anew.

use std::io::Write;

use clap::Args;
use hyper::{Method, StatusCode};

use crate::console::api;
use crate::console::api::reload::{Answer, Changed};

use super::control::{self, Which};
use super::{CannotRun, Finding};

/// Makes a running weir read its site anew, and shows what changed or what is wrong with it.
///
/// A site with errors changes nothing: the one that runs goes on. SIGHUP asks for the same.
///
/// Exit status: 0 the site runs, 1 it was refused, 2 no weir runs, or it cannot be asked.
#[derive(Args)]
pub(super) struct Reload {
    #[command(flatten)]
    which: Which,
}

impl Reload {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let asked = self.which.weir().ask(Method::POST, "/api/v1/reload");
        let answer = super::runtime()?.block_on(asked)?;
        if answer.code != StatusCode::OK && answer.code != StatusCode::CONFLICT {
            let failure: api::Failure = control::read(&answer)?;
            return Err(CannotRun::Because(failure.error));
        }
        let said: Answer = control::read(&answer)?;
        std::io::stderr().write_all(said.text.as_bytes())?;
        if answer.code == StatusCode::CONFLICT {
            writeln!(out, "refused: site version {} goes on as it was", said.version)?;
            return Ok(Finding::NotSo);
        }
        writeln!(out, "site version {} runs", said.version)?;
        show("listener", &said.listeners, out)?;
        show("destination", &said.destinations, out)?;
        Ok(Finding::Fine)
    }
}

fn show(what: &str, changed: &[Changed], out: &mut dyn Write) -> Result<(), CannotRun> {
    for Changed { name, change } in changed {
        writeln!(out, "  {what:<12} {name:<24} {change}")?;
    }
    Ok(())
}
