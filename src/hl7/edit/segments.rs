//! Edits of whole segments: inserted, renamed, taken away one by one, by their place among all segments.

use super::EditErrorKind;
use crate::hl7::message::Message;
use crate::hl7::parse::Slot;
use crate::hl7::path::{FieldPath, SegmentName, Shift};

impl Message {
    /// Puts a segment without fields before the one of this index (from 0), or at the end.
    ///
    /// Nothing comes before MSH, and headers and trailers are not inserted.
    pub fn insert_segment(&mut self, index: usize, name: SegmentName) -> Result<(), EditErrorKind> {
        if name.is_envelope() || index == 0 {
            return Err(EditErrorKind::Envelope);
        }
        let index = index.min(self.slots.len());
        self.shifts.push(Shift::Inserted(index));
        self.names.take();
        self.slots.insert(index, Slot::added(name));
        self.replace(index, name.as_bytes().to_vec().into());
        Ok(())
    }

    /// Gives the segment of this index (from 0) another name; its fields stay. No segment, no change.
    ///
    /// Headers and trailers keep theirs, and no other segment becomes one.
    pub fn rename_segment(&mut self, index: usize, name: SegmentName) -> Result<(), EditErrorKind> {
        let Some(slot) = self.slots.get(index) else {
            return Ok(());
        };
        let is_envelope = SegmentName::new(slot.name).is_none_or(SegmentName::is_envelope);
        if is_envelope || name.is_envelope() {
            return Err(EditErrorKind::Envelope);
        }
        if slot.name == *name.as_bytes() {
            return Ok(());
        }
        let raw = self.segment_bytes(index);
        let fields = raw.get(name.as_bytes().len()..).unwrap_or_default();
        let renamed = [name.as_bytes().as_slice(), fields].concat();
        self.replace(index, renamed.into());
        if let Some(slot) = self.slots.get_mut(index) {
            slot.name = *name.as_bytes();
        }
        self.names.take();
        Ok(())
    }

    /// Takes the segments of these indices (from 0, ascending) away; MSH stays.
    pub fn remove_segments_at(&mut self, indices: &[usize]) {
        let before = self.slots.len();
        let mut going = indices.iter().copied().filter(|index| *index > 0).peekable();
        let (mut index, mut kept) = (0, 0);
        self.names.take();
        let shifts = &mut self.shifts;
        self.slots.retain(|_| {
            let goes = going.next_if_eq(&index).is_some();
            index += 1;
            if goes {
                shifts.push(Shift::Removed(kept));
            } else {
                kept += 1;
            }
            !goes
        });
        self.is_edited |= self.slots.len() < before;
    }

    /// Gives each place what stands at the other, structure included. Where they are not equally deep, what stands
    /// at the one must hold no delimiter that would end the other.
    pub fn swap(&mut self, one: &FieldPath, other: &FieldPath) -> Result<(), super::EditError> {
        let fail = |path: &FieldPath, kind| super::EditError { path: *path, kind };
        if one.level() != other.level() && (one.holds(other) || other.holds(one)) {
            return Err(fail(one, EditErrorKind::Level { from: other.level() }));
        }
        let found = self.located(one);
        if one.level() < other.level() && !self.can_hold(other, &found) {
            return Err(fail(other, EditErrorKind::Level { from: one.level() }));
        }
        let before = self.clone();
        self.copy(one, other)?;
        self.put(other, &found).map_err(|kind| {
            *self = before;
            fail(other, kind)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::EditError;
    use super::*;
    use crate::hl7::Terminators;

    const GIVEN: &str = "MSH|^~\\&|A\rPID|1||X1~X2||DOE^ANNA\rOBX|1\rZZ1|a&b\r";

    #[track_caller]
    fn check<E: std::fmt::Display>(edit: impl FnOnce(&mut Message) -> Result<(), E>, expected: &str) {
        let mut message = Message::parse(GIVEN.into()).unwrap();
        let shown = match edit(&mut message) {
            Ok(()) => {
                let written = String::from_utf8(message.write(Terminators::Cr).to_vec()).unwrap();
                assert_eq!(message.is_edited(), written != GIVEN, "{expected}");
                Message::parse(written.clone().into()).unwrap();
                written.replace('\r', " ").trim_end().to_owned()
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected);
    }

    fn name(text: &str) -> SegmentName {
        SegmentName::new(text.as_bytes().try_into().unwrap()).unwrap()
    }

    #[test]
    fn segments_are_inserted_anywhere_but_before_the_header() {
        let refused = "a message header, batch header or trailer is neither added nor renamed";
        let insert = |index, segment: &str, expected: &str| {
            check(|message| message.insert_segment(index, name(segment)), expected);
        };
        insert(1, "EVN", "MSH|^~\\&|A EVN PID|1||X1~X2||DOE^ANNA OBX|1 ZZ1|a&b");
        insert(3, "OBX", "MSH|^~\\&|A PID|1||X1~X2||DOE^ANNA OBX|1 OBX ZZ1|a&b");
        insert(99, "NTE", "MSH|^~\\&|A PID|1||X1~X2||DOE^ANNA OBX|1 ZZ1|a&b NTE");
        insert(0, "EVN", refused);
        insert(1, "MSH", refused);
    }

    #[test]
    fn renamed_segments_keep_their_fields() {
        let rename = |index, segment: &str, expected: &str| {
            check(|message| message.rename_segment(index, name(segment)), expected);
        };
        rename(3, "ZPI", "MSH|^~\\&|A PID|1||X1~X2||DOE^ANNA OBX|1 ZPI|a&b");
        rename(3, "ZZ1", "MSH|^~\\&|A PID|1||X1~X2||DOE^ANNA OBX|1 ZZ1|a&b");
        rename(9, "ZPI", "MSH|^~\\&|A PID|1||X1~X2||DOE^ANNA OBX|1 ZZ1|a&b");
        rename(
            0,
            "ZPI",
            "a message header, batch header or trailer is neither added nor renamed",
        );
        rename(
            1,
            "BHS",
            "a message header, batch header or trailer is neither added nor renamed",
        );
    }

    #[test]
    fn segments_are_removed_by_index() {
        let remove = |indices: &[usize], expected: &str| {
            check::<EditError>(
                |message| {
                    let marks = [1, 2, 3].map(|index| message.mark(index));
                    message.remove_segments_at(indices);
                    let names = ["PID", "OBX", "ZZ1"];
                    for ((index, name), mark) in (1..).zip(names).zip(marks) {
                        let now = message.marked(mark).and_then(|now| message.segments().nth(now));
                        assert_eq!(now.is_none(), indices.contains(&index), "{name}");
                        assert!(now.is_none_or(|now| now.name() == name.as_bytes()), "{name}");
                    }
                    Ok(())
                },
                expected,
            );
        };
        remove(&[1, 3], "MSH|^~\\&|A OBX|1");
        remove(&[1], "MSH|^~\\&|A OBX|1 ZZ1|a&b");
        remove(&[0], "MSH|^~\\&|A PID|1||X1~X2||DOE^ANNA OBX|1 ZZ1|a&b");
        remove(&[4], "MSH|^~\\&|A PID|1||X1~X2||DOE^ANNA OBX|1 ZZ1|a&b");
    }

    #[test]
    fn places_are_swapped_with_their_structure() {
        let swap = |one: &str, other: &str, expected: &str| {
            check(
                |message| message.swap(&one.parse().unwrap(), &other.parse().unwrap()),
                expected,
            );
        };
        swap(
            "PID-5.1",
            "PID-5.2",
            "MSH|^~\\&|A PID|1||X1~X2||ANNA^DOE OBX|1 ZZ1|a&b",
        );
        swap(
            "PID-3[1]",
            "PID-3[2]",
            "MSH|^~\\&|A PID|1||X2~X1||DOE^ANNA OBX|1 ZZ1|a&b",
        );
        swap(
            "PID-5",
            "ZZ1-1",
            "MSH|^~\\&|A PID|1||X1~X2||a&b OBX|1 ZZ1|DOE^ANNA",
        );
        swap(
            "PID-5",
            "OBX-3",
            "MSH|^~\\&|A PID|1||X1~X2|| OBX|1||DOE^ANNA ZZ1|a&b",
        );
        swap(
            "PID-5",
            "PID-7",
            "MSH|^~\\&|A PID|1||X1~X2||||DOE^ANNA OBX|1 ZZ1|a&b",
        );
        swap(
            "PID-30",
            "PID-31",
            "MSH|^~\\&|A PID|1||X1~X2||DOE^ANNA OBX|1 ZZ1|a&b",
        );
        swap(
            "PID-5",
            "PID-5.1",
            "PID-5: cannot hold a whole component; copy from the same level or deeper",
        );
        swap(
            "PID-5",
            "MSH-2",
            "PID-5: declares the delimiters and cannot be set or copied",
        );
        swap(
            "MSH-2",
            "PID-5",
            "MSH-2: declares the delimiters and cannot be set or copied",
        );
        swap(
            "PID-5",
            "ZZ1[3]-1",
            "ZZ1[3]-1: the segment is missing; only the next one of its name can be added, this message has 1",
        );
    }
}
