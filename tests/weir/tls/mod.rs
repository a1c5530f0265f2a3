//! TLS as senders, receivers and whoever runs weir see it, by the real program on real sockets.

mod foreign;
mod nodes;
mod rotation;
mod standing;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::harness::pki::{Flaw, Pki};
use crate::harness::{
    Engine, PATIENCE, Receiver, Running, SecureSender, Sender, Site, adt, field, wait_until, weir,
};

/// An authority, and certificates of weir and a laboratory.
fn pki() -> Pki {
    let pki = Pki::new();
    pki.issue("weir", Flaw::None);
    pki.issue("lab.example", Flaw::None);
    pki
}

/// The settings of a listener that asks for certificates.
fn asking(pki: &Pki) -> String {
    format!(
        "tls: {{ certificate: \"{0}/weir.pem\", key: {{ file: \"{0}/weir.key\" }}, \
         clients: {{ trusted: \"{0}/ca.pem\", revoked: \"{0}/ca.crl\" }} }}",
        pki.folder().display()
    )
}

/// The settings of a destination that shows weir's certificate.
fn showing(pki: &Pki) -> String {
    format!(
        "tls: {{ trusted: \"{0}/ca.pem\", certificate: \"{0}/weir.pem\", key: {{ file: \"{0}/weir.key\" }} }}",
        pki.folder().display()
    )
}

/// One listener of this kind and keys, and one destination to which all goes.
fn site(listener: &str, destination: &str) -> Site {
    Site::new(&format!(
        "listeners:\n  in:\n    {listener}\n\
         destinations:\n  ehr: {{ {destination}, retry: {{ first: 10ms, longest: 100ms }} }}\n\
         routes:\n  all: {{ from: in, to: ehr }}\n"
    ))
}

/// The same with an MLLP listener that asks for certificates and a plain receiver.
fn secured(pki: &Pki, receiver: &Receiver, more: &str) -> (Site, Engine) {
    let tls = asking(pki);
    let listener = format!("mllp: {{ bind: \"127.0.0.1:0\", {tls} }}\n{more}");
    let destination = format!(
        "mllp: {{ address: \"{}\", terminators: preserve }}",
        receiver.address()
    );
    let site = site(&listener, &destination);
    let engine = site.start();
    (site, engine)
}

/// Has the console of a site ask for certificates too.
fn secure_console(site: &Site, pki: &Pki) {
    let file = site.folder().join("site/site.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let plain = "console: { bind: \"127.0.0.1:0\" }";
    assert!(text.contains(plain), "{text}");
    let console = format!("console: {{ bind: \"127.0.0.1:0\", {} }}", asking(pki));
    std::fs::write(&file, text.replace(plain, &console)).unwrap();
}

#[test]
fn a_message_travels_by_mutual_tls_from_door_to_door() {
    let pki = pki();
    pki.issue("ehr.example", Flaw::None);
    let folder = pki.folder();
    let mut arguments = vec!["listen", "--port", "0", "--count", "2"];
    arguments.extend([
        "--certificate",
        "ehr.example.pem",
        "--key",
        "ehr.example.key",
        "--trusted",
        "ca.pem",
    ]);
    let receiver = Running::start(folder, &arguments);
    let listening = receiver.line_beginning("listening on ").unwrap();
    let address: SocketAddr = listening.split([' ', ',']).nth(2).unwrap().parse().unwrap();
    let listener = format!("mllp: {{ bind: \"127.0.0.1:0\", {} }}", asking(&pki));
    let to = format!(
        "mllp: {{ address: \"localhost:{}\", {} }}",
        address.port(),
        showing(&pki)
    );
    let site = site(&listener, &to);
    let engine = site.start();

    let there = engine.listener("in").to_string();
    let send = |more: &[&str]| {
        let arguments = [&["send", "-", "--to", &there], more].concat();
        weir(folder, &arguments, &adt("ONE"))
    };
    let shows = ["--certificate", "lab.example.pem", "--key", "lab.example.key"];
    let (status, out, err) = send(&[["--trusted", "ca.pem"].as_slice(), &shows].concat());
    assert_eq!(
        (status, out.lines().last()),
        (0, Some("1 sent, 1 accepted, 0 not accepted")),
        "{out}{err}"
    );
    let (status, out, err) = send(&["--trusted", "ca.pem"]);
    assert_eq!(status, 2, "{out}{err}");
    assert!(err.contains("CertificateRequired"), "{err}");
    let (status, _, err) = send(
        &[
            ["--server-name", "other.example", "--trusted", "ca.pem"].as_slice(),
            &shows,
        ]
        .concat(),
    );
    assert_eq!(status, 2, "{err}");
    assert!(err.contains("not valid for name"), "{err}");
    let (status, _, err) = send(&[]);
    assert_eq!(status, 2, "{err}");

    for (outcome, count) in [
        ("agreed_1.3", 1.0),
        ("no_certificate", 1.0),
        ("refused_by_peer", 1.0),
        ("no_tls", 1.0),
    ] {
        let series = format!(r#"weir_tls_handshakes_total{{kind="listener",name="in",outcome="{outcome}"}}"#);
        engine.wait_for_metric(&series, count);
    }
    engine.wait_for_metric(r#"weir_deliveries_delivered_total{destination="ehr"}"#, 1.0);
    let left = engine.metric(r#"weir_certificate_expires_in_seconds{kind="listener",name="in"}"#);
    assert!(left > 365.0 * 86_400.0, "{left}");
    let again = [["--trusted", "ca.pem"].as_slice(), &shows].concat();
    assert_eq!(send(&again).0, 0);
    let (status, out, err) = receiver.end();
    assert_eq!(status, 0, "{err}");
    assert!(out.contains("ADT^A01"), "{out}");
    // Both came over one connection.
    let connections = engine.metric(r#"weir_destination_connections_total{destination="ehr"}"#);
    assert!((connections - 1.0).abs() < f64::EPSILON, "{connections}");
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn b59_a_certificate_sends_only_as_whom_it_may() {
    let pki = pki();
    pki.issue("pas.example", Flaw::None);
    pki.issue("stranger.example", Flaw::None);
    let receiver = Receiver::accepting();
    let senders = "    senders:\n      lab.example: { application: LAB, facility: [GENERAL, NORTH] }\n      \
                   'O=Test,CN=pas.example': { facility: GENERAL }\n    batch: split\n    batch_ack: each\n";
    let (site, engine) = secured(&pki, &receiver, senders);
    let message = |application: &str, facility: &str, id: &str| {
        let text = String::from_utf8(adt(id)).unwrap();
        text.replace("|ADT|GENERAL|", &format!("|{application}|{facility}|"))
            .into_bytes()
    };
    let answer = |shows: &str, message: &[u8]| {
        let mut sender = SecureSender::connect(&pki, Some(shows), engine.listener("in")).unwrap();
        let reply = sender.exchange(message).unwrap();
        (
            field(&reply, "MSA", 1),
            field(&reply, "ERR", 2),
            field(&reply, "ERR", 3),
        )
    };
    let accepted = (String::from("AA"), String::new(), String::new());
    let refused = |place: &str| {
        let code = "207^Application internal error^HL70357".to_owned();
        ("AR".to_owned(), place.to_owned(), code)
    };
    for (shows, application, facility, expected) in [
        ("lab.example", "LAB", "GENERAL", accepted.clone()),
        ("lab.example", "LAB^1.2.3^ISO", "NORTH", accepted.clone()),
        ("lab.example", "LAB", "SOUTH", refused("MSH^1^4")),
        ("lab.example", "ADT", "GENERAL", refused("MSH^1^3")),
        ("lab.example", "", "", refused("MSH^1^3")),
        ("pas.example", "ANYTHING", "GENERAL", accepted.clone()),
        ("pas.example", "ANYTHING", "CANARY", refused("MSH^1^4")),
        ("stranger.example", "LAB", "GENERAL", refused("MSH^1^3")),
    ] {
        let found = answer(shows, &message(application, facility, "ONE"));
        assert_eq!(found, expected, "{shows} as {application} at {facility}");
    }
    // No message of a batch passes beside the others.
    let batch = [message("LAB", "NORTH", "TWO"), message("ADT", "NORTH", "THREE")].concat();
    let mut sender = SecureSender::connect(&pki, Some("lab.example"), engine.listener("in")).unwrap();
    sender.exchange(&batch).unwrap();
    receiver.wait_for(3);
    engine.wait_for_metric(r#"weir_sender_mismatches_total{listener="in"}"#, 6.0);
    refused_senders_are_in_the_audit_log(&site);
    assert_eq!(engine.terminate(), 0);
    assert_eq!(receiver.stop().len(), 3);
    let log = site.log();
    assert!(
        log.contains("refused: a certificate is not that of the sender named") && !log.contains("CANARY"),
        "{log}"
    );
}

/// Each of them is there, by the certificate and never by the names of the message.
fn refused_senders_are_in_the_audit_log(site: &Site) {
    let records = || {
        let (_, records) = site.ask("GET", "/api/v1/audit?what=sender.refused");
        records.as_array().unwrap().clone()
    };
    wait_until(|| records().len() == 6);
    let mut told: Vec<_> = records()
        .iter()
        .map(|record| record["who"].as_str().unwrap().to_owned())
        .collect();
    told.sort();
    let lab = "certificate:lab.example";
    assert_eq!(
        told,
        [
            lab,
            lab,
            lab,
            lab,
            "certificate:pas.example",
            "certificate:stranger.example"
        ]
    );
    for record in records() {
        assert_eq!(
            (&record["from"], &record["object"]),
            (&"127.0.0.1".into(), &"listeners/in".into())
        );
        assert_eq!(record["outcome"], "refused");
        assert!(!record.to_string().contains("CANARY"), "{record}");
    }
}

#[test]
fn a_flood_without_certificates_is_counted_and_does_not_fill_the_audit_log() {
    let (pki, receiver) = (pki(), Receiver::accepting());
    let (site, engine) = secured(&pki, &receiver, "");
    for _ in 0..50 {
        let refused = SecureSender::connect(&pki, None, engine.listener("in"))
            .and_then(|mut sender| sender.exchange(b"x"));
        assert!(refused.is_err());
    }
    engine.wait_for_metric(r#"weir_audit_unwritten_total{what="node.refused"}"#, 20.0);
    let records = || site.ask("GET", "/api/v1/audit?what=node.refused").1;
    wait_until(|| records().as_array().unwrap().len() >= 30);
    assert_eq!(records().as_array().unwrap().len(), 30);
    for record in records().as_array().unwrap() {
        assert_eq!(
            (&record["who"], &record["from"]),
            (&"nobody".into(), &"127.0.0.1".into())
        );
        assert_eq!(
            (&record["object"], &record["detail"]),
            (&"listeners/in".into(), &"no_certificate".into())
        );
    }
    assert_eq!(engine.terminate(), 0);
}

/// What the audit log says of a destination that cannot be reached with these settings of TLS.
fn distrust_noted(pki: &Pki, receiver: &Engine, scheme: &str, tls: &str) -> String {
    let port = receiver.listener(scheme).port();
    let to = match scheme {
        "http" => format!("http: {{ url: \"https://localhost:{port}/\""),
        _ => format!("mllp: {{ address: \"localhost:{port}\""),
    };
    let trusted = format!("trusted: \"{}/ca.pem\"", pki.folder().display());
    let to = format!("{to}, tls: {{ {trusted}, {tls} }} }}");
    let site = site("mllp: { bind: \"127.0.0.1:0\" }", &to);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    assert_eq!(field(&sender.exchange(&adt("ONE")).unwrap(), "MSA", 1), "AA");
    let tried = r#"weir_delivery_attempts_total{destination="ehr",outcome="unreachable"}"#;
    let records = || site.ask("GET", "/api/v1/audit?what=node.refused").1;
    wait_until(|| engine.metric(tried) >= 3.0 && !records().as_array().unwrap().is_empty());
    // Once, however often it is tried.
    let records = records();
    let [record] = records.as_array().unwrap().as_slice() else {
        panic!("{records}")
    };
    assert_eq!(
        (&record["who"], &record["outcome"]),
        (&"weir".into(), &"refused".into())
    );
    assert_eq!(record["object"], "destinations/ehr");
    assert_eq!(engine.terminate(), 0);
    record["detail"].as_str().unwrap().to_owned()
}

#[test]
fn a_receiver_without_trust_is_in_the_audit_log() {
    let pki = pki();
    pki.issue("localhost", Flaw::None);
    let tls = asking(&pki).replace("weir.", "localhost.");
    let receiving = Site::new(&format!(
        "listeners:\n  mllp: {{ mllp: {{ bind: \"127.0.0.1:0\", {tls} }} }}\n  \
         http: {{ http: {{ bind: \"127.0.0.1:0\", {tls} }} }}\n"
    ));
    let receiver = receiving.start();
    for scheme in ["mllp", "http"] {
        let detail = distrust_noted(&pki, &receiver, scheme, "server_name: ehr.example");
        assert!(detail.contains("not valid for name"), "{scheme}: {detail}");
        let detail = distrust_noted(&pki, &receiver, scheme, "");
        assert!(
            detail.contains("does not take weir's certificate"),
            "{scheme}: {detail}"
        );
    }
    assert_eq!(receiver.terminate(), 0);
}

#[test]
fn b12_plain_text_at_a_door_of_tls_gets_an_alert_and_nothing_else() {
    let (pki, receiver) = (pki(), Receiver::accepting());
    let (_site, engine) = secured(&pki, &receiver, "");
    for plain in [
        [b"\x0B", adt("ONE").as_slice(), b"\x1C\r"].concat(),
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
    ] {
        let mut stream = TcpStream::connect(engine.listener("in")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(&plain).unwrap();
        let mut told = Vec::new();
        stream.read_to_end(&mut told).unwrap();
        // One record: an alert, fatal.
        assert_eq!((told.len(), told[0], told[5]), (7, 21, 2), "{told:?}");
    }
    engine.wait_for_metric(
        r#"weir_tls_handshakes_total{kind="listener",name="in",outcome="no_tls"}"#,
        2.0,
    );
    assert_eq!(engine.terminate(), 0);
    assert!(receiver.stop().is_empty());
}

#[test]
fn b11_a_hello_of_tls_at_a_plain_door_is_closed_without_an_echo() {
    let (pki, receiver) = (pki(), Receiver::accepting());
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let engine = site.start();
    assert!(SecureSender::connect(&pki, None, engine.listener("in")).is_err());
    engine.wait_for_metric(r#"weir_listener_failures_total{listener="in",kind="tls"}"#, 1.0);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn silent_peers_hold_up_no_handshake_and_no_message() {
    let (pki, receiver) = (pki(), Receiver::accepting());
    let (_site, engine) = secured(&pki, &receiver, "");
    let address = engine.listener("in");
    let mut early = SecureSender::connect(&pki, Some("lab.example"), address).unwrap();
    let _silent: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(address).unwrap()).collect();
    let mut late = SecureSender::connect(&pki, Some("lab.example"), address).unwrap();
    for sender in [&mut early, &mut late] {
        assert_eq!(field(&sender.exchange(&adt("ONE")).unwrap(), "MSA", 1), "AA");
    }
    // They have agreed on nothing, so a stop waits for none of them.
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn http_and_the_pages_speak_tls_too() {
    let pki = pki();
    let receiver = Receiver::accepting();
    let tls = asking(&pki);
    let owned = tempfile::tempdir().unwrap();
    let yaml = format!(
        "listeners:\n  in: {{ http: {{ bind: \"127.0.0.1:0\", {tls} }} }}\n  \
         relay: {{ http: {{ bind: \"127.0.0.1:0\", path: /relay, {tls} }} }}\n\
         destinations:\n  ehr: {{ mllp: {{ address: \"{}\", terminators: preserve }} }}\n\
         routes:\n  all: {{ from: [in, relay], to: ehr }}\n",
        receiver.address()
    );
    let site = Site::write(owned.path(), &yaml);
    secure_console(&site, &pki);
    let engine = site.start();
    let ask = |shows: Option<&str>, address, request: &str| {
        SecureSender::connect(&pki, shows, address).and_then(|sender| sender.ask(request.as_bytes()))
    };
    let body = String::from_utf8(adt("ONE")).unwrap();
    let post = format!(
        "POST / HTTP/1.1\r\nhost: weir\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = ask(Some("lab.example"), engine.listener("in"), &post).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("MSA|AA|ONE"),
        "{answer}"
    );
    assert!(ask(None, engine.listener("in"), &post).is_err());
    let get = "GET /health/ready HTTP/1.1\r\nhost: weir\r\nconnection: close\r\n\r\n";
    let answer = ask(Some("lab.example"), engine.console(), get).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(ask(None, engine.console(), get).is_err());
    receiver.wait_for(1);
    assert_eq!(engine.terminate(), 0);

    // And a destination of weir's posts to such a listener of weir's.
    let engine = site.start();
    let relay = engine.listener("relay").port();
    let listener = "mllp: { bind: \"127.0.0.1:0\" }";
    let to = format!(
        "http: {{ url: \"https://localhost:{relay}/relay\", {} }}",
        showing(&pki)
    );
    let sending = self::site(listener, &to);
    let sender = sending.start();
    let mut plain = crate::harness::Sender::connect(sender.listener("in"));
    assert_eq!(field(&plain.exchange(&adt("TWO")).unwrap(), "MSA", 1), "AA");
    receiver.wait_until(|messages| messages.iter().any(|message| field(message, "MSH", 10) == "TWO"));
    assert_eq!((sender.terminate(), engine.terminate()), (0, 0));
}

/// `weir check` of a listener and a destination with these settings; what it says.
fn checked(listener: &str, destination: &str) -> String {
    let site = site(
        &format!("mllp: {{ {listener} }}"),
        &format!("mllp: {{ {destination} }}"),
    );
    let (_, out, err) = weir(site.folder(), &["check", "site"], b"");
    out + err.as_str()
}

#[test]
fn y6_what_is_wrong_with_certificates_is_told_with_its_place() {
    let pki = pki();
    for (name, flaw) in [("old", Flaw::Expired), ("early", Flaw::NotYetValid)] {
        pki.issue(name, flaw);
    }
    pki.issue_until("soon", 10);
    pki.write(
        "open.key",
        &std::fs::read_to_string(pki.path("weir.key")).unwrap(),
    );
    let folder = pki.folder().display();
    let with = |certificate: &str, key: &str| {
        format!(
            "bind: \"127.0.0.1:0\", tls: {{ certificate: \"{folder}/{certificate}\", key: {{ file: \"{folder}/{key}\" }} }}"
        )
    };
    let to = "address: \"127.0.0.1:1\"";
    let told = |listener: &str, place: &str, text: &str| {
        let said = checked(listener, to);
        assert!(said.contains(place) && said.contains(text), "{said}");
    };
    told(
        &with("old.pem", "old.key"),
        "error[certificate-not-valid]",
        "has expired",
    );
    told(
        &with("early.pem", "early.key"),
        "error[certificate-not-valid]",
        "is not valid before",
    );
    told(
        &with("weir.pem", "old.key"),
        "error[bad-certificate]",
        "the key is not that of",
    );
    told(
        &with("weir.pem", "open.key"),
        "error[bad-certificate]",
        "chmod 600",
    );
    told(
        &with("weir.pem", "none.key"),
        "error[bad-certificate]",
        "No such file",
    );
    told(
        &with("soon.pem", "soon.key"),
        "warning[certificate-expires]",
        "expires in 9 days",
    );
    let said = checked(&with("weir.pem", "weir.key"), to);
    assert!(!said.contains("error["), "{said}");
    let to = |more: &str| format!("address: \"lab.example:2575\", tls: {{ {more} }}");
    let said = checked(
        "bind: \"127.0.0.1:0\"",
        &to(&format!("trusted: \"{folder}/none.pem\"")),
    );
    assert!(
        said.contains("error[bad-certificate]") && said.contains("trusted:"),
        "{said}"
    );
    let said = checked(
        "bind: \"127.0.0.1:0\"",
        &to(&format!("certificate: \"{folder}/weir.pem\"")),
    );
    assert!(said.contains("a certificate needs its `key`"), "{said}");
}

#[test]
fn plain_text_to_and_from_other_machines_has_to_be_accepted() {
    let (here, there) = ("bind: \"127.0.0.1:2575\"", "address: \"lab.example:2575\"");
    let to_here = "address: \"127.0.0.1:2576\"";
    for (listener, destination, is_wrong) in [
        (here.to_owned(), to_here.to_owned(), false),
        ("bind: \"0.0.0.0:2575\"".to_owned(), to_here.to_owned(), true),
        ("bind: \"[::]:2575\"".to_owned(), to_here.to_owned(), true),
        (
            "bind: \"0.0.0.0:2575\", plaintext: accepted".to_owned(),
            to_here.to_owned(),
            false,
        ),
        (here.to_owned(), there.to_owned(), true),
        (here.to_owned(), format!("{there}, plaintext: accepted"), false),
        (here.to_owned(), format!("{there}, tls: {{}}"), false),
    ] {
        let said = checked(&listener, &destination);
        assert_eq!(
            said.contains("error[plaintext]"),
            is_wrong,
            "{listener} {destination}: {said}"
        );
        assert_eq!(
            said.contains("error["),
            is_wrong,
            "{listener} {destination}: {said}"
        );
    }
    let said = checked(here, &format!("{there}, tls: {{}}, plaintext: accepted"));
    assert!(said.contains("there is TLS here"), "{said}");
}
