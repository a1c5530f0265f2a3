//! MLLP listeners: the settings, the socket, and the connections it accepts.
//!
//! What happens on a connection is in `connection.rs`. Here connections are counted, capped and, at the end,
//! waited for.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use metrics::{Gauge, counter, gauge};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tracing::{debug, error, info, warn};

use super::connection::{Service, serve};
use super::{Intake, ReadBudget, stopped};
use crate::metrics::{LISTENER_CONNECTIONS, LISTENER_REFUSED_CONNECTIONS_TOTAL};
use crate::mllp::{Release, Strictness};
use crate::units;

/// How long accepting rests after the system refused a socket, most likely for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The settings of an MLLP listener.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The address and port to listen on, as `127.0.0.1:2575`, or `0.0.0.0:2575` for every interface.
    #[schemars(extend("pattern" = "^.+:[0-9]{1,5}$"))]
    pub bind: SocketAddr,
    /// The longest message, as `32MiB` (the default). A longer one is refused from its header, and the
    /// connection closed.
    #[serde(default = "default_frame_bytes_max", deserialize_with = "units::bytes")]
    pub frame_bytes_max: usize,
    /// The time from the first byte of a message to its last, as `30s` (the default). The connection of a
    /// slower sender is closed.
    #[serde(default = "default_frame_deadline", deserialize_with = "units::time_limit")]
    pub frame_deadline: Duration,
    /// How long a connection may stay open without a message, as `1h` (the default).
    #[serde(default = "default_idle_timeout", deserialize_with = "units::time_limit")]
    pub idle_timeout: Duration,
    /// How long a sender may take to read a reply, as `30s` (the default).
    #[serde(default = "default_write_timeout", deserialize_with = "units::time_limit")]
    pub write_timeout: Duration,
    /// How many connections may be open at once: 256 by default. One more is closed as soon as it is accepted.
    #[serde(default = "default_connections_max")]
    pub connections_max: NonZeroUsize,
    /// How many of them may come from one address: 32 by default.
    #[serde(default = "default_connections_per_address_max")]
    pub connections_per_address_max: NonZeroUsize,
    /// How many messages of one connection may wait for their replies before no more are read from it: 64 by
    /// default.
    #[serde(default = "default_pipeline_max")]
    pub pipeline_max: NonZeroUsize,
    /// `lenient` (the default) accepts a message that ends in `0x1C` without `0x0D`, when the next one begins
    /// right after or nothing follows for a moment; `strict` closes the connection.
    #[serde(default)]
    pub framing: Strictness,
    /// `1` (the default) or `2`: in MLLP release 2 every block is committed, by 0x06 or 0x15, before the next one.
    #[serde(default)]
    pub release: Release,
    /// How long connections may go on answering what they have read when weir stops, as `10s` (the default).
    #[serde(default = "default_stop_grace", deserialize_with = "units::duration")]
    pub stop_grace: Duration,
}

impl Settings {
    /// Every default, at this address.
    pub fn at(bind: SocketAddr) -> Settings {
        Settings {
            bind,
            frame_bytes_max: default_frame_bytes_max(),
            frame_deadline: default_frame_deadline(),
            idle_timeout: default_idle_timeout(),
            write_timeout: default_write_timeout(),
            connections_max: default_connections_max(),
            connections_per_address_max: default_connections_per_address_max(),
            pipeline_max: default_pipeline_max(),
            framing: Strictness::default(),
            release: Release::default(),
            stop_grace: default_stop_grace(),
        }
    }
}

fn default_frame_bytes_max() -> usize {
    32 * 1024 * 1024
}

fn default_frame_deadline() -> Duration {
    Duration::from_secs(30)
}

fn default_idle_timeout() -> Duration {
    Duration::from_secs(60 * 60)
}

fn default_write_timeout() -> Duration {
    Duration::from_secs(30)
}

fn default_connections_max() -> NonZeroUsize {
    const { NonZeroUsize::new(256).expect("is not zero") }
}

fn default_connections_per_address_max() -> NonZeroUsize {
    const { NonZeroUsize::new(32).expect("is not zero") }
}

fn default_pipeline_max() -> NonZeroUsize {
    const { NonZeroUsize::new(64).expect("is not zero") }
}

fn default_stop_grace() -> Duration {
    Duration::from_secs(10)
}

/// A listener with its socket.
#[derive(Clone)]
pub struct Bound {
    socket: Arc<TcpListener>,
    settings: Settings,
}

impl Bound {
    pub(super) async fn bind(settings: &Settings) -> io::Result<Bound> {
        let socket = TcpListener::bind(settings.bind).await?;
        Ok(Bound {
            socket: Arc::new(socket),
            settings: settings.clone(),
        })
    }

    pub(super) fn again(&self, settings: &Settings) -> Option<Bound> {
        (self.settings.bind == settings.bind).then(|| Bound {
            socket: Arc::clone(&self.socket),
            settings: settings.clone(),
        })
    }

    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    pub(super) async fn run(
        self,
        name: Arc<str>,
        intake: Intake,
        budget: ReadBudget,
        mut shutdown: watch::Receiver<bool>,
    ) {
        let Bound { socket, settings } = self;
        let stop_grace = settings.stop_grace;
        let service = Service::new(name, settings, intake, budget, shutdown.clone());
        let mut connections = Connections {
            service: Arc::new(service),
            open: JoinSet::new(),
            from: HashMap::new(),
        };
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut shutdown) => break,
                Some(ended) = connections.open.join_next_with_id() => connections.leave(ended),
                accepted = socket.accept() => match accepted {
                    Ok((stream, peer)) => connections.admit(stream, peer),
                    Err(error) => connections.pause(&error).await,
                },
            }
        }
        drop(socket);
        connections.drain(stop_grace).await;
    }
}

/// The open connections of one listener.
struct Connections {
    service: Arc<Service>,
    open: JoinSet<()>,
    from: HashMap<Id, IpAddr>,
}

impl Connections {
    fn admit(&mut self, stream: TcpStream, peer: SocketAddr) {
        let address = peer.ip().to_canonical();
        if let Some(kind) = self.cap_reached(address) {
            let name = self.service.label();
            counter!(LISTENER_REFUSED_CONNECTIONS_TOTAL, "listener" => name, "kind" => kind).increment(1);
            warn!(listener = self.service.name(), %peer, kind, "connection refused: too many are open");
            return;
        }
        let task = self.open.spawn(serve(stream, peer, Arc::clone(&self.service)));
        self.from.insert(task.id(), address);
        self.gauge().increment(1.0);
    }

    fn cap_reached(&self, address: IpAddr) -> Option<&'static str> {
        let settings = self.service.settings();
        let from_address = self.from.values().filter(|other| **other == address).count();
        if self.from.len() >= settings.connections_max.get() {
            Some("connections_max")
        } else if from_address >= settings.connections_per_address_max.get() {
            Some("connections_per_address_max")
        } else {
            None
        }
    }

    fn leave(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(failure) => {
                // The panic's text stays where it is: it may quote a message.
                error!(
                    listener = self.service.name(),
                    "a connection failed inside weir and was closed"
                );
                failure.id()
            }
        };
        self.from.remove(&id);
        self.gauge().decrement(1.0);
    }

    /// Lets the connections that are open work on while no more can be accepted.
    async fn pause(&self, failure: &io::Error) {
        if matches!(
            failure.kind(),
            io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
        ) {
            debug!(
                listener = self.service.name(),
                "connection gone before it was accepted"
            );
            return;
        }
        self.service.count_failure("accept");
        warn!(listener = self.service.name(), %failure, "cannot accept connections, trying on");
        sleep(ACCEPT_PAUSE).await;
    }

    async fn drain(&mut self, stop_grace: Duration) {
        let all_ended = async {
            while let Some(ended) = self.open.join_next_with_id().await {
                self.leave(ended);
            }
        };
        if timeout(stop_grace, all_ended).await.is_err() {
            let left = self.from.len();
            info!(
                listener = self.service.name(),
                left, "connections cut off at the end of the grace time"
            );
            self.open.shutdown().await;
            let gauge = self.gauge();
            self.from.drain().for_each(|_| gauge.decrement(1.0));
        }
    }

    /// Counted up and down: while a listener changes, the connections of its old settings and of its new ones are
    /// open together.
    fn gauge(&self) -> Gauge {
        gauge!(LISTENER_CONNECTIONS, "listener" => self.service.label())
    }
}
