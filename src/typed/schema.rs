//! Shapes that the derive of a JSON Schema cannot know: pieces of settings that share one mapping.
//!
//! These types hold nothing and are never made: they only have a schema.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value};

/// A piece, and keys that stand beside its own: beside the one that says its kind, if it has kinds.
pub struct Beside<Piece, Keys>(PhantomData<(Piece, Keys)>);

impl<Piece: JsonSchema, Keys: JsonSchema> JsonSchema for Beside<Piece, Keys> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}With{}", Piece::schema_name(), Keys::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut piece = Piece::json_schema(generator);
        let keys = Keys::json_schema(generator);
        let Some(Value::Array(kinds)) = piece.get_mut("oneOf") else {
            join(piece.ensure_object(), &keys);
            return piece;
        };
        for kind in kinds.iter_mut().filter_map(Value::as_object_mut) {
            join(kind, &keys);
        }
        piece
    }
}

/// A piece with kinds, and keys that stand among those of each kind.
pub struct Within<Piece, Keys>(PhantomData<(Piece, Keys)>);

impl<Piece: JsonSchema, Keys: JsonSchema> JsonSchema for Within<Piece, Keys> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Around{}", Piece::schema_name(), Keys::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut piece = Piece::json_schema(generator);
        let keys = Keys::json_schema(generator);
        let kinds = piece.get_mut("oneOf").and_then(Value::as_array_mut);
        for kind in kinds.into_iter().flatten() {
            let of_kind = kind.get_mut("properties").and_then(Value::as_object_mut);
            for settings in of_kind.into_iter().flat_map(|properties| properties.values_mut()) {
                settings
                    .as_object_mut()
                    .into_iter()
                    .for_each(|settings| join(settings, &keys));
            }
        }
        piece
    }
}

/// Adds the keys of one mapping to those of another.
fn join(mapping: &mut Map<String, Value>, keys: &Schema) {
    for part in ["properties", "required"] {
        match (mapping.get_mut(part), keys.get(part)) {
            (Some(Value::Object(own)), Some(Value::Object(more))) => own.extend(more.clone()),
            (Some(Value::Array(own)), Some(Value::Array(more))) => own.extend(more.clone()),
            (None, Some(more)) => drop(mapping.insert(part.to_owned(), more.clone())),
            (Some(_) | None, _) => {}
        }
    }
    mapping.insert("additionalProperties".to_owned(), Value::Bool(false));
}
