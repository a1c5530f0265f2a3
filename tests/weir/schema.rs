//! `weir schema` is true: whoever reads YAML as an editor does finds the shipped sites right by it, and what is wrong
//! in a way a schema can say, wrong.
//!
//! The validator is not ours, and YAML is read here without weir's own rules: `2.5` is a number.

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::Value;

use crate::harness::{repository_file, weir};
use crate::readme::{blocks, manual};

fn printed() -> String {
    let (status, out, err) = weir(Path::new("."), &["schema"], b"");
    assert_eq!((status, err.as_str()), (0, ""));
    out
}

fn validator() -> Validator {
    let schema: Value = serde_json::from_str(&printed()).unwrap();
    jsonschema::draft7::meta::validate(&schema).unwrap();
    jsonschema::draft7::new(&schema).unwrap()
}

/// What is wrong with a file of a site, by the schema.
fn faults(validator: &Validator, yaml: &str) -> Vec<String> {
    let value: Value = serde_yaml::from_str(yaml).unwrap();
    let faults = validator.iter_errors(&value);
    faults
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect()
}

/// Every YAML file of the folder and those in it.
fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files.extend(yaml_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    files
}

#[test]
fn the_file_beside_the_shipped_site_is_what_is_printed() {
    let file = repository_file("routes/weir.schema.json");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&file, printed()).unwrap();
    }
    let is_same = fs::read_to_string(&file).unwrap() == printed();
    assert!(
        is_same,
        "settings changed: UPDATE_EXPECT=1 cargo test --test weir schema::"
    );
}

#[test]
fn what_is_shipped_and_what_the_readme_shows_fits() {
    let validator = validator();
    let folder = repository_file("routes");
    let files = yaml_files(&folder);
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(faults(&validator, &text), [""; 0], "{}", file.display());
        let named = text.strip_prefix("# yaml-language-server: $schema=");
        let named = named.unwrap_or_else(|| panic!("{} names no schema", file.display()));
        let schema = file.parent().unwrap().join(named.lines().next().unwrap());
        assert_eq!(
            schema.canonicalize().unwrap(),
            folder.join("weir.schema.json").canonicalize().unwrap()
        );
    }
    let manual = manual();
    let pieces = blocks(&manual);
    let mut pieces = pieces
        .iter()
        .filter(|block| ["yaml", "yaml sketch"].contains(&block.mark.as_str()))
        .peekable();
    assert!(pieces.peek().is_some());
    for block in pieces {
        assert_eq!(faults(&validator, &block.text), [""; 0], "{}", block.text);
    }
}

#[test]
fn the_example_of_every_step_fits() {
    let validator = validator();
    for doc in weir::step::DOCS {
        let example = doc.example.replace('\n', "\n        ");
        let yaml = format!("routes:\n  r:\n    from: a\n    to: b\n    steps:\n      - {example}\n");
        // A whole entry may be written in one line without braces: that is no YAML, but easy to read.
        let yaml = if serde_yaml::from_str::<Value>(&yaml).is_ok() {
            yaml
        } else {
            yaml.replace(&format!("- {example}"), &format!("- {{ {example} }}"))
        };
        assert_eq!(faults(&validator, &yaml), [""; 0], "{yaml}");
    }
}

const RIGHT: &str = r#"
engine: { data: ../data, console: { bind: 127.0.0.1:8686 }, read_bytes_max: 1GiB }
listeners:
  adt-in:
    mllp: { bind: 127.0.0.1:2575, acknowledgment: auto, frame_deadline: 1m30s }
    permit: { messages: [ADT], versions: [2.5, 2.5.1] }
    unrouted: reject
destinations:
  lab:
    mllp: { address: localhost:2576, frame: 1 }
    retry: { first: 1s }
  copies: { file: { folder: out, name: "{MSH-10}" } }
tables:
  sex: { 1: F, "2": true, M: M }
  ward: { file: ward.csv, key: ehr, value: lab }
routes:
  adt-to-lab:
    from: adt-in
    messages: ADT^A01
    when: PV1-2 = "I"
    steps:
      - { set: { MSH-5: 7 }, when: PV1-2 valued, name: seven }
      - translate: { field: PV1-2, table: sex, otherwise: { value: U } }
      - remove: NK1
    to: [lab, copies]
"#;

#[test]
fn what_is_wrong_does_not_fit() {
    let right = RIGHT.replace(", frame: 1", "");
    let validator = validator();
    assert_eq!(faults(&validator, &right), [""; 0]);
    assert_ne!(faults(&validator, RIGHT), [""; 0], "an unknown key of a kind");
    let check = |right_part: &str, wrong: &str| {
        assert!(right.contains(right_part), "{right_part}");
        let yaml = right.replacen(right_part, wrong, 1);
        assert_ne!(faults(&validator, &yaml), [""; 0], "{wrong}");
    };
    check("listeners:", "listenrs:");
    check("data: ../data, ", "");
    check("1GiB", "1GB");
    check("1GiB", "1073741824");
    check("127.0.0.1:8686", "8686");
    check("bind: 127.0.0.1:2575, ", "");
    check("acknowledgment: auto", "acknowledgment: automatic");
    check("1m30s", "90");
    check("1m30s", "1.5m");
    check("  adt-in:", "  ADT_IN:");
    check("  adt-in:", "  \"no\":");
    check("unrouted: reject", "unrouted: refuse");
    check("permit: {", "permit: { facility: X,");
    check(
        "  copies: { file",
        "  copies: { mllp: { address: 'localhost:1' }, file",
    );
    check("  copies: { file", "  copies: { fil");
    check(", name: \"{MSH-10}\"", "");
    check("localhost:2576", "lab.example");
    check("retry: { first: 1s }", "retry: 5s");
    check("sex: { 1: F", "sex: { 1: [F]");
    check("key: ehr, ", "");
    check("key: ehr, ", "key: ehr, values: x, ");
    check("    from: adt-in\n", "");
    check("    to: [lab, copies]", "    to: { lab: now }");
    check("    to: [lab, copies]", "    too: lab");
    check("- remove: NK1", "- { remove: NK1, set: { MSH-5: X } }");
    check("- remove: NK1", "- delete: NK1");
    check("- remove: NK1", "- if: NK1 exists");
    check(
        "- remove: NK1",
        "- { if: NK1 exists, then: [ { if: x, then: [ { delete: NK1 } ] } ] }",
    );
    check("to: [lab, copies]", "to: [lab, { destinaton: copies }]");
    check(
        "to: [lab, copies]",
        "to: [lab, { destination: copies, steps: [ { delete: NK1 } ] }]",
    );
    check("- remove: NK1", "- { remove: NK1, unless: NK1 exists }");
    check("name: seven", "name: [seven]");
    check("table: sex, ", "");
    check("{ value: U }", "{ value: U, or: V }");
    check("{ value: U }", "skip");
}
