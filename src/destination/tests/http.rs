//! HTTP: what is sent, by which connection, and to whom never.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::join;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::{ack, message, outgoing, word};
use crate::destination::{DeliveryError, Outgoing, http};

async fn receiver(more: &str) -> (TcpListener, http::Client) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let written = format!("{{ url: 'http://localhost:{port}/in?x=1', {more} }}");
    let client = http::Client::new(Arc::from("lab"), serde_yaml::from_str(&written).unwrap());
    (listener, client)
}

/// Reads a request to its end, which is that of the message, and answers it.
async fn answer(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), status: &str, body: &str) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"PID|||1\r") {
        assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0, "closed");
    }
    let length = body.len();
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(answer.as_bytes()).await.unwrap();
    String::from_utf8_lossy(&request).into_owned()
}

#[tokio::test]
async fn a_message_is_posted_as_it_is_with_its_character_set_and_the_headers_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "Bearer hunter2\n").unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let headers = format!(
        "headers: {{ Authorization: {{ file: '{}' }}, X-Site: west }}",
        token.display()
    );
    let (listener, mut client) = receiver(&headers).await;
    let script = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        answer(&mut stream, "200 OK", &ack("AA", "1")).await
    };
    let first = message("1");
    let (result, request) = join!(client.deliver(&first), script);
    assert_eq!(word(&result), "AA");
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert_eq!(body.as_bytes(), first.bytes);
    assert!(
        head.starts_with("POST /in?x=1 HTTP/1.1\r\nhost: localhost:"),
        "{head}"
    );
    for line in [
        "content-type: x-application/hl7-v2+er7; charset=utf-8",
        "authorization: Bearer hunter2",
        "x-site: west",
    ] {
        assert!(head.lines().any(|written| written == line), "{line}: {head}");
    }
    // A new secret counts at once; a lost one is told, and nothing is sent.
    std::fs::remove_file(&token).unwrap();
    let told = word(&client.deliver(&message("2")).await);
    assert!(told.starts_with("unreachable: Authorization: "), "{told}");
}

#[tokio::test]
async fn an_address_that_is_kept_elsewhere_leads_where_it_says_then() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("lab-url");
    let keep = |address: &str| {
        std::fs::write(&kept, address).unwrap();
        std::fs::set_permissions(&kept, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    };
    let written = format!("{{ url: {{ file: '{}' }}, reconnect_after: 1h }}", kept.display());
    let mut client = http::Client::new(Arc::from("lab"), serde_yaml::from_str(&written).unwrap());
    // The connection to the first is still open and fresh when the address changes.
    let mut streams = Vec::new();
    for id in ["1", "2"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        keep(&format!("http://{}/SECRET{id}", listener.local_addr().unwrap()));
        let script = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let request = answer(&mut stream, "200 OK", &ack("AA", id)).await;
            (stream, request)
        };
        let message = message(id);
        let (result, (stream, request)) = join!(client.deliver(&message), script);
        assert_eq!(word(&result), "AA");
        assert!(
            request.starts_with(&format!("POST /SECRET{id} HTTP/1.1")),
            "{request}"
        );
        streams.push(stream);
    }
    // What it has become is judged as the site was.
    for (address, expected) in [
        ("http://lab.example/SECRET", "could be read on the way"),
        ("lab.example/SECRET", "expected an address"),
    ] {
        keep(address);
        let told = word(&client.deliver(&message("3")).await);
        assert!(
            told.starts_with("unreachable: url: ") && told.contains(expected) && !told.contains("SECRET"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (listener, mut client) = receiver("").await;
    let to = elsewhere.local_addr().unwrap();
    let script = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        answer(&mut stream, &format!("307 Go\r\nlocation: http://{to}/"), "").await;
    };
    let message = message("1");
    let result = tokio::select! {
        (result, ()) = async { join!(client.deliver(&message), script) } => result,
        _ = elsewhere.accept() => panic!("followed"),
    };
    assert!(word(&result).starts_with("unreachable: status 307"), "{result:?}");
}

#[tokio::test]
async fn a_connection_is_kept_while_there_is_no_doubt() {
    let (listener, mut client) = receiver("reconnect_after: 1h").await;
    let (one, two, three) = (message("1"), message("2"), message("3"));
    let script = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        answer(&mut stream, "200 OK", &ack("AA", "1")).await;
        answer(&mut stream, "500 No", &ack("AE", "2")).await;
        answer(&mut stream, "200 OK", &ack("AA", "2")).await;
        let (mut stream, _) = listener.accept().await.unwrap();
        answer(&mut stream, "200 OK", &ack("AA", "3")).await;
    };
    let deliver = async {
        let mut said = Vec::new();
        for outgoing in [&one, &two, &three, &three] {
            said.push(word(&client.deliver(outgoing).await));
        }
        said
    };
    let (said, ()) = join!(deliver, script);
    let wrong_id = "no acknowledgment: MSA-2: expected the control id that was sent";
    assert_eq!(said, ["AA", "refused AE", wrong_id, "AA"]);
}

/// More than sockets hold: who does not read stops its sender.
const LONG_BYTES: usize = 24 << 20;

/// A message that ends as others do.
fn long_message(control_id: &str) -> Outgoing {
    outgoing(&format!(
        "MSH|^~\\&|EHR|WEST|LAB|EAST|20260301||ADT^A01|{control_id}|P|2.5.1\rNTE|||{}\rPID|||1\r",
        "x".repeat(LONG_BYTES)
    ))
}

/// Takes a connection and answers before anything is read.
async fn answer_early(listener: &TcpListener, status: &str, body: &str) -> TcpStream {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut byte = [0];
    stream.read_exact(&mut byte).await.unwrap();
    let length = body.len();
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn a_refusal_before_the_end_of_a_message_counts_and_its_connection_does_not() {
    let (listener, mut client) = receiver("reconnect_after: 1h").await;
    let (one, two) = (long_message("1"), message("2"));
    let script = async {
        let _unread = answer_early(&listener, "400 No", &ack("AR", "1")).await;
        let (mut stream, _) = listener.accept().await.unwrap();
        answer(&mut stream, "200 OK", &ack("AA", "2")).await;
    };
    let deliver = async {
        [
            word(&client.deliver(&one).await),
            word(&client.deliver(&two).await),
        ]
    };
    let both = timeout(Duration::from_secs(60), async { join!(deliver, script) });
    let (said, ()) = both.await.expect("the next message is attempted");
    assert_eq!(said, ["refused AR", "AA"]);
}

#[tokio::test]
async fn what_was_not_read_to_its_end_is_not_delivered() {
    for (more, body) in [
        ("answer_timeout: 300ms", ack("AA", "1")),
        ("answer_timeout: 300ms, acknowledgment: status", String::new()),
    ] {
        let (listener, mut client) = receiver(more).await;
        let message = long_message("1");
        let (result, _unread) = join!(client.deliver(&message), answer_early(&listener, "200 OK", &body));
        let said = word(&result);
        assert!(
            said.starts_with("no acknowledgment: the answer came early"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_receiver_may_answer_first_and_read_on() {
    let (listener, mut client) = receiver("reconnect_after: 1h").await;
    let (one, two) = (long_message("1"), message("2"));
    let script = async {
        let mut stream = answer_early(&listener, "200 OK", &ack("AA", "1")).await;
        let mut rest = vec![0; LONG_BYTES];
        stream.read_exact(&mut rest).await.unwrap();
        let mut rest = Vec::new();
        while !rest.ends_with(b"PID|||1\r") {
            assert_ne!(stream.read_buf(&mut rest).await.unwrap(), 0, "closed");
        }
        answer(&mut stream, "200 OK", &ack("AA", "2")).await;
    };
    let deliver = async {
        [
            word(&client.deliver(&one).await),
            word(&client.deliver(&two).await),
        ]
    };
    let (said, ()) = join!(deliver, script);
    assert_eq!(said, ["AA", "AA"]);
}

#[tokio::test]
async fn a_receiver_may_close_with_its_answer() {
    let (listener, mut client) = receiver("").await;
    let (one, two) = (long_message("1"), message("2"));
    let script = async {
        for (status, control_id) in [("200 OK\r\nconnection: close", "1"), ("200 OK", "2")] {
            let (mut stream, _) = listener.accept().await.unwrap();
            answer(&mut stream, status, &ack("AA", control_id)).await;
        }
    };
    let deliver = async {
        [
            word(&client.deliver(&one).await),
            word(&client.deliver(&two).await),
        ]
    };
    let (said, ()) = join!(deliver, script);
    assert_eq!(said, ["AA", "AA"]);
}

/// A receiver for one connection with a certificate of its own for this name, and the PEM file of it.
async fn secure_receiver(name: &str) -> (TcpListener, TlsAcceptor, tempfile::NamedTempFile) {
    let certified = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let pem = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&pem, certified.cert.pem()).unwrap();
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (listener, TlsAcceptor::from(Arc::new(config)), pem)
}

#[tokio::test]
async fn a_receiver_is_trusted_by_its_certificate_and_its_name_alone() {
    for (name, is_named, is_right) in [
        ("localhost", true, true),
        ("localhost", false, false),
        ("lab.example", true, false),
    ] {
        let (listener, acceptor, pem) = secure_receiver(name).await;
        let port = listener.local_addr().unwrap().port();
        let (_, _, other_pem) = secure_receiver(name).await;
        let trusted = if is_named { pem.path() } else { other_pem.path() };
        let written = format!(
            "{{ url: 'https://localhost:{port}/', tls: {{ trusted: '{}' }} }}",
            trusted.display()
        );
        let mut client = http::Client::new(Arc::from("lab"), serde_yaml::from_str(&written).unwrap());
        let script = async {
            let (stream, _) = listener.accept().await.unwrap();
            // Fails when the receiver is not trusted.
            if let Ok(mut stream) = acceptor.accept(stream).await {
                answer(&mut stream, "200 OK", &ack("AA", "1")).await;
            }
        };
        let message = message("1");
        let (result, ()) = join!(client.deliver(&message), script);
        assert_eq!(result.is_ok(), is_right, "{name} {is_named}: {result:?}");
        if !is_right {
            assert!(
                matches!(result, Err(DeliveryError::Untrusted { .. })),
                "{result:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_receiver_that_speaks_no_tls_is_given_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let written = format!("{{ url: 'https://localhost:{port}/' }}");
    let mut client = http::Client::new(Arc::from("lab"), serde_yaml::from_str(&written).unwrap());
    let script = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut hello = Vec::new();
        stream.read_buf(&mut hello).await.unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        drop(stream.read_to_end(&mut hello).await);
        hello
    };
    let outgoing = outgoing("MSH|^~\\&|EHR||||20260301||ADT^A01|1|P|2.5.1\rPID|||SECRET\r");
    let (result, received) = join!(client.deliver(&outgoing), script);
    assert!(
        matches!(result, Err(DeliveryError::Unreachable { .. })),
        "{result:?}"
    );
    assert!(!received.windows(6).any(|bytes| bytes == b"SECRET"));
}

#[test]
fn settings_have_defaults_and_refuse_what_is_unsafe() {
    let read = |text: &str| serde_yaml::from_str::<http::Settings>(text);
    let settings = read("url: https://lab.example/hl7").unwrap();
    assert_eq!(settings.acknowledgment, http::Acknowledged::Message);
    assert_eq!(settings.acknowledgment_bytes_max, 1 << 20);
    for (url, address) in [
        ("https://lab.example", "lab.example:443"),
        ("http://lab.example:8080/a/b?c=d", "lab.example:8080"),
        ("https://[::1]/x", "[::1]:443"),
        ("http://10.0.0.1", "10.0.0.1:80"),
    ] {
        let read = read(&format!("url: '{url}'")).unwrap().url.read();
        assert_eq!(read.unwrap().address(), address);
    }
    for wrong in [
        "lab.example/hl7",
        "ftp://lab.example/",
        "https://",
        "/hl7",
        "https://me:hunter2@lab.example/",
        "https://lab.example:0/",
        "https://lab.example/#part",
    ] {
        let told = read(&format!("url: '{wrong}'")).unwrap_err().to_string();
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[test]
fn secrets_and_headers_of_the_connection_stand_in_no_site() {
    let header = |name: &str, text: &str| {
        let text: http::HeaderText = serde_yaml::from_str(text).unwrap();
        text.header(name).map(|(name, _)| name.to_string())
    };
    assert_eq!(header("X-Site", "west"), Ok("x-site".to_owned()));
    assert_eq!(header("X-Number", "7"), Ok("x-number".to_owned()));
    for name in ["Authorization", "X-API-Key", "Cookie", "x-token"] {
        let told = header(name, "hunter2").unwrap_err();
        assert!(
            told.contains("a secret stands in no site") && !told.contains("hunter2"),
            "{told}"
        );
    }
    for name in ["Host", "content-length", "a b", ""] {
        assert!(header(name, "x").is_err(), "{name}");
    }
    assert!(header("X-Site", r#""a\u0001b""#).is_err());
}
