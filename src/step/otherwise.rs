//! What becomes of a value that a step can do nothing with: a code that is in no table, a date that is none.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use crate::typed::Text;

/// What becomes of a value that a step can do nothing with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Otherwise {
    /// The message goes to the dead letters. The default: nothing unknown is passed on unasked.
    #[default]
    Fail,
    /// The value stays.
    Keep,
    /// The field is emptied.
    Clear,
    /// The field gets this value.
    Value(String),
}

/// The words for [`Otherwise`] that are no value.
const WORDS: &[&str] = &["fail", "keep", "clear"];

impl Otherwise {
    /// What the field gets; `None` to keep what it has.
    pub(super) fn value(&self, reason: &str) -> Result<Option<&str>, String> {
        match self {
            Otherwise::Fail => Err(reason.to_owned()),
            Otherwise::Keep => Ok(None),
            Otherwise::Clear => Ok(Some("")),
            Otherwise::Value(value) => Ok(Some(value)),
        }
    }
}

impl<'de> Deserialize<'de> for Otherwise {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Otherwise, D::Error> {
        deserializer.deserialize_any(OtherwiseVisitor)
    }
}

impl JsonSchema for Otherwise {
    fn schema_name() -> Cow<'static, str> {
        "Otherwise".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut value = generator.subschema_for::<Text>();
        value.insert("description".to_owned(), "The value that the field gets.".into());
        json_schema!({
            "oneOf": [
                { "enum": WORDS },
                {
                    "type": "object",
                    "properties": { "value": value },
                    "required": ["value"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

struct OtherwiseVisitor;

impl<'de> Visitor<'de> for OtherwiseVisitor {
    type Value = Otherwise;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("`fail`, `keep`, `clear` or a value as `{ value: U }`")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Otherwise, E> {
        match word {
            "fail" => Ok(Otherwise::Fail),
            "keep" => Ok(Otherwise::Keep),
            "clear" => Ok(Otherwise::Clear),
            _ => Err(E::unknown_variant(word, WORDS)),
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
