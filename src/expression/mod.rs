//! The small language of `when:` and of the holes in values: conditions and templates.
//!
//! Text → [`parse`] (grammar) → [`check`] (kinds fit) → [`evaluate`] over a message.
//! Everything that can be wrong is found when the site is loaded. Evaluation is total: no loops, no input or
//! output, no clock, and no error; a path that has no value reads as the empty text.

mod check;
mod evaluate;
mod parse;
mod template;
#[cfg(test)]
mod tests;
mod view;

pub use template::{Template, VALUE_BYTES_MAX, ValueTooLarge};
pub use view::{Context, Known, View};

use crate::problem::{Place, Problem, ProblemName};

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
    test: check::Test,
}

impl Condition {
    /// Reads a condition and checks that what it compares is of one kind.
    pub fn parse(text: &str, _known: Known<'_>) -> Result<Condition, ExpressionError> {
        let syntax = parse::condition(text)?;
        Ok(Condition {
            test: check::condition(syntax)?,
        })
    }

    /// Whether it holds.
    pub fn holds(&self, view: &View<'_>) -> bool {
        evaluate::holds(&self.test, view)
    }
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
}

impl ExpressionError {
    /// The same as a problem of the setting that holds the expression.
    pub fn problem(&self, place: &Place<'_>) -> Problem {
        let problem = Problem::error(ProblemName::BadExpression, self.to_string());
        let problem = problem.within(place, self.offset, self.length);
        match &self.suggestion {
            Some(word) => problem.suggest(word),
            None => problem,
        }
    }
}
