//! `expect_traffic` of a listener: how long it may hear nothing, by hour of the week.
//!
//! The judgment is a pure function of when the last message came and what the clock says; who asks it, and tells
//! people, is the engine. Nothing else comes of it: no message is treated differently.

use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::typed::{OneOrMany, Text};
use crate::units;

use super::window::{self, Window};

/// A longer silence is not worth waiting for, and would make the judgment walk through more than a month.
const SILENCE_MAX: Duration = Duration::from_secs(31 * 24 * 60 * 60);
/// More holidays than a calendar of some years has.
const HOLIDAYS_MAX: usize = 1_000;

/// What is normal for a listener, as typed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// How long a silence is normal when, as `[{ windows: mon-fri 07:00-19:00, silence_max: 15m }]`.
    hours: Vec<HoursSettings>,
    /// The time zone of windows and holidays, as `America/Chicago`; the machine's, if left out.
    #[serde(default)]
    zone: Option<String>,
    /// Days on which nothing is expected, from midnight to midnight: `2026-11-26`, or each year `12-25`.
    #[serde(default)]
    holidays: OneOrMany<Text>,
}

/// Some hours of the week, as typed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HoursSettings {
    /// When, as `mon-fri 07:00-19:00`; always, if left out.
    #[serde(default)]
    windows: OneOrMany<Text>,
    /// The longest silence that is normal then, as `15m`. A window that opens begins it anew.
    #[serde(deserialize_with = "units::time_limit")]
    silence_max: Duration,
}

/// What is normal for a listener.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Traffic {
    /// How long a silence is normal when.
    pub hours: Vec<Hours>,
    /// The time zone of windows and holidays; the machine's, if there is none.
    pub zone: Option<TimeZone>,
    /// Days on which nothing is expected.
    pub holidays: Vec<Holiday>,
}

/// Some hours of the week.
#[derive(Debug, Clone, PartialEq)]
pub struct Hours {
    /// When; always, if there is none.
    pub windows: Vec<Window>,
    /// The longest silence that is normal then.
    pub silence_max: Duration,
}

/// A day on which nothing is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holiday {
    /// This one day.
    Once(Date),
    /// This month and day of each year.
    Yearly(i8, i8),
}

impl Traffic {
    /// The longest silence that would be normal, when the one since this moment is longer.
    ///
    /// Silence counts while the hours it is judged by last without a break: a window that opens begins it anew, and
    /// a holiday ends it.
    pub fn exceeded(&self, since: Timestamp, now: &Zoned) -> Option<Duration> {
        let zone = self.zone.as_ref().unwrap_or(now.time_zone());
        let there = now.with_time_zone(zone.clone());
        let exceeded = self.hours.iter().filter(|hours| {
            let begin = there.timestamp().checked_sub(hours.silence_max);
            begin.is_ok_and(|begin| since <= begin && self.is_open_since(hours, begin, &there))
        });
        exceeded.map(|hours| hours.silence_max).min()
    }

    /// Whether these hours have lasted from this moment to now.
    fn is_open_since(&self, hours: &Hours, begin: Timestamp, now: &Zoned) -> bool {
        let mut at = now.datetime();
        // Each turn goes back by a day or to an earlier window, and the longest silence bounds how far.
        while let Some(opening) = self.opening(hours, at) {
            let opened = now.time_zone().to_timestamp(opening);
            if opened.is_ok_and(|opened| opened <= begin) {
                return true;
            }
            match opening.checked_sub(jiff::Span::new().minutes(1)) {
                Ok(before) => at = before,
                Err(_) => return false,
            }
        }
        false
    }

    /// When the window that is open now has opened.
    fn opening(&self, hours: &Hours, at: DateTime) -> Option<DateTime> {
        if self.is_holiday(at.date()) {
            return None;
        }
        let midnight = at.date().to_datetime(jiff::civil::Time::midnight());
        let opening = if hours.windows.is_empty() {
            midnight
        } else {
            let openings = hours.windows.iter().filter_map(|window| window.opening(at));
            openings.min()?
        };
        // A window of the evening before, which was a holiday, begins at its end.
        let is_cut = opening < midnight && self.is_holiday(opening.date());
        Some(if is_cut { midnight } else { opening })
    }

    fn is_holiday(&self, date: Date) -> bool {
        self.holidays.iter().any(|holiday| match *holiday {
            Holiday::Once(day) => day == date,
            Holiday::Yearly(month, day) => (month, day) == (date.month(), date.day()),
        })
    }
}

impl Settings {
    pub(super) fn check(&self, place: &Place<'_>, problems: &mut Problems) -> Traffic {
        let hours_place = place.key("hours");
        if self.hours.is_empty() {
            let message = "no hours are given, so nothing is expected";
            problems.push(Problem::error(ProblemName::NothingToDo, message).at(&hours_place));
        }
        let hours = self.hours.iter().enumerate().map(|(index, hours)| {
            let place = hours_place.index(index);
            if hours.silence_max > SILENCE_MAX {
                let message = "a longer silence than 31 days is not watched for";
                let at = place.key("silence_max");
                problems.push(Problem::error(ProblemName::InvalidValue, message).at(&at));
            }
            Hours {
                windows: window::read_all(&hours.windows, &place.key("windows"), problems),
                silence_max: hours.silence_max,
            }
        });
        Traffic {
            hours: hours.collect(),
            zone: window::zone(self.zone.as_deref(), &place.key("zone"), problems),
            holidays: self.holidays(&place.key("holidays"), problems),
        }
    }

    fn holidays(&self, place: &Place<'_>, problems: &mut Problems) -> Vec<Holiday> {
        let texts = &self.holidays.0;
        if texts.len() > HOLIDAYS_MAX {
            let message = format!("more than {HOLIDAYS_MAX} holidays");
            problems.push(Problem::error(ProblemName::SiteTooLarge, message).at(place));
        }
        let mut holidays = Vec::new();
        for (index, Text(text)) in texts.iter().enumerate() {
            let Some(holiday) = holiday(text) else {
                let message =
                    format!("`{text}` is no day: expected a date, as `2026-11-26`, or `12-25` for each year");
                let at = place.index(index);
                problems.push(Problem::error(ProblemName::InvalidValue, message).at(&at));
                continue;
            };
            holidays.push(holiday);
        }
        holidays
    }
}

fn holiday(text: &str) -> Option<Holiday> {
    /// A leap year: each month and day is one of it.
    const SOME_YEAR: &str = "2024";
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let date = |text: &str| text.parse::<Date>().ok();
    match text.len() {
        10 if is_digits(text) => date(text).map(Holiday::Once),
        5 if is_digits(text) => {
            let day = date(&format!("{SOME_YEAR}-{text}"))?;
            Some(Holiday::Yearly(day.month(), day.day()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a listener is silent that last heard something `since`, by hours as `WINDOWS / SILENCE`.
    fn check(hours: &[&str], holidays: &[&str], since: &str, now: &str, expected: bool) {
        let hours: Vec<Hours> = hours
            .iter()
            .map(|hours| {
                let (windows, silence_max) = hours.split_once(" / ").unwrap();
                let windows = windows.split(", ").filter(|text| *text != "always");
                Hours {
                    windows: windows.map(|text| text.parse().unwrap()).collect(),
                    silence_max: silence_max.parse::<humantime::Duration>().unwrap().into(),
                }
            })
            .collect();
        let traffic = Traffic {
            hours: hours.clone(),
            zone: Some(TimeZone::get("America/Chicago").unwrap()),
            holidays: holidays.iter().map(|text| holiday(text).unwrap()).collect(),
        };
        // The zone of the machine is another one.
        let at = |text: &str| format!("{text}[America/Chicago]").parse::<Zoned>().unwrap();
        let now_there = at(now).with_time_zone(TimeZone::UTC);
        let is_silent = traffic.exceeded(at(since).timestamp(), &now_there).is_some();
        assert_eq!(is_silent, expected, "{hours:?} {holidays:?}: {since} to {now}");
    }

    #[test]
    fn silence_is_judged_by_the_hour_of_the_week() {
        // 2026-11-23 is a Monday.
        let days = &["mon-fri 07:00-19:00 / 15m"];
        check(days, &[], "2026-11-23T10:00", "2026-11-23T10:14:59", false);
        check(days, &[], "2026-11-23T10:00", "2026-11-23T10:15", true);
        check(days, &[], "2026-11-23T10:00", "2026-11-23T18:59:59", true);
        check(days, &[], "2026-11-23T10:00", "2026-11-23T19:00", false);
        // What was silent over a week end begins anew when its window opens.
        check(days, &[], "2026-11-20T18:59", "2026-11-22T12:00", false);
        check(days, &[], "2026-11-20T18:59", "2026-11-23T07:14", false);
        check(days, &[], "2026-11-20T18:59", "2026-11-23T07:15", true);
        // A clock that was set back makes nothing silent.
        check(days, &[], "2026-11-23T11:00", "2026-11-23T10:00", false);
        // Each of several hours is judged by itself.
        let day_and_night = &["07:00-19:00 / 15m", "19:00-07:00 / 4h"];
        check(day_and_night, &[], "2026-11-23T18:50", "2026-11-23T19:30", false);
        check(day_and_night, &[], "2026-11-23T18:50", "2026-11-23T23:00", true);
        check(
            &["always / 26h", "mon 07:00-19:00 / 1h"],
            &[],
            "2026-11-22T12:00",
            "2026-11-23T08:00",
            true,
        );
    }

    #[test]
    fn windows_run_on_over_midnight_and_into_each_other() {
        let night = &["22:00-06:00 / 2h"];
        check(night, &[], "2026-11-23T12:00", "2026-11-23T23:59", false);
        check(night, &[], "2026-11-23T12:00", "2026-11-24T00:00", true);
        check(night, &[], "2026-11-23T23:00", "2026-11-24T01:00", true);
        check(night, &[], "2026-11-23T23:00", "2026-11-24T06:00", false);
        check(
            &["fri 22:00-06:00 / 2h"],
            &[],
            "2026-11-27T21:00",
            "2026-11-28T05:00",
            true,
        );
        check(
            &["fri 22:00-06:00 / 2h"],
            &[],
            "2026-11-27T21:00",
            "2026-11-27T05:00",
            false,
        );
        // Days without a break between them do not begin silence anew.
        for whole in ["always / 3d", "00:00-24:00 / 3d", "mon-sun 07:00-07:00 / 3d"] {
            check(&[whole], &[], "2026-11-23T12:00", "2026-11-26T11:59", false);
            check(&[whole], &[], "2026-11-23T12:00", "2026-11-26T12:00", true);
        }
        let joined = &["07:00-12:00, 12:00-19:00 / 3h"];
        check(joined, &[], "2026-11-23T10:00", "2026-11-23T13:00", true);
        check(
            &["07:00-12:00, 12:30-19:00 / 3h"],
            &[],
            "2026-11-23T10:00",
            "2026-11-23T13:00",
            false,
        );
        check(
            &["mon-fri 00:00-24:00 / 3d"],
            &[],
            "2026-11-27T12:00",
            "2026-12-02T23:59",
            false,
        );
        check(
            &["mon-fri 00:00-24:00 / 3d"],
            &[],
            "2026-11-27T12:00",
            "2026-12-03T00:00",
            true,
        );
    }

    #[test]
    fn the_clock_goes_forward_and_back() {
        // In Chicago 02:00 to 03:00 is not there on 2026-03-08, and 01:00 to 02:00 is there twice on 2026-11-01.
        check(
            &["always / 2h"],
            &[],
            "2026-03-08T01:00",
            "2026-03-08T03:59",
            false,
        );
        check(
            &["always / 2h"],
            &[],
            "2026-03-08T01:00",
            "2026-03-08T04:00",
            true,
        );
        check(
            &["always / 2h"],
            &[],
            "2026-11-01T00:30-05:00",
            "2026-11-01T01:29-06:00",
            false,
        );
        check(
            &["always / 2h"],
            &[],
            "2026-11-01T00:30-05:00",
            "2026-11-01T01:30-06:00",
            true,
        );
        // A window that opens in the hour that is left out opens after it.
        check(
            &["02:30-06:00 / 1h"],
            &[],
            "2026-03-08T00:00",
            "2026-03-08T04:29",
            false,
        );
        check(
            &["02:30-06:00 / 1h"],
            &[],
            "2026-03-08T00:00",
            "2026-03-08T04:30",
            true,
        );
        // One that opens in the hour that is there twice opens the first time.
        check(
            &["01:30-06:00 / 1h"],
            &[],
            "2026-11-01T00:00-05:00",
            "2026-11-01T01:30-06:00",
            true,
        );
    }

    #[test]
    fn nothing_is_expected_on_a_holiday() {
        let always = &["always / 2h"];
        for day in ["2026-12-25", "12-25"] {
            check(always, &[day], "2026-12-24T20:00", "2026-12-24T23:59", true);
            check(always, &[day], "2026-12-24T20:00", "2026-12-25T00:00", false);
            check(always, &[day], "2026-12-24T20:00", "2026-12-26T01:59", false);
            check(always, &[day], "2026-12-24T20:00", "2026-12-26T02:00", true);
            let night = &["22:00-06:00 / 4h"];
            check(night, &[day], "2026-12-24T20:00", "2026-12-26T03:59", false);
            check(night, &[day], "2026-12-24T20:00", "2026-12-26T04:00", true);
        }
        check(
            always,
            &["2025-12-25"],
            "2026-12-25T10:00",
            "2026-12-25T12:00",
            true,
        );
    }

    #[test]
    fn what_is_no_holiday() {
        assert_eq!(holiday("02-29"), Some(Holiday::Yearly(2, 29)));
        for wrong in [
            "",
            "easter",
            "2026-02-30",
            "13-01",
            "25.12.",
            "20261225",
            "2026-12-25T00:00",
        ] {
            assert_eq!(holiday(wrong), None, "{wrong}");
        }
    }
}
