//! Routes: which messages, under which condition, changed how, to whom.
//!
//! [`Route::run`] is pure: the same message gives the same [`Outcome`], whoever asks: the engine, a test, a
//! trace or a bench. It does no input or output, asks no clock, and never changes the message it was given.

mod pattern;
mod settings;
#[cfg(test)]
mod tests;
mod trace;

use std::sync::Arc;

use crate::expression::Condition;
use crate::hl7::{Message, Refusal};
use crate::step::{Misses, Notes, Run, Step, Stop, Tag};

pub use pattern::{MessagePattern, PatternError};
pub(crate) use settings::patterns;
pub use settings::{Names, Settings};
pub use trace::Trace;

/// A route of the site.
#[derive(Debug, Clone)]
pub struct Route {
    /// Its name in the site.
    pub name: Arc<str>,
    /// The listeners it takes messages from, each once.
    pub from: Vec<Arc<str>>,
    /// The destinations it sends to, each once.
    pub to: Vec<Arc<str>>,
    messages: Vec<MessagePattern>,
    when: Option<Condition>,
    steps: Vec<Step>,
    filtered: Arc<str>,
}

/// What a route makes of a message.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The route is for other types of messages.
    NotMine,
    /// The route is for this type, and does not want this message.
    Filtered {
        /// Why, in the words of the site.
        reason: Arc<str>,
        /// The codes that were in no table.
        misses: Misses,
    },
    /// Changed messages go to destinations.
    Deliver {
        /// What goes where, in the order in which each destination is to get it.
        outputs: Vec<Output>,
        /// The codes that were in no table.
        misses: Misses,
        /// The tags that steps gave the message.
        tags: Vec<Tag>,
    },
    /// The sender is told that the message is not accepted; nobody gets it, by any route.
    Rejected {
        /// What the sender is told.
        refusal: Refusal,
        /// The codes that were in no table.
        misses: Misses,
    },
    /// A step could not do its work: the message as it was received is a dead letter for each destination.
    Failed {
        /// Which step, which place and why; no content of the message.
        reason: String,
        /// The destinations, each once.
        to: Vec<Arc<str>>,
        /// The codes that were in no table.
        misses: Misses,
    },
}

/// A message as it goes out, and to whom.
#[derive(Debug, Clone)]
pub struct Output {
    /// The message after all steps; still the same bytes if no step changed anything.
    pub message: Message,
    /// The destinations, each once.
    pub to: Vec<Arc<str>>,
}

impl Route {
    /// Its steps, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The types of messages it is for; none means all.
    pub fn messages(&self) -> &[MessagePattern] {
        &self.messages
    }

    /// Whether it takes messages from this listener.
    pub fn takes_from(&self, listener: &str) -> bool {
        self.from.iter().any(|from| **from == *listener)
    }

    /// Whether it is for messages of this type (MSH-9.1), whatever their event.
    pub fn takes_type(&self, message_type: &[u8]) -> bool {
        self.messages.is_empty()
            || self
                .messages
                .iter()
                .any(|pattern| pattern.matches_type(message_type))
    }

    /// What becomes of a message; with a trace, also how it came to that.
    pub fn run(&self, message: &Message, mut trace: Option<&mut Trace>) -> Outcome {
        let header = message.header();
        let is_mine =
            self.messages.is_empty() || self.messages.iter().any(|pattern| pattern.matches(&header));
        let holds = is_mine.then(|| self.when.as_ref().is_none_or(|when| when.holds(message)));
        if let Some(trace) = trace.as_deref_mut() {
            *trace = Trace {
                is_mine,
                condition_holds: holds,
                steps: Vec::new(),
            };
        }
        match holds {
            None => Outcome::NotMine,
            Some(false) => Outcome::Filtered {
                reason: Arc::clone(&self.filtered),
                misses: Misses::default(),
            },
            Some(true) => {
                let mut notes = trace.as_ref().map_or_else(Notes::default, |_| Notes::traced());
                let mut outputs = Vec::new();
                let done = self.apply_steps(Run::new(message.clone(), &mut notes), &mut outputs);
                if let Some(trace) = trace {
                    trace.steps = notes.steps.take().unwrap_or_default();
                }
                self.outcome(done, outputs, notes)
            }
        }
    }

    /// Runs the steps, and gives the result to the destinations.
    fn apply_steps(&self, mut run: Run<'_>, outputs: &mut Vec<Output>) -> Result<(), (Arc<str>, Stop)> {
        for step in &self.steps {
            step.run(&mut run)
                .map_err(|stop| (Arc::clone(step.title()), stop))?;
        }
        outputs.push(Output {
            message: run.message,
            to: self.to.clone(),
        });
        Ok(())
    }

    fn outcome(&self, done: Result<(), (Arc<str>, Stop)>, outputs: Vec<Output>, notes: Notes) -> Outcome {
        let misses = notes.misses;
        match done {
            Ok(()) => Outcome::Deliver {
                outputs,
                misses,
                tags: notes.tags,
            },
            Err((title, Stop::Failed(error))) => Outcome::Failed {
                reason: format!("{title}: {error}"),
                to: self.to.clone(),
                misses,
            },
            Err((_, Stop::Dropped { reason })) => Outcome::Filtered { reason, misses },
            Err((_, Stop::Rejected(refusal))) => Outcome::Rejected { refusal, misses },
        }
    }
}
