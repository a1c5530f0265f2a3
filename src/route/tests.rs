//! Outcomes and traces, and that a route changes what its steps name and nothing else.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::expression::Known;
use crate::hl7::Terminators;
use crate::problem::{Content, Node, Place, Problems, Source};
use crate::step::{Beside, Bodies, Common, Settings as StepSettings};
use crate::table::{Table, Tables};
use crate::typed::{OneOrMany, Text};

const ADMISSION: &str = "MSH|^~\\&|EHR|WEST|||20240101||ADT^A01^ADT_A01|1|P|2.5\r\
    PID|1||12^^^MR~34^^^SS||DOE^ANNA\rNK1|1|DOE^BEN\rNK1|2\rPV1|1|I\r";

fn received() -> Zoned {
    "2024-01-01T12:00:00+01:00[+01:00]".parse().unwrap()
}

fn admission() -> Message {
    Message::parse(ADMISSION.into()).unwrap()
}

/// Steps written as `kind` and YAML of what stands under it, with a condition.
fn route(when: Option<&str>, messages: &[&str], steps: &[(&str, &str, Option<&str>)]) -> Route {
    let source = Source {
        id: 0,
        name: "test".into(),
        text: String::new(),
        root: Node {
            bytes: 0..0,
            content: Content::Mapping(Vec::new()),
        },
    };
    let place = Place::root(&source);
    let mut problems = Problems::new();
    let class = Table::new("class".into(), [("I".into(), "IP".into())]);
    let tables: Tables = BTreeMap::from([("class".into(), Arc::new(class))]);
    let known = Known {
        tables: &tables,
        is_received: true,
    };
    let steps = steps.iter().enumerate().map(|(index, (kind, yaml, when))| {
        let tag = serde_yaml::value::Tag::new(*kind);
        let value = serde_yaml::from_str(yaml).unwrap();
        let tagged = serde_yaml::Value::Tagged(Box::new(serde_yaml::value::TaggedValue { tag, value }));
        let settings: StepSettings = serde_yaml::from_value(tagged).unwrap();
        let common = Common {
            when: when.map(str::to_owned),
            name: None,
        };
        let beside = Beside {
            number: (index + 1).to_string(),
            is_within: false,
            common,
            bodies: Bodies::new(),
            script: None,
            profile: None,
        };
        settings.check(beside, &place, known, &mut problems).unwrap()
    });
    let steps = Steps {
        of_route: steps.collect(),
        own: BTreeMap::new(),
    };
    let texts = |texts: &[&str]| OneOrMany(texts.iter().map(|text| Text((*text).to_owned())).collect());
    let settings = Settings {
        from: texts(&["in"]),
        messages: (!messages.is_empty()).then(|| texts(messages)),
        when: when.map(|when| Text(when.to_owned())),
        to: serde_yaml::from_str("[lab, copies]").unwrap(),
        reply: None,
        reply_timeout: None,
    };
    let names = Names {
        listeners: ["in".into()].into(),
        destinations: ["lab".into(), "copies".into()].into(),
    };
    settings
        .check("r".into(), steps, &place, &names, known, &mut problems)
        .unwrap()
}

/// The outcome in one line: what is delivered, or why nothing is.
fn outcome(route: &Route) -> String {
    let shown = |misses: &Misses| {
        let shown: Vec<String> = misses
            .iter()
            .map(|miss| format!("{}:{}", miss.table, miss.code.as_deref().unwrap_or("?")))
            .collect();
        format!("(misses {})", shown.join(" "))
    };
    match route.run(&admission(), &received(), None) {
        Outcome::NotMine => "not mine".to_owned(),
        Outcome::Filtered { reason, .. } => format!("filtered: {reason}"),
        Outcome::Deliver { outputs, misses, .. } => {
            let outputs: Vec<String> = outputs.iter().map(output).collect();
            format!("{} {}", outputs.join("; "), shown(&misses))
        }
        Outcome::Rejected { refusal, .. } => format!("rejected with {}", refusal.code.as_str()),
        Outcome::Failed { failure, misses } => {
            format!(
                "failed for {}: {} {}",
                failure.to.join(" "),
                failure.reason,
                shown(&misses)
            )
        }
    }
}

fn output(output: &Output) -> String {
    let text = String::from_utf8(output.message.write(Terminators::Preserve).to_vec()).unwrap();
    let changed: Vec<&str> = text
        .split('\r')
        .filter(|segment| !ADMISSION.contains(segment))
        .collect();
    format!("to {}: {}", output.to.join(" "), changed.join(" "))
}

/// The one message that the route delivers.
fn delivered(route: &Route, message: &Message) -> Message {
    let Outcome::Deliver { mut outputs, .. } = route.run(message, &received(), None) else {
        panic!("not delivered")
    };
    assert_eq!(outputs.len(), 1);
    outputs.remove(0).message
}

#[test]
fn outcomes() {
    let check = |when, messages: &[&str], steps: &[_], expected: &str| {
        assert_eq!(outcome(&route(when, messages, steps)), expected);
    };
    check(None, &["ORU"], &[], "not mine");
    check(None, &["ORU", "ADT^A01"], &[], "to lab copies:  (misses )");
    check(
        Some("PV1-2 = 'E'"),
        &[],
        &[],
        "filtered: the condition of route r does not hold",
    );
    check(Some("PV1-2 = 'E'"), &["ORU"], &[], "not mine");
    check(
        None,
        &[],
        &[("set", "{ PV1-3: '7W {PID-5.1}' }", None)],
        "to lab copies: PV1|1|I|7W DOE (misses )",
    );
    check(
        None,
        &[],
        &[("set", "{ PV1-3: a|b^c }", None)],
        "to lab copies: PV1|1|I|a\\F\\b\\S\\c (misses )",
    );
    check(
        None,
        &[],
        &[("copy", "{ PV1-3: PID-5 }", None)],
        "to lab copies: PV1|1|I|DOE^ANNA (misses )",
    );
    // A step whose condition does not hold does nothing; conditions see what steps before did.
    let set = ("set", "{ PV1-2: E }", None);
    check(
        None,
        &[],
        &[("set", "{ PV1-3: X }", Some("PV1-2 = 'E'")), set],
        "to lab copies: PV1|1|E (misses )",
    );
    check(
        None,
        &[],
        &[set, ("set", "{ PV1-3: X }", Some("PV1-2 = 'E'"))],
        "to lab copies: PV1|1|E|X (misses )",
    );
}

#[test]
fn translations() {
    let check = |yaml: &str, expected: &str| {
        assert_eq!(
            outcome(&route(None, &[], &[("translate", yaml, None)])),
            expected,
            "{yaml}"
        );
    };
    check(
        "{ field: PV1-2, table: class }",
        "to lab copies: PV1|1|IP (misses )",
    );
    check(
        "{ field: PID-5.1, table: class }",
        "failed for lab copies: step 1 (translate): PID-5.1: the code is not in table `class` (misses class:DOE)",
    );
    check(
        "{ field: PID-5.1, table: class, otherwise: keep }",
        "to lab copies:  (misses class:DOE)",
    );
    check(
        "{ field: PV1-1, table: class, otherwise: clear }",
        "to lab copies: PV1||I (misses class:1)",
    );
    check(
        "{ field: PV1-1, table: class, otherwise: { value: U } }",
        "to lab copies: PV1|U|I (misses class:1)",
    );
    // A field without a value has no code to look up.
    check("{ field: PV1-9, table: class }", "to lab copies:  (misses )");
}

#[test]
fn a_step_that_cannot_do_its_work_fails_the_route() {
    let failing = route(
        None,
        &[],
        &[("set", "{ PV1-2: E }", None), ("set", "{ 'OBX[3]-1': X }", None)],
    );
    let shown = outcome(&failing);
    assert!(
        shown.starts_with("failed for lab copies: step 2 (set): OBX[3]-1: the segment is missing"),
        "{shown}"
    );
    let message = admission();
    failing.run(&message, &received(), None);
    assert_eq!(
        message.write(Terminators::Preserve),
        ADMISSION,
        "the message given is as it was"
    );
}

#[test]
fn traces() {
    let steps = [
        ("set", "{ PV1-2: I, PV1-3: X }", None),
        ("remove", "[NK1, ZPI]", None),
        ("copy", "{ PID-2: PID-3.1 }", Some("PV1-2 = 'E'")),
        ("translate", "{ field: PID-1, table: class }", None),
        ("remove", "[PV1]", None),
    ];
    let mut trace = Trace::default();
    route(None, &["ADT"], &steps).run(&admission(), &received(), Some(&mut trace));
    let shown: Vec<String> = trace
        .steps
        .iter()
        .map(|step| {
            let changed: Vec<String> = step
                .changed
                .iter()
                .map(|change| change.place.to_string())
                .collect();
            let stopped = step.stopped.as_deref().unwrap_or_default();
            format!(
                "{} {} [{}] {stopped}",
                step.title,
                step.applies,
                changed.join(" ")
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "step 1 (set) true [PV1-3] ",
            "step 2 (remove) true [NK1[1] NK1[2]] ",
            "step 3 (copy) false [] ",
            "step 4 (translate) true [] PID-1: the code is not in table `class`",
        ]
    );
    assert_eq!((trace.is_mine, trace.condition_holds), (true, Some(true)));
    route(Some("PID-5.1 = 'X'"), &["ADT"], &steps).run(&admission(), &received(), Some(&mut trace));
    assert_eq!(
        (trace.is_mine, trace.condition_holds, trace.steps.len()),
        (true, Some(false), 0)
    );
    route(None, &["ORU"], &steps).run(&admission(), &received(), Some(&mut trace));
    assert_eq!(
        (trace.is_mine, trace.condition_holds, trace.steps.len()),
        (false, None, 0)
    );
}

#[test]
fn without_a_change_the_bytes_are_the_very_same() {
    let message = Message::parse(format!("{ADMISSION}\nZZZ|odd|\\X\n").into()).unwrap();
    let given = message.write(Terminators::Preserve);
    let message = delivered(&route(None, &[], &[]), &message);
    assert!(!message.is_edited());
    assert_eq!(message.write(Terminators::Preserve).as_ptr(), given.as_ptr());
}

proptest! {
    /// Segments no step names keep their bytes, whatever is in them.
    #[test]
    fn what_no_step_names_stays(
        others in proptest::collection::vec("Z[A-Z0-9]{2}\\|[ -~]{0,30}", 0..6),
        value in "[ -~]{0,20}",
        field in 1_u16..30,
    ) {
        let others = others.join("\r");
        let message = Message::parse(format!("{ADMISSION}{others}\rNTE|1|a\r").into()).unwrap();
        let yaml = format!("{{ NTE-{field}: {} }}", serde_json::to_string(&value.replace('{', "{{")).unwrap());
        let route = route(None, &[], &[("set", &yaml, None), ("remove", "[NK1]", None)]);
        let changed = delivered(&route, &message);
        let path = format!("NTE-{field}").parse().unwrap();
        prop_assert_eq!(changed.text(&path).unwrap_or_default(), if value == "\"\"" { "" } else { value.as_str() });
        let segments = |message: &Message| -> Vec<Vec<u8>> {
            let segments = message.segments();
            let kept = segments.filter(|segment| segment.name() != b"NTE" && segment.name() != b"NK1");
            kept.map(|segment| segment.raw().to_vec()).collect()
        };
        prop_assert_eq!(segments(&changed), segments(&message));
    }
}
