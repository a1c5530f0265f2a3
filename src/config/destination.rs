//! The section `destinations`: the kind of each, and how its deliveries are tried again.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use crate::destination;
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::secret::SecretPlace;
use crate::units;

use super::sections::Named;
use super::{piece, yaml};

/// More deliveries under way than this only use memory.
const UNSETTLED_MAX: usize = 10_000;

/// A destination that can run.
#[derive(Debug, Clone)]
pub struct DestinationSettings {
    /// What belongs to its kind.
    pub kind: destination::Settings,
    /// How long to wait before another attempt.
    pub retry: Retry,
    /// How many deliveries may be made before the outbox has marked the first of them as done: after a crash
    /// that many may be made again.
    pub unsettled_max: usize,
}

/// How long to wait before another attempt: longer each time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// After the first failure, as `1s` (the default).
    #[serde(default = "default_first", deserialize_with = "units::duration")]
    pub first: Duration,
    /// Never longer than this, as `60s` (the default).
    #[serde(default = "default_longest", deserialize_with = "units::duration")]
    pub longest: Duration,
}

impl Default for Retry {
    fn default() -> Retry {
        Retry {
            first: default_first(),
            longest: default_longest(),
        }
    }
}

/// The keys beside the kind, as typed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Common {
    /// How long to wait before another attempt.
    #[serde(default)]
    retry: Retry,
    /// How many deliveries may be made before the first of them is marked as done: 64 by default.
    #[serde(default = "default_unsettled_max")]
    unsettled_max: usize,
}

const COMMON_KEYS: &[&str] = &["retry", "unsettled_max"];

fn default_first() -> Duration {
    Duration::from_secs(1)
}

fn default_longest() -> Duration {
    Duration::from_secs(60)
}

fn default_unsettled_max() -> usize {
    64
}

/// Reads every destination; those that are wrong are told and left out.
pub(super) fn read_all(
    named: &[Named<'_>],
    folder: &Path,
    problems: &mut Problems,
) -> BTreeMap<Arc<str>, DestinationSettings> {
    let kinds = piece::variants::<destination::Settings>();
    named
        .iter()
        .filter_map(|(name, place)| Some((Arc::clone(name), read(place, &kinds, folder, problems)?)))
        .collect()
}

fn read(
    place: &Place<'_>,
    kinds: &[String],
    folder: &Path,
    problems: &mut Problems,
) -> Option<DestinationSettings> {
    let parts = piece::kind_and_common(place, yaml::value(place.node()), kinds, COMMON_KEYS, problems)?;
    let common: Option<Common> = piece::read(place, parts.common, problems);
    let kind = piece::read_kind(place, &parts.kind, parts.value, &[], problems);
    let common = common?;
    common.check(place, problems);
    let mut kind = kind?;
    match &mut kind {
        destination::Settings::Mllp(_) => {}
        destination::Settings::File(file) => file.folder = folder.join(&file.folder),
        destination::Settings::Http(http) => {
            http.resolve(folder);
            check_headers(http, &place.key("http").key("headers"), problems);
        }
        destination::Settings::Sql(sql) => {
            sql.resolve(folder);
            if let Some(Err(error)) = sql.password.as_ref().map(SecretPlace::read) {
                let place = place.key("sql").key("password");
                problems.push(Problem::error(ProblemName::InvalidValue, error.to_string()).at(&place));
            }
        }
    }
    Some(DestinationSettings {
        kind,
        retry: common.retry,
        unsettled_max: common.unsettled_max,
    })
}

/// Tells the headers that cannot be sent, and the secrets that are not there.
fn check_headers(http: &destination::http::Settings, place: &Place<'_>, problems: &mut Problems) {
    for (name, text) in &http.headers {
        if let Err(message) = text.header(name) {
            problems.push(Problem::error(ProblemName::InvalidValue, message).at(&place.key(name)));
        }
    }
}

impl Common {
    fn check(&self, place: &Place<'_>, problems: &mut Problems) {
        let retry = place.key("retry");
        if self.retry.first.is_zero() {
            let message = "a pause of no length would keep the receiver busy with attempts";
            let problem = Problem::error(ProblemName::InvalidValue, message).at(&retry.key("first"));
            problems.push(problem.help("the default is `1s`"));
        }
        if self.retry.longest < self.retry.first {
            let message = "the longest pause is shorter than the first";
            let problem = Problem::error(ProblemName::InvalidValue, message).at(&retry.key("longest"));
            problems.push(problem.related(&retry.key("first"), "the first"));
        }
        if !(1..=UNSETTLED_MAX).contains(&self.unsettled_max) {
            let message = format!("expected a number from 1 to {UNSETTLED_MAX}");
            let problem = Problem::error(ProblemName::InvalidValue, message);
            problems.push(problem.at(&place.key("unsettled_max")));
        }
    }
}
