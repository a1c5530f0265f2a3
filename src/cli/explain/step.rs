//! What there is to say of a step: its documentation, with the example that a test runs.

use bytes::Bytes;

use crate::config::Setting;
use crate::step::Doc;

use super::{setting, text};

/// The page of a kind of step.
pub(super) fn page(doc: &Doc, settings: &[Setting]) -> String {
    let mut page = format!("{}  (a step)\n  {}\n\n", doc.kind, doc.summary);
    for sentence in doc.details.lines() {
        page += &text::wrapped(sentence, "  ");
    }
    page += &setting::keys_of(&format!("routes.steps.{}", doc.kind), settings);
    page += "\n  example\n";
    page += &indented(&format!("- {}", doc.example.replace('\n', "\n  ")));
    if !doc.tables.is_empty() {
        page += "  with the tables\n";
        page += &indented(doc.tables);
    }
    page += "  given\n";
    page += &indented(&text::lines(&Bytes::from_static(doc.given.as_bytes())));
    page += "  becomes\n";
    page += &indented(&text::lines(&Bytes::from_static(doc.becomes.as_bytes())));
    page
}

fn indented(lines: &str) -> String {
    let lines: Vec<String> = lines.lines().map(|line| format!("    {line}")).collect();
    lines.join("\n") + "\n"
}
