//! Validation from outside: every fixture with its faults, what the command prints, and the public corpus.
//!
//! `validation_faults.txt` is reviewed: what stands there for the fixtures in `broken` and `odd` is what they were
//! made for. The others are what systems really send, and have warnings at most: `application^pdf` in an ED,
//! identifiers longer than 2.3 has them.

#![allow(
    clippy::needless_raw_string_hashes,
    reason = "expect-test writes its snapshots with them"
)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use bytes::Bytes;
use expect_test::{Expect, expect, expect_file};
use weir::hl7::{ErrorCode, Fault, Message, Severity, batch};
use weir::validation::{FAULTS_MAX, Profile, validate};

use crate::harness::{corpus, hl7_files, repository_file, transcript, weir, workplace};

#[test]
fn every_fixture_has_the_faults_that_its_version_finds_in_it() {
    let folder = repository_file("fixtures");
    let mut said = String::new();
    for file in hl7_files(&folder) {
        let name = file.strip_prefix(&folder).unwrap().display().to_string();
        for piece in batch::split(&Bytes::from(fs::read(&file).unwrap())) {
            // What cannot be parsed is told elsewhere.
            let Ok(message) = Message::parse(piece) else {
                continue;
            };
            for fault in validate(&message, &Profile::default()) {
                let place = fault.location.map_or("-".to_owned(), |place| place.to_string());
                let (code, severity) = (fault.code.number(), fault.severity.as_str());
                writeln!(said, "{name}: {place} {code} {severity} {}", fault.text).unwrap();
            }
        }
    }
    expect_file!["validation_faults.txt"].assert_eq(&said);
}

#[test]
fn well_formed_fixtures_have_no_error() {
    let folder = repository_file("fixtures");
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|extension| extension != "hl7") {
            continue;
        }
        for piece in batch::split(&Bytes::from(fs::read(&file).unwrap())) {
            let faults = validate(&Message::parse(piece).unwrap(), &Profile::default());
            let error = faults.iter().find(|fault| fault.severity == Severity::Error);
            assert!(error.is_none(), "{}: {error:?}", file.display());
        }
    }
}

const PROFILE: &str = r#"
inherits: base.yaml
segments:
  ZPI: { usage: required }
fields:
  PID-3: { repetitions_max: 1 }
  PID-3.1: { pattern: "[0-9]{5}" }
  PV1-19: { usage: required, when: PV1-2 = "O" }
"#;

#[track_caller]
fn check(line: &str, files: &[(&str, &str)], expected: &Expect) {
    let folder = workplace();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let arguments: Vec<_> = line.split_whitespace().collect();
    expected.assert_eq(&transcript(weir(folder.path(), &arguments, b"")));
}

#[test]
fn validate_prints_a_line_for_each_fault() {
    let base = "inherits: 2.5.1\nfields:\n  PID-8: { codes: [M, U] }\n";
    check(
        "validate fixtures/adt-a01.hl7",
        &[],
        &expect![[r#"
        = 0
    "#]],
    );
    check(
        "validate fixtures/adt-a01.hl7 --profile hospital.yaml",
        &[("hospital.yaml", PROFILE), ("base.yaml", base)],
        &expect![[r#"
            ZPI 100 E ZPI is required by the profile
            PID-3.1 102 E does not match the pattern of the profile
            PID-8 103 E expected one of the codes that the profile lists
            = 1
        "#]],
    );
    check(
        "validate fixtures/batch.hl7 --version 2.3",
        &[],
        &expect![[r#"
            message 1: MSH-9 102 W longer than 7 characters
            message 1: PID-3 102 W longer than 20 characters
            message 1: PID-18 102 W longer than 20 characters
            message 1: PV1-3 102 W longer than 12 characters
            message 1: PV1-19 102 W longer than 15 characters
            message 2: MSH-9 102 W longer than 7 characters
            message 2: PID-3 102 W longer than 20 characters
            message 2: PID-18 102 W longer than 20 characters
            message 2: PV1-3 102 W longer than 12 characters
            message 2: PV1-19 102 W longer than 15 characters
            message 3: MSH-9 102 W longer than 7 characters
            message 3: PID-3 102 W longer than 20 characters
            message 3: PID-18 102 W longer than 20 characters
            message 3: PV1-3 102 W longer than 12 characters
            message 3: PV1-19 102 W longer than 15 characters
            = 0
        "#]],
    );
    check(
        "validate fixtures/batch.hl7 --version 2.3 --message 2",
        &[],
        &expect![[r#"
            MSH-9 102 W longer than 7 characters
            PID-3 102 W longer than 20 characters
            PID-18 102 W longer than 20 characters
            PV1-3 102 W longer than 12 characters
            PV1-19 102 W longer than 15 characters
            = 0
        "#]],
    );
}

#[test]
fn validate_says_what_it_cannot_do() {
    check(
        "validate none.hl7",
        &[],
        &expect![[r#"
        ! none.hl7: No such file or directory (os error 2)
        = 2
    "#]],
    );
    check(
        "validate fixtures/adt-a01.hl7 --profile none.yaml",
        &[],
        &expect![[r#"
            ! error[unreadable-file]: none.yaml: No such file or directory (os error 2)
            = 2
        "#]],
    );
    check(
        "validate fixtures/adt-a01.hl7 --version 2.51",
        &[],
        &expect![[r#"
            ! error: invalid value '2.51' for '--version <VERSION>': expected a version from 2.1 to 2.8.2, as MSH-12 writes it
            !
            ! For more information, try '--help'.
            = 2
        "#]],
    );
}

#[test]
fn every_mistake_of_a_profile_is_told_with_its_place() {
    let wrong = "inherits: 2.51\nfields:\n  PID-3: { usag: required }\n  pid-5: {}\n  PV1-19: { when: PV1-2 like 1 }\n  PID-8: { codes: { F: 1 } }\n";
    check(
        "validate fixtures/adt-a01.hl7 --profile wrong.yaml",
        &[("wrong.yaml", wrong)],
        &expect![[r#"
            ! error[invalid-value]: expected a version of HL7 from 2.1 to 2.8.2, or the name of another profile's YAML file
            !   ┌─ wrong.yaml:1:11
            !   │
            ! 1 │ inherits: 2.51
            !   │           ^^^^ did you mean `2.5`?
            !
            ! error[unknown-key]: there is no key `usag` here
            !   ┌─ wrong.yaml:3:12
            !   │
            ! 3 │   PID-3: { usag: required }
            !   │            ^^^^ did you mean `usage`?
            !   │
            !   = help: the keys here are `usage`, `repetitions_max`, `length_max`, `codes`, `data_type`, `pattern`, `condition` and `when`
            !
            ! error[bad-path]: `pid-5` is not a path: expected a segment name: a capital letter, then two capital letters or digits
            !   ┌─ wrong.yaml:4:3
            !   │
            ! 4 │   pid-5: {}
            !   │   ^^^^^ did you mean `PID-5`?
            !
            ! error[bad-expression]: expected a comparison (`=`, `!=`, `<`, `in`, `matches`, `contains`, …), `exists`, `valued` or `is null`, found `like`
            !   ┌─ wrong.yaml:5:25
            !   │
            ! 5 │   PV1-19: { when: PV1-2 like 1 }
            !   │                         ^^^^ did you mean `matches`?
            !
            ! error[wrong-type]: found a mapping, expected a text or a list of texts
            !   ┌─ wrong.yaml:6:19
            !   │
            ! 6 │   PID-8: { codes: { F: 1 } }
            !   │                   ^^^^^^^^
            = 2
        "#]],
    );
    let own = "inherits: own.yaml\n";
    check(
        "validate fixtures/adt-a01.hl7 --profile own.yaml",
        &[("own.yaml", own)],
        &expect![[r#"
            ! error[site-too-large]: more than 8 profiles inherit from one another, or one from itself
            !   ┌─ own.yaml:1:11
            !   │
            ! 1 │ inherits: own.yaml
            !   │           ^^^^^^^^
            = 2
        "#]],
    );
}

#[test]
fn corpus_is_validated() {
    let Some(folder) = corpus() else { return };
    let (mut messages, mut without, mut too_long_before_2_7) = (0, 0, 0);
    let mut codes: BTreeMap<(u16, &str), usize> = BTreeMap::new();
    for file in hl7_files(&folder) {
        for piece in batch::split(&Bytes::from(fs::read(file).unwrap())) {
            let Ok(message) = Message::parse(piece) else {
                continue;
            };
            let faults = validate(&message, &Profile::default());
            assert!(faults.len() <= 2 * FAULTS_MAX);
            messages += 1;
            without += usize::from(!faults.iter().any(|fault| fault.severity == Severity::Error));
            let is_too_long =
                |fault: &Fault| fault.severity == Severity::Warning && fault.code == ErrorCode::DataType;
            too_long_before_2_7 += usize::from(faults.iter().any(is_too_long));
            for fault in faults {
                *codes
                    .entry((fault.code.number(), fault.severity.as_str()))
                    .or_default() += 1;
            }
        }
    }
    println!(
        "{messages} messages, {without} without fault, {too_long_before_2_7} longer than a version before 2.7 has them"
    );
    println!("faults by code and severity: {codes:?}");
    assert!(messages > 1_500, "the corpus is not whole");
    assert!(without > 0, "a validation that finds faults everywhere");
}
