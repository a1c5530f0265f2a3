//! The side that connects: destinations, and `weir send`.
//!
//! The certificate has to be that of the receiver by its name, and nothing turns that off.

use std::io;
use std::sync::Arc;

use thiserror::Error;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::client::{Resumption, VerifierBuilderError, WebPkiServerVerifier};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::sign::SingleCertAndKey;

use super::file::{self, FileError};
use super::fresh::{Build, Fresh};
use super::parts::{Made, Parts};
use super::server::unusable;
use super::settings::{ClientSettings, Name};
use super::{Owner, Within, outcome};

/// The settings, and what is spoken within.
struct Spoken {
    settings: ClientSettings,
    within: Within,
}

/// A handshake has failed. That is said with its own words, and kept for whoever asks why.
#[derive(Debug, Error)]
#[error("no TLS with the receiver: {0}")]
struct NoTls(#[source] io::Error);

/// Makes connections to receivers secret. Files are looked at before each connection. Clones share what was read.
#[derive(Clone)]
pub struct Client {
    fresh: Fresh<Spoken>,
    owner: Owner,
}

/// By which files the receiver of a connection was let through that is kept; none where it is a plain one. A copy is
/// about the same moment.
#[derive(Clone, Default)]
pub struct Since(Option<(Client, watch::Receiver<()>)>);

impl Client {
    /// Reads nothing yet.
    pub fn new(settings: ClientSettings, within: Within, owner: Owner) -> Client {
        Client {
            fresh: Fresh::new(Spoken { settings, within }),
            owner,
        }
    }

    /// The name that a certificate has to have, where the settings say one.
    pub fn server_name(&self) -> Option<&Name> {
        self.fresh.settings().settings.server_name.as_ref()
    }

    /// What to connect with now, for whoever makes the handshake on its own.
    ///
    /// # Errors
    /// When the files cannot be used.
    pub async fn config(&self) -> io::Result<Arc<ClientConfig>> {
        self.fresh.now(&self.owner).await.map_err(io::Error::other)
    }

    /// Makes the handshake with the receiver at this host.
    ///
    /// # Errors
    /// When the files cannot be used, the receiver is not who it should be, or either side refuses.
    pub async fn connect(&self, host: &str, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        match self.shake_hands(host, stream).await {
            Ok(stream) => {
                let (_, session) = stream.get_ref();
                outcome::count(&self.owner, outcome::agreed(session.protocol_version()));
                Ok(stream)
            }
            Err(failure) => {
                outcome::count(&self.owner, outcome::failed(&failure));
                Err(io::Error::new(failure.kind(), NoTls(failure)))
            }
        }
    }

    pub(super) async fn shake_hands(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        let name = match self.server_name() {
            Some(name) => name.clone(),
            None => Name::parse(host).ok_or_else(|| {
                let message = "no certificate could have the name of its host: say one by `server_name`";
                io::Error::new(io::ErrorKind::InvalidInput, message)
            })?,
        };
        let config = self.config().await?;
        let limit = self.fresh.settings().settings.handshake_timeout;
        timeout(limit, TlsConnector::from(config).connect(name.0, stream))
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Since {
    /// The files as they are now, for whoever connects next with this client, if there is one, and keeps that connection.
    pub async fn now(client: Option<&Client>) -> Since {
        let Some(client) = client else {
            return Since::default();
        };
        // What is wrong with them is told by whoever connects.
        drop(client.config().await);
        Since(Some((client.clone(), client.fresh.renewals())))
    }

    /// Whether they count for something else by now. A connection from before is to be given up then: its receiver may
    /// not be trusted any more, and a new handshake tells.
    pub async fn has_changed(&self) -> bool {
        let Some((client, renewals)) = &self.0 else {
            return false;
        };
        drop(client.config().await);
        renewals.has_changed().unwrap_or(false)
    }
}

impl Build for Spoken {
    type Config = ClientConfig;

    fn parts(&self) -> Parts {
        Parts::of_client(&self.settings)
    }

    fn build(&self, made: Made) -> Result<ClientConfig, FileError> {
        let mut config = self.settings.config(made)?;
        config.alpn_protocols = self.within.names();
        Ok(config)
    }
}

impl ClientSettings {
    /// What to connect with, of what the files are. Blocks.
    pub(super) fn config(&self, made: Made) -> Result<ClientConfig, FileError> {
        let roots = match made.roots {
            Some(roots) => roots,
            None => file::of_the_machine()?,
        };
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .with_crls(made.lists)
            .build()
            .map_err(|error| match error {
                VerifierBuilderError::InvalidCrl(_) => unusable(file::REVOKED, error),
                VerifierBuilderError::NoRootAnchors | _ => unusable(file::TRUSTED, error),
            })?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(self.minimum_version.and_newer())
            .map_err(|error| unusable(&[], error))?
            .with_webpki_verifier(verifier);
        let mut config = match made.identity {
            Some(identity) => {
                let shown = SingleCertAndKey::from(Arc::clone(&identity.shown));
                builder.with_client_cert_resolver(Arc::new(shown))
            }
            None => builder.with_no_client_auth(),
        };
        // Each connection is judged by what is trusted when it begins.
        config.resumption = Resumption::disabled();
        Ok(config)
    }
}
