//! MLLP destinations: one connection, one message at a time, and the acknowledgments that the message asks for.
//!
//! An answer counts only if it was read after the whole message was sent, on the same connection, and names the
//! control id that was sent. Whenever anything else happens the connection is closed, so that no late answer can
//! be taken for the answer to the next message; only an answer that is known to be outstanding may come late. Nothing
//! is retried here.

mod connection;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use metrics::counter;
use tokio::time::{Instant, timeout_at};
use tracing::debug;

use self::connection::Connection;
use super::stream::Stream;
use super::{ControlId, DeliveryError, Outgoing, Receipt, connect, parse};
use crate::hl7::ack::{Acknowledgments, Asked, Condition};
use crate::hl7::{Acknowledgment, AcknowledgmentCode, Header};
use crate::metrics::DESTINATION_CONNECTIONS_TOTAL;
use crate::mllp::{Release, encode};
use crate::tls::{self, Owner, Since, Within};

pub use settings::{Awaited, Settings, address};
pub(super) use settings::{default_acknowledgment_bytes_max, default_connect_timeout};

/// How long nothing must follow a message that asks for no answer at all, well or ill: time for a receiver that does
/// not take it to close, and for one that answers all the same.
const UNASKED_PAUSE: Duration = Duration::from_millis(250);

/// The sending end of one MLLP destination.
pub struct Client {
    name: Arc<str>,
    settings: Arc<Settings>,
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
            settings: Arc::new(settings),
            connection: None,
        }
    }

    pub(super) async fn deliver(&mut self, outgoing: &Outgoing) -> Result<Receipt, DeliveryError> {
        let message = parse(outgoing)?;
        let bytes = self.settings.terminators.apply(&outgoing.bytes, &message);
        let mut framed = BytesMut::new();
        encode(&bytes, &mut framed).map_err(DeliveryError::impossible)?;

        // Out of `self` until there is no doubt about it: every early return closes it.
        let header = message.header();
        let mut connection = self.ready(&header).await?;
        connection.send(&mut framed, &header).await?;
        if self.settings.unsafe_no_acknowledgment && self.settings.release == Release::One {
            self.keep(connection);
            return Ok(Receipt::default());
        }
        let asked = Asked::of(&header);
        let acknowledgment = self
            .committed_and_acknowledged(&mut connection, &header, asked)
            .await?;
        let may_follow = match &acknowledgment {
            None => true,
            Some(found) => {
                found.code == AcknowledgmentCode::CommitAccept && asked.application != Condition::Never
            }
        };
        if may_follow {
            connection.await_late(&header);
        }
        if connection.has_surplus(&header).await {
            connection.report("surplus");
        } else if self.settings.control_id == ControlId::Exact || !connection.awaits_late() {
            self.keep(connection);
        }
        match acknowledgment {
            None => Ok(Receipt::default()),
            Some(found) if found.code.is_accept() => Ok(Receipt {
                code: Some(found.code),
                answer: Some(found.raw),
            }),
            Some(found) => Err(DeliveryError::Refused(found)),
        }
    }

    fn keep(&mut self, mut connection: Connection) {
        connection.last_used = Instant::now();
        self.connection = Some(connection);
    }

    /// The open connection if it can be trusted with the message of this header, or a new one.
    async fn ready(&mut self, header: &Header<'_>) -> Result<Connection, DeliveryError> {
        if let Some(mut connection) = self.connection.take() {
            let idle = connection.last_used.elapsed();
            let is_fresh = self.settings.reconnect_after.is_none_or(|limit| idle <= limit);
            if is_fresh && connection.is_as_left(header).await && !connection.since.has_changed().await {
                return Ok(connection);
            }
            debug!(
                destination = &*self.name,
                "the receiver has closed or spoken unasked, or certificates have changed; connecting anew"
            );
        }
        let since = Since::now(self.tls.as_ref()).await;
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
        Ok(Connection::new(
            Arc::clone(&self.name),
            Arc::clone(&self.settings),
            stream,
            since,
        ))
    }

    /// Waits for what completes the delivery of the message with this header: in release 2 a commit block, and then,
    /// unless the receiver never sends one, its acknowledgment. `None` where nothing came, and rightly.
    async fn committed_and_acknowledged(
        &self,
        connection: &mut Connection,
        header: &Header<'_>,
        asked: Asked,
    ) -> Result<Option<Acknowledgment>, DeliveryError> {
        let limit = self.settings.acknowledgment_timeout;
        let late = |_| {
            let limit = humantime::format_duration(limit);
            DeliveryError::no_acknowledgment(format_args!("none came within {limit}"))
        };
        let deadline = Instant::now() + limit;
        let is_silence_right = asked.on_success() == Acknowledgments::None;
        let is_all_silence = is_silence_right && asked.on_error() == Acknowledgments::None;
        if self.settings.release == Release::Two {
            timeout_at(deadline, connection.committed(header))
                .await
                .map_err(late)??;
            if self.settings.unsafe_no_acknowledgment || is_all_silence {
                return Ok(None);
            }
        }
        let mut until = if is_all_silence {
            deadline.min(Instant::now() + UNASKED_PAUSE)
        } else {
            deadline
        };
        loop {
            match timeout_at(until, self.acknowledged(connection, header, asked)).await {
                Ok(acknowledgment) => return acknowledgment.map(Some),
                Err(_) if is_silence_right && connection.is_between_answers() => return Ok(None),
                // An answer has begun: it may take as long as any other.
                Err(_) if until < deadline => until = deadline,
                Err(elapsed) => return Err(late(elapsed)),
            }
        }
    }

    /// Waits for the acknowledgment that completes the delivery.
    async fn acknowledged(
        &self,
        connection: &mut Connection,
        header: &Header<'_>,
        asked: Asked,
    ) -> Result<Acknowledgment, DeliveryError> {
        let is_more_awaited = self.settings.awaited == Awaited::Application && asked.application.asks(true);
        loop {
            let content = connection.next(header).await?;
            connection.commit().await;
            let acknowledgment = Acknowledgment::parse_assuming(content.clone(), header.charset())
                .map_err(DeliveryError::no_acknowledgment)?;
            let names = |sent| self.settings.control_id.names(&acknowledgment.control_id, sent);
            if !names(header.control_id()) {
                return Err(DeliveryError::no_acknowledgment(
                    "MSA-2: expected the control id that was sent",
                ));
            }
            // A code that stands nowhere in capitals was written in small letters.
            let code = acknowledgment.code.as_str().as_bytes();
            if !content.windows(code.len()).any(|letters| letters == code) {
                connection.report("lower_case_code");
            }
            if !(is_more_awaited && acknowledgment.code == AcknowledgmentCode::CommitAccept) {
                return Ok(acknowledgment);
            }
        }
    }
}
