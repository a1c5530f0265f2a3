//! Numbers, text and codes, and the part under every value.

use proptest::prelude::*;

use super::*;
use crate::hl7::{Message, State};

#[test]
fn numbers() {
    for (raw, expected) in [
        ("12", Ok(Some("12"))),
        ("-0.50", Ok(Some("-0.50"))),
        ("+.5", Ok(Some("+.5"))),
        ("7.", Ok(Some("7."))),
        ("12^mg&x", Ok(Some("12"))),
        ("", Ok(None)),
        ("\"\"", Ok(None)),
        ("^mg", Ok(None)),
        ("1e3", Err(Misfit::Number)),
        ("<15", Err(Misfit::Number)),
        ("1,5", Err(Misfit::Number)),
        ("1.2.3", Err(Misfit::Number)),
        (".", Err(Misfit::Number)),
        ("-", Err(Misfit::Number)),
        (" 1", Err(Misfit::Number)),
        ("1-", Err(Misfit::Number)),
        ("\\X31\\", Err(Misfit::Number)),
        ("\u{661}", Err(Misfit::Number)),
        ("inf", Err(Misfit::Number)),
    ] {
        assert_eq!(Nm(part(raw)).decimal(), expected, "{raw}");
        assert_eq!(Nm(part(raw)).number().is_ok(), expected.is_ok(), "{raw}");
    }
    assert_eq!(Nm(part("-0.50")).number(), Ok(Some(-0.5)));
    assert_eq!(Nm(part("+.5")).number(), Ok(Some(0.5)));
    assert_eq!(Nm(part("7.")).number(), Ok(Some(7.0)));
    assert_eq!(Nm(part("<15")).0.text().as_deref(), Some("<15"));
}

#[test]
fn sequence_ids() {
    for (raw, expected) in [
        ("1", Ok(Some(1))),
        ("0012", Ok(Some(12))),
        ("4^x", Ok(Some(4))),
        ("", Ok(None)),
        ("\"\"", Ok(None)),
        ("+1", Err(Misfit::SequenceId)),
        ("-1", Err(Misfit::SequenceId)),
        ("1.0", Err(Misfit::SequenceId)),
        ("99999999999", Err(Misfit::SequenceId)),
        ("one", Err(Misfit::SequenceId)),
    ] {
        assert_eq!(Si(part(raw)).number(), expected, "{raw}");
    }
}

#[test]
fn text_is_whole_and_codes_are_first() {
    let raw = "F^Female \\T\\ so on^HL70001";
    let whole = Some("F^Female & so on^HL70001");
    assert_eq!(St(part(raw)).text().as_deref(), whole);
    assert_eq!(Tx(part(raw)).text().as_deref(), whole);
    assert_eq!(Ft(part(raw)).text().as_deref(), whole);
    assert_eq!(Id(part(raw)).code().as_deref(), Some("F"));
    assert_eq!(Is(part(raw)).code().as_deref(), Some("F"));
    assert_eq!(Ft(part("a\\.br\\b")).text().as_deref(), Some("a\\.br\\b"));
    assert_eq!(Is(part("a&b")).code().as_deref(), Some("a"));
    for raw in ["", "\"\"", "^^"] {
        assert_eq!(
            (St(part(raw)).text(), Id(part(raw)).code()),
            (None, None),
            "{raw}"
        );
    }
}

#[test]
fn what_is_not_there_is_absent() {
    let value = part("a^b&c");
    assert_eq!(value.component(2).component(2).raw(), Some(&b"c"[..]));
    // A subcomponent is its own first part and has no second.
    assert_eq!(
        value.component(2).component(2).component(1).raw(),
        Some(&b"c"[..])
    );
    assert_eq!(
        value.component(2).component(2).component(2).state(),
        State::Absent
    );
    assert_eq!(value.component(1).component(1).raw(), Some(&b"a"[..]));
    assert_eq!(value.component(3).state(), State::Absent);
    assert_eq!(value.component(3).component(1).text(), None);
    assert_eq!(part("a^^b").component(2).state(), State::Empty);
    assert_eq!(part("a^\"\"").component(2).state(), State::Null);
    assert_eq!(part("&^").component(1).state(), State::Empty);
}

#[test]
fn repetitions_stand_in_order() {
    let message = Message::parse("MSH|^~\\&|\rPID|a~~\"\"~b|||~\rPID|z".into()).unwrap();
    let segments: Vec<_> = message.segments().collect();
    let states = |field| {
        segments[1]
            .repetitions(field)
            .map(Part::state)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        states(1),
        [State::Valued, State::Empty, State::Null, State::Valued]
    );
    assert_eq!(states(2), []);
    assert_eq!(states(4), [State::Empty, State::Empty]);
    assert_eq!(states(5), []);
    assert_eq!(segments[1].part(1).raw(), Some(&b"a"[..]));
    assert_eq!(segments[1].part(5).state(), State::Absent);
    assert_eq!(segments[0].part(1).raw(), Some(&b"|"[..]));
    assert_eq!(segments[0].part(2).text().as_deref(), Some("^~\\&"));
}

#[test]
fn debug_shows_no_content() {
    let shown = format!("{:?} {:?}", St(part("DOE")), Xpn(part("DOE^ANNA")));
    assert!(!shown.contains("DOE"), "{shown}");
}

proptest! {
    #[test]
    fn nothing_panics_and_numbers_are_what_rust_reads(raw in "([-+0-9.]{0,8}|[0-9^&~\"\\\\T]{0,8}|.{0,8})") {
        let part = part(&raw);
        let decimal = Nm(part).decimal();
        if let Ok(Some(decimal)) = decimal {
            prop_assert!(raw.starts_with(decimal));
            let number: f64 = decimal.parse().unwrap();
            prop_assert_eq!(Nm(part).number(), Ok(Some(number)));
        }
        if let Ok(Some(number)) = Si(part).number() {
            prop_assert_eq!(Nm(part).number(), Ok(Some(f64::from(number))));
        }
        prop_assert_eq!(St(part).text().is_some(), part.state() == State::Valued);
        prop_assert!(Id(part).code().is_none() || part.state() == State::Valued);
    }
}
