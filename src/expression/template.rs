//! A value with holes: `Dr {PID-5.1}` — literal text, and in braces what is read from the message.
//!
//! `{{` is a brace; a closing brace outside a hole is itself. Reads messages only; who uses the text escapes it.

use std::fmt;

use super::check::Check;
use super::evaluate::Evaluation;
use super::value::Text;
use super::{EXPRESSION_BYTES_MAX, ExpressionError, Known, LOOKED_AT_MAX, View, parse};

/// How many bytes the functions of one expression may build altogether: far more than any message needs.
pub const VALUE_BYTES_MAX: usize = 64 << 20;

/// A value that would be larger than any message, or take a search without an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the value takes more than {} MiB to build, or more than {LOOKED_AT_MAX} segments and repetitions to find",
    VALUE_BYTES_MAX >> 20
)]
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
    canonical: Box<str>,
}

#[derive(Debug, Clone)]
enum Piece {
    Literal(String),
    Hole(Text),
}

impl Template {
    /// Reads a template and checks its holes.
    pub fn parse(text: &str, known: Known<'_>) -> Result<Template, ExpressionError> {
        if text.len() > EXPRESSION_BYTES_MAX {
            return Err(ExpressionError::too_long());
        }
        let mut check = Check::new(known);
        let mut canonical = String::new();
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
            let offset = text.len() - after.len();
            let (operand, length) = parse::hole(after).map_err(|error| error.after(offset))?;
            let hole = check.shown(&operand).map_err(|error| error.after(offset))?;
            canonical.push_str(&literal.replace('{', "{{"));
            canonical.extend(["{", &operand.to_string(), "}"]);
            if !literal.is_empty() {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            pieces.push(Piece::Hole(hole));
            rest = after.get(length..).unwrap_or_default();
        }
        literal.push_str(rest);
        canonical.push_str(&literal.replace('{', "{{"));
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Ok(Template {
            pieces,
            canonical: super::canonical(canonical)?,
        })
    }

    /// The text. What has no value leaves its hole empty.
    pub fn render(&self, view: &View<'_>) -> Result<String, ValueTooLarge> {
        if let [Piece::Literal(text)] = self.pieces.as_slice() {
            return Ok(text.clone());
        }
        let evaluation = Evaluation::new(view);
        let mut rendered = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => rendered.push_str(text),
                Piece::Hole(value) => {
                    let text = evaluation.text(value, None);
                    if evaluation.may_build(text.len()) {
                        rendered.push_str(&text);
                    }
                }
            }
        }
        if evaluation.is_too_large() {
            return Err(ValueTooLarge);
        }
        Ok(rendered)
    }
}

impl fmt::Display for Template {
    /// In the canonical form.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.canonical)
    }
}
