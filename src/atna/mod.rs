//! The audit log to audit record repositories (IHE ATNA): DICOM audit messages by syslog over TLS, and FHIR
//! resources (`AuditEvent`) by HTTP, as the section `audit` of the site says.
//!
//! The way of a record: the log itself is the queue (`spool` keeps how far a repository has got) → `event` (which
//! event of the standard it is, a table) → `dicom` or `fhir` (how that is written) → `syslog` or a POST. `forwarder`
//! goes that way for one repository on a task of its own, again and again until the repository has it; nobody waits
//! for it. What a message holds is in no record, and so in nothing that is sent.
//!
//! It also deletes records that are older than the site keeps them.

mod dicom;
mod event;
mod fhir;
mod forwarder;
mod keep;
mod spool;
mod syslog;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use event::is_known;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tracing::{info, warn};

use crate::audit;
use crate::config::Audit;
use crate::engine::Status;

use forwarder::Forwarder;
use spool::Spool;

/// Where weir is, as whoever reads its records has to know.
#[derive(Debug, Clone)]
struct Source {
    /// What this weir is called.
    id: String,
    /// Where in the enterprise it is.
    site: Option<String>,
    /// The machine.
    host: String,
}

/// Sends records on, and deletes old ones, until it is stopped.
pub struct Forwarding {
    log: audit::Log,
    status: Arc<Status>,
    folder: PathBuf,
    audit: Arc<Audit>,
    running: BTreeMap<Arc<str>, Running>,
    nodes: audit::Nodes,
    keep: watch::Sender<Duration>,
    keeper: JoinHandle<()>,
}

/// A forwarder at work.
struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Forwarding {
    /// Begins for this site. How far each repository has got is kept in the data folder; which of them is not trusted, or
    /// does not trust weir, is a record too.
    pub fn start(
        (log, nodes): (&audit::Log, audit::Nodes),
        data: &Path,
        audit: &Arc<Audit>,
        status: &Arc<Status>,
    ) -> Forwarding {
        let keep = watch::Sender::new(audit.keep);
        let keeper = tokio::spawn(keep::keep(log.clone(), Arc::clone(status), keep.subscribe()));
        let mut forwarding = Forwarding {
            log: log.clone(),
            status: Arc::clone(status),
            folder: data.join("audit.forward"),
            audit: Arc::clone(audit),
            running: BTreeMap::new(),
            nodes,
            keep,
            keeper,
        };
        forwarding.begin();
        forwarding
    }

    /// Goes on as this site says. What was not sent yet is sent to where it belongs now.
    pub async fn follow(&mut self, audit: &Arc<Audit>) {
        if self.audit.typed == audit.typed {
            return;
        }
        self.audit = Arc::clone(audit);
        self.keep.send_replace(audit.keep);
        self.end(Duration::ZERO).await;
        self.begin();
    }

    /// Ends, when everything is sent or this much time has passed. The rest is sent after the next start.
    pub async fn stop(mut self, grace: Duration) {
        self.keeper.abort();
        self.end(grace).await;
    }

    fn begin(&mut self) {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let source = Source {
            id: self.audit.source.clone().unwrap_or_else(|| host.clone()),
            site: self.audit.site.clone(),
            host,
        };
        self.status.forget_audit_waiting();
        for (name, repository) in &self.audit.forward {
            info!(repository = %name, "the audit log is sent on");
            let spool = Spool::new(
                self.log.clone(),
                &self.folder,
                Arc::clone(name),
                Arc::clone(&self.status),
            );
            let forwarder = Forwarder::new(spool, repository, source.clone(), self.nodes.clone());
            let stop = watch::Sender::new(false);
            let task = tokio::spawn(forwarder.run(stop.subscribe()));
            self.running.insert(Arc::clone(name), Running { stop, task });
        }
    }

    /// Tells all of them to end once they have sent what there is, and waits no longer than this for all together.
    async fn end(&mut self, grace: Duration) {
        for running in self.running.values() {
            running.stop.send_replace(true);
        }
        let deadline = Instant::now() + grace;
        for (name, mut running) in std::mem::take(&mut self.running) {
            if timeout_at(deadline, &mut running.task).await.is_err() {
                warn!(repository = %name, "records of the audit log are still to be sent");
                running.task.abort();
                // It is dropped, or it has panicked: either way it is over.
                drop(running.task.await);
            }
        }
    }
}
