//! A message on its way through the steps of a route, and the ways in which a step ends that.
//!
//! [`Run`] is made by the route and handed from step to step. It bounds the work of all of them together, so that
//! no route can hang, whatever the message holds.

use std::fmt;
use std::sync::Arc;

use super::notes::{Change, Notes, bytes_at};
use crate::hl7::{EditError, FieldPath, Message, Refusal, Target};

/// How many steps may run over one message, each counted anew for each segment, repetition or part it runs for.
pub const STEPS_RUN_MAX: u32 = 100_000;

/// A message on its way through the steps of a route.
#[derive(Debug)]
pub struct Run<'r> {
    /// The message as the steps so far have left it.
    pub message: Message,
    /// What the steps leave behind besides the message.
    pub notes: &'r mut Notes,
    /// How many more steps may run.
    steps_left: u32,
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
    /// The place it was about, if it was about one.
    pub path: Option<FieldPath>,
    /// Why.
    pub reason: String,
}

impl<'r> Run<'r> {
    /// A run about to begin.
    pub fn new(message: Message, notes: &'r mut Notes) -> Run<'r> {
        Run {
            message,
            notes,
            steps_left: STEPS_RUN_MAX,
        }
    }

    /// Does an edit of one field and, for a trace, notes what became of it.
    pub(super) fn edit(
        &mut self,
        path: &FieldPath,
        edit: impl FnOnce(&mut Message) -> Result<(), EditError>,
    ) -> Result<(), StepError> {
        self.change(&Target::Field(*path), edit).map_err(StepError::from)
    }

    /// Does something to a place and, for a trace, notes what became of it.
    pub(super) fn change<T>(&mut self, place: &Target, change: impl FnOnce(&mut Message) -> T) -> T {
        if !self.notes.is_traced() {
            return change(&mut self.message);
        }
        let before = bytes_at(place, &self.message);
        let done = change(&mut self.message);
        let after = bytes_at(place, &self.message);
        if before != after {
            let place = *place;
            self.notes.change(Change { place, before, after });
        }
        done
    }

    /// Takes one from the number of steps that may run.
    pub(super) fn count_step(&mut self) -> Result<(), StepError> {
        match self.steps_left.checked_sub(1) {
            Some(left) => {
                self.steps_left = left;
                Ok(())
            }
            None => Err(StepError::new(format!(
                "more than {STEPS_RUN_MAX} steps ran over this message"
            ))),
        }
    }
}

impl StepError {
    /// A step that could not do its work, for a reason that has no place.
    pub fn new(reason: impl Into<String>) -> StepError {
        StepError {
            path: None,
            reason: reason.into(),
        }
    }

    /// A step that could not do its work at this place.
    pub fn at(path: FieldPath, reason: impl Into<String>) -> StepError {
        StepError {
            path: Some(path),
            reason: reason.into(),
        }
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
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
