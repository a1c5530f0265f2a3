//! The step `translate`: replaces a code by what a table has for it.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::paths::{Written, written_field};
use super::{Doc, Run, StepError};
use crate::hl7::FieldPath;
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::table::{Table, Tables};
use crate::typed::Text;

pub(super) const DOC: Doc = Doc {
    kind: "translate",
    summary: "replaces a code by what a table has for it",
    details: "Codes are compared exactly, letter case included; a field without a value is left as it is.\n\
              `otherwise` says what becomes of a code that is not in the table: `fail` (the default: the message \
              goes to the dead letters), `keep`, `clear`, or a value (`{ value: U }`).\n\
              Every miss is counted by table.",
    tables: "patient-class: { I: IP, O: OP }",
    example: "translate: { field: PV1-2, table: patient-class, otherwise: keep }",
    given: "MSH|^~\\&|EHR\rPV1|1|I\r",
    becomes: "MSH|^~\\&|EHR\rPV1|1|IP\r",
};

/// What was typed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The field that holds the code and gets the value.
    pub field: Text,
    /// The name of the table.
    pub table: Text,
    /// What becomes of a code that is not in the table.
    #[serde(default)]
    pub otherwise: Otherwise,
}

/// What becomes of a code that is not in the table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Otherwise {
    /// The message goes to the dead letters. The default: an unknown code is never passed on unasked.
    #[default]
    Fail,
    /// The code stays.
    Keep,
    /// The field is emptied.
    Clear,
    /// The field gets this value.
    Value(String),
}

/// The words for [`Otherwise`] that are no value.
const OTHERWISE_WORDS: &[&str] = &["fail", "keep", "clear"];

impl<'de> Deserialize<'de> for Otherwise {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Otherwise, D::Error> {
        deserializer.deserialize_any(OtherwiseVisitor)
    }
}

struct OtherwiseVisitor;

impl<'de> Visitor<'de> for OtherwiseVisitor {
    type Value = Otherwise;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("`fail`, `keep`, `clear` or a value as `{ value: U }`")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Otherwise, E> {
        match word {
            "fail" => Ok(Otherwise::Fail),
            "keep" => Ok(Otherwise::Keep),
            "clear" => Ok(Otherwise::Clear),
            _ => Err(E::unknown_variant(word, OTHERWISE_WORDS)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Otherwise, A::Error> {
        match map.next_key::<String>()?.as_deref() {
            Some("value") => {
                let Text(value) = map.next_value()?;
                match map.next_key::<String>()? {
                    Some(key) => Err(A::Error::unknown_field(&key, &["value"])),
                    None => Ok(Otherwise::Value(value)),
                }
            }
            Some(key) => Err(A::Error::unknown_field(key, &["value"])),
            None => Err(A::Error::missing_field("value")),
        }
    }
}

/// A field and the table its codes are looked up in.
#[derive(Debug, Clone)]
pub(super) struct Translate {
    field: FieldPath,
    table: Arc<Table>,
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
        let table = tables.get(name).cloned();
        if table.is_none() {
            let problem = Problem::error(
                ProblemName::UnknownTable,
                format!("table `{name}` is not defined"),
            )
            .at(&place.key("table"))
            .nearest(name, tables.keys().map(AsRef::as_ref))
            .help("define it under `tables` in any file of the site");
            problems.push(problem);
        }
        Some(Translate {
            field: field?,
            table: table?,
            otherwise: self.otherwise,
        })
    }
}

impl Translate {
    pub(super) fn table(&self) -> &Arc<Table> {
        &self.table
    }

    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), StepError> {
        let Some(code) = run.message.text(&self.field) else {
            return Ok(());
        };
        let value = match (self.table.get(&code), &self.otherwise) {
            (Some(value), _) => value,
            (None, otherwise) => {
                run.notes.misses.note(self.table.name(), &code);
                match otherwise {
                    Otherwise::Keep => return Ok(()),
                    Otherwise::Clear => "",
                    Otherwise::Value(value) => value,
                    Otherwise::Fail => {
                        let reason = format!("the code is not in table `{}`", self.table.name());
                        return Err(StepError::at(self.field, reason));
                    }
                }
            }
        };
        run.edit(&self.field, |message| message.set(&self.field, value))
    }
}
