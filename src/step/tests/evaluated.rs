//! What conditions and values look at counts: no message keeps a route busy by it.

use super::{check, run_over};
use crate::step::OPERATIONS_MAX;

const LIMIT: &str = "more than 200000 operations on this message";

/// A message with so many OBX.
fn results(count: usize) -> String {
    let header = "MSH|^~\\&|LAB||||||ORU^R01^ORU_R01|1|P|2.5.1\rPID|1\rOBR|1\r";
    format!("{header}{}", "OBX|1|NM|GLU||5|mg\r".repeat(count))
}

#[test]
fn what_is_looked_at_in_each_turn_is_bounded() {
    assert!(LIMIT.contains(&OPERATIONS_MAX.to_string()));
    let given = results(9_990);
    for steps in [
        "for_each: OBX\n        steps: [ { set: { OBX-8: N }, when: 'not OBX[*]-3 = \"QQ\"' } ]",
        "for_each: OBX\n        when: 'OBX[-3.1=ZZ]-2 = \"x\"'\n        steps: [ { clear: OBX-8 } ]",
        "for_each: OBX\n        steps: [ { set: { OBX-1: '{count(OBX[*]-5)}' } } ]",
        "for_each: OBX\n        steps: [ { set: { 'OBX[-3.1=ZZ]-2': x } } ]",
        "remove: { segment: OBX, when: 'OBX[*]-3 = \"QQ\" or OBX[*]-3 = \"RR\"' }",
    ] {
        let ended = run_over(&given, steps, None);
        assert!(ended.ends_with(LIMIT), "{steps}: {ended}");
    }
}

#[test]
fn what_the_steps_of_a_route_ask_together_is_bounded() {
    // Each of the conditions goes through all that it means: none of them holds.
    let asked = vec!["OBX[*]-3 = \"QQ\""; 200].join(" or ");
    let given = results(9_990);
    let each = format!("if: {asked}\n        then: [ {{ clear: PID-2 }} ]");
    let steps = vec![each; 8].join("\n      - ");
    let ended = run_over(&given, &steps, None);
    assert!(ended.ends_with(LIMIT), "{ended}");
}

#[test]
fn two_paths_with_all_are_each_read_once() {
    let given = results(9_990);
    for when in ["OBX[*]-3 = OBX[*]-5", "OBX[*]-3 = concat(OBX[*]-5)"] {
        let steps = format!("set: {{ PID-2: x }}\n        when: '{when}'");
        assert_eq!(run_over(&given, &steps, None), "", "{when}");
    }
    let steps = "set: { PID-2: x }\n        when: 'OBX[*]-2 != OBX[*]-5'";
    assert_eq!(run_over(&given, steps, None), "PID|1|x -PID");
}

#[test]
fn times_may_have_a_degree_of_precision() {
    let given = "MSH|^~\\&|A||||||ADT^A01|1|P|2.3\rPID|1||||||19800102^D\rOBX|1|||||||||||||19800102^D\r";
    let step = |step: &str| run_over(given, step, None);
    assert_eq!(
        step("format_date: { field: PID-7, to: '%d.%m.%Y' }"),
        "PID|1||||||02.01.1980^D -PID"
    );
    assert_eq!(
        step("format_date: { field: PID-7, from: '%Y', otherwise: clear }"),
        "PID|1|||||| -PID"
    );
    assert_eq!(
        step("set: { PID-2: '{age(PID-7)}', PID-3: '{date(PID-7, \"%Y\")}', PID-4: '{add_days(PID-7, 1)}' }"),
        "PID|1|43|1980|19800103|||19800102^D -PID"
    );
    assert_eq!(
        step("set: { PID-2: x }\n        when: 'age(PID-7) >= 18 and age(OBX[*]-14) >= 18'"),
        "PID|1|x|||||19800102^D -PID"
    );
    check(
        "format_date: { field: PID-7, to: '%d.%m.%Y' }",
        "PID|1|X|12^^^W^MR~999^^^^SS~34^^^W^PI||DOE^ANNA||24.12.1970|F -PID",
    );
}

/// The repetition at hand takes a field of one repetition.
#[test]
fn the_repetition_at_hand_takes_what_fits() {
    let given = "MSH|^~\\&|A\rPID|1|Q^W|1~2~3|X~Y\r";
    let step = |step: &str| {
        run_over(
            given,
            &format!("for_each: PID-3\n        steps: [ {step} ]"),
            None,
        )
    };
    assert_eq!(
        step("{ copy: { PID-3: PID-2 } }"),
        "PID|1|Q^W|Q^W~Q^W~Q^W|X~Y -PID"
    );
    assert_eq!(step("{ swap: { PID-3: PID-2 } }"), "PID|1|3|Q^W~1~2|X~Y -PID");
    assert!(step("{ copy: { PID-3: PID-4 } }").contains("cannot hold a whole field"));
    assert!(step("{ swap: { PID-4: PID-3 } }").contains("cannot hold a whole field"));
}
