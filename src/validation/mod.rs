//! Validation: every fault of a message against its version of the standard and a profile of the site.
//!
//! Pure: [`validate`] takes a message and a [`Profile`] and gives faults, as ERR segments carry them; what becomes
//! of the message is for others to decide. Never refuses a message, never does I/O, and no text holds content.
//! The facts come from the [`dictionary`](crate::hl7::dictionary), the profile from a YAML file by way of
//! [`Settings`], which `config` reads. Every part is looked at once for the version, and once for each rule of the
//! profile that names it. A condition is asked of each segment it is about, and finds what it names without a walk
//! through the message; one that itself goes through many (`OBX[*]-5`, `count(OBX)`, `NTE[last]-3`) does so for each
//! segment.
//!
//! What the standard leaves open is no fault: Z segments, fields and components beyond those it defines, codes of
//! tables that a site may extend, the HL7 null.
//! Lengths before 2.7 are warnings: until then the standard lets every site agree on others (HL7 v2.5, 2.5.3.2), and
//! few systems keep to them; from 2.7 on it has lengths only where they are certain.

mod conditions;
mod faults;
mod profile;
mod rules;
mod segments;
mod settings;
mod structure;
#[cfg(test)]
mod tests;

use crate::hl7::dictionary::{Dictionary, Version};
use crate::hl7::{ErrorCode, Fault, FieldPath, Message, SegmentName};

use self::faults::Faults;

pub use profile::Profile;
pub use settings::{FieldSettings, Lengths, SegmentSettings, Settings, Usage};

/// The most errors told of one message, after which the check ends; and the most warnings, beyond which they are
/// passed over.
pub const FAULTS_MAX: usize = 100;

/// Finds the faults of a message, at most [`FAULTS_MAX`] errors and as many warnings: first those of its structure,
/// then the conditions of the profile that do not hold, then those of each segment in the order of the message.
///
/// The version is that of the profile, or else the one that MSH-12 declares.
pub fn validate(message: &Message, profile: &Profile) -> Vec<Fault> {
    let header = message.header();
    let declared = Version::of(&header);
    let version = profile.version.or(declared).unwrap_or(Version::COMMON);
    let is_2_9 = profile.version.is_none() && header.version().is_some_and(|version| version >= [2, 9, 0]);
    let mut faults = Faults::new(version, is_2_9, profile.lengths);
    if profile.version.is_none() && declared.is_none() && !header.version_id().is_empty() {
        let text = format!("expected a version of HL7 from 2.1 to 2.8.2; checked as {version}");
        let location = FieldPath::of_field(SegmentName::MSH, 12).map(|path| (&path).into());
        faults.push(ErrorCode::UnsupportedVersionId, location, text);
    }
    let dictionary = Dictionary::of(version);
    let rules = profile.applying(message);
    structure::check(message, dictionary, &rules, &mut faults);
    let judged = conditions::ask(message, dictionary, profile, &mut faults);
    segments::check(message, dictionary, &rules, &judged, &mut faults);
    faults.found
}
