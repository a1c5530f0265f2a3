//! One lane per destination: takes its deliveries from the outbox in order, attempts each until it is
//! settled, and alone decides on retry, back-off, hold and dead letters.
//!
//! A delivery leaves the outbox only by a receipt or as a dead letter. Whatever else happens here (a
//! time-out, a panic, a stop), it is still there, and is attempted again.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::try_join_all;
use metrics::counter;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tracing::{error, info, warn};

use crate::audit::{self, Aside, Entry};
use crate::config::{NakAction, NakEnd, NakPolicy};
use crate::destination::{DeliveryError, Destination, Outgoing, Receipt};
use crate::outbox::{Attempt, Delivery, Outbox, OutboxError, Outcome, Sequence, Settlement, Telling};
use crate::{clock, config, metrics as names};

use super::answers::{Answer, Answers};
use super::counts::DestinationCounts;
use super::lanes::Duty;
use super::pacer::{Pacer, Turns};
use super::share::Share;
use super::stored::{self, Assumed};
use super::switches::{Permission, Switch, Switches};
use super::telling;

/// Deliveries read from the outbox at once, for each connection of the lane.
const READ_COUNT_MAX: usize = 64;
/// Their bytes at once; one delivery is always read, however large.
const READ_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The longest pause that a receiver is granted which asks for one.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60 * 60);

/// An attempt that fails stands in the log at least this often.
const TOLD_EVERY: Duration = Duration::from_secs(60 * 60);

/// What all connections of a lane have in common.
struct Lane {
    name: Arc<str>,
    retry: config::Retry,
    on_nak: NakPolicy,
    pacer: Pacer,
    outbox: Outbox,
    counts: Arc<DestinationCounts>,
    switches: Arc<Switches>,
    answers: Arc<Answers>,
    refusals: Aside,
    assumed: Assumed,
    /// A permit for each delivery that is under way or whose settlement is not yet on disk: the most that a crash
    /// can repeat.
    unsettled: Arc<Semaphore>,
    unsettled_max: usize,
}

/// What a lane works with.
pub(super) struct Equipment {
    pub(super) outbox: Outbox,
    pub(super) counts: Arc<DestinationCounts>,
    pub(super) switches: Arc<Switches>,
    pub(super) answers: Arc<Answers>,
    pub(super) refusals: Aside,
    /// The attempts of the lanes before this one, which count for its pace.
    pub(super) turns: Turns,
    /// What listeners assume when the lane begins.
    pub(super) assumed: Assumed,
    pub(super) duty: watch::Receiver<Duty>,
}

/// Delivers all that one destination is owed, until told to end. What it has delivered is then recorded: a lane that
/// follows may have as many deliveries unsettled as its own settings say, and no more.
///
/// # Errors
/// When the outbox has failed; the engine then stops as a whole.
pub(super) async fn run(
    name: Arc<str>,
    settings: config::DestinationSettings,
    equipment: Equipment,
) -> Result<(), OutboxError> {
    let unsettled_max = u32::try_from(settings.unsettled_max).unwrap_or(u32::MAX);
    let lane = Arc::new(Lane {
        name: Arc::clone(&name),
        retry: settings.retry,
        on_nak: settings.on_nak,
        pacer: Pacer::new(settings.pace, equipment.turns),
        outbox: equipment.outbox,
        assumed: equipment.assumed,
        counts: equipment.counts,
        switches: equipment.switches,
        answers: equipment.answers,
        refusals: equipment.refusals,
        unsettled: Arc::new(Semaphore::new(settings.unsettled_max)),
        unsettled_max: settings.unsettled_max,
    });
    let connections = Share::all(settings.order, settings.connections_max).map(|share| {
        let deliverer = Deliverer {
            destination: Destination::new(Arc::clone(&name), settings.kind.clone()),
            share,
            switch: lane.switches.watch(&name),
            lane: Arc::clone(&lane),
            duty: equipment.duty.clone(),
        };
        deliverer.run()
    });
    try_join_all(connections).await?;
    tokio::select! {
        _settled = lane.unsettled.acquire_many(unsettled_max) => Ok(()),
        failure = lane.outbox.failure() => Err(OutboxError::Failed(failure)),
    }
}

/// One connection of a lane, which delivers its share in order.
struct Deliverer {
    lane: Arc<Lane>,
    destination: Destination,
    share: Share,
    switch: watch::Receiver<Switch>,
    duty: watch::Receiver<Duty>,
}

/// What becomes of a delivery after an attempt.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Delivered,
    Retry,
    Hold(String),
    DeadLetter(String),
}

/// The attempts at one delivery so far.
#[derive(Default)]
struct Attempts {
    made: u32,
    /// When the log was last told of one that failed.
    told_at: Option<Instant>,
    /// Those the receiver answered with a refusal that is not retried without limit.
    refused: u32,
    /// What it said last.
    answer: Option<bytes::Bytes>,
    /// Why the receiver may have had it before the next attempt.
    doubt: Option<&'static str>,
    /// Whether it was written down that one side does not take the certificate of the other.
    is_distrust_noted: bool,
}

impl Deliverer {
    async fn run(mut self) -> Result<(), OutboxError> {
        let mut arrivals = self.lane.outbox.arrivals(&self.lane.name);
        let mut after = None;
        while !self.is_stopped() {
            let duty = *self.duty.borrow();
            arrivals.mark_unchanged();
            let deliveries = self.read(after).await?;
            if deliveries.is_empty() {
                if duty == Duty::Drain {
                    return Ok(());
                }
                tokio::select! {
                    changed = arrivals.changed() => changed.map_err(|_| OutboxError::Closed)?,
                    _ = self.duty.wait_for(|duty| *duty != Duty::Deliver) => {}
                }
            }
            for delivery in deliveries {
                let sequence = delivery.sequence;
                if self
                    .share
                    .has(&delivery, stored::charset_of(&delivery, &self.lane.assumed))
                    && !self.finish(delivery).await?
                {
                    return Ok(());
                }
                after = Some(sequence);
            }
        }
        Ok(())
    }

    fn is_stopped(&self) -> bool {
        *self.duty.borrow() == Duty::Stop
    }

    /// Reads the next deliveries, off the runtime's threads because the store may have to go to disk.
    async fn read(&self, after: Option<Sequence>) -> Result<Vec<Delivery>, OutboxError> {
        let (outbox, name) = (self.lane.outbox.clone(), Arc::clone(&self.lane.name));
        let count_max = READ_COUNT_MAX.saturating_mul(self.share.of());
        tokio::task::spawn_blocking(move || outbox.next(&name, after, count_max, READ_BYTES_MAX))
            .await
            .unwrap_or(Err(OutboxError::Closed))
    }

    /// Attempts one delivery until it is settled; false when stopped before that.
    async fn finish(&mut self, delivery: Delivery) -> Result<bool, OutboxError> {
        let Some(permit) = self.permit().await? else {
            return Ok(false);
        };
        let outgoing = Outgoing {
            sequence: delivery.sequence.0,
            bytes: delivery.bytes.clone(),
            charset: stored::charset_of(&delivery, &self.lane.assumed),
        };
        let mut attempts = Attempts {
            doubt: self.is_in_doubt(delivery.sequence).then_some("restart"),
            ..Attempts::default()
        };
        // A stop waits for the attempt under way and starts no other.
        loop {
            match self.permission(outgoing.sequence).await {
                None | Some(Permission::Wait) => return Ok(false),
                Some(Permission::Send) => {}
                Some(Permission::Skip) => {
                    self.skip(&delivery, attempts, permit).await?;
                    return Ok(true);
                }
            }
            let (began, started) = (clock::now(), clock::monotonic());
            let result = self.attempt(&outgoing, &mut attempts).await;
            let attempt = self.lane.outbox.keeps_journal();
            let attempt = attempt.then(|| telling::attempt(began, started.elapsed(), &result));
            match decide(&result, &self.lane.on_nak, attempts.refused) {
                Decision::Delivered => {
                    let answer = result.ok().and_then(|receipt| receipt.answer).or(attempts.answer);
                    let answer = Answer::at_the_end(answer);
                    self.lane.answers.tell(&self.lane.name, delivery.sequence, answer);
                    self.delivered(&delivery, attempt, permit).await?;
                    return Ok(true);
                }
                Decision::DeadLetter(reason) => {
                    let telling = Telling { attempt, by: None };
                    self.give_up(&delivery, reason, (attempts, telling), permit)
                        .await?;
                    return Ok(true);
                }
                Decision::Hold(reason) => {
                    self.tell(delivery.sequence, attempt).await?;
                    attempts.refused = 0;
                    // Without the switch nothing would stop it from knocking again at once.
                    if !self.hold(outgoing.sequence, reason).await {
                        self.pause(outgoing.sequence, &mut attempts, result).await;
                    }
                }
                Decision::Retry => {
                    self.tell(delivery.sequence, attempt).await?;
                    self.pause(outgoing.sequence, &mut attempts, result).await;
                }
            }
        }
    }

    /// Waits until the delivery may be sent or is to be skipped; `None` when told to stop first.
    async fn permission(&mut self, sequence: u64) -> Option<Permission> {
        loop {
            if self.is_stopped() {
                return None;
            }
            let permission = self.switch.borrow_and_update().permission(sequence);
            match permission {
                Permission::Skip => return Some(permission),
                Permission::Wait => tokio::select! {
                    _ = self.switch.changed() => {}
                    _ = self.duty.wait_for(|duty| *duty == Duty::Stop) => return None,
                },
                // Told to pause while it waits for its turn, it looks again.
                Permission::Send => tokio::select! {
                    () = self.lane.pacer.wait() => return Some(permission),
                    _ = self.switch.changed() => {}
                    _ = self.duty.wait_for(|duty| *duty == Duty::Stop) => return None,
                },
            }
        }
    }

    async fn attempt(
        &mut self,
        outgoing: &Outgoing,
        attempts: &mut Attempts,
    ) -> Result<Receipt, DeliveryError> {
        let attempt = AssertUnwindSafe(self.destination.deliver(outgoing))
            .catch_unwind()
            .await;
        let result = attempt.unwrap_or_else(|_| {
            Err(DeliveryError::Impossible {
                reason: "internal error".to_owned(),
            })
        });
        attempts.made = attempts.made.saturating_add(1);
        if let Err(DeliveryError::Refused(acknowledgment)) = &result {
            let action = self
                .lane
                .on_nak
                .action(acknowledgment.code, acknowledgment.error_code);
            attempts.refused += u32::from(action != NakAction::Retry);
            attempts.answer = Some(acknowledgment.raw.clone());
        }
        if let Err(DeliveryError::Untrusted { reason }) = &result
            && !attempts.is_distrust_noted
        {
            attempts.is_distrust_noted = self.note_distrust(reason);
        }
        self.count_attempt(&result);
        self.count_repeat(&result, attempts);
        result
    }

    /// Has it written into the audit log that there is no connection for want of trust: whether it will be.
    fn note_distrust(&self, why: &str) -> bool {
        let entry = Entry {
            outcome: audit::Outcome::Refused,
            detail: Some(why.to_owned()),
            ..Entry::by_weir("", format!("destinations/{}", self.lane.name))
        };
        self.lane.refusals.note("node.refused", entry)
    }

    /// Whether the run before may have sent it: of what it left, that is the first so many.
    fn is_in_doubt(&self, sequence: Sequence) -> bool {
        self.lane.outbox.was_left(sequence) && self.lane.counts.take_up() < self.lane.unsettled_max
    }

    /// Tells the journal of an attempt after which the delivery is still owed.
    async fn tell(&self, sequence: Sequence, attempt: Option<Attempt>) -> Result<(), OutboxError> {
        match attempt {
            Some(attempt) => {
                self.lane
                    .outbox
                    .note_attempt(&self.lane.name, sequence, attempt)
                    .await
            }
            None => Ok(()),
        }
    }

    async fn delivered(
        &self,
        delivery: &Delivery,
        attempt: Option<Attempt>,
        permit: OwnedSemaphorePermit,
    ) -> Result<(), OutboxError> {
        self.lane.counts.delivered.one();
        self.lane.counts.got_through();
        let took = clock::now().duration_since(delivery.received_at);
        self.lane
            .counts
            .delivery_seconds
            .record(took.as_secs_f64().max(0.0));
        let telling = Telling { attempt, by: None };
        self.settle(delivery.sequence, Outcome::Delivered, telling, permit)
            .await?;
        self.forget_skip(delivery).await;
        Ok(())
    }

    /// What has ended is not to be skipped any more.
    async fn forget_skip(&self, delivery: &Delivery) {
        let sequence = delivery.sequence.0;
        if self.switch.borrow().skips.contains(&sequence) {
            self.turn(move |switches, name| switches.skipped(name, sequence))
                .await;
        }
    }

    async fn give_up(
        &self,
        delivery: &Delivery,
        reason: String,
        (attempts, telling): (Attempts, Telling),
        permit: OwnedSemaphorePermit,
    ) -> Result<(), OutboxError> {
        let (destination, sequence) = (&self.lane.name, delivery.sequence.0);
        warn!(%destination, sequence, attempts = attempts.made, reason, "dead letter");
        self.lane.counts.dead_lettered.one();
        self.lane.counts.got_through();
        let answer = Answer::at_the_end(attempts.answer.clone());
        self.lane.answers.tell(destination, delivery.sequence, answer);
        let outcome = Outcome::DeadLetter {
            reason,
            attempts: attempts.made,
            answer: attempts.answer,
        };
        self.settle(delivery.sequence, outcome, telling, permit).await?;
        self.forget_skip(delivery).await;
        Ok(())
    }

    async fn skip(
        &self,
        delivery: &Delivery,
        attempts: Attempts,
        permit: OwnedSemaphorePermit,
    ) -> Result<(), OutboxError> {
        let reason = "skipped by an operator".to_owned();
        let telling = Telling {
            attempt: None,
            by: Some("an operator".to_owned()),
        };
        self.give_up(delivery, reason, (attempts, telling), permit).await
    }

    /// Whether it is held now.
    async fn hold(&self, sequence: u64, reason: String) -> bool {
        warn!(destination = %self.lane.name, sequence, reason, "held: nothing more is sent until somebody lets it go on");
        self.turn(move |switches, name| switches.hold(name, sequence, reason))
            .await
    }

    /// Turns the lane's own switch, off the runtime's threads because that writes a file; whether it has turned.
    async fn turn<T>(&self, turn: T) -> bool
    where
        T: FnOnce(&Switches, &str) -> Result<(), super::switches::SwitchError> + Send + 'static,
    {
        let (switches, name) = (Arc::clone(&self.lane.switches), Arc::clone(&self.lane.name));
        let turned = tokio::task::spawn_blocking(move || turn(&switches, &name)).await;
        if let Ok(Err(error)) = &turned {
            error!(destination = %self.lane.name, %error, "the switch of the destination could not be written down");
        }
        matches!(turned, Ok(Ok(())))
    }

    /// Waits until few enough deliveries are settled only in memory; `None` when told to stop first.
    async fn permit(&mut self) -> Result<Option<OwnedSemaphorePermit>, OutboxError> {
        if let Ok(permit) = Arc::clone(&self.lane.unsettled).try_acquire_owned() {
            return Ok(Some(permit));
        }
        tokio::select! {
            permit = Arc::clone(&self.lane.unsettled).acquire_owned() => Ok(permit.ok()),
            failure = self.lane.outbox.failure() => Err(OutboxError::Failed(failure)),
            _ = self.duty.wait_for(|duty| *duty == Duty::Stop) => Ok(None),
        }
    }

    /// Hands the outcome to the outbox, which may make it durable together with what comes next.
    async fn settle(
        &self,
        sequence: Sequence,
        outcome: Outcome,
        telling: Telling,
        permit: OwnedSemaphorePermit,
    ) -> Result<(), OutboxError> {
        let settlement = Settlement {
            destination: Arc::clone(&self.lane.name),
            sequence,
            outcome,
        };
        self.lane
            .outbox
            .settle_telling(settlement, telling, Some(permit))
            .await
    }

    /// Waits before the next attempt, or until somebody turns the switch or all is to stop.
    async fn pause(
        &mut self,
        sequence: u64,
        attempts: &mut Attempts,
        result: Result<Receipt, DeliveryError>,
    ) {
        let mut wait = backoff(&self.lane.retry, attempts.made, fastrand::f64());
        if let Err(DeliveryError::Busy {
            retry_after: Some(asked),
            ..
        }) = result
        {
            wait = wait.max(asked.min(RETRY_AFTER_MAX));
        }
        if let Err(reason) = result
            && !self.is_stopped()
        {
            if is_told(attempts.made, attempts.told_at.map(|told_at| told_at.elapsed())) {
                attempts.told_at = Some(clock::monotonic());
                warn!(destination = %self.lane.name, sequence, attempts = attempts.made, wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX), %reason, "not delivered, will try again");
            }
            self.lane.counts.failed(reason.to_string(), wait);
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = self.switch.changed() => info!(destination = %self.lane.name, sequence, "told to look again"),
            _ = self.duty.wait_for(|duty| *duty == Duty::Stop) => {}
        }
    }

    fn count_repeat(&self, result: &Result<Receipt, DeliveryError>, attempts: &mut Attempts) {
        let was_sent = !matches!(
            result,
            Err(DeliveryError::Unreachable { .. }
                | DeliveryError::Untrusted { .. }
                | DeliveryError::Impossible { .. })
        );
        if let Some(why) = attempts.doubt.filter(|_| was_sent) {
            counter!(names::REPEATED_DELIVERIES, "destination" => self.lane.name.to_string(), "why" => why)
                .increment(1);
        }
        if matches!(result, Err(DeliveryError::NoAcknowledgment { .. })) {
            attempts.doubt = attempts.doubt.or(Some("no_answer"));
        }
    }

    fn count_attempt(&self, result: &Result<Receipt, DeliveryError>) {
        let outcome = match result {
            Ok(_) => "delivered",
            Err(DeliveryError::Unreachable { .. } | DeliveryError::Untrusted { .. }) => "unreachable",
            Err(DeliveryError::Busy { .. }) => "busy",
            Err(DeliveryError::NoAcknowledgment { .. }) => {
                self.lane.counts.ambiguous.one();
                "no_acknowledgment"
            }
            Err(DeliveryError::Refused(acknowledgment)) => {
                let code = acknowledgment.code.as_str();
                counter!(names::NEGATIVE_ACKNOWLEDGMENTS, "destination" => self.lane.name.to_string(), "code" => code)
                    .increment(1);
                "refused"
            }
            Err(DeliveryError::Impossible { .. }) => "impossible",
        };
        counter!(names::ATTEMPTS, "destination" => self.lane.name.to_string(), "outcome" => outcome)
            .increment(1);
    }
}

/// What an attempt's result means for the delivery: no answer is no outcome, so retry without limit; what a
/// refusal means is the destination's policy (`refused` counts this one).
fn decide(result: &Result<Receipt, DeliveryError>, on_nak: &NakPolicy, refused: u32) -> Decision {
    let acknowledgment = match result {
        Ok(_) => return Decision::Delivered,
        Err(
            DeliveryError::Unreachable { .. }
            | DeliveryError::Untrusted { .. }
            | DeliveryError::Busy { .. }
            | DeliveryError::NoAcknowledgment { .. },
        ) => return Decision::Retry,
        Err(DeliveryError::Impossible { reason }) => return Decision::DeadLetter(reason.clone()),
        Err(DeliveryError::Refused(acknowledgment)) => acknowledgment,
    };
    let (code, error) = (acknowledgment.code, acknowledgment.error_code);
    match on_nak.action(code, error) {
        NakAction::Retry => Decision::Retry,
        NakAction::Then { retries, .. } if refused <= retries => Decision::Retry,
        NakAction::Then { end, .. } => {
            let because = match error {
                Some(error) => format!("refused with {} and error {error}", code.as_str()),
                None => format!("refused with {}", code.as_str()),
            };
            match end {
                NakEnd::DeadLetter => Decision::DeadLetter(because),
                NakEnd::Hold => Decision::Hold(because),
                NakEnd::Ignore => Decision::Delivered,
            }
        }
    }
}

/// Whether the log is told of a failure, the last of so many attempts, so long after it was told of one before: of the
/// first and then of ever fewer, so that a receiver that is down for days fills no log, but never of none in an hour.
fn is_told(attempts: u32, since_told: Option<Duration>) -> bool {
    attempts.is_power_of_two() || since_told.is_none_or(|since| since >= TOLD_EVERY)
}

/// The wait before attempt `attempts + 1`: doubling from `first` to `longest`, of which between half and all
/// is taken (`chance` in 0..1), so that many lanes do not knock at the same moment.
fn backoff(retry: &config::Retry, attempts: u32, chance: f64) -> Duration {
    let doubled = retry
        .first
        .saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1).min(20)));
    doubled
        .min(retry.longest)
        .mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::hl7::Acknowledgment;

    fn refused(code: &str, error: Option<u16>) -> Result<Receipt, DeliveryError> {
        let error = error.map(|error| format!("ERR|||{error}\r")).unwrap_or_default();
        let answer = format!("MSH|^~\\&|R|R|||2026||ACK|1|P|2.5.1\rMSA|{code}|1\r{error}");
        Err(DeliveryError::Refused(
            Acknowledgment::parse(Bytes::from(answer)).unwrap(),
        ))
    }

    #[test]
    fn what_a_refusal_means() {
        let dead = |reason: &str| Decision::DeadLetter(reason.to_owned());
        #[rustfmt::skip]
        let rows = [
            // MSA-1, table 0357, errors with this one, decision
            ("AR", None,      1_000, Decision::Retry),
            ("CR", None,      1_000, Decision::Retry),
            ("AR", Some(206), 1_000, Decision::Retry),
            ("AR", Some(207), 1_000, Decision::Retry),
            ("AR", Some(100), 1,     dead("refused with AR and error 100")),
            ("AR", Some(200), 1,     dead("refused with AR and error 200")),
            ("CR", Some(203), 1,     dead("refused with CR and error 203")),
            ("AR", Some(205), 1,     dead("refused with AR and error 205")),
            ("AE", None,      3,     Decision::Retry),
            ("AE", None,      4,     dead("refused with AE")),
            ("AE", Some(101), 4,     dead("refused with AE and error 101")),
            ("CE", Some(207), 4,     dead("refused with CE and error 207")),
        ];
        for (code, error, errors, expected) in rows {
            assert_eq!(
                decide(&refused(code, error), &NakPolicy::default(), errors),
                expected,
                "{code} {error:?}, {errors} errors"
            );
        }
    }

    #[test]
    fn no_answer_is_tried_for_ever_and_the_impossible_once() {
        let reason = || "why".to_owned();
        assert_eq!(
            decide(
                &Err(DeliveryError::Unreachable { reason: reason() }),
                &NakPolicy::default(),
                u32::MAX
            ),
            Decision::Retry
        );
        assert_eq!(
            decide(
                &Err(DeliveryError::NoAcknowledgment { reason: reason() }),
                &NakPolicy::default(),
                u32::MAX
            ),
            Decision::Retry
        );
        let impossible = decide(
            &Err(DeliveryError::Impossible { reason: reason() }),
            &NakPolicy::default(),
            0,
        );
        assert_eq!(impossible, Decision::DeadLetter(reason()));
        assert_eq!(
            decide(&Ok(Receipt::default()), &NakPolicy::default(), 0),
            Decision::Delivered
        );
    }

    #[test]
    fn a_failure_that_goes_on_is_told_ever_less_but_every_hour() {
        let told = |attempts, minutes: u64| is_told(attempts, Some(Duration::from_secs(minutes * 60)));
        let ever_less: Vec<u32> = (1..=16).filter(|attempts| told(*attempts, 1)).collect();
        assert_eq!(ever_less, [1, 2, 4, 8, 16]);
        assert!(!told(1_025, 59) && told(1_025, 60));
        assert!(is_told(3, None));
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_are_spread() {
        let retry = config::Retry {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
        };
        let longest = |attempts| backoff(&retry, attempts, 1.0).as_secs();
        assert_eq!([1, 2, 3, 7, 8, u32::MAX].map(longest), [1, 2, 4, 60, 60, 60]);
        assert_eq!(backoff(&retry, 1, 0.0), Duration::from_millis(500));
        assert_eq!(backoff(&retry, 100, 0.5), Duration::from_secs(45));
    }
}
