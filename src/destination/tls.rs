//! TLS towards receivers: whom weir trusts, and the handshake.
//!
//! TLS 1.3 and 1.2 by rustls; the name in the certificate has to be that of the receiver, and nothing turns that off.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::task::spawn_blocking;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// The side of TLS that connects. `authorities` is a PEM file of the certificate authorities to trust; without one,
/// those that the machine trusts.
pub(super) async fn client(authorities: Option<PathBuf>) -> io::Result<Arc<ClientConfig>> {
    let roots = spawn_blocking(move || match authorities {
        Some(path) => from_file(&path),
        None => of_the_machine(),
    });
    let roots = roots
        .await
        .unwrap_or_else(|_| Err(io::Error::other("internal error")))?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn from_file(path: &Path) -> io::Result<RootCertStore> {
    let broken = |reason: String| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{}: {reason}", path.display()),
        )
    };
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| broken(error.to_string()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| broken(error.to_string()))?;
        roots
            .add(certificate)
            .map_err(|error| broken(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(broken("expected certificates in PEM".to_owned()));
    }
    Ok(roots)
}

fn of_the_machine() -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    // Machines have odd certificates among theirs; those that can be read are enough.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(io::Error::other(
            "this machine trusts no certificate authorities: name a file of them with `authorities`",
        ));
    }
    Ok(roots)
}
