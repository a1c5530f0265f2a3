//! Listeners that come, change and go.

use std::net::{SocketAddr, TcpListener, TcpStream};

use crate::harness::{Receiver, Sender, Site, adt, control_id, field};

use super::{IN, accepted, mllp, yaml};

fn site_of(listeners: &[&str], receiver: &Receiver) -> String {
    let names: Vec<_> = listeners
        .iter()
        .map(|entry| entry.split(':').next().unwrap())
        .collect();
    let route = format!("all: {{ from: [{}], to: ehr }}", names.join(", "));
    yaml(listeners, &[&mllp("ehr", receiver.address(), "")], &[&route])
}

#[test]
fn one_more_listener_disturbs_nobody() {
    let receiver = Receiver::accepting();
    let site = Site::new(&site_of(&[IN], &receiver));
    let engine = site.start();
    let mut first = Sender::connect(engine.listener("in"));
    accepted(&mut first, "A1");
    let two = site_of(&[IN, "other: { mllp: { bind: \"127.0.0.1:0\" } }"], &receiver);
    assert!(site.change(&two).contains("other"));
    let mut second = Sender::connect(site.listener("other"));
    accepted(&mut second, "A2");
    accepted(&mut first, "A3");
    receiver.wait_for(3);
    assert_eq!(receiver.control_ids(), ["A1", "A2", "A3"]);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_listener_that_is_gone_answers_what_it_has_read() {
    let receiver = Receiver::accepting();
    let both = [IN, "other: { mllp: { bind: \"127.0.0.1:0\" } }"];
    let site = Site::new(&site_of(&both, &receiver));
    let engine = site.start();
    let gone = engine.listener("other");
    let mut leaving = Sender::connect(gone);
    let mut staying = Sender::connect(engine.listener("in"));
    accepted(&mut leaving, "G0");
    accepted(&mut staying, "G1");
    // More than is answered before the reload begins, as a rule.
    let pipelined: Vec<u8> = (0..200)
        .flat_map(|number| [b"\x0B", adt(&format!("P{number}")).as_slice(), b"\x1C\r"].concat())
        .collect();
    leaving.write(&pipelined).unwrap();
    site.change(&site_of(&[IN], &receiver));
    let mut answered = vec!["G0".to_owned(), "G1".to_owned()];
    while let Some(reply) = leaving.reply() {
        assert_eq!(field(&reply, "MSA", 1), "AA");
        answered.push(field(&reply, "MSA", 2));
    }
    assert!(TcpStream::connect(gone).is_err(), "nobody listens there any more");
    accepted(&mut staying, "G2");
    answered.push("G2".to_owned());
    // No more and no less than what was answered.
    receiver.wait_until(|messages| messages.last().is_some_and(|last| control_id(last) == "G2"));
    assert_eq!(receiver.control_ids(), answered);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn another_address_is_bound_before_the_old_one_is_left() {
    let receiver = Receiver::accepting();
    let site = Site::new(&site_of(&[IN], &receiver));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    accepted(&mut sender, "B1");
    let moved = site_of(&["in: { mllp: { bind: \"127.0.0.2:0\" } }"], &receiver);
    assert!(site.change(&moved).contains("changed"));
    assert_eq!(sender.reply(), None, "the old connection is closed");
    assert!(TcpStream::connect(engine.listener("in")).is_err());
    let now = site.listener("in");
    assert_eq!(now.ip().to_string(), "127.0.0.2");
    accepted(&mut Sender::connect(now), "B2");
    receiver.wait_for(2);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn other_settings_keep_the_socket() {
    let receiver = Receiver::accepting();
    let site = Site::new(&site_of(&[IN], &receiver));
    let engine = site.start();
    let address = engine.listener("in");
    let mut sender = Sender::connect(address);
    accepted(&mut sender, "S1");
    let narrow = site_of(
        &["in: { mllp: { bind: \"127.0.0.1:0\", frame_bytes_max: 64B } }"],
        &receiver,
    );
    site.change(&narrow);
    assert_eq!(site.listener("in"), address);
    assert_eq!(
        sender.reply(),
        None,
        "the connection with the old settings is closed"
    );
    let refused = Sender::connect(address).exchange(&adt("S2")).unwrap();
    assert_eq!(field(&refused, "MSA", 1), "AR");
    engine.wait_for_metric(r#"weir_listener_connections{listener="in"}"#, 0.0);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn what_concerns_messages_alone_keeps_the_connections() {
    let receiver = Receiver::accepting();
    let site = Site::new(&site_of(&[IN], &receiver));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    accepted(&mut sender, "C1");
    let strict = "in: { mllp: { bind: \"127.0.0.1:0\" }, permit: { messages: ORU } }";
    site.change(&site_of(&[strict], &receiver));
    assert_eq!(field(&sender.exchange(&adt("C2")).unwrap(), "MSA", 1), "AR");
    site.change(&site_of(&[IN], &receiver));
    accepted(&mut sender, "C3");
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_listener_with_another_name_takes_over_the_port_of_the_old_one() {
    let receiver = Receiver::accepting();
    let free: SocketAddr = TcpListener::bind("127.0.0.3:0").unwrap().local_addr().unwrap();
    let at = |name: &str| format!("{name}: {{ mllp: {{ bind: \"{free}\" }} }}");
    let site = Site::new(&site_of(&[&at("old")], &receiver));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("old"));
    accepted(&mut sender, "N1");
    site.change(&site_of(&[&at("new")], &receiver));
    assert_eq!(sender.reply(), None);
    accepted(&mut Sender::connect(free), "N2");
    engine.wait_for_metric(r#"weir_messages_accepted_total{listener="new"}"#, 1.0);
    assert_eq!(engine.terminate(), 0);
}
