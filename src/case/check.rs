//! What must come of a case: from what was typed to what can be compared.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::expect::{End, Expect, Words};
use super::output::{Expected, ExpectedMessage, Output};
use super::settings::{ExpectSettings, Files, Known, OutputSettings, key, no_message};
use crate::hl7::{AcknowledgmentCode, Level, Message, Selector, TargetSelector};
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::step::{Written, path};
use crate::typed::{OneOrMany, Pairs, Text};

/// Reads what is expected; `None` if anything is wrong, which is told.
pub(super) fn expect(
    settings: ExpectSettings,
    place: &Place<'_>,
    known: &Known<'_>,
    files: &mut impl Files,
    problems: &mut Problems,
) -> Option<Expect> {
    let errors_before = problems.error_count();
    if place.node().entries().is_empty() {
        let problem = Problem::error(ProblemName::NothingToDo, "the case expects nothing");
        problems.push(
            problem
                .at_key(place)
                .help("say what must come of it, as `to: [lab]`"),
        );
        return None;
    }
    let acknowledgment = settings
        .acknowledgment
        .as_ref()
        .and_then(|text| acknowledgment(text, &place.key("acknowledgment"), problems));
    let end = end(&settings, acknowledgment, place, problems);
    let mut checker = Checker {
        known,
        files,
        problems,
    };
    let all = OutputSettings {
        to: settings.to,
        fields: settings.fields,
        absent: settings.absent,
        count: settings.count,
        message: settings.message,
    };
    let every = checker.output(all, place);
    let each = settings.messages.map(|list| {
        let at = place.key("messages");
        let list = list.into_iter().enumerate();
        list.map(|(index, own)| checker.output(own, &at.index(index)))
            .collect()
    });
    let is_right = problems.error_count() == errors_before;
    let tags = settings.tags.map(|Pairs(tags)| tags).unwrap_or_default();
    is_right.then_some(Expect {
        end: end?,
        acknowledgment,
        tags: tags
            .into_iter()
            .map(|(name, Text(value))| (name, Expected(value)))
            .collect(),
        every,
        each,
    })
}

/// How the route is expected to end; told if the keys contradict one another.
fn end(
    settings: &ExpectSettings,
    acknowledgment: Option<AcknowledgmentCode>,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<End> {
    let nobody = settings.to.as_ref().is_some_and(|to| to.0.is_empty());
    let refused = acknowledgment.is_some_and(|code| !code.is_accept());
    let (key, end) = if let Some(filtered) = &settings.filtered {
        (
            "filtered",
            End::Filtered(words(filtered, &place.key("filtered"), problems)?),
        )
    } else if let Some(error) = &settings.error {
        ("error", End::Error(words(error, &place.key("error"), problems)?))
    } else if refused {
        ("acknowledgment", End::Refused)
    } else if nobody {
        ("to", End::Nobody)
    } else {
        return Some(End::Delivers);
    };
    let excluded = |other: &&str| match *other {
        "to" => !nobody && key != "error",
        "acknowledgment" => refused && key == "filtered",
        "filtered" => key != "filtered",
        // Some receivers may get what could not be made for others.
        other => other != key && key != "error",
    };
    let keys = [
        "filtered",
        "error",
        "to",
        "acknowledgment",
        "fields",
        "absent",
        "count",
        "message",
        "messages",
        "tags",
    ];
    let other = keys
        .into_iter()
        .filter(excluded)
        .find(|other| place.node().get(other).is_some());
    if let Some(other) = other {
        let message = format!("`{key}` and `{other}` cannot both be expected");
        let problem = Problem::error(ProblemName::ContradictoryCase, message).at_key(&place.key(other));
        let problem = problem.related_key(&place.key(key), "then nothing leaves the route");
        problems.push(problem);
        return None;
    }
    Some(end)
}

/// `true` for any reason, else words of it.
fn words(Text(text): &Text, place: &Place<'_>, problems: &mut Problems) -> Option<Words> {
    match text.as_str() {
        "true" => Some(None),
        "false" | "" => {
            let message = "expected `true`, or words of the reason";
            let problem = Problem::error(ProblemName::InvalidValue, message).at(place);
            problems.push(problem.help("leave it out where the message is to be delivered"));
            None
        }
        words => Some(Some(words.to_owned())),
    }
}

fn acknowledgment(
    Text(text): &Text,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<AcknowledgmentCode> {
    let code = text
        .parse()
        .ok()
        .filter(|code: &AcknowledgmentCode| !code.is_commit());
    if code.is_none() {
        let problem =
            Problem::error(ProblemName::InvalidValue, "expected one of `AA`, `AE` and `AR`").at(place);
        problems.push(
            problem.help("commit codes say the same: which of the two is sent is the listener's affair"),
        );
    }
    code
}

/// Reads what is expected of messages.
struct Checker<'a, F> {
    known: &'a Known<'a>,
    files: &'a mut F,
    problems: &'a mut Problems,
}

impl<F: Files> Checker<'_, F> {
    fn output(&mut self, settings: OutputSettings, place: &Place<'_>) -> Output {
        let to = settings.to.map(|to| self.destinations(to, &place.key("to")));
        let fields = settings
            .fields
            .map(|Pairs(pairs)| self.fields(pairs, &place.key("fields")));
        let OneOrMany(absent) = settings.absent;
        let at = place.key("absent");
        let absent = absent
            .into_iter()
            .enumerate()
            .filter_map(|(index, Text(text))| path(&text, Written::Value(&at.index(index)), self.problems));
        let absent = absent.collect();
        let count = settings
            .count
            .map(|Pairs(pairs)| self.counts(pairs, &place.key("count")));
        let message = settings
            .message
            .and_then(|Text(file)| self.message(file, &place.key("message")));
        Output {
            to,
            fields: fields.unwrap_or_default(),
            absent,
            count: count.unwrap_or_default(),
            message,
        }
    }

    fn destinations(&mut self, OneOrMany(texts): OneOrMany<Text>, place: &Place<'_>) -> BTreeSet<Arc<str>> {
        let right = &self.known.names.destinations;
        let mut to = BTreeSet::new();
        for (index, Text(name)) in texts.into_iter().enumerate() {
            if !right.contains(name.as_str()) {
                let message = format!("destination `{name}` is not defined");
                let problem =
                    Problem::error(ProblemName::UnknownDestination, message).at(&place.index(index));
                self.problems
                    .push(problem.nearest(&name, right.iter().map(AsRef::as_ref)));
            }
            to.insert(name.into());
        }
        to
    }

    fn fields(&mut self, pairs: Vec<(String, Text)>, place: &Place<'_>) -> Vec<(Selector, Expected)> {
        let read =
            |(path, Text(value)): (String, Text)| Some((key(&path, place, self.problems)?, Expected(value)));
        pairs.into_iter().filter_map(read).collect()
    }

    fn counts(&mut self, pairs: Vec<(String, usize)>, place: &Place<'_>) -> Vec<(TargetSelector, usize)> {
        let mut counts = Vec::new();
        for (text, count) in pairs {
            let Some(target) = key(&text, place, self.problems) else {
                continue;
            };
            let is_countable = match &target {
                TargetSelector::Segments(_) => true,
                TargetSelector::Field(field) => field.is_many() || field.level() == Level::Field,
            };
            if !is_countable {
                let message = format!(
                    "`{text}` is one place: only segments of a name and repetitions of a field are counted"
                );
                let problem = Problem::error(ProblemName::InvalidValue, message).at_key(&place.key(&text));
                self.problems
                    .push(problem.help("count as in `OBX: 3` or `PID-3: 2`"));
            }
            counts.push((target, count));
        }
        counts
    }

    fn message(&mut self, file: String, place: &Place<'_>) -> Option<ExpectedMessage> {
        let bytes = self.files.expected(&file, place, self.problems)?;
        if bytes.is_empty() {
            return Some(ExpectedMessage { file, message: None });
        }
        match Message::parse(bytes) {
            Ok(message) => Some(ExpectedMessage {
                file,
                message: Some(message),
            }),
            Err(error) => {
                self.problems.push(no_message(Some(&file), &error, place));
                None
            }
        }
    }
}
