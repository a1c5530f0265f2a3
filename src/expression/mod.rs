//! The small language of `when:` and of the holes in values: conditions and templates.
//!
//! Text → [`parse`] (grammar) → [`check`] (kinds fit, names are there) → [`evaluate`] over a [`View`].
//! Everything that can be wrong is found when the site is loaded. Evaluation is total: no loops, no input or
//! output, no clock, and no error but one, a text larger than any message; a path that has no value reads as the
//! empty text.

mod check;
mod decimal;
mod doc;
mod evaluate;
mod function;
mod groups;
mod parse;
mod scan;
mod syntax;
mod template;
#[cfg(test)]
mod tests;
mod value;
mod view;

use std::fmt;
use std::ops::Range;

pub use decimal::{DECIMALS_MAX, DIGITS_MAX as NUMBER_DIGITS_MAX, rounded};
pub use doc::{Doc, EXAMPLE_MESSAGE, EXAMPLE_TABLE, OPERATORS};
pub use function::FUNCTIONS;
pub use groups::{UnknownGroup, unknown_group};
pub use scan::{paths_of_condition, paths_of_template};
pub use template::{Template, VALUE_BYTES_MAX, ValueTooLarge};
pub use view::{Context, Known, LOOKED_AT_MAX, View};

use crate::problem::{Place, Problem, ProblemName};
use check::Check;
use evaluate::Evaluation;

/// The longest expression read.
pub const EXPRESSION_BYTES_MAX: usize = 4_096;
/// How deep `not`, parentheses and functions may nest.
pub const DEPTH_MAX: usize = 32;

/// A condition that holds for a message or does not.
///
/// ```
/// use weir::expression::{Condition, Known, View};
/// use weir::hl7::Message;
///
/// let condition = Condition::parse(r#"PV1-2 in ("I", "E") and not NK1 exists"#, Known::nothing())?;
/// let admission = Message::parse("MSH|^~\\&|EHR\rPV1|1|I\r".into())?;
/// assert!(condition.holds(&View::of(&admission)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Condition {
    test: Box<value::Test>,
    canonical: Box<str>,
}

impl Condition {
    /// Reads a condition, and checks that what it compares is of one kind and that what it names is there.
    pub fn parse(text: &str, known: Known<'_>) -> Result<Condition, ExpressionError> {
        let syntax = parse::condition(text)?;
        Ok(Condition {
            test: Box::new(Check::new(known).condition(&syntax)?),
            canonical: canonical(syntax.to_string())?,
        })
    }

    /// Whether it holds.
    pub fn holds(&self, view: &View<'_>) -> bool {
        Evaluation::new(view).condition(&self.test)
    }
}

impl fmt::Display for Condition {
    /// In the canonical form.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.canonical)
    }
}

/// The canonical form, which may be longer than what was typed, and is to be read again.
fn canonical(written: String) -> Result<Box<str>, ExpressionError> {
    if written.len() > EXPRESSION_BYTES_MAX {
        return Err(ExpressionError::too_long_written());
    }
    Ok(written.into())
}

/// What is wrong with an expression, and where in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}{}", found.as_ref().map(|found| format!(", found `{found}`")).unwrap_or_default())]
pub struct ExpressionError {
    /// The byte of the expression where it is wrong.
    pub offset: usize,
    /// How many bytes are wrong; 0 at its end.
    pub length: usize,
    /// What should stand there.
    pub expected: String,
    /// What does stand there, unless it is the end.
    pub found: Option<String>,
    /// The nearest right word.
    pub suggestion: Option<String>,
    /// What kind of problem it is in a site: a table that is unknown here may be defined where nothing can be read.
    pub problem: ProblemName,
}

impl ExpressionError {
    fn at(bytes: &Range<usize>, expected: impl Into<String>) -> ExpressionError {
        ExpressionError {
            offset: bytes.start,
            length: bytes.len(),
            expected: expected.into(),
            found: None,
            suggestion: None,
            problem: ProblemName::BadExpression,
        }
    }

    fn too_long_written() -> ExpressionError {
        let expected = format!("at most {EXPRESSION_BYTES_MAX} bytes as `weir fmt` writes it");
        ExpressionError::at(&(0..0), expected)
    }

    fn too_long() -> ExpressionError {
        ExpressionError::at(&(0..0), format!("at most {EXPRESSION_BYTES_MAX} bytes"))
    }

    /// The same in a text in which the expression begins at this byte.
    fn after(self, offset: usize) -> ExpressionError {
        ExpressionError {
            offset: self.offset + offset,
            ..self
        }
    }

    /// The same as a problem of the setting that holds the expression.
    pub fn problem(&self, place: &Place<'_>) -> Problem {
        let problem = Problem::error(self.problem, self.to_string());
        let problem = problem.within(place, self.offset, self.length);
        match &self.suggestion {
            Some(word) => problem.suggest(word),
            None => problem,
        }
    }
}
