//! Routes that drop, reject, fail and split, in a running engine: who gets what, and what the sender is told.

use crate::harness::{Receiver, Sender, Site, field};

/// A site with these routes over the destinations `ehr` and `lab`.
fn site(ehr: &Receiver, lab: &Receiver, listener: &str, routes: &str) -> Site {
    Site::new(&format!(
        "listeners:\n  in: {{ {listener} }}\n\
         destinations:\n  ehr: {{ mllp: {{ address: \"{}\" }} }}\n  lab: {{ mllp: {{ address: \"{}\" }} }}\n\
         routes:\n{routes}",
        ehr.address(),
        lab.address()
    ))
}

fn message(version: &str, control_id: &str, name: &str) -> Vec<u8> {
    format!("MSH|^~\\&|ADT|X|||20240101||ADT^A01|{control_id}|P|{version}\rPID|1||12||{name}\r").into_bytes()
}

/// The last segment of a reply of this name, without its end.
fn segment(reply: &[u8], name: &str) -> String {
    let text = String::from_utf8_lossy(reply).into_owned();
    let found = text.split('\r').rfind(|segment| segment.starts_with(name));
    found.unwrap_or_default().to_owned()
}

const REJECTING: &str = "  \
  to-ehr:
    from: in
    to: ehr
  to-lab:
    from: in
    to: lab
    steps:
      - reject: { text: no test patients, error: 205, location: PID-5.1 }
        when: PID-5 = \"ZZTEST\"
      - reject: { text: not this event, code: AR, error: 201, location: MSH-9.2 }
        when: PID-5 = \"ZZEVENT\"
  second:
    from: in
    to: ehr
    steps:
      - reject: { text: nor here }
        when: PID-5 = \"ZZEVENT\"
      - drop: one copy is enough
";

#[test]
fn what_one_route_rejects_goes_to_nobody_and_the_sender_is_told() {
    let (ehr, lab) = (Receiver::accepting(), Receiver::accepting());
    let site = site(&ehr, &lab, "mllp: { bind: \"127.0.0.1:0\" }", REJECTING);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    let mut exchange = |version: &str, id: &str, name: &str| {
        let reply = sender.exchange(&message(version, id, name)).unwrap();
        assert_eq!(field(&reply, "MSA", 2), id);
        reply
    };
    let reply = exchange("2.5.1", "R1", "ZZTEST");
    assert_eq!(field(&reply, "MSA", 1), "AE");
    assert_eq!(
        segment(&reply, "ERR"),
        "ERR||PID^1^5^1^1|205^Duplicate key identifier^HL70357|E||||no test patients"
    );
    // Before 2.5 one ERR has another form, and MSA-3 the text.
    let reply = exchange("2.3", "R2", "ZZTEST");
    assert_eq!(segment(&reply, "MSA"), "MSA|AE|R2|no test patients");
    assert_eq!(
        segment(&reply, "ERR"),
        "ERR|PID^1^5^205&Duplicate key identifier&HL70357"
    );
    // The worst of two routes, and what both say.
    let reply = exchange("2.5.1", "R3", "ZZEVENT");
    assert_eq!(field(&reply, "MSA", 1), "AR");
    let text = String::from_utf8_lossy(&reply).into_owned();
    let faults: Vec<&str> = text.split('\r').filter(|line| line.starts_with("ERR")).collect();
    assert_eq!(
        faults,
        [
            "ERR||MSH^1^9^1^2|201^Unsupported event code^HL70357|E||||not this event",
            "ERR|||207^Application internal error^HL70357|E||||nor here",
        ]
    );
    let reply = exchange("2.5.1", "GOOD", "DOE");
    assert_eq!(field(&reply, "MSA", 1), "AA");
    assert_eq!(ehr.wait_for(1).len(), 1);
    assert_eq!(lab.wait_for(1).len(), 1);
    assert_eq!(ehr.control_ids(), ["GOOD"]);
    assert_eq!(lab.control_ids(), ["GOOD"]);
    engine.wait_for_metric(r#"weir_route_rejections_total{route="to-lab"}"#, 3.0);
    engine.wait_for_metric(
        r#"weir_route_filtered_total{route="second",reason="one copy is enough"}"#,
        3.0,
    );
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn in_enhanced_mode_a_rejection_has_the_commit_codes() {
    let (ehr, lab) = (Receiver::accepting(), Receiver::accepting());
    let site = site(
        &ehr,
        &lab,
        "mllp: { bind: \"127.0.0.1:0\", acknowledgment: enhanced }",
        REJECTING,
    );
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for (name, code) in [("ZZTEST", "CE"), ("ZZEVENT", "CR"), ("DOE", "CA")] {
        let reply = sender.exchange(&message("2.5.1", name, name)).unwrap();
        assert_eq!(field(&reply, "MSA", 1), code, "{name}");
    }
    ehr.wait_for(1);
    assert_eq!(ehr.control_ids(), ["DOE"]);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn dropped_reaches_nobody_failed_is_kept_split_is_several() {
    let (ehr, lab) = (Receiver::accepting(), Receiver::accepting());
    let routes = "  \
  all:
    from: in
    to: [ehr, { destination: lab, when: PID-5 = \"LAB\", steps: [ { fail: not today, when: PID-3 = \"12\" } ] }]
    steps:
      - drop: test patient
        when: PID-5 = \"ZZTEST\"
      - split: ZAL
";
    let site = site(&ehr, &lab, "mllp: { bind: \"127.0.0.1:0\" }", routes);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    let mut send = |message: Vec<u8>| {
        let reply = sender.exchange(&message).unwrap();
        assert_eq!(field(&reply, "MSA", 1), "AA");
    };
    send(message("2.5", "DROPPED", "ZZTEST"));
    let parts = [message("2.5", "PARTS", "DOE"), b"ZAL|1\rZAL|2\r".to_vec()].concat();
    send(parts);
    send(message("2.5", "FAILED", "LAB"));
    ehr.wait_for(3);
    assert_eq!(ehr.control_ids(), ["PARTS-1", "PARTS-2", "FAILED"]);
    engine.wait_for_metric(r#"weir_outbox_dead_letters{destination="lab"}"#, 1.0);
    engine.wait_for_metric(
        r#"weir_route_filtered_total{route="all",reason="test patient"}"#,
        1.0,
    );
    engine.wait_for_metric(r#"weir_messages_filtered_total{listener="in"}"#, 1.0);
    assert!(lab.messages().is_empty());
    assert_eq!(engine.terminate(), 0);
}

/// A batch is accepted as a whole or not at all, so one rejected message keeps the others from going.
#[test]
fn a_batch_with_a_rejected_message_goes_to_nobody() {
    let (ehr, lab) = (Receiver::accepting(), Receiver::accepting());
    let site = site(
        &ehr,
        &lab,
        "mllp: { bind: \"127.0.0.1:0\" }, batch: split",
        REJECTING,
    );
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    let batch = [message("2.5", "B1", "DOE"), message("2.5", "B2", "ZZTEST")].concat();
    let reply = sender.exchange(&batch).unwrap();
    assert_eq!(field(&reply, "MSA", 1), "AE");
    assert_eq!(
        segment(&reply, "ERR")
            .matches("message 2: no test patients")
            .count(),
        1
    );
    let reply = sender.exchange(&message("2.5", "AFTER", "DOE")).unwrap();
    assert_eq!(field(&reply, "MSA", 1), "AA");
    ehr.wait_for(1);
    assert_eq!(ehr.control_ids(), ["AFTER"]);
    assert_eq!(engine.terminate(), 0);
}
