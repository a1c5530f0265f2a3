//! What is written anew, what stays, and that nothing else does.

use proptest::prelude::*;

use super::*;
use crate::config::tests::load_files;

fn check(text: &str, expected: &str) {
    assert_eq!(format("site.yaml", text).unwrap(), expected, "{text}");
    assert_eq!(format("site.yaml", expected).unwrap(), expected, "again");
}

#[test]
fn paths_become_canonical() {
    check(
        "routes:\n  r:\n    when: PID.3.1 = 'PID.3' and /PV1-2 valued\n    steps:\n      - set: { PID.5: '{upper(PID.5.1)} PID.5', MSH-5: PID.5 }\n      - copy: { PID.2: /PID-3-1 }\n      - remove: [NK1, PID.19, \"PID.3[2]\"]\n",
        "routes:\n  r:\n    when: PID-3.1 = 'PID.3' and PV1-2 valued\n    steps:\n      - set: { PID-5: '{upper(PID-5.1)} PID.5', MSH-5: PID.5 }\n      - copy: { PID-2: PID-3.1 }\n      - remove: [NK1, PID-19, \"PID-3[2]\"]\n",
    );
    check(
        "destinations:\n  d:\n    file: { folder: MSH.1, name: '{MSH.10}' }\n    order: key PID.3.1\n",
        "destinations:\n  d:\n    file: { folder: MSH.1, name: '{MSH-10}' }\n    order: key PID-3.1\n",
    );
    check(
        "routes:\n  r:\n    steps:\n      - copy: {\"PID.2\": \"PID.3\", 'PID.4': PID.5}\n      - set: { \"OBX[.2=\\\"NM\\\"].5\": x }\n",
        "routes:\n  r:\n    steps:\n      - copy: {\"PID-2\": \"PID-3\", 'PID-4': PID-5}\n      - set: { \"OBX[.2=\\\"NM\\\"].5\": x }\n",
    );
    // A table and a name are no paths, and what a case compares with is no value with holes.
    let same = "tables:\n  PID.5: { PID.5: x }\nroutes:\n  r:\n    from: PID.5\n    cases:\n      - set: { PID-5: '{PID.5}' }\n";
    check(same, same);
}

#[test]
fn two_spaces_a_level() {
    check(
        "a:\n    b:\n        c: 1\n    # about d\n    d:\n    - e: 1\n      f: 2\n    -   g: 3\n        h:\n          - i\nj: 2\n",
        "a:\n  b:\n    c: 1\n  # about d\n  d:\n    - e: 1\n      f: 2\n    - g: 3\n      h:\n        - i\nj: 2\n",
    );
    check(
        "a:\n   b: {\n     c: 1,\n     d: [1,\n       2]\n   }\n   e: |\n     text\n       more\n\n     end\n   f: \"x\n     y\"\n",
        "a:\n  b: {\n    c: 1,\n    d: [1,\n      2]\n  }\n  e: |\n    text\n      more\n\n    end\n  f: \"x\n    y\"\n",
    );
    check("a:\n   - - b\n     - c\n", "a:\n  - - b\n    - c\n");
}

#[test]
fn stray_blanks_go() {
    check("\n\na: 1  \n\n\n\nb: 2", "a: 1\n\nb: 2\n");
    check("a: 1 # one  \n\n# two\t\n", "a: 1 # one\n\n# two\n");
    check("\u{feff}a: 1\r\nb:\r\n    c: 2\r\n", "a: 1\nb:\n  c: 2\n");
    check("a: 1\n\n\n", "a: 1\n");
    check("a: 1\n ", "a: 1\n");
    check("a: 1 ", "a: 1\n");
    check("a: |\n  b\r\r\nc: 1\n", "a: |\n  b\nc: 1\n");
    check("", "");
    check("# only a comment\n", "# only a comment\n");
}

#[test]
fn comments_go_with_what_they_are_about() {
    check(
        "a:\n    b: 1\n    # the last word on a\n# about c\nc: 1\n",
        "a:\n  b: 1\n  # the last word on a\n# about c\nc: 1\n",
    );
}

#[test]
fn what_is_no_yaml_is_told() {
    let problems = format("site.yaml", "a: [b\n").unwrap_err();
    assert!(problems.to_string().contains("site.yaml:"), "{problems}");
    assert!(format("site.yaml", "a: 1\na: 2\n").is_err());
}

const SITE: &str = r#"engine: { data: ../data }
listeners:
    adt-in:
       mllp: { bind: 127.0.0.1:2575 }
       # only these
       permit:
          messages:
          - ADT
destinations:
  lab:
        file:
            folder: out
            name: "{PID.3.1}.hl7"
tables:
  sex: { F: W }


routes:
    adt-to-lab:
        from: adt-in
        when: >
          PV1.2 in ("I", "E")
          and PID.3.1 valued
        steps:
        -   set: { MSH.5: LAB, "PID.5.1": "{upper(PID.5.1)} {{PID.5" }
            name: 'it''s PID.5'
            when: PID.5.1 != "PID.5.1"
        - translate: { field: PV1.2, table: sex,
                       otherwise: keep }
        -
            remove: [ NK1, PID.19 ]
        - if: PID.8 = "F"
          then:
          - copy: { PID.2: /PID-3-1 }
        to: lab
"#;

/// What runs, without where it was written.
fn loaded(text: &str) -> Option<String> {
    let (site, _) = load_files(&[("site.yaml", text)]);
    let site = site?;
    Some(format!(
        "{:?}{:?}{:?}",
        site.routes,
        site.listeners,
        site.destinations.keys()
    ))
}

#[test]
fn what_is_loaded_stays_the_same() {
    let formatted = format("site.yaml", SITE).unwrap();
    assert_ne!(formatted, SITE);
    assert!(loaded(SITE).is_some());
    assert_eq!(loaded(&formatted), loaded(SITE));
    expect_test::expect_file!["site.txt"].assert_eq(&formatted);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// However it was typed: twice is as good as once, and a tree is the same tree.
    #[test]
    fn again_changes_nothing(
        edits in proptest::collection::vec((0..SITE.len(), 0..6_usize, "[ \\t\n#a'\"{}\\[\\]:,-]{0,4}"), 0..4)
    ) {
        let mut text = SITE.to_owned();
        for (at, length, inserted) in edits {
            let start = at.min(text.len());
            let end = (at + length).min(text.len());
            text.replace_range(start..end, &inserted);
        }
        if let Ok(once) = format("site.yaml", &text) {
            prop_assert_eq!(&format("site.yaml", &once).unwrap(), &once, "{}", text);
            prop_assert_eq!(loaded(&once), loaded(&text), "{}", text);
        }
    }
}
