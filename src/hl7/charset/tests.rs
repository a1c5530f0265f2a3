//! Character sets: names, text both ways, and splitting that never cuts a character.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::hl7::{EditErrorKind, Header, Message, ParseLimits, Terminators};

/// The character sets whose characters hide delimiters, as MSH-18 declares them, and some text of theirs.
const HIDING: [(&str, &str); 4] = [
    (
        "GB 18030-2000",
        "\u{4E57}\u{4E85}\u{4E5B}\u{4E8A}\u{4E02}\u{3400}\u{1F600}",
    ),
    ("BIG-5", "\u{529F}\u{56DB}\u{5306}\u{5916}"),
    ("SHIFT_JIS", "\u{8868}\u{30DD}\u{30BF}\u{30DF}\u{FF71}"),
    (
        "~ISO IR87",
        "\u{5C71}\u{25CF}\u{7DEF}\u{852D}\u{79FB}\u{396}\u{FF71}",
    ),
];

fn charset(name: &str) -> Charset {
    name.trim_start_matches('~').parse().unwrap()
}

/// A message that declares this character set, and what stands in PID-5 and after it.
fn message(declared: &str, name: &[u8]) -> Message {
    let header = format!("MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5||||||{declared}\rPID|1||2||");
    parse([header.as_bytes(), name, b"|SEX\r"].concat())
}

fn parse(bytes: Vec<u8>) -> Message {
    Message::parse(bytes.into()).unwrap()
}

fn text(message: &Message, path: &str) -> Option<String> {
    message.text(&path.parse().unwrap()).map(Cow::into_owned)
}

#[test]
fn names_are_found_however_they_are_spelled() {
    for (spelled, expected) in [
        ("UNICODE UTF-8", "UNICODE UTF-8"),
        ("UTF-8", "UNICODE UTF-8"),
        ("utf8", "UNICODE UTF-8"),
        ("UNICODE", "UNICODE UTF-8"),
        ("ISO_IR 192", "UNICODE UTF-8"),
        ("ASCII", "ASCII"),
        ("us-ascii", "ASCII"),
        ("8859/1", "8859/1"),
        ("   8859/1", "8859/1"),
        ("ISO-8859-1", "8859/1"),
        ("ISO 8859/1", "8859/1"),
        ("iso_8859-1", "8859/1"),
        ("Latin1", "8859/1"),
        ("8859/15", "8859/15"),
        ("ISO-8859-15", "8859/15"),
        ("windows-1252", "WINDOWS-1252"),
        ("CP1250", "WINDOWS-1250"),
        ("GB18030", "GB 18030-2000"),
        ("gbk", "GB 18030-2000"),
        ("KS X 1001", "KS X 1001"),
        ("Big5", "BIG-5"),
        ("Shift_JIS", "SHIFT_JIS"),
        ("ISO IR87", "ISO IR87"),
    ] {
        assert_eq!(
            spelled.parse::<Charset>().map(Charset::as_str),
            Ok(expected),
            "{spelled}"
        );
    }
    for unknown in [
        "wrong",
        "CAN",
        "ENG^English^ISO",
        "8859/12",
        "8859",
        "",
        "UTF-8\u{e9}",
        &"8".repeat(1000),
    ] {
        assert_eq!(
            unknown.parse::<Charset>(),
            Err(CharsetError::Unknown),
            "{unknown}"
        );
    }
    for unsupported in ["UNICODE UTF-16", "utf-32", "CNS 11643-1992"] {
        assert!(
            matches!(unsupported.parse::<Charset>(), Err(CharsetError::Unsupported(_))),
            "{unsupported}"
        );
    }
    for charset in name::all() {
        assert_eq!(charset.as_str().parse(), Ok(charset));
    }
}

#[test]
fn reads_and_writes_what_a_character_set_has() {
    for (name, text, bytes) in [
        ("8859/1", "caf\u{e9}", &b"caf\xE9"[..]),
        ("8859/2", "\u{141}\u{f3}d\u{17a}", b"\xA3\xF3d\xBC"),
        ("8859/15", "5 \u{20AC}", b"5 \xA4"),
        ("8859/9", "\u{131}", b"\xFD"),
        ("8859/11", "\u{E01}", b"\xA1"),
        ("windows-1252", "5 \u{20AC}", b"5 \x80"),
        ("UTF-8", "\u{e9}", b"\xC3\xA9"),
        ("KS X 1001", "\u{AE40}", b"\xB1\xE8"),
        ("GB 18030-2000", "\u{4E02}", b"\x81\x40"),
        ("BIG-5", "\u{529F}", b"\xA5\x5C"),
        ("SHIFT_JIS", "\u{8868}", b"\x95\x5C"),
        ("ISO IR87", "A\u{5C71}B", b"A\x1B$B;3\x1B(BB"),
        ("ISO IR87", "\u{FF71}", b"\x1B(I1\x1B(B"),
    ] {
        let charset = charset(name);
        assert_eq!(charset.encode(text).as_deref(), Some(bytes), "{name}");
        assert_eq!(charset.decode(bytes), text, "{name}");
    }
    for (name, text) in [
        ("ASCII", "\u{e9}"),
        ("8859/1", "\u{141}"),
        ("8859/1", "\u{20AC}"),
        ("8859/9", "\u{20AC}"),
        ("8859/15", "\u{5C71}"),
        ("BIG-5", "\u{e9}\u{E000}"),
        // Its table would make a backslash of it, which would then begin an escape.
        ("SHIFT_JIS", "\u{A5}"),
        ("ISO IR87", "\u{A5}"),
        ("ISO IR87", "\u{1B}(B"),
        ("ISO IR87", "\u{1F600}"),
    ] {
        assert_eq!(charset(name).encode(text), None, "{name}");
    }
}

#[test]
fn reads_what_is_not_written() {
    assert_eq!(charset("8859/1").decode(b"\x80"), "\u{20AC}");
    assert_eq!(charset("ASCII").decode(b"\xE9"), "\u{e9}");
    assert_eq!(charset("UTF-8").decode(b"caf\xE9"), "caf\u{e9}");
    assert_eq!(charset("ISO IR159").decode(b"\x1B$(D\x30\x21\x1B(B"), "\u{4E02}");
    assert_eq!(
        charset("ISO IR87").decode(b"\x1B$@;3\x1B(J\xB1"),
        "\u{5C71}\u{FF71}"
    );
    assert_eq!(charset("ISO IR87").decode(b"\x1B$B;\xFF"), "\u{FFFD}\u{FFFD}");
}

#[test]
fn declarations() {
    for (declared, expected) in [
        ("", "none"),
        ("UNICODE UTF-8", "UNICODE UTF-8"),
        ("UTF-8~UNICODE", "UNICODE UTF-8"),
        ("8859/1~8859/2", "8859/1"),
        ("~8859/2", "none"),
        ("~ISO IR87", "ISO IR87"),
        ("ISO IR14~ISO IR87~ISO IR159", "ISO IR14"),
        ("ASCII~ISO IR159", "ISO IR159"),
        ("8859/1~ISO IR87", "fault 103 MSH-18[2]"),
        ("x~y", "fault 103 MSH-18[1]"),
        ("8859/1~y", "fault 103 MSH-18[2]"),
        ("ENG^English^ISO", "fault 103 MSH-18[1]"),
        ("CNS 11643-1992", "fault 103 MSH-18[1]"),
        ("UNICODE UTF-16", "fault 103 MSH-18[1]"),
    ] {
        let message = message(declared, b"DOE");
        let shown = match message.character_set_fault() {
            Some(fault) => {
                let location = fault.location.unwrap();
                assert_eq!(message.charset(), None, "{declared}");
                format!(
                    "fault {} {}-{}[{}]",
                    fault.code.number(),
                    location.segment,
                    location.field.unwrap(),
                    location.repetition.unwrap()
                )
            }
            None => message.charset().map_or("none", Charset::as_str).to_owned(),
        };
        assert_eq!(shown, expected, "{declared}");
    }
}

#[test]
fn assumes_what_is_not_declared() {
    let undeclared = b"MSH|^~\\&|A\rNTE|||\xA3\r".to_vec();
    let assume = |bytes: &[u8], assumed: Option<&str>| {
        let bytes = Bytes::copy_from_slice(bytes);
        Message::parse_assuming(bytes, &ParseLimits::default(), assumed.map(charset)).unwrap()
    };
    assert_eq!(
        text(&assume(&undeclared, None), "NTE-3").as_deref(),
        Some("\u{A3}")
    );
    assert_eq!(
        text(&assume(&undeclared, Some("8859/2")), "NTE-3").as_deref(),
        Some("\u{141}")
    );
    // What is declared wins over what is assumed.
    assert_eq!(
        text(&message("8859/1", b"\xA3"), "PID-5").as_deref(),
        Some("\u{A3}")
    );
    let marked = [b"\xEF\xBB\xBF", undeclared.as_slice()].concat();
    assert_eq!(assume(&marked, Some("8859/2")).charset(), Some(Charset::UTF_8));
    // What is assumed is not checked: nobody declared it.
    assert_eq!(assume(&undeclared, Some("UTF-8")).character_set_fault(), None);
    let hiding = assume(b"MSH|^~\\&|\xA5\x7C|B\rNTE|||\xA5\x5C\r", Some("BIG-5"));
    assert_eq!(text(&hiding, "MSH-4").as_deref(), Some("B"));
    assert_eq!(text(&hiding, "NTE-3").as_deref(), Some("\u{529F}"));
}

#[test]
fn finds_bytes_that_stand_for_nothing() {
    for (declared, name, expected) in [
        ("UNICODE UTF-8", &b"D\xC3\xA9^X"[..], None),
        ("UNICODE UTF-8", b"DOE^A\xE9", Some(2)),
        ("UNICODE UTF-8", b"\xC0\xAF", Some(1)),
        ("UNICODE UTF-8", b"D^E^\xED\xA0\x80", Some(3)),
        ("ASCII", b"\xE9", None),
        ("", b"\xE9", None),
        ("8859/1", b"\x81\xE9", None),
        ("8859/7", b"\xFF", Some(1)),
        ("GB18030", b"\x81\x7C", None),
        ("GB18030", b"X^\xFF", Some(2)),
        ("BIG-5", b"\xA5\x5C^\xFF", Some(2)),
        ("SHIFT_JIS", b"\x95\x5C^\x85", Some(2)),
        ("KS X 1001", b"\xB1\xE8^^\xFF", Some(3)),
        ("~ISO IR87", b"\x1B$B;3\x1B(B^A", None),
        ("~ISO IR87", b"A^\x1B$B;\x1B(B^A", Some(2)),
        ("~ISO IR87", b"A^\x1BXA", Some(2)),
    ] {
        let message = message(declared, name);
        let fault = message.character_set_fault();
        let place = fault.as_ref().map(|fault| fault.location.unwrap());
        assert_eq!(
            place.and_then(|place| place.component),
            expected,
            "{declared} {}",
            name.escape_ascii()
        );
        if let (Some(fault), Some(place)) = (fault, place) {
            assert_eq!(
                (fault.code.number(), place.field, place.segment.as_str()),
                (102, Some(5), "PID")
            );
        }
    }
}

#[test]
fn the_fixtures() {
    for (file, expected) in [
        (&include_bytes!("../../../fixtures/odd/latin-1.hl7")[..], None),
        (include_bytes!("../../../fixtures/odd/byte-order-mark.hl7"), None),
        (
            include_bytes!("../../../fixtures/broken/invalid-utf-8.hl7"),
            Some(102),
        ),
        (
            include_bytes!("../../../fixtures/broken/character-set-unknown.hl7"),
            Some(103),
        ),
    ] {
        let fault = parse(file.to_vec()).character_set_fault();
        assert_eq!(fault.map(|fault| fault.code.number()), expected);
    }
    let wide = Bytes::from_static(include_bytes!("../../../fixtures/broken/utf-16.hl7"));
    assert!(Message::parse(wide.clone()).is_err());
    let message = Message::parse(narrowed(&wide)).unwrap();
    assert!(!message.header().control_id().is_empty());
}

#[test]
fn escapes_to_other_character_sets_are_told_from_control_characters() {
    for (declared, name, expected) in [
        ("~ISO IR87", &b"\x1B$B;3\x1B(B"[..], None),
        ("", b"\x1B$B;3\x1B(B", Some(103)),
        ("8859/1~8859/2", b"\x1B-B\xA3", Some(103)),
        ("", b"\x1B[31m", Some(102)),
        ("~ISO IR87", b"\x1B[31m", Some(102)),
        ("~ISO IR87", b"\x07", Some(102)),
    ] {
        let fault = message(declared, name).control_character();
        assert_eq!(fault.map(|fault| fault.code.number()), expected, "{declared}");
    }
}

#[test]
fn splits_on_characters() {
    for (declared, characters) in HIDING {
        let bytes = charset(declared).encode(characters).unwrap();
        assert!(
            b"|^~\\".iter().all(|delimiter| bytes.contains(delimiter)),
            "{declared}"
        );
        let repeated = [&bytes, &b"^"[..], &bytes, b"&x~", &bytes].concat();
        let message = message(declared, &repeated);
        for (path, expected) in [
            ("PID-5.1", characters.to_owned()),
            ("PID-5.2.1", characters.to_owned()),
            ("PID-5.2.2", "x".to_owned()),
            ("PID-5[2]", characters.to_owned()),
            ("PID-6", "SEX".to_owned()),
        ] {
            assert_eq!(text(&message, path), Some(expected), "{declared} {path}");
        }
        let pid = message.segments().nth(1).unwrap();
        assert_eq!(pid.name(), b"PID");
        assert_eq!(pid.fields().count(), 4, "{declared}");
        let typed: Vec<_> = pid.repetitions(5).map(|part| part.component(1).text()).collect();
        assert_eq!(typed[0].as_deref(), Some(characters), "{declared}");
        assert_eq!(typed.len(), 2, "{declared}");
        assert_eq!(message.character_set_fault(), None, "{declared}");
        assert_eq!(message.control_character(), None, "{declared}");
        assert!(message.warnings().is_empty(), "{declared}");
    }
}

#[test]
fn a_header_is_split_on_characters_too() {
    // Each has a second byte that is the field separator.
    for (declared, name) in [
        ("GB18030", &b"\x81\x7C"[..]),
        ("BIG-5", b"\xA5\x7C"),
        ("SHIFT_JIS", b"\x83\x7C"),
        ("~ISO IR87", b"\x1B$B!|\x1B(B"),
    ] {
        let rest = format!("|B|C|D|2026||ADT^A01|CONTROL|P|2.5||||||{declared}\r");
        let bytes = [b"MSH|^~\\&|", name, rest.as_bytes()].concat();
        let header = Header::parse(&bytes).unwrap();
        assert_eq!(header.sending_application(), name, "{declared}");
        assert_eq!(header.control_id(), b"CONTROL", "{declared}");
        assert_eq!(
            parse(bytes.clone()).header().trigger_event(),
            b"A01",
            "{declared}"
        );
    }
}

#[test]
fn writes_in_the_character_set_of_the_message() {
    for (declared, text, written) in [
        ("8859/1", "caf\u{e9}", &b"caf\xE9"[..]),
        ("UNICODE UTF-8", "caf\u{e9}", b"caf\xC3\xA9"),
        ("", "caf\u{e9}", b"caf\xC3\xA9"),
        ("BIG-5", "\u{529F}&", b"\xA5\x5C\\T\\"),
        ("~ISO IR87", "\u{5C71}|", b"\x1B$B;3\x1B(B\\F\\"),
    ] {
        let mut message = message(declared, b"DOE");
        let path = "PID-5.2".parse().unwrap();
        message.set(&path, text).unwrap();
        assert_eq!(message.read(&path).raw(), Some(written), "{declared}");
        assert_eq!(message.text(&path).as_deref(), Some(text), "{declared}");
        let again = parse(message.write(Terminators::Cr).to_vec());
        assert_eq!(again.text(&path).as_deref(), Some(text), "{declared}");
    }
}

#[test]
fn undeclared_latin_1_stays_latin_1() {
    let mut message = message("", b"caf\xE9");
    let path = "PID-6".parse().unwrap();
    message.set(&path, "\u{e8}").unwrap();
    assert_eq!(message.read(&path).raw(), Some(&b"\xE8"[..]));
    let error = message.set(&path, "\u{5C71}").unwrap_err();
    assert_eq!(
        error.kind,
        EditErrorKind::Unrepresentable {
            charset: Charset::LATIN_1
        }
    );
}

#[test]
fn refuses_what_the_character_set_lacks() {
    for (declared, text) in [
        ("ASCII", "\u{e9}"),
        ("8859/1", "\u{5C71}"),
        ("KS X 1001", "\u{1F600}"),
    ] {
        let mut message = message(declared, b"DOE");
        let before = message.write(Terminators::Preserve);
        let error = message.set(&"PID-5".parse().unwrap(), text).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "PID-5: the text holds a character that the character set of the message, {declared}, does not have"
            )
        );
        assert_eq!(message.write(Terminators::Preserve), before);
    }
}

#[test]
fn no_cut_character_swallows_what_follows() {
    for (declared, cut) in [("BIG-5", &b"X\xA5"[..]), ("~ISO IR87", b"\x1B$B;3")] {
        let mut edited = message(declared, b"DOE");
        let error = edited.set_raw(&"PID-3".parse().unwrap(), cut).unwrap_err();
        assert_eq!(error.kind, EditErrorKind::CutCharacter, "{declared}");
        // At the end of a segment it swallows nothing, until it is copied or something is put after it.
        let mut received = parse(
            [
                message(declared, b"DOE").write(Terminators::Cr).as_ref(),
                b"NTE|",
                cut,
            ]
            .concat(),
        );
        let copied = received.copy(&"PID-3".parse().unwrap(), &"NTE-1".parse().unwrap());
        assert_eq!(
            copied.unwrap_err().kind,
            EditErrorKind::CutCharacter,
            "{declared}"
        );
        let put = received.set(&"NTE-2".parse().unwrap(), "x");
        assert_eq!(put.unwrap_err().kind, EditErrorKind::CutCharacter, "{declared}");
    }
}

#[test]
fn raw_values_may_hold_what_looks_like_a_delimiter() {
    let mut message = message("BIG-5", b"DOE");
    message.set_raw(&"PID-5.1".parse().unwrap(), b"\xA5\x7C").unwrap();
    let error = message
        .set_raw(&"PID-5.1".parse().unwrap(), b"\xA5\x7C|")
        .unwrap_err();
    assert_eq!(error.kind, EditErrorKind::Delimited);
    assert_eq!(text(&message, "PID-6").as_deref(), Some("SEX"));
}

fn any_charset() -> impl Strategy<Value = Charset> {
    proptest::sample::select(name::all().collect::<Vec<_>>())
}

/// Text of many scripts, with what messages are delimited by.
const TEXT: &str = "[a-z|^~\\\\&\r\u{e9}\u{141}\u{20AC}\u{A5}\u{430}-\u{44F}\u{E01}-\u{E30}\u{3041}-\u{30FE}\u{4E00}-\u{9FA0}\u{AC00}-\u{AD00}\u{FF61}-\u{FF9F}\u{1F600}]{0,12}";

proptest! {
    #[test]
    fn what_is_encoded_decodes(charset in any_charset(), text in TEXT) {
        if let Some(bytes) = charset.encode(&text) {
            prop_assert_eq!(charset.decode(&bytes), text.as_str());
            prop_assert_eq!(charset.first_invalid(&bytes), None);
        }
    }

    #[test]
    fn a_value_set_is_the_value_read(charset in any_charset(), given in TEXT, other in TEXT) {
        let mut message = message(charset.as_str(), b"DOE");
        let declared = message.charset();
        prop_assert_eq!(declared, Some(charset));
        let (path, beside) = ("PID-5.2".parse().unwrap(), "PID-5.4".parse().unwrap());
        if message.set(&path, &given).is_ok() && message.set(&beside, &other).is_ok() && !given.is_empty() {
            prop_assert_eq!(text(&message, "PID-5.2"), Some(given.clone()));
            let again = parse(message.write(Terminators::Cr).to_vec());
            prop_assert_eq!(text(&again, "PID-5.2"), Some(given));
            prop_assert_eq!(text(&again, "PID-6"), Some("SEX".to_owned()));
            prop_assert_eq!(again.segments().count(), 2);
        }
    }

    #[test]
    fn splitting_never_cuts_a_character(which in 0..4usize, texts in proptest::collection::vec("[\u{3041}-\u{30FE}\u{4E00}-\u{9FA0}\u{FF61}-\u{FF9F}a-z]{1,6}", 1..6)) {
        let (declared, _) = HIDING[which];
        let encoded: Vec<_> = texts
            .iter()
            .filter_map(|text| Some((text, charset(declared).encode(text)?.into_owned())))
            .collect();
        let joined: Vec<&[u8]> = encoded.iter().map(|(_, bytes)| bytes.as_slice()).collect();
        let message = message(declared, &joined.join(&b'^'));
        for (number, (text, bytes)) in (1..).zip(&encoded) {
            let path = format!("PID-5.{number}").parse().unwrap();
            prop_assert_eq!(message.read(&path).raw(), Some(bytes.as_slice()));
            prop_assert!(message.text(&path).is_some_and(|read| read == **text));
        }
        prop_assert_eq!(text(&message, "PID-6"), Some("SEX".to_owned()));
    }

    #[test]
    fn any_bytes_never_panic(charset in any_charset(), bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        charset.decode(&bytes);
        let invalid = charset.first_invalid(&bytes);
        prop_assert!(invalid.is_none_or(|offset| offset < bytes.len().max(1)));
        wide::narrowed(&Bytes::copy_from_slice(&bytes));
        let header = format!("MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5||||||{charset}\rPID|");
        if let Ok(mut message) = Message::parse([header.as_bytes(), &bytes].concat().into()) {
            message.character_set_fault();
            message.control_character();
            message.warnings();
            let _edited = message.set(&"PID-2[2].3".parse().unwrap(), "x");
            message.write(Terminators::Cr);
        }
        let odd = [b"MSH|^~\\&|", bytes.as_slice(), b"\r"].concat();
        if let Ok(header) = Header::parse(&odd) {
            header.control_id();
        }
    }
}
