//! `GET /api/v1/backup`: everything that is owed and everything that was given up, as lines of JSON, while weir runs;
//! with the users, the audit log and what destinations were told.
//!
//! The form is versioned and stands by itself: a head, those files, the sequence numbers of senders that are counted, a
//! line for each delivery and each dead letter in the order of its destination, and an end with their number and a hash
//! over all lines before it. The archive is not in it: it is a database, and copied as one. What is delivered while
//! the backup is made may or may not be in it; what is owed when it ends and was owed when it began is, be it as a
//! delivery or as a dead letter, and what was given up meanwhile may be there as both. The backup of an encrypted
//! outbox is encrypted, under the same operator's key and data keys of its own, unless somebody asks otherwise.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tracing::{error, info};

use super::Sources;
use crate::access;
use crate::audit;
use crate::clock;
use crate::console::extract::Query;
use crate::console::guard::Caller;
use crate::engine::{SWITCHES_FILE, Status};
use crate::outbox::{Delivery, LinkNumber, OutboxError, Sequence};
use crate::seal::{KeyError, Keys, KeysError, OperatorKey};
use crate::secret::SecretPlace;

/// The version of the form.
pub const VERSION: u32 = 4;
/// The oldest version that is read: it had no links; versions 1 to 3 had no files.
pub const VERSION_MIN: u32 = 1;
/// Deliveries read at once.
const READ_COUNT_MAX: usize = 256;
/// Their bytes at once.
const READ_BYTES_MAX: usize = 4 << 20;
/// Lines that wait for whoever reads them: one of a file of the audit log is 29 MB at the most.
const LINES_WAITING_MAX: usize = 2;

/// A line of a backup.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Line {
    /// The first.
    Head {
        /// [`VERSION`].
        version: u32,
        /// When it was begun, in UTC.
        made_at: String,
        /// The outbox it is of, in hexadecimal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        store: Option<String>,
        /// The data keys of an encrypted backup, wrapped by the operator's key: every other line is `sealed` then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keys: Option<String>,
    },
    /// Another line, encrypted for its place in the file, in base64.
    Sealed(String),
    /// A small file of the data folder.
    File {
        /// Where in it, with `/`.
        name: String,
        /// What stands in it, in base64.
        content: String,
    },
    /// Where a sender's sequence numbers were.
    Link(Link),
    /// A delivery that waits, or one that was given up.
    Owed(Owed),
    /// The last.
    End {
        /// How many deliveries stand between head and end.
        owed: u64,
        /// BLAKE3 over all bytes before this line, in hexadecimal.
        hash: String,
    },
}

/// The sequence numbers of a sender.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// A hash of the listener and the sender.
    pub id: [u8; 16],
    /// The last number that was taken.
    pub number: u64,
    /// A hash of the message that had it.
    pub content: [u8; 16],
}

/// A delivery of a backup.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owed {
    /// Who is owed it.
    pub destination: String,
    /// Its number where it was.
    pub sequence: u64,
    /// When its message was received.
    pub received_at: String,
    /// The listener it came in by.
    pub listener: String,
    /// MSH-10 as received, in base64.
    pub control_id: String,
    /// The configuration it was routed by.
    pub site_version: String,
    /// The name of the character set that the body is in, where it may not say so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charset: Option<String>,
    /// What is to be sent, in base64.
    pub body: String,
    /// Why it was given up, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<Dead>,
}

/// Why a delivery was given up.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dead {
    /// In words.
    pub reason: String,
    /// After how many attempts.
    pub attempts: u32,
    /// What the destination answered last, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

/// What may be asked of a backup.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    /// `true`: not encrypted, though the outbox is.
    #[serde(default)]
    plain: bool,
}

pub(super) async fn get(
    State(sources): State<Sources>,
    Query(form): Query<Form>,
    caller: Caller,
) -> Response {
    info!(by = %caller, plain = form.plain, "a backup begins");
    let key = sources.status.outbox().key();
    if form.plain && key.is_some() {
        let told = "in plain text, of an outbox that is encrypted".to_owned();
        if let Err(unwritten) = caller.record("backup", Some(told)).await {
            return unwritten;
        }
    }
    let key = key.filter(|_| !form.plain).cloned();
    let (lines, waiting) = mpsc::channel(LINES_WAITING_MAX);
    // Ends by itself when nobody reads any more.
    tokio::task::spawn_blocking(move || {
        let mut writer = Writer::new(lines);
        if let Err(stopped) = write(&sources, key.as_ref(), &mut writer) {
            error!(%stopped, "a backup ended before its end");
            writer.break_off(stopped);
        }
    });
    let stream = unfold(waiting, |mut waiting| async {
        let line: Option<io::Result<Bytes>> = waiting.recv().await;
        line.map(|line| (line, waiting))
    });
    (
        [(header::CONTENT_TYPE, "application/x-ndjson")],
        Body::from_stream(stream),
    )
        .into_response()
}

/// Why a backup has no end.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error("nobody reads it")]
    Unread,
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    #[error("the audit log cannot be read: {0}")]
    Audit(#[from] io::Error),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Keys(#[from] KeysError),
}

struct Writer {
    lines: mpsc::Sender<io::Result<Bytes>>,
    hasher: blake3::Hasher,
    owed: u64,
    /// The number of the next line, from 1.
    line: u64,
    /// Of a backup that is encrypted.
    keys: Option<Keys>,
}

/// Where a line of an encrypted backup belongs: its number, from 1.
pub fn place(line: u64) -> [u8; 8] {
    line.to_be_bytes()
}

impl Writer {
    fn new(lines: mpsc::Sender<io::Result<Bytes>>) -> Writer {
        Writer {
            lines,
            hasher: blake3::Hasher::new(),
            owed: 0,
            line: 1,
            keys: None,
        }
    }

    fn write(&mut self, line: &Line) -> Result<(), Stopped> {
        self.owed += u64::from(matches!(line, Line::Owed(_)));
        let json = |line: &Line| serde_json::to_vec(line).expect("texts and numbers are always JSON");
        let mut bytes = json(line);
        if let (Some(keys), false) = (&self.keys, matches!(line, Line::Head { .. })) {
            bytes = json(&Line::Sealed(base64(&keys.seal(&place(self.line), &bytes))));
        }
        self.line += 1;
        bytes.push(b'\n');
        self.hasher.update(&bytes);
        self.lines
            .blocking_send(Ok(bytes.into()))
            .map_err(|_| Stopped::Unread)
    }

    /// Makes the reader see an error instead of an end.
    fn break_off(&self, stopped: Stopped) {
        // When nobody reads, nobody needs to know.
        let _unread = self.lines.blocking_send(Err(io::Error::other(stopped)));
    }
}

fn write(sources: &Sources, key: Option<&SecretPlace>, writer: &mut Writer) -> Result<(), Stopped> {
    let status = &sources.status;
    let mut wrapped = None;
    if let Some(key) = key {
        // The key that counts now: it may have been exchanged since weir was started.
        let (keys, text) = Keys::generate(&OperatorKey::read(key)?)?;
        writer.keys = Some(keys);
        wrapped = Some(text);
    }
    writer.write(&Line::Head {
        version: VERSION,
        made_at: clock::now().to_string(),
        store: Some(format!("{:032x}", status.outbox().store_id())),
        keys: wrapped,
    })?;
    write_files(sources, writer)?;
    // Before the deliveries: what is taken while the backup is made is asked for again after it is restored.
    for link in status.outbox().links()? {
        if let LinkNumber::Known { number, content } = link.number {
            let id = link.id;
            writer.write(&Line::Link(Link { id, number, content }))?;
        }
    }
    for destination in status.owed_destinations() {
        // Dead letters before and after: one that is sent again meanwhile has its new number behind the queue's end,
        // and a delivery that is given up meanwhile is a dead letter only afterwards.
        let before = write_dead(status, &destination, &[], writer)?;
        write_queue(status, &destination, writer)?;
        write_dead(status, &destination, &before, writer)?;
    }
    let end = Line::End {
        owed: writer.owed,
        hash: writer.hasher.finalize().to_hex().to_string(),
    };
    writer.write(&end)
}

/// The small files that belong to it: who may do what, who did what, and what destinations were told.
fn write_files(sources: &Sources, writer: &mut Writer) -> Result<(), Stopped> {
    let mut file = |name: &str, content: &[u8]| {
        writer.write(&Line::File {
            name: name.to_owned(),
            content: base64(content),
        })
    };
    file(access::FILE_NAME, &sources.access.copy())?;
    file(SWITCHES_FILE, &sources.status.switches().copy())?;
    let Some(log) = sources.audit.parts()? else {
        return Ok(());
    };
    file(audit::HEAD_NAME, log.head.as_bytes())?;
    for (path, bytes) in log.files {
        let mut content = Vec::new();
        File::open(&path)?.take(bytes).read_to_end(&mut content)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        file(&format!("{}/{name}", audit::FOLDER_NAME), &content)?;
    }
    Ok(())
}

fn write_queue(status: &Status, destination: &Arc<str>, writer: &mut Writer) -> Result<(), Stopped> {
    let outbox = status.outbox();
    // What comes later is not waited for, or a backup under load had no end.
    let newest = *outbox.arrivals(destination).borrow();
    let mut after = None;
    loop {
        let found = outbox.owed(destination, after, READ_COUNT_MAX, READ_BYTES_MAX)?;
        for delivery in &found {
            if delivery.sequence > newest {
                return Ok(());
            }
            writer.write(&Line::Owed(owed(destination, delivery)))?;
        }
        match found.last() {
            Some(last) => after = Some(last.sequence),
            None => return Ok(()),
        }
    }
}

/// Writes the dead letters but for those that are known; their numbers, in order.
fn write_dead(
    status: &Status,
    destination: &Arc<str>,
    known: &[Sequence],
    writer: &mut Writer,
) -> Result<Vec<Sequence>, Stopped> {
    let mut written = Vec::new();
    let mut after: Option<Sequence> = None;
    loop {
        let found = status.outbox().dead_letters(destination, after, READ_COUNT_MAX)?;
        for letter in &found {
            // Of one whose records are damaged there is nothing to keep.
            let Some(delivery) = &letter.delivery else {
                continue;
            };
            if known.binary_search(&letter.sequence).is_ok() {
                continue;
            }
            written.push(letter.sequence);
            writer.write(&Line::Owed(Owed {
                dead: Some(Dead {
                    reason: letter.reason.clone(),
                    attempts: letter.attempts,
                    answer: letter.answer.as_deref().map(base64),
                }),
                ..owed(destination, delivery)
            }))?;
        }
        match found.last() {
            Some(last) => after = Some(last.sequence),
            None => return Ok(written),
        }
    }
}

fn owed(destination: &Arc<str>, delivery: &Delivery) -> Owed {
    Owed {
        destination: destination.to_string(),
        sequence: delivery.sequence.0,
        received_at: delivery.received_at.to_string(),
        listener: delivery.listener.clone(),
        control_id: base64(&delivery.control_id),
        site_version: delivery.site_version.clone(),
        charset: delivery.charset.clone(),
        body: base64(&delivery.bytes),
        dead: None,
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
