//! Notices that the files of a site have changed, by looking at them now and then.
//!
//! Looking is dull and works everywhere: network mounts and the links of a mounted `ConfigMap` report no changes. A
//! look costs a few system calls a file; it reads nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::config::{self, Fingerprint, NamedFiles};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// A folder in which looking takes long is looked at less often: this many times as long as a look took.
const PAUSE_LOOKS: u32 = 50;

/// Watches one site.
pub(super) struct Watcher {
    folder: PathBuf,
    seen: Option<Fingerprint>,
    /// The files that those of the site name, as they were read.
    named: NamedFiles,
    /// The files have changed, and not rested since: an editor writes a file in several goes, and a person several
    /// files.
    is_restless: bool,
    pause: Duration,
}

impl Watcher {
    /// What is there now, and what is loaded right after this, counts as known.
    pub(super) async fn over(folder: &Path) -> Watcher {
        let mut watcher = Watcher {
            folder: folder.to_owned(),
            seen: None,
            named: NamedFiles::default(),
            is_restless: false,
            pause: PAUSE,
        };
        watcher.know().await;
        watcher
    }

    /// The same once more.
    pub(super) async fn know(&mut self) {
        (self.seen, self.named) = self.look().await;
        self.is_restless = false;
    }

    /// What the files that were loaded name.
    pub(super) fn follow(&mut self, named: NamedFiles) {
        self.named = named;
    }

    /// Resolves when the files are others than those known, and were left alone between two looks. Cancel safe.
    pub(super) async fn changed(&mut self) {
        loop {
            sleep(self.pause).await;
            let now = self.look().await;
            if now != (self.seen, self.named.clone()) {
                (self.seen, self.named) = now;
                self.is_restless = true;
            } else if self.is_restless {
                self.is_restless = false;
                return;
            }
        }
    }

    async fn look(&mut self) -> (Option<Fingerprint>, NamedFiles) {
        let (folder, named) = (self.folder.clone(), self.named.clone());
        let started = Instant::now();
        let look = tokio::task::spawn_blocking(move || (config::fingerprint(&folder), named.look())).await;
        self.pause = PAUSE.max(started.elapsed() * PAUSE_LOOKS);
        match look {
            Ok((found, named)) => (Some(found), named),
            Err(_) => (None, self.named.clone()),
        }
    }
}
