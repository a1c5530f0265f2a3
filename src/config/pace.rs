//! When and how fast a destination may be sent to: `order`, `connections_max` and `pace`.
//!
//! Plain settings with their checks; who keeps to them is the engine's deliverer.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::hl7::FieldPath;
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::typed::{OneOrMany, Text};
use crate::units;

/// The most messages a rate may speak of.
const RATE_COUNT_MAX: u32 = 1_000_000;
/// More windows than one destination needs.
const WINDOWS_MAX: usize = 100;

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

/// A stretch of time on some days of the week.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// From this day on (Monday 0) …
    first: i8,
    /// … to this one.
    last: i8,
    from: Time,
    /// Not before `from`: then it ends on the next day.
    to: Time,
}

impl Window {
    /// Whether it is open at this time of this day.
    pub fn is_open(&self, day: Weekday, time: Time) -> bool {
        let day = day.to_monday_zero_offset();
        if self.from < self.to {
            return self.has(day) && (self.from..self.to).contains(&time);
        }
        // Over midnight: the evening of a day of its own, or the morning after one.
        (self.has(day) && time >= self.from) || (self.has((day + 6) % 7) && time < self.to)
    }

    fn has(&self, day: i8) -> bool {
        if self.first <= self.last {
            (self.first..=self.last).contains(&day)
        } else {
            day >= self.first || day <= self.last
        }
    }
}

impl FromStr for Window {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Window, &'static str> {
        const EXPECTED: &str =
            "expected days and times, as `mon-fri 07:00-19:00`, or times alone, as `22:00-06:00`";
        let (days, times) = match text.split_once(' ') {
            Some((days, times)) => (days, times.trim_start()),
            None => ("mon-sun", text),
        };
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let (from, to) = times.split_once('-').ok_or(EXPECTED)?;
        let window = Window {
            first: day(first).ok_or(EXPECTED)?,
            last: day(last).ok_or(EXPECTED)?,
            from: time(from).ok_or(EXPECTED)?,
            to: time(to).ok_or(EXPECTED)?,
        };
        Ok(window)
    }
}

/// For the log and for tests: as it is written.
impl fmt::Debug for Window {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |day: i8| {
            DAYS.get(usize::try_from(day).unwrap_or_default())
                .copied()
                .unwrap_or("?")
        };
        let (first, last) = (name(self.first), name(self.last));
        let time = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
        write!(formatter, "{first}-{last} {}-{}", time(self.from), time(self.to))
    }
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn day(text: &str) -> Option<i8> {
    let index = DAYS.iter().position(|day| *day == text)?;
    i8::try_from(index).ok()
}

/// `07:00`; `24:00` is the midnight at the end of a day.
fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |part: &str| -> Option<i8> {
        let is_two = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|_| is_two)
    };
    match (digits(hour)?, digits(minute)?) {
        (24, 0) => Some(Time::midnight()),
        (hour, minute) => Time::new(hour, minute, 0, 0).ok(),
    }
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
            windows: self.windows(&place.key("windows"), problems),
            zone: self.zone(&place.key("zone"), problems),
        }
    }

    fn windows(&self, place: &Place<'_>, problems: &mut Problems) -> Vec<Window> {
        if self.windows.0.len() > WINDOWS_MAX {
            let message = format!("more than {WINDOWS_MAX} windows");
            problems.push(Problem::error(ProblemName::SiteTooLarge, message).at(place));
        }
        let mut windows = Vec::new();
        for (index, Text(text)) in self.windows.0.iter().enumerate() {
            match text.parse() {
                Ok(window) => windows.push(window),
                Err(expected) => {
                    let message = format!("`{text}` is no window: {expected}");
                    let at = place.index(index);
                    problems.push(Problem::error(ProblemName::InvalidValue, message).at(&at));
                }
            }
        }
        windows
    }

    fn zone(&self, place: &Place<'_>, problems: &mut Problems) -> Option<TimeZone> {
        let name = self.zone.as_deref()?;
        if let Ok(zone) = TimeZone::get(name) {
            return Some(zone);
        }
        let message = format!("`{name}` is no time zone that is known here");
        let problem = Problem::error(ProblemName::InvalidValue, message).at(place);
        problems.push(problem.help("expected a name of the IANA list, as `America/Chicago` or `UTC`"));
        None
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

    #[test]
    fn when_windows_are_open() {
        let check = |window: &str, day: Weekday, at: &str, expected: bool| {
            let open = window
                .parse::<Window>()
                .unwrap()
                .is_open(day, at.parse().unwrap());
            assert_eq!(open, expected, "{window}, {day:?} {at}");
        };
        check("mon-fri 07:00-19:00", Weekday::Monday, "07:00:00", true);
        check("mon-fri 07:00-19:00", Weekday::Monday, "06:59:59", false);
        check("mon-fri 07:00-19:00", Weekday::Friday, "18:59:59", true);
        check("mon-fri 07:00-19:00", Weekday::Friday, "19:00:00", false);
        check("mon-fri 07:00-19:00", Weekday::Sunday, "12:00:00", false);
        check("sun 00:00-24:00", Weekday::Sunday, "23:59:59", true);
        check("sun 00:00-24:00", Weekday::Saturday, "12:00:00", false);
        check("sun 00:00-24:00", Weekday::Monday, "00:00:00", false);
        check("22:00-06:00", Weekday::Tuesday, "23:00:00", true);
        check("22:00-06:00", Weekday::Tuesday, "05:59:59", true);
        check("22:00-06:00", Weekday::Tuesday, "12:00:00", false);
        check("fri-mon 22:00-06:00", Weekday::Tuesday, "05:00:00", true);
        check("fri-mon 22:00-06:00", Weekday::Tuesday, "23:00:00", false);
        check("fri-mon 22:00-06:00", Weekday::Friday, "05:00:00", false);
        check("sat-sun 08:00-12:00", Weekday::Sunday, "08:00:00", true);
    }

    #[test]
    fn what_is_no_window() {
        for wrong in [
            "",
            "always",
            "mon",
            "07:00",
            "7:00-19:00",
            "07:00-25:00",
            "Mon 07:00-19:00",
            "mon-fri",
            "mon 07:00-07:61",
        ] {
            assert!(wrong.parse::<Window>().is_err(), "{wrong}");
        }
    }
}
