//! Listeners: where messages come in, one file per kind.
//!
//! A listener turns what arrives into frames, hands each to the intake it was given, and writes the replies back
//! in the order of the frames. It knows nothing of HL7: what a frame means and what is answered is the
//! intake's. It never answers on its own, and never reads more than the intake has room for.

mod budget;
mod connection;
mod door;
pub mod folder;
pub mod http;
pub mod mllp;
mod reading;
mod release_2;
mod sides;

#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use metrics::counter;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::watch;

use crate::metrics::LISTENER_FAILURES_TOTAL;
use crate::mllp::Frame;
use crate::tls::{self, Certificate, Owner, Plaintext, ServerSettings};

pub use budget::ReadBudget;

/// The settings of a listener, by kind.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Settings {
    /// HL7 v2 over MLLP.
    Mllp(mllp::Settings),
    /// Files that are put into a folder.
    Folder(folder::Settings),
    /// HL7 v2 over HTTP.
    Http(http::Settings),
}

/// Where messages come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrance<'a> {
    /// A socket at this address.
    Socket(SocketAddr),
    /// A folder.
    Folder(&'a Path),
}

impl fmt::Display for Entrance<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entrance::Socket(address) => write!(formatter, "{address}"),
            Entrance::Folder(folder) => write!(formatter, "{}", folder.display()),
        }
    }
}

impl Settings {
    /// The key of its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Settings::Mllp(_) => "mllp",
            Settings::Folder(_) => "folder",
            Settings::Http(_) => "http",
        }
    }

    /// Where messages come in.
    pub fn entrance(&self) -> Entrance<'_> {
        match self {
            Settings::Mllp(settings) => Entrance::Socket(settings.bind),
            Settings::Folder(settings) => Entrance::Folder(&settings.folder),
            Settings::Http(settings) => Entrance::Socket(settings.bind),
        }
    }

    /// How it speaks TLS, and whether it may do without where others could read along; `None` for kinds without a socket.
    pub fn security(&self) -> Option<(Option<&ServerSettings>, Option<Plaintext>)> {
        match self {
            Settings::Mllp(settings) => Some((settings.tls.as_ref(), settings.plaintext)),
            Settings::Http(settings) => Some((settings.tls.as_ref(), settings.plaintext)),
            Settings::Folder(_) => None,
        }
    }

    /// Paths in it taken from this folder.
    pub fn resolve(&mut self, folder: &Path) {
        match self {
            Settings::Mllp(settings) => settings.tls.iter_mut().for_each(|tls| tls.resolve(folder)),
            Settings::Http(settings) => settings.tls.iter_mut().for_each(|tls| tls.resolve(folder)),
            Settings::Folder(settings) => settings.folder = folder.join(&settings.folder),
        }
    }

    /// The longest frame it reads.
    pub fn frame_bytes_max(&self) -> usize {
        match self {
            Settings::Mllp(settings) => settings.frame_bytes_max,
            Settings::Folder(settings) => settings.frame_bytes_max,
            Settings::Http(settings) => settings.frame_bytes_max,
        }
    }
}

/// A frame on its way to the intake.
#[derive(Debug)]
pub struct Incoming {
    /// What was received.
    pub frame: Frame,
    /// Whether it was a file: those may be in UTF-16, which no frame can be.
    pub is_file: bool,
    /// The certificate of whoever sent it, where TLS has asked for one.
    pub certificate: Option<Arc<Certificate>>,
    /// Where it came from, unless it was a file.
    pub peer: Option<SocketAddr>,
}

/// What goes back for one frame.
#[derive(Default)]
pub struct Reply {
    /// HL7 messages to frame and write: none, one, an accept and an application acknowledgment, or one for each
    /// message of a batch.
    pub frames: Vec<Bytes>,
    /// Whether to read no more from this connection and close it once the frames already taken are answered.
    pub close: bool,
    /// What was decided, for kinds whose senders do not read acknowledgments.
    pub ruling: Ruling,
    /// What follows when it is known: an application acknowledgment that somebody else gives.
    pub rest: Option<BoxFuture<'static, Reply>>,
}

impl Reply {
    /// All of it, where only one answer fits.
    async fn whole(mut self) -> Reply {
        while let Some(rest) = self.rest.take() {
            let rest = rest.await;
            self.frames.extend(rest.frames);
            self.close |= rest.close;
            self.ruling = self.ruling.max(rest.ruling);
            self.rest = rest.rest;
        }
        self
    }

    /// All of it that keeps its place among the replies of a connection: a first part, if there is one, and else the
    /// whole.
    async fn begun(self) -> Reply {
        if self.frames.is_empty() {
            self.whole().await
        } else {
            self
        }
    }
}

/// What the intake decided about a frame; the worst comes last. The reasons are weir's own words, without content.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ruling {
    /// It is taken: all that is owed because of it is durable.
    #[default]
    Accepted,
    /// Its content is wrong, and why (AE).
    Erroneous(String),
    /// It is not for this listener, and why (AR).
    Rejected(String),
    /// It may be right, but nothing can be stored just now.
    Unavailable,
}

/// Sizes only: an acknowledgment may quote its message.
impl fmt::Debug for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<usize> = self.frames.iter().map(Bytes::len).collect();
        formatter
            .debug_struct("Reply")
            .field("frame_bytes", &sizes)
            .field("close", &self.close)
            .field("ruling", &self.ruling)
            .field("has_rest", &self.rest.is_some())
            .finish()
    }
}

/// What a listener does with a frame.
///
/// The outer future ends when the message is queued for the outbox: its order among the others of its connection
/// is then settled, and the next frame may be taken. The inner one ends when the reply is known. Either may be
/// dropped when the connection breaks; what is queued by then stays queued.
pub type Intake = Arc<dyn Fn(Incoming) -> BoxFuture<'static, BoxFuture<'static, Reply>> + Send + Sync>;

/// A listener that has its socket or folder and takes messages once [`run`](Bound::run). Clones share a socket, which
/// is closed with the last of them.
#[derive(Clone)]
pub enum Bound {
    /// HL7 v2 over MLLP.
    Mllp(mllp::Bound),
    /// Files that are put into a folder.
    Folder(folder::Bound),
    /// HL7 v2 over HTTP.
    Http(http::Bound),
}

/// Takes the port or folder, so that a port in use is told before anything starts.
pub async fn bind(settings: &Settings) -> io::Result<Bound> {
    match settings {
        Settings::Mllp(settings) => mllp::Bound::bind(settings).await.map(Bound::Mllp),
        Settings::Folder(settings) => folder::Bound::open(settings).await.map(Bound::Folder),
        Settings::Http(settings) => http::Bound::bind(settings).await.map(Bound::Http),
    }
}

impl Bound {
    /// The same socket or folder with other settings, if they ask for the address it has: then no connection that
    /// arrives meanwhile is refused. Port 0 asks for whatever port it has.
    pub fn again(&self, settings: &Settings) -> Option<Bound> {
        let door = match self {
            Bound::Mllp(bound) => Some(bound.door()),
            Bound::Http(bound) => Some(bound.door()),
            Bound::Folder(_) => None,
        };
        match (self, settings) {
            (_, Settings::Mllp(settings)) => {
                let door = door?.again(settings.bind)?;
                Some(Bound::Mllp(mllp::Bound::on(door, settings)))
            }
            (_, Settings::Http(settings)) => {
                let door = door?.again(settings.bind)?;
                Some(Bound::Http(http::Bound::on(door, settings)))
            }
            (Bound::Folder(bound), Settings::Folder(settings)) => bound.again(settings).map(Bound::Folder),
            (Bound::Mllp(_) | Bound::Http(_), Settings::Folder(_)) => None,
        }
    }

    /// Reads its certificates, if that was not done or they have changed since.
    ///
    /// # Errors
    /// When they cannot be used, and never could: what is wrong later changes nothing.
    pub async fn renew(&self, name: &Arc<str>) -> io::Result<()> {
        let server = match self {
            Bound::Mllp(bound) => bound.tls(),
            Bound::Http(bound) => bound.tls(),
            Bound::Folder(_) => None,
        };
        match server {
            Some(server) => server.renew(&Owner::listener(name)).await,
            None => Ok(()),
        }
    }

    /// Has this told of whoever is refused for their certificate from now on, on all clones.
    pub fn tell_refusals(&self, witness: tls::Witness) {
        let server = match self {
            Bound::Mllp(bound) => bound.tls(),
            Bound::Http(bound) => bound.tls(),
            Bound::Folder(_) => None,
        };
        if let Some(server) = server {
            server.tell_refusals(witness);
        }
    }

    /// Where it is; the port is the real one when port 0 was asked for.
    pub fn entrance(&self) -> io::Result<Entrance<'_>> {
        match self {
            Bound::Mllp(bound) => bound.address().map(Entrance::Socket),
            Bound::Folder(bound) => Ok(Entrance::Folder(bound.folder())),
            Bound::Http(bound) => bound.address().map(Entrance::Socket),
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
            Bound::Folder(bound) => bound.run(name, intake, budget, shutdown).await,
            Bound::Http(bound) => bound.run(name, intake, budget, shutdown).await,
        }
    }
}

/// Resolves once the shutdown has begun.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // An error means that whoever could say "stop" is gone: that is a stop too.
    drop(shutdown.wait_for(|stop| *stop).await);
}

fn count_failure(listener: &Arc<str>, kind: &'static str) {
    counter!(LISTENER_FAILURES_TOTAL, "listener" => Arc::clone(listener), "kind" => kind).increment(1);
}

/// The intake of one frame; `None` when it panicked, which is this message's trouble and no other's.
fn guard_intake(
    intake: &Intake,
    incoming: Incoming,
) -> BoxFuture<'static, Option<BoxFuture<'static, Reply>>> {
    let intake = Arc::clone(intake);
    let taking = async move { Some(intake(incoming).await) };
    AssertUnwindSafe(taking)
        .catch_unwind()
        .map(|taken| taken.unwrap_or(None))
        .boxed()
}

/// The whole reply to one frame. When it panicked nothing can be said; the sender learns it from the closed connection.
async fn guard_reply(reply: impl Future<Output = Reply>) -> Option<Reply> {
    guard_part(reply.then(Reply::whole)).await
}

/// What of a reply keeps its place among others, in the same way.
async fn guard_begun(reply: BoxFuture<'static, Reply>) -> Option<Reply> {
    guard_part(reply.then(Reply::begun)).await
}

/// A part of a reply, in the same way.
async fn guard_part(part: impl Future<Output = Reply>) -> Option<Reply> {
    AssertUnwindSafe(part).catch_unwind().await.ok()
}
