//! A listener that hears nothing for longer than is normal: seen on the page, in the status and in the log.

use crate::harness::{Receiver, Sender, Site, adt, weir};

fn yaml(receiver: &Receiver, expected: &str) -> String {
    let forwarding = Site::forwarding_yaml(&[("ehr", receiver.address())]);
    let listener = "in: { mllp: { bind: \"127.0.0.1:0\" } }";
    assert!(forwarding.contains(listener));
    forwarding.replace(
        listener,
        &format!("in: {{ mllp: {{ bind: \"127.0.0.1:0\" }}{expected} }}"),
    )
}

const ALWAYS: &str = ", expect_traffic: { hours: [{ silence_max: 1s }] }";
const SILENT: &str = r#"weir_listener_silent{listener="in"}"#;

#[test]
fn a_silence_is_told_when_it_begins_and_when_it_ends() {
    let receiver = Receiver::accepting();
    let site = Site::new(&yaml(&receiver, ALWAYS));
    let engine = site.start();
    let reply = Sender::connect(engine.listener("in")).exchange(&adt("T1"));
    assert!(reply.is_some());
    engine.wait_for_metric(SILENT, 1.0);
    let state = |site: &Site| site.status()["listeners"][0]["state"].clone();
    assert_eq!(state(&site), "silent");
    let (_, shown, _) = weir(site.folder(), &["status", "site"], b"");
    assert!(shown.contains("silent"), "{shown}");
    // A reload does not end it, but one that expects nothing any more does.
    site.change(&yaml(
        &receiver,
        &ALWAYS.replace("silence_max: 1s", "silence_max: 2s, windows: 00:00-24:00"),
    ));
    engine.wait_for_metric(SILENT, 1.0);
    site.change(&yaml(&receiver, ""));
    engine.wait_for_metric(SILENT, 0.0);
    assert_eq!(state(&site), "listening");
    assert_eq!(engine.terminate(), 0);
    let log = std::fs::read_to_string(site.folder().join("log")).unwrap();
    assert!(log.contains("silent: no message for longer than 1s"), "{log}");
    assert!(log.contains("not silent any more"), "{log}");
}

#[test]
fn a_listener_that_is_taken_out_is_neither_heard_again_nor_waited_for() {
    let receiver = Receiver::accepting();
    let site = Site::new(&yaml(&receiver, ALWAYS));
    let engine = site.start();
    let reply = Sender::connect(engine.listener("in")).exchange(&adt("T1"));
    assert!(reply.is_some());
    engine.wait_for_metric(SILENT, 1.0);
    let age = r#"weir_listener_last_message_age_seconds{listener="in"}"#;
    assert!(engine.metric(age) >= 0.0);
    let other = yaml(&receiver, "").replace("in: {", "other: {");
    site.change(&other.replace("from: in,", "from: other,"));
    engine.wait_for_metric(SILENT, 0.0);
    assert!(engine.metric(age).is_nan(), "nothing can come by it");
    assert_eq!(engine.terminate(), 0);
    let log = site.log();
    assert!(log.contains("silent when it was taken out of the site"), "{log}");
    assert!(!log.contains("not silent any more"), "{log}");
}

#[test]
fn a_restart_knows_when_the_last_message_came() {
    let receiver = Receiver::accepting();
    let site = Site::new(&yaml(&receiver, ALWAYS));
    let engine = site.start();
    assert!(
        Sender::connect(engine.listener("in"))
            .exchange(&adt("T1"))
            .is_some()
    );
    assert_eq!(engine.terminate(), 0);
    let engine = site.start();
    let age = &site.status()["listeners"][0]["last_message_age_seconds"];
    assert!(age.is_number(), "{age}");
    assert_eq!(engine.terminate(), 0);
}
