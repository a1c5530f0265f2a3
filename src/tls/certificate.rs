//! What weir needs to know of a certificate: how long it is valid, and whose it is.
//!
//! Judges nothing: whether a certificate is to be believed is decided in the handshake, by rustls.

use std::net::IpAddr;

use jiff::Timestamp;
use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::time::Time;

/// A certificate of a sender or of our own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The moment from which it is valid.
    pub not_before: Timestamp,
    /// The last moment at which it is valid.
    pub not_after: Timestamp,
    /// Its subject as RFC 4514 writes it, as `CN=lab,O=North`.
    pub subject: String,
    /// Its subject alternative names: those of DNS, mail addresses, URIs and IP addresses.
    pub names: Vec<String>,
}

impl Certificate {
    /// Reads a certificate in DER; `None` when it is none.
    pub fn read(der: &[u8]) -> Option<Certificate> {
        let certificate = x509_cert::Certificate::from_der(der).ok()?.tbs_certificate;
        let names = certificate.get::<SubjectAltName>().ok()?;
        let names = names.map(|(_, names)| names.0).unwrap_or_default();
        Some(Certificate {
            not_before: moment(certificate.validity.not_before)?,
            not_after: moment(certificate.validity.not_after)?,
            subject: certificate.subject.to_string(),
            names: names.iter().filter_map(text).collect(),
        })
    }

    /// Whether this is one of its alternative names, capitals aside, or its whole subject.
    pub fn has_name(&self, name: &str) -> bool {
        self.subject == name || self.names.iter().any(|own| own.eq_ignore_ascii_case(name))
    }

    /// By what it is called in logs: its first alternative name, or its subject.
    pub fn title(&self) -> &str {
        self.names.first().unwrap_or(&self.subject)
    }
}

/// The earliest end of these certificates.
pub(super) fn earliest_end(chain: &[CertificateDer<'_>]) -> Option<Timestamp> {
    chain
        .iter()
        .filter_map(|certificate| Some(Certificate::read(certificate)?.not_after))
        .min()
}

pub(super) fn moment(time: Time) -> Option<Timestamp> {
    let seconds = time.to_unix_duration().as_secs();
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}

/// A name as text. One that looks like a name of another kind is left out, so that no kind passes for another.
fn text(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => {
            let is_other = name.as_str().contains(['@', ':', '=']) || name.as_str().parse::<IpAddr>().is_ok();
            (!is_other).then(|| name.to_string())
        }
        GeneralName::Rfc822Name(name) => name.as_str().contains('@').then(|| name.to_string()),
        GeneralName::UniformResourceIdentifier(name) => name.as_str().contains(':').then(|| name.to_string()),
        GeneralName::IpAddress(octets) => {
            let octets = octets.as_bytes();
            let four = <[u8; 4]>::try_from(octets).map(IpAddr::from);
            let ip = four.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from));
            ip.ok().map(|ip| ip.to_string())
        }
        GeneralName::DirectoryName(_)
        | GeneralName::OtherName(_)
        | GeneralName::EdiPartyName(_)
        | GeneralName::RegisteredId(_) => None,
    }
}
