//! Tables by example: what is looked up, and what is told about a wrong file.

use super::*;
use crate::problem::{Content, Node, Place, Problems, Source};

fn source(id: usize, name: &str, text: &str, entries: &[(&str, &str)]) -> Arc<Source> {
    let entries = entries.iter().map(|(key, value)| {
        let at = text.find(value).unwrap_or(0);
        crate::problem::Entry {
            key: (*key).to_owned(),
            key_bytes: 0..0,
            value: Node {
                bytes: at..at + value.len(),
                content: Content::Scalar {
                    text: (*value).to_owned(),
                    style: crate::problem::ScalarStyle::Plain,
                },
            },
        }
    });
    Arc::new(Source {
        id,
        name: name.to_owned(),
        text: text.to_owned(),
        root: Node {
            bytes: 0..text.len(),
            content: Content::Mapping(entries.collect()),
        },
    })
}

/// Reads a CSV text as the settings say; the table, or the first line of each problem with its place.
fn read(settings: &str, csv: &str) -> Result<Table, String> {
    let typed: Settings = serde_yaml::from_str(settings).unwrap();
    let values = [
        ("file", typed.file.0.as_str()),
        ("key", typed.key.0.as_str()),
        ("value", typed.value.as_ref().map_or("", |value| &value.0)),
    ];
    let site = source(0, "site.yaml", settings, &values);
    let file = source(1, "x.csv", csv, &[]);
    let mut problems = Problems::new();
    problems.add_source(Arc::clone(&site));
    problems.add_source(Arc::clone(&file));
    let table = typed.check("t".into(), &Place::root(&site), &file, &mut problems);
    let told: Vec<String> = problems
        .iter()
        .map(|problem| {
            let place = problems.location(problem).map_or(String::new(), |at| {
                format!("{}:{}:{}: ", at.file, at.line, at.column)
            });
            format!("{place}{}", problem.message)
        })
        .collect();
    table.ok_or(told.join("\n"))
}

const SETTINGS: &str = "{ file: x.csv, key: ehr, value: lab }";

#[track_caller]
fn check(csv: &str, expected: &str) {
    assert_eq!(
        read(SETTINGS, csv).map(|_| ()),
        Err(expected.to_owned()),
        "{csv:?}"
    );
}

#[test]
fn codes_are_exact_and_the_first_counts() {
    let pairs = [("I", "IN"), ("E", "ER"), ("I", "other"), ("", "none"), ("N", "")];
    let table = Table::new(
        "class".into(),
        pairs.map(|(code, value)| (code.into(), value.into())),
    );
    let check = |code, expected| assert_eq!(table.get(code).as_deref(), expected, "{code:?}");
    check("I", Some("IN"));
    check("E", Some("ER"));
    check("", Some("none"));
    check("N", Some(""));
    check("i", None);
    check("I ", None);
    assert_eq!(table.lookup("I", "value").as_deref(), Some("IN"));
    assert_eq!(table.lookup("I", "other"), None);
    assert_eq!(table.columns().collect::<Vec<_>>(), ["value"]);
}

#[test]
fn files_have_several_columns() {
    let csv =
        "loinc,ehr , lab,name,\r\n1-8, A ,\"a, \"\"x\"\"\",\"Fi,rst\",note\r\n,,,,\r\n\r\n2-8,B,,Second,\r\n";
    let table = read(SETTINGS, csv).unwrap();
    assert_eq!(
        table.columns().collect::<Vec<_>>(),
        ["loinc", "ehr", "lab", "name"]
    );
    let check = |code, column, expected| {
        assert_eq!(table.lookup(code, column).as_deref(), expected, "{code} {column}");
    };
    check("A", "lab", Some("a, \"x\""));
    check("A", "name", Some("Fi,rst"));
    check("A", "loinc", Some("1-8"));
    check("B", "lab", None);
    check("B", "name", Some("Second"));
    check("B", "", None);
    check("", "name", None);
    check("C", "name", None);
    assert_eq!(table.get("A").as_deref(), Some("a, \"x\""));
    assert_eq!(table.cell("B", 99), None);
}

#[test]
fn the_value_column_may_be_the_only_other() {
    let table = read("{ file: x.csv, key: b }", "a,b\n1,2\n").unwrap();
    assert_eq!(table.get("2").as_deref(), Some("1"));
    let table = read("{ file: x.csv, key: b }", "a,b,c\n1,2,3\n").unwrap();
    assert_eq!((table.default_column(), table.get("2")), (None, None));
}

#[test]
fn other_delimiters_and_a_last_line_without_end() {
    for (delimiter, text) in [
        ("\";\"", "ehr;lab\nA;a"),
        ("tab", "ehr\tlab\nA\ta"),
        ("'|'", "ehr|lab\nA|a"),
    ] {
        let settings = format!("{{ file: x.csv, key: ehr, delimiter: {delimiter} }}");
        assert_eq!(
            read(&settings, text).unwrap().get("A").as_deref(),
            Some("a"),
            "{delimiter}"
        );
    }
    for wrong in ["ab", "''", "'\"'", "x", "é"] {
        let settings = format!("{{ file: x.csv, key: ehr, delimiter: {wrong} }}");
        assert!(
            read(&settings, "ehr,lab\n")
                .unwrap_err()
                .contains("expected one character"),
            "{wrong}"
        );
    }
}

#[test]
fn wrong_rows_are_told_with_their_place() {
    check(
        "ehr,lab\nA,a\nB\n",
        "x.csv:3:2: expected 2 cells, as there are columns, and found 1",
    );
    check(
        "ehr,lab\r\nA,a\r\nB,b,c,d\r\n",
        "x.csv:3:5: expected 2 cells, as there are columns, and found 4",
    );
    check(
        "ehr,lab\nA,a\n B ,b\nA,c\n\"B\",d\n",
        "x.csv:4:1: the code `A` is given twice in this table\n\
        x.csv:5:1: the code `B` is given twice in this table",
    );
    check("lab,ehr\na,A\nb,\n", "x.csv:3:3: the row has no code");
    check(
        "ehr,lab\nA,\"a\nB,b\n",
        "x.csv:2:3: a cell goes over several lines",
    );
    check(
        "",
        "site.yaml:1:9: x.csv: the file is empty; its first row names the columns",
    );
}

#[test]
fn wrong_columns_are_told_with_their_place() {
    check("ehr,Lab\nA,a\n", "site.yaml:1:33: the file has no column `lab`");
    check(
        "ehr;lab\nA;a\n",
        "site.yaml:1:21: the file has no column `ehr`\nsite.yaml:1:33: the file has no column `lab`",
    );
    check("ehr,lab,ehr\n", "x.csv:1:9: two columns are called `ehr`");
    let wide = format!("ehr,lab{}\n", ",".repeat(99));
    check(&wide, "x.csv:1:1: more than 100 columns in one table");
}

#[test]
fn many_wrong_rows_are_counted() {
    let told = read(SETTINGS, &format!("ehr,lab\n{}", "A\n".repeat(50))).unwrap_err();
    assert_eq!(told.lines().count(), 21, "{told}");
    assert!(told.contains("x.csv: 30 more rows are wrong"), "{told}");
}

#[test]
fn cells_are_bounded() {
    let rows: Vec<String> = (0..=1_000_000).map(|number| format!("{number},")).collect();
    let long = format!("ehr,lab\n{}", rows.join("\n"));
    assert_eq!(
        read(SETTINGS, &long).unwrap_err(),
        "x.csv:1000001:1: more than 2000000 cells in one table"
    );
}

#[test]
fn debug_shows_no_codes() {
    let table = Table::new("t".into(), [("SECRET".to_owned(), "x".to_owned())]);
    assert!(!format!("{table:?}").contains("SECRET"));
}

#[test]
fn one_that_could_not_be_read_knows_nothing() {
    let table = Table::wrong("t".into());
    assert!(table.is_wrong() && !Table::new("t".into(), []).is_wrong());
    assert_eq!(
        (
            table.get("A").as_deref(),
            table.column("value"),
            table.columns().count()
        ),
        (None, None, 0)
    );
}

#[test]
fn rows_are_given_anew_or_stay_as_they_were() {
    let columns = ["npi", "name", "clinic"].map(str::to_owned).to_vec();
    let table = Table::of_columns("providers".into(), columns, Some(1));
    assert_eq!((table.is_empty(), table.get("1")), (true, None));
    let row = |cells: &[&str]| {
        cells
            .iter()
            .map(|cell| Some((*cell).to_owned()))
            .collect::<Vec<_>>()
    };
    table
        .give(0, &[row(&["1", "A", "x"]), row(&["2", "", "y"])])
        .unwrap();
    let check = |code, column, expected| {
        assert_eq!(table.lookup(code, column).as_deref(), expected, "{code} {column}");
    };
    check("1", "name", Some("A"));
    check("2", "name", None);
    check("2", "clinic", Some("y"));
    table.give(0, &[row(&["1", "B", "x"])]).unwrap();
    check("1", "name", Some("B"));
    check("2", "clinic", None);
    let refused = |rows: &[Vec<Option<String>>], expected| assert_eq!(table.give(0, rows), Err(expected));
    refused(
        &[row(&["1", "C", "x"]), row(&["", "C", "x"])],
        RowsError::NoCode(2),
    );
    refused(&[vec![None, None, None]], RowsError::NoCode(1));
    refused(
        &[row(&["1", "C", "x"]), row(&["1", "D", "x"])],
        RowsError::CodeTwice(2),
    );
    refused(&[row(&["1", "C"])], RowsError::Uneven(1));
    check("1", "name", Some("B"));
    assert_eq!(table.len(), 1);
}
