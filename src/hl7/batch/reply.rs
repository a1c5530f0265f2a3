//! The batch that answers a batch: headers swapped, the control id of the batch answered in BHS-12, and in it an
//! acknowledgment for each message (HL7 v2.5.1, 2.10.3.3).

use std::borrow::Cow;

use super::Transfer;
use crate::hl7::ack::{AckStamp, echoed};
use crate::hl7::header::Header;

/// Wraps the acknowledgments of a transfer's messages into a batch. A bare sequence of messages is answered by a
/// batch too, which names none.
pub fn reply(transfer: &Transfer, acknowledgments: &[impl AsRef<[u8]>], stamp: &AckStamp<'_>) -> Vec<u8> {
    let answered = transfer.header();
    let answered = answered
        .as_ref()
        .and_then(|header| Header::parse_assuming(header, transfer.assumed()).ok());
    let separator = answered.as_ref().map_or(b'|', |header| header.delimiters().field);
    let encoding_characters = answered
        .as_ref()
        .map_or(&[] as &[u8], Header::encoding_characters);
    let encoding_characters = match encoding_characters {
        b"" => b"^~\\&",
        declared => declared,
    };
    let of = |number| {
        let header = answered.as_ref();
        header.map_or_else(Cow::default, |header| {
            echoed(header.field(number), header.delimiters())
        })
    };
    let reference = if transfer.has_envelope() {
        of(10)
    } else {
        Cow::default()
    };
    let fields = [
        b"BHS",
        encoding_characters,
        &of(5),
        &of(6),
        &of(3),
        &of(4),
        stamp.timestamp.as_bytes(),
        b"",
        b"",
        b"",
        stamp.control_id.as_bytes(),
        &reference,
    ];
    let mut out = fields.join(&separator);
    while out.last() == Some(&separator) {
        out.pop();
    }
    out.push(b'\r');
    for acknowledgment in acknowledgments {
        out.extend_from_slice(acknowledgment.as_ref());
    }
    out.extend_from_slice(b"BTS");
    out.push(separator);
    out.extend_from_slice(acknowledgments.len().to_string().as_bytes());
    out.push(b'\r');
    out
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn check(file: &'static str, expected: &str) {
        let transfer = Transfer::read(&Bytes::from_static(file.as_bytes()), 10, None);
        let stamp = AckStamp {
            control_id: "W1",
            timestamp: "2026",
            sequence_number: None,
        };
        let answer = reply(&transfer, &["MSH|1\r", "MSH|2\r"], &stamp);
        assert_eq!(String::from_utf8(answer).unwrap(), expected);
    }

    #[test]
    fn answers_a_batch_with_a_batch() {
        check(
            "BHS|^~\\&|E|F|G|H|2027||||B7\rMSH|^~\\&|A\rBTS|1\r",
            "BHS|^~\\&|G|H|E|F|2026||||W1|B7\rMSH|1\rMSH|2\rBTS|2\r",
        );
        check(
            "MSH|^~\\&|A|B|C|D|||ADT|7\rMSH|^~\\&|A\r",
            "BHS|^~\\&|C|D|A|B|2026||||W1\rMSH|1\rMSH|2\rBTS|2\r",
        );
        check("", "BHS|^~\\&|||||2026||||W1\rMSH|1\rMSH|2\rBTS|2\r");
        check(
            "BHS|^~\\&|E\u{1c}|F|G|H|2027||||B7\rMSH|^~\\&|A\rBTS|1\r",
            "BHS|^~\\&|G|H|E\\X1C\\|F|2026||||W1|B7\rMSH|1\rMSH|2\rBTS|2\r",
        );
    }
}
