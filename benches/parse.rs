//! How fast a message is indexed, read, edited and written; beside hl7-parser on the same bytes.
//!
//! The message is a made-up ADT^A01 of about 1 KB. Throughput counts its bytes.

use bytes::Bytes;
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use weir::hl7::{FieldPath, Message, Terminators};

const ADT: &str = "MSH|^~\\&|ADT|NORTH CLINIC|WEIR|HOSPITAL|20260314101530+0100||ADT^A01^ADT_A01|MSG00001|P|2.5.1|||AL|NE|||UNICODE UTF-8\r\
EVN|A01|20260314101530+0100|||8842^SMITH^JOHN^^^DR|20260314101500+0100\r\
PID|1||100234^^^NORTH^MR~9434765919^^^NHS^NH||DOE^ANNA^MARIA^^MS||19720414|F|||12 MILL LANE^^SPRINGFIELD^IL^62701^USA^H||(555)555-0101^PRN^PH|(555)555-0102^WPN^PH|EN|M|CHR|400234^^^NORTH^AN|||||SPRINGFIELD||||||N\r\
PD1|||SPRINGFIELD GROUP PRACTICE^^1234|7781^MILLER^RUTH^^^DR\r\
NK1|1|DOE^PETER|SPO^SPOUSE^HL70063|12 MILL LANE^^SPRINGFIELD^IL^62701^USA|(555)555-0103^PRN^PH||EC^EMERGENCY CONTACT^HL70131\r\
PV1|1|I|W3^301^2^NORTH^^BED|E|||7781^MILLER^RUTH^^^DR|8842^SMITH^JOHN^^^DR||MED||||1|||8842^SMITH^JOHN^^^DR|INP|V100234^^^NORTH^VN|||||||||||||||||||||||||20260314100000+0100\r\
AL1|1|DA|70618^PENICILLIN^RXNORM|SV|HIVES~SHORTNESS OF BREATH|20100611\r\
DG1|1||I21.9^ACUTE MYOCARDIAL INFARCTION^I10||20260314|A\r\
IN1|1|PPO1^PREFERRED PLAN|4455^SPRINGFIELD INSURANCE|SPRINGFIELD INSURANCE CO|1 MAIN ST^^SPRINGFIELD^IL^62701||(555)555-0199|G5512\r";

const PATHS: [&str; 6] = ["MSH-9.1", "MSH-9.2", "MSH-10", "PID-3.1", "PID-5.1", "PV1-3.1"];

fn main() {
    divan::main();
}

fn paths() -> Vec<FieldPath> {
    PATHS
        .iter()
        .map(|path| path.parse().expect("the paths are written above"))
        .collect()
}

fn message() -> Message {
    Message::parse(Bytes::from_static(ADT.as_bytes())).expect("the message is written above")
}

#[divan::bench]
fn index(bencher: Bencher<'_, '_>) {
    let bytes = Bytes::from_static(ADT.as_bytes());
    bencher
        .counter(BytesCount::of_str(ADT))
        .bench(|| Message::parse(black_box(&bytes).clone()));
}

#[divan::bench]
fn index_and_read_six(bencher: Bencher<'_, '_>) {
    let bytes = Bytes::from_static(ADT.as_bytes());
    let paths = paths();
    bencher.counter(BytesCount::of_str(ADT)).bench(|| {
        let message = Message::parse(black_box(&bytes).clone()).expect("the message is written above");
        paths
            .iter()
            .map(|path| message.read(path).raw().map_or(0, <[u8]>::len))
            .sum::<usize>()
    });
}

#[divan::bench]
fn read_six_as_text(bencher: Bencher<'_, '_>) {
    let (message, paths) = (message(), paths());
    bencher.bench(|| {
        paths
            .iter()
            .map(|path| black_box(&message).text(path).map_or(0, |text| text.len()))
            .sum::<usize>()
    });
}

#[divan::bench]
fn set_three_and_write(bencher: Bencher<'_, '_>) {
    let message = message();
    let paths: Vec<FieldPath> = ["MSH-5", "PV1-2", "PID-5.1"]
        .map(|path| path.parse().expect("the path is written here"))
        .to_vec();
    bencher.counter(BytesCount::of_str(ADT)).bench(|| {
        let mut message = black_box(&message).clone();
        for path in &paths {
            message
                .set(path, "CHANGED & ESCAPED")
                .expect("each place can be set");
        }
        message.write(Terminators::Cr)
    });
}

#[divan::bench]
fn write_edited(bencher: Bencher<'_, '_>) {
    let mut message = message();
    message
        .set(&"MSH-5".parse().expect("a path"), "CHANGED")
        .expect("MSH-5 can be set");
    bencher
        .counter(BytesCount::of_str(ADT))
        .bench(|| black_box(&message).write(Terminators::Cr));
}

#[divan::bench]
fn write_untouched(bencher: Bencher<'_, '_>) {
    let message = message();
    bencher
        .counter(BytesCount::of_str(ADT))
        .bench(|| black_box(&message).write(Terminators::Cr));
}

#[divan::bench]
fn warnings(bencher: Bencher<'_, '_>) {
    let message = message();
    bencher
        .counter(BytesCount::of_str(ADT))
        .bench(|| black_box(&message).warnings());
}

#[divan::bench(args = ["Z|\r", "|", "~", "^", "&"])]
fn refuse_a_million(bencher: Bencher<'_, '_>, part: &str) {
    let bytes = Bytes::from(format!("MSH|^~\\&|\rZ{}", part.repeat(1_000_000)));
    bencher.bench(|| Message::parse(black_box(&bytes).clone()).expect_err("it passes a limit"));
}

#[divan::bench]
fn hl7_parser_parse(bencher: Bencher<'_, '_>) {
    bencher
        .counter(BytesCount::of_str(ADT))
        .bench(|| hl7_parser::Message::parse(black_box(ADT)).is_ok());
}

#[divan::bench]
fn hl7_parser_parse_and_read_six(bencher: Bencher<'_, '_>) {
    let queries = ["MSH.9.1", "MSH.9.2", "MSH.10", "PID.3[1].1", "PID.5.1", "PV1.3.1"];
    bencher.counter(BytesCount::of_str(ADT)).bench(|| {
        let message = hl7_parser::Message::parse(black_box(ADT)).expect("the message is written above");
        queries
            .iter()
            .map(|query| message.query(*query).map_or(0, |found| found.raw_value().len()))
            .sum::<usize>()
    });
}
