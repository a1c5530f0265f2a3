//! The documentation is true: every example gives what it says.

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
