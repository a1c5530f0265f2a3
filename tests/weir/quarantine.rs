//! A message that ends the process whenever it is taken: known to the third start, and no burden to the others.
//!
//! No message is known that does so; here the process is killed at the very moment the message is in hand, which
//! the file that marks it tells.

use std::time::Instant;

use crate::harness::{Engine, PATIENCE, Receiver, Sender, Site, adt, field};

/// A listener, a destination, and a route with these steps between them.
fn yaml(receiver: &Receiver, steps: &str) -> String {
    format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\" }} }}\n\
         destinations:\n  ehr: {{ mllp: {{ address: \"{}\" }} }}\n\
         routes:\n  all:\n    from: in\n    to: ehr\n{steps}",
        receiver.address()
    )
}

/// The script takes long, for one message alone.
const SLOW: &str = "    steps:\n      - script: |\n          \
     if get(\"MSH-10\") == \"BAD\" {\n            \
     let s = \"x\"; for i in 0..14 { s += s }\n            \
     for i in 0..2000 { s.replace(\"x\", \"y\"); s.replace(\"y\", \"x\") }\n          }\n";

/// Whether a message is marked in the file of what is in hand.
fn is_in_hand(site: &Site) -> bool {
    let slots = std::fs::read(site.folder().join("data/in-hand")).unwrap();
    slots.iter().any(|byte| *byte != 0)
}

/// Sends the message and kills the process while it is in hand.
fn crash_over(site: &Site, engine: Engine, message: &[u8]) {
    let mut sender = Sender::connect(engine.listener("in"));
    sender.send(message).unwrap();
    let deadline = Instant::now() + PATIENCE;
    while !is_in_hand(site) {
        assert!(Instant::now() < deadline, "it was never in hand");
    }
    engine.kill();
    assert!(is_in_hand(site), "it was got through before the kill");
}

#[test]
fn a_message_in_hand_at_two_crashes_is_not_taken_at_the_third_start() {
    let receiver = Receiver::accepting();
    let site = Site::new(&yaml(&receiver, SLOW));
    for _ in 0..2 {
        crash_over(&site, site.start(), &adt("BAD"));
    }
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    let reply = sender.exchange(&adt("BAD")).unwrap();
    assert_eq!(
        [("MSA", 1), ("MSA", 2), ("ERR", 3)].map(|(segment, number)| field(&reply, segment, number)),
        ["AR", "BAD", "207^Application internal error^HL70357"]
    );
    assert_eq!(field(&sender.exchange(&adt("GOOD")).unwrap(), "MSA", 1), "AA");
    engine.wait_for_metric(r#"weir_messages_quarantined_total{listener="in"}"#, 1.0);
    receiver.wait_for(1);
    let log = site.log();
    assert!(
        log.contains("was in hand when weir crashed, and is not taken any more"),
        "{log}"
    );
    assert!(!log.contains("TESTPATIENT"), "{log}");
    // What the site says now may be what was missing.
    site.change(&yaml(&receiver, ""));
    let mut sender = Sender::connect(engine.listener("in"));
    assert_eq!(field(&sender.exchange(&adt("BAD")).unwrap(), "MSA", 1), "AA");
    receiver.wait_for(2);
    assert_eq!(receiver.control_ids(), ["GOOD", "BAD"]);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn kills_accuse_no_message_that_is_got_through_in_between() {
    let receiver = Receiver::accepting();
    let site = Site::new(&yaml(&receiver, SLOW));
    crash_over(&site, site.start(), &adt("BAD"));
    // Got through, in its time.
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    assert_eq!(field(&sender.exchange(&adt("BAD")).unwrap(), "MSA", 1), "AA");
    crash_over(&site, engine, &adt("BAD"));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    assert_eq!(field(&sender.exchange(&adt("BAD")).unwrap(), "MSA", 1), "AA");
    assert_eq!(engine.terminate(), 0);
}
