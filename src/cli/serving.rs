//! A site that runs, with its pages and its control socket: what `run` and `demo` have in common.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::access::Access;
use crate::alert;
use crate::atna::Forwarding;
use crate::audit::{self, Entry, Outcome};
use tracing::error;

use crate::config::Site;
use crate::console::{self, Console, control};
use crate::engine::{Engine, Job, ReloadRequest, Reloader};
use crate::metrics;
use crate::seal::OperatorKey;
use crate::secret::SecretPlace;

use super::CannotRun;

/// How long whoever still reads a page may take when weir stops.
const READERS_GRACE: Duration = Duration::from_secs(1);
/// How long the last records may take to the audit record repositories.
const REPOSITORIES_GRACE: Duration = Duration::from_secs(5);

/// How long it may take to write down that weir stops.
const WRITING_MAX: Duration = Duration::from_secs(3);

/// An engine, the pages about it and its control socket.
pub(super) struct Serving {
    pub(super) engine: Engine,
    /// Where the pages are.
    pub(super) console: SocketAddr,
    /// `http`, or `https` where it speaks TLS.
    pub(super) scheme: &'static str,
    /// Where the control socket is.
    pub(super) control: PathBuf,
    /// What is asked for on the control socket. Whoever does not take them drops this, and they are answered so.
    pub(super) reloads: mpsc::Receiver<ReloadRequest>,
    /// Where it is written down who did what.
    pub(super) audit: audit::Log,
    /// What makes the first administrator, as long as there is none.
    pub(super) setup_token: Option<String>,
    /// What sends the audit log on.
    pub(super) forwarding: Forwarding,
    alerts: alert::Watch,
    stop: watch::Sender<bool>,
    servers: JoinSet<()>,
}

/// Starts all of them, for the site of this folder. The engine comes first: the others are about an engine that runs.
pub(super) async fn start(site_folder: &Path, site: Site) -> Result<Serving, CannotRun> {
    let recorder = metrics::install().map_err(|error| CannotRun::at("metrics", error))?;
    let settings = site.console.clone();
    let data = site.data.clone();
    // Whoever is refused is written down from the first connection on; until the engine has the data folder to itself,
    // nothing is written.
    let audit = audit::Log::new(&data);
    let engine = Engine::start(site, &audit)
        .await
        .map_err(|error| CannotRun::Because(error.to_string()))?;
    let (reloader, reloads) = Reloader::new();
    let folder = data.clone();
    let access = tokio::task::spawn_blocking(move || Access::open(&folder)).await;
    let access = access.map_err(|_| CannotRun::at("users", "internal error"))?;
    let access = Arc::new(access.map_err(|error| CannotRun::Because(error.to_string()))?);
    let setup_token = access.setup_token();
    write_start(audit.clone(), engine.site()).await;
    let status = Arc::clone(engine.status());
    let forwarding = Forwarding::start(
        (&audit, engine.nodes().clone()),
        &data,
        &engine.site().audit,
        &status,
    );
    let alerts = alert::Watch::start(&status, &data, &audit, engine.nodes().clone());
    let board = alerts.board().clone();
    let (sources, observer) = console::Sources::new(
        site_folder,
        status,
        (reloader, engine.resends().clone()),
        recorder,
        board,
        access,
        audit.clone(),
    );
    let console = Console::bind(&settings, sources.clone()).await;
    let console = console.map_err(|error| {
        CannotRun::at(
            format!("engine.console: {}", settings.bind),
            format!("{error}: is another weir running?"),
        )
    })?;
    let address = console.address()?;
    let socket = control::Control::bind(&data, sources);
    let socket = socket.map_err(|error| CannotRun::at(control::path(&data).display(), error))?;
    let stop = watch::Sender::new(false);
    let stopped = || {
        let mut stop = stop.subscribe();
        async move { drop(stop.wait_for(|stop| *stop).await) }
    };
    let mut servers = JoinSet::new();
    servers.spawn(console.serve(stopped()));
    servers.spawn(socket.serve(stopped()));
    servers.spawn(observer.run(stopped()));
    servers.spawn(engine.resends().clone().run(written_down(&audit), stopped()));
    Ok(Serving {
        engine,
        console: address,
        scheme: if settings.tls.is_some() { "https" } else { "http" },
        control: control::path(&data),
        reloads,
        audit,
        setup_token,
        forwarding,
        alerts,
        stop,
        servers,
    })
}

/// Writes down that weir has started. A log that cannot be written refuses what people ask; messages flow all the same.
async fn write_start(log: audit::Log, site: &Site) {
    let (version, key) = (Arc::clone(&site.version), site.outbox.key.clone());
    let written = tokio::task::spawn_blocking(move || {
        let written = log.append(began(&version, key.as_ref()));
        if written.is_err() {
            // A head that cannot be read is told by the append.
            log.look().ok();
        }
        written
    });
    if let Ok(Err(failure)) = written.await {
        error!(%failure, "views of content and changes are refused until it can be");
    }
}

/// Under which key everything is kept from now on is told with it: `weir key rotate` writes no record of its own, for
/// a weir may run beside it, and its log has one writer.
fn began(version: &str, key: Option<&SecretPlace>) -> Entry {
    let under = |place| match OperatorKey::read(place) {
        Ok(key) => format!("encrypted under the operator's key {}", key.id()),
        Err(error) => format!("encrypted under a key that cannot be read any more: {error}"),
    };
    Entry {
        detail: key.map(under),
        ..Entry::by_weir("start", format!("site version {version}"))
    }
}

/// Writes down that a search sent again has ended.
fn written_down(audit: &audit::Log) -> impl Fn(&Job) -> Result<(), String> + Clone + use<> {
    let audit = audit.clone();
    move |job| {
        let entry = Entry {
            detail: Some(job.told()),
            ..Entry::by_weir("resend.end", format!("resends/{}", job.id))
        };
        audit
            .append(entry)
            .map(drop)
            .map_err(|failure| failure.to_string())
    }
}

impl Serving {
    /// Stops the engine in good order, then the pages and the socket.
    pub(super) async fn stop(mut self) {
        // What ends because weir ends is no trouble.
        self.alerts.stop().await;
        self.engine.stop().await;
        self.stop.send_replace(true);
        let all_ended = async {
            while let Some(ended) = self.servers.join_next().await {
                if ended.is_err() {
                    error!("the pages or the control socket ended early");
                }
            }
        };
        // A reader that does not read keeps nobody from stopping.
        drop(timeout(READERS_GRACE, all_ended).await);
        write_down(self.audit, Entry::by_weir("stop", "site")).await;
        self.forwarding.stop(REPOSITORIES_GRACE).await;
    }

    /// Writes down why weir ends now, whatever else still runs.
    pub(super) async fn fail(self, failure: &str) {
        let entry = Entry {
            outcome: Outcome::Failed,
            detail: Some(failure.to_owned()),
            ..Entry::by_weir("stop", "site")
        };
        // The rest of it is sent on after the next start.
        write_down(self.audit, entry).await;
    }
}

/// Writes down that weir stops. A disk that hangs does not keep it from stopping.
async fn write_down(log: audit::Log, entry: Entry) {
    let writing = tokio::task::spawn_blocking(move || log.append(entry));
    match timeout(WRITING_MAX, writing).await {
        Ok(Ok(Ok(_))) => {}
        Ok(Ok(Err(failure))) => error!(%failure, "that weir stops is not in the audit log"),
        Ok(Err(_)) | Err(_) => error!("that weir stops may not be in the audit log"),
    }
}
