//! The JSON Schema of a site's file, for editors: made from the very types that read it, with their doc comments.
//!
//! A type of settings only derives `JsonSchema`. What the derive cannot know is put right here: which pieces share
//! one mapping, and that durations and sizes are texts with a unit.
//! Says what a value looks like; whether names, paths and conditions are right is said by loading the site.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::time::Duration;

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::typed::{Beside, Pairs, Text, Within};
use crate::{archive, case, destination, listener, route, step, table, units, validation};

use super::sections::{NAME_BYTES_MAX, TRUTH_WORDS};
use super::{alerts, audit, destination as destinations, engine, listener as listeners, look_up};

/// A file of a weir site: any of its sections. Every name is given once in the whole site.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Site")]
#[expect(dead_code, reason = "never made: it is the shape of a file, as a schema")]
struct File {
    /// Where messages are kept and where the metrics are; once in the whole site.
    engine: Option<engine::Settings>,
    /// Where the history of messages is kept, and how long; `off` where none is. Once in the whole site.
    archive: Option<ArchiveOrOff>,
    /// How long the audit log is kept, and which audit record repositories get it; once in the whole site.
    audit: Option<audit::Settings>,
    /// What is worth telling people, whom, and when not; once in the whole site.
    alerts: Option<alerts::Settings>,
    /// The doors: where messages come in, by name.
    listeners: Option<Named<Beside<Within<listener::Settings, listeners::Replies>, listeners::Common>>>,
    /// The exits: where messages go, by name.
    destinations: Option<Named<Beside<destination::Settings, destinations::Common>>>,
    /// Code tables, by name: the code on the left, what it becomes on the right; or the CSV file or database that
    /// holds them.
    tables: Option<Named<Table>>,
    /// What messages are validated against beyond their version, by name.
    profiles: Option<Named<Beside<validation::Settings, Inherits>>>,
    /// The rules between listeners and destinations, by name.
    routes: Option<Named<Beside<route::Settings, Apart>>>,
    /// Messages and what must come of them, by the name of the route.
    cases: Option<Named<Vec<case::Settings>>>,
}

/// The key of a profile that is read apart from the others.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "never made: it is part of the shape of a profile")]
struct Inherits {
    /// The version of HL7, or the profile, that this one begins with.
    inherits: Option<Text>,
}

/// The keys of a route that are read apart from the others.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "never made: it is part of the shape of a route")]
struct Apart {
    /// What is done to the message, in order.
    #[serde(default)]
    steps: Vec<step::Entry>,
    /// Messages and what must come of them: `weir test` runs them.
    #[serde(default)]
    cases: Vec<case::Settings>,
}

/// The schema of every file of a site.
pub fn schema() -> Schema {
    let mut settings = SchemaSettings::draft07();
    // Editors show a setting with its own words; a reference has none beside it in this version of JSON Schema.
    settings.inline_subschemas = true;
    let mut schema = settings.into_generator().into_root_schema_for::<File>();
    RecursiveTransform(units_as_typed).transform(&mut schema);
    RecursiveTransform(sentences_on_one_line).transform(&mut schema);
    schema
}

/// A table: its codes, or the file or database that holds them.
enum Table {}

impl JsonSchema for Table {
    fn schema_name() -> Cow<'static, str> {
        "Table".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let of_file = generator.subschema_for::<table::Settings>();
        let of_database = generator.subschema_for::<look_up::Settings>();
        let mut codes = generator.subschema_for::<Pairs<Text>>();
        codes.insert(
            "not".to_owned(),
            json!({ "anyOf": [{ "required": ["file"] }, { "required": ["sql"] }] }),
        );
        json_schema!({ "anyOf": [of_file, of_database, codes] })
    }
}

/// The settings of the archive, or that there is none.
enum ArchiveOrOff {}

impl JsonSchema for ArchiveOrOff {
    fn schema_name() -> Cow<'static, str> {
        "ArchiveOrOff".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let settings = generator.subschema_for::<archive::Settings>();
        // Some readers of YAML take the word for a truth value.
        json_schema!({ "anyOf": [settings, { "enum": ["off", false] }] })
    }
}

/// Pieces by their names.
struct Named<Piece>(PhantomData<Piece>);

impl<Piece: JsonSchema> JsonSchema for Named<Piece> {
    fn schema_name() -> Cow<'static, str> {
        format!("Named{}", Piece::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "propertyNames": {
                "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
                "maxLength": NAME_BYTES_MAX,
                "not": { "enum": TRUTH_WORDS },
            },
            "additionalProperties": generator.subschema_for::<Piece>(),
        })
    }
}

/// A [`Duration`] among settings is always a text like `30s`, and what is called `…_bytes_max` one like `16MiB`,
/// whatever Rust counts them in.
fn units_as_typed(schema: &mut Schema) {
    if schema
        .get("properties")
        .is_some_and(|properties| properties.get("secs").is_some())
    {
        let defaults_and_words = ["default", "description"].map(|key| (key, schema.remove(key)));
        *schema = json_schema!({ "type": "string", "pattern": units::DURATION_PATTERN });
        for (key, value) in defaults_and_words {
            let value = value.map(|value| duration_text(&value).map_or(value, Value::String));
            schema
                .ensure_object()
                .extend(value.map(|value| (key.to_owned(), value)));
        }
    }
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    let sizes = properties
        .into_iter()
        .flatten()
        .filter(|(name, _)| name.ends_with("_bytes_max"));
    for (_, size) in sizes {
        let Some(size) = size.as_object_mut() else {
            continue;
        };
        for key in ["format", "minimum"] {
            size.remove(key);
        }
        size.insert("type".to_owned(), "string".into());
        size.insert("pattern".to_owned(), units::SIZE_PATTERN.into());
        if let Some(bytes) = size.get("default").and_then(Value::as_u64) {
            size.insert("default".to_owned(), units::size_text(bytes).into());
        }
    }
}

/// The text for what serde makes of a [`Duration`].
fn duration_text(value: &Value) -> Option<String> {
    let duration: Duration = serde_json::from_value(value.clone()).ok()?;
    Some(units::duration_text(duration))
}

/// Doc comments are wrapped where the code is; an editor wraps by itself.
fn sentences_on_one_line(schema: &mut Schema) {
    if let Some(Value::String(text)) = schema.get_mut("description") {
        let paragraphs: Vec<String> = text
            .split("\n\n")
            .map(|paragraph| paragraph.replace('\n', " "))
            .collect();
        *text = paragraphs.join("\n\n");
    }
}
