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
use crate::hl7::Message;
use crate::step::{Notes, Step};

pub use pattern::{MessagePattern, PatternError};
pub(crate) use settings::patterns;
pub use settings::{Names, Settings};
pub use trace::{StepTrace, Trace};

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
#[expect(
    clippy::large_enum_variant,
    reason = "most outcomes deliver, and a box would cost each an allocation"
)]
pub enum Outcome {
    /// The route is for other types of messages.
    NotMine,
    /// The route is for this type, and its condition does not hold.
    Filtered {
        /// Which condition did not hold.
        reason: Arc<str>,
    },
    /// The changed message goes to these destinations.
    Deliver {
        /// The message after all steps; still the same bytes if no step changed anything.
        message: Message,
        /// The destinations, each once.
        to: Vec<Arc<str>>,
        /// The name of the table, once for each code that was not in it.
        misses: Vec<Arc<str>>,
    },
    /// A step could not do its work: the message as it was received is a dead letter for each destination.
    Failed {
        /// Which step, which place and why; no content of the message.
        reason: String,
        /// The destinations, each once.
        to: Vec<Arc<str>>,
        /// The name of the table, once for each code that was not in it.
        misses: Vec<Arc<str>>,
    },
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
            },
            Some(true) => self.apply_steps(message.clone(), trace),
        }
    }

    fn apply_steps(&self, mut message: Message, mut trace: Option<&mut Trace>) -> Outcome {
        let mut notes = if trace.is_some() {
            Notes::traced()
        } else {
            Notes::default()
        };
        for step in &self.steps {
            let applies = step.applies(&message);
            let result = if applies {
                step.run(&mut message, &mut notes)
            } else {
                Ok(())
            };
            if let Some(trace) = trace.as_deref_mut() {
                let changed = notes.changed.replace(Vec::new()).unwrap_or_default();
                let failed = result.as_ref().err().map(ToString::to_string);
                trace.steps.push(StepTrace {
                    title: Arc::clone(step.title()),
                    applies,
                    changed,
                    failed,
                });
            }
            if let Err(error) = result {
                let reason = format!("{}: {error}", step.title());
                return Outcome::Failed {
                    reason,
                    to: self.to.clone(),
                    misses: notes.misses,
                };
            }
        }
        Outcome::Deliver {
            message,
            to: self.to.clone(),
            misses: notes.misses,
        }
    }
}
