//! Wrong sites, one mistake each, and what people are told about it: the files in `wrong/`.

use expect_test::expect_file;
use proptest::prelude::*;

use super::*;

const RIGHT: &str = r#"engine: { data: ../data }
listeners:
  adt-in:
    mllp: { bind: 127.0.0.1:2575 }
destinations:
  lab:
    mllp: { address: localhost:2576 }
tables:
  patient-class: { I: IP, O: OP }
routes:
  adt-to-lab:
    from: adt-in
    messages: [ADT^A01, ADT^A04]
    when: PV1-2 in ("I", "E")
    steps:
      - set: { MSH-5: LAB }
      - translate: { field: PV1-2, table: patient-class }
    to: lab
"#;

/// The right site with each of these changed in turn, and the problems each change makes.
fn told(changes: &[(&str, &str)]) -> String {
    changes
        .iter()
        .map(|(right, wrong)| {
            assert!(RIGHT.contains(right), "{right}");
            shown(&[("site.yaml", &RIGHT.replacen(right, wrong, 1))])
        })
        .collect()
}

#[test]
fn the_right_site_is_right() {
    assert_eq!(shown(&[("site.yaml", RIGHT)]), "");
}

/// The right site with its table in a file, and what is told of each table and file.
fn told_of_tables(cases: &[(&str, &[u8])]) -> String {
    cases
        .iter()
        .map(|(table, csv)| {
            let site = RIGHT.replacen("{ I: IP, O: OP }", table, 1);
            let folder = folder(&[("site.yaml", &site), ("tables/class.csv", "")]);
            fs::write(folder.path().join("tables/class.csv"), csv).unwrap();
            shown_in(&folder)
        })
        .collect()
}

#[test]
fn tables() {
    const FILE: &str = "{ file: tables/class.csv, key: ehr, value: lab }";
    let told = told_of_tables(&[
        (FILE, b"ehr,lab\nI,IP\nO,OP\nI,IN\n"),
        (FILE, b"ehr,lab\nI\n"),
        (FILE, b"ehr,lab\nI,IP,x\n,OP\n"),
        (FILE, b"ehr,lab\nI,\"IP\nO,OP\n"),
        (FILE, b"ehr,lab\nI,caf\xe9\n"),
        (FILE, b"\xff\xfee\0h\0r\0"),
        (FILE, b"ehr;lab\nI;IP\n"),
        (FILE, b"ehr,Lab\nI,IP\n"),
        (FILE, b"ehr,lab,ehr\n"),
        (FILE, b""),
        ("{ file: tables/clas.csv, key: ehr, value: lab }", b""),
        ("{ file: ../class.csv, key: ehr, value: lab }", b""),
        ("{ file: /etc/passwd, key: ehr, value: lab }", b""),
        ("{ file: tables, key: ehr, value: lab }", b""),
        ("{ flie: tables/class.csv, key: ehr, value: lab }", b"ehr,lab\n"),
        ("{ file: tables/class.csv, value: lab }", b"ehr,lab\n"),
        (
            "{ file: tables/class.csv, key: ehr, value: lab, delimiter: comma }",
            b"ehr,lab\n",
        ),
    ]);
    expect_file!["wrong/tables.txt"].assert_eq(&told);
}

#[test]
fn scripts() {
    let told: String = [
        "script: 'set(\"PID-5\", \"x\"'",
        "script: |\n          let a = 1;\n\n          if b > a {\n          }",
        "script: 'import \"x\" as y;'",
        "script: 'eval(\"1\")'",
        "script: { file: scripts/wrong.rhai }",
        "script: { file: scripts/wrnog.rhai }",
        "script: { file: ../wrong.rhai }",
        "script: { fiel: scripts/wrong.rhai }",
        "script: [a]",
        "script: 'set(\"PID_5\", gett(\"PID-5\")); lookup(\"clas\", \"x\");'",
        "script: |\n          // é\n          remove(\"MSH\");\n          count();",
        "script: { file: scripts/calls.rhai }",
    ]
    .iter()
    .map(|step| {
        let site = RIGHT.replacen("set: { MSH-5: LAB }", step, 1);
        shown(&[
            ("site.yaml", &site),
            ("scripts/wrong.rhai", "// fine\nlet x = ;\n"),
            ("scripts/calls.rhai", "// fine\nset(\"pid-5\", gett(1));\n"),
        ])
    })
    .collect();
    expect_file!["wrong/scripts.txt"].assert_eq(&told);
}

#[test]
fn a_byte_order_mark_and_line_ends_of_windows_are_right() {
    let told = told_of_tables(&[(
        "{ file: tables/class.csv, key: ehr, value: lab }",
        b"\xef\xbb\xbfehr,lab\r\nI,IP\r\n",
    )]);
    assert_eq!(told, "");
}

#[cfg(unix)]
#[test]
fn a_table_never_lies_outside_the_site() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("x.csv"), "ehr,lab\n").unwrap();
    let site = RIGHT.replacen("{ I: IP, O: OP }", "{ file: x.csv, key: ehr, value: lab }", 1);
    let folder = folder(&[("site.yaml", &site)]);
    std::os::unix::fs::symlink(outside.path().join("x.csv"), folder.path().join("x.csv")).unwrap();
    let told = shown_in(&folder);
    assert!(
        told.contains("`x.csv` leads out of the folder of the site"),
        "{told}"
    );
}

#[cfg(unix)]
#[test]
fn a_linked_folder_is_not_passed_over_in_silence() {
    use std::os::unix::fs::symlink;

    let (common, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(common.path().join("more")).unwrap();
    fs::write(common.path().join("more/routes.yaml"), "routes: {}\n").unwrap();
    fs::write(elsewhere.path().join("M1.hl7"), "MSH|").unwrap();
    let folder = folder(&[
        ("site.yaml", RIGHT),
        ("..2026/tables/x.csv", "a,b\n"),
        ("..2026/routes/site.yaml", "routes: {}\n"),
        ("another/.weir-site", ""),
        ("another/site.yaml", "routes: {}\n"),
        ("lab/tables.yaml", "tables: {}\n"),
    ]);
    let link = |target: &std::path::Path, name: &str| symlink(target, folder.path().join(name)).unwrap();
    // Nothing is left out: no files of a site, those of another one, or those that are read anyway.
    link("..2026".as_ref(), "..data");
    link("..data/tables".as_ref(), "tables");
    link("another".as_ref(), "other");
    link("lab".as_ref(), "ward");
    link(elsewhere.path(), "inbox");
    assert_eq!(shown_in(&folder), "");
    link(common.path(), ".hidden");
    assert_eq!(shown_in(&folder), "");
    link(common.path(), "shared");
    link("..data/routes".as_ref(), "routes");
    let told = shown_in(&folder);
    for left_out in [
        "site/shared: a link to a folder is not followed, so `site/shared/more/routes.yaml` is left out",
        "site/routes: a link to a folder is not followed, so `site/routes/site.yaml` is left out",
        "put the folder itself in its place, or links to its files",
    ] {
        assert!(told.contains(left_out), "{told}");
    }
}

#[test]
fn keys() {
    let told = told(&[
        ("listeners:", "listenrs:"),
        ("bind:", "bnd:"),
        ("{ bind:", "{ frame_bytes: 1MiB, bind:"),
        ("address: localhost:2576", "acknowledgment_timeout: 1s"),
        ("mllp: { address: localhost:2576 }", "file: { folder: out }"),
        (
            "    mllp: { address: localhost:2576 }",
            "    mlp: { address: localhost:2576 }",
        ),
        (
            "    mllp: { address: localhost:2576 }",
            "    retry: { first: 1s }",
        ),
        (
            "    mllp: { address: localhost:2576 }",
            "    mllp: { address: 'localhost:1' }\n    file: { folder: o, name: n }",
        ),
        ("    to: lab", "    too: lab"),
        ("    from: adt-in\n", ""),
        ("- set:", "- sett:"),
        ("      - translate:", "        translate:"),
        ("engine: { data: ../data }\n", ""),
    ]);
    expect_file!["wrong/keys.txt"].assert_eq(&told);
}

#[test]
fn profiles() {
    let validating = RIGHT.replace(
        "    mllp: { bind: 127.0.0.1:2575 }",
        "    mllp: { bind: 127.0.0.1:2575 }\n    validate: { profile: ward }",
    );
    let site = |profiles: &str| shown(&[("site.yaml", &format!("{validating}profiles:\n{profiles}"))]);
    assert_eq!(site("  ward: { inherits: 2.5.1 }\n"), "");
    assert_eq!(
        site("  ward: { inherits: house }\n  house: { inherits: 2.5.1, lengths: error }\n"),
        ""
    );
    let told = [
        "  wards: {}\n",
        "  ward: {}\n  house: { inherits: ward }\n",
        "  ward: { inherits: hose }\n  house: {}\n",
        "  ward: { inherits: 2.51 }\n",
        "  ward: { inherits: house }\n  house: { inherits: ward }\n",
        "  ward: { inherits: house }\n  house: { fields: { PID-3: { usage: require } } }\n",
        "  ward: { lengths: none, segment: {} }\n",
    ];
    let told: String = told.into_iter().map(site).collect();
    expect_file!["wrong/profiles.txt"].assert_eq(&told);
}

#[test]
fn steps_that_control() {
    let set = "- set: { MSH-5: LAB }";
    let told = told(&[
        (set, "- if: PV1-2 = 'I'"),
        (set, "- { if: PV1-2 =, then: [ { drop: x } ] }"),
        (set, "- { if: PV1-2 = 'I', then: [] }"),
        (set, "- { if: PV1-2 = 'I', then: { drop: x } }"),
        (
            set,
            "- { if: PV1-2 = 'I', then: [ { dorp: x } ], esle: [ { drop: x } ] }",
        ),
        (
            set,
            "- { if: PV1-2 = 'I', then: [ { drop: x }, { set: { PID: x } } ] }",
        ),
        (set, "- { set: { MSH-5: LAB }, then: [ { drop: x } ] }"),
        (set, "- drop: ' '"),
        (set, "- drop: 'patient {PID-5.1}'"),
        (set, "- fail:"),
        (set, "- tag: { Ward: x, kind: '{PV1}' }"),
        (set, "- tag: {}"),
        (set, "- reject: no"),
        (set, "- reject: { code: AE }"),
        (set, "- reject: { text: x, code: AA }"),
        (set, "- reject: { text: x, code: AR }"),
        (set, "- reject: { text: x, code: AR, error: 207 }"),
        (set, "- reject: { text: x, error: 99, location: pid-3 }"),
        (set, "- for_each: OBX"),
        (set, "- { for_each: OBX-5.1, steps: [ { drop: x } ] }"),
        (set, "- { for_each: { group: 'OBR[1]' }, steps: [] }"),
        (set, "- { for_each: { groups: OBR }, steps: [ { drop: x } ] }"),
        (set, "- { for_each: MSH, steps: [ { drop: x } ] }"),
        (set, "- { for_each: OBX, when: OBX-5, steps: [ { split: OBX } ] }"),
        (set, "- split: PID-3"),
        (
            set,
            "- validate: { profile: house, version: 2.9, on_fault: drop }",
        ),
        (set, "- validate: { version: 2.51, tag: Tag }"),
    ]);
    expect_file!["wrong/steps_that_control.txt"].assert_eq(&told);
}

#[test]
fn destinations_of_a_route() {
    let told = told(&[
        ("to: lab", "to: [ { destination: lab, when: PV1-2 } ]"),
        ("to: lab", "to: [ { destination: lba } ]"),
        ("to: lab", "to: [ lab, { destination: lab } ]"),
        ("to: lab", "to: [ { when: PV1 exists } ]"),
        ("to: lab", "to: { destination: lab, stesp: [] }"),
        (
            "to: lab",
            "to: { destination: lab, steps: [ { sett: { PID-3: x } }, { set: { PID-3: '{x}' } } ] }",
        ),
        ("to: lab", "to: { destination: lab, steps: { drop: x } }"),
        ("to: lab", "to: [ [ lab ] ]"),
    ]);
    expect_file!["wrong/destinations_of_a_route.txt"].assert_eq(&told);
}

#[test]
fn values() {
    let told = told(&[
        (
            "{ data: ../data }",
            "{ data: ../data, console: { bind: 0.0.0.0:8686 } }",
        ),
        ("bind: 127.0.0.1:2575", "bind: 2575"),
        ("bind: 127.0.0.1:2575", "bind: 127.0.0.1:70000"),
        ("2575 }", "2575, idle_timeout: 5 mins }"),
        ("2575 }", "2575, idle_timeout: 300 }"),
        ("2575 }", "2575, frame_deadline: 0s }"),
        ("2575 }", "2575, idle_timeout: 0ms }"),
        ("2575 }", "2575, write_timeout: 0s }"),
        ("2576 }", "2576, connect_timeout: 0s }"),
        ("2576 }", "2576, write_timeout: 0s }"),
        ("2576 }", "2576, acknowledgment_timeout: 0m }"),
        ("2575 }", "2575, frame_bytes_max: 16 }"),
        ("{ data: ../data }", "{ data: ../data, read_bytes_max: 16MiB }"),
        ("2575 }", "2575, frame_bytes_max: 1GiB }"),
        ("2575 }", "2575, connections_max: many }"),
        ("2575 }", "2575, connections_max: 0 }"),
        ("2575 }", "2575, acknowledgment: orignal }"),
        ("2575 }", "2575, release: 3 }"),
        ("2576 }", "2576, release: two }"),
        (
            "2575 }",
            "2575 }\n    permit: { processing: [X], versions: [2.51], messages: [adt^a01] }",
        ),
        ("2575 }", "2575 }\n    duplicates: { window: 1h }"),
        ("2575 }", "2575 }\n    duplicates: [accept]"),
        ("2575 }", "2575 }\n    duplicates:"),
        ("2575 }", "2575, acknowledgment: { mode: enhanced } }"),
        ("{ data: ../data }", "{ data: ../data, console: { metrics: 1 } }"),
        ("2575 }", "2575 }\n    batch_ack: all"),
        ("2575 }", "2575 }\n    batch_messages_max: 0"),
        ("2575 }", "2575 }\n    charset: [8859/1]"),
        ("2575 }", "2575 }\n    charset: 8859/12"),
        ("2575 }", "2575 }\n    charset: UNICODE UTF-16"),
        ("2576 }", "2576 }\n    retry: 5s"),
        ("2576 }", "2576 }\n    retry: { first: 2m, longest: 60s }"),
        ("2576 }", "2576, unsafe_no_acknowledgment: yes }"),
        ("{ MSH-5: LAB }", "{ MSH-5: {PID-5.1} }"),
        ("{ MSH-5: LAB }", "{ MSH-5: { a: b } }"),
        ("set: { MSH-5: LAB }", "set:\n        MSH-5: LAB"),
        ("messages: [ADT^A01, ADT^A04]", "messages: [ADT-A01, ADT^A04]"),
        ("messages: [ADT^A01, ADT^A04]", "messages: []"),
        (
            "messages: [ADT^A01, ADT^A04]",
            "messages: [ADT_A04, XYZ, ADT^A99, ADT^A01^ADT_A99, ADT^Z99, ADT^A04^ADT_A01]",
        ),
        ("    to: lab", "    to: []"),
        ("    to: lab", "    to: { lab: now }"),
        (
            "tables:\n  patient-class: { I: IP, O: OP }",
            "tables:\n  patient-class: [I, O]",
        ),
    ]);
    expect_file!["wrong/values.txt"].assert_eq(&told);
}

#[test]
fn replies() {
    let reply = |typed: &'static str| ("    to: lab", typed);
    let file = RIGHT.replacen(
        "mllp: { address: localhost:2576 }",
        "file: { folder: out, name: '{MSH-10}' }",
        1,
    );
    let listener = |settings: &str| {
        RIGHT
            .replacen("2575 }", settings, 1)
            .replacen("    to: lab", "    to: lab\n    reply: from lab", 1)
    };
    let mut told = told(&[
        reply("    to: lab\n    reply: lab"),
        reply("    to: lab\n    reply: to lab"),
        reply("    to: lab\n    reply: from lba"),
        reply("    to: lab\n    reply: { from: lab }"),
        reply("    to: lab\n    reply_timeout: 10s"),
        reply("    to: lab\n    reply: from lab\n    reply_timeout: 0s"),
        reply("    to: lab\n    reply: from lab\n    reply_timeout: 10"),
    ]);
    for site in [
        file.replacen("    to: lab", "    to: lab\n    reply: from lab", 1),
        listener("2575, acknowledgment: none }"),
        listener("2575 }\n    duplicates: replay_acknowledgment"),
        listener("2575, sequence_numbers: check }"),
        RIGHT.replacen(
            "2575 }",
            "2575, sequence_numbers: check, acknowledgment: none }",
            1,
        ),
        RIGHT.replacen("2575 }", "2575, sequence_numbers: check }\n    batch: split", 1),
    ] {
        told += &shown(&[("site.yaml", &site)]);
    }
    expect_file!["wrong/replies.txt"].assert_eq(&told);
}

#[test]
fn a_removal_that_asks_only_the_first() {
    let beside = |step: &'static str| ("- set: { MSH-5: LAB }", step);
    let told = told(&[
        beside("- { remove: NTE, when: 'NTE-3 contains \"internal\"' }"),
        // Each of these says what it means.
        beside("- { remove: NTE, when: 'NTE[1]-3 contains \"internal\"' }"),
        beside("- { remove: { segment: NTE, when: 'NTE-3 contains \"internal\"' } }"),
        beside("- { remove: NTE, when: OBX-2 = 'NTE' }"),
        beside("- { for_each: NTE, when: NTE-3 valued, steps: [ { remove: NTE, when: NTE-2 valued } ] }"),
    ]);
    expect_file!["wrong/removal.txt"].assert_eq(&told);
}

#[test]
fn steps_that_hardly_do_what_was_meant() {
    let beside = |step: &'static str| ("- set: { MSH-5: LAB }", step);
    let told = told(&[
        beside("- remove: [NK1-5, PID-3.1, PID-19, NK1]"),
        beside("- clear: NK1-2.1"),
        beside("- { set: { PID-11.1: '', 'OBX-5': '' } }"),
        beside("- replace: { field: PID-5.1, pattern: a, with: b }"),
        beside("- { for_each: NK1, steps: [ { remove: [NK1-5, NK1-2.1] } ] }"),
        beside("- set: { MSH-9: ADT^A08, PID-3: 'a~b', MSH-9.3: ADT_A01 }"),
        beside("- set: { PID-4: '{PID-3}', MSH-6: '{PID-5[1]}' }"),
        beside("- insert: { segment: NK1, fields: { NK1-2: '{PID-5.1}^x' } }"),
        (
            "field: PV1-2, table: patient-class }",
            "field: PID-3, table: patient-class, otherwise: { value: A~B } }",
        ),
        (
            "    to: lab",
            "    to:\n      - { destination: lab, steps: [ { clear: PID-13.1 } ] }",
        ),
        // Each of these says what it means.
        beside(
            "- remove: [\"NK1[1]-5\", \"NK1[*]-5\", \"PID-3[*].1\", \"PID-3[.5=SS].1\", PID-19, PV1-44, NK1]",
        ),
        beside(
            "- { for_each: PID-3, steps: [ { clear: PID-3.1 }, { if: PID-8 valued, then: [ { clear: PID-3.2 } ] } ] }",
        ),
        beside("- { for_each: { group: OBR }, steps: [ { clear: [OBR-4, ORC-2] } ] }"),
        beside("- { split: NK1 }\n      - { clear: NK1-5 }"),
        beside(
            "- set: { PID-5.1: 'x^y', PID-29: '{PID-7}', PID-5: '{PID-5.1} & {replace(PID-2, \"}^\", \"~\")}', NK1-5: x }",
        ),
        beside("- set_raw: { MSH-9: ADT^A08 }"),
    ]);
    expect_file!["wrong/slips.txt"].assert_eq(&told);
}

#[test]
fn delivery() {
    let beside = |setting: &'static str| ("2576 }", setting);
    let told = told(&[
        beside("2576 }\n    order: key"),
        beside("2576 }\n    order: key PID.x"),
        beside("2576 }\n    order: patient"),
        beside("2576 }\n    connections_max: 0"),
        beside("2576 }\n    on_nak: { AA: retry }"),
        beside("2576 }\n    on_nak: { AR/27: retry }"),
        beside("2576 }\n    on_nak: { AE: dead-letter }"),
        beside("2576 }\n    on_nak: { AE: { retry: 3, than: hold } }"),
        beside("2576 }\n    on_nak: { AE: { retry: 3 } }"),
        beside("2576 }\n    on_nak: { AE: { retry: 3, then: retry } }"),
        beside("2576 }\n    on_nak: { AE: { retry: 100000, then: hold } }"),
        beside("2576 }\n    pace: { interval: 5 }"),
        beside("2576 }\n    pace: { rate: { count: 0, per: 1m } }"),
        beside("2576 }\n    pace: { rate: { count: 5, per: 0s } }"),
        beside("2576 }\n    pace: { windows: [mon-fri 7:00-19:00] }"),
        beside("2576 }\n    pace: { windows: weekdays, zone: America/Chikago }"),
    ]);
    expect_file!["wrong/delivery.txt"].assert_eq(&told);
}

#[test]
fn names() {
    let told = told(&[
        ("table: patient-class", "table: patient-clas"),
        ("    to: lab", "    to: [lab, lib]"),
        ("    to: lab", "    to: [lab, lab]"),
        ("from: adt-in", "from: adt-on"),
        ("  adt-to-lab:", "  ADT_to_lab:"),
        ("  adt-to-lab:", "  no:"),
        ("  adt-to-lab:", "  lab:"),
        ("tables:\n", "tables:\n  unused-one: { A: B }\n"),
        (
            "destinations:\n",
            "destinations:\n  copies: { file: { folder: out, name: '{MSH-10}' } }\n",
        ),
        (
            "listeners:\n",
            "listeners:\n  oru-in: { mllp: { bind: 127.0.0.1:2577 } }\n",
        ),
        (
            "listeners:\n",
            "listeners:\n  oru-in: { mllp: { bind: 127.0.0.1:2575 } }\n",
        ),
        ("localhost:2576", "localhost:2575"),
        ("2575 }", "2575 }\n    permit: { messages: [ORU, ADT^A04] }"),
        (
            "    mllp: { address: localhost:2576 }",
            "    file: { folder: elsewhere, name: '{MSH-10}' }",
        ),
        (
            "listeners:\n",
            "listeners:\n  drop: { folder: { folder: elsewhere } }\n",
        ),
        (RIGHT.split_once("destinations:").unwrap().1, "\n"),
    ]);
    expect_file!["wrong/names.txt"].assert_eq(&told);
}

#[test]
fn expressions_and_paths() {
    let told = told(&[
        (r#"in ("I", "E")"#, r#"inn ("I", "E")"#),
        (r#"PV1-2 in ("I", "E")"#, "PV1-2 = I"),
        (r#"PV1-2 in ("I", "E")"#, "'PV1-2 in (''I'', E)'"),
        (r#"PV1-2 in ("I", "E")"#, r#""PV1-2 == \"I\"""#),
        ("MSH-5: LAB", "MSH-0: LAB"),
        ("MSH-5: LAB", "msh-5: LAB"),
        ("MSH-5: LAB", "'PID-3[.5=M R].1': LAB"),
        ("MSH-5: LAB", "MSH-5: '{lookup(\"patient-clas\", PV1-2)}'"),
        ("MSH-5: LAB", "MSH-5: '{date(PID-7, \"yyyy\")}'"),
        ("MSH-5: LAB", "MSH-5: '{OBX[*]-5}'"),
        ("MSH-5: LAB", "MSH-5: '{uper(MSH-4)}'"),
        ("MSH-5: LAB", "MSH-5: LAB, MSH.5: EHR"),
        ("MSH-5: LAB", "MSH-1: LAB"),
        ("set: { MSH-5: LAB }", "copy: { PID-2.1: PID-3 }"),
        ("set: { MSH-5: LAB }", "copy: { PID-2: PID-2 }"),
        ("set: { MSH-5: LAB }", "remove: [NK1, pid-19]"),
        ("set: { MSH-5: LAB }", "remove: []"),
        ("field: PV1-2", "field: PID-3.99.x"),
        (
            "table: patient-class }",
            "table: patient-class, otherwise: skip }",
        ),
        (
            "table: patient-class }",
            "table: patient-class, otherwise: { valu: U } }",
        ),
    ]);
    expect_file!["wrong/expressions_and_paths.txt"].assert_eq(&told);
}

#[test]
fn places_of_no_version() {
    let told = told(&[
        ("MSH-5: LAB", "PDI-5: LAB"),
        ("MSH-5: LAB", "PID-99: LAB"),
        ("MSH-5: LAB", "/PDI-3: LAB, PID.3.99: LAB"),
        ("MSH-5: LAB", "MSH-5: '{PID-5.1}, {upper(PID-5.20)}'"),
        (
            r#"PV1-2 in ("I", "E")"#,
            r#"PV1-2 in ("I", "E") and PIX-3 valued"#,
        ),
        (
            "set: { MSH-5: LAB }",
            "remove: [NK1, ZPI, ZPI-3.4, OBX-5.7, PID-3.4.2]",
        ),
        (
            "set: { MSH-5: LAB }",
            "copy: { PID-2: 'PID-3[2].1', PID-4: PID-77 }",
        ),
        (
            "set: { MSH-5: LAB }",
            "if: PID-8.3 valued\n        then: [ { remove: XYZ } ]",
        ),
        (
            "    to: lab",
            "    to: { destination: lab, when: OBX-5.2 valued and OBX-91 valued }",
        ),
    ]);
    expect_file!["wrong/places_of_no_version.txt"].assert_eq(&told);
}

#[test]
fn yaml() {
    let told = told(&[
        ("    from: adt-in", "\tfrom: adt-in"),
        ("    from: adt-in", "   from: adt-in"),
        ("[ADT^A01, ADT^A04]", "[ADT^A01, ADT^A04"),
        (r#"when: PV1-2 in ("I", "E")"#, r#"when: "PV1-2 in (I)"#),
        ("set: { MSH-5: LAB }", "remove: [PID-3[2]]"),
        ("    to: lab", "    to: ["),
        ("    to: lab", "    to: @lab"),
        ("    to: lab", "    to: lab\n    to: ehr"),
        ("    to: lab", "    to: *lab"),
        ("    to: lab", "    to: !lab"),
        ("  lab:\n", "  lab: &lab\n"),
        (
            "{ MSH-5: LAB }",
            "\n          MSH-5: {PID-5.1}-x\n          MSH-6: y",
        ),
        ("{ MSH-5: LAB }", "{ MSH-5: a {PID-5.1} }"),
    ]);
    expect_file!["wrong/yaml.txt"].assert_eq(&told);
}

#[test]
fn several_files() {
    let shown = shown(&[
        ("engine.yaml", ENGINE),
        ("more/a.yaml", "tables:\n  one: { A: B }\n"),
        (
            "more/b.yaml",
            "tables:\n  one: { C: D }\nengine: { data: elsewhere }\n",
        ),
        ("more/c.yaml", "- a list\n"),
        ("more/d.yaml", "routes:\n"),
    ]);
    expect_file!["wrong/several_files.txt"].assert_eq(&shown);
}

/// Many mistakes are told together, and what is wrong in one place hides nothing in another.
#[test]
fn all_at_once() {
    let yaml = RIGHT
        .replace("bind: 127.0.0.1:2575", "bind: nowhere, fast: true, slow: true")
        .replace(
            "address: localhost",
            "acknowledgment_timeout: soon, address: localhost",
        )
        .replace("PV1-2 in", "PV1-2 on")
        .replace("MSH-5: LAB", "MSH-5: { a: b }")
        .replace("table: patient-class", "table: patient-clas")
        .replace("to: lab", "to: lob");
    expect_file!["wrong/all_at_once.txt"].assert_eq(&shown(&[("site.yaml", &yaml)]));
}

/// What a file that cannot be read may define is not told as undefined.
#[test]
fn a_broken_file_makes_no_others_wrong() {
    let (engine, routes) = RIGHT.split_once("tables:").unwrap();
    let shown = shown(&[
        (
            "engine.yaml",
            &engine.replace("localhost:2576 }", "localhost:2576"),
        ),
        ("routes.yaml", &format!("tables:{routes}")),
    ]);
    expect_file!["wrong/a_broken_file_makes_no_others_wrong.txt"].assert_eq(&shown);
}

#[test]
fn colors_only_when_asked_for() {
    let (_, problems) = load_files(&[("site.yaml", "x: y\n")]);
    assert!(problems.render(true).contains('\u{1b}'));
    assert!(!problems.render(false).contains('\u{1b}'));
}

#[test]
fn places_for_programs() {
    let (_, problems) = load_files(&[(
        "site.yaml",
        &RIGHT.replace("table: patient-class", "table: patient-clas"),
    )]);
    let problem = problems.iter().next().unwrap();
    let location = problems.location(problem).unwrap();
    assert_eq!((location.line, location.column), (17, 43));
    assert_eq!(problem.setting, "routes.adt-to-lab.steps[1].translate.table");
    assert_eq!(problem.suggestion.as_deref(), Some("patient-class"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever becomes of a file under somebody's hands: problems, with places that can be shown, and no panic.
    #[test]
    fn mistyped_sites_are_told_about(
        edits in proptest::collection::vec((0..RIGHT.len(), 0..12_usize, "[ -~é\t\n\"'{}\\[\\]:,-]{0,4}"), 1..4)
    ) {
        let mut text = RIGHT.to_owned();
        for (at, length, inserted) in edits {
            let boundary = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
            let (start, end) = (boundary(at).unwrap(), boundary(at + length).unwrap());
            text.replace_range(start..end, &inserted);
        }
        shown(&[("site.yaml", &text)]);
    }

    #[test]
    fn so_is_anything_else(text in "\\PC{0,200}") {
        shown(&[("engine.yaml", ENGINE), ("site.yaml", &text)]);
    }
}
