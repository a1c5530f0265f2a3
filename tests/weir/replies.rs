//! Synchronous routes: the sender gets the destination's own answer, or hears what became of its message.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::mpsc::{self, Sender as Gate};

use crate::harness::{Answer, Receiver, Sender, Site, field};

/// A query by parameter, and what is found.
const QUERY: &[u8] = b"MSH|^~\\&|ADT|GENERAL|MPI|HUB|20260301080509+0000||QBP^Q22^QBP_Q21|Q-1|P|2.5\r\
    QPD|IHE PDQ Query|T-1|@PID.5.1^TESTPATIENT\rRCP|I\r";
const FOUND: &str = "MSH|^~\\&|MPI|HUB|ADT|GENERAL|20260301080510||RSP^K22^RSP_K21|R-1|P|2.5\r\
    MSA|AA|{id}\rQAK|T-1|OK\rQPD|IHE PDQ Query|T-1|@PID.5.1^TESTPATIENT\r\
    PID|1||100234^^^GENERAL^MR||TESTPATIENT^ANNA\r";

/// One listener, one destination, and a route that waits for its answer; `{}` in none of them.
fn site(mpi: SocketAddr, mllp: &str, route: &str) -> Site {
    Site::new(&format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\", {mllp} }} }}\n\
         destinations:\n  mpi:\n    mllp: {{ address: \"{mpi}\", terminators: preserve }}\n    \
         retry: {{ first: 10ms, longest: 50ms }}\n    \
         on_nak: {{ AE: dead_letter, AR: dead_letter }}\n\
         routes:\n  ask: {{ from: in, to: mpi, reply: from mpi, {route} }}\n"
    ))
}

/// The query with another control id, MSH-15 and MSH-16.
fn query(control_id: &str, accept: &str, application: &str) -> Vec<u8> {
    let query = String::from_utf8(QUERY.to_vec()).unwrap();
    let query = query.replace("|P|2.5\r", &format!("|P|2.5|||{accept}|{application}\r"));
    query.replace("Q-1", control_id).into_bytes()
}

/// A receiver that answers a query each time it is told to.
fn gated() -> (Receiver, Gate<()>) {
    let (gate, opened) = mpsc::channel();
    let opened = Mutex::new(opened);
    let receiver = Receiver::scripted(move |_, _| {
        // Open for good when the test has ended.
        opened.lock().unwrap().recv().unwrap_or_default();
        Answer::Text(FOUND)
    });
    (receiver, gate)
}

/// The next reply: its type and the control id that it names.
fn named(sender: &mut Sender) -> String {
    let reply = sender.reply().expect("a reply");
    format!("{} {}", &field(&reply, "MSH", 9)[..3], field(&reply, "MSA", 2))
}

fn metric(of: &str, outcome: &str) -> String {
    match of {
        "replies" => format!("weir_replies_total{{listener=\"in\",outcome=\"{outcome}\"}}"),
        of => format!("weir_deliveries_{of}_total{{destination=\"mpi\"}}"),
    }
}

#[test]
fn the_answer_of_the_destination_goes_back_as_it_came() {
    let mpi = Receiver::scripted(|_, _| Answer::Text(FOUND));
    let site = site(mpi.address(), "", "");
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for _ in 0..3 {
        let reply = sender.exchange(QUERY).unwrap();
        assert_eq!(String::from_utf8(reply).unwrap(), FOUND.replace("{id}", "Q-1"));
    }
    engine.wait_for_metric(&metric("delivered", ""), 3.0);
    engine.wait_for_metric(&metric("replies", "passed_on"), 3.0);
    assert_eq!(engine.terminate(), 0);
    assert_eq!(mpi.stop(), [QUERY; 3]);
}

#[test]
fn the_sender_finds_its_own_control_id_in_the_answer() {
    let mpi = Receiver::scripted(|_, _| Answer::Text(FOUND));
    let site = site(mpi.address(), "", "steps: [ { set: { MSH-10: \"X{MSH-10}\" } } ]");
    let engine = site.start();
    let reply = Sender::connect(engine.listener("in")).exchange(QUERY).unwrap();
    assert_eq!(String::from_utf8(reply).unwrap(), FOUND.replace("{id}", "Q-1"));
    assert_eq!(engine.terminate(), 0);
    assert_eq!(mpi.control_ids(), ["XQ-1"]);
}

#[test]
fn a_refusal_of_the_destination_goes_back() {
    let mpi = Receiver::scripted(|_, _| Answer::CodeBecause("AE", 204));
    let site = site(mpi.address(), "", "");
    let engine = site.start();
    let reply = Sender::connect(engine.listener("in")).exchange(QUERY).unwrap();
    assert_eq!(
        (
            field(&reply, "MSH", 3),
            field(&reply, "MSA", 1),
            field(&reply, "ERR", 3)
        ),
        ("RECEIVER".to_owned(), "AE".to_owned(), "204^x^HL70357".to_owned())
    );
    engine.wait_for_metric(&metric("dead_lettered", ""), 1.0);
    engine.wait_for_metric(&metric("replies", "passed_on"), 1.0);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn who_waits_too_long_is_told_that_the_message_is_kept() {
    // Nobody is there until the sender has heard so.
    let away = Receiver::scripted(|_, _| Answer::Away);
    let address = away.address();
    let site = site(address, "", "reply_timeout: 50ms");
    let engine = site.start();
    let reply = Sender::connect(engine.listener("in")).exchange(QUERY).unwrap();
    assert_eq!(
        (field(&reply, "MSA", 1), field(&reply, "MSA", 2)),
        ("AE".into(), "Q-1".into())
    );
    assert!(field(&reply, "ERR", 3).starts_with("207^"));
    assert_eq!(
        field(&reply, "ERR", 8),
        "no answer yet: the message is kept and will be delivered"
    );
    engine.wait_for_metric(&metric("replies", "late"), 1.0);
    drop(away.stop());
    let mpi = Receiver::at(address, |_, _| Answer::Text(FOUND));
    mpi.wait_for(1);
    engine.wait_for_metric(&metric("delivered", ""), 1.0);
    assert!(
        engine
            .metric("weir_messages_refused_total{listener=\"in\"}")
            .abs()
            < f64::EPSILON
    );
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn who_waits_for_a_dead_letter_is_told_so() {
    let mpi = Receiver::accepting();
    let site = site(mpi.address(), "", "steps: [ { fail: not today } ]");
    let engine = site.start();
    let reply = Sender::connect(engine.listener("in")).exchange(QUERY).unwrap();
    assert_eq!(field(&reply, "MSA", 1), "AE");
    assert_eq!(
        field(&reply, "ERR", 8),
        "not delivered: the message is kept among the dead letters"
    );
    engine.wait_for_metric(&metric("replies", "dead_letter"), 1.0);
    assert_eq!(engine.terminate(), 0);
    assert_eq!(mpi.stop().len(), 0);
}

#[test]
fn in_enhanced_mode_the_answer_takes_the_place_of_the_application_acknowledgment() {
    let mpi = Receiver::scripted(|_, _| Answer::Text(FOUND));
    let site = site(mpi.address(), "acknowledgment: auto", "");
    let engine = site.start();
    // MSH-15, MSH-16, and what comes back before the answer to the next message.
    for (accept, application, expected) in [
        ("", "", "RSP"),
        ("AL", "AL", "ACK RSP"),
        ("NE", "AL", "RSP"),
        ("AL", "NE", "ACK"),
        ("NE", "NE", ""),
        ("NE", "ER", ""),
        ("ER", "SU", "RSP"),
    ] {
        let mut sender = Sender::connect(engine.listener("in"));
        sender.send(&query("Q-1", accept, application)).unwrap();
        sender.send(&query("END", "AL", "AL")).unwrap();
        let mut types = Vec::new();
        loop {
            match named(&mut sender).as_str() {
                // The next one's commit does not wait for this one's answer.
                "ACK END" => {}
                "RSP END" => break,
                of_first => types.push(of_first[..3].to_owned()),
            }
        }
        assert_eq!(types.join(" "), expected, "{accept} {application}");
    }
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn that_a_message_is_stored_is_told_before_its_destination_answers() {
    let (mpi, gate) = gated();
    let site = site(mpi.address(), "acknowledgment: auto", "");
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for id in ["Q-1", "Q-2"] {
        sender.send(&query(id, "AL", "AL")).unwrap();
        assert_eq!(named(&mut sender), format!("ACK {id}"));
    }
    for id in ["Q-1", "Q-2"] {
        gate.send(()).unwrap();
        assert_eq!(named(&mut sender), format!("RSP {id}"));
    }
    assert_eq!(engine.terminate(), 0);
    assert_eq!(mpi.control_ids(), ["Q-1", "Q-2"]);
}

#[test]
fn in_release_2_blocks_are_committed_before_the_destination_answers() {
    const STORED: &[u8] = &[0x06];
    let (mpi, gate) = gated();
    let site = site(mpi.address(), "acknowledgment: auto, release: 2", "");
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for id in ["Q-1", "Q-2"] {
        assert_eq!(sender.exchange(&query(id, "AL", "AL")).unwrap(), STORED);
        assert_eq!(named(&mut sender), format!("ACK {id}"));
        sender.send(STORED).unwrap();
    }
    for id in ["Q-1", "Q-2"] {
        gate.send(()).unwrap();
        assert_eq!(named(&mut sender), format!("RSP {id}"));
        sender.send(STORED).unwrap();
    }
    // In original mode too, where nothing else is said until then.
    assert_eq!(sender.exchange(&query("Q-3", "", "")).unwrap(), STORED);
    gate.send(()).unwrap();
    assert_eq!(named(&mut sender), "RSP Q-3");
    sender.send(STORED).unwrap();
    assert_eq!(engine.terminate(), 0);
    assert_eq!(mpi.control_ids(), ["Q-1", "Q-2", "Q-3"]);
}

#[test]
fn a_crash_while_somebody_waits_loses_the_reply_and_not_the_message() {
    let mpi = Receiver::scripted(|before, _| match before {
        0 => Answer::Silence,
        _ => Answer::Text(FOUND),
    });
    let site = site(mpi.address(), "", "");
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    sender.send(QUERY).unwrap();
    mpi.wait_for(1);
    engine.kill();
    assert_eq!(sender.reply(), None);
    let engine = site.start();
    engine.wait_for_metric(&metric("delivered", ""), 1.0);
    // Nobody waits for that any more, and the next one gets its own.
    let next = String::from_utf8(QUERY.to_vec()).unwrap().replace("Q-1", "Q-2");
    let reply = Sender::connect(engine.listener("in"))
        .exchange(next.as_bytes())
        .unwrap();
    assert_eq!(field(&reply, "MSA", 2), "Q-2");
    assert_eq!(engine.terminate(), 0);
    assert_eq!(mpi.control_ids(), ["Q-1", "Q-1", "Q-2"]);
}

#[test]
fn who_waits_for_a_destination_that_is_taken_out_is_told_at_once_that_nothing_is_delivered() {
    let away = Receiver::scripted(|_, _| Answer::Away);
    let yaml = |destinations: &str, route: &str| {
        format!(
            "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\" }} }}\n\
             destinations:\n  copies: {{ file: {{ folder: ., name: \"{{MSH-10}}.hl7\" }} }}\n{destinations}\
             routes:\n  ask: {{ from: in, {route} }}\n"
        )
    };
    let mpi = format!(
        "  mpi: {{ mllp: {{ address: \"{}\" }}, on_remove: purge }}\n",
        away.address()
    );
    let site = Site::new(&yaml(&mpi, "to: mpi, reply: from mpi, reply_timeout: 10m"));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    sender.send(QUERY).unwrap();
    engine.wait_for_metric(r#"weir_outbox_depth{destination="mpi"}"#, 1.0);
    site.change(&yaml("", "to: copies"));
    let reply = sender.reply().expect("a reply");
    assert_eq!(field(&reply, "MSA", 1), "AE");
    assert!(field(&reply, "ERR", 3).starts_with("207^"));
    assert_eq!(
        field(&reply, "ERR", 8),
        "not delivered: its destination was taken out of the site"
    );
    engine.wait_for_metric(&metric("replies", "purged"), 1.0);
    engine.wait_for_metric(&metric("purged", ""), 1.0);
    assert_eq!(engine.terminate(), 0);
}
