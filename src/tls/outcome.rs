//! What became of a handshake, in words for people and in one word for metrics.
//!
//! The words are rustls' and ours; a failure quotes nothing that the peer sent but the names in its certificate.

use std::fmt;
use std::io;
use std::sync::Arc;

use metrics::counter;
use thiserror::Error;
use tokio_rustls::rustls::{self, AlertDescription, CertificateError, PeerIncompatible, ProtocolVersion};

use super::Owner;
use crate::metrics::TLS_HANDSHAKES_TOTAL;

/// The peer went away in the middle.
pub(super) const CUT_OFF: &str = "cut_off";

/// It was let in, and its certificate is not trusted any more.
pub(super) const CUT: &str = "certificate_not_trusted_any_more";

/// Counts a handshake.
pub(super) fn count(owner: &Owner, outcome: &'static str) {
    let (kind, name) = (owner.kind, Arc::clone(&owner.name));
    counter!(TLS_HANDSHAKES_TOTAL, "kind" => kind, "name" => name, "outcome" => outcome).increment(1);
}

/// The outcome of one that succeeded.
pub(super) fn agreed(version: Option<ProtocolVersion>) -> &'static str {
    if version == Some(ProtocolVersion::TLSv1_3) {
        "agreed_1.3"
    } else {
        "agreed_1.2"
    }
}

/// The outcome of one that failed.
pub(super) fn failed(failure: &io::Error) -> &'static str {
    match of_tls(failure) {
        Some(failure) => kind(failure),
        None if failure.kind() == io::ErrorKind::TimedOut => "timeout",
        None => CUT_OFF,
    }
}

/// Whether this is the outcome of a peer whose certificate was refused, or that has shown none.
pub(super) fn is_of_certificate(outcome: &str) -> bool {
    outcome.starts_with("certificate_") || outcome == "no_certificate"
}

/// Whether the peer has refused us after what was, for our side, the whole of the handshake: TLS 1.3 lets it judge our
/// certificate only then. It has read nothing that was sent meanwhile.
pub fn is_refusal(failure: &(dyn std::error::Error + 'static)) -> bool {
    const OF_CERTIFICATES: [AlertDescription; 9] = [
        AlertDescription::AccessDenied,
        AlertDescription::BadCertificate,
        AlertDescription::CertificateExpired,
        AlertDescription::CertificateRequired,
        AlertDescription::CertificateRevoked,
        AlertDescription::CertificateUnknown,
        AlertDescription::DecryptError,
        AlertDescription::UnknownCA,
        AlertDescription::UnsupportedCertificate,
    ];
    matches!(of_tls(failure), Some(rustls::Error::AlertReceived(alert)) if OF_CERTIFICATES.contains(alert))
}

/// Whether there is no connection because one side does not take the certificate of the other.
pub fn is_distrust(failure: &(dyn std::error::Error + 'static)) -> bool {
    is_refusal(failure) || of_tls(failure).is_some_and(|failure| is_of_certificate(kind(failure)))
}

/// Why something that is no message did not get to whom weir connects, in words without secrets.
#[derive(Debug, Error)]
#[error("{reason}")]
pub struct NotReached {
    /// Why.
    pub reason: String,
    /// Whether that is because one side does not take the certificate of the other.
    pub is_distrust: bool,
}

impl NotReached {
    /// Why, where this has failed.
    pub fn because(reason: impl fmt::Display, failure: &(dyn std::error::Error + 'static)) -> NotReached {
        NotReached {
            reason: if is_refusal(failure) {
                format!("the receiver does not take weir's certificate: {failure}")
            } else {
                reason.to_string()
            },
            is_distrust: is_distrust(failure),
        }
    }
}

/// For another reason.
impl From<String> for NotReached {
    fn from(reason: String) -> NotReached {
        NotReached {
            reason,
            is_distrust: false,
        }
    }
}

/// What rustls said, if it was it, however deep within others.
pub(super) fn of_tls<'e>(failure: &'e (dyn std::error::Error + 'static)) -> Option<&'e rustls::Error> {
    let mut next = Some(failure);
    while let Some(failure) = next {
        if let Some(found) = failure.downcast_ref() {
            return Some(found);
        }
        // The source of an `io::Error` is that of what is in it.
        next = match failure.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(within) => Some(within),
            None => failure.source(),
        };
    }
    None
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "rustls adds reasons as it grows; the rest has one name"
)]
fn kind(failure: &rustls::Error) -> &'static str {
    match failure {
        rustls::Error::InvalidMessage(_) | rustls::Error::PeerSentOversizedRecord => "no_tls",
        rustls::Error::PeerIncompatible(why) => incompatible(why),
        rustls::Error::NoCertificatesPresented => "no_certificate",
        rustls::Error::AlertReceived(_) => "refused_by_peer",
        rustls::Error::NoApplicationProtocol => "no_common_protocol",
        rustls::Error::InvalidCertificate(why) => certificate(why),
        _ => "other",
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "as above")]
fn incompatible(why: &PeerIncompatible) -> &'static str {
    match why {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::SupportedVersionsExtensionRequired
        // Which every hello has since 1.2.
        | PeerIncompatible::SignatureAlgorithmsExtensionRequired
        | PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled => "old_version",
        _ => "no_common_suite",
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "as above")]
fn certificate(why: &CertificateError) -> &'static str {
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "certificate_expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "certificate_not_yet_valid"
        }
        CertificateError::Revoked => "certificate_revoked",
        CertificateError::UnknownRevocationStatus => "certificate_of_no_revocation_list",
        CertificateError::UnknownIssuer => "certificate_untrusted",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "certificate_wrong_name"
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "certificate_wrong_purpose"
        }
        CertificateError::BadSignature
        | CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "certificate_bad_signature"
        }
        _ => "certificate_invalid",
    }
}
