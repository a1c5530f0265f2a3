//! One entry of a list of steps, as a schema: its kind, the keys that may stand beside any kind, and lists of steps
//! within it.
//!
//! Never made: steps are read piece by piece, so that one that is wrong hides no other.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::{Common, Settings, body_keys};
use crate::typed::Beside;

/// The shape of an entry of `steps`.
#[derive(Debug)]
pub enum Entry {}

impl JsonSchema for Entry {
    fn schema_name() -> Cow<'static, str> {
        "Step".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut entry = Beside::<Settings, Common>::json_schema(generator);
        let kinds = entry.get_mut("oneOf").and_then(Value::as_array_mut);
        for kind in kinds.into_iter().flatten() {
            add_bodies(kind, generator);
        }
        entry
    }
}

/// Adds the lists of steps that stand beside a kind; the first of them it cannot be without.
fn add_bodies(kind: &mut Value, generator: &mut SchemaGenerator) {
    let name = kind.pointer("/required/0").and_then(Value::as_str);
    let bodies = name.map(body_keys).unwrap_or_default();
    for body in bodies {
        let steps = json_schema!({
            "description": body_description(body),
            "type": "array",
            "items": generator.subschema_for::<Entry>(),
        });
        if let Some(properties) = kind.get_mut("properties").and_then(Value::as_object_mut) {
            properties.insert((*body).to_owned(), steps.to_value());
        }
    }
    if let (Some(first), Some(required)) = (
        bodies.first(),
        kind.get_mut("required").and_then(Value::as_array_mut),
    ) {
        required.push((*first).into());
    }
}

fn body_description(body: &str) -> &'static str {
    match body {
        "then" => "What is done where the condition holds.",
        "else" => "What is done where it does not.",
        _ => "What is done with each.",
    }
}
