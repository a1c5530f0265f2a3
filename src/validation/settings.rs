//! A profile as typed, and what is checked about it before it is used.

use std::collections::BTreeMap;

use regex::RegexBuilder;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::expression::{Condition, Known};
use crate::hl7::dictionary::{Dictionary, Version};
use crate::hl7::{FieldPath, SegmentPath};
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::typed::{OneOrMany, Pairs, Text};

use super::profile::{FieldRule, Profile, SegmentRule, Spot};

/// The largest compiled pattern: a class repeated a thousand times fits, one repeated a million times does not.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// What was typed, without `inherits`: what that names is read before.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How much a value is that is longer than the version has it: `warning` or `error`. Left out, a warning before
    /// version 2.7, where sites may agree on other lengths, and an error from then on.
    #[serde(default)]
    pub lengths: Option<Lengths>,
    /// Rules about segments: `NK1: { max: 2 }`.
    #[serde(default)]
    pub segments: Option<Pairs<SegmentSettings>>,
    /// Rules about fields and their parts: `PID-3: { usage: required }`.
    #[serde(default)]
    pub fields: Option<Pairs<FieldSettings>>,
}

/// A rule about segments of one name.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentSettings {
    /// Whether there must be one.
    #[serde(default)]
    pub usage: Option<Usage>,
    /// The most there may be in a message.
    #[serde(default)]
    pub max: Option<u16>,
    /// The rule applies only to messages for which this holds.
    #[serde(default)]
    pub when: Option<Text>,
}

/// A rule about a field, or a component or subcomponent in each of its repetitions.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldSettings {
    /// Whether it must hold something.
    #[serde(default)]
    pub usage: Option<Usage>,
    /// How often the field may stand there.
    #[serde(default)]
    pub repetitions_max: Option<u16>,
    /// How many characters it may have.
    #[serde(default)]
    pub length_max: Option<u32>,
    /// The codes it may hold.
    #[serde(default)]
    pub codes: Option<OneOrMany<Text>>,
    /// The data type it must fit, by its name in the standard.
    #[serde(default)]
    pub data_type: Option<Text>,
    /// The regular expression that the whole text must match.
    #[serde(default)]
    pub pattern: Option<Text>,
    /// What must hold for the message; the fault stands at this field.
    #[serde(default)]
    pub condition: Option<Text>,
    /// The rule applies only to messages for which this holds.
    #[serde(default)]
    pub when: Option<Text>,
}

/// Whether something must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Usage {
    /// It must, and hold something; the HL7 null is something.
    Required,
    /// It may be missing, even where the version requires it.
    Optional,
}

/// How much a value is that is longer than the version has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lengths {
    /// It may be right.
    Warning,
    /// It is a fault.
    Error,
}

impl Settings {
    /// Finds what is wrong; a profile over the inherited one only if nothing is. A rule takes the place of an
    /// inherited one about the same segment or field.
    pub fn check(self, inherited: Profile, place: &Place<'_>, problems: &mut Problems) -> Option<Profile> {
        let errors_before = problems.error_count();
        let mut profile = inherited;
        profile.lengths = self.lengths.or(profile.lengths);
        let at = place.key("segments");
        for (name, settings) in self.segments.map(|Pairs(pairs)| pairs).unwrap_or_default() {
            let at = at.key(&name);
            let Some(path) = path::<SegmentPath>(&name, &at, problems) else {
                continue;
            };
            if path.occurrence.is_some() {
                problems.push(every_one(&name, &at));
            }
            let rule = settings.check(&at, problems);
            profile.segments.insert(path.name, rule);
        }
        let dictionary = Dictionary::of(profile.version.unwrap_or(Version::COMMON));
        let at = place.key("fields");
        let mut seen: BTreeMap<Spot, String> = BTreeMap::new();
        for (name, settings) in self.fields.map(|Pairs(pairs)| pairs).unwrap_or_default() {
            let at = at.key(&name);
            let Some(path) = path::<FieldPath>(&name, &at, problems) else {
                continue;
            };
            if path.occurrence() > 1 || path.repetition().is_some() {
                problems.push(every_one(&name, &at));
            }
            if path.is_delimiters() {
                let message =
                    "MSH-1 and MSH-2 declare the delimiters of the message; nothing else is expected of them";
                problems.push(Problem::error(ProblemName::InvalidValue, message).at_key(&at));
            }
            if let Some(first) = seen.insert(Spot::from(&path), name.clone()) {
                let message = format!("`{first}` and `{name}` are the same field");
                problems.push(Problem::error(ProblemName::DuplicateKey, message).at_key(&at));
            }
            let rule = settings.check(&path, dictionary, &at, problems);
            profile.fields.insert(Spot::from(&path), rule);
        }
        (problems.error_count() == errors_before).then_some(profile)
    }
}

impl SegmentSettings {
    /// What is wrong is told; the caller knows by that whether to use the rule.
    fn check(self, place: &Place<'_>, problems: &mut Problems) -> SegmentRule {
        SegmentRule {
            usage: self.usage,
            max: self.max,
            when: self
                .when
                .and_then(|text| condition(&text, &place.key("when"), problems)),
        }
    }
}

impl FieldSettings {
    /// As for segments.
    fn check(
        self,
        path: &FieldPath,
        dictionary: &Dictionary,
        place: &Place<'_>,
        problems: &mut Problems,
    ) -> FieldRule {
        if self.repetitions_max.is_some() && path.component().is_some() {
            let problem = Problem::error(ProblemName::InvalidValue, "only a field has repetitions");
            problems.push(
                problem
                    .at_key(&place.key("repetitions_max"))
                    .help("put it under the field itself"),
            );
        }
        let data_type = self.data_type.and_then(|Text(name)| {
            if dictionary.data_type(&name).is_some() {
                return Some(name);
            }
            let version = dictionary.version();
            let message = format!("`{name}` is no data type of HL7 {version}");
            let names = dictionary.data_types().iter().map(|data_type| data_type.name);
            let problem = Problem::error(ProblemName::InvalidValue, message);
            problems.push(problem.at(&place.key("data_type")).nearest(&name, names));
            None
        });
        let pattern = self.pattern.and_then(|Text(text)| {
            let pattern = RegexBuilder::new(&format!(r"\A(?:{text})\z"))
                .size_limit(PATTERN_BYTES_MAX)
                .build();
            let wrong =
                |_| {
                    let message = format!("`{text}` is no regular expression, or one that is too large");
                    let problem = Problem::error(ProblemName::InvalidValue, message);
                    problems.push(problem.at(&place.key("pattern")).help(
                        "write it as the Rust crate `regex` reads it: no look-around, no back-references",
                    ));
                };
            pattern.map_err(wrong).ok()
        });
        let holds = self
            .condition
            .and_then(|text| condition(&text, &place.key("condition"), problems));
        let when = self
            .when
            .and_then(|text| condition(&text, &place.key("when"), problems));
        let codes = self.codes.map(|OneOrMany(codes)| codes);
        FieldRule {
            usage: self.usage,
            repetitions_max: self.repetitions_max,
            length_max: self.length_max,
            codes: codes.map(|codes| codes.into_iter().map(|Text(code)| code).collect()),
            data_type,
            pattern,
            condition: holds,
            when,
        }
    }
}

fn condition(Text(text): &Text, place: &Place<'_>, problems: &mut Problems) -> Option<Condition> {
    Condition::parse(text, Known::nothing())
        .map_err(|error| problems.push(error.problem(place)))
        .ok()
}

fn path<P: std::str::FromStr<Err = crate::hl7::PathError>>(
    text: &str,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<P> {
    let wrong = |error: crate::hl7::PathError| {
        let message = format!("`{text}` is not a path: expected {}", error.expected);
        let problem = Problem::error(ProblemName::BadPath, message).at_key(place);
        let upper = text.trim().to_uppercase();
        problems.push(match upper.parse::<P>() {
            Ok(_) => problem.suggest(&upper),
            Err(_) => problem,
        });
    };
    text.parse().map_err(wrong).ok()
}

fn every_one(name: &str, place: &Place<'_>) -> Problem {
    let message = format!("`{name}` names one of several: a rule is about all of them");
    Problem::error(ProblemName::BadPath, message)
        .at_key(place)
        .help("leave out the numbers in brackets")
}
