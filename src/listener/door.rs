//! A socket and the connections it accepts: counted, capped and, at the end, waited for.
//!
//! Where TLS is spoken, each connection agrees on it on its own, so that none waits for another's handshake.
//! What happens on a connection is its kind's affair.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::future::pending;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use metrics::{Gauge, counter, gauge};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tracing::{debug, error, info, warn};

use super::{count_failure, stopped};
use crate::metrics::{LISTENER_CONNECTIONS, LISTENER_REFUSED_CONNECTIONS_TOTAL};
use crate::seldom::Seldom;
use crate::tls::{self, Accepted, Owner, Stream, Trust};

/// How long accepting rests after the system refused a socket, most likely for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How many connections there may be, and how long the last ones may take to end.
pub(super) struct Caps {
    pub(super) connections_max: usize,
    pub(super) connections_per_address_max: usize,
    pub(super) stop_grace: Duration,
}

/// A socket that can be connected to. Clones share it; it is closed with the last of them.
#[derive(Clone)]
pub(super) struct Door {
    /// The address that was asked for.
    asked: SocketAddr,
    socket: Arc<TcpListener>,
}

impl Door {
    pub(super) async fn bind(address: SocketAddr) -> io::Result<Door> {
        Ok(Door {
            asked: address,
            socket: Arc::new(TcpListener::bind(address).await?),
        })
    }

    /// The same socket for settings that ask for this address.
    pub(super) fn again(&self, address: SocketAddr) -> Option<Door> {
        (self.asked == address).then(|| self.clone())
    }

    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Lets connections in until the shutdown, then waits until those that are open have ended.
    pub(super) async fn serve<F: Future<Output = ()> + Send + 'static>(
        self,
        name: Arc<str>,
        caps: Caps,
        tls: Option<tls::Server>,
        mut shutdown: watch::Receiver<bool>,
        serve: impl Fn(Accepted, SocketAddr) -> F + Clone + Send + 'static,
    ) {
        let owner = Owner::listener(&name);
        let mut fresh = pin!(tls::keep_fresh(tls.as_ref(), &owner));
        let greeting = Greeting {
            tls: tls.clone(),
            owner: owner.clone(),
            shutdown: shutdown.clone(),
        };
        let mut connections = Connections {
            name,
            caps,
            open: JoinSet::new(),
            from: HashMap::new(),
            from_address: HashMap::new(),
            lines: Seldom::default(),
        };
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut shutdown) => break,
                Some(ended) = connections.open.join_next_with_id() => connections.leave(ended),
                () = &mut fresh => {}
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, peer)) => {
                        let (mut greeting, serve) = (greeting.clone(), serve.clone());
                        connections.admit(peer, async move {
                            if let Some(mut accepted) = greeting.of(stream, peer).await {
                                let trust = accepted.trust.take();
                                tokio::select! {
                                    () = serve(accepted, peer) => {}
                                    () = lost(trust) => greeting.cut(peer),
                                }
                            }
                        });
                    }
                    Err(error) => connections.pause(&error).await,
                },
            }
        }
        drop(self.socket);
        connections.drain().await;
    }
}

/// Returns when the peer is not trusted any more; never where it has shown nothing.
async fn lost(trust: Option<Trust>) {
    match trust {
        Some(trust) => trust.lost().await,
        None => pending().await,
    }
}

/// How a connection begins.
#[derive(Clone)]
struct Greeting {
    tls: Option<tls::Server>,
    owner: Owner,
    shutdown: watch::Receiver<bool>,
}

impl Greeting {
    /// Tells of a connection that is cut.
    fn cut(&self, peer: SocketAddr) {
        warn!(listener = %self.owner.name, %peer, "connection cut: its certificate is not trusted any more");
        if let Some(tls) = &self.tls {
            tls.cut(peer, &self.owner);
        }
    }

    /// What to talk over; `None` when TLS is spoken and was not agreed on.
    async fn of(&mut self, stream: TcpStream, peer: SocketAddr) -> Option<Accepted> {
        // A reply waits for nothing; a failure here costs only speed.
        drop(stream.set_nodelay(true));
        let Some(tls) = &self.tls else {
            return Some(Accepted {
                stream: Stream::Plain(stream),
                certificate: None,
                trust: None,
            });
        };
        tokio::select! {
            accepted = tls.accept(stream, peer, &self.owner) => accepted,
            () = stopped(&mut self.shutdown) => None,
        }
    }
}

/// The open connections of one listener.
struct Connections {
    name: Arc<str>,
    caps: Caps,
    open: JoinSet<()>,
    from: HashMap<Id, IpAddr>,
    /// How many are open from each address.
    from_address: HashMap<IpAddr, usize>,
    lines: Seldom,
}

impl Connections {
    fn admit(&mut self, peer: SocketAddr, serving: impl Future<Output = ()> + Send + 'static) {
        let address = peer.ip().to_canonical();
        if let Some(kind) = self.cap_reached(address) {
            let name = Arc::clone(&self.name);
            counter!(LISTENER_REFUSED_CONNECTIONS_TOTAL, "listener" => name, "kind" => kind).increment(1);
            if let Some(leave) = self.lines.leave(kind) {
                let left_out = leave.left_out;
                warn!(listener = &*self.name, %peer, kind, left_out, "connection refused: too many are open");
            }
            return;
        }
        let task = self.open.spawn(serving);
        self.from.insert(task.id(), address);
        *self.from_address.entry(address).or_default() += 1;
        self.gauge().increment(1.0);
    }

    fn cap_reached(&self, address: IpAddr) -> Option<&'static str> {
        let from_address = self.from_address.get(&address).copied().unwrap_or_default();
        if self.from.len() >= self.caps.connections_max {
            Some("connections_max")
        } else if from_address >= self.caps.connections_per_address_max {
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
                    listener = &*self.name,
                    "a connection failed inside weir and was closed"
                );
                failure.id()
            }
        };
        if let Some(address) = self.from.remove(&id)
            && let Entry::Occupied(mut count) = self.from_address.entry(address)
        {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
        self.gauge().decrement(1.0);
    }

    /// Lets the connections that are open work on while no more can be accepted.
    async fn pause(&self, failure: &io::Error) {
        if matches!(
            failure.kind(),
            io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
        ) {
            debug!(listener = &*self.name, "connection gone before it was accepted");
            return;
        }
        count_failure(&self.name, "accept");
        if let Some(leave) = self.lines.leave("accept") {
            let left_out = leave.left_out;
            warn!(listener = &*self.name, %failure, left_out, "cannot accept connections, trying on");
        }
        sleep(ACCEPT_PAUSE).await;
    }

    async fn drain(&mut self) {
        let stop_grace = self.caps.stop_grace;
        let all_ended = async {
            while let Some(ended) = self.open.join_next_with_id().await {
                self.leave(ended);
            }
        };
        if timeout(stop_grace, all_ended).await.is_err() {
            let left = self.from.len();
            info!(
                listener = &*self.name,
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
        gauge!(LISTENER_CONNECTIONS, "listener" => Arc::clone(&self.name))
    }
}
