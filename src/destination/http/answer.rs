//! What the answer to a POST means for the delivery.
//!
//! An acknowledgment in the body that names the message decides, whatever the status: receivers answer AE with 500 and
//! AR with 400 as HL7 over HTTP has it, or everything with 200. Without one, the status decides what is tried again;
//! a success with an empty body is all that comes of a message that asks for no acknowledgment.

use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use hyper::http::response::Parts;
use jiff::fmt::rfc2822;

use super::Acknowledged;
use crate::destination::{ControlId, DeliveryError, Receipt};
use crate::hl7::ack::{AckError, Acknowledgments, Asked};
use crate::hl7::{Acknowledgment, Header, batch};
use crate::mllp::unframed;

/// An answer, read whole.
pub(super) struct Answer {
    status: StatusCode,
    retry_after: Option<Duration>,
    body: Bytes,
}

impl Answer {
    pub(super) fn new(head: &Parts, body: Bytes) -> Answer {
        Answer {
            status: head.status,
            retry_after: retry_after(&head.headers),
            body,
        }
    }

    /// What it means for the message with this header.
    pub(super) fn meaning(
        self,
        header: &Header<'_>,
        acknowledged: Acknowledged,
        control_id: ControlId,
    ) -> Result<Receipt, DeliveryError> {
        let status = self.status;
        match self.acknowledgment(header, control_id) {
            Ok(found) if control_id.names(&found.control_id, header.control_id()) => {
                return match (found.code.is_accept(), status.is_success()) {
                    (true, true) => Ok(Receipt {
                        code: Some(found.code),
                        answer: Some(found.raw),
                    }),
                    (true, false) => Err(DeliveryError::no_acknowledgment(format_args!(
                        "status {} with {}: expected both to say the same",
                        status.as_u16(),
                        found.code
                    ))),
                    (false, _) => Err(DeliveryError::Refused(found)),
                };
            }
            Ok(_) if status.is_success() => {
                return Err(DeliveryError::no_acknowledgment(
                    "MSA-2: expected the control id that was sent",
                ));
            }
            Err(_) if status.is_success() && acknowledged == Acknowledged::Message && self.is_empty() => {
                if Asked::of(header).on_success() != Acknowledgments::None {
                    return Err(DeliveryError::no_acknowledgment(format_args!(
                        "status {} and nothing else, expected an acknowledgment",
                        status.as_u16()
                    )));
                }
            }
            Err(error) if status.is_success() && acknowledged == Acknowledged::Message => {
                return Err(DeliveryError::no_acknowledgment(error));
            }
            Ok(_) | Err(_) => {}
        }
        let number = status.as_u16();
        match number {
            200..=299 => Ok(Receipt::default()),
            408 | 425 | 429 | 503 => Err(DeliveryError::Busy {
                reason: format!("status {number}"),
                retry_after: self.retry_after,
            }),
            // The site and the receiver do not agree where or by whom: no fault of any message.
            300..=399 => Err(DeliveryError::unreachable(format_args!(
                "status {number}: redirects are not followed: write the address it leads to"
            ))),
            401 | 403 | 404 | 405 | 407 => Err(DeliveryError::unreachable(format_args!(
                "status {number}: check `url` and `headers` of this destination"
            ))),
            400..=499 => Err(DeliveryError::impossible(format_args!(
                "refused with status {number}"
            ))),
            _ => Err(DeliveryError::no_acknowledgment(format_args!("status {number}"))),
        }
    }

    /// The acknowledgment in the body. In enhanced mode there may be two, each with a header of its own: the last one
    /// of the application says more than one of acceptance, and one that names the message more than any other.
    fn acknowledgment(&self, header: &Header<'_>, control_id: ControlId) -> Result<Acknowledgment, AckError> {
        let is_ours = |found: &Acknowledgment| control_id.names(&found.control_id, header.control_id());
        let body = unframed(&self.body);
        let read = |bytes| Acknowledgment::parse_assuming(bytes, header.charset());
        let found = batch::split(&body).map(read).max_by_key(|found| {
            let found = found.as_ref().ok();
            found.map(|found| (is_ours(found), !found.code.is_commit()))
        });
        found.unwrap_or_else(|| read(body.clone()))
    }

    /// Whether the body holds nothing.
    fn is_empty(&self) -> bool {
        unframed(&self.body).trim_ascii().is_empty()
    }
}

/// How long the receiver asks to be left alone: seconds, or a date, which is read by the receiver's own clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok();
    let asked = text(RETRY_AFTER)?;
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = |text: &str| rfc2822::parse(text).ok();
    let pause = moment(asked)?.duration_since(&moment(text(DATE)?)?);
    Some(pause.try_into().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, body: &str, acknowledged: Acknowledged, expected: &str) {
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: None,
            body: Bytes::copy_from_slice(body.as_bytes()),
        };
        let header = Header::parse(b"MSH|^~\\&|||||||ADT|1|\r").unwrap();
        let meant = match answer.meaning(&header, acknowledged, ControlId::Exact) {
            Ok(Receipt { code: Some(code), .. }) => code.to_string(),
            Ok(Receipt { code: None, .. }) => "delivered".to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(meant.starts_with(expected), "{status} {body}: {meant}");
        assert!(!meant.contains("SECRET"), "{meant}");
    }

    #[test]
    fn of_two_acknowledgments_that_of_the_application_counts() {
        let both = |first: &str, second: &str| first.to_owned() + second;
        let (accepted, taken, refused) = (ack("CA", "1"), ack("AA", "1"), ack("AE", "1"));
        let other = ack("AA", "2");
        for (body, expected) in [
            (both(&accepted, &taken), "AA"),
            (both(&taken, &accepted), "AA"),
            (both(&accepted, &refused), "refused with AE"),
            (both(&accepted, &other), "CA"),
            (both(&other, &refused), "refused with AE"),
            (both(&other, &other), "no acknowledgment: MSA-2"),
            (format!("\r\n{accepted}\r\n{taken}"), "AA"),
            (format!("BHS|^~\\&|\r{taken}BTS|1\r"), "AA"),
        ] {
            check(200, &body, Acknowledged::Message, expected);
        }
    }

    #[test]
    fn a_control_id_may_be_cut_or_another_where_a_site_says_so() {
        let check = |control_id: ControlId, answered: &str, is_ours: bool| {
            let answer = Answer {
                status: StatusCode::OK,
                retry_after: None,
                body: format!("{}{}", ack("CA", "9"), ack("AA", answered)).into(),
            };
            let header = Header::parse(b"MSH|^~\\&|||||||ADT|123|P|2.5.1").unwrap();
            let meant = answer.meaning(&header, Acknowledged::Message, control_id);
            assert_eq!(meant.is_ok(), is_ours, "{control_id:?} {answered}: {meant:?}");
        };
        check(ControlId::Exact, "12", false);
        check(ControlId::Prefix, "12", true);
        check(ControlId::Prefix, "13", false);
        check(ControlId::Any, "13", true);
    }

    #[test]
    fn what_asks_for_no_acknowledgment_is_delivered_without_one() {
        let check = |header: &str, status: u16, body: &'static str, expected: &str| {
            let answer = Answer {
                status: StatusCode::from_u16(status).unwrap(),
                retry_after: None,
                body: Bytes::from(body),
            };
            let header = Header::parse(header.as_bytes()).unwrap();
            let meant = answer.meaning(&header, Acknowledged::Message, ControlId::Exact);
            let meant = meant.map_or_else(|error| error.to_string(), |receipt| format!("{receipt:?}"));
            assert_eq!(meant, expected, "{header:?} {status}");
        };
        let delivered = "Receipt(None, None bytes)";
        for unasked in [
            "MSH|^~\\&|||||||ACK|1|P|2.5.1",
            "MSH|^~\\&|||||||ADT|1|P|2.5.1|||NE|NE",
            "MSH|^~\\&|||||||ADT|1|P|2.5.1|||ER|",
        ] {
            check(unasked, 204, "", delivered);
            check(unasked, 200, "\r\n", delivered);
            check(unasked, 503, "", "busy: status 503");
            check(
                unasked,
                200,
                "fine",
                "no acknowledgment: byte 0: expected MSH as the first segment",
            );
            check(unasked, 200, "MSH|^~\\&|LAB\rMSA|AE|1\r", "refused with AE");
        }
        for asked in [
            "MSH|^~\\&|||||||ADT|1|P|2.5.1",
            "MSH|^~\\&|||||||ADT|1|P|2.5.1|||AL|NE",
        ] {
            let nothing = "no acknowledgment: status 204 and nothing else, expected an acknowledgment";
            check(asked, 204, "", nothing);
        }
    }

    fn ack(code: &str, control_id: &str) -> String {
        format!("MSH|^~\\&|LAB\rMSA|{code}|{control_id}\r")
    }

    #[test]
    fn an_acknowledgment_decides_whatever_the_status() {
        for acknowledged in [Acknowledged::Message, Acknowledged::Status] {
            check(200, &ack("AA", "1"), acknowledged, "AA");
            check(202, &ack("CA", "1"), acknowledged, "CA");
            for status in [200, 400, 401, 500, 503] {
                check(status, &ack("AE", "1"), acknowledged, "refused with AE");
                check(status, &ack("AR", "1"), acknowledged, "refused with AR");
            }
            check(
                500,
                &ack("AA", "1"),
                acknowledged,
                "no acknowledgment: status 500 with AA",
            );
            check(200, &ack("AA", "2"), acknowledged, "no acknowledgment: MSA-2");
        }
    }

    #[test]
    fn a_frame_around_it_is_none_of_it() {
        let header = Header::parse(b"MSH|^~\\&|||||||ADT|1|\r").unwrap();
        let acknowledgment = ack("AA", "1");
        for (before, after) in [
            ("", ""),
            ("\u{b}", "\u{1c}\r"),
            ("\r\n\u{b}", "\u{1c}"),
            ("\u{b}", "\u{1c}\r\n"),
        ] {
            let answer = Answer {
                status: StatusCode::OK,
                retry_after: None,
                body: format!("{before}{acknowledgment}{after}").into(),
            };
            let receipt = answer
                .meaning(&header, Acknowledged::Message, ControlId::Exact)
                .unwrap();
            assert_eq!(receipt.answer.unwrap(), acknowledgment, "{before:?} {after:?}");
        }
    }

    #[test]
    fn without_one_the_status_decides_what_is_tried_again() {
        #[rustfmt::skip]
        let rows = [
            (302, "unreachable: status 302"),
            (400, "cannot be delivered: refused with status 400"),
            (401, "unreachable: status 401"),
            (404, "unreachable: status 404"),
            (408, "busy: status 408"),
            (413, "cannot be delivered: refused with status 413"),
            (422, "cannot be delivered: refused with status 422"),
            (429, "busy: status 429"),
            (500, "no acknowledgment: status 500"),
            (502, "no acknowledgment: status 502"),
            (503, "busy: status 503"),
        ];
        for (status, expected) in rows {
            for body in [
                "",
                "<html>SECRET</html>",
                &ack("AR", "2"),
                "{\"name\": \"SECRET\"}",
            ] {
                check(status, body, Acknowledged::Message, expected);
                check(status, body, Acknowledged::Status, expected);
            }
        }
        for status in [200, 201, 204] {
            check(
                status,
                "{\"name\": \"SECRET\"}",
                Acknowledged::Message,
                "no acknowledgment: ",
            );
            check(status, "", Acknowledged::Message, "no acknowledgment: ");
            check(status, "", Acknowledged::Status, "delivered");
        }
    }

    #[test]
    fn a_receiver_may_ask_for_a_pause() {
        let check = |headers: &[(HeaderName, &'static str)], expected: Option<u64>| {
            let headers = headers.iter().cloned();
            let headers: HeaderMap = headers
                .map(|(name, text)| (name, text.parse().unwrap()))
                .collect();
            assert_eq!(retry_after(&headers).map(|pause| pause.as_secs()), expected);
        };
        let later = (RETRY_AFTER, "Sun, 01 Mar 2026 08:05:00 GMT");
        check(&[(RETRY_AFTER, "120")], Some(120));
        check(
            &[later.clone(), (DATE, "Sun, 01 Mar 2026 08:04:15 GMT")],
            Some(45),
        );
        check(&[later.clone(), (DATE, "Sun, 01 Mar 2026 08:06:00 GMT")], Some(0));
        check(&[later], None);
        check(&[(RETRY_AFTER, "soon")], None);
        check(&[(RETRY_AFTER, "-1")], None);
        check(&[], None);
    }
}
