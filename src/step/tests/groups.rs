//! `split` and `for_each` over groups: what belongs to an order or a patient stays with it, and with no other.

use std::fs;

use crate::config::load;
use crate::hl7::{Message, Terminators};
use crate::route::{Outcome, Trace};

const ORDERS: &str = "PID|1||P1\rPV1|1\rORC|NW|A1\rOBR|1\rNTE|1||a\rORC|CA|A2\rOBR|2\rFT1|2\r";
const PATIENTS: &str = "PID|1||P1\rPV1|1\rORC|RE|A1\rOBR|1\rOBX|1\rPID|2||P2\rOBR|2\rOBX|2\rOBR|3\r";

/// The message of this type with these segments, and a route of a site that sends it to these destinations.
fn outcome(message_type: &str, segments: &str, route: &str, trace: Option<&mut Trace>) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let destination = |name: &str| format!("  {name}: {{ mllp: {{ address: 'localhost:1' }} }}\n");
    let destinations: String = ["a", "b", "c", "d", "e", "f"].map(destination).concat();
    let site = format!(
        "engine: {{ data: ../data }}\nlisteners: {{ in: {{ mllp: {{ bind: 127.0.0.1:0 }} }} }}\n\
         destinations:\n{destinations}routes:\n  r:\n    from: in\n{route}"
    );
    fs::write(folder.path().join("site.yaml"), site).unwrap();
    let (site, problems) = load(folder.path());
    let site = site.unwrap_or_else(|| panic!("{}", problems.render(false)));
    let given = format!("MSH|^~\\&|A||||||{message_type}|M|P|2.5.1\r{segments}");
    let received = "2024-01-01T12:00:00+01:00[+01:00]".parse().unwrap();
    site.routes[0].run(&Message::parse(given.into()).unwrap(), &received, trace)
}

/// What comes of a message by these steps, each message without its MSH.
fn made(message_type: &str, segments: &str, steps: &str) -> Vec<String> {
    let route = format!("    to: a\n    steps:\n      - {steps}\n");
    let outcome = outcome(message_type, segments, &route, None);
    let Outcome::Deliver { outputs, .. } = outcome else {
        panic!("{outcome:?}");
    };
    let body = |message: &Message| {
        let written = String::from_utf8(message.write(Terminators::Cr).to_vec()).unwrap();
        let segments: Vec<&str> = written.split_terminator('\r').skip(1).collect();
        segments.join(" ")
    };
    outputs.iter().map(|output| body(&output.message)).collect()
}

#[track_caller]
fn check(message_type: &str, segments: &str, steps: &str, expected: &[&str]) {
    assert_eq!(
        made(message_type, segments, steps),
        expected,
        "{message_type} {steps}"
    );
}

#[test]
fn a_split_keeps_what_belongs_to_an_order_with_it() {
    let parts = [
        "PID|1||P1 PV1|1 ORC|NW|A1 OBR|1 NTE|1||a",
        "PID|1||P1 PV1|1 ORC|CA|A2 OBR|2 FT1|2",
    ];
    for message_type in ["ORM^O01^ORM_O01", "OML^O21^OML_O21", "OMG^O19^OMG_O19"] {
        check(message_type, ORDERS, "split: { group: OBR }", &parts);
        check(message_type, ORDERS, "split: { group: ORC }", &parts);
    }
    let prescriptions = "PID|1\rORC|NW|1\rRXO|1\rRXR|1\rRXE|1\rRXR|2\rORC|NW|2\rRXO|2\rRXR|3\rRXE|2\r";
    let parts = [
        "PID|1 ORC|NW|1 RXO|1 RXR|1 RXE|1 RXR|2",
        "PID|1 ORC|NW|2 RXO|2 RXR|3 RXE|2",
    ];
    check("RDE^O11^RDE_O11", prescriptions, "split: { group: RXE }", &parts);
    check("RDE^O11^RDE_O11", prescriptions, "split: { group: RXO }", &parts);
}

#[test]
fn what_has_no_such_group_is_a_message_of_its_own() {
    // An order that is cancelled without its details.
    check(
        "ORM^O01^ORM_O01",
        "PID|1\rORC|NW|1\rOBR|1\rORC|CA|2\rORC|NW|3\rOBR|3\r",
        "split: { group: OBR }",
        &["PID|1 ORC|NW|1 OBR|1", "PID|1 ORC|CA|2", "PID|1 ORC|NW|3 OBR|3"],
    );
    // Results without an ORC: doubled into each part before.
    check(
        "ORU^R01^ORU_R01",
        "PID|1\rORC|RE|1\rOBR|1\rOBX|1\rOBR|2\rOBX|2\rORC|RE|3\rOBR|3\r",
        "split: { group: ORC }",
        &[
            "PID|1 ORC|RE|1 OBR|1 OBX|1",
            "PID|1 OBR|2 OBX|2",
            "PID|1 ORC|RE|3 OBR|3",
        ],
    );
}

/// What a sender writes where the structure does not have it is taken from nobody.
#[test]
fn what_lacks_its_beginning_goes_on_with_what_stands_before_it() {
    check(
        "ORM^O01^ORM_O01",
        "PID|1\rORC|NW|1\rOBR|1\rNTE|1\rOBR|2\rORC|NW|3\rOBR|3\r",
        "split: { group: OBR }",
        &[
            "PID|1 ORC|NW|1 OBR|1 NTE|1",
            "PID|1 ORC|NW|1 OBR|2",
            "PID|1 ORC|NW|3 OBR|3",
        ],
    );
    check(
        "ORU^R01^ORU_R01",
        "PID|1\rOBR|1\rOBX|1\rPV1|late\rOBR|2\r",
        "split: { group: OBR }",
        &["PID|1 OBR|1 OBX|1 PV1|late", "PID|1 PV1|late OBR|2"],
    );
}

#[test]
fn a_split_keeps_results_with_their_patient() {
    check(
        "ORU^R01^ORU_R01",
        PATIENTS,
        "split: { group: PID }",
        &[
            "PID|1||P1 PV1|1 ORC|RE|A1 OBR|1 OBX|1",
            "PID|2||P2 OBR|2 OBX|2 OBR|3",
        ],
    );
    check(
        "ORU^R01^ORU_R01",
        PATIENTS,
        "split: { group: OBR }",
        &[
            "PID|1||P1 PV1|1 ORC|RE|A1 OBR|1 OBX|1",
            "PID|2||P2 OBR|2 OBX|2",
            "PID|2||P2 OBR|3",
        ],
    );
}

#[test]
fn fixtures_of_several_orders_and_patients_are_split() {
    let parts = |name: &str, group: &str| -> Vec<String> {
        let path = format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(path).unwrap();
        let (header, segments) = text.split_once('\r').unwrap();
        let message_type = header.split('|').nth(8).unwrap();
        let route = format!("    to: a\n    steps: [ {{ split: {{ group: {group} }} }} ]\n");
        let Outcome::Deliver { outputs, .. } = outcome(message_type, segments, &route, None) else {
            panic!("{name} is delivered");
        };
        let shown = |message: &Message| {
            let segments = message.segments().skip(1).map(|segment| {
                let raw = String::from_utf8_lossy(segment.raw()).into_owned();
                raw.split('|').take(2).collect::<Vec<_>>().join("|")
            });
            segments.collect::<Vec<_>>().join(" ")
        };
        outputs.iter().map(|output| shown(&output.message)).collect()
    };
    let first = "PID|1 PV1|1 ORC|RE OBR|1 OBX|1 OBX|2 NTE|1";
    assert_eq!(
        parts("oru-r01-two-patients.hl7", "PID"),
        [first, "PID|2 OBR|1 OBX|1 OBR|2 OBX|1"]
    );
    assert_eq!(
        parts("oru-r01-two-patients.hl7", "OBR"),
        [first, "PID|2 OBR|1 OBX|1", "PID|2 OBR|2 OBX|1"]
    );
    let order = "PID|1 PV1|1 AL1|1";
    assert_eq!(
        parts("orm-o01-two-orders.hl7", "OBR"),
        [
            format!("{order} ORC|NW OBR|1 NTE|1"),
            format!("{order} ORC|CA OBR|2"),
            format!("{order} ORC|DC"),
        ]
    );
}

#[test]
fn names_outside_a_group_are_of_what_it_is_a_part_of() {
    let of = |message_type: &str, segments: &str, steps: &str| made(message_type, segments, steps).concat();
    for message_type in ["ORM^O01^ORM_O01", "OML^O21^OML_O21"] {
        let numbered = "for_each: { group: OBR }\n        steps: [ { set: { OBR-2: '{ORC-2}-{PID-3}' } } ]";
        assert_eq!(
            of(message_type, ORDERS, numbered),
            "PID|1||P1 PV1|1 ORC|NW|A1 OBR|1|A1-P1 NTE|1||a ORC|CA|A2 OBR|2|A2-P1 FT1|2",
            "{message_type}"
        );
        let cancelled = "for_each: { group: OBR }\n        when: ORC-1 = \"CA\"\n        steps: [ { remove: [ORC, OBR, FT1] } ]";
        assert_eq!(
            of(message_type, ORDERS, cancelled),
            "PID|1||P1 PV1|1 ORC|NW|A1 OBR|1 NTE|1||a",
            "{message_type}"
        );
    }
    let patient =
        "for_each: { group: OBR }\n        steps: [ { set: { OBR-2: '{PID-3}', OBR-3: '{PV1-1}' } } ]";
    assert_eq!(
        of("ORU^R01^ORU_R01", PATIENTS, patient),
        "PID|1||P1 PV1|1 ORC|RE|A1 OBR|1|P1|1 OBX|1 PID|2||P2 OBR|2|P2 OBX|2 OBR|3|P2"
    );
    let nested = "for_each: { group: PID }\n        steps: [ { for_each: { group: OBR }, steps: [ { set: { OBR-2: '{PID-3}', OBX-2: '{PID-3}' } } ] } ]";
    assert_eq!(
        of("ORU^R01^ORU_R01", PATIENTS, nested),
        "PID|1||P1 PV1|1 ORC|RE|A1 OBR|1|P1 OBX|1|P1 PID|2||P2 OBR|2|P2 OBX|2|P2 OBR|3|P2"
    );
}

/// What is removed of a patient is gone for its next result, and none of another patient stands in for it.
#[test]
fn surroundings_follow_what_is_inserted_and_removed() {
    let steps = "for_each: { group: OBR }\n        steps:\n          \
                 - set: { OBR-2: '{PID-3}' }\n          \
                 - insert: { segment: NTE, before: OBR, fields: { NTE-3: '{PID-3}' } }\n          \
                 - remove: [PID, OBX, ORC]";
    assert_eq!(
        made("ORU^R01^ORU_R01", PATIENTS, steps).concat(),
        "PV1|1 NTE|||P1 OBR|1|P1 NTE|||P2 OBR|2|P2 NTE OBR|3"
    );
}

/// A part that fails, or a turn, is of its destination alone: what comes after begins as if it had not been.
#[test]
fn a_part_that_fails_leaves_nothing_to_later_destinations() {
    let failing = |name: &str| {
        format!(
            "      - destination: {name}\n        steps:\n          - split: {{ group: OBR }}\n          \
             - {{ fail: not this, when: 'OBR-1 = \"2\"' }}\n"
        )
    };
    let route = format!(
        "    to:\n{}      - destination: e\n        steps:\n          - for_each: OBX\n            \
         steps: [ {{ fail: nor this }} ]\n      - destination: f\n        steps:\n          \
         - split: {{ group: OBR }}\n          - set: {{ PID-2: x }}\n",
        ["a", "b", "c", "d"].map(failing).concat()
    );
    let mut trace = Trace::default();
    let Outcome::Deliver {
        outputs, failures, ..
    } = outcome("ORU^R01^ORU_R01", PATIENTS, &route, Some(&mut trace))
    else {
        panic!("delivered");
    };
    let failed: Vec<&str> = failures.iter().map(|failure| &*failure.to[0]).collect();
    assert_eq!(failed, ["a", "b", "c", "d", "e"]);
    assert!(failures[3].reason.ends_with("not this"), "{}", failures[3].reason);
    assert_eq!(outputs.len(), 3);
    assert!(outputs.iter().all(|output| *output.to[0] == *"f"));
    let last = trace.steps.last().unwrap();
    assert_eq!((last.part.as_slice(), last.at_hand), ([3].as_slice(), None));
}
