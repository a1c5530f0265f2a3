//! A route as typed, and what is checked about it before it runs.

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{MessagePattern, Route};
use crate::expression::Condition;
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::step::{Step, condition};
use crate::typed::{OneOrMany, Text};

/// What was typed, without the steps: each of them is read by itself, so that one that is wrong hides no other.
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
    /// The destinations.
    pub to: OneOrMany<Text>,
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
        steps: Vec<Step>,
        place: &Place<'_>,
        names: &Names,
        problems: &mut Problems,
    ) -> Option<Route> {
        let errors_before = problems.error_count();
        let from = listeners(&self.from, &place.key("from"), names, problems);
        let to = destinations(&self.to, &place.key("to"), names, problems);
        let messages = match &self.messages {
            None => Vec::new(),
            Some(texts) => patterns(texts, &place.key("messages"), problems),
        };
        let when: Option<Condition> = self
            .when
            .and_then(|Text(text)| condition(&text, &place.key("when"), problems));
        let filtered = format!("the condition of route {name} does not hold").into();
        let is_right = problems.error_count() == errors_before;
        is_right.then_some(Route {
            name,
            from,
            to,
            messages,
            when,
            steps,
            filtered,
        })
    }
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
        match text.parse() {
            Ok(pattern) => patterns.push(pattern),
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
    known(texts, place, &names.listeners, problems, |name| {
        Problem::error(
            ProblemName::UnknownListener,
            format!("listener `{name}` is not defined"),
        )
        .help("define it under `listeners` in any file of the site")
    })
}

fn destinations(
    texts: &OneOrMany<Text>,
    place: &Place<'_>,
    names: &Names,
    problems: &mut Problems,
) -> Vec<Arc<str>> {
    if texts.0.is_empty() {
        let problem = Problem::error(ProblemName::NothingToDo, "the route sends to no destination");
        problems.push(
            problem
                .at(place)
                .help("name a destination; delete the route if it has no purpose"),
        );
    }
    known(texts, place, &names.destinations, problems, |name| {
        Problem::error(
            ProblemName::UnknownDestination,
            format!("destination `{name}` is not defined"),
        )
        .help("define it under `destinations` in any file of the site")
    })
}

/// The names that are known, each once; `unknown` makes the problem of the others.
fn known(
    texts: &OneOrMany<Text>,
    place: &Place<'_>,
    right: &BTreeSet<Arc<str>>,
    problems: &mut Problems,
    unknown: impl Fn(&str) -> Problem,
) -> Vec<Arc<str>> {
    let mut found: Vec<Arc<str>> = Vec::with_capacity(texts.0.len());
    for (index, Text(text)) in texts.0.iter().enumerate() {
        let at = place.index(index);
        match right.get(text.as_str()) {
            Some(name) if found.contains(name) => {
                let message = format!("`{name}` is listed twice");
                problems.push(Problem::error(ProblemName::DuplicateName, message).at(&at));
            }
            Some(name) => found.push(Arc::clone(name)),
            None => {
                problems.push(
                    unknown(text)
                        .at(&at)
                        .nearest(text, right.iter().map(AsRef::as_ref)),
                );
            }
        }
    }
    found
}
