//! The loop behind each socket of the console: accepts, bounds, and hands requests to a router.
//!
//! Every connection has a time for its headers and for taking its answers, and every socket a number of connections, so
//! that whoever sends nothing, or reads nothing, takes nothing from others. It knows no endpoint.

use std::convert::Infallible;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::serve::Listener;
use futures_util::future::BoxFuture;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;
use tracing::debug;

use super::shares::Shares;

/// The time for the headers of a request; a connection that waits for its next request is closed after it too.
const HEADER_MAX: Duration = Duration::from_secs(10);
/// All headers of a request, and as much of a body as is read before somebody asks for it.
const HEADER_BYTES_MAX: usize = 16 * 1024;
/// The number of headers of a request.
const HEADERS_MAX: usize = 64;
/// How long whoever asked may take none of an answer.
const WRITE_MAX: Duration = Duration::from_secs(30);
/// How many connections one socket serves at once; others wait to be accepted.
const CONNECTIONS_MAX: usize = 256;
/// How many of them from one address of another machine; more are closed at once.
const CONNECTIONS_PER_ADDRESS_MAX: usize = 64;

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    /// Somebody on this machine, by their number, as the system vouches for it.
    Local(Option<u32>),
    /// An address of the network.
    Address(IpAddr),
}

impl Peer {
    /// The address on another machine; a proxy on this one speaks for many.
    fn stranger(self) -> Option<IpAddr> {
        let Peer::Address(address) = self else {
            return None;
        };
        let address = address.to_canonical();
        (!address.is_loopback()).then_some(address)
    }
}

/// As the audit log names it.
impl fmt::Display for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peer::Local(_) => formatter.write_str("control socket"),
            Peer::Address(address) => address.fmt(formatter),
        }
    }
}

/// Somebody who was let in.
pub(super) struct Visitor {
    pub(super) peer: Peer,
    /// Returns when their connection has to end, whatever is being answered.
    pub(super) until: BoxFuture<'static, ()>,
}

/// Serves until `stop` resolves, and finishes what is being answered.
pub(super) async fn serve<L: Listener>(
    mut listener: L,
    visitor: fn(&L::Io, L::Addr) -> Visitor,
    router: Router,
    stop: impl Future<Output = ()> + Send,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let shares = Shares::new(CONNECTIONS_PER_ADDRESS_MAX);
    let connections = GracefulShutdown::new();
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_MAX)
        .max_buf_size(HEADER_BYTES_MAX)
        .max_headers(HEADERS_MAX);
    let mut stop = std::pin::pin!(stop);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, (stream, address)) = tokio::select! {
            () = stop.as_mut() => break,
            next = next => next,
        };
        let Visitor { peer, until } = visitor(&stream, address);
        let share = peer.stranger().map(|address| shares.take(address));
        if matches!(share, Some(None)) {
            debug!(%peer, "connection refused: too many are open from there");
            continue;
        }
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITE_MAX));
        let router = router.clone();
        let answer = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer);
            let router = router.clone();
            async move {
                Ok::<_, Infallible>(
                    router
                        .oneshot(request)
                        .await
                        .unwrap_or_else(|never| match never {}),
                )
            }
        });
        let connection = connections.watch(builder.serve_connection(TokioIo::new(Box::pin(stream)), answer));
        tokio::spawn(async move {
            tokio::select! {
                ended = connection => if let Err(failure) = ended {
                    // hyper's words quote nothing of what was received.
                    debug!(%peer, %failure, "connection given up");
                },
                () = until => {}
            }
            drop((place, share));
        });
    }
    connections.shutdown().await;
}
