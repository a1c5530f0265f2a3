//! What holds for any bytes, held for bytes that are near to real ones: fixtures, recipes, what fuzzing has found, the
//! public corpus; whole, cut off, and with a byte changed here and there.

use std::fs;
use std::path::Path;

use super::{CHECKS, Check, of_project};
use crate::harness::{corpus, hl7_files};

/// How often each file is cut off, and how often it is changed.
const VARIANTS: usize = 6;
/// Bytes that mean something to one reader or another.
const TELLING: &[u8] = b"|^~\\&\r\n\x0B\x1C\x00\x1B\xFF\"':-{[ 9Z";

#[test]
fn what_holds_for_any_bytes_holds_near_real_ones() {
    for (name, check) in CHECKS {
        let is_yaml = ["site", "format"].contains(&name);
        let files = if is_yaml {
            texts("routes", "yaml")
        } else {
            texts("fixtures", "hl7")
        };
        assert!(files.len() > 15, "{name} has beginnings");
        for bytes in &files {
            check_near(check, bytes);
        }
        for bytes in all_in(&of_project("fuzz/found").join(name)) {
            check(&bytes);
        }
    }
}

#[test]
fn what_holds_for_any_bytes_holds_for_the_corpus() {
    let Some(corpus) = corpus() else {
        return;
    };
    for file in hl7_files(&corpus) {
        let bytes = fs::read(&file).unwrap();
        for (name, check) in CHECKS {
            if !["site", "format", "table"].contains(&name) {
                check(&bytes);
            }
        }
    }
}

#[test]
fn every_check_is_a_fuzz_target() {
    let mut targets: Vec<String> = fs::read_dir(of_project("fuzz/fuzz_targets"))
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    targets.sort();
    let mut checks: Vec<&str> = CHECKS.iter().map(|(name, _)| *name).collect();
    // What is within the library, and is checked there.
    checks.extend(["body", "record"]);
    checks.sort_unstable();
    assert_eq!(targets, checks);
}

fn check_near(check: Check, bytes: &[u8]) {
    check(bytes);
    let step = bytes.len() / VARIANTS + 1;
    for (at, telling) in (step / 2..bytes.len()).step_by(step).zip(TELLING.iter().cycle()) {
        check(&bytes[..at]);
        let mut changed = bytes.to_vec();
        changed[at] = *telling;
        check(&changed);
        changed.splice(at..at, [*telling; 40]);
        check(&changed);
    }
}

/// The files with this extension anywhere below a folder of the project.
fn texts(folder: &str, extension: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut folders = vec![of_project(folder)];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|its| its == extension) {
                found.push(fs::read(path).unwrap());
            }
        }
    }
    found
}

/// The files of a folder that may not be there.
fn all_in(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .map(|entry| fs::read(entry.unwrap().path()).unwrap())
        .collect()
}
