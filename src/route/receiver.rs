//! The destinations of a route: those that get all it delivers, and those with a condition or steps of their own.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::settings::OnceEach;
use super::{Gathered, Names, Output, through};
use crate::expression::{Condition, Known};
use crate::problem::{Content, Place, Problem, ProblemName, Problems};
use crate::step::{self, Run, Step, Stop, condition};
use crate::typed::Text;

/// One destination, or a list of them.
#[derive(Debug, Clone)]
pub struct Receivers(Vec<ReceiverSettings>);

/// A destination as typed: a name alone, or a map.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiverSettings {
    /// Its name in the site.
    pub destination: Text,
    /// It gets only messages for which this holds, asked after the steps of the route.
    #[serde(default)]
    pub when: Option<Text>,
    /// What is done for it alone. Read by itself, as all steps are; here it stands so that its key is known.
    #[serde(default)]
    #[schemars(with = "Vec<step::Entry>")]
    pub steps: Option<IgnoredAny>,
}

/// A destination of a route.
#[derive(Debug, Clone)]
pub(super) struct Receiver {
    pub(super) destination: Arc<str>,
    /// It gets only messages for which this holds.
    pub(super) when: Option<Condition>,
    /// What is done for it alone.
    pub(super) steps: Vec<Step>,
}

impl Receivers {
    /// Finds what is wrong, and gives those destinations that are right.
    pub(super) fn check(
        self,
        mut own_steps: BTreeMap<usize, Vec<Step>>,
        place: &Place<'_>,
        names: &Names,
        known: Known<'_>,
        problems: &mut Problems,
    ) -> Vec<Receiver> {
        let Receivers(settings) = self;
        if settings.is_empty() {
            let problem = Problem::error(ProblemName::NothingToDo, "the route sends to no destination");
            problems.push(
                problem
                    .at(place)
                    .help("name a destination; delete the route if it has no purpose"),
            );
        }
        let mut destinations = OnceEach::new(&names.destinations).once(
            "make one entry of them: join the conditions by `or`, and put what differs under `if` in its `steps`",
        );
        let mut receivers = Vec::with_capacity(settings.len());
        for (
            index,
            ReceiverSettings {
                destination, when, ..
            },
        ) in settings.into_iter().enumerate()
        {
            let entry = place.index(index);
            let at = match entry.node().content {
                Content::Mapping(_) => entry.key("destination"),
                Content::Scalar { .. } | Content::Sequence(_) => entry.clone(),
            };
            let found = destinations.take(&destination.0, &at, problems, |name| {
                Problem::error(
                    ProblemName::UnknownDestination,
                    format!("destination `{name}` is not defined"),
                )
                .help("define it under `destinations` in any file of the site")
            });
            let when = when.map(|Text(text)| condition(&text, &entry.key("when"), known, problems));
            receivers.extend(found.map(|destination| Receiver {
                destination,
                when: when.flatten(),
                steps: own_steps.remove(&index).unwrap_or_default(),
            }));
        }
        receivers
    }
}

impl Receiver {
    /// Runs the steps of this destination. What drops the message, or fails, is its own affair; a rejection is not.
    pub(super) fn steps_to_one(&self, run: Run<'_>, gathered: &mut Gathered) -> Result<(), Stop> {
        let done = through(&self.steps, run, gathered, &|run, gathered| {
            let to = vec![Arc::clone(&self.destination)];
            gathered.outputs.push(Output {
                message: run.message,
                to,
            });
            Ok(())
        });
        match done {
            Ok(()) => Ok(()),
            Err(Stop::Dropped { reason }) => {
                gathered.dropped = Some(reason);
                Ok(())
            }
            Err(Stop::Failed(error)) => {
                gathered.fail(&self.destination, error.to_string());
                Ok(())
            }
            Err(stop @ Stop::Rejected(_)) => Err(stop),
        }
    }
}

impl<'de> Deserialize<'de> for Receivers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Receivers, D::Error> {
        deserializer.deserialize_any(ReceiversVisitor)
    }
}

impl JsonSchema for Receivers {
    fn schema_name() -> Cow<'static, str> {
        "Receivers".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let entry = json_schema!({
            "anyOf": [{ "type": "string" }, generator.subschema_for::<ReceiverSettings>()],
        });
        json_schema!({ "anyOf": [entry, { "type": "array", "items": entry }] })
    }
}

struct ReceiversVisitor;

impl<'de> Visitor<'de> for ReceiversVisitor {
    type Value = Receivers;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a destination, a map with the key `destination`, or a list of these")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Receivers, E> {
        Ok(Receivers(vec![ReceiverSettings::named(name)]))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Receivers, A::Error> {
        let receiver = ReceiverSettings::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Receivers(vec![receiver]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Receivers, A::Error> {
        let mut receivers = Vec::new();
        while let Some(Entry(receiver)) = list.next_element()? {
            receivers.push(receiver);
        }
        Ok(Receivers(receivers))
    }
}

/// An entry of the list.
struct Entry(ReceiverSettings);

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Entry, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a destination, or a map with the key `destination`")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Entry, E> {
        Ok(Entry(ReceiverSettings::named(name)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
        ReceiverSettings::deserialize(MapAccessDeserializer::new(map)).map(Entry)
    }
}

impl ReceiverSettings {
    fn named(name: &str) -> ReceiverSettings {
        ReceiverSettings {
            destination: Text(name.to_owned()),
            when: None,
            steps: None,
        }
    }
}
