//! How fast a message is validated against its version, and against a profile beside it.

use bytes::Bytes;
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use weir::hl7::Message;
use weir::validation::{Profile, validate};

const FIXTURES: [&str; 6] = [
    "adt-a01",
    "oru-r01-chemistry",
    "oru-r01-microbiology",
    "oru-r01-pdf",
    "oru-r01-v2.3",
    "siu-s12",
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

fn against(bencher: Bencher<'_, '_>, name: &str, profile: &Profile) {
    let message = fixture(name);
    bencher
        .counter(BytesCount::new(size(&message)))
        .bench(|| validate(black_box(&message), profile));
}

#[divan::bench(args = FIXTURES)]
fn against_the_version(bencher: Bencher<'_, '_>, name: &str) {
    against(bencher, name, &Profile::default());
}

#[divan::bench(args = FIXTURES)]
fn against_a_profile(bencher: Bencher<'_, '_>, name: &str) {
    let file = format!("{}/benches/profile.yaml", env!("CARGO_MANIFEST_DIR"));
    let (profile, problems) = weir::config::profile(file.as_ref());
    let profile = profile.unwrap_or_else(|| unreachable!("the profile is right: {problems}"));
    against(bencher, name, &profile);
}
