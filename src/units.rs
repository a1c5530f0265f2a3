//! Durations, sizes and moments as settings write them: `30s`, `1m30s`, `16MiB`, `2026-01-31T08:05:00+01:00`.
//!
//! Used by every room whose `Settings` hold one:
//!
//! ```
//! #[derive(serde::Deserialize)]
//! struct Settings {
//!     #[serde(deserialize_with = "weir::units::duration")]
//!     acknowledgment_timeout: std::time::Duration,
//!     #[serde(deserialize_with = "weir::units::bytes")]
//!     frame_bytes_max: usize,
//! }
//! ```
//!
//! A number without its unit, a space, a sign or a fraction is never guessed at: it is an error that shows how
//! to write it.

use std::fmt;

use jiff::Zoned;
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use serde::Deserializer;
use serde::de::{Error, Visitor};

/// A length of time; where no clock may be asked, this is the name to import.
pub use std::time::Duration;

/// Why a text is no duration, no size or no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// Not of the form `30s` or `1m30s`.
    #[error("expected a duration with its unit, as `500ms`, `30s`, `5m`, `12h` or `30d`")]
    Duration,
    /// A time limit of no time.
    #[error("nothing is done in no time: expected longer than zero, as `30s`")]
    NoTime,
    /// Not of the form `512KiB`.
    #[error("expected a size with its unit, as `512B`, `64KiB`, `16MiB` or `1GiB`")]
    Size,
    /// Not of the form `2026-01-31T08:05:00+01:00`.
    #[error("expected date, time and offset, as `2026-01-31T08:05:00+01:00` or `2026-01-31T08:05:00Z`")]
    Moment,
    /// Larger than this machine can count.
    #[error("too large a number")]
    TooLarge,
}

/// What a duration looks like, as a regular expression.
pub const DURATION_PATTERN: &str = "^([0-9]+(ms|s|m|h|d))+$";
/// What a size looks like, as a regular expression.
pub const SIZE_PATTERN: &str = "^[0-9]+(B|KiB|MiB|GiB)$";

/// The longest text worth reading: a duration of all five units with ten digits each.
const TEXT_BYTES_MAX: usize = 60;

/// Reads a duration: whole numbers, each followed at once by `ms`, `s`, `m` (minutes), `h` or `d` (24 hours).
pub fn parse_duration(text: &str) -> Result<Duration, UnitError> {
    let letters_and_digits = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
    if text.len() > TEXT_BYTES_MAX || !letters_and_digits {
        return Err(UnitError::Duration);
    }
    // humantime knows more names of units ("mins", "years"); one way to write a thing is enough.
    let known = text
        .split(|character: char| character.is_ascii_digit())
        .all(|unit| matches!(unit, "" | "ms" | "s" | "m" | "h" | "d"));
    if !known {
        return Err(UnitError::Duration);
    }
    humantime::parse_duration(text).map_err(|error| {
        if error == humantime::DurationError::NumberOverflow {
            UnitError::TooLarge
        } else {
            UnitError::Duration
        }
    })
}

/// Reads a size: a whole number followed at once by `B`, `KiB`, `MiB` or `GiB`.
pub fn parse_bytes(text: &str) -> Result<usize, UnitError> {
    let digits_end = text
        .bytes()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(digits_end).ok_or(UnitError::Size)?;
    let factor: usize = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(UnitError::Size),
    };
    if digits.is_empty() {
        return Err(UnitError::Size);
    }
    let number: usize = digits.parse().map_err(|_| UnitError::TooLarge)?;
    number.checked_mul(factor).ok_or(UnitError::TooLarge)
}

/// Reads a moment: date, time and offset as in ISO 8601; a time zone may stand behind, as `[Europe/Berlin]`.
pub fn parse_moment(text: &str) -> Result<Zoned, UnitError> {
    const MOMENT_BYTES_MAX: usize = 100;
    if text.len() > MOMENT_BYTES_MAX {
        return Err(UnitError::Moment);
    }
    if let Ok(moment) = text.parse() {
        return Ok(moment);
    }
    let pieces = Pieces::parse(text).map_err(|_| UnitError::Moment)?;
    let (Some(time), Some(offset)) = (pieces.time(), pieces.to_numeric_offset()) else {
        return Err(UnitError::Moment);
    };
    pieces
        .date()
        .to_datetime(time)
        .to_zoned(TimeZone::fixed(offset))
        .map_err(|_| UnitError::Moment)
}

/// A size as it would be typed, in the largest unit that holds it whole.
pub fn size_text(bytes: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let whole = units
        .iter()
        .find(|(_, shift)| bytes > 0 && bytes.is_multiple_of(1 << shift));
    match whole {
        Some((unit, shift)) => format!("{}{unit}", bytes >> shift),
        None => format!("{bytes}B"),
    }
}

/// A duration as it would be typed, to the millisecond.
pub fn duration_text(duration: Duration) -> String {
    let mut rest = duration.as_millis();
    let mut text = String::new();
    for (unit, milliseconds) in [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ] {
        let number = rest / milliseconds;
        rest %= milliseconds;
        if number > 0 {
            text += format!("{number}{unit}").as_str();
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// For `#[serde(deserialize_with = "crate::units::duration")]`.
pub fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    deserializer.deserialize_str(DurationText)
}

/// For `#[serde(deserialize_with = "crate::units::time_limit")]`: a duration that is not zero.
pub fn time_limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let limit = duration(deserializer)?;
    if limit.is_zero() {
        return Err(D::Error::custom(UnitError::NoTime));
    }
    Ok(limit)
}

/// For `#[serde(deserialize_with = "crate::units::bytes")]`.
pub fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    deserializer.deserialize_str(SizeText)
}

/// For a duration that may be left out: with `#[serde(default, deserialize_with = "…")]`, `None` when absent.
pub fn optional_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    duration(deserializer).map(Some)
}

struct DurationText;

impl Visitor<'_> for DurationText {
    type Value = Duration;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a duration with its unit, as `500ms`, `30s`, `5m`, `12h` or `30d`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
        parse_duration(text).map_err(E::custom)
    }
}

struct SizeText;

impl Visitor<'_> for SizeText {
    type Value = usize;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a size with its unit, as `512B`, `64KiB`, `16MiB` or `1GiB`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<usize, E> {
        parse_bytes(text).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let check = |text: &str, expected: Result<u64, UnitError>| {
            assert_eq!(
                parse_duration(text),
                expected.map(Duration::from_millis),
                "{text:?}"
            );
        };
        check("500ms", Ok(500));
        check("30s", Ok(30_000));
        check("1m30s", Ok(90_000));
        check("12h", Ok(43_200_000));
        check("30d", Ok(2_592_000_000));
        check("0s", Ok(0));
        for wrong in [
            "", "30", "s", "5 mins", "5mins", "-1s", "+1s", "1.5s", "1 s", "1M", "1y", "30S", "5s ", "é",
        ] {
            check(wrong, Err(UnitError::Duration));
        }
        check("99999999999999999999d", Err(UnitError::TooLarge));
    }

    #[test]
    fn durations_as_typed() {
        for text in ["500ms", "30s", "1m30s", "12h", "1d", "90d", "0s"] {
            assert_eq!(duration_text(parse_duration(text).unwrap()), text);
        }
    }

    #[test]
    fn moments() {
        let check = |text: &str, expected: Result<&str, UnitError>| {
            let moment = parse_moment(text).map(|moment| moment.to_string());
            assert_eq!(moment, expected.map(str::to_owned), "{text:?}");
        };
        check(
            "2026-01-31T08:05:00+01:00",
            Ok("2026-01-31T08:05:00+01:00[+01:00]"),
        );
        check("2026-01-31 08:05Z", Ok("2026-01-31T08:05:00+00:00[UTC]"));
        check(
            "2026-07-31T08:05:00+02:00[Europe/Berlin]",
            Ok("2026-07-31T08:05:00+02:00[Europe/Berlin]"),
        );
        for wrong in [
            "",
            "2026-01-31",
            "2026-01-31T08:05:00",
            "20260131080500",
            "yesterday",
            "2026-02-30T08:05:00Z",
        ] {
            check(wrong, Err(UnitError::Moment));
        }
        check(&"2".repeat(101), Err(UnitError::Moment));
    }

    #[test]
    fn sizes() {
        let check = |text: &str, expected| assert_eq!(parse_bytes(text), expected, "{text:?}");
        check("512B", Ok(512));
        check("64KiB", Ok(65_536));
        check("16MiB", Ok(16_777_216));
        check("1GiB", Ok(1_073_741_824));
        for wrong in [
            "", "1", "MiB", "1 MiB", "1MB", "1mib", "-1MiB", "1.5MiB", "0x1B", "1é",
        ] {
            check(wrong, Err(UnitError::Size));
        }
        check("99999999999999999999B", Err(UnitError::TooLarge));
        check("99999999999999GiB", Err(UnitError::TooLarge));
        for text in ["0B", "512B", "1025B", "64KiB", "16MiB", "1025MiB", "1GiB"] {
            assert_eq!(size_text(parse_bytes(text).unwrap() as u64), text);
        }
    }
}
