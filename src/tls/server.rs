//! The side that is connected to: listeners and the pages.
//!
//! A handshake has a time limit, is counted by what became of it, and is made by whoever serves the connection, so that
//! a slow one holds up nobody else. Who fails is told by an alert, and the connection closed. Who was let in is looked at
//! again when authorities or lists of revoked certificates have changed.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use tokio_rustls::rustls::sign::SingleCertAndKey;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, server::VerifierBuilderError};
use tracing::{debug, warn};

use super::certificate::Certificate;
use super::file::{self, FileError};
use super::fresh::{Build, Fresh};
use super::parts::{Made, Parts};
use super::settings::ServerSettings;
use super::stream::{Stream, linger};
use super::{Owner, Within, outcome};
use crate::seldom::Seldom;

/// Between two looks at the files.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// The settings, and what is spoken within.
struct Spoken {
    settings: ServerSettings,
    within: Within,
}

/// Is told of a peer that was refused for its certificate, or for showing none, and why in one word.
pub type Witness = Arc<dyn Fn(SocketAddr, &'static str) + Send + Sync>;

/// Makes connections secret and says who connects. Clones share their certificates.
#[derive(Clone)]
pub struct Server {
    fresh: Fresh<Spoken>,
    witness: Arc<OnceLock<Witness>>,
    lines: Arc<Seldom>,
}

/// A connection after its handshake.
pub struct Accepted {
    /// What to talk over.
    pub stream: Stream,
    /// Who connects, where that was asked and shown.
    pub certificate: Option<Arc<Certificate>>,
    /// What tells when they are not trusted any more.
    pub trust: Option<Trust>,
}

/// What is kept of somebody who was let in by their certificate, to look at it again.
pub struct Trust {
    fresh: Fresh<Spoken>,
    renewals: watch::Receiver<()>,
    chain: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// Returns when authorities or lists of revoked certificates were read anew and do not let this one in any more.
    pub async fn lost(mut self) {
        while self.renewals.changed().await.is_ok() {
            let now = self.fresh.last();
            if now.is_some_and(|now| !now.lets_in(&self.chain)) {
                return;
            }
        }
        // Nobody reads anything anew any more.
        pending::<()>().await;
    }
}

/// What connections are made secret with.
pub(super) struct Config {
    pub(super) rustls: Arc<ServerConfig>,
    /// Who may connect, where certificates are asked for.
    clients: Option<Arc<dyn ClientCertVerifier>>,
}

impl Config {
    fn lets_in(&self, chain: &[CertificateDer<'_>]) -> bool {
        let (Some(clients), Some((own, others))) = (&self.clients, chain.split_first()) else {
            // Nobody asks any more.
            return true;
        };
        clients.verify_client_cert(own, others, UnixTime::now()).is_ok()
    }
}

/// Why there is no connection, and what is left of it.
pub(super) struct Refused {
    pub(super) failure: io::Error,
    pub(super) stream: Option<TcpStream>,
}

impl Server {
    /// Reads nothing yet.
    pub fn new(settings: &ServerSettings, within: Within) -> Server {
        let settings = settings.clone();
        Server {
            fresh: Fresh::new(Spoken { settings, within }),
            witness: Arc::default(),
            lines: Arc::default(),
        }
    }

    /// Has this told of refusals from now on; whoever was told before stays so.
    pub fn tell_refusals(&self, witness: Witness) {
        drop(self.witness.set(witness));
    }

    /// Reads the files, if that was not done or they have changed since.
    ///
    /// # Errors
    /// When they cannot be used, and never could: what is wrong later is said, and changes nothing.
    pub async fn renew(&self, owner: &Owner) -> io::Result<()> {
        self.fresh.now(owner).await.map(drop).map_err(io::Error::other)
    }

    /// Does that every second, and never returns.
    pub async fn keep_fresh(&self, owner: &Owner) {
        loop {
            sleep(LOOK_PAUSE).await;
            // What is wrong is said by whoever reads them.
            drop(self.renew(owner).await);
        }
    }

    /// Makes the handshake. A failure is counted, logged, and told to the peer as far as TLS can.
    pub async fn accept(&self, stream: TcpStream, peer: SocketAddr, owner: &Owner) -> Option<Accepted> {
        let Refused { failure, stream } = match self.shake_hands(stream, owner).await {
            Ok(accepted) => return Some(accepted),
            Err(refused) => refused,
        };
        let outcome = outcome::failed(&failure);
        outcome::count(owner, outcome);
        let (kind, name) = (owner.kind, &*owner.name);
        if outcome == outcome::CUT_OFF {
            // Somebody looked whether the port is open.
            debug!(kind, name, %peer, "connection gone before TLS was agreed on");
        } else if let Some(leave) = self.lines.leave(outcome) {
            let left_out = leave.left_out;
            warn!(kind, name, %peer, outcome, left_out, "no TLS with this peer: {failure}");
        }
        if let Some(witness) = self.witness.get()
            && outcome::is_of_certificate(outcome)
        {
            witness(peer, outcome);
        }
        if let Some(mut stream) = stream {
            linger(&mut stream).await;
        }
        None
    }

    /// Tells of a connection that was open and is cut, since its certificate is not trusted any more.
    pub fn cut(&self, peer: SocketAddr, owner: &Owner) {
        outcome::count(owner, outcome::CUT);
        if let Some(witness) = self.witness.get() {
            witness(peer, outcome::CUT);
        }
    }

    pub(super) async fn shake_hands(&self, stream: TcpStream, owner: &Owner) -> Result<Accepted, Refused> {
        // Before: what changes during the handshake is looked at after it.
        let renewals = self.fresh.renewals();
        let config = match self.fresh.last() {
            Some(config) => config,
            None => self.fresh.now(owner).await.map_err(|fault| Refused {
                failure: io::Error::other(fault),
                stream: None,
            })?,
        };
        let limit = self.fresh.settings().settings.handshake_timeout;
        let accepting = TlsAcceptor::from(Arc::clone(&config.rustls))
            .accept(stream)
            .into_fallible();
        match timeout(limit, accepting).await {
            Ok(Ok(stream)) => {
                let (_, session) = stream.get_ref();
                outcome::count(owner, outcome::agreed(session.protocol_version()));
                let chain = session.peer_certificates().unwrap_or_default();
                let certificate = chain.first().and_then(|first| Certificate::read(first));
                let trust = (!chain.is_empty()).then(|| Trust {
                    fresh: self.fresh.clone(),
                    renewals,
                    chain: chain.iter().map(|one| one.clone().into_owned()).collect(),
                });
                Ok(Accepted {
                    stream: Stream::Tls(Box::new(stream)),
                    certificate: certificate.map(Arc::new),
                    trust,
                })
            }
            Ok(Err((failure, stream))) => Err(Refused {
                failure,
                stream: Some(stream),
            }),
            Err(_) => Err(Refused {
                failure: io::ErrorKind::TimedOut.into(),
                stream: None,
            }),
        }
    }
}

impl Build for Spoken {
    type Config = Config;

    fn parts(&self) -> Parts {
        Parts::of_server(&self.settings)
    }

    fn build(&self, made: Made) -> Result<Config, FileError> {
        let mut config = self.settings.config(made)?;
        if let Some(rustls) = Arc::get_mut(&mut config.rustls) {
            rustls.alpn_protocols = self.within.names();
        }
        Ok(config)
    }
}

impl ServerSettings {
    /// What to make connections secret with, of what the files are. Blocks.
    pub(super) fn config(&self, made: Made) -> Result<Config, FileError> {
        let Some(identity) = made.identity else {
            return Err(unusable(file::CERTIFICATE, "there is no certificate to show"));
        };
        let clients = match (made.roots, &self.clients) {
            (Some(roots), Some(clients)) => Some(verifier(roots, made.lists, clients.required)?),
            (_, _) => None,
        };
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(self.minimum_version.and_newer())
            .map_err(|error| unusable(&[], error))?;
        let builder = match &clients {
            None => builder.with_no_client_auth(),
            Some(clients) => builder.with_client_cert_verifier(Arc::clone(clients)),
        };
        let shown = SingleCertAndKey::from(Arc::clone(&identity.shown));
        let mut config = builder.with_cert_resolver(Arc::new(shown));
        // A resumed session would be one whose certificate is not looked at again.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Config {
            rustls: Arc::new(config),
            clients,
        })
    }
}

/// Who may connect.
fn verifier(
    roots: RootCertStore,
    lists: Vec<CertificateRevocationListDer<'static>>,
    is_required: bool,
) -> Result<Arc<dyn ClientCertVerifier>, FileError> {
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).with_crls(lists);
    let verifier = if is_required {
        verifier
    } else {
        verifier.allow_unauthenticated()
    };
    verifier.build().map_err(|error| match error {
        VerifierBuilderError::InvalidCrl(_) => unusable(file::CLIENTS_REVOKED, error),
        VerifierBuilderError::NoRootAnchors | _ => unusable(file::CLIENTS_TRUSTED, error),
    })
}

/// An error of rustls over files that it has read.
pub(super) fn unusable(key: &'static [&'static str], error: impl std::fmt::Display) -> FileError {
    FileError {
        key,
        message: error.to_string(),
    }
}

/// Keeps a server fresh, or waits for ever where there is none.
pub async fn keep_fresh(server: Option<&Server>, owner: &Owner) {
    match server {
        Some(server) => server.keep_fresh(owner).await,
        None => pending().await,
    }
}
