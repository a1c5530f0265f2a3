//! MSH as a typed view: the fields every part of the engine asks for, by their names in the standard.
//!
//! Works on a whole message and on the beginning of one that is too large or broken, and gives raw bytes, to be
//! compared and echoed; [`Msh`](super::segments::Msh) reads the fields of a whole message as data types.

mod check;

use super::charset::{self, Charset};
use super::delimiters::Delimiters;
use super::parse::{self, ParseError};
use super::segment::{field_bytes, pieces, slice};

pub use check::Expected;

/// The MSH of a message.
///
/// Fields are raw bytes, as received; a field that is not there is empty.
/// Fields of type HD (MSH-3 to MSH-6) are whole; MSH-9, MSH-11 and MSH-12 are given by component.
#[derive(Clone, Copy)]
pub struct Header<'a> {
    raw: &'a [u8],
    delimiters: Delimiters,
}

impl<'a> Header<'a> {
    pub(super) fn new(raw: &'a [u8], delimiters: Delimiters) -> Self {
        Header { raw, delimiters }
    }

    /// Reads the header of bytes that may be cut anywhere, or that [`Message::parse`](super::Message::parse)
    /// refused for what follows the header.
    pub fn parse(bytes: &'a [u8]) -> Result<Header<'a>, ParseError> {
        Header::parse_assuming(bytes, None)
    }

    /// Reads the header as [`parse`](Header::parse) does, taken to be in a character set if neither MSH-18 nor a byte
    /// order mark declares one.
    pub fn parse_assuming(bytes: &'a [u8], charset: Option<Charset>) -> Result<Header<'a>, ParseError> {
        let (start, mut delimiters) = parse::header(bytes)?;
        let rest = slice(bytes, &(start..bytes.len()));
        let line = rest.iter().position(|&byte| parse::is_terminator(byte));
        // Without a terminator the last field may be cut short; half a control id is worse than none.
        let end = line
            .or_else(|| memchr::memrchr(delimiters.field, rest))
            .unwrap_or(rest.len());
        let raw = slice(rest, &(0..end));
        let assumed = parse::assumed(bytes, charset);
        charset::of_message(raw, &mut delimiters, assumed);
        Ok(Header { raw, delimiters })
    }

    /// What MSH-1 and MSH-2 declare.
    pub fn delimiters(&self) -> &Delimiters {
        &self.delimiters
    }

    /// The character set of the message, as [`Message::charset`](super::Message::charset) tells it.
    pub fn charset(&self) -> Option<Charset> {
        self.delimiters.charset
    }

    /// MSH-2 as received.
    pub fn encoding_characters(&self) -> &'a [u8] {
        self.field(2)
    }

    /// MSH-3
    pub fn sending_application(&self) -> &'a [u8] {
        self.field(3)
    }

    /// MSH-4
    pub fn sending_facility(&self) -> &'a [u8] {
        self.field(4)
    }

    /// MSH-5
    pub fn receiving_application(&self) -> &'a [u8] {
        self.field(5)
    }

    /// MSH-6
    pub fn receiving_facility(&self) -> &'a [u8] {
        self.field(6)
    }

    /// MSH-7
    pub fn datetime(&self) -> &'a [u8] {
        self.field(7)
    }

    /// MSH-9.1, `ADT`
    pub fn message_type(&self) -> &'a [u8] {
        self.component(9, 1)
    }

    /// MSH-9.2, `A01`
    pub fn trigger_event(&self) -> &'a [u8] {
        self.component(9, 2)
    }

    /// MSH-9.3, `ADT_A01`
    pub fn message_structure(&self) -> &'a [u8] {
        self.component(9, 3)
    }

    /// MSH-10
    pub fn control_id(&self) -> &'a [u8] {
        self.field(10)
    }

    /// MSH-11.1
    pub fn processing_id(&self) -> &'a [u8] {
        self.component(11, 1)
    }

    /// MSH-12.1
    pub fn version_id(&self) -> &'a [u8] {
        self.component(12, 1)
    }

    /// MSH-13
    pub fn sequence_number(&self) -> &'a [u8] {
        self.field(13)
    }

    /// MSH-15
    pub fn accept_acknowledgment_type(&self) -> &'a [u8] {
        self.field(15)
    }

    /// MSH-16
    pub fn application_acknowledgment_type(&self) -> &'a [u8] {
        self.field(16)
    }

    /// MSH-18
    pub fn character_set(&self) -> &'a [u8] {
        self.field(18)
    }

    /// The whole field as received.
    pub(super) fn field(&self, number: u16) -> &'a [u8] {
        field_bytes(self.raw, number, &self.delimiters)
    }

    fn component(&self, field: u16, number: usize) -> &'a [u8] {
        let first = pieces(self.field(field), self.delimiters.repetition, &self.delimiters).next();
        let mut components = pieces(
            first.unwrap_or_default(),
            self.delimiters.component,
            &self.delimiters,
        );
        components.nth(number - 1).unwrap_or_default()
    }

    /// The version as numbers that compare: 2.5.1 is `[2, 5, 1]`; `None` where MSH-12 is no version.
    pub(crate) fn version(&self) -> Option<[u8; 3]> {
        let text = std::str::from_utf8(self.version_id()).ok()?;
        let mut version = [0; 3];
        let mut parts = text.split('.');
        for place in &mut version {
            match parts.next() {
                Some(part) => *place = part.parse().ok()?,
                None => break,
            }
        }
        parts.next().is_none().then_some(version)
    }
}

impl std::fmt::Debug for Header<'_> {
    /// Prints the size, never the bytes.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Header({} bytes)", self.raw.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_fields_of_the_standard() {
        let bytes = b"MSH|^~\\&|A^1|B|C|D|20260101||ADT^A01^ADT_A01~X|7|P^T|2.5.1^x|||AL|NE||UTF-8\rPID|1";
        let header = Header::parse(bytes).unwrap();
        let fields = [
            header.encoding_characters(),
            header.sending_application(),
            header.sending_facility(),
            header.receiving_application(),
            header.receiving_facility(),
            header.datetime(),
            header.message_type(),
            header.trigger_event(),
            header.message_structure(),
            header.control_id(),
            header.processing_id(),
            header.version_id(),
            header.accept_acknowledgment_type(),
            header.application_acknowledgment_type(),
            header.character_set(),
        ];
        let fields = fields.map(|field| std::str::from_utf8(field).unwrap());
        assert_eq!(
            fields.join(" "),
            "^~\\& A^1 B C D 20260101 ADT A01 ADT_A01 7 P 2.5.1 AL NE UTF-8"
        );
    }

    #[test]
    fn a_cut_header_gives_only_whole_fields() {
        let header = Header::parse(b"MSH|^~\\&|A|B|C|D|20260101||ADT^A01|MSG0").unwrap();
        assert_eq!(
            (header.trigger_event(), header.control_id()),
            (&b"A01"[..], &b""[..])
        );
        assert_eq!(Header::parse(b"MSH|^~\\&").unwrap().control_id(), b"");
        assert!(Header::parse(b"PID|1").is_err());
    }

    #[test]
    fn what_declares_no_character_set_is_read_in_the_one_assumed() {
        let facility = "サポート";
        let shift_jis: Charset = "SHIFT_JIS".parse().unwrap();
        let message = |declared: &str| {
            let text =
                format!("MSH|^~\\&|A|{facility}|C|D|20260301||ADT^A01|7|P|2.5.1||||||{declared}\rPID|1\r");
            shift_jis.encode(&text).unwrap().into_owned()
        };
        let control_id = |bytes: &[u8], assumed| {
            let header = Header::parse_assuming(bytes, assumed).unwrap();
            (header.control_id().to_vec(), header.charset())
        };
        let undeclared = message("");
        assert_eq!(
            control_id(&undeclared, Some(shift_jis)),
            (b"7".to_vec(), Some(shift_jis))
        );
        assert_eq!(control_id(&undeclared, None), (b"ADT^A01".to_vec(), None));
        let declared = message("SHIFT_JIS");
        let other = Some(Charset::LATIN_1);
        assert_eq!(control_id(&declared, other), (b"7".to_vec(), Some(shift_jis)));
        let marked = [b"\xEF\xBB\xBF".as_slice(), b"MSH|^~\\&|A\r"].concat();
        let header = Header::parse_assuming(&marked, Some(shift_jis)).unwrap();
        assert_eq!(header.charset(), Some(Charset::UTF_8));
    }

    #[test]
    fn versions_compare() {
        for (version, expected) in [
            ("2.5.1", Some([2, 5, 1])),
            ("2.7", Some([2, 7, 0])),
            ("2.5^DEU", Some([2, 5, 0])),
            ("", None),
            ("2.x", None),
            ("2.1.1.1", None),
            ("2.999", None),
        ] {
            let bytes = format!("MSH|^~\\&||||||||||{version}\r");
            assert_eq!(
                Header::parse(bytes.as_bytes()).unwrap().version(),
                expected,
                "{version}"
            );
        }
    }
}
