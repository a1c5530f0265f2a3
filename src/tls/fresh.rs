//! A configuration made from files, and made anew when they have changed.
//!
//! Files that are wrong change nothing: what was in use of them stays in use, and that is said once. The next handshake
//! sees what is new; whoever cares for connections that are open is told of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::counter;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tracing::{info, warn};

use super::Owner;
use super::file::FileError;
use super::parts::{Made, Parts};
use crate::clock;
use crate::metrics::CERTIFICATE_RENEWALS_TOTAL;

/// Settings that name files.
pub(super) trait Build: Send + Sync + 'static {
    /// What is made from them.
    type Config: Send + Sync;

    /// The files.
    fn parts(&self) -> Parts;

    /// What is made of what they are now. Blocks.
    fn build(&self, made: Made) -> Result<Self::Config, FileError>;
}

/// Settings and what was last made from them. Clones share it.
pub(super) struct Fresh<B: Build> {
    shared: Arc<Shared<B>>,
}

impl<B: Build> Clone for Fresh<B> {
    fn clone(&self) -> Fresh<B> {
        Fresh {
            shared: Arc::clone(&self.shared),
        }
    }
}

struct Shared<B: Build> {
    settings: B,
    /// Held while files are read: one looks at a time.
    parts: Mutex<Parts>,
    /// Never held for long: whoever only wants what was read last does not wait for files.
    last: Mutex<Option<Arc<B::Config>>>,
    /// Told when the files have changed and are used.
    renewals: watch::Sender<()>,
}

impl<B: Build> Fresh<B> {
    /// Reads nothing yet.
    pub(super) fn new(settings: B) -> Fresh<B> {
        Fresh {
            shared: Arc::new(Shared {
                parts: Mutex::new(settings.parts()),
                settings,
                last: Mutex::new(None),
                renewals: watch::Sender::new(()),
            }),
        }
    }

    pub(super) fn settings(&self) -> &B {
        &self.shared.settings
    }

    /// That what is read has changed, from now on.
    pub(super) fn renewals(&self) -> watch::Receiver<()> {
        self.shared.renewals.subscribe()
    }

    /// What was read last, without looking at the files.
    pub(super) fn last(&self) -> Option<Arc<B::Config>> {
        held(&self.shared.last).clone()
    }

    /// What the files say now or, where they are wrong, what they said before.
    pub(super) async fn now(&self, owner: &Owner) -> Result<Arc<B::Config>, FileError> {
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

impl<B: Build> Shared<B> {
    fn look(&self, owner: &Owner) -> Result<Arc<B::Config>, FileError> {
        let mut parts = held(&self.parts);
        let found = parts.look();
        for fault in &found.wrong {
            refused(owner, fault);
        }
        let before = held(&self.last).clone();
        if let Some(before) = &before
            && !found.is_new
        {
            return Ok(Arc::clone(before));
        }
        let built = parts.made().and_then(|made| self.settings.build(made));
        match (built, before) {
            (Ok(config), before) => {
                if let Some(Err(fault)) = parts.identity().map(|identity| identity.in_time(clock::now())) {
                    let (kind, name) = (owner.kind, &owner.name);
                    warn!(kind, %name, "{fault}: it is shown all the same, and whoever sees it may refuse it");
                }
                let config = Arc::new(config);
                *held(&self.last) = Some(Arc::clone(&config));
                if before.is_some() {
                    renewed(owner);
                    self.renewals.send_replace(());
                }
                Ok(config)
            }
            (Err(fault), Some(before)) => {
                refused(owner, &fault);
                Ok(before)
            }
            (Err(fault), None) => Err(fault),
        }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
