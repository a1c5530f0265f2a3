//! The lanes of the site that runs: one for each destination, started, replaced and retired one by one.
//!
//! At no time do two lanes deliver to one destination: whatever comes after a lane waits until it has ended, which
//! is after the attempt under way. What is written in the outbox is touched only by the lanes themselves, and by the
//! purge that an operator has asked for.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::{error, warn};

use crate::audit::Aside;
use crate::config::{DestinationSettings, OnRemove};
use crate::outbox::{Outbox, OutboxError, Outcome, Sequence, Settlement, Telling};
use crate::units::duration_text;

use super::answers::{Answer, Answers};
use super::counts::{DestinationCounts, LaneState};
use super::deliverer::{self, Equipment};
use super::in_use::Released;
use super::pacer::Turns;
use super::status::Status;
use super::stored::Assumed;
use super::switches::Switches;

/// Deliveries read at once to be purged, and their bytes.
const PURGE_COUNT_MAX: usize = 256;
const PURGE_BYTES_MAX: usize = 1 << 20;
/// How many may be purged in memory and not yet on disk.
const PURGE_UNSETTLED_MAX: u32 = 1_024;

/// What a lane is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Duty {
    /// Deliver what comes.
    Deliver,
    /// Deliver what is there, then end.
    Drain,
    /// End after the attempt under way.
    Stop,
}

/// All lanes.
pub(super) struct Lanes {
    outbox: Outbox,
    status: Arc<Status>,
    switches: Arc<Switches>,
    answers: Arc<Answers>,
    refusals: Aside,
    /// The newest of each destination; it may have ended.
    newest: BTreeMap<Arc<str>, Lane>,
    tasks: JoinSet<Result<(), OutboxError>>,
}

struct Lane {
    told: watch::Sender<Duty>,
    /// Resolves when it has ended.
    ended: oneshot::Receiver<()>,
    /// When it made its attempts, and those before it.
    turns: Turns,
}

impl Lane {
    fn is_running(&mut self) -> bool {
        matches!(self.ended.try_recv(), Err(TryRecvError::Empty))
    }

    /// Tells it to stop; what comes after it waits for the end.
    fn stop(self) -> oneshot::Receiver<()> {
        self.told.send_replace(Duty::Stop);
        self.ended
    }
}

impl Lanes {
    pub(super) fn new(
        outbox: Outbox,
        status: Arc<Status>,
        switches: Arc<Switches>,
        answers: Arc<Answers>,
        refusals: Aside,
    ) -> Lanes {
        Lanes {
            outbox,
            status,
            switches,
            answers,
            refusals,
            newest: BTreeMap::new(),
            tasks: JoinSet::new(),
        }
    }

    /// Starts the lane of a destination. One that is there already, with other settings or on its way out, ends first.
    /// What its listeners assume is asked of the site that begins with it, which may not run yet.
    pub(super) fn start(&mut self, name: &Arc<str>, settings: &DestinationSettings, assumed: &Assumed) {
        let (before, turns) = self.succeed(name);
        let (told, duty) = watch::channel(Duty::Deliver);
        let (running, ended) = oneshot::channel();
        let counts = self.status.destination(name);
        let equipment = Equipment {
            outbox: self.outbox.clone(),
            counts: Arc::clone(&counts),
            switches: Arc::clone(&self.switches),
            answers: Arc::clone(&self.answers),
            refusals: self.refusals.clone(),
            turns: turns.clone(),
            assumed: assumed.clone(),
            duty: duty.clone(),
        };
        let lane = deliverer::run(Arc::clone(name), settings.clone(), equipment);
        counts.set_state(LaneState::Delivering);
        let (switches, name_of_it) = (Arc::clone(&self.switches), Arc::clone(name));
        self.tasks.spawn(async move {
            end_of(before).await;
            let ended = lane.await;
            if ended.is_ok() {
                forget(&switches, &name_of_it, Duty::Drain, &duty).await;
            }
            set_state(&counts, LaneState::Parked, Duty::Drain, &duty);
            drop(running);
            ended
        });
        self.newest.insert(Arc::clone(name), Lane { told, ended, turns });
    }

    /// Tells the newest lane of a destination to stop: what resolves when it has, and its attempts.
    fn succeed(&mut self, name: &Arc<str>) -> (Option<oneshot::Receiver<()>>, Turns) {
        let newest = self.newest.remove(name);
        let turns = newest.as_ref().map(|lane| lane.turns.clone());
        (newest.map(Lane::stop), turns.unwrap_or_default())
    }

    /// Does with a destination that is no longer in the site what its last settings say. `released` tells when no
    /// message can be accepted for it any more.
    pub(super) fn retire(&mut self, name: &Arc<str>, how: Option<OnRemove>, released: Released, asker: &str) {
        let Some(lane) = self.newest.get(name) else { return };
        let counts = self.status.destination(name);
        match how {
            // Without a word on what becomes of them nothing waited, and what comes in the last moment is delivered.
            Some(OnRemove::Drain) | None => {
                let told = lane.told.clone();
                counts.set_state(LaneState::Draining);
                self.tasks.spawn(async move {
                    released.wait().await;
                    told.send_if_modified(|duty| {
                        let goes_on = *duty == Duty::Deliver;
                        if goes_on {
                            *duty = Duty::Drain;
                        }
                        goes_on
                    });
                    Ok(())
                });
            }
            Some(OnRemove::Park) => {
                lane.told.send_replace(Duty::Stop);
                counts.set_state(LaneState::Parked);
            }
            Some(OnRemove::Purge) => {
                counts.set_state(LaneState::Purging);
                let (before, turns) = self.succeed(name);
                let (told, duty) = watch::channel(Duty::Deliver);
                let (running, ended) = oneshot::channel();
                let purge = Purge {
                    name: Arc::clone(name),
                    outbox: self.outbox.clone(),
                    switches: Arc::clone(&self.switches),
                    answers: Arc::clone(&self.answers),
                    counts,
                    duty,
                    unsettled: Arc::new(Semaphore::new(PURGE_UNSETTLED_MAX as usize)),
                    asker: asker.to_owned(),
                };
                self.tasks.spawn(async move {
                    end_of(before).await;
                    let ended = purge.run(released).await;
                    drop(running);
                    ended
                });
                self.newest.insert(Arc::clone(name), Lane { told, ended, turns });
            }
        }
    }

    /// Resolves when a lane has ended in a failure, and never otherwise.
    pub(super) async fn failure(&mut self) -> String {
        while let Some(ended) = self.tasks.join_next().await {
            match ended {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return error.to_string(),
                Err(_) => return "internal error: a lane has ended".to_owned(),
            }
        }
        std::future::pending().await
    }

    /// Tells every lane to stop and waits until each has; those that take longer than the grace are dropped, and named.
    pub(super) async fn stop(mut self, grace: Duration) {
        for lane in self.newest.values() {
            lane.told.send_replace(Duty::Stop);
        }
        let all_ended = async {
            while let Some(ended) = self.tasks.join_next().await {
                if ended.is_err() {
                    error!("a lane ended in an internal error");
                }
            }
        };
        if timeout(grace, all_ended).await.is_err() {
            let lanes = self.newest.iter_mut();
            let cut_off: Vec<&str> = lanes
                .filter_map(|(name, lane)| lane.is_running().then_some(&**name))
                .collect();
            warn!(
                destinations = cut_off.join(", "),
                grace = duration_text(grace),
                "no end of the attempts under way: cut off, and made again after the next start"
            );
            self.tasks.shutdown().await;
        }
    }
}

/// Waits for the end of the lane before this one, if there is any.
async fn end_of(before: Option<oneshot::Receiver<()>>) {
    if let Some(before) = before {
        // Its sender is dropped, never used.
        drop(before.await);
    }
}

/// Writes the state if the duty is still this one. Whoever gives another has to wait meanwhile, so that its own state
/// is written after this one.
fn set_state(counts: &DestinationCounts, state: LaneState, under: Duty, duty: &watch::Receiver<Duty>) {
    let duty = duty.borrow();
    if *duty == under {
        counts.set_state(state);
    }
}

/// Forgets what a destination was told that has nothing left, if the duty is still this one: a pause, a hold or a skip
/// would stay for ever, and nobody could end it. Whoever gives another duty waits meanwhile, so that nothing is
/// forgotten that is told to the destination when it is in the site again. Off the runtime's threads, because that
/// writes a file.
async fn forget(switches: &Arc<Switches>, name: &Arc<str>, under: Duty, duty: &watch::Receiver<Duty>) {
    let (switches, destination, duty) = (Arc::clone(switches), Arc::clone(name), duty.clone());
    let forgotten = tokio::task::spawn_blocking(move || {
        let duty = duty.borrow();
        if *duty == under {
            switches.forget(&destination)
        } else {
            Ok(())
        }
    });
    if let Ok(Err(error)) = forgotten.await {
        error!(destination = %name, %error, "the switch of the destination could not be written down");
    }
}

/// Throws away what a destination is owed.
struct Purge {
    name: Arc<str>,
    outbox: Outbox,
    switches: Arc<Switches>,
    answers: Arc<Answers>,
    counts: Arc<DestinationCounts>,
    duty: watch::Receiver<Duty>,
    unsettled: Arc<Semaphore>,
    asker: String,
}

impl Purge {
    /// Until nothing is left and nothing more can come, or the destination is in the site again: what is left then is
    /// delivered. What is there goes at once: senders that wait for an answer to it keep the site before in use, and are
    /// told that there will be none.
    async fn run(mut self, released: Released) -> Result<(), OutboxError> {
        let mut purged: u64 = 0;
        let mut after = None;
        let mut arrivals = self.outbox.arrivals(&self.name);
        let mut released = pin!(released.wait());
        let mut is_released = false;
        while *self.duty.borrow() == Duty::Deliver {
            arrivals.mark_unchanged();
            let sequences = self.next(after).await?;
            if let Some(last) = sequences.last() {
                after = Some(*last);
                purged += sequences.len() as u64;
                self.purge(sequences).await?;
            } else if is_released {
                break;
            } else {
                tokio::select! {
                    () = &mut released => is_released = true,
                    changed = arrivals.changed() => changed.map_err(|_| OutboxError::Closed)?,
                    _ = self.duty.wait_for(|duty| *duty != Duty::Deliver) => {}
                }
            }
        }
        // All of it is on disk then.
        drop(self.holds(PURGE_UNSETTLED_MAX).await?);
        warn!(destination = %self.name, purged, asker = self.asker, "taken out of the site: what it was owed is purged");
        forget(&self.switches, &self.name, Duty::Deliver, &self.duty).await;
        set_state(&self.counts, LaneState::Parked, Duty::Deliver, &self.duty);
        Ok(())
    }

    /// Ends these deliveries, and tells whoever waits for an answer to one.
    async fn purge(&self, sequences: Vec<Sequence>) -> Result<(), OutboxError> {
        for sequence in sequences {
            let settlement = Settlement {
                destination: Arc::clone(&self.name),
                sequence,
                outcome: Outcome::Purged,
            };
            let hold = self.holds(1).await?;
            let telling = Telling {
                attempt: None,
                by: Some(self.asker.clone()),
            };
            self.outbox
                .settle_telling(settlement, telling, Some(hold))
                .await?;
            self.counts.purged.one();
            self.answers.tell(&self.name, sequence, Answer::Purged);
        }
        Ok(())
    }

    async fn holds(&self, count: u32) -> Result<OwnedSemaphorePermit, OutboxError> {
        tokio::select! {
            holds = Arc::clone(&self.unsettled).acquire_many_owned(count) => holds.map_err(|_| OutboxError::Closed),
            failure = self.outbox.failure() => Err(OutboxError::Failed(failure)),
        }
    }

    /// Off the runtime's threads, because the store may have to go to disk.
    async fn next(&self, after: Option<Sequence>) -> Result<Vec<Sequence>, OutboxError> {
        let (outbox, name) = (self.outbox.clone(), Arc::clone(&self.name));
        let read =
            tokio::task::spawn_blocking(move || outbox.next(&name, after, PURGE_COUNT_MAX, PURGE_BYTES_MAX));
        let deliveries = read.await.unwrap_or(Err(OutboxError::Closed))?;
        Ok(deliveries.into_iter().map(|delivery| delivery.sequence).collect())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use tokio::time::Instant;

    use super::super::answers::Awaited;
    use super::super::in_use;
    use super::super::pacer::Pacer;
    use super::super::status::Running;
    use super::super::switches::Switch;
    use super::*;
    use crate::calendar::Calendar;
    use crate::config;
    use crate::outbox::{Acceptance, BodyRef, Charsets, Entry};

    /// Lanes over an outbox in a folder, and the settings of the file destination `copies`.
    fn lanes(folder: &std::path::Path) -> (Lanes, Arc<Status>, Outbox, DestinationSettings) {
        let yaml = "engine: { data: ../data }\n\
                    listeners: { in: { mllp: { bind: 127.0.0.1:0 } } }\n\
                    destinations: { copies: { file: { folder: ., name: \"{MSH-10}.hl7\" } } }\n\
                    routes: { all: { from: in, to: copies } }\n";
        std::fs::create_dir(folder.join("site")).unwrap();
        std::fs::write(folder.join("site/site.yaml"), yaml).unwrap();
        let (site, problems) = config::load(&folder.join("site"));
        let site = site.unwrap_or_else(|| panic!("{problems}"));
        let outbox = Outbox::open(&folder.join("outbox"), &site.outbox).unwrap();
        let switches = Arc::new(Switches::open(folder, outbox.store_id()).unwrap());
        let running = Running::of(&site, BTreeMap::new(), in_use::begin().0);
        let calendar = Calendar::open(folder);
        let status = Arc::new(Status::new(
            running,
            outbox.clone(),
            Arc::clone(&switches),
            calendar,
        ));
        let lanes = Lanes::new(
            outbox.clone(),
            Arc::clone(&status),
            switches,
            Answers::new(),
            Aside::new(crate::audit::Log::new(folder)),
        );
        (lanes, status, outbox, site.destinations["copies"].clone())
    }

    async fn accept(outbox: &Outbox, id: &str) {
        outbox.offer(acceptance(id)).await.unwrap().await.unwrap();
    }

    fn acceptance(id: &str) -> Acceptance {
        let raw = format!("MSH|^~\\&|A|B|C|D|20260301||ADT^A01|{id}|P|2.5.1\r");
        Acceptance {
            received_at: jiff::Timestamp::UNIX_EPOCH,
            listener: "in".into(),
            control_id: Bytes::new(),
            site_version: "".into(),
            charsets: Charsets::default(),
            raw: raw.into(),
            results: Vec::new(),
            deliveries: vec![Entry {
                destination: "copies".into(),
                body: BodyRef::Raw,
            }],
            dead: Vec::new(),
            window: None,
            instead_of: None,
            told: None,
            link: None,
        }
    }

    #[tokio::test]
    async fn what_is_accepted_last_under_the_old_site_is_drained_and_purged_too() {
        for (how, delivered, purged) in [
            (None, 1, 0),
            (Some(OnRemove::Drain), 1, 0),
            (Some(OnRemove::Purge), 0, 1),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let (mut lanes, status, outbox, settings) = lanes(folder.path());
            let name: Arc<str> = "copies".into();
            lanes.start(&name, &settings, &Assumed::new());
            let (in_use, released) = in_use::begin();
            lanes.retire(&name, how, released, "a test");
            // A frame that was read before is accepted only now.
            accept(&outbox, "LATE").await;
            drop(in_use);
            while let Some(ended) = lanes.tasks.join_next().await {
                ended.unwrap().unwrap();
            }
            let counts = status.destination(&name);
            assert_eq!(
                (counts.delivered.get(), counts.purged.get(), counts.state()),
                (delivered, purged, LaneState::Parked),
                "{how:?}"
            );
            assert_eq!(folder.path().join("site/LATE.hl7").exists(), delivered == 1);
            assert_eq!(status.depth(&name).queued, 0);
            outbox.close().await;
        }
    }

    #[tokio::test]
    async fn who_waits_for_the_answer_to_what_is_purged_is_told_and_does_not_hold_up_the_purge() {
        let folder = tempfile::tempdir().unwrap();
        let (mut lanes, status, outbox, settings) = lanes(folder.path());
        let name: Arc<str> = "copies".into();
        let answers = Arc::clone(&lanes.answers);
        lanes.switches.pause_after(&name, 0).unwrap();
        lanes.start(&name, &settings, &Assumed::new());
        let wait = |in_use: in_use::InUse| {
            let reply = crate::route::Reply {
                from: Arc::clone(&name),
                timeout: Duration::from_secs(60),
            };
            let waiter = answers.wait(Awaited {
                reply,
                delivery: Some(0),
            });
            let (waiter, outbox) = (waiter.unwrap(), outbox.clone());
            async move {
                let offered = outbox.offer_numbered(acceptance("ASKED"), waiter.numbered());
                let accepted = offered.await.unwrap().await.unwrap();
                let answer = waiter.answer(accepted.first, Instant::now()).await;
                // As the intake does that took the frame.
                drop(in_use);
                assert!(matches!(answer, Some(Answer::Purged)));
            }
        };
        let (in_use, released) = in_use::begin();
        let before = tokio::spawn(wait(in_use.clone()));
        while status.depth(&name).queued == 0 {
            tokio::task::yield_now().await;
        }
        lanes.retire(&name, Some(OnRemove::Purge), released, "a test");
        before.await.unwrap();
        // A frame that was read before is accepted only now.
        wait(in_use).await;
        while let Some(ended) = lanes.tasks.join_next().await {
            ended.unwrap().unwrap();
        }
        assert_eq!(status.destination(&name).purged.get(), 2);
        outbox.close().await;
    }

    #[tokio::test]
    async fn what_a_destination_was_told_is_forgotten_with_the_last_it_is_owed() {
        let folder = tempfile::tempdir().unwrap();
        let (mut lanes, status, outbox, settings) = lanes(folder.path());
        let name: Arc<str> = "copies".into();
        let switches = Arc::clone(&lanes.switches);
        switches.pause_after(&name, 0).unwrap();
        lanes.start(&name, &settings, &Assumed::new());
        for id in ["ONE", "TWO"] {
            accept(&outbox, id).await;
        }
        let numbers: Vec<u64> = outbox
            .next(&name, None, 2, 1 << 20)
            .unwrap()
            .iter()
            .map(|one| one.sequence.0)
            .collect();
        switches
            .hold(&name, numbers[0], "refused with AE".to_owned())
            .unwrap();
        switches.skip(&name, numbers[1]).unwrap();
        let (_, released) = in_use::begin();
        lanes.retire(&name, Some(OnRemove::Purge), released, "a test");
        while let Some(ended) = lanes.tasks.join_next().await {
            ended.unwrap().unwrap();
        }
        assert_eq!(status.destination(&name).purged.get(), 2);
        assert_eq!(switches.get(&name), Switch::default());

        // The same where nothing is left to be drained; what is only parked keeps its pause.
        for (how, expected) in [(Some(OnRemove::Drain), None), (Some(OnRemove::Park), Some(0))] {
            lanes.start(&name, &settings, &Assumed::new());
            switches.pause_after(&name, 0).unwrap();
            let (_, released) = in_use::begin();
            lanes.retire(&name, how, released, "a test");
            while let Some(ended) = lanes.tasks.join_next().await {
                ended.unwrap().unwrap();
            }
            assert_eq!(switches.get(&name).paused_after, expected, "{how:?}");
        }
        outbox.close().await;
    }

    #[tokio::test]
    async fn a_lane_that_follows_keeps_the_pace_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let (mut lanes, status, outbox, mut settings) = lanes(folder.path());
        let name: Arc<str> = "copies".into();
        let per = Duration::from_secs(60 * 60);
        settings.pace.rate = Some(config::Rate { count: 2, per });
        accept(&outbox, "ONE").await;
        lanes.start(&name, &settings, &Assumed::new());
        while status.destination(&name).delivered.get() == 0 {
            tokio::task::yield_now().await;
        }
        lanes.start(&name, &settings, &Assumed::new());
        let pacer = Pacer::new(settings.pace, lanes.newest[&name].turns.clone());
        assert_eq!(pacer.take_turn(Instant::now()), Ok(()));
        assert!(pacer.take_turn(Instant::now()).is_err(), "one was taken before");
        lanes.stop(Duration::from_secs(60)).await;
        outbox.close().await;
    }

    #[tokio::test]
    async fn a_lane_that_follows_waits_for_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let (mut lanes, status, outbox, settings) = lanes(folder.path());
        let name: Arc<str> = "copies".into();
        for id in ["ONE", "TWO", "THREE"] {
            lanes.start(&name, &settings, &Assumed::new());
            accept(&outbox, id).await;
        }
        let (_, released) = in_use::begin();
        lanes.retire(&name, Some(OnRemove::Drain), released, "a test");
        while let Some(ended) = lanes.tasks.join_next().await {
            ended.unwrap().unwrap();
        }
        let counts = status.destination(&name);
        assert_eq!((counts.delivered.get(), counts.state()), (3, LaneState::Parked));
        assert_eq!(status.depth(&name).queued, 0);
        outbox.close().await;
    }
}
