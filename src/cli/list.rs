//! `weir list`: the words there are, a line each, for `weir explain` to say more of.

use std::io::Write;

use clap::{Args, ValueEnum};

use crate::config::{self, Setting};
use crate::expression::{Doc, FUNCTIONS, OPERATORS};
use crate::problem::ProblemName;
use crate::step::DOCS;

use super::{CannotRun, Finding, text};

/// Lists steps, functions, operators, kinds, settings or problems; without a word, some of each.
///
/// `weir explain WORD` says more of any of them.
#[derive(Args)]
#[command(after_help = "Example: weir list steps")]
pub(super) struct List {
    /// What to list.
    what: Option<Topic>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Topic {
    /// What a route can do to a message.
    Steps,
    /// What makes a value of values, in a condition or in the hole of a value.
    Functions,
    /// What a condition asks.
    Operators,
    /// Kinds of listeners.
    Listeners,
    /// Kinds of destinations.
    Destinations,
    /// Every setting, by its path.
    Settings,
    /// What `weir check` can find.
    Problems,
}

/// A word and the first thing to know of it.
type Row<'a> = (&'a str, &'a str);

impl List {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let settings = config::settings();
        if let Some(topic) = self.what {
            write!(out, "{}", text::rows(&topic.rows(&settings)))?;
            return Ok(Finding::Fine);
        }
        for topic in Topic::value_variants() {
            let name = topic.to_possible_value();
            let name = name.map_or_else(String::new, |value| value.get_name().to_owned());
            write!(out, "{name}\n{}", text::wrapped(&topic.in_short(&settings), "  "))?;
        }
        Ok(Finding::Fine)
    }
}

impl Topic {
    /// The words alone, or how many there are.
    fn in_short(self, settings: &[Setting]) -> String {
        let names = |docs: &[Doc]| docs.iter().map(|doc| doc.name).collect::<Vec<_>>().join(", ");
        match self {
            Topic::Functions => names(FUNCTIONS),
            Topic::Operators => names(OPERATORS),
            Topic::Settings => format!("{} of them", settings.len()),
            Topic::Steps | Topic::Listeners | Topic::Destinations | Topic::Problems => {
                let words: Vec<&str> = self.rows(settings).iter().map(|(word, _)| *word).collect();
                words.join(", ")
            }
        }
    }

    fn rows(self, settings: &[Setting]) -> Vec<Row<'_>> {
        match self {
            Topic::Steps => DOCS.iter().map(|doc| (doc.kind, doc.summary)).collect(),
            Topic::Functions => words(FUNCTIONS),
            Topic::Operators => words(OPERATORS),
            Topic::Listeners => kinds("listeners", settings),
            Topic::Destinations => kinds("destinations", settings),
            Topic::Settings => {
                let rows = settings.iter();
                rows.map(|setting| (setting.path.as_str(), text::first_sentence(&setting.description)))
                    .collect()
            }
            Topic::Problems => {
                let names = ProblemName::ALL.iter();
                names
                    .map(|name| (name.as_str(), text::first_sentence(name.explanation())))
                    .collect()
            }
        }
    }
}

fn words(docs: &'static [Doc]) -> Vec<Row<'static>> {
    docs.iter().map(|doc| (doc.form, doc.gives)).collect()
}

fn kinds<'a>(section: &str, settings: &'a [Setting]) -> Vec<Row<'a>> {
    let kinds = settings
        .iter()
        .filter(|setting| setting.is_kind && setting.parent() == section);
    kinds
        .map(|kind| (kind.key(), text::first_sentence(&kind.description)))
        .collect()
}
