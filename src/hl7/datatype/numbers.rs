//! Numbers (HL7 v2.5.1, 2.A): NM, SI.

use super::{Misfit, Part};

/// Numeric (HL7 v2.5.1, 2.A.47).
#[derive(Debug, Clone, Copy)]
pub struct Nm<'a>(pub Part<'a>);

/// Sequence id (HL7 v2.5.1, 2.A.69).
#[derive(Debug, Clone, Copy)]
pub struct Si<'a>(pub Part<'a>);

impl<'a> Nm<'a> {
    /// The number exactly as it was sent; `None` unless valued.
    pub fn decimal(self) -> Result<Option<&'a str>, Misfit> {
        let read = |raw: &'a [u8]| {
            std::str::from_utf8(raw)
                .ok()
                .filter(|_| is_decimal(raw))
                .ok_or(Misfit::Number)
        };
        self.0.simple().map(read).transpose()
    }

    /// The nearest binary number; `None` unless valued.
    pub fn number(self) -> Result<Option<f64>, Misfit> {
        let read = |decimal: &str| decimal.parse().map_err(|_| Misfit::Number);
        self.decimal()?.map(read).transpose()
    }
}

impl Si<'_> {
    /// The number; `None` unless valued.
    pub fn number(self) -> Result<Option<u32>, Misfit> {
        let read = |raw: &[u8]| {
            let text = std::str::from_utf8(raw)
                .ok()
                .filter(|text| !text.starts_with('+'));
            text.and_then(|text| text.parse().ok()).ok_or(Misfit::SequenceId)
        };
        self.0.simple().map(read).transpose()
    }
}

/// An optional sign, digits, and at most one decimal point anywhere among them.
fn is_decimal(raw: &[u8]) -> bool {
    let unsigned = match raw.split_first() {
        Some((b'+' | b'-', unsigned)) => unsigned,
        _ => raw,
    };
    let (mut digits, mut points) = (0, 0);
    for byte in unsigned {
        digits += usize::from(byte.is_ascii_digit());
        points += usize::from(*byte == b'.');
    }
    digits > 0 && points <= 1 && digits + points == unsigned.len()
}
