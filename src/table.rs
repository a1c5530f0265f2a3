//! Code tables: a code on the left, what it becomes on the right.
//!
//! Written in the site, read by the step `translate`. Codes are compared exactly, letter case included.
//! Knows no message and no file; a code that is not there is reported by who asked, never logged with its value.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The tables of a site, by name.
pub type Tables = BTreeMap<Arc<str>, Arc<Table>>;

/// A table with its name.
#[derive(Debug)]
pub struct Table {
    name: Arc<str>,
    values: HashMap<String, String>,
}

impl Table {
    /// A table of these codes; of a code given twice the first counts.
    pub fn new(name: Arc<str>, codes: impl IntoIterator<Item = (String, String)>) -> Table {
        let mut values = HashMap::new();
        for (code, value) in codes {
            values.entry(code).or_insert(value);
        }
        Table { name, values }
    }

    /// The name in the site.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// What a code becomes.
    pub fn get(&self, code: &str) -> Option<&str> {
        self.values.get(code).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_exact_and_the_first_counts() {
        let pairs = [("I", "IN"), ("E", "ER"), ("I", "other"), ("", "none")];
        let table = Table::new(
            "class".into(),
            pairs.map(|(code, value)| (code.into(), value.into())),
        );
        let check = |code, expected| assert_eq!(table.get(code), expected, "{code:?}");
        check("I", Some("IN"));
        check("E", Some("ER"));
        check("", Some("none"));
        check("i", None);
        check("I ", None);
    }
}
