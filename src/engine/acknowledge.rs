//! The reply to a message: which acknowledgments it gets, by the listener's mode and by MSH-15 and MSH-16.
//!
//! How an acknowledgment is written is `hl7::ack`'s affair, when it may leave is `intake`'s.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use metrics::counter;

use crate::clock;
use crate::config::AcknowledgmentMode;
use crate::hl7::ack::{self, AckStamp, Condition, is_acknowledgment};
use crate::hl7::batch::{self, Transfer};
use crate::hl7::{
    Acknowledgment, AcknowledgmentCode, ErrorCode, Fault, FieldPath, Header, Message, ParseLimits, Refusal,
    SegmentName, Terminators,
};
use crate::listener::{Reply, Ruling};
use crate::metrics as names;
use crate::mllp;

/// Control ids of our own messages: unique over restarts, 12 or 13 characters, never a bare timestamp.
pub struct ControlIds(AtomicU64);

impl ControlIds {
    /// Starts at the microsecond of the start: a restart goes on above, as long as fewer than a million
    /// acknowledgments a second were sent.
    pub fn starting_now() -> ControlIds {
        ControlIds(AtomicU64::new(
            u64::try_from(clock::now().as_microsecond()).unwrap_or_default(),
        ))
    }

    /// The next one.
    pub fn next(&self) -> String {
        const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        let mut number = self.0.fetch_add(1, Ordering::Relaxed);
        let mut digits = Vec::with_capacity(14);
        while number > 0 {
            let digit = usize::try_from(number % 36).unwrap_or_default();
            digits.extend(DIGITS.get(digit));
            number /= 36;
        }
        digits.push(b'W');
        digits.iter().rev().map(|&digit| char::from(digit)).collect()
    }
}

/// Writes the replies of one listener.
pub(super) struct Acknowledger {
    mode: AcknowledgmentMode,
    control_ids: Arc<ControlIds>,
    listener: Arc<str>,
    /// MSA-4.
    sequence_number: Option<i64>,
}

impl Acknowledger {
    pub(super) fn new(
        listener: &Arc<str>,
        mode: AcknowledgmentMode,
        control_ids: &Arc<ControlIds>,
    ) -> Acknowledger {
        Acknowledger {
            mode,
            control_ids: Arc::clone(control_ids),
            listener: Arc::clone(listener),
            sequence_number: None,
        }
    }

    /// The same, for an answer that tells a sequence number.
    pub(super) fn telling(&self, sequence_number: i64) -> Acknowledger {
        Acknowledger {
            mode: self.mode,
            control_ids: Arc::clone(&self.control_ids),
            listener: Arc::clone(&self.listener),
            sequence_number: Some(sequence_number),
        }
    }

    /// The reply to a message that is stored or filtered on purpose.
    pub(super) fn accept(&self, header: &Header<'_>) -> Reply {
        self.reply(Some(header), Verdict::Accept, &[])
    }

    /// The reply to what is not accepted; without a header only the refusal itself is known.
    pub(super) fn refuse(&self, header: Option<&Header<'_>>, refusal: &Refusal) -> Reply {
        let verdict = self.verdict(refusal);
        let reasons = reasons(refusal);
        let ruling = match verdict {
            Verdict::Accept => Ruling::Accepted,
            Verdict::Error => Ruling::Erroneous(reasons),
            Verdict::Reject | Verdict::OutOfOrder => Ruling::Rejected(reasons),
        };
        Reply {
            ruling,
            ..self.reply(header, verdict, &refusal.faults)
        }
    }

    /// The code by which a message with this header is refused; none where its sender gets no answer.
    pub(super) fn refusal_code(
        &self,
        header: Option<&Header<'_>>,
        refusal: &Refusal,
    ) -> Option<AcknowledgmentCode> {
        if header.is_some_and(is_acknowledgment) {
            return None;
        }
        let (accept, application) = conditions(header);
        codes(self.mode, accept, application, self.verdict(refusal)).pop()
    }

    fn verdict(&self, refusal: &Refusal) -> Verdict {
        match Verdict::of(refusal.code) {
            Verdict::Reject if self.sequence_number.is_some() => Verdict::OutOfOrder,
            Verdict::Reject | Verdict::OutOfOrder => Verdict::Reject,
            Verdict::Accept | Verdict::Error => Verdict::Error,
        }
    }

    /// Whether the sender of a message that is stored gets an application acknowledgment, whatever it says.
    pub(super) fn wants_reply(&self, header: &Header<'_>) -> bool {
        if is_acknowledgment(header) {
            return false;
        }
        let (accept, application) = conditions(Some(header));
        [Verdict::Accept, Verdict::Error, Verdict::Reject]
            .into_iter()
            .any(|verdict| asks_application(self.mode, accept, application, verdict))
    }

    /// What goes back at once to the sender of a message that is stored and whose answer somebody else gives: an
    /// accept acknowledgment where it asks for one.
    pub(super) fn commit(&self, header: &Header<'_>) -> Reply {
        let (accept, application) = conditions(Some(header));
        let stored = codes(self.mode, accept, application, Verdict::Accept);
        let mut reply = Reply::default();
        if let Some(commit) = stored.into_iter().find(|code| code.is_commit()) {
            self.count(commit);
            reply.frames.push(self.build(Some(header), commit, &[]));
        }
        reply
    }

    /// The reply that follows, by a destination's own answer to the message: byte for byte, but for a control id that
    /// a step had changed.
    pub(super) fn pass_on(&self, header: &Header<'_>, answer: &Bytes) -> Reply {
        match answer_to(header, answer) {
            Some((code, answer)) => self.reply_stored(header, code, answer),
            None => self.keep(
                header,
                "delivered; the answer of the receiver cannot be passed on",
            ),
        }
    }

    /// The reply that follows while the answer the sender wants is not there: AE with this text.
    pub(super) fn keep(&self, header: &Header<'_>, text: &str) -> Reply {
        let code = AcknowledgmentCode::ApplicationError;
        let fault = Fault::new(ErrorCode::ApplicationInternal, None, text);
        let answer = self.build(Some(header), code, &[fault]);
        self.reply_stored(header, code, answer)
    }

    /// The application's answer, unless the sender does not want to hear of that code.
    fn reply_stored(&self, header: &Header<'_>, code: AcknowledgmentCode, answer: Bytes) -> Reply {
        let (accept, application) = conditions(Some(header));
        let mut reply = Reply::default();
        if asks_application(self.mode, accept, application, Verdict::of(code)) {
            self.count(code);
            reply.frames.push(answer);
        }
        reply
    }

    /// The batch of these replies, in answer to a transfer.
    pub(super) fn batch(&self, transfer: &Transfer, replies: &[Reply]) -> Reply {
        let acknowledgments: Vec<&Bytes> = replies.iter().flat_map(|reply| &reply.frames).collect();
        let timestamp = clock::hl7_timestamp(&clock::now_local());
        let stamp = AckStamp {
            control_id: &self.control_ids.next(),
            timestamp: &timestamp,
            sequence_number: None,
        };
        Reply {
            frames: vec![batch::reply(transfer, &acknowledgments, &stamp).into()],
            ..Reply::default()
        }
    }

    fn reply(&self, header: Option<&Header<'_>>, verdict: Verdict, faults: &[Fault]) -> Reply {
        if header.is_some_and(is_acknowledgment) {
            return Reply::default();
        }
        let (accept, application) = conditions(header);
        let frames = codes(self.mode, accept, application, verdict)
            .into_iter()
            .map(|code| {
                self.count(code);
                self.build(header, code, faults)
            })
            .collect();
        Reply {
            frames,
            ..Reply::default()
        }
    }

    fn count(&self, code: AcknowledgmentCode) {
        counter!(names::ACKNOWLEDGED, "listener" => Arc::clone(&self.listener), "code" => code.as_str())
            .increment(1);
    }

    fn build(&self, header: Option<&Header<'_>>, code: AcknowledgmentCode, faults: &[Fault]) -> Bytes {
        let timestamp = clock::hl7_timestamp(&clock::now_local());
        let stamp = AckStamp {
            control_id: &self.control_ids.next(),
            timestamp: &timestamp,
            sequence_number: self.sequence_number,
        };
        Bytes::from(ack::build(header, code, faults, &stamp))
    }
}

/// Why a message is refused, in a line.
pub(super) fn reasons(refusal: &Refusal) -> String {
    let reasons: Vec<String> = refusal.faults.iter().map(reason).collect();
    reasons.join("; ")
}

/// A fault in a line: its code of table 0357, where, and what.
fn reason(fault: &Fault) -> String {
    let code = fault.code.number();
    match &fault.location {
        Some(location) => format!("{code} {location}: {}", fault.text),
        None => format!("{code} {}", fault.text),
    }
}

/// MSH-15 and MSH-16.
fn conditions<'a>(header: Option<&Header<'a>>) -> (&'a [u8], &'a [u8]) {
    header.map_or((b"", b""), |header| {
        (
            header.accept_acknowledgment_type(),
            header.application_acknowledgment_type(),
        )
    })
}

/// A destination's answer as the answer to the message with this header, and its code; `None` for what is none, or
/// what no frame can hold: the sender would see its connection closed, and send again what is delivered.
fn answer_to(header: &Header<'_>, answer: &Bytes) -> Option<(AcknowledgmentCode, Bytes)> {
    if !mllp::fits(answer) {
        return None;
    }
    let acknowledgment = Acknowledgment::parse_assuming(answer.clone(), header.charset()).ok()?;
    if acknowledgment.control_id == header.control_id() {
        return Some((acknowledgment.code, acknowledgment.raw));
    }
    let place = FieldPath::of_field(SegmentName::MSA, 2)?;
    let mut message =
        Message::parse_assuming(answer.clone(), &ParseLimits::default(), header.charset()).ok()?;
    message.set_raw(&place, header.control_id()).ok()?;
    Some((acknowledgment.code, message.write(Terminators::Preserve)))
}

/// What weir says of a message, before any mode is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Safely stored, or filtered on purpose.
    Accept,
    /// The content is wrong; the sender corrects it before sending again.
    Error,
    /// The header is not acceptable, or weir cannot take anything just now.
    Reject,
    /// Its sequence number is not the one expected: AR in original mode, but CE, not CR, in enhanced mode (HL7
    /// v2.5.1, 2.9.3).
    OutOfOrder,
}

impl Verdict {
    /// What a code says, whoever sends it.
    fn of(code: AcknowledgmentCode) -> Verdict {
        match code {
            AcknowledgmentCode::ApplicationAccept | AcknowledgmentCode::CommitAccept => Verdict::Accept,
            AcknowledgmentCode::ApplicationError | AcknowledgmentCode::CommitError => Verdict::Error,
            AcknowledgmentCode::ApplicationReject | AcknowledgmentCode::CommitReject => Verdict::Reject,
        }
    }
}

/// The codes to send, in order: none, one, or an accept and an application acknowledgment.
fn codes(
    mode: AcknowledgmentMode,
    accept: &[u8],
    application: &[u8],
    verdict: Verdict,
) -> Vec<AcknowledgmentCode> {
    match mode {
        AcknowledgmentMode::None => Vec::new(),
        AcknowledgmentMode::Original | AcknowledgmentMode::EnhancedAa => vec![application_code(verdict)],
        AcknowledgmentMode::Auto if accept.is_empty() && application.is_empty() => {
            vec![application_code(verdict)]
        }
        AcknowledgmentMode::Enhanced if accept.is_empty() && application.is_empty() => {
            vec![commit_code(verdict)]
        }
        AcknowledgmentMode::Auto | AcknowledgmentMode::Enhanced => {
            // A condition outside the table was made a fault before; the sender gets to hear of it.
            let accept = Condition::read(accept).unwrap_or(Condition::Always);
            let application = Condition::read(application).unwrap_or(Condition::Never);
            let is_accept = verdict == Verdict::Accept;
            let mut codes = Vec::new();
            if accept.asks(is_accept) {
                codes.push(commit_code(verdict));
            }
            // What was not accepted is not processed either: one refusal is enough.
            if application.asks(is_accept) && (is_accept || codes.is_empty()) {
                codes.push(application_code(verdict));
            }
            codes
        }
    }
}

/// Whether an application acknowledgment that says this is sent for a message that was stored.
fn asks_application(mode: AcknowledgmentMode, accept: &[u8], application: &[u8], verdict: Verdict) -> bool {
    let is_original = accept.is_empty() && application.is_empty();
    match mode {
        AcknowledgmentMode::None => false,
        AcknowledgmentMode::Original | AcknowledgmentMode::EnhancedAa => true,
        AcknowledgmentMode::Auto if is_original => true,
        AcknowledgmentMode::Auto | AcknowledgmentMode::Enhanced => {
            Condition::read(application).is_some_and(|condition| condition.asks(verdict == Verdict::Accept))
        }
    }
}

fn application_code(verdict: Verdict) -> AcknowledgmentCode {
    match verdict {
        Verdict::Accept => AcknowledgmentCode::ApplicationAccept,
        Verdict::Error => AcknowledgmentCode::ApplicationError,
        Verdict::Reject | Verdict::OutOfOrder => AcknowledgmentCode::ApplicationReject,
    }
}

fn commit_code(verdict: Verdict) -> AcknowledgmentCode {
    match verdict {
        Verdict::Accept => AcknowledgmentCode::CommitAccept,
        Verdict::Error | Verdict::OutOfOrder => AcknowledgmentCode::CommitError,
        Verdict::Reject => AcknowledgmentCode::CommitReject,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(mode: AcknowledgmentMode, accept: &str, application: &str, verdict: Verdict) -> String {
        let codes = codes(mode, accept.as_bytes(), application.as_bytes(), verdict);
        codes
            .iter()
            .map(|code| code.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn an_answer_that_no_frame_can_hold_is_not_passed_on() {
        let control_ids = Arc::new(ControlIds::starting_now());
        let acknowledger = Acknowledger::new(&"in".into(), AcknowledgmentMode::Original, &control_ids);
        let header = Header::parse(b"MSH|^~\\&|EHR||||20260301||ADT^A01|1|P|2.5.1\r").unwrap();
        for (text, passed_on) in [("fine", true), ("a\u{b}b", false), ("a\u{1c}b", false)] {
            let answer = format!("MSH|^~\\&|LAB\rMSA|AA|1|{text}\r");
            let reply = acknowledger.pass_on(&header, &answer.clone().into());
            let [sent] = &reply.frames[..] else {
                panic!("one answer");
            };
            assert_eq!(sent == answer.as_bytes(), passed_on, "{text:?}");
            assert!(mllp::fits(sent), "{text:?}");
            let sent = Acknowledgment::parse(sent.clone()).unwrap();
            assert_eq!(
                (sent.code.is_accept(), &sent.control_id[..]),
                (passed_on, &b"1"[..])
            );
        }
    }

    #[test]
    fn control_ids_differ_and_fit() {
        let ids = ControlIds::starting_now();
        let (one, other) = (ids.next(), ids.next());
        assert_ne!(one, other);
        assert!(one.len() <= 20 && one.starts_with('W'), "{one}");
    }

    #[test]
    fn original_mode_always_sends_one() {
        for accept in ["", "AL", "NE", "ER", "SU", "YES"] {
            assert_eq!(
                sent(AcknowledgmentMode::Original, accept, "NE", Verdict::Accept),
                "AA"
            );
            assert_eq!(
                sent(AcknowledgmentMode::Original, accept, "NE", Verdict::Error),
                "AE"
            );
            assert_eq!(
                sent(AcknowledgmentMode::EnhancedAa, accept, "NE", Verdict::Reject),
                "AR"
            );
            assert_eq!(sent(AcknowledgmentMode::None, accept, "AL", Verdict::Accept), "");
        }
    }

    #[test]
    fn both_empty() {
        assert_eq!(sent(AcknowledgmentMode::Auto, "", "", Verdict::Accept), "AA");
        assert_eq!(sent(AcknowledgmentMode::Enhanced, "", "", Verdict::Accept), "CA");
        assert_eq!(sent(AcknowledgmentMode::Enhanced, "", "", Verdict::Reject), "CR");
        let out_of_order = Verdict::OutOfOrder;
        assert_eq!(sent(AcknowledgmentMode::Enhanced, "", "", out_of_order), "CE");
        assert_eq!(sent(AcknowledgmentMode::Auto, "", "", out_of_order), "AR");
        assert_eq!(sent(AcknowledgmentMode::EnhancedAa, "AL", "", out_of_order), "AR");
    }

    #[test]
    fn all_sixteen_pairs() {
        #[rustfmt::skip]
        let rows = [
            // MSH-15, MSH-16, accepted, error
            ("AL", "AL", "CA AA", "CE"), ("AL", "NE", "CA",    "CE"), ("AL", "ER", "CA", "CE"), ("AL", "SU", "CA AA", "CE"),
            ("NE", "AL", "AA",    "AE"), ("NE", "NE", "",      ""  ), ("NE", "ER", "",   "AE"), ("NE", "SU", "AA",    ""  ),
            ("ER", "AL", "AA",    "CE"), ("ER", "NE", "",      "CE"), ("ER", "ER", "",   "CE"), ("ER", "SU", "AA",    "CE"),
            ("SU", "AL", "CA AA", "AE"), ("SU", "NE", "CA",    ""  ), ("SU", "ER", "CA", "AE"), ("SU", "SU", "CA AA", ""  ),
        ];
        for (accept, application, accepted, error) in rows {
            for mode in [AcknowledgmentMode::Auto, AcknowledgmentMode::Enhanced] {
                assert_eq!(
                    sent(mode, accept, application, Verdict::Accept),
                    accepted,
                    "{accept} {application}"
                );
                assert_eq!(
                    sent(mode, accept, application, Verdict::Error),
                    error,
                    "{accept} {application}"
                );
            }
        }
    }

    #[test]
    fn an_unknown_condition_is_answered() {
        assert_eq!(sent(AcknowledgmentMode::Auto, "YES", "", Verdict::Error), "CE");
    }
}
