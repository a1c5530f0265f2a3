//! HL7 over HTTP through the real binary.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;

use crate::harness::{Sender, Site, adt, field};

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
