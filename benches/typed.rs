//! How fast a message is read through its typed model: every field of every segment, down to subcomponents, its
//! numbers and times read as such; and what reading allocates (nothing).

use bytes::Bytes;
use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher, black_box};
use weir::hl7::Message;
use weir::hl7::segments::Pid;

#[path = "../tests/weir/typed/walk/mod.rs"]
mod walk;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const FIXTURES: [&str; 5] = [
    "adt-a01",
    "oru-r01-chemistry",
    "oru-r01-microbiology",
    "oru-r01-pdf",
    "oru-r01-v2.3",
];

fn main() {
    divan::main();
}

fn fixture(name: &str) -> Message {
    let path = format!("{}/fixtures/{name}.hl7", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).expect("the fixture is in the repository");
    Message::parse(Bytes::from(bytes)).expect("the fixture is a message")
}

fn size(message: &Message) -> usize {
    message.segments().map(|segment| segment.raw().len() + 1).sum()
}

#[divan::bench(args = FIXTURES)]
fn walk_every_field(bencher: Bencher<'_, '_>, name: &str) {
    let message = fixture(name);
    bencher.counter(BytesCount::new(size(&message))).bench(|| {
        let mut values_bytes = 0;
        for segment in black_box(&message).segments() {
            walk::segment(segment, |found| {
                black_box((
                    found.place.field,
                    found.place.repetition,
                    found.datatype,
                    found.misfit,
                ));
                values_bytes += found.part.raw().map_or(0, <[u8]>::len);
            });
        }
        values_bytes
    });
}

#[divan::bench]
fn read_one_name(bencher: Bencher<'_, '_>) {
    let message = fixture("adt-a01");
    bencher.bench(|| {
        let pid: Pid<'_> = black_box(&message).first().expect("the fixture has a PID");
        let name = pid.patient_name().next().expect("the patient has a name");
        name.family_name().surname().0.raw().map(<[u8]>::len)
    });
}
