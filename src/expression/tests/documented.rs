//! The documentation is true: every example gives what it says.

use std::fmt::Write as _;

use expect_test::expect_file;

use super::*;

#[test]
fn examples_give_what_they_say() {
    let message = Message::parse(EXAMPLE_MESSAGE.into()).unwrap();
    for doc in OPERATORS {
        for (condition, expected) in doc.examples {
            let shown = holds(condition, &message).to_string();
            assert_eq!(shown, *expected, "{condition}");
        }
    }
    for doc in FUNCTIONS {
        for (call, expected) in doc.examples {
            assert_eq!(rendered(&format!("{{{call}}}"), &message), *expected, "{call}");
        }
    }
}

/// Every operator and function is documented, under its name, with an example of itself.
#[test]
fn everything_is_documented() {
    for operator in Operator::ALL {
        assert!(Doc::of(operator.as_str()).is_some(), "{}", operator.as_str());
    }
    for function in Function::ALL {
        let doc = Doc::of(function.as_str()).unwrap();
        assert_eq!(Function::named(doc.name), Some(function));
        assert!(doc.form.starts_with(&format!("{}(", doc.name)), "{}", doc.form);
    }
    let docs = OPERATORS.iter().chain(FUNCTIONS);
    for doc in docs {
        assert!(!doc.gives.is_empty() && !doc.examples.is_empty(), "{}", doc.name);
        let is_shown = doc.examples.iter().any(|(example, _)| example.contains(doc.name));
        assert!(is_shown, "{}", doc.name);
    }
}

/// `docs/functions.md` is made of the documentation: `UPDATE_EXPECT=1` writes it anew.
#[test]
fn the_reference_is_of_today() {
    let mut page = String::from(
        "# Operators and functions\n\n\
         What stands in conditions and in the holes of values; [routes.md](routes.md) says how they fit together.\n\
         Optional arguments stand in brackets.\n\
         The examples are about this message, received at 14:25:36 on 22 November 2026 in Berlin, and about the table\n",
    );
    writeln!(page, "`{EXAMPLE_TABLE}`.\n").unwrap();
    writeln!(page, "```text\n{}```", EXAMPLE_MESSAGE.replace('\r', "\n")).unwrap();
    for (title, docs) in [("Operators", OPERATORS), ("Functions", FUNCTIONS)] {
        writeln!(page, "\n## {title}").unwrap();
        for doc in docs {
            writeln!(
                page,
                "\n### `{}`\n\n`{}` gives {}.",
                doc.name, doc.form, doc.gives
            )
            .unwrap();
            for line in doc.details.lines() {
                writeln!(page, "{line}").unwrap();
            }
            writeln!(page, "\n| example | gives |\n|---|---|").unwrap();
            for (example, given) in doc.examples {
                let cell = |text: &str| match text {
                    "" => "nothing".to_owned(),
                    text => format!("`{}`", text.replace('|', "\\|")),
                };
                writeln!(page, "| {} | {} |", cell(example), cell(given)).unwrap();
            }
        }
    }
    expect_file![concat!(env!("CARGO_MANIFEST_DIR"), "/docs/functions.md")].assert_eq(&page);
}
