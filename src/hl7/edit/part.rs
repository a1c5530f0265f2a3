//! A message of some of the segments of another.

use std::sync::OnceLock;

use crate::hl7::message::Message;
use crate::hl7::parse::{Slot, Slots};

impl Message {
    /// A message of its own with MSH and those segments for whose index (from 0) this holds. It shares the bytes
    /// received, and holds nothing else of the segments that are left out.
    #[must_use]
    pub fn with_segments(&self, mut is_wanted: impl FnMut(usize) -> bool) -> Message {
        let mut edited = Vec::new();
        let mut slots = Slots::new();
        for (index, slot) in self.slots.iter().enumerate() {
            if index > 0 && !is_wanted(index) {
                continue;
            }
            let own = slot.edited.and_then(|edited| self.edited.get(edited as usize));
            let number = u32::try_from(edited.len()).ok();
            edited.extend(own.cloned());
            slots.push(Slot {
                edited: number.filter(|_| own.is_some()),
                ..*slot
            });
        }
        Message {
            received: self.received.clone(),
            delimiters: self.delimiters,
            is_edited: self.is_edited || slots.len() < self.slots.len(),
            is_canonical: self.is_canonical,
            slots,
            edited,
            shifts: Vec::new(),
            names: OnceLock::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hl7::Terminators;

    #[test]
    fn segments_are_kept_with_their_edits() {
        let mut message = Message::parse("MSH|^~\\&|A\nPID|1\n\nOBX|1\nOBX|2\nNTE|1".into()).unwrap();
        message.set(&"PID-2".parse().unwrap(), "X").unwrap();
        message.set(&"OBX[2]-2".parse().unwrap(), "NM").unwrap();
        let check = |wanted: &[usize], expected: &str| {
            let part = message.with_segments(|index| wanted.contains(&index));
            assert_eq!(part.write(Terminators::Preserve), expected);
            assert!(part.is_edited());
        };
        check(&[1, 3, 4], "MSH|^~\\&|A\nPID|1|X\n\nOBX|2|NM\nNTE|1");
        check(&[2], "MSH|^~\\&|A\nOBX|1\n");
        check(&[], "MSH|^~\\&|A\n");
    }

    #[test]
    fn all_segments_are_the_message_itself() {
        let message = Message::parse("MSH|^~\\&|A\rPID|1\r".into()).unwrap();
        let part = message.with_segments(|_| true);
        assert!(!part.is_edited());
        let written = part.write(Terminators::Preserve);
        assert_eq!(written.as_ptr(), message.write(Terminators::Preserve).as_ptr());
    }
}
