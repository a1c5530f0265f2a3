//! Deviations a message is accepted with: found when asked, named so that they can be counted.
//!
//! Never refuses anything, never holds content.

use super::charset::Charset;
use super::datatype::Timestamp;
use super::delimiters::{is_escape_doubled, is_repeated};
use super::escape;
use super::header::Header;
use super::message::Message;
use super::parse::{has_byte_order_mark, leading};
use super::path::SegmentName;
use super::segment::slice;

/// A deviation from the standard that does not keep a message from being accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Warning {
    /// A UTF-8 byte order mark before MSH.
    ByteOrderMark,
    /// Blanks, blank lines or a stray frame start before MSH.
    LeadingBlanks,
    /// Segments that end in LF or CR LF.
    Terminators,
    /// Blank lines between or after segments.
    BlankLines,
    /// The last segment has no terminator.
    LastTerminatorMissing,
    /// MSH-2 has fewer than four characters.
    EncodingCharactersMissing,
    /// MSH-2 has more than five characters.
    EncodingCharactersSurplus,
    /// MSH-2 has a truncation character before version 2.7.
    TruncationCharacterEarly,
    /// MSH-2 has its escape character twice, `^~\\&`.
    EscapeCharacterDoubled,
    /// A character is declared as two delimiters.
    DelimiterRepeated,
    /// A segment whose name is not a capital letter and two capital letters or digits.
    SegmentName,
    /// An escape character that begins no escape sequence of the standard.
    Escape,
    /// MSH-9.3 names another message type than MSH-9.1.
    MessageStructure,
    /// MSH-7 is no date and time.
    Datetime,
    /// Bytes beyond ASCII in a message that declares ASCII; they are read as if it declared nothing.
    CharacterSet,
}

impl Warning {
    /// The stable name, as metrics and documentation have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Warning::ByteOrderMark => "byte-order-mark",
            Warning::LeadingBlanks => "leading-blanks",
            Warning::Terminators => "terminators",
            Warning::BlankLines => "blank-lines",
            Warning::LastTerminatorMissing => "last-terminator-missing",
            Warning::EncodingCharactersMissing => "encoding-characters-missing",
            Warning::EncodingCharactersSurplus => "encoding-characters-surplus",
            Warning::TruncationCharacterEarly => "truncation-character-early",
            Warning::EscapeCharacterDoubled => "escape-character-doubled",
            Warning::DelimiterRepeated => "delimiter-repeated",
            Warning::SegmentName => "segment-name",
            Warning::Escape => "escape",
            Warning::MessageStructure => "message-structure",
            Warning::Datetime => "datetime",
            Warning::CharacterSet => "character-set",
        }
    }
}

impl Message {
    /// The deviations of the message as received, each once; edits do not change them.
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut warn = |is_so: bool, warning: Warning| {
            if is_so {
                warnings.push(warning);
            }
        };
        let has_mark = has_byte_order_mark(&self.received);
        warn(has_mark, Warning::ByteOrderMark);
        warn(
            leading(&self.received) > if has_mark { 3 } else { 0 },
            Warning::LeadingBlanks,
        );
        self.terminator_warnings(&mut warn);
        let header = self.header();
        encoding_character_warnings(&header, &mut warn);
        let is_misnamed = |name: [u8; 3]| SegmentName::new(name).is_none();
        warn(
            self.slots.iter().any(|slot| is_misnamed(slot.name)),
            Warning::SegmentName,
        );
        warn(self.has_malformed_escape(), Warning::Escape);
        warn(is_structure_contradicted(&header), Warning::MessageStructure);
        warn(
            !header.datetime().is_empty() && Timestamp::read(header.datetime()).is_none(),
            Warning::Datetime,
        );
        let is_beyond = self.charset().is_some_and(Charset::is_ascii) && !self.received.is_ascii();
        warn(is_beyond, Warning::CharacterSet);
        warnings
    }

    fn terminator_warnings(&self, warn: &mut impl FnMut(bool, Warning)) {
        if self.is_canonical {
            return;
        }
        let gaps = || {
            let received = self.slots.iter().filter(|slot| !slot.is_added());
            received.map(|slot| slice(&self.received, &(slot.end as usize..slot.next as usize)))
        };
        warn(gaps().any(|gap| gap.contains(&b'\n')), Warning::Terminators);
        warn(
            gaps().any(|gap| gap.len() > 1 && gap != b"\r\n"),
            Warning::BlankLines,
        );
        warn(gaps().any(<[u8]>::is_empty), Warning::LastTerminatorMissing);
    }

    fn has_malformed_escape(&self) -> bool {
        let mut segments = self.segments();
        // MSH-2 holds the escape character itself.
        let header = segments.next().map(|header| header.raw()).unwrap_or_default();
        let declared = SegmentName::MSH.as_bytes().len() + 1 + self.header().encoding_characters().len();
        escape::is_malformed(slice(header, &(declared..header.len())), &self.delimiters)
            || segments.any(|segment| escape::is_malformed(segment.raw(), &self.delimiters))
    }
}

fn encoding_character_warnings(header: &Header<'_>, warn: &mut impl FnMut(bool, Warning)) {
    let encoding_characters = header.encoding_characters();
    let is_doubled = is_escape_doubled(encoding_characters);
    let length = encoding_characters.len() - usize::from(is_doubled);
    let is_early = header.version().is_some_and(|version| version < [2, 7, 0]);
    warn(length < 4, Warning::EncodingCharactersMissing);
    warn(length > 5, Warning::EncodingCharactersSurplus);
    warn(length == 5 && is_early, Warning::TruncationCharacterEarly);
    warn(is_doubled, Warning::EscapeCharacterDoubled);
    warn(
        is_repeated(header.delimiters().field, encoding_characters),
        Warning::DelimiterRepeated,
    );
}

fn is_structure_contradicted(header: &Header<'_>) -> bool {
    let structure = header.message_structure();
    let prefix = structure.split(|&byte| byte == b'_').next().unwrap_or_default();
    !structure.is_empty() && prefix != header.message_type()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, expected: &[&str]) {
        let message = Message::parse(message.to_owned().into()).unwrap();
        let names: Vec<&str> = message.warnings().into_iter().map(Warning::as_str).collect();
        assert_eq!(names, expected, "{message:?}");
    }

    #[test]
    fn tells_of_what_stands_around_segments() {
        check("MSH|^~\\&|A\rPID|1\r", &[]);
        check("\u{feff}MSH|^~\\&|A\r", &["byte-order-mark"]);
        check("\u{feff} \nMSH|^~\\&|A\r", &["byte-order-mark", "leading-blanks"]);
        check("MSH|^~\\&|A\nPID|1\n", &["terminators"]);
        check("MSH|^~\\&|A\r\nPID|1\r\n", &["terminators"]);
        check(
            "MSH|^~\\&|A\r\rPID|1",
            &["blank-lines", "last-terminator-missing"],
        );
    }

    #[test]
    fn tells_of_encoding_characters() {
        check("MSH|^~&|A|||||||||2.1\r", &["encoding-characters-missing"]);
        check("MSH|^~\\&#$|A\r", &["encoding-characters-surplus"]);
        check("MSH|^~\\&#|A||||||||P|2.7\r", &[]);
        check("MSH|^~\\&#|A|||||||7|P|2.5.1\r", &["truncation-character-early"]);
        check("MSH|^~\\\\&|A\r", &["escape-character-doubled"]);
        check("MSH|^&&^|A\r", &["delimiter-repeated"]);
    }

    #[test]
    fn tells_of_content() {
        check("MSH|^~\\&|A\rpid|1\r", &["segment-name"]);
        check("MSH|^~\\&|A\rPID|a\\b\r", &["escape"]);
        check("MSH|^~\\&|\\F\\\rPID|\\.br\\\r", &[]);
        check("MSH|^~\\&|||||||ADT^A01^ORU_R01\r", &["message-structure"]);
        check("MSH|^~\\&|||||||ADT^A04^ADT_A01\r", &[]);
        check("MSH|^~\\&|||||||ACK^A04^ACK\r", &[]);
        check(
            "MSH|^~\\&|||||||ACK^A04^ACK|||||||||ASCII\rNTE|\u{e9}\r",
            &["character-set"],
        );
        check("MSH|^~\\&|||||||ACK^A04^ACK|||||||||ASCII\rNTE|e\r", &[]);
    }

    #[test]
    fn tells_of_times_that_are_none() {
        for (time, is_valid) in [
            ("2026", true),
            ("202603141015", true),
            ("20260314101530.1234+0100", true),
            ("2026-13-45", false),
            ("20261301", false),
            ("20260132", false),
            ("202603142400", false),
            ("not-a-date", false),
            ("2026031410153", false),
        ] {
            check(
                &format!("MSH|^~\\&|||||{time}\r"),
                if is_valid { &[] } else { &["datetime"] },
            );
        }
    }
}
