//! What an operator can ask of the way to a destination: what stays in order, what refusals mean, how fast.

use std::collections::BTreeMap;

use crate::harness::{Answer, Receiver, Sender, Site, adt, control_id, field, wait_until, weir};

fn site(receiver: &Receiver, settings: &str) -> Site {
    Site::new(&format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\" }} }}\n\
         destinations:\n  ehr:\n    mllp: {{ address: \"{}\", acknowledgment_timeout: 2s, terminators: preserve }}\n    \
         retry: {{ first: 10ms, longest: 50ms }}\n    {settings}\n\
         routes:\n  all: {{ from: in, to: ehr }}\n",
        receiver.address()
    ))
}

/// A message of a patient: the control id says whose and which.
fn of_patient(patient: &str, number: usize) -> Vec<u8> {
    let id = format!("{patient}-{number:03}");
    let message = String::from_utf8(adt(&id)).unwrap();
    let mut segments: Vec<String> = message.split_terminator('\r').map(str::to_owned).collect();
    let pid = segments
        .iter_mut()
        .find(|segment| segment.starts_with("PID"))
        .unwrap();
    *pid = format!("PID|1||{patient}^^^HOSP^MR||TEST^PATIENT");
    (segments.join("\r") + "\r").into_bytes()
}

fn accepted(sender: &mut Sender, message: &[u8]) {
    let reply = sender.exchange(message).expect("a reply");
    assert_eq!(field(&reply, "MSA", 1), "AA");
}

#[test]
fn a_key_keeps_its_order_and_one_that_is_stuck_holds_up_few() {
    const PATIENTS: usize = 12;
    const MESSAGES: usize = 20;
    // The first patient's messages are never taken.
    let receiver = Receiver::scripted(|_, message| {
        if field(message, "PID", 3).starts_with("P00^") {
            Answer::Code("AR")
        } else {
            Answer::Code("AA")
        }
    });
    let site = site(&receiver, "order: key PID-3.1\n    connections_max: 8");
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for number in 0..MESSAGES {
        for patient in 0..PATIENTS {
            accepted(&mut sender, &of_patient(&format!("P{patient:02}"), number));
        }
    }
    let delivered = |messages: &[Vec<u8>]| {
        let mut by_patient: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for id in messages.iter().map(|message| control_id(message)) {
            by_patient.entry(id[..3].to_owned()).or_default().push(id);
        }
        by_patient.remove("P00");
        by_patient
    };
    // Those that share the stuck patient's connection wait with it: with eight connections that is no half.
    receiver.wait_until(|messages| {
        delivered(messages)
            .values()
            .filter(|ids| ids.len() == MESSAGES)
            .count()
            >= PATIENTS / 2
    });
    assert_eq!(engine.terminate(), 0);
    for (patient, ids) in delivered(&receiver.stop()) {
        let expected: Vec<String> = (0..ids.len())
            .map(|number| format!("{patient}-{number:03}"))
            .collect();
        assert_eq!(ids, expected);
    }
}

#[test]
fn without_order_a_refused_message_lets_others_pass() {
    let receiver = Receiver::scripted(|_, message| match control_id(message).as_str() {
        "M000" => Answer::Code("AR"),
        _ => Answer::Code("AA"),
    });
    let site = site(&receiver, "order: none\n    connections_max: 2");
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    let ids: Vec<String> = (0..10).map(|number| format!("M{number:03}")).collect();
    for id in &ids {
        accepted(&mut sender, &adt(id));
    }
    receiver.wait_until(|messages| {
        messages
            .iter()
            .filter(|message| control_id(message) != "M000")
            .count()
            == 5
    });
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn refusals_follow_the_policy_of_the_destination() {
    let receiver = Receiver::scripted(|_, message| match control_id(message).as_str() {
        "IGNORED" => Answer::Code("AE"),
        "ONCE-MORE" => Answer::CodeBecause("AR", 207),
        "DEAD" => Answer::Code("AR"),
        _ => Answer::Code("AA"),
    });
    let policy = "on_nak: { AE: ignore, AR: dead_letter, AR/207: { retry: 1, then: dead_letter } }";
    let site = site(&receiver, policy);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for id in ["IGNORED", "ONCE-MORE", "DEAD", "LAST"] {
        accepted(&mut sender, &adt(id));
    }
    receiver.wait_until(|messages| messages.last().is_some_and(|last| control_id(last) == "LAST"));
    assert_eq!(
        receiver.control_ids(),
        ["IGNORED", "ONCE-MORE", "ONCE-MORE", "DEAD", "LAST"]
    );
    engine.wait_for_metric(r#"weir_outbox_dead_letters{destination="ehr"}"#, 2.0);
    engine.wait_for_metric(r#"weir_deliveries_delivered_total{destination="ehr"}"#, 2.0);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_hold_stops_the_lane_in_order_and_survives_a_restart() {
    let receiver = Receiver::scripted(|_, message| match control_id(message).as_str() {
        "SECOND" => Answer::Code("AE"),
        _ => Answer::Code("AA"),
    });
    let address = receiver.address();
    let site = site(&receiver, "on_nak: { AE: hold }");
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for id in ["FIRST", "SECOND", "THIRD"] {
        accepted(&mut sender, &adt(id));
    }
    let held = r#"weir_destination_stopped{destination="ehr",why="held"}"#;
    engine.wait_for_metric(held, 1.0);
    assert_eq!(receiver.control_ids(), ["FIRST", "SECOND"]);
    assert_eq!(engine.terminate(), 0);
    assert_eq!(receiver.stop().len(), 2);

    let receiver = Receiver::at(address, |_, _| Answer::Code("AA"));
    let engine = site.start();
    engine.wait_for_metric(held, 1.0);
    assert!(engine.metric(r#"weir_outbox_depth{destination="ehr"}"#) >= 2.0);
    assert_eq!(receiver.messages().len(), 0, "nothing is sent while it is held");
    let (_, shown, _) = weir(site.folder(), &["status", "site"], b"");
    assert!(
        shown.contains("held by") && shown.contains(" 2: refused with AE"),
        "{shown}"
    );
    let (status, told, _) = weir(site.folder(), &["queue", "resume", "ehr", "--site", "site"], b"");
    assert_eq!(status, 0);
    assert_eq!(told, "ehr: told to resume\nehr: 2 held it: refused with AE\n");
    receiver.wait_for(2);
    assert_eq!(receiver.control_ids(), ["SECOND", "THIRD"]);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn the_status_tells_why_a_destination_does_not_deliver() {
    let receiver = Receiver::scripted(|_, _| Answer::Code("AR"));
    let site = Site::new(&format!(
        "listeners: {{ in: {{ mllp: {{ bind: \"127.0.0.1:0\" }} }} }}\n\
         destinations:\n  ehr: {{ mllp: {{ address: \"{}\" }}, retry: {{ first: 1m, longest: 1m }} }}\n\
         routes: {{ all: {{ from: in, to: ehr }} }}\n",
        receiver.address()
    ));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    let shown = || weir(site.folder(), &["status", "site"], b"").1;
    assert!(!shown().contains("not delivered"), "{}", shown());
    accepted(&mut sender, &adt("FIRST"));
    wait_until(|| shown().contains("not delivered"));
    let shown = shown();
    let line = shown.lines().find(|line| line.contains("not delivered")).unwrap();
    assert!(line.starts_with("  not delivered          since 20"), "{line}");
    assert!(line.contains("Z, 1 attempt, the next at 20"), "{line}");
    assert!(line.ends_with("Z: refused with AR"), "{line}");
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_hold_that_cannot_be_written_down_waits_between_attempts() {
    let receiver = Receiver::scripted(|_, _| Answer::Code("AE"));
    let site = Site::new(&format!(
        "listeners: {{ in: {{ mllp: {{ bind: \"127.0.0.1:0\" }} }} }}\n\
         destinations:\n  ehr:\n    mllp: {{ address: \"{}\" }}\n    \
         retry: {{ first: 1m, longest: 1m }}\n    on_nak: {{ AE: hold }}\n\
         routes: {{ all: {{ from: in, to: ehr }} }}\n",
        receiver.address()
    ));
    let engine = site.start();
    // Nothing can take the place of a folder.
    std::fs::create_dir(site.folder().join("data/switches.json")).unwrap();
    accepted(&mut Sender::connect(engine.listener("in")), &adt("ONE"));
    receiver.wait_for(1);
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(receiver.control_ids(), ["ONE"]);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_rate_is_kept() {
    let receiver = Receiver::accepting();
    let site = site(&receiver, "pace: { rate: { count: 3, per: 1h } }");
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for id in ["A", "B", "C", "D", "E"] {
        accepted(&mut sender, &adt(id));
    }
    receiver.wait_for(3);
    engine.wait_for_metric(r#"weir_deliveries_delivered_total{destination="ehr"}"#, 3.0);
    assert_eq!(
        engine.terminate(),
        0,
        "a lane that waits for its turn stops at once"
    );
    assert_eq!(receiver.stop().len(), 3);
}
