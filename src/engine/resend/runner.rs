//! Goes through the set of the job that runs: at its rate, and never in the way of what comes in.
//!
//! It stops by itself while the outbox is nearly full, or while a destination it sends to has much waiting already, and
//! goes on by itself. A message counts as gone through when what came of it is durable.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;
use tracing::{info, warn};

use crate::config::Pace;

use super::Resend;
use super::job::{Job, JobState, Next};
use super::jobs::Jobs;
use crate::engine::pacer::Pacer;

/// With as much of the outbox in use, in percent, the rest is for what comes in.
const OUTBOX_PERCENT_MAX: u64 = 80;
/// With so many deliveries waiting for a destination, those that come in are not made to wait behind more.
const WAITING_MAX: u64 = 100;
/// How long until what was in the way is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

impl Jobs {
    /// Runs what is started, until `stop` resolves. `ended` writes down that a job has ended, before that counts; it
    /// blocks.
    pub async fn run(
        self,
        ended: impl Fn(&Job) -> Result<(), String> + Clone + Send + 'static,
        stop: impl Future<Output = ()>,
    ) {
        let running = async {
            loop {
                let next = self.clone();
                match off_the_runtime(move || next.running()).await.flatten() {
                    Some((job, set)) => self.go_through(&job, &set, ended.clone()).await,
                    None => self.shared.turned.notified().await,
                }
            }
        };
        tokio::select! {
            () = running => {}
            () = stop => {}
        }
        off_the_runtime(move || self.save_now()).await;
    }

    async fn go_through(
        &self,
        job: &Job,
        set: &[u64],
        ended: impl Fn(&Job) -> Result<(), String> + Clone + Send + 'static,
    ) {
        info!(job = job.id, left = job.left(), "sending again");
        let pacer = Pacer::new(Pace {
            interval: Some(Duration::from_secs(1) / job.rate_per_second),
            ..Pace::default()
        });
        let mut destinations: BTreeSet<Arc<str>> = job.way.destination().map(Arc::from).into_iter().collect();
        while let Some(message) = self.next_of(job.id, set) {
            if let Some(why) = self.in_the_way(&destinations).await {
                self.wait(job.id, why).await;
                continue;
            }
            // A turn that a stop cuts short is nobody's.
            if unless_turned(&self.shared.turned, pacer.wait()).await.is_none() {
                continue;
            }
            let result = self.shared.resender.send(resend(job, message)).await;
            if let Ok(resent) = &result {
                destinations.extend(resent.deliveries.iter().map(|(name, _)| Arc::clone(name)));
            }
            let (jobs, id) = (self.clone(), job.id);
            let next = off_the_runtime(move || jobs.count(id, message, &result))
                .await
                .flatten();
            if let Some(Next::Wait(why)) = next {
                self.wait(job.id, why).await;
            }
        }
        self.tell_of_end(job.id, ended).await;
        let (jobs, id) = (self.clone(), job.id);
        off_the_runtime(move || jobs.end(id)).await;
    }

    /// The next message of a job; nothing at the end, or when it was stopped.
    fn next_of(&self, id: u64, set: &[u64]) -> Option<u64> {
        let job = self.get(id).ok()?.job;
        let next = usize::try_from(job.done()).ok()?;
        set.get(next).copied().filter(|_| job.state == JobState::Running)
    }

    /// Why nothing should be sent now.
    async fn in_the_way(&self, destinations: &BTreeSet<Arc<str>>) -> Option<String> {
        let (status, names) = (Arc::clone(&self.shared.resender.status), destinations.clone());
        let looked = off_the_runtime(move || {
            let percent = status.outbox().percent();
            if percent >= OUTBOX_PERCENT_MAX {
                return Some(format!("the outbox is {percent} % full"));
            }
            let waiting = names.iter().map(|name| (name, status.depth(name).queued));
            let mut busy = waiting.filter(|(_, waiting)| *waiting >= WAITING_MAX);
            let (name, waiting) = busy.next()?;
            Some(format!("{waiting} deliveries wait for `{name}`"))
        });
        looked.await.flatten()
    }

    async fn wait(&self, id: u64, why: String) {
        self.wait_for(id, why);
        unless_turned(&self.shared.turned, sleep(LOOK_AGAIN)).await;
    }

    /// Has it written down that a job has ended, however long that takes.
    async fn tell_of_end(
        &self,
        id: u64,
        ended: impl Fn(&Job) -> Result<(), String> + Clone + Send + 'static,
    ) {
        loop {
            let Ok(shown) = self.get(id) else { return };
            info!(job = id, left = shown.job.left(), "sending again has ended");
            let tell = ended.clone();
            match off_the_runtime(move || tell(&shown.job)).await {
                Some(Err(why)) => {
                    warn!(job = id, why, "the end of a job cannot be written down yet");
                    self.wait(id, why).await;
                }
                Some(Ok(())) | None => return,
            }
        }
    }
}

fn resend(job: &Job, message: u64) -> Resend {
    Resend {
        message,
        edited: None,
        way: job.way.clone(),
        by: job.by.clone(),
        why: job.why.clone(),
    }
}

/// Waits, unless somebody starts or stops a job meanwhile.
async fn unless_turned(turned: &Notify, wait: impl Future<Output = ()>) -> Option<()> {
    tokio::select! {
        () = wait => Some(()),
        () = turned.notified() => None,
    }
}

/// Does what blocks; nothing when it panicked.
async fn off_the_runtime<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}
