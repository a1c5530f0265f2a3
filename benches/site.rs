//! How long it takes to load a site, and to refuse one that is meant to cost much (Y1: under 100 ms).
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench fails by panicking")]

use std::fs;
use std::path::Path;

use divan::Bencher;

fn main() {
    divan::main();
}

/// As much as is read of one file, of this.
fn full(piece: &str) -> String {
    piece.repeat(weir::config::FILE_BYTES_MAX / piece.len())
}

#[divan::bench]
fn the_example_site(bencher: Bencher<'_, '_>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("routes");
    bencher.bench_local(|| weir::config::load(&folder).0.unwrap());
}

#[divan::bench]
fn a_thousand_routes(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().unwrap();
    let routes: Vec<String> = (0..1_000)
        .map(|number| {
            format!(
                "  route-{number}:\n    from: in\n    when: PV1-2 in (\"I\", \"E\") and PID-3.1 valued\n    steps:\n      \
                 - set: {{ MSH-5: LAB, PID-5.1: \"{{upper(PID-5.1)}}\" }}\n      - remove: [NK1, PID-19]\n    to: out\n"
            )
        })
        .collect();
    let site = format!(
        "engine: {{ data: data }}\nlisteners: {{ in: {{ mllp: {{ bind: 127.0.0.1:2575 }} }} }}\n\
         destinations: {{ out: {{ mllp: {{ address: localhost:2576 }} }} }}\nroutes:\n{}",
        routes.concat()
    );
    fs::write(folder.path().join("site.yaml"), site).unwrap();
    bencher.bench_local(|| weir::config::load(folder.path()).0.unwrap());
}

#[divan::bench(args = ["[", "{a: ", "- ", "- a\n", "&a ", "a:\n", "keys", "keys of a listener"])]
fn a_bomb_of(bencher: Bencher<'_, '_>, piece: &str) {
    let keys = |indentation: &str| {
        let keys: Vec<String> = (0..20_000)
            .map(|number| format!("{indentation}k{number}: 1\n"))
            .collect();
        keys.concat()
    };
    let text = match piece {
        "keys" => keys(""),
        "keys of a listener" => format!("listeners:\n  a:\n{}", keys("    ")),
        piece => full(piece),
    };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bomb.yaml"), text).unwrap();
    bencher.bench_local(|| assert!(weir::config::load(folder.path()).0.is_none()));
}
