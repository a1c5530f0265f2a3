//! Whom weir connects to beside destinations, and whom it does not trust, or who does not trust it: once in the audit
//! log, however often it is tried, and that record makes no other.

use std::net::TcpListener;
use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection};

use super::*;
use crate::harness::{read_request, serve};

/// Repositories, contacts and a collector, all of which are this receiver, with these settings of TLS; and a repository
/// that works.
fn connecting(receiver: &Engine, ehr: &Receiver, well: SocketAddr, trusted: &str, more: &str) -> Site {
    let (mllp, http) = (receiver.listener("mllp").port(), receiver.listener("http").port());
    let tls = format!("tls: {{ trusted: {trusted}{more} }}");
    let to_http = format!("url: \"https://localhost:{http}/\", {tls}");
    Site::new(&format!(
        "  traces: {{ {to_http} }}\n{}\
         audit:\n  forward:\n    \
         arr: {{ syslog: {{ address: \"localhost:{mllp}\", {tls} }} }}\n    \
         balp: {{ fhir: {{ {to_http} }} }}\n    \
         well: {{ fhir: {{ url: \"http://{well}/\" }} }}\n\
         alerts:\n  contacts:\n    \
         hook: {{ webhook: {{ {to_http} }} }}\n    \
         post: {{ mail: {{ server: localhost, port: {mllp}, tls: implicit, trusted: {trusted}, \
         from: weir@hub.example, to: ehr@hub.example }} }}\n",
        Site::forwarding_yaml(&[("ehr", ehr.address())]),
    ))
}

/// What this repository of FHIR got, until nothing is to come any more.
fn take_event(mut stream: TcpStream) -> Option<String> {
    let (_, body) = read_request(&stream)?;
    let answer = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    stream.write_all(answer).ok()?;
    String::from_utf8(body).ok()
}

/// The objects and details of the records of nodes that were refused.
fn refused(site: &Site) -> Vec<(String, String)> {
    let (_, records) = site.ask("GET", "/api/v1/audit?what=node.refused");
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let mut refused: Vec<_> = records
        .as_array()
        .unwrap()
        .iter()
        .map(|record| (text(&record["object"]), text(&record["detail"])))
        .collect();
    refused.sort();
    refused
}

/// Each of them is written down once, with this in its detail, and that is sent on.
fn check(site: &Site, posts: &std::sync::mpsc::Receiver<String>, expected: &str) {
    let engine = site.start();
    assert_eq!(site.ask("POST", "/api/v1/destinations/ehr/pause").0, 200);
    let objects = [
        "contacts/hook",
        "contacts/post",
        "repositories/arr",
        "repositories/balp",
        "traces",
    ];
    let failures = |repository: &str| {
        engine.metric(&format!(
            "weir_audit_forward_failures_total{{repository=\"{repository}\"}}"
        ))
    };
    wait_until(|| {
        // Every message is another thing that the collector is to have.
        Sender::connect(engine.listener("in"))
            .exchange(&adt("ONE"))
            .unwrap();
        let written = refused(site);
        let is_there = |object: &&str| written.iter().any(|(other, _)| other == object);
        objects.iter().all(is_there)
            && failures("arr") >= 3.0
            && failures("balp") >= 3.0
            && engine.metric("weir_trace_spans_total{outcome=\"dropped\"}") >= 3.0
    });
    let written = refused(site);
    assert_eq!(
        written
            .iter()
            .map(|(object, _)| object.as_str())
            .collect::<Vec<_>>(),
        objects
    );
    for (object, detail) in &written {
        assert!(detail.contains(expected), "{object}: {detail}");
    }
    engine.wait_for_metric("weir_audit_forward_waiting{repository=\"well\"}", 0.0);
    assert_eq!(engine.terminate(), 0);
    let sent: Vec<String> = posts.try_iter().collect();
    for object in objects {
        let of_it = |event: &&String| event.contains("node.refused") && event.contains(object);
        assert_eq!(sent.iter().filter(of_it).count(), 1, "{object}");
    }
}

#[test]
fn who_is_not_trusted_is_in_the_audit_log_once() {
    let (pki, other, ehr) = (pki(), Pki::new(), Receiver::accepting());
    pki.issue("localhost", Flaw::None);
    let tls = asking(&pki).replace("weir.", "localhost.");
    let receiving = Site::new(&format!(
        "listeners:\n  mllp: {{ mllp: {{ bind: \"127.0.0.1:0\", {tls} }} }}\n  \
         http: {{ http: {{ bind: \"127.0.0.1:0\", {tls} }} }}\n"
    ));
    let receiver = receiving.start();
    let (well, posts) = serve(take_event);
    let trusting = |pki: &Pki| {
        connecting(
            &receiver,
            &ehr,
            well,
            &format!("\"{}\"", pki.path("ca.pem").display()),
            "",
        )
    };
    check(&trusting(&other), &posts, "invalid peer certificate");
    check(&trusting(&pki), &posts, "does not take weir's certificate");
    assert_eq!(receiver.terminate(), 0);
}

/// What a PostgreSQL server says until TLS begins, and a certificate of this authority then.
fn database(pki: &Pki) -> u16 {
    let certificate = CertificateDer::from_pem_file(pki.path("weir.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(pki.path("weir.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut session = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut request = [0; 8];
            if stream.read_exact(&mut request).is_ok() && stream.write_all(b"S").is_ok() {
                // It fails: that is what is tested.
                drop(session.complete_io(&mut stream));
            }
        }
    });
    port
}

#[test]
fn a_database_that_is_not_trusted_is_in_the_audit_log_although_nothing_starts() {
    let (pki, other) = (pki(), pki());
    let site = Site::new(&format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\" }} }}\n\
         destinations:\n  copies: {{ file: {{ folder: ., name: \"{{MSH-10}}.hl7\" }} }}\n\
         tables:\n  providers:\n    sql: {{ address: \"localhost:{}\", database: d, user: u, \
         query: \"select npi, name from providers\", tls: {{ trusted: \"{}\" }} }}\n    \
         columns: [npi, name]\n    key: npi\n\
         routes:\n  all: {{ from: in, to: copies, steps: [{{ translate: {{ field: PV1-7, table: providers }} }}] }}\n",
        database(&pki),
        other.path("ca.pem").display(),
    ));
    for _ in 0..3 {
        let (status, _, err) = weir(site.folder(), &["run", "site"], b"");
        assert_eq!(status, 2, "{err}");
        assert!(err.contains("invalid peer certificate"), "{err}");
    }
    let mut log = String::new();
    for file in std::fs::read_dir(site.folder().join("data/audit")).unwrap() {
        log += &std::fs::read_to_string(file.unwrap().path()).unwrap();
    }
    let [record] = log.lines().collect::<Vec<_>>()[..] else {
        panic!("{log}")
    };
    for part in ["node.refused", "tables/providers", "invalid peer certificate"] {
        assert!(record.contains(part), "{record}");
    }
}
