//! Edits: each builds anew the one segment it touches; all others keep their bytes.
//!
//! No value can forge a segment, a field or a sibling: text is escaped, raw values are checked, and a copy keeps
//! only delimiters deeper than its target.

mod part;
mod segments;
#[cfg(test)]
mod tests;
mod texts;
mod transcode;

use std::ops::Range;

use bytes::Bytes;
use smallvec::SmallVec;
use thiserror::Error;

use crate::hl7::charset::{Charset, CharsetError};
use crate::hl7::delimiters::Delimiters;
use crate::hl7::dictionary::Insertion;
use crate::hl7::escape::{self, Unwritable};
use crate::hl7::message::Message;
use crate::hl7::parse::Slot;
use crate::hl7::path::{FieldPath, Level, SegmentName, SegmentPath, Shift, Target};
use crate::hl7::segment::{self, slice};

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
    #[error("a message header, batch header or trailer is neither added nor renamed")]
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
    /// The text holds a character that the message's character set lacks.
    #[error("the text holds a character that the character set of the message, {charset}, does not have")]
    Unrepresentable {
        /// What MSH-18 declares, or what is assumed.
        charset: Charset,
    },
    /// What would be put after the value would be read as a part of it.
    #[error("the value or its segment ends within a character, or before the escape back to ASCII")]
    CutCharacter,
    /// The path needs a subcomponent delimiter and MSH-2 declares none.
    #[error("the message declares no subcomponent delimiter")]
    NoSubcomponents,
    /// MSH-18 would declare what is no character set, or none that weir can write.
    #[error("{0}")]
    Charset(CharsetError),
    /// MSH-18 would declare a character set that lacks a character of the message.
    #[error("{} holds a character that {charset} does not have", segment_name(*.segment))]
    Untranscodable {
        /// What MSH-18 would declare.
        charset: Charset,
        /// The segment that holds it; `None` for one that no path can name.
        segment: Option<SegmentPath>,
    },
    /// MSH-18 would declare another character set, and the message cannot be read in its own.
    #[error("{} cannot be read in its own character set, and so not be written in another", segment_name(*.segment))]
    Unreadable {
        /// The segment that cannot be read; `None` for one that no path can name.
        segment: Option<SegmentPath>,
    },
    /// A copy from a field to a component, say, would bring delimiters its target cannot hold.
    #[error("cannot hold a whole {}; copy from the same level or deeper", level_name(*.from))]
    Level {
        /// The level copied from.
        from: Level,
    },
}

/// The field of MSH that declares the character set.
const CHARACTER_SET: u16 = 18;

impl Message {
    /// Gives the place this text, escaped; what lies between is padded with delimiters.
    ///
    /// It is written in the message's [character set](Message::charset).
    /// Where nothing is declared or assumed that is UTF-8, or Latin-1 if the bytes received are not UTF-8.
    /// Another character set in MSH-18, by this or any other edit, writes the whole message in it.
    ///
    /// A missing segment is added if it is the next one of its name: `ZPI-1` where there is no ZPI, `NTE[3]-1` where
    /// there are two. It goes where the structure of the message has it, or else to the end.
    /// An empty text clears the place, and where there is nothing to clear changes nothing.
    pub fn set(&mut self, path: &FieldPath, text: &str) -> Result<(), EditError> {
        let raw = self.encoded(path, text)?;
        self.put(path, &raw)
            .map_err(|kind| EditError { path: *path, kind })
    }

    /// A text as it is written in this message.
    fn encoded(&self, path: &FieldPath, text: &str) -> Result<Vec<u8>, EditError> {
        let charset = self.charset_written(text);
        let delimiters = Delimiters {
            charset,
            ..self.delimiters
        };
        escape::encode(text, &delimiters).map_err(|unwritable| EditError {
            path: *path,
            kind: match unwritable {
                Unwritable::NoEscape => EditErrorKind::NoEscape,
                Unwritable::Nul => EditErrorKind::Nul,
                Unwritable::Character(charset) => EditErrorKind::Unrepresentable { charset },
            },
        })
    }

    /// Gives the place these bytes as they are, with deeper delimiters and escapes; else like [`Message::set`].
    ///
    /// The HL7 null is the raw value `""`.
    pub fn set_raw(&mut self, path: &FieldPath, raw: &[u8]) -> Result<(), EditError> {
        let done = if self.can_hold(path, raw) {
            self.put(path, raw)
        } else {
            Err(EditErrorKind::Delimited)
        };
        done.map_err(|kind| EditError { path: *path, kind })
    }

    /// Whether these bytes can stand at the place: none is a control character, or a delimiter that would end it.
    fn can_hold(&self, path: &FieldPath, raw: &[u8]) -> bool {
        let ends_target = |byte: u8| {
            let levels = Level::ALL.iter().take_while(|level| **level <= path.level());
            levels
                .filter_map(|level| self.delimiters.between(*level))
                .any(|delimiter| delimiter == byte)
        };
        let is_control = |byte: u8| byte < b' ' && byte != b'\t';
        let is_foreign = |byte: u8| is_control(byte) || ends_target(byte);
        !match self.delimiters.multibyte {
            None => raw.iter().any(|&byte| is_foreign(byte)),
            Some(multibyte) => multibyte.plain(raw).any(|(_, byte)| is_foreign(byte)),
        }
    }

    /// Copies the bytes at `from`, with their structure, to `to`; an absent source clears the target.
    ///
    /// Where `from` is less deep than `to` (see [`FieldPath::level`]), what stands there must hold no delimiter that
    /// would end `to`: a field of one repetition fits a repetition.
    pub fn copy(&mut self, to: &FieldPath, from: &FieldPath) -> Result<(), EditError> {
        let fail = |kind| Err(EditError { path: *to, kind });
        if from.is_delimiters() {
            return fail(EditErrorKind::Delimiters);
        }
        let copied = self.located(from);
        if from.level() < to.level() && !self.can_hold(to, &copied) {
            return fail(EditErrorKind::Level { from: from.level() });
        }
        self.put(to, &copied)
            .map_err(|kind| EditError { path: *to, kind })
    }

    /// The bytes at a path; none where it is absent.
    fn located(&self, path: &FieldPath) -> Vec<u8> {
        let slot = self.slot(path.segment(), path.occurrence());
        let located = slot.and_then(|slot| {
            let raw = self.raw(slot);
            let range = segment::locate(raw, path, &self.delimiters)?;
            Some(slice(raw, &range).to_vec())
        });
        located.unwrap_or_default()
    }

    /// Gives the place these characters as they are, in the message's character set; else as [`Message::set_raw`].
    pub fn set_raw_text(&mut self, path: &FieldPath, raw: &str) -> Result<(), EditError> {
        let bytes = match self.charset_written(raw) {
            Some(charset) => charset.encode(raw).ok_or(EditError {
                path: *path,
                kind: EditErrorKind::Unrepresentable { charset },
            })?,
            None => raw.as_bytes().into(),
        };
        self.set_raw(path, &bytes)
    }

    /// Takes the target away and says how many places that changed.
    ///
    /// Segments go with their terminators; MSH stays.
    /// A repetition goes with its delimiter, so that later ones move up.
    /// Fields, components and subcomponents are emptied: what follows them keeps its place.
    pub fn remove(&mut self, target: &Target) -> Result<usize, EditError> {
        match target {
            Target::Segment(path) => Ok(self.remove_segments(*path)),
            Target::Field(path) => self
                .remove_field(path)
                .map(usize::from)
                .map_err(|kind| EditError { path: *path, kind }),
        }
    }

    /// What a text is written in.
    fn charset_written(&self, text: &str) -> Option<Charset> {
        let is_undeclared = self.charset().is_none() && !text.is_ascii();
        if !is_undeclared || std::str::from_utf8(&self.received).is_ok() {
            return self.charset();
        }
        // Without a word on it, a value whose bytes could be UTF-8 is read as that.
        let latin_1 = Charset::LATIN_1.encode(text);
        let is_misread = latin_1.is_some_and(|bytes| std::str::from_utf8(&bytes).is_ok());
        (!is_misread).then_some(Charset::LATIN_1)
    }

    fn remove_segments(&mut self, path: SegmentPath) -> usize {
        if path.name == SegmentName::MSH {
            return 0;
        }
        let before = self.slots.len();
        let mut occurrence = 0;
        let mut index = 0;
        self.names.take();
        let shifts = &mut self.shifts;
        self.slots.retain(|slot| {
            let is_named = slot.name == *path.name.as_bytes();
            occurrence += u16::from(is_named);
            let is_kept = !is_named || path.occurrence.is_some_and(|wanted| wanted != occurrence);
            if is_kept {
                index += 1;
            } else {
                shifts.push(Shift::Removed(index));
            }
            is_kept
        });
        let removed = before - self.slots.len();
        self.is_edited |= removed > 0;
        removed
    }

    fn remove_field(&mut self, path: &FieldPath) -> Result<bool, EditErrorKind> {
        let Some(index) = self.index_of(path.segment(), path.occurrence()) else {
            return Ok(false);
        };
        let raw = self.segment_bytes(index);
        let Some(mut range) = segment::locate(raw, path, &self.delimiters) else {
            return Ok(false);
        };
        if path.level() == Level::Repetition {
            range = with_delimiter(raw, range, self.delimiters.repetition);
        }
        if range.is_empty() || path.is_delimiters() {
            return Ok(false);
        }
        let edited = [slice(raw, &(0..range.start)), slice(raw, &(range.end..raw.len()))].concat();
        self.rewrite(index, path, edited.into())?;
        if let Some(number) = path.repetition().filter(|_| path.level() == Level::Repetition) {
            self.shifts
                .push(Shift::RepetitionRemoved(index, path.field(), number));
        }
        Ok(true)
    }

    /// Puts checked bytes at the path.
    fn put(&mut self, path: &FieldPath, raw: &[u8]) -> Result<(), EditErrorKind> {
        if path.is_delimiters() {
            return Err(EditErrorKind::Delimiters);
        }
        let Some(index) = self.index_of(path.segment(), path.occurrence()) else {
            return if raw.is_empty() {
                Ok(())
            } else {
                self.add(path, raw)
            };
        };
        let segment = self.segment_bytes(index);
        if let Some(multibyte) = self.delimiters.multibyte
            && !(multibyte.is_whole(raw) && multibyte.is_whole(segment))
        {
            return Err(EditErrorKind::CutCharacter);
        }
        if raw.is_empty() && segment::locate(segment, path, &self.delimiters).is_none() {
            return Ok(());
        }
        let edited = splice(segment, path, raw, &self.delimiters)?;
        self.rewrite(index, path, edited)
    }

    /// Gives the segment of this index the bytes that an edit at the path made of it.
    fn rewrite(&mut self, index: usize, path: &FieldPath, bytes: Bytes) -> Result<(), EditErrorKind> {
        if index == 0 && path.field() == CHARACTER_SET {
            return self.declare(bytes);
        }
        self.replace(index, bytes);
        Ok(())
    }

    /// Adds the segment of the path where the structure of the message has it, or else at its end.
    fn add(&mut self, path: &FieldPath, raw: &[u8]) -> Result<(), EditErrorKind> {
        let name = path.segment();
        let found = self.count(name);
        if usize::from(path.occurrence()) != found + 1 {
            return Err(EditErrorKind::MissingSegment { found });
        }
        if name.is_envelope() {
            return Err(EditErrorKind::Envelope);
        }
        let edited = splice(name.as_bytes(), path, raw, &self.delimiters)?;
        let index = self.index_of_next(name);
        self.shifts.push(Shift::Inserted(index));
        self.names.take();
        self.slots.insert(index, Slot::added(name));
        self.replace(index, edited);
        Ok(())
    }

    /// Where the next segment of a name goes: by the structure, unless it would not be the last of its name there.
    fn index_of_next(&self, name: SegmentName) -> usize {
        let is_of_name = |slot: &Slot| slot.name == *name.as_bytes();
        let behind_its_name = self.slots.iter().rposition(is_of_name).map_or(1, |last| last + 1);
        match Insertion::of(self, name) {
            Insertion::At(index) if index >= behind_its_name => index,
            Insertion::At(_) | Insertion::Several | Insertion::Unknown => self.slots.len(),
        }
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
            match segment::piece(segment, range.clone(), delimiter, number, delimiters.multibyte) {
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

fn segment_name(segment: Option<SegmentPath>) -> String {
    segment.map_or("a segment".to_owned(), |segment| segment.to_string())
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Field => "field",
        Level::Repetition => "repetition",
        Level::Component => "component",
        Level::Subcomponent => "subcomponent",
    }
}
