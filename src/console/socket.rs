//! The socket of the pages, plain or over TLS: handshakes are made beside one another, and what is handed on to the
//! pages is agreed on already.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::Listener;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::warn;

use crate::tls::{self, Owner, Stream};

/// How many handshakes may be under way. Who comes when that many are waits in the backlog of the system.
const HANDSHAKES_MAX: usize = 64;
/// How long accepting rests after the system refused a socket.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A socket, plain or over TLS.
pub(super) struct Socket {
    listener: TcpListener,
    server: Option<tls::Server>,
    handshakes: JoinSet<Option<(Stream, SocketAddr)>>,
}

impl Socket {
    /// Plain without a server.
    pub(super) fn new(listener: TcpListener, server: Option<tls::Server>) -> Socket {
        Socket {
            listener,
            server,
            handshakes: JoinSet::new(),
        }
    }
}

impl Listener for Socket {
    type Io = Stream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Stream, SocketAddr) {
        loop {
            let may_accept = self.handshakes.len() < HANDSHAKES_MAX;
            tokio::select! {
                Some(ended) = self.handshakes.join_next() => {
                    if let Ok(Some(accepted)) = ended {
                        return accepted;
                    }
                }
                accepted = self.listener.accept(), if may_accept => match (accepted, &self.server) {
                    (Ok((stream, peer)), None) => return (Stream::Plain(stream), peer),
                    (Ok((stream, peer)), Some(server)) => {
                        let server = server.clone();
                        self.handshakes.spawn(async move {
                            let accepted = server.accept(stream, peer, &Owner::console()).await?;
                            Some((accepted.stream, peer))
                        });
                    }
                    (Err(failure), _) => {
                        warn!(%failure, "cannot accept connections, trying on");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
