//! Handshakes with peers that hold each kind of certificate, by rustls' own configurations without any of our checks.

#[allow(dead_code, reason = "the tests outside weir use the rest of it")]
pub(crate) mod pki;

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::file::FileError;
use super::parts::Parts;
use super::server::{Config, Refused};
use super::*;
use pki::{FLAWS, Flaw, Pki};

fn owner() -> Owner {
    Owner::listener(&Arc::from("in"))
}

/// A server of ours that shows `weir` and asks for certificates, with more settings.
fn server(pki: &Pki, more: &str) -> Server {
    let folder = pki.path("");
    let written = format!("{{ certificate: weir.pem, key: {{ file: weir.key }}, {more} }}");
    let mut settings: ServerSettings = serde_yaml::from_str(&written).unwrap();
    settings.resolve(&folder);
    Server::new(&settings, Within::Other)
}

fn client(pki: &Pki, more: &str) -> Client {
    let mut settings: ClientSettings =
        serde_yaml::from_str(&format!("{{ trusted: ca.pem, {more} }}")).unwrap();
    settings.resolve(&pki.path(""));
    Client::new(settings, Within::Other, Owner::destination(&Arc::from("out")))
}

fn chain(pki: &Pki, name: &str) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let certificate = CertificateDer::from_pem_file(pki.path(&format!("{name}.pem"))).unwrap();
    let key = PrivateKeyDer::from_pem_file(pki.path(&format!("{name}.key"))).unwrap();
    (vec![certificate], key)
}

/// A peer that connects and shows whatever it has got.
fn foreign_client(pki: &Pki, shows: Option<&str>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(pki.path("ca.pem")).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match shows {
        Some(name) => {
            let (chain, key) = chain(pki, name);
            config.with_client_auth_cert(chain, key).unwrap()
        }
        None => config.with_no_client_auth(),
    };
    TlsConnector::from(Arc::new(config))
}

/// A peer that is connected to and shows this.
pub(crate) fn foreign_server(pki: &Pki, shows: &str) -> TlsAcceptor {
    let (chain, key) = chain(pki, shows);
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let connecting = TcpStream::connect(listener.local_addr().unwrap());
    let (accepted, connected) = tokio::join!(listener.accept(), connecting);
    (accepted.unwrap().0, connected.unwrap())
}

/// What our server makes of a client that shows this certificate, in the words of the metric.
async fn judged(pki: &Pki, server: &Server, shows: Option<&str>) -> Result<String, &'static str> {
    let (ours, theirs) = pair().await;
    let connecting = async {
        let localhost = ServerName::try_from("localhost").unwrap();
        let mut stream = foreign_client(pki, shows).connect(localhost, theirs).await?;
        // With 1.3 the client learns only here what the server thinks of its certificate.
        stream.read_u8().await.map(drop)
    };
    let accepting = async {
        match server.shake_hands(ours, &owner()).await {
            Ok(mut accepted) => {
                accepted.stream.write_all(b"!").await.unwrap();
                accepted.stream.flush().await.unwrap();
                Ok(accepted
                    .certificate
                    .map_or_else(String::new, |shown| shown.title().to_owned()))
            }
            Err(Refused { failure, .. }) => Err(outcome::failed(&failure)),
        }
    };
    let (connected, accepted) = tokio::join!(connecting, accepting);
    assert_eq!(
        connected.is_ok(),
        accepted.is_ok(),
        "{shows:?}: {connected:?} {accepted:?}"
    );
    accepted
}

#[tokio::test]
async fn clients_with_each_kind_of_bad_certificate_are_refused() {
    let pki = Pki::new();
    pki.issue("weir", Flaw::None);
    let server = server(&pki, "clients: { trusted: ca.pem, revoked: ca.crl }");
    pki.issue("lab.example", Flaw::None);
    assert_eq!(
        judged(&pki, &server, Some("lab.example")).await,
        Ok("lab.example".to_owned())
    );
    assert_eq!(judged(&pki, &server, None).await, Err("no_certificate"));
    let expected = |flaw| match flaw {
        Flaw::Expired => Some("certificate_expired"),
        Flaw::NotYetValid => Some("certificate_not_yet_valid"),
        Flaw::OfAnotherAuthority | Flaw::SelfSigned => Some("certificate_untrusted"),
        Flaw::Revoked => Some("certificate_revoked"),
        Flaw::ForAnotherPurpose => Some("certificate_wrong_purpose"),
        Flaw::DamagedSignature => Some("certificate_bad_signature"),
        // Which names may send is the listener's `senders`.
        Flaw::None | Flaw::OfAnotherName => None,
    };
    for flaw in FLAWS {
        pki.issue("peer", *flaw);
        let found = judged(&pki, &server, Some("peer")).await;
        match expected(*flaw) {
            Some(outcome) => assert_eq!(found, Err(outcome), "{flaw:?}"),
            None => assert_eq!(found, Ok("another.example".to_owned()), "{flaw:?}"),
        }
    }
}

#[tokio::test]
async fn receivers_with_each_kind_of_bad_certificate_are_refused() {
    let pki = Pki::new();
    let client = client(&pki, "revoked: ca.crl");
    for flaw in FLAWS.iter().chain(&[Flaw::None]) {
        pki.issue("peer", *flaw);
        let (ours, theirs) = pair().await;
        let accepting = foreign_server(&pki, "peer").accept(theirs);
        let (connected, accepted) = tokio::join!(client.shake_hands("localhost", ours), accepting);
        let found = connected.map(drop).map_err(|failure| outcome::failed(&failure));
        let expected = match flaw {
            Flaw::None => Ok(()),
            Flaw::Expired => Err("certificate_expired"),
            Flaw::NotYetValid => Err("certificate_not_yet_valid"),
            Flaw::OfAnotherAuthority | Flaw::SelfSigned => Err("certificate_untrusted"),
            Flaw::OfAnotherName => Err("certificate_wrong_name"),
            Flaw::Revoked => Err("certificate_revoked"),
            Flaw::ForAnotherPurpose => Err("certificate_wrong_purpose"),
            Flaw::DamagedSignature => Err("certificate_bad_signature"),
        };
        assert_eq!(found, expected, "{flaw:?}");
        assert_eq!(accepted.is_ok(), *flaw == Flaw::None, "{flaw:?}");
    }
}

#[tokio::test]
async fn a_certificate_of_whose_issuer_there_is_no_list_is_refused() {
    let pki = Pki::new();
    pki.issue("weir", Flaw::None);
    pki.issue("peer", Flaw::None);
    let server = server(&pki, "clients: { trusted: ca.pem, revoked: another.crl }");
    let found = judged(&pki, &server, Some("peer")).await;
    assert_eq!(found, Err("certificate_of_no_revocation_list"));
}

#[tokio::test]
async fn whoever_need_not_show_a_certificate_is_let_in_without_a_name() {
    let pki = Pki::new();
    pki.issue("weir", Flaw::None);
    pki.issue("bad", Flaw::OfAnotherAuthority);
    let server = server(&pki, "clients: { trusted: ca.pem, required: false }");
    assert_eq!(judged(&pki, &server, None).await, Ok(String::new()));
    assert_eq!(
        judged(&pki, &server, Some("bad")).await,
        Err("certificate_untrusted")
    );
}

/// The certificate that this server shows.
async fn shown(pki: &Pki, server: &Server) -> Certificate {
    let (ours, theirs) = pair().await;
    let localhost = ServerName::try_from("localhost").unwrap();
    let connecting = foreign_client(pki, None).connect(localhost, theirs);
    let owner = owner();
    let (connected, accepted) = tokio::join!(connecting, server.shake_hands(ours, &owner));
    assert!(accepted.is_ok());
    let stream = connected.unwrap();
    let certificate = &stream.get_ref().1.peer_certificates().unwrap()[0];
    Certificate::read(certificate).unwrap()
}

#[tokio::test]
async fn a_rotated_certificate_is_shown_to_new_connections_and_a_broken_one_never() {
    let pki = Pki::new();
    pki.issue("weir", Flaw::None);
    let server = server(&pki, "");
    server.renew(&owner()).await.unwrap();
    let first = shown(&pki, &server).await;
    assert_eq!(first.names, ["weir", "localhost", "127.0.0.1"]);
    assert_eq!(first.subject, "O=Test,CN=weir");

    // Each of these is wrong: what was shown goes on being shown.
    let (certificate, key) = (pki.path("weir.pem"), pki.path("weir.key"));
    let right = (std::fs::read(&certificate).unwrap(), std::fs::read(&key).unwrap());
    pki.issue("weir", Flaw::Expired);
    server.renew(&owner()).await.unwrap();
    assert_eq!(shown(&pki, &server).await, first, "expired");
    std::fs::write(&certificate, &right.0).unwrap();
    server.renew(&owner()).await.unwrap();
    assert_eq!(shown(&pki, &server).await, first, "the key is another's");
    std::fs::remove_file(&key).unwrap();
    server.renew(&owner()).await.unwrap();
    assert_eq!(shown(&pki, &server).await, first, "no key");

    let (mut ours, mut theirs) = {
        let (ours, theirs) = pair().await;
        let localhost = ServerName::try_from("localhost").unwrap();
        let connecting = foreign_client(&pki, None).connect(localhost, theirs);
        let owner = owner();
        let (connected, accepted) = tokio::join!(connecting, server.shake_hands(ours, &owner));
        (
            accepted.unwrap_or_else(|_| panic!("accepted")).stream,
            connected.unwrap(),
        )
    };
    std::fs::remove_file(&certificate).unwrap();
    pki.issue_named("weir", "renewed.example");
    server.renew(&owner()).await.unwrap();
    assert_eq!(shown(&pki, &server).await.names, ["renewed.example", "localhost"]);
    // The connection from before goes on.
    ours.write_all(b"!").await.unwrap();
    ours.flush().await.unwrap();
    assert_eq!(theirs.read_u8().await.unwrap(), b'!');
}

/// How the certificate of weir stands, and its files have rested for a look.
fn standing(watched: &mut Watched) -> (String, String) {
    drop(watched.look());
    let Standing { ends, refused, .. } = watched.look();
    (ends.unwrap().to_string(), refused.unwrap_or_default())
}

#[test]
fn what_is_valid_gives_way_to_nothing_that_is_not() {
    let pki = Pki::new();
    pki.issue("weir", Flaw::None);
    let settings = ServerSettings::new(
        pki.path("weir.pem"),
        crate::secret::SecretPlace::File(pki.path("weir.key")),
    );
    let mut watched = Watched::new(owner(), Section::Server(settings.clone())).unwrap();
    let check = |watched: &mut Watched, ends: &str, why: &str| {
        let (found, refused) = standing(watched);
        assert!(
            found.starts_with(ends) && refused.contains(why),
            "{found} {refused}"
        );
        assert_eq!(refused.is_empty(), why.is_empty(), "{refused}");
    };
    check(&mut watched, "2124-01-01", "");
    pki.issue("weir", Flaw::Expired);
    check(&mut watched, "2124-01-01", "has expired");
    std::fs::remove_file(pki.path("weir.key")).unwrap();
    check(&mut watched, "2124-01-01", "No such file");
    pki.issue("weir", Flaw::NotYetValid);
    check(&mut watched, "2124-01-01", "is not valid before 2123");
    // It becomes valid, and nobody writes it anew.
    pki.issue_soon("weir");
    while watched.look().begins < Some("2026-01-01T00:00:00Z".parse().unwrap()) {
        std::thread::yield_now();
    }
    check(&mut watched, "2124-01-01", "");
    // Nothing is the worse for what is as bad as what there is.
    let mut watched = Watched::new(owner(), Section::Server(settings.clone())).unwrap();
    pki.issue("weir", Flaw::Expired);
    check(&mut watched, "2025-01-01", "");
    pki.issue("weir", Flaw::NotYetValid);
    check(&mut watched, "2124-01-01", "");
    pki.issue("weir", Flaw::Expired);
    check(&mut watched, "2025-01-01", "");
}

#[test]
fn each_file_counts_whatever_becomes_of_the_others() {
    let pki = Pki::new();
    pki.issue("weir", Flaw::None);
    pki.issue("peer", Flaw::None);
    let written = "{ certificate: weir.pem, key: { file: weir.key }, \
                   clients: { trusted: ca.pem, revoked: [ca.crl, another.crl] } }";
    let mut settings: ServerSettings = serde_yaml::from_str(written).unwrap();
    settings.resolve(&pki.path(""));
    let mut parts = Parts::of_server(&settings);
    assert!(parts.look().is_new);
    let lists = |parts: &Parts| parts.made().unwrap().lists;
    let before = lists(&parts);
    // What is well formed and cannot be used is as bad as what is not.
    pki.write(
        "another.crl",
        "-----BEGIN X509 CRL-----\nbm8gbGlzdA==\n-----END X509 CRL-----\n",
    );
    pki.write("weir.pem", "half a file");
    assert!(!parts.look().is_new);
    pki.revoke("peer");
    let found = parts.look();
    assert!(found.is_new);
    let wrong: Vec<_> = found.wrong.iter().map(|fault| fault.key).collect();
    assert_eq!(wrong, [["certificate"].as_slice(), &["clients", "revoked"]]);
    let after = lists(&parts);
    assert!(before[0] != after[0] && before[1] == after[1]);
    settings.config(parts.made().unwrap()).unwrap();
}

#[tokio::test]
async fn b12_plain_text_is_answered_with_an_alert_and_closed() {
    let pki = Pki::new();
    pki.issue("weir", Flaw::None);
    let server = server(&pki, "");
    for plain in [
        b"\x0BMSH|^~\\&|SECRET\r\x1C\r".as_slice(),
        b"GET / HTTP/1.1\r\n\r\n",
    ] {
        let (ours, mut theirs) = pair().await;
        theirs.write_all(plain).await.unwrap();
        theirs.shutdown().await.unwrap();
        let peer = theirs.local_addr().unwrap();
        let mut told = Vec::new();
        let owner = owner();
        let (accepted, read) = tokio::join!(server.accept(ours, peer, &owner), theirs.read_to_end(&mut told));
        assert!(accepted.is_none());
        read.unwrap();
        // A record of the type "alert", level "fatal".
        assert_eq!((told.len(), told[0], told[5]), (7, 21, 2), "{told:?}");
    }
}

#[tokio::test]
async fn a_slow_handshake_ends_and_holds_up_nobody() {
    let pki = Pki::new();
    pki.issue("weir", Flaw::None);
    let hasty = server(&pki, "handshake_timeout: 50ms");
    let patient = server(&pki, "");
    let (ours, _silent) = pair().await;
    let Err(Refused { failure, .. }) = hasty.shake_hands(ours, &owner()).await else {
        panic!("a silent peer was let in");
    };
    assert_eq!(outcome::failed(&failure), "timeout");
    let (waiting, _silent) = pair().await;
    let at_the_door = owner();
    let stalled = patient.shake_hands(waiting, &at_the_door);
    tokio::select! {
        _ = stalled => panic!("a silent peer was let in"),
        _ = shown(&pki, &patient) => {}
    }
}

#[test]
fn versions_suites_and_resumption() {
    let pki = Pki::new();
    pki.issue("weir", Flaw::None);
    let mut settings: ServerSettings =
        serde_yaml::from_str("{ certificate: weir.pem, key: { file: weir.key } }").unwrap();
    settings.resolve(&pki.path(""));
    let config = config(&settings).unwrap().rustls;
    assert_eq!(config.max_early_data_size, 0);
    assert_eq!(config.send_tls13_tickets, 0);
    for (written, fits) in [
        ("1.2", true),
        ("1.3", true),
        ("1.1", false),
        ("1.0", false),
        ("SSLv3", false),
    ] {
        let read = serde_yaml::from_str::<ClientSettings>(&format!("{{ minimum_version: '{written}' }}"));
        assert_eq!(read.is_ok(), fits, "{written}");
    }
    for suite in ring::default_provider().cipher_suites {
        let name = format!("{:?}", suite.suite());
        let is_sealed = name.contains("GCM") || name.contains("POLY1305");
        assert!(
            is_sealed && (name.contains("ECDHE") || name.starts_with("TLS13")),
            "{name}"
        );
    }
}

/// What is made of the files of these settings, and their certificate be valid now.
fn config(settings: &ServerSettings) -> Result<Config, FileError> {
    let mut parts = Parts::of_server(settings);
    parts.look();
    let made = parts.made()?;
    parts.identity().unwrap().in_time(crate::clock::now())?;
    settings.config(made)
}

/// These settings of a server have a fault at this key, told in these words.
fn fault_is(pki: &Pki, written: &str, key: &[&str], told: &str) {
    let mut settings: ServerSettings = serde_yaml::from_str(&format!("{{ {written} }}")).unwrap();
    settings.resolve(&pki.path(""));
    let fault = config(&settings).map(drop).unwrap_err();
    assert_eq!(fault.key, key, "{written}: {fault}");
    assert!(fault.message.contains(told), "{written}: {fault}");
    assert!(!fault.message.contains("hunter2"), "{fault}");
}

#[test]
fn what_is_missing_or_wrong_names_its_setting() {
    let pki = Pki::new();
    for name in ["weir", "other"] {
        pki.issue(name, Flaw::None);
    }
    pki.issue("old", Flaw::Expired);
    pki.issue("early", Flaw::NotYetValid);
    pki.write("nothing.pem", "");
    pki.write(
        "open.key",
        &std::fs::read_to_string(pki.path("weir.key")).unwrap(),
    );
    pki.write_key("no.key", "hunter2");
    let check = |written: &str, key: &[&str], told: &str| fault_is(&pki, written, key, told);
    check(
        "certificate: gone.pem, key: { file: weir.key }",
        &["certificate"],
        "No such file",
    );
    check(
        "certificate: nothing.pem, key: { file: weir.key }",
        &["certificate"],
        "BEGIN CERTIFICATE",
    );
    check(
        "certificate: weir.key, key: { file: weir.key }",
        &["certificate"],
        "BEGIN CERTIFICATE",
    );
    check(
        "certificate: old.pem, key: { file: old.key }",
        &["certificate"],
        "has expired, at 2025-01-01",
    );
    check(
        "certificate: early.pem, key: { file: early.key }",
        &["certificate"],
        "not valid before 2123-01-01",
    );
    check(
        "certificate: weir.pem, key: { file: other.key }",
        &["key"],
        "is not that of",
    );
    check(
        "certificate: weir.pem, key: { file: open.key }",
        &["key"],
        "chmod 600",
    );
    check(
        "certificate: weir.pem, key: { file: no.key }",
        &["key"],
        "BEGIN PRIVATE KEY",
    );
    let half: ClientSettings = serde_yaml::from_str("{ certificate: weir.pem }").unwrap();
    let mut parts = Parts::of_client(&half);
    parts.look();
    let faults: Vec<_> = parts.faults().map(|fault| fault.key).collect();
    assert_eq!(faults, [["certificate"]]);
}

#[test]
fn what_is_wrong_with_those_who_may_connect_names_its_setting() {
    let pki = Pki::new();
    pki.issue("weir", Flaw::None);
    let check = |written: &str, key: &[&str], told: &str| fault_is(&pki, written, key, told);
    let whole = "certificate: weir.pem, key: { file: weir.key }";
    let clients = |more: &str| format!("{whole}, clients: {{ {more} }}");
    check(
        &clients("trusted: gone.pem"),
        &["clients", "trusted"],
        "No such file",
    );
    check(
        &clients("trusted: []"),
        &["clients", "trusted"],
        "nobody is trusted",
    );
    check(
        &clients("trusted: ca.pem, revoked: weir.pem"),
        &["clients", "revoked"],
        "BEGIN X509 CRL",
    );
}

#[test]
fn names_of_one_kind_do_not_pass_for_another() {
    let pki = Pki::new();
    pki.issue("lab.example", Flaw::None);
    let read = CertificateDer::from_pem_file(pki.path("lab.example.pem")).unwrap();
    let certificate = Certificate::read(&read).unwrap();
    for (name, is_its) in [
        ("lab.example", true),
        ("LAB.example", true),
        ("127.0.0.1", true),
        ("O=Test,CN=lab.example", true),
        ("CN=lab.example", false),
        ("example", false),
        ("", false),
    ] {
        assert_eq!(certificate.has_name(name), is_its, "{name}");
    }
    assert!(Certificate::read(b"no certificate").is_none());
}

#[test]
fn what_is_this_machine_needs_no_secrecy() {
    for (host, is_here) in [
        ("localhost", true),
        ("127.0.0.1", true),
        ("127.3.2.1", true),
        ("[::1]", true),
        ("::ffff:127.0.0.1", true),
        ("0.0.0.0", false),
        ("10.0.0.1", false),
        ("localhost.example", false),
        ("", false),
    ] {
        assert_eq!(is_this_machine(host), is_here, "{host}");
    }
}
