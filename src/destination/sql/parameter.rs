//! The values of a statement: text that the server reads as whatever type the statement needs.

use std::error::Error;
use std::fmt;

use bytes::{Bytes, BytesMut};
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};

use super::Value;
use crate::destination::DeliveryError;
use crate::expression::View;
use crate::hl7::{Charset, Message};

/// One value.
pub(super) enum Parameter {
    /// What a template yields; empty is NULL.
    Text(String),
    /// The whole message: its bytes for a column of bytes, its text for any other.
    Message { bytes: Bytes, text: String },
}

impl Parameter {
    /// The value for a message, or why there is none.
    pub(super) fn of(value: &Value, message: &Message, bytes: &Bytes) -> Result<Parameter, DeliveryError> {
        Ok(match value {
            Value::Template(template) => {
                let text = template.render(&View::of(message));
                Parameter::Text(text.map_err(DeliveryError::impossible)?)
            }
            Value::Message(_) => {
                let charset = message.charset().unwrap_or(Charset::UTF_8);
                Parameter::Message {
                    bytes: bytes.clone(),
                    text: charset.decode(bytes).into_owned(),
                }
            }
        })
    }
}

/// Sizes only.
impl fmt::Debug for Parameter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Parameter::Text(text) => write!(formatter, "Text({} bytes)", text.len()),
            Parameter::Message { bytes, .. } => write!(formatter, "Message({} bytes)", bytes.len()),
        }
    }
}

impl ToSql for Parameter {
    fn to_sql(&self, asked: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let value = match self {
            Parameter::Text(text) if text.is_empty() => return Ok(IsNull::Yes),
            Parameter::Message { bytes, .. } if *asked == Type::BYTEA => bytes,
            Parameter::Text(text) | Parameter::Message { text, .. } => text.as_bytes(),
        };
        out.extend_from_slice(value);
        Ok(IsNull::No)
    }

    /// The server reads the text, and says so when it cannot.
    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, asked: &Type) -> Format {
        match self {
            Parameter::Message { .. } if *asked == Type::BYTEA => Format::Binary,
            Parameter::Text(_) | Parameter::Message { .. } => Format::Text,
        }
    }

    to_sql_checked!();
}
