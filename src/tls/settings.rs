//! What is written of TLS: one form for whoever is connected to, one for whoever connects.
//!
//! Secrets are named, never written. Reading the files is the affair of `file.rs`.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use tokio_rustls::rustls::SupportedProtocolVersion;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::version::{TLS12, TLS13};

use crate::secret::SecretPlace;
use crate::typed::{OneOrMany, Text};
use crate::units;

/// How a listener, or the pages, speak TLS.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerSettings {
    /// A PEM file: the certificate, and after it those between it and its authority.
    pub certificate: PathBuf,
    /// Where its private key is kept, in PEM, as `{ file: tls/weir.key }`; only weir's user may read the file.
    pub key: SecretPlace,
    /// Who may connect, by certificate. Without it anybody may, and only the connection is secret.
    #[serde(default)]
    pub clients: Option<Clients>,
    /// The oldest version spoken: `1.2` (the default) or `1.3`.
    #[serde(default)]
    pub minimum_version: Version,
    /// The time to agree on TLS, as `10s` (the default); a slower connection is closed.
    #[serde(default = "default_handshake_timeout", deserialize_with = "units::time_limit")]
    pub handshake_timeout: Duration,
}

/// Who may connect.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clients {
    /// PEM files of the authorities whose certificates are taken: one, or a list with one for each partner.
    pub trusted: Files,
    /// `true` (the default) refuses whoever shows no certificate. `false` lets them in, unnamed.
    #[serde(default = "yes")]
    pub required: bool,
    /// PEM files of revoked certificates (CRL). Once there is one, each certificate needs a list of its issuer.
    #[serde(default = "none")]
    pub revoked: Files,
}

/// One file or a list of files.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(from = "OneOrMany<Text>")]
#[schemars(with = "OneOrMany<Text>")]
pub struct Files(pub Vec<PathBuf>);

impl From<OneOrMany<Text>> for Files {
    fn from(texts: OneOrMany<Text>) -> Files {
        Files(texts.0.into_iter().map(|Text(text)| text.into()).collect())
    }
}

/// How a destination speaks TLS.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientSettings {
    /// PEM files of the authorities to trust, one or a list, instead of those that the machine trusts.
    #[serde(default)]
    pub trusted: Option<Files>,
    /// PEM files of revoked certificates (CRL). Once there is one, each certificate needs a list of its issuer.
    #[serde(default = "none")]
    pub revoked: Files,
    /// A PEM file: the certificate that weir shows, and after it those between it and its authority.
    #[serde(default)]
    pub certificate: Option<PathBuf>,
    /// Where its private key is kept, in PEM, as `{ file: tls/weir.key }`; only weir's user may read the file.
    #[serde(default)]
    pub key: Option<SecretPlace>,
    /// The name that the receiver's certificate has to have, where it is not that of its address.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub server_name: Option<Name>,
    /// The oldest version spoken: `1.2` (the default) or `1.3`.
    #[serde(default)]
    pub minimum_version: Version,
    /// The time to agree on TLS, as `10s` (the default).
    #[serde(default = "default_handshake_timeout", deserialize_with = "units::time_limit")]
    pub handshake_timeout: Duration,
}

impl Default for ClientSettings {
    fn default() -> ClientSettings {
        ClientSettings {
            trusted: None,
            revoked: none(),
            certificate: None,
            key: None,
            server_name: None,
            minimum_version: Version::default(),
            handshake_timeout: default_handshake_timeout(),
        }
    }
}

/// What is to be said where messages travel unencrypted to or from other machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Plaintext {
    /// Somebody has decided that.
    Accepted,
}

fn default_handshake_timeout() -> Duration {
    Duration::from_secs(10)
}

fn yes() -> bool {
    true
}

fn none() -> Files {
    Files(Vec::new())
}

/// A version of TLS. What is older than 1.2 is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, JsonSchema)]
#[schemars(with = "Text")]
pub enum Version {
    /// 1.2, and 1.3 with whoever has it.
    #[default]
    Tls12,
    /// 1.3 alone.
    Tls13,
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Version, D::Error> {
        match Text::deserialize(deserializer)?.0.as_str() {
            "1.2" => Ok(Version::Tls12),
            "1.3" => Ok(Version::Tls13),
            _ => Err(D::Error::custom(
                "expected 1.2 or 1.3: what is older is broken, and weir does not have it",
            )),
        }
    }
}

impl Version {
    pub(super) fn and_newer(self) -> &'static [&'static SupportedProtocolVersion] {
        const BOTH: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];
        const NEWEST: &[&SupportedProtocolVersion] = &[&TLS13];
        match self {
            Version::Tls12 => BOTH,
            Version::Tls13 => NEWEST,
        }
    }
}

/// A name as certificates have it: of DNS, or an IP address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(pub(super) ServerName<'static>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
        let text = String::deserialize(deserializer)?;
        Name::parse(&text).ok_or_else(|| D::Error::custom("expected a host name or an IP address"))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.to_str())
    }
}

impl Name {
    /// The name, or the IP address with or without brackets.
    pub fn parse(text: &str) -> Option<Name> {
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        ServerName::try_from(bare.to_owned()).ok().map(Name)
    }
}

impl ServerSettings {
    /// This certificate, shown to anybody.
    pub fn new(certificate: PathBuf, key: SecretPlace) -> ServerSettings {
        ServerSettings {
            certificate,
            key,
            clients: None,
            minimum_version: Version::default(),
            handshake_timeout: default_handshake_timeout(),
        }
    }

    /// Relative paths taken from this folder.
    pub fn resolve(&mut self, folder: &Path) {
        self.certificate = folder.join(&self.certificate);
        self.key = self.key.clone().below(folder);
        if let Some(clients) = &mut self.clients {
            below(&mut clients.trusted, folder);
            below(&mut clients.revoked, folder);
        }
    }
}

impl ClientSettings {
    /// Relative paths taken from this folder.
    pub fn resolve(&mut self, folder: &Path) {
        self.certificate = self.certificate.take().map(|path| folder.join(path));
        self.key = self.key.take().map(|place| place.below(folder));
        if let Some(trusted) = &mut self.trusted {
            below(trusted, folder);
        }
        below(&mut self.revoked, folder);
    }
}

fn below(paths: &mut Files, folder: &Path) {
    for path in &mut paths.0 {
        *path = folder.join(&*path);
    }
}

/// Whether this host is the machine that weir runs on, whatever a network says: what goes there is seen by nobody else.
pub fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = |ip: IpAddr| ip.to_canonical().is_loopback();
    bare.eq_ignore_ascii_case("localhost") || bare.parse().is_ok_and(is_loopback)
}
