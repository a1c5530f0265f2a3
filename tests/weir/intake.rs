//! What a listener makes of messages that come again, and of messages there is no room for.

use crate::harness::{Answer, Receiver, Sender, Site, adt, field, weir};

fn site(receiver: &Receiver, listener: &str, outbox: &str) -> Site {
    let yaml = format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\" }}, {listener} }}\n\
         destinations:\n  ehr:\n    mllp: {{ address: \"{}\", terminators: preserve }}\n    \
         retry: {{ first: 10ms, longest: 50ms }}\n\
         routes:\n  all: {{ from: in, to: ehr }}\n",
        receiver.address()
    );
    let site = Site::new(&yaml);
    let path = site.folder().join("site/site.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(
        &path,
        text.replacen("engine:\n", &format!("engine:\n  {outbox}\n"), 1),
    )
    .unwrap();
    site
}

fn answer(sender: &mut Sender, message: &[u8]) -> (String, String) {
    let reply = sender.exchange(message).expect("a reply");
    (field(&reply, "MSA", 1), field(&reply, "MSA", 2))
}

#[test]
fn b55_b56_a_message_sent_again_is_acknowledged_and_delivered_once() {
    let receiver = Receiver::accepting();
    let site = site(&receiver, "duplicates: replay_acknowledgment", "outbox: {}");
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    let message = adt("SAME");
    let accepted = ("AA".to_owned(), "SAME".to_owned());
    assert_eq!(answer(&mut sender, &message), accepted);
    assert_eq!(answer(&mut sender, &message), accepted);
    engine.kill();
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    assert_eq!(
        answer(&mut sender, &message),
        accepted,
        "known after a crash, too"
    );
    engine.wait_for_metric(r#"weir_messages_repeated_total{listener="in"}"#, 1.0);
    let counts = site.status()["listeners"][0].clone();
    assert_eq!((&counts["received"], &counts["repeated"]), (&1.into(), &1.into()));
    let (_, shown, _) = weir(site.folder(), &["status", "site"], b"");
    let head = shown.lines().find(|line| line.starts_with("listener ")).unwrap();
    let row = shown.lines().find(|line| line.starts_with("in ")).unwrap();
    let column = |line: &str| line.split_whitespace().rev().nth(1).unwrap().to_owned();
    assert_eq!((column(head).as_str(), column(row).as_str()), ("repeated", "1"));
    // The same name, another message: delivered, and told.
    let other = String::from_utf8(message.clone())
        .unwrap()
        .replace("TESTPATIENT", "OTHERPATIENT");
    assert_eq!(answer(&mut sender, other.as_bytes()), accepted);
    engine.wait_for_metric(
        r#"weir_message_warnings_total{listener="in",kind="control_id_reused"}"#,
        1.0,
    );
    receiver.wait_until(|messages| messages.last().is_some_and(|last| *last == other.as_bytes()));
    assert_eq!(engine.terminate(), 0);
    // A crash may repeat the delivery, never the acceptance.
    let arrived = receiver.stop();
    assert!(arrived.len() <= 3, "{} arrived", arrived.len());
    assert!(arrived.contains(&message));
}

#[test]
fn b61_a_full_outbox_refuses_and_takes_again_by_itself() {
    let receiver = Receiver::scripted(|_, _| Answer::Away);
    let address = receiver.address();
    let site = site(&receiver, "on_unavailable: reject", "outbox: { entries_max: 20 }");
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    let mut accepted = Vec::new();
    let refused = loop {
        let id = format!("M{:03}", accepted.len());
        let reply = sender.exchange(&adt(&id)).unwrap();
        if field(&reply, "MSA", 1) != "AA" {
            break reply;
        }
        accepted.push(id);
        assert!(accepted.len() <= 20, "more than the outbox takes");
    };
    assert_eq!(field(&refused, "MSA", 1), "AR");
    assert!(field(&refused, "ERR", 3).starts_with("207"));
    engine.wait_for_metric("weir_outbox_full", 1.0);
    drop(receiver.stop());
    let receiver = Receiver::at(address, |_, _| Answer::Code("AA"));
    receiver.wait_for(accepted.len());
    engine.wait_for_metric("weir_outbox_full", 0.0);
    assert_eq!(answer(&mut sender, &adt("AFTER")).0, "AA");
    receiver.wait_for(accepted.len() + 1);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn how_a_refusal_for_want_of_room_looks_is_the_listeners_choice() {
    for (choice, expected) in [("error", Some("AE")), ("close", None)] {
        let receiver = Receiver::scripted(|_, _| Answer::Away);
        let site = site(
            &receiver,
            &format!("on_unavailable: {choice}"),
            "outbox: { entries_max: 1 }",
        );
        let engine = site.start();
        let mut sender = Sender::connect(engine.listener("in"));
        assert_eq!(answer(&mut sender, &adt("FIRST")).0, "AA");
        let reply = sender.exchange(&adt("SECOND"));
        assert_eq!(
            reply.map(|reply| field(&reply, "MSA", 1)).as_deref(),
            expected,
            "{choice}"
        );
        engine.wait_for_metric(r#"weir_messages_refused_total{listener="in"}"#, 1.0);
        assert_eq!(engine.terminate(), 0);
    }
}

#[test]
fn whoever_gets_no_answers_learns_from_the_connection_that_the_outbox_is_full() {
    let unasked = String::from_utf8(adt("UNASKED")).unwrap();
    let unasked = unasked.replace("|P|2.5.1\r", "|P|2.5.1|||NE|NE\r").into_bytes();
    for (mode, message) in [("none", adt("SECOND")), ("auto", unasked)] {
        let receiver = Receiver::scripted(|_, _| Answer::Away);
        let site = site(&receiver, "on_unavailable: reject", "outbox: { entries_max: 1 }");
        let path = site.folder().join("site/site.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        let asked = format!("mllp: {{ acknowledgment: {mode}, bind");
        std::fs::write(&path, text.replace("mllp: { bind", &asked)).unwrap();
        let engine = site.start();
        let mut sender = Sender::connect(engine.listener("in"));
        sender.send(&adt("FIRST")).unwrap();
        engine.wait_for_metric(r#"weir_outbox_depth{destination="ehr"}"#, 1.0);
        if mode == "auto" {
            let reply = sender.reply().expect("an answer to the first");
            assert_eq!(field(&reply, "MSA", 1), "AA");
        }
        sender.send(&message).unwrap();
        assert_eq!(sender.reply(), None, "{mode}");
        engine.wait_for_metric(r#"weir_messages_refused_total{listener="in"}"#, 1.0);
        assert_eq!(engine.terminate(), 0);
    }
}
