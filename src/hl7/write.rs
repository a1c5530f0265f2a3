//! From the index back to bytes; what no edit touched goes out as it came in.

use bytes::Bytes;

use super::message::Message;
use super::parse::Slot;
use super::path::SegmentName;
use super::segment::slice;

/// What stands between segments when a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Terminators {
    /// Each segment ends in one carriage return, as the standard wants.
    /// Blank lines, a byte order mark and blanks before MSH are left out.
    #[default]
    Cr,
    /// Terminators, blank lines and what stood before MSH as received.
    /// A segment that was added ends as the first segment of the message does.
    Preserve,
}

impl Message {
    /// The message as bytes; the very bytes received, uncopied, when there is nothing to change.
    pub fn write(&self, terminators: Terminators) -> Bytes {
        if !self.is_edited && (terminators == Terminators::Preserve || self.is_canonical) {
            return self.received.clone();
        }
        match terminators {
            Terminators::Cr => self.write_canonical(),
            Terminators::Preserve => self.write_preserved(),
        }
    }

    fn write_canonical(&self) -> Bytes {
        let length = self.slots.iter().map(|slot| self.raw(slot).len() + 1).sum();
        let mut out = Vec::with_capacity(length);
        for slot in &self.slots {
            out.extend_from_slice(self.raw(slot));
            out.push(b'\r');
        }
        out.into()
    }

    fn write_preserved(&self) -> Bytes {
        let before = self.slots.first().map_or(0, |slot| slot.start as usize);
        // Of the bytes received this message may hold a small part only.
        let received = |slot: &Slot| self.raw(slot).len() + (slot.next - slot.end) as usize + 1;
        let length: usize = self.slots.iter().map(received).sum();
        let mut out = Vec::with_capacity(before + length);
        out.extend_from_slice(slice(&self.received, &(0..before)));
        for (index, slot) in self.slots.iter().enumerate() {
            out.extend_from_slice(self.raw(slot));
            let gap = slice(&self.received, &(slot.end as usize..slot.next as usize));
            let is_last = index + 1 == self.slots.len();
            if gap.is_empty() && (!is_last || slot.is_added()) {
                out.extend_from_slice(self.terminator());
            } else {
                out.extend_from_slice(gap);
            }
        }
        out.into()
    }

    /// What ends the first segment, or a carriage return.
    fn terminator(&self) -> &[u8] {
        let gap = self.slots.first().map_or(&[] as &[u8], |slot| {
            slice(&self.received, &(slot.end as usize..slot.next as usize))
        });
        match gap {
            [b'\r', b'\n', ..] => b"\r\n",
            [b'\n', ..] => b"\n",
            _ => b"\r",
        }
    }
}

impl Slot {
    /// A segment that was not received.
    pub(super) fn added(name: SegmentName) -> Slot {
        Slot {
            name: *name.as_bytes(),
            edited: None,
            start: 0,
            end: 0,
            next: 0,
        }
    }

    /// Whether an edit added this segment; a received one never ends at byte 0.
    pub(super) fn is_added(&self) -> bool {
        self.end == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hl7::Target;

    fn check(given: &'static str, removed: &str, set: &str, preserved: &str, canonical: &str) {
        let mut message = Message::parse(given.into()).unwrap();
        message.remove(&removed.parse::<Target>().unwrap()).unwrap();
        message.set(&set.parse().unwrap(), "new").unwrap();
        assert_eq!(
            message.write(Terminators::Preserve),
            preserved.as_bytes(),
            "{given:?}"
        );
        assert_eq!(message.write(Terminators::Cr), canonical.as_bytes(), "{given:?}");
    }

    #[test]
    fn untouched_bytes_are_not_copied() {
        let received = Bytes::from_static(b"MSH|^~\\&|A\nPID|1");
        let message = Message::parse(received.clone()).unwrap();
        assert_eq!(message.write(Terminators::Preserve).as_ptr(), received.as_ptr());
        assert_eq!(message.write(Terminators::Cr), &b"MSH|^~\\&|A\rPID|1\r"[..]);
        let received = Bytes::from_static(b"MSH|^~\\&|A\rPID|1\r");
        let message = Message::parse(received.clone()).unwrap();
        assert_eq!(message.write(Terminators::Cr).as_ptr(), received.as_ptr());
    }

    #[test]
    fn keeps_or_replaces_what_stands_between_segments() {
        check(
            "\u{feff}\r\nMSH|^~\\&|A\r\nEVN|\r\n\r\nPID|1\nPV1|",
            "EVN",
            "PID-1",
            "\u{feff}\r\nMSH|^~\\&|A\r\nPID|new\nPV1|",
            "MSH|^~\\&|A\rPID|new\rPV1|\r",
        );
    }

    #[test]
    fn an_added_segment_ends_as_the_first_does() {
        check(
            "MSH|^~\\&|A\r\nPID|1\r\n",
            "EVN",
            "ZPI-1",
            "MSH|^~\\&|A\r\nPID|1\r\nZPI|new\r\n",
            "MSH|^~\\&|A\rPID|1\rZPI|new\r",
        );
        check(
            "MSH|^~\\&|A\nPID|1",
            "EVN",
            "ZPI-1",
            "MSH|^~\\&|A\nPID|1\nZPI|new\n",
            "MSH|^~\\&|A\rPID|1\rZPI|new\r",
        );
        check(
            "MSH|^~\\&|A",
            "EVN",
            "ZPI-1",
            "MSH|^~\\&|A\rZPI|new\r",
            "MSH|^~\\&|A\rZPI|new\r",
        );
    }
}
