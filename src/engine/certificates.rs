//! How long the certificates that weir shows are still valid: a metric for each, and a line in the log once a day when
//! one is about to expire.
//!
//! It reads the files and changes nothing; that changed files are used is the affair of whoever shows them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use metrics::gauge;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep};
use tracing::warn;

use crate::clock;
use crate::config::Site;
use crate::destination;
use crate::metrics::CERTIFICATE_EXPIRES_IN_SECONDS;
use crate::tls::{EXPIRES_SOON, Owner, valid_until};

/// Between two looks.
const LOOK_PAUSE: Duration = Duration::from_secs(60);
/// Between two lines about one certificate.
const SAY_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

/// Looks at the certificates of the site that runs.
#[derive(Default)]
pub(super) struct Certificates {
    looking: JoinSet<()>,
}

impl Certificates {
    /// Looks at those of this site from now on.
    pub(super) fn watch(&mut self, site: &Site) {
        let shown = shown(site);
        self.looking.abort_all();
        if !shown.is_empty() {
            self.looking.spawn(look_on(shown));
        }
        // Those that have ended are not kept.
        while self.looking.try_join_next().is_some() {}
    }
}

/// The certificates that a site shows, by who shows them.
fn shown(site: &Site) -> BTreeMap<Owner, PathBuf> {
    let mut shown = BTreeMap::new();
    for (name, listener) in &site.listeners {
        let tls = listener.kind.security().and_then(|(tls, _)| tls);
        shown.extend(tls.map(|tls| (Owner::listener(name), tls.certificate.clone())));
    }
    for (name, settings) in &site.destinations {
        let tls = match &settings.kind {
            destination::Settings::Mllp(mllp) => mllp.tls.as_ref(),
            destination::Settings::Http(http) => Some(&http.tls),
            destination::Settings::Sql(sql) => Some(&sql.tls),
            destination::Settings::File(_) => None,
        };
        let certificate = tls.and_then(|tls| tls.certificate.clone());
        shown.extend(certificate.map(|certificate| (Owner::destination(name), certificate)));
    }
    let console = site.console.tls.as_ref();
    shown.extend(console.map(|tls| (Owner::console(), tls.certificate.clone())));
    shown
}

async fn look_on(shown: BTreeMap<Owner, PathBuf>) {
    let shown = Arc::new(shown);
    let mut said: BTreeMap<Owner, Instant> = BTreeMap::new();
    // What is about to expire at the start is told with the other problems of the site.
    said.extend(shown.keys().map(|owner| (owner.clone(), Instant::now())));
    loop {
        let files = Arc::clone(&shown);
        let read = spawn_blocking(move || ends(&files)).await;
        for (owner, end) in read.unwrap_or_default() {
            let left = end.duration_since(clock::now());
            let (kind, name) = (owner.kind, Arc::clone(&owner.name));
            gauge!(CERTIFICATE_EXPIRES_IN_SECONDS, "kind" => kind, "name" => name).set(left.as_secs_f64());
            let is_soon = left.as_secs_f64() < EXPIRES_SOON.as_secs_f64();
            let is_unsaid = said.get(&owner).is_none_or(|at| at.elapsed() >= SAY_PAUSE);
            if is_soon && is_unsaid {
                warn!(kind, name = %owner.name, %end, "the certificate expires soon, or has expired");
                said.insert(owner, Instant::now());
            }
        }
        sleep(LOOK_PAUSE).await;
    }
}

/// When each ends; what cannot be read keeps the value it had.
fn ends(files: &BTreeMap<Owner, PathBuf>) -> Vec<(Owner, Timestamp)> {
    let end = |(owner, path): (&Owner, &PathBuf)| Some((owner.clone(), valid_until(path)?));
    files.iter().filter_map(end).collect()
}
