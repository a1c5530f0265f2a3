//! One lane per destination: takes its deliveries from the outbox in order, attempts each until it is
//! settled, and alone decides on retry, back-off and dead letters.
//!
//! A delivery leaves the outbox only by a receipt or as a dead letter. Whatever else happens here (a
//! time-out, a panic, a stop), it is still there, and is attempted again.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use metrics::counter;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tracing::warn;

use crate::destination::{DeliveryError, Destination, Outgoing, Receipt};
use crate::hl7::AcknowledgmentCode;
use crate::outbox::{Delivery, Outbox, OutboxError, Outcome, Sequence, Settlement};
use crate::{clock, config, metrics as names};

use super::status::DestinationCounts;

/// Deliveries read from the outbox at once.
const READ_COUNT_MAX: usize = 64;
/// Their bytes at once; one delivery is always read, however large.
const READ_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How often a receiver may answer a message with AE or CE: three retries, by when a locked record is free again.
const ERRORS_MAX: u32 = 4;

/// The longest pause that a receiver is granted which asks for one.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60 * 60);

/// The lane of one destination.
pub(super) struct Deliverer {
    name: Arc<str>,
    destination: Destination,
    retry: config::Retry,
    outbox: Outbox,
    counts: Arc<DestinationCounts>,
    /// A permit for each delivery that is under way or whose settlement is not yet on disk: the most that a crash
    /// can repeat.
    unsettled: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
}

/// What becomes of a delivery after an attempt.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Delivered,
    Retry,
    DeadLetter(String),
}

impl Deliverer {
    pub(super) fn new(
        name: Arc<str>,
        destination: Destination,
        settings: &config::DestinationSettings,
        outbox: Outbox,
        counts: Arc<DestinationCounts>,
        stop: watch::Receiver<bool>,
    ) -> Deliverer {
        Deliverer {
            name,
            destination,
            retry: settings.retry.clone(),
            outbox,
            counts,
            unsettled: Arc::new(Semaphore::new(settings.unsettled_max)),
            stop,
        }
    }

    /// Delivers until told to stop.
    ///
    /// # Errors
    /// When the outbox has failed; the engine then stops as a whole.
    pub(super) async fn run(mut self) -> Result<(), OutboxError> {
        let mut arrivals = self.outbox.arrivals(&self.name);
        let mut after = None;
        while !*self.stop.borrow() {
            arrivals.mark_unchanged();
            let deliveries = self.read(after).await?;
            if deliveries.is_empty() {
                tokio::select! {
                    changed = arrivals.changed() => if changed.is_err() { return Ok(()) },
                    _ = self.stop.wait_for(|stop| *stop) => return Ok(()),
                }
            }
            for delivery in deliveries {
                let sequence = delivery.sequence;
                if !self.finish(delivery).await? {
                    return Ok(());
                }
                after = Some(sequence);
            }
        }
        Ok(())
    }

    /// Reads the next deliveries, off the runtime's threads because the store may have to go to disk.
    async fn read(&self, after: Option<Sequence>) -> Result<Vec<Delivery>, OutboxError> {
        let (outbox, name) = (self.outbox.clone(), Arc::clone(&self.name));
        tokio::task::spawn_blocking(move || outbox.next(&name, after, READ_COUNT_MAX, READ_BYTES_MAX))
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
            bytes: delivery.bytes,
        };
        let (mut attempts, mut errors) = (0, 0);
        // A stop waits for the attempt under way and starts no other.
        while !*self.stop.borrow() {
            let attempt = AssertUnwindSafe(self.destination.deliver(&outgoing))
                .catch_unwind()
                .await;
            attempts += 1;
            let result = attempt.unwrap_or_else(|_| {
                Err(DeliveryError::Impossible {
                    reason: "internal error".to_owned(),
                })
            });
            errors += u32::from(is_error(&result));
            self.count_attempt(&result);
            match decide(&result, errors) {
                Decision::Delivered => {
                    self.counts.delivered.one();
                    let took = clock::now().duration_since(delivery.received_at);
                    self.counts.delivery_seconds.record(took.as_secs_f64().max(0.0));
                    return self
                        .settle(delivery.sequence, Outcome::Delivered, permit)
                        .await
                        .map(|()| true);
                }
                Decision::DeadLetter(reason) => {
                    warn!(destination = %self.name, sequence = outgoing.sequence, attempts, reason, "dead letter");
                    self.counts.dead_lettered.one();
                    let outcome = Outcome::DeadLetter {
                        reason,
                        attempts,
                        answer: answer(result),
                    };
                    return self
                        .settle(delivery.sequence, outcome, permit)
                        .await
                        .map(|()| true);
                }
                Decision::Retry => self.pause(outgoing.sequence, attempts, result).await,
            }
        }
        Ok(false)
    }

    /// Waits until few enough deliveries are settled only in memory; `None` when told to stop first.
    async fn permit(&mut self) -> Result<Option<OwnedSemaphorePermit>, OutboxError> {
        if let Ok(permit) = Arc::clone(&self.unsettled).try_acquire_owned() {
            return Ok(Some(permit));
        }
        tokio::select! {
            permit = Arc::clone(&self.unsettled).acquire_owned() => Ok(permit.ok()),
            failure = self.outbox.failure() => Err(OutboxError::Failed(failure)),
            _ = self.stop.wait_for(|stop| *stop) => Ok(None),
        }
    }

    /// Hands the outcome to the outbox, which may make it durable together with what comes next.
    async fn settle(
        &self,
        sequence: Sequence,
        outcome: Outcome,
        permit: OwnedSemaphorePermit,
    ) -> Result<(), OutboxError> {
        let settlement = Settlement {
            destination: Arc::clone(&self.name),
            sequence,
            outcome,
        };
        self.outbox.settle(settlement, Some(permit)).await
    }

    /// Waits before the next attempt, or until told to stop.
    async fn pause(&mut self, sequence: u64, attempts: u32, result: Result<Receipt, DeliveryError>) {
        let mut wait = backoff(&self.retry, attempts, fastrand::f64());
        if let Err(DeliveryError::Busy {
            retry_after: Some(asked),
            ..
        }) = result
        {
            wait = wait.max(asked.min(RETRY_AFTER_MAX));
        }
        if let Err(reason) = result
            && !*self.stop.borrow()
        {
            // The first failure and then ever fewer: a receiver that is down for days fills no log.
            if attempts.is_power_of_two() {
                warn!(destination = %self.name, sequence, attempts, wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX), %reason, "not delivered, will try again");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = self.stop.wait_for(|stop| *stop) => {}
        }
    }

    fn count_attempt(&self, result: &Result<Receipt, DeliveryError>) {
        let outcome = match result {
            Ok(_) => "delivered",
            Err(DeliveryError::Unreachable { .. }) => "unreachable",
            Err(DeliveryError::Busy { .. }) => "busy",
            Err(DeliveryError::NoAcknowledgment { .. }) => {
                self.counts.ambiguous.one();
                "no_acknowledgment"
            }
            Err(DeliveryError::Refused(acknowledgment)) => {
                let code = acknowledgment.code.as_str();
                counter!(names::NEGATIVE_ACKNOWLEDGMENTS, "destination" => self.name.to_string(), "code" => code)
                    .increment(1);
                "refused"
            }
            Err(DeliveryError::Impossible { .. }) => "impossible",
        };
        counter!(names::ATTEMPTS, "destination" => self.name.to_string(), "outcome" => outcome).increment(1);
    }
}

/// The policy: what an attempt's result means for the delivery.
///
/// HL7 leaves it open what a sender does with a negative acknowledgment. Here: a receiver that rejects for
/// a reason of its own (table 0357: 206, 207, or none given) is down, so retry without limit; one that
/// rejects what stands in the message (100 to 205) will never take it; a message it finds in error is
/// given up at the [`ERRORS_MAX`]th time (`errors` counts this one); no answer is no outcome, so retry without
/// limit.
fn decide(result: &Result<Receipt, DeliveryError>, errors: u32) -> Decision {
    match result {
        Ok(_) => Decision::Delivered,
        Err(
            DeliveryError::Unreachable { .. }
            | DeliveryError::Busy { .. }
            | DeliveryError::NoAcknowledgment { .. },
        ) => Decision::Retry,
        Err(DeliveryError::Impossible { reason }) => Decision::DeadLetter(reason.clone()),
        Err(DeliveryError::Refused(acknowledgment)) => {
            let code = acknowledgment.code;
            let because = || match acknowledgment.error_code {
                Some(error) => format!("refused with {} and error {error}", code.as_str()),
                None => format!("refused with {}", code.as_str()),
            };
            match (code, acknowledgment.error_code) {
                (
                    AcknowledgmentCode::ApplicationReject | AcknowledgmentCode::CommitReject,
                    Some(100..=205),
                ) => Decision::DeadLetter(because()),
                _ if is_error(result) && errors >= ERRORS_MAX => Decision::DeadLetter(because()),
                _ => Decision::Retry,
            }
        }
    }
}

/// Whether the receiver found the message in error: AE or CE.
fn is_error(result: &Result<Receipt, DeliveryError>) -> bool {
    use AcknowledgmentCode::{ApplicationError, CommitError};
    matches!(result, Err(DeliveryError::Refused(answer)) if matches!(answer.code, ApplicationError | CommitError))
}

/// The receiver's own words, kept with the dead letter.
fn answer(result: Result<Receipt, DeliveryError>) -> Option<bytes::Bytes> {
    match result {
        Err(DeliveryError::Refused(acknowledgment)) => Some(acknowledgment.raw),
        _ => None,
    }
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
                decide(&refused(code, error), errors),
                expected,
                "{code} {error:?}, {errors} errors"
            );
        }
    }

    #[test]
    fn no_answer_is_tried_for_ever_and_the_impossible_once() {
        let reason = || "why".to_owned();
        assert_eq!(
            decide(&Err(DeliveryError::Unreachable { reason: reason() }), u32::MAX),
            Decision::Retry
        );
        assert_eq!(
            decide(
                &Err(DeliveryError::NoAcknowledgment { reason: reason() }),
                u32::MAX
            ),
            Decision::Retry
        );
        let impossible = decide(&Err(DeliveryError::Impossible { reason: reason() }), 0);
        assert_eq!(impossible, Decision::DeadLetter(reason()));
        assert_eq!(decide(&Ok(Receipt { code: None }), 0), Decision::Delivered);
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
