//! Answers as the sender sees them, one snapshot for each rule.
#![allow(
    clippy::needless_raw_string_hashes,
    reason = "expect-test writes its snapshots with them"
)]

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{AckStamp, AcknowledgmentCode, build};
use crate::hl7::charset::{self, Charset};
use crate::hl7::delimiters::Delimiters;
use crate::hl7::{
    ErrorCode, Fault, FieldPath, Header, Location, Message, ParseError, ParseLimits, Severity, escape,
};

/// Shows the answer to a header, one segment a line.
fn check(received: &str, code: AcknowledgmentCode, faults: &[Fault], expected: &Expect) {
    let stamp = AckStamp {
        control_id: "W0001",
        timestamp: "20260314101530+0100",
        sequence_number: None,
    };
    let header = Header::parse(received.as_bytes());
    let answer = build(header.ok().as_ref(), code, faults, &stamp);
    assert!(Message::parse(answer.clone().into()).is_ok());
    expected.assert_eq(&String::from_utf8(answer).unwrap().replace('\r', "\n"));
}

fn faults() -> Vec<Fault> {
    let place = |path: &str| Some(Location::from(&path.parse::<FieldPath>().unwrap()));
    vec![
        Fault::new(
            ErrorCode::RequiredFieldMissing,
            place("PID-5"),
            "expected a patient name",
        ),
        Fault::new(ErrorCode::DataType, place("OBX[2]-5[3].1"), "expected a | number"),
        Fault {
            severity: Severity::Fatal,
            ..Fault::new(ErrorCode::ApplicationInternal, None, "no room")
        },
    ]
}

#[test]
fn swaps_and_echoes() {
    check(
        "MSH|^~\\&#|LAB^1.2^ISO|NORTH|EHR|SOUTH^9|20260101||ORU^R01^ORU_R01|MSG^1|P^T|2.7^DEU|||AL|NE||UNICODE UTF-8\r",
        AcknowledgmentCode::ApplicationAccept,
        &[],
        &expect![[r#"
            MSH|^~\&#|EHR|SOUTH^9|LAB^1.2^ISO|NORTH|20260314101530+0100||ACK^R01^ACK|W0001|P^T|2.7^DEU||||||UNICODE UTF-8
            MSA|AA|MSG^1
        "#]],
    );
}

#[test]
fn a_commit_answer_wants_no_answer() {
    check(
        "MSH|^~\\&|A|B|C|D|20260101||ADT^A01|7|P|2.5.1|||AL|AL\r",
        AcknowledgmentCode::CommitAccept,
        &[],
        &expect![[r#"
            MSH|^~\&|C|D|A|B|20260314101530+0100||ACK^A01^ACK|W0001|P|2.5.1|||NE|NE
            MSA|CA|7
        "#]],
    );
}

#[test]
fn one_err_per_fault_from_2_5() {
    check(
        "MSH|^~\\&|A|B|C|D|20260101||ADT^A01|7|P|2.5.1\r",
        AcknowledgmentCode::ApplicationError,
        &faults(),
        &expect![[r#"
            MSH|^~\&|C|D|A|B|20260314101530+0100||ACK^A01^ACK|W0001|P|2.5.1
            MSA|AE|7|expected a patient name
            ERR||PID^1^5|101^Required field missing^HL70357|E||||expected a patient name
            ERR||OBX^2^5^3^1|102^Data type error^HL70357|E||||expected a \F\ number
            ERR|||207^Application internal error^HL70357|E||||no room
        "#]],
    );
}

#[test]
fn one_repeating_err_before_2_5() {
    check(
        "MSH|^~\\&|A|B|C|D|20260101||ADT^A01|7|P|2.4\r",
        AcknowledgmentCode::ApplicationReject,
        &faults(),
        &expect![[r#"
            MSH|^~\&|C|D|A|B|20260314101530+0100||ACK^A01^ACK|W0001|P|2.4
            MSA|AR|7|expected a patient name
            ERR|PID^1^5^101&Required field missing&HL70357~OBX^2^5^102&Data type error&HL70357~^^^207&Application internal error&HL70357
        "#]],
    );
}

#[test]
fn the_message_type_is_that_of_the_version() {
    for (version, expected) in [
        ("2.1", "ACK"),
        ("2.2", "ACK"),
        ("2.3", "ACK^A01"),
        ("2.3.1", "ACK^A01"),
        ("2.4", "ACK^A01^ACK"),
        ("9.9", "ACK^A01^ACK"),
    ] {
        let bytes = format!("MSH|^~\\&|A|B|C|D|20260101||ADT^A01|7|P|{version}\r");
        let header = Header::parse(bytes.as_bytes()).unwrap();
        let stamp = AckStamp {
            control_id: "W0001",
            timestamp: "20260314",
            sequence_number: None,
        };
        let answer = build(Some(&header), AcknowledgmentCode::ApplicationAccept, &[], &stamp);
        let start = format!("MSH|^~\\&|C|D|A|B|20260314||{expected}|W0001|P|{version}\r");
        assert!(answer.starts_with(start.as_bytes()), "{version}");
    }
}

#[test]
fn severity_fatal_came_with_2_9_and_msa_3_went_with_2_7() {
    check(
        "MSH|^~\\&|A|B|C|D|20260101||ADT^A01|7|P|2.9\r",
        AcknowledgmentCode::ApplicationReject,
        &faults()[2..],
        &expect![[r#"
            MSH|^~\&|C|D|A|B|20260314101530+0100||ACK^A01^ACK|W0001|P|2.9
            MSA|AR|7
            ERR|||207^Application internal error^HL70357|F||||no room
        "#]],
    );
}

#[test]
fn answers_what_has_no_header() {
    let refusal = Header::parse(b"<xml/>")
        .as_ref()
        .map_err(ParseError::refusal)
        .unwrap_err();
    check(
        "<xml/>",
        refusal.code,
        &refusal.faults,
        &expect![[r#"
            MSH|^~\&|||||20260314101530+0100||ACK|W0001|P|2.5.1
            MSA|AR||expected MSH as the first segment
            ERR|||100^Segment sequence error^HL70357|E||||expected MSH as the first segment
        "#]],
    );
}

#[test]
fn answers_a_header_that_is_all_but_empty() {
    for (received, swapped) in [("MSH|^~\\&", "|||"), ("MSH|^~\\&|||^^|^^\r", "^^|^^||")] {
        let header = Header::parse(received.as_bytes()).unwrap();
        let stamp = AckStamp {
            control_id: "W0001",
            timestamp: "20260314",
            sequence_number: None,
        };
        let answer = build(Some(&header), AcknowledgmentCode::ApplicationReject, &[], &stamp);
        let expected = format!("MSH|^~\\&|{swapped}|20260314||ACK|W0001|P|2.5.1\rMSA|AR\r");
        assert_eq!(String::from_utf8(answer).unwrap(), expected);
    }
}

#[test]
fn speaks_the_delimiters_of_the_sender() {
    check(
        "MSH@~&#\\@A@B@C@D@20260101@@ADT~A01@7@P@2.5\r",
        AcknowledgmentCode::ApplicationError,
        &faults()[..2],
        &expect![[r"
            MSH@~&#\@C@D@A@B@20260314101530+0100@@ACK~A01~ACK@W0001@P@2.5
            MSA@AE@7@expected a patient name
            ERR@@PID~1~5@101~Required field missing~HL70357@E@@@@expected a patient name
            ERR@@OBX~2~5~3~1@102~Data type error~HL70357@E@@@@expected a | number
        "]],
    );
    check(
        "MSH|^~|A|B|C|D|20260101||ADT^A01|7|P|2.3\r",
        AcknowledgmentCode::ApplicationError,
        &faults()[1..2],
        &expect![[r"
            MSH|^~|C|D|A|B|20260314101530+0100||ACK^A01|W0001|P|2.3
            MSA|AE|7|expected a   number
            ERR|OBX^2^5^102
        "]],
    );
}

#[test]
fn an_echo_cannot_break_the_frame_or_a_segment() {
    check(
        "MSH|^~\\&|A\u{b}|B|C|D|20260101||ADT^A01|7\u{1c}8|P|2.5\r",
        AcknowledgmentCode::ApplicationAccept,
        &[],
        &expect![[r"
            MSH|^~\&|C|D|A\X0B\|B|20260314101530+0100||ACK^A01^ACK|W0001|P|2.5
            MSA|AA|7\X1C\8
        "]],
    );
}

#[test]
fn answers_the_beginning_of_a_frame_too_large() {
    let large = format!(
        "MSH|^~\\&|A|B|C|D|20260101||ADT^A01|7|P|2.5\rOBX|1|ED|||{}",
        "A".repeat(65_000)
    );
    check(
        &large,
        AcknowledgmentCode::ApplicationReject,
        &faults()[2..],
        &expect![[r"
            MSH|^~\&|C|D|A|B|20260314101530+0100||ACK^A01^ACK|W0001|P|2.5
            MSA|AR|7|no room
            ERR|||207^Application internal error^HL70357|E||||no room
        "]],
    );
}

#[test]
fn answers_a_header_cut_within_its_delimiters() {
    // Found by fuzzing: the sender's field separator beside our encoding characters could not be read.
    check(
        "MSH^]#\\&|#",
        AcknowledgmentCode::ApplicationError,
        &[],
        &expect![[r#"
            MSH|^~\&|||||20260314101530+0100||ACK|W0001|P|2.5.1
            MSA|AE
        "#]],
    );
}

/// The answer to a message with this MSH-18, whose MSH-3 and MSH-10 are these bytes; what is not declared is assumed.
fn echo(declared: &str, name: &[u8], control_id: &[u8], assumed: Option<Charset>) -> Message {
    let parts: [&[u8]; 7] = [
        b"MSH|^~\\&|",
        name,
        b"|F|C|D|2026||ADT^A01|",
        control_id,
        b"|P|2.5.1||||||",
        declared.as_bytes(),
        b"\r",
    ];
    answer_to(&parts.concat(), assumed)
}

fn answer_to(received: &[u8], assumed: Option<Charset>) -> Message {
    let header = Header::parse_assuming(received, assumed).unwrap();
    let stamp = AckStamp {
        control_id: "W0001",
        timestamp: "20260314",
        sequence_number: None,
    };
    let answer = build(
        Some(&header),
        AcknowledgmentCode::ApplicationError,
        &faults(),
        &stamp,
    );
    let answer = Message::parse_assuming(answer.into(), &ParseLimits::default(), assumed).unwrap();
    assert_eq!(answer.charset(), header.charset());
    answer
}

fn raw(message: &Message, path: &str) -> String {
    let value = message.read(&path.parse().unwrap());
    value.raw().unwrap_or_default().escape_ascii().to_string()
}

#[test]
fn characters_that_hide_delimiters_are_echoed_as_they_came() {
    for (declared, bytes, expected) in [
        ("ASCII~ISO IR87", &b"\x1B$B\x30\x7C\x1B(B"[..], None),
        ("~ISO IR87", b"A\x1B$B\x30\x5E\x1B(JB", None),
        ("~ISO IR87~ISO IR159", b"\x1B$(D\x30\x7C\x7E\x7C\x1B(B", None),
        ("~ISO IR13", b"\x1B(I\x31\x5E\x1B(B", None),
        ("SHIFT_JIS", b"\x83\x7C\x83\x5E\xB1", None),
        ("BIG-5", b"\xA5\x7C\xA5\x5E", None),
        ("GB 18030-2000", b"\x81\x7C\x81\x30\x81\x30", None),
        ("UNICODE UTF-8", "\u{6deb}".as_bytes(), None),
        // What is no text is in hexadecimal, in which it reads as it was.
        (
            "~ISO IR87",
            b"\x1B$B\x30\x7C\x1B(B\x0BA",
            Some("\\X1B2442307C1B28420B\\A"),
        ),
        ("~ISO IR87", b"A\x1B$)C\x0E", Some("A\\X1B\\$)C\\X0E\\")),
        ("SHIFT_JIS", b"\x83\x7C\x1C", Some("\\X837C1C\\")),
    ] {
        let answer = echo(declared, bytes, b"7", None);
        let expected = expected.map_or_else(
            || bytes.escape_ascii().to_string(),
            |text| text.as_bytes().escape_ascii().to_string(),
        );
        assert_eq!(raw(&answer, "MSH-5"), expected, "{declared}");
        for (path, expected) in [
            ("MSH-9", "ACK^A01^ACK"),
            ("MSH-10", "W0001"),
            ("MSH-12", "2.5.1"),
            ("MSH-18", declared),
            ("MSA-2", "7"),
        ] {
            assert_eq!(raw(&answer, path), expected, "{declared}: {path}");
        }
    }
}

#[test]
fn what_is_not_whole_takes_no_separator_with_it() {
    let shift_jis: Charset = "SHIFT_JIS".parse().unwrap();
    // Half a character at the end of the segment; an escape back to ASCII that only the next field has.
    let answer = answer_to(b"MSH|^~\\&|A|B|C|D|2026||ADT^A01|7\x83\r", Some(shift_jis));
    assert_eq!(raw(&answer, "MSA-2"), "7\\\\X83\\\\");
    assert_eq!(raw(&answer, "MSA-3"), "expected a patient name");
    let header = b"MSH|^~\\&|\x1B$B\x30\x7C|\x1B(BF|C|D|2026||ADT^A01|7|P|2.5.1||||||~ISO IR87\r";
    let answer = answer_to(header, None);
    assert_eq!(raw(&answer, "MSH-5"), "\\\\X1B2442307C\\\\");
    assert_eq!(raw(&answer, "MSH-6"), "\\x1b(BF");
    assert_eq!(raw(&answer, "MSH-10"), "W0001");
}

/// Text of many scripts, with what means something in a message.
fn text() -> impl Strategy<Value = String> {
    "([|^~\\\\&A-Z0-9\u{e9}\u{151}\u{416}\u{3b1}\u{5d0}\u{627}\u{e01}\u{e23}\u{8868}\u{30dd}\u{ff71}\u{6deb}\u{4e57}\u{529f}\u{ac00}\u{1f600}]){1,4}"
}

proptest! {
    #[test]
    fn an_answer_names_whom_it_answers_in_any_character_set(name in text(), id in text()) {
        for charset in charset::all() {
            let written = |text: &str| {
                let delimiters = Delimiters { charset: Some(charset), ..Delimiters::default() };
                escape::encode(text, &delimiters).ok()
            };
            let (Some(name_written), Some(id_written)) = (written(&name), written(&id)) else { continue };
            let declared = charset.as_str();
            for (declared, assumed) in [(declared, None), ("", Some(charset))] {
                let answer = echo(declared, &name_written, &id_written, assumed);
                let read = |path: &str| answer.text(&path.parse().unwrap()).map(std::borrow::Cow::into_owned);
                prop_assert_eq!(read("MSA-2"), Some(id.clone()), "{}", charset);
                prop_assert_eq!(read("MSH-5"), Some(name.clone()), "{}", charset);
                prop_assert_eq!(raw(&answer, "MSA-2"), id_written.escape_ascii().to_string());
                prop_assert_eq!(read("MSH-6"), Some("F".to_owned()));
                prop_assert_eq!(raw(&answer, "MSH-18"), declared);
            }
        }
    }
}
