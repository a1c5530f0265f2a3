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
use crate::audit::{self, Entry, Outcome};
use tracing::error;

use crate::config::Site;
use crate::console::{self, Console, control};
use crate::engine::{Engine, Job, ReloadRequest, Reloader};
use crate::metrics;

use super::CannotRun;

/// How long whoever still reads a page may take when weir stops.
const READERS_GRACE: Duration = Duration::from_secs(1);

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
    alerts: alert::Watch,
    stop: watch::Sender<bool>,
    servers: JoinSet<()>,
}

/// Starts all of them, for the site of this folder. The engine comes first: the others are about an engine that runs.
pub(super) async fn start(site_folder: &Path, site: Site) -> Result<Serving, CannotRun> {
    let recorder = metrics::install().map_err(|error| CannotRun::at("metrics", error))?;
    let settings = site.console.clone();
    let data = site.data.clone();
    let engine = Engine::start(site)
        .await
        .map_err(|error| CannotRun::Because(error.to_string()))?;
    let (reloader, reloads) = Reloader::new();
    let folder = data.clone();
    let access = tokio::task::spawn_blocking(move || Access::open(&folder)).await;
    let access = access.map_err(|_| CannotRun::at("users", "internal error"))?;
    let access = Arc::new(access.map_err(|error| CannotRun::Because(error.to_string()))?);
    let setup_token = access.setup_token();
    let audit = audit::Log::new(&data);
    let (log, began) = (audit.clone(), began(&engine.site().version));
    // A log that cannot be written refuses what people ask; messages flow all the same.
    let written = tokio::task::spawn_blocking(move || log.append(began)).await;
    if let Ok(Err(failure)) = written {
        error!(%failure, "views of content and changes are refused until it can be");
    }
    let status = Arc::clone(engine.status());
    let alerts = alert::Watch::start(&status, &data);
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
        alerts,
        stop,
        servers,
    })
}

/// That weir itself did something.
pub(super) fn by_weir(what: &str, object: String) -> Entry {
    Entry {
        who: "weir".to_owned(),
        from: "this machine".to_owned(),
        what: what.to_owned(),
        object,
        reason: None,
        outcome: Outcome::Allowed,
        detail: None,
        of: None,
    }
}

fn began(version: &str) -> Entry {
    by_weir("start", format!("site version {version}"))
}

/// Writes down that a search sent again has ended.
fn written_down(audit: &audit::Log) -> impl Fn(&Job) -> Result<(), String> + Clone + use<> {
    let audit = audit.clone();
    move |job| {
        let entry = Entry {
            detail: Some(job.told()),
            ..by_weir("resend.end", format!("resends/{}", job.id))
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
    }
}
