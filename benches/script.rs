//! What the step `script` costs beside steps that do the same, and what the worst scripts cost before a limit ends them.
//!
//! `cargo bench --bench script`. The message is a result with twenty OBX; parsing and writing are not counted.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench fails by panicking and is no library"
)]

use std::fs;

use divan::{Bencher, black_box};
use jiff::Zoned;
use weir::config;
use weir::hl7::Message;
use weir::route::{Outcome, Route};

/// The same edits: as steps, and as a script.
const EDITS: [(&str, &str); 2] = [
    (
        "steps",
        "- set: { MSH-5: EHR, 'OBX[*]-11': F }\n      - copy: { PID-2: PID-3.1 }\n      - remove: NTE\n",
    ),
    (
        "script",
        "- script: |\n          set(\"MSH-5\", \"EHR\");\n          set(\"OBX[*]-11\", \"F\");\n          \
         set(\"PID-2\", get(\"PID-3.1\"));\n          remove(\"NTE\");\n",
    ),
];

/// Scripts that run into a limit.
const WORST: [(&str, &str); 4] = [
    ("loop", "loop { }"),
    ("get", "loop { get(\"OBX[20]-5\") }"),
    (
        "upper",
        "let s = \"x\"; for i in 0..14 { s += s } loop { to_upper(s) }",
    ),
    (
        "replace",
        "let s = \"x\"; for i in 0..14 { s += s } loop { s.replace(\"x\", \"y\"); s.replace(\"y\", \"x\") }",
    ),
];

fn main() {
    divan::main();
}

fn route(steps: &str) -> Route {
    let folder = tempfile::tempdir().unwrap();
    let site = format!(
        "engine: {{ data: ../data }}\nlisteners: {{ in: {{ mllp: {{ bind: 127.0.0.1:0 }} }} }}\n\
         destinations: {{ out: {{ mllp: {{ address: 'localhost:1' }} }} }}\n\
         routes:\n  r:\n    from: in\n    to: out\n    steps:\n      {steps}"
    );
    fs::write(folder.path().join("site.yaml"), site).unwrap();
    let (site, _) = config::load(folder.path());
    Route::clone(site.unwrap().routes.first().unwrap())
}

fn message() -> Message {
    let result =
        |number| format!("OBX|{number}|NM|GLU^Glucose||5.{number}|mmol/l|||||P\rNTE|1||as expected\r");
    let results: Vec<String> = (1..=20).map(result).collect();
    let header = "MSH|^~\\&|LAB|W|||20240102||ORU^R01|1|P|2.5.1\rPID|1||12^^^W^MR||DOE^ANNA\rOBR|1\r";
    Message::parse(format!("{header}{}", results.concat()).into()).unwrap()
}

fn received() -> Zoned {
    "2024-01-01T12:00:00+01:00[+01:00]".parse().unwrap()
}

#[divan::bench(args = EDITS.map(|(name, _)| name))]
fn edits(bencher: Bencher<'_, '_>, name: &str) {
    let (_, steps) = EDITS.iter().find(|(known, _)| *known == name).unwrap();
    let (route, message, received) = (route(steps), message(), received());
    assert!(matches!(
        route.run(&message, &received, None),
        Outcome::Deliver { .. }
    ));
    bencher.bench_local(|| route.run(black_box(&message), &received, None));
}

#[divan::bench(args = WORST.map(|(name, _)| name), sample_count = 5, sample_size = 1)]
fn until_a_limit(bencher: Bencher<'_, '_>, name: &str) {
    let (_, script) = WORST.iter().find(|(known, _)| *known == name).unwrap();
    let route = route(&format!("- script: '{script}'\n"));
    let (message, received) = (message(), received());
    assert!(matches!(
        route.run(&message, &received, None),
        Outcome::Failed { .. }
    ));
    bencher.bench_local(|| route.run(black_box(&message), &received, None));
}
