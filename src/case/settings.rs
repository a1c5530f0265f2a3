//! A case as typed, and what is checked about it before it runs.

use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Zoned;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Case, Given, check};
use crate::hl7::{Charset, Message, ParseError, ParseLimits, PathError, Scope, Selector};
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::route::{Names, Route};
use crate::step::{Written, path};
use crate::typed::{OneOrMany, Pairs, Text};
use crate::units;

/// When messages are received in cases that do not say it: the same moment every day.
pub const AT: &str = "2026-01-01T12:00:00+00:00";

/// What was typed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What the case shows; unique in its route.
    pub name: Text,
    /// The message: a file, relative to the site's folder, or the text of a message, which begins with `MSH`.
    pub given: Text,
    /// Fields of the given message and the texts they get before the route sees it.
    #[serde(default)]
    pub set: Option<Pairs<Text>>,
    /// When the message is received, as `2026-01-01T12:00:00+00:00`, which it is if left out.
    #[serde(default)]
    pub at: Option<Text>,
    /// The listener it comes from; the first of the route, if left out.
    #[serde(default)]
    pub from: Option<Text>,
    /// What must come of it.
    pub expect: ExpectSettings,
}

/// What must come of a case, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectSettings {
    /// All destinations that get something; an empty list if nobody does.
    #[serde(default)]
    pub to: Option<OneOrMany<Text>>,
    /// What the route answers: `AA`, `AE` or `AR`.
    #[serde(default)]
    pub acknowledgment: Option<Text>,
    /// Fields and their values in every message that leaves the route.
    #[serde(default)]
    pub fields: Option<Pairs<Text>>,
    /// Segments and fields that no message holds that leaves the route.
    #[serde(default)]
    pub absent: OneOrMany<Text>,
    /// How many segments of a name, or repetitions of a field, each message has.
    #[serde(default)]
    pub count: Option<Pairs<usize>>,
    /// A file with the whole message, relative to the site's folder.
    #[serde(default)]
    pub message: Option<Text>,
    /// The messages that leave the route one by one, where there are several; those for the same receivers in order.
    #[serde(default)]
    pub messages: Option<Vec<OutputSettings>>,
    /// Tags that the route gives the message, and their values.
    #[serde(default)]
    pub tags: Option<Pairs<Text>>,
    /// The message is filtered: `true`, or words of the reason.
    #[serde(default)]
    pub filtered: Option<Text>,
    /// The route cannot do its work, or refuses the message: `true`, or words of the reason.
    #[serde(default)]
    pub error: Option<Text>,
}

/// What must hold of one of several messages, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputSettings {
    /// The destinations that get it.
    #[serde(default)]
    pub to: Option<OneOrMany<Text>>,
    /// Fields and their values.
    #[serde(default)]
    pub fields: Option<Pairs<Text>>,
    /// Segments and fields that it does not hold.
    #[serde(default)]
    pub absent: OneOrMany<Text>,
    /// How many segments of a name, or repetitions of a field, it has.
    #[serde(default)]
    pub count: Option<Pairs<usize>>,
    /// A file with the whole message, relative to the site's folder.
    #[serde(default)]
    pub message: Option<Text>,
}

/// What a case is checked against.
pub struct Known<'a> {
    /// The route that is asked; none if the route itself is wrong.
    pub route: Option<&'a Arc<Route>>,
    /// The names of the site.
    pub names: &'a Names,
    /// What a listener takes for the character set of messages that declare none.
    pub charset: &'a dyn Fn(&str) -> Option<Charset>,
}

/// Reads the files that cases name; what cannot be read is told as a problem, and `None`.
pub trait Files {
    /// The file of a given message.
    fn given(&mut self, name: &str, place: &Place<'_>, problems: &mut Problems) -> Option<Bytes>;
    /// The file of an expected message; empty where it is yet to be written.
    fn expected(&mut self, name: &str, place: &Place<'_>, problems: &mut Problems) -> Option<Bytes>;
}

impl Settings {
    /// Finds what is wrong; a case only if nothing is, its route is right and its files were read.
    pub fn check(
        self,
        place: &Place<'_>,
        known: &Known<'_>,
        files: &mut impl Files,
        problems: &mut Problems,
    ) -> Option<Case> {
        let errors_before = problems.error_count();
        if self.name.0.trim().is_empty() {
            let problem = Problem::error(ProblemName::InvalidValue, "a case needs a name");
            problems.push(
                problem
                    .at(&place.key("name"))
                    .help("say in a few words what it shows"),
            );
        }
        let at = self.at.map_or(AT.to_owned(), |Text(text)| text);
        let at = moment(&at, &place.key("at"), problems);
        let from = match self.from {
            Some(Text(name)) => listener(name, &place.key("from"), known, problems),
            None => known
                .route
                .and_then(|route| route.from.first())
                .map(ToString::to_string),
        };
        let set = edits(self.set, &place.key("set"), problems);
        let expect = check::expect(self.expect, &place.key("expect"), known, files, problems);
        let charset = from.and_then(|from| (known.charset)(&from));
        let given = given(&self.given.0, charset, set, place, files, problems);
        let is_right = problems.error_count() == errors_before;
        Some(Case {
            name: self.name.0.into(),
            location: place.location(),
            route: Arc::clone(known.route?),
            given: given?,
            at: at?,
            expect: expect?,
        })
        .filter(|_| is_right)
    }
}

fn moment(text: &str, place: &Place<'_>, problems: &mut Problems) -> Option<Zoned> {
    let told = |error: units::UnitError| {
        let message = format!("`{text}` is no moment: {error}");
        problems.push(Problem::error(ProblemName::InvalidValue, message).at(place));
    };
    units::parse_moment(text).map_err(told).ok()
}

fn listener(name: String, place: &Place<'_>, known: &Known<'_>, problems: &mut Problems) -> Option<String> {
    let right: Vec<&str> = match known.route {
        Some(route) => route.from.iter().map(AsRef::as_ref).collect(),
        None => known.names.listeners.iter().map(AsRef::as_ref).collect(),
    };
    if right.contains(&name.as_str()) {
        return Some(name);
    }
    let message = format!("the route takes nothing from a listener `{name}`");
    let problem = Problem::error(ProblemName::UnknownListener, message).at(place);
    problems.push(problem.nearest(&name, right.iter().copied()));
    None
}

/// A field that the case itself sets: its path as typed and as read, and its text.
type Edit = (String, Selector, String);

fn edits(set: Option<Pairs<Text>>, place: &Place<'_>, problems: &mut Problems) -> Vec<Edit> {
    let pairs = set.map(|Pairs(pairs)| pairs).unwrap_or_default();
    let read = |(typed, Text(text)): (String, Text)| {
        let path = key(&typed, place, problems)?;
        Some((typed, path, text))
    };
    pairs.into_iter().filter_map(read).collect()
}

/// The given message, with what the case sets in it.
fn given(
    text: &str,
    charset: Option<Charset>,
    set: Vec<Edit>,
    place: &Place<'_>,
    files: &mut impl Files,
    problems: &mut Problems,
) -> Option<Given> {
    let at = place.key("given");
    let (bytes, file) = if text.trim_start().starts_with("MSH") {
        // A text in YAML has the line ends of YAML.
        (Bytes::from(text.trim_start().replace('\n', "\r")), None)
    } else {
        (files.given(text, &at, problems)?, Some(text.to_owned()))
    };
    let mut message = match Message::parse_assuming(bytes, &ParseLimits::default(), charset) {
        Ok(message) => message,
        Err(error) => {
            problems.push(no_message(file.as_deref(), &error, &at));
            return None;
        }
    };
    for (typed, selector, text) in &set {
        let wrong = match message.resolve(selector, &Scope::whole()) {
            Some(path) => message.set(&path, text).err().map(|error| error.to_string()),
            None => Some(format!("{selector}: the given message has no such place")),
        };
        if let Some(wrong) = wrong {
            let problem = Problem::error(ProblemName::InvalidValue, wrong);
            problems.push(problem.at_key(&place.key("set").key(typed)));
            return None;
        }
    }
    Some(Given {
        file,
        set: set.into_iter().map(|(_, selector, _)| selector).collect(),
        message,
    })
}

/// The problem of what is no message; `file` is none for a text in the case itself.
pub(super) fn no_message(file: Option<&str>, error: &ParseError, place: &Place<'_>) -> Problem {
    let what = file.map_or("the text".to_owned(), |file| format!("`{file}`"));
    let problem = Problem::error(
        ProblemName::NoMessage,
        format!("{what} is not one HL7 message: {error}"),
    );
    problem
        .at(place)
        .help("a case has one message, which begins with MSH")
}

/// Reads a path that is a key.
pub(super) fn key<P: FromStr<Err = PathError>>(
    text: &str,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<P> {
    path(text, Written::Key(&place.key(text)), problems)
}
