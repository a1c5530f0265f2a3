//! The step `remove`: takes segments, fields, repetitions and components away.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer, StringDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::paths::{Written, condition, target, written_field, written_segments};
use super::{Doc, Run, StepError, entry_count};
use crate::expression::{Condition, Known};
use crate::hl7::{Level, SegmentName, SegmentSelector, Selector, Target, TargetSelector};
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::typed::{OneOrMany, Text};

pub(super) const DOC: Doc = Doc {
    kind: "remove",
    summary: "takes segments, fields, repetitions and components away",
    details: "A segment goes with its line, every one of its name unless numbered or chosen (`OBX[2]`, \
              `OBX[-3.1=\"GLU\"]`).\n\
              A repetition goes with its delimiter, so that later ones move up (`PID-3[.5=SS]`).\n\
              A field or component is emptied: what stands behind it keeps its place.\n\
              What is not there is no error.\n\
              `{ segment: NTE, when: … }` and `{ repetition: PID-3, when: … }` take away those for which the \
              condition holds; in it, `NTE-3` and `PID-3.5` mean the one that is asked about.\n\
              What belongs to a segment stays: the NTE of an OBX that goes would then belong to the result before it. \
              `for_each: { group: OBX }` with `when:` and `remove: [OBX, NTE]` takes them along.\n\
              A `when:` beside the step is asked once, of the message: with `remove: NTE` all go, or none.\n\
              In a list in brackets a path with brackets needs quotes.",
    tables: "",
    example: "remove: [NK1, PID-5.2, \"PID-3[.5=SS]\"]",
    given: "MSH|^~\\&|EHR\rPID|1||12^^^^MR~34^^^^SS~56||DOE^ANNA^B\rNK1|1\rNK1|2\r",
    becomes: "MSH|^~\\&|EHR\rPID|1||12^^^^MR~56||DOE^^B\r",
};

/// What was typed: one target, a list, or what to ask of each.
#[derive(Debug, Clone)]
pub enum Settings {
    /// One target or a list.
    Targets(OneOrMany<Text>),
    /// Those for which a condition holds.
    Asked(Asked),
}

/// What is asked about, and what is asked.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The segments that are asked about, as `NTE`.
    #[serde(default)]
    pub segment: Option<Text>,
    /// The field whose repetitions are asked about, as `PID-3`.
    #[serde(default)]
    pub repetition: Option<Text>,
    /// What must hold for one to be taken away.
    pub when: Text,
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Settings, D::Error> {
        deserializer.deserialize_any(SettingsVisitor)
    }
}

impl JsonSchema for Settings {
    fn schema_name() -> Cow<'static, str> {
        "Remove".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let targets = generator.subschema_for::<OneOrMany<Text>>();
        json_schema!({ "anyOf": [targets, generator.subschema_for::<Asked>()] })
    }
}

struct SettingsVisitor;

impl<'de> Visitor<'de> for SettingsVisitor {
    type Value = Settings;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a path, a list of paths, or `{ segment: NTE, when: … }`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Settings, E> {
        let text = StringDeserializer::new(text.to_owned());
        Deserialize::deserialize(text).map(Settings::Targets)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Settings, A::Error> {
        Deserialize::deserialize(SeqAccessDeserializer::new(list)).map(Settings::Targets)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Settings, A::Error> {
        Asked::deserialize(MapAccessDeserializer::new(map)).map(Settings::Asked)
    }
}

/// What to take away.
#[derive(Debug, Clone)]
pub(super) enum Remove {
    Targets(Vec<TargetSelector>),
    Segments(SegmentSelector, Condition),
    Repetitions(Selector, Condition),
}

impl Settings {
    /// Warns where the condition beside the step is about segments of which all go: it is asked once, of the first.
    pub(super) fn warn_of_unasked(&self, when: &str, place: &Place<'_>, problems: &mut Problems) {
        let Settings::Targets(OneOrMany(texts)) = self else {
            return;
        };
        let is_part = |character: char| character.is_ascii_alphanumeric() || "-[".contains(character);
        for Text(name) in texts {
            let field = format!("{name}-");
            // `NTE[*]-3` and `NTE[1]-3` say which is meant.
            let is_segment =
                <[u8; 3]>::try_from(name.as_bytes()).is_ok_and(|name| SegmentName::new(name).is_some());
            if is_segment
                && when
                    .split(|character| !is_part(character))
                    .any(|word| word.starts_with(&field))
            {
                let message =
                    format!("the condition asks the first {name}, and the step takes all of them away");
                let help = format!("to ask each, write `remove: {{ segment: {name}, when: … }}`");
                problems.push(
                    Problem::warning(ProblemName::RemovesAll, message)
                        .at(&place.key("when"))
                        .help(help),
                );
            }
        }
    }

    pub(super) fn check(
        self,
        place: &Place<'_>,
        known: Known<'_>,
        problems: &mut Problems,
    ) -> Option<Remove> {
        match self {
            Settings::Targets(OneOrMany(texts)) => {
                let count = entry_count(texts.len(), "remove", place, problems)?;
                let targets: Vec<TargetSelector> = texts
                    .into_iter()
                    .enumerate()
                    .filter_map(|(index, Text(text))| {
                        target(&text, Written::Value(&place.index(index)), problems)
                    })
                    .collect();
                (targets.len() == count).then_some(Remove::Targets(targets))
            }
            Settings::Asked(asked) => asked.check(place, known, problems),
        }
    }
}

impl Asked {
    fn check(self, place: &Place<'_>, known: Known<'_>, problems: &mut Problems) -> Option<Remove> {
        let when = condition(&self.when.0, &place.key("when"), known, problems);
        match (self.segment, self.repetition) {
            (Some(Text(segment)), None) => {
                let at = place.key("segment");
                let segments = written_segments(&segment, Written::Value(&at), problems);
                Some(Remove::Segments(segments?, when?))
            }
            (None, Some(Text(repetition))) => {
                let at = place.key("repetition");
                let path = written_field(&repetition, Written::Value(&at), problems)?;
                if path.level() > Level::Repetition {
                    let message = format!("{path} is deeper than a repetition");
                    let help = "name the field, as `PID-3`; the condition asks about its components";
                    problems.push(
                        Problem::error(ProblemName::InvalidValue, message)
                            .at(&at)
                            .help(help),
                    );
                    return None;
                }
                Some(Remove::Repetitions(path.in_each_repetition(), when?))
            }
            (None, None) => {
                let message = "`segment` or `repetition` is missing";
                problems.push(Problem::error(ProblemName::MissingKey, message).at_key(place));
                None
            }
            (Some(_), Some(_)) => {
                let message = "`segment` and `repetition` cannot stand in one step";
                let problem = Problem::error(ProblemName::ContradictoryStep, message);
                problems.push(problem.at_key(place).help("make two steps of them"));
                None
            }
        }
    }
}

impl Remove {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), StepError> {
        match self {
            Remove::Targets(targets) => {
                for target in targets {
                    match target {
                        TargetSelector::Segments(segments) => remove_segments(segments, None, run),
                        TargetSelector::Field(path) => remove_fields(path, None, run)?,
                    }
                }
                Ok(())
            }
            Remove::Segments(segments, when) => {
                remove_segments(segments, Some(when), run);
                Ok(())
            }
            Remove::Repetitions(path, when) => remove_fields(path, Some(when), run),
        }
    }
}

/// Takes segments away, all of them asked about before the first goes.
fn remove_segments(segments: &SegmentSelector, when: Option<&Condition>, run: &mut Run<'_>) {
    let mut going = run.message.resolve_segments(segments, &run.scope);
    if let Some(when) = when {
        going.retain(|index| {
            run.scope.enter_segment(&run.message, *index);
            let holds = when.holds(&run.view());
            run.scope.leave();
            holds
        });
    }
    for &index in &going {
        run.goes(|message| message.segment_path(index).map(Target::Segment));
    }
    run.message.remove_segments_at(&going);
}

/// Takes fields or parts of them away, all of them asked about before the first goes.
fn remove_fields(path: &Selector, when: Option<&Condition>, run: &mut Run<'_>) -> Result<(), StepError> {
    let mut going = run.places(path);
    if let Some(when) = when {
        going.retain(|place| {
            run.scope.enter_repetition(&run.message, place);
            let holds = when.holds(&run.view());
            run.scope.leave();
            holds
        });
    }
    if path.level() != Level::Repetition {
        for place in going {
            let target = Target::Field(place);
            run.change(&target, |message| message.remove(&target))?;
        }
        return Ok(());
    }
    for place in &going {
        run.goes(|_| Some(Target::Field(*place)));
    }
    for place in going.iter().rev() {
        run.message.remove(&Target::Field(*place))?;
    }
    Ok(())
}
