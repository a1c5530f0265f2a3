//! How the certificates of a site stand: which weir shows and until when they are valid, and what is in their files that
//! cannot be used. A metric, lines in the log, and what alerts are made of.
//!
//! It reads the files as whoever uses them does and changes nothing; that changed files are used is their affair.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use metrics::gauge;
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep};
use tracing::warn;

use super::status::Status;
use crate::clock;
use crate::config::{Contact, Repository, Site};
use crate::destination;
use crate::metrics::CERTIFICATE_EXPIRES_IN_SECONDS;
use crate::tls::{EXPIRES_SOON, Owner, Section, Standing, Watched};

/// Between two looks: as often as listeners look, so that nothing is seen here that they have not seen, nor the other way.
const LOOK_PAUSE: Duration = Duration::from_secs(1);
/// Between two lines about one certificate.
const SAY_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

/// Every section of TLS in a site, and whose it is.
type Sections = Vec<(Owner, Section)>;

/// Looks at the certificates of the site that runs.
pub(super) struct Certificates {
    sections: watch::Sender<Sections>,
    /// Ends when it is dropped.
    _looking: JoinSet<()>,
}

impl Certificates {
    /// Looks at none yet.
    pub(super) fn start(status: &Arc<Status>) -> Certificates {
        let sections = watch::Sender::new(Vec::new());
        let mut looking = JoinSet::new();
        looking.spawn(look_on(sections.subscribe(), Arc::clone(status)));
        Certificates {
            sections,
            _looking: looking,
        }
    }

    /// Looks at those of this site from now on.
    pub(super) fn watch(&self, site: &Site) {
        self.sections.send_replace(sections(site));
    }
}

fn sections(site: &Site) -> Sections {
    let listeners = site.listeners.iter().filter_map(|(name, listener)| {
        let (tls, _) = listener.kind.security()?;
        Some((Owner::listener(name), Section::Server(tls?.clone())))
    });
    let console = site.console.tls.iter();
    let console = console.map(|tls| (Owner::console(), Section::Server(tls.clone())));
    let destinations = site.destinations.iter().filter_map(|(name, settings)| {
        let tls = match &settings.kind {
            destination::Settings::Mllp(mllp) => mllp.tls.as_ref(),
            destination::Settings::Http(http) => Some(&http.tls),
            destination::Settings::Sql(sql) => Some(&sql.tls),
            destination::Settings::File(_) => None,
        };
        Some((Owner::destination(name), tls?))
    });
    let contacts = site.alerts.contacts.iter();
    let contacts = contacts.filter_map(|(name, contact)| match contact {
        Contact::Webhook(webhook) => Some((Owner::contact(name), &webhook.tls)),
        Contact::Mail(_) => None,
    });
    let repositories = site.audit.forward.iter().map(|(name, repository)| {
        let tls = match repository {
            Repository::Syslog(syslog) => &syslog.tls,
            Repository::Fhir(fhir) => &fhir.tls,
        };
        (Owner::repository(name), tls)
    });
    let traces = site.traces.iter().map(|traces| (Owner::traces(), &traces.tls));
    let tables = site.look_ups.values().map(|table| {
        let look_up = &table.source.look_up;
        (Owner::table(&look_up.database), &look_up.tls)
    });
    let clients = destinations
        .chain(contacts)
        .chain(repositories)
        .chain(traces)
        .chain(tables);
    let clients = clients.map(|(owner, tls)| (owner, Section::Client(tls.clone())));
    listeners.chain(console).chain(clients).collect()
}

/// What is watched, and what was said of it.
#[derive(Default)]
struct Book {
    watched: Vec<Watched>,
    /// Whose certificates the gauge shows.
    gauged: BTreeSet<Owner>,
    /// When the end of a certificate was in the log last.
    said: BTreeMap<Owner, Instant>,
    /// The moment since which a list is late that is in the log.
    said_late: BTreeMap<Owner, Timestamp>,
}

async fn look_on(mut sections: watch::Receiver<Sections>, status: Arc<Status>) {
    let mut book = Book::default();
    loop {
        let others = sections.has_changed().unwrap_or(false);
        if others {
            book.follow(&sections.borrow_and_update());
        }
        let mut watched = std::mem::take(&mut book.watched);
        let looked = spawn_blocking(move || {
            let standings = look(&mut watched);
            (watched, standings)
        });
        // If that panicked nothing is watched before the next reload.
        let (watched, standings) = looked.await.unwrap_or_default();
        book.watched = watched;
        book.tell(&standings, others);
        status.set_certificates(standings);
        tokio::select! {
            () = sleep(LOOK_PAUSE), if !book.watched.is_empty() => {}
            changed = sections.changed() => match changed {
                Ok(()) => sections.mark_changed(),
                // Nobody has a site any more.
                Err(_) => return,
            },
        }
    }
}

/// How those of each owner stand.
fn look(watched: &mut [Watched]) -> BTreeMap<Owner, Standing> {
    let mut standings: BTreeMap<Owner, Standing> = BTreeMap::new();
    for one in watched {
        let standing = one.look();
        let all = standings.entry(one.owner().clone()).or_default();
        *all = std::mem::take(all).and(standing);
    }
    standings
}

impl Book {
    /// Watches these from now on. Those that were watched before go on with what was last good in them, as whoever uses
    /// them does.
    fn follow(&mut self, sections: &[(Owner, Section)]) {
        let mut before = std::mem::take(&mut self.watched);
        for (owner, section) in sections {
            match before.iter().position(|old| old.is_of(owner, section)) {
                Some(known) => self.watched.push(before.swap_remove(known)),
                None => self.watched.extend(Watched::new(owner.clone(), section.clone())),
            }
        }
    }

    /// Tells how they stand: what is new at the start or after a reload was told with the other problems of the site.
    fn tell(&mut self, standings: &BTreeMap<Owner, Standing>, was_told: bool) {
        let now = clock::now();
        let is_shown = |owner: &Owner| {
            standings
                .get(owner)
                .is_some_and(|standing| standing.ends.is_some())
        };
        self.gauged.retain(|owner| {
            if !is_shown(owner) {
                // A gauge cannot be taken back, and this is less than no limit of an alert.
                gauge(owner, f64::NAN);
            }
            is_shown(owner)
        });
        for (owner, standing) in standings {
            if let Some(end) = standing.ends {
                let left = end.duration_since(now).as_secs_f64();
                gauge(owner, left);
                self.gauged.insert(owner.clone());
                self.tell_end(owner, end, left < EXPIRES_SOON.as_secs_f64(), was_told);
            }
            let late = standing.list_due.filter(|due| *due < now);
            self.tell_late(owner, late, was_told);
        }
    }

    fn tell_end(&mut self, owner: &Owner, end: Timestamp, is_soon: bool, was_told: bool) {
        let said = self.said.get(owner);
        if was_told {
            self.said.insert(owner.clone(), Instant::now());
        } else if is_soon && said.is_none_or(|at| at.elapsed() >= SAY_PAUSE) {
            let (kind, name) = (owner.kind, &owner.name);
            warn!(kind, %name, %end, "the certificate expires soon, or has expired");
            self.said.insert(owner.clone(), Instant::now());
        }
    }

    fn tell_late(&mut self, owner: &Owner, late: Option<Timestamp>, was_told: bool) {
        let Some(due) = late else {
            self.said_late.remove(owner);
            return;
        };
        let before = self.said_late.insert(owner.clone(), due);
        if before != Some(due) && !was_told {
            let (kind, name) = (owner.kind, &owner.name);
            warn!(kind, %name, %due, "a newer revocation list was due, the one that is there still counts");
        }
    }
}

fn gauge(owner: &Owner, left: f64) {
    let (kind, name) = (owner.kind, Arc::clone(&owner.name));
    gauge!(CERTIFICATE_EXPIRES_IN_SECONDS, "kind" => kind, "name" => name).set(left);
}
