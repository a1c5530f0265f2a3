//! Problems of a message that is shown, each with the place where it stands.

use crate::hl7::dictionary::{Placement, Structure, Version};
use crate::hl7::{Header, Message, SegmentName, Warning};

/// A deviation that does not keep the message from being read.
pub struct Problem {
    /// The segment or field where it stands; empty for the message as a whole.
    pub path: String,
    /// Its stable name.
    pub name: &'static str,
    /// What it means, where the name does not say it.
    pub text: String,
}

/// Where the warnings stand that belong to one field.
const FIELDS: [(Warning, &str); 7] = [
    (Warning::EncodingCharactersMissing, "MSH-2"),
    (Warning::EncodingCharactersSurplus, "MSH-2"),
    (Warning::TruncationCharacterEarly, "MSH-2"),
    (Warning::EscapeCharacterDoubled, "MSH-2"),
    (Warning::DelimiterRepeated, "MSH-2"),
    (Warning::Datetime, "MSH-7"),
    (Warning::MessageStructure, "MSH-9"),
];

/// What the parser warned of. Misnamed segments are told where each of them stands.
pub(super) fn of_message(message: &Message) -> impl Iterator<Item = Problem> {
    let told = message.warnings().into_iter();
    told.filter(|warning| *warning != Warning::SegmentName)
        .map(|warning| {
            let field = FIELDS.iter().find(|(other, _)| *other == warning);
            Problem {
                path: field.map_or_else(String::new, |(_, path)| (*path).to_owned()),
                name: warning.as_str(),
                text: String::new(),
            }
        })
}

/// What cannot be looked up, and so is shown without names or groups.
pub(super) fn of_header(
    header: &Header<'_>,
    version: Option<Version>,
    structure: Option<&Structure>,
) -> Option<Problem> {
    let declared = header.version_id();
    let problem = |path: &str, name, text| {
        Some(Problem {
            path: path.to_owned(),
            name,
            text,
        })
    };
    match (version, structure) {
        (None, _) => {
            // Without MSH-12 there is no line to stand under.
            let path = if declared.is_empty() { "" } else { "MSH-12" };
            let text = "none that is known: shown without names".to_owned();
            problem(path, "version", text)
        }
        (Some(version), _) if version.as_str().as_bytes() != declared.trim_ascii() => {
            problem("MSH-12", "version", format!("unknown, read as {version}"))
        }
        (Some(version), None) => {
            let path = if header.message_type().is_empty() {
                ""
            } else {
                "MSH-9"
            };
            let text = format!("HL7 {version} has none for this message: shown without groups");
            problem(path, "structure", text)
        }
        (Some(_), Some(_)) => None,
    }
}

/// What is odd about a segment: its name, or its place in the structure.
pub(super) fn of_segment(
    name: &[u8],
    path: &str,
    placement: Option<Placement<'_>>,
    structure: Option<&Structure>,
) -> Option<Problem> {
    let is_name = <[u8; 3]>::try_from(name).is_ok_and(|name| SegmentName::new(name).is_some());
    let structure = structure.map_or("", |structure| structure.name);
    let (name, text) = match placement {
        _ if !is_name => (Warning::SegmentName.as_str(), String::new()),
        Some(Placement::Misplaced) => ("misplaced-segment", format!("{structure} has it elsewhere")),
        // Segments that begin with Z are the sites' own.
        Some(Placement::Unknown) if !name.starts_with(b"Z") => {
            ("unexpected-segment", format!("{structure} has none"))
        }
        Some(Placement::Unknown | Placement::Expected(_)) | None => return None,
    };
    Some(Problem {
        path: path.to_owned(),
        name,
        text,
    })
}
