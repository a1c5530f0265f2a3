//! A route as typed, and what is checked about it before it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::pattern::UnknownPart;
use super::receiver::{Receiver, Receivers};
use super::{MessagePattern, Route};
use crate::expression::{Condition, Known};
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::step::{Step, condition};
use crate::typed::{OneOrMany, Text};
use crate::units::{self, Duration};

/// What was typed, without the [`Steps`].
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The listener the messages come from, or a list of them.
    pub from: OneOrMany<Text>,
    /// The types of messages: `ADT`, `ADT^A01`, `ADT^A01^ADT_A01`; `*` stands for any part. All, if left out.
    #[serde(default)]
    pub messages: Option<OneOrMany<Text>>,
    /// Only messages for which this holds; the others are filtered.
    #[serde(default)]
    pub when: Option<Text>,
    /// The destinations: a name, or a list of names and of maps as `{ destination: ehr, when: …, steps: [ … ] }`.
    pub to: Receivers,
    /// Whose answer goes back to the sender in the place of AA, as `from ehr`: one of the destinations in `to`.
    /// Without it weir itself acknowledges what it has accepted.
    #[serde(default)]
    pub reply: Option<Text>,
    /// How long the sender waits for that answer, as `30s` (the default). Then it gets AE, and the message is
    /// delivered all the same.
    #[serde(default, deserialize_with = "units::optional_duration")]
    pub reply_timeout: Option<Duration>,
}

/// How long a sender waits for the answer of a destination if nothing is said.
const REPLY_TIMEOUT: Duration = Duration::from_secs(30);

/// Whose answer the sender of a message gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The destination.
    pub from: Arc<str>,
    /// How long the sender waits for it, from the end of the message on.
    pub timeout: Duration,
}

/// The steps of a route, each read by itself, so that one that is wrong hides no other.
#[derive(Debug, Default)]
pub struct Steps {
    /// Those that run for all destinations.
    pub of_route: Vec<Step>,
    /// Those of single destinations, by the number of their entry in `to`, from 0.
    pub own: BTreeMap<usize, Vec<Step>>,
}

/// The names a route may use.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// All listeners of the site.
    pub listeners: BTreeSet<Arc<str>>,
    /// All destinations of the site.
    pub destinations: BTreeSet<Arc<str>>,
}

impl Settings {
    /// Finds what is wrong; a route only if nothing is. `steps` are those that were right; the caller knows
    /// whether there were others.
    pub fn check(
        self,
        name: Arc<str>,
        steps: Steps,
        place: &Place<'_>,
        names: &Names,
        known: Known<'_>,
        problems: &mut Problems,
    ) -> Option<Route> {
        let errors_before = problems.error_count();
        let from = listeners(&self.from, &place.key("from"), names, problems);
        let all = self.to.check(steps.own, &place.key("to"), names, known, problems);
        let messages = match &self.messages {
            None => Vec::new(),
            Some(texts) => patterns(texts, &place.key("messages"), problems),
        };
        let when: Option<Condition> = self
            .when
            .and_then(|Text(text)| condition(&text, &place.key("when"), known, problems));
        let to: Vec<Arc<str>> = all
            .iter()
            .map(|receiver| Arc::clone(&receiver.destination))
            .collect();
        let reply = reply(self.reply, self.reply_timeout, &to, place, problems);
        if problems.error_count() > errors_before {
            return None;
        }
        let (receivers, plain): (Vec<Receiver>, Vec<Receiver>) = all
            .into_iter()
            .partition(|receiver| receiver.when.is_some() || !receiver.steps.is_empty());
        Some(Route {
            from,
            to,
            reply,
            messages,
            when,
            steps: steps.of_route,
            plain: plain.into_iter().map(|receiver| receiver.destination).collect(),
            receivers,
            filtered: format!("the condition of route {name} does not hold").into(),
            filtered_by_all: format!("the condition of no destination of route {name} holds").into(),
            name,
        })
    }
}

/// Reads whose answer goes back, or tells why nobody's can.
fn reply(
    typed: Option<Text>,
    timeout: Option<Duration>,
    to: &[Arc<str>],
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<Reply> {
    let at = place.key("reply");
    let limit = place.key("reply_timeout");
    if timeout.is_some_and(|timeout| timeout.is_zero()) {
        let message = "no destination answers in no time";
        problems.push(Problem::error(ProblemName::InvalidValue, message).at(&limit));
    }
    let Some(Text(text)) = typed else {
        if timeout.is_some() {
            let message = "nobody waits for an answer: the route has no `reply`";
            let problem = Problem::error(ProblemName::NothingToDo, message).at_key(&limit);
            problems.push(problem.help("add `reply: from DESTINATION`, or leave this out"));
        }
        return None;
    };
    let Some(name) = text.strip_prefix("from ").map(str::trim) else {
        let message = format!("`{text}` does not say whose answer goes back");
        let problem = Problem::error(ProblemName::InvalidValue, message).at(&at);
        let is_name = to.iter().any(|destination| **destination == *text);
        problems.push(if is_name {
            problem.suggest(&format!("from {text}"))
        } else {
            problem.help("write `from` and one of the destinations in `to`, as `from ehr`")
        });
        return None;
    };
    let Some(from) = to.iter().find(|destination| ***destination == *name) else {
        let message = format!("`{name}` is no destination of this route, so it has nothing to answer");
        let problem = Problem::error(ProblemName::UnknownDestination, message).at(&at);
        let right = to.iter().map(|destination| format!("from {destination}"));
        let right: Vec<String> = right.collect();
        problems.push(problem.nearest(&text, right.iter().map(String::as_str)));
        return None;
    };
    Some(Reply {
        from: Arc::clone(from),
        timeout: timeout.unwrap_or(REPLY_TIMEOUT),
    })
}

/// Reads types of messages, or tells which are none.
pub(crate) fn patterns(
    texts: &OneOrMany<Text>,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Vec<MessagePattern> {
    if texts.0.is_empty() {
        let problem = Problem::error(
            ProblemName::NothingToDo,
            "no type of message is listed, so none matches",
        );
        problems.push(problem.at(place).help("leave `messages` out to take every type"));
    }
    let mut patterns = Vec::with_capacity(texts.0.len());
    for (index, Text(text)) in texts.0.iter().enumerate() {
        match text.parse::<MessagePattern>() {
            Ok(pattern) => {
                if let Some(part) = pattern.unknown() {
                    problems.push(unknown_type(text, part).at(&place.index(index)));
                }
                patterns.push(pattern);
            }
            Err(error) => {
                let message = format!("`{text}` is no message type: {error}");
                let problem = Problem::error(ProblemName::BadMessageType, message).at(&place.index(index));
                // `adt`, `ADT_A01`, `ADT-A01`: the right letters, the wrong form.
                let guess = text.trim().to_uppercase().replace(['-', '/', ' ', '.'], "^");
                let is_guess_right = guess.parse::<MessagePattern>().is_ok();
                problems.push(if is_guess_right {
                    problem.suggest(&guess)
                } else {
                    problem
                });
            }
        }
    }
    patterns
}

/// That no version of the standard has a part of a message type, with the one that was probably meant.
fn unknown_type(text: &str, part: UnknownPart<'_>) -> Problem {
    let message = match part {
        UnknownPart::MessageType(name) => format!("no version of HL7 has a message type {name}"),
        UnknownPart::TriggerEvent(name) => format!("no version of HL7 has a trigger event {name}"),
        UnknownPart::MessageStructure(name) => format!("no version of HL7 has a message structure {name}"),
    };
    let problem = Problem::warning(ProblemName::UnknownMessageType, message);
    // `ADT_A04`: a structure, or what looks like one, where the type stands.
    let guess = text.replacen('_', "^", 1);
    let is_guess_right = |guess: &MessagePattern| guess.unknown().is_none();
    if !text.contains('^') && guess != text && guess.parse().is_ok_and(|guess| is_guess_right(&guess)) {
        return problem.suggest(&guess);
    }
    problem.help("MSH-9 is compared part by part, as `ADT^A04`; a type of a sender's own begins with Z")
}

fn listeners(
    texts: &OneOrMany<Text>,
    place: &Place<'_>,
    names: &Names,
    problems: &mut Problems,
) -> Vec<Arc<str>> {
    if texts.0.is_empty() {
        let problem = Problem::error(
            ProblemName::NothingToDo,
            "the route takes messages from no listener",
        );
        problems.push(problem.at(place));
    }
    let mut known = OnceEach::new(&names.listeners);
    let unknown = |name: &str| {
        Problem::error(
            ProblemName::UnknownListener,
            format!("listener `{name}` is not defined"),
        )
        .help("define it under `listeners` in any file of the site")
    };
    let taken = texts.0.iter().enumerate();
    taken
        .filter_map(|(index, Text(text))| known.take(text, &place.index(index), problems, unknown))
        .collect()
}

/// The names that are right, each of which may be taken once.
pub(super) struct OnceEach<'n> {
    right: &'n BTreeSet<Arc<str>>,
    taken: BTreeSet<Arc<str>>,
    /// What to do about one that is listed twice, where that is not to take one away.
    once_help: Option<&'static str>,
}

impl<'n> OnceEach<'n> {
    pub(super) fn new(right: &'n BTreeSet<Arc<str>>) -> OnceEach<'n> {
        OnceEach {
            right,
            taken: BTreeSet::new(),
            once_help: None,
        }
    }

    /// With what to do about a name that is listed twice.
    pub(super) fn once(self, help: &'static str) -> OnceEach<'n> {
        OnceEach {
            once_help: Some(help),
            ..self
        }
    }

    /// The name, if it is right and not taken; `unknown` makes the problem of one that is not right.
    pub(super) fn take(
        &mut self,
        text: &str,
        at: &Place<'_>,
        problems: &mut Problems,
        unknown: impl Fn(&str) -> Problem,
    ) -> Option<Arc<str>> {
        let Some(name) = self.right.get(text) else {
            let problem = unknown(text).at(at);
            problems.push(problem.nearest(text, self.right.iter().map(AsRef::as_ref)));
            return None;
        };
        if !self.taken.insert(Arc::clone(name)) {
            let message = format!("`{name}` is listed twice");
            let problem = Problem::error(ProblemName::DuplicateName, message).at(at);
            problems.push(match self.once_help {
                Some(help) => problem.help(help),
                None => problem,
            });
            return None;
        }
        Some(Arc::clone(name))
    }
}
