//! `weir send` and receivers that answer more than once, late, or another message: each message is judged by what
//! names it.

#![allow(
    clippy::needless_raw_string_hashes,
    reason = "expect-test writes its snapshots with them"
)]

use expect_test::{Expect, expect};

use crate::harness::{Answer, Receiver, transcript, weir, workplace};

/// Sends a message, which asks for acknowledgments in MSH-15 and MSH-16 as told, and then another that asks for none.
#[track_caller]
fn check(asked: &str, answers: fn(usize) -> Answer, more: &[&str], expected: &Expect) {
    let folder = workplace();
    let message = std::fs::read_to_string(folder.path().join("fixtures/adt-a01.hl7")).unwrap();
    let asking = message.replace("|2.5.1|||||", &format!("|2.5.1|||{asked}|"));
    assert!(asking.contains(asked));
    std::fs::write(folder.path().join("asking.hl7"), asking).unwrap();
    let receiver = Receiver::scripted(move |count, _| answers(count));
    let to = receiver.address().to_string();
    let line = ["send", "asking.hl7", "fixtures/adt-a03.hl7", "--to", &to];
    let said = transcript(weir(folder.path(), &[&line, more].concat(), b""));
    expected.assert_eq(&said);
}

const COMMITTED: &[u8] = b"\x0BMSH|^~\\&|R\rMSA|CA|NT000101\r\x1C\r";
const COMMITTED_THEN_REFUSED: &[u8] = b"\x0BMSH|^~\\&|R\rMSA|CA|NT000101\r\x1C\r\
    \x0BMSH|^~\\&|R\rMSA|AE|NT000101\rERR|||103^x^HL70357|E\r\x1C\r";

#[test]
fn an_answer_to_another_message_is_not_taken_for_its_own() {
    check(
        "|",
        |count| match count {
            0 => Answer::Bytes(COMMITTED_THEN_REFUSED),
            _ => Answer::Code("CA"),
        },
        &[],
        &expect![[r#"
            ADT^A01  NT000101  CA
            ADT^A03  NT000103  not its answer: AE error 103 for another message: MSA-2 is NT000101
            ADT^A03  NT000103  CA
            2 sent, 2 accepted, 0 not accepted
            = 0
        "#]],
    );
    check(
        "|",
        |count| match count {
            0 => Answer::Code("AA"),
            _ => Answer::Text("MSH|^~\\&|R\rMSA|AA|\r"),
        },
        &["--timeout", "300ms"],
        &expect![[r#"
            ADT^A01  NT000101  AA
            ADT^A03  NT000103  not its answer: AA for no message: MSA-2 is empty
            ADT^A03  NT000103  no answer in time
            2 sent, 1 accepted, 1 not accepted
            = 1
        "#]],
    );
}

#[test]
fn a_message_that_asks_for_the_application_is_judged_by_it() {
    let refused = |count| match count {
        0 => Answer::Bytes(COMMITTED_THEN_REFUSED),
        _ => Answer::Code("CA"),
    };
    check(
        "AL|AL",
        refused,
        &[],
        &expect![[r#"
            ADT^A01  NT000101  CA, then AE error 103
            ADT^A03  NT000103  CA
            2 sent, 1 accepted, 1 not accepted
            = 1
        "#]],
    );
    let silent = |count| match count {
        0 => Answer::Bytes(COMMITTED),
        _ => Answer::Code("CA"),
    };
    check(
        "AL|AL",
        silent,
        &["--timeout", "300ms"],
        &expect![[r#"
            ADT^A01  NT000101  CA, and no application acknowledgment in time
            ADT^A03  NT000103  CA
            2 sent, 1 accepted, 1 not accepted
            = 1
        "#]],
    );
}
