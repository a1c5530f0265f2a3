//! Starts, supervises and stops a site: listeners with their intake, and one lane per destination.
//!
//! Order matters twice. On the way up the outbox is open and the lanes run before the first listener accepts.
//! On the way down the listeners stop first and frames already read are answered, then the lanes finish the
//! attempt under way, and the outbox closes last.

mod acknowledge;
mod deliverer;
mod dispatch;
mod intake;
mod status;
mod transfer;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use thiserror::Error;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::{error, info};

use crate::config::Site;
use crate::destination::Destination;
use crate::listener::{self, Entrance, ReadBudget};
use crate::outbox::{OpenError, Outbox, OutboxError};

pub use acknowledge::ControlIds;
pub use status::{Count, DestinationCounts, ListenerCounts, Status};

use deliverer::Deliverer;
use intake::Intake;

/// Why an engine could not start. Nothing of it runs then, and nothing was accepted.
#[derive(Debug, Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error("outbox: {0}")]
    Outbox(#[from] OpenError),
    /// A port or folder cannot be taken.
    #[error("{name}: {place}: {cause}: {hint}")]
    Bind {
        /// The listener.
        name: Arc<str>,
        /// The address or folder asked for.
        place: String,
        /// What to look for.
        hint: &'static str,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A thread ended in the middle of the start.
    #[error("internal error while starting")]
    Internal,
}

/// How long attempts under way may take to end when weir stops.
const LANES_GRACE: Duration = Duration::from_secs(10);

/// A running site.
pub struct Engine {
    status: Arc<Status>,
    outbox: Outbox,
    addresses: BTreeMap<Arc<str>, SocketAddr>,
    listeners: Group<()>,
    lanes: Group<Result<(), OutboxError>>,
}

/// Tasks that are told to stop together and waited for together.
struct Group<T> {
    stop: watch::Sender<bool>,
    tasks: JoinSet<T>,
}

impl<T: Send + 'static> Group<T> {
    fn new() -> Group<T> {
        Group {
            stop: watch::Sender::new(false),
            tasks: JoinSet::new(),
        }
    }

    /// Tells every task to stop and waits until each has; those that take longer than the grace are dropped.
    async fn stop(mut self, grace: Duration) {
        self.stop.send_replace(true);
        let all_ended = async {
            while let Some(ended) = self.tasks.join_next().await {
                if ended.is_err() {
                    error!("a task ended in an internal error");
                }
            }
        };
        if timeout(grace, all_ended).await.is_err() {
            self.tasks.shutdown().await;
        }
    }
}

impl Engine {
    /// Opens the outbox, takes every port, then lets lanes and listeners run.
    ///
    /// # Errors
    /// When the outbox cannot be opened or a port cannot be taken.
    pub async fn start(site: Site) -> Result<Engine, StartError> {
        let outbox = open_outbox(&site).await?;
        let status = Arc::new(Status::new(
            site.listeners.keys(),
            site.destinations.keys(),
            outbox.clone(),
        ));
        status.count_backlog();
        status.warn_of_orphans();
        let mut engine = Engine {
            status,
            outbox,
            addresses: BTreeMap::new(),
            listeners: Group::new(),
            lanes: Group::new(),
        };
        let bound = engine.bind(&site).await?;
        engine.start_lanes(&site);
        engine.start_listeners(&site, bound);
        engine.status.set_ready(true);
        Ok(engine)
    }

    async fn bind(&mut self, site: &Site) -> Result<BTreeMap<Arc<str>, listener::Bound>, StartError> {
        let mut bound = BTreeMap::new();
        for (name, settings) in &site.listeners {
            let asked = settings.kind.entrance();
            let port = listener::bind(&settings.kind)
                .await
                .map_err(|cause| bind_error(name, asked, cause))?;
            let real = port.entrance().map_err(|cause| bind_error(name, asked, cause))?;
            if let Entrance::Socket(address) = real {
                self.addresses.insert(Arc::clone(name), address);
            }
            bound.insert(Arc::clone(name), port);
        }
        Ok(bound)
    }

    fn start_lanes(&mut self, site: &Site) {
        for (name, settings) in &site.destinations {
            let lane = Deliverer::new(
                Arc::clone(name),
                Destination::new(Arc::clone(name), settings.kind.clone()),
                settings,
                self.outbox.clone(),
                self.status.destination(name),
                self.lanes.stop.subscribe(),
            );
            self.lanes.tasks.spawn(lane.run());
        }
    }

    fn start_listeners(&mut self, site: &Site, bound: BTreeMap<Arc<str>, listener::Bound>) {
        let control_ids = Arc::new(ControlIds::starting_now());
        let budget = ReadBudget::new(site.read_bytes_max);
        for (name, port) in bound {
            let Some(settings) = site.listeners.get(&name) else {
                continue;
            };
            let intake = Arc::new(Intake::new(
                &name,
                settings,
                site,
                self.outbox.clone(),
                &self.status,
                &control_ids,
            ));
            let receive: listener::Intake =
                Arc::new(move |incoming| Arc::clone(&intake).receive(incoming).boxed());
            info!(listener = %name, "accepting");
            self.listeners.tasks.spawn(port.run(
                name,
                receive,
                budget.clone(),
                self.listeners.stop.subscribe(),
            ));
        }
    }

    /// Where each listener with a socket listens, with the real port where port 0 was asked for.
    pub fn addresses(&self) -> &BTreeMap<Arc<str>, SocketAddr> {
        &self.addresses
    }

    /// The counts.
    pub fn status(&self) -> &Arc<Status> {
        &self.status
    }

    /// Resolves when something has failed that cannot go on: the outbox, or a lane or listener that ended
    /// although nobody told it to. The only right thing left is to end the process and let a restart recover
    /// from disk.
    pub async fn failure(&mut self) -> String {
        tokio::select! {
            failure = self.outbox.failure() => failure.to_string(),
            Some(ended) = self.lanes.tasks.join_next() => match ended {
                Ok(Err(error)) => error.to_string(),
                Ok(Ok(())) | Err(_) => "internal error: a lane has ended".to_owned(),
            },
            Some(_) = self.listeners.tasks.join_next() => "internal error: a listener has ended".to_owned(),
        }
    }

    /// Stops in good order: listeners, lanes, outbox.
    pub async fn stop(self) {
        self.status.set_ready(false);
        // Listeners bound their own stop, each by its `stop_grace`.
        self.listeners.stop(Duration::MAX).await;
        // An attempt that is dropped is ambiguous, and is made again after the next start.
        self.lanes.stop(LANES_GRACE).await;
        self.outbox.close().await;
    }
}

/// Opens the store on a thread that may block.
async fn open_outbox(site: &Site) -> Result<Outbox, StartError> {
    let folder = site.data.join("outbox");
    let settings = site.outbox.clone();
    let opened = tokio::task::spawn_blocking(move || Outbox::open(&folder, &settings))
        .await
        .map_err(|_| StartError::Internal)?;
    Ok(opened?)
}

fn bind_error(name: &Arc<str>, entrance: Entrance<'_>, cause: std::io::Error) -> StartError {
    let hint = match entrance {
        Entrance::Socket(_) => "is another weir running, or another program on that port?",
        Entrance::Folder(_) => "is it there, and may weir write to it?",
    };
    StartError::Bind {
        name: Arc::clone(name),
        place: match entrance {
            Entrance::Socket(address) => format!("binding {address}"),
            Entrance::Folder(folder) => format!("opening {}", folder.display()),
        },
        hint,
        cause,
    }
}
