//! Audit messages by syslog over TLS: RFC 5424 within RFC 5425, as ITI-20 and DICOM PS3.15, A.6, have it.
//!
//! Syslog has no acknowledgments. What tells that a receiver has read everything is the end of the connection: ours is
//! announced (`close_notify`), and the receiver closes its side when it has read that far. So a connection carries at
//! most so many records for at most so long, rests for a moment, so that a receiver which has gone away meanwhile is
//! noticed, and is closed in order; what it carried counts as sent then, and is sent again where it did not end so.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, split};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tracing::warn;

use super::spool::Spool;
use super::{Source, dicom};
use crate::audit::{Outcome, Record};
use crate::config;
use crate::destination::connect;
use crate::tls::{Client, NotReached, Owner, Within};

/// Facility 10, security, and severity 5, normal but significant.
const PRIORITY: u8 = 85;
/// The same with severity 4, a warning: of what was refused or failed.
const PRIORITY_OF_FAILURES: u8 = 84;
/// What ITI-20 calls these messages.
const MESSAGE_ID: &str = "IHE+RFC-3881";
/// The longest sequence number of RFC 5424, 7.3.1.
const SEQUENCE_MAX: u64 = 2_147_483_647;

/// Read from the log at a time.
const BATCH: usize = 100;
/// Carried by one connection, and so sent again at the most.
const RECORDS_MAX: usize = 500;
/// How long a connection carries records.
const OPEN_MAX: Duration = Duration::from_secs(10);
/// How long it rests before it is closed.
const REST: Duration = Duration::from_secs(1);
const CONNECT_MAX: Duration = Duration::from_secs(10);
const WRITE_MAX: Duration = Duration::from_secs(20);
/// How long a receiver may take to close its side.
const CLOSE_MAX: Duration = Duration::from_secs(10);

/// A receiver.
pub(super) struct Syslog {
    address: String,
    tls: Client,
    source: Source,
    /// The last record of a connection that carried what came first and was never closed by the receiver.
    left_open: Option<u64>,
}

impl Syslog {
    pub(super) fn new(settings: &config::Syslog, owner: Owner, source: Source) -> Syslog {
        Syslog {
            address: settings.address.clone(),
            tls: Client::new(settings.tls.clone(), Within::Other, owner),
            source,
            left_open: None,
        }
    }

    /// Sends what waits over one connection; false when nothing does.
    pub(super) async fn send(
        &mut self,
        spool: &mut Spool,
        stop: &watch::Receiver<bool>,
    ) -> Result<bool, NotReached> {
        let first = spool.next(BATCH).await?;
        if first.is_empty() {
            return Ok(false);
        }
        let connected = connect(&self.address, CONNECT_MAX).await;
        let socket = connected.map_err(|error| format!("cannot connect: {error}"))?;
        let host = self.address.rsplit_once(':').map_or("", |(host, _)| host);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let stream = self
            .tls
            .connect(host, socket)
            .await
            .map_err(|error| NotReached::because(&error, &error))?;
        let (mut reader, mut writer) = split(stream);
        let (sent, is_closed) = {
            let mut closed = std::pin::pin!(until_closed(&mut reader));
            let sent = tokio::select! {
                biased;
                ended = &mut closed => return Err(closed_early(ended)),
                sent = self.carry(first, &mut writer, spool, stop) => sent?,
            };
            let ended = async {
                writer.shutdown().await?;
                closed.await
            };
            match timeout(CLOSE_MAX, ended).await {
                Ok(Ok(())) => (sent, true),
                Ok(Err(error)) => return Err(broke(&error)),
                Err(_) => (sent, false),
            }
        };
        if is_closed {
            self.left_open = None;
            spool.confirm(sent, "sent").await?;
            return Ok(true);
        }
        let twice = sent_twice(&mut self.left_open, spool);
        if twice == 0 {
            let reason = "the receiver does not close its side, so that nobody knows what it has";
            return Err(reason.to_owned().into());
        }
        // It is there, and took the same twice: more than that would be for ever.
        let repository = spool.repository();
        warn!(%repository, "the receiver never closes its side: what was sent twice counts as sent");
        spool.confirm(twice, "sent").await?;
        // What only the second connection carried.
        spool.rewind();
        Ok(true)
    }

    /// Writes records until nothing comes for a moment, or it is enough.
    async fn carry(
        &self,
        mut records: Vec<Record>,
        writer: &mut (impl AsyncWriteExt + Unpin),
        spool: &mut Spool,
        stop: &watch::Receiver<bool>,
    ) -> Result<usize, NotReached> {
        let begin = Instant::now();
        let mut sent = 0;
        loop {
            let frames: Vec<u8> = records
                .iter()
                .flat_map(|record| frame(record, &self.source))
                .collect();
            let write = async {
                writer.write_all(&frames).await?;
                writer.flush().await
            };
            let written = timeout(WRITE_MAX, write).await;
            let written = written.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
            written.map_err(|error| NotReached::because(format_args!("cannot write: {error}"), &error))?;
            sent += records.len();
            let is_enough = sent + BATCH > RECORDS_MAX || begin.elapsed() >= OPEN_MAX || *stop.borrow();
            if is_enough {
                sleep(REST).await;
                return Ok(sent);
            }
            if timeout(REST, spool.more()).await.is_err() {
                return Ok(sent);
            }
            let Ok(more) = spool.next(BATCH).await else {
                // That is told when nothing is on its way any more.
                sleep(REST).await;
                return Ok(sent);
            };
            records = more;
        }
    }
}

/// How many of the first records the connection that was left open before carried too, now that another, which has
/// carried all that was read, was left open as well.
pub(super) fn sent_twice(left_open: &mut Option<u64>, spool: &Spool) -> usize {
    let before = std::mem::replace(left_open, spool.last_number());
    before.map_or(0, |number| spool.count_through(number))
}

/// What it means that the receiver ends the connection while it is written to: TLS 1.3 lets it judge weir's certificate
/// only then.
fn closed_early(ended: io::Result<()>) -> NotReached {
    let reason = "the receiver has closed the connection";
    match ended {
        Ok(()) => reason.to_owned().into(),
        Err(error) => NotReached::because(reason, &error),
    }
}

fn broke(error: &io::Error) -> NotReached {
    NotReached::because(format_args!("the connection broke: {error}"), error)
}

/// Reads until the other side has closed. Not all of them say so within TLS.
async fn until_closed(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
    let mut nothing = [0; 1024];
    loop {
        match reader.read(&mut nothing).await {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// One message with its length before it (RFC 5425, 4.3).
fn frame(record: &Record, source: &Source) -> Vec<u8> {
    let message = message(record, source);
    let mut frame = format!("{} ", message.len()).into_bytes();
    frame.extend_from_slice(message.as_bytes());
    frame
}

/// One message of syslog (RFC 5424, 6).
pub(super) fn message(record: &Record, source: &Source) -> String {
    let priority = match record.outcome {
        Outcome::Allowed => PRIORITY,
        Outcome::Refused | Outcome::Failed => PRIORITY_OF_FAILURES,
    };
    // No more than six digits of a second.
    let at = record.moment().map_or_else(
        || "-".to_owned(),
        |at| at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
    );
    let host: String = source
        .host
        .chars()
        .filter(char::is_ascii_graphic)
        .take(255)
        .collect();
    let host = if host.is_empty() { "-" } else { &host };
    let process = std::process::id();
    let sequence = (record.number - 1) % SEQUENCE_MAX + 1;
    let xml = dicom::message(record, source);
    format!(
        "<{priority}>1 {at} {host} weir {process} {MESSAGE_ID} [meta sequenceId=\"{sequence}\"] \u{FEFF}{xml}"
    )
}
