//! `weir run`: the engine, until it is told to stop.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{error, info};

use crate::config::{self, Site};

use super::{CannotRun, Finding, serving};

/// Runs a site until it is stopped (Ctrl-C, or SIGTERM).
///
/// Says on standard output where it listens, and `ready` when every port is open.
/// A stop answers what was read and finishes the deliveries under way; the rest waits in the outbox.
#[derive(Args)]
pub(super) struct Run {
    /// The folder of YAML files.
    #[arg(default_value = "routes")]
    site: PathBuf,
}

impl Run {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let site = load(&self.site)?;
        super::runtime()?.block_on(run(site, out))
    }
}

/// Loads a site; its warnings go to standard error, its errors end the command.
pub(super) fn load(folder: &Path) -> Result<Site, CannotRun> {
    let (site, problems) = config::load(folder);
    let shown = problems.render(std::io::stderr().is_terminal());
    let site = site.ok_or_else(|| CannotRun::Because(shown.clone()))?;
    std::io::stderr().write_all(shown.as_bytes())?;
    Ok(site)
}

async fn run(site: Site, out: &mut dyn Write) -> Result<Finding, CannotRun> {
    // Before anything starts: a signal in the middle of the start is a stop like any other.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let version = Arc::clone(&site.version);
    let destinations: Vec<_> = site.destinations.keys().cloned().collect();
    let mut serving = serving::start(site).await?;
    let engine = &mut serving.engine;
    writeln!(out, "weir {}, site version {version}", env!("CARGO_PKG_VERSION"))?;
    for (name, address) in engine.addresses() {
        writeln!(out, "  listening   {name:<24} {address}")?;
    }
    for name in destinations {
        writeln!(out, "  delivering  {name}")?;
    }
    writeln!(out, "  watching    http://{}/metrics", serving.console)?;
    writeln!(out, "ready")?;
    out.flush()?;
    tokio::select! {
        _ = interrupt.recv() => info!("interrupted, stopping"),
        _ = terminate.recv() => info!("told to terminate, stopping"),
        failure = engine.failure() => {
            // Fail stop: whatever is on disk is recovered by the next start.
            error!(%failure, "weir stops");
            return Err(CannotRun::Because(failure));
        }
    }
    serving.stop().await;
    info!("stopped");
    Ok(Finding::Fine)
}
