//! What the steps that control make of messages: in routes as they are written, with their bodies.

use std::sync::Arc;

use jiff::Zoned;

use super::*;
use crate::hl7::{Message, Terminators};
use crate::route::{Outcome, Route, Trace};

/// A result with two orders.
const RESULT: &str = "MSH|^~\\&|LAB||||20240101||ORU^R01^ORU_R01|M1|P|2.5\r\
    PID|1||12^^^MR~34^^^SS||DOE^ANNA\r\
    OBR|1||A\rNTE|1||of A\rOBX|1|ST|x||one\rOBX|2|NM|y||2\r\
    OBR|2||B\rOBX|1|ST|x||three\rSPM|1\r";

fn received() -> Zoned {
    "2024-01-01T12:00:00+01:00[+01:00]".parse().unwrap()
}

/// The route with these lines of YAML under it, indented by four.
fn route(lines: &str) -> Arc<Route> {
    let yaml = format!(
        "{ENGINE}listeners: {{ in: {{ mllp: {{ bind: 127.0.0.1:0 }} }} }}\n\
         destinations:\n  \
           one: {{ mllp: {{ address: 'localhost:1' }} }}\n  \
           two: {{ mllp: {{ address: 'localhost:2' }} }}\n\
         routes:\n  r:\n    from: in\n{lines}\n"
    );
    let (site, problems) = load_files(&[("site.yaml", &yaml)]);
    let site = site.unwrap_or_else(|| panic!("{problems}"));
    Arc::clone(&site.routes[0])
}

/// The outcome in lines: what each destination gets, what fails, what is tagged.
fn outcome(lines: &str, given: &str) -> String {
    let given = Message::parse(given.to_owned().into()).unwrap();
    let body = |message: &Message| {
        let bytes = message.write(Terminators::Preserve).to_vec();
        String::from_utf8(bytes)
            .unwrap()
            .replace('\r', " ")
            .trim_end()
            .to_owned()
    };
    match route(lines).run(&given, &received(), None) {
        Outcome::NotMine => "not mine".to_owned(),
        Outcome::Filtered { reason, .. } => format!("filtered: {reason}"),
        Outcome::Rejected { refusal, .. } => {
            let faults: Vec<String> = refusal
                .faults
                .iter()
                .map(|fault| {
                    let place = fault
                        .location
                        .map(|place| format!(" {place}"))
                        .unwrap_or_default();
                    format!("{}{place}: {}", fault.code.number(), fault.text)
                })
                .collect();
            format!("{}: {}", refusal.code.as_str(), faults.join("; "))
        }
        Outcome::Failed { failure, .. } => format!("failed for {}: {}", failure.to.join(" "), failure.reason),
        Outcome::Deliver {
            outputs,
            failures,
            tags,
            ..
        } => {
            let outputs = outputs
                .iter()
                .map(|output| format!("{}: {}", output.to.join(" "), body(&output.message)));
            let failures = failures
                .iter()
                .map(|failure| format!("failed for {}: {}", failure.to.join(" "), failure.reason));
            let tags = tags.iter().map(|tag| format!("{} = {}", tag.name, tag.value));
            outputs.chain(failures).chain(tags).collect::<Vec<_>>().join("\n")
        }
    }
}

/// What the tag `t` is after these steps.
#[track_caller]
fn check_tag(steps: &str, expected: &str) {
    let shown = outcome(&format!("    to: one\n    steps:\n{steps}"), RESULT);
    let tag = shown.lines().find_map(|line| line.strip_prefix("t = "));
    assert_eq!(tag.unwrap_or_default(), expected, "{shown}");
}

#[test]
fn for_each_goes_through_segments_repetitions_and_groups() {
    let each = |what: &str, when: &str, value: &str| {
        format!(
            "      - tag: {{ t: '' }}\n      - for_each: {what}\n{when}        steps:\n          - tag: {{ t: \"{value}\" }}\n"
        )
    };
    // The tag goes from turn to turn; what is read is of the one at hand.
    let last = |what: &str, value: &str| each(what, "", value);
    check_tag(&last("OBX", "{OBX-5}"), "three");
    check_tag(&last("OBX[1]", "{OBX-5}"), "one");
    check_tag(&last("'OBX[last]'", "{OBX-5}"), "three");
    check_tag(&last("'OBX[-3=\"y\"]'", "{OBX-5}"), "2");
    check_tag(&each("OBX", "        when: OBX-2 = 'NM'\n", "{OBX-5}"), "2");
    check_tag(&last("PID-3", "{PID-3.1}/{PID-5.1}"), "34/DOE");
    check_tag(
        &each("PID-3", "        when: PID-3.4 = 'MR'\n", "{PID-3.1}"),
        "12",
    );
    check_tag(&last("'PID-3[.4=MR]'", "{PID-3.1}"), "12");
    check_tag(&last("{ group: OBR }", "{OBR-3}{OBX-5}"), "Bthree");
    check_tag(&last("{ group: OBX }", "{OBX-5}"), "three");
    // Nothing there: no turn.
    check_tag(&last("ZZZ", "never"), "");
    check_tag(&last("{ group: ZZZ }", "never"), "");
    check_tag(&last("PID-19", "never"), "");
}

#[test]
fn in_a_group_a_segment_it_lacks_means_none() {
    let steps = "      - tag: { t: x }\n      - for_each: { group: OBR }\n        when: OBR-3 = 'B'\n        steps:\n          - tag: { t: '{NTE-3}|{PID-5.1}' }\n";
    check_tag(steps, "|DOE");
}

#[test]
fn for_each_within_for_each() {
    let steps = "
      - for_each: { group: OBR }
        when: OBR-3 = 'A'
        steps:
          - for_each: OBX
            steps:
              - if: OBX-2 = 'NM'
                then:
                  - tag: { t: '{OBR-3}{OBX-5}' }
                else:
                  - drop: never
                when: OBX-2 != 'ST'
";
    check_tag(steps, "A2");
    let inner_group = "
      - for_each: { group: OBR }
        steps:
          - for_each: { group: OBX }
            steps:
              - tag: { t: '{OBR-3}{OBX-5}' }
";
    check_tag(inner_group, "Bthree");
}

#[test]
fn what_stops_within_for_each_stops_the_route() {
    let route = |step: &str| {
        format!(
            "    to: one\n    steps:\n      - for_each: OBX\n        steps: [ {{ {step}, when: OBX-5 = '2' }} ]\n"
        )
    };
    assert_eq!(outcome(&route("drop: seen"), RESULT), "filtered: seen");
    assert_eq!(
        outcome(&route("fail: seen"), RESULT),
        "failed for one: step 1.1 (fail): seen"
    );
    assert_eq!(
        outcome(
            &route("reject: { text: seen, error: 103, location: OBX-5 }"),
            RESULT
        ),
        "AE: 103 OBX-5: seen"
    );
}

#[test]
fn split_makes_messages() {
    let lines = "    to: one\n    steps: [ { split: { group: OBR } } ]\n";
    assert_eq!(
        outcome(lines, RESULT),
        "one: MSH|^~\\&|LAB||||20240101||ORU^R01^ORU_R01|M1-1|P|2.5 PID|1||12^^^MR~34^^^SS||DOE^ANNA \
         OBR|1||A NTE|1||of A OBX|1|ST|x||one OBX|2|NM|y||2\n\
         one: MSH|^~\\&|LAB||||20240101||ORU^R01^ORU_R01|M1-2|P|2.5 PID|1||12^^^MR~34^^^SS||DOE^ANNA \
         OBR|2||B OBX|1|ST|x||three SPM|1"
    );
    let single = "MSH|^~\\&|LAB||||||ORU^R01|M1|P|2.5\rOBR|1\rOBX|1\r";
    assert_eq!(
        outcome(lines, single),
        "one: MSH|^~\\&|LAB||||||ORU^R01|M1|P|2.5 OBR|1 OBX|1",
        "one order alone goes on as it is"
    );
    let by_segment = "    to: one\n    steps: [ { split: ZZ1 }, { set: { ZZ1-2: '{MSH-10}' } } ]\n";
    assert_eq!(
        outcome(by_segment, "MSH|^~\\&|A||||||ZZZ|M|P|2.5\rZZ1|a\rPID|1\rZZ1|b\r"),
        "one: MSH|^~\\&|A||||||ZZZ|M-1|P|2.5 ZZ1|a|M-1 PID|1\none: MSH|^~\\&|A||||||ZZZ|M-2|P|2.5 PID|1 ZZ1|b|M-2"
    );
}

#[test]
fn parts_go_their_own_ways() {
    let lines = "
    to: [ one, { destination: two, when: OBR-3 = 'B', steps: [ { set: { OBR-4: two } } ] } ]
    steps:
      - split: { group: OBR }
      - drop: not wanted
        when: OBR-3 = 'A'
      - remove: [PID, SPM]
";
    let part = "MSH|^~\\&|LAB||||20240101||ORU^R01^ORU_R01|M1-2|P|2.5 OBR|2||B";
    assert_eq!(
        outcome(lines, RESULT),
        format!("two: {part}|two OBX|1|ST|x||three\none: {part} OBX|1|ST|x||three")
    );
    let failing = lines.replace("drop: not wanted", "fail: not wanted");
    assert_eq!(
        outcome(&failing, RESULT),
        "failed for one two: step 2 (fail): not wanted",
        "one part that fails fails the message"
    );
    let all = lines.replace("when: OBR-3 = 'A'", "when: OBR exists");
    assert_eq!(outcome(&all, RESULT), "filtered: not wanted");
}

#[test]
fn parts_of_parts() {
    let lines = "    to: one\n    steps: [ { split: { group: OBR } }, { split: OBX }, { remove: [PID, NTE, SPM] } ]\n";
    let shown = outcome(lines, RESULT);
    let ids: Vec<&str> = shown
        .lines()
        .map(|line| line.split('|').nth(9).unwrap())
        .collect();
    assert_eq!(ids, ["M1-1-1", "M1-1-2", "M1-2"]);
}

#[test]
fn each_destination_has_its_own_condition_and_steps() {
    let lines = "
    to:
      - one
      - destination: two
        when: OBR-25 = 'F'
        steps:
          - set: { MSH-5: TWO }
          - fail: no name
            when: not PID-5 valued
          - drop: not for two
            when: PID-8 = 'U'
";
    let given = "MSH|^~\\&|A\rPID|1||||DOE|||F\rOBR|||||||||||||||||||||||||F\r";
    let check = |change: (&str, &str), expected: &str| {
        assert_eq!(outcome(lines, &given.replace(change.0, change.1)), expected);
    };
    let rest = "PID|1||||DOE|||F OBR|||||||||||||||||||||||||F";
    check(
        ("", ""),
        &format!("two: MSH|^~\\&|A||TWO {rest}\none: MSH|^~\\&|A {rest}"),
    );
    check(
        ("DOE|||F", "DOE|||U"),
        "one: MSH|^~\\&|A PID|1||||DOE|||U OBR|||||||||||||||||||||||||F",
    );
    check(
        ("||F\rOBR", "||\rOBR"),
        "two: MSH|^~\\&|A||TWO PID|1||||DOE||| OBR|||||||||||||||||||||||||F\none: MSH|^~\\&|A PID|1||||DOE||| OBR|||||||||||||||||||||||||F",
    );
    check(
        ("|DOE|", "||"),
        "one: MSH|^~\\&|A PID|1|||||||F OBR|||||||||||||||||||||||||F\nfailed for two: step two.2 (fail): no name",
    );
    let only_two = "    to: { destination: two, when: ZZZ exists }\n";
    assert_eq!(
        outcome(only_two, given),
        "filtered: the condition of no destination of route r holds"
    );
    let rejecting = "    to: [ one, { destination: two, steps: [ { reject: { text: no } } ] } ]\n";
    assert_eq!(
        outcome(rejecting, given),
        "AE: 207: no",
        "a rejection is of the whole message"
    );
}

#[test]
fn what_a_destination_gets_in_part_it_does_not_get_at_all() {
    let lines = "
    to: [ one, { destination: two, steps: [ { fail: no B, when: OBR-3 = 'B' } ] } ]
    steps: [ { split: { group: OBR } }, { remove: [PID, OBX, NTE, SPM] } ]
";
    let part =
        |number| format!("MSH|^~\\&|LAB||||20240101||ORU^R01^ORU_R01|M1-{number}|P|2.5 OBR|{number}||");
    assert_eq!(
        outcome(lines, RESULT),
        format!(
            "one: {}A\none: {}B\nfailed for two: step two.1 (fail): no B",
            part(1),
            part(2)
        )
    );
}

#[test]
fn traces_say_what_was_at_hand() {
    let lines = "
    to: one
    steps:
      - for_each: OBX
        steps: [ { tag: { t: '{OBX-5}' } } ]
      - split: { group: OBR }
      - if: OBR-3 = 'A'
        then: [ { set: { PID-2: x } } ]
        else: [ { drop: enough } ]
";
    let mut trace = Trace::default();
    let given = Message::parse(RESULT.into()).unwrap();
    route(lines).run(&given, &received(), Some(&mut trace));
    let shown: Vec<String> = trace
        .steps
        .iter()
        .map(|step| {
            let at = step.at_hand.map(|place| place.to_string()).unwrap_or_default();
            let changed: Vec<String> = step
                .changed
                .iter()
                .map(|change| {
                    format!(
                        "{} {:?}->{:?}",
                        change.place,
                        change.before.as_deref().map(str::len),
                        change.after.as_deref().map(str::len)
                    )
                })
                .collect();
            let stopped = step.stopped.as_deref().unwrap_or_default();
            format!(
                "{} {:?} {at} {} {stopped}",
                step.title,
                step.part,
                changed.join(" ")
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "step 1 (for_each) []   ",
            "step 1.1 (tag) [] OBX[1]  ",
            "step 1.1 (tag) [] OBX[2]  ",
            "step 1.1 (tag) [] OBX[3]  ",
            "step 2 (split) []   ",
            "step 3 (if) [1]   ",
            "step 3.1 (set) [1]  PID-2 Some(0)->Some(1) ",
            "step 3 (if) [2]   dropped: enough",
            "step 3.else.1 (drop) [2]   dropped: enough",
        ]
    );
}

/// Routes that would take for ever fail, and soon.
#[test]
fn no_route_hangs() {
    let many = format!("MSH|^~\\&|A||||||ZZZ|M|P|2.5\r{}", "OBX|1\r".repeat(1_000));
    let square = "
    to: one
    steps:
      - for_each: OBX
        steps:
          - for_each: { group: ZZZ }
            steps: [ { drop: never } ]
          - for_each: PID-3
            steps: [ { drop: never } ]
          - for_each: OBX
            steps: [ { tag: { t: x } } ]
          - for_each: 'OBX[*]'
            steps: [ { tag: { t: x } } ]
";
    assert_eq!(
        outcome(square, &many),
        "failed for one: step 1.4.1 (tag): more than 200000 operations on this message"
    );
    let large = format!("{many}ZZ1|{}\r", "x".repeat(4 << 20));
    assert_eq!(
        outcome(square, &large),
        "failed for one: step 1.4.1 (tag): more than 8193 operations on a message with a segment this large"
    );
    let parts = "    to: one\n    steps: [ { split: OBX } ]\n";
    let more = format!("{many}OBX|1\r");
    assert_eq!(
        outcome(parts, &more),
        "failed for one: step 1 (split): more than 1000 messages would come of this one"
    );
    let large = format!("{many}ZZ1|{}\r", "x".repeat(100_000));
    assert_eq!(
        outcome(parts, &large),
        "failed for one: step 1 (split): the messages that come of this one would have more than 67108864 bytes"
    );
}

#[test]
fn validate_rejects_fails_or_warns() {
    let validated = |settings: &str| {
        let lines = format!(
            "    to: one\n    steps: [ {{ remove: [PID-3] }}, {{ validate: {settings} }} ]\n\
             profiles:\n  house: {{ inherits: 2.5.1, fields: {{ PID-8: {{ usage: required }} }} }}"
        );
        outcome(&lines, RESULT)
    };
    let missing = "101 PID-3: Patient Identifier List is required";
    assert!(validated("{}").starts_with("AE: "), "{}", validated("{}"));
    assert!(validated("{}").contains(missing), "{}", validated("{}"));
    assert!(!validated("{}").contains("PID-8"));
    let house = validated("{ profile: house, faults_max: 50 }");
    assert!(house.contains("101 PID-8"), "{house}");
    let one = validated("{ profile: house, faults_max: 1 }");
    assert!(!one.contains(';'), "{one}");
    let failed = validated("{ on_fault: fail }");
    assert!(
        failed.starts_with("failed for one: step 2 (validate): "),
        "{failed}"
    );
    assert!(failed.ends_with(" more"), "{failed}");
    let warned = validated("{ on_fault: warn, tag: quality, profile: house, version: 2.3 }");
    assert!(warned.starts_with("one: MSH|"), "{warned}");
    assert!(
        warned.contains("quality = ") && warned.contains("PID-8 101"),
        "{warned}"
    );
}

/// Edits within a turn neither make others be left out nor be done twice.
#[test]
fn what_is_gone_through_may_be_inserted_removed_and_renamed() {
    let check = |steps: &str, expected: &str| {
        let shown = outcome(&format!("    to: one\n    steps:\n{steps}"), RESULT);
        let header = "one: MSH|^~\\&|LAB||||20240101||ORU^R01^ORU_R01|M1|P|2.5 ";
        assert_eq!(shown.strip_prefix(header).unwrap_or(&shown), expected);
    };
    let patient = "PID|1||12^^^MR~34^^^SS||DOE^ANNA";
    check(
        "      - for_each: OBX\n        steps: [ { insert: { segment: NTE, after: OBX, fields: { NTE-3: 'on {OBX-5}' } } } ]\n",
        &format!(
            "{patient} OBR|1||A NTE|1||of A OBX|1|ST|x||one NTE|||on one OBX|2|NM|y||2 NTE|||on 2 OBR|2||B \
             OBX|1|ST|x||three NTE|||on three SPM|1"
        ),
    );
    check(
        "      - for_each: OBX\n        steps: [ { remove: OBX, when: OBX-2 = 'ST' }, { set: { OBX-1: 9 }, when: OBX-2 = 'NM' } ]\n",
        &format!("{patient} OBR|1||A NTE|1||of A OBX|9|NM|y||2 OBR|2||B SPM|1"),
    );
    check(
        "      - for_each: { group: OBR }\n        steps: [ { remove: [NTE, OBX] }, { set: { OBR-4: x } } ]\n      - remove: SPM\n",
        &format!("{patient} OBR|1||A|x OBR|2||B|x"),
    );
    check(
        "      - for_each: PID-3\n        when: PID-3.4 = 'MR'\n        steps: [ { remove: PID-3 } ]\n      - remove: [OBR, NTE, OBX, SPM]\n",
        "PID|1||34^^^SS||DOE^ANNA",
    );
    check(
        "      - for_each: PID-3\n        steps: [ { set: { PID-3.5: '{PID-3.1}' } } ]\n      - remove: [OBR, NTE, OBX, SPM]\n",
        "PID|1||12^^^MR^12~34^^^SS^34||DOE^ANNA",
    );
    // Nobody's turn comes twice, and none comes for what the first removed.
    check(
        "      - for_each: OBX\n        steps: [ { remove: 'OBX[2]' }, { set: { OBX-6: seen } } ]\n      - remove: [NTE, SPM]\n",
        &format!("{patient} OBR|1||A OBX|1|ST|x||one|seen OBR|2||B"),
    );
}
