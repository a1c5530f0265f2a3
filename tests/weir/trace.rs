//! `weir trace`: a message on its way through a route, as people and programs are shown it.

#![allow(
    clippy::needless_raw_string_hashes,
    reason = "expect-test writes its snapshots with them"
)]

use std::path::Path;

use expect_test::{Expect, expect};

use crate::harness::{Site, transcript, weir, workplace};

const SITE: &str = r#"
listeners:
  in: { mllp: { bind: 127.0.0.1:0 } }
destinations:
  lab: { mllp: { address: localhost:2576 } }
tables:
  class: { I: IP }
routes:
  admissions:
    from: in
    messages: ADT
    when: PV1-2 != "T"
    steps:
      - set: { PV1-3: a^b, PID-2: "", PID-8: "\e[2J" }
      - set: { PV1-4: x }
        when: PID-8 = "F"
        name: women
      - translate: { field: PV1-2, table: class, otherwise: keep }
      - remove: [NK1, PID-5]
      - translate: { field: PID-8, table: class }
        when: PV1-2 = "X"
    to: lab
"#;

const ADMISSION: &str = "MSH|^~\\&|EHR|WEST|||20240101||ADT^A01^ADT_A01|1|P|2.5\r\
    PID|1|7|12||DOE^ANNA\rNK1|1|DOE^BEN\rNK1|2\rPV1|1|I\r";

fn check(folder: &Path, line: &str, message: &str, expected: &Expect) {
    let arguments: Vec<_> = line.split_whitespace().collect();
    expected.assert_eq(&transcript(weir(folder, &arguments, message.as_bytes())));
}

#[test]
#[expect(clippy::too_many_lines, reason = "snapshots, shown whole")]
fn each_step_with_what_it_changed() {
    let site = Site::new(SITE);
    let check = |message: &str, expected: &Expect| {
        check(site.folder(), "trace admissions - --site site", message, expected);
    };
    check(
        ADMISSION,
        &expect![[r#"
            admissions: ADT^A01  1
              step 1 (set)
                PV1-3  Assigned Patient Location  absent → a\S\b
                PID-2  Patient ID  7 → empty
                PID-8  Administrative Sex  absent → \X1B\[2J
              step 2 (women): its `when` does not hold
              step 3 (translate)
                PV1-2  Patient Class  I → IP
              step 4 (remove)
                NK1[1]  Next of Kin/Associated Parties
                  - NK1|1|DOE^BEN
                NK1[2]  Next of Kin/Associated Parties
                  - NK1|2
                PID-5  Patient Name  DOE^ANNA → empty
              step 5 (translate): its `when` does not hold
            to lab
              MSH|^~\&|EHR|WEST|||20240101||ADT^A01^ADT_A01|1|P|2.5
              PID|1||12|||||\X1B\[2J
              PV1|1|IP|a\S\b
            = 0
        "#]],
    );
    check(
        &ADMISSION.replace("PV1|1|I", "PV1|1|T"),
        &expect![[r#"
        admissions: ADT^A01  1
          its `when` does not hold
        filtered: the condition of route admissions does not hold
        = 0
    "#]],
    );
    check(
        &ADMISSION.replace("PV1|1|I", "PV1|1|X"),
        &expect![[r#"
            admissions: ADT^A01  1
              step 1 (set)
                PV1-3  Assigned Patient Location  absent → a\S\b
                PID-2  Patient ID  7 → empty
                PID-8  Administrative Sex  absent → \X1B\[2J
              step 2 (women): its `when` does not hold
              step 3 (translate)
                changes nothing
              step 4 (remove)
                NK1[1]  Next of Kin/Associated Parties
                  - NK1|1|DOE^BEN
                NK1[2]  Next of Kin/Associated Parties
                  - NK1|2
                PID-5  Patient Name  DOE^ANNA → empty
              step 5 (translate)
                PID-8: the code is not in table `class`
              not in table `class`: `X`, 1 time
              not in table `class`: `\x1b[2J`, 1 time
            failed, a dead letter for lab: step 5 (translate): PID-8: the code is not in table `class`
            = 0
        "#]],
    );
    check(
        &ADMISSION.replace("ADT^A01", "ORU^R01"),
        &expect![[r#"
        admissions: ORU^R01  1
          its `messages` do not name this type
        not the route's
        = 0
    "#]],
    );
}

#[test]
fn the_same_for_programs() {
    let site = Site::new(SITE);
    check(
        site.folder(),
        "trace admissions - --site site --json",
        &format!("{ADMISSION}{}", ADMISSION.replace("PV1|1|I", "PV1|1|X")),
        &expect![[r#"
            {"weir_trace":1,"route":"admissions","message":1,"is_mine":true,"condition_holds":true,"steps":[{"title":"step 1 (set)","part":[],"at_hand":null,"applies":true,"changed":[{"path":"PV1-3","name":"Assigned Patient Location","before":null,"after":"a\\S\\b"},{"path":"PID-2","name":"Patient ID","before":"7","after":""},{"path":"PID-8","name":"Administrative Sex","before":null,"after":"\\X1B\\[2J"}],"stopped":null},{"title":"step 2 (women)","part":[],"at_hand":null,"applies":false,"changed":[],"stopped":null},{"title":"step 3 (translate)","part":[],"at_hand":null,"applies":true,"changed":[{"path":"PV1-2","name":"Patient Class","before":"I","after":"IP"}],"stopped":null},{"title":"step 4 (remove)","part":[],"at_hand":null,"applies":true,"changed":[{"path":"NK1[1]","name":"Next of Kin/Associated Parties","before":"NK1|1|DOE^BEN","after":null},{"path":"NK1[2]","name":"Next of Kin/Associated Parties","before":"NK1|2","after":null},{"path":"PID-5","name":"Patient Name","before":"DOE^ANNA","after":""}],"stopped":null},{"title":"step 5 (translate)","part":[],"at_hand":null,"applies":false,"changed":[],"stopped":null}],"misses":[],"tags":[],"outcome":{"kind":"delivered","outputs":[{"to":["lab"],"is_changed":true,"message":"MSH|^~\\&|EHR|WEST|||20240101||ADT^A01^ADT_A01|1|P|2.5\rPID|1||12|||||\\X1B\\[2J\rPV1|1|IP|a\\S\\b\r"}],"failures":[]}}
            {"weir_trace":1,"route":"admissions","message":2,"is_mine":true,"condition_holds":true,"steps":[{"title":"step 1 (set)","part":[],"at_hand":null,"applies":true,"changed":[{"path":"PV1-3","name":"Assigned Patient Location","before":null,"after":"a\\S\\b"},{"path":"PID-2","name":"Patient ID","before":"7","after":""},{"path":"PID-8","name":"Administrative Sex","before":null,"after":"\\X1B\\[2J"}],"stopped":null},{"title":"step 2 (women)","part":[],"at_hand":null,"applies":false,"changed":[],"stopped":null},{"title":"step 3 (translate)","part":[],"at_hand":null,"applies":true,"changed":[],"stopped":null},{"title":"step 4 (remove)","part":[],"at_hand":null,"applies":true,"changed":[{"path":"NK1[1]","name":"Next of Kin/Associated Parties","before":"NK1|1|DOE^BEN","after":null},{"path":"NK1[2]","name":"Next of Kin/Associated Parties","before":"NK1|2","after":null},{"path":"PID-5","name":"Patient Name","before":"DOE^ANNA","after":""}],"stopped":null},{"title":"step 5 (translate)","part":[],"at_hand":null,"applies":true,"changed":[],"stopped":"PID-8: the code is not in table `class`"}],"misses":[{"table":"class","code":"X","count":1},{"table":"class","code":"\u001b[2J","count":1}],"tags":[],"outcome":{"kind":"failed","failures":[{"reason":"step 5 (translate): PID-8: the code is not in table `class`","to":["lab"]}]}}
            = 0
        "#]],
    );
}

#[test]
fn a_step_that_runs_often_says_for_what() {
    let site = Site::new(
        r#"
listeners:
  in: { mllp: { bind: 127.0.0.1:0 } }
destinations:
  lab: { mllp: { address: localhost:2576 } }
routes:
  results:
    from: in
    steps:
      - for_each: OBX
        steps: [ { set: { OBX-5: "{upper(OBX-5)}" } } ]
      - for_each: PID-3[*]
        steps: [ { set: { PID-3.4: MR } } ]
      - split: { group: OBR }
      - set: { PID-2: x }
        when: OBR-4 = "b"
    to: lab
"#,
    );
    let result = "MSH|^~\\&|LAB|WEST|||20240101||ORU^R01^ORU_R01|1|P|2.5\r\
        PID|1||12~13\rOBR|1|||a\rOBX|1|ST|x||low\rOBR|2|||b\rOBX|1|ST|y||high\r";
    check(
        site.folder(),
        "trace results - --site site",
        result,
        &expect![[r#"
            results: ORU^R01  1
              step 1 (for_each)
                changes nothing
              step 1.1 (set) at OBX[1]
                OBX-5  Observation Value  low → LOW
              step 1.1 (set) at OBX[2]
                OBX[2]-5  Observation Value  high → HIGH
              step 2 (for_each)
                changes nothing
              step 2.1 (set) at PID-3[1]
                PID-3.4  Assigning Authority  absent → MR
              step 2.1 (set) at PID-3[2]
                PID-3[2].4  Assigning Authority  absent → MR
              step 3 (split)
                changes nothing
              step 4 (set), part 1: its `when` does not hold
              step 4 (set), part 2
                PID-2  Patient ID  empty → x
            to lab
              MSH|^~\&|LAB|WEST|||20240101||ORU^R01^ORU_R01|1-1|P|2.5
              PID|1||12^^^MR~13^^^MR
              OBR|1|||a
              OBX|1|ST|x||LOW
            to lab
              MSH|^~\&|LAB|WEST|||20240101||ORU^R01^ORU_R01|1-2|P|2.5
              PID|1|x|12^^^MR~13^^^MR
              OBR|2|||b
              OBX|1|ST|y||HIGH
            = 0
        "#]],
    );
    check(
        site.folder(),
        "trace results - --site site --json",
        result,
        &expect![[r#"
            {"weir_trace":1,"route":"results","message":1,"is_mine":true,"condition_holds":true,"steps":[{"title":"step 1 (for_each)","part":[],"at_hand":null,"applies":true,"changed":[],"stopped":null},{"title":"step 1.1 (set)","part":[],"at_hand":"OBX[1]","applies":true,"changed":[{"path":"OBX-5","name":"Observation Value","before":"low","after":"LOW"}],"stopped":null},{"title":"step 1.1 (set)","part":[],"at_hand":"OBX[2]","applies":true,"changed":[{"path":"OBX[2]-5","name":"Observation Value","before":"high","after":"HIGH"}],"stopped":null},{"title":"step 2 (for_each)","part":[],"at_hand":null,"applies":true,"changed":[],"stopped":null},{"title":"step 2.1 (set)","part":[],"at_hand":"PID-3[1]","applies":true,"changed":[{"path":"PID-3.4","name":"Assigning Authority","before":null,"after":"MR"}],"stopped":null},{"title":"step 2.1 (set)","part":[],"at_hand":"PID-3[2]","applies":true,"changed":[{"path":"PID-3[2].4","name":"Assigning Authority","before":null,"after":"MR"}],"stopped":null},{"title":"step 3 (split)","part":[],"at_hand":null,"applies":true,"changed":[],"stopped":null},{"title":"step 4 (set)","part":[1],"at_hand":null,"applies":false,"changed":[],"stopped":null},{"title":"step 4 (set)","part":[2],"at_hand":null,"applies":true,"changed":[{"path":"PID-2","name":"Patient ID","before":"","after":"x"}],"stopped":null}],"misses":[],"tags":[],"outcome":{"kind":"delivered","outputs":[{"to":["lab"],"is_changed":true,"message":"MSH|^~\\&|LAB|WEST|||20240101||ORU^R01^ORU_R01|1-1|P|2.5\rPID|1||12^^^MR~13^^^MR\rOBR|1|||a\rOBX|1|ST|x||LOW\r"},{"to":["lab"],"is_changed":true,"message":"MSH|^~\\&|LAB|WEST|||20240101||ORU^R01^ORU_R01|1-2|P|2.5\rPID|1|x|12^^^MR~13^^^MR\rOBR|2|||b\rOBX|1|ST|y||HIGH\r"}],"failures":[]}}
            = 0
        "#]],
    );
}

#[test]
fn what_cannot_be_traced_is_told() {
    let folder = workplace();
    check(
        folder.path(),
        "trace adt-to-er fixtures/adt-a01.hl7",
        "",
        &expect![[r#"
            ! routes: there is no route `adt-to-er`; did you mean `adt-to-ehr`?
            = 2
        "#]],
    );
    check(
        folder.path(),
        "trace x fixtures/adt-a01.hl7",
        "",
        &expect![[r#"
            ! routes: there is no route `x`; its routes are adt-to-ehr, admissions-to-registry, merges-to-both, results-to-ehr, cultures-to-registry
            = 2
        "#]],
    );
    check(
        folder.path(),
        "trace adt-to-ehr fixtures/adt-a01.hl7 --site fixtures",
        "",
        &expect![[r#"
            ! error[empty-site]: fixtures: there is no site in this folder
            !  = help: a site is a folder of YAML files with `engine`, `listeners`, `destinations` and `routes`
            = 2
        "#]],
    );
    check(
        folder.path(),
        "trace adt-to-ehr nowhere.hl7",
        "",
        &expect![[r#"
            ! nowhere.hl7: No such file or directory (os error 2)
            = 2
        "#]],
    );
}
