//! Synchronous routes: senders that wait for a destination's own answer, and the lanes that hand it over.
//!
//! The message is accepted durably first, like any other; only the reply waits. Nothing here delays or changes a
//! delivery, and what is not answered in time is delivered all the same. A restart forgets who waited.
//! How many may wait is limited, and each waits no longer than its route says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use metrics::counter;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, timeout_at};

use crate::hl7::Header;
use crate::hl7::charset::Charset;
use crate::listener::Reply;
use crate::metrics as names;
use crate::outbox::Sequence;
use crate::route;

use super::intake::{Intake, answering};

/// How many senders may wait at once.
const WAITERS_MAX: usize = 1_024;

/// What a destination's lane has to say of a delivery.
pub(super) enum Answer {
    /// What the receiver answered, whatever it says.
    Given(Bytes),
    /// There is none and will be none: it is a dead letter.
    DeadLetter,
    /// There is none and will be none: its destination was taken out of the site, with all that it was owed.
    Purged,
}

impl Answer {
    /// Of a delivery that has ended: what the receiver answered last, or else a dead letter.
    pub(super) fn at_the_end(given: Option<Bytes>) -> Answer {
        given.map_or(Answer::DeadLetter, Answer::Given)
    }
}

/// Whose answer a sender is to get.
pub(super) struct Awaited {
    pub(super) reply: route::Reply,
    /// Which of the deliveries of this message to that destination is meant; `None` for one that could not be made.
    pub(super) delivery: Option<u64>,
}

/// All who wait, by the delivery whose answer they wait for.
pub(super) struct Answers {
    waiting: Mutex<HashMap<Waiting, mpsc::Sender<Answer>>>,
    room: Arc<Semaphore>,
}

type Waiting = (Arc<str>, Sequence);

impl Answers {
    pub(super) fn new() -> Arc<Answers> {
        Arc::new(Answers {
            waiting: Mutex::default(),
            room: Arc::new(Semaphore::new(WAITERS_MAX)),
        })
    }

    /// A place among those who wait; `None` when all are taken.
    pub(super) fn wait(self: &Arc<Self>, awaited: Awaited) -> Option<Waiter> {
        let room = Arc::clone(&self.room).try_acquire_owned().ok()?;
        let (sender, answer) = mpsc::channel(1);
        Some(Waiter {
            answers: Arc::clone(self),
            awaited,
            sender,
            answer,
            _room: room,
        })
    }

    /// Hands over what became of a delivery, if anybody waits for it.
    pub(super) fn tell(&self, destination: &Arc<str>, sequence: Sequence, answer: Answer) {
        let waiter = self.waiting().remove(&(Arc::clone(destination), sequence));
        if let Some(waiter) = waiter {
            // There is room for one, and only one is told.
            drop(waiter.try_send(answer));
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Waiting, mpsc::Sender<Answer>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who waits.
pub(super) struct Waiter {
    answers: Arc<Answers>,
    awaited: Awaited,
    sender: mpsc::Sender<Answer>,
    answer: mpsc::Receiver<Answer>,
    _room: OwnedSemaphorePermit,
}

impl Waiter {
    /// What the outbox is to call with the number of the message, before the lane can know of it.
    pub(super) fn numbered(&self) -> impl Fn(Sequence) + Send + use<> {
        let (answers, sender) = (Arc::clone(&self.answers), self.sender.clone());
        let (destination, delivery) = (Arc::clone(&self.awaited.reply.from), self.awaited.delivery);
        move |message| {
            if let Some(delivery) = delivery {
                let waiting = (Arc::clone(&destination), Sequence(message.0 + delivery));
                answers.waiting().insert(waiting, sender.clone());
            }
        }
    }

    /// The answer to the message that was accepted by this number; `None` when it did not come in time.
    pub(super) async fn answer(mut self, message: Sequence, arrived: Instant) -> Option<Answer> {
        let Some(delivery) = self.awaited.delivery else {
            return Some(Answer::DeadLetter);
        };
        let answer = timeout_at(arrived + self.awaited.reply.timeout, self.answer.recv()).await;
        let waiting = (
            Arc::clone(&self.awaited.reply.from),
            Sequence(message.0 + delivery),
        );
        self.answers.waiting().remove(&waiting);
        answer.ok().flatten()
    }
}

impl Intake {
    /// The reply to a message that was accepted by this number and that a destination answers. That it is stored its
    /// sender hears at once, where it wants to: whoever waits for that too long sends again what is delivered already.
    pub(super) fn reply_in_parts(
        self: Arc<Self>,
        (msh, charset): (Vec<u8>, Option<Charset>),
        waiter: Waiter,
        message: Sequence,
        arrived: Instant,
    ) -> Reply {
        let stored = Header::parse_assuming(&msh, charset).map(|header| self.acknowledger.commit(&header));
        let rest = answering(async move {
            let reply = match Header::parse_assuming(&msh, charset) {
                Ok(header) => self.reply_of(&header, waiter, message, arrived).await,
                // It was parsed before.
                Err(_) => self.close_unanswered(1),
            };
            self.answered(arrived);
            reply
        });
        Reply {
            rest: Some(rest),
            ..stored.unwrap_or_default()
        }
    }

    /// The rest of that reply, when the destination has answered or is too late.
    async fn reply_of(
        &self,
        header: &Header<'_>,
        waiter: Waiter,
        message: Sequence,
        arrived: Instant,
    ) -> Reply {
        let (outcome, reply) = match waiter.answer(message, arrived).await {
            Some(Answer::Given(answer)) => ("passed_on", self.acknowledger.pass_on(header, &answer)),
            Some(Answer::DeadLetter) => {
                let text = "not delivered: the message is kept among the dead letters";
                ("dead_letter", self.acknowledger.keep(header, text))
            }
            Some(Answer::Purged) => {
                let text = "not delivered: its destination was taken out of the site";
                ("purged", self.acknowledger.keep(header, text))
            }
            None => {
                let text = "no answer yet: the message is kept and will be delivered";
                ("late", self.acknowledger.keep(header, text))
            }
        };
        counter!(names::REPLIES, "listener" => Arc::clone(&self.listener), "outcome" => outcome).increment(1);
        reply
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn awaited(delivery: u64) -> Awaited {
        Awaited {
            reply: route::Reply {
                from: "ehr".into(),
                timeout: Duration::from_secs(30),
            },
            delivery: Some(delivery),
        }
    }

    #[tokio::test]
    async fn only_the_delivery_that_is_meant_answers() {
        let answers = Answers::new();
        let waiter = answers.wait(awaited(1)).unwrap();
        waiter.numbered()(Sequence(7));
        for (destination, sequence) in [("ehr", 7), ("lab", 8), ("ehr", 9)] {
            answers.tell(&destination.into(), Sequence(sequence), Answer::DeadLetter);
        }
        let yes = Answer::Given(Bytes::from_static(b"yes"));
        answers.tell(&"ehr".into(), Sequence(8), yes);
        // What is told again is told to nobody.
        answers.tell(&"ehr".into(), Sequence(8), Answer::DeadLetter);
        let answer = waiter.answer(Sequence(7), Instant::now()).await;
        assert!(matches!(answer, Some(Answer::Given(answer)) if answer == "yes"));
    }

    #[tokio::test]
    async fn who_is_late_is_forgotten() {
        let answers = Answers::new();
        let mut waiter = answers.wait(awaited(0)).unwrap();
        waiter.awaited.reply.timeout = Duration::ZERO;
        waiter.numbered()(Sequence(7));
        assert!(waiter.answer(Sequence(7), Instant::now()).await.is_none());
        assert!(answers.waiting().is_empty());
    }

    #[tokio::test]
    async fn no_more_wait_than_there_is_room_for() {
        let answers = Answers::new();
        let mut waiters: Vec<_> = (0..WAITERS_MAX)
            .map(|_| answers.wait(awaited(0)).unwrap())
            .collect();
        assert!(answers.wait(awaited(0)).is_none());
        waiters.pop();
        assert!(answers.wait(awaited(0)).is_some());
    }
}
