//! Building an acknowledgment: header swapped, control id echoed byte for byte, one ERR per fault.
//!
//! Needs no more than the header of what is answered; without one it answers with a header of its own.

use std::borrow::Cow;

use super::AcknowledgmentCode;
use crate::hl7::delimiters::Delimiters;
use crate::hl7::escape;
use crate::hl7::fault::{Fault, Location, Severity};
use crate::hl7::header::Header;
use crate::hl7::segment::slice;

/// The version an answer claims when the message does not say which it is.
const VERSION_ASSUMED: &[u8] = b"2.5.1";
/// MSH-2 of an answer to what declares none.
const ENCODING_CHARACTERS: &[u8] = b"^~\\&";
/// The length of MSA-3 (HL7 v2.5.1, 2.15.8.3).
const MSA_TEXT_CHARS_MAX: usize = 80;

/// What an answer has of its own.
#[derive(Debug, Clone, Copy)]
pub struct AckStamp<'a> {
    /// MSH-10 of the answer: new, unique, at most 20 characters.
    pub control_id: &'a str,
    /// MSH-7 of the answer: the time now, with its offset.
    pub timestamp: &'a str,
    /// MSA-4: the sequence number that is echoed or expected; -1 where any is taken.
    pub sequence_number: Option<i64>,
}

/// Builds the answer to the message with this header; `None` where no header could be read.
///
/// Faults become ERR segments of a negative answer, in the form the message's version knows.
pub fn build(
    header: Option<&Header<'_>>,
    code: AcknowledgmentCode,
    faults: &[Fault],
    stamp: &AckStamp<'_>,
) -> Vec<u8> {
    // Where MSH-2 is missing, ours stands in; not beside a field separator that is one of ours.
    let header = header.filter(|header| {
        !header.encoding_characters().is_empty() || !ENCODING_CHARACTERS.contains(&header.delimiters().field)
    });
    let mut answer = Answer {
        out: Vec::with_capacity(512),
        delimiters: header.map_or_else(Delimiters::default, |header| *header.delimiters()),
        version: header.and_then(Header::version).unwrap_or([2, 5, 1]),
    };
    answer.msh(header, code, stamp);
    let faults = if code.is_accept() { &[] } else { faults };
    answer.msa(header, code, faults, stamp);
    if answer.version < [2, 5, 0] {
        answer.err_before_2_5(faults);
    } else {
        for fault in faults {
            answer.err(fault);
        }
    }
    answer.out
}

/// An answer being written.
struct Answer {
    out: Vec<u8>,
    delimiters: Delimiters,
    version: [u8; 3],
}

impl Answer {
    fn msh(&mut self, header: Option<&Header<'_>>, code: AcknowledgmentCode, stamp: &AckStamp<'_>) {
        let received = |number| header.map_or(&[] as &[u8], |header| header.field(number));
        let trigger = header.map_or(&[] as &[u8], Header::trigger_event);
        let or = |value: &'_ [u8], otherwise: &'static [u8]| {
            if value.is_empty() {
                otherwise.to_vec()
            } else {
                value.to_vec()
            }
        };
        let message_type = self.message_type(trigger);
        self.out.extend_from_slice(b"MSH");
        self.out.push(self.delimiters.field);
        self.out.extend_from_slice(&or(received(2), ENCODING_CHARACTERS));
        for number in [5, 6, 3, 4] {
            self.field(received(number));
        }
        self.field(stamp.timestamp.as_bytes());
        self.field(b"");
        self.field(&message_type);
        self.field(stamp.control_id.as_bytes());
        self.field(&or(received(11), b"P"));
        self.field(&or(received(12), VERSION_ASSUMED));
        let never: &[u8] = if code.is_commit() { b"NE" } else { b"" };
        for value in [b"", b"", never, never, b"", received(18)] {
            self.field(value);
        }
        self.end_segment();
    }

    fn msa(
        &mut self,
        header: Option<&Header<'_>>,
        code: AcknowledgmentCode,
        faults: &[Fault],
        stamp: &AckStamp<'_>,
    ) {
        self.out.extend_from_slice(b"MSA");
        self.field(code.as_str().as_bytes());
        self.field(header.map_or(&[] as &[u8], |header| header.control_id()));
        // MSA-3 is withdrawn from 2.7 on; ERR-8 says it.
        let fault = faults.first().filter(|_| self.version < [2, 7, 0]);
        let text: String = fault.map_or_else(String::new, |fault| {
            fault.text.chars().take(MSA_TEXT_CHARS_MAX).collect()
        });
        let text = self.escaped(&text);
        self.field(&text);
        if let Some(number) = stamp.sequence_number {
            self.field(number.to_string().as_bytes());
        }
        self.end_segment();
    }

    /// One ERR for one fault (HL7 v2.5.1, 2.15.5).
    fn err(&mut self, fault: &Fault) {
        self.out.extend_from_slice(b"ERR");
        self.field(b"");
        let location = fault
            .location
            .map(|location| self.location(&location))
            .unwrap_or_default();
        self.field(&location);
        let number = fault.code.number().to_string();
        let code = self.components(&[number.as_bytes(), fault.code.text().as_bytes(), b"HL70357"]);
        self.field(&code);
        // `F` came with 2.9; older receivers know `E`.
        let is_unknown = fault.severity == Severity::Fatal && self.version < [2, 9, 0];
        let severity = if is_unknown {
            Severity::Error
        } else {
            fault.severity
        };
        self.field(severity.as_str().as_bytes());
        let text = self.escaped(&fault.text);
        for value in [b"", b"", b"", text.as_slice()] {
            self.field(value);
        }
        self.end_segment();
    }

    /// One ERR for all faults: ERR-1 repeats `SEG^seq^field^code&text&table` (HL7 v2.4, 2.16.5.1).
    fn err_before_2_5(&mut self, faults: &[Fault]) {
        if faults.is_empty() {
            return;
        }
        let mut repetitions = Vec::new();
        for fault in faults {
            if !repetitions.is_empty() {
                repetitions.push(self.delimiters.repetition);
            }
            let (segment, occurrence, field) = match &fault.location {
                Some(location) => (
                    location.segment.as_str(),
                    location.occurrence.to_string(),
                    location.field.map(|field| field.to_string()).unwrap_or_default(),
                ),
                None => ("", String::new(), String::new()),
            };
            let mut code = fault.code.number().to_string().into_bytes();
            if let Some(subcomponent) = self.delimiters.subcomponent {
                for part in [fault.code.text(), "HL70357"] {
                    code.push(subcomponent);
                    code.extend_from_slice(part.as_bytes());
                }
            }
            let parts = [segment.as_bytes(), occurrence.as_bytes(), field.as_bytes(), &code];
            repetitions.extend_from_slice(&self.components(&parts));
        }
        self.out.extend_from_slice(b"ERR");
        self.field(&repetitions);
        self.end_segment();
    }

    /// MSH-9 as the version knows it.
    fn message_type(&self, trigger: &[u8]) -> Vec<u8> {
        if trigger.is_empty() || self.version < [2, 3, 0] {
            b"ACK".to_vec()
        } else if self.version < [2, 4, 0] {
            self.components(&[b"ACK", trigger])
        } else {
            self.components(&[b"ACK", trigger, b"ACK"])
        }
    }

    /// ERR-2, as long as the fault knows its place.
    fn location(&self, location: &Location) -> Vec<u8> {
        let numbers = [
            Some(location.occurrence),
            location.field,
            location.repetition.or(location.component.map(|_| 1)),
            location.component,
            location.subcomponent,
        ];
        let numbers: Vec<String> = numbers
            .into_iter()
            .map_while(|number| Some(number?.to_string()))
            .collect();
        let mut parts: Vec<&[u8]> = vec![location.segment.as_bytes()];
        parts.extend(numbers.iter().map(String::as_bytes));
        self.components(&parts)
    }

    fn components(&self, parts: &[&[u8]]) -> Vec<u8> {
        parts.join(&self.delimiters.component)
    }

    fn field(&mut self, raw: &[u8]) {
        self.out.push(self.delimiters.field);
        self.out.extend_from_slice(&echoed(raw, &self.delimiters));
    }

    /// Our own text in the sender's delimiters and character set; blanks for what it has no way to write.
    fn escaped(&self, text: &str) -> Vec<u8> {
        escape::encode(text, &self.delimiters).unwrap_or_else(|_| {
            let written = |char: char| {
                let character = char.encode_utf8(&mut [0; 4]).to_owned();
                escape::encode(&character, &self.delimiters).unwrap_or_else(|_| vec![b' '])
            };
            text.chars().flat_map(written).collect()
        })
    }

    /// Ends the segment without the empty fields at its end.
    fn end_segment(&mut self) {
        while self.out.last() == Some(&self.delimiters.field) {
            self.out.pop();
        }
        self.out.push(b'\r');
    }
}

/// A field that was received, as it is read the same in another place: byte for byte, but for control characters,
/// which are in hexadecimal or, without an escape character, left out. So are characters of several bytes where one
/// is broken or the escape back to ASCII is missing: what follows would be read as a part of them.
pub(in crate::hl7) fn echoed<'a>(raw: &'a [u8], delimiters: &Delimiters) -> Cow<'a, [u8]> {
    let is_kept = |byte: u8| byte != delimiters.field && (byte >= b' ' || byte == b'\t');
    let kept: Vec<bool> = match delimiters.multibyte {
        Some(multibyte)
            if !(multibyte.is_whole(raw) && multibyte.plain(raw).all(|(_, byte)| is_kept(byte))) =>
        {
            let mut kept = vec![false; raw.len()];
            for (at, byte) in multibyte.plain(raw) {
                if let Some(kept) = kept.get_mut(at) {
                    *kept = byte.is_ascii() && is_kept(byte);
                }
            }
            kept
        }
        None if !raw.iter().all(|&byte| is_kept(byte)) => raw.iter().map(|&byte| is_kept(byte)).collect(),
        Some(_) | None => return raw.into(),
    };
    let mut out = Vec::with_capacity(raw.len() * 2);
    let mut at = 0;
    for run in kept.chunk_by(|one, next| one == next) {
        let bytes = slice(raw, &(at..at + run.len()));
        at += run.len();
        if run.first() == Some(&true) {
            out.extend_from_slice(bytes);
        } else if let Some(escape) = delimiters.escape {
            out.extend([escape, b'X']);
            out.extend(bytes.iter().flat_map(|byte| format!("{byte:02X}").into_bytes()));
            out.push(escape);
        }
    }
    out.into()
}
