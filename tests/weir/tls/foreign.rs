//! OpenSSL's own programs as the other side: what it offers and weir refuses, and mutual authentication both ways.
//!
//! Where `openssl` is not installed these tests say so and leave themselves out.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::harness::pki::{Flaw, Pki};
use crate::harness::{PATIENCE, Receiver, Sender, adt, control_id, field};

use super::{pki, secured, showing, site};

/// Lets OpenSSL offer what it has given up itself.
const ANYTHING: &str = "ALL:@SECLEVEL=0";

fn is_there() -> bool {
    let found = Command::new("openssl").arg("version").output().is_ok();
    if !found {
        println!("openssl is not installed: nothing was tried against it");
    }
    found
}

fn openssl(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("openssl");
    command.args(arguments).current_dir(folder);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs a command of OpenSSL that has to succeed.
fn make(pki: &Pki, arguments: &str) {
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let output = openssl(pki.folder(), &arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A process that is stopped with the test.
struct Peer(Child);

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Peer {
    /// What it prints, until that holds this text or it ends.
    fn read_until(&mut self, text: &str) -> String {
        // Not buffered: what comes after is for whoever reads next.
        let out = self.0.stdout.as_mut().unwrap();
        let (mut read, mut byte) = (Vec::new(), [0]);
        while !read.ends_with(text.as_bytes()) && out.read(&mut byte).unwrap_or(0) == 1 {
            read.extend(byte);
        }
        String::from_utf8_lossy(&read).into_owned()
    }
}

/// Sends a message by `s_client`; what came back.
fn sent(pki: &Pki, port: u16, more: &[&str]) -> String {
    let to = format!("127.0.0.1:{port}");
    let mut arguments = vec![
        "s_client",
        "-connect",
        &to,
        "-quiet",
        "-CAfile",
        "ca.pem",
        "-verify_return_error",
    ];
    arguments.extend(more);
    let mut client = Peer(openssl(pki.folder(), &arguments).spawn().unwrap());
    let frame = [b"\x0B", adt("ONE").as_slice(), b"\x1C\r"].concat();
    // It may have gone already.
    drop(client.0.stdin.as_mut().unwrap().write_all(&frame));
    client.read_until("\x1C\r")
}

#[test]
fn openssl_is_refused_old_versions_and_weak_suites_and_speaks_the_others() {
    if !is_there() {
        return;
    }
    let (pki, receiver) = (pki(), Receiver::accepting());
    let (_site, engine) = secured(&pki, &receiver, "");
    let port = engine.listener("in").port();
    let shows = ["-cert", "lab.example.pem", "-key", "lab.example.key"];
    let sent = |more: &[&str]| sent(&pki, port, &[shows.as_slice(), more].concat());
    for good in ["-tls1_2", "-tls1_3"] {
        let answer = sent(&[good]);
        assert!(answer.contains("MSA|AA|ONE"), "{good}: {answer}");
    }
    let old = ["-tls1", "-tls1_1"];
    for version in old {
        assert_eq!(sent(&[version, "-cipher", ANYTHING]), "", "{version}");
    }
    let weak = [
        "AES128-SHA",
        "AES256-GCM-SHA384",
        "DHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-AES128-SHA",
        "ECDHE-ECDSA-AES256-SHA384",
        "ECDHE-ECDSA-AES128-CCM8",
        "NULL",
        "aNULL",
    ];
    for suite in weak {
        let suites = format!("{suite}:@SECLEVEL=0");
        assert_eq!(sent(&["-tls1_2", "-cipher", &suites]), "", "{suite}");
    }
    for (outcome, count) in [
        ("agreed_1.2", 1),
        ("agreed_1.3", 1),
        ("old_version", old.len()),
        ("no_common_suite", weak.len()),
    ] {
        let series = format!(r#"weir_tls_handshakes_total{{kind="listener",name="in",outcome="{outcome}"}}"#);
        engine.wait_for_metric(&series, f64::from(u32::try_from(count).unwrap()));
    }
    receiver.wait_for(2);
    assert_eq!(engine.terminate(), 0);
    assert_eq!(receiver.stop().len(), 2);
}

#[test]
fn openssl_has_to_show_a_certificate_that_is_strong_and_trusted() {
    if !is_there() {
        return;
    }
    let (pki, receiver) = (pki(), Receiver::accepting());
    pki.issue("foreign", Flaw::OfAnotherAuthority);
    // An authority of OpenSSL's own making, and what it signs well and badly.
    make(
        &pki,
        "req -x509 -newkey rsa:2048 -nodes -keyout rsa-ca.key -out rsa-ca.pem -days 30 -subj /CN=RSA",
    );
    for (name, key, digest) in [
        ("good", "rsa:2048", "sha256"),
        ("short", "rsa:1024", "sha256"),
        ("sha1", "rsa:2048", "sha1"),
    ] {
        make(
            &pki,
            &format!("req -newkey {key} -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"),
        );
        pki.write(
            "extensions",
            "subjectAltName = DNS:rsa.example\nextendedKeyUsage = clientAuth\n",
        );
        make(
            &pki,
            &format!(
                "x509 -req -in {name}.csr -CA rsa-ca.pem -CAkey rsa-ca.key -CAcreateserial -days 7 -{digest} -extfile extensions -out {name}.pem"
            ),
        );
    }
    let folder = pki.folder().display();
    let tls = format!(
        "mllp: {{ bind: \"127.0.0.1:0\", tls: {{ certificate: \"{folder}/weir.pem\", key: {{ file: \"{folder}/weir.key\" }}, \
         clients: {{ trusted: [\"{folder}/ca.pem\", \"{folder}/rsa-ca.pem\"] }} }} }}"
    );
    let site = site(&tls, &format!("mllp: {{ address: \"{}\" }}", receiver.address()));
    let engine = site.start();
    let port = engine.listener("in").port();
    let lax = ["-cipher", "DEFAULT:@SECLEVEL=0"];
    let showing = |name: &str| {
        let (certificate, key) = (format!("{name}.pem"), format!("{name}.key"));
        sent(
            &pki,
            port,
            &[["-cert", &certificate, "-key", &key].as_slice(), &lax].concat(),
        )
    };
    for good in ["lab.example", "good"] {
        let answer = showing(good);
        assert!(answer.contains("MSA|AA|ONE"), "{good}: {answer}");
    }
    for bad in ["foreign", "short", "sha1"] {
        assert_eq!(showing(bad), "", "{bad}");
    }
    assert_eq!(sent(&pki, port, &[]), "", "no certificate");
    for (outcome, count) in [
        ("certificate_untrusted", 1.0),
        ("no_certificate", 1.0),
        ("agreed_1.3", 2.0),
    ] {
        let series = format!(r#"weir_tls_handshakes_total{{kind="listener",name="in",outcome="{outcome}"}}"#);
        engine.wait_for_metric(&series, count);
    }
    receiver.wait_for(2);
    assert_eq!(engine.terminate(), 0);
    assert_eq!(receiver.stop().len(), 2);
}

/// Starts `s_server` on a port of the system's choice.
fn serving(pki: &Pki, more: &[&str]) -> (Peer, u16) {
    let mut arguments = vec![
        "s_server",
        "-accept",
        "127.0.0.1:0",
        "-CAfile",
        "ca.pem",
        "-verify_return_error",
    ];
    arguments.extend(more);
    let mut server = Peer(openssl(pki.folder(), &arguments).spawn().unwrap());
    let said = server.read_until("ACCEPT 127.0.0.1:") + server.read_until("\n").as_str();
    let port = said.trim().rsplit_once(':').unwrap().1.parse().unwrap();
    (server, port)
}

#[test]
fn openssl_receives_by_mutual_tls_and_nothing_when_it_is_old_or_weak() {
    if !is_there() {
        return;
    }
    let pki = pki();
    pki.issue("ehr.example", Flaw::None);
    let shows = [
        "-cert",
        "ehr.example.pem",
        "-key",
        "ehr.example.key",
        "-Verify",
        "1",
    ];
    let start = |port: u16, tls: &str| {
        let to = format!("mllp: {{ address: \"localhost:{port}\", {tls} }}");
        let site = site("mllp: { bind: \"127.0.0.1:0\" }", &to);
        let engine = site.start();
        let mut sender = Sender::connect(engine.listener("in"));
        assert_eq!(field(&sender.exchange(&adt("ONE")).unwrap(), "MSA", 1), "AA");
        (site, engine)
    };
    for version in ["-tls1_2", "-tls1_3"] {
        let (mut server, port) = serving(&pki, &[shows.as_slice(), &[version]].concat());
        let (_site, engine) = start(port, &showing(&pki));
        let said = server.read_until("\x1C\r");
        let message = said.split_once('\x0B').unwrap().1;
        assert_eq!(control_id(message.as_bytes()), "ONE");
        // The session that it shows names the certificate that weir has shown.
        assert!(said.contains("CN = weir") || said.contains("CN=weir"), "{said}");
        let answer = b"\x0BMSH|^~\\&|EHR|WEST|EHR|WEST|20260301||ACK|9|P|2.5.1\rMSA|AA|ONE\r\x1C\r\n";
        server.0.stdin.as_mut().unwrap().write_all(answer).unwrap();
        engine.wait_for_metric(r#"weir_deliveries_delivered_total{destination="ehr"}"#, 1.0);
        assert_eq!(engine.terminate(), 0);
    }
    let none = format!("tls: {{ trusted: \"{}/ca.pem\" }}", pki.folder().display());
    let weak = ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"];
    for (more, tls) in [
        (["-tls1", "-cipher", ANYTHING].as_slice(), showing(&pki)),
        (&["-tls1_1", "-cipher", ANYTHING], showing(&pki)),
        (&weak, showing(&pki)),
        // It asks weir for a certificate.
        (&["-tls1_2"], none),
    ] {
        let (server, port) = serving(&pki, &[shows.as_slice(), more].concat());
        let (_site, engine) = start(port, &tls);
        let failed = r#"weir_tls_handshakes_total{kind="destination",name="ehr",outcome="refused_by_peer"}"#;
        let deadline = Instant::now() + PATIENCE;
        // Tried again and again, and never sent.
        while engine.metric(failed) < 2.0 {
            assert!(
                Instant::now() < deadline,
                "{more:?}: {}",
                engine.page("/metrics").1
            );
        }
        assert_eq!(engine.terminate(), 0);
        drop(server);
    }
}
