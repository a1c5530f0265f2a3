//! `weir restore`: makes a new outbox of a backup.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use clap::Args;
use indicatif::ProgressBar;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::clock;
use crate::console::api::backup;
use crate::console::api::backup::{Line, Owed, VERSION, VERSION_MIN};
use crate::engine::SWITCHES_FILE;
use crate::outbox::{self, Acceptance, BodyRef, Entry, Link, LinkNumber, Outbox, Outcome, Settlement};
use crate::seal::{Keys, OperatorKey};
use crate::secret::SecretPlace;

use super::at_rest::{AtRest, Found};
use super::{CannotRun, Finding, runtime};

/// Where the outbox is made, until all of it is there.
const UNFINISHED: &str = "outbox.restoring";
/// Dead letters that are settled in memory and not yet on disk.
const UNSETTLED_MAX: u32 = 1_024;
/// The longest line read: a message of 256 MiB in base64, and what is said about it, and that encrypted in base64.
const LINE_BYTES_MAX: u64 = 540 << 20;

/// Makes the outbox of a data folder that has none from a file of `weir backup`.
///
/// Everything is owed again, in the same order; what was delivered since the backup was made is delivered a second
/// time. The file is read twice: first to see that it is whole.
///
/// Exit status: 0 everything in the file is owed again, 2 it is not, and nothing was restored unless it says so.
#[derive(Args)]
pub(super) struct Restore {
    /// The file
    file: PathBuf,
    #[command(flatten)]
    at_rest: AtRest,
    /// A private file with the operator's key under which the backup was made, where it is another one now
    #[arg(long, value_name = "FILE")]
    backup_key: Option<PathBuf>,
}

impl Restore {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let Found { data, key, .. } = self.at_rest.find()?;
        let folder = data.join("outbox");
        if folder.exists() {
            let why = "there is an outbox already; move it away, for what it holds would be lost";
            return Err(CannotRun::at(folder.display(), why));
        }
        let switches = data.join(SWITCHES_FILE);
        if switches.exists() {
            let why =
                "it tells what to skip and where to pause by the numbers of another outbox; move it away";
            return Err(CannotRun::at(switches.display(), why));
        }
        let unfinished = data.join(UNFINISHED);
        if unfinished.exists() {
            let why = "left by a restore that did not come to its end; remove it";
            return Err(CannotRun::at(unfinished.display(), why));
        }
        let of_backup = self
            .backup_key
            .clone()
            .map(SecretPlace::File)
            .or_else(|| key.clone());
        let count = self.check(of_backup.as_ref())?;
        let in_data = |error| CannotRun::at(data.display(), error);
        std::fs::create_dir_all(&data).map_err(in_data)?;
        runtime()?.block_on(self.load(&unfinished, key, of_backup.as_ref(), count))?;
        // Only now it can be taken for an outbox, whenever this was killed.
        std::fs::rename(&unfinished, &folder)
            .and_then(|()| File::open(&data)?.sync_all())
            .map_err(in_data)?;
        writeln!(out, "{}: {count} owed again", folder.display())?;
        Ok(Finding::Fine)
    }

    /// Reads the file to its end; how much is in it.
    fn check(&self, key: Option<&SecretPlace>) -> Result<u64, CannotRun> {
        let mut hasher = blake3::Hasher::new();
        let mut lines = Lines::open(&self.file, key)?;
        let (mut count, mut is_begun) = (0, false);
        while let Some(bytes) = lines.next()? {
            match lines.read(&bytes)? {
                Line::Head { version, .. } if (VERSION_MIN..=VERSION).contains(&version) && !is_begun => {
                    is_begun = true;
                }
                Line::Head { version, .. } => {
                    let expected = format!("{VERSION_MIN} to {VERSION}");
                    return Err(lines.wrong(format!("version {version}, expected {expected}, once")));
                }
                Line::Link(_) => {}
                Line::Owed(_) => count += 1,
                Line::Sealed(_) => return Err(lines.wrong("a line that is encrypted twice")),
                Line::End { owed, hash } => {
                    if !is_begun || owed != count || hash != hasher.finalize().to_hex().as_str() {
                        return Err(lines.wrong("its end does not fit what stands before it"));
                    }
                    if lines.next()?.is_some() {
                        return Err(lines.wrong("something follows its end"));
                    }
                    return Ok(count);
                }
            }
            hasher.update(&bytes);
        }
        Err(lines.wrong("it has no end: the backup was not finished"))
    }

    async fn load(
        &self,
        folder: &Path,
        key: Option<SecretPlace>,
        of_backup: Option<&SecretPlace>,
        count: u64,
    ) -> Result<(), CannotRun> {
        // What was owed once has its place again, whatever the limits of those who send are.
        let settings = outbox::Settings {
            entries_max: u64::MAX,
            stored_bytes_max: usize::MAX,
            key,
            ..outbox::Settings::default()
        };
        let outbox =
            Outbox::open(folder, &settings).map_err(|error| CannotRun::Because(error.to_string()))?;
        let unsettled = Arc::new(Semaphore::new(UNSETTLED_MAX as usize));
        let progress = ProgressBar::new(count);
        let mut lines = Lines::open(&self.file, of_backup)?;
        let mut last = None;
        while let Some(bytes) = lines.next()? {
            let line = lines.read(&bytes)?;
            if let Line::Link(link) = &line {
                let pending = outbox.offer(known(link)).await;
                last = Some(pending.map_err(|error| half(folder, &error.to_string()))?);
            }
            if let Line::Owed(owed) = line {
                let pending = offer(&outbox, &owed, &lines).await;
                let pending = pending.map_err(|why| half(folder, &why))?;
                if let Some(dead) = owed.dead {
                    let accepted = pending.await.map_err(|error| half(folder, &error.to_string()))?;
                    let answer = dead.answer.map(|answer| BASE64.decode(answer)).transpose();
                    let settlement = Settlement {
                        destination: owed.destination.into(),
                        sequence: accepted.first,
                        outcome: Outcome::DeadLetter {
                            reason: dead.reason,
                            attempts: dead.attempts,
                            answer: answer.unwrap_or_default().map(Into::into),
                        },
                    };
                    let hold = holds(&outbox, &unsettled, 1).await;
                    let hold = hold.map_err(|why| half(folder, &why))?;
                    let settled = outbox.settle(settlement, Some(hold)).await;
                    settled.map_err(|error| half(folder, &error.to_string()))?;
                } else {
                    last = Some(pending);
                }
                progress.inc(1);
            }
        }
        // They are committed in order: with the last, all are.
        if let Some(last) = last {
            last.await.map_err(|error| half(folder, &error.to_string()))?;
        }
        // A hold comes back when its settlement is on disk.
        let holds = holds(&outbox, &unsettled, UNSETTLED_MAX).await;
        drop(holds.map_err(|why| half(folder, &why))?);
        outbox.close().await;
        progress.finish_and_clear();
        Ok(())
    }
}

/// What was begun cannot be taken for the whole.
fn half(folder: &Path, why: &str) -> CannotRun {
    CannotRun::at(
        folder.display(),
        format!("{why}; only a part was restored: remove this folder and begin again"),
    )
}

/// Waits for room among the dead letters that are not yet on disk.
async fn holds(
    outbox: &Outbox,
    unsettled: &Arc<Semaphore>,
    count: u32,
) -> Result<OwnedSemaphorePermit, String> {
    tokio::select! {
        holds = Arc::clone(unsettled).acquire_many_owned(count) => holds.map_err(|error| error.to_string()),
        failure = outbox.failure() => Err(failure.to_string()),
    }
}

async fn offer(outbox: &Outbox, owed: &Owed, lines: &Lines<'_>) -> Result<outbox::Pending, String> {
    let bytes = |text: &str| {
        BASE64
            .decode(text)
            .map_err(|error| format!("line {}: {error}", lines.number))
    };
    let destination: Arc<str> = owed.destination.as_str().into();
    let acceptance = Acceptance {
        received_at: owed
            .received_at
            .parse()
            .map_err(|error| format!("line {}: {error}", lines.number))?,
        listener: owed.listener.as_str().into(),
        control_id: bytes(&owed.control_id)?.into(),
        site_version: owed.site_version.as_str().into(),
        raw: bytes(&owed.body)?.into(),
        results: Vec::new(),
        deliveries: vec![Entry {
            destination,
            body: BodyRef::Raw,
        }],
        dead: Vec::new(),
        window: None,
        instead_of: None,
        told: None,
        link: None,
    };
    outbox.offer(acceptance).await.map_err(|error| error.to_string())
}

/// What puts a link where the backup says; there is no message in it.
fn known(link: &backup::Link) -> Acceptance {
    let (number, content) = (link.number, link.content);
    Acceptance {
        received_at: clock::now(),
        listener: "".into(),
        control_id: Bytes::new(),
        site_version: "".into(),
        raw: Bytes::new(),
        results: Vec::new(),
        deliveries: Vec::new(),
        dead: Vec::new(),
        window: None,
        instead_of: None,
        link: Some(Link {
            id: link.id,
            number: LinkNumber::Known { number, content },
        }),
        told: None,
    }
}

/// The lines of a file, with their numbers.
struct Lines<'a> {
    path: PathBuf,
    reader: BufReader<File>,
    number: u64,
    /// Where the operator's key of an encrypted backup is kept.
    key: Option<&'a SecretPlace>,
    /// Of an encrypted backup, once its head was read.
    keys: Option<Keys>,
}

impl<'a> Lines<'a> {
    fn open(path: &Path, key: Option<&'a SecretPlace>) -> Result<Lines<'a>, CannotRun> {
        let file = File::open(path).map_err(|error| CannotRun::at(path.display(), error))?;
        Ok(Lines {
            path: path.to_owned(),
            reader: BufReader::with_capacity(1 << 20, file),
            number: 0,
            key,
            keys: None,
        })
    }

    fn next(&mut self) -> Result<Option<Vec<u8>>, CannotRun> {
        let mut line = Vec::new();
        let mut limited = std::io::Read::take(&mut self.reader, LINE_BYTES_MAX);
        let read = limited.read_until(b'\n', &mut line);
        self.number += 1;
        match read {
            Ok(0) => Ok(None),
            Ok(_) if line.ends_with(b"\n") => Ok(Some(line)),
            Ok(_) => Err(self.wrong("a line without an end")),
            Err(error) => Err(self.wrong(error)),
        }
    }

    fn read(&mut self, line: &[u8]) -> Result<Line, CannotRun> {
        let line = self.parse(line)?;
        match (&line, &self.keys) {
            (Line::Head { keys: Some(text), .. }, None) => self.keys = Some(self.unlock(text)?),
            (Line::Sealed(sealed), Some(keys)) => {
                let sealed = BASE64.decode(sealed).map_err(|_| self.wrong("expected base64"))?;
                let opened = keys.open(&backup::place(self.number), &sealed);
                return self.parse(&opened.map_err(|error| self.wrong(error))?);
            }
            // Whoever has no key could have written it.
            (_, Some(_)) => return Err(self.wrong("a line that is not encrypted, in a backup that is")),
            (_, None) => {}
        }
        Ok(line)
    }

    fn parse(&self, line: &[u8]) -> Result<Line, CannotRun> {
        // What the reader of JSON says may quote the line.
        serde_json::from_slice(line).map_err(|_| self.wrong("not a line of a backup of this version of weir"))
    }

    /// The data keys of an encrypted backup.
    fn unlock(&self, text: &str) -> Result<Keys, CannotRun> {
        let key = self.key.ok_or_else(|| {
            self.wrong("encrypted, and no key is given: name it by `--backup-key`, or `engine.encryption.key` of the site")
        })?;
        let operator = OperatorKey::read(key).map_err(|error| CannotRun::Because(error.to_string()))?;
        Keys::of_text(text, "the backup", &operator).map_err(|error| self.wrong(error))
    }

    fn wrong(&self, why: impl std::fmt::Display) -> CannotRun {
        CannotRun::at(
            self.path.display(),
            format!("line {}: {why}; nothing is restored from it", self.number),
        )
    }
}
