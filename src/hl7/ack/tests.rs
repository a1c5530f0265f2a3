//! Answers as the sender sees them, one snapshot for each rule.
#![allow(
    clippy::needless_raw_string_hashes,
    reason = "expect-test writes its snapshots with them"
)]

use expect_test::{Expect, expect};

use super::{AckStamp, AcknowledgmentCode, build};
use crate::hl7::{ErrorCode, Fault, FieldPath, Header, Location, Message, ParseError, Severity};

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
