//! Looks every few seconds, and tells whoever is to be told. Ends with the process, which waits a moment for it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use metrics::{counter, gauge};
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tracing::{info, warn};

use crate::audit::{Log, Nodes};
use crate::clock;
use crate::config::{Alerts, Contact};
use crate::engine::Status;
use crate::metrics as names;
use crate::tls::NotReached;

use super::book::{Book, Notice, Open, Over};
use super::judge::{Kind, judge};
use super::kept::{self, Kept};
use super::message::Message;
use super::snapshot::Eye;
use super::{mail, webhook};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(2);
/// How long telling somebody may take.
const TELLING_MAX: Duration = Duration::from_secs(20);
/// How long what is being told may take when weir stops.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// What the pages show: the trouble there is, as of the last look, and what was. Clones show the same.
#[derive(Debug, Clone, Default)]
pub struct Board {
    shown: Arc<RwLock<Shown>>,
}

#[derive(Debug, Clone, Default)]
struct Shown {
    open: Vec<Open>,
    /// The newest first.
    over: Vec<Over>,
    failures: BTreeMap<Arc<str>, String>,
}

impl Board {
    /// The trouble there is.
    pub fn open(&self) -> Vec<Open> {
        self.shown().open.clone()
    }

    /// What is over, the newest first; the last hundred.
    pub fn over(&self) -> Vec<Over> {
        self.shown().over.clone()
    }

    /// The contacts that could not be told the last time, and why.
    pub fn failures(&self) -> BTreeMap<Arc<str>, String> {
        self.shown().failures.clone()
    }

    fn shown(&self) -> std::sync::RwLockReadGuard<'_, Shown> {
        self.shown.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, book: &Book, failures: &BTreeMap<Arc<str>, String>) {
        let mut shown = self.shown.write().unwrap_or_else(PoisonError::into_inner);
        shown.open = book.open().cloned().collect();
        shown.over = book.over().cloned().collect();
        shown.failures.clone_from(failures);
    }
}

/// Looks until it is stopped.
pub struct Watch {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    board: Board,
}

impl Watch {
    /// Looks at this engine, by what the site that runs says of alerts, and goes on where the process before has ended
    /// that had this data folder. What contacts are not trusted, or do not trust weir, is written down by `nodes`. Blocks
    /// on the disk.
    pub fn start(status: &Arc<Status>, data: &Path, log: &Log, nodes: Nodes) -> Watch {
        let board = Board::default();
        let path = data.join(kept::FILE_NAME);
        let kept = Kept::read(&path);
        let stop = watch::Sender::new(false);
        let watcher = Watcher {
            status: Arc::clone(status),
            log: log.clone(),
            eye: Eye::go_on(kept.seen()),
            book: kept.book(clock::now()),
            path,
            kept,
            keeps_well: true,
            failures: BTreeMap::new(),
            board: board.clone(),
            nodes,
        };
        let task = tokio::spawn(watcher.run(stop.subscribe()));
        Watch { stop, task, board }
    }

    /// What it shows.
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// Ends it: what is being told has a moment to be answered, so that it is not told again.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // If it panicked there is nothing more to end.
        drop(self.task.await);
    }
}

struct Watcher {
    status: Arc<Status>,
    log: Log,
    eye: Eye,
    book: Book,
    /// What the next process is to know, and what of it is written down.
    path: PathBuf,
    kept: Kept,
    keeps_well: bool,
    /// The contacts that could not be told the last time, and why.
    failures: BTreeMap<Arc<str>, String>,
    board: Board,
    nodes: Nodes,
}

impl Watcher {
    async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut looks = interval(PAUSE);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                // Whoever could say it may be gone: that is a stop too.
                _ = stop.wait_for(|stop| *stop) => break,
                _ = looks.tick() => {}
            }
            let late = async {
                drop(stop.wait_for(|stop| *stop).await);
                sleep(STOP_GRACE).await;
            };
            tokio::select! {
                () = self.look() => {}
                () = late => break,
            }
        }
        // It may have come between a message and its being written down.
        self.keep().await;
    }

    async fn look(&mut self) {
        let alerts = Arc::clone(&self.status.running().alerts);
        // A copy: a look that comes to no end forgets nothing of the one before.
        let (status, mut eye) = (Arc::clone(&self.status), self.eye.clone());
        let log = self.log.clone();
        let looked = spawn_blocking(move || {
            let snapshot = eye.look(&status, &log, clock::now());
            (eye, snapshot)
        });
        let Ok((eye, snapshot)) = looked.await else {
            return;
        };
        self.eye = eye;
        let before: Vec<Open> = self.book.open().cloned().collect();
        self.book.note(&alerts, judge(&alerts, &snapshot), snapshot.at);
        self.log_changes(&before);
        self.count();
        // Shown before anybody is told: telling may take its time.
        self.board.show(&self.book, &self.failures);
        self.tell(&alerts).await;
        self.board.show(&self.book, &self.failures);
        self.keep().await;
    }

    /// Writes down what the next process is to know, if that has changed.
    async fn keep(&mut self) {
        let kept = Kept::new(&self.book, self.eye.seen());
        if kept == self.kept {
            return;
        }
        let (to, content) = (self.path.clone(), kept.clone());
        let written = spawn_blocking(move || content.write(&to)).await;
        match written.unwrap_or_else(|panicked| Err(io::Error::other(panicked))) {
            Ok(()) => (self.kept, self.keeps_well) = (kept, true),
            Err(error) => {
                // Said once, not every look; tried again with the next.
                if self.keeps_well {
                    warn!(%error, file = %self.path.display(), "cannot write down who has been told of an alert");
                }
                self.keeps_well = false;
            }
        }
    }

    /// A line of the log for what has changed.
    fn log_changes(&self, before: &[Open]) {
        let was_there = |open: &Open| before.iter().any(|other| other.trouble == open.trouble);
        for open in self.book.open().filter(|open| !was_there(open)) {
            warn!(
                kind = open.trouble.kind.as_str(),
                "alert: {}: {}", open.trouble, open.said
            );
        }
        let is_there = |open: &&Open| self.book.open().any(|other| other.trouble == open.trouble);
        for open in before.iter().filter(|open| !is_there(open)) {
            info!(kind = open.trouble.kind.as_str(), "alert over: {}", open.trouble);
        }
    }

    fn count(&self) {
        for kind in Kind::ALL {
            let open = self.book.open().filter(|open| open.trouble.kind == kind).count();
            let open = u32::try_from(open).unwrap_or(u32::MAX);
            gauge!(names::ALERTS, "kind" => kind.as_str()).set(open);
        }
    }

    /// Tells every contact what it is to be told now, all of them at once.
    async fn tell(&mut self, alerts: &Alerts) {
        let now = clock::now_local();
        let name = alerts.name.clone().unwrap_or_else(machine_name);
        let mut due = Vec::new();
        for (contact, how) in &alerts.contacts {
            let notices = self.book.due(contact, alerts, &now);
            if !notices.is_empty() {
                due.push((contact, how, notices));
            }
        }
        let name = name.as_str();
        let telling = due.into_iter().map(|(contact, how, notices)| async move {
            let told = tell(contact, how, name, &notices).await;
            (contact, notices, told)
        });
        let mut telling: FuturesUnordered<_> = telling.collect();
        self.failures
            .retain(|contact, _| alerts.contacts.contains_key(contact));
        // Each is noted as it comes: a stop does not wait for the slowest.
        while let Some((contact, notices, told)) = telling.next().await {
            let outcome = match told {
                Ok(()) => {
                    self.nodes.reached(&node(contact));
                    self.book.told(contact, &notices, clock::now());
                    self.failures.remove(contact);
                    "sent"
                }
                Err(NotReached { reason, is_distrust }) => {
                    if is_distrust {
                        self.nodes.refused(&node(contact), &reason);
                    }
                    self.book.not_told(contact, clock::now());
                    warn!(%contact, reason, "could not be told of an alert");
                    self.failures.insert(Arc::clone(contact), reason);
                    "failed"
                }
            };
            counter!(names::ALERT_MESSAGES, "contact" => Arc::clone(contact), "outcome" => outcome)
                .increment(1);
        }
    }
}

async fn tell(contact: &Arc<str>, how: &Contact, name: &str, notices: &[Notice]) -> Result<(), NotReached> {
    let message = Message {
        name,
        notices,
        at: clock::now(),
    };
    match how {
        Contact::Webhook(webhook) => webhook::tell(contact, webhook, &message, TELLING_MAX).await,
        Contact::Mail(mail) => mail::tell(mail, &message, TELLING_MAX).await,
    }
}

/// What a contact is called in the audit log.
fn node(contact: &str) -> String {
    format!("contacts/{contact}")
}

fn machine_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
