//! Numbers as people write them: digits and a decimal point, exactly. No exponent, no rounding unasked.

use std::cmp::Ordering;
use std::fmt;

/// More digits than any quantity in a message has.
pub const DIGITS_MAX: usize = 15;
/// The most decimals that `round` gives.
pub const DECIMALS_MAX: u32 = 9;

/// A number, with as many decimals as it was written with: 5.60 and 5.6 are equal, and print as they are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decimal {
    /// The number without its point.
    digits: i128,
    decimals: u32,
}

impl Decimal {
    /// Reads a number as HL7 writes it (data type NM): a sign, digits, a fraction. No exponent, no blanks within.
    pub(super) fn read(text: &str) -> Option<Decimal> {
        let text = text.trim();
        let (is_negative, unsigned) = match text.strip_prefix('-') {
            Some(unsigned) => (true, unsigned),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let count = whole.len() + fraction.len();
        if count == 0 || count > DIGITS_MAX || !is_number(whole) || !is_number(fraction) {
            return None;
        }
        let digits = whole.bytes().chain(fraction.bytes());
        let digits = digits.fold(0, |number, digit| number * 10 + i128::from(digit - b'0'));
        Some(Decimal {
            digits: if is_negative { -digits } else { digits },
            decimals: u32::try_from(fraction.len()).ok()?,
        })
    }

    /// The number with exactly so many decimals, halves away from zero.
    pub(super) fn round(self, decimals: u32) -> Decimal {
        let decimals = decimals.min(DECIMALS_MAX);
        let digits = match self.decimals.checked_sub(decimals) {
            None | Some(0) => self.digits * 10_i128.pow(decimals - self.decimals),
            Some(dropped) => {
                let unit = 10_i128.pow(dropped);
                let half = unit / 2 * self.digits.signum();
                (self.digits + half) / unit
            }
        };
        Decimal { digits, decimals }
    }

    /// The number without what stands behind the point.
    pub(super) fn whole(self) -> i64 {
        let whole = self.digits / 10_i128.pow(self.decimals);
        i64::try_from(whole).unwrap_or(if whole < 0 { i64::MIN } else { i64::MAX })
    }
}

/// A text that is a number with exactly so many decimals, halves away from zero; `None` of any other.
pub fn rounded(number: &str, decimals: u32) -> Option<String> {
    Some(Decimal::read(number)?.round(decimals).to_string())
}

impl From<usize> for Decimal {
    fn from(count: usize) -> Decimal {
        Decimal {
            digits: i128::try_from(count).unwrap_or(i128::MAX),
            decimals: 0,
        }
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Decimal) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        // At most 15 digits and as many decimals: neither side leaves 128 bits.
        let decimals = self.decimals.max(other.decimals);
        let digits = |number: &Decimal| {
            number
                .digits
                .saturating_mul(10_i128.pow(decimals - number.decimals))
        };
        digits(self).cmp(&digits(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digits < 0 { "-" } else { "" };
        let digits = self.digits.unsigned_abs();
        let unit = 10_u128.pow(self.decimals);
        match self.decimals {
            0 => write!(formatter, "{sign}{digits}"),
            decimals => {
                let width = decimals as usize;
                write!(formatter, "{sign}{}.{:0width$}", digits / unit, digits % unit)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_compares_and_prints() {
        let check = |text: &str, expected: Option<&str>| {
            let shown = Decimal::read(text).map(|number| number.to_string());
            assert_eq!(shown.as_deref(), expected, "{text}");
        };
        check("5.60", Some("5.60"));
        check(" +007 ", Some("7"));
        check("-0", Some("0"));
        check("-0.00", Some("0.00"));
        check("-.5", Some("-0.5"));
        check("5.", Some("5"));
        check("0.1", Some("0.1"));
        check("123456789012345", Some("123456789012345"));
        check("1234567890123456", None);
        for wrong in [
            "", ".", "-", "+-1", "1e5", "1,000", "1 000", "٣", "0x1", "1.2.3", "NaN",
        ] {
            check(wrong, None);
        }
        let number = |text: &str| Decimal::read(text).unwrap();
        assert_eq!(number("5.60"), number("5.6"));
        assert!(number("-1") < number("0.00000000000001"));
        assert!(number("99999999999999.9") < number("999999999999999"));
    }

    #[test]
    fn rounds_as_people_do() {
        let check = |text: &str, decimals: u32, expected: &str| {
            assert_eq!(
                Decimal::read(text).unwrap().round(decimals).to_string(),
                expected,
                "{text}"
            );
        };
        check("2.5", 0, "3");
        check("-2.5", 0, "-3");
        check("2.345", 2, "2.35");
        check("1.005", 2, "1.01");
        check("9.99", 1, "10.0");
        check("7", 2, "7.00");
        check("-0.4", 0, "0");
        check("7", 99, "7.000000000");
        assert_eq!(Decimal::read("-2.9").unwrap().whole(), -2);
    }
}
