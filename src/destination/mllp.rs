//! MLLP destinations: one connection, one message at a time, one acknowledgment for each.
//!
//! An answer counts only if it was read after the whole message was sent, on the same connection, and names the
//! control id that was sent. Whenever anything else happens the connection is closed, so that no late answer can
//! be taken for the answer to the next message. Nothing is retried here.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use metrics::counter;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{debug, warn};

use super::stream::Stream;
use super::{DeliveryError, Outgoing, Receipt, Terminators, connect, parse};
use crate::hl7::{Acknowledgment, AcknowledgmentCode, Header};
use crate::metrics::{DESTINATION_CONNECTIONS_TOTAL, DESTINATION_DEVIATIONS_TOTAL};
use crate::mllp::{Commit, Decoded, Decoder, Frame, FrameLimits, Release, Strictness, encode};
use crate::tls::{self, ClientSettings, Owner, Plaintext, Since, Within};
use crate::units;

/// How much of an answer is read at a time, at least.
const READ_BYTES: usize = 4 * 1024;
/// How long nothing must follow a `0x1C` before it is taken for the end of an answer.
const BARE_END_PAUSE: Duration = Duration::from_millis(100);

/// The settings of an MLLP destination.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The receiver, as `lab.example:2576`. A name is looked up anew for every connection.
    #[serde(deserialize_with = "address")]
    #[schemars(extend("pattern" = "^.+:[0-9]{1,5}$"))]
    pub address: String,
    /// TLS: `trusted`, `certificate` and `key`, `server_name`; `{}` trusts whom the machine trusts.
    #[serde(default)]
    pub tls: Option<ClientSettings>,
    /// `accepted`: messages may go unencrypted to another machine.
    #[serde(default)]
    pub plaintext: Option<Plaintext>,
    /// The time to look up the name, and then to connect to each address it has, as `10s` (the default).
    #[serde(default = "default_connect_timeout", deserialize_with = "units::time_limit")]
    pub connect_timeout: Duration,
    /// The time the receiver may take to read a message, as `30s` (the default).
    #[serde(default = "default_write_timeout", deserialize_with = "units::time_limit")]
    pub write_timeout: Duration,
    /// The time from the end of a message to the end of its acknowledgment, as `30s` (the default).
    #[serde(
        default = "default_acknowledgment_timeout",
        deserialize_with = "units::time_limit"
    )]
    pub acknowledgment_timeout: Duration,
    /// The longest acknowledgment, as `1MiB` (the default).
    #[serde(
        default = "default_acknowledgment_bytes_max",
        deserialize_with = "units::bytes"
    )]
    pub acknowledgment_bytes_max: usize,
    /// Which acknowledgment completes a delivery: the first (`accept`, the default), or, after an accept
    /// acknowledgment (CA), only the `application` acknowledgment that follows it on the same connection.
    #[serde(default, rename = "await")]
    pub awaited: Awaited,
    /// A connection unused for longer than this is closed and opened anew before the next message, as `5m`.
    /// Without it a connection is kept as long as the receiver keeps it.
    #[serde(default, deserialize_with = "units::optional_duration")]
    pub reconnect_after: Option<Duration>,
    /// `cr` (the default) ends every segment in a carriage return; `preserve` leaves line feeds as they came.
    #[serde(default)]
    pub terminators: Terminators,
    /// `1` (the default) or `2`: in MLLP release 2 every block is committed, by 0x06 or 0x15, before the next one.
    #[serde(default)]
    pub release: Release,
    /// `true` for a receiver that never answers: a message then counts as delivered once it is written, and is
    /// lost if the receiver loses it. `false` by default.
    #[serde(default)]
    pub unsafe_no_acknowledgment: bool,
}

/// Which acknowledgment completes a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Awaited {
    /// The first that comes.
    #[default]
    Accept,
    /// AA, AE or AR; CA only promises it.
    Application,
}

pub(super) fn default_connect_timeout() -> Duration {
    Duration::from_secs(10)
}

fn default_write_timeout() -> Duration {
    Duration::from_secs(30)
}

fn default_acknowledgment_timeout() -> Duration {
    Duration::from_secs(30)
}

pub(super) fn default_acknowledgment_bytes_max() -> usize {
    1024 * 1024
}

/// Reads `host:port` for serde; whether the host exists is asked when connecting.
pub fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    match port.and_then(|(_, port)| port.parse::<u16>().ok()) {
        Some(1..) => Ok(text),
        Some(0) | None => Err(D::Error::custom(
            "expected a host and a port, as `lab.example:2576`",
        )),
    }
}

/// The sending end of one MLLP destination.
pub struct Client {
    name: Arc<str>,
    settings: Settings,
    tls: Option<tls::Client>,
    /// Open between deliveries, and only if the last one left no doubt.
    connection: Option<Connection>,
}

impl Client {
    pub(super) fn new(name: Arc<str>, settings: Settings) -> Client {
        Client {
            tls: settings
                .tls
                .clone()
                .map(|tls| tls::Client::new(tls, Within::Other, Owner::destination(&name))),
            name,
            settings,
            connection: None,
        }
    }

    pub(super) async fn deliver(&mut self, outgoing: &Outgoing) -> Result<Receipt, DeliveryError> {
        let message = parse(outgoing)?;
        let bytes = self.settings.terminators.apply(&outgoing.bytes, &message);
        let mut framed = BytesMut::new();
        encode(&bytes, &mut framed).map_err(DeliveryError::impossible)?;

        // Out of `self` until there is no doubt about it: every early return closes it.
        let mut connection = self.ready().await?;
        connection.send(&mut framed, self.settings.write_timeout).await?;
        if self.settings.unsafe_no_acknowledgment && self.settings.release == Release::One {
            self.keep(connection);
            return Ok(Receipt::default());
        }
        let header = message.header();
        let acknowledged = self.committed_and_acknowledged(&mut connection, &header);
        let limit = self.settings.acknowledgment_timeout;
        let Ok(acknowledgment) = timeout(limit, acknowledged).await else {
            let limit = humantime::format_duration(limit);
            return Err(DeliveryError::no_acknowledgment(format_args!(
                "none came within {limit}"
            )));
        };
        let Some(acknowledgment) = acknowledgment? else {
            self.keep(connection);
            return Ok(Receipt::default());
        };
        if connection.has_surplus() {
            self.report(&mut connection, "surplus");
        } else {
            self.keep(connection);
        }
        if acknowledgment.code.is_accept() {
            Ok(Receipt {
                code: Some(acknowledgment.code),
                answer: Some(acknowledgment.raw),
            })
        } else {
            Err(DeliveryError::Refused(acknowledgment))
        }
    }

    fn keep(&mut self, mut connection: Connection) {
        connection.last_used = Instant::now();
        self.connection = Some(connection);
    }

    /// The open connection if it can be trusted, or a new one.
    async fn ready(&mut self) -> Result<Connection, DeliveryError> {
        if let Some(mut connection) = self.connection.take() {
            let idle = connection.last_used.elapsed();
            let is_fresh = self.settings.reconnect_after.is_none_or(|limit| idle <= limit);
            if is_fresh && connection.stream.is_silent().await && self.is_trusted(&connection).await {
                return Ok(connection);
            }
            debug!(
                destination = &*self.name,
                "the receiver has closed or spoken unasked, or certificates have changed; connecting anew"
            );
        }
        let since = match &self.tls {
            Some(tls) => Some(tls.since().await),
            None => None,
        };
        let stream = connect(&self.settings.address, self.settings.connect_timeout)
            .await
            .map_err(DeliveryError::unreachable)?;
        // A message is written whole; a failure here costs only speed.
        drop(stream.set_nodelay(true));
        let stream = match &self.tls {
            None => Stream::Plain(stream),
            Some(tls) => {
                let host = self
                    .settings
                    .address
                    .rsplit_once(':')
                    .map_or("", |(host, _)| host);
                let secured = tls.connect(host, stream).await;
                Stream::Tls(Box::new(
                    secured.map_err(|failure| DeliveryError::unconnected(&failure))?,
                ))
            }
        };
        counter!(DESTINATION_CONNECTIONS_TOTAL, "destination" => Arc::clone(&self.name)).increment(1);
        Ok(Connection {
            stream,
            since,
            buffer: BytesMut::new(),
            last_used: Instant::now(),
            warned: false,
        })
    }

    /// Whether nobody has come to be trusted, or not to be, since this connection began.
    async fn is_trusted(&self, connection: &Connection) -> bool {
        match (&self.tls, &connection.since) {
            (Some(tls), Some(since)) => !tls.has_changed(since).await,
            (_, _) => true,
        }
    }

    /// Waits for what completes the delivery of the message with this header: in release 2 a commit block, and
    /// then, unless the receiver never sends one, its acknowledgment.
    async fn committed_and_acknowledged(
        &self,
        connection: &mut Connection,
        header: &Header<'_>,
    ) -> Result<Option<Acknowledgment>, DeliveryError> {
        let frame_bytes_max = self.settings.acknowledgment_bytes_max;
        let limits = FrameLimits {
            frame_bytes_max,
            ..FrameLimits::default()
        };
        let release = self.settings.release;
        let mut decoder = Decoder::new(limits, Strictness::Lenient).of_release(release);
        if release == Release::Two {
            let block = self.answer(connection, &mut decoder).await?;
            match Commit::of_content(&block) {
                Some(Commit::Stored) if self.settings.unsafe_no_acknowledgment => return Ok(None),
                Some(Commit::Stored) => {}
                // It says itself that it has not got the message, so another attempt doubles nothing.
                Some(Commit::NotStored) => {
                    return Err(DeliveryError::unreachable(
                        "the receiver could not store the message",
                    ));
                }
                None => {
                    return Err(DeliveryError::no_acknowledgment(
                        "expected a commit block of MLLP release 2",
                    ));
                }
            }
        }
        loop {
            let content = self.answer(connection, &mut decoder).await?;
            if release == Release::Two {
                connection.commit(self.settings.write_timeout).await;
            }
            let acknowledgment = Acknowledgment::parse_assuming(content.clone(), header.charset())
                .map_err(DeliveryError::no_acknowledgment)?;
            if acknowledgment.control_id != header.control_id() {
                return Err(DeliveryError::no_acknowledgment(
                    "MSA-2: expected the control id that was sent",
                ));
            }
            // A code that stands nowhere in capitals was written in small letters.
            let code = acknowledgment.code.as_str().as_bytes();
            if !content.windows(code.len()).any(|letters| letters == code) {
                self.report(connection, "lower_case_code");
            }
            let is_promise = acknowledgment.code == AcknowledgmentCode::CommitAccept;
            if !(is_promise && self.settings.awaited == Awaited::Application) {
                return Ok(Some(acknowledgment));
            }
        }
    }

    /// The content of the next frame the receiver sends.
    async fn answer(
        &self,
        connection: &mut Connection,
        decoder: &mut Decoder,
    ) -> Result<Bytes, DeliveryError> {
        let mut at_end = false;
        loop {
            let buffer = &mut connection.buffer;
            let found = if at_end {
                decoder.finish(buffer)
            } else {
                decoder.decode(buffer)
            };
            let found = found.map_err(DeliveryError::no_acknowledgment)?;
            let found = match found {
                None if at_end => {
                    return Err(DeliveryError::no_acknowledgment(
                        "the receiver closed the connection",
                    ));
                }
                None => match connection.read(decoder).await.map_err(unread)? {
                    Some(0) => {
                        at_end = true;
                        continue;
                    }
                    Some(_) => continue,
                    None => decoder.complete(&mut connection.buffer),
                },
                found => found,
            };
            match found {
                Some(Decoded::Frame(Frame::Whole(content))) => return Ok(content),
                Some(Decoded::Frame(Frame::TooLarge { .. })) => {
                    return Err(DeliveryError::no_acknowledgment(format_args!(
                        "the answer is longer than {} bytes",
                        self.settings.acknowledgment_bytes_max
                    )));
                }
                Some(Decoded::Deviation(deviation)) => self.report(connection, deviation.kind()),
                None => {}
            }
        }
    }

    fn report(&self, connection: &mut Connection, kind: &'static str) {
        let destination = Arc::clone(&self.name);
        counter!(DESTINATION_DEVIATIONS_TOTAL, "destination" => destination, "kind" => kind).increment(1);
        if !connection.warned {
            connection.warned = true;
            warn!(
                destination = &*self.name,
                kind, "the receiver departs from the standard"
            );
        }
    }
}

/// What it means that no answer could be read.
fn unread(failure: io::Error) -> DeliveryError {
    if tls::is_refusal(&failure) {
        DeliveryError::not_taken(&failure)
    } else {
        DeliveryError::no_acknowledgment(failure)
    }
}

/// A connection to the receiver.
struct Connection {
    stream: Stream,
    /// By which certificates its receiver was let through, within TLS.
    since: Option<Since>,
    /// What was read and is not yet understood.
    buffer: BytesMut,
    last_used: Instant,
    /// Whether a deviation stands in the log already; one line a connection is enough.
    warned: bool,
}

impl Connection {
    /// Whether anything but line ends has come after the answer.
    fn has_surplus(&mut self) -> bool {
        let surplus = std::mem::take(&mut self.buffer);
        surplus.iter().any(|byte| !matches!(byte, b'\r' | b'\n'))
    }

    /// Writes the whole frame. An answer that comes before the end of the message is no answer to it.
    async fn send(&mut self, framed: &mut BytesMut, write_timeout: Duration) -> Result<(), DeliveryError> {
        let deadline = Instant::now() + write_timeout;
        // TLS may have sent some of what it then fails to send.
        let mut anything_sent = matches!(self.stream, Stream::Tls(_));
        while framed.has_remaining() {
            if anything_sent && !self.stream.is_silent().await {
                let reason = "the receiver answered or closed before the message was complete";
                return Err(DeliveryError::no_acknowledgment(reason));
            }
            let written = timeout_at(deadline, self.stream.write_some(framed)).await;
            let written = written.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
            match written {
                Ok(_) => anything_sent = true,
                Err(error) if anything_sent => return Err(DeliveryError::no_acknowledgment(error)),
                Err(error) => return Err(DeliveryError::unreachable(error)),
            }
        }
        Ok(())
    }

    /// Commits an answer that was read. Where that fails the answer counts all the same, and the receiver sends it
    /// again or closes: the next delivery notices either.
    async fn commit(&mut self, write_timeout: Duration) {
        let mut framed = BytesMut::new();
        if encode(&Commit::Stored.block(), &mut framed).is_ok() {
            drop(self.send(&mut framed, write_timeout).await);
        }
    }

    /// Reads what there is; 0 at the end of the stream, `None` when a bare `0x1C` was followed by nothing.
    async fn read(&mut self, decoder: &Decoder) -> io::Result<Option<usize>> {
        let bare_end = decoder.ends_in_bare_end(&self.buffer);
        self.buffer.reserve(READ_BYTES);
        let read = self.stream.read_some(&mut self.buffer);
        if !bare_end {
            return read.await.map(Some);
        }
        match timeout(BARE_END_PAUSE, read).await {
            Ok(read) => read.map(Some),
            Err(_) => Ok(None),
        }
    }
}
