//! The sequence number protocol (MSH-13, MSA-4) on a listener that looks at it: row B42.

use crate::harness::{Answer, Receiver, Sender, Site, adt, field, weir};

/// A site whose one route takes A01 and filters those whose MSH-5 is `NOBODY`.
fn site(receiver: &Receiver, mllp: &str) -> Site {
    Site::new(&format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\", sequence_numbers: check, {mllp} }} }}\n\
         destinations:\n  ehr:\n    mllp: {{ address: \"{}\", terminators: preserve }}\n    \
         retry: {{ first: 10ms, longest: 50ms }}\n\
         routes:\n  all:\n    from: in\n    messages: ADT^A01\n    \
         steps: [ {{ drop: nobody, when: MSH-5 = \"NOBODY\" }} ]\n    to: ehr\n",
        receiver.address()
    ))
}

fn numbered(id: &str, number: &str) -> Vec<u8> {
    edited(&adt(id), "|P|2.5.1\r", &format!("|P|2.5.1|{number}\r"))
}

fn edited(message: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = std::str::from_utf8(message).unwrap();
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1).into_bytes()
}

/// A message of MSH alone whose type is not used.
fn opening(id: &str, number: &str) -> Vec<u8> {
    format!("MSH|^~\\&|ADT|GENERAL|WEIR|HUB|20260101||^|{id}|P|2.5.1|{number}\r").into_bytes()
}

/// MSA-1, the code of the error, its place, MSA-4; what is empty is left out.
fn told(sender: &mut Sender, message: &[u8]) -> String {
    let reply = sender.exchange(message).expect("a reply");
    assert_eq!(field(&reply, "MSA", 2), field(message, "MSH", 10));
    let code = field(&reply, "ERR", 3);
    let parts = [
        field(&reply, "MSA", 1),
        code.split('^').next().unwrap_or_default().to_owned(),
        field(&reply, "ERR", 2),
        field(&reply, "MSA", 4),
    ];
    parts
        .iter()
        .filter(|part| !part.is_empty())
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(" ")
}

fn check(sender: &mut Sender, message: &[u8], expected: &str) {
    let id = field(message, "MSH", 10);
    assert_eq!(told(sender, message), expected, "{id}");
}

#[test]
fn b42_a_gap_is_refused_and_a_missed_answer_repeated_also_after_a_crash() {
    let receiver = Receiver::accepting();
    let site = site(&receiver, "");
    let engine = site.start();
    let sender = &mut Sender::connect(engine.listener("in"));
    check(sender, &numbered("FIRST", "7"), "AA 7");
    check(sender, &numbered("GAP", "9"), "AR 207 MSH^1^13 8");
    check(sender, &numbered("BEFORE", "6"), "AR 207 MSH^1^13 8");
    check(sender, &numbered("SECOND", "8"), "AA 8");
    check(sender, &numbered("SECOND", "8"), "AA 9");
    check(sender, &numbered("OTHER", "8"), "AR 207 MSH^1^13 9");
    // What nobody is owed has its number as well.
    let nobody = edited(&numbered("FILTERED", "9"), "|WEIR|", "|NOBODY|");
    check(sender, &nobody, "AA 9");
    check(
        sender,
        &edited(&numbered("UNROUTED", "10"), "ADT^A01^ADT_A01", "ADT^A02^ADT_A02"),
        "AA 10",
    );
    engine.wait_for_metric(r#"weir_messages_filtered_total{listener="in"}"#, 1.0);
    engine.wait_for_metric(r#"weir_messages_unrouted_total{listener="in"}"#, 1.0);
    engine.wait_for_metric(r#"weir_messages_repeated_total{listener="in"}"#, 1.0);
    engine.wait_for_metric(r#"weir_messages_refused_total{listener="in"}"#, 3.0);
    receiver.wait_for(2);
    engine.kill();

    let engine = site.start();
    let sender = &mut Sender::connect(engine.listener("in"));
    check(sender, &numbered("GAP", "12"), "AR 207 MSH^1^13 11");
    check(sender, &numbered("THIRD", "11"), "AA 11");
    // Each sender has its own.
    check(
        sender,
        &edited(&numbered("OTHER", "1"), "|GENERAL|", "|ELSEWHERE|"),
        "AA 1",
    );
    receiver.wait_until(|messages| messages.iter().any(|message| *message == numbered("THIRD", "11")));
    assert_eq!(engine.terminate(), 0);
    let mut ids: Vec<String> = receiver
        .stop()
        .iter()
        .map(|message| field(message, "MSH", 10))
        .collect();
    // The crash may have repeated what was delivered just before it.
    ids.dedup();
    ids.retain(|id| id != "OTHER");
    let position = ids.iter().rposition(|id| id == "FIRST").unwrap();
    assert_eq!(ids[position..], ["FIRST", "SECOND", "THIRD"]);
    let (status, out, _) = weir(site.folder(), &["verify", "site"], b"");
    assert_eq!(status, 0, "{out}");
}

#[test]
fn b42_a_full_outbox_takes_no_number_not_even_of_what_nobody_is_owed() {
    let receiver = Receiver::accepting();
    let site = site(&receiver, "");
    receiver.stop();
    let file = site.folder().join("site/site.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let small = text.replacen("engine:\n", "engine:\n  outbox: { entries_max: 2 }\n", 1);
    assert_ne!(text, small);
    std::fs::write(&file, small).unwrap();
    let engine = site.start();
    let sender = &mut Sender::connect(engine.listener("in"));
    check(sender, &numbered("ONE", "1"), "AA 1");
    check(sender, &numbered("TWO", "2"), "AA 2");
    let nobody = edited(&numbered("FILTERED", "3"), "|WEIR|", "|NOBODY|");
    assert!(told(sender, &nobody).starts_with("AR 207"));
    engine.wait_for_metric(r#"weir_messages_filtered_total{listener="in"}"#, 0.0);
    assert_eq!(engine.terminate(), 0);
    // There is room again, and the number is the one that is due.
    std::fs::write(&file, text).unwrap();
    let engine = site.start();
    let sender = &mut Sender::connect(engine.listener("in"));
    check(sender, &nobody, "AA 3");
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn b42_a_sender_asks_where_to_go_on_or_starts_anew() {
    let receiver = Receiver::accepting();
    let site = site(&receiver, "");
    let engine = site.start();
    let sender = &mut Sender::connect(engine.listener("in"));
    check(sender, &opening("START", "0"), "AA -1");
    check(sender, &numbered("FIRST", "5"), "AA 5");
    check(sender, &opening("START", "0"), "AA 6");
    let mut nulls = opening("NULLS", "0");
    nulls.extend_from_slice(b"EVN||\"\"\rPID|||\r");
    check(sender, &nulls, "AA 6");
    // What has content would be lost.
    check(sender, &numbered("CONTENT", "0"), "AE 102 MSH^1^13");
    check(sender, &numbered("CONTENT", "-1"), "AE 102 MSH^1^13");
    check(sender, &numbered("NONE", ""), "AE 101 MSH^1^13");
    check(sender, &numbered("WRONG", "six"), "AE 102 MSH^1^13");
    check(
        sender,
        &edited(&opening("X", "0"), "|P|", "|X|"),
        "AR 202 MSH^1^11",
    );
    check(sender, &numbered("SECOND", "6"), "AA 6");
    check(sender, &opening("ANEW", "-1"), "AA -1");
    engine.kill();
    let engine = site.start();
    let sender = &mut Sender::connect(engine.listener("in"));
    check(sender, &numbered("THIRD", "1"), "AA 1");
    check(sender, &numbered("GAP", "3"), "AR 207 MSH^1^13 2");
    receiver.wait_until(|messages| messages.iter().any(|message| *message == numbered("THIRD", "1")));
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn b42_in_all_acknowledgment_modes() {
    for (mode, taken, repeated, refused) in [
        ("original", "AA 1", "AA 2", "AR 207 MSH^1^13 2"),
        ("auto", "AA 1", "AA 2", "AR 207 MSH^1^13 2"),
        ("enhanced", "CA 1", "CA 2", "CE 207 MSH^1^13 2"),
        ("enhanced_aa", "AA 1", "AA 2", "AR 207 MSH^1^13 2"),
    ] {
        let receiver = Receiver::accepting();
        let site = site(&receiver, &format!("acknowledgment: {mode}"));
        let engine = site.start();
        let sender = &mut Sender::connect(engine.listener("in"));
        check(sender, &numbered("FIRST", "1"), taken);
        check(sender, &numbered("FIRST", "1"), repeated);
        check(sender, &numbered("GAP", "3"), refused);
        receiver.wait_for(1);
        assert_eq!(engine.terminate(), 0, "{mode}");
        assert_eq!(receiver.stop().len(), 1, "{mode}");
    }
}

#[test]
fn b42_many_in_flight_keep_their_numbers() {
    let receiver = Receiver::accepting();
    let site = site(&receiver, "");
    let engine = site.start();
    let sender = &mut Sender::connect(engine.listener("in"));
    for number in 1..=50 {
        let id = format!("M{number}");
        sender.send(&numbered(&id, &number.to_string())).unwrap();
    }
    for number in 1..=50 {
        let reply = sender.reply().unwrap();
        assert_eq!(field(&reply, "MSA", 4), number.to_string());
        assert_eq!(field(&reply, "MSA", 1), "AA");
    }
    receiver.wait_for(50);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn b42_a_backup_keeps_the_numbers() {
    let receiver = Receiver::scripted(|_, _| Answer::Away);
    let first = site(&receiver, "");
    let engine = first.start();
    let sender = &mut Sender::connect(engine.listener("in"));
    check(sender, &numbered("FIRST", "41"), "AA 41");
    let (status, out, err) = weir(first.folder(), &["backup", "kept", "--site", "site"], b"");
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert_eq!(engine.terminate(), 0);

    let elsewhere = site(&receiver, "");
    let file = first.folder().join("kept");
    let (status, out, err) = weir(
        elsewhere.folder(),
        &["restore", file.to_str().unwrap(), "site"],
        b"",
    );
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    let engine = elsewhere.start();
    let sender = &mut Sender::connect(engine.listener("in"));
    check(sender, &numbered("GAP", "43"), "AR 207 MSH^1^13 42");
    check(sender, &numbered("FIRST", "41"), "AA 42");
    check(sender, &numbered("SECOND", "42"), "AA 42");
    assert_eq!(engine.terminate(), 0);
}
