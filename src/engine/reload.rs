//! Another site takes the place of the one that runs: checked as a whole first, then swapped, or nothing changes.
//!
//! What it does is in `doors.rs` and `lanes.rs`; here stands what is asked of a site before, what is said after, and
//! how others ask for it. It reads no file: whoever owns the engine loads the site.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use metrics::{counter, gauge};
use tokio::sync::{mpsc, oneshot};
use tracing::{info, warn};

use crate::config::Site;
use crate::metrics as names;
use crate::outbox;
use crate::problem::{Problem, ProblemName, Problems, Severity};

use super::Engine;
use super::doors::BindError;
use super::look_ups::NoRows;
use super::status::{Running, Status};
use super::stored;

/// How many requests may wait while one is carried out.
const REQUESTS_WAITING_MAX: usize = 8;

/// What the metrics call a site that was swapped in.
const APPLIED: &str = "applied";
/// And one that was not.
const REFUSED: &str = "refused";

/// What became of a reload.
#[derive(Debug, Clone)]
pub struct Reloaded {
    /// The version of the site that runs now.
    pub version: Arc<str>,
    /// What was swapped; `None` when the site was refused, so that nothing has changed.
    pub changes: Option<Changes>,
    /// Why it was refused; warnings when it was not.
    pub problems: Problems,
}

/// What a reload did to the listeners and destinations it did not leave alone, by name.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Listeners with other sockets or connections; how each takes messages may have changed with any reload.
    pub listeners: BTreeMap<Arc<str>, Change>,
    /// Destinations.
    pub destinations: BTreeMap<Arc<str>, Change>,
}

/// What became of one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added,
    /// It goes on with other settings.
    Changed,
    /// It is not in the site any more.
    Removed,
}

/// A wish to have the site read anew, on its way to whoever owns the engine.
pub struct ReloadRequest {
    /// Who wishes it, for the log.
    pub asker: String,
    /// Where what became of it is told.
    pub answer: oneshot::Sender<Reloaded>,
}

/// Asks the owner of an engine to read its site anew. Clones ask the same one.
#[derive(Clone)]
pub struct Reloader {
    requests: mpsc::Sender<ReloadRequest>,
}

impl Reloader {
    /// A way to ask, and where its requests arrive.
    pub fn new() -> (Reloader, mpsc::Receiver<ReloadRequest>) {
        let (requests, arriving) = mpsc::channel(REQUESTS_WAITING_MAX);
        (Reloader { requests }, arriving)
    }

    /// Returns when it is done; `None` when nobody takes requests, or the engine stops meanwhile.
    pub async fn reload(&self, asker: String) -> Option<Reloaded> {
        let (answer, answered) = oneshot::channel();
        self.requests.send(ReloadRequest { asker, answer }).await.ok()?;
        answered.await.ok()
    }
}

/// Where the archive is, if there is one: that it is kept, and where, is as fixed as the data folder.
fn archive_folder(site: &Site) -> Option<&Path> {
    site.archive.as_ref().map(|archive| archive.folder.as_path())
}

impl Engine {
    /// Swaps the site that runs for the one that was loaded. When there is none, or it needs what a reload cannot
    /// do, nothing changes and the problems say why. Nor does anything change when this is dropped before its end.
    pub async fn reload(&mut self, loaded: (Option<Site>, Problems), asker: &str) -> Reloaded {
        let (site, mut problems) = loaded;
        let changes = match site {
            Some(site) => self.swap(site, asker, &mut problems).await,
            None => None,
        };
        tell(&problems);
        let version = Arc::clone(&self.status.running().version);
        let outcome = if changes.is_some() {
            info!(asker, %version, "reloaded");
            APPLIED
        } else {
            warn!(asker, %version, problems = problems.error_count(), "reload refused, the site that runs goes on");
            REFUSED
        };
        count(outcome, 1);
        Reloaded {
            version,
            changes,
            problems,
        }
    }

    async fn swap(&mut self, site: Site, asker: &str, problems: &mut Problems) -> Option<Changes> {
        self.check_fixed(&site, problems);
        self.check_removed(&site, problems).await;
        if problems.error_count() > 0 {
            return None;
        }
        let sockets = match self.doors.bind(&site).await {
            Ok(sockets) => sockets,
            Err(errors) => {
                errors
                    .iter()
                    .map(cannot_bind)
                    .for_each(|problem| problems.push(problem));
                return None;
            }
        };
        if let Err(failures) = self.look_ups.fill(&site.look_ups).await {
            for NoRows { table, reason } in failures {
                let message = format!("table `{table}`: {reason}");
                problems.push(Problem::error(ProblemName::NoRows, message).help("is the database there?"));
            }
            return None;
        }
        count_from_here(&self.status, &site).await;
        // From here on nothing is waited for and nothing can fail.
        let mut changes = Changes {
            listeners: changes(&self.site.listeners, &site.listeners, |old, new| {
                old.typed == new.typed
            }),
            destinations: changes(&self.site.destinations, &site.destinations, |old, new| {
                old.typed == new.typed
            }),
        };
        let assumed = stored::assumed(&site);
        for (name, change) in &changes.destinations {
            if let (Change::Added | Change::Changed, Some(settings)) = (change, site.destinations.get(name)) {
                self.lanes.start(name, settings, &assumed);
            }
        }
        let released = self.doors.open(&site, sockets);
        self.look_ups.keep(&site.look_ups);
        for (name, change) in &changes.destinations {
            if let (Change::Removed, Some(settings)) = (change, self.site.destinations.get(name)) {
                self.lanes
                    .retire(name, settings.on_remove, released.clone(), asker);
            }
        }
        if let (Some(archivist), Some(archive)) = (&self.archivist, &site.archive) {
            archivist.keep(&archive.retention);
        }
        self.site = site;
        self.announce();
        Some(std::mem::take(&mut changes))
    }

    /// What is the same as long as weir runs.
    fn check_fixed(&self, site: &Site, problems: &mut Problems) {
        let running = &self.site;
        let fixed = [
            ("engine.data", running.data == site.data),
            ("engine.encryption", running.outbox.key == site.outbox.key),
            (
                "engine.outbox",
                running.outbox
                    == outbox::Settings {
                        key: running.outbox.key.clone(),
                        ..site.outbox.clone()
                    },
            ),
            (
                "engine.read_bytes_max",
                running.read_bytes_max == site.read_bytes_max,
            ),
            ("engine.console", running.console == site.console),
            ("engine.traces", running.traces == site.traces),
            ("archive.folder", archive_folder(running) == archive_folder(site)),
        ];
        for (setting, _) in fixed.iter().filter(|(_, is_same)| !is_same) {
            let message = format!("`{setting}` has changed, which needs a restart");
            let help = "restart weir, or put it back to reload the rest";
            problems.push(Problem::error(ProblemName::NeedsRestart, message).help(help));
        }
    }

    /// Whoever takes out a destination that is still owed something must have said what becomes of it.
    async fn check_removed(&self, site: &Site, problems: &mut Problems) {
        let destinations = self.site.destinations.iter();
        let unsaid: Vec<Arc<str>> = destinations
            .filter(|(name, settings)| settings.on_remove.is_none() && !site.destinations.contains_key(*name))
            .map(|(name, _)| Arc::clone(name))
            .collect();
        let status = Arc::clone(&self.status);
        let read = move || {
            unsaid
                .into_iter()
                .map(|name| (status.depth(&name).queued, name))
                .collect()
        };
        let depths: Vec<(u64, Arc<str>)> = tokio::task::spawn_blocking(read).await.unwrap_or_default();
        for (waiting, name) in depths.into_iter().filter(|(waiting, _)| *waiting > 0) {
            let message = match waiting {
                1 => format!("destination `{name}` is not in the site any more, and 1 delivery waits for it"),
                _ => format!(
                    "destination `{name}` is not in the site any more, and {waiting} deliveries wait for it"
                ),
            };
            let help = format!(
                "put `{name}` back with `on_remove: drain`, `park` or `purge`, reload, and then take it out"
            );
            problems.push(Problem::error(ProblemName::RemovedDestination, message).help(help));
        }
    }

    /// Shows the site that runs from now on.
    pub(super) fn announce(&mut self) {
        self.certificates.watch(&self.site);
        let running = Running::of(&self.site, self.doors.entrances(), self.doors.in_use());
        let version = |version: &Arc<str>| gauge!(names::SITE_INFO, "version" => Arc::clone(version));
        version(&self.status.running().version).set(0.0);
        version(&running.version).set(1.0);
        gauge!(names::SITE_LOADED).set(running.since.as_duration().as_secs_f64());
        self.status.set_running(running);
    }
}

fn count(outcome: &'static str, reloads: u64) {
    counter!(names::RELOADS, "outcome" => outcome).increment(reloads);
}

/// Shows both counts from the start: an alert looks at how they grow.
pub(super) fn count_from_zero() {
    count(APPLIED, 0);
    count(REFUSED, 0);
}

/// Makes the counts of destinations that are new. Off the runtime's threads, because what waits for them from
/// before is read from the store.
async fn count_from_here(status: &Arc<Status>, site: &Site) {
    let (status, names) = (
        Arc::clone(status),
        site.destinations.keys().cloned().collect::<Vec<_>>(),
    );
    let counted =
        tokio::task::spawn_blocking(move || names.iter().for_each(|name| drop(status.destination(name))));
    // If it panicked they are counted from zero.
    drop(counted.await);
}

/// The differences between two maps of settings.
fn changes<S>(
    before: &BTreeMap<Arc<str>, S>,
    after: &BTreeMap<Arc<str>, S>,
    is_same: impl Fn(&S, &S) -> bool,
) -> BTreeMap<Arc<str>, Change> {
    let removed = before.keys().filter(|name| !after.contains_key(*name));
    let removed = removed.map(|name| (Arc::clone(name), Change::Removed));
    let others = after.iter().filter_map(|(name, new)| match before.get(name) {
        None => Some((Arc::clone(name), Change::Added)),
        Some(old) if !is_same(old, new) => Some((Arc::clone(name), Change::Changed)),
        Some(_) => None,
    });
    removed.chain(others).collect()
}

fn cannot_bind(error: &BindError) -> Problem {
    let BindError {
        name, attempt, cause, ..
    } = error;
    let message = format!("listener `{name}`: {attempt}: {cause}");
    let help = "free the port, or, if it is an address of weir's own that overlaps the new one, restart weir";
    Problem::error(ProblemName::CannotBind, message).help(help)
}

/// A line of the log for each problem.
fn tell(problems: &Problems) {
    for problem in problems.iter() {
        let place = problems
            .location(problem)
            .map_or_else(String::new, |location| location.to_string());
        let name = problem.name.as_str();
        match problem.severity {
            Severity::Error => tracing::error!(place, name, "{}", problem.message),
            Severity::Warning => warn!(place, name, "{}", problem.message),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use tokio::time::Instant;

    use super::*;
    use crate::audit;
    use crate::config;
    use crate::outbox::{Acceptance, BodyRef, Charsets, Entry};

    /// A site in this folder whose listener assumes this, with a destination that names files by the patient.
    fn site(folder: &Path, assumes: &str, destination: &str) -> (Option<Site>, Problems) {
        let yaml = format!(
            "engine: {{ data: ../data, console: {{ bind: 127.0.0.1:0 }} }}\n\
             listeners: {{ in: {{ mllp: {{ bind: 127.0.0.1:0 }}{assumes} }} }}\n\
             destinations: {{ {destination}: {{ file: {{ folder: ., name: \"{{PID-5}}.hl7\" }} }} }}\n\
             routes: {{ all: {{ from: in, to: {destination} }} }}\n"
        );
        let folder = folder.join("site");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("site.yaml"), yaml).unwrap();
        config::load(&folder)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_destination_more_reads_what_waits_as_the_listeners_of_its_own_site_assume() {
        let folder = tempfile::tempdir().unwrap();
        let (before, problems) = site(folder.path(), "", "other");
        let before = before.unwrap_or_else(|| panic!("{problems}"));
        let mut engine = Engine::start(before, &audit::Log::new(folder.path()))
            .await
            .unwrap();
        // An earlier weir kept no character set with it.
        let acceptance = Acceptance {
            received_at: jiff::Timestamp::UNIX_EPOCH,
            listener: "in".into(),
            control_id: Bytes::new(),
            site_version: "".into(),
            charsets: Charsets::default(),
            raw: Bytes::from_static(b"MSH|^~\\&|A|B|C|D|20260301||ADT^A01|1|P|2.5.1\rPID|||||\xA3ASKA\r"),
            results: Vec::new(),
            deliveries: vec![Entry {
                destination: "copies".into(),
                body: BodyRef::Raw,
            }],
            dead: Vec::new(),
            window: None,
            instead_of: None,
            told: None,
            link: None,
        };
        engine.outbox.offer(acceptance).await.unwrap().await.unwrap();
        let after = site(folder.path(), ", charset: 8859/2", "copies");
        let reloaded = engine.reload(after, "a test").await;
        assert!(reloaded.changes.is_some(), "{}", reloaded.problems);
        let counts = engine.status().destination(&"copies".into());
        let deadline = Instant::now() + Duration::from_secs(60);
        while counts.delivered.get() == 0 {
            assert!(Instant::now() < deadline);
            tokio::task::yield_now().await;
        }
        assert!(folder.path().join("site/\u{141}ASKA.hl7").exists());
        engine.stop().await;
    }
}
