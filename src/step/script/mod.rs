//! The step `script`: what the other steps cannot say, in a small language and a sandbox.
//!
//! The script is compiled when the site is loaded, and what is wrong with it is told at its line, as far as [`check`]
//! can know. It reaches its message and the tables of the site, and nothing else: [`sandbox`] says what it may use,
//! [`api`] what it can do.
//! A script that exceeds a limit fails its message, and no other.

mod api;
mod check;
mod list;
mod number;
mod sandbox;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rhai::{AST, CallFnOptions, Dynamic, EvalAltResult, Position};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::paths::Written;
use super::{Doc, Run, StepError, Stop};
use crate::expression::Known;
use crate::problem::{Place, Problem, ProblemName, Problems, Source};
use crate::table::Tables;
use crate::typed::Text;

use self::api::{Fault, Hand, Held};
use self::sandbox::{OPERATIONS_MAX, SANDBOX, TEXT_BYTES_MAX};

/// The largest script.
pub const SCRIPT_BYTES_MAX: usize = 64 << 10;

/// What is called when the script has run to its end: a call is what carries the message to its functions.
const END: &str = "end_of_script";

pub(super) const DOC: Doc = Doc {
    kind: "script",
    summary: "runs a script, for what the other steps cannot say",
    details: "The language is Rhai; the script stands in place, or in a file below the folder of the site: \
              `script: { file: scripts/x.rhai }`.\n\
              `get(\"PID-5.1\")` is the text of a place, empty where there is no value; `get_raw`, `get_all`, `exists`, \
              `valued`, `is_null`; `count(\"OBX\")` and `count(\"PID-3\")` count segments and repetitions; `segments()` \
              names them.\n\
              Lists are of texts: `for text in get_all(\"OBX[*]-5\") { … }`, `len`, `item(list, 1)`, `join(list, \",\")` and \
              `split(text, \",\")`.\n\
              `set(path, value)`, `set_raw`, `set_null`, `remove(path)` and `insert_after(\"OBX[2]\", \"NTE\")` change the \
              message; `lookup(table, code)` and `lookup(table, code, column)` ask a table and give `()` for a code it \
              does not have.\n\
              `fail(\"reason\")` and `drop(\"reason\")` end the route; the reason must stand in the script as it is.\n\
              There are no files, no clock, no modules and no output; 50,000 operations, texts of 32 KiB, lists of \
              5,000 texts and maps of 32 keys are the most. A script that exceeds a limit, or goes wrong, fails its message.",
    tables: "",
    example: "script: 'for i in 1..=count(\"OBX\") { set(`OBX[${i}]-1`, i); }'",
    given: "MSH|^~\\&|LAB\rOBX|7|NM|GLU\rOBX|7|NM|NA\r",
    becomes: "MSH|^~\\&|LAB\rOBX|1|NM|GLU\rOBX|2|NM|NA\r",
};

/// What was typed: the script, or its file.
#[derive(Debug, Clone)]
pub enum Settings {
    /// The script.
    Text(String),
    /// Where it stands.
    File(File),
}

/// Where a script stands.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The file, relative to the folder of the site and below it.
    pub file: Text,
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Settings, D::Error> {
        deserializer.deserialize_any(SettingsVisitor)
    }
}

impl JsonSchema for Settings {
    fn schema_name() -> Cow<'static, str> {
        "Script".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string" }, generator.subschema_for::<File>()] })
    }
}

struct SettingsVisitor;

impl<'de> Visitor<'de> for SettingsVisitor {
    type Value = Settings;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a script, or `{ file: scripts/x.rhai }`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Settings, E> {
        Ok(Settings::Text(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Settings, A::Error> {
        File::deserialize(MapAccessDeserializer::new(map)).map(Settings::File)
    }
}

/// A compiled script.
#[derive(Clone)]
pub(super) struct Script {
    compiled: Arc<AST>,
    text: Arc<str>,
    tables: Arc<Tables>,
}

impl Settings {
    /// `source` is the file of the script, if it has one that could be read.
    pub(super) fn check(
        self,
        source: Option<&Source>,
        place: &Place<'_>,
        known: Known<'_>,
        problems: &mut Problems,
    ) -> Option<Script> {
        let (text, source) = match (self, source) {
            (Settings::Text(text), _) => (text, None),
            (Settings::File(_), Some(source)) => (source.text.clone(), Some(source.id)),
            // That it could not be read has been told.
            (Settings::File(_), None) => return None,
        };
        if text.len() > SCRIPT_BYTES_MAX {
            let message = format!("the script is larger than {} KiB", SCRIPT_BYTES_MAX >> 10);
            problems.push(Problem::error(ProblemName::SiteTooLarge, message).at_key(place));
            return None;
        }
        let home = Home {
            text: &text,
            source,
            place,
        };
        let compiled = match SANDBOX.compile(&text) {
            Ok(compiled) => compiled,
            Err(error) => {
                let problem = Problem::error(ProblemName::BadScript, error.err_type().to_string());
                problems.push(home.written(error.position()).place(problem, 0, 1));
                return None;
            }
        };
        let errors_before = problems.error_count();
        check::calls(&compiled, &home, known.tables, problems);
        if problems.error_count() > errors_before {
            return None;
        }
        let end = SANDBOX
            .compile(format!("fn {END}() {{}}"))
            .expect("the end is a script");
        Some(Script {
            compiled: Arc::new(compiled.merge(&end)),
            tables: Arc::new(named_tables(&text, known.tables)),
            text: text.into(),
        })
    }
}

/// Where a script stands: in a file of its own, or in the value of a setting.
struct Home<'a> {
    text: &'a str,
    source: Option<usize>,
    place: &'a Place<'a>,
}

impl Home<'_> {
    /// Where a position of the compiler is written.
    fn written(&self, position: Position) -> Written<'_> {
        self.at(offset(self.text, position))
    }

    /// Where the text between quotes at a position is written, if it stands there as it is, without escapes.
    fn literal(&self, text: &str, position: Position) -> Option<Written<'_>> {
        let start = offset(self.text, position) + 1;
        let rest = self.text.get(start..)?;
        rest.starts_with(text).then(|| self.at(start))
    }

    fn at(&self, offset: usize) -> Written<'_> {
        match self.source {
            Some(source) => Written::File(source, offset),
            None => Written::Part(self.place, offset),
        }
    }
}

/// The tables whose names stand in the script: it can ask no other.
fn named_tables(text: &str, tables: &Tables) -> Tables {
    let named = tables.iter().filter(|(name, _)| text.contains(&***name));
    named
        .map(|(name, table)| (Arc::clone(name), Arc::clone(table)))
        .collect()
}

/// Where a position of the compiler stands in the text.
fn offset(text: &str, position: Position) -> usize {
    let line = position.line().unwrap_or(1) - 1;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let column = position.position().unwrap_or(1).saturating_sub(1);
    let characters = text.get(start..).unwrap_or_default().char_indices();
    let within = characters.take(column + 1).last().map_or(0, |(at, _)| at);
    (start + within).min(text.len().saturating_sub(1))
}

impl Script {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), Stop> {
        let held: Held = Arc::new(Mutex::new(Hand {
            message: run.message.clone(),
            scope: run.scope.clone(),
            notes: std::mem::take(run.notes),
            tables: Arc::clone(&self.tables),
            script: Arc::clone(&self.text),
            stop: None,
            written_bytes: 0,
            passed_bytes: 0,
        }));
        let options = CallFnOptions::new().with_tag(Dynamic::from(Arc::clone(&held)));
        let mut variables = rhai::Scope::new();
        let ended: Result<Dynamic, _> =
            SANDBOX.call_fn_with_options(options, &mut variables, &self.compiled, END, ());
        let mut hand = held.lock().unwrap_or_else(PoisonError::into_inner);
        *run.notes = std::mem::take(&mut hand.notes);
        run.message = hand.message.clone();
        match (hand.stop.take(), ended) {
            (Some(stop), _) => Err(stop),
            (None, Err(error)) => Err(StepError::new(reason(&error)).into()),
            (None, Ok(_)) => Ok(()),
        }
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Script({} bytes)", self.text.len())
    }
}

/// Why a script did not come to its end, with its line. Never the words of the engine, which quote values.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the engine has more ways to go wrong than people want to tell apart"
)]
fn reason(error: &EvalAltResult) -> String {
    let mut inner = error;
    while let EvalAltResult::ErrorInFunctionCall(_, _, cause, _) = inner {
        inner = cause;
    }
    let why = match inner {
        EvalAltResult::ErrorTooManyOperations(_) => format!("more than {OPERATIONS_MAX} operations"),
        EvalAltResult::ErrorStackOverflow(_) => "functions call one another too deeply".to_owned(),
        EvalAltResult::ErrorDataTooLarge(..) => {
            format!(
                "a text of more than {} KiB, or a list or map that is too large",
                TEXT_BYTES_MAX >> 10
            )
        }
        EvalAltResult::ErrorTooManyVariables(_) => "too many variables".to_owned(),
        // The name stands in the script, which calls nothing by a name that it puts together.
        EvalAltResult::ErrorFunctionNotFound(called, _) => {
            let name = called.split(' ').next().unwrap_or_default();
            format!("`{name}` does not take such values")
        }
        EvalAltResult::ErrorArithmetic(..) => {
            "a number is too large, no number, or divided by zero".to_owned()
        }
        EvalAltResult::ErrorRuntime(thrown, _) => match thrown.read_lock::<Fault>() {
            Some(fault) => fault.0.clone(),
            None => "the script threw an error, or a value is not of the form that is expected".to_owned(),
        },
        EvalAltResult::ErrorMismatchDataType(..) => "a value is of another type than is expected".to_owned(),
        EvalAltResult::ErrorStringBounds(..)
        | EvalAltResult::ErrorPropertyNotFound(..)
        | EvalAltResult::ErrorIndexNotFound(..) => "there is no such element".to_owned(),
        _ => "the script went wrong".to_owned(),
    };
    match inner.position().line() {
        Some(line) => format!("line {line} of the script: {why}"),
        None => why,
    }
}
