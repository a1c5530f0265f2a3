//! Destinations: where messages go, one file per kind.
//!
//! A destination makes one attempt to deliver one message and reports what came of it. It never retries, never
//! decides what a refusal means and keeps no queue: that is the deliverer's. When it cannot be sure what a
//! receiver has done, it says so.

mod beneath;
pub mod file;
mod file_name;
pub mod http;
pub mod mllp;
pub mod sql;
mod stream;

#[cfg(test)]
pub(crate) mod tests;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use memchr::memchr2;
use schemars::JsonSchema;
use serde::Deserialize;
use thiserror::Error;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::hl7::{self, Acknowledgment, AcknowledgmentCode, Charset, Message, ParseLimits};
use crate::tls;

/// The settings of a destination, by kind.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Settings {
    /// HL7 v2 over MLLP.
    Mllp(mllp::Settings),
    /// One file a message.
    File(file::Settings),
    /// HL7 v2 over HTTP.
    Http(http::Settings),
    /// A statement of a PostgreSQL server.
    Sql(sql::Settings),
}

impl Settings {
    /// The key of its kind, and the key within that says where it leads.
    pub fn target(&self) -> (&'static str, &'static str) {
        match self {
            Settings::Mllp(_) => ("mllp", "address"),
            Settings::File(_) => ("file", "folder"),
            Settings::Http(_) => ("http", "url"),
            Settings::Sql(_) => ("sql", "address"),
        }
    }
}

impl Settings {
    /// How long one attempt may take by its time limits, from connecting to the end of the answer.
    pub fn attempt_max(&self) -> Duration {
        let limits = match self {
            Settings::Mllp(settings) => {
                let handshake = settings.tls.as_ref().map(|tls| tls.handshake_timeout);
                vec![
                    settings.connect_timeout,
                    handshake.unwrap_or_default(),
                    settings.write_timeout,
                    settings.acknowledgment_timeout,
                ]
            }
            Settings::Http(settings) => vec![
                settings.connect_timeout,
                settings.tls.handshake_timeout,
                settings.answer_timeout,
            ],
            Settings::Sql(settings) => vec![settings.connect_timeout, settings.statement_timeout, sql::GRACE],
            // Whoever writes a file waits as long as the disk takes.
            Settings::File(_) => Vec::new(),
        };
        limits.into_iter().fold(Duration::ZERO, Duration::saturating_add)
    }

    /// Whether receivers of this kind, set so, answer with an HL7 message, which could go back to a sender.
    pub fn answers(&self) -> bool {
        match self {
            Settings::Mllp(settings) => !settings.unsafe_no_acknowledgment,
            Settings::Http(settings) => settings.acknowledgment == http::Acknowledged::Message,
            Settings::File(_) | Settings::Sql(_) => false,
        }
    }
}

/// A message to be delivered.
#[derive(Clone)]
pub struct Outgoing {
    /// Its place in the outbox, for the log.
    pub sequence: u64,
    /// The message as it stands in the outbox.
    pub bytes: Bytes,
    /// The character set that it is in if it declares none.
    pub charset: Option<Charset>,
}

/// Sizes only.
impl fmt::Debug for Outgoing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Outgoing({}, {} bytes)",
            self.sequence,
            self.bytes.len()
        )
    }
}

/// The message is where it should go.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    /// The code the receiver answered with, for kinds that answer.
    pub code: Option<AcknowledgmentCode>,
    /// All that it answered, an HL7 message with an MSA.
    pub answer: Option<Bytes>,
}

/// The code and sizes only.
impl fmt::Debug for Receipt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answer_bytes = self.answer.as_ref().map(Bytes::len);
        write!(formatter, "Receipt({:?}, {answer_bytes:?} bytes)", self.code)
    }
}

/// The message is not known to be where it should go.
#[derive(Debug, Error)]
pub enum DeliveryError {
    /// Nothing was handed over. Another attempt cannot duplicate the message.
    #[error("unreachable: {reason}")]
    Unreachable {
        /// What stood in the way.
        reason: String,
    },
    /// Nothing was handed over: one side does not take the certificate of the other.
    #[error("unreachable: {reason}")]
    Untrusted {
        /// Which, and why.
        reason: String,
    },
    /// The receiver takes nothing just now, and says so. Another attempt cannot duplicate the message.
    #[error("busy: {reason}")]
    Busy {
        /// What it said.
        reason: String,
        /// For how long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// It was handed over, at least in part, and the receiver did not say what became of it. Another attempt may
    /// duplicate the message.
    #[error("no acknowledgment: {reason}")]
    NoAcknowledgment {
        /// What came instead.
        reason: String,
    },
    /// The receiver does not take it.
    #[error("refused with {}", .0.code)]
    Refused(Acknowledgment),
    /// No attempt at delivering these bytes can ever succeed.
    #[error("cannot be delivered: {reason}")]
    Impossible {
        /// Why not.
        reason: String,
    },
}

impl DeliveryError {
    fn unreachable(reason: impl fmt::Display) -> DeliveryError {
        DeliveryError::Unreachable {
            reason: reason.to_string(),
        }
    }

    /// There is no connection.
    fn unconnected(failure: &io::Error) -> DeliveryError {
        DeliveryError::of_distrust(tls::is_distrust(failure), failure)
    }

    /// The receiver has read nothing, since it does not take the certificate that weir shows.
    fn not_taken(failure: &dyn fmt::Display) -> DeliveryError {
        DeliveryError::Untrusted {
            reason: format!("the receiver does not take weir's certificate: {failure}"),
        }
    }

    fn of_distrust(is_distrust: bool, reason: impl fmt::Display) -> DeliveryError {
        if is_distrust {
            DeliveryError::Untrusted {
                reason: reason.to_string(),
            }
        } else {
            DeliveryError::unreachable(reason)
        }
    }

    fn no_acknowledgment(reason: impl fmt::Display) -> DeliveryError {
        DeliveryError::NoAcknowledgment {
            reason: reason.to_string(),
        }
    }

    fn impossible(reason: impl fmt::Display) -> DeliveryError {
        DeliveryError::Impossible {
            reason: reason.to_string(),
        }
    }
}

/// A destination that is ready to deliver; it owns what it delivers with.
pub enum Destination {
    /// HL7 v2 over MLLP.
    Mllp(mllp::Client),
    /// One file a message.
    File(file::Folder),
    /// HL7 v2 over HTTP.
    Http(http::Client),
    /// A statement of a PostgreSQL server.
    Sql(sql::Client),
}

impl Destination {
    /// Opens nothing yet: the first delivery does.
    pub fn new(name: Arc<str>, settings: Settings) -> Destination {
        match settings {
            Settings::Mllp(settings) => Destination::Mllp(mllp::Client::new(name, settings)),
            Settings::File(settings) => Destination::File(file::Folder::new(settings)),
            Settings::Http(settings) => Destination::Http(http::Client::new(name, settings)),
            Settings::Sql(settings) => Destination::Sql(sql::Client::new(name, settings)),
        }
    }

    /// Makes one attempt. Dropped before its end, it leaves nothing behind that a later attempt could mistake
    /// for its own.
    pub async fn deliver(&mut self, outgoing: &Outgoing) -> Result<Receipt, DeliveryError> {
        match self {
            Destination::Mllp(client) => client.deliver(outgoing).await,
            Destination::File(folder) => folder.deliver(outgoing).await,
            Destination::Http(client) => client.deliver(outgoing).await,
            Destination::Sql(client) => client.deliver(outgoing).await,
        }
    }
}

/// How segments end in what leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Terminators {
    /// Each in one carriage return, as the standard says. A message without line feeds leaves byte for byte, but for
    /// a frame start (0x0B) before it.
    #[default]
    Cr,
    /// As they are stored.
    Preserve,
}

impl Terminators {
    /// The bytes that leave for this message.
    fn apply(self, stored: &Bytes, message: &Message) -> Bytes {
        if self == Terminators::Cr && memchr2(b'\n', 0x0B, stored).is_some() {
            message.write(hl7::Terminators::Cr)
        } else {
            stored.clone()
        }
    }
}

/// What an answer has to have in MSA-2 to be one to the message that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ControlId {
    /// The control id that was sent, byte for byte.
    #[default]
    Exact,
    /// That, or the beginning of it, whatever blanks stand around either.
    Prefix,
    /// Anything, or nothing.
    Any,
}

impl ControlId {
    fn names(self, answered: &[u8], sent: &[u8]) -> bool {
        let beginning = answered.trim_ascii();
        match self {
            ControlId::Exact => answered == sent,
            ControlId::Prefix => !beginning.is_empty() && sent.trim_ascii().starts_with(beginning),
            ControlId::Any => true,
        }
    }
}

/// Reads the message that is to be delivered.
fn parse(outgoing: &Outgoing) -> Result<Message, DeliveryError> {
    let bytes = outgoing.bytes.clone();
    Message::parse_assuming(bytes, &ParseLimits::default(), outgoing.charset)
        .map_err(DeliveryError::impossible)
}

/// Connects to `host:port`: tries every address the name has now, one after the other, each within this time.
///
/// # Errors
/// Why the last of them could not be connected to.
pub async fn connect(address: &str, limit: Duration) -> io::Result<TcpStream> {
    let addresses = within(limit, lookup_host(address)).await?;
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        match within(limit, TcpStream::connect(address)).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// The outcome, or that it took too long.
async fn within<T>(limit: Duration, attempt: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(limit, attempt)
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
