//! What the routes of the example site cost a message: conditions and steps, without parsing and without storing.
//!
//! `cargo bench --bench route`. Each route runs over the fixture it is for; `write` adds making the bytes of the
//! result. Parsing has a bench of its own.
#![allow(
    clippy::panic,
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

/// A site with one route of these steps, to one destination.
fn route_of(steps: &str) -> Arc<Route> {
    let folder = tempfile::tempdir().unwrap();
    let yaml = format!(
        "engine: {{ data: data }}\n\
         listeners: {{ in: {{ mllp: {{ bind: 127.0.0.1:0 }} }} }}\n\
         destinations: {{ out: {{ mllp: {{ address: 'localhost:1' }} }} }}\n\
         tables: {{ patient-class: {{ I: IP, O: OP, E: ER }}, units: {{ mg: MG }} }}\n\
         routes:\n  bench:\n    from: in\n    to: out\n    steps:\n{steps}"
    );
    std::fs::write(folder.path().join("site.yaml"), yaml).unwrap();
    let (site, problems) = config::load(folder.path());
    site.unwrap_or_else(|| panic!("{problems}")).routes.remove(0)
}

/// Ten steps, as an interface of admissions has them.
const TEN_STEPS: &str = "      - set: { MSH-5: EHR, MSH-6: CLINICS }
      - set: { PID-5.1: '{upper(PID-5.1)}', PID-5.2: '{upper(PID-5.2)}' }
      - copy: { PID-2: PID-3.1 }
      - translate: { field: PV1-2, table: patient-class, otherwise: keep }
      - remove: [NK1, PID-19]
      - set: { PV1-3.4: '{MSH-4}' }
        when: PV1-3.4 is null or not PV1-3.4 exists
      - copy: { PV1-50: PV1-19 }
      - remove: [ZPI]
      - drop: test patient
        when: PID-5.1 = 'ZZTEST'
      - set: { MSH-8: '{MSH-10}' }
";

/// For each result: two values set, one code translated, some of them left out.
const FOR_EACH: &str = "      - set: { MSH-5: EHR }
      - for_each: OBX
        when: OBX-2 = 'NM'
        steps:
          - set: { OBX-14: '{OBR-7}' }
          - translate: { field: OBX-6.1, table: units, otherwise: keep }
";

/// An admission of about 1 KB.
fn admission() -> Message {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/adt-a01.hl7");
    Message::parse(std::fs::read(fixture).unwrap().into()).unwrap()
}

/// A result of about 5 KB with twenty OBX.
fn result() -> Message {
    let mut text = "MSH|^~\\&|LAB|GENERAL|||20240101120000||ORU^R01^ORU_R01|M1|P|2.5.1\r\
        PID|1||100234^^^GENERAL^MR||DOE^ANNA||19800101|F\rOBR|1|A1|B1|24323-8^PANEL^LN|||20240101\r"
        .to_owned();
    for number in 1..=20 {
        use std::fmt::Write;
        write!(
            text,
            "OBX|{number}|NM|2345-{number}^A MEASURED QUANTITY IN SERUM^LN^L{number}^LOCAL NAME OF IT^L||7.{number}|mg^milligram^UCUM|3.5-9.9|N|||F|||20240101113000|LAB^GENERAL LABORATORY|4711^TECHNICIAN^T^^^^^^GENERAL|AUTO||20240101114500\r"
        )
        .unwrap();
    }
    Message::parse(text.into()).unwrap()
}

fn delivers(route: &Route, message: &Message) {
    let outcome = route.run(message, &received(), None);
    let Outcome::Deliver { outputs, .. } = outcome else {
        panic!("not delivered: {outcome:?}")
    };
    assert!(outputs.iter().all(|output| output.message.is_edited()));
}

/// Aim: 200,000 a second on one core.
#[divan::bench]
fn ten_steps_over_1_kb(bencher: Bencher<'_, '_>) {
    let (route, message, received) = (route_of(TEN_STEPS), admission(), received());
    delivers(&route, &message);
    bencher
        .counter(divan::counter::ItemsCount::new(1_u32))
        .bench_local(|| route.run(black_box(&message), &received, None));
}

/// Aim: 50,000 a second on one core.
#[divan::bench]
fn for_each_of_twenty_in_5_kb(bencher: Bencher<'_, '_>) {
    let (route, message, received) = (route_of(FOR_EACH), result(), received());
    delivers(&route, &message);
    bencher
        .counter(divan::counter::ItemsCount::new(1_u32))
        .bench_local(|| route.run(black_box(&message), &received, None));
}

#[divan::bench]
fn load_the_example_site() -> bool {
    config::load(black_box(&Path::new(env!("CARGO_MANIFEST_DIR")).join("routes")))
        .0
        .is_some()
}
