//! A plain MLLP sender for the prompt: one connection, one message, one answer at a time.
//!
//! Unlike a destination it sends whatever it is given, broken messages too, and judges nothing.

use std::io::ErrorKind;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::hl7::Acknowledgment;
use crate::mllp::{self, Decoded, Decoder, Frame, FrameLimits, Strictness};
use crate::tls;

use super::CannotRun;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Plain or within TLS.
trait Connection: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Connection for S {}

/// Where to connect to, and how.
pub(super) struct Receiver {
    /// `HOST:PORT`.
    pub(super) address: String,
    pub(super) tls: Option<tls::Client>,
    pub(super) answer_timeout: Duration,
}

/// An open connection to a receiver.
pub(super) struct Client {
    address: String,
    stream: Box<dyn Connection>,
    decoder: Decoder,
    read: BytesMut,
    write: BytesMut,
    answer_timeout: Duration,
}

impl Client {
    /// Connects to a receiver.
    pub(super) async fn connect(receiver: &Receiver) -> Result<Client, CannotRun> {
        let address = receiver.address.as_str();
        let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(address))
            .await
            .map_err(|_| CannotRun::at(address, "no connection within 10s: is the receiver reachable?"))?
            .map_err(|error| {
                let is_refused = error.kind() == ErrorKind::ConnectionRefused;
                let help = if is_refused {
                    ": is something listening there?"
                } else {
                    ""
                };
                CannotRun::at(address, format!("{error}{help}"))
            })?;
        stream
            .set_nodelay(true)
            .map_err(|error| CannotRun::at(address, error))?;
        let stream: Box<dyn Connection> = match &receiver.tls {
            None => Box::new(stream),
            Some(tls) => {
                let host = address.rsplit_once(':').map_or("", |(host, _)| host);
                let secured = tls.connect(host, stream).await;
                Box::new(secured.map_err(|error| CannotRun::at(address, error))?)
            }
        };
        Ok(Client {
            address: address.to_owned(),
            stream,
            decoder: Decoder::new(FrameLimits::default(), Strictness::Lenient),
            read: BytesMut::new(),
            write: BytesMut::new(),
            answer_timeout: receiver.answer_timeout,
        })
    }

    /// Sends one message and waits for one answer.
    pub(super) async fn exchange(&mut self, message: &[u8]) -> Result<Said, CannotRun> {
        self.write.clear();
        mllp::encode(message, &mut self.write).map_err(|error| CannotRun::at("message", error))?;
        self.stream
            .write_all(&self.write)
            .await
            .map_err(|error| CannotRun::at(&self.address, error))?;
        self.stream
            .flush()
            .await
            .map_err(|error| CannotRun::at(&self.address, error))?;
        match timeout(self.answer_timeout, self.answer()).await {
            Ok(answer) => answer.map(|answer| said(Some(answer))),
            Err(_) => Ok(said(None)),
        }
    }

    async fn answer(&mut self) -> Result<Bytes, CannotRun> {
        loop {
            match self.decoder.decode(&mut self.read) {
                Ok(Some(Decoded::Frame(Frame::Whole(answer)))) => return Ok(answer),
                Ok(Some(_)) => {}
                Ok(None) => {
                    let count = self.stream.read_buf(&mut self.read).await;
                    if count.map_err(|error| CannotRun::at(&self.address, error))? == 0 {
                        return Err(CannotRun::at(
                            &self.address,
                            "closed the connection without an answer",
                        ));
                    }
                }
                Err(error) => return Err(CannotRun::at(&self.address, error)),
            }
        }
    }
}

/// What a receiver said, in a line.
pub(super) struct Said {
    /// AA or CA.
    pub(super) is_accepted: bool,
    /// Nothing came in time.
    pub(super) is_silence: bool,
    /// The code and the first error code, or what came instead.
    pub(super) text: String,
}

fn said(answer: Option<Bytes>) -> Said {
    let Some(answer) = answer else {
        return Said {
            is_accepted: false,
            is_silence: true,
            text: "no answer in time".to_owned(),
        };
    };
    match Acknowledgment::parse(answer) {
        Ok(acknowledgment) => {
            let error = acknowledgment
                .error_code
                .map(|code| format!(" error {code}"))
                .unwrap_or_default();
            Said {
                is_accepted: acknowledgment.code.is_accept(),
                is_silence: false,
                text: format!("{}{error}", acknowledgment.code.as_str()),
            }
        }
        Err(error) => Said {
            is_accepted: false,
            is_silence: false,
            text: format!("not an acknowledgment: {error}"),
        },
    }
}
