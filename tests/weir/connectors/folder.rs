//! Files in a folder: taken, kept or failed, and not lost whenever weir is killed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::harness::{Answer, PATIENCE, Receiver, Site, adt};

/// A site that reads `inbox` and sends to this receiver.
fn site(receiver: &Receiver, more: &str, beside: &str) -> (Site, PathBuf) {
    site_with(receiver, more, beside, "")
}

/// The same with more in its route.
fn site_with(receiver: &Receiver, more: &str, beside: &str, route: &str) -> (Site, PathBuf) {
    let address = receiver.address();
    let site = Site::new(&format!(
        "listeners:\n  in: {{ folder: {{ folder: ../inbox, interval: 5ms, settled: 0s, {more} }}, {beside} }}\n\
         destinations:\n  ehr: {{ mllp: {{ address: \"{address}\", terminators: preserve }} }}\n\
         routes:\n  all: {{ from: in, to: ehr{route} }}\n"
    ));
    let inbox = site.folder().join("inbox");
    fs::create_dir(&inbox).unwrap();
    (site, inbox)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    let mut names: Vec<_> = files
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::yield_now();
    }
}

/// Written aside and renamed, as `settled: 0s` asks of senders.
fn put(inbox: &Path, name: &str, content: &[u8]) {
    let aside = inbox.join(format!(".{name}"));
    fs::write(&aside, content).unwrap();
    fs::rename(aside, inbox.join(name)).unwrap();
}

#[test]
fn files_are_delivered_as_they_came_or_fail_with_a_reason_that_quotes_nothing() {
    let receiver = Receiver::accepting();
    let (site, inbox) = site(
        &receiver,
        "accepted: archive",
        "batch: split, permit: { messages: ADT }",
    );
    put(&inbox, "1.hl7", &adt("ONE"));
    let wide: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain(
            String::from_utf8(adt("WIDE"))
                .unwrap()
                .encode_utf16()
                .flat_map(u16::to_le_bytes),
        )
        .collect();
    put(&inbox, "2.hl7", &wide);
    put(&inbox, "3.hl7", &[adt("B1"), adt("B2")].concat());
    put(&inbox, "4.hl7", b"PID|1||SECRET");
    let other = String::from_utf8(adt("OTHER"))
        .unwrap()
        .replace("ADT^A01", "ORU^R01");
    put(&inbox, "5.hl7", other.as_bytes());
    let engine = site.start();
    let failed = inbox.join("failed");
    wait_until("all files are put away", || {
        names(&inbox.join("done")).len() == 3 && names(&failed).len() == 4
    });
    receiver.wait_for(4);
    assert_eq!(receiver.control_ids(), ["ONE", "WIDE", "B1", "B2"]);
    assert_eq!(receiver.messages()[..2], [adt("ONE"), adt("WIDE")]);
    let reason = |name: &str| fs::read_to_string(failed.join(name)).unwrap();
    assert!(
        reason("4.hl7.reason.txt").starts_with("AR 100"),
        "{}",
        reason("4.hl7.reason.txt")
    );
    assert!(!reason("4.hl7.reason.txt").contains("SECRET"));
    assert!(
        reason("5.hl7.reason.txt").starts_with("AR 200"),
        "{}",
        reason("5.hl7.reason.txt")
    );
    engine.wait_for_metric(r#"weir_messages_refused_total{listener="in"}"#, 2.0);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_file_of_what_stood_on_the_wire_is_delivered() {
    let receiver = Receiver::accepting();
    let (site, inbox) = site(&receiver, "", "batch: split");
    let framed = |id: &str, start: &[u8], end: &[u8]| [start, &adt(id), end].concat();
    put(&inbox, "1.hl7", &framed("BOTH", b"\x0B", b"\x1C\r"));
    put(&inbox, "2.hl7", &framed("START", b"\x0B", b""));
    put(&inbox, "3.hl7", &framed("END", b"", b"\x1C\r\n"));
    let two = [
        framed("ONE", b"\x0B", b"\x1C\r"),
        framed("TWO", b"\x0B", b"\x1C\r"),
    ];
    put(&inbox, "4.hl7", &two.concat());
    let text = String::from_utf8(framed("WIDE", b"\x0B", b"\x1C\r")).unwrap();
    let wide: Vec<u8> = format!("\u{feff}{text}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    put(&inbox, "5.hl7", &wide);
    let engine = site.start();
    let ids = ["BOTH", "START", "END", "ONE", "TWO", "WIDE"];
    assert_eq!(receiver.wait_for(ids.len()), ids.map(adt), "without its marks");
    wait_until("all files are put away", || names(&inbox.join("done")).len() == 5);
    assert!(names(&inbox.join("failed")).is_empty());
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn no_file_waits_for_an_answer_that_nobody_reads() {
    let receiver = Receiver::scripted(|_, _| Answer::Away);
    let (site, inbox) = site_with(
        &receiver,
        "",
        "batch: reject",
        ", reply: from ehr, reply_timeout: 1h",
    );
    for number in 0..3 {
        put(&inbox, &format!("{number}.hl7"), &adt(&format!("F{number}")));
    }
    let engine = site.start();
    wait_until("all files are put away", || names(&inbox.join("done")).len() == 3);
    engine.wait_for_metric(r#"weir_outbox_depth{destination="ehr"}"#, 3.0);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn no_file_is_lost_whenever_weir_is_killed_and_repeats_are_bounded() {
    const FILES: usize = 120;
    const KILLS: usize = 6;
    let receiver = Receiver::accepting();
    let (site, inbox) = site(&receiver, "", "");
    let ids: Vec<String> = (0..FILES).map(|number| format!("F{number:04}")).collect();
    for id in &ids {
        put(&inbox, &format!("{id}.hl7"), &adt(id));
    }
    let done = inbox.join("done");
    for kill in 1..=KILLS {
        let engine = site.start();
        // At another point of the work each time: what is in hand then is in no order with the count.
        wait_until("the work goes on", || {
            names(&done).len() >= kill * FILES / (KILLS + 2)
        });
        engine.kill();
    }
    let engine = site.start();
    wait_until("all are put away", || names(&done).len() == FILES);
    let delivered = r#"weir_outbox_depth{destination="ehr"}"#;
    engine.wait_for_metric(delivered, 0.0);
    let mut times = BTreeMap::new();
    for id in receiver.control_ids() {
        *times.entry(id).or_insert(0) += 1;
    }
    assert_eq!(
        times.keys().collect::<Vec<_>>(),
        ids.iter().collect::<Vec<_>>(),
        "none is lost"
    );
    // For each kill the file in work, and what the destination's window of 64 held.
    let repeats: usize = times.values().map(|times: &usize| times - 1).sum();
    assert!(repeats <= KILLS * 65, "{repeats} repeats");
    assert!(names(&inbox).is_empty() && names(&inbox.join("working")).is_empty());
    assert_eq!(engine.terminate(), 0);
}
