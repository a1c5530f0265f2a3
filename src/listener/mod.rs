//! Listeners: where messages come in, one file per kind.
//!
//! A listener turns what arrives into frames, hands each to the intake it was given, and writes the replies back
//! in the order of the frames. It knows nothing of HL7: what a frame means and what is answered is the
//! intake's. It never answers on its own, and never reads more than the intake has room for.

mod budget;
mod connection;
pub mod mllp;
mod reading;
mod release_2;

#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::watch;

use crate::mllp::Frame;

pub use budget::ReadBudget;

/// The settings of a listener, by kind.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Settings {
    /// HL7 v2 over MLLP.
    Mllp(mllp::Settings),
}

impl Settings {
    /// The address to listen on.
    pub fn bind(&self) -> SocketAddr {
        match self {
            Settings::Mllp(settings) => settings.bind,
        }
    }
}

/// A frame on its way to the intake.
#[derive(Debug)]
pub struct Incoming {
    /// What was received.
    pub frame: Frame,
}

/// What goes back for one frame.
#[derive(Default)]
pub struct Reply {
    /// HL7 messages to frame and write: none, one, an accept and an application acknowledgment, or one for each
    /// message of a batch.
    pub frames: Vec<Bytes>,
    /// Whether to read no more from this connection and close it once the frames already taken are answered.
    pub close: bool,
    /// The message could not be stored now, and may be sent again as it is.
    pub is_unstored: bool,
}

/// Sizes only: an acknowledgment may quote its message.
impl fmt::Debug for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<usize> = self.frames.iter().map(Bytes::len).collect();
        formatter
            .debug_struct("Reply")
            .field("frame_bytes", &sizes)
            .field("close", &self.close)
            .field("is_unstored", &self.is_unstored)
            .finish()
    }
}

/// What a listener does with a frame.
///
/// The outer future ends when the message is queued for the outbox: its order among the others of its connection
/// is then settled, and the next frame may be taken. The inner one ends when the reply is known. Either may be
/// dropped when the connection breaks; what is queued by then stays queued.
pub type Intake = Arc<dyn Fn(Incoming) -> BoxFuture<'static, BoxFuture<'static, Reply>> + Send + Sync>;

/// A listener that has its socket and takes connections once [`run`](Bound::run). Clones share the socket, which is
/// closed with the last of them.
#[derive(Clone)]
pub enum Bound {
    /// HL7 v2 over MLLP.
    Mllp(mllp::Bound),
}

/// Takes the port, so that a port in use is told before anything starts.
pub async fn bind(settings: &Settings) -> io::Result<Bound> {
    match settings {
        Settings::Mllp(settings) => mllp::Bound::bind(settings).await.map(Bound::Mllp),
    }
}

impl Bound {
    /// The same socket with other settings, if they ask for the address it has: then no connection that arrives
    /// meanwhile is refused. Port 0 asks for whatever port it has.
    pub fn again(&self, settings: &Settings) -> Option<Bound> {
        match (self, settings) {
            (Bound::Mllp(bound), Settings::Mllp(settings)) => bound.again(settings).map(Bound::Mllp),
        }
    }

    /// The address that was bound; the port is the real one when port 0 was asked for.
    pub fn address(&self) -> io::Result<SocketAddr> {
        match self {
            Bound::Mllp(bound) => bound.address(),
        }
    }

    /// Serves until `shutdown` turns true (or its sender is gone): then accepts and reads no more, answers the
    /// frames already taken, and returns when every connection is closed or the grace time is over.
    pub async fn run(
        self,
        name: Arc<str>,
        intake: Intake,
        budget: ReadBudget,
        shutdown: watch::Receiver<bool>,
    ) {
        match self {
            Bound::Mllp(bound) => bound.run(name, intake, budget, shutdown).await,
        }
    }
}

/// Resolves once the shutdown has begun.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // An error means that whoever could say "stop" is gone: that is a stop too.
    drop(shutdown.wait_for(|stop| *stop).await);
}
