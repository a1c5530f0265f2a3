//! `weir restore`: makes a new outbox of a backup, and brings back what stood beside it.

mod beside;
mod history;
mod lines;

use std::fs::{DirBuilder, File};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use clap::Args;
use indicatif::ProgressBar;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::archive::ArchiveError;
use crate::clock;
use crate::console::api::backup;
use crate::console::api::backup::{Line, Owed, VERSION, VERSION_MIN};
use crate::durable;
use crate::engine::{RESTORING, SWITCHES_FILE};
use crate::outbox::{
    self, Acceptance, BodyRef, Charsets, Entry, Judgment, Link, LinkNumber, Origin, OriginMessage, Outbox,
    Outcome, Settlement, Told,
};
use crate::secret::SecretPlace;

use super::at_rest::{AtRest, Found};
use super::recorded::Recorded;
use super::{CannotRun, Finding, runtime};
use beside::{Beside, Put};
use history::History;
use lines::Lines;

/// What the audit log calls it.
const WHAT: &str = "restore";
/// The outbox in the data folder, and where it is made.
const OUTBOX: &str = "outbox";
/// Dead letters that are settled in memory and not yet on disk.
const UNSETTLED_MAX: u32 = 1_024;
/// Makes the outbox of a data folder that has none from a file of `weir backup`.
///
/// Everything is owed again, in the same order; what was delivered since the backup was made is delivered a second
/// time. Users, tokens, the audit log and the archive (FILE.archive) come back where there are none; what is there stays.
/// What destinations were told holds again. The file is read twice: first to see that it is whole.
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
    /// Take a backup that is not encrypted, and its archive, where there is a key: it is encrypted on its way
    #[arg(long)]
    plain: bool,
}

impl Restore {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let Found { data, archive, key } = self.at_rest.find()?;
        let archive = archive?;
        let folder = data.join(OUTBOX);
        is_missing(&folder)?;
        let switches = data.join(SWITCHES_FILE);
        if switches.exists() {
            let why =
                "it tells what to skip and where to pause by the numbers of another outbox; move it away";
            return Err(CannotRun::at(switches.display(), why));
        }
        let unfinished = data.join(RESTORING);
        if unfinished.exists() {
            let why = "left by a restore that did not come to its end; remove it";
            return Err(CannotRun::at(unfinished.display(), why));
        }
        let of_backup = self
            .backup_key
            .clone()
            .map(SecretPlace::File)
            .or_else(|| key.clone());
        let (count, store) = self.check(of_backup.as_ref())?;
        let in_data = |error| CannotRun::at(data.display(), error);
        durable::private_folder(&data).map_err(in_data)?;
        if let Some(archive) = &archive {
            let from = history::beside(&self.file);
            if history::bring_back(&from, archive, (key.as_ref(), of_backup.as_ref()), self.plain)? {
                writeln!(out, "{}: restored", archive.display())?;
            }
        }
        let opened = archive
            .as_ref()
            .zip(store)
            .map(|(folder, store)| History::open(folder, key.as_ref(), store));
        let history = opened
            .transpose()
            .map_err(|error| CannotRun::Because(error.to_string()))?;
        let mut parts = Parts {
            folder: unfinished.clone(),
            keeps_history: archive.is_some(),
            beside: Beside::new(&unfinished),
            history: history.flatten(),
        };
        let new = DirBuilder::new().mode(0o700).create(&unfinished);
        new.and_then(|()| durable::hand_over(&unfinished, &data))
            .map_err(in_data)?;
        runtime()?.block_on(self.load(&mut parts, key, of_backup.as_ref(), count))?;
        // A weir may have been started meanwhile that had not seen it.
        is_missing(&folder)?;
        let recorded = Recorded::new(&data, "weir restore");
        let mut told = parts.beside.put_audit(&data).map_err(in_data)?;
        // In the log that came back, or was there: before anything else can be taken for restored.
        let owed = format!("{count} owed again");
        let allowed = recorded.allowed(WHAT, OUTBOX.to_owned(), Some(owed))?;
        let lost = parts.put(&data, &mut told).map_err(|why| {
            recorded.failed(allowed, WHAT, OUTBOX.to_owned(), why.clone());
            half(&unfinished, &why)
        })?;
        // Nothing that counts is in it any more.
        drop(std::fs::remove_dir_all(&unfinished));
        // Only now: who reads no further stops nothing.
        tell(&told, &data, out)?;
        if lost > 0 {
            writeln!(
                out,
                "{lost} that the archive shows as owed are not in the backup: told there as purged"
            )?;
        }
        writeln!(out, "{}: {count} owed again", folder.display())?;
        Ok(Finding::Fine)
    }

    /// Reads the file to its end; how much is in it, and of which outbox.
    fn check(&self, key: Option<&SecretPlace>) -> Result<(u64, Option<u128>), CannotRun> {
        let mut hasher = blake3::Hasher::new();
        let mut lines = Lines::open(&self.file, key, self.plain)?;
        let (mut count, mut is_begun, mut of) = (0, false, None);
        while let Some(bytes) = lines.next()? {
            match lines.read(&bytes)? {
                Line::Head { version, store, .. }
                    if (VERSION_MIN..=VERSION).contains(&version) && !is_begun =>
                {
                    is_begun = true;
                    of = store.and_then(|store| u128::from_str_radix(&store, 16).ok());
                }
                Line::Head { version, .. } => {
                    let expected = format!("{VERSION_MIN} to {VERSION}");
                    return Err(lines.wrong(format!("version {version}, expected {expected}, once")));
                }
                Line::Link(_) | Line::File { .. } => {}
                Line::Owed(_) => count += 1,
                Line::Sealed(_) => return Err(lines.wrong("a line that is encrypted twice")),
                Line::End { owed, hash } => {
                    if !is_begun || owed != count || hash != hasher.finalize().to_hex().as_str() {
                        return Err(lines.wrong("its end does not fit what stands before it"));
                    }
                    if lines.next()?.is_some() {
                        return Err(lines.wrong("something follows its end"));
                    }
                    return Ok((count, of));
                }
            }
            hasher.update(&bytes);
        }
        Err(lines.wrong("it has no end: the backup was not finished"))
    }

    async fn load(
        &self,
        parts: &mut Parts,
        key: Option<SecretPlace>,
        of_backup: Option<&SecretPlace>,
        count: u64,
    ) -> Result<(), CannotRun> {
        let outbox = parts.open_outbox(key)?;
        let folder = parts.folder.clone();
        let folder = folder.as_path();
        let unsettled = Arc::new(Semaphore::new(UNSETTLED_MAX as usize));
        let progress = ProgressBar::new(count);
        let mut lines = Lines::open(&self.file, of_backup, self.plain)?;
        let mut last = None;
        while let Some(bytes) = lines.next()? {
            let line = lines.read(&bytes)?;
            if let Line::Link(link) = &line {
                let pending = outbox.offer(known(link)).await;
                last = Some(pending.map_err(|error| half(folder, &error.to_string()))?);
            }
            if let Line::File { name, content } = &line {
                let taken = parts.beside.take(name, content);
                taken.map_err(|why| half(folder, &format!("line {}: {why}", lines.number)))?;
            }
            if let Line::Owed(owed) = line {
                let told = parts
                    .told(&owed)
                    .map_err(|error| half(folder, &error.to_string()))?;
                let pending = offer(&outbox, &owed, told, &lines).await;
                let pending = pending.map_err(|why| half(folder, &why))?;
                let is_asked_for = parts.beside.asks_for(&owed.destination, owed.sequence);
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
                } else if is_asked_for {
                    let accepted = pending.await.map_err(|error| half(folder, &error.to_string()))?;
                    parts
                        .beside
                        .is_now(&owed.destination, owed.sequence, accepted.first.0);
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
        let switches = parts.beside.write_switches(outbox.store_id());
        switches.map_err(|why| half(folder, &why))?;
        outbox.close().await;
        progress.finish_and_clear();
        Ok(())
    }
}

/// What is made of a backup.
struct Parts {
    /// Where it is made.
    folder: PathBuf,
    /// Whether the site keeps an archive.
    keeps_history: bool,
    beside: Beside,
    history: Option<History>,
}

impl Parts {
    fn open_outbox(&self, key: Option<SecretPlace>) -> Result<Outbox, CannotRun> {
        // What was owed once has its place again, whatever the limits of those who send are.
        let settings = outbox::Settings {
            entries_max: u64::MAX,
            stored_bytes_max: usize::MAX,
            disk_free_bytes_min: 0,
            key,
            ..outbox::Settings::default()
        };
        let folder = self.folder.join(OUTBOX);
        let opened = if self.keeps_history {
            Outbox::open_with_journal(&folder, &settings)
        } else {
            Outbox::open(&folder, &settings)
        };
        opened.map_err(|error| CannotRun::Because(error.to_string()))
    }

    /// Puts everything but the audit log where it belongs, the outbox last, and says what became of which file; how many
    /// deliveries of the archive are not in the backup.
    fn put(&self, data: &Path, told: &mut Vec<(&'static str, Put)>) -> Result<u64, String> {
        let in_data = |error| format!("{}: {error}", data.display());
        told.extend(self.beside.put_others(data).map_err(in_data)?);
        // Before there is an outbox: what is cut short here is done again by the next restore.
        let lost = match &self.history {
            Some(history) => history.close(clock::now()).map_err(|error| error.to_string())?,
            None => 0,
        };
        // The outbox last: only now it can be taken for one, whenever this was killed.
        let made = self.folder.join(OUTBOX);
        durable::hand_over(&made, data)
            .and_then(|()| std::fs::rename(&made, data.join(OUTBOX)))
            .and_then(|()| File::open(data)?.sync_all())
            .map_err(in_data)?;
        Ok(lost)
    }

    /// What the archive is to be told of a delivery: that it goes on from where it was.
    fn told(&mut self, owed: &Owed) -> Result<Option<Told>, ArchiveError> {
        if !self.keeps_history {
            return Ok(None);
        }
        let before = match &mut self.history {
            Some(history) => history.goes_on(&owed.destination, owed.sequence)?,
            None => None,
        };
        Ok(Some(Told {
            judgment: Judgment::Accepted,
            routes: Vec::new(),
            tags: Vec::new(),
            origin: before.map(|message| Origin {
                message: OriginMessage::Archived(message),
                is_edited: false,
                by: history::BY.to_owned(),
                why: "restored from a backup".to_owned(),
            }),
        }))
    }
}

/// No outbox may be lost to another.
fn is_missing(outbox: &Path) -> Result<(), CannotRun> {
    if outbox.exists() {
        let why = "there is an outbox already; move it away, for what it holds would be lost";
        return Err(CannotRun::at(outbox.display(), why));
    }
    Ok(())
}

/// Tells what became of files of the backup.
fn tell(files: &[(&str, Put)], data: &Path, out: &mut dyn Write) -> std::io::Result<()> {
    for (name, put) in files {
        let what = match put {
            Put::Restored => "restored",
            Put::Stayed => "was there and stays as it is",
        };
        writeln!(out, "{}: {what}", data.join(name).display())?;
    }
    Ok(())
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

async fn offer(
    outbox: &Outbox,
    owed: &Owed,
    told: Option<Told>,
    lines: &Lines<'_>,
) -> Result<outbox::Pending, String> {
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
        charsets: Charsets::new(std::iter::once(owed.charset.as_deref())),
        raw: bytes(&owed.body)?.into(),
        results: Vec::new(),
        deliveries: vec![Entry {
            destination,
            body: BodyRef::Raw,
        }],
        dead: Vec::new(),
        window: None,
        instead_of: None,
        told,
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
        charsets: Charsets::default(),
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
