//! Stretches of the week, as `mon-fri 07:00-19:00`, and the time zone they are meant in.
//!
//! Plain reading and asking: who keeps to a window asks with the time of its clock on the wall.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;

use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::typed::{OneOrMany, Text};

/// More windows than one destination or listener needs.
const WINDOWS_MAX: usize = 100;

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
    /// Whether it is open at this time of the clock on the wall.
    pub fn is_open(&self, at: DateTime) -> bool {
        self.opening(at).is_some()
    }

    /// When it has opened, if it is open.
    pub fn opening(&self, at: DateTime) -> Option<DateTime> {
        let (date, time) = (at.date(), at.time());
        let day = date.weekday().to_monday_zero_offset();
        let is_over_midnight = self.to <= self.from;
        if self.has(day) && time >= self.from && (is_over_midnight || time < self.to) {
            return Some(date.to_datetime(self.from));
        }
        let is_of_yesterday = is_over_midnight && self.has((day + 6) % 7) && time < self.to;
        let yesterday = date.yesterday().ok().filter(|_| is_of_yesterday);
        yesterday.map(|date| date.to_datetime(self.from))
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

/// The windows as typed; those that are none are told.
pub(super) fn read_all(texts: &OneOrMany<Text>, place: &Place<'_>, problems: &mut Problems) -> Vec<Window> {
    if texts.0.len() > WINDOWS_MAX {
        let message = format!("more than {WINDOWS_MAX} windows");
        problems.push(Problem::error(ProblemName::SiteTooLarge, message).at(place));
    }
    let mut windows = Vec::new();
    for (index, Text(text)) in texts.0.iter().enumerate() {
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

/// The time zone of this name; one that is unknown is told.
pub(super) fn zone(name: Option<&str>, place: &Place<'_>, problems: &mut Problems) -> Option<TimeZone> {
    let name = name?;
    if let Ok(zone) = TimeZone::get(name) {
        return Some(zone);
    }
    let message = format!("`{name}` is no time zone that is known here");
    let problem = Problem::error(ProblemName::InvalidValue, message).at(place);
    problems.push(problem.help("expected a name of the IANA list, as `America/Chicago` or `UTC`"));
    None
}

#[cfg(test)]
mod tests {
    use jiff::civil::Weekday;

    use super::*;

    #[test]
    fn when_windows_are_open() {
        let check = |window: &str, day: Weekday, at: &str, expected: bool| {
            // A Monday, and so many days after it.
            let date = jiff::civil::date(2026, 11, 23 + day.to_monday_zero_offset());
            let at_time: Time = at.parse().unwrap();
            let open = window
                .parse::<Window>()
                .unwrap()
                .is_open(date.to_datetime(at_time));
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
