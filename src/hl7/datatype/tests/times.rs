//! DT, TM and DTM.

use hl7_parser::datetime::TimeStamp;
use jiff::civil;
use proptest::prelude::*;

use super::*;

/// `year-month-day hour:minute:second.microsecond offset precision`, without what was not given.
fn shown(time: Timestamp) -> String {
    let mut shown = format!("{:04}", time.year());
    for (sign, given) in [
        ('-', time.month()),
        ('-', time.day()),
        (' ', time.hour()),
        (':', time.minute()),
        (':', time.second()),
    ] {
        shown += &given.map_or(String::new(), |given| format!("{sign}{given:02}"));
    }
    let microsecond = time.microsecond();
    shown += &microsecond.map_or(String::new(), |microsecond| format!(".{microsecond:06}"));
    shown += &time
        .offset_minutes()
        .map_or(String::new(), |offset| format!(" {offset:+}"));
    format!("{shown} {:?}", time.precision())
}

#[track_caller]
fn check(raw: &str, expected: &str) {
    let found = match Dtm(part(raw)).timestamp() {
        Ok(Some(time)) => shown(time),
        Ok(None) => "none".into(),
        Err(misfit) => format!("{misfit:?}"),
    };
    assert_eq!(found, expected, "{raw}");
}

#[test]
fn a_time_is_as_precise_as_it_was_sent() {
    check("2026", "2026 Year");
    check("202603", "2026-03 Month");
    check("20260314", "2026-03-14 Day");
    check("2026031410", "2026-03-14 10 Hour");
    check("202603141015", "2026-03-14 10:15 Minute");
    check("20260314101530", "2026-03-14 10:15:30 Second");
    check("20260314101530.1", "2026-03-14 10:15:30.100000 Fraction(1)");
    check("20260314101530.1000", "2026-03-14 10:15:30.100000 Fraction(4)");
    check(
        "20260314101530.0012-0500",
        "2026-03-14 10:15:30.001200 -300 Fraction(4)",
    );
    check("2026+0100", "2026 +60 Year");
    check("202603141015-0030", "2026-03-14 10:15 -30 Minute");
    check("202603141015+0545", "2026-03-14 10:15 +345 Minute");
    check("20240229", "2024-02-29 Day");
    check("20260630235960", "2026-06-30 23:59:60 Second");
    check("0000", "0000 Year");
}

#[test]
fn a_time_is_read_from_a_ts() {
    check("20260314^D", "2026-03-14 Day");
    check("", "none");
    check("\"\"", "none");
    check("^D", "none");
    let precision = Dtm(part("20260314^D")).degree_of_precision();
    assert_eq!(precision.code().as_deref(), Some("D"));
    let within = part("A^20260314&D").component(2);
    assert_eq!(Dtm(within).degree_of_precision().code().as_deref(), Some("D"));
    assert_eq!(
        Dtm(within).timestamp().unwrap().map(shown).as_deref(),
        Some("2026-03-14 Day")
    );
}

#[test]
fn what_is_no_time_is_a_misfit() {
    for raw in [
        "20",
        "20263",
        "2026031",
        "20260314101",
        "202603141015301",
        "202603141015301234",
        "00000000",
        "20261301",
        "20260132",
        "20260229",
        "2026031424",
        "202603141060",
        "20260314101561",
        "20260314101530.",
        "20260314101530.12345",
        "202603141015.1",
        "2026.1",
        "20260314+",
        "20260314+01",
        "20260314+010",
        "20260314+01000",
        "20260314+0160",
        "20260314+2400",
        "20260314+01-0",
        "20260314Z",
        "2026-03-14",
        "2026/03/14",
        "14 March",
        " 20260314",
        "\u{661}\u{661}\u{661}\u{661}",
        "20260314\u{e9}",
    ] {
        check(raw, "Timestamp");
    }
}

#[test]
fn a_date_has_no_time() {
    let check = |raw, expected: &str| {
        let found = Dt(part(raw)).date().map(|date| date.map(shown));
        assert_eq!(found, Ok(Some(expected.to_owned())), "{raw}");
    };
    check("2026", "2026 Year");
    check("202603", "2026-03 Month");
    check("20260314", "2026-03-14 Day");
    for raw in ["2026031410", "20260314+0100", "20260230", "14.03.2026"] {
        assert_eq!(Dt(part(raw)).date(), Err(Misfit::Date), "{raw}");
    }
    assert_eq!(Dt(part("")).date(), Ok(None));
}

#[test]
fn a_time_of_day_has_no_date() {
    let check = |raw, expected: (u8, Option<u8>, Option<u8>, Option<u32>, Option<i16>, Precision)| {
        let time = Tm(part(raw)).time().unwrap().unwrap();
        let offset = time.offset_minutes();
        let found = (
            time.hour(),
            time.minute(),
            time.second(),
            time.microsecond(),
            offset,
            time.precision(),
        );
        assert_eq!(found, expected, "{raw}");
    };
    check("10", (10, None, None, None, None, Precision::Hour));
    check("1015", (10, Some(15), None, None, None, Precision::Minute));
    check(
        "101530-0500",
        (10, Some(15), Some(30), None, Some(-300), Precision::Second),
    );
    check(
        "101530.12",
        (
            10,
            Some(15),
            Some(30),
            Some(120_000),
            None,
            Precision::Fraction(2),
        ),
    );
    for raw in ["1", "101", "24", "1060", "10:15", "1015.1", "20260314"] {
        assert_eq!(Tm(part(raw)).time(), Err(Misfit::Time), "{raw}");
    }
    assert_eq!(Tm(part("")).time(), Ok(None));
    assert_eq!(Tm(part("\"\"")).time(), Ok(None));
}

#[test]
fn what_is_complete_becomes_a_time_of_jiff() {
    let time = |raw| Dtm(part(raw)).timestamp().unwrap().unwrap();
    assert_eq!(time("202603").civil_date(), None);
    assert_eq!(time("20260314").civil_date(), Some(civil::date(2026, 3, 14)));
    assert_eq!(time("2026031410").civil_datetime(), None);
    let expected = civil::datetime(2026, 3, 14, 10, 15, 0, 0);
    assert_eq!(time("202603141015").civil_datetime(), Some(expected));
    let expected = civil::datetime(2026, 3, 14, 10, 15, 30, 120_000_000);
    assert_eq!(time("20260314101530.12+0100").civil_datetime(), Some(expected));
    assert_eq!(time("20260314101530").instant(), None);
    let instant = |raw| time(raw).instant().map(|instant| instant.to_string());
    assert_eq!(
        instant("20260314101530-0030").as_deref(),
        Some("2026-03-14T10:45:30Z")
    );
    assert_eq!(instant("20260314+0100"), None);
    // A leap second is valid and no time of jiff.
    assert_eq!(time("20260630235960+0000").instant(), None);
    let of_day = Tm(part("101530.5")).time().unwrap().unwrap();
    assert_eq!(of_day.civil_time(), Some(civil::time(10, 15, 30, 500_000_000)));
}

#[test]
fn debug_shows_no_time() {
    let born = Dtm(part("19840512")).timestamp().unwrap();
    let of_day = Tm(part("1015")).time().unwrap();
    assert_eq!(
        format!("{born:?} {of_day:?}"),
        "Some(Timestamp(Day)) Some(TimeOfDay(Minute))"
    );
}

proptest! {
    #[test]
    fn another_parser_reads_the_same_time(raw in "(19|20)[0-9]{2}((0[1-9]|1[0-2])([0-2][0-9]([0-2][0-9]([0-6][0-9]([0-6][0-9]([.][0-9]{0,5})?)?)?)?)?)?([+-][0-2][0-9][0-6][0-9])?") {
        let Ok(Some(ours)) = Dtm(part(&raw)).timestamp() else { return Ok(()) };
        let theirs: TimeStamp = raw.parse().unwrap();
        prop_assert_eq!((ours.year(), ours.month(), ours.day()), (theirs.year, theirs.month, theirs.day));
        prop_assert_eq!((ours.hour(), ours.minute(), ours.second()), (theirs.hour, theirs.minute, theirs.second));
        prop_assert_eq!(ours.microsecond(), theirs.microsecond);
        let offset = theirs.offset.map(|offset| i16::from(offset.hours).abs() * 60 + i16::from(offset.minutes));
        prop_assert_eq!(ours.offset_minutes().map(i16::abs), offset);
    }

    #[test]
    fn no_text_panics(raw in "([0-9]{0,16}[.]?[0-9]{0,6}[+-]?[0-9]{0,6}|.{0,20})") {
        let part = part(&raw);
        let whole = Dtm(part).timestamp().ok().flatten();
        let instant = whole.and_then(|time| time.instant());
        prop_assert!(instant.is_none() || whole.is_some_and(|time| time.civil_date().is_some()));
        prop_assert!(Dt(part).date().is_err() || Dtm(part).timestamp().is_ok());
        let of_day = Tm(part).time().ok().flatten();
        prop_assert!(of_day.is_none_or(|time| time.minute().is_none() || time.second() == Some(60) || time.civil_time().is_some()));
    }
}
