//! What the answer to a POST means for the delivery.
//!
//! An acknowledgment in the body that names the message decides, whatever the status: receivers answer AE with 500 and
//! AR with 400 as HL7 over HTTP has it, or everything with 200. Without one, the status decides what is tried again.

use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use hyper::http::response::Parts;
use jiff::fmt::rfc2822;

use super::Acknowledged;
use crate::destination::{DeliveryError, Receipt};
use crate::hl7::{Acknowledgment, Header};
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
    ) -> Result<Receipt, DeliveryError> {
        let status = self.status;
        match Acknowledgment::parse_assuming(unframed(&self.body), header.charset()) {
            Ok(found) if found.control_id == header.control_id() => {
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
        let meant = match answer.meaning(&header, acknowledged) {
            Ok(Receipt { code: Some(code), .. }) => code.to_string(),
            Ok(Receipt { code: None, .. }) => "delivered".to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(meant.starts_with(expected), "{status} {body}: {meant}");
        assert!(!meant.contains("SECRET"), "{meant}");
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
            let receipt = answer.meaning(&header, Acknowledged::Message).unwrap();
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
