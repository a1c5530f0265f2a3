//! Promises about the program as a whole: no content in logs, an account that balances whatever senders do, a stop
//! that ends.

use std::time::Instant;

use crate::harness::{Answer, PATIENCE, Receiver, Sender, Site, adt, field};

/// Stands in a patient's name; in no log it may be found, neither as text nor as the bytes a debug print gives.
const CANARY: &str = "CANARYBIRD";

#[test]
fn no_log_level_shows_content() {
    let receiver = Receiver::scripted(|before, _| match before {
        0 => Answer::Code("AE"),
        1 => Answer::Text("garbage CANARYBIRD"),
        2 => Answer::CodeBecause("AR", 200),
        _ => Answer::Code("AA"),
    });
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let engine = site.start_logging("trace");
    let mut sender = Sender::connect(engine.listener("in"));
    let message = |id: &str| String::from_utf8(adt(id)).unwrap().replace("TESTPATIENT", CANARY);
    for id in ["LOG1", "LOG2", "LOG3"] {
        assert_eq!(
            field(&sender.exchange(message(id).as_bytes()).unwrap(), "MSA", 1),
            "AA"
        );
    }
    for broken in [
        message("").as_bytes(),
        message("LOG4").replace("2.5.1", CANARY).as_bytes(),
        CANARY.as_bytes(),
    ] {
        assert_ne!(field(&sender.exchange(broken).unwrap(), "MSA", 1), "AA");
    }
    // Cut off in the middle.
    let mut cut = Sender::connect(engine.listener("in"));
    cut.write(&[b"\x0B", message("CUT").as_bytes()].concat()).unwrap();
    cut.finish_writing();
    assert_eq!(cut.reply(), None);
    engine.wait_for_metric(r#"weir_deliveries_delivered_total{destination="ehr"}"#, 2.0);
    let (_, page) = engine.page("/metrics");
    assert_eq!(engine.terminate(), 0);
    let log = std::fs::read_to_string(site.folder().join("log")).unwrap();
    assert!(log.contains("TRACE"), "the level was asked for");
    let bytes: Vec<_> = CANARY.bytes().map(|byte| byte.to_string()).collect();
    for secret in [CANARY, &bytes.join(", "), "100234", "19800101"] {
        assert!(!log.contains(secret), "the log holds {secret}");
        assert!(!page.contains(secret), "the metrics hold {secret}");
    }
}

#[test]
fn the_account_balances_when_senders_go_away() {
    let receiver = Receiver::scripted(|_, _| Answer::Away);
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let engine = site.start();
    // Sixty frames each, and nobody waits for a reply.
    for number in 0..20 {
        let frames: Vec<u8> = (0..60)
            .flat_map(|frame| [b"\x0B", adt(&format!("{number}-{frame}")).as_slice(), b"\x1C\r"].concat())
            .collect();
        Sender::connect(engine.listener("in")).write(&frames).unwrap();
    }
    let series = [
        r#"weir_messages_received_total{listener="in"}"#,
        r#"weir_messages_accepted_total{listener="in"}"#,
        r#"weir_deliveries_owed_total{destination="ehr"}"#,
        r#"weir_outbox_depth{destination="ehr"}"#,
    ];
    let deadline = Instant::now() + PATIENCE;
    loop {
        let counts = series.map(|series| engine.metric(series));
        if counts[0] > 0.0
            && counts
                .windows(2)
                .all(|two| (two[0] - two[1]).abs() < f64::EPSILON)
        {
            break;
        }
        assert!(
            Instant::now() < deadline,
            "received, accepted, owed, queued: {counts:?}"
        );
    }
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_stop_does_not_wait_for_a_silent_receiver_for_ever() {
    let receiver = Receiver::scripted(|_, _| Answer::Silence);
    let site = Site::new(&format!(
        "  stop_grace: 100ms\n\
         listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\" }} }}\n\
         destinations:\n  ehr: {{ mllp: {{ address: \"{}\", acknowledgment_timeout: 1h }} }}\n  \
         copies: {{ file: {{ folder: ., name: \"{{MSH-10}}.hl7\" }} }}\n\
         routes:\n  all: {{ from: in, to: [ehr, copies] }}\n",
        receiver.address()
    ));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    assert_eq!(field(&sender.exchange(&adt("S")).unwrap(), "MSA", 1), "AA");
    receiver.wait_for(1);
    engine.wait_for_metric(r#"weir_deliveries_delivered_total{destination="copies"}"#, 1.0);
    // The attempt could last an hour; a test that hangs here has failed.
    assert_eq!(engine.terminate(), 0);
    let log = site.log();
    let cut_off = log
        .lines()
        .find(|line| line.contains("no end of the attempts under way"));
    assert!(
        cut_off.is_some_and(|line| line.contains("destinations=\"ehr\"")),
        "{log}"
    );

    let engine = site.start();
    receiver.wait_for(2);
    drop(receiver);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_log_that_cannot_be_written_stops_nothing() {
    let receiver = Receiver::accepting();
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    // Every write to it fails for want of space.
    std::os::unix::fs::symlink("/dev/full", site.folder().join("log")).unwrap();
    let engine = site.start_logging("debug");
    let mut sender = Sender::connect(engine.listener("in"));
    assert_eq!(field(&sender.exchange(&adt("M")).unwrap(), "MSA", 1), "AA");
    receiver.wait_for(1);
    assert_eq!(engine.terminate(), 0);
}
