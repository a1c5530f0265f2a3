//! Routes: which messages, under which condition, changed how, to whom.
//!
//! [`Route::run`] is pure: the same message, received at the same time, gives the same [`Outcome`], whoever asks: the
//! engine, a test, a trace or a bench. It does no input or output, asks no clock, and never changes the message it was given.

mod pattern;
mod receiver;
mod settings;
#[cfg(test)]
mod tests;
mod trace;

use std::sync::Arc;

use jiff::Zoned;

use self::receiver::Receiver;
use crate::expression::{Condition, Context, LOOKED_AT_MAX, View};
use crate::hl7::{Message, Refusal, Scope};
use crate::step::{Misses, Notes, Run, Step, Stop, Tag};

pub use pattern::{MessagePattern, PatternError};
pub use receiver::{ReceiverSettings, Receivers};
pub(crate) use settings::patterns;
pub use settings::{Names, Reply, Settings, Steps};
pub use trace::Trace;

/// A route of the site.
#[derive(Debug, Clone)]
pub struct Route {
    /// Its name in the site.
    pub name: Arc<str>,
    /// The listeners it takes messages from, each once.
    pub from: Vec<Arc<str>>,
    /// The destinations it may send to, each once.
    pub to: Vec<Arc<str>>,
    /// Whose answer the sender gets; its own acknowledgment if nobody's.
    pub reply: Option<Reply>,
    messages: Vec<MessagePattern>,
    when: Option<Condition>,
    steps: Vec<Step>,
    /// Those of the destinations that get what the steps leave, always.
    plain: Vec<Arc<str>>,
    /// Those with a condition or steps of their own.
    receivers: Vec<Receiver>,
    /// Why it filters where its condition does not hold.
    filtered: Arc<str>,
    /// Why it filters where the condition of no destination holds.
    filtered_by_all: Arc<str>,
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
        /// For whom it could not be made.
        failures: Vec<Failure>,
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
    /// A step could not do its work: nobody gets anything but a dead letter.
    Failed {
        /// Why, and all destinations.
        failure: Failure,
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

/// For whom a step could not do its work: the message as it was received is a dead letter for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which step, which place and why; no content of the message.
    pub reason: String,
    /// The destinations, each once.
    pub to: Vec<Arc<str>>,
}

/// What the steps have come to so far.
#[derive(Default)]
struct Gathered {
    outputs: Vec<Output>,
    failures: Vec<Failure>,
    /// Why a part, or a destination, was left out.
    dropped: Option<Arc<str>>,
}

impl Route {
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

    /// What becomes of a message received at this time; with a trace, also how it came to that.
    pub fn run(&self, message: &Message, received: &Zoned, mut trace: Option<&mut Trace>) -> Outcome {
        let header = message.header();
        let is_mine =
            self.messages.is_empty() || self.messages.iter().any(|pattern| pattern.matches(&header));
        let context = Context::new(received.clone(), Arc::clone(&self.name));
        let view = View {
            message,
            scope: &Scope::whole(),
            context: &context,
        };
        let holds = is_mine.then(|| self.when.as_ref().is_none_or(|when| when.holds(&view)));
        // What looked at too much was not looked at in full: nobody knows whether it holds.
        let holds = holds.map(|holds| holds || context.looked_at() > LOOKED_AT_MAX);
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
                let outcome = self.apply(message, &context, &mut notes);
                if let Some(trace) = trace {
                    trace.steps = notes.steps.unwrap_or_default();
                }
                outcome
            }
        }
    }

    /// What the steps make of a message that the route is for.
    fn apply(&self, message: &Message, context: &Context, notes: &mut Notes) -> Outcome {
        let mut gathered = Gathered::default();
        let run = Run::new(message.clone(), context, notes);
        let done = run
            .notes
            .count_looked(context)
            .map_err(Stop::from)
            .and_then(|()| {
                through(&self.steps, run, &mut gathered, &|run, gathered| {
                    self.distribute(run, gathered)
                })
            });
        let misses = std::mem::take(&mut notes.misses);
        match done {
            Ok(()) => gathered.outcome(&self.filtered_by_all, misses, std::mem::take(&mut notes.tags)),
            Err(Stop::Dropped { reason }) => Outcome::Filtered { reason, misses },
            Err(Stop::Rejected(refusal)) => Outcome::Rejected { refusal, misses },
            Err(Stop::Failed(error)) => Outcome::Failed {
                failure: Failure {
                    reason: error.to_string(),
                    to: self.to.clone(),
                },
                misses,
            },
        }
    }

    /// Gives the message as the steps have left it to the destinations.
    fn distribute(&self, mut run: Run<'_>, gathered: &mut Gathered) -> Result<(), Stop> {
        for receiver in &self.receivers {
            let is_for = receiver.when.as_ref().map(|when| run.holds(when)).transpose()?;
            if is_for.unwrap_or(true) {
                receiver.steps_to_one(run.branch(), gathered)?;
            }
        }
        if !self.plain.is_empty() {
            gathered.outputs.push(Output {
                message: run.message,
                to: self.plain.clone(),
            });
        }
        Ok(())
    }
}

/// Runs steps, and then `end`; behind a split for each part by itself. A part that is dropped keeps no other from
/// going on.
fn through(
    steps: &[Step],
    mut run: Run<'_>,
    gathered: &mut Gathered,
    end: &dyn Fn(Run<'_>, &mut Gathered) -> Result<(), Stop>,
) -> Result<(), Stop> {
    for (index, step) in steps.iter().enumerate() {
        step.run(&mut run)?;
        let parts = run.take_parts();
        if parts.is_empty() {
            continue;
        }
        let rest = steps.get(index + 1..).unwrap_or_default();
        for (number, part) in (1..).zip(parts) {
            run.notes.begin_part(number);
            let done = through(rest, run.over(part), gathered, end);
            run.notes.end_part();
            match done {
                Err(Stop::Dropped { reason }) => gathered.dropped = Some(reason),
                done => done?,
            }
        }
        return Ok(());
    }
    end(run, gathered)
}

impl Gathered {
    /// Notes that something could not be made for a destination: it gets a dead letter and nothing else, neither
    /// what was made before nor what comes after.
    fn fail(&mut self, destination: &Arc<str>, reason: String) {
        if !self
            .failures
            .iter()
            .any(|failure| failure.to.contains(destination))
        {
            self.failures.push(Failure {
                reason,
                to: vec![Arc::clone(destination)],
            });
        }
    }

    /// All of it together; `unwanted` is the reason where no destination's condition holds.
    fn outcome(self, unwanted: &Arc<str>, misses: Misses, tags: Vec<Tag>) -> Outcome {
        let mut outputs = self.outputs;
        if !self.failures.is_empty() {
            let is_failed = |name: &Arc<str>| self.failures.iter().any(|failure| failure.to.contains(name));
            for output in &mut outputs {
                output.to.retain(|name| !is_failed(name));
            }
            outputs.retain(|output| !output.to.is_empty());
        }
        if outputs.is_empty() && self.failures.is_empty() {
            let reason = self.dropped.unwrap_or_else(|| Arc::clone(unwanted));
            return Outcome::Filtered { reason, misses };
        }
        Outcome::Deliver {
            outputs,
            failures: self.failures,
            misses,
            tags,
        }
    }
}
