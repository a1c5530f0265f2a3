//! Times: read as precise as HL7 writes them, told in other forms. Asks no clock; `now` is the time of receipt.

use std::borrow::Cow;

use jiff::Span;
use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::{Offset, TimeZone};

use super::{Evaluation, Turn};
use crate::expression::value::Text;
use crate::hl7::datatype::{Precision, Timestamp};

/// How HL7 writes a time to the second.
const NOW: &str = "%Y%m%d%H%M%S%z";
/// Digits of a date.
const DATE_DIGITS: usize = 8;

impl<'v> Evaluation<'v> {
    pub(super) fn now(&self) -> String {
        let received = self.view.context.received();
        received.map_or(String::new(), |received| received.strftime(NOW).to_string())
    }

    /// The text of a time. Up to 2.5.1 a time may have a second component, the degree of precision: of a field or
    /// repetition the first is meant.
    pub(super) fn time(&self, text: &'v Text, turn: Turn<'v>) -> Cow<'v, str> {
        let found = if let Text::Path(path) = text {
            self.find(path)
        } else if matches!(text, Text::Each) {
            turn
        } else {
            return self.text(text, turn);
        };
        let time = found.and_then(|found| found.first_component().text());
        time.unwrap_or_default()
    }

    /// The age in years; none, if the times do not tell it.
    pub(super) fn age(&self, born: &'v Text, at: Option<&'v Text>, turn: Turn<'v>) -> Option<usize> {
        let read = |text: &'v Text| Timestamp::read(self.time(text, turn).trim().as_bytes());
        let born = days(&read(born)?)?;
        let at = if let Some(at) = at {
            days(&read(at)?)?
        } else {
            let received = self.view.context.received()?.date();
            (received, received)
        };
        let (least, most) = (years(born.1, at.0)?, years(born.0, at.1)?);
        (least == most).then_some(least)
    }
}

/// The time in this form; nothing, if the form asks for more than the time tells.
pub(super) fn date(time: &str, pattern: &str, zone: Option<&TimeZone>) -> String {
    let told = Timestamp::read(time.trim().as_bytes()).and_then(|time| told(&time, zone));
    let text = told.and_then(|told| told.to_string(pattern).ok());
    text.unwrap_or_default()
}

/// Whole days later, with the time of day and the offset as they stand.
pub(super) fn add_days(time: &str, days: i64) -> String {
    let time = time.trim();
    let moved = || {
        let date = Timestamp::read(time.as_bytes())?.civil_date()?;
        let moved = date.checked_add(Span::new().try_days(days).ok()?).ok()?;
        // HL7 has years of four digits, none before the year 0.
        let is_written = moved.year() >= 0;
        let rest = time.get(DATE_DIGITS..)?;
        is_written.then(|| format!("{}{rest}", moved.strftime("%Y%m%d")))
    };
    moved().unwrap_or_default()
}

/// What is known of a time; on a clock of the zone, if there is one.
fn told(time: &Timestamp, zone: Option<&TimeZone>) -> Option<BrokenDownTime> {
    let offset = time
        .offset_minutes()
        .map(|minutes| Offset::from_seconds(i32::from(minutes) * 60));
    let mut offset = offset.transpose().ok()?;
    let mut told = BrokenDownTime::default();
    if let Some(zone) = zone
        && time.precision() > Precision::Day
    {
        let civil = civil(time)?;
        // Without an offset the time is taken to be from there.
        let zoned = match offset {
            Some(offset) => offset.to_timestamp(civil).ok()?.to_zoned(zone.clone()),
            None => civil.to_zoned(zone.clone()).ok()?,
        };
        // Half an hour would be lost where the minutes are not known.
        if time.minute().is_none() && zoned.minute() != 0 {
            return None;
        }
        offset = Some(zoned.offset());
        told = BrokenDownTime::from(&zoned);
    } else {
        told.set_year(Some(i16::try_from(time.year()).ok()?)).ok()?;
        told.set_month(small(time.month())).ok()?;
        told.set_day(small(time.day())).ok()?;
        told.set_hour(small(time.hour())).ok()?;
        told.set_minute(small(time.minute())).ok()?;
        told.set_second(second(time)).ok()?;
    }
    let nanosecond = time
        .microsecond()
        .and_then(|microsecond| i32::try_from(microsecond).ok());
    told.set_subsec_nanosecond(nanosecond.map(|microsecond| microsecond * 1_000))
        .ok()?;
    if time.minute().is_none() {
        told.set_minute(None).ok()?;
    }
    if time.second().is_none() {
        told.set_second(None).ok()?;
    }
    told.set_offset(offset);
    Some(told)
}

/// The date and time on a clock where it was sent, without its fraction; at the full hour if it was given to the hour.
fn civil(time: &Timestamp) -> Option<DateTime> {
    let (minute, second) = (small(time.minute()), second(time));
    let date = time.civil_date()?;
    Some(date.at(small(time.hour())?, minute.unwrap_or(0), second.unwrap_or(0), 0))
}

/// A leap second is the second before it, as on most clocks.
fn second(time: &Timestamp) -> Option<i8> {
    small(time.second()).map(|second| second.min(59))
}

fn small(number: Option<u8>) -> Option<i8> {
    number.and_then(|number| i8::try_from(number).ok())
}

/// The first and the last day it may have been.
fn days(time: &Timestamp) -> Option<(Date, Date)> {
    let year = i16::try_from(time.year()).ok()?;
    let day = |month, day| Date::new(year, month, day).ok();
    let Some(month) = small(time.month()) else {
        return Some((day(1, 1)?, day(12, 31)?));
    };
    match time.civil_date() {
        Some(date) => Some((date, date)),
        None => Some((day(month, 1)?, day(month, 1)?.last_of_month())),
    }
}

/// The whole years between; none, if the one comes after the other.
fn years(from: Date, to: Date) -> Option<usize> {
    let is_before_birthday = (to.month(), to.day()) < (from.month(), from.day());
    let years = i32::from(to.year()) - i32::from(from.year()) - i32::from(is_before_birthday);
    usize::try_from(years).ok()
}
