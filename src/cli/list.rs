//! `weir list`: the words there are, a line each, for `weir explain` to say more of.

use std::io::Write;

use clap::{Args, ValueEnum};

use crate::config::{self, Setting};
use crate::problem::ProblemName;
use crate::step::DOCS;

use super::{CannotRun, Finding, text};

/// Lists steps, listeners, destinations, settings or problems; without a word, a line of each.
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
            let name = topic
                .to_possible_value()
                .map(|value| value.get_name().to_owned())
                .unwrap_or_default();
            let words: Vec<&str> = topic.rows(&settings).iter().map(|(word, _)| *word).collect();
            let shown = match topic {
                Topic::Settings => format!("{} of them", words.len()),
                Topic::Steps | Topic::Listeners | Topic::Destinations | Topic::Problems => words.join(", "),
            };
            write!(out, "{name}\n{}", text::wrapped(&shown, "  "))?;
        }
        Ok(Finding::Fine)
    }
}

impl Topic {
    fn rows(self, settings: &[Setting]) -> Vec<Row<'_>> {
        match self {
            Topic::Steps => DOCS.iter().map(|doc| (doc.kind, doc.summary)).collect(),
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

fn kinds<'a>(section: &str, settings: &'a [Setting]) -> Vec<Row<'a>> {
    let kinds = settings
        .iter()
        .filter(|setting| setting.is_kind && setting.parent() == section);
    kinds
        .map(|kind| (kind.key(), text::first_sentence(&kind.description)))
        .collect()
}
