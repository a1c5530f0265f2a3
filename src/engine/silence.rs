//! Watches for listeners that hear nothing for longer than is normal for them: a metric, a word in the status, and a
//! line of the log when it begins and when it ends. Nothing else comes of it.
//!
//! When the last message came is written down now and then, so that a restart forgets at most a minute of it. The
//! time in which weir did not run is not counted as silence: nobody could send then.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval};
use tracing::warn;

use crate::{clock, durable};

use super::counts::ListenerCounts;
use super::status::Status;

/// The format of the file.
const VERSION: u32 = 1;
/// Its name in the data folder.
const FILE_NAME: &str = "last-messages.json";
/// Between two looks at the listeners.
const PAUSE: Duration = Duration::from_secs(1);
/// How many looks from one time that they are written down to the next.
const LOOKS_TO_KEEP: u32 = 60;

/// Looks at the listeners until it is stopped.
pub(super) struct Watch {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// What stands in the file: moments in milliseconds of Unix time.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    at_ms: i64,
    /// When the last message came, by listener.
    listeners: BTreeMap<String, i64>,
}

impl Watch {
    /// Takes up what was written down in this folder, for the listeners of the site that runs. Blocks on the disk.
    pub(super) fn start(status: &Arc<Status>, data: &Path) -> Watch {
        let path = data.join(FILE_NAME);
        let mut silences = Silences {
            status: Arc::clone(status),
            counted_from: BTreeMap::new(),
        };
        if let Some(kept) = read(&path) {
            silences.take_up(&kept, clock::now());
        }
        let stop = watch::Sender::new(false);
        let task = tokio::spawn(silences.run(path, stop.subscribe()));
        Watch { stop, task }
    }

    /// Writes down what is known and ends.
    pub(super) async fn stop(self) {
        self.stop.send_replace(true);
        // If it panicked, what it wrote down before counts.
        drop(self.task.await);
    }
}

/// How long each listener has heard nothing.
struct Silences {
    status: Arc<Status>,
    /// Since when silence is counted where no message has come since: the start, or when the listener was there first.
    counted_from: BTreeMap<Arc<str>, Timestamp>,
}

impl Silences {
    async fn run(mut self, path: PathBuf, mut stop: watch::Receiver<bool>) {
        let mut looks = interval(PAUSE);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut went_well = true;
        loop {
            for _ in 0..LOOKS_TO_KEEP {
                let is_over = tokio::select! {
                    _ = looks.tick() => false,
                    // Whoever could say it may be gone: that is a stop too.
                    () = async { drop(stop.wait_for(|stop| *stop).await) } => true,
                };
                if is_over {
                    self.keep(&path, went_well).await;
                    return;
                }
                // What has begun or ended is written down at once, so that no restart tells it anew.
                if self.look(&clock::now_local()) {
                    break;
                }
            }
            went_well = self.keep(&path, went_well).await;
        }
    }

    /// Goes on from where the process before this one has ended.
    fn take_up(&mut self, kept: &Kept, now: Timestamp) {
        let running = self.status.running();
        let moment = |ms: i64| Timestamp::from_millisecond(ms).ok();
        for (name, last) in &kept.listeners {
            let (Some(last), Some(kept_at)) = (moment(*last), moment(kept.at_ms)) else {
                continue;
            };
            let Some((name, counts)) = self.status.listeners().remove_entry(name.as_str()) else {
                continue;
            };
            counts.hear(last);
            let down = now.duration_since(kept_at);
            if let Ok(from) = last.checked_add(down)
                && running.traffic.contains_key(&name)
            {
                self.counted_from.insert(name, from);
            }
        }
    }

    /// Judges every listener of which something is expected; whether a silence has begun or ended.
    fn look(&mut self, now: &Zoned) -> bool {
        let running = self.status.running();
        let mut has_changed = false;
        self.counted_from
            .retain(|name, _| running.traffic.contains_key(name));
        for (name, counts) in self.status.listeners() {
            let exceeded = running.traffic.get(&name).and_then(|traffic| {
                let from = *self
                    .counted_from
                    .entry(Arc::clone(&name))
                    .or_insert_with(|| now.timestamp());
                traffic.exceeded(counts.last_message().map_or(from, |last| last.max(from)), now)
            });
            has_changed |= counts.is_silent() != exceeded.is_some();
            match (counts.is_silent(), exceeded) {
                (false, Some(normal)) => {
                    let normal = humantime::format_duration(normal);
                    let last = counts.last_message().map(|last| last.to_string());
                    let last = last.as_deref().unwrap_or("never");
                    warn!(listener = %name, last, "silent: no message for longer than {normal}");
                }
                (true, None) if !running.listeners.contains_key(&name) => {
                    warn!(listener = %name, "silent when it was taken out of the site: it is watched no more");
                }
                (true, None) => warn!(listener = %name, "not silent any more"),
                (true, Some(_)) | (false, None) => {}
            }
            counts.set_silent(exceeded.is_some());
        }
        has_changed
    }

    /// Writes down when the last messages came; whether that went well.
    async fn keep(&self, path: &Path, went_well: bool) -> bool {
        let last = |counts: &ListenerCounts| Some(counts.last_message()?.as_millisecond());
        let listeners = self.status.listeners();
        let kept = Kept {
            version: VERSION,
            at_ms: clock::now().as_millisecond(),
            listeners: listeners
                .iter()
                .filter_map(|(name, counts)| Some((name.to_string(), last(counts)?)))
                .collect(),
        };
        let to = path.to_owned();
        let written = spawn_blocking(move || write(&to, &kept)).await;
        match written.unwrap_or_else(|panicked| Err(io::Error::other(panicked))) {
            Ok(()) => true,
            Err(error) => {
                // Said once, not every minute.
                if went_well {
                    warn!(%error, file = %path.display(), "cannot write down when the last messages came");
                }
                false
            }
        }
    }
}

fn write(path: &Path, kept: &Kept) -> io::Result<()> {
    durable::replace(path, &serde_json::to_vec(kept)?)
}

fn read(path: &Path) -> Option<Kept> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            warn!(%error, file = %path.display(), "when the last messages came is not known");
            return None;
        }
    };
    let kept = serde_json::from_slice(&text).ok();
    let kept = kept.filter(|kept: &Kept| kept.version == VERSION);
    if kept.is_none() {
        warn!(file = %path.display(), "not what weir has written: when the last messages came is not known");
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::calendar::Calendar;
    use crate::config;
    use crate::engine::in_use;
    use crate::engine::status::Running;
    use crate::engine::switches::Switches;
    use crate::outbox::Outbox;

    /// A listener `in` that is expected to hear something every ten minutes, and one of which nothing is expected.
    fn status(folder: &Path) -> Arc<Status> {
        let yaml = "engine: { data: data }\n\
                    listeners:\n  \
                    in: { mllp: { bind: 127.0.0.1:0 }, expect_traffic: { hours: [{ silence_max: 10m }] } }\n  \
                    other: { mllp: { bind: 127.0.0.1:0 } }\n\
                    destinations: { copies: { file: { folder: ., name: \"{MSH-10}.hl7\" } } }\n\
                    routes: { all: { from: [in, other], to: copies } }\n";
        std::fs::write(folder.join("site.yaml"), yaml).unwrap();
        let (site, problems) = config::load(folder);
        let site = site.unwrap_or_else(|| panic!("{problems}"));
        let outbox = Outbox::open(&folder.join("outbox"), &site.outbox).unwrap();
        let switches = Arc::new(Switches::open(folder, outbox.store_id()).unwrap());
        let running = Running::of(&site, BTreeMap::new(), in_use::begin().0);
        let status = Arc::new(Status::new(running, outbox, switches, Calendar::open(folder)));
        for name in site.listeners.keys() {
            status.listener(name);
        }
        status
    }

    fn silences(status: &Arc<Status>) -> Silences {
        Silences {
            status: Arc::clone(status),
            counted_from: BTreeMap::new(),
        }
    }

    fn at(time: &str) -> Zoned {
        format!("2026-11-23T{time}[UTC]").parse().unwrap()
    }

    #[tokio::test]
    async fn it_begins_and_ends() {
        let folder = tempfile::tempdir().unwrap();
        let status = status(folder.path());
        let mut silences = silences(&status);
        let mut check = |time: &str, expected: bool| {
            let before = status.listeners()["in"].is_silent();
            assert_eq!(silences.look(&at(time)), before != expected, "{time}");
            let counts = &status.listeners()["in"];
            assert_eq!(counts.is_silent(), expected, "{time}");
        };
        check("08:00", false);
        check("08:09", false);
        check("08:10", true);
        status.listeners()["in"].hear(at("08:15").timestamp());
        check("08:16", false);
        check("08:25", true);
        assert!(!status.listeners()["other"].is_silent());
        // A site of which nothing is expected any more ends it too.
        let running = status.running();
        status.set_running(Running {
            version: Arc::clone(&running.version),
            since: running.since,
            listeners: BTreeMap::new(),
            traffic: BTreeMap::new(),
            alerts: Arc::clone(&running.alerts),
            routes: Vec::new(),
            route_texts: Arc::default(),
            charsets: BTreeMap::new(),
            frame_bytes_max: BTreeMap::new(),
            destinations: BTreeSet::new(),
            in_use: running.in_use.clone(),
        });
        check("08:26", false);
    }

    #[tokio::test]
    async fn a_restart_goes_on_where_the_process_before_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let status = status(folder.path());
        let ms = |time| at(time).timestamp().as_millisecond();
        let kept = Kept {
            version: VERSION,
            at_ms: ms("08:07"),
            listeners: BTreeMap::from([("in".to_owned(), ms("08:00")), ("gone".to_owned(), ms("08:00"))]),
        };
        let path = folder.path().join(FILE_NAME);
        write(&path, &kept).unwrap();
        assert_eq!(read(&path), Some(kept));
        let mut silences = silences(&status);
        silences.take_up(&read(&path).unwrap(), at("12:00").timestamp());
        let counts = Arc::clone(&status.listeners()["in"]);
        assert_eq!(counts.last_message(), Some(at("08:00").timestamp()));
        // Seven minutes before, and three since.
        silences.look(&at("12:02:59"));
        assert!(!counts.is_silent());
        silences.look(&at("12:03"));
        assert!(counts.is_silent());
    }

    #[tokio::test]
    async fn a_file_that_is_none_of_ours_is_as_good_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        assert_eq!(read(&path), None);
        for wrong in ["", "{}", r#"{"version":2,"at_ms":1,"listeners":{}}"#] {
            std::fs::write(&path, wrong).unwrap();
            assert_eq!(read(&path), None, "{wrong}");
        }
    }
}
