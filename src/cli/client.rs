//! A plain MLLP sender for the prompt: one connection, one message at a time, and what is answered to it.
//!
//! Unlike a destination it sends whatever it is given, broken messages too, and judges no more than which answer
//! belongs to which message.

use std::io::ErrorKind;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use crate::hl7::ack::Condition;
use crate::hl7::{Acknowledgment, AcknowledgmentCode, Charset, Header};
use crate::mllp::{self, Decoded, Decoder, Frame, FrameLimits, Strictness};
use crate::tls;

use super::{CannotRun, text};

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How many answers to other messages are told of one exchange.
const FOREIGN_MAX: usize = 10;

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

    /// Sends one message and waits for its answer: the first that names it, and where that is a commit accept and
    /// MSH-16 asks for more, the application's after it. Each may take the time there is for an answer.
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
        let awaited = Awaited::of(message);
        let mut said = Said::silence("no answer in time");
        let mut deadline = Instant::now() + self.answer_timeout;
        while let Ok(answer) = timeout_at(deadline, self.answer()).await {
            let answer = match Acknowledgment::parse_assuming(answer?, awaited.charset) {
                Ok(answer) => answer,
                Err(error) => {
                    said.text = format!("not an acknowledgment: {error}");
                    said.is_silence = false;
                    return Ok(said);
                }
            };
            if !awaited.is_answered_by(&answer) {
                if said.foreign.len() < FOREIGN_MAX {
                    said.foreign.push(foreign(&answer));
                }
                continue;
            }
            said.text = if said.is_committed {
                format!("{}, then {}", AcknowledgmentCode::CommitAccept, told(&answer))
            } else {
                told(&answer)
            };
            if answer.code != AcknowledgmentCode::CommitAccept || !awaited.also_application {
                said.is_accepted = answer.code.is_accept();
                said.is_silence = false;
                return Ok(said);
            }
            if !said.is_committed {
                said.is_committed = true;
                said.text += ", and no application acknowledgment in time";
                deadline = Instant::now() + self.answer_timeout;
            }
        }
        Ok(said)
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

/// What is awaited of the receiver of a message.
struct Awaited<'m> {
    /// MSH-10; empty where it cannot be read, and then every answer is its own.
    control_id: &'m [u8],
    charset: Option<Charset>,
    /// MSH-16 asks always for that of the application too. What it asks for only in case of an error, or of success, may never come.
    also_application: bool,
}

impl Awaited<'_> {
    fn of(message: &[u8]) -> Awaited<'_> {
        let header = Header::parse(message).ok();
        Awaited {
            control_id: header.as_ref().map_or(&[], Header::control_id),
            charset: header.as_ref().and_then(Header::charset),
            also_application: header.is_some_and(|header| {
                Condition::read(header.application_acknowledgment_type()) == Some(Condition::Always)
            }),
        }
    }

    fn is_answered_by(&self, answer: &Acknowledgment) -> bool {
        self.control_id.is_empty() || answer.control_id == self.control_id
    }
}

/// What a receiver said, in a line.
pub(super) struct Said {
    /// AA; or CA, where no more was asked for.
    pub(super) is_accepted: bool,
    /// Nothing came in time, or not all.
    pub(super) is_silence: bool,
    is_committed: bool,
    /// The code and the first error code, or what came instead.
    pub(super) text: String,
    /// Answers to other messages that came meanwhile.
    pub(super) foreign: Vec<String>,
}

impl Said {
    fn silence(text: &str) -> Said {
        Said {
            is_accepted: false,
            is_silence: true,
            is_committed: false,
            text: text.to_owned(),
            foreign: Vec::new(),
        }
    }
}

/// The code and the first error code.
fn told(answer: &Acknowledgment) -> String {
    let error = answer.error_code.map(|code| format!(" error {code}"));
    format!("{}{}", answer.code, error.unwrap_or_default())
}

/// An answer to another message, by its MSA-2.
fn foreign(answer: &Acknowledgment) -> String {
    match text::printable(&answer.control_id).as_str() {
        "" => format!("{} for no message: MSA-2 is empty", told(answer)),
        control_id => format!("{} for another message: MSA-2 is {control_id}", told(answer)),
    }
}
