//! Tables: what holds, what is refused and with which words; and that nothing panics.

mod documented;
mod functions;
mod refused;

use std::sync::Arc;

use proptest::prelude::*;

use super::function::Function;
use super::syntax::Operator;
use super::*;
use crate::hl7::{Message, Scope};
use crate::problem::{Content, Node, Problems, Source};
use crate::table::{self, Table, Tables};

const MESSAGE: &str = "MSH|^~\\&|EHR|West|||20240101||ADT^A01^ADT_A01|42|P|2.5.1\r\
    PID|1||12^^^MRN~34^^^SS||DOE^ANNA||19800102|\"\"||| 1 MAIN ST \r\
    PV1|1|I|7W\\T\\E\r\
    OBX|1|NM|GLU||5.60\rOBX|2|NM|GLU||high\r";

fn message() -> Message {
    Message::parse(MESSAGE.into()).unwrap()
}

/// The tables of the site that the expressions of these tests stand in.
fn tables() -> Tables {
    let codes = [("I", "IP"), ("O", "OP")].map(|(code, value)| (code.to_owned(), value.to_owned()));
    let class = Table::new("patient-class".into(), codes);
    let source = Source {
        id: 0,
        name: "units.csv".to_owned(),
        text: "ehr,lab,name\nI,IP,inpatient\nO,OP,\n".to_owned(),
        root: Node {
            bytes: 0..0,
            content: Content::Mapping(Vec::new()),
        },
    };
    let settings: table::Settings = serde_yaml::from_str("{ file: units.csv, key: ehr }").unwrap();
    let place = Place::root(&source);
    let units = settings
        .check("units".into(), &place, &source, &mut Problems::new())
        .unwrap();
    let tables = [class, units].map(|table| (Arc::clone(table.name()), Arc::new(table)));
    Tables::from(tables)
}

/// Calls with what an expression of a route may name.
fn in_route<T>(read: impl FnOnce(Known<'_>) -> T) -> T {
    let tables = tables();
    read(Known {
        tables: &tables,
        is_received: true,
    })
}

/// Received as [`EXAMPLE_MESSAGE`] was.
fn context() -> Context {
    Context::new(
        "2026-11-22T14:25:36+01:00[Europe/Berlin]".parse().unwrap(),
        "r".into(),
    )
}

/// What a template gives over a message; that of its canonical form gives the same.
fn rendered(text: &str, message: &Message) -> String {
    let render = |text: &str| {
        let template = in_route(|known| Template::parse(text, known));
        let template = template.unwrap_or_else(|error| panic!("{text}: {error}"));
        let (scope, context) = (Scope::whole(), context());
        let view = View {
            message,
            scope: &scope,
            context: &context,
        };
        (template.to_string(), template.render(&view).unwrap())
    };
    let (canonical, given) = render(text);
    assert_eq!(render(&canonical), (canonical.clone(), given.clone()), "{text}");
    given
}

/// Whether a condition holds for a message; its canonical form agrees.
fn holds(text: &str, message: &Message) -> bool {
    let holds = |text: &str| {
        let condition = in_route(|known| Condition::parse(text, known));
        let condition = condition.unwrap_or_else(|error| panic!("{text}: {error}"));
        let (scope, context) = (Scope::whole(), context());
        let view = View {
            message,
            scope: &scope,
            context: &context,
        };
        (condition.to_string(), condition.holds(&view))
    };
    let (canonical, given) = holds(text);
    assert_eq!(holds(&canonical), (canonical.clone(), given), "{text}");
    given
}

#[test]
fn conditions_hold_or_not() {
    let message = message();
    let check = |text: &str, expected: bool| {
        assert_eq!(holds(text, &message), expected, "{text}");
    };
    check(r#"PV1-2 = "I""#, true);
    check("PV1-2 = 'I'", true);
    check(r#"PV1-2 != "I""#, false);
    check(r#"PV1-2="I""#, true);
    check("PV1.2 = 'I' and /PV1-2 = 'I'", true);
    check("PV1-3 = '7W&E'", true);
    // Text is compared as text, numbers as numbers.
    check(r#"OBX-5 = "5.6""#, false);
    check("number(OBX-5) = 5.6", true);
    check("number(OBX-5) > 10", false);
    check(r#"OBX-5 > "10""#, true);
    check("number(OBX-5) >= number(PV1-1)", true);
    check("number(OBX-5) <= 5.6 and number(OBX-5) < 5.7", true);
    check("number(OBX[2]-5) = 1", false);
    check("number(OBX[2]-5) != 1", false);
    check("number(OBX-5) in (5.6, 7)", true);
    check("number(OBX-5) in (-5.6)", false);
    // Lists.
    check(r#"PV1-2 in ("E", "I")"#, true);
    check(r#"PV1-2 not in ("E", "I")"#, false);
    check(r#"not PV1-2 in ("E")"#, true);
    // Three states.
    check("PID-8 exists", true);
    check("PID-8 valued", false);
    check("PID-8 is null", true);
    check("PID-2 exists", true);
    check("PID-2 valued", false);
    check("PID-2 is null", false);
    check("PID-40 exists", false);
    check("PID-3[2].1 = '34'", true);
    check("PID-40 = ''", true);
    check("PID-8 = ''", true);
    check("OBX exists", true);
    check("OBX[2] exists", true);
    check("OBX[3] exists", false);
    check("ZPI exists", false);
    // Functions.
    check("upper(MSH-4) = 'WEST' and lower(MSH-4) = 'west'", true);
    check("trim(PID-11) = '1 MAIN ST'", true);
    check("upper(trim(lower(PID-11))) = '1 MAIN ST'", true);
}

#[test]
fn precedence() {
    let message = message();
    let (yes, no) = ("PV1-2='I'", "PV1-2='X'");
    for (text, expected) in [
        (format!("{yes} or {yes} and {no}"), true),
        (format!("({yes} or {yes}) and {no}"), false),
        (format!("{no} and {no} or {yes}"), true),
        (format!("{no} and ({no} or {yes})"), false),
        (format!("not {no} and {yes}"), true),
        (format!("not {yes} or {yes}"), true),
        (format!("not ({yes} or {yes})"), false),
        (format!("not not {yes}"), true),
        (format!("not {no} and not {no}"), true),
        (format!("{no} or {no} or {yes}"), true),
        (format!("{yes} and {yes} and {no}"), false),
        (format!("((({yes})))"), true),
    ] {
        assert_eq!(holds(&text, &message), expected, "{text}");
    }
}

#[test]
fn templates() {
    let message = message();
    let check = |text: &str, expected: &str| {
        assert_eq!(rendered(text, &message), expected, "{text}");
    };
    check("LAB", "LAB");
    check("", "");
    check("{MSH-10}.hl7", "42.hl7");
    check("{ MSH-10 }", "42");
    check("{upper(MSH-4)}/{PID-5.1}", "WEST/DOE");
    check("{{MSH-10}}", "{MSH-10}}");
    check("a } b", "a } b");
    check("[{PID-8}{PID-99}]", "[]");
    check("{'a}b'}", "a}b");
    check("a {{ b", "a { b");
}

#[test]
fn limits() {
    let nested = |depth: usize| format!("{}PV1-2 = 'I'{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Condition::parse(&nested(DEPTH_MAX - 3), Known::nothing()).is_ok());
    for deep in [
        nested(DEPTH_MAX),
        "(".repeat(4_000),
        "not ".repeat(1_000),
        "upper(".repeat(600),
    ] {
        assert!(
            Condition::parse(&deep, Known::nothing())
                .unwrap_err()
                .expected
                .contains("nests less deeply"),
            "{deep}"
        );
    }
    assert!(
        Condition::parse(&"(".repeat(100_000), Known::nothing())
            .unwrap_err()
            .expected
            .contains("at most 4096 bytes")
    );
    assert!(
        Template::parse(&"x".repeat(100_000), Known::nothing())
            .unwrap_err()
            .expected
            .contains("at most 4096 bytes")
    );
    // What is typed without spaces is written with them, and what is written can be read.
    let tight = format!("PV1-2 in (\"I\"{})", ",\"O\"".repeat(1_000));
    assert!(tight.len() < EXPRESSION_BYTES_MAX);
    for refused in [
        Condition::parse(&tight, Known::nothing()).unwrap_err(),
        Template::parse(&"{replace(PID-3,/a/,\"b\")}".repeat(160), Known::nothing()).unwrap_err(),
    ] {
        assert!(refused.expected.contains("as `weir fmt` writes it"), "{refused}");
    }
    let long_chain = vec!["PV1-2='I'"; 250].join(" and ");
    assert!(
        Condition::parse(&long_chain, Known::nothing())
            .unwrap()
            .holds(&View::of(&message()))
    );
}

/// Words of the language, some of them broken, to be put in a row.
fn words() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "PID-3",
        "OBX[2]-5.1",
        "NK1",
        "OBX[*]-5",
        "PID-3[.5=MR].1",
        "OBX[-3.1='G U']",
        "OBX[last]",
        "=",
        "!=",
        "<=",
        "in",
        "not",
        "and",
        "or",
        "(",
        ")",
        ",",
        "'x'",
        "\"y\"",
        "12",
        "-1.5",
        "exists",
        "valued",
        "is",
        "null",
        "contains",
        "starts with",
        "ends",
        "matches",
        "/a|b/i",
        "/(/",
        "/",
        "upper(",
        "number(",
        "replace(",
        "count(",
        "coalesce(",
        "date(",
        "'%Y'",
        "now()",
        "uuid()",
        "lookup(",
        "'units'",
        "{",
        "}",
        "é",
    ];
    let word = proptest::sample::select(WORDS);
    proptest::collection::vec(word, 0..12).prop_map(|words| words.join(" "))
}

/// Conditions that are right, over random paths and texts.
fn right() -> impl Strategy<Value = String> {
    let path = proptest::sample::select(vec![
        "PID-3",
        "PID.3[2].1",
        "OBX[*]-5",
        "OBX[-3.1=GLU]-5",
        "PID-3[.4='SS'].1",
        "MSH-7",
        "PID-7",
    ]);
    let literal = "[a-z0-9 ~^&]{0,6}".prop_map(|text| format!("'{text}'"));
    let value = prop_oneof![path.prop_map(str::to_owned), literal.clone()];
    let value = (value, literal, 0..6).prop_map(|(value, text, kind)| match kind {
        0 => format!("upper( {value} )"),
        1 => format!("replace({value},{text}, 'x')"),
        2 => format!("coalesce({value} , {text})"),
        3 => format!("left({value}, 2)"),
        _ => value,
    });
    let comparison = (value.clone(), value, 0..7).prop_map(|(left, right, kind)| match kind {
        0 => format!("{left}={right}"),
        1 => format!("{left} != {right}"),
        2 => format!("{left} contains {right}"),
        3 => format!("number({left}) < 5"),
        4 => format!("{left} not  in ('a', 'b')"),
        5 => format!("{left} matches /a+/"),
        _ => format!("{left} starts with {right}"),
    });
    comparison.prop_recursive(4, 16, 3, |inner| {
        (proptest::collection::vec(inner, 1..3), 0..4).prop_map(|(parts, kind)| match kind {
            0 => format!("({})", parts.join(" or ")),
            1 => format!("not ({})", parts.join(" and ")),
            2 => parts.join(" or "),
            _ => parts.join("  and "),
        })
    })
}

proptest! {
    #[test]
    fn parsing_never_panics_and_errors_lie_within(text in ".{0,80}") {
        for error in [Condition::parse(&text, Known::nothing()).err(), Template::parse(&text, Known::nothing()).err()].into_iter().flatten() {
            prop_assert!(error.offset + error.length <= text.len());
        }
    }

    #[test]
    fn neither_do_texts_close_to_the_language(text in words()) {
        match in_route(|known| Condition::parse(&text, known)) {
            Ok(condition) => {
                let again = in_route(|known| Condition::parse(&condition.to_string(), known));
                prop_assert_eq!(again.unwrap().to_string(), condition.to_string());
                condition.holds(&View::of(&message()));
            }
            Err(error) => prop_assert!(text.get(error.offset..error.offset + error.length).is_some()),
        }
        if let Ok(template) = in_route(|known| Template::parse(&text, known)) {
            let again = in_route(|known| Template::parse(&template.to_string(), known));
            prop_assert_eq!(again.unwrap().to_string(), template.to_string());
            prop_assert!(template.render(&View::of(&message())).is_ok());
        }
    }

    #[test]
    fn the_canonical_form_means_the_same(text in right()) {
        // `holds` compares the two.
        let given = holds(&text, &message());
        prop_assert_eq!(holds(&format!("not ({text})"), &message()), !given);
    }
}
