//! Traces for a collector of OpenTelemetry: the whole way of a message arrives as one trace, over a kill, without its
//! content; and a collector that is away is in nobody's way.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

use crate::harness::{Answer, PATIENCE, Receiver, Sender, Site, adt, read_request, wait_until};

/// A collector: the bodies it got.
struct Collector {
    address: SocketAddr,
    got: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Collector {
    /// One that takes everything; or that closes each connection as soon as it is made.
    fn start(is_away: bool) -> Collector {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let got = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let into = Arc::clone(&got);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok).filter(|_| !is_away) {
                // A weir that is killed breaks off in the middle.
                into.lock().unwrap().extend(take(stream));
            }
        });
        Collector { address, got }
    }

    fn spans(&self) -> Vec<Span> {
        let got = self.got.lock().unwrap();
        got.iter()
            .map(|body| ExportTraceServiceRequest::decode(body.as_slice()).unwrap())
            .flat_map(|request| request.resource_spans)
            .flat_map(|of_resource| of_resource.scope_spans)
            .flat_map(|of_scope| of_scope.spans)
            .collect()
    }

    fn has(&self, name: &str) -> bool {
        self.spans().iter().any(|span| span.name == name)
    }

    fn site(&self, receiver: &Receiver) -> Site {
        let yaml = Site::forwarding_yaml(&[("ehr", receiver.address())]);
        let traces = format!("  traces: {{ url: \"http://{}/v1/traces\" }}\n", self.address);
        Site::new(&format!("{traces}{yaml}"))
    }
}

/// The body of one request, which is answered.
fn take(mut stream: TcpStream) -> Option<Vec<u8>> {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let (head, body) = read_request(&stream)?;
    assert!(head.starts_with("POST /v1/traces "), "{head}");
    assert!(head.contains("content-type: application/x-protobuf"), "{head}");
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    stream.write_all(answer).ok()?;
    Some(body)
}

#[test]
fn the_way_of_a_message_is_one_trace_over_a_kill_and_without_its_content() {
    let is_well = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&is_well);
    let receiver = Receiver::scripted(move |_, _| {
        if asked.load(Ordering::SeqCst) {
            Answer::Code("AA")
        } else {
            Answer::Close
        }
    });
    let collector = Collector::start(false);
    let site = collector.site(&receiver);
    let engine = site.start();
    Sender::connect(engine.listener("in"))
        .exchange(&adt("CANARY1"))
        .unwrap();
    wait_until(|| collector.has("receive") && collector.has("deliver"));
    engine.kill();
    is_well.store(true, Ordering::SeqCst);
    let engine = site.start();
    wait_until(|| collector.has("settle"));
    assert_eq!(engine.terminate(), 0);

    let spans = collector.spans();
    let root = spans.iter().find(|span| span.name == "receive").unwrap();
    assert!(root.parent_span_id.is_empty());
    for span in &spans {
        assert_eq!(span.trace_id, root.trace_id, "{span:?}");
        if span.name != "receive" {
            assert_eq!(span.parent_span_id, root.span_id, "{span:?}");
        }
    }
    let attempts = || spans.iter().filter(|span| span.name == "deliver");
    assert!(attempts().any(|span| span.status.is_some()), "one has failed");
    assert!(attempts().any(|span| span.status.is_none()), "one has not");
    let bodies = collector.got.lock().unwrap().concat();
    let text = String::from_utf8_lossy(&bodies);
    assert!(text.contains("ehr"));
    for content in ["CANARY1", "TESTPATIENT", "100234"] {
        assert!(!text.contains(content), "{content} has left");
    }
}

#[test]
fn a_collector_that_is_away_is_in_nobodys_way() {
    const MESSAGES: u32 = 5;
    let (receiver, collector) = (Receiver::accepting(), Collector::start(true));
    let site = collector.site(&receiver);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for number in 0..MESSAGES {
        sender.exchange(&adt(&format!("M{number}"))).unwrap();
    }
    engine.wait_for_metric(
        "weir_deliveries_delivered_total{destination=\"ehr\"}",
        f64::from(MESSAGES),
    );
    // Of each message what was received, tried and settled.
    engine.wait_for_metric("weir_archive_notes_total", f64::from(3 * MESSAGES));
    engine.wait_for_metric(
        "weir_trace_spans_total{outcome=\"dropped\"}",
        f64::from(3 * MESSAGES),
    );
    assert_eq!(engine.terminate(), 0);
    let log = site.log();
    assert!(log.contains("traces are dropped"), "{log}");
}
