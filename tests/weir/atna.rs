//! The audit log on its way to audit record repositories: every record arrives, over kills and outages, by syslog over
//! TLS and as FHIR, in the form that the standards want; and nothing of a message does.

#[path = "../../src/atna/tests/schema.rs"]
mod schema;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use serde_json::Value;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::harness::pki::{Flaw, Pki};
use crate::harness::{PATIENCE, Receiver, Sender, Site, adt, read_request, wait_until, weir};

/// An audit record repository: what it got, and whether it works.
#[derive(Clone)]
struct Repository {
    address: SocketAddr,
    got: Arc<Mutex<Vec<String>>>,
    /// Connections are closed as soon as they are made.
    is_away: Arc<AtomicBool>,
    /// Connections that were closed in the middle of what they carry, still to be.
    to_break: Arc<AtomicUsize>,
    /// Records that are not taken, by their numbers, and what of FHIR is answered to them.
    refused: Arc<Mutex<BTreeMap<u64, &'static str>>>,
}

impl Repository {
    fn start(serve: impl Fn(TcpStream, &Repository) -> Option<()> + Send + Sync + 'static) -> Repository {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let repository = Repository {
            address: listener.local_addr().unwrap(),
            got: Arc::default(),
            is_away: Arc::default(),
            to_break: Arc::default(),
            refused: Arc::default(),
        };
        let (own, serve) = (repository.clone(), Arc::new(serve));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if own.is_away.load(Ordering::SeqCst) {
                    continue;
                }
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                let (own, serve) = (own.clone(), Arc::clone(&serve));
                std::thread::spawn(move || serve(stream, &own));
            }
        });
        repository
    }

    /// One that speaks syslog over TLS and shows this certificate.
    fn syslog(pki: &Pki) -> Repository {
        let certificate = CertificateDer::from_pem_file(pki.path("server.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(pki.path("server.key")).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let config = Arc::new(config);
        Repository::start(move |stream, own| {
            let session = ServerConnection::new(Arc::clone(&config)).ok()?;
            let mut reader = BufReader::new(StreamOwned::new(session, stream));
            loop {
                let mut length = Vec::new();
                if reader.read_until(b' ', &mut length).ok()? == 0 {
                    // The other side has announced its end, and is answered.
                    let stream = reader.get_mut();
                    stream.conn.send_close_notify();
                    return stream.flush().ok();
                }
                let length = String::from_utf8(length).unwrap().trim_end().parse().unwrap();
                let mut message = vec![0; length];
                reader.read_exact(&mut message).ok()?;
                own.got.lock().unwrap().push(String::from_utf8(message).unwrap());
                let breaks = own
                    .to_break
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
                if breaks.is_ok() {
                    return None;
                }
            }
        })
    }

    /// One that takes `AuditEvent`s of FHIR.
    fn fhir() -> Repository {
        Repository::start(|mut stream, own| {
            let (head, body) = read_request(&stream)?;
            assert!(head.starts_with("POST /fhir/AuditEvent "), "{head}");
            assert!(head.contains("content-type: application/fhir+json"), "{head}");
            let number = number(&serde_json::from_slice(&body).unwrap());
            let refused = own.refused.lock().unwrap().get(&number).copied();
            if refused.is_none() {
                own.got.lock().unwrap().push(String::from_utf8(body).unwrap());
            }
            let status = refused.unwrap_or("201 Created");
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).ok()
        })
    }

    /// The events of syslog by the numbers of their records, each checked; how often the same came again.
    fn messages(&self) -> (BTreeMap<u64, schema::Element>, usize) {
        let got = self.got.lock().unwrap();
        let mut messages = BTreeMap::new();
        for message in got.iter() {
            let (header, xml) = message
                .split_once('\u{FEFF}')
                .expect("a byte order mark before the XML");
            assert!(
                header.starts_with("<85>1 ") || header.starts_with("<84>1 "),
                "{header}"
            );
            assert!(header.contains(" IHE+RFC-3881 [meta sequenceId=\""), "{header}");
            let message = schema::parse(xml);
            schema::check_dicom(&message);
            let number: u64 = detail(&message, "record").parse().unwrap();
            if let Some(before) = messages.insert(number, message.clone()) {
                assert_eq!(
                    detail(&before, "hash"),
                    detail(&message, "hash"),
                    "the same record"
                );
            }
        }
        let again = got.len() - messages.len();
        (messages, again)
    }

    /// The same of FHIR.
    fn resources(&self) -> (BTreeMap<u64, Value>, usize) {
        let got = self.got.lock().unwrap();
        let mut resources = BTreeMap::new();
        for resource in got.iter() {
            let resource: Value = serde_json::from_str(resource).unwrap();
            schema::check_fhir(&resource);
            resources.insert(number(&resource), resource);
        }
        let again = got.len() - resources.len();
        (resources, again)
    }
}

/// The number of the record that a resource of FHIR is.
fn number(resource: &Value) -> u64 {
    let details = resource["entity"][0]["detail"].as_array().unwrap();
    let number = details.iter().find(|detail| detail["type"] == "record").unwrap();
    number["valueString"].as_str().unwrap().parse().unwrap()
}

/// A detail of the object of a DICOM message.
fn detail(message: &schema::Element, kind: &str) -> String {
    let details = &message.only("ParticipantObjectIdentification").inner;
    let detail = details
        .iter()
        .find(|detail| detail.attributes.get("type").is_some_and(|own| own == kind));
    let value = base64::engine::general_purpose::STANDARD.decode(&detail.unwrap().attributes["value"]);
    String::from_utf8(value.unwrap()).unwrap()
}

/// A site that sends its audit log to both.
fn site(pki: &Pki, receiver: &Receiver, syslog: &Repository, fhir: &Repository) -> Site {
    Site::new(&format!(
        "{}audit:\n  source: hub\n  forward:\n    \
         arr: {{ syslog: {{ address: \"localhost:{}\", tls: {{ trusted: {} }} }} }}\n    \
         balp: {{ fhir: {{ url: \"http://{}/fhir/AuditEvent\" }} }}\n",
        Site::forwarding_yaml(&[("ehr", receiver.address())]),
        syslog.address.port(),
        pki.path("ca.pem").display(),
        fhir.address,
    ))
}

/// Things that are written down: users that are added, queues that are told.
fn act(site: &Site, count: usize) {
    for _ in 0..count {
        for order in ["pause", "resume"] {
            let (status, _, err) = weir(site.folder(), &["queue", order, "ehr", "--site", "site"], b"");
            assert_eq!(status, 0, "{err}");
        }
    }
}

/// The numbers and names of all records.
fn written(site: &Site) -> BTreeMap<u64, String> {
    let mut written = BTreeMap::new();
    for entry in std::fs::read_dir(site.folder().join("data/audit")).unwrap() {
        for line in std::fs::read_to_string(entry.unwrap().path()).unwrap().lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            written.insert(
                record["number"].as_u64().unwrap(),
                record["what"].as_str().unwrap().to_owned(),
            );
        }
    }
    written
}

/// Waits until both have every record.
fn wait_for_all(site: &Site, syslog: &Repository, fhir: &Repository) -> BTreeMap<u64, String> {
    let written = written(site);
    wait_until(|| syslog.messages().0.len() >= written.len() && fhir.resources().0.len() >= written.len());
    let messages = syslog.messages().0;
    let names: BTreeMap<_, _> = messages
        .iter()
        .map(|(number, message)| (*number, detail(message, "what")))
        .collect();
    assert_eq!(names, written);
    assert!(fhir.resources().0.keys().eq(written.keys()));
    written
}

fn pki() -> Pki {
    let pki = Pki::new();
    pki.issue("server", Flaw::None);
    pki
}

#[test]
fn f35_every_record_arrives_over_kills_and_outages() {
    let (pki, receiver) = (pki(), Receiver::accepting());
    let (syslog, fhir) = (Repository::syslog(&pki), Repository::fhir());
    let site = site(&pki, &receiver, &syslog, &fhir);
    let engine = site.start();
    act(&site, 2);
    wait_for_all(&site, &syslog, &fhir);
    // Away, while more is written; killed meanwhile, and messages flow.
    for repository in [&syslog, &fhir] {
        repository.is_away.store(true, Ordering::SeqCst);
    }
    act(&site, 3);
    let mut sender = Sender::connect(engine.listener("in"));
    sender.exchange(&adt("M1")).unwrap();
    receiver.wait_for(1);
    engine.kill();
    let engine = site.start();
    act(&site, 1);
    for name in ["arr", "balp"] {
        wait_until(|| {
            engine.metric(&format!(
                "weir_audit_forward_failures_total{{repository=\"{name}\"}}"
            )) > 0.0
        });
        assert!(engine.metric(&format!("weir_audit_forward_waiting{{repository=\"{name}\"}}")) > 0.0);
    }
    for repository in [&syslog, &fhir] {
        repository.is_away.store(false, Ordering::SeqCst);
    }
    // Connections that break, and kills in the middle of it.
    syslog.to_break.store(2, Ordering::SeqCst);
    act(&site, 1);
    engine.kill();
    let engine = site.start();
    act(&site, 1);
    let before = wait_for_all(&site, &syslog, &fhir);
    engine.wait_for_metric("weir_audit_forward_waiting{repository=\"arr\"}", 0.0);
    assert_eq!(engine.terminate(), 0);
    // The last words too, before it ended.
    let written = wait_for_all(&site, &syslog, &fhir);
    assert_eq!(written.last_key_value().unwrap().1, "stop");
    assert_eq!(written.len(), before.len() + 1);
    assert_eq!(written.values().filter(|what| *what == "start").count(), 3);
    let (_, again) = syslog.messages();
    assert!(again <= 3 * 500, "{again} came twice");
    let text = [
        syslog.got.lock().unwrap().concat(),
        fhir.got.lock().unwrap().concat(),
    ]
    .concat();
    assert!(!text.contains("TESTPATIENT"), "content has left");
}

#[test]
fn a_reload_changes_where_records_go_and_a_new_repository_gets_all() {
    let (pki, receiver) = (pki(), Receiver::accepting());
    let (syslog, fhir) = (Repository::syslog(&pki), Repository::fhir());
    let site = site(&pki, &receiver, &syslog, &fhir);
    let engine = site.start();
    act(&site, 1);
    wait_for_all(&site, &syslog, &fhir);
    let other = Repository::fhir();
    site.change(&format!(
        "{}audit: {{ forward: {{ other: {{ fhir: {{ url: \"http://{}/fhir/AuditEvent\" }} }} }} }}\n",
        Site::forwarding_yaml(&[("ehr", receiver.address())]),
        other.address
    ));
    act(&site, 1);
    let written = written(&site);
    wait_until(|| other.resources().0.len() >= written.len());
    assert!(
        other.resources().0.keys().eq(written.keys()),
        "from the first record on"
    );
    let (_, metrics) = engine.page("/metrics");
    assert!(
        metrics.contains("weir_audit_forwarded_total{repository=\"other\",outcome=\"sent\"}"),
        "{metrics}"
    );
    for gone in ["arr", "balp"] {
        let lag = format!("weir_audit_forward_lag_seconds{{repository=\"{gone}\"}} NaN");
        assert!(metrics.contains(&lag), "{metrics}");
    }
    assert_eq!(engine.terminate(), 0);
    assert!(
        syslog.messages().0.len() < written.len(),
        "nothing more went where it does not go any more"
    );
}

#[test]
fn a_repository_with_a_wrong_certificate_gets_nothing() {
    let (pki, receiver, fhir) = (pki(), Receiver::accepting(), Repository::fhir());
    let other = Pki::new();
    other.issue("server", Flaw::None);
    let syslog = Repository::syslog(&other);
    let site = site(&pki, &receiver, &syslog, &fhir);
    let engine = site.start();
    wait_until(|| engine.metric("weir_audit_forward_failures_total{repository=\"arr\"}") > 0.0);
    assert_eq!(engine.terminate(), 0);
    assert!(syslog.got.lock().unwrap().is_empty());
    let log = site.log();
    assert!(log.contains("records of the audit log wait"), "{log}");
}

#[test]
fn a_record_is_passed_over_only_where_the_next_one_is_taken() {
    let (receiver, fhir) = (Receiver::accepting(), Repository::fhir());
    let site = Site::new(&format!(
        "{}audit: {{ forward: {{ balp: {{ fhir: {{ url: \"http://{}/fhir/AuditEvent\" }} }} }} }}\n",
        Site::forwarding_yaml(&[("ehr", receiver.address())]),
        fhir.address,
    ));
    let refuse = |answers: &[(u64, &'static str)]| {
        *fhir.refused.lock().unwrap() = answers.iter().copied().collect();
    };
    let too_large = "413 Content Too Large";
    // A proxy that takes no certificate of a client says so too.
    refuse(&[(1, "400 Bad Request")]);
    let engine = site.start();
    let failures = || engine.metric("weir_audit_forward_failures_total{repository=\"balp\"}");
    let refused = || engine.metric("weir_audit_forwarded_total{repository=\"balp\",outcome=\"refused\"}");
    act(&site, 1);
    wait_until(|| failures() > 0.0);
    // Whoever takes none of them takes nothing at all.
    refuse(&[(1, too_large), (2, too_large), (3, too_large)]);
    let before = failures();
    wait_until(|| failures() >= before + 2.0);
    assert!(refused() < 0.5, "{}", refused());
    assert!(fhir.resources().0.is_empty());
    refuse(&[(2, too_large)]);
    wait_until(|| fhir.resources().0.keys().eq(&[1, 3]));
    wait_until(|| refused() > 0.0);
    assert!(refused() < 1.5, "{}", refused());
    assert_eq!(engine.terminate(), 0);
    assert!(fhir.resources().0.keys().eq(&[1, 3, 4]), "the last word too");
}
