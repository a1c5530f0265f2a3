//! What must come of a case, and what is not as expected of an outcome.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::hl7::{AcknowledgmentCode, FieldPath, Level, Message, Refusal, State, Target};
use crate::route::{self, Outcome};
use crate::step::Tag;

/// What must come of a case.
#[derive(Debug)]
pub(super) struct Expect {
    pub(super) end: End,
    pub(super) acknowledgment: Option<AcknowledgmentCode>,
    pub(super) tags: Vec<(String, Expected)>,
    /// Holds of every message that leaves the route; its `to` of all of them together.
    pub(super) every: Output,
    /// Holds of each by itself, in order.
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
    /// The route cannot do its work or refuses the message, for a reason with these words.
    Error(Words),
}

/// Words that a reason holds; none if any reason will do.
pub(super) type Words = Option<String>;

/// What must hold of a message that leaves the route.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) to: Option<BTreeSet<Arc<str>>>,
    pub(super) fields: Vec<(FieldPath, Expected)>,
    pub(super) absent: Vec<Target>,
    pub(super) count: Vec<(Target, usize)>,
    pub(super) message: Option<ExpectedMessage>,
}

/// A message that stands in a file.
#[derive(Debug)]
pub(super) struct ExpectedMessage {
    pub(super) file: String,
    /// None where it is yet to be written.
    pub(super) message: Option<Message>,
}

/// A value as typed. `Debug` shows its length: it may be of a message.
pub(super) struct Expected(pub(super) String);

/// One thing that is not as expected.
pub struct Mismatch {
    /// Which of several messages it is about, from 1.
    pub output: Option<usize>,
    /// What it is about.
    pub what: What,
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
        /// Its place.
        path: FieldPath,
        /// The value as typed.
        expected: String,
        /// As it stands in the message.
        got: String,
    },
    /// A segment that should not be there, or segments or repetitions that should be more or fewer.
    Count {
        /// Its place.
        target: Target,
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

impl std::fmt::Debug for Expected {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Expected({} bytes)", self.0.len())
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
        if let Outcome::Deliver { outputs, tags, .. } = outcome {
            self.compare_tags(tags, &mut found);
            self.compare_outputs(outputs, &mut found);
        }
        found
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
        let all: BTreeSet<_> = outputs
            .iter()
            .flat_map(|output| output.to.iter().cloned())
            .collect();
        compare_to(None, self.every.to.as_ref(), &all, found);
        if let Some(each) = &self.each
            && each.len() != outputs.len()
        {
            let count = |count: usize| format!("{count}");
            found.push(words(None, "messages", count(each.len()), count(outputs.len())));
        }
        for (index, route::Output { message, to }) in outputs.iter().enumerate() {
            let number = (outputs.len() > 1).then_some(index + 1);
            self.every.compare(number, message, found);
            if let Some(own) = self.each.as_ref().and_then(|each| each.get(index)) {
                compare_to(number, own.to.as_ref(), &to.iter().cloned().collect(), found);
                own.compare(number, message, found);
            }
        }
    }
}

impl End {
    fn is_of(&self, outcome: &Outcome) -> bool {
        let holds = |words: &Words, reason: &str| words.as_ref().is_none_or(|words| reason.contains(words));
        match (self, outcome) {
            (End::Delivers, Outcome::Deliver { .. })
            | (End::Nobody, Outcome::NotMine | Outcome::Filtered { .. }) => true,
            (End::Nobody, Outcome::Deliver { outputs, .. }) => {
                outputs.iter().all(|output| output.to.is_empty())
            }
            (End::Filtered(words), Outcome::Filtered { reason, .. }) => holds(words, reason),
            (End::Error(words), Outcome::Failed { reason, .. }) => holds(words, reason),
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
        }
    }
}

fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::NotMine => "not the route's: its `messages` name other types".to_owned(),
        Outcome::Filtered { reason, .. } => format!("filtered: {reason}"),
        Outcome::Deliver { outputs, .. } => {
            let to: BTreeSet<&str> = outputs
                .iter()
                .flat_map(|output| &output.to)
                .map(AsRef::as_ref)
                .collect();
            let to: Vec<_> = to.into_iter().collect();
            if to.is_empty() {
                "delivered to nobody".to_owned()
            } else {
                format!("delivered to {}", to.join(", "))
            }
        }
        Outcome::Rejected { refusal, .. } => {
            format!("rejected with {}: {}", refusal.code.as_str(), texts(refusal))
        }
        Outcome::Failed { reason, .. } => format!("error: {reason}"),
    }
}

fn texts(refusal: &Refusal) -> String {
    let texts: Vec<&str> = refusal.faults.iter().map(|fault| fault.text.as_str()).collect();
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
    output: Option<usize>,
    expected: Option<&BTreeSet<Arc<str>>>,
    got: &BTreeSet<Arc<str>>,
    found: &mut Vec<Mismatch>,
) {
    let list = |names: &BTreeSet<Arc<str>>| names.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", ");
    if let Some(expected) = expected
        && expected != got
    {
        found.push(words(output, "to", list(expected), list(got)));
    }
}

fn words(output: Option<usize>, subject: &str, expected: String, got: String) -> Mismatch {
    Mismatch {
        output,
        what: What::Words {
            subject: subject.to_owned(),
            expected,
            got,
        },
    }
}

impl Output {
    /// What of this message is not as expected, but for its receivers.
    fn compare(&self, output: Option<usize>, message: &Message, found: &mut Vec<Mismatch>) {
        let mut differs = |what| found.push(Mismatch { output, what });
        for (path, expected) in &self.fields {
            if !expected.is_of(message, path) {
                differs(What::Field {
                    path: *path,
                    expected: expected.0.clone(),
                    got: standing(message, path),
                });
            }
        }
        for target in &self.absent {
            let got = how_many(message, target);
            match target {
                _ if got == 0 => {}
                Target::Field(path) => differs(What::Field {
                    path: *path,
                    expected: String::new(),
                    got: standing(message, path),
                }),
                Target::Segment(_) => differs(What::Count {
                    target: *target,
                    expected: 0,
                    got,
                }),
            }
        }
        for (target, expected) in &self.count {
            let got = how_many(message, target);
            if got != *expected {
                differs(What::Count {
                    target: *target,
                    expected: *expected,
                    got,
                });
            }
        }
        if let Some(expected) = &self.message
            && !expected
                .message
                .as_ref()
                .is_some_and(|expected| is_same(expected, message))
        {
            differs(What::Message {
                file: expected.file.clone(),
                expected: expected.message.clone().map(Box::new),
                got: Box::new(message.clone()),
            });
        }
    }
}

impl Expected {
    /// Whether a place holds this: as it stands there if the value has a delimiter in it, else as text.
    ///
    /// A text alone would not do: `a^b` as two components and `a\S\b` as one read the same.
    fn is_of(&self, message: &Message, path: &FieldPath) -> bool {
        let Expected(expected) = self;
        let delimiters = message.delimiters();
        let structural = [
            Some(delimiters.field),
            Some(delimiters.component),
            Some(delimiters.repetition),
            delimiters.escape,
            delimiters.subcomponent,
        ];
        let is_structural = |char: char| structural.iter().flatten().any(|byte| char::from(*byte) == char);
        match message.read(path).state() {
            State::Absent | State::Empty => expected.is_empty(),
            State::Null => expected == NULL,
            State::Valued if expected.contains(is_structural) => standing(message, path) == *expected,
            State::Valued => message.text(path).is_some_and(|text| text == *expected),
        }
    }
}

/// The HL7 null as it stands in messages.
const NULL: &str = "\"\"";

/// The characters at a place as they stand there, delimiters and escapes and all.
fn standing(message: &Message, path: &FieldPath) -> String {
    let value = message.read(path);
    match value.state() {
        State::Absent | State::Empty => String::new(),
        State::Null => NULL.to_owned(),
        State::Valued => message.characters(value.raw().unwrap_or_default()).into_owned(),
    }
}

/// How many segments of a name, or repetitions of a field, hold something.
fn how_many(message: &Message, target: &Target) -> usize {
    match target {
        Target::Segment(path) => match path.occurrence {
            None => message.count(path.name),
            Some(number) => usize::from(message.count(path.name) >= usize::from(number)),
        },
        Target::Field(path) if path.level() == Level::Field => {
            let segment = message
                .segments()
                .filter(|segment| segment.name() == path.segment().as_bytes())
                .nth(usize::from(path.occurrence()) - 1);
            segment.map_or(0, |segment| {
                let repetitions = segment.repetitions(path.field());
                repetitions.filter(|part| is_held(part.state())).count()
            })
        }
        Target::Field(path) => usize::from(is_held(message.read(path).state())),
    }
}

fn is_held(state: State) -> bool {
    matches!(state, State::Valued | State::Null)
}

/// Whether two messages hold the same: what ends their lines and empty fields at the ends of segments aside.
fn is_same(one: &Message, other: &Message) -> bool {
    let mut others = other.segments();
    one.segments().all(|segment| {
        others
            .next()
            .is_some_and(|other| segment.name() == other.name() && segment.fields().eq(other.fields()))
    }) && others.next().is_none()
}
