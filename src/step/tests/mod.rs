//! Steps as a site has them: what becomes of a message, what a trace tells, and what is told of wrong ones.

mod evaluated;
mod groups;

use std::fs;

use crate::config::load;
use crate::hl7::{Message, Terminators};
use crate::route::{Outcome, Trace};

const ORU: &str = "MSH|^~\\&|LAB|W|||20240102||ORU^R01^ORU_R01|1|P|2.5.1\r\
    PID|1|X|12^^^W^MR~999^^^^SS~34^^^W^PI||DOE^ANNA||19701224|F\r\
    OBR|1|||GLU\rOBX|1|NM|GLU^Glucose||9|mg|||||F\rNTE|1||internal: x\r\
    OBX|2|ST|NA^Sodium||1 40 |||||P\rNTE|2||fine\rZZZ|a^b\r";

const TABLES: &str = "tables:\n  units: { mg: MG }\n  labs: { file: labs.csv, key: local }\n";
const LABS: &str = "local,loinc,name\nGLU,2345-7,Glucose SerPl\nNA,,Sodium\n";

/// Runs steps over the message; the lines that changed, or why it ended.
fn run(steps: &str) -> String {
    run_over(ORU, steps, None)
}

fn run_over(given: &str, steps: &str, trace: Option<&mut Trace>) -> String {
    match written(given.as_bytes(), steps, trace) {
        Ok(written) => changed(given, &String::from_utf8_lossy(&written)),
        Err(why) => why,
    }
}

/// What leaves a route with these steps, or why nothing does.
fn written(given: &[u8], steps: &str, trace: Option<&mut Trace>) -> Result<Vec<u8>, String> {
    let folder = tempfile::tempdir().unwrap();
    let site = format!(
        "engine: {{ data: ../data }}\nlisteners: {{ in: {{ mllp: {{ bind: 127.0.0.1:0 }} }} }}\n\
         destinations: {{ out: {{ mllp: {{ address: 'localhost:1' }} }} }}\n{TABLES}\
         routes:\n  r:\n    from: in\n    to: out\n    steps:\n      - {steps}\n"
    );
    fs::write(folder.path().join("site.yaml"), site).unwrap();
    fs::write(folder.path().join("labs.csv"), LABS).unwrap();
    let (site, problems) = load(folder.path());
    let Some(site) = site else {
        let told: Vec<String> = problems.iter().map(|problem| problem.message.clone()).collect();
        return Err(told.join("\n"));
    };
    let received = "2024-01-01T12:00:00+01:00[+01:00]".parse().unwrap();
    let message = Message::parse(given.to_vec().into()).unwrap();
    match site.routes[0].run(&message, &received, trace) {
        Outcome::Deliver { outputs, .. } => {
            let written = outputs[0].message.write(Terminators::Preserve);
            // What was written is read as it was meant.
            let read = Message::parse(written.clone()).unwrap();
            assert!(
                read.segments()
                    .map(|segment| segment.raw().to_vec())
                    .eq(outputs[0]
                        .message
                        .segments()
                        .map(|segment| segment.raw().to_vec()))
            );
            Ok(written.to_vec())
        }
        Outcome::Failed { failure, .. } => Err(failure.reason),
        Outcome::Filtered { reason, .. } => Err(format!("filtered: {reason}")),
        Outcome::Rejected { .. } | Outcome::NotMine => panic!("{steps}: neither rejects nor is for others"),
    }
}

/// The lines of `now` that are not in `given`, and those of `given` that are gone, with a minus.
fn changed(given: &str, now: &str) -> String {
    let lines = |text: &str| text.split_terminator('\r').map(str::to_owned).collect::<Vec<_>>();
    let (given, now) = (lines(given), lines(now));
    let gone = given
        .iter()
        .filter(|line| !now.contains(line))
        .map(|line| format!("-{}", line.split('|').next().unwrap_or_default()));
    let new = now.iter().filter(|line| !given.contains(line)).cloned();
    new.chain(gone).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(steps: &str, expected: &str) {
    assert_eq!(run(steps), expected, "{steps}");
}

#[test]
fn paths_that_choose() {
    check(
        "set: { 'PID-3[.5=MR].1': '77' }",
        "PID|1|X|77^^^W^MR~999^^^^SS~34^^^W^PI||DOE^ANNA||19701224|F -PID",
    );
    check("set: { 'PID-3[.5=XX].1': '77', 'OBX[-3.1=K]-5': x }", "");
    check(
        "set: { 'OBX[last]-8': H }",
        "OBX|2|ST|NA^Sodium||1 40 |||H||P -OBX",
    );
    check(
        "set: { 'NTE[*]-2': L }",
        "NTE|1|L|internal: x NTE|2|L|fine -NTE -NTE",
    );
    check(
        "clear: ['PID-3[*].4', OBR-4]",
        "PID|1|X|12^^^^MR~999^^^^SS~34^^^^PI||DOE^ANNA||19701224|F OBR|1||| -PID -OBR",
    );
    check(
        "set_null: 'PID-3[.5=SS].1'",
        "PID|1|X|12^^^W^MR~\"\"^^^^SS~34^^^W^PI||DOE^ANNA||19701224|F -PID",
    );
    check(
        "set_raw: { PID-5: 'ROE^B&C~X' }",
        "PID|1|X|12^^^W^MR~999^^^^SS~34^^^W^PI||ROE^B&C~X||19701224|F -PID",
    );
    check(
        "set_raw: { PID-5.1: 'ROE^B' }",
        "step 1 (set_raw): PID-5.1: the raw value holds a control character, or a delimiter that its target cannot hold",
    );
}

#[test]
fn copies_and_moves() {
    check(
        "copy: { PID-2: 'PID-3[.5=PI].1' }",
        "PID|1|34|12^^^W^MR~999^^^^SS~34^^^W^PI||DOE^ANNA||19701224|F -PID",
    );
    check(
        "copy: { PID-2: 'PID-3[.5=XX].1' }",
        "PID|1||12^^^W^MR~999^^^^SS~34^^^W^PI||DOE^ANNA||19701224|F -PID",
    );
    check(
        "move: { PID-2: 'PID-3[.5=SS]' }",
        "PID|1|999^^^^SS|12^^^W^MR~34^^^W^PI||DOE^ANNA||19701224|F -PID",
    );
    check(
        "swap: { PID-5.1: PID-5.2 }",
        "PID|1|X|12^^^W^MR~999^^^^SS~34^^^W^PI||ANNA^DOE||19701224|F -PID",
    );
    check(
        "copy: { PID-2: 'PID-3[*].1' }",
        "PID-3[*].1 means several places, and one of them is copied",
    );
    check(
        "move: { 'OBX[*]-5': PID-2 }",
        "OBX[*]-5 means several places, and what is moved can stand in one",
    );
    check(
        "swap: { PID-5: PID-6.1 }",
        "PID-5 and PID-6.1 are not equally deep",
    );
}

#[test]
fn what_moves_within_itself_is_not_lost() {
    let pid = "PID|1|X|12^^^W^MR~999^^^^SS~34^^^W^PI||DOE^ANNA||19701224|F";
    check("move: { 'PID-3[1]': 'PID-3[.5=MR]' }", "");
    check("move: { 'PID-3[3]': 'PID-3[last]' }", "");
    check("move: { PID-5.1: 'PID-5[1].1' }", "");
    // The first turn moves nothing, the second what the first has, the third nothing from there.
    check(
        "for_each: PID-3\n        steps: [ { move: { PID-3.1: 'PID-3[1].1' } } ]",
        "PID|1|X|^^^W^MR~12^^^^SS~^^^W^PI||DOE^ANNA||19701224|F -PID",
    );
    check(
        "move: { PID-5: 'PID-5[1].2' }",
        &format!("{} -PID", pid.replace("DOE^ANNA", "ANNA")),
    );
    check(
        "move: { 'PID-3[1].4.1': 'PID-3[.5=MR].4' }",
        "PID-3[.5=MR].4 is wider than PID-3[1].4.1: it may hold delimiters that do not fit there",
    );
    check(
        "move: { PID-5: PID-5.1 }",
        "PID-5.1 is a part of PID-5, so nothing moves",
    );
    check(
        "move: { 'PID-3[.5=MR].1': 'PID-3[.5=MR].1.1' }",
        "PID-3[.5=MR].1.1 is a part of PID-3[.5=MR].1, so nothing moves",
    );
    check(
        "copy: { PID-5: PID-5.1 }",
        &format!("{} -PID", pid.replace("DOE^ANNA", "DOE")),
    );
}

#[test]
fn segments_and_repetitions_by_condition() {
    check("remove: { segment: NTE, when: NTE-1 = '1' }", "-NTE");
    check(
        "remove: { repetition: PID-3, when: \"PID-3.5 in ('SS', 'PI')\" }",
        "PID|1|X|12^^^W^MR||DOE^ANNA||19701224|F -PID",
    );
    check(
        "remove: ['OBX[-3.1=NA]', 'NTE[last]', 'PID-3[.5=MR]']",
        "PID|1|X|999^^^^SS~34^^^W^PI||DOE^ANNA||19701224|F -PID -OBX -NTE",
    );
    check(
        "remove: { when: PID-3 valued }",
        "`segment` or `repetition` is missing",
    );
    check(
        "remove: { repetition: PID-3.1, when: PID-3 valued }",
        "PID-3.1 is deeper than a repetition",
    );
    check("remove: [MSH]", "a message cannot be without its MSH");
}

#[test]
fn segments_added_and_renamed() {
    let with = |segment: &str, segments: &str| {
        let written = run(&format!(
            "insert: {{ segment: {segment}, fields: {{ {segment}-1: x }} }}"
        ));
        assert_eq!(written, segments);
    };
    with("PV1", "PV1|x");
    with("ZAB", "ZAB|x");
    with(
        "NTE",
        "step 1 (insert): this structure has NTE in several places; say `after` or `before`",
    );
    check(
        "insert: { segment: NTE, after: 'OBX[*]', fields: { NTE-3: '{OBX-3.2}' } }",
        "NTE|||Glucose NTE|||Sodium",
    );
    check(
        "insert: { segment: NTE, before: OBX, fields: { NTE-3: '{OBX-3.2}' } }",
        "NTE|||Glucose",
    );
    check("insert: { segment: NTE, after: SPM }", "");
    check(
        "insert: { segment: MSH }",
        "MSH belongs to the envelope of messages and cannot be added",
    );
    check(
        "insert: { segment: NTE, fields: { OBX-3: x } }",
        "OBX-3 is no field of the new segment",
    );
    check("rename: { ZZZ: ZPI }", "ZPI|a^b -ZZZ");
    check("rename: { 'NTE[2]': ZNT }", "ZNT|2||fine -NTE");
    check(
        "rename: { NTE: nte }",
        "`nte` is no name of a segment: a capital letter, then two capital letters or digits",
    );
}

#[test]
fn patterns_replace_texts() {
    check(
        "replace: { field: 'OBX[*]-5', pattern: '\\s', with: '' }",
        "OBX|2|ST|NA^Sodium||140|||||P -OBX",
    );
    check(
        "replace: { field: PID-5, pattern: '(?P<first>\\w)(\\w+)', with: '${first}^$2' }",
        "PID|1|X|12^^^W^MR~999^^^^SS~34^^^W^PI||D\\S\\OE^A\\S\\NNA||19701224|F -PID",
    );
    check(
        "replace: { field: PID-5, pattern: '(\\w)', with: '$1a' }",
        "the pattern has no group `1a`",
    );
    check(
        "set: { PID-5: '{replace(PID-5, /(.)(.)/, \"$1_$2\")}' }",
        "expected groups that the pattern has, and it has no `1_`: write `${1}_` for what group 1 found and then `_`",
    );
    check(
        "replace: { field: PID-5, pattern: '(\\w', with: '' }",
        "no regular expression: unclosed group",
    );
    check(
        "replace: { field: PID-5, pattern: '\\w{1000}{1000}', with: '' }",
        "the regular expression is too large",
    );
    check(
        "replace: { field: PID-5, pattern: '(?=x)', with: '' }",
        "no regular expression: look-around, including look-ahead and look-behind, is not supported",
    );
}

/// What a step sets in a segment that is not there goes where `insert` puts it.
#[test]
fn missing_segments_are_added_where_the_structure_has_them() {
    let adt = "MSH|^~\\&|A||||||ADT^A08^ADT_A01|||2.5.1\rEVN|\rPID|1\rPV1|1|I\rIN1|1\rIN2|2\rZPI|1\r";
    let names = |given: &str, steps: &str| {
        let written = String::from_utf8(written(given.as_bytes(), steps, None).unwrap()).unwrap();
        let lines = written.split_terminator('\r').skip(1);
        lines
            .map(|line| line.get(..5).unwrap_or(line).trim_end_matches('|'))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let check = |steps: &str, expected: &str| assert_eq!(names(adt, steps), expected, "{steps}");
    for step in [
        "set: { PD1-1: x }",
        "set_raw: { PD1-1: x }",
        "set_null: PD1-1",
        "copy: { PD1-1: PID-1 }",
        "translate: { field: PV1-2, table: units, otherwise: { value: x }, into: { PD1-1: value } }",
        "script: 'set(\"PD1-1\", 1);'",
    ] {
        let expected = "EVN PID|1 PD1 PV1|1 IN1|1 IN2|2 ZPI|1";
        let shown = names(adt, step)
            .replace("PD1|x", "PD1")
            .replace("PD1|1", "PD1")
            .replace("PD1|\"", "PD1");
        assert_eq!(shown, expected, "{step}");
    }
    check("move: { PD1-1: PID-1 }", "EVN PID PD1|1 PV1|1 IN1|1 IN2|2 ZPI|1");
    // A second insurance is no part of the first, and its number says so.
    check(
        "set: { 'IN1[2]-1': '9' }",
        "EVN PID|1 PV1|1 IN1|1 IN2|2 ZPI|1 IN1|9",
    );
    check(
        "set: { 'NK1-1': '1', 'NK1[2]-1': '2' }",
        "EVN PID|1 NK1|1 NK1|2 PV1|1 IN1|1 IN2|2 ZPI|1",
    );
    // In several places, or in none.
    check("set: { ROL-1: '1' }", "EVN PID|1 PV1|1 IN1|1 IN2|2 ZPI|1 ROL|1");
    check("set: { ZPD-1: '1' }", "EVN PID|1 PV1|1 IN1|1 IN2|2 ZPI|1 ZPD|1");
    check("clear: PD1-1", "EVN PID|1 PV1|1 IN1|1 IN2|2 ZPI|1");
    // What belongs to the group at hand is not added to it, what belongs to the message is.
    let groups = "for_each: { group: OBR }\n        steps: [ { set: { NTE-3: x, ZOB-1: '{OBR-1}' } } ]";
    let orders = "MSH|^~\\&|A||||||ORU^R01^ORU_R01|1|P|2.5.1\rPID|1\rOBR|1\rOBX|1\rOBR|2\rOBX|1\r";
    assert_eq!(names(orders, groups), "PID|1 OBR|1 OBX|1 OBR|2 OBX|1 ZOB|2");
    let unknown = adt.replace("ADT^A08^ADT_A01", "ZZZ^Z01");
    assert_eq!(
        names(&unknown, "set: { PD1-1: x }"),
        "EVN PID|1 PV1|1 IN1|1 IN2|2 ZPI|1 PD1|x"
    );
    // The second of its name, though the first group has room for it.
    let oru = ORU.replace("OBR|1|||GLU\r", "OBR|1\rOBX|1\rOBR|2\r") + "SPM|1\r";
    assert!(names(&oru, "set: { 'SPM[2]-1': '2' }").ends_with("ZZZ|a SPM|1 SPM|2"));
}

const DECLARED: &str = "set: { MSH-18: UNICODE UTF-8 }";

/// Whatever changes MSH-18, all of the message is in what it declares.
#[test]
fn another_character_set_is_of_the_whole_message() {
    let latin =
        b"MSH|^~\\&|A||||||ADT^A08|1|P|2.5.1||||||8859/1\rPID|1||Z\xFCrich\rZZZ|UNICODE UTF-8|M\xFCnchen\r";
    let utf_8 = "MSH|^~\\&|A||||||ADT^A08|1|P|2.5.1||||||UNICODE UTF-8\rPID|1||Z\u{fc}rich\rZZZ|UNICODE UTF-8|M\u{fc}nchen\r";
    for step in [
        DECLARED,
        "set_raw: { MSH-18: UNICODE UTF-8 }",
        "copy: { MSH-18: ZZZ-1 }",
        "replace: { field: MSH-18, pattern: '.+', with: UNICODE UTF-8 }",
        "translate: { field: MSH-18, table: units, otherwise: { value: UNICODE UTF-8 } }",
        "script: 'set(\"MSH-18\", \"UNICODE UTF-8\");'",
        "if: PID-1 valued\n        then: [ { set: { MSH-18: UNICODE UTF-8 } } ]",
    ] {
        let written = written(latin, step, None).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), utf_8, "{step}");
    }
    let back = |steps: &str| written(utf_8.as_bytes(), steps, None);
    assert_eq!(back("set: { MSH-18: 8859/1 }").unwrap(), latin);
    // What is written afterwards is in the new one, what stood in MSH-18 elsewhere moves along.
    let both = back("set: { MSH-18: 8859/1, PID-2: \"{PID-3}\" }").unwrap();
    assert!(both.windows(9).any(|bytes| bytes == b"|Z\xFCrich|Z"));
    assert_eq!(
        back("move: { ZZZ-1: MSH-18 }").unwrap(),
        utf_8.replacen("UNICODE UTF-8", "", 1).into_bytes()
    );
    assert_eq!(
        back("remove: MSH-18").unwrap(),
        utf_8.replacen("UNICODE UTF-8", "", 1).into_bytes()
    );
    let refused = |steps: &str, why: &str| assert_eq!(back(steps).unwrap_err(), why, "{steps}");
    refused(
        "set: { MSH-18: ASCII }",
        "step 1 (set): MSH-18: PID[1] holds a character that ASCII does not have",
    );
    refused(
        "set: { MSH-18: 8859/7 }",
        "step 1 (set): MSH-18: PID[1] holds a character that 8859/7 does not have",
    );
    refused(
        "set: { MSH-18: EBCDIC }",
        "step 1 (set): MSH-18: expected a character set of table 0211",
    );
    refused(
        "set_null: MSH-18",
        "step 1 (set_null): MSH-18: expected a character set of table 0211",
    );
    refused(
        "set: { MSH-18: UNICODE UTF-16 }",
        "step 1 (set): MSH-18: UTF-16 and UTF-32 cannot be framed: expected UNICODE UTF-8",
    );
    refused(
        "script: 'set(\"MSH-18\", \"ASCII\");'",
        "step 1 (script): line 1 of the script: PID[1] holds a character that ASCII does not have",
    );
    let several = utf_8.replacen("UNICODE UTF-8", "ASCII~UNICODE UTF-8", 1);
    let one = written(several.as_bytes(), "remove: 'MSH-18[2]'", None);
    assert!(one.is_ok(), "{one:?}");
}

/// B60, S18: no pattern is slow, whatever the text.
#[test]
fn a_pattern_that_backtracks_elsewhere_is_linear() {
    let given = format!("MSH|^~\\&|A\rOBX|1||||{}!\r", "a".repeat(1 << 20));
    let written = run_over(
        &given,
        "replace: { field: OBX-5, pattern: '(a+)+$', with: x }",
        None,
    );
    assert_eq!(written, "");
}

#[test]
fn codes_are_translated_by_column() {
    check(
        "translate: { field: OBX-3.1, table: labs, column: loinc }",
        "OBX|1|NM|2345-7^Glucose||9|mg|||||F -OBX",
    );
    check(
        "translate: { field: OBX-3.1, table: labs, into: { OBX-3.1: loinc, OBX-3.2: name } }",
        "OBX|1|NM|2345-7^Glucose SerPl||9|mg|||||F -OBX",
    );
    check(
        "translate: { field: 'OBX[2]-3.1', table: labs, into: { 'OBX[2]-3.1': loinc, 'OBX[2]-3.2': name } }",
        "step 1 (translate): OBX[2]-3.1: the code has no value in table `labs`",
    );
    check(
        "translate: { field: 'OBX[2]-3.1', table: labs, into: { 'OBX[2]-3.1': loinc, 'OBX[2]-5': name }, otherwise: keep }",
        "OBX|2|ST|NA^Sodium||Sodium|||||P -OBX",
    );
    check(
        "translate: { field: OBX-2, table: labs, into: { OBX-3.1: loinc, OBX-3.2: name }, otherwise: clear }",
        "OBX|1|NM|^||9|mg|||||F -OBX",
    );
    check(
        "translate: { field: OBX-2, table: labs, into: { OBX-3.1: loinc, OBX-8: name }, otherwise: { value: U } }",
        "OBX|1|NM|U^Glucose||9|mg||U|||F -OBX",
    );
    check(
        "translate: { field: 'OBX[*]-3.1', table: labs, column: loinc }",
        "step 1 (translate): OBX[2]-3.1: the code has no value in table `labs`",
    );
    check(
        "translate: { field: 'OBX[*]-3.1', table: labs, column: loinc, otherwise: { value: '?' } }",
        "OBX|1|NM|2345-7^Glucose||9|mg|||||F OBX|2|ST|?^Sodium||1 40 |||||P -OBX -OBX",
    );
    check(
        "translate: { field: OBX-3.1, table: labs }",
        "table `labs` has several columns, and none is named",
    );
    check(
        "translate: { field: OBX-3.1, table: labs, column: Name }",
        "table `labs` has no column `Name`",
    );
    check(
        "translate: { field: OBX-3.1, table: labs, column: name, into: { OBX-4: name } }",
        "`column` and `into` cannot stand in one step",
    );
    check(
        "translate: { field: 'OBX[*]-3.1', table: labs, into: { OBX-4: name } }",
        "OBX[*]-3.1 means several codes, and `into` takes the columns of one",
    );
}

#[test]
fn dates_are_formatted() {
    check(
        "format_date: { field: PID-7, to: '%d.%m.%Y' }",
        "PID|1|X|12^^^W^MR~999^^^^SS~34^^^W^PI||DOE^ANNA||24.12.1970|F -PID",
    );
    check(
        "format_date: { field: PID-8, to: '%d.%m.%Y', otherwise: keep }",
        "",
    );
    check("format_date: { field: PID-9, to: '%d.%m.%Y' }", "");
    check(
        "format_date: { field: PID-8, to: '%d.%m.%Y' }",
        "step 1 (format_date): PID-8: the value is no date of the form that is expected, or not precise enough",
    );
}

#[test]
fn traces_tell_what_was_there_and_what_is() {
    let check = |steps: &str, expected: &[&str]| {
        let mut trace = Trace::default();
        run_over(ORU, steps, Some(&mut trace));
        let text = |text: &Option<Box<str>>| text.as_deref().unwrap_or("-").to_owned();
        let changes = trace.steps.iter().flat_map(|step| &step.changed);
        let shown: Vec<String> = changes
            .map(|change| {
                format!(
                    "{}: {} > {}",
                    change.place,
                    text(&change.before),
                    text(&change.after)
                )
            })
            .collect();
        assert_eq!(shown, expected, "{steps}");
    };
    check(
        "remove: 'PID-3[*]'",
        &[
            "PID-3[1]: 12^^^W^MR > -",
            "PID-3[2]: 999^^^^SS > -",
            "PID-3[3]: 34^^^W^PI > -",
        ],
    );
    check(
        "remove: { segment: NTE, when: NTE-1 = '1' }",
        &["NTE[1]: NTE|1||internal: x > -"],
    );
    check("insert: { segment: NTE, after: 'OBX[1]' }", &["NTE[1]: - > NTE"]);
    check(
        "rename: { ZZZ: ZPI }",
        &["ZZZ[1]: ZZZ|a^b > -", "ZPI[1]: - > ZPI|a^b"],
    );
    check(
        "swap: { PID-5.1: PID-5.2 }",
        &["PID-5.1: DOE > ANNA", "PID-5.2: ANNA > DOE"],
    );
    check("move: { PID-9: PID-8 }", &["PID-9: - > F", "PID-8: F > "]);
    check("move: { 'PID-3[1]': 'PID-3[.5=MR]' }", &[]);
    check("set: { PV1-2: I }", &["PV1-2: - > I"]);
    check(
        "set: { MSH-18: 8859/1, PID-8: \u{e4}, PID-9: x, MSH-17: \"{PID-8}\" }",
        &[
            "MSH-18: - > 8859/1",
            "PID-8: F > \u{e4}",
            "PID-9: - > x",
            "MSH-17:  > \u{e4}",
        ],
    );
}
