//! Certificates that are replaced while messages come in.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::harness::pki::Flaw;
use crate::harness::{PATIENCE, Receiver, SecureSender, Site, adt, control_id, field, wait_until};

use super::{pki, secure_console, secured};

/// How many senders send meanwhile.
const SENDERS: usize = 4;
/// How often the certificate is replaced.
const ROTATIONS: usize = 8;

#[test]
fn f33_rotation_under_load_drops_nothing() {
    let pki = pki();
    let receiver = Receiver::accepting();
    let (site, engine) = secured(&pki, &receiver, "");
    let address = engine.listener("in");
    let ends = AtomicBool::new(false);
    // The first of each is kept open through all rotations, the others are new all the time.
    let acknowledged: Vec<String> = std::thread::scope(|scope| {
        let send = |sender: usize| {
            let (pki, ends) = (&pki, &ends);
            move || {
                let mut kept = SecureSender::connect(pki, Some("lab.example"), address).unwrap();
                let mut acknowledged = Vec::new();
                while !ends.load(Ordering::SeqCst) {
                    let mut new = SecureSender::connect(pki, Some("lab.example"), address).unwrap();
                    for (which, connection) in [("K", &mut kept), ("N", &mut new)] {
                        let id = format!("{sender}{which}{}", acknowledged.len());
                        let reply = connection.exchange(&adt(&id)).unwrap();
                        assert_eq!(field(&reply, "MSA", 1), "AA");
                        acknowledged.push(id);
                    }
                }
                acknowledged
            }
        };
        let senders: Vec<_> = (0..SENDERS).map(|sender| scope.spawn(send(sender))).collect();
        for _ in 0..ROTATIONS {
            let before = SecureSender::connect(&pki, Some("lab.example"), address)
                .unwrap()
                .shown();
            pki.issue("weir", Flaw::None);
            let (status, out, err) = site.reload();
            assert_eq!(status, 0, "{out}{err}");
            let after = SecureSender::connect(&pki, Some("lab.example"), address)
                .unwrap()
                .shown();
            assert!(
                before != after,
                "a reload has been answered, and new connections see the new certificate"
            );
        }
        ends.store(true, Ordering::SeqCst);
        senders
            .into_iter()
            .flat_map(|sender| sender.join().unwrap())
            .collect()
    });
    let arrived = receiver.wait_for(acknowledged.len());
    let mut arrived: Vec<String> = arrived.iter().map(|message| control_id(message)).collect();
    let mut acknowledged = acknowledged;
    arrived.sort();
    acknowledged.sort();
    assert_eq!(arrived, acknowledged);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn changed_files_are_seen_without_a_reload_and_broken_ones_are_told_and_not_used() {
    let pki = pki();
    let receiver = Receiver::accepting();
    let (site, engine) = secured(&pki, &receiver, "");
    let address = engine.listener("in");
    let connect = || SecureSender::connect(&pki, Some("lab.example"), address);
    let mut kept = connect().unwrap();
    let before = kept.shown();
    let renewals = |outcome: &str| {
        format!(r#"weir_certificate_renewals_total{{kind="listener",name="in",outcome="{outcome}"}}"#)
    };

    pki.write("weir.pem", "half a file");
    engine.wait_for_metric(&renewals("refused"), 1.0);
    assert!(connect().unwrap().shown() == before);
    let (status, out, err) = site.reload();
    assert_eq!(status, 1, "{out}{err}");
    assert!((out + err.as_str()).contains("bad-certificate"));

    pki.issue("weir", Flaw::None);
    let deadline = Instant::now() + PATIENCE;
    while connect().unwrap().shown() == before {
        assert!(Instant::now() < deadline, "the new certificate is not shown");
    }

    assert_eq!(field(&kept.exchange(&adt("ONE")).unwrap(), "MSA", 1), "AA");
    // The laboratory's certificate is revoked: its next connection fails, and the one that is open is cut.
    pki.revoke("lab.example");
    let refused = r#"weir_tls_handshakes_total{kind="listener",name="in",outcome="certificate_revoked"}"#;
    let deadline = Instant::now() + PATIENCE;
    while engine.metric(refused) < 1.0 {
        // Until the list is read it is taken, and cut then.
        drop(connect().and_then(|mut sender| sender.exchange(&adt("TWO"))));
        assert!(Instant::now() < deadline, "a revoked certificate is still taken");
    }
    kept.wait_for_end();
    assert!(site.log().contains("those before stay in use"));
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_connection_whose_certificate_is_revoked_is_cut_when_the_list_is_read() {
    let pki = pki();
    pki.issue("pas.example", Flaw::None);
    let receiver = Receiver::accepting();
    let (site, engine) = secured(&pki, &receiver, "");
    let connect = |name| SecureSender::connect(&pki, Some(name), engine.listener("in")).unwrap();
    let (mut lab, mut pas) = (connect("lab.example"), connect("pas.example"));
    for (sender, id) in [(&mut lab, "L1"), (&mut pas, "P1")] {
        assert_eq!(field(&sender.exchange(&adt(id)).unwrap(), "MSA", 1), "AA");
    }
    // Nobody reloads: the list is looked at every second.
    pki.revoke("lab.example");
    lab.wait_for_end();
    let reply = pas.exchange(&adt("P2")).unwrap();
    assert_eq!(field(&reply, "MSA", 1), "AA", "the other is as trusted as before");
    let told = || site.ask("GET", "/api/v1/audit?what=node.refused").1;
    wait_until(|| told().as_array().unwrap().len() == 1);
    assert_eq!(told()[0]["detail"], "certificate_not_trusted_any_more");
    receiver.wait_for(3);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn whoever_looks_at_the_console_is_cut_off_when_their_certificate_is_revoked() {
    let pki = pki();
    pki.issue("pas.example", Flaw::None);
    let receiver = Receiver::accepting();
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    secure_console(&site, &pki);
    let engine = site.start();
    let connect = |name| SecureSender::connect(&pki, Some(name), engine.console()).unwrap();
    let mut lab = connect("lab.example");
    // Open still when the list is read, and no reason to end it.
    let pas = connect("pas.example");
    pki.revoke("lab.example");
    lab.wait_for_end();
    let get = "GET /health/ready HTTP/1.1\r\nhost: weir\r\nconnection: close\r\n\r\n";
    let answer = pas.ask(get.as_bytes()).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    // Not as one that sent nothing for long.
    let told = || site.ask("GET", "/api/v1/audit?what=node.refused").1;
    wait_until(|| told().as_array().unwrap().len() == 1);
    assert_eq!(told()[0]["detail"], "certificate_not_trusted_any_more");
    assert_eq!(engine.terminate(), 0);
}
