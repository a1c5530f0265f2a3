//! Several messages in one frame: each is routed by itself, and all are accepted together or not at all.
//!
//! One message that is refused, or a count that is wrong, and nothing of the frame is stored; the sender is told of
//! each message what was wrong with it.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use tokio::time::Instant;

use crate::config::{AcknowledgmentMode, BatchAcknowledgment, BatchMode, CountMismatch};
use crate::hl7::ack::is_acknowledgment;
use crate::hl7::batch::Transfer;
use crate::hl7::{ErrorCode, Fault, ParseError, ParseErrorKind, Refusal};
use crate::listener::Reply;
use crate::mllp::unframed;
use crate::outbox::{Acceptance, Accepted};

use super::in_hand::Held;
use super::intake::{Intake, Sender, Unfit, answering, committed, reject, unstored};
use super::status::Owed;

/// How many messages are routed before other connections have their turn.
const TURN_MESSAGES: usize = 64;
/// How many faults one acknowledgment of a whole transfer tells.
const FAULTS_MAX: usize = 20;

/// What becomes of one message of a transfer: who is owed it and whether a route took it, or why it is refused.
type Verdict = Result<(Owed, bool), Refusal>;

/// Why a message is refused with which nothing is wrong.
fn because_of_others() -> Refusal {
    reject(
        ErrorCode::ApplicationInternal,
        "another message of its transfer was refused, so none was stored",
    )
}

impl Intake {
    /// Whether a frame that is no message may be several, and this listener takes them.
    pub(super) fn is_transfer(&self, problem: &ParseError) -> bool {
        problem.kind == ParseErrorKind::SecondHeader && self.settings.batches.mode == BatchMode::Split
    }

    /// Answers a frame of several messages; see [`Intake::receive`].
    pub(super) async fn receive_transfer(
        self: Arc<Self>,
        bytes: &Bytes,
        sender: &Sender,
        held: Held,
        arrived: Instant,
    ) -> BoxFuture<'static, Reply> {
        let batches = self.settings.batches;
        let mut transfer = Transfer::read(bytes, batches.messages_max, self.settings.charset);
        for message in &mut transfer.messages {
            *message = unframed(message);
        }
        let is_mismatched = !transfer.faults.is_empty() && batches.count_mismatch == CountMismatch::Reject;
        if transfer.is_cut || is_mismatched {
            return self.refused(bytes, self.refuse_whole(&transfer)).await;
        }
        for _ in &transfer.faults {
            self.warn("batch-envelope");
        }
        // The frame itself was counted as one; so an empty batch counts as a message that nobody takes.
        match transfer.messages.len() as u64 {
            0 => self.counts.unrouted.one(),
            messages => self.counts.received.add(messages - 1),
        }
        let (acceptances, verdicts) = self.route_all(&transfer, sender).await;
        drop(held);
        if verdicts.iter().any(Result::is_err) {
            let refusals = verdicts.iter().map(|verdict| verdict.as_ref().err().cloned());
            let refused = transfer.messages.iter().cloned().zip(refusals).collect();
            self.tell_refused_transfer(refused, &because_of_others()).await;
            return ready(self.answer(&transfer, verdicts)).boxed();
        }
        let offered = if acceptances.is_empty() {
            None
        } else {
            Some(self.outbox.offer_all(acceptances).await)
        };
        answering(async move {
            let stored = match offered {
                Some(offered) => {
                    let owed = verdicts.iter().flatten().map(|(owed, _)| owed);
                    self.kept_unless_owed(committed(offered).await, owed)
                }
                None => Ok(Accepted::default()),
            };
            let reply = match stored {
                Ok(accepted) => {
                    self.count_all(&accepted, &verdicts);
                    self.answer(&transfer, verdicts)
                }
                Err(failure) => match self.not_stored(&failure) {
                    Some(refusal) => {
                        let refused = verdicts.iter().map(|_| Err(refusal.clone())).collect();
                        unstored(self.answer(&transfer, refused), &failure)
                    }
                    None => self.close_unanswered(verdicts.len() as u64),
                },
            };
            self.answered(arrived);
            reply
        })
    }

    fn count_all(&self, accepted: &Accepted, verdicts: &[Verdict]) {
        let taken = || {
            verdicts
                .iter()
                .flatten()
                .map(|(owed, is_routed)| (owed, *is_routed))
        };
        let offered = taken().filter(|(owed, _)| self.is_offered(owed));
        self.count_stored(accepted, offered);
        for (owed, is_routed) in taken().filter(|(owed, _)| !self.is_offered(owed)) {
            self.count_accepted(owed, is_routed);
        }
    }

    /// What nobody is owed the outbox need not have, unless an archive is to have it.
    fn is_offered(&self, owed: &Owed) -> bool {
        !owed.is_empty() || self.outbox.keeps_journal()
    }

    /// What would be stored, and what becomes of each message.
    async fn route_all(&self, transfer: &Transfer, sender: &Sender) -> (Vec<Acceptance>, Vec<Verdict>) {
        let mut acceptances = Vec::new();
        let mut verdicts = Vec::with_capacity(transfer.messages.len());
        for (index, bytes) in transfer.messages.iter().enumerate() {
            if index % TURN_MESSAGES == TURN_MESSAGES - 1 {
                tokio::task::yield_now().await;
            }
            verdicts.push(self.route_one(bytes, sender, &mut acceptances));
        }
        (acceptances, verdicts)
    }

    fn route_one(&self, bytes: &Bytes, sender: &Sender, acceptances: &mut Vec<Acceptance>) -> Verdict {
        let message = self.read(bytes, sender).map_err(Unfit::refusal)?;
        let dispatch = self.route(&message)?;
        let (owed, is_routed) = (dispatch.owed(), dispatch.is_routed);
        if self.is_offered(&owed) {
            acceptances.push(self.acceptance(&message, dispatch));
        }
        Ok((owed, is_routed))
    }

    /// The transfer does not fit its envelope or the limits: nothing in it is looked at.
    fn refuse_whole(&self, transfer: &Transfer) -> Reply {
        let faults = transfer.faults.iter().rev().take(FAULTS_MAX).rev().cloned();
        let header = transfer.header();
        let header = header.as_ref().and_then(|header| self.header(header));
        let reply = self.refuse(header.as_ref(), &Refusal::rejection(faults.collect()));
        self.wrapped(transfer, vec![reply])
    }

    fn answer(&self, transfer: &Transfer, verdicts: Vec<Verdict>) -> Reply {
        if self.settings.batches.acknowledgment == BatchAcknowledgment::Single {
            return self.answer_as_one(transfer, verdicts);
        }
        let is_refused = verdicts.iter().any(Result::is_err);
        let of_others = because_of_others();
        let replies = transfer.messages.iter().zip(verdicts).map(|(bytes, verdict)| {
            let header = self.header(bytes);
            match (verdict, &header) {
                (Ok(_), Some(header)) if !is_refused => self.acknowledger.accept(header),
                (Ok(_), header) => self.refuse(header.as_ref(), &of_others),
                (Err(refusal), header) => self.refuse(header.as_ref(), &refusal),
            }
        });
        self.wrapped(transfer, replies.collect())
    }

    /// One acknowledgment for all; the faults say which message they are of.
    fn answer_as_one(&self, transfer: &Transfer, verdicts: Vec<Verdict>) -> Reply {
        let header = transfer.header();
        let header = header.as_ref().and_then(|header| self.header(header));
        let count = verdicts.len() as u64;
        let mut whole: Option<Refusal> = None;
        for (number, verdict) in (1..).zip(verdicts) {
            let Err(refusal) = verdict else { continue };
            let numbered = |fault: Fault| Fault {
                text: format!("message {number}: {}", fault.text),
                ..fault
            };
            let faults = refusal.faults.into_iter().map(numbered);
            let whole = whole.get_or_insert(Refusal {
                code: refusal.code,
                faults: Vec::new(),
            });
            let room = FAULTS_MAX - whole.faults.len();
            whole.faults.extend(faults.take(room));
        }
        let reply = match (whole, &header) {
            (Some(refusal), header) => {
                // All of them are refused, by one answer.
                self.counts.refused.add(count - 1);
                self.refuse(header.as_ref(), &refusal)
            }
            (None, Some(header)) => self.acknowledger.accept(header),
            (None, None) => {
                let text = "expected a message, or a batch header with its delimiters";
                self.refuse(None, &reject(ErrorCode::SegmentSequence, text))
            }
        };
        self.wrapped(transfer, vec![reply])
    }

    /// The replies in the form this listener gives them.
    fn wrapped(&self, transfer: &Transfer, replies: Vec<Reply>) -> Reply {
        let mut headers = transfer.messages.iter().map(|bytes| self.header(bytes));
        let are_acknowledgments = headers.len() > 0
            && headers.all(|header| header.is_some_and(|header| is_acknowledgment(&header)));
        // All or none: one that is refused stands for all.
        let ruling = replies.iter().map(|reply| reply.ruling.clone()).max();
        let is_silent = self.settings.acknowledgment == AcknowledgmentMode::None || are_acknowledgments;
        let reply = match self.settings.batches.acknowledgment {
            _ if is_silent => Reply::default(),
            BatchAcknowledgment::None => Reply::default(),
            BatchAcknowledgment::Batch => self.acknowledger.batch(transfer, &replies),
            BatchAcknowledgment::Single | BatchAcknowledgment::Each => Reply {
                frames: replies.into_iter().flat_map(|reply| reply.frames).collect(),
                ..Reply::default()
            },
        };
        Reply {
            ruling: ruling.unwrap_or_default(),
            ..reply
        }
    }
}
