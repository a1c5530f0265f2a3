//! Control characters, which have no place in a message (only carriage returns and, tolerated, tabs and line feeds).

use super::fault::{ErrorCode, Fault, Location};
use super::message::Message;
use super::path::SegmentName;
use super::segment::slice;

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
        let (index, offset) = self.segments().enumerate().find_map(|(index, segment)| {
            Some((index, segment.raw().iter().position(|&byte| is_control(byte))?))
        })?;
        let location = self.location(index, offset);
        Some(Fault::new(
            ErrorCode::DataType,
            location,
            "expected no control characters",
        ))
    }

    /// The place of a byte in a segment; `None` in a segment without a proper name.
    fn location(&self, index: usize, offset: usize) -> Option<Location> {
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
        let count = |bytes: &[u8], delimiter: Option<u8>| {
            bytes.iter().filter(|byte| Some(**byte) == delimiter).count()
        };
        let last = |bytes: &'_ [u8], delimiter: u8| {
            bytes
                .iter()
                .rposition(|&byte| byte == delimiter)
                .map_or(0, |place| place + 1)
        };
        let delimiters = &self.delimiters;
        let field = count(before, Some(delimiters.field)) + usize::from(segment == SegmentName::MSH);
        let before = slice(before, &(last(before, delimiters.field)..before.len()));
        let repetition = count(before, Some(delimiters.repetition)) + 1;
        let before = slice(before, &(last(before, delimiters.repetition)..before.len()));
        let component = count(before, Some(delimiters.component)) + 1;
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
