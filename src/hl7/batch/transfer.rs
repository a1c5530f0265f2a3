//! A transfer of several messages: those of a file or batch, or a bare sequence, with the counts of its trailers
//! compared (HL7 v2.5.1, 2.10.3).
//!
//! Messages are only cut apart here; whether each is one is for its own parse to say.

use bytes::Bytes;

use super::{Piece, bare, pieces};
use crate::hl7::charset::Charset;
use crate::hl7::delimiters::Delimiters;
use crate::hl7::fault::{ErrorCode, Fault, Location};
use crate::hl7::header::Header;
use crate::hl7::path::SegmentName;
use crate::hl7::segment;

/// Several messages that came together.
///
/// `Debug` is left out: it would print content.
pub struct Transfer {
    /// Each with its own bytes, in order.
    pub messages: Vec<Bytes>,
    /// Where the envelope does not fit what it holds: a count that is wrong, a header without its trailer.
    pub faults: Vec<Fault>,
    /// Whether there are more messages than are allowed; then they are left out, and the last fault says so.
    pub is_cut: bool,
    /// FHS, or else BHS, as it stands.
    envelope: Option<Bytes>,
    /// What is assumed of what declares no character set.
    assumed: Option<Charset>,
}

/// The transfer as far as it is read.
struct Reading {
    transfer: Transfer,
    /// How many segments of each name there were: FHS, BHS, BTS, FTS.
    seen: [u16; 4],
    /// Messages of the batch that is open.
    batch: Option<usize>,
    /// Whether the last that came was a message outside of a batch header and its trailer.
    is_bare: bool,
    /// Runs of such messages: each is a batch too, since its header and trailer may be left out.
    bare_batches: u16,
}

const ENVELOPES: [[u8; 3]; 4] = [*b"FHS", *b"BHS", *b"BTS", *b"FTS"];

impl Transfer {
    /// Cuts a transfer apart and compares its counts; goes no further than so many messages. What declares no
    /// character set is taken to be in this one.
    pub fn read(bytes: &Bytes, messages_max: usize, charset: Option<Charset>) -> Transfer {
        let mut reading = Reading {
            transfer: Transfer {
                messages: Vec::new(),
                faults: Vec::new(),
                is_cut: false,
                envelope: None,
                assumed: charset,
            },
            seen: [0; 4],
            batch: None,
            is_bare: false,
            bare_batches: 0,
        };
        for piece in pieces(bytes) {
            match piece {
                Piece::Envelope(line) => reading.envelope(&line),
                Piece::Message(_) if reading.transfer.messages.len() >= messages_max => {
                    let text = format!("expected at most {messages_max} messages in one transfer");
                    let mut transfer = reading.transfer;
                    transfer
                        .faults
                        .push(Fault::new(ErrorCode::ApplicationInternal, None, text));
                    transfer.is_cut = true;
                    return transfer;
                }
                Piece::Message(message) => {
                    reading.transfer.messages.push(message);
                    reading.batch = reading.batch.map(|count| count + 1);
                    if reading.batch.is_none() && !reading.is_bare {
                        reading.is_bare = true;
                        reading.bare_batches = reading.bare_batches.saturating_add(1);
                    }
                }
            }
        }
        reading.end()
    }

    /// Whether an envelope holds the messages.
    pub fn has_envelope(&self) -> bool {
        self.envelope.is_some()
    }

    /// An MSH that stands for the whole transfer, for one acknowledgment to answer: names and control id of the
    /// envelope, all else from the first message. Without an envelope it is the first message's own.
    pub fn header(&self) -> Option<Bytes> {
        let first = self.messages.first();
        let Some(envelope) = &self.envelope else {
            return first.cloned();
        };
        let line = bare(envelope);
        let separator = *line.get(3)?;
        let message = first.and_then(|message| Header::parse_assuming(message, self.assumed).ok());
        // An envelope declares no character set: its messages do, or the receiver assumes one.
        let charset = message.map_or(self.assumed, |message| message.charset());
        let delimiters = Delimiters {
            field: separator,
            multibyte: charset.and_then(Charset::multibyte),
            charset,
            ..Delimiters::default()
        };
        let fields: Vec<&[u8]> = segment::pieces(line, separator, &delimiters).collect();
        // The separator is itself the first field.
        let field = |number: usize| fields.get(number - 1).copied().unwrap_or_default();
        let of_message = |number| {
            message
                .as_ref()
                .map_or(&[] as &[u8], |header| header.field(number))
        };
        let control_id = match field(11) {
            b"" => of_message(10),
            control_id => control_id,
        };
        let mut header = SegmentName::MSH.as_bytes().to_vec();
        for number in 2..=18 {
            header.push(separator);
            header.extend_from_slice(match number {
                2..=7 => field(number.into()),
                10 => control_id,
                11 | 12 | 18 => of_message(number),
                _ => b"",
            });
        }
        header.push(b'\r');
        Some(header.into())
    }
}

impl Transfer {
    /// The character set of what stands for the whole transfer, where that does not declare one.
    pub(super) fn assumed(&self) -> Option<Charset> {
        self.assumed
    }
}

impl Reading {
    fn envelope(&mut self, line: &Bytes) {
        let bytes = bare(line);
        let Some(name) = bytes.first_chunk::<3>() else {
            return;
        };
        let count = bytes
            .get(3)
            .and_then(|separator| bytes.split(|byte| byte == separator).nth(1));
        let count = count.unwrap_or_default().trim_ascii();
        let index = ENVELOPES.iter().position(|envelope| envelope == name);
        let is_first = self.seen == [0; 4] && self.transfer.messages.is_empty();
        self.is_bare = false;
        if self.seen[FTS] > 0 {
            self.fault(*name, None, "expected nothing after the file trailer");
        }
        if let Some(seen) = index.and_then(|index| self.seen.get_mut(index)) {
            *seen = seen.saturating_add(1);
        }
        match name {
            b"FHS" | b"BHS" => {
                self.transfer.envelope.get_or_insert_with(|| line.clone());
                if self.batch.is_some() {
                    self.fault(*name, None, "expected the trailer of the batch before");
                }
                if name == b"BHS" {
                    self.batch = Some(0);
                } else if !is_first {
                    self.fault(*name, None, "expected the file header first");
                }
            }
            b"BTS" => match self.batch.take() {
                Some(messages) => self.compare(*b"BTS", count, &[messages], "messages"),
                None => self.fault(*b"BTS", None, "expected a batch header before it"),
            },
            _ => {
                self.close_batch();
                // A sender may count the batches that it gave a header, or those that the grammar has.
                let with_header = usize::from(self.seen[BHS]);
                let batches = with_header + usize::from(self.bare_batches);
                self.compare(*b"FTS", count, &[batches, with_header], "batches");
            }
        }
    }

    fn end(mut self) -> Transfer {
        self.close_batch();
        if self.seen[FHS] > self.seen[FTS] {
            self.fault(*b"FHS", None, "expected a file trailer at the end");
        }
        self.transfer
    }

    fn close_batch(&mut self) {
        if self.batch.take().is_some() {
            self.fault(*b"BHS", None, "expected a batch trailer at the end of the batch");
        }
    }

    /// A trailer need not give its count. Of several that are right, the first is told.
    fn compare(&mut self, name: [u8; 3], given: &[u8], counted: &[usize], what: &str) {
        let number = std::str::from_utf8(given)
            .ok()
            .and_then(|given| given.parse().ok());
        let is_right = number.is_some_and(|number| counted.contains(&number));
        if let Some(expected) = counted.first()
            && !given.is_empty()
            && !is_right
        {
            let text = format!("expected the number of {what}, which is {expected}");
            self.fault(name, Some(1), text);
        }
    }

    /// A fault of the last segment of this name.
    fn fault(&mut self, name: [u8; 3], field: Option<u16>, text: impl Into<String>) {
        let index = ENVELOPES.iter().position(|envelope| *envelope == name);
        let occurrence = index
            .and_then(|index| self.seen.get(index))
            .copied()
            .unwrap_or_default();
        let location = SegmentName::new(name).map(|segment| Location {
            segment,
            occurrence: occurrence.max(1),
            field,
            repetition: None,
            component: None,
            subcomponent: None,
        });
        let fault = Fault::new(ErrorCode::ApplicationInternal, location, text);
        self.transfer.faults.push(fault);
    }
}

const FHS: usize = 0;
const BHS: usize = 1;
const FTS: usize = 3;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(file: &str) -> Transfer {
        Transfer::read(&Bytes::copy_from_slice(file.as_bytes()), 10, None)
    }

    fn check(file: &str, messages: usize, faults: &[&str]) {
        let transfer = read(file);
        let shown: Vec<String> = transfer
            .faults
            .iter()
            .map(|fault| {
                let place = fault.location.unwrap();
                let field = place.field.map_or(String::new(), |field| format!("-{field}"));
                format!(
                    "{} {}[{}]{field}: {}",
                    fault.code.number(),
                    place.segment,
                    place.occurrence,
                    fault.text
                )
            })
            .collect();
        assert_eq!(transfer.messages.len(), messages, "{file:?}");
        assert_eq!(shown, faults, "{file:?}");
    }

    const M: &str = "MSH|^~\\&|A\rPID|1\r";

    #[test]
    fn counts_that_fit() {
        check(&format!("FHS|^~\\&|\rBHS|^~\\&|\r{M}{M}BTS|2\rFTS|1\r"), 2, &[]);
        check(
            &format!("BHS|^~\\&|\r{M}BTS|1\rBHS|^~\\&|\r{M}{M}BTS|02\r"),
            3,
            &[],
        );
        check(&format!("FHS|^~\\&|\n{M}FTS\n"), 1, &[]);
        check("FHS|^~\\&|\rBHS|^~\\&|\rBTS|0|none\rFTS|1\r", 0, &[]);
        check(&format!("BHS|^~\\&|\r{M}BTS||no count\r"), 1, &[]);
        // Messages without a batch header are a batch; some senders count only headers.
        for count in ["0", "1"] {
            check(&format!("FHS|^~\\&|\r{M}{M}FTS|{count}\r"), 2, &[]);
        }
        for count in ["1", "3"] {
            let file = format!("FHS|^~\\&|\r{M}BHS|^~\\&|\r{M}BTS|1\r{M}{M}FTS|{count}\r");
            check(&file, 4, &[]);
        }
        check(&format!("{M}\r# note\r{M}"), 2, &[]);
    }

    #[test]
    fn counts_that_do_not() {
        check(
            &format!("FHS|^~\\&|\rBHS|^~\\&|\r{M}BTS|2\rBHS|^~\\&|\r{M}BTS|one\rFTS|1\r"),
            2,
            &[
                "207 BTS[1]-1: expected the number of messages, which is 1",
                "207 BTS[2]-1: expected the number of messages, which is 1",
                "207 FTS[1]-1: expected the number of batches, which is 2",
            ],
        );
        let of_bare = ["207 FTS[1]-1: expected the number of batches, which is 1"];
        check(&format!("FHS|^~\\&|\r{M}{M}FTS|2\r"), 2, &of_bare);
    }

    #[test]
    fn envelopes_that_do_not_fit() {
        check(
            &format!("FHS|^~\\&|\rBHS|^~\\&|\r{M}"),
            1,
            &[
                "207 BHS[1]: expected a batch trailer at the end of the batch",
                "207 FHS[1]: expected a file trailer at the end",
            ],
        );
        check(
            &format!("BHS|^~\\&|\r{M}BHS|^~\\&|\r{M}BTS|1\r"),
            2,
            &["207 BHS[2]: expected the trailer of the batch before"],
        );
        check(
            &format!("{M}BTS|1\r"),
            1,
            &["207 BTS[1]: expected a batch header before it"],
        );
        check(
            &format!("{M}FHS|^~\\&|\rFTS|0\rFTS|0\r"),
            1,
            &[
                "207 FHS[1]: expected the file header first",
                "207 FTS[1]: expected nothing after the file trailer",
            ],
        );
    }

    #[test]
    fn the_fixtures() {
        for (file, messages, faults) in [
            (&include_bytes!("../../../fixtures/batch.hl7")[..], 3, 0),
            (
                include_bytes!("../../../fixtures/broken/batch-count-wrong.hl7"),
                2,
                1,
            ),
            (
                include_bytes!("../../../fixtures/broken/batch-without-trailers.hl7"),
                2,
                2,
            ),
            (include_bytes!("../../../fixtures/adt-a01.hl7"), 1, 0),
        ] {
            let transfer = Transfer::read(&Bytes::from_static(file), 10, None);
            assert_eq!(
                (transfer.messages.len(), transfer.faults.len()),
                (messages, faults)
            );
        }
    }

    #[test]
    fn too_many_messages_are_a_fault() {
        let file = Bytes::from(M.repeat(11));
        let cut = Transfer::read(&file, 10, None);
        assert!(cut.is_cut);
        assert_eq!((cut.messages.len(), cut.faults[0].code.number()), (10, 207));
        let whole = Transfer::read(&file, 11, None);
        assert!(!whole.is_cut);
        assert_eq!((whole.messages.len(), whole.faults.len()), (11, 0));
    }

    #[test]
    fn one_header_stands_for_all() {
        let message = "MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5.1||||||8859/1\rPID|1\r";
        let header = |file: &str| {
            read(file)
                .header()
                .map(|header| String::from_utf8(header.to_vec()).unwrap())
        };
        assert_eq!(
            header(&format!(
                "BHS|^~\\&|E|F|G|H|2027||name|note|B7|\r{message}BTS|1\r"
            ))
            .as_deref(),
            Some("MSH|^~\\&|E|F|G|H|2027|||B7|P|2.5.1||||||8859/1\r")
        );
        assert_eq!(
            header(&format!("FHS#^~\\&#E\rBHS|^~\\&|X\r{message}")).as_deref(),
            Some("MSH#^~\\&#E#######1#P#2.5.1######8859/1\r")
        );
        assert_eq!(header(message).as_deref(), Some(message));
        assert_eq!(header(""), None);
        assert_eq!(header("FHS"), None);
    }

    #[test]
    fn an_envelope_is_read_in_the_character_set_of_its_messages_or_the_one_assumed() {
        let shift_jis: Charset = "SHIFT_JIS".parse().unwrap();
        for (declared, assumed) in [("", Some(shift_jis)), ("||||||SHIFT_JIS", None)] {
            let text = format!(
                "BHS|^~\\&|E|ポ|G|H|2027||||B7\rMSH|^~\\&|A|ポ|C|D|2026||ADT^A01|1|P|2.5.1{declared}\rBTS|1\r"
            );
            let bytes = Bytes::copy_from_slice(&shift_jis.encode(&text).unwrap());
            let header = Transfer::read(&bytes, 10, assumed).header().unwrap();
            let header = Header::parse_assuming(&header, assumed).unwrap();
            assert_eq!(header.control_id(), b"B7", "{declared}");
            assert_eq!(header.sending_facility(), [0x83, 0x7C], "{declared}");
        }
    }

    proptest! {
        #[test]
        fn any_file_is_read(file in "((FHS|BHS|BTS|FTS|MSH|PID)?[|^0-9]{0,3}[\r\n]){0,12}", bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let bytes = [file.as_bytes(), &bytes].concat();
            let transfer = Transfer::read(&bytes.into(), 5, None);
            prop_assert!(transfer.messages.len() <= 5);
            transfer.header();
        }
    }
}
