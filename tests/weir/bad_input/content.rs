//! What is wrong in segments and fields, and what a listener answers that validates: rows B39 and B42 to B50.

use std::fs;

use super::*;
use crate::harness::repository_file;

const PROFILE: &str = "
profiles:
  ward:
    inherits: common
    segments: { ZNT: { max: 2 } }
    fields:
      PID-3: { repetitions_max: 1 }
      PID-18: { usage: required, when: MSH-9.2 = \"A08\" }
      OBX-5: { usage: required, when: OBX-11 = \"F\" }
  common:
    fields:
      PID-5.1: { length_max: 11 }
";

fn fixture(name: &str) -> Vec<u8> {
    fs::read(repository_file(&format!("fixtures/{name}.hl7"))).unwrap()
}

/// A message with a fault, and the same without it, each with its answer: `AE 100 PID^2`.
#[track_caller]
fn answered(bench: &Bench, row: &str, message: &[u8], expected: &str) {
    let reply = bench.sender().exchange(message).expect(row);
    let (code, error, id) = answer(&reply);
    assert_eq!(id, field(message, "MSH", 10), "{row}");
    let place = match field(&reply, "ERR", 2) {
        // The form before 2.5: ERR-1 holds the place before the code.
        place if place.is_empty() => field(&reply, "ERR", 1)
            .rsplit_once('^')
            .map_or(String::new(), |(place, _)| place.to_owned()),
        place => place,
    };
    let said = format!("{code} {error} {place}");
    assert_eq!(said.trim_end(), expected, "{row}");
    let text = String::from_utf8_lossy(&reply);
    assert!(
        !text.contains("TESTPATIENT"),
        "{row}: an answer must not quote the message"
    );
}

#[test]
fn sequence_numbers_are_not_looked_at() {
    let bench = Bench::new();
    let mut expected = Vec::new();
    for number in ["", "7", "3", "-1", "x"] {
        let message = edited("B42", "|P|2.5.1\r", &format!("|P|2.5.1|{number}\r"));
        row(&bench, "B42 off", &message, ("AA", "", "B42"));
        expected.push(message);
    }
    assert_eq!(bench.delivered(), expected);
}

#[test]
fn parts_of_messages_are_refused() {
    let parts = [
        "continuation-fragment",
        "continuation-addendum",
        "continuation-pointer",
    ]
    .map(|name| fixture(&format!("broken/{name}")));
    let bench = Bench::new();
    for (part, place) in parts.iter().zip(["MSH^1^14", "ADD^1^1", "DSC^1^1"]) {
        answered(&bench, "B43", part, &format!("AR 207 {place}"));
    }
    assert_eq!(bench.delivered(), Vec::<Vec<u8>>::new());

    let bench = Bench::with(SETTINGS, ", continuation: accept");
    for part in &parts {
        answered(&bench, "B43 accepted", part, "AA");
    }
    assert_eq!(bench.delivered(), parts, "each part as it came");
}

#[test]
fn what_the_version_finds_is_refused_where_it_is_asked() {
    let bench = Bench::with(SETTINGS, ", validate: {}");
    for (row, name, expected) in [
        ("B39 MSH-7", "datetime-impossible", "AE 102 MSH^1^7^1"),
        ("B44 missing", "segment-missing", "AE 100 PV1^1"),
        ("B44 misplaced", "segment-misplaced", "AE 100 EVN^2"),
        ("B44 pid", "segment-name-lower-case", "AE 100"),
        ("B44 PV1X", "segment-name-four-letters", "AE 100"),
        ("B45 PID-3", "no-patient-identifier", "AE 101 PID^1^3"),
        ("B46 NM", "number-not-numeric", "AE 102 OBX^1^5^1"),
        ("B46 TS", "timestamp-not-a-time", "AE 102 EVN^1^2^1"),
        ("B46 CX", "identifier-without-number", "AE 102 PID^1^3^1^1"),
        ("B47 OBX-11", "table-value-unknown", "AE 103 OBX^1^11^1"),
        ("B48 from 2.7", "value-too-long", "AE 104 PID^1^1^1"),
        ("B49 before 2.9", "too-many-repetitions", "AE 100 PID^1^7^2"),
    ] {
        let message = fixture(&format!("broken/{name}"));
        answered(&bench, row, &message, expected);
    }
    // In a form that versions before 2.5 know.
    let text = String::from_utf8(fixture("broken/no-patient-identifier")).unwrap();
    let earlier = text.replace("|2.5.1\r", "|2.4\r").into_bytes();
    answered(&bench, "B45 in 2.4", &earlier, "AE 101 PID^1^3");
    let newer = String::from_utf8(fixture("broken/too-many-repetitions")).unwrap();
    let newer = newer.replace("|2.5.1\r", "|2.9\r").into_bytes();
    answered(&bench, "B49 from 2.9", &newer, "AE 198 PID^1^7^2");
    assert_eq!(bench.delivered(), Vec::<Vec<u8>>::new());

    // Without being asked, weir delivers all of them as they came.
    let bench = Bench::new();
    let message = fixture("broken/number-not-numeric");
    answered(&bench, "B46 not validated", &message, "AA");
    assert_eq!(bench.delivered(), [message]);
}

#[test]
fn what_a_profile_finds_is_refused() {
    let bench = Bench::of_site(SETTINGS, ", validate: { profile: ward, faults_max: 2 }", PROFILE);
    let patient = |from: &str, to: &str| {
        let text = String::from_utf8(fixture("adt-a08")).unwrap();
        let patient = text.split('\r').find(|line| line.starts_with("PID")).unwrap();
        let mut fields: Vec<&str> = patient.split('|').collect();
        let index: usize = from.parse().unwrap();
        fields[index] = to;
        text.replace(patient, &fields.join("|")).into_bytes()
    };
    let id = "900101^^^NORTHTEST&2.16.840.1.113883.19.4.6&ISO^MR";
    answered(&bench, "B45", &patient("18", ""), "AE 101 PID^1^18");
    answered(
        &bench,
        "B48 before 2.7",
        &patient("5", "TESTPATIENTS^ANNA"),
        "AE 102 PID^1^5^1^1",
    );
    answered(
        &bench,
        "B49",
        &patient("3", &format!("{id}~{id}")),
        "AE 100 PID^1^3^2",
    );
    let many = [fixture("adt-a08"), b"ZNT|1\rZNT|2\rZNT|3\r".to_vec()].concat();
    answered(&bench, "B44", &many, "AE 100 ZNT^3");
    // One ERR for each fault, as many as the listener tells.
    let reply = bench.sender().exchange(&patient("3", "")).unwrap();
    assert_eq!(reply.windows(4).filter(|part| part == b"\rERR").count(), 1);
    let message = String::from_utf8(patient("3", "")).unwrap();
    let worse = message.replace("|20260", "|x").into_bytes();
    let reply = bench.sender().exchange(&worse).unwrap();
    assert_eq!(reply.windows(4).filter(|part| part == b"\rERR").count(), 2);
    assert_eq!(bench.delivered(), Vec::<Vec<u8>>::new());
}

#[test]
fn faults_can_be_counted_instead() {
    let bench = Bench::with(SETTINGS, ", validate: { on_fault: warn }");
    let message = fixture("broken/number-not-numeric");
    answered(&bench, "B46 warned of", &message, "AA");
    let series = r#"weir_message_warnings_total{listener="in",kind="validation"}"#;
    bench.engine.as_ref().unwrap().wait_for_metric(series, 1.0);
    assert_eq!(bench.delivered(), [message]);
}

#[test]
fn one_message_that_is_not_valid_keeps_its_transfer_out() {
    let bench = Bench::with(SETTINGS, ", batch: split, validate: {}");
    let bad = fixture("broken/no-patient-identifier");
    let both = [fixture("adt-a01"), bad].concat();
    let reply = bench.sender().exchange(&both).unwrap();
    assert_eq!(
        (answer(&reply).0.as_str(), answer(&reply).1.as_str()),
        ("AE", "101")
    );
    assert!(field(&reply, "ERR", 8).starts_with("message 2: "), "told which");
    assert_eq!(bench.delivered(), Vec::<Vec<u8>>::new());
}

#[test]
fn what_is_odd_and_valid_goes_through_as_it_came() {
    let bench = Bench::with(SETTINGS, ", validate: {}");
    let names = ["nulls", "trailing-delimiters", "z-segments"];
    let messages = names.map(|name| fixture(&format!("odd/{name}")));
    for message in &messages {
        answered(&bench, "B50", message, "AA");
    }
    assert_eq!(bench.delivered(), messages, "every byte as it came");
    // The null is something: a required field may hold it, and may not be empty.
    let bench = Bench::with(SETTINGS, ", validate: {}");
    let with = |id: &str| {
        let text = String::from_utf8(fixture("broken/no-patient-identifier")).unwrap();
        text.replace("PID|1|||", &format!("PID|1||{id}|")).into_bytes()
    };
    answered(&bench, "B50 null", &with("\"\""), "AA");
    answered(&bench, "B50 empty", &with(""), "AE 101 PID^1^3");
    assert_eq!(bench.delivered(), [with("\"\"")]);
}

#[test]
fn b54_headers_that_have_hung_other_parsers_are_refused() {
    let bench = Bench::new();
    let mut sender = bench.sender();
    for message in [
        "MSH|^|||||||^A|||2.2\r^AA",
        "MSH|^|||||||^A|||2.2\r",
        "MSH|^~\\&|||||||^|||^\r|",
        "MSH|^~\\&|||||||^^^^^^^^^^^^^^^^^^^^^^^^A|||2.2\r^^^^^^^^^^^^^^^^^^^^\r",
        "MSH^^^^^^^^^^^^^^^^^^^^^\r^AA",
    ] {
        // A reader that went back over what it has read would never come to it.
        let reply = sender.exchange(message.as_bytes()).expect("a reply");
        let code = field(&reply, "MSA", 1);
        assert!(matches!(code.as_str(), "AE" | "AR"), "{message:?}: {code}");
    }
    assert_eq!(bench.delivered().len(), 0);
}
