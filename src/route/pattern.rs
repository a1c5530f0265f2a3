//! Types of messages as routes and listeners name them: `ADT`, `ADT^A01`, `ADT^A01^ADT_A01`, `*^A01`.
//!
//! Compared with MSH-9, part by part; `*` stands for any one part, and parts left out are not asked about.

use std::fmt;
use std::str::FromStr;

use nom::branch::alt;
use nom::bytes::complete::take_while1;
use nom::character::complete::char;
use nom::combinator::{all_consuming, opt, value};
use nom::sequence::preceded;
use nom::{IResult, Parser};

use crate::hl7::Header;
use crate::hl7::dictionary::{Dictionary, Version};

/// A type of message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePattern {
    message_type: Option<String>,
    trigger_event: Option<String>,
    message_structure: Option<String>,
}

/// A text that names no type of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a message type as in MSH-9: `ADT`, `ADT^A01` or `ADT^A01^ADT_A01`; `*` stands for any part"
)]
pub struct PatternError;

/// A part of a type that no version of the standard has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnknownPart<'a> {
    MessageType(&'a str),
    TriggerEvent(&'a str),
    MessageStructure(&'a str),
}

impl MessagePattern {
    /// The first part that no version of the standard has; what begins with Z is the senders' own.
    pub(super) fn unknown(&self) -> Option<UnknownPart<'_>> {
        // The newest version first: it knows most, and only what it does not know costs the others.
        let is_known = |name: &str, knows: fn(&Dictionary, &str) -> bool| {
            let mut versions = Version::ALL.iter().rev();
            name.starts_with('Z') || versions.any(|version| knows(Dictionary::of(*version), name))
        };
        let message_type = self.message_type.as_deref();
        let trigger_event = self.trigger_event.as_deref();
        let message_structure = self.message_structure.as_deref();
        let unknown_type = message_type.filter(|name| !is_known(name, Dictionary::has_message_type));
        let unknown_event = trigger_event.filter(|name| !is_known(name, Dictionary::has_trigger_event));
        let unknown_structure = message_structure
            .filter(|name| !is_known(name, |version, name| version.structure(name).is_some()));
        unknown_type
            .map(UnknownPart::MessageType)
            .or_else(|| unknown_event.map(UnknownPart::TriggerEvent))
            .or_else(|| unknown_structure.map(UnknownPart::MessageStructure))
    }

    /// Whether a message with this header is of this type.
    pub fn matches(&self, header: &Header<'_>) -> bool {
        let fits = |wanted: &Option<String>, found: &[u8]| {
            wanted.as_ref().is_none_or(|wanted| wanted.as_bytes() == found)
        };
        fits(&self.message_type, header.message_type())
            && fits(&self.trigger_event, header.trigger_event())
            && fits(&self.message_structure, header.message_structure())
    }

    /// Whether some message could match both.
    pub fn overlaps(&self, other: &MessagePattern) -> bool {
        let fits =
            |one: &Option<String>, other: &Option<String>| one.is_none() || other.is_none() || one == other;
        fits(&self.message_type, &other.message_type)
            && fits(&self.trigger_event, &other.trigger_event)
            && fits(&self.message_structure, &other.message_structure)
    }

    /// Whether some message of this type (MSH-9.1) matches, whatever its event.
    pub fn matches_type(&self, message_type: &[u8]) -> bool {
        self.message_type
            .as_ref()
            .is_none_or(|wanted| wanted.as_bytes() == message_type)
    }
}

impl FromStr for MessagePattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<MessagePattern, PatternError> {
        const LONGEST_BYTES: usize = 60;
        let next = || opt(preceded(char('^'), part)).map(Option::flatten);
        let mut pattern = all_consuming((part, next(), next()));
        match pattern.parse(text) {
            Ok((_, (message_type, trigger_event, message_structure))) if text.len() <= LONGEST_BYTES => {
                Ok(MessagePattern {
                    message_type,
                    trigger_event,
                    message_structure,
                })
            }
            _ => Err(PatternError),
        }
    }
}

fn part(input: &str) -> IResult<&str, Option<String>> {
    let name = take_while1(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    alt((
        value(None, char('*')),
        name.map(|name: &str| Some(name.to_owned())),
    ))
    .parse(input)
}

impl fmt::Display for MessagePattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [&self.message_type, &self.trigger_event, &self.message_structure];
        let last = parts.iter().rposition(|part| part.is_some()).unwrap_or(0);
        for (index, part) in parts.iter().take(last + 1).enumerate() {
            let separator = if index == 0 { "" } else { "^" };
            write!(formatter, "{separator}{}", part.as_deref().unwrap_or("*"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hl7::Message;

    #[test]
    fn patterns_match_msh_9() {
        let check = |pattern: &str, msh_9: &str, expected: bool| {
            let message = Message::parse(format!("MSH|^~\\&|||||||{msh_9}\r").into()).unwrap();
            let pattern: MessagePattern = pattern.parse().unwrap();
            assert_eq!(pattern.matches(&message.header()), expected, "{pattern} {msh_9}");
        };
        check("ADT", "ADT^A01^ADT_A01", true);
        check("ADT", "ADT", true);
        check("ADT^A01", "ADT^A01", true);
        check("ADT^A01", "ADT^A01^ADT_A01", true);
        check("ADT^A01", "ADT^A04^ADT_A01", false);
        check("ADT^A01", "ADT", false);
        check("ADT^A01^ADT_A01", "ADT^A01", false);
        check("ADT^*^ADT_A01", "ADT^A04^ADT_A01", true);
        check("*", "ORU^R01", true);
        check("*^R01", "ORU^R01", true);
        check("*^R01", "ORU^R03", false);
        check("ADT", "ADTX", false);
    }

    #[test]
    fn parts_that_no_version_has() {
        let check = |pattern: &str, expected: Option<UnknownPart<'_>>| {
            let pattern: MessagePattern = pattern.parse().unwrap();
            assert_eq!(pattern.unknown(), expected, "{pattern}");
        };
        for right in [
            "*",
            "ADT",
            "ADT^A01",
            "ADT^A04^ADT_A01",
            "*^A01",
            "ADT^*^ADT_A05",
            "ACK",
            "ACK^A01^ACK",
            "MCF",
            "ORU^R01",
            "MDM^T02^MDM_T02",
            "QBP^Q22^QBP_Q21",
            "QRY^A19",
            "ORM^O01",
            "SIU^S12",
            "DFT^P03",
            "MFN^M02",
            "NMQ^N01",
            "OMI^O23",
            "ZZZ",
            "ZDT^Z01",
            "ADT^Z99",
            "ADT^A01^ZDT_A01",
            "UDM^Q05",
            "TBR^R08",
        ] {
            check(right, None);
        }
        check("ADT_A04", Some(UnknownPart::MessageType("ADT_A04")));
        check("XYZ", Some(UnknownPart::MessageType("XYZ")));
        check("ADT^A99", Some(UnknownPart::TriggerEvent("A99")));
        check("*^A99", Some(UnknownPart::TriggerEvent("A99")));
        check("ADT^A04^ADT_A99", Some(UnknownPart::MessageStructure("ADT_A99")));
    }

    #[test]
    fn patterns_overlap() {
        let check = |one: &str, other: &str, expected: bool| {
            let (one, other): (MessagePattern, MessagePattern) =
                (one.parse().unwrap(), other.parse().unwrap());
            assert_eq!((one.overlaps(&other), other.overlaps(&one)), (expected, expected));
        };
        check("ADT", "ADT^A01", true);
        check("ADT", "ORU^R01", false);
        check("*^A01", "ADT^A01", true);
        check("*^A01", "ADT^A02", false);
        check("*", "ORU", true);
        check("ADT^A01^ADT_A01", "ADT^A01", true);
        check("ADT^A01^ADT_A01", "ADT^*^ADT_A05", false);
    }

    #[test]
    fn refused_and_shown() {
        for wrong in [
            "",
            "adt",
            "ADT^",
            "ADT^A01^",
            "ADT-A01",
            "ADT^A01^ADT_A01^X",
            "ADT ",
            "AD*",
            &"A".repeat(61),
        ] {
            assert_eq!(wrong.parse::<MessagePattern>(), Err(PatternError), "{wrong:?}");
        }
        for right in ["ADT", "*", "ADT^A01", "*^A01", "ADT^*^ADT_A01"] {
            assert_eq!(right.parse::<MessagePattern>().unwrap().to_string(), right);
        }
    }
}
