//! The sequence number protocol on a listener: MSH-13 read, and what the outbox says of it told in MSA-4.
//!
//! Which number is expected is the outbox's to know, since it must be as durable as the message. Nothing here keeps
//! a number or stores a message.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use crate::clock;
use crate::config::SequenceNumbers;
use crate::hl7::ack::is_acknowledgment;
use crate::hl7::{ErrorCode, Fault, FieldPath, Header, Location, Message, ParseLimits, Refusal, SegmentName};
use crate::listener::Reply;
use crate::outbox::{Acceptance, Accepted, Link, LinkAnswer, LinkNumber, OutboxError};

use super::intake::{Intake, Sender, Unfit, answering, committed, hash_of, unstored};
use super::stored;

/// The largest number in a sequence: MSH-13 has 15 digits.
const NUMBER_MAX: u64 = 999_999_999_999_999;
/// MSA-4 where any number is taken next, and MSH-13 of who starts anew.
const ANY: i64 = -1;

impl Intake {
    /// A message's place in the sequence of its sender, where this listener looks at it.
    ///
    /// An acknowledgment has none: it is never answered, so its sender could not learn what is expected.
    pub(super) fn link(&self, header: &Header<'_>) -> Result<Option<Link>, Refusal> {
        if self.settings.sequence_numbers == SequenceNumbers::Ignore || is_acknowledgment(header) {
            return Ok(None);
        }
        let number = number(header.sequence_number()).map_err(|fault| Refusal::error(vec![fault]))?;
        Ok(Some(self.link_of(header, number)))
    }

    /// The link that a frame opens, if that is what it is there for: MSH-13 is 0 or -1.
    pub(super) fn opened_link(&self, bytes: &Bytes) -> Option<Link> {
        if self.settings.sequence_numbers == SequenceNumbers::Ignore {
            return None;
        }
        let header = self.header(bytes)?;
        match number(header.sequence_number()).ok()? {
            LinkNumber::Of(_) | LinkNumber::Known { .. } => None,
            number @ (LinkNumber::Start | LinkNumber::Resynchronize) => Some(self.link_of(&header, number)),
        }
    }

    fn link_of(&self, header: &Header<'_>, number: LinkNumber) -> Link {
        let sender = [header.sending_application(), header.sending_facility()];
        Link {
            id: hash_of([self.listener.as_bytes(), sender[0], sender[1]]),
            number,
        }
    }

    /// Answers a message that opens a link: it has no content, is delivered to nobody, and its sender learns by which
    /// number to go on.
    pub(super) async fn open_link(
        self: Arc<Self>,
        bytes: &Bytes,
        link: Link,
        sender: &Sender,
        arrived: Instant,
    ) -> BoxFuture<'static, Reply> {
        let message = match self.read_opening(bytes, sender) {
            Ok(message) => message,
            Err(unfit) => return self.refused(bytes, self.refuse_unfit(bytes, unfit)).await,
        };
        let charset = message.charset();
        let header = message.segments().next().map(|msh| [msh.raw(), b"\r"].concat());
        let acceptance = Acceptance {
            received_at: clock::now(),
            listener: Arc::clone(&self.listener),
            control_id: Bytes::new(),
            site_version: Arc::clone(&self.site_version),
            charsets: stored::to_keep(std::iter::once((bytes, charset))),
            raw: bytes.clone(),
            results: Vec::new(),
            deliveries: Vec::new(),
            dead: Vec::new(),
            window: None,
            instead_of: None,
            link: Some(link),
            told: self.told_unrouted(),
        };
        let offered = self.outbox.offer(acceptance).await;
        answering(async move {
            let committed = committed(offered).await;
            let header = header.unwrap_or_default();
            let reply = match Header::parse_assuming(&header, charset) {
                Ok(header) => {
                    if committed.is_ok() {
                        self.counts.unrouted.one();
                    }
                    self.reply(&header, committed)
                }
                // It was parsed before.
                Err(_) => self.close_unanswered(1),
            };
            self.answered(arrived);
            reply
        })
    }

    /// A message that opens a link: its type does not matter, and behind MSH stands nothing that would be lost.
    fn read_opening(&self, bytes: &Bytes, sender: &Sender) -> Result<Message, Unfit> {
        let message = Message::parse_assuming(bytes.clone(), &ParseLimits::default(), self.settings.charset)
            .map_err(Unfit::Unparsed)?;
        self.check_sender(&message.header(), sender)
            .map_err(Unfit::Refused)?;
        if let Err(mut refusal) = message.header().check(&self.settings.expected) {
            let of_type = |fault: &Fault| fault.location.and_then(|place| place.field) == Some(9);
            refusal.faults.retain(|fault| !of_type(fault));
            if !refusal.faults.is_empty() {
                return Err(Unfit::Refused(refusal));
            }
        }
        let is_null = |value: &[u8]| value.is_empty() || value == b"\"\"";
        let is_empty = message
            .segments()
            .skip(1)
            .all(|segment| segment.fields().all(|(_, value)| is_null(value)));
        if is_empty {
            return Ok(message);
        }
        let text = "a message with sequence number 0 or -1 has no content behind MSH";
        Err(Unfit::Refused(Refusal::error(vec![fault(
            ErrorCode::DataType,
            text,
        )])))
    }

    /// What the commit means for the sender.
    pub(super) fn reply(&self, header: &Header<'_>, committed: Result<Accepted, OutboxError>) -> Reply {
        match committed {
            Ok(accepted) => match accepted.link {
                None => self.acknowledger.accept(header),
                Some(LinkAnswer::OutOfOrder { expected }) => self.refuse_out_of_order(header, expected),
                Some(answer) => self.acknowledger.telling(told(answer)).accept(header),
            },
            Err(failure) => match self.not_stored(&failure) {
                Some(refusal) => unstored(self.refuse(Some(header), &refusal), &failure),
                None => self.close_unanswered(1),
            },
        }
    }

    fn refuse_out_of_order(&self, header: &Header<'_>, expected: u64) -> Reply {
        let text = format!("expected sequence number {expected}");
        let refusal = Refusal::rejection(vec![fault(ErrorCode::ApplicationInternal, &text)]);
        let told = told(LinkAnswer::OutOfOrder { expected });
        self.refuse_by(&self.acknowledger.telling(told), Some(header), &refusal)
    }
}

/// MSA-4: the number itself while all goes well, or the one expected.
fn told(answer: LinkAnswer) -> i64 {
    let number = match answer {
        LinkAnswer::Taken(number)
        | LinkAnswer::Repeated { expected: number }
        | LinkAnswer::OutOfOrder { expected: number }
        | LinkAnswer::Told {
            expected: Some(number),
        } => number,
        LinkAnswer::Told { expected: None } => return ANY,
    };
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What MSH-13 says.
fn number(field: &[u8]) -> Result<LinkNumber, Fault> {
    let text = std::str::from_utf8(field).unwrap_or_default().trim();
    if field.is_empty() {
        let text = "expected a sequence number: this listener counts the messages of each sender";
        return Err(fault(ErrorCode::RequiredFieldMissing, text));
    }
    match text.parse::<i64>() {
        Ok(0) => Some(LinkNumber::Start),
        Ok(ANY) => Some(LinkNumber::Resynchronize),
        Ok(number) => u64::try_from(number)
            .ok()
            .filter(|number| *number <= NUMBER_MAX)
            .map(LinkNumber::Of),
        Err(_) => None,
    }
    .ok_or_else(|| {
        fault(
            ErrorCode::DataType,
            "expected a sequence number: -1, 0, or 1 to 15 digits",
        )
    })
}

fn fault(code: ErrorCode, text: &str) -> Fault {
    let location = FieldPath::of_field(SegmentName::MSH, 13);
    Fault::new(code, location.as_ref().map(Location::from), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_msh_13_says() {
        let check = |field: &str, expected: Result<LinkNumber, u16>| {
            let read = number(field.as_bytes()).map_err(|fault| fault.code.number());
            assert_eq!(read, expected, "{field}");
        };
        check("0", Ok(LinkNumber::Start));
        check("-1", Ok(LinkNumber::Resynchronize));
        check("1", Ok(LinkNumber::Of(1)));
        check("007", Ok(LinkNumber::Of(7)));
        check("999999999999999", Ok(LinkNumber::Of(NUMBER_MAX)));
        check("", Err(101));
        for wrong in [
            "-2",
            "1000000000000000",
            "99999999999999999999",
            "1.5",
            "x",
            "1~2",
            " ",
        ] {
            check(wrong, Err(102));
        }
    }

    #[test]
    fn what_msa_4_says() {
        for (answer, expected) in [
            (LinkAnswer::Taken(5), 5),
            (LinkAnswer::Repeated { expected: 6 }, 6),
            (LinkAnswer::OutOfOrder { expected: 6 }, 6),
            (LinkAnswer::Told { expected: Some(6) }, 6),
            (LinkAnswer::Told { expected: None }, -1),
        ] {
            assert_eq!(told(answer), expected, "{answer:?}");
        }
    }
}
