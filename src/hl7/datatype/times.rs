//! Dates and times (HL7 v2.5.1, 2.A): DT, TM, DTM and TS.
//!
//! As precise as the sender was and no more; a time zone is never assumed.
//! The parts are kept in the types of `hl7-parser`, but read here: its reader takes an offset without a sign,
//! loses the sign of `-0030`, has months of any number, and is some ten times slower.

use std::fmt;

use hl7_parser::datetime::{Time, TimeStamp};
use jiff::civil;
use jiff::tz::Offset;

use super::{Id, Misfit, Part};
use crate::hl7::segment::slice;

/// Date (HL7 v2.5.1, 2.A.21): `YYYY[MM[DD]]`.
#[derive(Debug, Clone, Copy)]
pub struct Dt<'a>(pub Part<'a>);

/// Time of day (HL7 v2.5.1, 2.A.75): `HH[MM[SS[.S[S[S[S]]]]]][+/-ZZZZ]`.
#[derive(Debug, Clone, Copy)]
pub struct Tm<'a>(pub Part<'a>);

/// Date and time (HL7 v2.5.1, 2.A.22), also in the components of a TS (2.A.77):
/// `YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]`.
#[derive(Debug, Clone, Copy)]
pub struct Dtm<'a>(pub Part<'a>);

/// How precisely a time was given; more precise is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// To the year.
    Year,
    /// To the month.
    Month,
    /// To the day.
    Day,
    /// To the hour.
    Hour,
    /// To the minute.
    Minute,
    /// To the second.
    Second,
    /// To this many digits of a second, 1 to 4.
    Fraction(u8),
}

/// A date and perhaps a time, as far as the sender gave them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Timestamp {
    /// The offset in it is not used.
    parts: TimeStamp,
    precision: Precision,
    offset_minutes: Option<i16>,
}

/// A time of day, as far as the sender gave it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TimeOfDay {
    /// The offset in it is not used.
    parts: Time,
    precision: Precision,
    offset_minutes: Option<i16>,
}

impl Precision {
    fn fraction_digits(self) -> Option<u8> {
        if let Precision::Fraction(digits) = self {
            Some(digits)
        } else {
            None
        }
    }
}

impl Dt<'_> {
    /// The date, to the day at most; `None` unless valued.
    pub fn date(self) -> Result<Option<Timestamp>, Misfit> {
        let read = |raw| {
            Timestamp::read(raw)
                .filter(Timestamp::is_date)
                .ok_or(Misfit::Date)
        };
        self.0.simple().map(read).transpose()
    }
}

impl Tm<'_> {
    /// The time of day; `None` unless valued.
    pub fn time(self) -> Result<Option<TimeOfDay>, Misfit> {
        let read = |raw| TimeOfDay::read(raw).ok_or(Misfit::Time);
        self.0.simple().map(read).transpose()
    }
}

impl<'a> Dtm<'a> {
    /// The date and time; `None` unless valued.
    pub fn timestamp(self) -> Result<Option<Timestamp>, Misfit> {
        let read = |raw| Timestamp::read(raw).ok_or(Misfit::Timestamp);
        self.0.simple().map(read).transpose()
    }

    /// TS.2 Degree of Precision (ID, table 0529), which says before 2.3 what the number of digits says since.
    pub fn degree_of_precision(self) -> Id<'a> {
        Id(self.0.component(2))
    }
}

impl Timestamp {
    /// Reads a DTM of any precision.
    pub fn read(raw: &[u8]) -> Option<Timestamp> {
        let (local, offset_minutes) = split_offset(raw)?;
        let precision = precision(local, 0)?;
        let [century, year, month, day, hour, minute, second] = pairs(local)?;
        let microsecond = match precision.fraction_digits() {
            Some(digits) => Some(microsecond(local, digits)?),
            None => None,
        };
        let parts = TimeStamp {
            year: u16::from(century?) * 100 + u16::from(year?),
            month,
            day,
            hour,
            minute,
            second,
            microsecond,
            offset: None,
        };
        let is_real = month.is_none_or(|month| (1..=12).contains(&month))
            && day.is_none_or(|_| civil_date(&parts).is_some())
            && is_time(hour, minute, second);
        is_real.then_some(Timestamp {
            parts,
            precision,
            offset_minutes,
        })
    }

    fn is_date(&self) -> bool {
        self.precision <= Precision::Day && self.offset_minutes.is_none()
    }

    /// The year, 0 to 9999.
    pub fn year(&self) -> u16 {
        self.parts.year
    }

    /// The month, 1 to 12.
    pub fn month(&self) -> Option<u8> {
        self.parts.month
    }

    /// The day, 1 to 31.
    pub fn day(&self) -> Option<u8> {
        self.parts.day
    }

    /// The hour, 0 to 23.
    pub fn hour(&self) -> Option<u8> {
        self.parts.hour
    }

    /// The minute, 0 to 59.
    pub fn minute(&self) -> Option<u8> {
        self.parts.minute
    }

    /// The second, 0 to 60.
    pub fn second(&self) -> Option<u8> {
        self.parts.second
    }

    /// The fraction of the second in microseconds.
    pub fn microsecond(&self) -> Option<u32> {
        self.parts.microsecond
    }

    /// How precisely it was given.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Minutes ahead of UTC, as the sender gave them.
    pub fn offset_minutes(&self) -> Option<i16> {
        self.offset_minutes
    }

    /// The calendar date, if it was given to the day.
    pub fn civil_date(&self) -> Option<civil::Date> {
        civil_date(&self.parts)
    }

    /// The date and time on a clock where it was sent, if they were given to the minute.
    pub fn civil_datetime(&self) -> Option<civil::DateTime> {
        let time = civil_time(
            self.parts.hour?,
            self.parts.minute?,
            self.parts.second,
            self.parts.microsecond,
        );
        Some(self.civil_date()?.to_datetime(time?))
    }

    /// The instant, if it was given to the minute and with an offset.
    pub fn instant(&self) -> Option<jiff::Timestamp> {
        let offset = Offset::from_seconds(i32::from(self.offset_minutes?) * 60).ok()?;
        offset.to_timestamp(self.civil_datetime()?).ok()
    }
}

impl TimeOfDay {
    fn read(raw: &[u8]) -> Option<TimeOfDay> {
        let (local, offset_minutes) = split_offset(raw)?;
        let precision = precision(local, DATE_DIGITS)?;
        let [hour, minute, second, ..] = pairs(local)?;
        let microsecond = match precision.fraction_digits() {
            Some(digits) => Some(microsecond(local, digits)?),
            None => None,
        };
        let parts = Time {
            hour: hour?,
            minute,
            second,
            microsecond,
            offset: None,
        };
        is_time(hour, minute, second).then_some(TimeOfDay {
            parts,
            precision,
            offset_minutes,
        })
    }

    /// The hour, 0 to 23.
    pub fn hour(&self) -> u8 {
        self.parts.hour
    }

    /// The minute, 0 to 59.
    pub fn minute(&self) -> Option<u8> {
        self.parts.minute
    }

    /// The second, 0 to 60.
    pub fn second(&self) -> Option<u8> {
        self.parts.second
    }

    /// The fraction of the second in microseconds.
    pub fn microsecond(&self) -> Option<u32> {
        self.parts.microsecond
    }

    /// How precisely it was given.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Minutes ahead of UTC, as the sender gave them.
    pub fn offset_minutes(&self) -> Option<i16> {
        self.offset_minutes
    }

    /// The time on a clock where it was sent, if it was given to the minute.
    pub fn civil_time(&self) -> Option<civil::Time> {
        civil_time(
            self.parts.hour,
            self.parts.minute?,
            self.parts.second,
            self.parts.microsecond,
        )
    }
}

impl fmt::Debug for Timestamp {
    /// Prints the precision, never the time: it may be a date of birth.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Timestamp({:?})", self.precision)
    }
}

impl fmt::Debug for TimeOfDay {
    /// Prints the precision, never the time.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TimeOfDay({:?})", self.precision)
    }
}

/// Digits of a date before its time of day.
const DATE_DIGITS: usize = 8;

/// What stands before the offset, and the offset in minutes; `None` where what follows a sign is no offset.
fn split_offset(raw: &[u8]) -> Option<(&[u8], Option<i16>)> {
    let Some(at) = raw.iter().position(|byte| matches!(byte, b'+' | b'-')) else {
        return Some((raw, None));
    };
    let (local, offset) = raw.split_at_checked(at)?;
    let [sign, a, b, c, d] = offset else {
        return None;
    };
    let (hours, minutes) = (pair(*a, *b)?, pair(*c, *d)?);
    let minutes = (hours < 24 && minutes < 60).then_some(i16::from(hours) * 60 + i16::from(minutes))?;
    Some((local, Some(if *sign == b'-' { -minutes } else { minutes })))
}

/// The numbers of two digits before the decimal point, as many as there are; `None` where something else is there.
fn pairs(local: &[u8]) -> Option<[Option<u8>; 7]> {
    let mut pairs = [None; 7];
    let (chunks, _) = local.as_chunks::<2>();
    for (place, [tens, ones]) in pairs.iter_mut().zip(chunks) {
        if *tens == b'.' {
            break;
        }
        *place = Some(pair(*tens, *ones)?);
    }
    Some(pairs)
}

fn pair(tens: u8, ones: u8) -> Option<u8> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| byte - b'0');
    Some(digit(tens)? * 10 + digit(ones)?)
}

/// The digits after the decimal point as microseconds; `None` where something else is there.
fn microsecond(local: &[u8], digits: u8) -> Option<u32> {
    let fraction = slice(local, &(local.len() - usize::from(digits)..local.len()));
    let mut microsecond = 0;
    let mut unit = 100_000;
    for byte in fraction {
        microsecond += u32::from(byte.is_ascii_digit().then(|| byte - b'0')?) * unit;
        unit /= 10;
    }
    Some(microsecond)
}

/// How far the digits go, were there as many more before them as `missing`; `None` where they end within a part.
fn precision(local: &[u8], missing: usize) -> Option<Precision> {
    let end = local.iter().position(|byte| *byte == b'.').unwrap_or(local.len());
    let whole = match end + missing {
        4 => Precision::Year,
        6 => Precision::Month,
        8 => Precision::Day,
        10 => Precision::Hour,
        12 => Precision::Minute,
        14 => Precision::Second,
        _ => return None,
    };
    match slice(local, &(end..local.len())) {
        [] => Some(whole),
        [_, fraction @ ..] if whole == Precision::Second && (1..=4).contains(&fraction.len()) => {
            Some(Precision::Fraction(u8::try_from(fraction.len()).ok()?))
        }
        _ => None,
    }
}

/// The date, if it is given to the day and is in the calendar.
fn civil_date(parts: &TimeStamp) -> Option<civil::Date> {
    let year = i16::try_from(parts.year).ok()?;
    let (month, day) = (i8::try_from(parts.month?).ok()?, i8::try_from(parts.day?).ok()?);
    civil::Date::new(year, month, day).ok()
}

fn is_time(hour: Option<u8>, minute: Option<u8>, second: Option<u8>) -> bool {
    hour.is_none_or(|hour| hour < 24)
        && minute.is_none_or(|minute| minute < 60)
        // A leap second.
        && second.is_none_or(|second| second <= 60)
}

fn civil_time(hour: u8, minute: u8, second: Option<u8>, microsecond: Option<u32>) -> Option<civil::Time> {
    let nanosecond = i32::try_from(microsecond.unwrap_or(0)).ok()? * 1_000;
    civil::Time::new(
        i8::try_from(hour).ok()?,
        i8::try_from(minute).ok()?,
        i8::try_from(second.unwrap_or(0)).ok()?,
        nanosecond,
    )
    .ok()
}
