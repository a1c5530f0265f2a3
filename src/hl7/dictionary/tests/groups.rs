//! Segments in their groups: `MSH (PATIENT PID) (ORDER ORC (OBSERVATION OBX NTE))`; `!` is misplaced, `?` unknown.

use bytes::Bytes;

use proptest::prelude::{prop, proptest};
use proptest::sample::select;

use super::super::{Dictionary, Grouping, Item, Placement, Version, group};
use crate::hl7::Message;

fn message(segments: &str) -> Message {
    let body = segments.replace(' ', "|1\r");
    Message::parse(Bytes::from(format!("MSH|^~\\&|\r{body}|1\r"))).unwrap()
}

fn shown(grouping: &Grouping<'_>) -> String {
    let mut shown = String::new();
    show(grouping.items(), &mut shown);
    shown.trim_start().to_owned()
}

fn show<'a>(items: impl Iterator<Item = Item<'a>>, shown: &mut String) {
    for item in items {
        match item {
            Item::Segment(segment, placement) => {
                let mark = match placement {
                    Placement::Expected(element) => {
                        assert_eq!(element.name().as_bytes(), segment.name());
                        ""
                    }
                    Placement::Misplaced => "!",
                    Placement::Unknown => "?",
                };
                let name = String::from_utf8_lossy(segment.name());
                shown.extend([" ", mark, &name]);
            }
            Item::Group(group) => {
                shown.extend([" (", group.name()]);
                let inner: Vec<_> = group.items().collect();
                assert!(!inner.is_empty(), "{} holds nothing", group.name());
                show(inner.into_iter(), shown);
                *shown += ")";
            }
        }
    }
}

#[track_caller]
fn check(structure: &str, segments: &str, expected: &str) {
    let structure = Dictionary::of(Version::V2_5_1).structure(structure).unwrap();
    let message = message(segments);
    assert_eq!(shown(&group(&message, structure)), expected);
}

#[test]
fn an_order_owns_its_observations() {
    check(
        "ORU_R01",
        "PID PV1 ORC OBR NTE OBX NTE NTE OBX SPM OBX OBR OBX",
        "MSH (PATIENT_RESULT (PATIENT PID (VISIT PV1)) \
         (ORDER_OBSERVATION ORC OBR NTE (OBSERVATION OBX NTE NTE) (OBSERVATION OBX) (SPECIMEN SPM OBX)) \
         (ORDER_OBSERVATION OBR (OBSERVATION OBX)))",
    );
    check(
        "ORU_R01",
        "PID OBR OBX PID OBR OBX",
        "MSH (PATIENT_RESULT (PATIENT PID) (ORDER_OBSERVATION OBR (OBSERVATION OBX))) \
         (PATIENT_RESULT (PATIENT PID) (ORDER_OBSERVATION OBR (OBSERVATION OBX)))",
    );
}

#[test]
fn the_same_segment_in_two_places_goes_to_the_nearest() {
    check(
        "ADT_A01",
        "EVN PID PD1 ROL NK1 NK1 PV1 ROL OBX DG1 PR1 ROL PR1 GT1 IN1 IN2 IN1 ROL UB2",
        "MSH EVN PID PD1 ROL NK1 NK1 PV1 ROL OBX DG1 (PROCEDURE PR1 ROL) (PROCEDURE PR1) GT1 \
         (INSURANCE IN1 IN2) (INSURANCE IN1 ROL) UB2",
    );
}

#[test]
fn of_a_choice_one_comes() {
    check(
        "ORM_O01",
        "PID ORC OBR NTE OBX ORC RXO OBX NTE",
        "MSH (PATIENT PID) \
         (ORDER ORC (ORDER_DETAIL (OBRRQDRQ1RXOODSODT_SUPPGRP OBR) NTE (OBSERVATION OBX))) \
         (ORDER ORC (ORDER_DETAIL (OBRRQDRQ1RXOODSODT_SUPPGRP RXO) (OBSERVATION OBX NTE)))",
    );
}

#[test]
fn a_segment_that_began_an_open_group_begins_it_anew() {
    check(
        "OML_O21",
        "PID ORC TQ1 OBR OBX SPM SAC ORC TQ1 OBR SPM ORC",
        "MSH (PATIENT PID) \
         (ORDER ORC (TIMING TQ1) (OBSERVATION_REQUEST OBR (OBSERVATION OBX) (SPECIMEN SPM (CONTAINER SAC)))) \
         (ORDER ORC (TIMING TQ1) (OBSERVATION_REQUEST OBR (SPECIMEN SPM))) (ORDER ORC)",
    );
    // Within a prior result the patient of which it tells has come, and the order must come.
    check(
        "OML_O21",
        "ORC OBR PID ORC OBR OBX ORC OBR OBX",
        "MSH (ORDER ORC (OBSERVATION_REQUEST OBR (PRIOR_RESULT (PATIENT_PRIOR PID) \
         (ORDER_PRIOR ORC OBR (OBSERVATION_PRIOR OBX)) (ORDER_PRIOR ORC OBR (OBSERVATION_PRIOR OBX)))))",
    );
    check(
        "OML_O33",
        "SPM SAC ORC OBR ORC OBR SPM ORC OBR",
        "MSH (SPECIMEN SPM SAC (ORDER ORC (OBSERVATION_REQUEST OBR)) (ORDER ORC (OBSERVATION_REQUEST OBR))) \
         (SPECIMEN SPM (ORDER ORC (OBSERVATION_REQUEST OBR)))",
    );
}

#[test]
fn what_is_unknown_or_misplaced_hangs_where_it_stands() {
    check(
        "ORU_R01",
        "ZAA PID ZPI OBR OBX ZOB OBX PV2 OBX",
        "MSH ?ZAA (PATIENT_RESULT (PATIENT PID ?ZPI) \
         (ORDER_OBSERVATION OBR (OBSERVATION OBX ?ZOB) (OBSERVATION OBX !PV2) (OBSERVATION OBX)))",
    );
    // NTE may stand behind PID and behind an OBR, but not behind PV1: it is no reason to begin an order.
    check(
        "ORU_R01",
        "PID PV1 NTE OBR",
        "MSH (PATIENT_RESULT (PATIENT PID (VISIT PV1 !NTE)) (ORDER_OBSERVATION OBR))",
    );
    check("ADT_A01", "EVN PID PV1 NK1 pid", "MSH EVN PID PV1 !NK1 ?pid");
}

#[test]
fn a_group_may_lack_its_first_segment_if_the_place_is_the_only_one() {
    check(
        "VXU_V04",
        "PID RXA RXR OBX RXA",
        "MSH PID (ORDER RXA RXR (OBSERVATION OBX)) (ORDER RXA)",
    );
    check(
        "ORM_O01",
        "PID IN2 ORC DG1",
        "MSH (PATIENT PID (INSURANCE IN2)) (ORDER ORC (ORDER_DETAIL DG1))",
    );
}

#[test]
fn once_too_often_is_still_its_place() {
    check("ADT_A01", "EVN PID PID PV1", "MSH EVN PID PID PV1");
}

#[test]
fn ten_thousand_segments_are_no_matter() {
    let structure = Dictionary::of(Version::V2_5_1).structure("ORU_R01").unwrap();
    let message = message(&["OBR", "ZZZ", "NTE", "PID"].repeat(2_400).join(" "));
    let shown = shown(&group(&message, structure));
    assert_eq!(
        shown.split(' ').filter(|word| word.contains("ZZZ")).count(),
        2_400
    );
}

/// The segments of a grouping in order, and how deep its groups go.
fn flat<'a>(items: impl Iterator<Item = Item<'a>>, depth: usize, names: &mut Vec<Vec<u8>>) -> usize {
    let mut deepest = depth;
    for item in items {
        match item {
            Item::Segment(segment, _) => names.push(segment.name().to_vec()),
            Item::Group(group) => {
                let inner: Vec<_> = group.items().collect();
                deepest = deepest.max(flat(inner.into_iter(), depth + 1, names));
            }
        }
    }
    deepest
}

const NAMES: [&str; 13] = [
    "PID", "PV1", "NTE", "ORC", "OBR", "OBX", "SPM", "IN1", "IN2", "PR1", "ROL", "ZZZ", "obx",
];

proptest! {
    #[test]
    fn no_segment_is_lost_or_moved(
        version in select(&Version::ALL[..]),
        structure in 0_usize..300,
        names in prop::collection::vec(select(&NAMES[..]), 1..40),
    ) {
        let structures = Dictionary::of(version).structures();
        let structure = &structures[structure % structures.len()];
        let message = message(&names.join(" "));
        let grouping = group(&message, structure);
        let mut found = Vec::new();
        let depth = flat(grouping.items(), 0, &mut found);
        let expected: Vec<_> = message.segments().map(|segment| segment.name().to_vec()).collect();
        assert_eq!(found, expected);
        assert!(depth <= 8, "{structure:?}");
    }
}
