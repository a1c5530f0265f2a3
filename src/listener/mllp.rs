//! MLLP listeners: their settings and their socket.
//!
//! Which connections are let in is in `door.rs`, what happens on one in `connection.rs`.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::watch;

use super::connection::{Service, serve};
use super::door::{Caps, Door};
use super::{Intake, ReadBudget};
use crate::mllp::{Release, Strictness};
use crate::tls::{self, Plaintext, ServerSettings, Within};
use crate::units;

/// The settings of an MLLP listener.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The address and port to listen on, as `127.0.0.1:2575`, or `0.0.0.0:2575` for every interface.
    #[schemars(extend("pattern" = "^.+:[0-9]{1,5}$"))]
    pub bind: SocketAddr,
    /// TLS: `certificate`, `key`, and `clients` for who may connect.
    #[serde(default)]
    pub tls: Option<ServerSettings>,
    /// `accepted`: messages may come unencrypted from other machines.
    #[serde(default)]
    pub plaintext: Option<Plaintext>,
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
    /// `lenient` (the default) accepts a message that ends in `0x1C` without `0x0D`, or with `0x0A` in its place, when
    /// the next one begins right after or nothing follows for a moment; `strict` closes the connection.
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
            tls: None,
            plaintext: None,
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

pub(super) fn default_frame_bytes_max() -> usize {
    32 * 1024 * 1024
}

pub(super) fn default_frame_deadline() -> Duration {
    Duration::from_secs(30)
}

fn default_idle_timeout() -> Duration {
    Duration::from_secs(60 * 60)
}

pub(super) fn default_write_timeout() -> Duration {
    Duration::from_secs(30)
}

pub(super) fn default_connections_max() -> NonZeroUsize {
    const { NonZeroUsize::new(256).expect("is not zero") }
}

pub(super) fn default_connections_per_address_max() -> NonZeroUsize {
    const { NonZeroUsize::new(32).expect("is not zero") }
}

fn default_pipeline_max() -> NonZeroUsize {
    const { NonZeroUsize::new(64).expect("is not zero") }
}

pub(super) fn default_stop_grace() -> Duration {
    Duration::from_secs(10)
}

/// A listener with its socket.
#[derive(Clone)]
pub struct Bound {
    door: Door,
    tls: Option<tls::Server>,
    settings: Settings,
}

impl Bound {
    pub(super) async fn bind(settings: &Settings) -> io::Result<Bound> {
        Ok(Bound::on(Door::bind(settings.bind).await?, settings))
    }

    /// On a socket that is there already.
    pub(super) fn on(door: Door, settings: &Settings) -> Bound {
        let server = |settings| tls::Server::new(settings, Within::Other);
        Bound {
            door,
            tls: settings.tls.as_ref().map(server),
            settings: settings.clone(),
        }
    }

    pub(super) fn door(&self) -> &Door {
        &self.door
    }

    pub(super) fn tls(&self) -> Option<&tls::Server> {
        self.tls.as_ref()
    }

    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.door.address()
    }

    pub(super) async fn run(
        self,
        name: Arc<str>,
        intake: Intake,
        budget: ReadBudget,
        shutdown: watch::Receiver<bool>,
    ) {
        let Bound { door, tls, settings } = self;
        let caps = Caps {
            connections_max: settings.connections_max.get(),
            connections_per_address_max: settings.connections_per_address_max.get(),
            stop_grace: settings.stop_grace,
        };
        let service = Service::new(Arc::clone(&name), settings, intake, budget, shutdown.clone());
        let service = Arc::new(service);
        let serve = move |accepted, peer| serve(accepted, peer, Arc::clone(&service));
        door.serve(name, caps, tls, shutdown, serve).await;
    }
}
