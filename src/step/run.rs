//! A message on its way through the steps of a route, and the ways in which a step ends that.
//!
//! [`Run`] is made by the route and handed from step to step.

use std::fmt;
use std::sync::Arc;

use super::notes::Notes;
use crate::expression::{Condition, Context, Template, View};
use crate::hl7::{EditError, FieldPath, Message, Refusal, Scope};

/// A message on its way through the steps of a route.
#[derive(Debug)]
pub struct Run<'r> {
    /// The message as the steps so far have left it.
    pub message: Message,
    /// What paths mean at the moment.
    pub scope: Scope,
    /// What is given from outside.
    pub context: &'r Context,
    /// What the steps leave behind besides the message.
    pub notes: &'r mut Notes,
    /// What a split made of the message: the steps after it run for each of these instead.
    pub(super) parts: Vec<Message>,
}

/// Why a run ends before its last step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// A step could not do its work: the message as received becomes a dead letter.
    Failed(StepError),
    /// The route does not want this message: it counts as filtered.
    Dropped {
        /// Why, in the words of the site.
        reason: Arc<str>,
    },
    /// The sender is told that the message is not accepted: nobody gets it.
    Rejected(Refusal),
}

/// A step that could not do its work. Names places and settings, never what the message holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct StepError {
    /// Which step, as `step 2.1 (replace)`; `None` until the step that ran it says so.
    pub step: Option<Arc<str>>,
    /// The place it was about, if it was about one.
    pub path: Option<FieldPath>,
    /// Why.
    pub reason: String,
}

impl<'r> Run<'r> {
    /// A run about to begin.
    pub fn new(message: Message, context: &'r Context, notes: &'r mut Notes) -> Run<'r> {
        Run {
            message,
            scope: Scope::whole(),
            context,
            notes,
            parts: Vec::new(),
        }
    }

    /// What an expression is evaluated over, as it now is.
    pub fn view(&self) -> View<'_> {
        View {
            message: &self.message,
            scope: &self.scope,
            context: self.context,
        }
    }

    /// Whether a condition holds; what it looked at counts.
    pub fn holds(&mut self, condition: &Condition) -> Result<bool, StepError> {
        let holds = condition.holds(&self.view());
        self.notes.count_looked(self.context)?;
        Ok(holds)
    }

    /// The text of a template, or why it has none.
    pub(super) fn render(&self, template: &Template) -> Result<String, String> {
        template.render(&self.view()).map_err(|error| error.to_string())
    }

    /// A run of its own over the message as it is now, with the same notes.
    pub fn branch(&mut self) -> Run<'_> {
        Run::new(self.message.clone(), self.context, self.notes)
    }

    /// A run over one of the [parts](Run::take_parts), with the same notes.
    pub fn over(&mut self, part: Message) -> Run<'_> {
        Run::new(part, self.context, self.notes)
    }

    /// What a split made of the message; nothing if the last step was none, or did not split.
    pub fn take_parts(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.parts)
    }

    /// Counts the step that is to come, unless there were too many operations, or too many for segments this large.
    pub(super) fn count_step(&mut self) -> Result<(), StepError> {
        self.notes.count_looked(self.context)?;
        self.notes.count(1)?;
        if self.notes.is_to_weigh() {
            let sizes = self.message.segments().map(|segment| segment.raw().len());
            self.notes.weigh(sizes.max().unwrap_or_default())?;
        }
        Ok(())
    }
}

impl StepError {
    /// A step that could not do its work, for a reason that has no place.
    pub fn new(reason: impl Into<String>) -> StepError {
        StepError {
            step: None,
            path: None,
            reason: reason.into(),
        }
    }

    /// A step that could not do its work at this place.
    pub fn at(path: FieldPath, reason: impl Into<String>) -> StepError {
        StepError {
            step: None,
            path: Some(path),
            reason: reason.into(),
        }
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(step) = &self.step {
            write!(formatter, "{step}: ")?;
        }
        if let Some(path) = self.path {
            write!(formatter, "{path}: ")?;
        }
        formatter.write_str(&self.reason)
    }
}

impl From<EditError> for StepError {
    fn from(error: EditError) -> StepError {
        StepError::at(error.path, error.kind.to_string())
    }
}

impl From<StepError> for Stop {
    fn from(error: StepError) -> Stop {
        Stop::Failed(error)
    }
}

impl From<EditError> for Stop {
    fn from(error: EditError) -> Stop {
        Stop::Failed(error.into())
    }
}

impl Stop {
    /// The same, of this step if no step within it said that it was it.
    pub(super) fn of_step(self, title: &Arc<str>) -> Stop {
        match self {
            Stop::Failed(error) => Stop::Failed(StepError {
                step: error.step.or_else(|| Some(Arc::clone(title))),
                ..error
            }),
            Stop::Dropped { .. } | Stop::Rejected(_) => self,
        }
    }
}

impl fmt::Display for Stop {
    /// In a line, without content: for traces and the reasons of dead letters.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Failed(error) => error.fmt(formatter),
            Stop::Dropped { reason } => write!(formatter, "dropped: {reason}"),
            Stop::Rejected(refusal) => {
                write!(formatter, "rejected with {}", refusal.code.as_str())?;
                match refusal.faults.first() {
                    Some(fault) => write!(formatter, ": {}", fault.text),
                    None => Ok(()),
                }
            }
        }
    }
}
