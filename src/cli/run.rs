//! `weir run`: the engine, until it is told to stop.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{error, info, warn};

use crate::config::{self, Site};
use crate::listener::Entrance;

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
        let runtime = super::runtime()?;
        let ended = runtime.block_on(run(site, out));
        // A file system that hangs must not keep the process from ending.
        runtime.shutdown_timeout(SHUTDOWN_MAX);
        ended
    }
}

/// How long threads that wait for a file may hold up the end of the process.
const SHUTDOWN_MAX: Duration = Duration::from_secs(2);

/// Loads a site; its warnings go to the log, a line each, and its errors end the command.
pub(super) fn load(folder: &Path) -> Result<Site, CannotRun> {
    let (site, problems) = config::load(folder);
    let Some(site) = site else {
        let color = std::io::stderr().is_terminal();
        return Err(CannotRun::Because(problems.render(color)));
    };
    for problem in problems.iter() {
        let place = problems.location(problem).map_or_else(String::new, |location| {
            format!("{}:{}:{}", location.file, location.line, location.column)
        });
        warn!(place, name = problem.name.as_str(), "{}", problem.message);
    }
    Ok(site)
}

async fn run(site: Site, out: &mut dyn Write) -> Result<Finding, CannotRun> {
    // Before anything starts: a signal in the middle of the start is a stop like any other.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let version = Arc::clone(&site.version);
    let destinations: Vec<_> = site.destinations.keys().cloned().collect();
    let folders: Vec<_> = site
        .listeners
        .iter()
        .filter_map(|(name, listener)| match listener.kind.entrance() {
            Entrance::Folder(folder) => Some((Arc::clone(name), folder.to_owned())),
            Entrance::Socket(_) => None,
        })
        .collect();
    let mut serving = serving::start(site).await?;
    let engine = &mut serving.engine;
    writeln!(out, "weir {}, site version {version}", env!("CARGO_PKG_VERSION"))?;
    for (name, address) in engine.addresses() {
        writeln!(out, "  listening   {name:<24} {address}")?;
    }
    for (name, folder) in folders {
        writeln!(out, "  reading     {name:<24} {}", folder.display())?;
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
    tokio::select! {
        () = serving.stop() => info!("stopped"),
        _ = interrupt.recv() => warn!("stopped at once, as told a second time"),
        _ = terminate.recv() => warn!("stopped at once, as told a second time"),
    }
    Ok(Finding::Fine)
}
