//! Starts, supervises, changes and stops a site: listeners with their intake, and one lane per destination.
//!
//! Order matters. On the way up the outbox is open and the lanes run before the first listener accepts.
//! In a reload the new lanes run before the first message is routed to them, and the old ones end after the last.
//! On the way down the listeners stop first and frames already read are answered, then the lanes finish the
//! attempt under way, and the outbox closes last.

mod acknowledge;
mod answers;
mod archivist;
mod by_type;
mod certificates;
mod counts;
mod deliverer;
mod dispatch;
mod doors;
mod in_hand;
mod in_use;
mod intake;
mod lanes;
mod links;
mod look_ups;
mod pacer;
mod reload;
mod resend;
mod share;
mod silence;
mod status;
mod stored;
mod switches;
mod telling;
mod traces;
mod transfer;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tracing::warn;

use crate::archive::ArchiveError;
use crate::audit::{self, Aside, Nodes};
use crate::calendar::Calendar;
use crate::config::Site;
use crate::durable;
use crate::outbox::{OpenError, Outbox};

pub use acknowledge::ControlIds;
pub use counts::{Count, DestinationCounts, LaneState, ListenerCounts, Trouble};
pub use in_hand::InHandError;
pub use reload::{Change, Changes, ReloadRequest, Reloaded, Reloader};
pub use resend::{
    FILE_NAME as RESENDS_FILE, FOLDER_NAME as RESENDS_FOLDER, Job, JobFailure, JobState, Jobs, JobsError,
    MESSAGES_MAX, Outcome as ResendOutcome, Preview, RATE_DEFAULT, RATE_MAX, Resend, ResendError, Resender,
    Resent, Shown, Wanted, Way, WrongState,
};
pub use status::{AuditWaiting, Running, Status};
pub use switches::{FILE_NAME as SWITCHES_FILE, Switch, SwitchError, Switches, numbers_told, renumber};

use answers::Answers;
use archivist::Archivist;
use certificates::Certificates;
use doors::{Behind, BindError, Doors};
use in_hand::InHand;
use lanes::Lanes;
use look_ups::{LookUps, NoRows};

/// In the data folder: where a restore makes everything, until all of it is there. No engine starts beside it.
pub const RESTORING: &str = "outbox.restoring";

/// Why an engine could not start. Nothing of it runs then, and nothing was accepted.
#[derive(Debug, Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error("outbox: {0}")]
    Outbox(#[from] OpenError),
    /// A restore is at work in the data folder, or was cut short.
    #[error("{}: a restore is at work here, or did not come to its end: wait for it, or remove this folder", .0.display())]
    Restoring(PathBuf),
    /// What people told the lanes cannot be read.
    #[error(transparent)]
    Switches(#[from] SwitchError),
    /// What was in hand at the last crash cannot be read.
    #[error(transparent)]
    InHand(#[from] InHandError),
    /// A port or folder cannot be taken.
    #[error("{name}: {attempt}: {cause}: {hint}")]
    Bind {
        /// The listener.
        name: Arc<str>,
        /// What was tried, as `binding 127.0.0.1:2575`.
        attempt: String,
        /// What to look for.
        hint: &'static str,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A table that a database gives has no rows.
    #[error("table {table}: {reason}: is the database there?")]
    Table {
        /// The table.
        table: Arc<str>,
        /// What went wrong.
        reason: String,
    },
    /// The thread that keeps the archive cannot be started.
    #[error("archive: {0}")]
    Archive(#[from] std::io::Error),
    /// The archive is encrypted and the site has not its key, or the other way round.
    #[error("archive: {0}")]
    ArchiveRefused(#[source] ArchiveError),
    /// A thread ended in the middle of the start.
    #[error("internal error while starting")]
    Internal,
}

/// How long the archive may take to get what is still in the journal when weir stops.
const ARCHIVE_GRACE: Duration = Duration::from_secs(5);

/// A running site.
pub struct Engine {
    site: Site,
    status: Arc<Status>,
    outbox: Outbox,
    doors: Doors,
    lanes: Lanes,
    certificates: Certificates,
    /// Keeps the archive, where there is one.
    archivist: Option<Archivist>,
    silence: silence::Watch,
    look_ups: LookUps,
    resends: Jobs,
    nodes: Nodes,
}

impl Engine {
    /// Opens the outbox, takes every port, then lets lanes and listeners run. Who is refused is written down there.
    ///
    /// # Errors
    /// When the outbox cannot be opened or a port cannot be taken.
    pub async fn start(site: Site, audit: &audit::Log) -> Result<Engine, StartError> {
        let outbox = open_outbox(&site).await?;
        let running = Running::of(&site, BTreeMap::new(), in_use::begin().0);
        let switches = Arc::new(Switches::open(&site.data, outbox.store_id())?);
        let data = site.data.clone();
        let calendar = tokio::task::spawn_blocking(move || Calendar::open(&data))
            .await
            .map_err(io::Error::other)?;
        let status = Status::new(running, outbox.clone(), Arc::clone(&switches), calendar);
        let status = Arc::new(status);
        let nodes = Nodes::new(audit.clone());
        let archivist = match &site.archive {
            Some(settings) => {
                let traces = site.traces.as_ref().map(|traces| (traces, nodes.clone()));
                Some(Archivist::start(&outbox, &status, settings, traces).await?)
            }
            None => None,
        };
        let answers = Answers::new();
        let behind = Behind {
            outbox: outbox.clone(),
            status: Arc::clone(&status),
            answers: Arc::clone(&answers),
            in_hand: Arc::new(InHand::open(&site.data)?),
            refusals: Aside::new(audit.clone()),
        };
        let resender = Resender::new(Arc::clone(&status), Arc::clone(&behind.in_hand));
        let resends = Jobs::open(&site.data, resender);
        let mut doors = Doors::new(behind, site.read_bytes_max);
        let sockets = doors.bind(&site).await?;
        let look_ups = begin_look_ups(&site, audit, &nodes).await?;
        let mut lanes = Lanes::new(
            outbox.clone(),
            Arc::clone(&status),
            switches,
            answers,
            Aside::new(audit.clone()),
        );
        let assumed = stored::assumed(&site);
        for (name, settings) in &site.destinations {
            lanes.start(name, settings, &assumed);
        }
        status.warn_of_orphans();
        // Nothing was taken by a site before this one.
        let _released = doors.open(&site, sockets);
        let silence = silence::Watch::start(&status, &site.data);
        let mut engine = Engine {
            certificates: Certificates::start(&status),
            site,
            status,
            outbox,
            doors,
            lanes,
            archivist,
            silence,
            look_ups,
            resends,
            nodes,
        };
        engine.announce();
        reload::count_from_zero();
        engine.status.set_ready(true);
        Ok(engine)
    }

    /// Where each listener listens, with the real port where port 0 was asked for.
    pub fn addresses(&self) -> BTreeMap<Arc<str>, SocketAddr> {
        self.doors.addresses()
    }

    /// The site that runs.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// The counts.
    pub fn status(&self) -> &Arc<Status> {
        &self.status
    }

    /// What sends messages of the archive again: one by one through its resender, and many as jobs.
    pub fn resends(&self) -> &Jobs {
        &self.resends
    }

    /// What writes down which nodes are not reached for want of trust.
    pub fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// Resolves when something has failed that cannot go on: the outbox, or a lane or listener that ended
    /// although nobody told it to. The only right thing left is to end the process and let a restart recover
    /// from disk.
    pub async fn failure(&mut self) -> String {
        tokio::select! {
            failure = self.outbox.failure() => failure.to_string(),
            failure = self.lanes.failure() => failure,
            failure = self.doors.failure() => failure,
        }
    }

    /// The same for the outbox alone, and without the engine, for whoever works with it meanwhile.
    pub fn outbox_failure(&self) -> impl Future<Output = String> + use<> {
        let outbox = self.outbox.clone();
        async move { outbox.failure().await.to_string() }
    }

    /// Stops in good order: listeners, lanes, archive, outbox.
    pub async fn stop(self) {
        self.status.set_ready(false);
        self.doors.stop().await;
        // An attempt that is dropped is ambiguous, and is made again after the next start.
        self.lanes.stop(self.site.stop_grace).await;
        if let Some(archivist) = self.archivist {
            archivist.stop(ARCHIVE_GRACE).await;
        }
        self.silence.stop().await;
        self.outbox.close().await;
    }
}

/// Reads the rows of all tables that a database gives. That one is not trusted survives a start that fails.
async fn begin_look_ups(site: &Site, audit: &audit::Log, nodes: &Nodes) -> Result<LookUps, StartError> {
    if !site.look_ups.is_empty() {
        nodes.recall(audit.clone()).await;
    }
    let look_ups = LookUps::new(&site.data, nodes.clone());
    if let Err(failures) = look_ups.fill(&site.look_ups).await {
        nodes.written().await;
        return Err(failures.into());
    }
    look_ups.keep(&site.look_ups);
    Ok(look_ups)
}

impl From<Vec<BindError>> for StartError {
    /// The first: a start has no list to show.
    fn from(errors: Vec<BindError>) -> StartError {
        let first = errors.into_iter().next();
        first.map_or(StartError::Internal, |error| StartError::Bind {
            name: error.name,
            attempt: error.attempt,
            hint: error.hint,
            cause: error.cause,
        })
    }
}

impl From<Vec<NoRows>> for StartError {
    fn from(failures: Vec<NoRows>) -> StartError {
        let first = failures.into_iter().next();
        first.map_or(StartError::Internal, |NoRows { table, reason }| {
            StartError::Table { table, reason }
        })
    }
}

/// Opens the store on a thread that may block.
async fn open_outbox(site: &Site) -> Result<Outbox, StartError> {
    let (folder, restoring) = (site.data.join("outbox"), site.data.join(RESTORING));
    let settings = site.outbox.clone();
    let (data, archive) = (
        site.data.clone(),
        site.archive.as_ref().map(|archive| archive.folder.clone()),
    );
    let open = if site.archive.is_some() {
        Outbox::open_with_journal
    } else {
        Outbox::open
    };
    let opened = tokio::task::spawn_blocking(move || {
        if restoring.exists() {
            return Err(StartError::Restoring(restoring));
        }
        let outbox = open(&folder, &settings)?;
        // Only now the data folder is this process's alone.
        remove_unfinished(&data, archive);
        Ok(outbox)
    });
    opened.await.map_err(|_| StartError::Internal)?
}

/// Removes what killed processes left of files in the data folder, in those right below it and in the archive's. What
/// cannot be removed takes room and does no harm.
fn remove_unfinished(data: &Path, archive: Option<PathBuf>) {
    let below = std::fs::read_dir(data).into_iter().flatten().flatten();
    let below = below.map(|entry| entry.path()).filter(|path| path.is_dir());
    let folders = below.chain(archive).chain([data.to_owned()]);
    for folder in folders {
        match durable::remove_unfinished(&folder) {
            Err(error) if error.kind() != io::ErrorKind::PermissionDenied => {
                warn!(%error, folder = %folder.display(), "a file that was never finished stays");
            }
            // What may not be looked into is not weir's, as `lost+found`.
            Ok(()) | Err(_) => {}
        }
    }
}
