//! The socket of the pages, plain or over TLS: handshakes are made beside one another, and what is handed on to the
//! pages is agreed on already.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::Listener;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::warn;

use crate::tls::{self, Owner, Stream, Trust};

/// How many handshakes may be under way. Who comes when that many are waits in the backlog of the system.
const HANDSHAKES_MAX: usize = 64;
/// How long accepting rests after the system refused a socket.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A socket, plain or over TLS.
pub(super) struct Socket {
    listener: TcpListener,
    server: Option<tls::Server>,
    handshakes: JoinSet<Option<(Stream, Guest)>>,
}

/// Who has connected.
pub(super) struct Guest {
    pub(super) address: SocketAddr,
    /// Of somebody who has shown a certificate, and who has looked at it.
    shown: Option<(Trust, tls::Server)>,
}

impl Guest {
    /// Somebody of whom no more is known than where they are.
    fn plain(address: SocketAddr) -> Guest {
        Guest { address, shown: None }
    }

    /// Returns when their certificate is not trusted any more, and says so; never where none was shown.
    pub(super) fn trust_lost(self) -> BoxFuture<'static, ()> {
        let peer = self.address;
        let Some((trust, server)) = self.shown else {
            return pending().boxed();
        };
        async move {
            trust.lost().await;
            warn!(%peer, "connection to the console cut: its certificate is not trusted any more");
            server.cut(peer, &Owner::console());
        }
        .boxed()
    }
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
    type Addr = Guest;

    async fn accept(&mut self) -> (Stream, Guest) {
        loop {
            let may_accept = self.handshakes.len() < HANDSHAKES_MAX;
            tokio::select! {
                Some(ended) = self.handshakes.join_next() => {
                    if let Ok(Some(accepted)) = ended {
                        return accepted;
                    }
                }
                accepted = self.listener.accept(), if may_accept => match (accepted, &self.server) {
                    (Ok((stream, address)), None) => return (Stream::Plain(stream), Guest::plain(address)),
                    (Ok((stream, address)), Some(server)) => {
                        let server = server.clone();
                        self.handshakes.spawn(async move {
                            let accepted = server.accept(stream, address, &Owner::console()).await?;
                            let shown = accepted.trust.map(|trust| (trust, server));
                            Some((accepted.stream, Guest { address, shown }))
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

    fn local_addr(&self) -> io::Result<Guest> {
        self.listener.local_addr().map(Guest::plain)
    }
}
