//! HL7 over HTTP through the real binary.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;

use crate::harness::{Engine, PATIENCE, Receiver, Sender, Site, adt, field};

/// A receiver that answers one request after another by this script: status line and headers, and MSA-1 if any.
fn receiver(script: Vec<(&'static str, Option<&'static str>)>) -> (SocketAddr, JoinHandle<Vec<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let mut bodies = Vec::new();
        for (head, code) in script {
            let (mut stream, _) = listener.accept().unwrap();
            let body = read_request(&mut stream);
            let id = field(&body, "MSH", 10);
            let answer = code
                .map(|code| format!("MSH|^~\\&|R\rMSA|{code}|{id}\r"))
                .unwrap_or_default();
            let length = answer.len();
            write!(
                stream,
                "HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{answer}"
            )
            .unwrap();
            bodies.push(body);
        }
        bodies
    });
    (address, thread)
}

fn read_request(stream: &mut impl Read) -> Vec<u8> {
    let (mut read, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut chunk).unwrap();
        assert_ne!(count, 0, "closed");
        read.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&read).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .unwrap();
        if body.len() == length.parse::<usize>().unwrap() {
            return body.as_bytes().to_vec();
        }
    }
}

#[test]
fn statuses_and_acknowledgments_decide_what_becomes_of_a_message() {
    let (address, receiver) = receiver(vec![
        ("503 Busy\r\nretry-after: 0", None),
        ("500 Error", Some("AE")),
        ("200 OK", Some("AA")),
        ("400 Bad Request", None),
        ("200 OK", Some("AA")),
    ]);
    let site = Site::new(&format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\" }} }}\n\
         destinations:\n  ehr: {{ http: {{ url: \"http://{address}/hl7\" }}, retry: {{ first: 10ms, longest: 10ms }} }}\n\
         routes:\n  all: {{ from: in, to: ehr }}\n"
    ));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for id in ["ONE", "TWO", "THREE"] {
        assert_eq!(field(&sender.exchange(&adt(id)).unwrap(), "MSA", 1), "AA");
    }
    engine.wait_for_metric(r#"weir_deliveries_delivered_total{destination="ehr"}"#, 2.0);
    engine.wait_for_metric(r#"weir_deliveries_dead_lettered_total{destination="ehr"}"#, 1.0);
    engine.wait_for_metric(
        r#"weir_delivery_attempts_total{destination="ehr",outcome="busy"}"#,
        1.0,
    );
    let bodies = receiver.join().unwrap();
    let ids: Vec<_> = bodies.iter().map(|body| field(body, "MSH", 10)).collect();
    assert_eq!(ids, ["ONE", "ONE", "ONE", "TWO", "THREE"]);
    assert_eq!(bodies[0], adt("ONE"));
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn one_weir_sends_to_another_whatever_acknowledgments_the_message_asks_for() {
    let receiver = Receiver::accepting();
    let (_other, other) = listening(&receiver, "acknowledgment: auto");
    let address = other.listener("in");
    let site = Site::new(&format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\", acknowledgment: original }} }}\n\
         destinations:\n  other: {{ http: {{ url: \"http://{address}/hl7\" }} }}\n\
         routes:\n  all: {{ from: in, to: other }}\n"
    ));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for asked in ["|", "AL|AL", "AL|NE", "NE|AL", "NE|NE", "ER|ER"] {
        let message = String::from_utf8(adt(&asked.replace('|', "-"))).unwrap();
        let message = message.replacen("|2.5.1\r", &format!("|2.5.1|||{asked}\r"), 1);
        let answer = sender.exchange(message.as_bytes()).unwrap();
        assert_eq!(field(&answer, "MSA", 1), "AA", "{asked}");
    }
    engine.wait_for_metric(r#"weir_deliveries_delivered_total{destination="other"}"#, 6.0);
    receiver.wait_for(6);
    assert_eq!(
        receiver.control_ids(),
        ["-", "AL-AL", "AL-NE", "NE-AL", "NE-NE", "ER-ER"]
    );
    let ambiguous = engine.metric(r#"weir_deliveries_ambiguous_total{destination="other"}"#);
    assert!(ambiguous.abs() < f64::EPSILON, "{ambiguous}");
    assert_eq!(engine.terminate(), 0);
    assert_eq!(other.terminate(), 0);
}

/// A site with an HTTP listener that sends to this receiver.
fn listening(receiver: &Receiver, more: &str) -> (Site, Engine) {
    let address = receiver.address();
    let site = Site::new(&format!(
        "listeners:\n  in: {{ http: {{ bind: \"127.0.0.1:0\", path: /hl7, {more} }}, permit: {{ messages: ADT }} }}\n\
         destinations:\n  ehr: {{ mllp: {{ address: \"{address}\", terminators: preserve }} }}\n\
         routes:\n  all: {{ from: in, to: ehr }}\n"
    ));
    let engine = site.start();
    (site, engine)
}

fn connect(engine: &Engine) -> TcpStream {
    let stream = TcpStream::connect(engine.listener("in")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Reads one response: its status, headers and body. A connection that is closed first gives status 0.
fn response(stream: &mut TcpStream) -> (u16, String, Vec<u8>) {
    let (mut read, mut byte) = (Vec::new(), [0]);
    while !read.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).unwrap_or(0) == 0 {
            return (0, String::new(), Vec::new());
        }
        read.extend(byte);
    }
    let head = String::from_utf8(read).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).unwrap();
    (head[9..12].parse().unwrap(), head, body)
}

fn request(method: &str, path: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: weir\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

const ER7: &str = "x-application/hl7-v2+er7; charset=utf-8";

#[test]
fn what_is_posted_is_answered_with_its_acknowledgment_and_delivered_in_order() {
    let receiver = Receiver::accepting();
    let (_site, engine) = listening(&receiver, "");
    let mut stream = connect(&engine);
    let ids: Vec<String> = (0..20).map(|number| format!("P{number:02}")).collect();
    for id in &ids {
        stream.write_all(&request("POST", "/hl7", ER7, &adt(id))).unwrap();
        let (status, head, body) = response(&mut stream);
        assert_eq!(status, 200);
        assert!(
            head.contains("content-type: x-application/hl7-v2+er7\r\n"),
            "{head}"
        );
        assert_eq!(
            (field(&body, "MSA", 1), field(&body, "MSA", 2)),
            ("AA".to_owned(), id.clone())
        );
    }
    let messages = receiver.wait_for(ids.len());
    assert_eq!(receiver.control_ids(), ids);
    assert_eq!(messages[0], adt("P00"));
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn what_is_posted_in_a_frame_is_delivered() {
    let receiver = Receiver::accepting();
    let (_site, engine) = listening(&receiver, "");
    let mut stream = connect(&engine);
    let marks: [(&str, &[u8], &[u8]); 3] = [
        ("BOTH", b"\x0B", b"\x1C\r"),
        ("START", b"\x0B", b""),
        ("END", b"", b"\x1C\r"),
    ];
    for (id, start, end) in marks {
        let body = [start, &adt(id), end].concat();
        stream.write_all(&request("POST", "/hl7", ER7, &body)).unwrap();
        let (status, _, body) = response(&mut stream);
        assert_eq!((status, field(&body, "MSA", 1).as_str()), (200, "AA"), "{id}");
    }
    assert_eq!(receiver.wait_for(3), ["BOTH", "START", "END"].map(adt));
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_sender_that_closes_its_side_is_answered() {
    let receiver = Receiver::accepting();
    let (_site, engine) = listening(&receiver, "");
    let mut stream = connect(&engine);
    stream
        .write_all(&request("POST", "/hl7", ER7, &adt("HALF")))
        .unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let (status, _, body) = response(&mut stream);
    assert_eq!((status, field(&body, "MSA", 1).as_str()), (200, "AA"));
    receiver.wait_for(1);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn an_answer_that_came_in_a_frame_goes_back_without_it() {
    let ehr = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = ehr.local_addr().unwrap();
    let receiver = std::thread::spawn(move || {
        let (mut stream, _) = ehr.accept().unwrap();
        read_request(&mut stream);
        let answer = "\u{b}MSH|^~\\&|R\rMSA|AA|ONE\r\u{1c}\r";
        let length = answer.len();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{answer}"
        )
        .unwrap();
    });
    let site = Site::new(&format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\" }} }}\n\
         destinations:\n  ehr: {{ http: {{ url: \"http://{address}/\" }} }}\n\
         routes:\n  all: {{ from: in, to: ehr, reply: from ehr }}\n"
    ));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    let reply = sender.exchange(&adt("ONE")).expect("an answer");
    assert_eq!(reply, b"MSH|^~\\&|R\rMSA|AA|ONE\r");
    receiver.join().unwrap();
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_post_is_answered_when_all_is_known_of_its_message() {
    let receiver = Receiver::accepting();
    let address = receiver.address();
    let site = Site::new(&format!(
        "listeners:\n  in: {{ http: {{ bind: \"127.0.0.1:0\", acknowledgment: auto }} }}\n\
         destinations:\n  ehr: {{ mllp: {{ address: \"{address}\" }} }}\n\
         routes:\n  all: {{ from: in, to: ehr, reply: from ehr }}\n"
    ));
    let engine = site.start();
    let mut stream = connect(&engine);
    let message = String::from_utf8(adt("BOTH")).unwrap();
    let (header, rest) = message.split_once('\r').unwrap();
    let header: Vec<&str> = header.split('|').take(12).collect();
    let message = format!("{}|||AL|AL\r{rest}", header.join("|"));
    stream
        .write_all(&request("POST", "/", ER7, message.as_bytes()))
        .unwrap();
    let (status, _, body) = response(&mut stream);
    let body = String::from_utf8(body).unwrap();
    let codes: Vec<&str> = body.split("MSA|").skip(1).map(|rest| &rest[..2]).collect();
    assert_eq!((status, codes), (200, vec!["CA", "AA"]));
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn what_is_no_message_for_this_listener_has_a_status_of_its_own() {
    let receiver = Receiver::accepting();
    let (_site, engine) = listening(&receiver, "frame_bytes_max: 8KiB");
    let other = String::from_utf8(adt("O"))
        .unwrap()
        .replace("ADT^A01", "ORU^R01")
        .into_bytes();
    let control = String::from_utf8(adt("C"))
        .unwrap()
        .replace("ANNA", "A\u{1}")
        .into_bytes();
    let long = [adt("L"), vec![b'x'; 9000]].concat();
    #[rustfmt::skip]
    let rows = [
        ("POST", "/hl7",  ER7,                &other[..],        400, "AR"),
        ("POST", "/hl7",  ER7,                b"PID|1||SECRET",  400, "AR"),
        ("POST", "/hl7",  ER7,                b"",               400, "AR"),
        ("POST", "/hl7",  ER7,                &control[..],      500, "AE"),
        ("POST", "/hl7",  ER7,                &long[..],         413, "AR"),
        ("POST", "/hl7",  "application/json", b"{}",             415, ""),
        ("GET",  "/hl7",  ER7,                b"",               405, ""),
        ("POST", "/",     ER7,                &other[..],        404, ""),
        ("POST", "/hl7/", ER7,                &other[..],        404, ""),
    ];
    for (method, path, content_type, body, status, code) in rows {
        let mut stream = connect(&engine);
        // What is too large is answered before it is read to its end.
        drop(stream.write_all(&request(method, path, content_type, body)));
        let (answered, head, answer) = response(&mut stream);
        assert_eq!(
            (answered, field(&answer, "MSA", 1).as_str()),
            (status, code),
            "{method} {path}: {head}"
        );
        assert!(!answer.windows(6).any(|bytes| bytes == b"SECRET"));
        assert_eq!(head.contains("allow: POST"), status == 405);
    }
    // Foreign protocols and broken requests get no message in, and do not disturb those that follow.
    for foreign in [
        b"\x0BMSH|^~\\&|\x1C\r".as_slice(),
        b"\x16\x03\x01\x02\x00",
        b"POST /hl7 HTTP/9.9\r\n\r\n",
    ] {
        let mut stream = connect(&engine);
        stream.write_all(foreign).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let (status, ..) = response(&mut stream);
        assert!(matches!(status, 0 | 400 | 505), "{status}");
    }
    let mut stream = connect(&engine);
    stream
        .write_all(&request("POST", "/hl7", ER7, &adt("GOOD")))
        .unwrap();
    assert_eq!(response(&mut stream).0, 200);
    receiver.wait_for(1);
    assert_eq!(receiver.control_ids(), ["GOOD"]);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn slow_and_too_many_senders_are_bounded() {
    let receiver = Receiver::accepting();
    let limits = "frame_deadline: 300ms, connections_per_address_max: 3";
    let (_site, engine) = listening(&receiver, limits);
    // Headers that never end, a message that never ends, and nothing at all.
    let mut slow_headers = connect(&engine);
    slow_headers.write_all(b"POST /hl7 HTTP/1.1\r\nhost: w").unwrap();
    let mut slow_body = connect(&engine);
    let whole = request("POST", "/hl7", ER7, &adt("SLOW"));
    slow_body.write_all(&whole[..whole.len() - 10]).unwrap();
    let mut silent = connect(&engine);
    engine.wait_for_metric(r#"weir_listener_connections{listener="in"}"#, 3.0);
    let mut refused = connect(&engine);
    assert_eq!(response(&mut refused).0, 0, "one too many from one address (B62)");
    engine.wait_for_metric(
        r#"weir_listener_refused_connections_total{listener="in",kind="connections_per_address_max"}"#,
        1.0,
    );
    assert!(matches!(response(&mut slow_headers).0, 0 | 408));
    assert_eq!(response(&mut slow_body).0, 408);
    assert_eq!(response(&mut silent).0, 0);
    engine.wait_for_metric(r#"weir_listener_connections{listener="in"}"#, 0.0);
    let mut stream = connect(&engine);
    stream
        .write_all(&request("POST", "/hl7", ER7, &adt("GOOD")))
        .unwrap();
    assert_eq!(response(&mut stream).0, 200);
    receiver.wait_for(1);
    assert_eq!(receiver.control_ids(), ["GOOD"]);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_sender_that_reads_no_answer_is_given_up() {
    let receiver = Receiver::accepting();
    let (_site, engine) = listening(&receiver, "write_timeout: 100ms");
    let mut deaf = connect(&engine);
    deaf.set_write_timeout(Some(PATIENCE)).unwrap();
    // One that is answered and not kept.
    let message = String::from_utf8(adt("ONE")).unwrap().replace("ADT^", "ORU^");
    let asked = request("POST", "/hl7", ER7, message.as_bytes());
    let given_up = loop {
        if let Err(given_up) = deaf.write_all(&asked) {
            break given_up;
        }
    };
    assert!(
        matches!(
            given_up.kind(),
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
        ),
        "{given_up}"
    );
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn one_weir_delivers_to_another_over_http() {
    let receiver = Receiver::accepting();
    let (_second_site, second) = listening(&receiver, "");
    let next = second.listener("in");
    let site = Site::new(&format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\" }} }}\n\
         destinations:\n  next: {{ http: {{ url: \"http://{next}/hl7\", terminators: preserve }} }}\n\
         routes:\n  all: {{ from: in, to: next }}\n"
    ));
    let first = site.start();
    let mut sender = Sender::connect(first.listener("in"));
    for id in ["A", "B", "C"] {
        assert_eq!(field(&sender.exchange(&adt(id)).unwrap(), "MSA", 1), "AA");
    }
    assert_eq!(receiver.wait_for(3), [adt("A"), adt("B"), adt("C")]);
    assert_eq!((first.terminate(), second.terminate()), (0, 0));
}
