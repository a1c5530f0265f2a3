//! Steps: what a route does to a message, one file per kind.
//!
//! [`Settings`] are what was typed; [`Settings::check`] finds everything that is wrong with them and gives the
//! running [`Step`]. A step changes the places it names and no others. Steps are pure: the same message in gives
//! the same message out; they do no input or output and ask no clock.
//!
//! To add a kind: one new file with its `Settings`, its `DOC` and its work, and here a `mod` line and an arm
//! wherever the compiler misses one.

mod body;
mod copy;
mod doc;
mod drop;
mod fail;
mod r#if;
mod notes;
mod paths;
mod reject;
mod remove;
mod run;
mod set;
mod tag;
mod translate;

use std::sync::Arc;

use serde::Deserialize;

use crate::expression::{Condition, Known};
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::table::Table;

pub use body::{Bodies, DEPTH_MAX, body_keys};
pub use doc::Doc;
pub use notes::{Change, Miss, Misses, Notes, STEPS_RUN_MAX, StepTrace, Tag};
pub use paths::condition;
pub use run::{Run, StepError, Stop};

/// The documentation of every kind, in the order people need them.
pub const DOCS: &[&Doc] = &[
    &set::DOC,
    &copy::DOC,
    &remove::DOC,
    &translate::DOC,
    &r#if::DOC,
    &tag::DOC,
    &drop::DOC,
    &reject::DOC,
    &fail::DOC,
];

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
    /// Runs steps where a condition holds, others where it does not.
    If(r#if::Settings),
    /// Gives the message named values.
    Tag(tag::Settings),
    /// Ends the route for a message it does not want.
    Drop(drop::Settings),
    /// Tells the sender that the message is not accepted.
    Reject(reject::Settings),
    /// Makes the message a dead letter.
    Fail(fail::Settings),
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

/// What stands around the settings of a step.
#[derive(Debug)]
pub struct Beside {
    /// Where it stands among the steps: `2`, or `2.1` within the second.
    pub number: String,
    /// The keys that any step may have.
    pub common: Common,
    /// The lists of steps within it, under the keys of [`body_keys`].
    pub bodies: Bodies,
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
    If(r#if::If),
    Tag(tag::Tag),
    Drop(drop::Drop),
    Reject(reject::Reject),
    Fail(fail::Fail),
}

impl Settings {
    /// Finds what is wrong; a step only if nothing is. `place` is the entry of `steps`.
    pub fn check(
        self,
        beside: Beside,
        place: &Place<'_>,
        known: Known<'_>,
        problems: &mut Problems,
    ) -> Option<Step> {
        let Beside {
            number,
            common,
            bodies,
        } = beside;
        let when = match common.when {
            Some(text) => condition(&text, &place.key("when"), known, problems).map(Some),
            None => Some(None),
        };
        let word = self.word();
        let at = place.key(word);
        let kind = match self {
            Settings::Set(settings) => settings.check(&at, known, problems).map(Kind::Set),
            Settings::Copy(settings) => settings.check(&at, problems).map(Kind::Copy),
            Settings::Remove(settings) => settings.check(&at, problems).map(Kind::Remove),
            Settings::Translate(settings) => settings.check(&at, known.tables, problems).map(Kind::Translate),
            Settings::If(settings) => settings.check(bodies, place, known, problems).map(Kind::If),
            Settings::Tag(settings) => settings.check(&at, known, problems).map(Kind::Tag),
            Settings::Drop(settings) => settings.check(&at, problems).map(Kind::Drop),
            Settings::Reject(settings) => settings.check(&at, problems).map(Kind::Reject),
            Settings::Fail(settings) => settings.check(&at, problems).map(Kind::Fail),
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

    /// The key that says the kind.
    fn word(&self) -> &'static str {
        match self {
            Settings::Set(_) => "set",
            Settings::Copy(_) => "copy",
            Settings::Remove(_) => "remove",
            Settings::Translate(_) => "translate",
            Settings::If(_) => "if",
            Settings::Tag(_) => "tag",
            Settings::Drop(_) => "drop",
            Settings::Reject(_) => "reject",
            Settings::Fail(_) => "fail",
        }
    }
}

impl Step {
    /// Does its work, if its condition holds. After a stop the message may be changed in part: it must not be
    /// delivered.
    pub fn run(&self, run: &mut Run<'_>) -> Result<(), Stop> {
        let applies = self.when.as_ref().is_none_or(|when| when.holds(&run.view()));
        let number = run.notes.reach(&self.title, applies);
        let done = run
            .notes
            .count_step()
            .map_err(Stop::from)
            .and_then(|()| if applies { self.kind.run(run) } else { Ok(()) });
        done.map_err(|stop| {
            run.notes.stopped(number, || stop.to_string());
            stop.of_step(&self.title)
        })
    }

    /// The tables that it and the steps within it use.
    pub fn tables(&self) -> Vec<&Arc<Table>> {
        match &self.kind {
            Kind::Translate(translate) => vec![translate.table()],
            Kind::If(inner) => inner.steps().flat_map(Step::tables).collect(),
            Kind::Set(_)
            | Kind::Copy(_)
            | Kind::Remove(_)
            | Kind::Tag(_)
            | Kind::Drop(_)
            | Kind::Reject(_)
            | Kind::Fail(_) => Vec::new(),
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
            Kind::If(inner) => inner.run(run),
            Kind::Tag(tag) => Ok(tag.run(run)?),
            Kind::Drop(drop) => Err(drop.stop()),
            Kind::Reject(reject) => Err(reject.stop()),
            Kind::Fail(fail) => Err(fail.stop()),
        }
    }
}
