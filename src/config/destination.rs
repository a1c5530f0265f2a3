//! The section `destinations`: the kind of each, and how its deliveries are tried again.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::destination;
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::secret::SecretPlace;
use crate::typed::Text;
use crate::units;

use super::nak::{self, NakPolicy};
use super::pace::{self, Order, Pace};
use super::piece::AsTyped;
use super::sections::Named;
use super::{piece, security, yaml};

/// More deliveries under way than this only use memory.
const UNSETTLED_MAX: usize = 10_000;
/// Each connection reads all that the destination is owed: more of them only read more.
const CONNECTIONS_MAX: usize = 64;

/// A destination that can run.
#[derive(Debug, Clone)]
pub struct DestinationSettings {
    /// All that its lane does, as it was typed.
    pub typed: AsTyped,
    /// What belongs to its kind.
    pub kind: destination::Settings,
    /// How long to wait before another attempt.
    pub retry: Retry,
    /// What a negative acknowledgment makes of a delivery.
    pub on_nak: NakPolicy,
    /// What stays in order.
    pub order: Order,
    /// How many connections there are where the order allows several.
    pub connections_max: usize,
    /// When and how fast it may be sent to.
    pub pace: Pace,
    /// How many deliveries may be made before the outbox has marked the first of them as done: after a crash
    /// that many may be made again.
    pub unsettled_max: usize,
    /// What becomes of what it is still owed when it is taken out of the site.
    pub on_remove: Option<OnRemove>,
}

/// What becomes of what a destination is still owed when it is taken out of the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnRemove {
    /// It is delivered, and then the lane ends.
    Drain,
    /// It waits until the destination is in the site again.
    Park,
    /// It is thrown away.
    Purge,
}

/// How long to wait before another attempt: longer each time.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Common {
    /// How long to wait before another attempt.
    #[serde(default)]
    retry: Retry,
    /// What a negative acknowledgment makes of a delivery, by MSA-1 and ERR-3, as
    /// `{ AE: { retry: 3, then: dead_letter }, AR/207: retry, CR: hold }`.
    #[serde(default)]
    on_nak: Option<nak::Settings>,
    /// What stays in order: `destination` (the default), `key PID-3.1` or `none`.
    #[serde(default)]
    order: Option<Text>,
    /// How many connections may be open at once where the order allows several: 4 by default.
    #[serde(default = "default_connections_max")]
    connections_max: usize,
    /// When and how fast to send.
    #[serde(default)]
    pace: pace::Settings,
    /// How many deliveries may be made before the first of them is marked as done: 64 by default.
    #[serde(default = "default_unsettled_max")]
    #[schemars(range(min = 1, max = UNSETTLED_MAX))]
    unsettled_max: usize,
    /// What becomes of what it is still owed when a reload takes it out of the site: `drain`, `park` or `purge`.
    /// Without it, such a reload is refused.
    #[serde(default)]
    on_remove: Option<OnRemove>,
}

const COMMON_KEYS: &[&str] = &[
    "retry",
    "on_nak",
    "order",
    "connections_max",
    "pace",
    "unsettled_max",
    "on_remove",
];

fn default_first() -> Duration {
    Duration::from_secs(1)
}

fn default_longest() -> Duration {
    Duration::from_secs(60)
}

fn default_connections_max() -> usize {
    4
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
    let value = yaml::value(place.node());
    let typed = AsTyped::without(&value, "on_remove");
    let parts = piece::kind_and_common(place, value, kinds, COMMON_KEYS, problems)?;
    let common: Option<Common> = piece::read(place, parts.common, problems);
    let kind = piece::read_kind(place, &parts.kind, parts.value, &[], problems);
    let common = common?;
    common.check(place, problems);
    let on_nak = common
        .on_nak
        .as_ref()
        .map(|typed| nak::check(typed, &place.key("on_nak"), problems));
    let order = common.order(place, problems);
    let mut kind = kind?;
    match &mut kind {
        destination::Settings::Mllp(mllp) => {
            if let Some(tls) = &mut mllp.tls {
                tls.resolve(folder);
            }
        }
        destination::Settings::File(file) => {
            file.folder = folder.join(&file.folder);
            if !file.folder.is_dir() {
                let message = format!(
                    "the folder {} is not there: messages wait until it is",
                    file.folder.display()
                );
                let problem = Problem::warning(ProblemName::MissingFolder, message);
                let problem = problem.at(&place.key("file").key("folder"));
                problems.push(problem.help("make it, or mount it; weir never makes it"));
            }
        }
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
    security::check_destination(&kind, &place.key(&parts.kind), problems);
    Some(DestinationSettings {
        typed,
        kind,
        retry: common.retry,
        on_nak: on_nak.unwrap_or_default(),
        order,
        connections_max: common.connections_max,
        pace: common.pace.check(&place.key("pace"), problems),
        unsettled_max: common.unsettled_max,
        on_remove: common.on_remove,
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
        if !(1..=CONNECTIONS_MAX).contains(&self.connections_max) {
            let message = format!("expected a number from 1 to {CONNECTIONS_MAX}");
            let problem = Problem::error(ProblemName::InvalidValue, message);
            problems.push(problem.at(&place.key("connections_max")));
        }
        if !(1..=UNSETTLED_MAX).contains(&self.unsettled_max) {
            let message = format!("expected a number from 1 to {UNSETTLED_MAX}");
            let problem = Problem::error(ProblemName::InvalidValue, message);
            problems.push(problem.at(&place.key("unsettled_max")));
        }
    }

    fn order(&self, place: &Place<'_>, problems: &mut Problems) -> Order {
        let Some(Text(text)) = &self.order else {
            return Order::default();
        };
        text.parse().unwrap_or_else(|expected: String| {
            let message = format!("`{text}` is no order: {expected}");
            let problem = Problem::error(ProblemName::InvalidValue, message).at(&place.key("order"));
            problems.push(problem);
            Order::default()
        })
    }
}
