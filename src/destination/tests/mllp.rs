//! MLLP: a receiver that does everything receivers do wrong, on a socket.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::join;
use tokio::net::{TcpListener, TcpStream};

use super::{ack, message, outgoing, word};
use crate::destination::{DeliveryError, Outgoing, Receipt, mllp};
use crate::hl7::Message;
use crate::mllp::{Decoded, Decoder, Frame, FrameLimits, Release, Strictness, encode};

async fn attempt(client: &mut mllp::Client, outgoing: Outgoing) -> Result<Receipt, DeliveryError> {
    client.deliver(&outgoing).await
}

/// A receiver on a port of the system's choice, scripted by the test.
struct Receiver {
    listener: TcpListener,
}

impl Receiver {
    async fn start() -> Receiver {
        Receiver {
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
        }
    }

    fn client(&self, more: &str) -> mllp::Client {
        let address = self.listener.local_addr().unwrap();
        let settings = serde_yaml::from_str(&format!("{{ address: '{address}', {more} }}")).unwrap();
        mllp::Client::new(Arc::from("lab"), settings)
    }

    async fn accept(&self) -> Line {
        let (stream, _) = self.listener.accept().await.unwrap();
        Line {
            stream,
            decoder: Decoder::new(FrameLimits::default(), Strictness::Strict),
            buffer: BytesMut::new(),
        }
    }
}

/// The receiver's end of a connection.
struct Line {
    stream: TcpStream,
    decoder: Decoder,
    buffer: BytesMut,
}

impl Line {
    async fn message(&mut self) -> Bytes {
        loop {
            match self.decoder.decode(&mut self.buffer).unwrap() {
                Some(Decoded::Frame(Frame::Whole(content))) => return content,
                Some(other) => panic!("a destination wrote {other:?}"),
                None => assert_ne!(self.stream.read_buf(&mut self.buffer).await.unwrap(), 0, "closed"),
            }
        }
    }

    async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    async fn write_frame(&mut self, content: &str) {
        let mut out = BytesMut::new();
        encode(content.as_bytes(), &mut out).unwrap();
        self.write(&out).await;
    }

    /// Reads a message and answers it as it should be.
    async fn answer(&mut self, code: &str) {
        let received = Message::parse(self.message().await).unwrap();
        let control_id = String::from_utf8(received.header().control_id().to_vec()).unwrap();
        self.write_frame(&ack(code, &control_id)).await;
    }

    async fn is_closed(&mut self) -> bool {
        matches!(self.stream.read(&mut [0]).await, Ok(0) | Err(_))
    }
}

/// One attempt against a receiver that has read the message "1" and now behaves as told. Then the next message
/// comes over a new connection, or over the same one when `keeps` says so.
async fn check_line(more: &str, behave: impl AsyncFnOnce(&mut Line), expected: &str, keeps: bool) {
    let receiver = Receiver::start().await;
    let mut client = receiver.client(more);
    let script = async {
        let mut line = receiver.accept().await;
        line.message().await;
        behave(&mut line).await;
        line
    };
    let (result, line) = join!(attempt(&mut client, message("1")), script);
    assert_eq!(word(&result), expected);
    assert!(!format!("{result:?}").contains("SECRET"), "content in {result:?}");
    let script = async {
        let mut next = if keeps { line } else { receiver.accept().await };
        next.answer("AA").await;
    };
    let (result, ()) = join!(attempt(&mut client, message("2")), script);
    assert!(result.is_ok(), "{result:?}");
}

/// An answer that settles the delivery and leaves the connection in use.
async fn check_answer(answer: &str, expected: &str) {
    check_line("", async |line| line.write_frame(answer).await, expected, true).await;
}

/// A behavior that leaves the receiver's mind unknown.
async fn check_doubt(behave: impl AsyncFnOnce(&mut Line), expected: &str) {
    let more = "acknowledgment_bytes_max: 64KiB";
    check_line(more, behave, &format!("no acknowledgment: {expected}"), false).await;
}

/// A behavior that only the clock ends.
async fn check_late(behave: impl AsyncFnOnce(&mut Line)) {
    let late = "no acknowledgment: none came within 200ms";
    check_line("acknowledgment_timeout: 200ms", behave, late, false).await;
}

#[tokio::test]
async fn accepting_answers_are_receipts() {
    check_answer(&ack("AA", "1"), "AA").await;
    check_answer(&ack("CA", "1"), "CA").await;
    check_answer(&ack("aa", "1"), "AA").await;
    // Another version, other delimiters, no final terminator.
    check_answer("MSH$%~\\&$LAB$$EHR$$$$ACK$9$P$2.1\rMSA$AA$1", "AA").await;
    check_answer("MSH|^~\\&|\r\nMSA|AA|1|text|||\r\n", "AA").await;
}

#[test]
fn an_answer_in_small_letters_is_counted() {
    let rendered = counted(check_answer(&ack("ca", "1"), "CA"));
    let small = "weir_destination_deviations_total{destination=\"lab\",kind=\"lower_case_code\"} 1";
    assert!(rendered.contains(small), "{rendered}");
    assert!(
        rendered.contains("weir_destination_connections_total{destination=\"lab\"} 1"),
        "{rendered}"
    );
}

#[tokio::test]
async fn refusing_answers_carry_their_codes() {
    for code in ["AE", "AR", "CE", "CR"] {
        check_answer(&ack(code, "1"), &format!("refused {code}")).await;
    }
    let with_error = format!("{}ERR||PID^1^3|204^Unknown key^HL70357|E\r", ack("AR", "1"));
    check_answer(&with_error, "refused AR/204").await;
    let old = format!("{}ERR|PID^1^3^207&Internal&HL70357\r", ack("AE", "1"));
    check_answer(&old, "refused AE/207").await;
}

#[tokio::test]
async fn an_answer_to_something_else_is_no_answer() {
    let wrong_id = "MSA-2: expected the control id that was sent";
    check_doubt(async |line| line.write_frame(&ack("AA", "0")).await, wrong_id).await;
    check_doubt(async |line| line.write_frame(&ack("AA", "")).await, wrong_id).await;
    check_doubt(async |line| line.write_frame(&ack("AA", "1 ")).await, wrong_id).await;
    check_doubt(
        async |line| line.write_frame(&ack("AE", "SECRET")).await,
        wrong_id,
    )
    .await;
}

#[tokio::test]
async fn what_is_no_acknowledgment_is_no_answer() {
    let code = "MSA-1: expected one of AA, AE, AR, CA, CE, CR";
    check_doubt(async |line| line.write_frame(&ack("", "1")).await, code).await;
    check_doubt(async |line| line.write_frame(&ack("XX", "1")).await, code).await;
    check_doubt(async |line| line.write_frame("MSH|^~\\&|\rMSA\r").await, code).await;
    let no_msa = "expected an MSA segment";
    check_doubt(
        async |line| line.write_frame("MSH|^~\\&|\rPID|||SECRET\r").await,
        no_msa,
    )
    .await;
    let http = "HTTP, expected MLLP";
    check_doubt(
        async |line| line.write(b"HTTP/1.1 400 Bad Request\r\n\r\n").await,
        http,
    )
    .await;
    let junk = "more than 4096 bytes before a whole frame, expected 0x0B, a message, 0x1C 0x0D";
    check_doubt(async |line| line.write(&[b'<'; 5000]).await, junk).await;
    check_late(async |line| line.write(b"<html>SECRET</html>").await).await;
    check_late(async |line| line.write(b"\x0B\x06\x1C\r").await).await;
}

#[tokio::test]
async fn garbage_in_a_frame_is_no_answer() {
    for garbage in ["", "SECRET", "<html>SECRET</html>", "MSA|AA|1"] {
        let receiver = Receiver::start().await;
        let mut client = receiver.client("");
        let script = async {
            let mut line = receiver.accept().await;
            line.message().await;
            line.write_frame(garbage).await;
            assert!(line.is_closed().await);
        };
        let (result, ()) = join!(attempt(&mut client, message("1")), script);
        assert!(
            matches!(result, Err(DeliveryError::NoAcknowledgment { .. })),
            "{garbage}: {result:?}"
        );
        assert!(!format!("{result:?}").contains("SECRET"));
    }
}

#[tokio::test]
async fn a_receiver_that_falls_silent_or_dawdles_is_left_at_the_time_limit() {
    check_late(async |_| {}).await;
    check_late(async |line| line.write(b"\x0BMSH|^~\\&|").await).await;
    let trickle = async |line: &mut Line| {
        let mut interval = tokio::time::interval(Duration::from_millis(20));
        for _ in 0..50 {
            interval.tick().await;
            // Fails once the client has left.
            if line.stream.write_all(b"\x0B").await.is_err() {
                return;
            }
        }
    };
    check_late(trickle).await;
}

#[tokio::test]
async fn a_receiver_that_closes_has_not_answered() {
    let closed = "the receiver closed the connection";
    check_doubt(async |line| line.stream.shutdown().await.unwrap(), closed).await;
    let cut = async |line: &mut Line| {
        line.write(b"\x0BMSH|^~\\&|").await;
        line.stream.shutdown().await.unwrap();
    };
    check_doubt(
        cut,
        "the stream ended after 9 bytes of a frame, expected 0x1C 0x0D",
    )
    .await;
}

#[tokio::test]
async fn an_answer_over_its_limit_is_not_read_to_its_end() {
    let endless = async |line: &mut Line| {
        line.write(b"\x0B").await;
        while line.stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    };
    check_doubt(endless, "the answer is longer than 65536 bytes").await;
}

#[tokio::test]
async fn an_answer_without_its_last_byte_is_taken_after_a_pause() {
    let bare = async |line: &mut Line| line.write(format!("\x0B{}\x1C", ack("AA", "1")).as_bytes()).await;
    check_line("", bare, "AA", true).await;
}

#[tokio::test]
async fn more_than_one_answer_is_taken_once_and_the_connection_closed() {
    let two = format!("\x0B{0}\x1C\r\x0B{0}\x1C\r", ack("AA", "1"));
    check_line("", async |line| line.write(two.as_bytes()).await, "AA", false).await;
    let refused = format!("\x0B{}\x1C\rmore", ack("AE", "1"));
    check_line(
        "",
        async |line| line.write(refused.as_bytes()).await,
        "refused AE",
        false,
    )
    .await;
    let blank = format!("\x0B{}\x1C\r\r\n", ack("AA", "1"));
    check_line("", async |line| line.write(blank.as_bytes()).await, "AA", true).await;
}

/// After a first delivery that left nothing to wish for, `meanwhile` happens; the next goes over a new connection
/// at the first attempt.
async fn check_reconnect(more: &str, meanwhile: impl AsyncFnOnce(&mut Line)) {
    let receiver = Receiver::start().await;
    let mut client = receiver.client(more);
    let script = async {
        let mut line = receiver.accept().await;
        line.answer("AA").await;
        line
    };
    let (result, mut line) = join!(attempt(&mut client, message("1")), script);
    assert_eq!(word(&result), "AA");
    meanwhile(&mut line).await;
    let script = async { receiver.accept().await.answer("AA").await };
    let (result, ()) = join!(attempt(&mut client, message("2")), script);
    assert_eq!(word(&result), "AA");
}

#[tokio::test]
async fn a_connection_that_is_not_as_it_was_left_is_opened_anew_and_no_attempt_fails() {
    check_reconnect("", async |line| line.write_frame(&ack("AA", "1")).await).await;
    check_reconnect("", async |line| line.stream.shutdown().await.unwrap()).await;
    check_reconnect("reconnect_after: 0s", async |_| {}).await;
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_message_is_none() {
    let receiver = Receiver::start().await;
    let mut client = receiver.client("");
    // More than the system buffers between the two ends.
    let long = "x".repeat(24 << 20);
    let first = outgoing(&format!("MSH|^~\\&|||||||ADT^A01|1|P|2.5.1\rOBX|1|TX|||{long}\r"));
    let script = async {
        let mut line = receiver.accept().await;
        line.write_frame(&ack("AA", "1")).await;
        while let Ok(1..) = line.stream.read_buf(&mut line.buffer).await {}
        assert!(!line.buffer.ends_with(b"\x1C\r"), "the message was completed");
    };
    let (result, ()) = join!(attempt(&mut client, first), script);
    let expected = "no acknowledgment: the receiver answered or closed before the message was complete";
    assert_eq!(word(&result), expected);
}

#[tokio::test]
async fn the_application_acknowledgment_can_be_awaited() {
    let awaits = "await: application";
    let then = |second: &'static str| {
        async move |line: &mut Line| {
            line.write_frame(&ack("CA", "1")).await;
            line.write_frame(&ack(second, "1")).await;
        }
    };
    check_line(awaits, then("AA"), "AA", true).await;
    check_line(awaits, then("AR"), "refused AR", true).await;
    let refusal = async |line: &mut Line| line.write_frame(&ack("CE", "1")).await;
    check_line(awaits, refusal, "refused CE", true).await;
    let promise = async |line: &mut Line| line.write_frame(&ack("CA", "1")).await;
    let awaits = "await: application, acknowledgment_timeout: 200ms";
    check_line(
        awaits,
        promise,
        "no acknowledgment: none came within 200ms",
        false,
    )
    .await;
}

/// A message of this type that asks for these acknowledgments.
fn asking(control_id: &str, message_type: &str, accept: &str, application: &str) -> Outgoing {
    outgoing(&format!(
        "MSH|^~\\&|EHR|WEST|LAB|EAST|20260301||{message_type}|{control_id}|P|2.5.1|||{accept}|{application}\rPID|||1\r"
    ))
}

/// One attempt at this message, whose receiver behaves as told, and a second at the message "2" over the same
/// connection.
async fn check_asking(more: &str, first: Outgoing, behave: impl AsyncFnOnce(&mut Line), expected: &str) {
    let receiver = Receiver::start().await;
    let mut client = receiver.client(more);
    let script = async {
        let mut line = receiver.accept().await;
        line.message().await;
        behave(&mut line).await;
        line
    };
    let (result, mut line) = join!(attempt(&mut client, first), script);
    assert_eq!(word(&result), expected);
    let (result, ()) = join!(attempt(&mut client, message("2")), line.answer("AA"));
    assert_eq!(word(&result), "AA");
}

#[tokio::test]
async fn what_asks_for_no_acknowledgment_is_delivered_by_silence() {
    let silent = async |_: &mut Line| {};
    for (message_type, accept, application) in [
        ("ACK^A01^ACK", "", ""),
        ("ACK", "AL", "AL"),
        ("ADT^A01", "NE", "NE"),
        ("ADT^A01", "", "NE"),
    ] {
        // The time of an acknowledgment is not waited for.
        let more = "acknowledgment_timeout: 1h";
        let first = asking("1", message_type, accept, application);
        check_asking(more, first, silent, "delivered").await;
    }
    for (accept, application) in [("ER", "NE"), ("NE", "ER"), ("ER", "ER")] {
        // A refusal may take as long as any acknowledgment.
        let more = "acknowledgment_timeout: 400ms";
        let first = asking("1", "ADT^A01", accept, application);
        check_asking(more, first, silent, "delivered").await;
    }
}

#[tokio::test]
async fn silence_is_no_answer_where_one_is_asked_for_or_has_begun() {
    let check = async |accept: &str, application: &str, begins: &str| {
        let receiver = Receiver::start().await;
        let mut client = receiver.client("acknowledgment_timeout: 200ms");
        let script = async {
            let mut line = receiver.accept().await;
            line.message().await;
            line.write(begins.as_bytes()).await;
            assert!(line.is_closed().await);
        };
        let first = asking("1", "ADT^A01", accept, application);
        let (result, ()) = join!(attempt(&mut client, first), script);
        assert_eq!(word(&result), "no acknowledgment: none came within 200ms");
    };
    for (accept, application) in [
        ("", ""),
        ("AL", "NE"),
        ("NE", "AL"),
        ("SU", ""),
        ("NE", "SU"),
        ("NE", "XX"),
    ] {
        check(accept, application, "").await;
    }
    for begins in ["\u{b}", "\u{b}MSH|^~\\&|", "junk"] {
        check("NE", "NE", begins).await;
        check("ER", "NE", begins).await;
    }
}

#[tokio::test]
async fn an_answer_that_has_begun_is_read_to_its_end() {
    let slowly = async |line: &mut Line| {
        let answer = format!("\u{b}{}\u{1c}\r", ack("AE", "1"));
        let (begin, end) = answer.split_at(30);
        line.write(begin.as_bytes()).await;
        // Longer than nothing must follow; nothing tells when that is over.
        tokio::time::sleep(Duration::from_millis(500)).await;
        line.write(end.as_bytes()).await;
    };
    let first = asking("1", "ADT^A01", "NE", "NE");
    check_asking("acknowledgment_timeout: 1h", first, slowly, "refused AE").await;
}

#[tokio::test]
async fn what_is_said_unasked_counts_and_so_does_a_lost_connection() {
    for (accept, application) in [("NE", "NE"), ("ER", "ER")] {
        for (code, expected) in [
            ("AA", "AA"),
            ("CA", "CA"),
            ("AE", "refused AE"),
            ("CR", "refused CR"),
        ] {
            let more = "acknowledgment_timeout: 1h";
            let answers = async |line: &mut Line| line.write_frame(&ack(code, "1")).await;
            let first = asking("1", "ADT^A01", accept, application);
            check_asking(more, first, answers, expected).await;
        }
        let receiver = Receiver::start().await;
        let mut client = receiver.client("acknowledgment_timeout: 1h");
        let script = async {
            let mut line = receiver.accept().await;
            line.message().await;
            line.stream.shutdown().await.unwrap();
        };
        let first = asking("1", "ADT^A01", accept, application);
        let (result, ()) = join!(attempt(&mut client, first), script);
        assert_eq!(
            word(&result),
            "no acknowledgment: the receiver closed the connection"
        );
    }
}

#[tokio::test]
async fn an_application_acknowledgment_that_no_success_brings_is_not_awaited() {
    let awaits = "await: application, acknowledgment_timeout: 1h";
    let promise = async |line: &mut Line| line.write_frame(&ack("CA", "1")).await;
    for application in ["NE", "ER", ""] {
        let first = asking("1", "ADT^A01", "AL", application);
        check_asking(awaits, first, promise, "CA").await;
    }
    let both = async |line: &mut Line| {
        line.write_frame(&ack("CA", "1")).await;
        line.write_frame(&ack("AA", "1")).await;
    };
    check_asking(awaits, asking("1", "ADT^A01", "AL", "SU"), both, "AA").await;
}

/// What is counted while this runs.
fn counted(work: impl Future<Output = ()>) -> String {
    let recorder = PrometheusBuilder::new().build_recorder();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    metrics::with_local_recorder(&recorder, || runtime.block_on(work));
    recorder.handle().render()
}

#[test]
fn a_late_application_acknowledgment_is_passed_over_where_it_was_asked_for() {
    let rendered = counted(async {
        let receiver = Receiver::start().await;
        let mut client = receiver.client("acknowledgment_timeout: 1h");
        let script = async {
            let mut line = receiver.accept().await;
            // With the accept acknowledgment; between two messages; after the next message, before its own answer;
            // after that; out of order; and one that refuses.
            for (says, answers) in [
                (&["CA 1", "AA 1"][..], "1"),
                (&["CA 2"], "2"),
                (&["AA 2", "CA 3"], "3"),
                (&["CA 4"], "4"),
                (&["CA 5", "AA 4", "AE 3"], "5"),
                (&["AR 5", "CA 6"], "6"),
            ] {
                let arrived = Message::parse(line.message().await).unwrap();
                assert_eq!(arrived.header().control_id(), answers.as_bytes());
                for (code, control_id) in says.iter().map(|said| said.split_once(' ').unwrap()) {
                    line.write_frame(&ack(code, control_id)).await;
                }
            }
        };
        let deliver = async {
            for control_id in ["1", "2", "3", "4", "5", "6"] {
                let first = asking(control_id, "ADT^A01", "AL", "AL");
                assert_eq!(word(&client.deliver(&first).await), "CA", "{control_id}");
            }
        };
        join!(deliver, script);
    });
    let line = |text: &str| rendered.lines().any(|line| line == text);
    assert!(
        line("weir_destination_connections_total{destination=\"lab\"} 1"),
        "{rendered}"
    );
    assert!(
        !rendered.contains("weir_destination_deviations_total{"),
        "{rendered}"
    );
    for code in ["AE", "AR"] {
        let refused = format!("weir_negative_acknowledgments_total{{destination=\"lab\",code=\"{code}\"}} 1");
        assert!(line(&refused), "{rendered}");
    }
}

#[tokio::test]
async fn a_late_acknowledgment_comes_while_a_long_message_is_written() {
    let receiver = Receiver::start().await;
    let mut client = receiver.client("");
    // More than the system buffers between the two ends.
    let long = "x".repeat(24 << 20);
    let long = outgoing(&format!("MSH|^~\\&|||||||ADT^A01|2|P|2.5.1\rOBX|1|TX|||{long}\r"));
    let script = async {
        let mut line = receiver.accept().await;
        line.answer("CA").await;
        let mut byte = [0];
        line.stream.read_exact(&mut byte).await.unwrap();
        line.buffer.extend_from_slice(&byte);
        // One is cut where nothing tells when the rest comes.
        let late = format!("\u{b}{}\u{1c}\r", ack("AA", "1"));
        let (begin, end) = late.split_at(30);
        line.write(begin.as_bytes()).await;
        let arrived = Message::parse(line.message().await).unwrap();
        assert_eq!(arrived.header().control_id(), b"2");
        line.write(end.as_bytes()).await;
        line.write_frame(&ack("AA", "2")).await;
    };
    let deliver = async {
        let first = asking("1", "ADT^A01", "AL", "AL");
        assert_eq!(word(&client.deliver(&first).await), "CA");
        assert_eq!(word(&client.deliver(&long).await), "AA");
    };
    join!(deliver, script);
}

/// After a message that asks for these acknowledgments is completed by CA, the receiver says this, and the next comes
/// over a new connection.
async fn check_unexpected(application: &str, says: &str, next: Outgoing) {
    let receiver = Receiver::start().await;
    let mut client = receiver.client("");
    let script = async {
        let mut line = receiver.accept().await;
        line.answer("CA").await;
        line.write(says.as_bytes()).await;
        line
    };
    let first = asking("1", "ADT^A01", "AL", application);
    let (result, _line) = join!(attempt(&mut client, first), script);
    assert_eq!(word(&result), "CA");
    let script = async { receiver.accept().await.answer("AA").await };
    let (result, ()) = join!(attempt(&mut client, next), script);
    assert_eq!(word(&result), "AA");
}

#[tokio::test]
async fn what_is_not_the_late_answer_is_none_and_never_that_to_another_message() {
    let framed = |code: &str, control_id: &str| format!("\u{b}{}\u{1c}\r", ack(code, control_id));
    // Not asked for; twice; to another message; none.
    check_unexpected("NE", &framed("AA", "1"), message("2")).await;
    check_unexpected("AL", &framed("AA", "1").repeat(2), message("2")).await;
    check_unexpected("AL", &framed("AA", "2"), message("2")).await;
    check_unexpected("AL", &framed("xx", "1"), message("2")).await;
    check_unexpected("AL", "\u{b}MSH|^~\\&|", message("2")).await;
    // A late answer to the first could be mistaken for one to the second.
    check_unexpected("AL", "", message("1")).await;
}

#[tokio::test]
async fn silence_may_be_broken_later() {
    let receiver = Receiver::start().await;
    let mut client = receiver.client("");
    let unasked = asking("1", "ADT^A01", "NE", "NE");
    let script = async {
        let mut line = receiver.accept().await;
        line.message().await;
        line.message().await;
        line.write_frame(&ack("AA", "1")).await;
        line.write_frame(&ack("AA", "2")).await;
    };
    let deliver = async {
        assert_eq!(word(&client.deliver(&unasked).await), "delivered");
        assert_eq!(word(&client.deliver(&message("2")).await), "AA");
    };
    join!(deliver, script);
}

#[tokio::test]
async fn in_release_2_a_commit_is_enough_where_no_acknowledgment_is_asked_for() {
    let receiver = Receiver::start().await;
    let mut client = receiver.client("release: 2, acknowledgment_timeout: 1h");
    let script = async {
        let decoder = Decoder::new(FrameLimits::default(), Strictness::Strict);
        let mut line = Line {
            decoder: decoder.of_release(Release::Two),
            ..receiver.accept().await
        };
        line.message().await;
        line.write(b"\x0B\x06\x1C\r").await;
        // The late answer of the second is committed, too.
        line.message().await;
        line.write(b"\x0B\x06\x1C\r").await;
        line.write_frame(&ack("CA", "2")).await;
        assert_eq!(&line.message().await[..], b"\x06");
        line.write_frame(&ack("AA", "2")).await;
        let (late, next) = (line.message().await, line.message().await);
        let next = if late.starts_with(b"MSH") {
            (next, late)
        } else {
            (late, next)
        };
        assert_eq!(&next.0[..], b"\x06");
        assert_eq!(Message::parse(next.1).unwrap().header().control_id(), b"3");
        line.write(b"\x0B\x06\x1C\r").await;
        line.write_frame(&ack("AA", "3")).await;
        assert_eq!(&line.message().await[..], b"\x06");
    };
    let deliver = async {
        let first = asking("1", "ADT^A01", "NE", "NE");
        assert_eq!(word(&client.deliver(&first).await), "delivered");
        let second = asking("2", "ADT^A01", "AL", "AL");
        assert_eq!(word(&client.deliver(&second).await), "CA");
        assert_eq!(word(&client.deliver(&message("3")).await), "AA");
    };
    join!(deliver, script);
}

#[tokio::test]
async fn a_control_id_may_be_cut_or_another_where_a_site_says_so() {
    let check = async |control_id: &str, sent: &str, answered: &str, is_answer: bool| {
        let receiver = Receiver::start().await;
        let mut client = receiver.client(&format!("control_id: {control_id}"));
        let script = async {
            let mut line = receiver.accept().await;
            line.message().await;
            line.write_frame(&ack("AA", answered)).await;
        };
        let message = message(sent);
        let (result, ()) = join!(client.deliver(&message), script);
        let expected = if is_answer {
            "AA"
        } else {
            "no acknowledgment: MSA-2: expected the control id that was sent"
        };
        assert_eq!(word(&result), expected, "{control_id} {sent:?} {answered:?}");
    };
    let long = "20260301120000.123456789";
    for (answered, exact, prefix) in [
        (long, true, true),
        ("20260301120000.12345", false, true),
        (" 20260301 ", false, true),
        ("", false, false),
        ("  ", false, false),
        ("X", false, false),
        ("20260301120000.1234567890", false, false),
    ] {
        check("exact", long, answered, exact).await;
        check("prefix", long, answered, prefix).await;
        check("any", long, answered, true).await;
    }
    check("prefix", " 1", "1", true).await;
    check("exact", "", "", true).await;
}

#[tokio::test]
async fn where_a_control_id_says_little_no_late_answer_meets_another_message() {
    for control_id in ["prefix", "any"] {
        let receiver = Receiver::start().await;
        let mut client = receiver.client(&format!("control_id: {control_id}"));
        let script = async {
            let mut line = receiver.accept().await;
            line.answer("CA").await;
            assert!(line.is_closed().await);
            receiver.accept().await.answer("AA").await;
        };
        let deliver = async {
            let first = asking("1", "ADT^A01", "AL", "AL");
            assert_eq!(word(&client.deliver(&first).await), "CA");
            assert_eq!(word(&client.deliver(&message("12")).await), "AA");
        };
        join!(deliver, script);
    }
}

#[tokio::test]
async fn a_receiver_that_never_answers_needs_a_setting_that_says_so() {
    check_line("unsafe_no_acknowledgment: true", async |_| {}, "delivered", true).await;
}

#[tokio::test]
async fn an_attempt_dropped_before_its_end_takes_its_connection_along() {
    let receiver = Receiver::start().await;
    let mut client = receiver.client("");
    let first = message("1");
    let mut line = tokio::select! {
        _ = client.deliver(&first) => panic!("nobody answers"),
        line = async { let mut line = receiver.accept().await; line.message().await; line } => line,
    };
    assert!(line.is_closed().await);
    let script = async { receiver.accept().await.answer("AA").await };
    let (result, ()) = join!(attempt(&mut client, message("2")), script);
    assert_eq!(word(&result), "AA");
}

#[tokio::test]
async fn line_feeds_leave_as_carriage_returns_unless_preserved() {
    let check = async |more: &str, stored: &str, sent: &str| {
        let receiver = Receiver::start().await;
        let mut client = receiver.client(more);
        let script = async {
            let mut line = receiver.accept().await;
            let content = line.message().await;
            line.write_frame(&ack("AA", "1")).await;
            content
        };
        let (result, content) = join!(attempt(&mut client, outgoing(stored)), script);
        assert_eq!(word(&result), "AA");
        assert_eq!(content, sent);
    };
    let windows = "MSH|^~\\&|||||||ADT^A01|1|P|2.5.1\r\nPID|||1\r\n";
    let standard = "MSH|^~\\&|||||||ADT^A01|1|P|2.5.1\rPID|||1\r";
    check("", windows, standard).await;
    check("terminators: preserve", windows, windows).await;
    let unended = "MSH|^~\\&|||||||ADT^A01|1|P|2.5.1\rPID|||1";
    check("", unended, unended).await;
}

#[tokio::test]
async fn what_would_break_its_frame_is_never_sent() {
    let receiver = Receiver::start().await;
    let mut client = receiver.client("");
    let result = client
        .deliver(&outgoing("MSH|^~\\&|||||||ADT^A01|1\rNTE|||a\x1Cb\r"))
        .await;
    assert!(
        matches!(result, Err(DeliveryError::Impossible { .. })),
        "{result:?}"
    );
}

#[tokio::test]
async fn a_name_is_looked_up_and_its_addresses_tried() {
    let receiver = Receiver::start().await;
    let port = receiver.listener.local_addr().unwrap().port();
    let settings = serde_yaml::from_str(&format!("address: 'localhost:{port}'")).unwrap();
    let mut client = mllp::Client::new(Arc::from("lab"), settings);
    let script = async { receiver.accept().await.answer("AA").await };
    let (result, ()) = join!(attempt(&mut client, message("1")), script);
    assert_eq!(word(&result), "AA");
}

#[test]
fn settings_have_defaults_and_know_their_fields() {
    let read = |text: &str| serde_yaml::from_str::<mllp::Settings>(text);
    let settings = read("address: lab.example:2576").unwrap();
    assert_eq!(settings.acknowledgment_timeout, Duration::from_secs(30));
    assert_eq!(settings.acknowledgment_bytes_max, 1 << 20);
    assert!(!settings.unsafe_no_acknowledgment);
    assert!(read("address: '[::1]:2576'").is_ok());
    for wrong in [
        "lab.example",
        "lab.example:0",
        "lab.example:70000",
        ":2576",
        "lab.example:",
        "lab.example:x",
    ] {
        assert!(read(&format!("address: '{wrong}'")).is_err(), "{wrong}");
    }
    assert!(read("{ address: 'localhost:1', adress: 'a:1' }").is_err());
}
