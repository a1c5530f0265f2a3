//! Control characters, which have no place in a message (only carriage returns and, tolerated, tabs and line feeds).

use super::fault::{ErrorCode, Fault, Location};
use super::message::Message;
use super::path::SegmentName;
use super::segment::{pieces, slice};

/// How many bytes are looked at together; the compiler turns the loop over them into vector instructions.
const CHUNK_BYTES: usize = 128;

impl Message {
    /// The first control character in the message as a fault with its place, if there is one.
    ///
    /// Segment terminators and tabs do not count.
    pub fn control_character(&self) -> Option<Fault> {
        // No edit can bring one in.
        if !has_control(&self.received) {
            return None;
        }
        let multibyte = self.delimiters.multibyte;
        let (index, raw, offset) = self.segments().enumerate().find_map(|(index, segment)| {
            let raw = segment.raw();
            let offset = match multibyte {
                None => raw.iter().position(|&byte| is_control(byte)),
                Some(multibyte) => multibyte
                    .plain(raw)
                    .find_map(|(offset, byte)| is_control(byte).then_some(offset)),
            };
            Some((index, raw, offset?))
        })?;
        let (code, text) = match slice(raw, &(offset..raw.len())) {
            // What ISO 2022 designates other character sets with; those that are decoded were passed over.
            [0x1B, b'$' | b'('..=b'/', ..] => (
                ErrorCode::TableValueNotFound,
                "expected no escapes but those to character sets that MSH-18 lists and that are supported",
            ),
            _ => (ErrorCode::DataType, "expected no control characters"),
        };
        Some(Fault::new(code, self.location(index, offset), text))
    }

    /// The place of a byte in a segment; `None` in a segment without a proper name.
    pub(super) fn location(&self, index: usize, offset: usize) -> Option<Location> {
        let slot = self.slots.get(index)?;
        let segment = SegmentName::new(slot.name)?;
        let before = slice(self.raw(slot), &(0..offset));
        let earlier = self
            .slots
            .iter()
            .take(index)
            .filter(|other| other.name == slot.name)
            .count();
        let occurrence = u16::try_from(earlier + 1).ok()?;
        let delimiters = &self.delimiters;
        // How many delimiters there are, and what stands after the last.
        let last = |bytes, delimiter| {
            let (index, last) = pieces(bytes, delimiter, delimiters)
                .enumerate()
                .last()
                .unwrap_or_default();
            (index, last)
        };
        let (fields, before) = last(before, delimiters.field);
        let field = fields + usize::from(segment == SegmentName::MSH);
        let (repetitions, before) = last(before, delimiters.repetition);
        let (components, _) = last(before, delimiters.component);
        let (repetition, component) = (repetitions + 1, components + 1);
        let number = |number: usize| u16::try_from(number).ok();
        Some(Location {
            segment,
            occurrence,
            field: number(field),
            repetition: number(repetition),
            component: number(component),
            subcomponent: None,
        })
    }
}

/// Whether any byte is a control character other than a tab and the terminators.
fn has_control(bytes: &[u8]) -> bool {
    bytes
        .chunks(CHUNK_BYTES)
        .any(|chunk| chunk.iter().fold(false, |found, &byte| found | is_control(byte)))
}

fn is_control(byte: u8) -> bool {
    byte < b' ' && byte != b'\t' && byte != b'\r' && byte != b'\n'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &'static str, expected: Option<&str>) {
        let fault = Message::parse(message.into()).unwrap().control_character();
        let shown = fault.map(|fault| match fault.location {
            Some(place) => format!(
                "{}[{}]-{}[{}].{}",
                place.segment,
                place.occurrence,
                place.field.unwrap(),
                place.repetition.unwrap(),
                place.component.unwrap()
            ),
            None => String::from("nowhere"),
        });
        assert_eq!(shown.as_deref(), expected, "{message:?}");
    }

    #[test]
    fn finds_the_first_and_its_place() {
        check("MSH|^~\\&|A\rPID|||1\t2\r\n", None);
        check("MSH|^~\\&|A\0\rPID|||\0\r", Some("MSH[1]-3[1].1"));
        check("MSH|^~\\&|A\rNTE|1\rNTE|2||x~a^b\u{1}\r", Some("NTE[2]-3[2].2"));
        check("MSH|^~\\&|A\rhello\u{1c}\r", Some("nowhere"));
        check("\u{b}MSH|^~\\&|A\r", None);
    }
}
