//! `weir run`: the engine, until it is told to stop; the site anew when somebody asks or its files have changed.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{error, info, warn};

use crate::audit::Entry;
use crate::config::{self, Missing, NamedFiles, ReloadCases, Site};
use crate::engine::{ReloadRequest, Reloaded};
use crate::listener::Entrance;
use crate::problem::{Problem, ProblemName, Problems};

use super::serving::{self, Serving};
use super::site::SiteArgument;
use super::watch::Watcher;
use super::{CannotRun, Finding};

/// Runs a site until it is stopped (Ctrl-C, or SIGTERM).
///
/// Says on standard output where it listens, and `ready` when every port is open.
/// SIGHUP and `weir reload` make it read the site anew; a site with errors changes nothing.
/// A stop answers what was read and finishes the deliveries under way; the rest waits in the outbox.
#[derive(Args)]
pub(super) struct Run {
    #[command(flatten)]
    site: SiteArgument,
    /// Read the site anew whenever its files, or scripts and tables that they name, have changed, as
    /// `engine.reload.on_change` does.
    #[arg(long)]
    watch: bool,
}

impl Run {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let runtime = super::runtime()?;
        let ended = runtime.block_on(self.serve(out));
        // A file system that hangs must not keep the process from ending.
        runtime.shutdown_timeout(SHUTDOWN_MAX);
        ended
    }

    async fn serve(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let mut signals = Signals::listen()?;
        let mut watcher = Watcher::over(self.site.folder()).await;
        let (site, named) = load_to_watch(self.site.folder())?;
        watcher.follow(named);
        // It may wait for a database that hangs. A start that is given up leaves what a kill would leave.
        let serving = tokio::select! {
            serving = serving::start(self.site.folder(), site) => serving?,
            how = signals.stops.told() => {
                warn!("{how}: the start is given up");
                return Ok(Finding::Fine);
            }
        };
        introduce(&serving, out)?;
        let mut running = Running {
            folder: self.site.folder().to_owned(),
            watches_anyway: self.watch,
            watcher,
            serving,
        };
        if let Err(failure) = running.until_stopped(&mut signals).await {
            running.serving.fail(&failure).await;
            return Err(CannotRun::Because(failure));
        }
        tokio::select! {
            () = running.serving.stop() => info!("stopped"),
            _ = signals.stops.told() => warn!("stopped at once, as told a second time"),
        }
        Ok(Finding::Fine)
    }
}

/// How long threads that wait for a file may hold up the end of the process.
const SHUTDOWN_MAX: Duration = Duration::from_secs(2);

/// Loads a site; its warnings go to the log, a line each, and its errors end the command.
pub(super) fn load(folder: &Path) -> Result<Site, CannotRun> {
    load_to_watch(folder).map(|(site, _)| site)
}

fn load_to_watch(folder: &Path) -> Result<(Site, NamedFiles), CannotRun> {
    let (site, problems, named) = config::load_to_watch(folder);
    let Some(site) = site else {
        let color = std::io::stderr().is_terminal();
        return Err(CannotRun::Because(problems.render(color)));
    };
    for problem in problems.iter() {
        let place = problems.location(problem);
        let place = place.map_or_else(String::new, |location| location.to_string());
        warn!(place, name = problem.name.as_str(), "{}", problem.message);
    }
    Ok((site, named))
}

/// What the process may be told.
struct Signals {
    stops: Stops,
    hang_up: Signal,
}

/// That it is to stop.
struct Stops {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> Result<Signals, CannotRun> {
        Ok(Signals {
            stops: Stops {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
            },
            hang_up: signal(SignalKind::hangup())?,
        })
    }
}

impl Stops {
    /// How it was told, when it is.
    async fn told(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "interrupted",
            _ = self.terminate.recv() => "told to terminate",
        }
    }
}

fn introduce(serving: &Serving, out: &mut dyn Write) -> Result<(), CannotRun> {
    let site = serving.engine.site();
    writeln!(
        out,
        "weir {}, site version {}",
        env!("CARGO_PKG_VERSION"),
        site.version
    )?;
    for (name, address) in serving.engine.addresses() {
        writeln!(out, "  listening   {name:<24} {address}")?;
    }
    for (name, listener) in &site.listeners {
        if let Entrance::Folder(folder) = listener.kind.entrance() {
            writeln!(out, "  reading     {name:<24} {}", folder.display())?;
        }
    }
    for name in site.destinations.keys() {
        writeln!(out, "  delivering  {name}")?;
    }
    let address = format!("{}://{}", serving.scheme, serving.console);
    writeln!(out, "  console     {address}/")?;
    writeln!(out, "  watching    {address}/metrics")?;
    writeln!(out, "  control     {}", serving.control.display())?;
    if let Some(token) = &serving.setup_token {
        writeln!(
            out,
            "  setup       there is no administrator yet; token for the first: {token}"
        )?;
    }
    writeln!(out, "ready")?;
    Ok(out.flush()?)
}

/// Why the site is read anew.
enum Wish {
    /// Nobody has asked by the API.
    Unasked(&'static str),
    /// Somebody has.
    Asked(ReloadRequest),
}

/// A site that runs, and the folder it came from.
struct Running {
    folder: PathBuf,
    watches_anyway: bool,
    watcher: Watcher,
    serving: Serving,
}

impl Running {
    /// Reloads when it is asked to, until it is told to stop. Fails when it cannot go on.
    async fn until_stopped(&mut self, signals: &mut Signals) -> Result<(), String> {
        loop {
            let Serving { engine, reloads, .. } = &mut self.serving;
            let watches = self.watches_anyway || engine.site().reload.on_change;
            let wish = tokio::select! {
                how = signals.stops.told() => {
                    info!("{how}, stopping");
                    return Ok(());
                }
                failure = engine.failure() => {
                    // Fail stop: whatever is on disk is recovered by the next start.
                    error!(%failure, "weir stops");
                    return Err(failure);
                }
                _ = signals.hang_up.recv() => Wish::Unasked("SIGHUP"),
                () = self.watcher.changed(), if watches => Wish::Unasked("a change of the files"),
                Some(request) = reloads.recv() => Wish::Asked(request),
            };
            // It may wait for a database that hangs. Given up before its end it changes nothing, and whoever has asked is
            // told that weir stops.
            let failure = engine.outbox_failure();
            tokio::select! {
                () = self.grant(wish) => {}
                how = signals.stops.told() => {
                    warn!("{how}, stopping: a reload is given up");
                    return Ok(());
                }
                failure = failure => {
                    error!(%failure, "weir stops: a reload is given up");
                    return Err(failure);
                }
            }
        }
    }

    async fn grant(&mut self, wish: Wish) {
        match wish {
            Wish::Unasked(why) => self.reload_unasked(why).await,
            // Who has asked may have gone; it is done all the same.
            Wish::Asked(ReloadRequest { asker, answer }) => drop(answer.send(self.reload(&asker).await)),
        }
    }

    /// A reload that nobody asked for by the API, which would have written it down.
    async fn reload_unasked(&mut self, asker: &str) {
        let entry = Entry::by_weir("reload", asker);
        let audit = self.serving.audit.clone();
        match tokio::task::spawn_blocking(move || audit.append(entry)).await {
            Ok(Ok(_)) => drop(self.reload(asker).await),
            Ok(Err(failure)) => error!(%failure, asker, "no reload: it cannot be written down"),
            Err(_) => error!(asker, "no reload: internal error"),
        }
    }

    async fn reload(&mut self, asker: &str) -> Reloaded {
        // First: what is written while it is read will be seen as a change.
        self.watcher.know().await;
        let folder = self.folder.clone();
        let loaded = tokio::task::spawn_blocking(move || load_anew(&folder)).await;
        let (site, problems, named) = loaded.unwrap_or_default();
        self.watcher.follow(named);
        let Serving {
            engine, forwarding, ..
        } = &mut self.serving;
        let reloaded = engine.reload((site, problems), asker).await;
        forwarding.follow(&engine.site().audit).await;
        reloaded
    }
}

/// The site to reload; none when its own cases must pass and one does not. Blocks on files.
fn load_anew(folder: &Path) -> (Option<Site>, Problems, NamedFiles) {
    let (site, problems, named) = config::load_to_watch(folder);
    if site
        .as_ref()
        .is_none_or(|site| site.reload.cases == ReloadCases::Ignored)
    {
        return (site, problems, named);
    }
    let (loaded, mut problems) = config::load_with_cases(folder, Missing::IsWrong);
    let Some((site, cases)) = loaded else {
        return (None, problems, named);
    };
    for failed in super::test::failed(&cases) {
        let (route, name) = (&failed.route.name, &failed.name);
        let (file, line) = (&failed.location.file, failed.location.line);
        let message = format!("the case `{route} / {name}` ({file}:{line}) does not pass");
        problems.push(
            Problem::error(ProblemName::FailedCase, message)
                .help("`weir test` shows what is not as expected"),
        );
    }
    let passed = problems.error_count() == 0;
    (passed.then_some(site), problems, named)
}
