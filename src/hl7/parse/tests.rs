//! What is indexed and what is refused, by table.

use super::*;

/// What is passed over before a header, on its line.
const BEFORE_HEADERS: [&str; 8] = [
    " ",
    "\t",
    "\u{b}",
    "\u{c}",
    "\u{feff}",
    "\u{feff} \u{b}",
    " \u{feff}",
    "\u{feff}\u{feff}",
];

/// Shows the names of the segments, or the error.
fn check(bytes: &[u8], expected: &str) {
    let shown = match index(bytes, &ParseLimits::default(), None) {
        Ok(index) => {
            let names = index
                .slots
                .iter()
                .map(|slot| String::from_utf8_lossy(&slot.name).replace('\0', "?"));
            names.collect::<Vec<_>>().join(" ")
        }
        Err(error) => format!("{:?} in {} at {}", error.kind, error.segment, error.offset_bytes),
    };
    assert_eq!(
        shown,
        expected,
        "{}",
        bytes.get(..60).unwrap_or(bytes).escape_ascii()
    );
}

#[test]
fn indexes_whatever_ends_segments() {
    check(b"MSH|^~\\&|A\rPID|1\rPV1|", "MSH PID PV1");
    check(b"MSH|^~\\&|A\nPID|1\nPV1|\n", "MSH PID PV1");
    check(b"MSH|^~\\&|A\r\nPID|1\r\n\r\n\n\rPV1|\r\r", "MSH PID PV1");
    check(b"MSH|^~\\&", "MSH");
    check(b"MSH^~|\\&^A\rPID^1\rPV1|1\rPID", "MSH PID ??? PID");
    check(b"MSH|^~\\&|A\rpid|1\rPIDX|1\rhello\rPI", "MSH pid ??? ??? ???");
}

#[test]
fn passes_over_what_stands_before_the_header() {
    check(b"\xEF\xBB\xBFMSH|^~\\&|A\rPID|1", "MSH PID");
    check(b"\r\n \t\x0BMSH|^~\\&|A\r", "MSH");
    check(b"\xEF\xBB\xBF \r\n", "Empty in 0 at 6");
    check(b"", "Empty in 0 at 0");
}

#[test]
fn refuses_what_has_no_usable_header() {
    for bytes in [
        &b"PID|1\rMSH|^~\\&|"[..],
        b"<xml/>",
        b"{\"a\":1}",
        b"%PDF-1.4",
        b"\x80\x02\x01\x03",
        b"MS",
    ] {
        check(bytes, "NoHeader in 1 at 0");
    }
    for bytes in [&b"FHS|^~\\&|"[..], b"BHS|^~\\&|\rMSH|^~\\&|"] {
        check(bytes, "SecondHeader in 1 at 0");
    }
    for bytes in [&b"MSH"[..], b"MSH|", b"MSH|^~\\", b"MSH|^~\\\rPID|1"] {
        check(bytes, "HeaderTooShort in 1 at 0");
    }
    for bytes in [
        &b"MSHA^~\\&A1"[..],
        b"MSH\r^~\\&\rPID",
        b"MSH\\^~\\&\\A",
        b"MSH7^~\\&71",
    ] {
        check(bytes, "Delimiters(FieldSeparator) in 1 at 0");
    }
    check(b"MSH|abcd|1234", "Delimiters(EncodingCharacters) in 1 at 0");
    check(b"MSH|^^\\&|1234", "Delimiters(Repeated) in 1 at 0");
}

#[test]
fn refuses_wide_characters() {
    for mark in [true, false] {
        for (width, is_big) in [(2, true), (2, false), (4, true), (4, false)] {
            let text = if mark {
                "\u{feff}MSH|^~\\&|A"
            } else {
                "MSH|^~\\&|A"
            };
            let bytes: Vec<u8> = text
                .chars()
                .flat_map(|char| {
                    let [_, _, high, low] = u32::from(char).to_be_bytes();
                    let mut unit = vec![0; width - 2];
                    unit.extend([high, low]);
                    if !is_big {
                        unit.reverse();
                    }
                    unit
                })
                .collect();
            check(&bytes, "WideCharacters in 1 at 0");
        }
    }
}

#[test]
fn never_swallows_a_second_message() {
    check(b"MSH|^~\\&|A\rPID|1\rMSH|^~\\&|B\r", "SecondHeader in 3 at 17");
    check(b"MSH|^~\\&|A\rMSH#^~\\&#B\r", "SecondHeader in 2 at 11");
    for name in ["FHS|^~\\&", "BHS|^~\\&", "BTS|1", "FTS|1", "BTS"] {
        check(
            format!("MSH|^~\\&|A\r{name}\r").as_bytes(),
            "SecondHeader in 2 at 11",
        );
    }
    check(b"MSH|^~\\&|A\rMSHX|1\rBHSZ|1\r", "MSH ??? ???");
    for before in BEFORE_HEADERS {
        for name in ["MSH|^~\\&|B", "MSH#^~\\&#B", "MSH", "BHS|^~\\&", "BTS|1"] {
            check(
                format!("MSH|^~\\&|A\r{before}{name}\r").as_bytes(),
                "SecondHeader in 2 at 11",
            );
        }
        check(
            format!("MSH|^~\\&|A\r{before}PID|1\r{before}MSHX|1\r").as_bytes(),
            "MSH ??? ???",
        );
    }
    check(b"MSH|^~\\&|A\rNTE|1||see MSH|^~\\&|\r", "MSH NTE");
}

#[test]
fn what_stands_before_a_first_header_may_stand_before_any() {
    for before in BEFORE_HEADERS {
        check(format!("{before}MSH|^~\\&|A\rPID|1").as_bytes(), "MSH PID");
    }
}

#[test]
fn refuses_a_million_of_anything() {
    let million = 1_000_000;
    for (part, kind) in [
        ("A|\r", "TooManySegments in 10001 at 30006"),
        ("|", "TooManyFields in 1 at 0"),
        ("~", "TooManyRepetitions in 1 at 0"),
        ("^", "TooManyComponents in 1 at 0"),
        ("&", "TooManySubcomponents in 1 at 0"),
    ] {
        check(
            format!(
                "MSH|^~\\&{}{}",
                if part.len() == 3 { "\r" } else { "|" },
                part.repeat(million)
            )
            .as_bytes(),
            kind,
        );
    }
}

#[test]
fn limits_are_the_most_that_is_allowed() {
    let limits = ParseLimits {
        segments_max: 2,
        fields_max: 5,
        repetitions_max: 3,
        components_max: 3,
        subcomponents_max: 3,
    };
    for (segment, expected) in [
        ("ZZZ|1|2|3|4|5", None),
        ("ZZZ|1|2|3|4|5|6", Some(ParseErrorKind::TooManyFields)),
        ("ZZZ|1~2~3", None),
        ("ZZZ|1~2~3~4", Some(ParseErrorKind::TooManyRepetitions)),
        ("ZZZ|1^2^3", None),
        ("ZZZ|1^2^3^4", Some(ParseErrorKind::TooManyComponents)),
        ("ZZZ|1&2&3", None),
        ("ZZZ|1&2&3&4", Some(ParseErrorKind::TooManySubcomponents)),
        ("ZZZ|1\rZZZ", Some(ParseErrorKind::TooManySegments)),
    ] {
        let bytes = format!("MSH|^~\\&|A\r{segment}");
        assert_eq!(
            index(bytes.as_bytes(), &limits, None)
                .err()
                .map(|error| error.kind),
            expected,
            "{segment}"
        );
    }
}
