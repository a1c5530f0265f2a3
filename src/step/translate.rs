//! The step `translate`: replaces a code by what a table has for it.

use std::borrow::Cow;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::otherwise::Otherwise;
use super::paths::{Written, written_field};
use super::{Doc, Run, StepError, entry_count};
use crate::hl7::{FieldPath, Places, Selector};
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::table::{Table, Tables};
use crate::typed::{Pairs, Text};

pub(super) const DOC: Doc = Doc {
    kind: "translate",
    summary: "replaces a code by what a table has for it",
    details: "Codes are compared exactly, letter case included; a field without a value is left as it is.\n\
              `otherwise` says what becomes of a code that is not in the table, or has an empty cell there: `fail` \
              (the default: the message goes to the dead letters), `keep`, `clear`, or a value (`{ value: U }`).\n\
              `column` names the column that the field gets, where the table has several; `into` gives several \
              fields their columns by one code, instead of the field itself: `into: { OBX-3.1: loinc, OBX-3.2: name }`. \
              Each of them that the table has nothing for gets what `otherwise` says; the field keeps the code, unless \
              it is one of them.\n\
              A path with `[*]` translates each place by itself.\n\
              Every miss is counted by table and listed by code.",
    tables: "patient-class: { I: IP, O: OP }",
    example: "translate: { field: PV1-2, table: patient-class, otherwise: keep }",
    given: "MSH|^~\\&|EHR\rPV1|1|I\r",
    becomes: "MSH|^~\\&|EHR\rPV1|1|IP\r",
};

/// What was typed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The field that holds the code and gets the value.
    pub field: Text,
    /// The name of the table.
    pub table: Text,
    /// The column of the value, where the table has several.
    #[serde(default)]
    pub column: Option<Text>,
    /// Fields and their columns, instead of the field that holds the code.
    #[serde(default)]
    pub into: Option<Pairs<Text>>,
    /// What a field gets for a code that is not in the table, or has an empty cell there.
    #[serde(default)]
    pub otherwise: Otherwise,
}

/// A field and the table its codes are looked up in.
#[derive(Debug, Clone)]
pub(super) struct Translate {
    field: Selector,
    table: Arc<Table>,
    /// What gets a value, and from which column; `None` is the field itself.
    targets: Vec<(Option<Selector>, usize)>,
    otherwise: Otherwise,
}

impl Settings {
    pub(super) fn check(
        self,
        place: &Place<'_>,
        tables: &Tables,
        problems: &mut Problems,
    ) -> Option<Translate> {
        let field = written_field(&self.field.0, Written::Value(&place.key("field")), problems);
        let name = self.table.0.as_str();
        let Some(table) = tables.get(name) else {
            let message = format!("table `{name}` is not defined");
            let problem = Problem::error(ProblemName::UnknownTable, message)
                .at(&place.key("table"))
                .nearest(name, tables.keys().map(AsRef::as_ref))
                .help("define it under `tables` in any file of the site");
            problems.push(problem);
            return None;
        };
        let own = |column: usize| vec![(None, column)];
        let targets = match (self.column, self.into) {
            (Some(_), Some(_)) => {
                let message = "`column` and `into` cannot stand in one step";
                let problem = Problem::error(ProblemName::ContradictoryStep, message);
                problems.push(
                    problem
                        .at_key(&place.key("column"))
                        .help("name the field itself in `into`"),
                );
                return None;
            }
            (Some(Text(name)), None) => column(table, &name, &place.key("column"), problems).map(own),
            (None, None) => default_column(table, &place.key("table"), problems).map(own),
            (None, Some(pairs)) => into(pairs, field.as_ref(), table, &place.key("into"), problems),
        };
        Some(Translate {
            field: field?,
            table: Arc::clone(table),
            targets: targets?,
            otherwise: self.otherwise,
        })
    }
}

fn column(table: &Table, name: &str, at: &Place<'_>, problems: &mut Problems) -> Option<usize> {
    let column = table.column(name);
    if column.is_none() && !table.is_wrong() {
        let known: Vec<&str> = table.columns().collect();
        let help = format!("its columns are `{}`", known.join("`, `"));
        let message = format!("table `{}` has no column `{name}`", table.name());
        let problem = Problem::error(ProblemName::UnknownColumn, message);
        problems.push(problem.at(at).nearest(name, known).help(help));
    }
    column
}

fn default_column(table: &Table, at: &Place<'_>, problems: &mut Problems) -> Option<usize> {
    let column = table.default_column();
    if column.is_none() && !table.is_wrong() {
        let known: Vec<&str> = table.columns().collect();
        let message = format!("table `{}` has several columns, and none is named", table.name());
        let help = format!(
            "add `column:` with one of `{}`, or `value:` to the table",
            known.join("`, `")
        );
        problems.push(
            Problem::error(ProblemName::UnknownColumn, message)
                .at(at)
                .help(help),
        );
    }
    column
}

fn into(
    Pairs(pairs): Pairs<Text>,
    field: Option<&Selector>,
    table: &Table,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<Vec<(Option<Selector>, usize)>> {
    let count = entry_count(pairs.len(), "translate", place, problems)?;
    if let Some(field) = field.filter(|field| field.is_many()) {
        let message = format!("{field} means several codes, and `into` takes the columns of one");
        let help = "repeat the step for each with `for_each`";
        problems.push(
            Problem::error(ProblemName::ContradictoryStep, message)
                .at_key(place)
                .help(help),
        );
        return None;
    }
    let mut others = Vec::with_capacity(count);
    for (path, Text(name)) in pairs {
        let at = place.key(&path);
        let path = written_field(&path, Written::Key(&at), problems);
        let column = column(table, &name, &at, problems);
        others.extend(path.zip(column).map(|(path, column)| (Some(path), column)));
    }
    (others.len() == count).then_some(others)
}

impl Translate {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), StepError> {
        for place in run.places(&self.field) {
            let Some(code) = run.message.text(&place) else {
                continue;
            };
            let code = code.into_owned();
            self.translate(&code, place, run)?;
        }
        Ok(())
    }

    /// Gives each target what the code at this place has in its column.
    fn translate(&self, code: &str, place: FieldPath, run: &mut Run<'_>) -> Result<(), StepError> {
        let is_missed = |(_, column): &(Option<Selector>, usize)| self.table.cell(code, *column).is_none();
        if self.targets.iter().any(is_missed) {
            // One code, one miss, whatever it was to fill.
            run.notes.misses.note(self.table.name(), code);
        }
        for (target, column) in &self.targets {
            let value = match self.table.cell(code, *column) {
                Some(value) => Some(value),
                None => self.otherwise(code, place)?.map(Cow::Borrowed),
            };
            let Some(value) = value else { continue };
            let own = Places::from_slice(&[place]);
            for place in target.as_ref().map_or(own, |target| run.places(target)) {
                run.edit(&place, |message| message.set(&place, &value))?;
            }
        }
        Ok(())
    }

    /// What a target gets if the table has nothing for the code at this place; `None` to keep what it has.
    fn otherwise(&self, code: &str, place: FieldPath) -> Result<Option<&str>, StepError> {
        let reason = if self.table.has(code) {
            format!("the code has no value in table `{}`", self.table.name())
        } else {
            format!("the code is not in table `{}`", self.table.name())
        };
        let value = self.otherwise.value(&reason);
        value.map_err(|reason| StepError::at(place, reason))
    }
}
