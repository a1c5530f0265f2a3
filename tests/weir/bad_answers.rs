//! Bad answers of a receiver and what becomes of the delivery: one row, one test line. The destination's own tests have
//! the finer cases.

use crate::harness::{Answer, Receiver, Sender, Site, adt, field};

/// Sends one message to a receiver whose first answer is this one and whose later answers are right; returns how
/// often the message arrived, and how many attempts were ambiguous.
fn first_answered(answer: Answer) -> (usize, f64) {
    let receiver = Receiver::scripted(move |before, _| match before {
        0 => answer.clone(),
        _ => Answer::Code("AA"),
    });
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    assert_eq!(field(&sender.exchange(&adt("A")).unwrap(), "MSA", 1), "AA");
    engine.wait_for_metric(r#"weir_deliveries_delivered_total{destination="ehr"}"#, 1.0);
    let ambiguous = engine.metric(r#"weir_deliveries_ambiguous_total{destination="ehr"}"#);
    assert_eq!(engine.terminate(), 0);
    (receiver.stop().len(), ambiguous)
}

/// It is not taken for an answer: the connection is closed and the message sent again.
fn is_no_answer(row: &str, answer: Answer) {
    assert_eq!(first_answered(answer), (2, 1.0), "{row}");
}

#[test]
fn what_is_no_answer_is_tried_again() {
    is_no_answer(
        "A1 another control id",
        Answer::Text("MSH|^~\\&|R|R|||20260101||ACK|1|P|2.5.1\rMSA|AA|OTHER\r"),
    );
    is_no_answer(
        "A2 no MSA",
        Answer::Text("MSH|^~\\&|R|R|||20260101||ACK|1|P|2.5.1\r"),
    );
    is_no_answer("A2 garbage", Answer::Text("xyz"));
    is_no_answer("A2 MSA alone", Answer::Text("MSA"));
    is_no_answer(
        "A2 HTML",
        Answer::Bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n<html></html>"),
    );
    is_no_answer(
        "A3 empty MSA-1",
        Answer::Text("MSH|^~\\&|R|R|||20260101||ACK|1|P|2.5.1\rMSA||{id}\r"),
    );
    is_no_answer(
        "A3 unknown MSA-1",
        Answer::Text("MSH|^~\\&|R|R|||20260101||ACK|1|P|2.5.1\rMSA|XX|{id}\r"),
    );
    is_no_answer("A8 closed after the message", Answer::Close);
    is_no_answer("A8 silence", Answer::Silence);
    is_no_answer(
        "A9 an answer without an end",
        Answer::Bytes(b"\x0BMSH|^~\\&|R|R|||20260101||ACK|1|P|2.5.1\rMSA|AA|A\r"),
    );
}

#[test]
fn odd_answers_are_taken() {
    let taken = |row: &str, answer: Answer| assert_eq!(first_answered(answer), (1, 0.0), "{row}");
    taken(
        "A3 lower case",
        Answer::Text("MSH|^~\\&|R|R|||20260101||ACK|1|P|2.5.1\rMSA|aa|{id}\r"),
    );
    taken(
        "A10 version and delimiters",
        Answer::Text("MSH*%~\\&*R*R***2026**ACK*1*P*2.2\rMSA*AA*{id}\r"),
    );
    taken("A10 no version at all", Answer::Text("MSH|^~\\&|R\rMSA|CA|{id}"));
}

#[test]
fn a_surplus_answer_is_never_taken_for_the_next_message() {
    // A7: two answers to the first message; the second would be right for nobody.
    let twice = b"\x0BMSH|^~\\&|R|R|||20260101||ACK|1|P|2.5.1\rMSA|AA|FIRST\r\x1C\r\
                  \x0BMSH|^~\\&|R|R|||20260101||ACK|2|P|2.5.1\rMSA|AA|SECOND\r\x1C\r";
    let receiver = Receiver::scripted(move |before, message| match before {
        0 => Answer::Bytes(twice),
        // An answer that says no: if the surplus one were believed, this would not be asked for again.
        1 => Answer::CodeBecause("AR", 207),
        _ if field(message, "MSH", 10) == "SECOND" => Answer::Code("AA"),
        _ => Answer::Close,
    });
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for id in ["FIRST", "SECOND"] {
        assert_eq!(field(&sender.exchange(&adt(id)).unwrap(), "MSA", 1), "AA");
    }
    receiver.wait_for(3);
    assert_eq!(receiver.control_ids(), ["FIRST", "SECOND", "SECOND"]);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_receiver_that_never_answers_needs_a_setting_that_says_so() {
    // A11: without the setting, silence is no answer (A8); with it, what is written counts as delivered.
    let receiver = Receiver::scripted(|_, _| Answer::Silence);
    let address = receiver.address();
    let site = Site::new(&format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\" }} }}\n\
         destinations:\n  ehr: {{ mllp: {{ address: \"{address}\", unsafe_no_acknowledgment: true }} }}\n\
         routes:\n  all: {{ from: in, to: ehr }}\n"
    ));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for id in ["ONE", "TWO"] {
        assert_eq!(field(&sender.exchange(&adt(id)).unwrap(), "MSA", 1), "AA");
    }
    receiver.wait_for(2);
    engine.wait_for_metric(r#"weir_deliveries_delivered_total{destination="ehr"}"#, 2.0);
    assert_eq!(receiver.control_ids(), ["ONE", "TWO"]);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn what_rightly_gets_no_answer_is_delivered_once_and_the_next_goes_on() {
    let receiver = Receiver::scripted(|_, message| match field(message, "MSH", 10).as_str() {
        "NEXT" => Answer::Code("AA"),
        _ => Answer::Silence,
    });
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    let unasked = String::from_utf8(adt("UNASKED")).unwrap();
    let unasked = unasked.replacen("|2.5.1\r", "|2.5.1|||NE|NE\r", 1);
    assert_eq!(
        field(&sender.exchange(unasked.as_bytes()).unwrap(), "MSA", 1),
        "AA"
    );
    // It is not answered to the sender either.
    let acknowledgment = b"MSH|^~\\&|R|R|||20260301||ACK^A01^ACK|ACKNOWLEDGMENT|P|2.5.1\rMSA|AA|X\r";
    sender.send(acknowledgment).unwrap();
    assert_eq!(field(&sender.exchange(&adt("NEXT")).unwrap(), "MSA", 2), "NEXT");
    engine.wait_for_metric(r#"weir_deliveries_delivered_total{destination="ehr"}"#, 3.0);
    assert_eq!(receiver.control_ids(), ["UNASKED", "ACKNOWLEDGMENT", "NEXT"]);
    assert_eq!(engine.terminate(), 0);
}

/// A receiver that answers the message `A` as the script says, and every other with AA; returns what has arrived when
/// all but `dead` of two messages are delivered.
fn refused_as(row: &str, script: impl Fn(usize) -> Answer + Send + Sync + 'static, dead: f64) -> Vec<String> {
    let receiver = Receiver::scripted(move |before, message| match field(message, "MSH", 10).as_str() {
        "A" => script(before),
        _ => Answer::Code("AA"),
    });
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for id in ["A", "NEXT"] {
        assert_eq!(
            field(&sender.exchange(&adt(id)).unwrap(), "MSA", 1),
            "AA",
            "{row}"
        );
    }
    let delivered = r#"weir_deliveries_delivered_total{destination="ehr"}"#;
    engine.wait_for_metric(delivered, 2.0 - dead);
    engine.wait_for_metric(r#"weir_outbox_dead_letters{destination="ehr"}"#, dead);
    assert_eq!(engine.terminate(), 0);
    receiver.control_ids()
}

#[test]
fn an_error_is_tried_again_some_times_and_then_parked() {
    // A4: the default tries an AE three times more.
    let arrived = refused_as("A4 for ever", |_| Answer::Code("AE"), 1.0);
    assert_eq!(arrived, ["A", "A", "A", "A", "NEXT"]);
    let three = |before| Answer::Code(if before < 3 { "AE" } else { "AA" });
    let arrived = refused_as("A4 three times", three, 0.0);
    assert_eq!(arrived, ["A", "A", "A", "A", "NEXT"]);
}

#[test]
fn a_rejection_is_final_where_its_code_says_so() {
    // A5: with 200 to 205 it will be the same next time; with 206, 207 or without a reason it may not.
    for code in ["AR", "CR"] {
        for error in 200..=205 {
            let row = format!("A5 {code} {error}");
            let arrived = refused_as(&row, move |_| Answer::CodeBecause(code, error), 1.0);
            assert_eq!(arrived, ["A", "NEXT"], "{row}");
        }
        for error in [Some(206), Some(207), None] {
            let row = format!("A5 {code} {error:?}");
            let script = move |before| match error {
                _ if before == 2 => Answer::Code("AA"),
                Some(error) => Answer::CodeBecause(code, error),
                None => Answer::Code(code),
            };
            let arrived = refused_as(&row, script, 0.0);
            assert_eq!(arrived, ["A", "A", "A", "NEXT"], "{row}");
        }
    }
}

#[test]
fn an_accept_acknowledgment_is_as_good_as_the_destination_awaits() {
    // A6: CA and then an answer, nothing, or a refusal; then AA to whatever comes again.
    let framed = |code: &str| format!("\x0BMSH|^~\\&|R|R|||20260101||ACK|1|P|2.5.1\rMSA|{code}|A\r\x1C\r");
    for (row, awaited, answers, arrivals) in [
        ("CA, accept", "accept", vec!["CA"], 1),
        ("CA AA, application", "application", vec!["CA", "AA"], 1),
        ("CA, application", "application", vec!["CA"], 2),
        ("CA AR, application", "application", vec!["CA", "AR"], 2),
    ] {
        let first: String = answers.into_iter().map(framed).collect();
        let first: &'static [u8] = first.into_bytes().leak();
        let receiver = Receiver::scripted(move |before, _| match before {
            0 => Answer::Bytes(first),
            _ => Answer::Code("AA"),
        });
        let yaml = Site::forwarding_yaml(&[("ehr", receiver.address())]);
        let yaml = yaml.replace(
            "acknowledgment_timeout: 2s",
            &format!("acknowledgment_timeout: 200ms, await: {awaited}"),
        );
        let site = Site::new(&yaml);
        let engine = site.start();
        let mut sender = Sender::connect(engine.listener("in"));
        assert_eq!(field(&sender.exchange(&adt("A")).unwrap(), "MSA", 1), "AA");
        engine.wait_for_metric(r#"weir_deliveries_delivered_total{destination="ehr"}"#, 1.0);
        assert_eq!(engine.terminate(), 0);
        assert_eq!(receiver.stop().len(), arrivals, "A6 {row}");
    }
}

#[test]
fn what_the_receiver_may_have_twice_is_counted() {
    let repeated = |why| format!(r#"weir_deliveries_repeated_total{{destination="ehr",why="{why}"}}"#);
    let receiver = Receiver::scripted(|before, _| match before {
        0 => Answer::Close,
        1 => Answer::CodeBecause("AR", 207),
        2 => Answer::Code("AA"),
        _ => Answer::Silence,
    });
    let address = receiver.address();
    let site = Site::forwarding(&[("ehr", address)]);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    let mut send = |id| assert_eq!(field(&sender.exchange(&adt(id)).unwrap(), "MSA", 1), "AA");
    send("A");
    receiver.wait_for(3);
    engine.wait_for_metric(&repeated("no_answer"), 2.0);
    send("B");
    receiver.wait_for(4);
    engine.kill();
    drop(receiver.stop());

    let receiver = Receiver::at(address, |_, _| Answer::Code("AA"));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    assert_eq!(field(&sender.exchange(&adt("C")).unwrap(), "MSA", 1), "AA");
    receiver.wait_until(|messages| messages.contains(&adt("C")));
    // A may be repeated, too, if its settlement was not yet on disk; C is new.
    let before_c = u32::try_from(receiver.messages().len() - 1).unwrap();
    engine.wait_for_metric(&repeated("restart"), f64::from(before_c));
    assert!((1..=2).contains(&before_c));
    assert_eq!(engine.terminate(), 0);
}
