//! What every kind has in common, and what each has of its own.

mod conformance;
mod file;
mod http;
mod mllp;
pub(crate) mod postgres;
mod sql;

use bytes::Bytes;

use super::{DeliveryError, Outgoing, Receipt, Terminators, parse};

fn message(control_id: &str) -> Outgoing {
    outgoing(&format!(
        "MSH|^~\\&|EHR|WEST|LAB|EAST|20260301||ADT^A01|{control_id}|P|2.5.1\rPID|||1\r"
    ))
}

fn outgoing(text: &str) -> Outgoing {
    Outgoing {
        sequence: 1,
        bytes: Bytes::copy_from_slice(text.as_bytes()),
        charset: None,
    }
}

fn ack(code: &str, control_id: &str) -> String {
    format!("MSH|^~\\&|LAB|EAST|EHR|WEST|20260301||ACK^A01^ACK|9|P|2.5.1\rMSA|{code}|{control_id}\r")
}

/// What an attempt came to, in a word or two.
fn word(result: &Result<Receipt, DeliveryError>) -> String {
    match result {
        Ok(Receipt { code: Some(code), .. }) => code.to_string(),
        Ok(Receipt { code: None, .. }) => "delivered".to_owned(),
        Err(DeliveryError::Refused(answer)) => match answer.error_code {
            Some(error_code) => format!("refused {}/{error_code}", answer.code),
            None => format!("refused {}", answer.code),
        },
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_stands_before_a_message_leaves_with_it_but_for_a_frame_start() {
    let check = |terminators: Terminators, before: &str, left: &str| {
        let stored = outgoing(&format!("{before}MSH|^~\\&|A\rPID|1\r"));
        let sent = terminators.apply(&stored.bytes, &parse(&stored).unwrap());
        assert_eq!(sent, format!("{left}MSH|^~\\&|A\rPID|1\r"));
    };
    check(Terminators::Cr, "\u{b}", "");
    check(Terminators::Cr, "\u{feff}\u{b}", "");
    check(Terminators::Cr, "\u{feff} ", "\u{feff} ");
    check(Terminators::Preserve, "\u{b}", "\u{b}");
}
