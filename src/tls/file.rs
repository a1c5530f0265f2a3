//! Files of certificates, keys and revocation lists, read within limits, and what is wrong with them.
//!
//! Each fault names the setting it belongs to, so that `weir check` can point at it. A private key is read by
//! `secret`, which refuses one that others may read. Blocks.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use thiserror::Error;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{
    CertificateDer, CertificateRevocationListDer, Der, PrivateKeyDer, TrustAnchor,
};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, InconsistentKeys, RootCertStore};
use x509_cert::crl::CertificateList;
use x509_cert::der::Decode;

use super::certificate::{Certificate, earliest_end, moment};
use crate::secret::SecretPlace;

/// The largest file of certificates or revocation lists: those of large authorities have a few megabytes.
const FILE_BYTES_MAX: u64 = 32 << 20;

/// What is wrong with the files of a setting.
#[derive(Debug, Clone, Error)]
#[error("{message}")]
pub(super) struct FileError {
    /// The key of the setting, from that of TLS on.
    pub(super) key: &'static [&'static str],
    /// What is wrong.
    pub(super) message: String,
}

/// Keys of settings.
pub(super) const CERTIFICATE: &[&str] = &["certificate"];
pub(super) const KEY: &[&str] = &["key"];
pub(super) const TRUSTED: &[&str] = &["trusted"];
pub(super) const REVOKED: &[&str] = &["revoked"];
pub(super) const CLIENTS_TRUSTED: &[&str] = &["clients", "trusted"];
pub(super) const CLIENTS_REVOKED: &[&str] = &["clients", "revoked"];

/// A fault of a file.
fn at(key: &'static [&'static str], path: &Path, reason: impl std::fmt::Display) -> FileError {
    FileError {
        key,
        message: format!("{}: {reason}", path.display()),
    }
}

fn read(key: &'static [&'static str], path: &Path) -> Result<Vec<u8>, FileError> {
    let file = File::open(path).map_err(|error| at(key, path, error))?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| at(key, path, error))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(at(
            key,
            path,
            format_args!("larger than {} MiB", FILE_BYTES_MAX >> 20),
        ));
    }
    Ok(bytes)
}

/// The certificates in a PEM file, one at least.
pub(super) fn certificates(
    key: &'static [&'static str],
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, FileError> {
    let bytes = read(key, path)?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let certificates = read.map_err(|error| at(key, path, error))?;
    if certificates.is_empty() {
        return Err(at(key, path, "expected certificates in PEM (BEGIN CERTIFICATE)"));
    }
    Ok(certificates)
}

/// Who weir is: a certificate of its own, and the key of it.
pub(super) struct Identity {
    /// What is shown.
    pub(super) shown: Arc<CertifiedKey>,
    path: PathBuf,
    /// The moment from which its certificate is valid.
    pub(super) not_before: Timestamp,
    /// The last moment at which it is.
    not_after: Timestamp,
    /// The same with those between it and its authority.
    pub(super) ends: Timestamp,
}

impl Identity {
    /// Whether the certificate is valid at this moment.
    ///
    /// # Errors
    /// Why it is not.
    pub(super) fn in_time(&self, now: Timestamp) -> Result<(), FileError> {
        if self.not_after < now {
            let reason = format_args!("the certificate has expired, at {}", self.not_after);
            return Err(at(CERTIFICATE, &self.path, reason));
        }
        if self.not_before > now {
            let reason = format_args!("the certificate is not valid before {}", self.not_before);
            return Err(at(CERTIFICATE, &self.path, reason));
        }
        Ok(())
    }
}

/// A certificate of our own with its key, which belong together. Whether it is valid now is another question.
pub(super) fn identity(certificate: &Path, key: &SecretPlace) -> Result<Identity, FileError> {
    let chain = certificates(CERTIFICATE, certificate)?;
    let facts = chain.first().and_then(|first| Certificate::read(first));
    let Some(facts) = facts else {
        return Err(at(
            CERTIFICATE,
            certificate,
            "the first certificate cannot be read",
        ));
    };
    let ends = earliest_end(&chain).unwrap_or(facts.not_after);
    let no_key = |message: String| FileError { key: KEY, message };
    let secret = key.read().map_err(|error| no_key(error.to_string()))?;
    let place = match key {
        SecretPlace::File(path) => path.display().to_string(),
        SecretPlace::Env(name) | SecretPlace::Credential(name) => name.clone(),
    };
    // The words of these errors are about the form and quote nothing.
    let private = PrivateKeyDer::from_pem_slice(secret.expose().as_bytes()).map_err(|_| {
        no_key(format!(
            "{place}: expected an unencrypted private key in PEM (BEGIN PRIVATE KEY)"
        ))
    })?;
    let shown = CertifiedKey::from_der(chain, private, &ring::default_provider()).map_err(|error| {
        let is_another = error == rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch);
        no_key(if is_another {
            format!("{place}: the key is not that of {}", certificate.display())
        } else {
            format!("{place}: expected an ECDSA, Ed25519 or RSA key (2048 bits and more)")
        })
    })?;
    Ok(Identity {
        shown: Arc::new(shown),
        path: certificate.to_owned(),
        not_before: facts.not_before,
        not_after: facts.not_after,
        ends,
    })
}

/// The authorities in this file.
pub(super) fn authorities(key: &'static [&'static str], path: &Path) -> Result<RootCertStore, FileError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(key, path)? {
        roots
            .add(certificate)
            .map_err(|error| at(key, path, reason(&error)))?;
    }
    Ok(roots)
}

/// The authorities that the machine trusts.
pub(super) fn of_the_machine() -> Result<RootCertStore, FileError> {
    let mut roots = RootCertStore::empty();
    // Machines have odd certificates among theirs; those that can be read are enough.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(FileError {
            key: TRUSTED,
            message: "this machine trusts no certificate authorities: name a file of them with `trusted`"
                .to_owned(),
        });
    }
    Ok(roots)
}

/// Revocation lists.
pub(super) struct Lists {
    /// They, as they were read.
    pub(super) lists: Vec<CertificateRevocationListDer<'static>>,
    /// When the first of them should be replaced by a newer one.
    pub(super) due: Option<Timestamp>,
}

/// The revocation lists in this file, one at least, all of which can be used.
pub(super) fn revocations(key: &'static [&'static str], path: &Path) -> Result<Lists, FileError> {
    let bytes = read(key, path)?;
    let read: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(&bytes).collect();
    let lists = read.map_err(|error| at(key, path, error))?;
    if lists.is_empty() {
        return Err(at(key, path, "expected revocation lists in PEM (BEGIN X509 CRL)"));
    }
    // Tried here, with an authority that is nobody: a list that cannot be used must not keep out those of other files.
    let nobody = TrustAnchor {
        subject: Der::from_slice(&[]),
        subject_public_key_info: Der::from_slice(&[]),
        name_constraints: None,
    };
    let nobody = Arc::new(RootCertStore { roots: vec![nobody] });
    WebPkiServerVerifier::builder_with_provider(nobody, Arc::new(ring::default_provider()))
        .with_crls(lists.iter().cloned())
        .build()
        .map_err(|error| at(key, path, error))?;
    let next = |list: &CertificateRevocationListDer<'_>| {
        moment(CertificateList::from_der(list).ok()?.tbs_cert_list.next_update?)
    };
    let due = lists.iter().filter_map(next).min();
    Ok(Lists { lists, due })
}

fn reason(error: &rustls::Error) -> String {
    if let rustls::Error::InvalidCertificate(error) = error {
        return format!("not a certificate that can be used: {error}");
    }
    error.to_string()
}
