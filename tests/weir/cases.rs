//! `weir test`: the shipped site's cases, what a failure looks like, and what `--update` writes.

#![allow(
    clippy::needless_raw_string_hashes,
    reason = "expect-test writes its snapshots with them"
)]

use std::fs;
use std::path::Path;

use expect_test::{Expect, expect};

use crate::harness::{transcript, weir, workplace};

fn check(folder: &Path, line: &str, expected: &Expect) {
    let arguments: Vec<_> = line.split_whitespace().collect();
    expected.assert_eq(&transcript(weir(folder, &arguments, b"")));
}

#[test]
fn every_route_of_the_shipped_site_has_cases_and_they_pass() {
    let (status, out, err) = weir(workplace().path(), &["test", "routes"], b"");
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert!(out.ends_with("31 passed, 0 failed\n"), "{out}");
}

/// A file of the shipped site, what is changed in it, and to what: each a mistake that somebody might make.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("adt.yaml", "I: IN", "I: IM"),
    ("adt.yaml", "E: ER", "E: IN"),
    ("adt.yaml", "O: OUT", "O: O"),
    ("adt.yaml", "P: OUT", "P: IN"),
    ("adt.yaml", "R: OUT", "R: IN"),
    (
        "adt.yaml",
        "ADT^A01, ADT^A03, ADT^A04, ADT^A08",
        "ADT^A03, ADT^A04, ADT^A08",
    ),
    (
        "adt.yaml",
        "ADT^A01, ADT^A03, ADT^A04, ADT^A08",
        "ADT^A01, ADT^A04, ADT^A08",
    ),
    (
        "adt.yaml",
        "ADT^A01, ADT^A03, ADT^A04, ADT^A08",
        "ADT^A01, ADT^A03, ADT^A08",
    ),
    (
        "adt.yaml",
        "ADT^A01, ADT^A03, ADT^A04, ADT^A08",
        "ADT^A01, ADT^A03, ADT^A04",
    ),
    ("adt.yaml", "ADT^A01, ADT^A03, ADT^A04, ADT^A08", "ADT"),
    (
        "adt.yaml",
        "PID-5.1 != \"ZZTEST\" and PID-3.1 valued",
        "PID-3.1 valued",
    ),
    (
        "adt.yaml",
        "PID-5.1 != \"ZZTEST\" and PID-3.1 valued",
        "PID-5.1 != \"ZZTEST\"",
    ),
    (
        "adt.yaml",
        "set: { MSH-5: EHR, MSH-6: CLINICS }",
        "set: { MSH-6: CLINICS }",
    ),
    (
        "adt.yaml",
        "set: { MSH-5: EHR, MSH-6: CLINICS }",
        "set: { MSH-5: EHR }",
    ),
    ("adt.yaml", "copy: { PID-2: PID-3.1 }", "copy: { PID-2: PID-3 }"),
    ("adt.yaml", "copy: { PID-2: PID-3.1 }", "copy: { PID-4: PID-3.1 }"),
    ("adt.yaml", "otherwise: keep", "otherwise: fail"),
    ("adt.yaml", "remove: [PID-19, ZPI]", "remove: [PID-19]"),
    ("adt.yaml", "remove: [PID-19, ZPI]", "remove: [ZPI]"),
    ("adt.yaml", "to: [ehr]", "to: [registry]"),
    ("adt.yaml", "[ADT^A01, ADT^A03]\n", "[ADT^A01]\n"),
    ("adt.yaml", "[ADT^A01, ADT^A03]\n", "[ADT^A03]\n"),
    ("adt.yaml", "[ADT^A01, ADT^A03]\n", "[ADT]\n"),
    (
        "adt.yaml",
        "PV1-2 in (\"I\", \"E\") and not",
        "PV1-2 in (\"I\") and not",
    ),
    (
        "adt.yaml",
        "PV1-2 in (\"I\", \"E\") and not",
        "PV1-2 in (\"E\") and not",
    ),
    ("adt.yaml", "PV1-2 in (\"I\", \"E\") and not", "not"),
    ("adt.yaml", "and not (PID-5.1 = \"ZZTEST\")", ""),
    ("adt.yaml", "MSH-5: REGISTRY", "MSH-5: EHR"),
    ("adt.yaml", "MSH-6: HEALTHDEPT", "MSH-6: CLINICS"),
    ("adt.yaml", "[NK1, IN1, GT1, PID-13,", "[IN1, GT1, PID-13,"),
    ("adt.yaml", "[NK1, IN1, GT1, PID-13,", "[NK1, GT1, PID-13,"),
    ("adt.yaml", "[NK1, IN1, GT1, PID-13,", "[NK1, IN1, PID-13,"),
    ("adt.yaml", "[NK1, IN1, GT1, PID-13,", "[NK1, IN1, GT1,"),
    ("adt.yaml", "PID-14, PID-19, ZPI]", "PID-19, ZPI]"),
    ("adt.yaml", "PID-14, PID-19, ZPI]", "PID-14, ZPI]"),
    ("adt.yaml", "PID-14, PID-19, ZPI]", "PID-14, PID-19]"),
    ("adt.yaml", "    messages: [ADT^A40]\n", ""),
    ("adt.yaml", "    when: MRG-1.1 valued\n", ""),
    (
        "adt.yaml",
        "    when: MRG-1.1 valued\n",
        "    steps: [{ set: { MSH-5: X } }]\n",
    ),
    (
        "adt.yaml",
        "to: [ehr, registry]\n    cases",
        "to: [registry]\n    cases",
    ),
    (
        "laboratory.yaml",
        "(\"F\", \"C\") and PID-5.1 != \"ZZTEST\"\n    steps",
        "(\"C\") and PID-5.1 != \"ZZTEST\"\n    steps",
    ),
    (
        "laboratory.yaml",
        "OBR-25 in (\"F\", \"C\") and PID-5.1",
        "OBR-25 in (\"F\") and PID-5.1",
    ),
    (
        "laboratory.yaml",
        "OBR-25 in (\"F\", \"C\") and PID-5.1",
        "PID-5.1",
    ),
    (
        "laboratory.yaml",
        "    messages: [ORU^R01]\n    when: OBR-25",
        "    when: OBR-25",
    ),
    (
        "laboratory.yaml",
        "    messages: [ORU^R01]\n    when: OBR-24",
        "    when: OBR-24",
    ),
    ("laboratory.yaml", "and PID-5.1 != \"ZZTEST\"", ""),
    ("laboratory.yaml", "MSH-5: EHR, ", ""),
    ("laboratory.yaml", ", MSH-6: CLINICS", ""),
    (
        "laboratory.yaml",
        "table: patient-class, otherwise: keep",
        "table: patient-class, otherwise: clear",
    ),
    ("laboratory.yaml", "remove: [PID-19]", "remove: [PID-18]"),
    (
        "laboratory.yaml",
        "to: [ehr, copies]\n    cases",
        "to: [ehr]\n    cases",
    ),
    ("laboratory.yaml", "OBR-24 = \"MB\" and", ""),
    (
        "laboratory.yaml",
        "\"MB\" and OBR-25 in (\"F\", \"C\")",
        "\"MB\" and OBR-25 = \"F\"",
    ),
    (
        "laboratory.yaml",
        "\"MB\" and OBR-25 in (\"F\", \"C\")",
        "\"MB\" and OBR-25 = \"C\"",
    ),
    (
        "laboratory.yaml",
        "\"MB\" and OBR-25 in (\"F\", \"C\") and",
        "\"MB\" and",
    ),
    (
        "laboratory.yaml",
        "in (\"F\", \"C\") and PID-5.1 != \"ZZTEST\"\n    steps:\n      - set: { MSH-5: REG",
        "in (\"F\", \"C\")\n    steps:\n      - set: { MSH-5: REG",
    ),
    ("laboratory.yaml", "MSH-5: REGISTRY", "MSH-5: REGISTER"),
    ("laboratory.yaml", "MSH-6: HEALTHDEPT", "MSH-6: HEALTH"),
    (
        "laboratory.yaml",
        "[NK1, PID-13, PID-14, PID-19]\n    to",
        "[PID-13, PID-14, PID-19]\n    to",
    ),
    (
        "laboratory.yaml",
        "[NK1, PID-13, PID-14, PID-19]\n    to",
        "[NK1, PID-14, PID-19]\n    to",
    ),
    (
        "laboratory.yaml",
        "[NK1, PID-13, PID-14, PID-19]\n    to",
        "[NK1, PID-13, PID-19]\n    to",
    ),
    (
        "laboratory.yaml",
        "[NK1, PID-13, PID-14, PID-19]\n    to",
        "[NK1, PID-13, PID-14]\n    to",
    ),
    ("laboratory.yaml", "to: [registry]", "to: [ehr]"),
];

#[test]
fn a_mistake_in_the_shipped_site_fails_a_case() {
    let folder = workplace();
    let mut unseen = Vec::new();
    for (name, right, wrong) in MISTAKES {
        let file = folder.path().join("routes").join(name);
        let site = fs::read_to_string(&file).unwrap();
        assert!(site.contains(right), "{name}: {right}");
        fs::write(&file, site.replacen(right, wrong, 1)).unwrap();
        let (status, out, err) = weir(folder.path(), &["test", "routes"], b"");
        assert_ne!(status, 2, "{name}: {right} → {wrong}: {out}{err}");
        if status == 0 {
            unseen.push(format!("{name}: {right} → {wrong}"));
        }
        fs::write(&file, site).unwrap();
    }
    assert!(unseen.is_empty(), "no case fails: {unseen:#?}");
}

/// A site with a case for everything that can be expected.
const SITE: &str = r#"engine: { data: data }
listeners:
  in: { mllp: { bind: 127.0.0.1:0 } }
  other: { mllp: { bind: 127.0.0.1:0 } }
destinations:
  lab: { mllp: { address: localhost:2576 } }
  copies: { file: { folder: ., name: "{MSH-10}.hl7" } }
tables:
  class: { I: IP }
routes:
  admissions:
    from: [in, other]
    messages: ADT
    when: PV1-2 != "T"
    steps:
      - set: { PV1-3: a^b, PV1-4: "{PV1-2}" }
      - translate: { field: PV1-2, table: class }
      - remove: [NK1, PID-5]
    to: [lab, copies]
  both:
    from: in
    steps:
      - tag: { ward: "{PV1-3.1}" }
    to:
      - lab
      - destination: copies
        when: PV1-2 != "O"
        steps:
          - translate: { field: PV1-2, table: class }
"#;

const ADMISSION: &str = "MSH|^~\\&|EHR|WEST|||20240101||ADT^A01^ADT_A01|1|P|2.5\r\
    PID|1||12^^^^MR~34^^^^SS||DOE^ANNA\rNK1|1|DOE^BEN\rPV1|1|I\r";

/// A folder with the site, these cases and a message.
fn site(cases: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site");
    fs::create_dir(&site).unwrap();
    fs::write(site.join("site.yaml"), SITE).unwrap();
    fs::write(site.join("cases.yaml"), cases).unwrap();
    fs::write(site.join("given.hl7"), ADMISSION).unwrap();
    folder
}

#[test]
fn what_is_as_expected_passes() {
    let folder = site(
        r#"cases:
  admissions:
    - name: everything at once
      given: given.hl7
      set: { PID-2: A & B }
      at: 2026-02-01T12:00:00+01:00
      from: other
      expect:
        to: [copies, lab]
        acknowledgment: AA
        fields: { PV1-2: IP, PV1-3: 'a\S\b', PV1-4: I, PV1-9: "", PID-2: 'A \T\ B', PID-3: 12^^^^MR~34^^^^SS, PID-3.1: 12, "PID-3[.5=SS].1": 34, "PID-3[last].5": SS }
        absent: [NK1, PID-5, PV1-9, "OBX[2]", "PID-3[.5=AN]", "PID-3[*].9"]
        count: { PV1: 1, PID-3: 2, OBX: 0, "PID-3[*].5": 2 }
    - name: a text is a message too
      given: |
        MSH|^~\&|||||||ADT^A01|1|P|2.5
        PV1|1|T
      expect: { filtered: the condition of route }
    - name: another type
      given: |
        MSH|^~\&|||||||ORU^R01|1|P|2.5
      expect: { to: [], acknowledgment: AA }
    - name: a code that is not in the table
      given: given.hl7
      set: { PV1-2: X }
      expect: { error: "PV1-2: the code is not in table `class`", acknowledgment: AA }
    - name: one message
      given: given.hl7
      expect:
        messages: [{ to: [lab, copies], fields: { PV1-2: IP }, absent: NK1, count: { PID: 1 } }]
  both:
    - name: two messages
      given: given.hl7
      set: { PV1-3.1: 7W }
      expect:
        to: [lab, copies]
        tags: { ward: 7W }
        fields: { PID-5.1: DOE }
        messages:
          - { to: lab, fields: { PV1-2: I } }
          - { to: copies, fields: { PV1-2: IP } }
    - name: one is not wanted
      given: given.hl7
      set: { PV1-2: O }
      expect: { to: lab }
    - name: one fails and the other is delivered
      given: given.hl7
      set: { PV1-2: X }
      expect: { to: lab, error: the code is not in table, acknowledgment: AA }
"#,
    );
    check(
        folder.path(),
        "test site",
        &expect![[r#"
            ok      admissions / everything at once
            ok      admissions / a text is a message too
            ok      admissions / another type
            ok      admissions / a code that is not in the table
            ok      admissions / one message
            ok      both / two messages
            ok      both / one is not wanted
            ok      both / one fails and the other is delivered
            8 passed, 0 failed
            = 0
        "#]],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a site and what is said of it")]
fn what_is_not_as_expected_is_shown_place_by_place() {
    let folder = site(
        r#"cases:
  admissions:
    - name: fields
      given: given.hl7
      set: { PID-2: "9", "PID-3[.5=SS].4": X }
      expect:
        to: lab
        fields: { PV1-2: I, PV1-3: a^b, PV1-5: 5, PID-2: "", ZZZ-1: 1, "PID-3[*].5": MR, "PID-3[.5=AN].1": 1 }
        absent: [PV1, "PID-3[*].4", PID-5]
        count: { PID-3: 1, OBX: 2 }
        tags: { ward: 7W }
        message: expected.hl7
    - name: other ways to end
      given: given.hl7
      expect: { filtered: true }
    - name: an error that there is not
      given: given.hl7
      expect: { error: "no such \e[2J" }
    - name: nobody
      given: given.hl7
      expect: { to: [] }
    - name: refused
      given: given.hl7
      expect: { acknowledgment: AR }
    - name: filtered for another reason
      given: given.hl7
      set: { PV1-2: T }
      expect: { filtered: a test patient }
    - name: several messages
      given: given.hl7
      expect: { messages: [{ to: lab }, { to: copies }] }
    - name: an error
      given: |
        MSH|^~\&|||||||ADT^A01|1|P|9
        PV1|1|X
      expect: { to: lab }
    - name: another type
      given: |
        MSH|^~\&|||||||ORU^R01|1|P|2.5
      expect: { to: lab }
    - name: nothing left to look at
      given: given.hl7
      set: { PV1-2: X }
      expect: { error: true, fields: { PV1-2: X } }
  both:
    - name: two messages
      given: given.hl7
      expect:
        to: lab
        fields: { PV1-2: X }
        tags: { ward: 7W }
        messages: [{ to: lab, fields: { PV1-2: I } }, { fields: { PV1-2: IP } }]
    - name: one fails
      given: given.hl7
      set: { PV1-2: X }
      expect: { to: lab }
    - name: another reason
      given: given.hl7
      set: { PV1-2: X }
      expect: { to: lab, error: no paper }
"#,
    );
    fs::write(folder.path().join("site/expected.hl7"), ADMISSION).unwrap();
    check(
        folder.path(),
        "test site",
        &expect![[r#"
            FAILED  admissions / fields
                    site/cases.yaml:3, given given.hl7 with PID-2, PID-3[.5=SS].4 set
                    tag ward
                      expected  7W
                      got       (nothing)
                    to
                      expected  lab
                      got       copies, lab
                    PV1-2  Patient Class
                      expected  I
                      got       IP
                    PV1-3  Assigned Patient Location
                      expected  a^b
                      got       a\S\b
                    PV1-5  Preadmit Number
                      expected  5
                      got       (nothing)
                    PID-2  Patient ID
                      expected  (nothing)
                      got       9
                    ZZZ-1
                      expected  1
                      got       (nothing)
                    PID-3[2].5  Identifier Type Code
                      expected  MR
                      got       SS
                    PID-3[.5=AN].1  Patient Identifier List
                      expected  1
                      got       (nothing)
                    PV1  Patient Visit
                      expected  absent
                      got       1 time
                    PID-3[2].4  Assigning Authority
                      expected  (nothing)
                      got       X
                    PID-3  Patient Identifier List
                      expected  1 time
                      got       2 times
                    OBX  Observation/Result
                      expected  2 times
                      got       absent
                    message expected.hl7  - expected, + got
                      PID-2  Patient ID
                        -
                        + 9
                      PID-3[2].4  Patient Identifier List, Assigning Authority
                        -
                        + X
                      PID-5  Patient Name
                        - DOE^ANNA
                        +
                      NK1  Next of Kin/Associated Parties
                        - NK1|1|DOE^BEN
                      PV1-2  Patient Class
                        - I
                        + IP
                      PV1-3  Assigned Patient Location
                        -
                        + a\S\b
                      PV1-4  Admission Type
                        -
                        + I
            FAILED  admissions / other ways to end
                    site/cases.yaml:13, given given.hl7
                    outcome
                      expected  filtered
                      got       delivered to copies, lab
            FAILED  admissions / an error that there is not
                    site/cases.yaml:16, given given.hl7
                    outcome
                      expected  error: …no such \x1b[2J…
                      got       delivered to copies, lab
            FAILED  admissions / nobody
                    site/cases.yaml:19, given given.hl7
                    outcome
                      expected  delivered to nobody
                      got       delivered to copies, lab
            FAILED  admissions / refused
                    site/cases.yaml:22, given given.hl7
                    outcome
                      expected  rejected
                      got       delivered to copies, lab
            FAILED  admissions / filtered for another reason
                    site/cases.yaml:25, given given.hl7 with PV1-2 set
                    outcome
                      expected  filtered: …a test patient…
                      got       filtered: the condition of route admissions does not hold
            FAILED  admissions / several messages
                    site/cases.yaml:29, given given.hl7
                    messages
                      expected  2
                      got       1
                    to
                      expected  lab
                      got       copies, lab
            FAILED  admissions / an error
                    site/cases.yaml:32, given the text there
                    outcome
                      expected  delivered
                      got       error for lab, copies: step 2 (translate): PV1-2: the code is not in table `class`
            FAILED  admissions / another type
                    site/cases.yaml:37, given the text there
                    outcome
                      expected  delivered
                      got       not the route's: its `messages` name other types
            FAILED  admissions / nothing left to look at
                    site/cases.yaml:41, given given.hl7 with PV1-2 set
                    outcome
                      expected  a message
                      got       error for lab, copies: step 2 (translate): PV1-2: the code is not in table `class`
            FAILED  both / two messages
                    site/cases.yaml:46, given given.hl7
                    tag ward
                      expected  7W
                      got       (nothing)
                    to
                      expected  lab
                      got       copies, lab
                    message 1 to copies: PV1-2  Patient Class
                      expected  X
                      got       IP
                    message 2 to lab: PV1-2  Patient Class
                      expected  X
                      got       I
            FAILED  both / one fails
                    site/cases.yaml:53, given given.hl7 with PV1-2 set
                    outcome
                      expected  delivered
                      got       delivered to lab; error for copies: step copies.1 (translate): PV1-2: the code is not in table `class`
            FAILED  both / another reason
                    site/cases.yaml:57, given given.hl7 with PV1-2 set
                    outcome
                      expected  error: …no paper…
                      got       delivered to lab; error for copies: step copies.1 (translate): PV1-2: the code is not in table `class`
            0 passed, 13 failed
            = 1
        "#]],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a site and what is said of it")]
fn update_writes_expected_messages_and_nothing_else() {
    let folder = site(
        r#"cases:
  admissions:
    - name: new
      given: given.hl7
      expect: { message: new.hl7 }
    - name: with its line ends
      given: given.hl7
      expect: { message: lines.hl7 }
    - name: given too
      given: given.hl7
      expect: { message: given.hl7 }
    - name: not the same twice
      given: given.hl7
      set: { PID-2: "9" }
      expect: { message: new.hl7 }
    - name: the rest still fails
      given: given.hl7
      expect: { message: third.hl7, fields: { PV1-2: I } }
"#,
    );
    let path = |name: &str| folder.path().join("site").join(name);
    fs::write(path("lines.hl7"), "MSH|^~\\&|X\nPID|1\n").unwrap();
    let (status, _, err) = weir(folder.path(), &["test", "site"], b"");
    assert!(
        status == 2 && err.contains("`weir test --update` writes it"),
        "{err}"
    );
    check(
        folder.path(),
        "test site --update",
        &expect![[r#"
            ok      admissions / new
                    wrote new.hl7
            ok      admissions / with its line ends
                    wrote lines.hl7
            FAILED  admissions / given too
                    did not write given.hl7: a case is given it
                    site/cases.yaml:9, given given.hl7
                    message given.hl7  - expected, + got
                      PID-5  Patient Name
                        - DOE^ANNA
                        +
                      NK1  Next of Kin/Associated Parties
                        - NK1|1|DOE^BEN
                      PV1-2  Patient Class
                        - I
                        + IP
                      PV1-3  Assigned Patient Location
                        -
                        + a\S\b
                      PV1-4  Admission Type
                        -
                        + I
            FAILED  admissions / not the same twice
                    did not write new.hl7: another case expects another message in it
                    site/cases.yaml:12, given given.hl7 with PID-2 set
                    message new.hl7  - expected, + got
                      there was no message in the file: `weir test --update` writes it
            FAILED  admissions / the rest still fails
                    wrote third.hl7
                    site/cases.yaml:16, given given.hl7
                    PV1-2  Patient Class
                      expected  I
                      got       IP
            2 passed, 3 failed
            ! warning: route `both` has no cases
            = 1
        "#]],
    );
    let made = "MSH|^~\\&|EHR|WEST|||20240101||ADT^A01^ADT_A01|1|P|2.5\r\
        PID|1||12^^^^MR~34^^^^SS||\rPV1|1|IP|a\\S\\b|I\r";
    assert_eq!(fs::read_to_string(path("new.hl7")).unwrap(), made);
    assert_eq!(fs::read_to_string(path("third.hl7")).unwrap(), made);
    assert_eq!(
        fs::read_to_string(path("lines.hl7")).unwrap(),
        made.replace('\r', "\n")
    );
    assert_eq!(fs::read_to_string(path("given.hl7")).unwrap(), ADMISSION);
    assert_eq!(fs::read_to_string(path("site.yaml")).unwrap(), SITE);
    check(
        folder.path(),
        "test site --filter line",
        &expect![[r#"
        ok      admissions / with its line ends
        1 passed, 0 failed
        = 0
    "#]],
    );
}

#[test]
fn routes_without_cases_are_told_and_a_filter_must_match() {
    let folder = site("cases: {}\n");
    check(
        folder.path(),
        "test site",
        &expect![[r#"
            0 passed, 0 failed
            ! warning: route `admissions` has no cases
            ! warning: route `both` has no cases
            = 0
        "#]],
    );
    check(
        folder.path(),
        "test site --filter nothing",
        &expect![[r#"
        ! site: none of its 0 cases has `nothing` in its name
        = 2
    "#]],
    );
    check(
        folder.path(),
        "test nowhere",
        &expect![[r#"
        ! error[unreadable-file]: nowhere: No such file or directory (os error 2)
        = 2
    "#]],
    );
}

#[test]
fn results_for_a_build_server() {
    let folder = site(
        r#"cases:
  admissions:
    - name: right
      given: given.hl7
      expect: { to: [lab, copies] }
    - name: wrong <&>
      given: given.hl7
      expect: { fields: { PV1-2: "<&>" } }
"#,
    );
    let (status, _, _) = weir(folder.path(), &["test", "site", "--junit", "results.xml"], b"");
    assert_eq!(status, 1);
    let written = fs::read_to_string(folder.path().join("results.xml")).unwrap();
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="weir test" tests="2" skipped="0" failures="1" errors="0">
            <testsuite name="admissions" tests="2" skipped="0" errors="0" failures="1">
                <testcase name="right" classname="admissions"/>
                <testcase name="wrong &lt;&amp;&gt;" classname="admissions">
                    <failure message="not as expected">        site/cases.yaml:6, given given.hl7
                PV1-2  Patient Class
                  expected  &lt;&amp;&gt;
                  got       IP
        </failure>
                </testcase>
            </testsuite>
        </testsuites>
    "#]]
    .assert_eq(&written);
}
