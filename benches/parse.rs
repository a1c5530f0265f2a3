//! How fast a message is indexed, read, edited and written; beside hl7-parser on the same bytes.
//!
//! The message is `fixtures/adt-a01.hl7`, of 1.2 KB, and for long fields a result whose OBX-5 has 5 MB. Throughput
//! counts the bytes of the message. `tools/compare` does the same with libraries of another language.

use bytes::Bytes;
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use weir::hl7::{FieldPath, Message, Terminators};

const TEN: [&str; 10] = [
    "MSH-9.1", "MSH-9.2", "MSH-10", "PID-3.1", "PID-5.1", "PID-5.2", "PID-7", "PID-8", "PV1-3.1", "PV1-19.1",
];
const THREE: [&str; 3] = ["MSH-5", "PV1-2", "PID-5.1"];

fn main() {
    divan::main();
}

fn paths(paths: &[&str]) -> Vec<FieldPath> {
    let parsed = paths.iter().map(|path| path.parse());
    parsed
        .collect::<Result<_, _>>()
        .expect("the paths are written above")
}

fn adt() -> Bytes {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/adt-a01.hl7");
    Bytes::from(std::fs::read(path).expect("the fixture is in the repository"))
}

/// A result with one long value.
fn long_result() -> Bytes {
    let value = "AbCd0123+/".repeat(500_000);
    let adt = adt();
    let end = format!("OBX|1|ED|PDF||^application^pdf^Base64^{value}||||||F\r");
    Bytes::from([&adt, end.as_bytes()].concat())
}

fn message() -> Message {
    Message::parse(adt()).expect("the fixture is a message")
}

fn read(message: &Message, paths: &[FieldPath]) -> usize {
    let lengths = paths
        .iter()
        .map(|path| message.read(path).raw().map_or(0, <[u8]>::len));
    lengths.sum()
}

fn index_of(bencher: Bencher<'_, '_>, bytes: &Bytes) {
    bencher
        .counter(BytesCount::new(bytes.len()))
        .bench(|| Message::parse(black_box(bytes).clone()));
}

fn index_and_read_of(bencher: Bencher<'_, '_>, bytes: &Bytes) {
    let paths = paths(&TEN);
    bencher.counter(BytesCount::new(bytes.len())).bench(|| {
        let message = Message::parse(black_box(bytes).clone()).expect("it is a message");
        read(&message, &paths)
    });
}

#[divan::bench]
fn index(bencher: Bencher<'_, '_>) {
    index_of(bencher, &adt());
}

#[divan::bench]
fn index_5_mb(bencher: Bencher<'_, '_>) {
    index_of(bencher, &long_result());
}

#[divan::bench]
fn index_and_read_ten(bencher: Bencher<'_, '_>) {
    index_and_read_of(bencher, &adt());
}

#[divan::bench]
fn index_5_mb_and_read_ten(bencher: Bencher<'_, '_>) {
    index_and_read_of(bencher, &long_result());
}

#[divan::bench]
fn read_ten_as_text(bencher: Bencher<'_, '_>) {
    let (message, paths) = (message(), paths(&TEN));
    bencher.bench(|| {
        let texts = paths.iter().map(|path| black_box(&message).text(path));
        texts.map(|text| text.map_or(0, |text| text.len())).sum::<usize>()
    });
}

#[divan::bench]
fn index_read_ten_set_three_and_write(bencher: Bencher<'_, '_>) {
    let (bytes, ten, three) = (adt(), paths(&TEN), paths(&THREE));
    bencher.counter(BytesCount::new(bytes.len())).bench(|| {
        let mut message = Message::parse(black_box(&bytes).clone()).expect("the fixture is a message");
        let found = read(&message, &ten);
        for path in &three {
            message
                .set(path, "CHANGED & ESCAPED")
                .expect("each place can be set");
        }
        (found, message.write(Terminators::Cr))
    });
}

#[divan::bench]
fn write_edited(bencher: Bencher<'_, '_>) {
    let mut message = message();
    message
        .set(&"MSH-5".parse().expect("a path"), "CHANGED")
        .expect("MSH-5 can be set");
    bencher
        .counter(BytesCount::new(adt().len()))
        .bench(|| black_box(&message).write(Terminators::Cr));
}

#[divan::bench]
fn write_untouched(bencher: Bencher<'_, '_>) {
    let message = message();
    bencher
        .counter(BytesCount::new(adt().len()))
        .bench(|| black_box(&message).write(Terminators::Cr));
}

#[divan::bench]
fn warnings(bencher: Bencher<'_, '_>) {
    let message = message();
    bencher
        .counter(BytesCount::new(adt().len()))
        .bench(|| black_box(&message).warnings());
}

#[divan::bench(args = ["Z|\r", "|", "~", "^", "&"])]
fn refuse_a_million(bencher: Bencher<'_, '_>, part: &str) {
    let bytes = Bytes::from(format!("MSH|^~\\&|\rZ{}", part.repeat(1_000_000)));
    bencher.bench(|| Message::parse(black_box(&bytes).clone()).expect_err("it passes a limit"));
}

#[divan::bench]
fn hl7_parser_parse(bencher: Bencher<'_, '_>) {
    let adt = adt();
    let text = std::str::from_utf8(&adt).expect("the fixture is UTF-8");
    bencher
        .counter(BytesCount::of_str(text))
        .bench(|| hl7_parser::Message::parse(black_box(text)).is_ok());
}

#[divan::bench]
fn hl7_parser_parse_and_read_ten(bencher: Bencher<'_, '_>) {
    let adt = adt();
    let text = std::str::from_utf8(&adt).expect("the fixture is UTF-8");
    let queries = [
        "MSH.9.1",
        "MSH.9.2",
        "MSH.10",
        "PID.3[1].1",
        "PID.5.1",
        "PID.5.2",
        "PID.7",
        "PID.8",
        "PV1.3.1",
        "PV1.19.1",
    ];
    bencher.counter(BytesCount::of_str(text)).bench(|| {
        let message = hl7_parser::Message::parse(black_box(text)).expect("the fixture is a message");
        queries
            .iter()
            .map(|query| message.query(*query).map_or(0, |found| found.raw_value().len()))
            .sum::<usize>()
    });
}
