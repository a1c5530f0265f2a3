//! Edits: each builds anew the one segment it touches; all others keep their bytes.
//!
//! No value can forge a segment, a field or a sibling: text is escaped, raw values are checked, and a copy keeps
//! only delimiters deeper than its target.

use std::ops::Range;

use bytes::Bytes;
use smallvec::SmallVec;
use thiserror::Error;

use super::delimiters::Delimiters;
use super::escape::{self, Unwritable};
use super::message::Message;
use super::parse::Slot;
use super::path::{FieldPath, Level, SegmentName, SegmentPath, Target};
use super::segment::{self, slice};

/// An edit that cannot be done; the message is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{path}: {kind}")]
pub struct EditError {
    /// The place that was to change.
    pub path: FieldPath,
    /// Why it cannot.
    pub kind: EditErrorKind,
}

/// The kinds of [`EditError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EditErrorKind {
    /// MSH-1 and MSH-2 say how the message is delimited; they are neither written nor copied.
    #[error("declares the delimiters and cannot be set or copied")]
    Delimiters,
    /// A segment can be added only as the next of its name, at the end.
    #[error("the segment is missing; only the next one of its name can be added, this message has {found}")]
    MissingSegment {
        /// How many segments of that name there are.
        found: usize,
    },
    /// A message has one MSH and no batch headers.
    #[error("a message header, batch header or trailer cannot be added")]
    Envelope,
    /// A raw value holds a delimiter that would end its target, a segment terminator, or another control character.
    #[error("the raw value holds a control character, or a delimiter that its target cannot hold")]
    Delimited,
    /// The text needs an escape and MSH-2 declares no escape character.
    #[error("the text holds a delimiter or control character, and the message declares no escape character")]
    NoEscape,
    /// The text holds a NUL.
    #[error("the text holds a NUL character")]
    Nul,
    /// The path needs a subcomponent delimiter and MSH-2 declares none.
    #[error("the message declares no subcomponent delimiter")]
    NoSubcomponents,
    /// A copy from a field to a component, say, would bring delimiters its target cannot hold.
    #[error("cannot hold a whole {}; copy from the same level or deeper", level_name(*.from))]
    Level {
        /// The level copied from.
        from: Level,
    },
}

impl Message {
    /// Gives the place this text, escaped; what lies between is padded with delimiters.
    ///
    /// A missing segment is added at the end of the message if it is the next one of its name: `ZPI-1` where
    /// there is no ZPI, `NTE[3]-1` where there are two.
    /// An empty text clears the place, and where there is nothing to clear changes nothing.
    pub fn set(&mut self, path: &FieldPath, text: &str) -> Result<(), EditError> {
        let raw = escape::encode(text, &self.delimiters).map_err(|unwritable| EditError {
            path: *path,
            kind: match unwritable {
                Unwritable::NoEscape => EditErrorKind::NoEscape,
                Unwritable::Nul => EditErrorKind::Nul,
            },
        })?;
        self.put(path, &raw)
            .map_err(|kind| EditError { path: *path, kind })
    }

    /// Gives the place these bytes as they are, with deeper delimiters and escapes; else like [`Message::set`].
    ///
    /// The HL7 null is the raw value `""`.
    pub fn set_raw(&mut self, path: &FieldPath, raw: &[u8]) -> Result<(), EditError> {
        let is_forging = |byte: &u8| {
            let ends =
                |level: &Level| *level <= path.level() && self.delimiters.between(*level) == Some(*byte);
            (*byte < b' ' && *byte != b'\t')
                || [
                    Level::Field,
                    Level::Repetition,
                    Level::Component,
                    Level::Subcomponent,
                ]
                .iter()
                .any(ends)
        };
        let done = if raw.iter().any(is_forging) {
            Err(EditErrorKind::Delimited)
        } else {
            self.put(path, raw)
        };
        done.map_err(|kind| EditError { path: *path, kind })
    }

    /// Copies the bytes at `from`, with their structure, to `to`; an absent source clears the target.
    ///
    /// `from` must be as deep as `to` or deeper (see [`FieldPath::level`]).
    pub fn copy(&mut self, to: &FieldPath, from: &FieldPath) -> Result<(), EditError> {
        let fail = |kind| Err(EditError { path: *to, kind });
        if from.is_delimiters() {
            return fail(EditErrorKind::Delimiters);
        }
        if from.level() < to.level() {
            return fail(EditErrorKind::Level { from: from.level() });
        }
        let copied = self.slot(from.segment(), from.occurrence()).and_then(|slot| {
            let raw = self.raw(slot);
            let range = segment::locate(raw, from, &self.delimiters)?;
            Some(slice(raw, &range).to_vec())
        });
        self.put(to, &copied.unwrap_or_default())
            .map_err(|kind| EditError { path: *to, kind })
    }

    /// Takes the target away and says how many places that changed.
    ///
    /// Segments go with their terminators; MSH stays.
    /// A repetition goes with its delimiter, so that later ones move up.
    /// Fields, components and subcomponents are emptied: what follows them keeps its place.
    pub fn remove(&mut self, target: &Target) -> usize {
        match target {
            Target::Segment(path) => self.remove_segments(*path),
            Target::Field(path) => usize::from(self.remove_field(path)),
        }
    }

    fn remove_segments(&mut self, path: SegmentPath) -> usize {
        if path.name == SegmentName::MSH {
            return 0;
        }
        let before = self.slots.len();
        let mut occurrence = 0;
        self.slots.retain(|slot| {
            if slot.name != *path.name.as_bytes() {
                return true;
            }
            occurrence += 1;
            path.occurrence.is_some_and(|wanted| wanted != occurrence)
        });
        let removed = before - self.slots.len();
        self.is_edited |= removed > 0;
        removed
    }

    fn remove_field(&mut self, path: &FieldPath) -> bool {
        let Some(index) = self.position(path.segment(), path.occurrence()) else {
            return false;
        };
        let raw = self.segment_bytes(index);
        let Some(mut range) = segment::locate(raw, path, &self.delimiters) else {
            return false;
        };
        if path.is_delimiters() {
            return false;
        }
        if path.level() == Level::Repetition {
            range = with_delimiter(raw, range, self.delimiters.repetition);
        }
        if range.is_empty() {
            return false;
        }
        let edited = [slice(raw, &(0..range.start)), slice(raw, &(range.end..raw.len()))].concat();
        self.replace(index, edited.into());
        true
    }

    /// Puts checked bytes at the path.
    fn put(&mut self, path: &FieldPath, raw: &[u8]) -> Result<(), EditErrorKind> {
        if path.is_delimiters() {
            return Err(EditErrorKind::Delimiters);
        }
        let index = self.position(path.segment(), path.occurrence());
        if raw.is_empty() && index.is_none() {
            return Ok(());
        }
        let Some(index) = index else {
            let found = self.count(path.segment());
            if usize::from(path.occurrence()) != found + 1 {
                return Err(EditErrorKind::MissingSegment { found });
            }
            if path.segment().is_envelope() {
                return Err(EditErrorKind::Envelope);
            }
            let edited = splice(path.segment().as_bytes(), path, raw, &self.delimiters)?;
            self.slots.push(Slot {
                name: *path.segment().as_bytes(),
                edited: None,
                start: 0,
                end: 0,
                next: 0,
            });
            self.replace(self.slots.len() - 1, edited);
            return Ok(());
        };
        let segment = self.segment_bytes(index);
        if raw.is_empty() && segment::locate(segment, path, &self.delimiters).is_none() {
            return Ok(());
        }
        let edited = splice(segment, path, raw, &self.delimiters)?;
        self.replace(index, edited);
        Ok(())
    }

    fn position(&self, name: SegmentName, occurrence: u16) -> Option<usize> {
        let mut named = self
            .slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.name == *name.as_bytes());
        named
            .nth(usize::from(occurrence).checked_sub(1)?)
            .map(|(index, _)| index)
    }

    fn segment_bytes(&self, index: usize) -> &[u8] {
        self.slots.get(index).map_or(&[], |slot| self.raw(slot))
    }

    /// Gives a segment new bytes.
    fn replace(&mut self, index: usize, bytes: Bytes) {
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        self.is_edited = true;
        let earlier = slot
            .edited
            .and_then(|edited| self.edited.get_mut(edited as usize));
        if let Some(earlier) = earlier {
            *earlier = bytes;
        } else {
            slot.edited = u32::try_from(self.edited.len()).ok();
            self.edited.push(bytes);
        }
    }
}

/// The segment with `raw` at the path, padded with delimiters where it does not reach that far.
fn splice(
    segment: &[u8],
    path: &FieldPath,
    raw: &[u8],
    delimiters: &Delimiters,
) -> Result<Bytes, EditErrorKind> {
    let field = (Level::Field, segment::field_piece(segment, path.field()));
    let mut range = 0..segment.len();
    let mut padding: SmallVec<[u8; 32]> = SmallVec::new();
    for (level, number) in std::iter::once(field).chain(path.below_field()) {
        let delimiter = delimiters.between(level);
        let missing = if padding.is_empty() {
            match segment::piece(segment, range.clone(), delimiter, number) {
                Ok(found) => {
                    range = found;
                    continue;
                }
                Err(count) => {
                    range = range.end..range.end;
                    number - count
                }
            }
        } else {
            number - 1
        };
        if missing > 0 {
            let delimiter = delimiter.ok_or(EditErrorKind::NoSubcomponents)?;
            padding.resize(padding.len() + missing, delimiter);
        }
    }
    let mut edited = Vec::with_capacity(segment.len() - range.len() + padding.len() + raw.len());
    edited.extend_from_slice(slice(segment, &(0..range.start)));
    edited.extend_from_slice(&padding);
    edited.extend_from_slice(raw);
    edited.extend_from_slice(slice(segment, &(range.end..segment.len())));
    Ok(edited.into())
}

/// The range of a repetition with the delimiter after it, or before it if it is the last of several.
fn with_delimiter(segment: &[u8], range: Range<usize>, delimiter: u8) -> Range<usize> {
    if segment.get(range.end) == Some(&delimiter) {
        range.start..range.end + 1
    } else if range.start > 0 && segment.get(range.start - 1) == Some(&delimiter) {
        range.start - 1..range.end
    } else {
        range
    }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Field => "field",
        Level::Repetition => "repetition",
        Level::Component => "component",
        Level::Subcomponent => "subcomponent",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hl7::Terminators;

    const GIVEN: &str = "MSH|^~\\&|A\rPID|1||X1^^^MR~X2^^^NH||DOE^ANNA\rNK1|1\rOBX|1\rNK1|2\r";

    /// Runs an edit on `GIVEN` and shows the segments that changed, or the error.
    fn check(edit: impl FnOnce(&mut Message) -> Result<(), EditError>, expected: &str) {
        let mut message = Message::parse(GIVEN.into()).unwrap();
        let shown = match edit(&mut message) {
            Err(error) => error.to_string(),
            Ok(()) => {
                let written = String::from_utf8(message.write(Terminators::Cr).to_vec()).unwrap();
                assert_eq!(message.is_edited(), written != GIVEN, "{expected}");
                let changed = written
                    .split_terminator('\r')
                    .filter(|line| !GIVEN.split('\r').any(|given| given == *line));
                changed.collect::<Vec<_>>().join(" ")
            }
        };
        assert_eq!(shown, expected);
    }

    fn set(path: &str, text: &str, expected: &str) {
        check(|message| message.set(&path.parse().unwrap(), text), expected);
    }

    fn set_raw(path: &str, raw: &str, expected: &str) {
        check(
            |message| message.set_raw(&path.parse().unwrap(), raw.as_bytes()),
            expected,
        );
    }

    fn copy(to: &str, from: &str, expected: &str) {
        check(
            |message| message.copy(&to.parse().unwrap(), &from.parse().unwrap()),
            expected,
        );
    }

    fn remove(target: &str, count: usize, left: &str) {
        let mut message = Message::parse(GIVEN.into()).unwrap();
        assert_eq!(message.remove(&target.parse().unwrap()), count, "{target}");
        assert_eq!(message.is_edited(), count > 0, "{target}");
        assert_eq!(message.write(Terminators::Cr), left.as_bytes(), "{target}");
    }

    #[test]
    fn sets_at_every_level() {
        set("PID-5", "ROE", "PID|1||X1^^^MR~X2^^^NH||ROE");
        set("PID-5.1", "ROE", "PID|1||X1^^^MR~X2^^^NH||ROE^ANNA");
        set("PID-3[2].1", "X9", "PID|1||X1^^^MR~X9^^^NH||DOE^ANNA");
        set("PID-3[2]", "X9", "PID|1||X1^^^MR~X9||DOE^ANNA");
        set("PID-3", "X9", "PID|1||X9||DOE^ANNA");
        set("PID-5.2.2", "M", "PID|1||X1^^^MR~X2^^^NH||DOE^ANNA&M");
        set("NK1[2]-1", "7", "NK1|7");
        set("MSH-3", "B", "MSH|^~\\&|B");
        set("PID-5.1", "", "PID|1||X1^^^MR~X2^^^NH||^ANNA");
    }

    #[test]
    fn pads_what_is_missing() {
        set("PID-8", "F", "PID|1||X1^^^MR~X2^^^NH||DOE^ANNA|||F");
        set("PID-5.4", "JR", "PID|1||X1^^^MR~X2^^^NH||DOE^ANNA^^JR");
        set("PID-2[3].2.2", "Z", "PID|1|~~^&Z|X1^^^MR~X2^^^NH||DOE^ANNA");
        set("OBX-5[2].1", "Z", "OBX|1||||~Z");
        set("MSH-10", "7", "MSH|^~\\&|A|||||||7");
        set("PID-30", "", "");
    }

    #[test]
    fn adds_only_the_next_segment() {
        set("ZPI-2.2", "x", "ZPI||^x");
        set("NK1[3]-1", "3", "NK1|3");
        set(
            "NK1[4]-1",
            "4",
            "NK1[4]-1: the segment is missing; only the next one of its name can be added, this message has 2",
        );
        set(
            "MSH[2]-3",
            "B",
            "MSH[2]-3: a message header, batch header or trailer cannot be added",
        );
        set(
            "BTS-1",
            "1",
            "BTS-1: a message header, batch header or trailer cannot be added",
        );
        set("ZPI-1", "", "");
    }

    #[test]
    fn never_sets_the_delimiters() {
        set(
            "MSH-1",
            "#",
            "MSH-1: declares the delimiters and cannot be set or copied",
        );
        set_raw(
            "MSH-2",
            "#",
            "MSH-2: declares the delimiters and cannot be set or copied",
        );
        copy(
            "MSH-2",
            "PID-1",
            "MSH-2: declares the delimiters and cannot be set or copied",
        );
        copy(
            "PID-1",
            "MSH-2",
            "PID-1: declares the delimiters and cannot be set or copied",
        );
        remove("MSH-2", 0, GIVEN);
        remove("MSH", 0, GIVEN);
    }

    #[test]
    fn text_cannot_forge_anything() {
        set(
            "PID-1",
            "a|b\rMSH|^&~",
            "PID|a\\F\\b\\X0D\\MSH\\F\\\\S\\\\T\\\\R\\||X1^^^MR~X2^^^NH||DOE^ANNA",
        );
        set("PID-1", "a\0", "PID-1: the text holds a NUL character");
        let bare = Message::parse("MSH|^~|A\rPID|1".into()).unwrap();
        let kind = |path: &str, text| {
            bare.clone()
                .set(&path.parse().unwrap(), text)
                .map_err(|error| error.kind)
        };
        assert_eq!(kind("PID-1", "a|b"), Err(EditErrorKind::NoEscape));
        assert_eq!(kind("PID-1.1.2", "a"), Err(EditErrorKind::NoSubcomponents));
        assert_eq!(kind("PID-1", "a&b"), Ok(()));
    }

    #[test]
    fn raw_values_hold_only_deeper_delimiters() {
        set_raw("PID-5", "A^B&C~D", "PID|1||X1^^^MR~X2^^^NH||A^B&C~D");
        set_raw("PID-5", "\"\"", "PID|1||X1^^^MR~X2^^^NH||\"\"");
        set_raw("PID-5.1", "A&B\\T\\", "PID|1||X1^^^MR~X2^^^NH||A&B\\T\\^ANNA");
        let refused = "the raw value holds a control character, or a delimiter that its target cannot hold";
        for (path, raw) in [
            ("PID-5", "A|B"),
            ("PID-5[1]", "A~B"),
            ("PID-5.1", "A^B"),
            ("PID-5.1.1", "A&B"),
            ("PID-5", "A\rB"),
            ("PID-5", "\u{b}"),
        ] {
            set_raw(path, raw, &format!("{path}: {refused}"));
        }
    }

    #[test]
    fn copies_with_structure() {
        copy(
            "PID-4",
            "PID-3",
            "PID|1||X1^^^MR~X2^^^NH|X1^^^MR~X2^^^NH|DOE^ANNA",
        );
        copy("PID-4", "PID-3[2]", "PID|1||X1^^^MR~X2^^^NH|X2^^^NH|DOE^ANNA");
        copy("OBX-5.3", "PID-5.2", "OBX|1||||^^ANNA");
        copy("PID-5", "ZPI-1", "PID|1||X1^^^MR~X2^^^NH||");
        copy("ZPI-1", "ZPI-2", "");
        copy(
            "PID-5.1",
            "PID-3",
            "PID-5.1: cannot hold a whole field; copy from the same level or deeper",
        );
        copy(
            "PID-5[1]",
            "PID-3",
            "PID-5[1]: cannot hold a whole field; copy from the same level or deeper",
        );
    }

    #[test]
    fn removes_segments_and_empties_places() {
        remove("NK1", 2, "MSH|^~\\&|A\rPID|1||X1^^^MR~X2^^^NH||DOE^ANNA\rOBX|1\r");
        remove(
            "NK1[2]",
            1,
            "MSH|^~\\&|A\rPID|1||X1^^^MR~X2^^^NH||DOE^ANNA\rNK1|1\rOBX|1\r",
        );
        remove("NK1[3]", 0, GIVEN);
        remove(
            "PID-3",
            1,
            "MSH|^~\\&|A\rPID|1||||DOE^ANNA\rNK1|1\rOBX|1\rNK1|2\r",
        );
        remove(
            "PID-3[1]",
            1,
            "MSH|^~\\&|A\rPID|1||X2^^^NH||DOE^ANNA\rNK1|1\rOBX|1\rNK1|2\r",
        );
        remove(
            "PID-3[2]",
            1,
            "MSH|^~\\&|A\rPID|1||X1^^^MR||DOE^ANNA\rNK1|1\rOBX|1\rNK1|2\r",
        );
        remove(
            "PID-5.1",
            1,
            "MSH|^~\\&|A\rPID|1||X1^^^MR~X2^^^NH||^ANNA\rNK1|1\rOBX|1\rNK1|2\r",
        );
        remove("PID-4", 0, GIVEN);
        remove("PID-19", 0, GIVEN);
    }
}
