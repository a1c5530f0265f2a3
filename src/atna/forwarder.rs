//! One repository: sends it what it does not have, for ever, and tries again with growing pauses where that fails.

use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use metrics::counter;
use tokio::sync::watch;
use tokio::time::sleep;
use tracing::{error, info, warn};

use super::spool::Spool;
use super::syslog::Syslog;
use super::{Source, fhir};
use crate::audit::Nodes;
use crate::config::{self, Repository};
use crate::destination::http::{Post, post};
use crate::metrics as names;
use crate::tls::{Client, NotReached, Owner, Within};

/// Read from the log at a time, and so sent again at the most.
const BATCH: usize = 100;
/// How long one POST may take.
const POST_MAX: Duration = Duration::from_secs(20);
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// One repository and the way to it.
pub(super) struct Forwarder {
    spool: Spool,
    way: Way,
    nodes: Nodes,
}

enum Way {
    Syslog(Syslog),
    Fhir(Box<Fhir>),
}

impl Forwarder {
    pub(super) fn new(spool: Spool, repository: &Repository, source: Source, nodes: Nodes) -> Forwarder {
        let owner = Owner::repository(spool.repository());
        let way = match repository {
            Repository::Syslog(settings) => Way::Syslog(Syslog::new(settings, owner, source)),
            Repository::Fhir(settings) => Way::Fhir(Box::new(Fhir {
                tls: Client::new(settings.tls.clone(), Within::Http, owner),
                settings: settings.clone(),
                source,
            })),
        };
        Forwarder { spool, way, nodes }
    }

    /// Sends until it is told to stop and all is sent, or sending fails after that.
    pub(super) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut said: Option<String> = None;
        let mut pause = PAUSE_MIN;
        loop {
            let sent = match &mut self.way {
                Way::Syslog(syslog) => syslog.send(&mut self.spool, &stop).await,
                Way::Fhir(fhir) => fhir.send(&mut self.spool).await,
            };
            self.note_trust(&sent);
            let repository = Arc::clone(self.spool.repository());
            match sent {
                Ok(is_some) => {
                    if said.take().is_some() {
                        info!(%repository, "the audit log is sent on again");
                    }
                    pause = PAUSE_MIN;
                    if is_some {
                        continue;
                    }
                    if *stop.borrow() {
                        return;
                    }
                    tokio::select! {
                        () = self.spool.more() => {}
                        // Whoever could say it may be gone: that is a stop too.
                        _ = stop.wait_for(|stop| *stop) => {}
                    }
                }
                Err(NotReached { reason, .. }) => {
                    counter!(names::AUDIT_FORWARD_FAILURES_TOTAL, "repository" => Arc::clone(&repository))
                        .increment(1);
                    if said.as_ref() != Some(&reason) {
                        warn!(%repository, reason, "records of the audit log wait");
                        said = Some(reason);
                    }
                    self.spool.tell();
                    self.spool.rewind();
                    if *stop.borrow() {
                        return;
                    }
                    let jitter = PAUSE_MIN.mul_f64(fastrand::f64());
                    tokio::select! {
                        () = sleep(pause + jitter) => {}
                        _ = stop.wait_for(|stop| *stop) => {}
                    }
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
        }
    }
}

impl Forwarder {
    /// Has it written down when there is no connection for want of trust. That record is one more to send, here too: it
    /// is written once, and not again before something was sent.
    fn note_trust(&self, sent: &Result<bool, NotReached>) {
        let node = format!("repositories/{}", self.spool.repository());
        match sent {
            Ok(true) => self.nodes.reached(&node),
            Err(failure) if failure.is_distrust => self.nodes.refused(&node, &failure.reason),
            Ok(false) | Err(_) => {}
        }
    }
}

/// A server of FHIR.
struct Fhir {
    settings: config::Fhir,
    tls: Client,
    source: Source,
}

impl Fhir {
    /// Posts what waits, one after the other; false when nothing does.
    async fn send(&self, spool: &mut Spool) -> Result<bool, NotReached> {
        let records = spool.next(BATCH).await?;
        let mut taken = 0;
        // The record before, where it was not taken: that it is the record's fault shows when the next one is taken.
        let mut refused: Option<(u64, StatusCode)> = None;
        for record in &records {
            let what = Post {
                url: &self.settings.url,
                plaintext: self.settings.plaintext,
                headers: &self.settings.headers,
                tls: &self.tls,
                content_type: "application/fhir+json",
                body: fhir::resource(record, &self.source).to_string().into(),
            };
            let answered = post(what, POST_MAX)
                .await
                .and_then(|status| match status.as_u16() {
                    200..=299 => Ok(None),
                    413 | 422 if refused.is_none() => Ok(Some(status)),
                    _ => Err(format!("answered with {status}").into()),
                });
            match answered {
                Ok(None) => {
                    if let Some((number, status)) = refused.take() {
                        let repository = spool.repository();
                        error!(%repository, number, %status, "the repository does not take a record of the audit log");
                        spool.confirm(taken, "sent").await?;
                        spool.confirm(1, "refused").await?;
                        taken = 0;
                    }
                    taken += 1;
                }
                Ok(Some(status)) => refused = Some((record.number, status)),
                Err(reason) => {
                    spool.confirm(taken, "sent").await?;
                    return Err(reason);
                }
            }
        }
        spool.confirm(taken, "sent").await?;
        match refused {
            // It is sent again, with what is written until then.
            Some((_, status)) => Err(format!("answered with {status}").into()),
            None => Ok(!records.is_empty()),
        }
    }
}
