//! A date, perhaps with a time, as precise as it was given: read from HL7 or by a pattern, written as either.
//!
//! Nothing is invented: what was given to the day has no hour, whatever form it takes.

use std::fmt::{Arguments, Write};

use jiff::civil;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::{Offset, TimeZone};

use crate::hl7::datatype::{Precision, Timestamp};

/// A date, perhaps with a time.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    /// Parts that were not given are those of the first day, of midnight.
    local: civil::DateTime,
    precision: Precision,
    offset: Option<Offset>,
}

impl Moment {
    /// From an HL7 timestamp of any precision.
    pub(super) fn of_hl7(text: &str) -> Option<Moment> {
        let read = Timestamp::read(text.as_bytes())?;
        let part = |part: Option<u8>, first: i8| part.map_or(Some(first), |part| i8::try_from(part).ok());
        let local = civil::DateTime::new(
            i16::try_from(read.year()).ok()?,
            part(read.month(), 1)?,
            part(read.day(), 1)?,
            part(read.hour(), 0)?,
            part(read.minute(), 0)?,
            // A leap second is the second before it, as in expressions.
            part(read.second(), 0)?.min(59),
            i32::try_from(read.microsecond().unwrap_or(0)).ok()? * 1_000,
        );
        let offset = match read.offset_minutes() {
            Some(minutes) => Some(Offset::from_seconds(i32::from(minutes) * 60).ok()?),
            None => None,
        };
        Some(Moment {
            local: local.ok()?,
            precision: read.precision(),
            offset,
        })
    }

    /// By a pattern; its directives say how precise it is.
    pub(super) fn of_pattern(pattern: &str, text: &str) -> Option<Moment> {
        let read = BrokenDownTime::parse(pattern, text).ok()?;
        let (date, of_date) = match (read.to_date(), read.month()) {
            (Ok(date), _) => (date, Precision::Day),
            // A day that the calendar does not have.
            (Err(_), _) if read.day().is_some() || read.day_of_year().is_some() => return None,
            (Err(_), Some(month)) => (civil::Date::new(read.year()?, month, 1).ok()?, Precision::Month),
            (Err(_), None) => (civil::Date::new(read.year()?, 1, 1).ok()?, Precision::Year),
        };
        let precision = match (
            read.hour(),
            read.minute(),
            read.second(),
            read.subsec_nanosecond(),
        ) {
            (None, ..) => of_date,
            (Some(_), None, ..) => Precision::Hour,
            (Some(_), Some(_), None, _) => Precision::Minute,
            (Some(_), Some(_), Some(_), None) => Precision::Second,
            (Some(_), Some(_), Some(_), Some(nanosecond)) => {
                Precision::Fraction(fraction_digits(text, nanosecond))
            }
        };
        let time = if read.hour().is_some() {
            read.to_time().ok()?
        } else {
            civil::Time::midnight()
        };
        Some(Moment {
            local: date.to_datetime(time),
            precision,
            offset: read.offset(),
        })
    }

    /// A hundred years earlier if its date lies after this one: of a year of two digits, the other that it may mean.
    pub(super) fn not_after(self, today: civil::Date) -> Option<Moment> {
        if self.local.date() <= today {
            return Some(self);
        }
        let local = self.local.with().year(self.local.year() - CENTURY).build().ok()?;
        Some(Moment { local, ..self })
    }

    /// With the offset of a zone, if it has none and is precise enough to have one.
    ///
    /// A time that the clock shows twice is the first of the two; one that it skips is as much later.
    pub(super) fn in_zone(self, zone: &TimeZone) -> Option<Moment> {
        if self.offset.is_some() || self.precision < Precision::Minute {
            return Some(self);
        }
        let zoned = zone.to_zoned(self.local).ok()?;
        Some(Moment {
            local: zoned.datetime(),
            offset: Some(zoned.offset()),
            ..self
        })
    }

    /// As the clocks of a zone show it; `None` for a time without an offset. A date stays the date.
    pub(super) fn to_zone(self, zone: &TimeZone) -> Option<Moment> {
        if self.precision < Precision::Hour {
            return Some(self);
        }
        let instant = self.offset?.to_timestamp(self.local).ok()?;
        let zoned = instant.to_zoned(zone.clone());
        // Half an hour would be lost where the minutes are not known.
        let is_whole = self.precision > Precision::Hour || zoned.minute() == 0;
        is_whole.then(|| Moment {
            local: zoned.datetime(),
            offset: Some(zoned.offset()),
            ..self
        })
    }

    /// As an HL7 timestamp of its precision.
    pub(super) fn to_hl7(self) -> Option<String> {
        let mut text = format!("{:04}", self.local.year());
        let parts = [
            (Precision::Month, self.local.month()),
            (Precision::Day, self.local.day()),
            (Precision::Hour, self.local.hour()),
            (Precision::Minute, self.local.minute()),
            (Precision::Second, self.local.second()),
        ];
        for (_, part) in parts.iter().filter(|(precision, _)| *precision <= self.precision) {
            push(&mut text, format_args!("{part:02}"));
        }
        if let Precision::Fraction(digits) = self.precision {
            let micros = format!("{:06}", self.local.subsec_nanosecond() / 1_000);
            text += ".";
            text += micros.get(..usize::from(digits))?;
        }
        if let Some(offset) = self.offset {
            let minutes = offset.seconds() / 60;
            let sign = if minutes < 0 { '-' } else { '+' };
            let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
            push(&mut text, format_args!("{sign}{hours:02}{minutes:02}"));
        }
        Some(text)
    }

    /// By a pattern; `None` where the pattern asks for more than was given.
    pub(super) fn to_pattern(self, pattern: &str) -> Option<String> {
        let mut parts = BrokenDownTime::default();
        let given = |precision, part: i8| (self.precision >= precision).then_some(part);
        parts.set_year(Some(self.local.year())).ok()?;
        parts
            .set_month(given(Precision::Month, self.local.month()))
            .ok()?;
        parts.set_day(given(Precision::Day, self.local.day())).ok()?;
        parts.set_hour(given(Precision::Hour, self.local.hour())).ok()?;
        parts
            .set_minute(given(Precision::Minute, self.local.minute()))
            .ok()?;
        parts
            .set_second(given(Precision::Second, self.local.second()))
            .ok()?;
        let has_fraction = matches!(self.precision, Precision::Fraction(_));
        let fraction = has_fraction.then(|| self.local.subsec_nanosecond());
        parts.set_subsec_nanosecond(fraction).ok()?;
        parts.set_offset(self.offset);
        parts.to_string(pattern).ok()
    }
}

fn push(text: &mut String, part: Arguments<'_>) {
    text.write_fmt(part).expect("a text takes any other");
}

/// With how many digits a fraction of a second was written, as far as an HL7 timestamp has them.
fn fraction_digits(text: &str, nanosecond: i32) -> u8 {
    let all = format!("{nanosecond:09}");
    let is_fraction =
        |digits: &&str| !digits.is_empty() && all.trim_end_matches('0') == digits.trim_end_matches('0');
    let is_digit = |character: char| character.is_ascii_digit();
    let behind_points = text.split(['.', ',']).skip(1);
    let digits = behind_points.filter_map(|text| text.split(|character| !is_digit(character)).next());
    let written = digits.filter(is_fraction).last().map(str::len);
    let written = written.and_then(|digits| u8::try_from(digits).ok());
    written.map_or(FRACTION_DIGITS_MAX, |digits| digits.min(FRACTION_DIGITS_MAX))
}

/// As many digits of a second as an HL7 timestamp has.
const FRACTION_DIGITS_MAX: u8 = 4;
const CENTURY: i16 = 100;
