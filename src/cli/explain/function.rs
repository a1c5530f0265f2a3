//! What there is to say of a function or an operator: its documentation, with the examples that a test runs.

use bytes::Bytes;

use crate::expression::{Doc, EXAMPLE_MESSAGE, EXAMPLE_TABLE};

use super::text;

/// The page of a function or an operator.
pub(super) fn page(doc: &Doc) -> String {
    let title = format!("{}\n  {}\n", doc.form, doc.gives);
    let details: Vec<String> = doc
        .details
        .lines()
        .map(|sentence| text::wrapped(sentence, "  "))
        .collect();
    let details = if details.is_empty() {
        String::new()
    } else {
        format!("\n{}", details.concat())
    };
    let examples = text::rows(doc.examples);
    let message = text::lines(&Bytes::from_static(EXAMPLE_MESSAGE.as_bytes()));
    let message: Vec<String> = message.lines().map(|line| format!("    {line}\n")).collect();
    let uses_table = doc
        .examples
        .iter()
        .any(|(expression, _)| expression.contains("lookup"));
    let table = if uses_table {
        format!("  and the table\n    {EXAMPLE_TABLE}\n")
    } else {
        String::new()
    };
    format!(
        "{title}{details}\n{examples}\n  with the message\n{}{table}",
        message.concat()
    )
}
