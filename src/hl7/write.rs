//! From the index back to bytes; what no edit touched goes out as it came in.

use bytes::Bytes;

use super::message::Message;
use super::parse::Slot;
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
        let mut out = Vec::with_capacity(self.received.len());
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
    /// Whether an edit added this segment; a received one never ends at byte 0.
    pub(super) fn is_added(&self) -> bool {
        self.end == 0
    }
}
