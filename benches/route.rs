//! What the routes of the example site cost a message: conditions and steps, without parsing and without storing.
//!
//! `cargo bench --bench route`. Each route runs over the fixture it is for; `write` adds making the bytes of the
//! result. Parsing has a bench of its own.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench fails by panicking and is no library"
)]

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use divan::{Bencher, black_box};
use jiff::Zoned;
use weir::config;
use weir::hl7::{Message, Terminators};
use weir::route::{Outcome, Route};

/// A route of the example site, and a message it delivers.
const RUNS: [(&str, &str); 5] = [
    ("adt-to-ehr", "adt-a01.hl7"),
    ("admissions-to-registry", "adt-a01.hl7"),
    ("merges-to-both", "adt-a40.hl7"),
    ("results-to-ehr", "oru-r01-chemistry.hl7"),
    ("cultures-to-registry", "oru-r01-microbiology.hl7"),
];

fn main() {
    divan::main();
}

fn received() -> Zoned {
    "2024-01-01T12:00:00+01:00[+01:00]".parse().unwrap()
}

fn prepared((route, fixture): (&str, &str)) -> (Arc<Route>, Message) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (site, _) = config::load(&root.join("routes"));
    let route = site
        .unwrap()
        .routes
        .into_iter()
        .find(|known| *known.name == *route)
        .unwrap();
    let bytes = Bytes::from(std::fs::read(root.join("fixtures").join(fixture)).unwrap());
    let message = Message::parse(bytes).unwrap();
    assert!(
        matches!(route.run(&message, &received(), None), Outcome::Deliver { .. }),
        "the route delivers its fixture"
    );
    (route, message)
}

#[divan::bench(args = RUNS.map(|(route, _)| route))]
fn run(bencher: Bencher<'_, '_>, route: &str) {
    let (route, message) = prepared(*RUNS.iter().find(|(known, _)| *known == route).unwrap());
    let received = received();
    bencher.bench_local(|| route.run(black_box(&message), &received, None));
}

#[divan::bench(args = RUNS.map(|(route, _)| route))]
fn run_and_write(bencher: Bencher<'_, '_>, route: &str) {
    let (route, message) = prepared(*RUNS.iter().find(|(known, _)| *known == route).unwrap());
    let received = received();
    bencher.bench_local(|| match route.run(black_box(&message), &received, None) {
        Outcome::Deliver { outputs, .. } => outputs
            .iter()
            .map(|output| output.message.write(Terminators::Cr).len())
            .sum(),
        Outcome::NotMine | Outcome::Filtered { .. } | Outcome::Rejected { .. } | Outcome::Failed { .. } => 0,
    });
}

#[divan::bench]
fn load_the_example_site() -> bool {
    config::load(black_box(&Path::new(env!("CARGO_MANIFEST_DIR")).join("routes")))
        .0
        .is_some()
}
