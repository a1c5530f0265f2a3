//! Rows of what is a fault and what is none, by the version and by a profile; and that no input panics.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::hl7::Severity;
use crate::problem::{Content, Node, Place, Problems, Source};

const MSH: &str = "MSH|^~\\&|A|B|C|D|20260101||ADT^A01^ADT_A01|1|P|2.5.1\r";
const EVN: &str = "EVN||20260101\r";
const PID: &str = "PID|1||1^^^N^MR||DOE^ANNA\r";
const PV1: &str = "PV1|1|I\r";

fn profile(yaml: &str, inherited: Profile) -> Result<Profile, Vec<String>> {
    let settings: Settings = serde_yaml::from_str(yaml).unwrap();
    let source = Source {
        id: 0,
        name: "profile.yaml".to_owned(),
        text: String::new(),
        root: Node {
            bytes: 0..0,
            content: Content::Mapping(Vec::new()),
        },
    };
    let mut problems = Problems::new();
    let profile = settings.check(inherited, &Place::root(&source), &mut problems);
    let told = problems.iter().map(|problem| problem.message.clone());
    profile.ok_or_else(|| told.collect())
}

/// `PID-3 101` for each fault.
fn faults(message: &str, profile: &Profile) -> Vec<String> {
    let message = Message::parse(Bytes::copy_from_slice(message.as_bytes())).unwrap();
    let shown = |fault: &Fault| {
        let place = fault.location.map_or("-".to_owned(), |place| place.to_string());
        format!("{place} {}", fault.code.number())
    };
    validate(&message, profile).iter().map(shown).collect()
}

#[track_caller]
fn check(message: &str, expected: &[&str]) {
    assert_eq!(faults(message, &Profile::default()), expected, "{message}");
}

#[track_caller]
fn check_with(yaml: &str, message: &str, expected: &[&str]) {
    let profile = profile(yaml, Profile::default()).unwrap();
    assert_eq!(faults(message, &profile), expected, "{yaml}\n{message}");
}

fn oru(obx: &str) -> String {
    let msh = MSH.replace("ADT^A01^ADT_A01", "ORU^R01^ORU_R01");
    format!("{msh}{PID}OBR|1|||A\rOBX|1|{obx}\r")
}

#[test]
fn what_the_standard_asks_for_is_no_fault() {
    check(&[MSH, EVN, PID, PV1].concat(), &[]);
    check(&oru("NM|A||7||||||F"), &[]);
}

#[test]
fn b44_segments_missing_misplaced_and_misnamed() {
    check(&[MSH, EVN, PID].concat(), &["PV1 100"]);
    check(&[MSH, PID, PV1].concat(), &["EVN 100"]);
    check(&[MSH, EVN, PID, PV1, EVN].concat(), &["EVN[2] 100"]);
    check(&[MSH, EVN, PID, PID, PV1].concat(), &["PID[2] 100"]);
    check(&[MSH, EVN, PID, PV1, "QAK|1\r"].concat(), &["QAK 100"]);
    check(&[MSH, EVN, PID, PV1, "XYZ|1\r"].concat(), &["XYZ 100"]);
    check(&[MSH, EVN, "pid|1\r", PV1].concat(), &["- 100", "PID 100"]);
    check(&[MSH, EVN, "PIDX|1\r", PV1].concat(), &["- 100", "PID 100"]);
    check_with(
        "segments: { NK1: { usage: required } }",
        &[MSH, EVN, PID, PV1].concat(),
        &["NK1 100"],
    );
    check_with(
        "segments: { PV1: { usage: optional } }",
        &[MSH, EVN, PID].concat(),
        &[],
    );
}

#[test]
fn b44_segments_missing_in_a_group_name_their_place() {
    let message = oru("NM|A||7||||||F") + "OBR|2|||B\rOBX|1|NM|A||7||||||F\rNTE|1\rORC|RE\r";
    check(&message, &["OBR[3] 100"]);
    let message = Message::parse(message.into()).unwrap();
    let faults = validate(&message, &Profile::default());
    assert_eq!(
        faults[0].text,
        "OBR is required in the group ORDER_OBSERVATION that begins at ORC"
    );
}

#[test]
fn b45_required_fields_missing() {
    check(&[MSH, EVN, "PID|1||^^^||DOE\r", PV1].concat(), &["PID-3 101"]);
    check(&[MSH, EVN, "PID|1\r", PV1].concat(), &["PID-3 101", "PID-5 101"]);
    check(&[MSH, EVN, "PID|1||\"\"||DOE\r", PV1].concat(), &[]);
    let visit = "fields: { PV1-19: { usage: required, when: 'PV1-2 = \"I\"' } }";
    check_with(visit, &[MSH, EVN, PID, PV1].concat(), &["PV1-19 101"]);
    check_with(visit, &[MSH, EVN, PID, "PV1|1|O\r"].concat(), &[]);
    let authority = "fields: { PID-3.4: { usage: required } }";
    let ids = "PID|1||1^^^N~2^^~3^^^\"\"||DOE\r";
    check_with(authority, &[MSH, EVN, ids, PV1].concat(), &["PID-3[2].4 101"]);
    let optional = "fields: { PID-3: { usage: optional } }";
    check_with(optional, &[MSH, EVN, "PID|1||||DOE\r", PV1].concat(), &[]);
}

#[test]
fn conditions_are_asked_of_each_segment() {
    let results = |obx: &[&str]| {
        let msh = MSH.replace("ADT^A01^ADT_A01", "ORU^R01^ORU_R01");
        format!("{msh}{PID}{}\r", obx.join("\r"))
    };
    let final_has_value = "fields: { OBX-5: { usage: required, when: 'OBX-11 = \"F\"' } }";
    let obx = [
        "OBR|1|||A",
        "OBX|1|NM|A||||||||P",
        "OBX|2|NM|A||||||||F",
        "OBX|3|NM|A||7||||||F",
    ];
    check_with(final_has_value, &results(&obx), &["OBX[2]-5 101"]);
    let unit = "fields: { OBX-6: { condition: 'OBX-6 valued or not (OBX-2 = \"NM\")' } }";
    let obx = [
        "OBR|1|||A",
        "OBX|1|ST|A||x||||||F",
        "OBX|2|NM|A||7||||||F",
        "OBX|3|NM|A||7|g|||||F",
    ];
    check_with(unit, &results(&obx), &["OBX[2]-6 102"]);
    // What surrounds it is that of its own order.
    let of_final = "fields: { OBX-5: { usage: required, when: 'OBR-25 = \"F\"' } }";
    let obr = |status| format!("OBR|1|||A|||||||||||||||||||||{status}");
    let (preliminary, last) = (obr("P"), obr("F"));
    let obx = [&preliminary, "OBX|1|NM|A||||||||P", &last, "OBX|1|NM|A||||||||F"];
    check_with(of_final, &results(&obx), &["OBX[2]-5 101"]);
    // Of a segment that is not there, a condition is asked once.
    let visit = "fields: { PV2-3: { condition: 'PV2-3 valued or PV1-2 = \"O\"' } }";
    check_with(visit, &[MSH, EVN, PID, PV1].concat(), &["PV2-3 102"]);
    check_with(visit, &[MSH, EVN, PID, "PV1|1|O\r"].concat(), &[]);
}

#[test]
fn b46_values_that_do_not_fit_their_data_type() {
    check(&oru("NM|A||FOO||||||F"), &["OBX-5 102"]);
    check(&oru("NM|A||7~FOO||||||F"), &["OBX-5[2] 102"]);
    check(&oru("SN|A||>^x||||||F"), &["OBX-5.2 102"]);
    check(&oru("ZZ|A||x||||||F"), &["OBX-2 103"]);
    // A value needs its type.
    check(&oru("|A||x||||||F"), &["OBX-2 101"]);
    check(&oru("|A||||||||F"), &[]);
    check(&oru("|A||x||||||X"), &[]);
    check_with(
        "fields: { OBX-2: { usage: optional } }",
        &oru("|A||x||||||F"),
        &[],
    );
    check(&oru("ST|A||7||||||F|||2026-01-01"), &["OBX-14 102"]);
    let pid = |id: &str| [MSH, EVN, "PID|1||", id, "||DOE\r", PV1].concat();
    check(&pid("^^^N"), &["PID-3.1 102"]);
    check(&pid("1^^^N^^^2026013"), &["PID-3.7 102"]);
    check_with(
        "fields: { PID-3.1: { data_type: NM } }",
        &pid("A1^^^N"),
        &["PID-3.1 102"],
    );
    check_with(
        "fields: { PID-3.1: { pattern: '[0-9]{6}' } }",
        &pid("1234567^^^N"),
        &["PID-3.1 102"],
    );
    check_with(
        "fields: { PID-3.1: { pattern: '[0-9]{6}|A.' } }",
        &pid("123456^^^N~A1"),
        &[],
    );
    check_with(
        "fields: { PID-3.4.2: { pattern: '[0-9.]+' } }",
        &pid("1^^^N&x"),
        &["PID-3.4.2 102"],
    );
}

#[test]
fn b47_codes_outside_their_table() {
    let pid = |sex: &str, dead: &str| {
        [
            MSH,
            EVN,
            "PID|1||1||DOE|||",
            sex,
            "||||||||||||||||||||||",
            dead,
            "\r",
            PV1,
        ]
        .concat()
    };
    check(&pid("F", "N"), &[]);
    check(&pid("F", "Q"), &["PID-30 103"]);
    // A table of the site's own to extend.
    check(&pid("X", "N"), &[]);
    check_with(
        "fields: { PID-8: { codes: [F, M] } }",
        &pid("X", "N"),
        &["PID-8 103"],
    );
    check_with("fields: { PID-8: { codes: [F, M, 1] } }", &pid("1", "N"), &[]);
    check_with("fields: { PID-30: { codes: Q } }", &pid("F", "Q"), &[]);
}

/// `103 W` for each fault of a table.
fn of_tables(message: String) -> Vec<String> {
    let message = Message::parse(message.into()).unwrap();
    let faults = validate(&message, &Profile::default());
    let shown = |fault: &Fault| format!("{} {}", fault.code.number(), fault.severity.as_str());
    faults.iter().map(shown).collect()
}

#[test]
fn every_data_type_is_a_value_type() {
    for version in ["2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8.2"] {
        let of = |name: &str| of_tables(oru(&format!("{name}|A||||||||F")).replace("2.5.1", version));
        for name in ["HD", "EI", "NM", "ST"] {
            let faults = of(name);
            assert!(
                faults.iter().all(|fault| fault.ends_with('W')),
                "{version} {name}: {faults:?}"
            );
        }
        // The list of 2.8.2 says itself that it is not all.
        for name in ["CM", "CQ", "SI"].into_iter().filter(|_| version != "2.8.2") {
            assert!(of(name).contains(&"103 E".to_owned()), "{version} {name}");
        }
    }
    for (version, name) in [
        ("2.5", "CWE"),
        ("2.5.1", "CWE"),
        ("2.6", "CWE"),
        ("2.6", "DTM"),
        ("2.5.1", "CNE"),
    ] {
        let message = oru(&format!("{name}|A||||||||F")).replace("2.5.1", version);
        assert!(of_tables(message).is_empty(), "{version} {name}");
    }
}

#[test]
fn codes_that_the_world_uses_before_the_table_has_them() {
    // MIME types in tables 0191 and 0291; CLIA in table 0301, which has it from 2.7 on.
    let pdf = oru("ED|A||LAB^application^pdf^Base64^JVBERi0=||||||F");
    let faults = of_tables(pdf);
    assert!(faults.contains(&"103 W".to_owned()), "{faults:?}");
    assert!(!faults.iter().any(|fault| fault.ends_with('E')), "{faults:?}");
    let laboratory = |kind: &str, version: &str| {
        of_tables(
            [MSH, EVN, PID, PV1]
                .concat()
                .replace("1^^^N^MR", &format!("1^^^N&1&{kind}^MR"))
                .replace("2.5.1", version),
        )
    };
    assert_eq!(laboratory("CLIA", "2.5.1"), ["103 W"]);
    assert!(laboratory("CLIA", "2.7").is_empty());
    assert!(laboratory("L", "2.5.1").is_empty());
    assert_eq!(laboratory("L,M,N", "2.5.1"), ["103 E"]);
}

#[test]
fn a_structure_that_is_not_that_of_the_message() {
    let declared = |as_declared: &str| [&MSH.replace("ADT^A01^ADT_A01", as_declared), EVN, PID, PV1].concat();
    check(&declared("ADT^A01"), &[]);
    check(&declared("ADT^A08^ADT_A01"), &[]);
    check(&declared("ORU^R01^ADT_A01"), &["MSH-9.3 103"]);
    check(&declared("ADT^Z01^ADT_A01"), &[]);
    check(
        &declared("FOO^B99^ADT_A01"),
        &["MSH-9 200", "MSH-9.1 103", "MSH-9.2 103"],
    );
    assert_eq!(of_tables(declared("ORU^R01^ADT_A01")), ["103 E"]);
    // Of another event of the type: profiles declare such.
    assert_eq!(of_tables(declared("ADT^A02^ADT_A01"))[0], "103 W");
}

#[test]
fn b48_values_too_long() {
    let of = |version: &str| [&MSH.replace("2.5.1", version), EVN, PID, PV1].concat();
    let short = "fields: { PID-5.2: { length_max: 3 } }";
    check_with(short, &of("2.5.1"), &["PID-5.2 102"]);
    check_with(short, &of("2.6"), &["PID-5.2 102"]);
    check_with(short, &of("2.7"), &["PID-5.2 104"]);
    check_with("fields: { PID-5.2: { length_max: 4 } }", &of("2.7"), &[]);
    // Characters, not bytes.
    let umlauts = of("2.5.1").replace("ANNA", "ÄÄÄÄ");
    check_with("fields: { PID-5.2: { length_max: 4 } }", &umlauts, &[]);
    // The version's own lengths: before 2.7 sites may have agreed on others.
    let severities = |version: &str, yaml: &str| {
        let long = [
            &MSH.replace("2.5.1", version),
            EVN,
            &PID.replace("PID|1|", "PID|12345|"),
            PV1,
        ]
        .concat();
        let profile = profile(yaml, Profile::default()).unwrap();
        let faults = validate(&Message::parse(long.into()).unwrap(), &profile);
        faults
            .iter()
            .map(|fault| fault.severity.as_str())
            .collect::<String>()
    };
    assert_eq!(
        (severities("2.6", "{}"), severities("2.7", "{}")),
        ("W".into(), "E".into())
    );
    assert_eq!(severities("2.6", "lengths: error"), "E");
    assert_eq!(severities("2.7", "lengths: warning"), "W");
    let event = [MSH, "EVN|A01X|20260101\r", PID, PV1].concat();
    check(&event, &["EVN-1 102", "EVN-1 103"]);
}

#[test]
fn b49_too_many_repetitions() {
    let twice = "PID|1||1^^^N^MR~2^^^N^MR||DOE|||F~M\r";
    let of = |version: &str| [&MSH.replace("2.5.1", version), EVN, twice, PV1].concat();
    check(&of("2.5.1"), &["PID-8[2] 100"]);
    check(&of("2.9"), &["PID-8[2] 198"]);
    let profile = "fields: { PID-3: { repetitions_max: 1 }, PID-8: { repetitions_max: 2 } }";
    check_with(profile, &of("2.5.1"), &["PID-3[2] 100"]);
    check_with(profile, &of("2.9"), &["PID-3[2] 198"]);
    let next_of_kin = [MSH, EVN, PID, "NK1|1\rNK1|2\r", PV1].concat();
    check(&next_of_kin, &[]);
    check_with("segments: { NK1: { max: 1 } }", &next_of_kin, &["NK1[2] 100"]);
}

#[test]
fn b50_what_is_odd_and_right() {
    check(&[MSH, EVN, PID, PV1, "ZPI|1|x~y^z\r"].concat(), &[]);
    check(
        &[MSH, EVN, "PID|1||1^^^&&^^^|||||\"\"||||||\r", PV1].concat(),
        &["PID-5 101"],
    );
    check(
        &[
            MSH,
            EVN,
            "PID|1||1^^^||DOE^^^^|||\"\"|||||||||||||||||||||||||||||||||||||x|y|\r",
            PV1,
        ]
        .concat(),
        &[],
    );
    check(&MSH.replace("ADT^A01^ADT_A01", "ZZZ^Z01"), &[]);
    check(&MSH.replace("ADT^A01^ADT_A01", "ADT^Z01"), &[]);
    check(
        &MSH.replace("ADT^A01^ADT_A01", "FOO^B99"),
        &["MSH-9 200", "MSH-9.1 103", "MSH-9.2 103"],
    );
    check(
        &[&MSH.replace("2.5.1", "3.0"), EVN, PID, PV1].concat(),
        &["MSH-12 203"],
    );
}

#[test]
fn a_condition_is_told_at_its_field() {
    let yaml = "fields: { PV1-19: { condition: 'PV1-2 != \"I\" or PV1-19 valued' } }";
    check_with(yaml, &[MSH, EVN, PID, PV1].concat(), &["PV1-19 102"]);
    check_with(
        yaml,
        &[&MSH.replace("2.5.1", "2.9"), EVN, PID, PV1].concat(),
        &["PV1-19 199"],
    );
    check_with(yaml, &[MSH, EVN, PID, "PV1|1|O\r"].concat(), &[]);
}

#[test]
fn a_rule_takes_the_place_of_the_inherited_one() {
    let parent = profile(
        "fields: { PID-8: { codes: F }, PID-5: { repetitions_max: 1 } }",
        Profile::of_version(Version::V2_3),
    );
    let child = profile("fields: { PID-8: { codes: M } }", parent.unwrap()).unwrap();
    assert_eq!(child.version(), Some(Version::V2_3));
    let message = [MSH, EVN, "PID|1||1||DOE~ROE|||M\r", PV1].concat();
    let of_2_3 = ["MSH-9 102", "EVN-1 101"];
    assert_eq!(
        faults(&message, &child),
        [of_2_3.as_slice(), &["PID-5[2] 100"]].concat()
    );
}

#[test]
fn a_wrong_profile_is_told() {
    let check = |yaml: &str, expected: &str| {
        let told = profile(yaml, Profile::default()).unwrap_err();
        assert!(told.len() == 1 && told[0].contains(expected), "{told:?}");
    };
    check("fields: { pid-3: {} }", "is not a path");
    check("fields: { 'PID-3[2]': {} }", "names one of several");
    check("segments: { 'OBX[2]': {} }", "names one of several");
    check("fields: { MSH-2: {} }", "declare the delimiters");
    check("fields: { PID-3: {}, PID.3: {} }", "are the same field");
    check(
        "fields: { PID-3.1: { repetitions_max: 1 } }",
        "only a field has repetitions",
    );
    check("fields: { PID-3.1: { data_type: NUM } }", "is no data type");
    check(
        "fields: { PID-3.1: { pattern: '(' } }",
        "is no regular expression",
    );
    check("fields: { PID-3.1: { pattern: '.{1000000}' } }", "too large");
    check("fields: { PID-3: { when: 'PID-3 like 1' } }", "expected");
}

#[test]
fn a_warning_never_hides_an_error() {
    let warnings = "OBX|12345|NM|A||7||||||F\r".repeat(FAULTS_MAX + 7);
    let wrong = [
        oru("NM|A||7||||||F"),
        warnings,
        "OBX|1|NM|A||FOO||||||F\r".to_owned(),
    ]
    .concat();
    let message = Message::parse(wrong.into()).unwrap();
    let faults = validate(&message, &Profile::default());
    let errors: Vec<_> = faults
        .iter()
        .filter(|fault| fault.severity == Severity::Error)
        .map(|fault| fault.location.unwrap().to_string())
        .collect();
    assert_eq!(errors, ["OBX[109]-5"]);
    assert_eq!(faults.len(), FAULTS_MAX + 1);
}

#[test]
fn conditions_cost_no_walk_through_the_message_for_each_segment() {
    // As many as a message may have: with a walk for each this takes minutes.
    let obx = "OBX|1|NM|A||7||||||F\r".repeat(9_900);
    let message = Message::parse([oru("NM|A||7||||||F"), obx].concat().into()).unwrap();
    let rules = (1..=20).map(|field| {
        format!("OBX-{field}: {{ condition: 'not (ZZZ-{field} valued) and PID-3 valued', when: 'OBX-11 = \"F\"' }}")
    });
    let yaml = format!("fields: {{ {} }}", rules.collect::<Vec<_>>().join(", "));
    let rules = profile(&yaml, Profile::default()).unwrap();
    assert!(validate(&message, &rules).is_empty());
}

#[test]
fn no_more_faults_than_anyone_reads() {
    let message = [MSH, EVN, PID, PV1, &"OBX|x\r".repeat(1_000)].concat();
    assert_eq!(faults(&message, &Profile::default()).len(), FAULTS_MAX);
    let message = [MSH, EVN, PID, PV1, &"nope\r".repeat(1_000)].concat();
    assert_eq!(faults(&message, &Profile::default()).len(), FAULTS_MAX);
}

proptest! {
    #[test]
    fn no_message_panics_and_no_text_holds_content(
        version in prop::sample::select(Version::ALL.as_slice()),
        message_type in prop::sample::select(vec!["ADT^A01", "ORU^R01", "OML^O21", "QBP^Q11", "MFN^M01", "ACK", ""]),
        segments in prop::collection::vec(
            ("(MSA|EVN|PID|PV1|ORC|OBR|OBX|NTE|SPM|RXA|QPD|MFE|ZPI|[a-zA-Z0-9]{0,4})", r#"[|^~&\\"QQWQX0-9.é]{0,60}"#), 0..20),
    ) {
        let lines: Vec<_> = segments.iter().map(|(name, fields)| format!("{name}|{fields}\r")).collect();
        let body = lines.concat();
        let text = format!("MSH|^~\\&|QQWQX||||2026||{message_type}|1|P|{version}\r{body}");
        let rules = profile(
            "{ segments: { ZPI: { max: 1 } }, fields: { PID-3.1.1: { pattern: '[0-9]*', usage: required, length_max: 2 }, \
             OBX-5: { data_type: CX, codes: [A], repetitions_max: 1 }, OBR-4: { condition: 'OBR-4 valued' } } }",
            Profile::default(),
        ).unwrap();
        if let Ok(message) = Message::parse(text.into()) {
            for rules in [&rules, &Profile::default()] {
                let faults = validate(&message, rules);
                prop_assert!(faults.len() <= 2 * FAULTS_MAX);
                prop_assert!(faults.iter().all(|fault| !fault.text.contains("QQ") && !fault.text.contains("QX")));
            }
        }
    }
}
