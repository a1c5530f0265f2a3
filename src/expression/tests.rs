//! Tables: what holds, what is refused and with which words; and that nothing panics.

#![expect(
    clippy::needless_raw_string_hashes,
    reason = "expect-test writes its snapshots so"
)]

use expect_test::expect;
use proptest::prelude::*;

use super::*;
use crate::hl7::Message;

const MESSAGE: &str = "MSH|^~\\&|EHR|West|||20240101||ADT^A01^ADT_A01|42|P|2.5.1\r\
    PID|1||12^^^MRN~34^^^SS||DOE^ANNA||19800102|\"\"||| 1 MAIN ST \r\
    PV1|1|I|7W\\T\\E\r\
    OBX|1|NM|GLU||5.60\rOBX|2|NM|GLU||high\r";

fn message() -> Message {
    Message::parse(MESSAGE.into()).unwrap()
}

#[test]
fn conditions_hold_or_not() {
    let message = message();
    let check = |text: &str, expected: bool| {
        let condition =
            Condition::parse(text, Known::nothing()).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(condition.holds(&View::of(&message)), expected, "{text}");
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
        assert_eq!(
            Condition::parse(&text, Known::nothing())
                .unwrap()
                .holds(&View::of(&message)),
            expected,
            "{text}"
        );
    }
}

/// Shows the place under the text, then the words.
fn shown(text: &str, error: &ExpressionError) -> String {
    let caret = "^".repeat(error.length.max(1));
    let suggestion = error
        .suggestion
        .as_ref()
        .map(|word| format!(" (did you mean {word}?)"));
    format!(
        "{text}\n{}{caret} {error}{}\n",
        " ".repeat(error.offset),
        suggestion.unwrap_or_default()
    )
}

const REFUSED: [&str; 30] = [
    "",
    "PV1-2",
    "PV1-2 == 'I'",
    "PV1-2 = I",
    "PV1-2 = 'I",
    "PV1-2 inn ('I')",
    "PV1-2 in 'I'",
    "PV1-2 in ('I' 'E')",
    "PV1-2 in (PV1-3)",
    "PV1-2 in ('I', 3)",
    "PV1-2 exist",
    "NOT PV1-2 exists",
    "PV1-2 exists AND PV1-3 exists",
    "PV1-2 exists && PV1-3 exists",
    "PID-3.99.x = '1'",
    "PID-0 exists",
    "PIDD-3 exists",
    "pid-3 exists",
    "PID = '1'",
    "PID-1 < 12",
    "number(PID-1) < '12'",
    "number(PID-1) < PID-2",
    "number(PID-1) = 1234567890123456",
    "uper(PID-5) = 'X'",
    "upper(number(PID-5)) = 'X'",
    "upper(PID-5 = 'X'",
    "(PV1-2 = 'I'",
    "PV1-2 = 'I')",
    "'x' exists",
    "PV1-2 = 12a",
];

#[test]
fn refused_conditions() {
    let refused = REFUSED.map(|text| shown(text, &Condition::parse(text, Known::nothing()).unwrap_err()));
    expect![[r#"

        ^ expected a path as `PID-5.1`, a text in quotes, or a number
        PV1-2
             ^ expected a comparison (`=`, `!=`, `<`, `in`, …), `exists`, `valued` or `is null`
        PV1-2 == 'I'
              ^^ expected a comparison (`=`, `!=`, `<`, `in`, …), `exists`, `valued` or `is null`, found `==` (did you mean =?)
        PV1-2 = I
                ^ expected a path as `PID-5.1`, a text in quotes, or a number, found `I` (did you mean "I"?)
        PV1-2 = 'I
                ^ expected the quote that closes this text, found `'`
        PV1-2 inn ('I')
              ^^^ expected a comparison (`=`, `!=`, `<`, `in`, …), `exists`, `valued` or `is null`, found `inn` (did you mean in?)
        PV1-2 in 'I'
                 ^ expected a list, as `("A01", "A04")`, found `'`
        PV1-2 in ('I' 'E')
                      ^ expected `,` or `)`, found `'`
        PV1-2 in (PV1-3)
                  ^^^^^ expected a text in quotes or a number, found `PV1-3`
        PV1-2 in ('I', 3)
                       ^ expected a text, as the other side is one; or `number(…)` around the other side (did you mean "3"?)
        PV1-2 exist
              ^^^^^ expected a comparison (`=`, `!=`, `<`, `in`, …), `exists`, `valued` or `is null`, found `exist` (did you mean exists?)
        NOT PV1-2 exists
        ^^^ expected a path as `PID-5.1`, a text in quotes, or a number, found `NOT` (did you mean not?)
        PV1-2 exists AND PV1-3 exists
                     ^^^ expected `and`, `or` or the end, found `AND` (did you mean and?)
        PV1-2 exists && PV1-3 exists
                     ^^ expected `and`, `or` or the end, found `&&` (did you mean and?)
        PID-3.99.x = '1'
                 ^ expected a subcomponent number from 1 to 9999, found `x`
        PID-0 exists
            ^ expected a field number from 1 to 999, found `0`
        PIDD-3 exists
           ^^^ expected `-` and a field number, found `D-3`
        pid-3 exists
        ^^^^^ expected a path as `PID-5.1`, a text in quotes, or a number, found `pid-3` (did you mean PID-3?)
        PID = '1'
           ^ expected `-` and a field number
        PID-1 < 12
        ^^^^^ expected a number, as the other side is one (did you mean number(PID-1)?)
        number(PID-1) < '12'
                        ^^^^ expected a number, as the other side is one (did you mean 12?)
        number(PID-1) < PID-2
                        ^^^^^ expected a number, as the other side is one (did you mean number(PID-2)?)
        number(PID-1) = 1234567890123456
                        ^^^^^^^^^^^^^^^^ expected a number of at most 15 digits
        uper(PID-5) = 'X'
        ^^^^ expected one of the functions upper, lower, trim and number, found `uper` (did you mean upper?)
        upper(number(PID-5)) = 'X'
              ^^^^^^^^^^^^^ expected a text: leave out `number`
        upper(PID-5 = 'X'
                    ^ expected `)`, found `=`
        (PV1-2 = 'I'
                    ^ expected `)`, `and` or `or`
        PV1-2 = 'I')
                   ^ expected `and`, `or` or the end, found `)`
        'x' exists
        ^^^ expected a path before `exists`, `valued` and `is null`
        PV1-2 = 12a
                ^^^ expected a path as `PID-5.1`, a text in quotes, or a number, found `12a` (did you mean "12a"?)
    "#]].assert_eq(&refused.concat());
}

#[test]
fn templates() {
    let message = message();
    let check = |text: &str, expected: &str| {
        assert_eq!(
            Template::parse(text, Known::nothing())
                .unwrap()
                .render(&View::of(&message))
                .unwrap(),
            expected,
            "{text}"
        );
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
    assert!(Template::parse("a {{ b", Known::nothing()).unwrap().is_literal());
    assert!(
        !Template::parse("{MSH-10}", Known::nothing())
            .unwrap()
            .is_literal()
    );
}

#[test]
fn refused_templates() {
    let texts = [
        "x {MSH-10",
        "x {}",
        "x {MSH-0} y",
        "x {upper MSH-4}",
        "x {MSH-4 = 'a'}",
        "x {number(MSH-4)}",
        "x {lowr(MSH-4)}",
    ];
    let refused = texts.map(|text| shown(text, &Template::parse(text, Known::nothing()).unwrap_err()));
    expect![[r#"
        x {MSH-10
                 ^ expected `}` after the value
        x {}
           ^ expected a path as `PID-5.1`, a text in quotes, or a number, found `}`
        x {MSH-0} y
               ^ expected a field number from 1 to 999, found `0`
        x {upper MSH-4}
                 ^^^^^ expected `(` after the function, found `MSH-4`
        x {MSH-4 = 'a'}
                 ^ expected `}` after the value, found `=`
        x {number(MSH-4)}
           ^^^^^^^^^^^^^ expected a text: leave out `number`
        x {lowr(MSH-4)}
           ^^^^ expected one of the functions upper, lower, trim and number, found `lowr` (did you mean lower?)
    "#]].assert_eq(&refused.concat());
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
    let long_chain = vec!["PV1-2='I'"; 250].join(" and ");
    assert!(
        Condition::parse(&long_chain, Known::nothing())
            .unwrap()
            .holds(&View::of(&message()))
    );
}

proptest! {
    #[test]
    fn parsing_never_panics_and_errors_lie_within(text in ".{0,80}") {
        for error in [Condition::parse(&text, Known::nothing()).err(), Template::parse(&text, Known::nothing()).err()].into_iter().flatten() {
            prop_assert!(error.offset + error.length <= text.len());
        }
    }

    #[test]
    fn neither_do_texts_close_to_the_language(
        words in proptest::collection::vec(
            prop_oneof![
                Just("PID-3"), Just("OBX[2]-5.1"), Just("NK1"), Just("="), Just("!="), Just("<="), Just("in"),
                Just("not"), Just("and"), Just("or"), Just("("), Just(")"), Just(","), Just("'x'"), Just("\"y\""),
                Just("12"), Just("-1.5"), Just("exists"), Just("valued"), Just("is"), Just("null"),
                Just("upper("), Just("number("), Just("{"), Just("}"), Just("é"),
            ],
            0..12,
        )
    ) {
        let text = words.join(" ");
        match Condition::parse(&text, Known::nothing()) {
            Ok(condition) => { condition.holds(&View::of(&message())); }
            Err(error) => prop_assert!(text.get(error.offset..error.offset + error.length).is_some()),
        }
        if let Ok(template) = Template::parse(&text, Known::nothing()) {
            template.render(&View::of(&message())).unwrap();
        }
    }
}
