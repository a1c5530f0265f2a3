//! What must come of a case, and what of an outcome is not as expected: how the route ends, and who gets what.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::output::{Expected, Output};
use crate::hl7::{AcknowledgmentCode, Fault, FieldPath, Message, Refusal, TargetSelector};
use crate::route::{self, Failure, Outcome};
use crate::step::Tag;

/// What must come of a case.
#[derive(Debug)]
pub(super) struct Expect {
    pub(super) end: End,
    pub(super) acknowledgment: Option<AcknowledgmentCode>,
    pub(super) tags: Vec<(String, Expected)>,
    /// Holds of every message that leaves the route; its `to` of all of them together.
    pub(super) every: Output,
    /// Holds of each by itself; those for the same receivers in order.
    pub(super) each: Option<Vec<Output>>,
}

/// How a route ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Somebody gets something.
    Delivers,
    /// Nobody gets anything, and nothing is wrong.
    Nobody,
    /// It is filtered, for a reason with these words.
    Filtered(Words),
    /// The route cannot do its work, for a receiver or for all, or refuses the message, for a reason with these words.
    Error(Words),
    /// The route refuses the message.
    Refused,
}

/// Words that a reason holds; none if any reason will do.
pub(super) type Words = Option<String>;

/// One thing that is not as expected.
pub struct Mismatch {
    /// Which of several messages it is about.
    pub output: Option<Which>,
    /// What it is about.
    pub what: What,
}

/// One of several messages.
#[derive(Clone)]
pub struct Which {
    /// Its number, from 1.
    pub number: usize,
    /// Who gets it.
    pub to: BTreeSet<Arc<str>>,
}

impl fmt::Display for Which {
    /// `message 1 to lab`
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = list(self.to.iter().map(AsRef::as_ref));
        write!(formatter, "message {} to {to}", self.number)
    }
}

/// What a mismatch is about.
pub enum What {
    /// Anything that is told in words.
    Words {
        /// `outcome`, `to`, `acknowledgment`, `messages` (their number), `tag` and its name.
        subject: String,
        /// What should be.
        expected: String,
        /// What is.
        got: String,
    },
    /// A field; one that should be absent is expected to hold nothing.
    Field {
        /// Its place in the message; as typed where there is none.
        place: String,
        /// The field that it is in.
        field: Option<FieldPath>,
        /// The value as typed.
        expected: String,
        /// As it stands in the message.
        got: String,
    },
    /// A segment that should not be there, or segments or repetitions that should be more or fewer.
    Count {
        /// Which, as typed.
        target: TargetSelector,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        got: usize,
    },
    /// A whole message.
    Message {
        /// The file as typed.
        file: String,
        /// The message that it holds; none where it is yet to be written.
        expected: Option<Box<Message>>,
        /// The message that left the route.
        got: Box<Message>,
    },
}

/// How often something is there, in words, as a count of [`What`] is told.
pub fn times(count: usize) -> String {
    match count {
        0 => "absent".to_owned(),
        1 => "1 time".to_owned(),
        count => format!("{count} times"),
    }
}

impl Expect {
    /// What of this outcome is not as expected.
    pub(super) fn compare(&self, outcome: &Outcome) -> Vec<Mismatch> {
        let mut found = Vec::new();
        if !self.end.is_of(outcome) {
            found.push(words(None, "outcome", self.end.told(), told(outcome)));
            return found;
        }
        if let Some(code) = self.acknowledgment
            && code != acknowledgment(outcome)
        {
            let got = acknowledgment(outcome).as_str().to_owned();
            found.push(words(None, "acknowledgment", code.as_str().to_owned(), got));
        }
        match outcome {
            Outcome::Deliver { outputs, tags, .. } => {
                self.compare_tags(tags, &mut found);
                self.compare_outputs(outputs, &mut found);
            }
            Outcome::NotMine
            | Outcome::Filtered { .. }
            | Outcome::Rejected { .. }
            | Outcome::Failed { .. } => {
                if self.speaks_of_messages() {
                    found.push(words(None, "outcome", "a message".to_owned(), told(outcome)));
                }
            }
        }
        found
    }

    /// Whether something is expected that only a message can have.
    fn speaks_of_messages(&self) -> bool {
        let receivers = self.every.to.as_ref().is_some_and(|to| !to.is_empty());
        receivers || !self.tags.is_empty() || self.each.is_some() || !self.every.is_empty()
    }

    fn compare_tags(&self, tags: &[Tag], found: &mut Vec<Mismatch>) {
        for (name, Expected(expected)) in &self.tags {
            let values: Vec<&str> = tags
                .iter()
                .filter(|tag| *tag.name == **name)
                .map(|tag| tag.value.as_str())
                .collect();
            if !values.contains(&expected.as_str()) {
                let got = values.join(", ");
                found.push(words(None, &format!("tag {name}"), expected.clone(), got));
            }
        }
    }

    fn compare_outputs(&self, outputs: &[route::Output], found: &mut Vec<Mismatch>) {
        let all = outputs.iter().flat_map(receivers).collect();
        compare_to(None, self.every.to.as_ref(), &all, found);
        if let Some(each) = &self.each
            && each.len() != outputs.len()
        {
            let count = |count: usize| format!("{count}");
            found.push(words(None, "messages", count(each.len()), count(outputs.len())));
        }
        let which = |index: usize, output: &route::Output| {
            let to = receivers(output);
            (outputs.len() > 1).then_some(Which {
                number: index + 1,
                to,
            })
        };
        for (index, output) in outputs.iter().enumerate() {
            let which = which(index, output);
            self.every.compare(which.as_ref(), &output.message, found);
        }
        let mut left: Vec<_> = outputs.iter().enumerate().collect();
        for own in self.each.iter().flatten() {
            // The next one for these receivers; the order among receivers is the route's affair.
            let is_for = |output: &route::Output| own.to.as_ref().is_none_or(|to| *to == receivers(output));
            let meant = left
                .iter()
                .position(|(_, output)| is_for(output))
                .unwrap_or_default();
            if meant < left.len() {
                let (index, output) = left.remove(meant);
                let which = which(index, output);
                compare_to(which.as_ref(), own.to.as_ref(), &receivers(output), found);
                own.compare(which.as_ref(), &output.message, found);
            }
        }
    }
}

fn receivers(output: &route::Output) -> BTreeSet<Arc<str>> {
    output.to.iter().cloned().collect()
}

impl End {
    fn is_of(&self, outcome: &Outcome) -> bool {
        let holds = |words: &Words, reason: &str| words.as_ref().is_none_or(|words| reason.contains(words));
        match (self, outcome) {
            (End::Delivers, Outcome::Deliver { failures, .. }) => failures.is_empty(),
            (End::Nobody, Outcome::NotMine | Outcome::Filtered { .. })
            | (End::Refused, Outcome::Rejected { .. }) => true,
            (End::Filtered(words), Outcome::Filtered { reason, .. }) => holds(words, reason),
            (End::Error(words), Outcome::Failed { failure, .. }) => holds(words, &failure.reason),
            (End::Error(words), Outcome::Deliver { failures, .. }) => {
                failures.iter().any(|failure| holds(words, &failure.reason))
            }
            (End::Error(words), Outcome::Rejected { refusal, .. }) => holds(words, &texts(refusal)),
            _ => false,
        }
    }

    fn told(&self) -> String {
        let told = |what: &str, words: &Words| match words {
            Some(words) => format!("{what}: …{words}…"),
            None => what.to_owned(),
        };
        match self {
            End::Delivers => "delivered".to_owned(),
            End::Nobody => "delivered to nobody".to_owned(),
            End::Filtered(words) => told("filtered", words),
            End::Error(words) => told("error", words),
            End::Refused => "rejected".to_owned(),
        }
    }
}

fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::NotMine => "not the route's: its `messages` name other types".to_owned(),
        Outcome::Filtered { reason, .. } => format!("filtered: {reason}"),
        Outcome::Deliver {
            outputs, failures, ..
        } => {
            let to: BTreeSet<&str> = outputs
                .iter()
                .flat_map(|output| &output.to)
                .map(AsRef::as_ref)
                .collect();
            let delivered = (!to.is_empty()).then(|| format!("delivered to {}", list(to)));
            let parts: Vec<String> = delivered.into_iter().chain(failures.iter().map(failed)).collect();
            parts.join("; ")
        }
        Outcome::Rejected { refusal, .. } => {
            format!("rejected with {}: {}", refusal.code.as_str(), texts(refusal))
        }
        Outcome::Failed { failure, .. } => failed(failure),
    }
}

fn failed(failure: &Failure) -> String {
    let to = failure.to.iter().map(AsRef::as_ref);
    format!("error for {}: {}", list(to), failure.reason)
}

fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}

fn texts(refusal: &Refusal) -> String {
    let told = |fault: &Fault| match fault.location {
        Some(place) => format!("{place}: {}", fault.text),
        None => fault.text.clone(),
    };
    let texts: Vec<String> = refusal.faults.iter().map(told).collect();
    texts.join("; ")
}

/// What the route alone answers; a message that fails is safe among the dead letters.
fn acknowledgment(outcome: &Outcome) -> AcknowledgmentCode {
    match outcome {
        Outcome::NotMine | Outcome::Filtered { .. } | Outcome::Deliver { .. } | Outcome::Failed { .. } => {
            AcknowledgmentCode::ApplicationAccept
        }
        Outcome::Rejected { refusal, .. } => refusal.code,
    }
}

fn compare_to(
    output: Option<&Which>,
    expected: Option<&BTreeSet<Arc<str>>>,
    got: &BTreeSet<Arc<str>>,
    found: &mut Vec<Mismatch>,
) {
    if let Some(expected) = expected
        && expected != got
    {
        let told = |names: &BTreeSet<Arc<str>>| list(names.iter().map(AsRef::as_ref));
        found.push(words(output, "to", told(expected), told(got)));
    }
}

fn words(output: Option<&Which>, subject: &str, expected: String, got: String) -> Mismatch {
    Mismatch {
        output: output.cloned(),
        what: What::Words {
            subject: subject.to_owned(),
            expected,
            got,
        },
    }
}
