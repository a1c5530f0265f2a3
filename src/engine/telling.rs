//! What the journal is told, so that the archive can say what became of every message.
//!
//! Nothing here delays a reply longer than the outbox's own room for offers, and nothing that cannot be told keeps a
//! message from being accepted or refused. Without an archive nothing is told.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use jiff::Timestamp;
use metrics::counter;

use crate::destination::{DeliveryError, Receipt};
use crate::hl7::{Acknowledgment, AcknowledgmentCode, Refusal};
use crate::listener::{Reply, Ruling};
use crate::outbox::{Acceptance, Accepted, Attempt, Judgment, OutboxError, Told};
use crate::{clock, metrics as names};

use super::acknowledge::reasons;
use super::dispatch::Dispatch;
use super::intake::Intake;
use super::status::Owed;
use super::stored;

/// How much of MSH-10 is kept of a message that is refused: it may be why it is.
const CONTROL_ID_BYTES_MAX: usize = 250;

impl Intake {
    /// What is told of a message that is acknowledged.
    pub(super) fn told(&self, dispatch: &mut Dispatch) -> Option<Told> {
        if !self.outbox.keeps_journal() {
            return None;
        }
        Some(Told {
            judgment: dispatch.judgment(),
            routes: std::mem::take(&mut dispatch.passages),
            tags: std::mem::take(&mut dispatch.tags),
            origin: None,
        })
    }

    /// What is told of a message that is acknowledged without any route being asked.
    pub(super) fn told_unrouted(&self) -> Option<Told> {
        self.outbox.keeps_journal().then(|| Told {
            judgment: Judgment::Unrouted,
            routes: Vec::new(),
            tags: Vec::new(),
            origin: None,
        })
    }

    /// The reply by which this message is refused, when the journal has been told of it.
    pub(super) async fn refused(&self, raw: &Bytes, reply: Reply) -> BoxFuture<'static, Reply> {
        ready(self.tell_refused(raw.clone(), reply).await).boxed()
    }

    /// Tells the journal of a message that is refused by this reply, which is given back.
    pub(super) async fn tell_refused(&self, raw: Bytes, reply: Reply) -> Reply {
        if !self.outbox.keeps_journal() {
            return reply;
        }
        let answered = reply.frames.last();
        let answered = answered.and_then(|frame| Acknowledgment::parse(frame.clone()).ok());
        let reason = match &reply.ruling {
            Ruling::Erroneous(reason) | Ruling::Rejected(reason) => reason.clone(),
            Ruling::Accepted | Ruling::Unavailable => String::new(),
        };
        let refused = self.refusal_of(raw, answered.map(|answer| answer.code), reason);
        self.offer_untimed(vec![refused]).await;
        reply
    }

    /// Tells the journal of a transfer that is refused, message by message: `None` for those that are refused because
    /// of the others.
    pub(super) async fn tell_refused_transfer(
        &self,
        messages: Vec<(Bytes, Option<Refusal>)>,
        others: &Refusal,
    ) {
        if !self.outbox.keeps_journal() {
            return;
        }
        let refused = messages.into_iter().map(|(raw, refusal)| {
            let refusal = refusal.as_ref().unwrap_or(others);
            let header = self.header(&raw);
            let code = self.acknowledger.refusal_code(header.as_ref(), refusal);
            self.refusal_of(raw.clone(), code, reasons(refusal))
        });
        self.offer_untimed(refused.collect()).await;
    }

    /// What nobody waits for: it is written when something else is.
    async fn offer_untimed(&self, refused: Vec<Acceptance>) {
        if self.outbox.offer_untimed(refused).await.is_err() {
            self.missed();
        }
    }

    fn refusal_of(&self, raw: Bytes, code: Option<AcknowledgmentCode>, reason: String) -> Acceptance {
        let judgment = Judgment::Refused {
            code: code.map(|code| code.as_str().into()),
            reason,
        };
        let header = self.header(&raw);
        let control_id = header.map(|header| {
            let whole = header.control_id();
            Bytes::copy_from_slice(whole.get(..CONTROL_ID_BYTES_MAX).unwrap_or(whole))
        });
        let charset = header.and_then(|header| header.charset());
        Acceptance {
            received_at: clock::now(),
            listener: Arc::clone(&self.listener),
            control_id: control_id.unwrap_or_default(),
            site_version: Arc::clone(&self.site_version),
            charsets: stored::to_keep(std::iter::once((&raw, charset))),
            raw,
            results: Vec::new(),
            deliveries: Vec::new(),
            dead: Vec::new(),
            window: None,
            instead_of: None,
            link: None,
            told: Some(Told {
                judgment,
                routes: Vec::new(),
                tags: Vec::new(),
                origin: None,
            }),
        }
    }

    /// What nobody is owed is acknowledged although the archive cannot have it.
    pub(super) fn kept_unless_owed<'a>(
        &self,
        committed: Result<Accepted, OutboxError>,
        mut owed: impl Iterator<Item = &'a Owed>,
    ) -> Result<Accepted, OutboxError> {
        let is_full = matches!(
            committed,
            Err(OutboxError::Full { .. } | OutboxError::TooLarge { .. })
        );
        if is_full && owed.all(Owed::is_empty) {
            self.missed();
            return Ok(Accepted::default());
        }
        committed
    }

    fn missed(&self) {
        counter!(names::ARCHIVE_MISSED, "listener" => Arc::clone(&self.listener)).increment(1);
    }
}

/// An attempt as the journal is told of it.
pub(super) fn attempt(at: Timestamp, took: Duration, result: &Result<Receipt, DeliveryError>) -> Attempt {
    let (code, answer) = match result {
        Ok(receipt) => (receipt.code, receipt.answer.clone()),
        Err(DeliveryError::Refused(acknowledgment)) => {
            (Some(acknowledgment.code), Some(acknowledgment.raw.clone()))
        }
        Err(
            DeliveryError::Unreachable { .. }
            | DeliveryError::Untrusted { .. }
            | DeliveryError::Busy { .. }
            | DeliveryError::NoAcknowledgment { .. }
            | DeliveryError::Impossible { .. },
        ) => (None, None),
    };
    Attempt {
        at,
        took,
        code: code.map(|code| code.as_str().into()),
        problem: result.as_ref().err().map(ToString::to_string),
        answer,
    }
}
