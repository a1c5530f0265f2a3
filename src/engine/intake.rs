//! A frame comes in: parse, route, put into the outbox, acknowledge.
//!
//! A positive acknowledgment leaves only after the outbox holds every delivery of the message durably.
//! Nothing here is retried and nothing is kept: what cannot be accepted is answered with a reason.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use metrics::counter;
use tokio::time::Instant;
use tracing::{debug, error, warn};

use crate::audit::Aside;
use crate::config::{self, Continuation, Layout, Malformed, OnFault, Site, Unavailable, Unrouted};
use crate::hl7::ack::is_acknowledgment;
use crate::hl7::charset::narrowed;
use crate::hl7::{
    ErrorCode, Fault, Header, Message, ParseError, ParseLimits, Refusal, Severity, Terminators, Warning,
};
use crate::listener::{self, Incoming, Reply, Ruling};
use crate::mllp::{Frame, unframed};
use crate::outbox::{Acceptance, Accepted, Link, LinkAnswer, Outbox, OutboxError, Pending, Window};
use crate::route::Route;
use crate::seldom::Seldom;
use crate::tls::Certificate;
use crate::validation::validate;
use crate::{clock, metrics as names};

use super::acknowledge::{Acknowledger, ControlIds};
use super::answers::{Answers, Waiter};
use super::counts::ListenerCounts;
use super::dispatch::Dispatch;
use super::doors::{Behind, refused};
use super::in_hand::{InHand, Quarantined};
use super::in_use::InUse;
use super::status::{Owed, Status};
use super::stored;

/// Whoever sent a frame.
pub(super) struct Sender {
    /// What they have shown, where TLS has asked for it.
    certificate: Option<Arc<Certificate>>,
    /// Where they are, unless it was a file.
    address: Option<IpAddr>,
}

/// Takes the frames of one listener.
pub(super) struct Intake {
    pub(super) listener: Arc<str>,
    pub(super) settings: config::Listener,
    routes: Vec<Arc<Route>>,
    pub(super) site_version: Arc<str>,
    pub(super) outbox: Outbox,
    pub(super) acknowledger: Acknowledger,
    pub(super) counts: Arc<ListenerCounts>,
    status: Arc<Status>,
    answers: Arc<Answers>,
    in_hand: Arc<InHand>,
    refusals: Aside,
    lines: Seldom,
    _in_use: InUse,
}

impl Intake {
    pub(super) fn new(
        listener: &Arc<str>,
        settings: &config::Listener,
        site: &Site,
        behind: Behind,
        control_ids: &Arc<ControlIds>,
        in_use: InUse,
    ) -> Intake {
        if behind.outbox.keeps_journal() {
            counter!(names::ARCHIVE_MISSED, "listener" => Arc::clone(listener)).increment(0);
        }
        Intake {
            listener: Arc::clone(listener),
            routes: site.routes_from(listener),
            site_version: Arc::clone(&site.version),
            outbox: behind.outbox,
            acknowledger: Acknowledger::new(listener, settings.acknowledgment, control_ids),
            counts: behind.status.listener(listener),
            status: behind.status,
            answers: behind.answers,
            in_hand: behind.in_hand,
            refusals: behind.refusals,
            lines: Seldom::default(),
            settings: settings.clone(),
            _in_use: in_use,
        }
    }

    /// Answers one frame. The outer future ends when the message has its place in the order of acceptance,
    /// the inner one when the reply may be sent.
    pub(super) async fn receive(self: Arc<Self>, incoming: Incoming) -> BoxFuture<'static, Reply> {
        let arrived = Instant::now();
        self.counts.received.one();
        self.counts.hear(clock::now());
        let bytes = match incoming.frame {
            // Files and bodies may have been saved from a socket; what came by one has no marks left.
            Frame::Whole(bytes) if incoming.is_file => unframed(&narrowed(&bytes)),
            Frame::Whole(bytes) => unframed(&bytes),
            Frame::TooLarge { prefix } => {
                return self.refused(&prefix, self.refuse_too_large(&prefix)).await;
            }
        };
        let sender = &Sender {
            certificate: incoming.certificate,
            address: incoming.peer.map(|peer| peer.ip()),
        };
        if let Some(link) = self.opened_link(&bytes) {
            return self.open_link(&bytes, link, sender, arrived).await;
        }
        let held = match self.in_hand.take(&bytes, &self.site_version) {
            Ok(held) => held,
            Err(Quarantined) => return ready(self.refuse_quarantined(&bytes)).boxed(),
        };
        let message = match self.read(&bytes, sender) {
            Ok(message) => message,
            Err(Unfit::Unparsed(problem)) if self.is_transfer(&problem) => {
                return self.receive_transfer(&bytes, sender, held, arrived).await;
            }
            Err(unfit) => return self.refused(&bytes, self.refuse_unfit(&bytes, unfit)).await,
        };
        let taken = match self.take(&message) {
            Ok(taken) => taken,
            Err(refusal) => {
                let reply = self.refuse(Some(&message.header()), &refusal);
                return self.refused(&bytes, reply).await;
            }
        };
        drop(held);
        self.keep(message, bytes, taken, arrived).await
    }

    /// Offers a message to the outbox with all that was made of it, and answers when that is durable.
    async fn keep(
        self: Arc<Self>,
        message: Message,
        bytes: Bytes,
        taken: Taken,
        arrived: Instant,
    ) -> BoxFuture<'static, Reply> {
        let Taken {
            link,
            dispatch,
            waiter,
        } = taken;
        let (owed, is_routed) = (dispatch.owed(), dispatch.is_routed);
        // Where numbers are looked at, what nobody is owed moves the sequence on as well; and an archive has all.
        if dispatch.is_empty() && link.is_none() && !self.outbox.keeps_journal() {
            self.count_accepted(&owed, is_routed);
            return ready(self.acknowledger.accept(&message.header())).boxed();
        }
        // Only the outbox can say that a number is out of order.
        let refusable = link.is_some().then_some(bytes);
        let acceptance = Acceptance {
            link,
            ..self.acceptance(&message, dispatch)
        };
        let offered = match &waiter {
            None => self.outbox.offer(acceptance).await,
            Some(waiter) => self.outbox.offer_numbered(acceptance, waiter.numbered()).await,
        };
        let charset = message.charset();
        // All that a reply needs: who waits for a destination does not hold a large message meanwhile.
        let header = message.segments().next().map(|msh| [msh.raw(), b"\r"].concat());
        drop(message);
        answering(async move {
            let mut committed = committed(offered).await;
            // A number that was acknowledged has to be the last one when the next comes.
            if refusable.is_none() {
                committed = self.kept_unless_owed(committed, std::iter::once(&owed));
            }
            if let Ok(accepted) = &committed {
                self.count_stored(accepted, std::iter::once((&owed, is_routed)));
            }
            let header = header.unwrap_or_default();
            if let (Ok(accepted), Some(waiter)) = (&committed, waiter) {
                return self.reply_in_parts((header, charset), waiter, accepted.first, arrived);
            }
            let mut reply = match Header::parse_assuming(&header, charset) {
                Ok(header) => self.reply(&header, committed),
                // It was parsed before.
                Err(_) => self.close_unanswered(1),
            };
            if let Some(raw) = refusable.filter(|_| matches!(reply.ruling, Ruling::Rejected(_))) {
                reply = self.tell_refused(raw, reply).await;
            }
            self.answered(arrived);
            reply
        })
    }

    /// What becomes of a message that is acceptable by itself.
    fn take(&self, message: &Message) -> Result<Taken, Refusal> {
        let link = self.link(&message.header())?;
        let mut dispatch = self.route(message)?;
        let waiter = self.waiter(message, &mut dispatch)?;
        Ok(Taken {
            link,
            dispatch,
            waiter,
        })
    }

    /// Who waits for the answer of a destination, if a route wants that and the sender a reply, and there is a sender
    /// who reads one, as of a file there is none. Refused when too many wait already.
    fn waiter(&self, message: &Message, dispatch: &mut Dispatch) -> Result<Option<Waiter>, Refusal> {
        let is_file = matches!(self.settings.kind, listener::Settings::Folder(_));
        let wants_reply = !is_file && self.acknowledger.wants_reply(&message.header());
        let Some(awaited) = dispatch.awaited.take().filter(|_| wants_reply) else {
            return Ok(None);
        };
        let waiter = self.answers.wait(awaited);
        let too_many = "too many senders wait for an answer, send it again later";
        waiter
            .map(Some)
            .ok_or_else(|| reject(ErrorCode::ApplicationInternal, too_many))
    }

    /// The message, if it is one and its header is acceptable.
    pub(super) fn read(&self, bytes: &Bytes, sender: &Sender) -> Result<Message, Unfit> {
        let message = Message::parse_assuming(bytes.clone(), &ParseLimits::default(), self.settings.charset)
            .map_err(Unfit::Unparsed)?;
        let header = message.header();
        let by_type = &self.counts.by_type;
        by_type.one(header.message_type(), header.trigger_event());
        self.check_sender(&message.header(), sender)
            .map_err(Unfit::Refused)?;
        self.check(&message).map_err(Unfit::Refused)?;
        let warnings = message.warnings();
        if self.settings.layout == Layout::Strict
            && let Some(refusal) = layout_refusal(&warnings)
        {
            return Err(Unfit::Refused(refusal));
        }
        self.validate(&message).map_err(Unfit::Refused)?;
        if is_acknowledgment(&message.header()) {
            self.warn("acknowledgment");
        }
        for warning in warnings {
            self.warn(warning.as_str());
        }
        Ok(message)
    }

    /// The header of bytes that may be no message, read as this listener reads those that are.
    pub(super) fn header<'b>(&self, bytes: &'b [u8]) -> Option<Header<'b>> {
        Header::parse_assuming(bytes, self.settings.charset).ok()
    }

    /// Whether whoever has shown this certificate may send as the application and facility of this header.
    pub(super) fn check_sender(&self, header: &Header<'_>, sender: &Sender) -> Result<(), Refusal> {
        let Some(senders) = &self.settings.senders else {
            return Ok(());
        };
        let certificate = sender.certificate.as_deref();
        senders.check(header, certificate).inspect_err(|_| {
            counter!(names::SENDER_MISMATCHES_TOTAL, "listener" => Arc::clone(&self.listener)).increment(1);
            // Its own names, never those that the message claims.
            let certificate = certificate.map(Certificate::title);
            if let Some(leave) = self.lines.leave("sender") {
                let left_out = leave.left_out;
                warn!(listener = %self.listener, ?certificate, left_out, "refused: a certificate is not that of the sender named");
            }
            let who = certificate.map_or_else(|| "nobody".to_owned(), |title| format!("certificate:{title}"));
            let object = format!("listeners/{}", self.listener);
            let detail = "this certificate may not send as the application and facility of the message";
            self.refusals.note("sender.refused", refused(who, sender.address, object, detail));
        })
    }

    /// Whether this listener takes a message with this header.
    fn check(&self, message: &Message) -> Result<(), Refusal> {
        let header = message.header();
        header.check(&self.settings.expected)?;
        if let Some(fault) = message
            .character_set_fault()
            .or_else(|| message.control_character())
        {
            return Err(Refusal::error(vec![fault]));
        }
        if self.settings.continuation == Continuation::Reject
            && let Some(fault) = message.continuation()
        {
            return Err(Refusal::rejection(vec![fault]));
        }
        self.settings.permit.check(&header)
    }

    /// Whether a message is as the listener's profile wants it; warnings are no reason to refuse one.
    fn validate(&self, message: &Message) -> Result<(), Refusal> {
        let Some(validation) = &self.settings.validation else {
            return Ok(());
        };
        let mut faults = validate(message, &validation.profile);
        faults.retain(|fault| matches!(fault.severity, Severity::Error | Severity::Fatal));
        if faults.is_empty() {
            return Ok(());
        }
        if validation.on_fault == OnFault::Warn {
            self.warn("validation");
            return Ok(());
        }
        faults.truncate(validation.faults_max);
        Err(Refusal::error(faults))
    }

    /// What the routes make of it; refused if one of them rejects it, or if none takes it and the listener wants that.
    pub(super) fn route(&self, message: &Message) -> Result<Dispatch, Refusal> {
        let dispatch = Dispatch::of(&self.routes, message, &clock::now_local())?;
        if dispatch.is_routed || self.settings.unrouted == Unrouted::Accept {
            return Ok(dispatch);
        }
        let message_type = message.header().message_type();
        let is_type_known = self.routes.iter().any(|route| route.takes_type(message_type));
        Err(unsupported(is_type_known, "no route takes this message"))
    }

    /// Counts a message that is acknowledged: accepted for somebody, filtered on purpose, or taken by no route.
    pub(super) fn count_accepted(&self, owed: &Owed, is_routed: bool) {
        if !owed.is_empty() {
            self.counts.accepted.one();
            self.status.count_owed(owed);
        } else if is_routed {
            self.counts.filtered.one();
        } else {
            self.counts.unrouted.one();
        }
    }

    /// Counts messages that were offered to the outbox, in their order: those that were new, and those it knew.
    pub(super) fn count_stored<'a>(
        &self,
        accepted: &Accepted,
        offered: impl Iterator<Item = (&'a Owed, bool)>,
    ) {
        if matches!(accepted.link, Some(LinkAnswer::OutOfOrder { .. })) {
            // It is counted where it is refused.
            return;
        }
        for (index, (owed, is_routed)) in offered.enumerate() {
            if accepted.repeated.contains(&index) {
                self.counts.repeated.one();
            } else {
                self.count_accepted(owed, is_routed);
            }
        }
        for _ in &accepted.reused {
            self.warn("control_id_reused");
        }
    }

    pub(super) fn warn(&self, kind: &'static str) {
        counter!(names::WARNINGS, "listener" => Arc::clone(&self.listener), "kind" => kind).increment(1);
    }

    /// The reply is known: so long it took.
    pub(super) fn answered(&self, arrived: Instant) {
        let seconds = arrived.elapsed().as_secs_f64();
        self.counts.acknowledgment_seconds.record(seconds);
    }

    pub(super) fn acceptance(&self, message: &Message, mut dispatch: Dispatch) -> Acceptance {
        let told = self.told(&mut dispatch);
        // What nobody is owed cannot be delivered twice.
        let remembered = self.settings.remembered.filter(|_| !dispatch.is_empty());
        // Untouched and preserved: the frame's own bytes, not a copy.
        let raw = message.write(Terminators::Preserve);
        Acceptance {
            received_at: dispatch.received_at,
            listener: Arc::clone(&self.listener),
            control_id: Bytes::copy_from_slice(message.header().control_id()),
            site_version: Arc::clone(&self.site_version),
            charsets: stored::to_keep(std::iter::once((&raw, message.charset())).chain(dispatch.made())),
            raw,
            results: dispatch.results,
            deliveries: dispatch.deliveries,
            dead: dispatch.dead,
            window: remembered.map(|remembered| Window {
                identity: identity(&message.header()),
                within: remembered.within,
                count_max: remembered.count_max,
            }),
            instead_of: None,
            link: None,
            told,
        }
    }

    /// Closes the connection on so many messages.
    pub(super) fn close_unanswered(&self, messages: u64) -> Reply {
        self.counts.refused.add(messages);
        Reply {
            close: true,
            ruling: Ruling::Unavailable,
            ..Reply::default()
        }
    }

    /// The answer to a message that was not stored; `None` where it is to be none.
    pub(super) fn not_stored(&self, failure: &OutboxError) -> Option<Refusal> {
        let code = ErrorCode::ApplicationInternal;
        match failure {
            OutboxError::TooLarge { what, limit } => {
                if let Some(leave) = self.lines.leave("too_large") {
                    let left_out = leave.left_out;
                    warn!(listener = %self.listener, what, limit, left_out, "a message is too large to be stored");
                }
                return Some(reject(code, "the message is too large to be stored"));
            }
            // The outbox has said so once, however many messages come meanwhile.
            OutboxError::Full { what } => {
                debug!(listener = %self.listener, what, "a message was not accepted: the outbox is full");
            }
            OutboxError::Failed(_)
            | OutboxError::Closed
            | OutboxError::NoSuchResult
            | OutboxError::Read(_) => {
                error!(listener = %self.listener, %failure, "a message was not accepted");
            }
        }
        let text = "the message cannot be stored now, send it again later";
        match self.settings.unavailable {
            Unavailable::Reject => Some(reject(code, text)),
            Unavailable::Error => Some(Refusal::error(vec![Fault::new(code, None, text)])),
            Unavailable::Close => None,
        }
    }

    fn refuse_too_large(&self, prefix: &[u8]) -> Reply {
        let text = "the message is larger than this listener takes";
        let refusal = reject(ErrorCode::ApplicationInternal, text);
        let reply = self.refuse(self.header(prefix).as_ref(), &refusal);
        Reply { close: true, ..reply }
    }

    /// Not so much as parsed, but for its header: whatever weir does with it may end the process once more.
    fn refuse_quarantined(&self, bytes: &[u8]) -> Reply {
        self.counts.quarantined.one();
        let text = "weir crashed twice with this message in hand and does not take it again";
        let refusal = reject(ErrorCode::ApplicationInternal, text);
        self.refuse(self.header(bytes).as_ref(), &refusal)
    }

    /// What is no message is answered as far as its header can be read; without one, with a header of our own.
    pub(super) fn refuse_unfit(&self, bytes: &Bytes, unfit: Unfit) -> Reply {
        let header = self.header(bytes);
        if header.is_none() && self.settings.malformed == Malformed::Close {
            self.counts.refused.one();
            return Reply {
                close: true,
                ruling: Ruling::Rejected("no message".to_owned()),
                ..Reply::default()
            };
        }
        self.refuse(header.as_ref(), &unfit.refusal())
    }

    pub(super) fn refuse(&self, header: Option<&Header<'_>>, refusal: &Refusal) -> Reply {
        self.refuse_by(&self.acknowledger, header, refusal)
    }

    pub(super) fn refuse_by(
        &self,
        acknowledger: &Acknowledger,
        header: Option<&Header<'_>>,
        refusal: &Refusal,
    ) -> Reply {
        self.counts.refused.one();
        for fault in &refusal.faults {
            let code = fault.code.number();
            debug!(listener = %self.listener, code, text = fault.text, "refused");
            counter!(names::FAULTS, "listener" => Arc::clone(&self.listener), "code" => code.to_string())
                .increment(1);
        }
        acknowledger.refuse(header, refusal)
    }
}

/// A message that is not refused, unless by the outbox.
struct Taken {
    link: Option<Link>,
    dispatch: Dispatch,
    /// Who waits for a destination's answer to it.
    waiter: Option<Waiter>,
}

/// Why bytes are not taken.
pub(super) enum Unfit {
    /// They are no message.
    Unparsed(ParseError),
    /// They are one that this listener does not take.
    Refused(Refusal),
}

impl Unfit {
    pub(super) fn refusal(self) -> Refusal {
        match self {
            Unfit::Unparsed(problem) => problem.refusal(),
            Unfit::Refused(refusal) => refusal,
        }
    }
}

/// Works the reply out in a task of its own: a sender that has gone away does not keep its message from being
/// counted.
pub(super) fn answering(reply: impl Future<Output = Reply> + Send + 'static) -> BoxFuture<'static, Reply> {
    // Without an answer the sender sends again.
    let unanswered = || Reply {
        close: true,
        ruling: Ruling::Unavailable,
        ..Reply::default()
    };
    let reply = tokio::spawn(reply);
    reply
        .map(move |reply| reply.unwrap_or_else(|_| unanswered()))
        .boxed()
}

/// Waits for the outcome of an offer.
pub(super) async fn committed(offered: Result<Pending, OutboxError>) -> Result<Accepted, OutboxError> {
    offered?.await
}

/// The reply to what could not be stored: unless it is too large, it may be another time.
pub(super) fn unstored(reply: Reply, failure: &OutboxError) -> Reply {
    if matches!(failure, OutboxError::TooLarge { .. }) {
        return reply;
    }
    Reply {
        ruling: Ruling::Unavailable,
        ..reply
    }
}

/// What names a message: who sent it (MSH-3, MSH-4) and its control id (MSH-10).
fn identity(header: &Header<'_>) -> [u8; 16] {
    hash_of([
        header.sending_application(),
        header.sending_facility(),
        header.control_id(),
    ])
}

pub(super) fn hash_of(parts: [&[u8]; 3]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        // Lengths before contents, so that no two names run together to the same bytes.
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut hash = [0; 16];
    hasher.finalize_xof().fill(&mut hash);
    hash
}

pub(super) fn reject(code: ErrorCode, text: &str) -> Refusal {
    Refusal::rejection(vec![Fault::new(code, None, text)])
}

/// Table 0357: 201 when messages of this type are taken for other events, else 200.
fn unsupported(is_type_known: bool, text: &str) -> Refusal {
    let code = if is_type_known {
        ErrorCode::UnsupportedEventCode
    } else {
        ErrorCode::UnsupportedMessageType
    };
    reject(code, text)
}

/// Table 0357, 100: what stands before MSH makes a rejection, terminators that are not CR an error.
fn layout_refusal(warnings: &[Warning]) -> Option<Refusal> {
    let has = |deviations: &[Warning]| warnings.iter().any(|warning| deviations.contains(warning));
    let fault = |text: &str| vec![Fault::new(ErrorCode::SegmentSequence, None, text)];
    if has(&[Warning::ByteOrderMark, Warning::LeadingBlanks]) {
        return Some(Refusal::rejection(fault(
            "this listener expects nothing before MSH",
        )));
    }
    let terminators = [
        Warning::Terminators,
        Warning::BlankLines,
        Warning::LastTerminatorMissing,
    ];
    has(&terminators).then(|| Refusal::error(fault("this listener expects each segment to end in one CR")))
}
