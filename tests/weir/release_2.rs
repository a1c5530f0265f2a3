//! MLLP release 2: commit blocks on both sides, told apart from acknowledgments.

use crate::harness::{Answer, Receiver, Sender, Site, adt, field};

const STORED: &[u8] = &[0x06];
const NOT_STORED: &[u8] = &[0x15];

/// A listener that speaks release 2, before this receiver.
fn site(receiver: &Receiver) -> Site {
    let yaml = Site::forwarding_yaml(&[("ehr", receiver.address())]);
    Site::new(&yaml.replace("\"127.0.0.1:0\" }", "\"127.0.0.1:0\", release: 2 }"))
}

#[test]
fn a_block_is_committed_and_then_answered() {
    let receiver = Receiver::accepting();
    let site = site(&receiver);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for id in ["ONE", "TWO"] {
        assert_eq!(sender.exchange(&adt(id)).unwrap(), STORED);
        let reply = sender.reply().unwrap();
        assert_eq!(
            (field(&reply, "MSA", 1), field(&reply, "MSA", 2)),
            ("AA".into(), id.into())
        );
        sender.send(STORED).unwrap();
    }
    // An answer that is not committed is sent again.
    assert_eq!(sender.exchange(&adt("AGAIN")).unwrap(), STORED);
    let first = sender.reply().unwrap();
    assert_eq!(sender.exchange(NOT_STORED).unwrap(), first);
    sender.send(STORED).unwrap();
    // A refusal of the content is an answer; the block was taken.
    assert_eq!(sender.exchange(b"no message").unwrap(), STORED);
    assert_eq!(field(&sender.reply().unwrap(), "MSA", 1), "AR");
    // A sender that commits nothing is served all the same.
    assert_eq!(sender.exchange(&adt("MUTE")).unwrap(), STORED);
    assert_eq!(field(&sender.reply().unwrap(), "MSA", 2), "MUTE");
    let missing = r#"weir_listener_deviations_total{listener="in",kind="missing_commit"}"#;
    engine.wait_for_metric(missing, 1.0);
    receiver.wait_for(4);
    assert_eq!(engine.terminate(), 0);
    assert_eq!(receiver.control_ids(), ["ONE", "TWO", "AGAIN", "MUTE"]);
}

#[test]
fn an_answer_that_is_never_committed_ends_the_connection() {
    let receiver = Receiver::accepting();
    let site = site(&receiver);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    assert_eq!(sender.exchange(&adt("ONE")).unwrap(), STORED);
    let answer = sender.reply();
    for _ in 0..2 {
        assert_eq!(sender.exchange(NOT_STORED), answer);
    }
    assert_eq!(sender.exchange(NOT_STORED), None);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn what_cannot_be_stored_is_not_committed() {
    let receiver = Receiver::scripted(|_, _| Answer::Away);
    let site = site(&receiver);
    let path = site.folder().join("site/site.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let full = text.replacen("engine:\n", "engine:\n  outbox: { entries_max: 1 }\n", 1);
    std::fs::write(&path, full).unwrap();
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    assert_eq!(sender.exchange(&adt("ONE")).unwrap(), STORED);
    assert_eq!(field(&sender.reply().unwrap(), "MSA", 1), "AA");
    sender.send(STORED).unwrap();
    for _ in 0..2 {
        assert_eq!(sender.exchange(&adt("TWO")).unwrap(), NOT_STORED);
    }
    engine.wait_for_metric(r#"weir_messages_refused_total{listener="in"}"#, 2.0);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_destination_waits_for_the_commit_and_commits_the_answer() {
    let receiver = Receiver::scripted(|before, message| match before {
        _ if message == STORED => Answer::Silence,
        0 => Answer::Bytes(b"\x0B\x15\x1C\r"),
        // An acknowledgment without a commit is no answer.
        1 => Answer::Code("AA"),
        _ => Answer::Text("\u{6}\u{1c}\r\u{b}MSH|^~\\&|R|R|||20260101||ACK|1|P|2.5.1\rMSA|AA|{id}\r"),
    });
    let yaml = Site::forwarding_yaml(&[("ehr", receiver.address())]);
    let site = Site::new(&yaml.replace("terminators", "release: 2, terminators"));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    assert_eq!(field(&sender.exchange(&adt("ONE")).unwrap(), "MSA", 1), "AA");
    assert_eq!(
        receiver.wait_for(4),
        [adt("ONE"), adt("ONE"), adt("ONE"), STORED.to_vec()]
    );
    engine.wait_for_metric(r#"weir_deliveries_delivered_total{destination="ehr"}"#, 1.0);
    let attempts = |outcome: &str| {
        engine.metric(&format!(
            "weir_delivery_attempts_total{{destination=\"ehr\",outcome=\"{outcome}\"}}"
        ))
    };
    let outcomes = ["unreachable", "no_acknowledgment", "delivered"].map(attempts);
    assert_eq!(format!("{outcomes:?}"), "[1.0, 1.0, 1.0]");
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn two_weirs_speak_it_with_each_other() {
    let receiver = Receiver::accepting();
    let far = site(&receiver);
    let far_engine = far.start();
    let yaml = Site::forwarding_yaml(&[("far", far_engine.listener("in"))]);
    let near = Site::new(&yaml.replace("terminators", "release: 2, terminators"));
    let near_engine = near.start();
    let mut sender = Sender::connect(near_engine.listener("in"));
    let ids: Vec<String> = (0..20).map(|number| format!("M{number}")).collect();
    for id in &ids {
        assert_eq!(field(&sender.exchange(&adt(id)).unwrap(), "MSA", 1), "AA");
    }
    receiver.wait_for(ids.len());
    near_engine.wait_for_metric(r#"weir_deliveries_delivered_total{destination="far"}"#, 20.0);
    let connections = near_engine.metric(r#"weir_destination_connections_total{destination="far"}"#);
    assert!(
        (connections - 1.0).abs() < f64::EPSILON,
        "{connections} connections"
    );
    assert_eq!((near_engine.terminate(), far_engine.terminate()), (0, 0));
    assert_eq!(receiver.control_ids(), ids);
}

#[test]
fn a_commit_is_enough_for_a_receiver_that_never_acknowledges() {
    let receiver = Receiver::scripted(|_, _| Answer::Bytes(b"\x0B\x06\x1C\r"));
    let yaml = Site::forwarding_yaml(&[("ehr", receiver.address())]);
    let settings = "release: 2, unsafe_no_acknowledgment: true, terminators";
    let site = Site::new(&yaml.replace("terminators", settings));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for id in ["ONE", "TWO"] {
        assert_eq!(field(&sender.exchange(&adt(id)).unwrap(), "MSA", 1), "AA");
    }
    engine.wait_for_metric(r#"weir_deliveries_delivered_total{destination="ehr"}"#, 2.0);
    engine.wait_for_metric(r#"weir_destination_connections_total{destination="ehr"}"#, 1.0);
    assert_eq!(engine.terminate(), 0);
    assert_eq!(receiver.control_ids(), ["ONE", "TWO"]);
}
