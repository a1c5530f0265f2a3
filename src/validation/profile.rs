//! A profile that can be checked against: rules for segments and fields, over those of a version.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use crate::expression::{Condition, View};
use crate::hl7::dictionary::Version;
use crate::hl7::{FieldPath, Location, Message, SegmentName};

use super::{Lengths, Usage};

/// What a site expects of messages beyond, or instead of, what their version says.
///
/// The default has no rules: a message is checked against the version it declares.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    /// The version to check against; `None` is the one that MSH-12 declares.
    pub(super) version: Option<Version>,
    /// How much a value is that is longer than the version has it; `None` is left to the version.
    pub(super) lengths: Option<Lengths>,
    pub(super) segments: BTreeMap<SegmentName, SegmentRule>,
    pub(super) fields: BTreeMap<Spot, FieldRule>,
}

/// What a rule is about, in every segment of the name and every repetition of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub(super) segment: SegmentName,
    pub(super) field: u16,
    pub(super) component: Option<u16>,
    pub(super) subcomponent: Option<u16>,
}

/// A rule about segments of one name.
#[derive(Debug, Clone)]
pub(super) struct SegmentRule {
    pub(super) usage: Option<Usage>,
    pub(super) max: Option<u16>,
    pub(super) when: Option<Condition>,
}

/// A rule about a field or a part of it. What is `None` is left to the version.
#[derive(Debug, Clone)]
pub(super) struct FieldRule {
    pub(super) usage: Option<Usage>,
    pub(super) repetitions_max: Option<u16>,
    pub(super) length_max: Option<u32>,
    pub(super) codes: Option<BTreeSet<String>>,
    pub(super) data_type: Option<String>,
    pub(super) pattern: Option<Regex>,
    pub(super) condition: Option<Condition>,
    pub(super) when: Option<Condition>,
}

/// The rules for one message: those about segments whose `when` holds, and those about fields.
pub(super) struct Applying<'p> {
    pub(super) segments: Vec<(SegmentName, &'p SegmentRule)>,
    /// By spot; to which segments they apply, [`Judged`](super::conditions::Judged) knows.
    pub(super) fields: Vec<(Spot, &'p FieldRule)>,
}

impl From<&FieldPath> for Spot {
    fn from(path: &FieldPath) -> Spot {
        Spot {
            segment: path.segment(),
            field: path.field(),
            component: path.component(),
            subcomponent: path.subcomponent(),
        }
    }
}

impl From<&Location> for Spot {
    fn from(location: &Location) -> Spot {
        Spot {
            segment: location.segment,
            field: location.field.unwrap_or_default(),
            component: location.component,
            subcomponent: location.subcomponent,
        }
    }
}

impl Profile {
    /// A profile without rules: what this version says, whatever MSH-12 declares.
    pub fn of_version(version: Version) -> Profile {
        Profile {
            version: Some(version),
            ..Profile::default()
        }
    }

    /// The same rules over another version.
    #[must_use]
    pub fn with_version(self, version: Version) -> Profile {
        Profile {
            version: Some(version),
            ..self
        }
    }

    /// The version that is checked against, if it is not the one that MSH-12 declares.
    pub fn version(&self) -> Option<Version> {
        self.version
    }

    pub(super) fn applying(&self, message: &Message) -> Applying<'_> {
        let view = View::of(message);
        let holds = |when: &Option<Condition>| when.as_ref().is_none_or(|when| when.holds(&view));
        let segments = self.segments.iter().filter(|(_, rule)| holds(&rule.when));
        Applying {
            segments: segments.map(|(name, rule)| (*name, rule)).collect(),
            fields: self.fields.iter().map(|(spot, rule)| (*spot, rule)).collect(),
        }
    }
}

impl<'p> Applying<'p> {
    /// The rule about the segment itself.
    pub(super) fn of_segment(&self, name: SegmentName) -> Option<&'p SegmentRule> {
        let found = self.segments.iter().find(|(own, _)| *own == name);
        found.map(|(_, rule)| *rule)
    }

    /// The rules about the fields of a segment and their parts, by spot.
    pub(super) fn within(&self, name: SegmentName) -> &[(Spot, &'p FieldRule)] {
        let start = self.fields.partition_point(|(spot, _)| spot.segment < name);
        let end = self.fields.partition_point(|(spot, _)| spot.segment <= name);
        self.fields.get(start..end).unwrap_or_default()
    }
}
