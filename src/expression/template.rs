//! A value with holes: `Dr {PID-5.1}` — literal text, and in braces what is read from the message.
//!
//! `{{` is a brace; a closing brace outside a hole is itself. Reads messages only; who uses the text escapes it.

use std::borrow::Cow;

use super::check::{self, TextValue};
use super::{EXPRESSION_BYTES_MAX, ExpressionError, Known, View, evaluate, parse};

/// The largest text an expression makes: no message that can be accepted needs a larger one.
pub const VALUE_BYTES_MAX: usize = 64 << 20;

/// A value that would be larger than any message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value would be larger than {} MiB", VALUE_BYTES_MAX >> 20)]
pub struct ValueTooLarge;

/// A text made anew for each message.
///
/// ```
/// use weir::expression::{Known, Template, View};
/// use weir::hl7::Message;
///
/// let template = Template::parse("{upper(MSH-4)}-{{{MSH-10}}", Known::nothing())?;
/// let message = Message::parse("MSH|^~\\&|EHR|west|||||ADT^A01|42\r".into())?;
/// assert_eq!(template.render(&View::of(&message))?, "WEST-{42}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
enum Piece {
    Literal(String),
    Hole(TextValue),
}

impl Template {
    /// Reads a template and checks its holes.
    pub fn parse(text: &str, _known: Known<'_>) -> Result<Template, ExpressionError> {
        if text.len() > EXPRESSION_BYTES_MAX {
            let expected = format!("at most {EXPRESSION_BYTES_MAX} bytes");
            return Err(ExpressionError {
                offset: 0,
                length: 0,
                expected,
                found: None,
                suggestion: None,
            });
        }
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            literal.push_str(before);
            if let Some(after) = after.strip_prefix('{') {
                literal.push('{');
                rest = after;
                continue;
            }
            let hole_offset = text.len() - after.len();
            let in_template = |error: ExpressionError| ExpressionError {
                offset: hole_offset + error.offset,
                ..error
            };
            let (operand, length) = parse::hole(after).map_err(in_template)?;
            if !literal.is_empty() {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            pieces.push(Piece::Hole(check::text(operand).map_err(in_template)?));
            rest = after.get(length..).unwrap_or_default();
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Ok(Template { pieces })
    }

    /// The text. What has no value leaves its hole empty.
    pub fn render(&self, view: &View<'_>) -> Result<String, ValueTooLarge> {
        let mut rendered = String::new();
        for piece in &self.pieces {
            let piece = match piece {
                Piece::Literal(text) => Cow::Borrowed(text.as_str()),
                Piece::Hole(value) => evaluate::text(value, view),
            };
            if rendered.len() + piece.len() > VALUE_BYTES_MAX {
                return Err(ValueTooLarge);
            }
            rendered.push_str(&piece);
        }
        Ok(rendered)
    }

    /// Whether it has no holes, so that every message gives the same text.
    pub fn is_literal(&self) -> bool {
        !self.pieces.iter().any(|piece| matches!(piece, Piece::Hole(_)))
    }
}
