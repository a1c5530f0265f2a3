//! How the engine stands while it runs: what is behind `/metrics`, `/health/ready`, the API and `weir demo`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use jiff::Timestamp;
use metrics::{counter, gauge};
use tracing::warn;

use crate::archive::Archive;
use crate::calendar::Calendar;
use crate::config::{Alerts, RouteText, Site, Traffic};
use crate::hl7::charset::Charset;
use crate::outbox::{Depth, Outbox, OutboxError, Outcome, Sequence, Settlement, Telling};
use crate::route::Route;
use crate::tls::{Owner, Standing};
use crate::{clock, metrics as names};

use super::counts::{DestinationCounts, ListenerCounts};
use super::in_use::InUse;
use super::stored;
use super::switches::Switches;

/// Who is owed what of one message: a name for each delivery and each dead letter.
pub(super) struct Owed {
    pub(super) queued: Vec<Arc<str>>,
    pub(super) dead: Vec<Arc<str>>,
}

impl Owed {
    /// Whether nobody is owed anything.
    pub(super) fn is_empty(&self) -> bool {
        self.queued.is_empty() && self.dead.is_empty()
    }
}

/// The site that runs, as far as it is worth showing.
pub struct Running {
    /// The version of its files.
    pub version: Arc<str>,
    /// Since when.
    pub since: Timestamp,
    /// Where each listener takes messages from: a folder, or an address, with the real port where port 0 was asked
    /// for.
    pub listeners: BTreeMap<Arc<str>, String>,
    /// What is normal for those listeners of which something is expected.
    pub traffic: BTreeMap<Arc<str>, Traffic>,
    /// What of it is worth telling people, and whom.
    pub alerts: Arc<Alerts>,
    /// Its routes.
    pub routes: Vec<Arc<Route>>,
    /// How each of them is written.
    pub route_texts: Arc<BTreeMap<Arc<str>, RouteText>>,
    /// The character sets of listeners whose messages may leave theirs open.
    pub charsets: BTreeMap<Arc<str>, Charset>,
    /// The longest frame that each listener takes.
    pub frame_bytes_max: BTreeMap<Arc<str>, usize>,
    /// Its destinations.
    pub destinations: BTreeSet<Arc<str>>,
    /// What whoever routes a message by it holds until that is durable: no lane of this site ends before.
    pub(super) in_use: InUse,
}

impl Running {
    /// This site from now on, whose listeners take messages from there.
    pub(super) fn of(site: &Site, listeners: BTreeMap<Arc<str>, String>, in_use: InUse) -> Running {
        let traffic = site.listeners.iter();
        Running {
            version: Arc::clone(&site.version),
            since: clock::now(),
            listeners,
            traffic: traffic
                .filter_map(|(name, listener)| Some((Arc::clone(name), listener.traffic.clone()?)))
                .collect(),
            alerts: Arc::clone(&site.alerts),
            routes: site.routes.clone(),
            route_texts: Arc::clone(&site.route_texts),
            charsets: stored::assumed(site),
            frame_bytes_max: site
                .listeners
                .iter()
                .map(|(name, listener)| (Arc::clone(name), listener.kind.frame_bytes_max()))
                .collect(),
            destinations: site.destinations.keys().cloned().collect(),
            in_use,
        }
    }
}

/// All counts of a running engine, what it runs, and whether it is ready.
///
/// Names are never taken out again: what was counted for a listener or destination that is gone stays true.
pub struct Status {
    listeners: RwLock<BTreeMap<Arc<str>, Arc<ListenerCounts>>>,
    destinations: RwLock<BTreeMap<Arc<str>, Arc<DestinationCounts>>>,
    running: RwLock<Arc<Running>>,
    outbox: Outbox,
    switches: Arc<Switches>,
    calendar: Calendar,
    archive: OnceLock<Archive>,
    /// When the oldest note happened that the archive could not take yet.
    archive_behind_since: RwLock<Option<Timestamp>>,
    /// How certificates stand, by whose they are.
    certificates: RwLock<BTreeMap<Owner, Standing>>,
    /// What audit record repositories do not have yet.
    audit_waiting: RwLock<BTreeMap<Arc<str>, AuditWaiting>>,
    ready: AtomicBool,
}

/// Records of the audit log that a repository does not have yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditWaiting {
    /// How many.
    pub records: u64,
    /// When the oldest of them was written, as far as they were read.
    pub oldest_at: Option<Timestamp>,
}

impl Status {
    /// No counts yet, about this site.
    pub(super) fn new(
        running: Running,
        outbox: Outbox,
        switches: Arc<Switches>,
        calendar: Calendar,
    ) -> Status {
        Status {
            listeners: RwLock::default(),
            destinations: RwLock::default(),
            running: RwLock::new(Arc::new(running)),
            outbox,
            switches,
            calendar,
            archive: OnceLock::new(),
            archive_behind_since: RwLock::default(),
            certificates: RwLock::default(),
            audit_waiting: RwLock::default(),
            ready: AtomicBool::new(false),
        }
    }

    /// The time that things are deleted by.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// Listeners accept and the outbox commits.
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    pub(super) fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Relaxed);
    }

    /// The archive, where one is kept and could be opened.
    pub fn archive(&self) -> Option<&Archive> {
        self.archive.get()
    }

    /// When the oldest note happened that the archive could not take yet; none when it has all, or none is kept.
    pub fn archive_behind_since(&self) -> Option<Timestamp> {
        let since = self.archive_behind_since.read();
        *since.unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_archive_behind_since(&self, since: Option<Timestamp>) {
        let behind = self.archive_behind_since.write();
        *behind.unwrap_or_else(PoisonError::into_inner) = since;
    }

    /// Tells which archive is kept; once, at the start.
    pub(super) fn set_archive(&self, archive: Archive) {
        // A second one would be a mistake of the start, and changes nothing.
        drop(self.archive.set(archive));
    }

    /// How the certificates of the site stand, by whose they are, as of the last second.
    pub fn certificates(&self) -> BTreeMap<Owner, Standing> {
        let certificates = self.certificates.read().unwrap_or_else(PoisonError::into_inner);
        certificates.clone()
    }

    pub(super) fn set_certificates(&self, standings: BTreeMap<Owner, Standing>) {
        *self.certificates.write().unwrap_or_else(PoisonError::into_inner) = standings;
    }

    /// What audit record repositories do not have yet, by their names.
    pub fn audit_waiting(&self) -> BTreeMap<Arc<str>, AuditWaiting> {
        let waiting = self.audit_waiting.read().unwrap_or_else(PoisonError::into_inner);
        waiting.clone()
    }

    /// Tells it of one of them.
    pub fn set_audit_waiting(&self, repository: &Arc<str>, waiting: AuditWaiting) {
        let mut all = self.audit_waiting.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(Arc::clone(repository), waiting);
    }

    /// There are other repositories from here on.
    pub fn forget_audit_waiting(&self) {
        let mut all = self.audit_waiting.write().unwrap_or_else(PoisonError::into_inner);
        for name in std::mem::take(&mut *all).into_keys() {
            // A series that was shown once cannot be taken back, and its last value would raise an alert for ever.
            gauge!(names::AUDIT_FORWARD_WAITING, "repository" => Arc::clone(&name)).set(f64::NAN);
            gauge!(names::AUDIT_FORWARD_LAG_SECONDS, "repository" => name).set(f64::NAN);
        }
    }

    /// The site that runs.
    pub fn running(&self) -> Arc<Running> {
        let running = self.running.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&running)
    }

    pub(super) fn set_running(&self, running: Running) {
        *self.running.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(running);
    }

    /// The counts of every listener there was since the start, by name.
    pub fn listeners(&self) -> BTreeMap<Arc<str>, Arc<ListenerCounts>> {
        let listeners = self.listeners.read().unwrap_or_else(PoisonError::into_inner);
        listeners.clone()
    }

    /// The counts of every destination there was since the start, by name.
    pub fn destinations(&self) -> BTreeMap<Arc<str>, Arc<DestinationCounts>> {
        let destinations = self.destinations.read().unwrap_or_else(PoisonError::into_inner);
        destinations.clone()
    }

    /// The counts of a listener, at zero when it is new.
    pub(super) fn listener(&self, name: &Arc<str>) -> Arc<ListenerCounts> {
        let mut listeners = self.listeners.write().unwrap_or_else(PoisonError::into_inner);
        let counts = listeners
            .entry(Arc::clone(name))
            .or_insert_with(|| Arc::new(ListenerCounts::new(name)));
        Arc::clone(counts)
    }

    /// The counts of a destination. When it is new, what waits from before counts as owed, so that the account
    /// balances from here on. Blocks on the store then.
    pub(super) fn destination(&self, name: &Arc<str>) -> Arc<DestinationCounts> {
        if let Some(counts) = self.known_destination(name) {
            return counts;
        }
        let counts = Arc::new(DestinationCounts::new(name));
        counts.owed.add(self.depth(name).queued);
        let mut destinations = self.destinations.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(destinations.entry(Arc::clone(name)).or_insert(counts))
    }

    fn known_destination(&self, name: &str) -> Option<Arc<DestinationCounts>> {
        let destinations = self.destinations.read().unwrap_or_else(PoisonError::into_inner);
        destinations.get(name).map(Arc::clone)
    }

    /// Counts what a message just accepted is owed to.
    pub(super) fn count_owed(&self, owed: &Owed) {
        let known = |name: &Arc<str>| self.known_destination(name);
        for counts in owed.queued.iter().chain(&owed.dead).filter_map(known) {
            counts.owed.one();
        }
        for counts in owed.dead.iter().filter_map(known) {
            counts.dead_lettered.one();
        }
    }

    /// How many deliveries wait, over all destinations. Blocks on the store.
    pub fn queued(&self) -> u64 {
        let destinations = self.destinations();
        destinations.keys().map(|name| self.depth(name).queued).sum()
    }

    /// Says which destinations are owed something and are no longer in the site: nobody delivers to them. Blocks
    /// on the store.
    pub(super) fn warn_of_orphans(&self) {
        let in_site = self.destinations();
        for name in self.outbox.destinations() {
            let waiting = self.depth(&name).queued;
            if waiting > 0 && !in_site.contains_key(&name) {
                warn!(destination = %name, waiting, "not in the site any more: its deliveries wait until it is again");
            }
        }
    }

    /// Every destination by name, those too that are not in the site and are owed something from before: that must
    /// be seen.
    pub fn owed_destinations(&self) -> BTreeSet<Arc<str>> {
        let known = self.destinations().into_keys();
        known.chain(self.outbox.destinations()).collect()
    }

    /// What people have told the lanes.
    pub fn switches(&self) -> &Switches {
        &self.switches
    }

    /// What a destination is owed now. Blocks on the store.
    pub fn depth(&self, destination: &str) -> Depth {
        self.outbox.depth(destination).unwrap_or_default()
    }

    /// What is owed and what was given up, to look at.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Makes a dead letter a delivery again, behind all that its destination is owed; false when there is no such
    /// dead letter, or it cannot be read. Blocks on the store at first.
    ///
    /// # Errors
    /// When the outbox cannot be read or takes nothing more.
    pub async fn resend(&self, destination: &str, sequence: Sequence, by: &str) -> Result<bool, OutboxError> {
        let resent = self.outbox.resend(destination, sequence, by).await?;
        if resent && let Some(counts) = self.destinations().get(destination) {
            counts.owed.one();
        }
        Ok(resent)
    }

    /// Throws a dead letter away, with its message when nobody else is owed that.
    ///
    /// # Errors
    /// When the outbox has failed.
    pub async fn discard(
        &self,
        destination: &Arc<str>,
        sequence: Sequence,
        by: &str,
    ) -> Result<(), OutboxError> {
        let settlement = Settlement {
            destination: Arc::clone(destination),
            sequence,
            outcome: Outcome::Purged,
        };
        let telling = Telling {
            attempt: None,
            by: Some(by.to_owned()),
        };
        self.outbox.settle_telling(settlement, telling, None).await
    }

    /// Sets the gauges that are read from the outbox when somebody looks. Blocks on the store.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a queue of 2^53 entries is not to be had"
    )]
    pub fn refresh_gauges(&self) {
        let outbox = self.outbox.counts();
        counter!(names::COMMITS).absolute(outbox.barriers);
        counter!(names::DAMAGED_RECORDS).absolute(outbox.quarantined);
        let level = self.outbox.level();
        gauge!(names::OUTBOX_BYTES).set(level.bytes as f64);
        gauge!(names::OUTBOX_FULL).set(if self.outbox.full().is_some() { 1.0 } else { 0.0 });
        if let Some(bytes) = self.outbox.disk_bytes() {
            gauge!(names::OUTBOX_DISK_BYTES).set(bytes as f64);
        }
        if let Some(free) = level.disk_free_bytes {
            gauge!(names::DISK_FREE_BYTES).set(free as f64);
        }
        for (repository, waiting) in self.audit_waiting() {
            let lag = waiting
                .oldest_at
                .map(|oldest| clock::now().duration_since(oldest));
            let lag = lag.map_or(0.0, |lag| lag.as_secs_f64().max(0.0));
            let name = || Arc::clone(&repository);
            gauge!(names::AUDIT_FORWARD_WAITING, "repository" => name()).set(waiting.records as f64);
            gauge!(names::AUDIT_FORWARD_LAG_SECONDS, "repository" => name()).set(lag);
        }
        let now = clock::now();
        let running = self.running();
        for (name, counts) in self.listeners() {
            let gauge = |metric| gauge!(metric, "listener" => Arc::clone(&name));
            gauge(names::LISTENER_SILENT).set(if counts.is_silent() { 1.0 } else { 0.0 });
            if let Some(last) = counts.last_message() {
                let age = now.duration_since(last).as_secs_f64().max(0.0);
                // Nothing can come by a listener that is gone, and a series that was shown once cannot be taken back.
                let is_there = running.listeners.contains_key(&name);
                gauge(names::LISTENER_LAST_MESSAGE_AGE_SECONDS).set(if is_there { age } else { f64::NAN });
            }
        }
        for name in self.owed_destinations() {
            let depth = self.depth(&name);
            let gauge = |metric| gauge!(metric, "destination" => Arc::clone(&name));
            gauge(names::OUTBOX_DEPTH).set(depth.queued as f64);
            gauge(names::OUTBOX_DEAD).set(depth.dead as f64);
            let age = depth
                .oldest_at
                .map_or(0.0, |oldest| now.duration_since(oldest).as_secs_f64());
            gauge(names::OUTBOX_OLDEST_AGE_SECONDS).set(age.max(0.0));
            let switch = self.switches.get(&name);
            // What is parked without being owed anything waits for nobody.
            let is_used = running.destinations.contains(&name) || depth.queued > 0;
            let stopped = |why: &'static str, is_so: bool| {
                let gauge =
                    gauge!(names::DESTINATION_STOPPED, "destination" => name.to_string(), "why" => why);
                gauge.set(if is_so { 1.0 } else { 0.0 });
            };
            stopped("paused", is_used && switch.is_paused(depth.oldest));
            stopped("held", !switch.held.is_empty());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config;
    use crate::engine::in_use;

    impl Status {
        /// That of some site, whose outbox is made in this folder.
        pub(crate) fn of_any_site(folder: &Path) -> Arc<Status> {
            let yaml = "engine: { data: data }\n\
                        listeners: { in: { mllp: { bind: 127.0.0.1:0 } } }\n\
                        destinations: { copies: { file: { folder: ., name: \"{MSH-10}.hl7\" } } }\n\
                        routes: { all: { from: in, to: copies } }\n";
            std::fs::write(folder.join("site.yaml"), yaml).expect("a folder of a test");
            let (site, problems) = config::load(folder);
            let site = site.unwrap_or_else(|| panic!("{problems}"));
            let outbox = Outbox::open(&folder.join("outbox"), &site.outbox).expect("a new outbox");
            let switches = Arc::new(Switches::open(folder, outbox.store_id()).expect("no switches yet"));
            let running = Running::of(&site, BTreeMap::new(), in_use::begin().0);
            Arc::new(Status::new(running, outbox, switches, Calendar::open(folder)))
        }
    }
}
