//! What `for_each` and `split` are about: segments, the repetitions of a field, or groups.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::paths::{Written, read};
use crate::hl7::{Level, SegmentName, SegmentPath, SegmentSelector, Selector, TargetSelector};
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::typed::Text;

/// What was typed: a place, or `{ group: OBR }`.
#[derive(Debug, Clone)]
pub enum Settings {
    /// Segments as `OBX`, or a field as `PID-3`.
    Place(Text),
    /// The segments that belong together.
    Group(GroupSettings),
}

/// Segments that belong together, as typed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupSettings {
    /// The segment that a group is called by: `OBR` with its OBX, NTE and so on.
    pub group: Text,
}

/// What is gone through.
#[derive(Debug, Clone)]
pub(super) enum Each {
    Segments(SegmentSelector),
    Repetitions {
        /// All that are meant.
        all: Selector,
        /// The one at hand, in a scope.
        at_hand: Selector,
    },
    /// The groups that these segments are in.
    Groups(SegmentSelector),
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Settings, D::Error> {
        deserializer.deserialize_any(SettingsVisitor)
    }
}

impl JsonSchema for Settings {
    fn schema_name() -> Cow<'static, str> {
        "Each".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let group = generator.subschema_for::<GroupSettings>();
        json_schema!({ "anyOf": [{ "type": "string" }, group] })
    }
}

struct SettingsVisitor;

impl<'de> Visitor<'de> for SettingsVisitor {
    type Value = Settings;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a segment as `OBX`, a field as `PID-3`, or a group as `{ group: OBR }`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Settings, E> {
        Ok(Settings::Place(Text(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Settings, A::Error> {
        GroupSettings::deserialize(MapAccessDeserializer::new(map)).map(Settings::Group)
    }
}

impl Settings {
    /// Reads the place, or tells what is wrong with it.
    pub(super) fn check(&self, place: &Place<'_>, problems: &mut Problems) -> Option<Each> {
        match self {
            Settings::Group(GroupSettings { group }) => {
                let at = place.key("group");
                let segment: SegmentPath = read(&group.0, Written::Value(&at), problems)?;
                if segment.occurrence.is_some() {
                    let message = "a group is called by the name of a segment alone, as `OBR`";
                    problems.push(Problem::error(ProblemName::BadPath, message).at(&at));
                    return None;
                }
                not_the_header(segment.name, &at, problems)?;
                read(&group.0, Written::Value(&at), problems).map(Each::Groups)
            }
            Settings::Place(Text(text)) => match read(text, Written::Value(place), problems)? {
                TargetSelector::Segments(segments) => {
                    not_the_header(segments.name(), place, problems)?;
                    Some(Each::Segments(segments))
                }
                TargetSelector::Field(field) if field.level() > Level::Repetition => {
                    let message = format!("{field} is a part of a repetition and does not repeat itself");
                    let help = format!("name the field, `{}-{}`", field.segment(), field.field());
                    problems.push(Problem::error(ProblemName::BadPath, message).at(place).help(help));
                    None
                }
                TargetSelector::Field(field) => {
                    let at_hand = format!("{}-{}", field.segment(), field.field());
                    Some(Each::Repetitions {
                        all: field.in_each_repetition(),
                        at_hand: read(&at_hand, Written::Value(place), problems)?,
                    })
                }
            },
        }
    }
}

/// There is one MSH, and all else belongs to it.
fn not_the_header(name: SegmentName, place: &Place<'_>, problems: &mut Problems) -> Option<()> {
    if name == SegmentName::MSH {
        let message = "a message has one MSH, so there is nothing to go through";
        problems.push(Problem::error(ProblemName::InvalidValue, message).at(place));
        return None;
    }
    Some(())
}
