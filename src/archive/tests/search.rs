//! What is searched for is found, newest first, page by page, by the index.

use super::super::sealed::Sealing;
use super::super::search as statements;
use super::*;
use crate::expression::{Condition, Known};
use crate::hl7::Charset;

/// Orders and admissions from two facilities, delivered, dead, filtered and refused.
fn ward() -> Bench {
    let mut bench = bench();
    let mut filtered = received(30, &adt(30), &[]);
    filtered.outcome = Outcome::Filtered;
    filtered.routes[0].filtered = Some("not here".into());
    let mut refused = received(40, "no HL7", &[]);
    refused.outcome = Outcome::Refused {
        code: Some("AR".into()),
        reason: "no MSH".to_owned(),
    };
    refused.listener = "side".into();
    refused.routes.clear();
    let order = "MSH|^~\\&|ORDERS|EAST^1.2^ISO|LAB|SOUTH|20260101||ORM^O01|o-1|P|2.5.1\r\
                 PID|1||10^^^N^MR||Roe^Jane\rORC|NW|placer-1|filler-1\rOBR|1|placer-1|filler-1\r";
    let mut tagged = received(50, order, &["lab", "files"]);
    tagged.tags = vec![("ward".into(), "7W".to_owned())];
    bench.tell(vec![
        came(10, &["lab"]),
        ended("lab", 11, End::Delivered),
        came(20, &["lab", "files"]),
        What::Received(filtered),
        What::Received(refused),
        What::Received(tagged),
    ]);
    let dead = End::Dead {
        reason: "refused".to_owned(),
    };
    bench.tell(vec![ended("lab", 21, dead), ended("files", 22, End::Delivered)]);
    bench
}

#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a table of cases reads better without references"
)]
fn check(query: Query, expected: &[u64]) {
    let bench = ward();
    assert_eq!(bench.find(&query), expected, "{query:?}");
}

#[expect(clippy::unnecessary_wraps, reason = "what is asked for is a text or nothing")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_name_without_a_word_is_nobodys() {
    for name in ["", " ", ".", "^,", "&;"] {
        let query = Query {
            name: some(name),
            ..Query::default()
        };
        check(query, &[]);
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn every_field_finds_its_messages() {
    let of = Query::default;
    check(of(), &[50, 40, 30, 20, 10]);
    check(
        Query {
            control_id: some("C-20"),
            ..of()
        },
        &[20],
    );
    check(
        Query {
            patient: some("10"),
            ..of()
        },
        &[50, 10],
    );
    check(
        Query {
            patient: some("930"),
            ..of()
        },
        &[30],
    );
    check(
        Query {
            name: some("doe john20"),
            ..of()
        },
        &[20],
    );
    check(
        Query {
            name: some("JANE^ROE"),
            ..of()
        },
        &[50],
    );
    check(
        Query {
            account: some("acc-10"),
            ..of()
        },
        &[10],
    );
    check(
        Query {
            order: some("filler-1"),
            ..of()
        },
        &[50],
    );
    check(
        Query {
            message_type: some("ADT"),
            ..of()
        },
        &[30, 20, 10],
    );
    check(
        Query {
            message_type: some("orm^o01"),
            ..of()
        },
        &[50],
    );
    check(
        Query {
            application: some("lab"),
            ..of()
        },
        &[50, 30, 20, 10],
    );
    check(
        Query {
            application: some("EHR"),
            ..of()
        },
        &[30, 20, 10],
    );
    check(
        Query {
            facility: some("east"),
            ..of()
        },
        &[50],
    );
    check(
        Query {
            listener: some("side"),
            ..of()
        },
        &[40],
    );
    check(
        Query {
            route: some("all"),
            ..of()
        },
        &[50, 30, 20, 10],
    );
    check(
        Query {
            destination: some("files"),
            ..of()
        },
        &[50, 20],
    );
    check(
        Query {
            tag: Some(("ward".to_owned(), "7w".to_owned())),
            ..of()
        },
        &[50],
    );
}

#[test]
fn criteria_narrow_one_another() {
    let of = Query::default;
    let (dead, queued) = (vec![State::Dead], vec![State::Queued]);
    check(
        Query {
            states: dead.clone(),
            ..of()
        },
        &[20],
    );
    check(
        Query {
            states: vec![State::Filtered, State::Refused],
            ..of()
        },
        &[40, 30],
    );
    check(
        Query {
            states: dead.clone(),
            destination: some("lab"),
            ..of()
        },
        &[20],
    );
    check(
        Query {
            states: dead.clone(),
            destination: some("files"),
            ..of()
        },
        &[],
    );
    check(
        Query {
            states: queued,
            destination: some("files"),
            ..of()
        },
        &[50],
    );
    check(
        Query {
            states: vec![State::Filtered],
            destination: some("lab"),
            ..of()
        },
        &[],
    );
    check(
        Query {
            patient: some("10"),
            message_type: some("ADT"),
            ..of()
        },
        &[10],
    );
    check(
        Query {
            name: some("doe roe"),
            ..of()
        },
        &[],
    );
    check(
        Query {
            patient: some(" "),
            ..of()
        },
        &[],
    );
}

#[test]
fn time_narrows_too() {
    let of = Query::default;
    check(
        Query {
            since: Some(at(20)),
            until: Some(at(40)),
            ..of()
        },
        &[30, 20],
    );
    check(
        Query {
            since: Some(at(51)),
            ..of()
        },
        &[],
    );
    check(
        Query {
            until: Some(at(10)),
            ..of()
        },
        &[],
    );
    check(
        Query {
            until: Some(at(31)),
            message_type: some("ADT"),
            ..of()
        },
        &[30, 20, 10],
    );
}

#[test]
fn any_path_is_asked_of_the_message_itself() {
    let of = |text| Query {
        condition: Some(Condition::parse(text, Known::nothing()).unwrap()),
        ..Query::default()
    };
    check(of("PID-5.1 = \"DOE\""), &[30, 20, 10]);
    check(of("PID-3[2].1 = \"920\" or ORC exists"), &[50, 20]);
    check(
        Query {
            patient: some("10"),
            ..of("MSH-9.1 = \"ORM\"")
        },
        &[50],
    );
}

#[test]
fn a_page_says_where_to_go_on_and_how_much_it_has_seen() {
    let bench = ward();
    let page = bench.archive.search(&Query::default(), None, 2).unwrap();
    assert_eq!(
        page.found.iter().map(|found| found.number).collect::<Vec<_>>(),
        [50, 40]
    );
    assert_eq!((page.examined, page.next), (2, Some(40)));
    let last = bench.archive.search(&Query::default(), Some(30), 5).unwrap();
    assert_eq!((last.found.len(), last.next), (2, None));
    let query = Query {
        condition: Some(Condition::parse("PID-8 = \"F\"", Known::nothing()).unwrap()),
        ..Query::default()
    };
    let none = bench.archive.search(&query, None, 5).unwrap();
    assert_eq!((none.found.len(), none.examined, none.next), (0, 5, None));
}

#[test]
fn a_search_over_many_buckets_and_outboxes_goes_on_downwards() {
    let mut bench = bench();
    let numbers = [1, 65_535, 65_536, 200_000, 1_000_000];
    bench.tell(numbers.iter().map(|number| came(*number, &["lab"])).collect());
    bench
        .archive
        .write(
            9,
            &[Event {
                number: 1,
                what: came(65_536, &["lab"]),
            }],
        )
        .unwrap();
    let second = 10_000_000_065_536;
    let of = Query::default;
    assert_eq!(bench.find(&of()), [second, 1_000_000, 200_000, 65_536, 65_535, 1]);
    let twice = Query {
        patient: some("65536"),
        message_type: some("ADT"),
        ..of()
    };
    assert_eq!(bench.find(&twice), [second, 65_536]);
    let between = Query {
        since: Some(at(65_535)),
        until: Some(at(200_000)),
        ..of()
    };
    assert_eq!(bench.find(&between), [second, 65_536, 65_535]);
}

#[test]
fn a_search_that_looks_at_too_much_stops_and_says_so() {
    let mut bench = bench();
    // Every second message has the one term, every other the other: they never agree.
    let came = |number: u64| {
        let mut message = received(number, &adt(1), &[]);
        message.listener = if number.is_multiple_of(2) { "even" } else { "odd" }.into();
        message.tags = vec![(
            if number.is_multiple_of(2) { "odd" } else { "even" }.into(),
            "x".to_owned(),
        )];
        What::Received(message)
    };
    bench.tell((0..100).map(came).collect());
    bench.tell((0..100).map(|number| came(200_000 + number)).collect());
    let query = Query {
        listener: some("even"),
        tag: Some(("even".to_owned(), "x".to_owned())),
        ..Query::default()
    };
    let sealing = Sealing::default();
    let within = |before, steps_max| {
        let search =
            |connection: &_| statements::search_within(connection, &sealing, &query, before, 10, steps_max);
        bench.archive.read(search).unwrap()
    };
    let page = within(None, 50);
    assert!(page.found.is_empty());
    let next = page.next.expect("more is left");
    assert!((100..=200_000).contains(&next), "{next}");
    assert_eq!(within(Some(next), 1_000).next, None, "the rest is less than that");
    assert!(bench.find(&query).is_empty());
}

#[test]
fn every_step_of_a_search_uses_an_index() {
    let bench = ward();
    let plans = [
        (
            statements::BUCKET,
            "SEARCH bucket USING INTEGER PRIMARY KEY (rowid<?)",
        ),
        (
            statements::TERM,
            "SEARCH term USING PRIMARY KEY (bucket=? AND hash=? AND offset<?)",
        ),
        (
            statements::MESSAGE,
            "SEARCH message USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
        ),
        (
            statements::RECEIVED,
            "SEARCH message USING INTEGER PRIMARY KEY (rowid=?)",
        ),
        (
            super::super::purge::OF_TERM,
            "SEARCH term USING PRIMARY KEY (bucket=? AND hash=? AND offset>?)",
        ),
        (
            super::super::purge::OLD_BUCKET,
            "SEARCH bucket USING INTEGER PRIMARY KEY (rowid>?)",
        ),
    ];
    let plan = |statement: &str| {
        let explained = bench.archive.read(|connection| {
            let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {statement}"))?;
            let nulls = vec![rusqlite::types::Null; explain.parameter_count()];
            let lines =
                explain.query_map(rusqlite::params_from_iter(nulls), |row| row.get::<_, String>(3))?;
            Ok(lines.collect::<Result<Vec<_>, _>>()?)
        });
        explained.unwrap()
    };
    for (statement, expected) in plans {
        assert_eq!(plan(statement), [expected], "{statement}");
    }
    for line in plan(statements::FOUND) {
        assert!(
            line.starts_with("SEARCH") && line.contains("PRIMARY KEY"),
            "{line}"
        );
    }
}

#[test]
fn a_number_is_told_while_somebody_writes() {
    let bench = bench();
    let writing = bench.archive.writer();
    assert_eq!(bench.archive.number(super::STORE, 17).unwrap(), 17);
    drop(writing);
}

#[test]
fn what_declares_no_character_set_is_found_shown_and_deleted_by_the_one_it_came_in() {
    let shift_jis: Charset = "SHIFT_JIS".parse().unwrap();
    // Their second bytes are `|` and a backslash.
    let text = "MSH|^~\\&|EHR|ポ|LAB|SOUTH|20260101||ADT^A01|c-1|P|2.5.1\rPID|1||7||表^JANE\r";
    let mut bench = bench();
    let told = Received {
        raw: Bytes::copy_from_slice(&shift_jis.encode(text).unwrap()),
        charsets: vec![Some(shift_jis)],
        ..received(10, "", &["lab"])
    };
    bench.tell(vec![What::Received(told), ended("lab", 11, End::Delivered)]);
    let condition = Condition::parse("PID-5.1 = '表'", Known::nothing()).unwrap();
    let by_name = Query {
        name: some("表"),
        control_id: some("c-1"),
        condition: Some(condition),
        ..Query::default()
    };
    assert_eq!(bench.find(&by_name), [10]);
    let subject = bench.archive.subject(10).unwrap().unwrap();
    assert_eq!(subject.name.as_deref(), Some("表, JANE"));
    let message = bench.archive.message(10).unwrap().unwrap();
    assert_eq!(message.charset(None), Some(shift_jis));
    assert_eq!(message.found.control_id, "c-1");
    bench.archive.purge(&[10]).unwrap();
    let terms = |connection: &rusqlite::Connection| {
        Ok(connection.query_row("SELECT count(*) FROM term", [], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(bench.archive.read(terms).unwrap(), 0);
}
