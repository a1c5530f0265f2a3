//! Steps: what a route does to a message, one file per kind.
//!
//! [`Settings`] are what was typed; [`Settings::check`] finds everything that is wrong with them and gives the
//! running [`Step`]. A step changes the places it names and no others. Steps are pure: the same message in gives
//! the same message out; they do no input or output and ask no clock.
//!
//! To add a kind: one new file with its `Settings`, its `DOC` and its work, and here a `mod` line and an arm
//! wherever the compiler misses one.

mod copy;
mod doc;
mod notes;
mod paths;
mod remove;
mod run;
mod set;
mod translate;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use crate::expression::Condition;
use crate::hl7::Message;
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::table::Table;

pub use doc::Doc;
pub use notes::{Change, Miss, Misses, Notes, StepTrace, Tag};
pub use paths::condition;
pub(crate) use paths::{Written, path};
pub use run::{Run, STEPS_RUN_MAX, StepError, Stop};

/// The tables of the site, by name.
pub type Tables = BTreeMap<Arc<str>, Arc<Table>>;

/// The documentation of every kind, in the order people need them.
pub const DOCS: &[&Doc] = &[&set::DOC, &copy::DOC, &remove::DOC, &translate::DOC];

/// The keys that may stand beside the key of any step.
pub const COMMON_KEYS: &[&str] = &["when", "name"];

/// More entries than any one step needs.
const ENTRIES_MAX: usize = 1_000;

/// How many entries a step has, if it has any and not too many.
fn entry_count(count: usize, verb: &str, place: &Place<'_>, problems: &mut Problems) -> Option<usize> {
    if count == 0 {
        let message = format!("nothing to {verb}");
        problems.push(Problem::error(ProblemName::NothingToDo, message).at(place));
        return None;
    }
    if count > ENTRIES_MAX {
        let message = format!("more than {ENTRIES_MAX} entries in one step");
        problems.push(Problem::error(ProblemName::SiteTooLarge, message).at_key(place));
        return None;
    }
    Some(count)
}

/// A step as typed: its kind with what the kind needs.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settings {
    /// Gives fields values.
    Set(set::Settings),
    /// Copies fields with their structure.
    Copy(copy::Settings),
    /// Takes segments and fields away.
    Remove(remove::Settings),
    /// Replaces a code by what a table has for it.
    Translate(translate::Settings),
}

/// What may stand beside the kind of a step, as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Common {
    /// The step runs only where this holds.
    #[serde(default)]
    pub when: Option<String>,
    /// What to call the step in traces and reasons; without it, its number and kind.
    #[serde(default)]
    pub name: Option<String>,
}

/// A step that can run.
#[derive(Debug, Clone)]
pub struct Step {
    title: Arc<str>,
    when: Option<Condition>,
    kind: Kind,
}

/// What a step does.
#[derive(Debug, Clone)]
enum Kind {
    Set(set::Set),
    Copy(copy::Copy),
    Remove(remove::Remove),
    Translate(translate::Translate),
}

impl Settings {
    /// Finds what is wrong; a step only if nothing is.
    ///
    /// `place` is the entry of `steps`, `number` its number from 1.
    pub fn check(
        self,
        common: Common,
        number: usize,
        place: &Place<'_>,
        tables: &Tables,
        problems: &mut Problems,
    ) -> Option<Step> {
        let when = match common.when {
            Some(text) => condition(&text, &place.key("when"), problems).map(Some),
            None => Some(None),
        };
        let (word, kind) = match self {
            Settings::Set(settings) => ("set", settings.check(&place.key("set"), problems).map(Kind::Set)),
            Settings::Copy(settings) => (
                "copy",
                settings.check(&place.key("copy"), problems).map(Kind::Copy),
            ),
            Settings::Remove(settings) => (
                "remove",
                settings.check(&place.key("remove"), problems).map(Kind::Remove),
            ),
            Settings::Translate(settings) => {
                let translate = settings.check(&place.key("translate"), tables, problems);
                ("translate", translate.map(Kind::Translate))
            }
        };
        let title = match common.name {
            Some(name) => format!("step {number} ({name})"),
            None => format!("step {number} ({word})"),
        };
        Some(Step {
            title: title.into(),
            when: when?,
            kind: kind?,
        })
    }
}

impl Step {
    /// How the step is called in traces and reasons: `step 2 (translate)`.
    pub fn title(&self) -> &Arc<str> {
        &self.title
    }

    /// Whether its condition holds, or it has none.
    fn applies(&self, message: &Message) -> bool {
        self.when.as_ref().is_none_or(|when| when.holds(message))
    }

    /// Does its work, if its condition holds. After a stop the message may be changed in part: it must not be
    /// delivered.
    pub fn run(&self, run: &mut Run<'_>) -> Result<(), Stop> {
        let applies = self.applies(&run.message);
        let number = run.notes.reach(&self.title, applies);
        let done = run
            .count_step()
            .map_err(Stop::from)
            .and_then(|()| if applies { self.kind.run(run) } else { Ok(()) });
        if let Err(stop) = &done {
            run.notes.stopped(number, || stop.to_string());
        }
        done
    }

    /// The table it uses, if any.
    pub fn table(&self) -> Option<&Arc<Table>> {
        match &self.kind {
            Kind::Translate(translate) => Some(translate.table()),
            Kind::Set(_) | Kind::Copy(_) | Kind::Remove(_) => None,
        }
    }
}

impl Kind {
    fn run(&self, run: &mut Run<'_>) -> Result<(), Stop> {
        match self {
            Kind::Set(set) => Ok(set.run(run)?),
            Kind::Copy(copy) => Ok(copy.run(run)?),
            Kind::Remove(remove) => {
                remove.run(run);
                Ok(())
            }
            Kind::Translate(translate) => Ok(translate.run(run)?),
        }
    }
}
