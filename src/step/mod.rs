//! Steps: what a route does to a message, one file per kind.
//!
//! [`Settings`] are what was typed; [`Settings::check`] finds everything that is wrong with them and gives the
//! running [`Step`]. A step changes the places it names and no others. Steps are pure: the same message in gives
//! the same message out; they do no input or output and ask no clock.
//!
//! To add a kind: one new file with its `Settings`, its `DOC` and its work, and here a `mod` line and an arm
//! wherever the compiler misses one.

mod body;
mod changes;
mod clear;
mod copy;
mod doc;
mod drop;
mod each;
mod entry;
mod fail;
mod for_each;
mod format_date;
mod group;
mod r#if;
mod insert;
mod moment;
mod r#move;
mod notes;
mod otherwise;
mod paths;
mod reject;
mod remove;
mod rename;
mod replace;
mod run;
mod script;
mod set;
mod set_null;
mod set_raw;
mod split;
mod swap;
mod tag;
#[cfg(test)]
mod tests;
mod translate;
mod validate;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use self::for_each::ForEach;
use crate::expression::{Condition, Known};
use crate::problem::{Place, Problem, ProblemName, Problems, Source};
use crate::typed::Text;
use crate::validation::Profile;

pub use body::{Bodies, DEPTH_MAX, body_keys};
pub use doc::Doc;
pub use each::{GroupSettings, Settings as EachSettings};
pub use entry::Entry;
pub use notes::{Change, Miss, Misses, Notes, OPERATIONS_BYTES_MAX, OPERATIONS_MAX, StepTrace, Tag};
pub use paths::condition;
pub(crate) use paths::{Written, read as path};
pub use run::{Run, StepError, Stop};
pub use script::SCRIPT_BYTES_MAX;

/// The documentation of every kind, in the order people need them.
pub const DOCS: &[&Doc] = &[
    &set::DOC,
    &set_raw::DOC,
    &set_null::DOC,
    &clear::DOC,
    &copy::DOC,
    &r#move::DOC,
    &swap::DOC,
    &remove::DOC,
    &insert::DOC,
    &rename::DOC,
    &replace::DOC,
    &translate::DOC,
    &format_date::DOC,
    &script::DOC,
    &r#if::DOC,
    &for_each::DOC,
    &split::DOC,
    &validate::DOC,
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
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Settings {
    /// Gives fields values.
    Set(set::Settings),
    /// Gives fields values, delimiters included.
    SetRaw(set::Settings),
    /// Gives fields the HL7 null.
    SetNull(clear::Settings),
    /// Empties fields.
    Clear(clear::Settings),
    /// Copies fields with their structure.
    Copy(copy::Settings),
    /// Moves fields with their structure.
    Move(r#move::Settings),
    /// Swaps fields with their structure.
    Swap(swap::Settings),
    /// Takes segments and fields away.
    Remove(remove::Settings),
    /// Adds a segment.
    Insert(insert::Settings),
    /// Gives segments another name.
    Rename(rename::Settings),
    /// Replaces what a regular expression finds.
    Replace(replace::Settings),
    /// Replaces a code by what a table has for it.
    Translate(translate::Settings),
    /// Writes dates in another form.
    FormatDate(format_date::Settings),
    /// Runs a script.
    Script(script::Settings),
    /// Runs steps where a condition holds, others where it does not.
    If(r#if::Settings),
    /// Runs steps for each segment, repetition of a field, or group.
    ForEach(for_each::Settings),
    /// Makes one message of each group or segment.
    Split(split::Settings),
    /// Checks the message against its version and a profile.
    Validate(validate::Settings),
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
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
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
    /// Whether it stands within another step.
    pub is_within: bool,
    /// The keys that any step may have.
    pub common: Common,
    /// The lists of steps within it, under the keys of [`body_keys`].
    pub bodies: Bodies,
    /// The file it names, if it is a script in one of its own.
    pub script: Option<Arc<Source>>,
    /// The profile that [`Settings::profile`] names, if it is one.
    pub profile: Option<Profile>,
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
    Clear(clear::Clear),
    Copy(copy::Copy),
    Move(r#move::Move),
    Swap(swap::Swap),
    Remove(remove::Remove),
    Insert(insert::Insert),
    Rename(rename::Rename),
    Replace(replace::Replace),
    Translate(translate::Translate),
    FormatDate(format_date::FormatDate),
    Script(script::Script),
    If(r#if::If),
    ForEach(ForEach),
    Split(split::Split),
    Validate(validate::Validate),
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
            is_within,
            common,
            bodies,
            script,
            profile,
        } = beside;
        let written = common.when.clone();
        let mut when = match common.when {
            Some(text) => condition(&text, &place.key("when"), known, problems).map(Some),
            None => Some(None),
        };
        if let (Settings::Remove(settings), Some(text), false) = (&self, &written, is_within) {
            settings.warn_of_unasked(text, place, problems);
        }
        let word = self.word();
        let at = place.key(word);
        let kind = match self {
            Settings::Set(settings) => settings.check(&at, known, problems).map(Kind::Set),
            Settings::SetRaw(settings) => settings.check_raw(&at, known, problems).map(Kind::Set),
            Settings::SetNull(settings) => settings.check_null(&at, problems).map(Kind::Clear),
            Settings::Clear(settings) => settings.check(&at, problems).map(Kind::Clear),
            Settings::Copy(settings) => settings.check(&at, problems).map(Kind::Copy),
            Settings::Move(settings) => settings.check(&at, problems).map(Kind::Move),
            Settings::Swap(settings) => settings.check(&at, problems).map(Kind::Swap),
            Settings::Remove(settings) => settings.check(&at, known, problems).map(Kind::Remove),
            Settings::Insert(settings) => settings.check(&at, known, problems).map(Kind::Insert),
            Settings::Rename(settings) => settings.check(&at, problems).map(Kind::Rename),
            Settings::Replace(settings) => settings.check(&at, problems).map(Kind::Replace),
            Settings::FormatDate(settings) => settings.check(&at, problems).map(Kind::FormatDate),
            Settings::Script(settings) => {
                let script = settings.check(script.as_deref(), &at, known, problems);
                script.map(Kind::Script)
            }
            Settings::Translate(settings) => settings.check(&at, known.tables, problems).map(Kind::Translate),
            Settings::If(settings) => settings.check(bodies, place, known, problems).map(Kind::If),
            Settings::ForEach(settings) => {
                // The condition is asked for each, not once.
                let when = when.as_mut().and_then(Option::take);
                ForEach::check(settings, when, bodies, place, problems).map(Kind::ForEach)
            }
            Settings::Split(settings) => settings.check(is_within, &at, problems).map(Kind::Split),
            Settings::Validate(settings) => settings.check(profile, &at, problems).map(Kind::Validate),
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

    /// The profile that the step names.
    pub fn profile(&self) -> Option<&str> {
        let Settings::Validate(settings) = self else {
            return None;
        };
        settings.profile.as_ref().map(|Text(name)| name.as_str())
    }

    /// The key that says the kind.
    fn word(&self) -> &'static str {
        match self {
            Settings::Set(_) => "set",
            Settings::SetRaw(_) => "set_raw",
            Settings::SetNull(_) => "set_null",
            Settings::Clear(_) => "clear",
            Settings::Copy(_) => "copy",
            Settings::Move(_) => "move",
            Settings::Swap(_) => "swap",
            Settings::Remove(_) => "remove",
            Settings::Insert(_) => "insert",
            Settings::Rename(_) => "rename",
            Settings::Replace(_) => "replace",
            Settings::FormatDate(_) => "format_date",
            Settings::Script(_) => "script",
            Settings::Translate(_) => "translate",
            Settings::If(_) => "if",
            Settings::ForEach(_) => "for_each",
            Settings::Split(_) => "split",
            Settings::Validate(_) => "validate",
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
            .count_step()
            .map_err(Stop::from)
            .and_then(|()| if applies { self.kind.run(run) } else { Ok(()) })
            // What a step looked at too much for was not looked at in full: its work is not to be used.
            .and_then(|()| Ok(run.notes.count_looked(run.context)?));
        done.map_err(|stop| {
            run.notes.stopped(number, || stop.to_string());
            stop.of_step(&self.title)
        })
    }
}

impl Kind {
    fn run(&self, run: &mut Run<'_>) -> Result<(), Stop> {
        match self {
            Kind::Set(set) => Ok(set.run(run)?),
            Kind::Clear(clear) => Ok(clear.run(run)?),
            Kind::Copy(copy) => Ok(copy.run(run)?),
            Kind::Move(r#move) => Ok(r#move.run(run)?),
            Kind::Swap(swap) => Ok(swap.run(run)?),
            Kind::Insert(insert) => Ok(insert.run(run)?),
            Kind::Rename(rename) => Ok(rename.run(run)?),
            Kind::Replace(replace) => Ok(replace.run(run)?),
            Kind::FormatDate(format_date) => Ok(format_date.run(run)?),
            Kind::Script(script) => script.run(run),
            Kind::Remove(remove) => Ok(remove.run(run)?),
            Kind::Translate(translate) => Ok(translate.run(run)?),
            Kind::If(inner) => inner.run(run),
            Kind::ForEach(each) => each.run(run),
            Kind::Split(split) => Ok(split.run(run)?),
            Kind::Validate(validate) => validate.run(run),
            Kind::Tag(tag) => Ok(tag.run(run)?),
            Kind::Drop(drop) => Err(drop.stop()),
            Kind::Reject(reject) => Err(reject.stop()),
            Kind::Fail(fail) => Err(fail.stop()),
        }
    }
}
