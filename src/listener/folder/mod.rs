//! Folder listeners: every file that is put into a folder is a message, or several.
//!
//! One file at a time: claimed by renaming it into `working`, read, given to the intake, and, when that has decided,
//! kept in `done`, deleted, or put into `failed` with the reason beside it. A file stays in `working` until what it
//! holds is durable, so nothing is lost, whenever weir is killed; the one file that was in work then is read again,
//! and what it holds may be delivered twice. Names of files reach no log: they may tell of patients.

mod folders;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::{Mutex, watch};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};
use tracing::{info, warn};

use self::folders::{Content, Folders, Seen, Stamp};
use super::budget::Share;
use super::{Incoming, Intake, ReadBudget, Ruling, count_failure, guard_intake, guard_reply, mllp, stopped};
use crate::metrics::{LISTENER_FRAME_BYTES_TOTAL, LISTENER_FRAMES_TOTAL};
use crate::mllp::Frame;
use crate::units;

/// The longest pause before a file that cannot be stored is tried again.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// How often reading a file is tried before it fails; what concerns the whole folder shows before a file is read.
const READS_MAX: u32 = 5;
/// How many files may have failed and still be in `working`, because they cannot be moved, while others are taken.
const STUCK_MAX: usize = 100;

/// The settings of a folder listener.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The folder to watch, which has to exist. weir makes `working`, `done` and `failed` in it; no other weir, and no
    /// other listener, may watch it.
    pub folder: PathBuf,
    /// Only files whose names end so, as `.hl7`. Left out, every file that is not hidden.
    #[serde(default)]
    pub suffix: Option<String>,
    /// How often to look, as `1s` (the default).
    #[serde(default = "default_interval", deserialize_with = "units::time_limit")]
    pub interval: Duration,
    /// A file is taken once its size and time have not changed for so long, as `5s` (the default). `0s` takes it at
    /// once: for senders that write under another name, or elsewhere, and then rename.
    #[serde(default = "default_settled", deserialize_with = "units::duration")]
    pub settled: Duration,
    /// Which of several files is first: by `name` (the default), or by `time` of the last change and then by name.
    #[serde(default)]
    pub order: Order,
    /// What becomes of a file whose messages are accepted: `archive` (the default) moves it to `done`, `delete`
    /// removes it.
    #[serde(default)]
    pub accepted: Accepted,
    /// The largest file, as `32MiB` (the default); a larger one fails.
    #[serde(default = "mllp::default_frame_bytes_max", deserialize_with = "units::bytes")]
    pub frame_bytes_max: usize,
}

/// Which of several files is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// By name, byte by byte.
    #[default]
    Name,
    /// By the time of the last change, then by name.
    Time,
}

/// What becomes of a file whose messages are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Accepted {
    /// It is moved to `done`.
    #[default]
    Archive,
    /// It is removed.
    Delete,
}

fn default_interval() -> Duration {
    Duration::from_secs(1)
}

fn default_settled() -> Duration {
    Duration::from_secs(5)
}

/// A listener with its folder.
#[derive(Clone)]
pub struct Bound {
    folders: Arc<Folders>,
    /// Held by whoever works with the files: while a listener changes, the one with its new settings waits until the
    /// one with its old ones has put away the file it has in work.
    turn: Arc<Mutex<()>>,
    settings: Settings,
}

impl Bound {
    /// Makes the folders inside the folder where they are missing.
    pub(super) async fn open(settings: &Settings) -> io::Result<Bound> {
        let folder = settings.folder.clone();
        let folders = blocking(move || Folders::open(&folder)).await?;
        Ok(Bound {
            folders: Arc::new(folders),
            turn: Arc::default(),
            settings: settings.clone(),
        })
    }

    pub(super) fn again(&self, settings: &Settings) -> Option<Bound> {
        (self.settings.folder == settings.folder).then(|| Bound {
            settings: settings.clone(),
            ..self.clone()
        })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.settings.folder
    }

    pub(super) async fn run(
        self,
        name: Arc<str>,
        intake: Intake,
        budget: ReadBudget,
        shutdown: watch::Receiver<bool>,
    ) {
        let _turn = self.turn.lock_owned().await;
        let mut watcher = Watcher {
            share: budget.share(self.settings.frame_bytes_max, None),
            folders: self.folders,
            settings: self.settings,
            name,
            intake,
            shutdown,
            seen: HashMap::new(),
            stuck: HashMap::new(),
            untakable: HashSet::new(),
            reads: 0,
            failures: 0,
        };
        while !watcher.is_stopped() {
            let pause = match watcher.look().await {
                // There may be more than one look can tell of.
                Ok(true) => continue,
                Ok(false) => watcher.settings.interval,
                Err(failure) => watcher.failed("read", &failure),
            };
            watcher.rest(pause).await;
        }
    }
}

/// Looks into the folder, again and again.
struct Watcher {
    name: Arc<str>,
    settings: Settings,
    folders: Arc<Folders>,
    intake: Intake,
    share: Share,
    shutdown: watch::Receiver<bool>,
    /// Files that have come, as they were when they last changed, and since when they are so.
    seen: HashMap<OsString, (Stamp, Instant)>,
    /// Files in `working` that have failed and could not be moved so far, with what was decided.
    stuck: HashMap<OsString, Ruling>,
    /// Files that have come, and weir's user may not move them.
    untakable: HashSet<OsString>,
    /// How often reading the file at hand has failed.
    reads: u32,
    /// In a row.
    failures: u32,
}

/// What is done after a file.
#[derive(Debug, PartialEq, Eq)]
enum Then {
    /// It has its end: the next one.
    Next,
    /// The next one; it stays in `working` until the next look.
    Leave,
    /// None: it has to wait, or weir stops.
    Wait,
}

impl Watcher {
    fn is_stopped(&self) -> bool {
        *self.shutdown.borrow()
    }

    /// Waits, or until told to stop.
    async fn rest(&mut self, pause: Duration) {
        // Either way there is something to do now.
        drop(timeout(pause, stopped(&mut self.shutdown)).await);
    }

    /// Counts a failure; tells how long to wait after it. The first is logged, and then ever fewer.
    fn failed(&mut self, kind: &'static str, failure: &io::Error) -> Duration {
        count_failure(&self.name, kind);
        self.failures = self.failures.saturating_add(1);
        if self.failures.is_power_of_two() {
            warn!(listener = &*self.name, kind, %failure, "a folder cannot be worked with, trying on");
        }
        let doubled = self.settings.interval.saturating_mul(1 << self.failures.min(16));
        doubled.min(PAUSE_MAX.max(self.settings.interval))
    }

    /// Takes what is complete, in order, and first of all what was in work already; whether there was anything.
    async fn look(&mut self) -> io::Result<bool> {
        let folders = Arc::clone(&self.folders);
        let claimed = blocking(move || folders.claimed()).await?;
        self.stuck.retain(|name, _| claimed.contains(name));
        let mut took_any = false;
        for name in claimed {
            if let Some(ruling) = self.stuck.get(&name).cloned() {
                if self.put_away(&name, &ruling).await.is_ok() {
                    self.stuck.remove(&name);
                }
                continue;
            }
            match self.take(name).await? {
                Then::Next => took_any = true,
                Then::Leave => {}
                Then::Wait => return Ok(false),
            }
        }
        let folders = Arc::clone(&self.folders);
        let (suffix, order) = (self.settings.suffix.clone(), self.settings.order);
        let arrived = blocking(move || folders.arrived(suffix.as_deref(), order)).await?;
        let arrived = self.complete(arrived);
        let seen = &self.seen;
        self.untakable.retain(|name| seen.contains_key(name));
        for seen in arrived {
            if let Some(name) = self.claim(seen).await? {
                match self.take(name).await? {
                    Then::Next => took_any = true,
                    Then::Leave => {}
                    Then::Wait => return Ok(false),
                }
            }
        }
        self.failures = 0;
        Ok(took_any)
    }

    /// Takes a file into work, if it can be had.
    async fn claim(&mut self, seen: Seen) -> io::Result<Option<OsString>> {
        let (folders, name) = (Arc::clone(&self.folders), seen.name.clone());
        match blocking(move || folders.claim(&seen)).await {
            Err(failure) if failure.kind() == io::ErrorKind::PermissionDenied => {
                if self.untakable.insert(name) {
                    count_failure(&self.name, "claim");
                    let files = self.untakable.len();
                    // Once for one file, and not for each of many.
                    if files.is_power_of_two() {
                        warn!(listener = &*self.name, files, %failure, "files that weir's user may not move stay where they are");
                    }
                }
                Ok(None)
            }
            claimed => {
                self.untakable.remove(&name);
                claimed
            }
        }
    }

    /// Those that have not changed for long enough. What is no longer there is forgotten.
    fn complete(&mut self, arrived: Vec<Seen>) -> Vec<Seen> {
        let now = Instant::now();
        let mut seen = HashMap::with_capacity(arrived.len());
        let mut complete = Vec::new();
        for Seen { name, stamp } in arrived {
            let since = match self.seen.get(&name) {
                Some((before, since)) if *before == stamp => *since,
                Some(_) | None => now,
            };
            if now.duration_since(since) >= self.settings.settled {
                let name = name.clone();
                complete.push(Seen { name, stamp });
            }
            seen.insert(name, (stamp, since));
        }
        self.seen = seen;
        complete
    }

    /// Sees one claimed file to its end, if it can have it now.
    async fn take(&mut self, name: OsString) -> io::Result<Then> {
        if self.is_stopped() {
            return Ok(Then::Wait);
        }
        let content = self.read(name.clone()).await?;
        self.see(name, content).await
    }

    async fn see(&mut self, name: OsString, content: Content) -> io::Result<Then> {
        let ruling = match content {
            Content::File(frame) => self.give(frame).await,
            Content::Unreadable(reason) => {
                count_failure(&self.name, "unreadable");
                Ruling::Rejected(reason.to_owned())
            }
            Content::Changing => {
                self.share.release();
                count_failure(&self.name, "changing");
                return Ok(Then::Leave);
            }
            Content::Gone => {
                self.share.release();
                return Ok(Then::Next);
            }
        };
        self.share.release();
        let has_failed = match ruling {
            Ruling::Accepted => false,
            Ruling::Erroneous(_) | Ruling::Rejected(_) => true,
            Ruling::Unavailable => {
                let failure = io::Error::other("the messages of a file cannot be stored now");
                let pause = self.failed("unavailable", &failure);
                self.rest(pause).await;
                return Ok(Then::Wait);
            }
        };
        // Not given to the intake again, whatever it takes to put the file away: that would deliver it twice.
        loop {
            let failure = match self.put_away(&name, &ruling).await {
                Ok(()) => {
                    if has_failed {
                        info!(
                            listener = &*self.name,
                            "a file has failed; it is in `failed`, the reason beside it"
                        );
                    }
                    return Ok(Then::Next);
                }
                Err(failure) => failure,
            };
            if has_failed && self.stuck.len() < STUCK_MAX {
                // Nothing is owed for it. Those after it need not wait; it is tried again at each look.
                count_failure(&self.name, "put_away");
                warn!(listener = &*self.name, %failure, "a file has failed and stays in `working`: it cannot be moved to `failed`");
                self.stuck.insert(name, ruling);
                return Ok(Then::Next);
            }
            let pause = self.failed("put_away", &failure);
            self.rest(pause).await;
            if self.is_stopped() {
                return Ok(Then::Wait);
            }
        }
    }

    async fn put_away(&self, name: &OsStr, ruling: &Ruling) -> io::Result<()> {
        let (folders, name) = (Arc::clone(&self.folders), name.to_owned());
        let (ruling, accepted) = (ruling.clone(), self.settings.accepted);
        blocking(move || folders.put_away(&name, &ruling, accepted)).await
    }

    /// The content of a claimed file, within the budget. Fails a few times where that may help, and not for ever.
    async fn read(&mut self, name: OsString) -> io::Result<Content> {
        let frame_bytes_max = self.settings.frame_bytes_max;
        self.share.cover(frame_bytes_max).await;
        let folders = Arc::clone(&self.folders);
        let read = blocking(move || folders.read(&name, frame_bytes_max)).await;
        self.reads += 1;
        if read.is_err() && self.reads < READS_MAX {
            return read;
        }
        self.reads = 0;
        Ok(read.unwrap_or(Content::Unreadable("it could not be read, several times")))
    }

    /// Gives a frame to the intake and waits for its ruling.
    async fn give(&self, frame: Frame) -> Ruling {
        counter!(LISTENER_FRAMES_TOTAL, "listener" => Arc::clone(&self.name)).increment(1);
        match &frame {
            Frame::Whole(content) => {
                let bytes = content.len() as u64;
                counter!(LISTENER_FRAME_BYTES_TOTAL, "listener" => Arc::clone(&self.name)).increment(bytes);
            }
            Frame::TooLarge { .. } => count_failure(&self.name, "too_large"),
        }
        let incoming = Incoming {
            frame,
            is_file: true,
            certificate: None,
            peer: None,
        };
        let reply = match guard_intake(&self.intake, incoming).await {
            Some(reply) => guard_reply(reply).await,
            None => None,
        };
        let Some(reply) = reply else {
            count_failure(&self.name, "intake_panic");
            return Ruling::Rejected("internal error".to_owned());
        };
        reply.ruling
    }
}

/// Work with files, off the runtime's threads.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(io::Error::other("internal error")))
}
