//! When and how fast a destination may be sent to: `order`, `connections_max` and `pace`.
//!
//! Plain settings with their checks; who keeps to them is the engine's deliverer.

use std::str::FromStr;
use std::time::Duration;

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::hl7::FieldPath;
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::typed::{OneOrMany, Text};
use crate::units;

use super::window::{self, Window};

/// The most messages a rate may speak of.
const RATE_COUNT_MAX: u32 = 1_000_000;

/// What stays in order on the way to a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// All that goes to the destination, over one connection.
    #[default]
    Destination,
    /// What has the same value at this place, as one patient's messages; the rest goes side by side.
    Key(FieldPath),
    /// Nothing.
    None,
}

impl FromStr for Order {
    type Err = String;

    fn from_str(text: &str) -> Result<Order, String> {
        match text {
            "destination" => Ok(Order::Destination),
            "none" => Ok(Order::None),
            _ => match text.strip_prefix("key ") {
                Some(path) => path
                    .trim()
                    .parse()
                    .map(Order::Key)
                    .map_err(|error| error.to_string()),
                None => {
                    Err("expected `destination`, `none` or `key` and a path, as `key PID-3.1`".to_owned())
                }
            },
        }
    }
}

/// How fast a destination may be sent to, and when, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    /// At least this long between two attempts, as `100ms`.
    #[serde(deserialize_with = "units::optional_duration")]
    interval: Option<Duration>,
    /// At most so many attempts in so much time.
    rate: Option<Rate>,
    /// When to send, as `mon-fri 07:00-19:00`; always, if left out.
    windows: OneOrMany<Text>,
    /// The time zone of the windows, as `America/Chicago`; the machine's, if left out.
    zone: Option<String>,
}

/// At most `count` attempts in any stretch of `per`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// In how long, as `1m`.
    #[serde(deserialize_with = "units::time_limit")]
    pub per: Duration,
}

/// How fast a destination may be sent to, and when.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pace {
    /// At least this long between two attempts.
    pub interval: Option<Duration>,
    /// At most so many attempts in so much time.
    pub rate: Option<Rate>,
    /// When to send; always, if there is none.
    pub windows: Vec<Window>,
    /// The time zone of the windows; the machine's, if there is none.
    pub zone: Option<TimeZone>,
}

impl Settings {
    pub(super) fn check(&self, place: &Place<'_>, problems: &mut Problems) -> Pace {
        if let Some(rate) = &self.rate
            && !(1..=RATE_COUNT_MAX).contains(&rate.count)
        {
            let message = format!("expected a number from 1 to {RATE_COUNT_MAX}");
            let at = place.key("rate").key("count");
            problems.push(Problem::error(ProblemName::InvalidValue, message).at(&at));
        }
        Pace {
            interval: self.interval,
            rate: self.rate,
            windows: window::read_all(&self.windows, &place.key("windows"), problems),
            zone: window::zone(self.zone.as_deref(), &place.key("zone"), problems),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders() {
        assert_eq!("destination".parse(), Ok(Order::Destination));
        assert_eq!("none".parse(), Ok(Order::None));
        assert_eq!("key PID-3.1".parse(), Ok(Order::Key("PID-3.1".parse().unwrap())));
        for wrong in ["key", "key ", "key pid", "Key PID-3", "PID-3.1", ""] {
            assert!(wrong.parse::<Order>().is_err(), "{wrong}");
        }
    }
}
