//! `weir explain`: the manual and the dictionary as a reference at the prompt.
//!
//! Says what it is asked from where that is written: a problem from its name, a step from its documentation, a
//! setting from its doc comment, a word of HL7 from the dictionary. A word that is several of these gets them all.

mod dictionary;
mod function;
mod setting;
mod step;
#[cfg(test)]
mod tests;

use std::io::Write;

use clap::Args;

use crate::config::{self, Setting};
use crate::expression::{Doc, FUNCTIONS, OPERATORS};
use crate::hl7::dictionary::{Dictionary, Version};
use crate::problem::{self, ProblemName};
use crate::step::DOCS;

use self::dictionary::Page;
use super::{CannotRun, Finding, text};

/// Explains a word: of HL7, a step, a function, a setting, or a problem that `weir check` found.
///
/// Words of HL7 are fields and their parts (PID-3, PID-3.4), segments (PID), data types (CX), message structures
/// (`ADT_A01`), messages (ADT, ADT^A04), trigger events (A04) and code tables (0001 or HL70001).
/// A setting is a key (retry) or a path (destinations.retry.first). `weir list` shows them all.
#[derive(Args)]
#[command(after_help = "Examples: weir explain PID-3 --version 2.3\n          weir explain translate")]
pub(super) struct Explain {
    /// What to explain.
    #[arg(required = true)]
    word: String,
    /// The version of the standard.
    #[arg(long, default_value_t = Version::COMMON)]
    version: Version,
}

impl Explain {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let word = self.word.trim();
        let settings = config::settings();
        let mut pages: Vec<String> = Vec::new();
        if let Ok(name) = word.parse::<ProblemName>() {
            pages.push(format!(
                "{}\n{}",
                name.as_str(),
                text::wrapped(name.explanation(), "  ")
            ));
        }
        pages.extend(
            DOCS.iter()
                .filter(|doc| doc.kind == word)
                .map(|doc| step::page(doc, &settings)),
        );
        pages.extend(Doc::of(word).map(function::page));
        pages.extend(setting::pages(word, &settings));
        let dictionary = Page {
            dictionary: Dictionary::of(self.version),
        };
        let mut of_hl7 = Vec::new();
        if dictionary.explain(&word.to_ascii_uppercase(), &mut of_hl7)? {
            pages.push(String::from_utf8_lossy(&of_hl7).into_owned());
        }
        if pages.is_empty() {
            let why = format!(
                "{word}: no word of HL7 {}, no step, function, setting or problem",
                self.version
            );
            let near = near(word, &dictionary, &settings);
            return Err(CannotRun::Because(match near.as_slice() {
                [] => format!("{why}; `weir list` shows what there is"),
                _ => format!("{why}; perhaps {}", near.join(", ")),
            }));
        }
        write!(out, "{}", pages.join("\n"))?;
        Ok(Finding::Fine)
    }
}

/// The nearest right words of each kind.
fn near<'a>(word: &str, dictionary: &Page, settings: &'a [Setting]) -> Vec<&'a str> {
    let steps = DOCS.iter().map(|doc| doc.kind);
    let functions = FUNCTIONS.iter().chain(OPERATORS).map(|doc| doc.name);
    let problems = ProblemName::ALL.iter().map(|name| name.as_str());
    let keys = settings.iter().map(|setting| {
        if word.contains('.') {
            setting.path.as_str()
        } else {
            setting.key()
        }
    });
    let ours = [
        problem::nearest(word, steps),
        problem::nearest(word, functions),
        problem::nearest(word, keys),
        problem::nearest(word, problems),
    ];
    let mut near: Vec<&str> = dictionary.near(word);
    // Who writes capitals asks for HL7.
    if word.contains(|letter: char| letter.is_ascii_lowercase()) {
        near.extend(ours.into_iter().flatten());
    }
    near.dedup();
    near
}
