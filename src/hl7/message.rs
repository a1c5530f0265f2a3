//! The message: received bytes, the index over them, and the segments that edits replaced.
//!
//! The received bytes never change; reading never builds more than the value asked for.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use bytes::Bytes;

use super::charset::{self, Charset};
use super::delimiters::Delimiters;
use super::escape::{self, FormattedText};
use super::header::Header;
use super::parse::{self, Index, ParseError, ParseLimits, Slot, Slots};
use super::path::{FieldPath, Names, SegmentName, Shift};
use super::segment::{self, Segment};
use super::value::Value;

/// An HL7 v2 message over the bytes received.
///
/// A clone shares the received bytes. `Debug` prints sizes, never content.
#[derive(Clone)]
pub struct Message {
    pub(super) received: Bytes,
    pub(super) delimiters: Delimiters,
    pub(super) slots: Slots,
    /// What replaces the received bytes of edited segments, by [`Slot::edited`].
    pub(super) edited: Vec<Bytes>,
    /// The edits that renumbered segments or repetitions, for scopes that were made before them.
    pub(super) shifts: Vec<Shift>,
    /// Where the segments of a name stand, once somebody has asked to remember it.
    pub(super) names: OnceLock<Names>,
    pub(super) is_edited: bool,
    pub(super) is_canonical: bool,
}

impl Message {
    /// Indexes a message under the default [`ParseLimits`].
    pub fn parse(bytes: Bytes) -> Result<Message, ParseError> {
        Message::parse_with(bytes, &ParseLimits::default())
    }

    /// Indexes a message.
    pub fn parse_with(bytes: Bytes, limits: &ParseLimits) -> Result<Message, ParseError> {
        Message::parse_assuming(bytes, limits, None)
    }

    /// Indexes a message, taken to be in a character set if neither MSH-18 nor a byte order mark declares one.
    pub fn parse_assuming(
        bytes: Bytes,
        limits: &ParseLimits,
        charset: Option<Charset>,
    ) -> Result<Message, ParseError> {
        let Index {
            delimiters,
            slots,
            is_canonical,
        } = parse::index(&bytes, limits, charset)?;
        Ok(Message {
            received: bytes,
            delimiters,
            slots,
            edited: Vec::new(),
            shifts: Vec::new(),
            names: OnceLock::new(),
            is_edited: false,
            is_canonical,
        })
    }

    /// The bytes it was parsed from, whatever was edited since.
    pub fn received(&self) -> &Bytes {
        &self.received
    }

    /// What MSH-1 and MSH-2 declare.
    pub fn delimiters(&self) -> &Delimiters {
        &self.delimiters
    }

    /// The character set of the message: what MSH-18 declares, else UTF-8 after a byte order mark, else what was
    /// assumed; `None` where none of these says, or MSH-18 cannot be decoded.
    ///
    /// An edit of MSH-18 that declares another one writes all of the message in it.
    /// Clearing MSH-18 changes what the message declares, not its bytes and not what later edits are written in.
    pub fn charset(&self) -> Option<Charset> {
        self.delimiters.charset
    }

    /// The MSH as a typed view.
    pub fn header(&self) -> Header<'_> {
        let raw = self.slots.first().map_or(&[] as &[u8], |slot| self.raw(slot));
        Header::new(raw, self.delimiters)
    }

    /// All segments in order, MSH first.
    pub fn segments(&self) -> impl ExactSizeIterator<Item = Segment<'_>> {
        self.slots
            .iter()
            .map(|slot| Segment::new(self.raw(slot), &self.delimiters))
    }

    /// What stands at the path, undecoded.
    pub fn read(&self, path: &FieldPath) -> Value<'_> {
        match self.slot(path.segment(), path.occurrence()) {
            Some(slot) => segment::read(self.raw(slot), path, &self.delimiters),
            None => Value::Absent,
        }
    }

    /// The value at the path with its escapes decoded; `None` unless valued.
    ///
    /// Read in the message's [character set](Message::charset); without one, as UTF-8 or else as Latin-1.
    /// Escapes that stand for no character (`\H\`, `\.br\`) and broken ones stay as they are.
    pub fn text(&self, path: &FieldPath) -> Option<Cow<'_, str>> {
        let raw = self.read(path).raw()?;
        Some(self.decoded(raw, path))
    }

    /// The text of raw bytes that stand at this path.
    pub(super) fn decoded<'a>(&self, raw: &'a [u8], path: &FieldPath) -> Cow<'a, str> {
        escape::decode(raw, &self.delimiters.escaping(path))
    }

    /// The value at the path with its formatting told apart, for fields of type FT; `None` unless valued.
    pub fn formatted(&self, path: &FieldPath) -> Option<FormattedText<'_>> {
        let raw = self.read(path).raw()?;
        Some(FormattedText::new(raw, self.delimiters.escaping(path)))
    }

    /// The characters that bytes of this message stand for, escapes as they are.
    pub fn characters<'a>(&self, raw: &'a [u8]) -> Cow<'a, str> {
        charset::characters(raw, self.charset())
    }

    /// Whether any edit changed the message.
    pub fn is_edited(&self) -> bool {
        self.is_edited
    }

    /// How many segments have this name.
    pub fn count(&self, name: SegmentName) -> usize {
        self.slots
            .iter()
            .filter(|slot| slot.name == *name.as_bytes())
            .count()
    }

    pub(super) fn slot(&self, name: SegmentName, occurrence: u16) -> Option<&Slot> {
        self.slots.get(self.index_of(name, occurrence)?)
    }

    /// The segment's bytes as they now are.
    pub(super) fn raw(&self, slot: &Slot) -> &[u8] {
        let edited = slot.edited.and_then(|edited| self.edited.get(edited as usize));
        match edited {
            Some(bytes) => bytes,
            None => segment::slice(&self.received, &(slot.start as usize..slot.end as usize)),
        }
    }
}

impl fmt::Debug for Message {
    /// Prints sizes, never the bytes.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Message")
            .field("received_bytes", &self.received.len())
            .field("segments", &self.slots.len())
            .field("is_edited", &self.is_edited)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORU: &str = "MSH|^~\\&|LAB&2.16&ISO^X|NORTH||||ORU|ORU^R01^ORU_R01|7|P|2.5.1\r\
        PID|1||A1^^^MR~B2^^^NH||DOE^\"\"^^|\"\"|^^~\rOBX|1|TX|||one \\T\\ two\rOBX|2|TX|||caf\u{e9} \\.br\\\\X41\\";

    fn check(path: &str, expected: &str) {
        let message = Message::parse(ORU.into()).unwrap();
        let path = path.parse().unwrap();
        let value = message.read(&path);
        let shown = match value.raw() {
            Some(raw) => String::from_utf8(raw.to_vec()).unwrap(),
            None => format!("{value:?}"),
        };
        assert_eq!(shown, expected, "{path}");
    }

    #[test]
    fn reads_at_every_level() {
        check("PID-3", "A1^^^MR~B2^^^NH");
        check("PID-3[1]", "A1^^^MR");
        check("PID-3[2]", "B2^^^NH");
        check("PID-3.1", "A1");
        check("PID-3[2].4", "NH");
        check("PID-3[2].4.1", "NH");
        check("OBX[2]-1", "2");
        check("OBX[2]-5", "caf\u{e9} \\.br\\\\X41\\");
    }

    #[test]
    fn counts_the_header_as_the_standard_does() {
        check("MSH-1", "|");
        check("MSH-2", "^~\\&");
        check("MSH-2.1", "^~\\&");
        check("MSH-2.2", "Absent");
        check("MSH-3", "LAB&2.16&ISO^X");
        check("MSH-3.1.2", "2.16");
        check("MSH-9.3", "ORU_R01");
        check("MSH-12", "2.5.1");
    }

    #[test]
    fn tells_absent_empty_and_null_apart() {
        check("ZPI-1", "Absent");
        check("OBX[3]-1", "Absent");
        check("PID-8", "Absent");
        check("PID-3[3]", "Absent");
        check("PID-5.9", "Absent");
        check("PID-2", "Empty");
        check("PID-5.3", "Empty");
        check("PID-2.1.1", "Empty");
        check("PID-7", "Empty");
        check("PID-6", "Null");
        check("PID-5.2", "Null");
    }

    #[test]
    fn decodes_text() {
        let message = Message::parse(ORU.into()).unwrap();
        let text = |path: &str| message.text(&path.parse().unwrap()).map(Cow::into_owned);
        assert_eq!(text("OBX-5").as_deref(), Some("one & two"));
        assert_eq!(text("OBX[2]-5").as_deref(), Some("caf\u{e9} \\.br\\A"));
        assert_eq!(text("MSH-2").as_deref(), Some("^~\\&"));
        assert_eq!(text("PID-6"), None);
        assert_eq!(text("PID-2"), None);
        assert_eq!(text("ZPI-1"), None);
    }

    #[test]
    fn names_its_segments() {
        let message =
            Message::parse(Bytes::from_static(b"MSH|^~\\&\rPID\rpid|1\rhello world\rZ9 |")).unwrap();
        let names: Vec<&[u8]> = message.segments().map(|segment| segment.name()).collect();
        assert_eq!(names, [b"MSH".as_slice(), b"PID", b"pid", b"hello world", b"Z9 "]);
    }

    #[test]
    fn debug_shows_no_content() {
        let message = Message::parse(ORU.into()).unwrap();
        let debug = format!(
            "{message:?} {:?} {:?} {:?}",
            message.header(),
            message.segments().next(),
            message.read(&"PID-5.1".parse().unwrap())
        );
        assert!(!debug.contains("DOE") && !debug.contains("LAB"), "{debug}");
    }
}
