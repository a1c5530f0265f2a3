//! What the dictionary costs: unpacking it once, look-ups afterwards, and putting a message's segments into groups.

use bytes::Bytes;
use divan::{Bencher, black_box};
use weir::hl7::dictionary::{Dictionary, Version, group};
use weir::hl7::{FieldPath, Message};

/// One set of observations of a laboratory.
const ORDER: &str = "ORC|RE|1|2\rOBR|1|1|2|CBC\rNTE|1||note\rOBX|1|NM|HGB||13.4\rOBX|2|NM|WBC||7.1\rNTE|1||note\rSPM|1|||BLD\r";

fn main() {
    divan::main();
}

/// The first message that asks pays this: the text of all versions and the tables of one.
/// Nothing pays it again, so it runs once; its name makes it run before all others.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn asked_first() -> &'static Dictionary {
    Dictionary::of(Version::V2_5_1)
}

/// The first message of another version.
#[divan::bench(args = [Version::V2_1, Version::V2_3, Version::V2_8_2], sample_count = 1, sample_size = 1)]
fn asked_next(version: Version) -> &'static Dictionary {
    Dictionary::of(version)
}

#[divan::bench(args = ["PID-3", "PID-3.4.2"])]
fn field_name(bencher: Bencher<'_, '_>, path: &str) {
    let path: FieldPath = path.parse().expect("the paths are written above");
    let dictionary = Dictionary::of(Version::V2_5_1);
    bencher.bench(|| dictionary.field_name(black_box(&path)));
}

#[divan::bench]
fn structure_of(bencher: Bencher<'_, '_>) {
    let dictionary = Dictionary::of(Version::V2_5_1);
    bencher.bench(|| {
        dictionary
            .structure_of(black_box("ADT"), black_box("A08"))
            .is_some()
    });
}

#[divan::bench(args = [1, 100, 1_000])]
fn group_orders(bencher: Bencher<'_, '_>, orders: usize) {
    let bytes = format!("MSH|^~\\&|\rPID|1\rPV1|1\r{}", ORDER.repeat(orders));
    let message = Message::parse(Bytes::from(bytes)).expect("the message is written above");
    let structure = Dictionary::of(Version::V2_5_1)
        .structure("ORU_R01")
        .expect("the dictionary has it");
    bencher.bench(|| group(black_box(&message), structure).items().count());
}
