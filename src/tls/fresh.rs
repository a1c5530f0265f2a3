//! A configuration made from files, and made anew when they have changed.
//!
//! Files that are wrong change nothing: what was in use stays in use, and that is said once. The next handshake sees
//! what is new; whoever cares for connections that are open is told of it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use metrics::counter;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tracing::{info, warn};

use super::Owner;
use super::file::FileError;
use crate::metrics::CERTIFICATE_RENEWALS_TOTAL;

/// Settings that name files.
pub(super) trait Load: Send + Sync + 'static {
    /// What is made from them.
    type Config: Send + Sync;

    /// The files.
    fn files(&self) -> Vec<&Path>;

    /// Reads them. Blocks.
    fn load(&self) -> Result<Arc<Self::Config>, FileError>;
}

/// Settings and what was last made from them. Clones share it.
pub(super) struct Fresh<L: Load> {
    shared: Arc<Shared<L>>,
}

impl<L: Load> Clone for Fresh<L> {
    fn clone(&self) -> Fresh<L> {
        Fresh {
            shared: Arc::clone(&self.shared),
        }
    }
}

struct Shared<L: Load> {
    settings: L,
    state: Mutex<State<L::Config>>,
    /// Told when the files have changed and are used.
    renewals: watch::Sender<()>,
}

struct State<C> {
    config: Option<Arc<C>>,
    /// What the files looked like when they were read last.
    seen: Look,
    /// Why they could not be used, until it was said.
    unsaid: Option<FileError>,
}

/// Times, sizes and places of files.
type Look = Vec<Option<[i64; 6]>>;

impl<L: Load> Fresh<L> {
    /// Reads nothing yet.
    pub(super) fn new(settings: L) -> Fresh<L> {
        let state = Mutex::new(State {
            config: None,
            seen: Look::new(),
            unsaid: None,
        });
        Fresh {
            shared: Arc::new(Shared {
                settings,
                state,
                renewals: watch::Sender::new(()),
            }),
        }
    }

    pub(super) fn settings(&self) -> &L {
        &self.shared.settings
    }

    /// That what is read has changed, from now on.
    pub(super) fn renewals(&self) -> watch::Receiver<()> {
        self.shared.renewals.subscribe()
    }

    /// What was read last, without looking at the files.
    pub(super) fn last(&self) -> Option<Arc<L::Config>> {
        self.shared.lock().config.clone()
    }

    /// What the files say now or, when they are wrong, what they said before.
    pub(super) async fn now(&self, owner: &Owner) -> Result<Arc<L::Config>, FileError> {
        let (shared, owner) = (Arc::clone(&self.shared), owner.clone());
        let looked = spawn_blocking(move || shared.look(&owner)).await;
        looked.unwrap_or_else(|_| {
            Err(FileError {
                key: &[],
                message: "internal error".to_owned(),
            })
        })
    }
}

impl<L: Load> Shared<L> {
    fn lock(&self) -> std::sync::MutexGuard<'_, State<L::Config>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self, owner: &Owner) -> Result<Arc<L::Config>, FileError> {
        // One looks at a time; whoever only wants what was read last does not wait for files.
        let seen = look(&self.settings.files());
        let (before, is_known) = {
            let mut state = self.lock();
            let is_known = state.seen == seen;
            if is_known && let Some(config) = state.config.clone() {
                if let Some(fault) = state.unsaid.take() {
                    refused(owner, &fault);
                }
                return Ok(config);
            }
            (state.config.clone(), is_known)
        };
        let loaded = self.settings.load();
        let mut state = self.lock();
        state.seen = seen;
        match (loaded, before) {
            (Ok(config), before) => {
                state.config = Some(Arc::clone(&config));
                state.unsaid = None;
                if before.is_some() && !is_known {
                    renewed(owner);
                    self.renewals.send_replace(());
                }
                Ok(config)
            }
            // Somebody may be in the middle of writing several files: it is said when they have rested for a look.
            (Err(fault), Some(before)) => {
                state.unsaid = Some(fault);
                Ok(before)
            }
            (Err(fault), None) => Err(fault),
        }
    }
}

fn look(files: &[&Path]) -> Look {
    let file = |path: &&Path| {
        let file = fs::metadata(path).ok()?;
        let (size, place) = (file.len().cast_signed(), file.ino().cast_signed());
        Some([
            file.mtime(),
            file.mtime_nsec(),
            file.ctime(),
            file.ctime_nsec(),
            size,
            place,
        ])
    };
    files.iter().map(file).collect()
}

fn renewed(owner: &Owner) {
    info!(kind = owner.kind, name = %owner.name, "certificates read anew: new connections see them");
    count(owner, "applied");
}

fn refused(owner: &Owner, fault: &FileError) {
    warn!(
        kind = owner.kind, name = %owner.name,
        "new certificates cannot be used, those before stay in use: {fault}"
    );
    count(owner, "refused");
}

fn count(owner: &Owner, outcome: &'static str) {
    let (kind, name) = (owner.kind, Arc::clone(&owner.name));
    counter!(CERTIFICATE_RENEWALS_TOTAL, "kind" => kind, "name" => name, "outcome" => outcome).increment(1);
}
