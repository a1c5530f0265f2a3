//! What a site says of its archive.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::State;
use crate::units;

/// What is typed under `archive:`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The folder of the archive, relative to the site's folder. Left out, it is `archive` in the data folder.
    pub folder: Option<PathBuf>,
    /// How long a message is kept, as `90d` (the default). What is still owed to somebody, and what a hold keeps, is
    /// kept longer.
    #[serde(deserialize_with = "units::time_limit")]
    pub age_max: Duration,
    /// How large the archive may become, as `32GiB` (the default). With more the oldest messages go first.
    #[serde(deserialize_with = "units::bytes")]
    pub stored_bytes_max: usize,
    /// Other times for messages of some outcomes, as `{ filtered: 7d, refused: 30d }`.
    pub age_max_of: AgeMaxOf,
}

/// How long messages of some outcomes are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AgeMaxOf {
    /// Those that everybody has.
    #[serde(deserialize_with = "units::optional_duration")]
    pub delivered: Option<Duration>,
    /// Those with a dead letter.
    #[serde(deserialize_with = "units::optional_duration")]
    pub dead: Option<Duration>,
    /// Those that every route said no to.
    #[serde(deserialize_with = "units::optional_duration")]
    pub filtered: Option<Duration>,
    /// Those that no route is for.
    #[serde(deserialize_with = "units::optional_duration")]
    pub unrouted: Option<Duration>,
    /// Those known from before.
    #[serde(deserialize_with = "units::optional_duration")]
    pub repeated: Option<Duration>,
    /// Those not accepted.
    #[serde(deserialize_with = "units::optional_duration")]
    pub refused: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            folder: None,
            age_max: Duration::from_secs(90 * 24 * 60 * 60),
            stored_bytes_max: 32 << 30,
            age_max_of: AgeMaxOf::default(),
        }
    }
}

/// How long what is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// By what has become of a message; what is owed is not among them.
    pub(super) age_max: BTreeMap<State, Duration>,
    /// How large the archive may become.
    pub(super) stored_bytes_max: u64,
}

impl Settings {
    /// What they mean for messages of each state.
    pub fn retention(&self) -> Retention {
        let own = &self.age_max_of;
        let age_max = |state: State| match state {
            State::Queued => None,
            State::Delivered => Some(own.delivered.unwrap_or(self.age_max)),
            State::Dead => Some(own.dead.unwrap_or(self.age_max)),
            State::Filtered => Some(own.filtered.unwrap_or(self.age_max)),
            State::Unrouted => Some(own.unrouted.unwrap_or(self.age_max)),
            State::Repeated => Some(own.repeated.unwrap_or(self.age_max)),
            State::Refused => Some(own.refused.unwrap_or(self.age_max)),
            State::Purged | State::Resent => Some(self.age_max),
        };
        let states = State::ALL.into_iter();
        Retention {
            age_max: states
                .filter_map(|state| Some((state, age_max(state)?)))
                .collect(),
            stored_bytes_max: self.stored_bytes_max as u64,
        }
    }
}
