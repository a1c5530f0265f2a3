//! Goes through the set of the job that runs: at its rate, and never in the way of what comes in.
//!
//! It stops by itself while the outbox is nearly full, or while a destination it sends to has much waiting already, and
//! goes on by itself. Whatever of that asks the jobs or the store is done off the runtime's threads. A message counts as gone through when what came of it is durable.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;
use tracing::{info, warn};

use crate::config::Pace;

use super::Resend;
use super::job::{Job, JobState, Next};
use super::jobs::{Jobs, Turn};
use crate::engine::pacer::{Pacer, Turns};

/// With as much of the outbox in use, in percent, the rest is for what comes in.
const OUTBOX_PERCENT_MAX: u64 = 80;
/// With so many deliveries waiting for a destination, those that come in are not made to wait behind more.
const WAITING_MAX: u64 = 100;
/// Whose queues are looked at: those that got the last so many messages. What nothing goes to any more is in nobody's
/// way.
const LAST_MESSAGES: usize = 16;
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
                match off_the_runtime(move || next.turn()).await {
                    Some(Turn::Runs(job, set)) => self.go_through(&job, set, ended.clone()).await,
                    Some(Turn::EndedByItself(id)) => {
                        self.tell_of_end(id, ended.clone()).await;
                        let told = self.clone();
                        off_the_runtime(move || told.told_of_end(id)).await;
                    }
                    Some(Turn::Rests) | None => self.shared.turned.notified().await,
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
        set: Arc<[u64]>,
        ended: impl Fn(&Job) -> Result<(), String> + Clone + Send + 'static,
    ) {
        info!(job = job.id, left = job.left(), "sending again");
        let pace = Pace {
            interval: Some(Duration::from_secs(1) / job.rate_per_second),
            ..Pace::default()
        };
        let pacer = Pacer::new(pace, Turns::default());
        let mut last = Last::of(job);
        // Asked anew for each: who has started it anew meanwhile answers for those that follow.
        while let Some((job, message)) = self.next_of(job.id, &set).await {
            if let Some(why) = self.in_the_way(&mut last).await {
                self.wait(job.id, why).await;
                continue;
            }
            // A turn that a stop cuts short is nobody's.
            if unless_turned(&self.shared.turned, pacer.wait()).await.is_none() {
                continue;
            }
            let result = self.shared.resender.send(resend(&job, message)).await;
            if let Ok(resent) = &result {
                last.took(resent.deliveries.iter().map(|(name, _)| Arc::clone(name)));
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

    /// The next message of a job, and the job as it is now; nothing at the end, or when it was stopped.
    async fn next_of(&self, id: u64, set: &Arc<[u64]>) -> Option<(Job, u64)> {
        let (jobs, set) = (self.clone(), Arc::clone(set));
        let next = off_the_runtime(move || {
            let job = jobs.get(id).ok()?.job;
            let next = usize::try_from(job.done()).ok()?;
            let message = set.get(next).copied();
            message
                .filter(|_| job.state == JobState::Running)
                .map(|message| (job, message))
        });
        next.await.flatten()
    }

    /// Why nothing should be sent now.
    async fn in_the_way(&self, last: &mut Last) -> Option<String> {
        let status = Arc::clone(&self.shared.resender.status);
        let running = status.running();
        let names = last.destinations(&running.version, &running.destinations);
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
        let jobs = self.clone();
        off_the_runtime(move || jobs.wait_for(id, why)).await;
        unless_turned(&self.shared.turned, sleep(LOOK_AGAIN)).await;
    }

    /// Has it written down that a job has ended, however long that takes.
    async fn tell_of_end(
        &self,
        id: u64,
        ended: impl Fn(&Job) -> Result<(), String> + Clone + Send + 'static,
    ) {
        loop {
            let (jobs, tell) = (self.clone(), ended.clone());
            let told = off_the_runtime(move || {
                let Ok(shown) = jobs.get(id) else { return Ok(()) };
                info!(job = id, left = shown.job.left(), "sending again has ended");
                tell(&shown.job)
            });
            match told.await {
                Some(Err(why)) => {
                    warn!(job = id, why, "the end of a job cannot be written down yet");
                    self.wait(id, why).await;
                }
                Some(Ok(())) | None => return,
            }
        }
    }
}

/// Whom the last messages of a job went to.
struct Last {
    /// The destination that the job names: whatever it does is for that one.
    named: Option<Arc<str>>,
    /// The site that they went through: another one may send to others.
    version: Option<Arc<str>>,
    messages: VecDeque<Vec<Arc<str>>>,
}

impl Last {
    fn of(job: &Job) -> Last {
        Last {
            named: job.way.destination().map(Arc::from),
            version: None,
            messages: VecDeque::new(),
        }
    }

    fn took(&mut self, destinations: impl Iterator<Item = Arc<str>>) {
        if self.messages.len() == LAST_MESSAGES {
            self.messages.pop_front();
        }
        self.messages.push_back(destinations.collect());
    }

    /// Those of them that are in the site of this version.
    fn destinations(&mut self, version: &Arc<str>, in_site: &BTreeSet<Arc<str>>) -> BTreeSet<Arc<str>> {
        if self.version.as_ref() != Some(version) {
            self.version = Some(Arc::clone(version));
            self.messages.clear();
        }
        let names = self.messages.iter().flatten().chain(&self.named);
        names.filter(|name| in_site.contains(*name)).cloned().collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_queues_that_the_last_messages_went_to_and_that_somebody_empties_are_waited_for() {
        let name = |name: &str| -> Arc<str> { name.into() };
        let in_site = BTreeSet::from([name("ehr"), name("lab")]);
        let mut last = Last {
            named: None,
            version: None,
            messages: VecDeque::new(),
        };
        let found = |last: &mut Last, version: &str| -> Vec<String> {
            let found = last.destinations(&name(version), &in_site);
            found.iter().map(ToString::to_string).collect()
        };
        assert!(found(&mut last, "1").is_empty());
        last.took([name("ehr"), name("gone")].into_iter());
        last.took([name("lab")].into_iter());
        assert_eq!(found(&mut last, "1"), ["ehr", "lab"]);
        for _ in 0..LAST_MESSAGES - 1 {
            last.took([name("lab")].into_iter());
        }
        assert_eq!(found(&mut last, "1"), ["lab"]);
        assert!(found(&mut last, "2").is_empty(), "another site");
        last.named = Some(name("ehr"));
        assert_eq!(found(&mut last, "2"), ["ehr"]);
    }
}
