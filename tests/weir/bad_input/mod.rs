//! Bad input and its answer: one row, one test line. SECURITY.md names the test of each row, and the rows that are
//! not held.

mod content;

use crate::harness::{Engine, Receiver, Sender, Site, adt, field};

/// An engine with short deadlines, and the one receiver everything goes to.
struct Bench {
    receiver: Receiver,
    engine: Option<Engine>,
    site: Site,
}

const SETTINGS: &str = "frame_deadline: 300ms, frame_bytes_max: 256KiB";

impl Bench {
    fn new() -> Bench {
        Bench::with(SETTINGS, "")
    }

    /// With these settings of the MLLP listener, and these beside it.
    fn with(mllp: &str, beside: &str) -> Bench {
        Bench::of_site(mllp, beside, "")
    }

    /// As [`Bench::with`], with more sections.
    fn of_site(mllp: &str, beside: &str, sections: &str) -> Bench {
        let receiver = Receiver::accepting();
        let site = Site::new(&format!(
            "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\", {mllp} }}{beside} }}\n\
             destinations:\n  ehr: {{ mllp: {{ address: \"{}\", terminators: preserve }} }}\n\
             routes:\n  all: {{ from: in, to: [ehr] }}\n{sections}",
            receiver.address()
        ));
        let engine = site.start();
        Bench {
            receiver,
            engine: Some(engine),
            site,
        }
    }

    fn sender(&self) -> Sender {
        Sender::connect(self.engine.as_ref().unwrap().listener("in"))
    }

    /// Sends one good message, so that everything before it is known to be over, stops the engine in good
    /// order and returns what was delivered before the good one.
    fn delivered(mut self) -> Vec<Vec<u8>> {
        let reply = self.sender().exchange(&adt("LAST")).expect("weir still answers");
        assert_eq!(field(&reply, "MSA", 1), "AA");
        self.receiver.wait_until(|messages| {
            messages
                .last()
                .is_some_and(|last| field(last, "MSH", 10) == "LAST")
        });
        assert_eq!(self.engine.take().unwrap().terminate(), 0);
        let mut messages = self.receiver.stop();
        messages.pop();
        messages
    }
}

/// MSA-1, the ERR-3 or ERR-1 code, and MSA-2.
fn answer(reply: &[u8]) -> (String, String, String) {
    let code = match field(reply, "ERR", 3).split('^').next().unwrap_or_default() {
        "" => field(reply, "ERR", 1)
            .split('^')
            .nth(3)
            .unwrap_or_default()
            .split('&')
            .next()
            .unwrap_or_default()
            .to_owned(),
        code => code.to_owned(),
    };
    (field(reply, "MSA", 1), code, field(reply, "MSA", 2))
}

/// One message, its answer; whether it is delivered afterwards.
fn row(bench: &Bench, name: &str, message: &[u8], expected: (&str, &str, &str)) {
    let reply = bench
        .sender()
        .exchange(message)
        .unwrap_or_else(|| panic!("{name}: closed without an answer"));
    let (code, error, id) = answer(&reply);
    assert_eq!((code.as_str(), error.as_str(), id.as_str()), expected, "{name}");
    let text = String::from_utf8_lossy(&reply);
    assert!(
        !text.contains("TESTPATIENT"),
        "{name}: an answer must not quote the message"
    );
}

fn edited(id: &str, from: &str, to: &str) -> Vec<u8> {
    let message = String::from_utf8(adt(id)).unwrap();
    assert!(message.contains(from), "{from}");
    message.replacen(from, to, 1).into_bytes()
}

fn framed(message: &[u8]) -> Vec<u8> {
    [b"\x0B", message, b"\x1C\r"].concat()
}

#[test]
fn framing_that_is_tolerated() {
    let bench = Bench::new();
    let mut expected = Vec::new();
    let mut accepted = |name: &str, message: &[u8], bytes: Vec<Vec<u8>>| {
        let mut sender = bench.sender();
        for part in bytes {
            sender.write(&part).unwrap();
        }
        let reply = sender.reply().unwrap_or_else(|| panic!("{name}: no answer"));
        assert_eq!(answer(&reply).0, "AA", "{name}");
        expected.push(message.to_vec());
    };
    let message = adt("B1");
    accepted(
        "B1 junk before the frame",
        &message,
        vec![[b"junk\r\n", framed(&message).as_slice()].concat()],
    );
    let message = adt("B6");
    accepted(
        "B6 no CR after FS, lenient",
        &message,
        vec![[b"\x0B", message.as_slice(), b"\x1C"].concat()],
    );
    let message = adt("B7");
    accepted(
        "B7 byte by byte",
        &message,
        framed(&message).chunks(1).map(<[u8]>::to_vec).collect(),
    );
    let message = adt("B8");
    let twice = [b"\x0BMSH|^~\\&|CUT|OFF", framed(&message).as_slice()].concat();
    accepted("B8 a frame begins inside another", &message, vec![twice]);
    let message = adt("B13");
    let commits = [b"\x0B\x06\x1C\r\x0B\x15\x1C\r", framed(&message).as_slice()].concat();
    accepted("B13 MLLP release 2 commit blocks", &message, vec![commits]);
    for (name, terminator) in [
        ("B16 LF", "\n"),
        ("B16 CRLF", "\r\n"),
        ("B16 blank lines", "\r\r\r"),
    ] {
        let text = String::from_utf8(adt("B16")).unwrap();
        let message = text.replace('\r', terminator).into_bytes();
        accepted(name, &message, vec![framed(&message)]);
    }
    let mut message = adt("B16");
    message.pop();
    accepted("B16 no final CR", &message, vec![framed(&message)]);

    bench.engine.as_ref().unwrap().wait_for_metric(
        r#"weir_listener_deviations_total{listener="in",kind="interrupted"}"#,
        1.0,
    );
    assert_eq!(bench.delivered(), expected, "every byte as it came");
}

#[test]
fn framing_that_ends_the_connection_without_an_answer() {
    let bench = Bench::new();
    let message = adt("LOST");
    let rows: [(&str, Vec<u8>); 7] = [
        ("B1 over 4 KiB of junk", vec![b'x'; 6000]),
        ("B2 HL7 without a frame", message.clone()),
        (
            "B4 a frame without an end",
            [b"\x0B".as_slice(), &message].concat(),
        ),
        (
            "B11 TLS",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        ),
        ("B11 HTTP", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec()),
        ("B11 HTTP POST", b"POST /hl7 HTTP/1.1\r\nHost: x\r\n\r\n".to_vec()),
        ("B3 empty", Vec::new()),
    ];
    for (name, bytes) in rows {
        let mut sender = bench.sender();
        sender.write(&bytes).unwrap();
        if bytes.is_empty() {
            sender.finish_writing();
        }
        assert_eq!(sender.reply(), None, "{name}");
    }
    // B3: a part of a message, then the sender goes away.
    let mut sender = bench.sender();
    sender
        .write(&[b"\x0B".as_slice(), &message[..60]].concat())
        .unwrap();
    sender.finish_writing();
    assert_eq!(sender.reply(), None, "B3");
    assert_eq!(bench.delivered(), Vec::<Vec<u8>>::new());
}

#[test]
fn strict_framing_closes_on_fs_without_cr() {
    let bench = Bench::with("framing: strict", "");
    let mut sender = bench.sender();
    sender
        .write(
            &[
                b"\x0B",
                adt("B6").as_slice(),
                b"\x1C",
                framed(&adt("B6b")).as_slice(),
            ]
            .concat(),
        )
        .unwrap();
    assert_eq!(sender.reply(), None, "B6 strict");
    assert_eq!(bench.delivered(), Vec::<Vec<u8>>::new());
}

#[test]
fn what_is_too_much_is_refused_and_the_connection_closed_if_it_cannot_go_on() {
    let bench = Bench::new();
    let mut sender = bench.sender();
    let large = [adt("B5"), vec![b'x'; 300 * 1024]].concat();
    // weir stops reading in the middle, so the write may not come to its end.
    drop(sender.send(&large));
    let reply = sender
        .reply()
        .expect("B5: an answer from the header that was read");
    assert_eq!(
        answer(&reply),
        ("AR".to_owned(), "207".to_owned(), "B5".to_owned())
    );
    assert_eq!(sender.reply(), None, "B5: closed");
    assert_eq!(bench.delivered(), Vec::<Vec<u8>>::new());
}

#[test]
fn a_million_of_anything_is_refused() {
    let bench = Bench::with("frame_bytes_max: 32MiB", "");
    let many = |part: &str| [adt("B17"), part.repeat(1_000_000).into_bytes()].concat();
    row(&bench, "B17 segments", &many("ZZZ|\r"), ("AR", "207", "B17"));
    row(&bench, "B17 fields", &many("|"), ("AR", "207", "B17"));
    row(
        &bench,
        "B17 repetitions",
        &[
            adt("B17"),
            b"OBX|".to_vec(),
            many("~")[adt("B17").len()..].to_vec(),
        ]
        .concat(),
        ("AR", "207", "B17"),
    );
    row(
        &bench,
        "B17 subcomponents",
        &[
            adt("B17"),
            b"OBX|".to_vec(),
            many("&")[adt("B17").len()..].to_vec(),
        ]
        .concat(),
        ("AR", "207", "B17"),
    );
    assert_eq!(bench.delivered(), Vec::<Vec<u8>>::new());
}

#[test]
fn content_that_is_no_message() {
    let bench = Bench::new();
    for (name, content) in [
        ("B9 empty", b"".as_slice()),
        ("B9 blanks", b"  \r \r"),
        ("B27 not MSH first", b"PID|1||1\rMSH|^~\\&|A|B\r"),
        ("B27 XML", b"<?xml version=\"1.0\"?><a/>"),
        ("B27 JSON", b"{\"resourceType\":\"Patient\"}"),
        ("B27 PDF", b"%PDF-1.4\n1 0 obj"),
        ("B27 random", b"\x93\xfe\x80\x81\x82\x83\x84\x90"),
    ] {
        row(&bench, name, content, ("AR", "100", ""));
    }
    row(&bench, "B28 short MSH", b"MSH|^~\r", ("AR", "101", ""));
    assert_eq!(bench.delivered(), Vec::<Vec<u8>>::new());
}

#[test]
fn a_strict_listener_refuses_what_is_laid_out_otherwise() {
    let bench = Bench::with(SETTINGS, ", layout: strict");
    let laid_out = |terminator: &str| {
        String::from_utf8(adt("B16"))
            .unwrap()
            .replace('\r', terminator)
            .into_bytes()
    };
    row(&bench, "B16 LF", &laid_out("\n"), ("AE", "100", "B16"));
    row(&bench, "B16 CRLF", &laid_out("\r\n"), ("AE", "100", "B16"));
    row(&bench, "B16 blank lines", &laid_out("\r\r"), ("AE", "100", "B16"));
    row(
        &bench,
        "B16 no final CR",
        adt("B16").strip_suffix(b"\r").unwrap(),
        ("AE", "100", "B16"),
    );
    let marked = [b"\xef\xbb\xbf".as_slice(), &adt("B22")].concat();
    row(&bench, "B22 byte order mark", &marked, ("AR", "100", "B22"));
    assert_eq!(bench.delivered(), Vec::<Vec<u8>>::new());
}

#[test]
fn malformed_content_can_close_instead() {
    let bench = Bench::with(SETTINGS, ", malformed: close");
    assert_eq!(bench.sender().exchange(b"<?xml version=\"1.0\"?>"), None);
    assert_eq!(bench.delivered(), Vec::<Vec<u8>>::new());
}

#[test]
fn characters_and_delimiters_that_are_refused() {
    let bench = Bench::new();
    row(
        &bench,
        "B15 NUL in the content",
        &edited("B15", "WARD1", "WA\0RD"),
        ("AE", "102", "B15"),
    );
    row(
        &bench,
        "B15 bell in the content",
        &edited("B15", "WARD1", "WA\x07RD"),
        ("AE", "102", "B15"),
    );
    for (name, characters) in [
        ("0", ""),
        ("1", "^"),
        ("2", "^~"),
        ("3", "^~\\"),
        ("6", "^~\\&#$"),
    ] {
        let message = edited("B29", "^~\\&|", &format!("{characters}|"));
        row(
            &bench,
            &format!("B29 MSH-2 of {name}"),
            &message,
            ("AR", "102", "B29"),
        );
    }
    row(
        &bench,
        "B30 a delimiter twice",
        &edited("B30", "^~\\&|", "^^\\&|"),
        ("AR", "102", ""),
    );
    let lettered = String::from_utf8(adt("B30"))
        .unwrap()
        .replace('|', "x")
        .into_bytes();
    let reply = bench.sender().exchange(&lettered).unwrap();
    assert_eq!(
        (answer(&reply).0.as_str(), answer(&reply).1.as_str()),
        ("AR", "102"),
        "B30 a letter as field separator"
    );
    assert_eq!(bench.delivered(), Vec::<Vec<u8>>::new());
}

#[test]
fn header_fields_that_are_refused() {
    let bench = Bench::new();
    row(
        &bench,
        "B31 no MSH-9",
        &edited("B31", "ADT^A01^ADT_A01", ""),
        ("AR", "101", "B31"),
    );
    row(
        &bench,
        "B35 no MSH-10",
        &edited("B35", "|B35|", "||"),
        ("AR", "101", ""),
    );
    // Table 0357 has 104 from 2.7 on; before, a value too long is a data type error.
    let long = "L".repeat(10_000);
    for (version, expected) in [("2.5.1", "102"), ("2.7", "104")] {
        let message = edited(&long, "|2.5.1\r", &format!("|{version}\r"));
        let (code, error, id) = answer(&bench.sender().exchange(&message).unwrap());
        assert_eq!(
            (code.as_str(), error.as_str()),
            ("AE", expected),
            "B36 10 KB of MSH-10, {version}"
        );
        assert!(id == long, "B36: echoed byte for byte");
    }
    row(
        &bench,
        "B36 a delimiter in MSH-10",
        &adt("B^36"),
        ("AE", "102", "B^36"),
    );
    for (name, processing) in [("B37 empty", ""), ("B37 X", "X")] {
        row(
            &bench,
            name,
            &edited("B37", "|P|", &format!("|{processing}|")),
            ("AR", "202", "B37"),
        );
    }
    for (name, version) in [("B38 empty", ""), ("B38 9.9", "9.9")] {
        row(
            &bench,
            name,
            &edited("B38", "|2.5.1\r", &format!("|{version}\r")),
            ("AR", "203", "B38"),
        );
    }
    // Messages of a batch are not taken one by one by accident.
    row(
        &bench,
        "two messages in one frame",
        &[adt("TWO"), adt("TWO2")].concat(),
        ("AR", "200", "TWO"),
    );
    for before in ["\u{feff}", " ", "\t"] {
        row(
            &bench,
            "two messages in one frame, something before the second",
            &[&adt("TWO"), before.as_bytes(), &adt("TWO2")].concat(),
            ("AR", "200", "TWO"),
        );
    }
    row(
        &bench,
        "a batch",
        &[b"FHS|^~\\&|A\rBHS|^~\\&|A\r".as_slice(), &adt("IN")].concat(),
        ("AR", "200", ""),
    );
    assert_eq!(bench.delivered(), Vec::<Vec<u8>>::new());
}

#[test]
fn headers_that_are_odd_and_taken() {
    let bench = Bench::new();
    let mut expected = Vec::new();
    for (name, from, to) in [
        ("B29 five from 2.7 on", "^~\\&|ADT", "^~\\&#|ADT"),
        ("B34 MSH-9.3 contradicts", "ADT^A01^ADT_A01", "ADT^A01^ORU_R01"),
        ("B37 training", "|P|", "|T|"),
        ("B38 components", "|2.5.1\r", "|2.5.1^x^y\r"),
        ("B39 MSH-7", "20260301080509+0000||ADT", "2026-13-45||ADT"),
        ("B40 no names", "|ADT|GENERAL|WEIR|HUB|", "|||||"),
        ("B40 carets alone", "|ADT|GENERAL|WEIR|HUB|", "|^^|^^|^^|^^|"),
    ] {
        let message = edited("ODD", from, to);
        row(&bench, name, &message, ("AA", "", "ODD"));
        expected.push(message);
    }
    for kind in ["message-structure", "datetime"] {
        let series = format!("weir_message_warnings_total{{listener=\"in\",kind=\"{kind}\"}}");
        bench.engine.as_ref().unwrap().wait_for_metric(&series, 1.0);
    }
    assert_eq!(bench.delivered(), expected, "every byte as it came");
}

#[test]
fn what_the_listener_does_not_permit() {
    let permit = ", permit: { messages: [ADT^A01, ADT^A08], processing: [P], versions: [\"2.5.1\"] }";
    let bench = Bench::with(SETTINGS, permit);
    let event = |event: &str| edited("P", "ADT^A01^ADT_A01", event);
    row(&bench, "B32 another type", &event("ZZZ^Z99"), ("AR", "200", "P"));
    row(&bench, "B33 another event", &event("ADT^Q99"), ("AR", "201", "P"));
    row(
        &bench,
        "B37 T in production",
        &edited("P", "|P|2.5.1", "|T|2.5.1"),
        ("AR", "202", "P"),
    );
    row(
        &bench,
        "B38 a version not taken",
        &edited("P", "|2.5.1\r", "|2.4\r"),
        ("AR", "203", "P"),
    );
    assert_eq!(bench.delivered(), Vec::<Vec<u8>>::new());
}

#[test]
fn what_no_route_takes() {
    let bench = Bench::with(SETTINGS, ", unrouted: reject");
    row(
        &bench,
        "B32 routed",
        &edited("R", "ADT^A01^ADT_A01", "ZZZ^Z99"),
        ("AA", "", "R"),
    );
    assert_eq!(bench.delivered().len(), 1, "the only route takes everything");

    let receiver = Receiver::accepting();
    let site = Site::new(&format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\" }}, unrouted: reject }}\n\
         destinations:\n  ehr: {{ mllp: {{ address: \"{}\" }} }}\n\
         routes:\n  all: {{ from: in, messages: [ADT^A01], to: [ehr] }}\n",
        receiver.address()
    ));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    let refused = answer(
        &sender
            .exchange(&edited("R", "ADT^A01^ADT_A01", "ZZZ^Z99"))
            .unwrap(),
    );
    assert_eq!((refused.0.as_str(), refused.1.as_str()), ("AR", "200"), "B32");
    let refused = answer(
        &sender
            .exchange(&edited("R", "ADT^A01^ADT_A01", "ADT^Q99"))
            .unwrap(),
    );
    assert_eq!((refused.0.as_str(), refused.1.as_str()), ("AR", "201"), "B33");
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn enhanced_mode_answers_what_msh_15_and_16_ask_for() {
    let bench = Bench::with("acknowledgment: auto", "");
    let asking = |id: &str, accept: &str, application: &str| {
        edited(id, "|P|2.5.1\r", &format!("|P|2.5.1|||{accept}|{application}\r"))
    };
    let conditions = ["AL", "NE", "ER", "SU"];
    for accept in conditions {
        for application in conditions {
            let mut sender = bench.sender();
            sender.send(&asking("B41", accept, application)).unwrap();
            // A message in original mode after it: what comes before its answer belongs to the first.
            sender.send(&adt("END")).unwrap();
            let mut codes = Vec::new();
            loop {
                let reply = sender.reply().expect("the second message is answered");
                if field(&reply, "MSA", 2) == "END" {
                    break;
                }
                codes.push(field(&reply, "MSA", 1));
            }
            let mut expected = Vec::new();
            expected.extend(["AL", "SU"].contains(&accept).then_some("CA"));
            expected.extend(["AL", "SU"].contains(&application).then_some("AA"));
            assert_eq!(codes, expected, "B41 {accept} {application}");
        }
    }
    // The other side of ER and SU: a message that is refused.
    for (accept, application, expected) in [
        ("AL", "NE", "CR"),
        ("ER", "SU", "CR"),
        ("SU", "ER", "AR"),
        ("NE", "AL", "AR"),
        ("SU", "SU", ""),
    ] {
        let refused = String::from_utf8(asking("BAD", accept, application))
            .unwrap()
            .replace("|2.5.1|", "|9.9|");
        let mut sender = bench.sender();
        sender.send(refused.as_bytes()).unwrap();
        sender.send(&adt("END")).unwrap();
        let mut codes = String::new();
        loop {
            let reply = sender.reply().expect("the second message is answered");
            if field(&reply, "MSA", 2) == "END" {
                break;
            }
            codes.push_str(&field(&reply, "MSA", 1));
        }
        assert_eq!(codes, expected, "B41 {accept} {application}, refused");
    }
    let reply = bench.sender().exchange(&asking("B41", "YES", "")).unwrap();
    assert_eq!(
        answer(&reply),
        ("CE".to_owned(), "103".to_owned(), "B41".to_owned()),
        "B41 YES"
    );
    assert_eq!(bench.delivered().len(), 37);
}

/// Bytes in the place of a text of a message.
fn with_bytes(id: &str, declared: &str, name: &[u8]) -> Vec<u8> {
    let message = edited(id, "|P|2.5.1\r", &format!("|P|2.5.1||||||{declared}\r"));
    let (from, at) = (
        b"TESTPATIENT",
        message.windows(11).position(|part| part == b"TESTPATIENT"),
    );
    let at = at.expect("every message names the patient");
    [&message[..at], name, &message[at + from.len()..]].concat()
}

#[test]
fn characters_that_are_taken() {
    let bench = Bench::new();
    let hexadecimal = format!("\\X{}\\", "41".repeat(50_000));
    let mut expected = Vec::new();
    for (name, declared, bytes) in [
        ("B18 nothing declared", "", &b"M\xFCLLER"[..]),
        ("B18 ASCII declared", "ASCII", b"M\xFCLLER"),
        ("B19 UTF-8", "UNICODE UTF-8", b"M\xC3\xBCLLER"),
        ("B20 spelled otherwise", "ISO-8859-1", b"M\xFCLLER"),
        (
            "B23 GB 18030",
            "GB 18030-2000",
            b"\x81\x5C\x81\x7C\x81\x5E\x81\x7E",
        ),
        ("B23 Big5", "BIG-5", b"\xA5\x5C\xA5\x7C\xA5\x5E\xA5\x7E"),
        ("B23 Shift-JIS", "SHIFT_JIS", b"\x95\x5C\x83\x7C\x83\x5E\x83\x7E"),
        ("B24 listed", "~ISO IR87", b"\x1B$B;3\x21\x7C\x1B(B"),
        ("B25 not ended", "", b"\\F"),
        ("B25 half a byte", "", b"\\X4\\"),
        ("B25 a NUL", "", b"\\X00\\"),
        ("B25 local", "", b"\\Zq\\"),
        ("B25 100 KB in hexadecimal", "", hexadecimal.as_bytes()),
    ] {
        let message = with_bytes("CHARS", declared, bytes);
        row(&bench, name, &message, ("AA", "", "CHARS"));
        expected.push(message);
    }
    let marked = [b"\xEF\xBB\xBF".as_slice(), &adt("CHARS")].concat();
    row(&bench, "B22 a byte order mark", &marked, ("AA", "", "CHARS"));
    expected.push(marked);
    for kind in ["byte-order-mark", "character-set", "escape"] {
        let series = format!(r#"weir_message_warnings_total{{listener="in",kind="{kind}"}}"#);
        assert!(
            bench.engine.as_ref().unwrap().metric(&series) > 0.0,
            "{kind} is counted"
        );
    }
    assert_eq!(bench.delivered(), expected, "every byte as it came");
}

#[test]
fn characters_that_are_refused() {
    let bench = Bench::new();
    let refused = |name: &str, declared: &str, bytes: &[u8], code: &str, place: &str| {
        let message = with_bytes("CHARS", declared, bytes);
        row(&bench, name, &message, ("AE", code, "CHARS"));
        let reply = bench.sender().exchange(&message).unwrap();
        assert_eq!(field(&reply, "ERR", 2), place, "{name}");
        assert_eq!(
            field(&reply, "MSH", 18),
            declared,
            "{name}: answered as it was asked"
        );
    };
    for (name, bytes) in [
        ("B19 invalid", &b"M\xFCLLER"[..]),
        ("B19 overlong", b"\xC0\xAF"),
        ("B19 a surrogate", b"\xED\xA0\x80"),
    ] {
        refused(name, "UNICODE UTF-8", bytes, "102", "PID^1^5^1^1");
    }
    refused("B19 Big5", "BIG-5", b"A\xFF", "102", "PID^1^5^1^1");
    refused("B20 unknown", "EBCDIC", b"X", "103", "MSH^1^18^1");
    refused("B20 in a repetition", "8859/1~EBCDIC", b"X", "103", "MSH^1^18^2");
    refused("B21 UTF-16 declared", "UNICODE UTF-16", b"X", "103", "MSH^1^18^1");
    refused("B23 CNS", "CNS 11643-1992", b"\xA4\x40", "103", "MSH^1^18^1");
    refused("B24 not listed", "", b"\x1B$B;3\x1B(B", "103", "PID^1^5^1^1");
    refused(
        "B24 listed and not decoded",
        "8859/1~8859/2",
        b"\x1B-B\xA3",
        "103",
        "PID^1^5^1^1",
    );
    let text = String::from_utf8(adt("WIDE")).unwrap();
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    row(&bench, "B21 UTF-16", &wide, ("AR", "100", ""));
    let marked = [b"\xFE\xFF".as_slice(), &wide].concat();
    row(&bench, "B21 UTF-16 with its mark", &marked, ("AR", "100", ""));
    let wide: Vec<u8> = text
        .chars()
        .flat_map(|char| u32::from(char).to_le_bytes())
        .collect();
    row(&bench, "B21 UTF-32", &wide, ("AR", "100", ""));
    assert_eq!(bench.delivered(), Vec::<Vec<u8>>::new());
}

/// Routes that read text and write it elsewhere, under a listener that assumes Latin-2.
#[test]
fn text_that_is_written_again() {
    let receiver = Receiver::accepting();
    let site = Site::new(&format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\" }}, charset: 8859/2 }}\n\
         destinations:\n  ehr: {{ mllp: {{ address: \"{}\" }} }}\n\
         routes:\n  all: {{ from: in, steps: [set: {{ PV1-5: 'x{{PID-5.1}}' }}], to: [ehr] }}\n",
        receiver.address()
    ));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    let rows: [(&str, &str, &[u8], &[u8]); 5] = [
        // The default is Latin-2: text is read and written in it, whatever its bytes are elsewhere.
        ("B18", "", b"\xA3\xD3D\xAC", b"x\xA3\xD3D\xAC"),
        ("B23", "BIG-5", b"\xA5\x7C&\xA5\x5C", b"x\xA5\x7C\\T\\\xA5\x5C"),
        ("B24", "~ISO IR87", b"\x1B$B;3\x1B(B", b"x\x1B$B;3\x1B(B"),
        ("B26 a terminator", "", b"\\X0D\\PID\\F\\1", b"x\\X0D\\PID\\F\\1"),
        ("B26 an escape", "", b"\\E\\X0D\\E\\", b"x\\E\\X0D\\E\\"),
    ];
    for (number, (name, declared, given, _)) in rows.iter().enumerate() {
        let reply = sender
            .exchange(&with_bytes(&number.to_string(), declared, given))
            .unwrap();
        assert_eq!(answer(&reply).0, "AA", "{name}");
    }
    receiver.wait_until(|messages| messages.len() == rows.len());
    assert_eq!(engine.terminate(), 0);
    for ((name, _, _, written), message) in rows.iter().zip(receiver.stop()) {
        let ending = [b"PV1|1|I|WARD1^101^A||".as_slice(), written, b"\r"].concat();
        assert!(message.ends_with(&ending), "{name}");
        assert_eq!(
            message.split(|&byte| byte == b'\r').count(),
            5,
            "{name}: four segments"
        );
    }
}

/// A file of one batch, whose trailer says that it holds so many messages.
fn batch(messages: &[Vec<u8>], count: &str) -> Vec<u8> {
    let header = b"FHS|^~\\&|ADT|GENERAL|WEIR|HUB|2026||||F1\rBHS|^~\\&|ADT|GENERAL|WEIR|HUB|2026||||B1\r";
    let trailer = format!("BTS|{count}\rFTS|1\r");
    [header, messages.concat().as_slice(), trailer.as_bytes()].concat()
}

#[test]
fn batches_that_are_taken() {
    let bench = Bench::with("frame_bytes_max: 4MiB", ", batch: split");
    let (one, two) = (adt("ONE"), adt("TWO"));
    let both = [one.clone(), two.clone()];
    row(&bench, "B51 a file", &batch(&both, "2"), ("AA", "", "F1"));
    row(
        &bench,
        "B51 a count left out",
        &batch(&both, ""),
        ("AA", "", "F1"),
    );
    row(&bench, "B51 one after another", &both.concat(), ("AA", "", "ONE"));
    let marked = [both[0].clone(), [b"\xEF\xBB\xBF", two.as_slice()].concat()];
    row(
        &bench,
        "B51 a byte order mark before the second",
        &marked.concat(),
        ("AA", "", "ONE"),
    );
    let noted = [
        b"# note\r\rBHS|^~\\&|A||||||||B7\r",
        one.as_slice(),
        b"\r# note\r",
        &two,
        b"BTS|2",
    ]
    .concat();
    row(
        &bench,
        "B51 a comment first, as only files have it",
        &noted,
        ("AR", "100", ""),
    );
    row(&bench, "B51 no message", &batch(&[], "0"), ("AA", "", "F1"));
    let many: Vec<Vec<u8>> = (0..1_000).map(|number| adt(&format!("MANY{number}"))).collect();
    row(&bench, "B51 a thousand", &batch(&many, "1000"), ("AA", "", "F1"));
    let expected = [both.as_slice(), &both, &both, &marked, &many].concat();
    assert_eq!(bench.delivered(), expected, "each in its own bytes, in order");
}

#[test]
fn batches_of_which_nothing_is_stored() {
    let bench = Bench::with(
        "frame_bytes_max: 32MiB",
        ", batch: split, batch_messages_max: 100, unrouted: reject",
    );
    let good = adt("GOOD");
    for (name, count) in [("too many", "3"), ("too few", "1"), ("no number", "two")] {
        let message = batch(&[good.clone(), good.clone()], count);
        row(&bench, &format!("B51 {name}"), &message, ("AR", "207", "F1"));
        let reply = bench.sender().exchange(&message).unwrap();
        assert_eq!(field(&reply, "ERR", 2), "BTS^1^1", "B51 {name}");
    }
    let cut = batch(std::slice::from_ref(&good), "1");
    let cut = &cut[..cut.len() - "BTS|1\rFTS|1\r".len()];
    row(&bench, "B51 no trailers", cut, ("AR", "207", "F1"));
    let many = |count| [good.as_slice(), b"MSH|^~\\&|\r".repeat(count).as_slice()].concat();
    row(&bench, "B51 over the limit", &many(100), ("AR", "207", "GOOD"));
    row(&bench, "B51 a million", &many(1_000_000), ("AR", "207", "GOOD"));
    let bad = edited("BAD", "|P|", "|X|");
    let mixed = batch(&[good.clone(), bad, good.clone()], "3");
    row(&bench, "B51 one is refused", &mixed, ("AR", "202", "F1"));
    let reply = bench.sender().exchange(&mixed).unwrap();
    assert!(field(&reply, "ERR", 8).starts_with("message 2: "), "told which");
    let charsets = batch(&[good.clone(), with_bytes("BAD", "EBCDIC", b"X")], "2");
    row(
        &bench,
        "B51 one in another character set",
        &charsets,
        ("AE", "103", "F1"),
    );
    let stray = [good.as_slice(), b"BTS|1\rPID|1\r"].concat();
    row(&bench, "B51 a segment outside", &stray, ("AR", "207", "GOOD"));
    assert_eq!(bench.delivered(), Vec::<Vec<u8>>::new());
}

#[test]
fn batches_are_answered_as_the_listener_says() {
    let good = batch(&[adt("ONE"), adt("TWO")], "2");
    let bad = batch(&[adt("ONE"), edited("TWO", "|P|", "|X|")], "2");
    let codes = |sender: &mut Sender, count: usize| -> Vec<String> {
        let replies = (0..count).map(|_| sender.reply().expect("an answer"));
        replies
            .map(|reply| format!("{} {}", field(&reply, "MSA", 1), field(&reply, "MSA", 2)))
            .collect()
    };

    let bench = Bench::with(SETTINGS, ", batch: split, batch_ack: each");
    let mut sender = bench.sender();
    sender.send(&good).unwrap();
    assert_eq!(codes(&mut sender, 2), ["AA ONE", "AA TWO"]);
    sender.send(&bad).unwrap();
    assert_eq!(
        codes(&mut sender, 2),
        ["AR ONE", "AR TWO"],
        "one is refused, none is stored"
    );
    assert_eq!(bench.delivered().len(), 2);

    let bench = Bench::with(SETTINGS, ", batch: split, batch_ack: batch");
    let reply = bench.sender().exchange(&good).unwrap();
    assert!(reply.starts_with(b"BHS|^~\\&|WEIR|HUB|ADT|GENERAL|"));
    assert_eq!(field(&reply, "BHS", 11), "F1", "BHS-12 names what is answered");
    assert_eq!(field(&reply, "BTS", 1), "2");
    assert_eq!(reply.windows(7).filter(|part| part == b"MSA|AA|").count(), 2);
    let reply = bench.sender().exchange(&bad).unwrap();
    assert_eq!(reply.windows(7).filter(|part| part == b"MSA|AR|").count(), 2);
    assert_eq!(bench.delivered().len(), 2);

    let bench = Bench::with(SETTINGS, ", batch: split, batch_ack: none");
    let mut sender = bench.sender();
    sender.send(&good).unwrap();
    sender.send(&adt("END")).unwrap();
    assert_eq!(codes(&mut sender, 1), ["AA END"]);
    assert_eq!(bench.delivered().len(), 3);

    let bench = Bench::with(SETTINGS, ", batch: split, count_mismatch: warn");
    let counted_wrong = batch(&[adt("ONE")], "7");
    row(&bench, "B51 warned of", &counted_wrong, ("AA", "", "F1"));
    let series = r#"weir_message_warnings_total{listener="in",kind="batch-envelope"}"#;
    bench.engine.as_ref().unwrap().wait_for_metric(series, 1.0);
    assert_eq!(bench.delivered().len(), 1);
}

#[test]
fn acknowledgments_are_not_acknowledged() {
    let bench = Bench::with("", ", batch: split, batch_ack: batch");
    let ack = |id: &str| edited(id, "|ADT^A01^ADT_A01|", "|ACK^A01^ACK|");
    let batch_of_acks = [b"BHS|^~\\&\r".to_vec(), ack("TWO"), b"BTS|1\r".to_vec()].concat();
    let mut refused = ack("BAD");
    refused.extend_from_slice(b"ZZ1|\x01\r");
    let mut sender = bench.sender();
    for message in [ack("ONE"), batch_of_acks, refused, adt("END")] {
        sender.send(&message).unwrap();
    }
    // Replies come in order: the first is the one to the message after them.
    assert_eq!(field(&sender.reply().unwrap(), "MSA", 2), "END", "B53");
    let kind = r#"weir_message_warnings_total{listener="in",kind="acknowledgment"}"#;
    bench.engine.as_ref().unwrap().wait_for_metric(kind, 2.0);
    assert_eq!(bench.delivered(), [ack("ONE"), ack("TWO"), adt("END")]);
}

#[test]
fn a_flood_of_connections_writes_few_lines() {
    const FLOOD: usize = 100;
    let bench = Bench::with("connections_per_address_max: 1", "");
    let mut first = bench.sender();
    assert_eq!(field(&first.exchange(&adt("HELD")).unwrap(), "MSA", 1), "AA");
    for _ in 0..FLOOD {
        assert_eq!(bench.sender().reply(), None);
    }
    let log = bench.site.log();
    let lines = log.matches("connection refused: too many are open").count();
    // One in ten seconds: with as many as were refused, none would have been left out.
    assert!((1..FLOOD).contains(&lines), "{lines} lines");
}
