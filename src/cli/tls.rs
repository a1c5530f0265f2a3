//! TLS at the prompt: the same files as in a site, named by options.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::secret::SecretPlace;
use crate::tls::{self, ClientSettings, Clients, Files, Name, Owner, ServerSettings, Within};

/// How `weir send` speaks TLS.
#[derive(Args)]
pub(super) struct Connecting {
    /// Speak TLS; so does each of the options below.
    #[arg(long)]
    tls: bool,
    /// The authorities to trust, in PEM, instead of those that the machine trusts.
    #[arg(long, value_name = "FILE")]
    trusted: Option<PathBuf>,
    /// The certificate to show, in PEM.
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// Its private key, in PEM, readable by you alone.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// The name that the receiver's certificate has to have, where it is not HOST.
    #[arg(long, value_name = "NAME", value_parser = name)]
    server_name: Option<Name>,
}

fn name(text: &str) -> Result<Name, &'static str> {
    Name::parse(text).ok_or("expected a host name or an IP address")
}

impl Connecting {
    /// What to connect with; none without TLS.
    pub(super) fn client(&self) -> Option<tls::Client> {
        let is_asked =
            self.tls || self.trusted.is_some() || self.certificate.is_some() || self.server_name.is_some();
        let settings = ClientSettings {
            trusted: self.trusted.clone().map(|file| Files(vec![file])),
            certificate: self.certificate.clone(),
            key: self.key.clone().map(SecretPlace::File),
            server_name: self.server_name.clone(),
            ..ClientSettings::default()
        };
        let owner = Owner::destination(&Arc::from("send"));
        is_asked.then(|| tls::Client::new(settings, Within::Other, owner))
    }
}

/// How `weir listen` speaks TLS.
#[derive(Args)]
pub(super) struct Listening {
    /// Speak TLS and show this certificate, in PEM.
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// Its private key, in PEM, readable by you alone.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// Take only senders with a certificate of these authorities, in PEM.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    trusted: Option<PathBuf>,
}

impl Listening {
    /// What to show; none without TLS.
    pub(super) fn server(&self) -> Option<ServerSettings> {
        let (certificate, key) = (self.certificate.clone()?, self.key.clone()?);
        let mut settings = ServerSettings::new(certificate, SecretPlace::File(key));
        settings.clients = self.trusted.clone().map(|file| Clients {
            trusted: Files(vec![file]),
            required: true,
            revoked: Files(Vec::new()),
        });
        Some(settings)
    }
}
