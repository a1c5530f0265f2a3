//! A message's way through the real binary, and what an operator sees of it.

use crate::harness::{Answer, Receiver, Sender, Site, adt, control_id, field};

fn ids(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{prefix}{number:05}")).collect()
}

fn send_all(sender: &mut Sender, ids: &[String]) {
    for id in ids {
        let reply = sender.exchange(&adt(id)).expect("a reply");
        assert_eq!(field(&reply, "MSA", 1), "AA", "{id}");
        assert_eq!(field(&reply, "MSA", 2), *id);
    }
}

#[test]
fn a_message_is_acknowledged_and_arrives_as_it_came() {
    let receiver = Receiver::accepting();
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    let message = adt("ONE");
    let reply = sender.exchange(&message).unwrap();
    assert_eq!(field(&reply, "MSH", 9), "ACK^A01^ACK");
    assert_eq!(
        (field(&reply, "MSH", 3), field(&reply, "MSH", 5)),
        ("WEIR".to_owned(), "ADT".to_owned())
    );
    assert_ne!(control_id(&reply), "ONE");
    assert_eq!(receiver.wait_for(1), [message]);
    assert_eq!(engine.terminate(), 0);
    assert_eq!(receiver.stop().len(), 1, "delivered once");
}

#[test]
fn everything_accepted_before_a_kill_arrives_after_it_in_order() {
    // A port nobody listens on yet.
    let address = Receiver::accepting().address();
    let site = Site::forwarding(&[("ehr", address)]);
    let engine = site.start();
    let ids = ids("K", 50);
    send_all(&mut Sender::connect(engine.listener("in")), &ids);
    engine.kill();
    let receiver = Receiver::at(address, |_, _| Answer::Code("AA"));
    let engine = site.start();
    receiver.wait_for(50);
    assert_eq!(receiver.control_ids(), ids);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_batch_cut_by_a_kill_is_delivered_wholly_or_not_at_all() {
    const BATCHES: usize = 20;
    const MESSAGES: usize = 40;
    // A port nobody listens on yet: nothing is delivered before the kills, so nothing is repeated after them.
    let address = Receiver::accepting().address();
    let site = Site::new(&format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\" }}, batch: split }}\n\
         destinations:\n  ehr: {{ mllp: {{ address: \"{address}\" }} }}\n\
         routes:\n  all: {{ from: in, to: [ehr] }}\n"
    ));
    let batch_ids = |round: usize, batch: usize| ids(&format!("R{round}B{batch}M"), MESSAGES);
    let mut acknowledged = Vec::new();
    for round in 0..5 {
        let engine = site.start();
        let mut sender = Sender::connect(engine.listener("in"));
        for batch in 0..BATCHES {
            let messages: Vec<_> = batch_ids(round, batch).iter().map(|id| adt(id)).collect();
            sender.send(&messages.concat()).unwrap();
        }
        // Some are acknowledged when it is killed, some are on their way.
        for batch in 0..=round * 3 {
            let reply = sender.reply().expect("an answer");
            assert_eq!(field(&reply, "MSA", 1), "AA");
            acknowledged.push((round, batch));
        }
        engine.kill();
    }
    let receiver = Receiver::at(address, |_, _| Answer::Code("AA"));
    let engine = site.start();
    send_all(&mut Sender::connect(engine.listener("in")), &["END".to_owned()]);
    receiver.wait_until(|messages| {
        messages
            .last()
            .is_some_and(|last| field(last, "MSH", 10) == "END")
    });
    assert_eq!(engine.terminate(), 0);
    let arrived = receiver.control_ids();
    let whole: Vec<(usize, usize)> = (0..5)
        .flat_map(|round| (0..BATCHES).map(move |batch| (round, batch)))
        .filter(|&(round, batch)| arrived.contains(&batch_ids(round, batch)[0]))
        .collect();
    let mut expected: Vec<String> = whole
        .iter()
        .flat_map(|&(round, batch)| batch_ids(round, batch))
        .collect();
    expected.push("END".to_owned());
    assert_eq!(
        arrived, expected,
        "each batch whole and in order, or nothing of it"
    );
    assert!(
        acknowledged.iter().all(|batch| whole.contains(batch)),
        "what was acknowledged is there"
    );
}

#[test]
fn a_dead_destination_holds_only_its_own_queue() {
    let alive = Receiver::accepting();
    let dead = Receiver::accepting();
    let address = dead.address();
    let site = Site::forwarding(&[("alive", alive.address()), ("dead", address)]);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    send_all(&mut sender, &ids("A", 5));
    dead.wait_for(5);
    assert_eq!(dead.stop().len(), 5);

    send_all(&mut sender, &ids("B", 200));
    alive.wait_for(205);
    assert!(engine.metric(r#"weir_outbox_depth{destination="dead"}"#) >= 200.0);
    assert!(engine.metric(r#"weir_outbox_depth{destination="alive"}"#) <= 64.0);

    let back = Receiver::at(address, |_, _| Answer::Code("AA"));
    back.wait_for(200);
    assert_eq!(back.control_ids(), ids("B", 200));
    assert_eq!(engine.terminate(), 0);
    assert_eq!(alive.stop().len(), 205);
}

#[test]
fn pipelined_frames_are_acknowledged_and_delivered_in_order() {
    let receiver = Receiver::accepting();
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let engine = site.start();
    let ids = ids("P", 1000);
    let mut frames = Vec::new();
    for id in &ids {
        frames.extend([b"\x0B".as_slice(), &adt(id), b"\x1C\r"].concat());
    }
    let address = engine.listener("in");
    let mut sender = Sender::connect(address);
    sender.write(&frames).unwrap();
    for id in &ids {
        assert_eq!(field(&sender.reply().unwrap(), "MSA", 2), *id);
    }
    receiver.wait_for(1000);
    assert_eq!(receiver.control_ids(), ids);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_stop_finishes_what_was_read_and_a_restart_goes_on() {
    let receiver = Receiver::accepting();
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    for round in 0..3 {
        let engine = site.start();
        assert_eq!(engine.page("/health/live").0, 200);
        assert_eq!(engine.page("/health/ready"), (200, "ready\n".to_owned()));
        send_all(
            &mut Sender::connect(engine.listener("in")),
            &ids(&format!("R{round}-"), 20),
        );
        assert_eq!(engine.terminate(), 0);
    }
    let engine = site.start();
    receiver.wait_for(60);
    assert_eq!(engine.terminate(), 0);
    let expected: Vec<_> = (0..3).flat_map(|round| ids(&format!("R{round}-"), 20)).collect();
    assert_eq!(
        receiver.control_ids(),
        expected,
        "a graceful stop repeats nothing"
    );
}

#[test]
fn routes_filter_change_and_fail_and_the_account_balances() {
    let receiver = Receiver::accepting();
    let yaml = format!(
        r#"
listeners:
  in: {{ mllp: {{ bind: "127.0.0.1:0" }} }}
destinations:
  ehr: {{ mllp: {{ address: "{}" }} }}
  copies: {{ file: {{ folder: ../copies, name: "{{MSH-10}}.hl7" }} }}
tables:
  class: {{ I: IP, O: OP }}
routes:
  to-ehr:
    from: in
    messages: [ADT^A01]
    when: PV1-2 != "P"
    steps:
      - translate: {{ field: PV1-2, table: class, otherwise: fail }}
      - set: {{ MSH-5: EHR }}
      - copy: {{ PID-2: PID-3.1 }}
      - remove: [EVN]
    to: [ehr, copies]
"#,
        receiver.address()
    );
    let site = Site::new(&yaml);
    std::fs::create_dir(site.folder().join("copies")).unwrap();
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    let classed = |id: &str, class: &str| {
        String::from_utf8(adt(id))
            .unwrap()
            .replace("PV1|1|I|", &format!("PV1|1|{class}|"))
            .into_bytes()
    };
    for (id, class) in [("T1", "I"), ("T2", "P"), ("T3", "O"), ("T4", "X")] {
        assert_eq!(
            field(&sender.exchange(&classed(id, class)).unwrap(), "MSA", 1),
            "AA",
            "{id}"
        );
    }
    let other = String::from_utf8(adt("T5"))
        .unwrap()
        .replace("ADT^A01^ADT_A01", "ADT^A03^ADT_A03");
    assert_eq!(field(&sender.exchange(other.as_bytes()).unwrap(), "MSA", 1), "AA");

    let arrived = receiver.wait_for(2);
    assert_eq!(receiver.control_ids(), ["T1", "T3"]);
    assert_eq!(
        (field(&arrived[0], "PV1", 2), field(&arrived[1], "PV1", 2)),
        ("IP".to_owned(), "OP".to_owned())
    );
    assert_eq!(field(&arrived[0], "MSH", 5), "EHR");
    assert_eq!(field(&arrived[0], "PID", 2), "100234");
    assert!(!arrived[0].windows(4).any(|four| four == b"EVN|"));

    engine.wait_for_metric(r#"weir_messages_filtered_total{listener="in"}"#, 1.0);
    engine.wait_for_metric(r#"weir_messages_unrouted_total{listener="in"}"#, 1.0);
    engine.wait_for_metric(r#"weir_table_misses_total{route="to-ehr",table="class"}"#, 1.0);
    engine.wait_for_metric(r#"weir_outbox_dead_letters{destination="ehr"}"#, 1.0);
    engine.wait_for_metric(r#"weir_outbox_dead_letters{destination="copies"}"#, 1.0);
    assert_eq!(engine.terminate(), 0);
    let copy = std::fs::read(site.folder().join("copies/T1.hl7")).unwrap();
    assert_eq!(copy, arrived[0], "both destinations got the same");
}

#[test]
fn a_refused_delivery_follows_the_policy_and_the_next_goes_on() {
    // T1 is rejected for its type: dead at once. T2 is in error three times, then taken. T3 meets a receiver
    // that is down for a moment. T4 stays in error.
    let seen = std::sync::Mutex::new(std::collections::HashMap::<String, usize>::new());
    let receiver = Receiver::scripted(move |_, message| {
        let id = control_id(message);
        let mut seen = seen.lock().unwrap();
        let before = seen.entry(id.clone()).or_default();
        *before += 1;
        match (id.as_str(), *before) {
            ("T1", _) => Answer::CodeBecause("AR", 200),
            ("T2", 1..=3) | ("T4", _) => Answer::Code("AE"),
            ("T3", 1..=5) => Answer::CodeBecause("AR", 207),
            _ => Answer::Code("AA"),
        }
    });
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let engine = site.start();
    let ids: Vec<_> = ["T1", "T2", "T3", "T4", "T5"].map(str::to_owned).to_vec();
    send_all(&mut Sender::connect(engine.listener("in")), &ids);
    receiver.wait_until(|messages| messages.last().is_some_and(|last| control_id(last) == "T5"));
    let count = |id: &str| receiver.control_ids().iter().filter(|other| *other == id).count();
    assert_eq!(["T1", "T2", "T3", "T4", "T5"].map(count), [1, 4, 6, 4, 1]);
    engine.wait_for_metric(r#"weir_outbox_dead_letters{destination="ehr"}"#, 2.0);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn what_a_removed_destination_is_owed_waits_for_it() {
    let away = Receiver::scripted(|_, _| Answer::Away);
    let address = away.address();
    drop(away);
    let site = Site::forwarding(&[("ehr", address)]);
    let engine = site.start();
    send_all(&mut Sender::connect(engine.listener("in")), &ids("W", 3));
    assert_eq!(engine.terminate(), 0);

    let other = Receiver::accepting();
    let removed = Site::write(
        site.folder(),
        &Site::forwarding_yaml(&[("other", other.address())]),
    );
    let engine = removed.start();
    send_all(&mut Sender::connect(engine.listener("in")), &ids("V", 1));
    other.wait_for(1);
    assert_eq!(engine.terminate(), 0);
    let log = std::fs::read_to_string(site.folder().join("log")).unwrap();
    assert!(log.contains("not in the site any more"), "{log}");

    let back = Receiver::at(address, |_, _| Answer::Code("AA"));
    let again = Site::write(site.folder(), &Site::forwarding_yaml(&[("ehr", address)]));
    let engine = again.start();
    back.wait_for(3);
    assert_eq!(back.control_ids(), ids("W", 3));
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn every_metric_is_on_the_page_after_some_work() {
    let receiver = Receiver::scripted(|before, _| match before {
        0 => Answer::Code("AE"),
        _ => Answer::Code("AA"),
    });
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    sender.write(b"junk").unwrap();
    send_all(&mut sender, &ids("M", 2));
    assert_eq!(field(&sender.exchange(b"MSH|^~\\&|A\r").unwrap(), "MSA", 1), "AR");
    let odd = adt("ODD");
    assert_eq!(
        field(
            &sender.exchange(odd.strip_suffix(b"\r").unwrap()).unwrap(),
            "MSA",
            1
        ),
        "AA"
    );
    engine.wait_for_metric(r#"weir_deliveries_delivered_total{destination="ehr"}"#, 3.0);
    let (status, page) = engine.page("/metrics");
    assert_eq!(status, 200);
    for metric in weir::metrics::ALL {
        // What counts events that did not happen here has no series yet.
        let is_rare = [
            "weir_tls_handshakes_total",
            "weir_certificate_renewals_total",
            "weir_certificate_expires_in_seconds",
            "weir_sender_mismatches_total",
            "route_failures",
            "route_rejections",
            "route_filtered",
            "table_misses",
            "table_read",
            "refused_connections",
            "failures",
            "ambiguous",
            "alert_messages",
            "deliveries_repeated",
            "destination_deviations",
            "weir_replies",
            "weir_audit_",
            "weir_trace_spans",
        ]
        .iter()
        .any(|rare| metric.name.contains(rare));
        let is_there = page.contains(&format!("# TYPE {} ", metric.name));
        assert!(is_there || is_rare, "{} is missing", metric.name);
    }
    let labels_of_content = ["TESTPATIENT", "100234", "M00001"];
    assert!(
        labels_of_content.iter().all(|content| !page.contains(content)),
        "no content in metrics"
    );
    assert_eq!(engine.terminate(), 0);
}
