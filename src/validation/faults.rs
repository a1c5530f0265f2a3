//! The faults found so far, and the numbers that versions give to them.
//!
//! Texts say what is expected and never what was found.

use std::collections::HashMap;

use crate::hl7::dictionary::Version;
use crate::hl7::{ErrorCode, Fault, Location, Segment, SegmentName, Severity};

use super::FAULTS_MAX;
use super::settings::Lengths;

/// The faults of one message.
pub(super) struct Faults {
    pub(super) found: Vec<Fault>,
    errors: usize,
    warnings: usize,
    /// What a value that is too long is called: 104 from 2.7, before that 102.
    pub(super) too_long: ErrorCode,
    /// How much a value is that is longer than the version has it.
    pub(super) too_long_for_version: Severity,
    /// What too many are called: 198 from 2.9, before that 100.
    pub(super) too_many: ErrorCode,
    /// What a condition of a profile that does not hold is called: 199 from 2.9, before that 102.
    pub(super) condition: ErrorCode,
}

impl Faults {
    pub(super) fn new(version: Version, is_2_9: bool, lengths: Option<Lengths>) -> Faults {
        let (too_long, severity) = if version >= Version::V2_7 {
            (ErrorCode::ValueTooLong, Severity::Error)
        } else {
            (ErrorCode::DataType, Severity::Warning)
        };
        let too_long_for_version = match lengths {
            None => severity,
            Some(Lengths::Warning) => Severity::Warning,
            Some(Lengths::Error) => Severity::Error,
        };
        let (too_many, condition) = if is_2_9 {
            (ErrorCode::Cardinality, ErrorCode::Other)
        } else {
            (ErrorCode::SegmentSequence, ErrorCode::DataType)
        };
        Faults {
            found: Vec::new(),
            errors: 0,
            warnings: 0,
            too_long,
            too_long_for_version,
            too_many,
            condition,
        }
    }

    /// Adds an error, unless there are [`FAULTS_MAX`] already.
    pub(super) fn push(&mut self, code: ErrorCode, location: Option<Location>, text: impl Into<String>) {
        self.push_as(Severity::Error, code, location, text);
    }

    /// Adds an error, or a warning of what may be right: what could not be checked, and what a site may have agreed on.
    /// Of either there are [`FAULTS_MAX`] at most, each counted for itself, so that no warning takes an error's place.
    pub(super) fn push_as(
        &mut self,
        severity: Severity,
        code: ErrorCode,
        location: Option<Location>,
        text: impl Into<String>,
    ) {
        let count = if severity == Severity::Warning {
            &mut self.warnings
        } else {
            &mut self.errors
        };
        if *count < FAULTS_MAX {
            *count += 1;
            let fault = Fault::new(code, location, text);
            self.found.push(Fault { severity, ..fault });
        }
    }

    /// Adds that a condition of the profile does not hold.
    pub(super) fn condition(&mut self, at: Location) {
        let text = "the condition of the profile does not hold";
        self.push(self.condition, Some(at), text);
    }

    /// Whether there are so many errors that no more is looked for. Warnings never end the check.
    pub(super) fn is_full(&self) -> bool {
        self.errors >= FAULTS_MAX
    }
}

/// How many segments of each name have been passed.
#[derive(Default)]
pub(super) struct Occurrences {
    passed: HashMap<SegmentName, u16>,
}

impl Occurrences {
    /// Where the next segment of the message stands; `None` if its name is none.
    pub(super) fn pass(&mut self, segment: &Segment<'_>) -> Option<Location> {
        let name = SegmentName::new(segment.name().try_into().ok()?)?;
        let location = self.next(name);
        self.passed.insert(name, location.occurrence);
        Some(location)
    }

    /// Where the next segment of this name would stand.
    pub(super) fn next(&self, name: SegmentName) -> Location {
        Location {
            segment: name,
            occurrence: self
                .passed
                .get(&name)
                .map_or(1, |passed| passed.saturating_add(1)),
            field: None,
            repetition: None,
            component: None,
            subcomponent: None,
        }
    }
}
