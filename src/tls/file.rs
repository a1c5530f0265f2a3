//! Files of certificates, keys and revocation lists, read within limits, and what is wrong with them.
//!
//! Each fault names the setting it belongs to, so that `weir check` can point at it. A private key is read by
//! `secret`, which refuses one that others may read. Blocks.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, InconsistentKeys, RootCertStore};

use super::certificate::Certificate;
use crate::clock;
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

/// A certificate of our own with its key: valid now, and belonging together.
pub(super) fn identity(certificate: &Path, key: &SecretPlace) -> Result<Arc<CertifiedKey>, FileError> {
    let chain = certificates(CERTIFICATE, certificate)?;
    let facts = chain.first().and_then(|first| Certificate::read(first));
    let Some(facts) = facts else {
        return Err(at(
            CERTIFICATE,
            certificate,
            "the first certificate cannot be read",
        ));
    };
    let now = clock::now();
    if facts.not_after < now {
        let reason = format_args!("the certificate has expired, at {}", facts.not_after);
        return Err(at(CERTIFICATE, certificate, reason));
    }
    if facts.not_before > now {
        let reason = format_args!("the certificate is not valid before {}", facts.not_before);
        return Err(at(CERTIFICATE, certificate, reason));
    }
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
    CertifiedKey::from_der(chain, private, &ring::default_provider())
        .map(Arc::new)
        .map_err(|error| {
            let is_another = error == rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch);
            no_key(if is_another {
                format!("{place}: the key is not that of {}", certificate.display())
            } else {
                format!("{place}: expected an ECDSA, Ed25519 or RSA key (2048 bits and more)")
            })
        })
}

/// The authorities in these files.
pub(super) fn authorities(
    key: &'static [&'static str],
    paths: &[PathBuf],
) -> Result<RootCertStore, FileError> {
    let mut roots = RootCertStore::empty();
    for path in paths {
        for certificate in certificates(key, path)? {
            roots
                .add(certificate)
                .map_err(|error| at(key, path, reason(&error)))?;
        }
    }
    if roots.is_empty() {
        return Err(FileError {
            key,
            message: "nobody is trusted, so nobody could connect: name a file of certificates".to_owned(),
        });
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

/// The revocation lists in these files, each with one at least.
pub(super) fn revocations(
    key: &'static [&'static str],
    paths: &[PathBuf],
) -> Result<Vec<CertificateRevocationListDer<'static>>, FileError> {
    let mut lists = Vec::new();
    for path in paths {
        let bytes = read(key, path)?;
        let read: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(&bytes).collect();
        let mut read = read.map_err(|error| at(key, path, error))?;
        if read.is_empty() {
            return Err(at(key, path, "expected revocation lists in PEM (BEGIN X509 CRL)"));
        }
        lists.append(&mut read);
    }
    Ok(lists)
}

fn reason(error: &rustls::Error) -> String {
    if let rustls::Error::InvalidCertificate(error) = error {
        return format!("not a certificate that can be used: {error}");
    }
    error.to_string()
}
