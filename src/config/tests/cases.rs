//! Cases that are wrong, one mistake each, and what people are told about it.

use std::collections::BTreeMap;

use expect_test::expect_file;

use super::*;
use crate::case::Case;
use crate::config::{Missing, load_with_cases};

const RIGHT: &str = r"engine: { data: ../data }
listeners:
  adt-in: { mllp: { bind: 127.0.0.1:2575 }, charset: iso-8859-1 }
  orm-in: { mllp: { bind: 127.0.0.1:2576 } }
  other-in: { mllp: { bind: 127.0.0.1:2577 } }
destinations:
  lab: { mllp: { address: localhost:2599 } }
routes:
  adt-to-lab:
    from: [adt-in, orm-in]
    to: lab
    cases:
      - name: first
        given: given.hl7
        set: { PID-8: F }
        at: 2026-01-31T08:05:00+01:00
        from: orm-in
        expect:
          to: lab
          acknowledgment: AA
          fields: { PV1-2: IP }
          absent: [NK1]
          count: { PID-3: 1 }
          message: expected.hl7
          messages: [{ to: lab }]
      - name: second
        given: given.hl7
        expect: { to: lab }
  others: { from: other-in, to: lab }
cases:
  adt-to-lab:
    - name: third
      given: given.hl7
      expect: { to: lab }
";

const MESSAGE: &str = "MSH|^~\\&|A|B\rPID|1||M\u{fc}\r";

fn site(text: &str) -> TempDir {
    folder(&[
        ("site.yaml", text),
        ("given.hl7", MESSAGE),
        ("expected.hl7", MESSAGE),
        ("two.hl7", &MESSAGE.repeat(2)),
        ("empty.hl7", ""),
    ])
}

fn cases(text: &str) -> (Option<Vec<Case>>, String) {
    let folder = site(text);
    let (loaded, problems) = load_with_cases(folder.path(), Missing::IsWrong);
    assert_eq!(loaded.is_none(), problems.error_count() > 0);
    let shown = problems
        .render(false)
        .replace(&folder.path().display().to_string(), "site");
    (loaded.map(|(_, cases)| cases), shown)
}

/// The right site with each of these changed in turn, and the problems each change makes.
fn told(changes: &[(&str, &str)]) -> String {
    let told = changes.iter().map(|(right, wrong)| {
        assert!(RIGHT.contains(right), "{right}");
        cases(&RIGHT.replacen(right, wrong, 1)).1
    });
    told.collect()
}

#[test]
fn cases_of_a_route_and_apart() {
    let (cases, problems) = cases(RIGHT);
    assert_eq!(problems, "");
    let cases = cases.unwrap();
    let names: Vec<_> = cases
        .iter()
        .map(|case| (&*case.route.name, &*case.name, case.location.line))
        .collect();
    assert_eq!(
        names,
        [
            ("adt-to-lab", "first", 13),
            ("adt-to-lab", "second", 26),
            ("adt-to-lab", "third", 32)
        ]
    );
    let text = |case: &Case, path: &str| {
        case.given
            .message
            .text(&path.parse().unwrap())
            .map(std::borrow::Cow::into_owned)
    };
    assert_eq!(text(&cases[0], "PID-8").as_deref(), Some("F"));
    assert_eq!(cases[0].at.to_string(), "2026-01-31T08:05:00+01:00[+01:00]");
    assert_eq!(cases[1].at.to_string(), "2026-01-01T12:00:00+00:00[UTC]");
    // The character set is that of the listener: the first of the route, unless another is named.
    assert_eq!(text(&cases[0], "PID-3").as_deref(), Some("M\u{fc}"));
    assert_eq!(text(&cases[1], "PID-3").as_deref(), Some("M\u{c3}\u{bc}"));
}

#[test]
fn a_site_runs_without_the_files_of_its_cases() {
    let folder = folder(&[("site.yaml", RIGHT)]);
    let (site, problems) = load(folder.path());
    assert!(site.is_some() && problems.is_empty(), "{problems}");
    // What stands in the site itself is checked all the same.
    let folder = self::folder(&[("site.yaml", &RIGHT.replace("PV1-2: IP", "PV1-0: IP"))]);
    let (site, problems) = load(folder.path());
    assert!(site.is_none() && problems.error_count() == 1, "{problems}");
}

#[test]
fn wrong_cases() {
    let told = told(&[
        ("- name: second\n        given", "- given"),
        ("name: second", "name: ''"),
        ("name: second", "name: first"),
        ("- name: third", "- name: second"),
        ("given: given.hl7\n        set", "given: gven.hl7\n        set"),
        ("given: given.hl7\n        set", "given: .\n        set"),
        ("given: given.hl7\n        set", "given: two.hl7\n        set"),
        ("given: given.hl7\n        set", "given: empty.hl7\n        set"),
        (
            "given: given.hl7\n        set",
            "given: |\n          MSH|^\n        set",
        ),
        ("set: { PID-8: F }", "set: { pid-8: F }"),
        ("set: { PID-8: F }", "set: { MSH-1: F }"),
        ("set: { PID-8: F }", "set: { 'NTE[2]-1': F }"),
        ("at: 2026-01-31T08:05:00+01:00", "at: 2026-01-31"),
        ("from: orm-in", "from: orm"),
        ("from: orm-in", "from: other-in"),
        ("expect: { to: lab }", "expect: {}"),
        ("expect: { to: lab }", "expects: { to: lab }"),
        ("expect: { to: lab }", "expect: { too: lab }"),
        ("expect: { to: lab }", "expect: { to: lib }"),
        ("expect: { to: lab }", "expect: { filtered: false }"),
        ("expect: { to: lab }", "expect: { filtered: true, to: lab }"),
        (
            "expect: { to: lab }",
            "expect: { filtered: true, acknowledgment: AE }",
        ),
        ("expect: { to: lab }", "expect: { error: true, filtered: true }"),
        ("expect: { to: lab }", "expect: { to: [], fields: { PID-1: 1 } }"),
        ("acknowledgment: AA", "acknowledgment: AR"),
        ("acknowledgment: AA", "acknowledgment: CA"),
        ("PV1-2: IP", "PV1-2.: IP"),
        ("absent: [NK1]", "absent: [NK]"),
        ("PID-3: 1", "PID-3.1: 1"),
        ("PID-3: 1", "PID-3: -1"),
        ("message: expected.hl7", "message: exp.hl7"),
        ("message: expected.hl7", "message: two.hl7"),
        (
            "messages: [{ to: lab }]",
            "messages: [{ to: lib }, { field: { PID-1: 1 } }]",
        ),
        ("  adt-to-lab:\n    - name", "  adt-to-lib:\n    - name"),
        (
            "    - name: third\n      given: given.hl7\n      expect: { to: lab }\n",
            "    { third: 3 }\n",
        ),
        ("cases:\n  adt-to-lab:\n    - name", "cases:\n    - name"),
    ]);
    expect_file!["wrong/cases.txt"].assert_eq(&told);
}

#[test]
fn an_expected_message_may_be_new_when_it_is_to_be_written() {
    let folder = site(&RIGHT.replace("message: expected.hl7", "message: exp.hl7"));
    let (loaded, problems) = load_with_cases(folder.path(), Missing::IsNew);
    assert!(loaded.is_some() && problems.is_empty(), "{problems}");
}

#[test]
fn what_cases_name_is_bounded() {
    let folder = site(RIGHT);
    let large = std::fs::File::create(folder.path().join("given.hl7")).unwrap();
    large.set_len(17 << 20).unwrap();
    let (loaded, problems) = load_with_cases(folder.path(), Missing::IsWrong);
    assert!(loaded.is_none());
    assert!(
        problems.to_string().contains("`given.hl7`: larger than 16 MiB"),
        "{problems}"
    );
}

#[test]
fn names_are_gathered_over_all_files() {
    let more = "cases:\n  adt-to-lab:\n    - { name: fourth, given: given.hl7, expect: { to: lab } }\n";
    let files = [
        ("a.yaml", more),
        ("b/c.yaml", &more.replace("fourth", "fifth")),
        ("site.yaml", RIGHT),
        ("given.hl7", MESSAGE),
        ("expected.hl7", MESSAGE),
    ];
    let folder = folder(&files);
    let (loaded, problems) = load_with_cases(folder.path(), Missing::IsWrong);
    assert!(problems.is_empty(), "{problems}");
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for case in loaded.unwrap().1 {
        *count.entry(case.name.to_string()).or_default() += 1;
    }
    assert!(
        count.values().all(|count| *count == 1) && count.len() == 5,
        "{count:?}"
    );
}
