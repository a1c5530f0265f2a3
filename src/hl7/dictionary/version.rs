//! The versions of the standard that the dictionary knows.

use std::fmt;
use std::str::FromStr;

use super::Header;

/// A version of the standard (MSH-12, table 0104). Later versions are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// 2.1
    V2_1,
    /// 2.2
    V2_2,
    /// 2.3
    V2_3,
    /// 2.3.1
    V2_3_1,
    /// 2.4
    V2_4,
    /// 2.5
    V2_5,
    /// 2.5.1
    V2_5_1,
    /// 2.6
    V2_6,
    /// 2.7
    V2_7,
    /// 2.7.1
    V2_7_1,
    /// 2.8
    V2_8,
    /// 2.8.1
    V2_8_1,
    /// 2.8.2
    V2_8_2,
}

/// The dictionary does not have this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a version from 2.1 to 2.8.2, as MSH-12 writes it")]
pub struct UnknownVersion;

impl Version {
    /// Every version, oldest first.
    pub const ALL: [Version; 13] = [
        Version::V2_1,
        Version::V2_2,
        Version::V2_3,
        Version::V2_3_1,
        Version::V2_4,
        Version::V2_5,
        Version::V2_5_1,
        Version::V2_6,
        Version::V2_7,
        Version::V2_7_1,
        Version::V2_8,
        Version::V2_8_1,
        Version::V2_8_2,
    ];

    /// The version that most interfaces speak: what is meant when nothing says otherwise.
    pub const COMMON: Version = Version::V2_5_1;

    /// The version a header declares, or the nearest known one before it (2.8.2 for 2.9); `None` where MSH-12
    /// names no version 2.
    pub fn of(header: &Header<'_>) -> Option<Version> {
        let declared = std::str::from_utf8(header.version_id()).ok()?.trim();
        declared.parse().ok().or_else(|| nearest(declared))
    }

    /// The version as MSH-12 writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Version::V2_1 => "2.1",
            Version::V2_2 => "2.2",
            Version::V2_3 => "2.3",
            Version::V2_3_1 => "2.3.1",
            Version::V2_4 => "2.4",
            Version::V2_5 => "2.5",
            Version::V2_5_1 => "2.5.1",
            Version::V2_6 => "2.6",
            Version::V2_7 => "2.7",
            Version::V2_7_1 => "2.7.1",
            Version::V2_8 => "2.8",
            Version::V2_8_1 => "2.8.1",
            Version::V2_8_2 => "2.8.2",
        }
    }
}

/// The last version that is not after the declared one; 2.1 for what is before all.
fn nearest(declared: &str) -> Option<Version> {
    let wanted = numbers(declared).filter(|[major, _, _]| *major == 2)?;
    let not_after = |version: &&Version| numbers(version.as_str()).is_some_and(|own| own <= wanted);
    Some(
        Version::ALL
            .iter()
            .rev()
            .find(not_after)
            .copied()
            .unwrap_or(Version::V2_1),
    )
}

/// `2.5.1` as three numbers; missing ones are 0.
fn numbers(version: &str) -> Option<[u8; 3]> {
    let mut numbers = [0; 3];
    let mut parts = version.split('.');
    for (number, part) in numbers.iter_mut().zip(parts.by_ref()) {
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

impl FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Version::ALL
            .into_iter()
            .find(|version| version.as_str() == text)
            .ok_or(UnknownVersion)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_order() {
        assert!(Version::ALL.is_sorted());
        for version in Version::ALL {
            assert_eq!(version.as_str().parse(), Ok(version));
        }
        assert_eq!("2.9".parse::<Version>(), Err(UnknownVersion));
    }

    #[test]
    fn the_nearest_version_to_what_a_header_declares() {
        let check = |declared: &str, expected: Option<Version>| {
            let bytes = format!("MSH|^~\\&||||||||1|P|{declared}\r");
            let header = Header::parse(bytes.as_bytes()).unwrap();
            assert_eq!(Version::of(&header), expected, "{declared}");
        };
        check("2.5.1", Some(Version::V2_5_1));
        check("2.3^USA", Some(Version::V2_3));
        check(" 2.4 ", Some(Version::V2_4));
        check("2.9", Some(Version::V2_8_2));
        check("2.5.2", Some(Version::V2_5_1));
        check("2.3.2", Some(Version::V2_3_1));
        check("2", Some(Version::V2_1));
        check("2.0D", None);
        check("2.5.1.1", None);
        check("3", None);
        check("", None);
    }
}
