//! A value with holes: `Dr {PID-5.1}` — literal text, and in braces what is read from the message.
//!
//! `{{` is a brace; a closing brace outside a hole is itself. Reads messages only; who uses the text escapes it.

use super::check::{self, TextValue};
use super::{EXPRESSION_BYTES_MAX, ExpressionError, evaluate, parse};
use crate::hl7::Message;

/// A text made anew for each message.
///
/// ```
/// use weir::expression::Template;
/// use weir::hl7::Message;
///
/// let template = Template::parse("{upper(MSH-4)}-{{{MSH-10}}")?;
/// let message = Message::parse("MSH|^~\\&|EHR|west|||||ADT^A01|42\r".into())?;
/// assert_eq!(template.render(&message), "WEST-{42}");
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
    pub fn parse(text: &str) -> Result<Template, ExpressionError> {
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

    /// The text for this message. What has no value leaves its hole empty.
    pub fn render(&self, message: &Message) -> String {
        let mut rendered = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => rendered.push_str(text),
                Piece::Hole(value) => rendered.push_str(&evaluate::text(value, message)),
            }
        }
        rendered
    }

    /// Whether it has no holes, so that every message gives the same text.
    pub fn is_literal(&self) -> bool {
        !self.pieces.iter().any(|piece| matches!(piece, Piece::Hole(_)))
    }
}
