//! A sending system that speaks TLS, by rustls' own client without any of weir's.

use std::io::{Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::PATIENCE;
use super::pki::Pki;

/// One connection.
pub struct SecureSender {
    stream: StreamOwned<ClientConnection, TcpStream>,
    read: Vec<u8>,
}

impl SecureSender {
    /// Connects and agrees on TLS, showing this certificate.
    pub fn connect(pki: &Pki, shows: Option<&str>, address: SocketAddr) -> Result<SecureSender> {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(pki.path("ca.pem")).unwrap())
            .unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let config = match shows {
            None => config.with_no_client_auth(),
            Some(name) => {
                let certificate = CertificateDer::from_pem_file(pki.path(&format!("{name}.pem"))).unwrap();
                let key = PrivateKeyDer::from_pem_file(pki.path(&format!("{name}.key"))).unwrap();
                config.with_client_auth_cert(vec![certificate], key).unwrap()
            }
        };
        let session =
            ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap();
        let socket = TcpStream::connect(address)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut stream = StreamOwned::new(session, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(SecureSender {
            stream,
            read: Vec::new(),
        })
    }

    /// The names in the certificate that weir has shown.
    pub fn shown(&self) -> Vec<u8> {
        self.stream.conn.peer_certificates().unwrap()[0].to_vec()
    }

    /// Sends one message and returns its reply, or why there is none: the end of the connection, or an alert.
    pub fn exchange(&mut self, message: &[u8]) -> Result<Vec<u8>> {
        self.stream.write_all(&[b"\x0B", message, b"\x1C\r"].concat())?;
        self.stream.flush()?;
        loop {
            if let Some(end) = self.read.windows(2).position(|two| two == [0x1C, 0x0D]) {
                let frame: Vec<u8> = self.read.drain(..end + 2).collect();
                return Ok(frame[1..end].to_vec());
            }
            let mut chunk = [0; 16 * 1024];
            match self.stream.read(&mut chunk)? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                count => self.read.extend_from_slice(&chunk[..count]),
            }
        }
    }

    /// Reads until the other side has closed the connection, however it does that.
    pub fn wait_for_end(&mut self) {
        let mut rest = Vec::new();
        if let Err(failure) = self.stream.read_to_end(&mut rest) {
            assert_ne!(
                failure.kind(),
                std::io::ErrorKind::WouldBlock,
                "the connection is still open"
            );
        }
    }

    /// Writes bytes as they are and reads until the other side closes.
    pub fn ask(mut self, bytes: &[u8]) -> Result<String> {
        self.stream.write_all(bytes)?;
        self.stream.flush()?;
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).map(|_| answer)
    }
}
