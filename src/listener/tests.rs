//! Real sockets on ports of the system's choice, an intake that the test scripts, and a peer that misbehaves.

#![expect(clippy::async_yields_async, reason = "an intake is a future of a future")]

use std::collections::HashSet;
use std::future::Future;
use std::io::{Read, Write};
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::BytesMut;
use futures_util::FutureExt;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{Barrier, Semaphore};
use tokio::task::{JoinHandle, yield_now};

use super::*;
use crate::mllp::{Decoded, Decoder, FrameLimits, Strictness, encode};

/// A listener that runs, and the switch that stops it.
struct Running {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

fn settings(more: &str) -> Settings {
    Settings::Mllp(serde_yaml::from_str(&format!("{{ bind: '127.0.0.1:0', {more} }}")).unwrap())
}

async fn start_with(more: &str, budget: ReadBudget, intake: Intake) -> Running {
    let bound = bind(&settings(more)).await.unwrap();
    let Entrance::Socket(address) = bound.entrance().unwrap() else {
        panic!("MLLP listens on a socket");
    };
    let (stop, shutdown) = watch::channel(false);
    let task = tokio::spawn(bound.run(Arc::from("in"), intake, budget, shutdown));
    Running { address, stop, task }
}

async fn start(more: &str, intake: Intake) -> Running {
    start_with(more, ReadBudget::new(64 << 20), intake).await
}

impl Running {
    async fn connect(&self) -> Peer {
        Peer::over(TcpStream::connect(self.address).await.unwrap())
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }
}

/// A sender under the test's control.
struct Peer {
    stream: TcpStream,
    decoder: Decoder,
    buffer: BytesMut,
}

impl Peer {
    fn over(stream: TcpStream) -> Peer {
        let decoder = Decoder::new(FrameLimits::default(), Strictness::Strict);
        Peer {
            stream,
            decoder,
            buffer: BytesMut::new(),
        }
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    async fn send_frame(&mut self, content: &str) {
        let mut out = BytesMut::new();
        encode(content.as_bytes(), &mut out).unwrap();
        self.send(&out).await;
    }

    /// The next reply; `None` when the listener closed the connection instead.
    async fn reply(&mut self) -> Option<String> {
        loop {
            match self.decoder.decode(&mut self.buffer).unwrap() {
                Some(Decoded::Frame(Frame::Whole(content))) => {
                    return Some(String::from_utf8(content.to_vec()).unwrap());
                }
                Some(other) => panic!("a listener wrote {other:?}"),
                None => match self.stream.read_buf(&mut self.buffer).await {
                    Ok(0) | Err(_) => return None,
                    Ok(_) => {}
                },
            }
        }
    }

    async fn replies(&mut self) -> Vec<String> {
        let mut replies = Vec::new();
        while let Some(reply) = self.reply().await {
            replies.push(reply);
        }
        replies
    }
}

fn reply(text: String) -> Reply {
    Reply {
        frames: vec![Bytes::from(text)],
        ..Reply::default()
    }
}

fn text_of(incoming: &Incoming) -> String {
    match &incoming.frame {
        Frame::Whole(content) => String::from_utf8_lossy(content).into_owned(),
        Frame::TooLarge { prefix } => format!("{} bytes and more", prefix.len()),
    }
}

/// An intake that takes at once and answers with what the given future makes of the text.
fn intake<F>(answer: impl Fn(String) -> F + Send + Sync + 'static) -> Intake
where
    F: Future<Output = Reply> + Send + 'static,
{
    Arc::new(move |incoming| {
        let answer = answer(text_of(&incoming));
        async move { answer.boxed() }.boxed()
    })
}

fn echo() -> Intake {
    intake(|text| async move { reply(format!("ack {text}")) })
}

/// Runs the test on one thread, and returns the metrics it left behind.
fn metrics_of(test: impl Future<Output = ()>) -> String {
    let recorder = PrometheusBuilder::new().build_recorder();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    metrics::with_local_recorder(&recorder, || runtime.block_on(test));
    recorder.handle().render()
}

/// What goes in over one connection, what comes back until it closes, and a metric that tells of it.
fn check(more: &str, sent: &[u8], expected: &[&str], metric: &str) {
    let rendered = metrics_of(async {
        let running = start(more, echo()).await;
        let mut peer = running.connect().await;
        peer.send(sent).await;
        peer.stream.shutdown().await.unwrap();
        assert_eq!(peer.replies().await, expected);
        running.stop().await;
    });
    assert!(rendered.contains(metric), "expected {metric} in\n{rendered}");
}

#[test]
fn settings_have_defaults_and_know_their_fields() {
    let Settings::Mllp(settings) = settings("frame_deadline: 5s") else {
        panic!("MLLP was asked for");
    };
    assert_eq!(settings.frame_deadline, Duration::from_secs(5));
    assert_eq!(settings.frame_bytes_max, 33_554_432);
    assert_eq!(settings.pipeline_max.get(), 64);
    for wrong in [
        "bnd: '127.0.0.1:0'",
        "frame_deadline: 30",
        "connections_max: 0",
        "framing: loose",
    ] {
        let text = format!("{{ bind: '127.0.0.1:0', {wrong} }}");
        assert!(serde_yaml::from_str::<mllp::Settings>(&text).is_err(), "{wrong}");
    }
    assert!(
        serde_yaml::from_str::<mllp::Settings>("{}").is_err(),
        "bind has no default"
    );
}

#[test]
fn every_frame_is_answered_on_its_connection() {
    let frames = "weir_listener_frames_total{listener=\"in\"} 2";
    check("", b"\x0Bone\x1C\r\x0Btwo\x1C\r", &["ack one", "ack two"], frames);
    check("", b"\x0B\x1C\r\x0B  \x1C\r", &["ack ", "ack   "], frames);
    check(
        "",
        b"\x0Ba\nb\r\n\x1C\r\x0Bc\x1C\r\n",
        &["ack a\nb\r\n", "ack c"],
        frames,
    );
}

#[test]
fn departures_from_the_protocol_are_counted_by_kind() {
    let deviation =
        |kind: &str| format!("weir_listener_deviations_total{{listener=\"in\",kind=\"{kind}\"}} 1");
    let failure = |kind: &str| format!("weir_listener_failures_total{{listener=\"in\",kind=\"{kind}\"}} 1");
    check("", b"junk\x0Bone\x1C\r", &["ack one"], &deviation("junk"));
    check(
        "",
        b"\x0Bone\x1C\x0Btwo\x1C\r",
        &["ack one", "ack two"],
        &deviation("missing_return"),
    );
    check("", b"\x0Bone\x1C\n", &["ack one"], &deviation("missing_return"));
    check(
        "",
        b"\x0Bhal\x0Bone\x1C\r",
        &["ack one"],
        &deviation("interrupted"),
    );
    check(
        "",
        b"\x0B\x06\x1C\r\x0Bone\x1C\r",
        &["ack one"],
        &deviation("commit_block"),
    );
    check("", b"MSH|^~\\&|", &[], &deviation("unframed"));
    check("", b"\x16\x03\x01\x00\xA5", &[], &failure("tls"));
    check("", b"GET / HTTP/1.0\r\n\r\n", &[], &failure("http"));
    check("", b"\x0Bone\x1C\r\x0Btw", &["ack one"], &failure("cut_off"));
    check("", &[b'x'; 5000], &[], &failure("too_much_junk"));
    let strict = "framing: strict";
    check(
        strict,
        b"\x0Bone\x1C\r\x0Btwo\x1C\x0Bthree\x1C\r",
        &["ack one"],
        &failure("missing_return"),
    );
}

#[test]
fn a_health_probe_leaves_no_trace_of_trouble() {
    let rendered = metrics_of(async {
        let running = start("", echo()).await;
        for reset in [false, true] {
            let probe = running.connect().await;
            if reset {
                probe.stream.set_zero_linger().unwrap();
            }
            drop(probe);
        }
        // Connections are accepted in order, so both probes are in when this is answered.
        let mut peer = running.connect().await;
        peer.send_frame("one").await;
        assert_eq!(peer.reply().await.as_deref(), Some("ack one"));
        running.stop().await;
    });
    assert!(
        !rendered.contains("failures") && !rendered.contains("deviations"),
        "{rendered}"
    );
}

#[tokio::test]
async fn a_frame_in_pieces_is_one_frame() {
    let running = start("", echo()).await;
    let mut peer = running.connect().await;
    peer.stream.set_nodelay(true).unwrap();
    for byte in b"\x0Bin pieces\x1C\r" {
        peer.send(&[*byte]).await;
        yield_now().await;
    }
    assert_eq!(peer.reply().await.as_deref(), Some("ack in pieces"));
}

#[tokio::test]
async fn a_pause_after_a_bare_end_completes_the_frame() {
    let running = start("", echo()).await;
    let mut peer = running.connect().await;
    peer.send(b"\x0Bone\x1C").await;
    assert_eq!(peer.reply().await.as_deref(), Some("ack one"));
    peer.send(b"\r\x0Btwo\x1C").await;
    assert_eq!(peer.reply().await.as_deref(), Some("ack two"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_frames_in_one_write_are_taken_and_answered_in_order() {
    let taken = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&taken);
    let intake: Intake = Arc::new(move |incoming| {
        let seen = Arc::clone(&seen);
        async move {
            let text = text_of(&incoming);
            let number: usize = text.parse().unwrap();
            // The later of two may be the quicker, when taken and when answered.
            for _ in 0..(number * 7) % 5 {
                yield_now().await;
            }
            seen.lock().unwrap().push(text.clone());
            async move {
                for _ in 0..(number * 11) % 13 {
                    yield_now().await;
                }
                reply(text)
            }
            .boxed()
        }
        .boxed()
    });
    let running = start("", intake).await;
    let mut peer = running.connect().await;
    let numbers: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
    let mut stream = BytesMut::new();
    for number in &numbers {
        encode(number.as_bytes(), &mut stream).unwrap();
    }
    peer.send(&stream).await;
    peer.stream.shutdown().await.unwrap();
    assert_eq!(peer.replies().await, numbers);
    assert_eq!(*taken.lock().unwrap(), numbers);
}

#[tokio::test]
async fn no_more_is_read_than_may_wait_for_replies() {
    let in_flight = Arc::new(AtomicUsize::new(0));
    let highest = Arc::new(AtomicUsize::new(0));
    let gate = Arc::new(Semaphore::new(0));
    let (count, high, open) = (Arc::clone(&in_flight), Arc::clone(&highest), Arc::clone(&gate));
    let intake = intake(move |text| {
        high.fetch_max(count.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let (count, open) = (Arc::clone(&count), Arc::clone(&open));
        async move {
            open.acquire().await.unwrap().forget();
            count.fetch_sub(1, Ordering::SeqCst);
            reply(text)
        }
    });
    let running = start("pipeline_max: 3", intake).await;
    let mut peer = running.connect().await;
    for number in 0..20 {
        peer.send_frame(&number.to_string()).await;
    }
    while in_flight.load(Ordering::SeqCst) < 3 {
        yield_now().await;
    }
    gate.add_permits(20);
    for number in 0..20 {
        assert_eq!(peer.reply().await, Some(number.to_string()));
    }
    assert_eq!(highest.load(Ordering::SeqCst), 3);
}

#[test]
fn a_sender_that_dawdles_inside_a_frame_is_closed_at_the_deadline() {
    for begun in [
        &b"\x0BMSH|never ends"[..],
        b"MSH|no framing",
        b"\x0Bagain\x0Band again",
        b"\x0B",
    ] {
        let rendered = metrics_of(async {
            let running = start("frame_deadline: 50ms", echo()).await;
            let mut peer = running.connect().await;
            peer.send(begun).await;
            assert_eq!(peer.reply().await, None);
            drop(peer);
            running.stop().await;
        });
        assert!(rendered.contains("kind=\"frame_deadline\"} 1"), "{rendered}");
    }
}

/// A sender on a thread of its own, of which there is always something to read.
struct Flood {
    stream: std::net::TcpStream,
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<bool>,
}

impl Flood {
    fn of(bytes: &'static [u8], address: SocketAddr) -> Flood {
        const SENT_BYTES_MAX: usize = 256 << 20;
        let stream = std::net::TcpStream::connect(address).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let (mut sending, stopped) = (stream.try_clone().unwrap(), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let piece = bytes.repeat((64 << 10) / bytes.len());
            (0..SENT_BYTES_MAX / piece.len())
                .any(|_| stopped.load(Ordering::SeqCst) || sending.write_all(&piece).is_err())
        });
        Flood { stream, stop, thread }
    }

    /// Returns once the listener has closed the connection.
    async fn closed(&self) {
        let mut stream = self.stream.try_clone().unwrap();
        let read = tokio::task::spawn_blocking(move || stream.read(&mut [0])).await;
        assert!(matches!(read.unwrap(), Ok(0) | Err(_)));
    }

    /// Ends it; tells whether it had not run dry before.
    fn stop(self) -> bool {
        self.stop.store(true, Ordering::SeqCst);
        // A write in which the thread waits for the listener ends with this.
        drop(self.stream.shutdown(std::net::Shutdown::Both));
        self.thread.join().unwrap()
    }
}

#[test]
fn a_flood_keeps_no_other_sender_waiting() {
    for (bytes, failure) in [
        (&b"\x0B"[..], Some("kind=\"too_much_junk\"} 1")),
        (b"\x0B\x06\x1C\r", Some("kind=\"too_much_junk\"} 1")),
        (b"\r\n", None),
    ] {
        let rendered = metrics_of(async {
            let running = start("stop_grace: 1ms", echo()).await;
            let flood = Flood::of(bytes, running.address);
            for _ in 0..20 {
                let mut peer = running.connect().await;
                peer.send_frame("one").await;
                assert_eq!(peer.reply().await.as_deref(), Some("ack one"));
            }
            if failure.is_some() {
                flood.closed().await;
            }
            assert!(flood.stop(), "the others were answered only after the flood");
            running.stop().await;
        });
        assert!(rendered.contains(failure.unwrap_or_default()), "{rendered}");
    }
}

#[tokio::test]
async fn a_deadline_is_kept_while_bytes_keep_coming() {
    let running = start("idle_timeout: 50ms", echo()).await;
    let flood = Flood::of(b"\r\n", running.address);
    flood.closed().await;
    assert!(flood.stop(), "closed only after the flood");
}

#[tokio::test]
async fn a_byte_now_and_then_does_not_move_the_deadline() {
    let running = start("frame_deadline: 100ms", echo()).await;
    let mut peer = running.connect().await;
    peer.send(b"\x0B").await;
    let (mut reader, mut writer) = peer.stream.split();
    let mut trickle = tokio::time::interval(Duration::from_millis(10));
    let mut byte = [0];
    loop {
        tokio::select! {
            closed = reader.read(&mut byte) => {
                assert!(matches!(closed, Ok(0) | Err(_)));
                break;
            }
            _ = trickle.tick() => drop(writer.write_all(b"x").await),
        }
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_blank_lines_do_not_keep_it() {
    let running = start("idle_timeout: 50ms", echo()).await;
    let mut peer = running.connect().await;
    peer.send(b"\r\n\r\n").await;
    assert_eq!(peer.reply().await, None);
}

#[tokio::test]
async fn a_frame_over_its_limit_is_answered_while_the_sender_still_sends_and_then_closed() {
    let running = start("frame_bytes_max: 100KiB", echo()).await;
    let mut peer = running.connect().await;
    // More than the system buffers between the two ends: the sender gets rid of it only if it is read.
    let mut endless = vec![b'x'; 24 << 20];
    endless[0] = 0x0B;
    peer.send(&endless).await;
    assert_eq!(peer.reply().await.as_deref(), Some("ack 65536 bytes and more"));
    assert_eq!(peer.reply().await, None);
}

#[test]
fn connections_over_a_cap_are_closed_at_once_and_room_comes_back() {
    for cap in ["connections_max", "connections_per_address_max"] {
        let rendered = metrics_of(async {
            let running = start(&format!("{cap}: 2"), echo()).await;
            let (mut first, mut second) = (running.connect().await, running.connect().await);
            let mut third = running.connect().await;
            assert_eq!(third.reply().await, None);
            for peer in [&mut first, &mut second] {
                peer.send_frame("one").await;
                assert_eq!(peer.reply().await.as_deref(), Some("ack one"));
            }
            drop(first);
            drop(second);
            loop {
                let mut again = running.connect().await;
                let sent = again.stream.write_all(b"\x0Bone\x1C\r").await;
                if sent.is_ok() && again.reply().await.is_some() {
                    break;
                }
            }
            running.stop().await;
        });
        let refused = format!("weir_listener_refused_connections_total{{listener=\"in\",kind=\"{cap}\"}}");
        assert!(rendered.contains(&refused), "{rendered}");
        assert!(
            rendered.contains("weir_listener_connections{listener=\"in\"} 0"),
            "{rendered}"
        );
    }
}

#[tokio::test]
async fn no_reply_takes_the_place_of_one_that_is_missing() {
    let all_taken = Arc::new(Barrier::new(4));
    let running = start(
        "",
        intake(move |text| {
            let all_taken = Arc::clone(&all_taken);
            async move {
                // All replies are ready at the same moment; the second of them is none.
                all_taken.wait().await;
                if text == "unanswered" {
                    Reply {
                        close: true,
                        ..Reply::default()
                    }
                } else {
                    reply(text)
                }
            }
        }),
    )
    .await;
    let mut peer = running.connect().await;
    for text in ["first", "unanswered", "behind", "behind"] {
        peer.send_frame(text).await;
    }
    assert_eq!(peer.replies().await, ["first"]);
    running.stop().await;
}

#[test]
fn a_panic_over_one_message_costs_no_other_its_reply() {
    let outer: Intake = Arc::new(|incoming| {
        async move {
            let text = text_of(&incoming);
            assert_ne!(text, "bad", "a planted panic");
            async move { reply(text) }.boxed()
        }
        .boxed()
    });
    let inner = intake(|text| async move {
        assert_ne!(text, "bad", "a planted panic");
        reply(text)
    });
    let at_once: Intake = Arc::new(|incoming| {
        let text = text_of(&incoming);
        assert_ne!(text, "bad", "a planted panic");
        async move { async move { reply(text) }.boxed() }.boxed()
    });
    for intake in [outer, inner, at_once] {
        let rendered = metrics_of(async {
            let running = start("", intake).await;
            let mut bystander = running.connect().await;
            let mut peer = running.connect().await;
            peer.send_frame("good").await;
            peer.send_frame("bad").await;
            assert_eq!(peer.replies().await, ["good"]);
            bystander.send_frame("good").await;
            assert_eq!(bystander.reply().await.as_deref(), Some("good"));
            drop((peer, bystander));
            running.stop().await;
        });
        assert!(rendered.contains("kind=\"intake_panic\"} 1"), "{rendered}");
    }
}

#[tokio::test]
async fn a_reply_may_close_the_connection_or_be_two_messages_or_none() {
    let intake = intake(|text| async move {
        let frames = match text.as_str() {
            "none" => vec![],
            "two" => vec![Bytes::from("accept"), Bytes::from("application")],
            _ => vec![Bytes::from("bye")],
        };
        Reply {
            close: text == "last",
            frames,
            ..Reply::default()
        }
    });
    let running = start("", intake).await;
    let mut peer = running.connect().await;
    for text in ["none", "two", "last"] {
        peer.send_frame(text).await;
    }
    assert_eq!(peer.replies().await, ["accept", "application", "bye"]);
}

/// Answers `5` with "ack 5", and with "rest 5" when gate 5 opens; `late 5` with nothing before that.
fn in_parts(gates: &Arc<[Semaphore; 6]>) -> Intake {
    let gates = Arc::clone(gates);
    intake(move |text| {
        let gates = Arc::clone(&gates);
        async move {
            let number = text.chars().last().and_then(|digit| digit.to_digit(10)).unwrap() as usize;
            let first = if text.starts_with("late") {
                Reply::default()
            } else {
                reply(format!("ack {text}"))
            };
            let rest = async move {
                gates[number].acquire().await.unwrap().forget();
                reply(format!("rest {text}"))
            };
            Reply {
                rest: Some(rest.boxed()),
                ..first
            }
        }
    })
}

fn gates() -> Arc<[Semaphore; 6]> {
    Arc::new(std::array::from_fn(|_| Semaphore::new(0)))
}

#[tokio::test]
async fn what_follows_a_reply_holds_up_none_and_comes_in_order() {
    let gates = gates();
    let running = start("", in_parts(&gates)).await;
    let mut peer = running.connect().await;
    for text in ["1", "2", "late 3", "4"] {
        peer.send_frame(text).await;
    }
    let check = async |peer: &mut Peer, expected: &str| {
        assert_eq!(peer.reply().await.as_deref(), Some(expected));
    };
    check(&mut peer, "ack 1").await;
    check(&mut peer, "ack 2").await;
    gates[2].add_permits(1);
    gates[1].add_permits(1);
    check(&mut peer, "rest 1").await;
    check(&mut peer, "rest 2").await;
    // What has not begun keeps its place.
    gates[4].add_permits(1);
    gates[3].add_permits(1);
    check(&mut peer, "rest late 3").await;
    check(&mut peer, "ack 4").await;
    check(&mut peer, "rest 4").await;
    // Nothing is lost when the sender is done.
    peer.send_frame("5").await;
    check(&mut peer, "ack 5").await;
    peer.stream.shutdown().await.unwrap();
    gates[5].add_permits(1);
    assert_eq!(peer.replies().await, ["rest 5"]);
    running.stop().await;
}

#[tokio::test]
async fn who_waits_for_the_rest_of_a_reply_counts_among_those_who_wait() {
    let gates = gates();
    let running = start("pipeline_max: 2", in_parts(&gates)).await;
    let mut peer = running.connect().await;
    for text in ["1", "2", "3"] {
        peer.send_frame(text).await;
    }
    for expected in ["ack 1", "ack 2"] {
        assert_eq!(peer.reply().await.as_deref(), Some(expected));
    }
    let next = tokio::time::timeout(Duration::from_millis(50), peer.reply());
    assert!(next.await.is_err(), "the third is not read");
    gates[1].add_permits(1);
    for expected in ["rest 1", "ack 3"] {
        assert_eq!(peer.reply().await.as_deref(), Some(expected));
    }
    running.stop().await;
}

#[tokio::test]
async fn where_one_answer_fits_it_is_the_whole_reply() {
    let gates = gates();
    let taken = guard_intake(
        &in_parts(&gates),
        Incoming {
            frame: Frame::Whole(Bytes::from_static(b"1")),
            is_file: false,
            certificate: None,
            peer: None,
        },
    );
    gates[1].add_permits(1);
    let whole = guard_reply(taken.await.unwrap()).await.unwrap();
    assert_eq!(whole.frames, ["ack 1", "rest 1"]);
}

/// Takes nothing, and answers only those that say so.
fn unavailable() -> Intake {
    intake(|text| async move {
        Reply {
            frames: text
                .starts_with("told")
                .then(|| Bytes::from(text))
                .into_iter()
                .collect(),
            ruling: Ruling::Unavailable,
            ..Reply::default()
        }
    })
}

#[tokio::test]
async fn whose_message_is_not_stored_and_who_gets_no_answer_sees_the_connection_closed() {
    let running = start("", unavailable()).await;
    let mut peer = running.connect().await;
    for text in ["told 1", "told 2", "untold", "told 3"] {
        peer.send_frame(text).await;
    }
    for expected in [Some("told 1"), Some("told 2"), None] {
        assert_eq!(peer.reply().await.as_deref(), expected);
    }
    running.stop().await;
}

#[tokio::test]
async fn in_release_2_a_commit_block_says_that_a_message_is_not_stored() {
    let running = start("release: 2", unavailable()).await;
    let mut peer = running.connect().await;
    for _ in 0..2 {
        peer.send_frame("untold").await;
        let mut block = [0; 4];
        peer.stream.read_exact(&mut block).await.unwrap();
        assert_eq!(&block, b"\x0B\x15\x1C\r");
    }
    running.stop().await;
}

#[tokio::test]
async fn a_reply_that_cannot_be_framed_closes_the_connection() {
    let running = start("", intake(|_| async { reply("\x0B".to_owned()) })).await;
    let mut peer = running.connect().await;
    peer.send_frame("one").await;
    assert_eq!(peer.reply().await, None);
}

/// What the intake waits for may already have been given to the message that waits longest.
#[tokio::test]
async fn a_peer_that_reads_no_replies_keeps_no_room_from_the_others() {
    const REPLY_BYTES: usize = 24 << 20;
    let (room, waiting) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
    let gate = Arc::new(Semaphore::new(0));
    let (shared, count, open) = (Arc::clone(&room), Arc::clone(&waiting), Arc::clone(&gate));
    let intake: Intake = Arc::new(move |incoming| {
        let (room, waiting, gate) = (Arc::clone(&shared), Arc::clone(&count), Arc::clone(&open));
        async move {
            let text = text_of(&incoming);
            if text == "large reply" {
                return async move {
                    gate.acquire().await.unwrap().forget();
                    reply("x".repeat(REPLY_BYTES))
                }
                .boxed();
            }
            waiting.fetch_add(1, Ordering::SeqCst);
            drop(room.acquire().await.unwrap());
            async move { reply(text) }.boxed()
        }
        .boxed()
    });
    let running = start("write_timeout: 1h, stop_grace: 1ms", intake).await;
    let mut slow = running.connect().await;
    slow.send_frame("large reply").await;
    slow.send_frame("waits for room").await;
    while waiting.load(Ordering::SeqCst) < 1 {
        yield_now().await;
    }
    gate.add_permits(1);
    // More than the system buffers is on its way now, and will not be read.
    slow.stream.readable().await.unwrap();
    room.add_permits(1);
    let mut other = running.connect().await;
    other.send_frame("next").await;
    let answered = tokio::time::timeout(Duration::from_secs(20), other.reply()).await;
    assert_eq!(
        answered.unwrap().as_deref(),
        Some("next"),
        "within any time at all"
    );
    running.stop().await;
}

#[tokio::test]
async fn a_sender_reset_before_its_reply_has_been_taken_once() {
    let taken = Arc::new(AtomicUsize::new(0));
    let answered = Arc::new(Semaphore::new(0));
    let (count, gate) = (Arc::clone(&taken), Arc::clone(&answered));
    let intake = intake(move |text| {
        count.fetch_add(1, Ordering::SeqCst);
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            reply(text)
        }
    });
    let running = start("", intake).await;
    let mut peer = running.connect().await;
    peer.send_frame("one").await;
    while taken.load(Ordering::SeqCst) == 0 {
        yield_now().await;
    }
    peer.stream.set_zero_linger().unwrap();
    drop(peer);
    answered.add_permits(1);
    running.stop().await;
    assert_eq!(taken.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_stop_answers_what_was_taken_and_nothing_else() {
    let taken = Arc::new(AtomicUsize::new(0));
    let gate = Arc::new(Semaphore::new(0));
    let (count, open) = (Arc::clone(&taken), Arc::clone(&gate));
    let intake = intake(move |text| {
        count.fetch_add(1, Ordering::SeqCst);
        let open = Arc::clone(&open);
        async move {
            open.acquire().await.unwrap().forget();
            reply(text)
        }
    });
    let running = start("", intake).await;
    let mut peer = running.connect().await;
    peer.send(b"\x0Bone\x1C\r\x0Bhal").await;
    while taken.load(Ordering::SeqCst) == 0 {
        yield_now().await;
    }
    running.stop.send_replace(true);
    while TcpStream::connect(running.address).await.is_ok() {
        yield_now().await;
    }
    assert!(!running.task.is_finished(), "a reply is still owed");
    gate.add_permits(1);
    assert_eq!(peer.replies().await, ["one"]);
    drop(peer);
    running.task.await.unwrap();
    assert_eq!(taken.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_stop_waits_no_longer_than_its_grace_time() {
    let running = start("stop_grace: 50ms", intake(|_| std::future::pending())).await;
    let mut peer = running.connect().await;
    peer.send_frame("one").await;
    running.stop().await;
    assert_eq!(peer.reply().await, None);
}

/// All are in the middle of their frames at the same time, and none sends the rest before the others.
#[tokio::test]
async fn large_frames_share_one_budget_and_all_get_through() {
    let budget = ReadBudget::new(512 << 10);
    let running = start_with("frame_bytes_max: 500KiB", budget.clone(), echo()).await;
    let content = "x".repeat(400 << 10);
    let in_step = Arc::new(Barrier::new(6));
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let mut peer = running.connect().await;
        let (content, in_step) = (content.clone(), Arc::clone(&in_step));
        senders.spawn(async move {
            let mut framed = BytesMut::new();
            encode(content.as_bytes(), &mut framed).unwrap();
            for piece in framed.chunks(16 << 10) {
                peer.send(piece).await;
                in_step.wait().await;
                // The listener has its turns, and the system's news of what came in.
                for _ in 0..100 {
                    yield_now().await;
                }
            }
            peer.reply().await.map(|reply| reply.len())
        });
    }
    let lengths: HashSet<_> = senders.join_all().await.into_iter().collect();
    assert_eq!(lengths, HashSet::from([Some(content.len() + 4)]));
    running.stop().await;
    // Everything has been given back.
    budget.share(512 << 10, None).cover(512 << 10).await;
}

#[tokio::test]
async fn whose_frames_never_end_keeps_no_room_from_other_addresses() {
    let budget = ReadBudget::new(800 << 10);
    let running = start_with("frame_bytes_max: 200KiB", budget.clone(), echo()).await;
    let unfinished = [&b"\x0B"[..], &vec![b'x'; 100 << 10]].concat();
    let mut stalled = Vec::new();
    for _ in 0..8 {
        let mut peer = running.connect().await;
        peer.send(&unfinished).await;
        stalled.push(peer);
    }
    let mut own = budget.share(200 << 10, Some(IpAddr::from([127, 0, 0, 1])));
    while own.cover(200 << 10).now_or_never().is_some() {
        own.release();
        yield_now().await;
    }
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 2], 0))).unwrap();
    let mut other = Peer::over(socket.connect(running.address).await.unwrap());
    let content = "x".repeat(100 << 10);
    other.send_frame(&content).await;
    assert_eq!(other.reply().await, Some(format!("ack {content}")));
    running.stop().await;
}

#[tokio::test]
async fn a_frame_the_budget_cannot_hold_ends_at_its_deadline_and_small_ones_go_on() {
    let running = start_with("frame_deadline: 300ms", ReadBudget::new(100 << 10), echo()).await;
    let mut large = running.connect().await;
    let mut small = running.connect().await;
    let sending = tokio::spawn(async move {
        let content = vec![b'x'; 8 << 20];
        // The listener closes in the middle of this.
        drop(large.stream.write_all(b"\x0B").await);
        drop(large.stream.write_all(&content).await);
        large.reply().await
    });
    small.send_frame("small").await;
    assert_eq!(small.reply().await.as_deref(), Some("ack small"));
    assert_eq!(sending.await.unwrap(), None);
}
