//! Which segments there are and in which order: against the structure of the message and the rules of a profile.

use crate::hl7::dictionary::{
    Dictionary, Element, ElementKind, Group, Item, Placement, Structure, Version, group,
};
use crate::hl7::{ErrorCode, FieldPath, Location, Message, Segment, SegmentName, Severity};

use super::Usage;
use super::faults::{Faults, Occurrences};
use super::profile::Applying;

/// Segments of the continuation protocol (HL7 v2.5.1, 2.10.2), which may stand in any message.
const CONTINUATION: [&[u8]; 2] = [b"ADD", b"DSC"];

pub(super) fn check(
    message: &Message,
    dictionary: &'static Dictionary,
    rules: &Applying<'_>,
    faults: &mut Faults,
) {
    names(message, faults);
    match dictionary.structure_for(&message.header()) {
        Some(structure) => {
            declared(message, structure, dictionary, faults);
            let mut walk = Walk {
                structure,
                dictionary,
                rules,
                faults,
                occurrences: Occurrences::default(),
            };
            let grouping = group(message, structure);
            walk.level(None, structure.elements(), grouping.items());
        }
        None => unknown_structure(message, "is not checked", faults),
    }
    for (name, rule) in &rules.segments {
        let count = message.count(*name);
        let at = |occurrence| Location {
            occurrence,
            ..Occurrences::default().next(*name)
        };
        if rule.usage == Some(Usage::Required) && count == 0 {
            let text = format!("{name} is required by the profile");
            faults.push(ErrorCode::SegmentSequence, Some(at(1)), text);
        }
        if let Some(max) = rule.max
            && count > usize::from(max)
        {
            let text = format!("the profile allows {name} at most {} in a message", times(max));
            faults.push(faults.too_many, Some(at(max.saturating_add(1))), text);
        }
    }
}

/// Segments whose names are none, whatever the structure says.
fn names(message: &Message, faults: &mut Faults) {
    for (number, segment) in (1..).zip(message.segments()) {
        let name: Option<[u8; 3]> = segment.name().try_into().ok();
        if name.and_then(SegmentName::new).is_none() {
            let text = format!(
                "segment {number} of the message: expected a name of three characters, a capital letter and two \
                 capital letters or digits"
            );
            faults.push(ErrorCode::SegmentSequence, None, text);
        }
        if faults.is_full() {
            return;
        }
    }
}

/// Whether the structure that MSH-9.3 declares is that of the message type and trigger event: a receiver may go by
/// either.
///
/// One of another message type is an error. One of another trigger event is a warning, since profiles in wide use
/// declare such: IHE's patient demographics query answers with `RSP^K22^RSP_K21`.
fn declared(message: &Message, structure: &Structure, dictionary: &Dictionary, faults: &mut Faults) {
    let header = message.header();
    // Before 2.3.1 there is no such component.
    let is_declared = header.message_structure() == structure.name.as_bytes();
    if !is_declared || dictionary.version() < Version::V2_3_1 {
        return;
    }
    let Some(own) = dictionary.structure_of(header.message_type(), header.trigger_event()) else {
        return unknown_structure(message, "is checked against MSH-9.3 alone", faults);
    };
    if own.name != structure.name {
        let field = FieldPath::of_field(SegmentName::MSH, 9).map(|path| Location::from(&path));
        let location = field.map(|field| Location {
            component: Some(3),
            ..field
        });
        let text = format!(
            "expected {}, the structure of this message type and trigger event; the order of segments is checked \
             against {}",
            own.name, structure.name
        );
        let is_of_type = message_type(own.name) == message_type(structure.name);
        let severity = if is_of_type {
            Severity::Warning
        } else {
            Severity::Error
        };
        faults.push_as(severity, ErrorCode::TableValueNotFound, location, text);
    }
}

/// `ADT` of `ADT_A01`
fn message_type(structure: &str) -> &str {
    structure.split('_').next().unwrap_or_default()
}

fn unknown_structure(message: &Message, what: &str, faults: &mut Faults) {
    let header = message.header();
    let is_local = |code: &[u8]| code.starts_with(b"Z");
    let (message_type, trigger_event) = (header.message_type(), header.trigger_event());
    // An empty one is a required field that is missing.
    if message_type.is_empty() || is_local(message_type) || is_local(trigger_event) {
        return;
    }
    let location = FieldPath::of_field(SegmentName::MSH, 9).map(|path| (&path).into());
    let text = format!(
        "the version has no structure for this message type and trigger event: the order of segments {what}"
    );
    let code = ErrorCode::UnsupportedMessageType;
    faults.push_as(Severity::Warning, code, location, text);
}

/// The way through the groups of a message.
struct Walk<'a, 'f> {
    structure: &'a Structure,
    dictionary: &'static Dictionary,
    rules: &'a Applying<'a>,
    faults: &'f mut Faults,
    occurrences: Occurrences,
}

impl Walk<'_, '_> {
    /// Checks one repetition of a group, or the top; where its first segment stands.
    fn level<'e>(
        &mut self,
        around: Option<Group<'_>>,
        children: impl Iterator<Item = Element<'e>>,
        items: impl Iterator<Item = Item<'e>>,
    ) -> Option<Location> {
        // How often each element came; a level has a few dozen of them at most.
        let mut counts: Vec<(usize, u16)> = Vec::new();
        let mut begins: Option<Location> = None;
        for item in items {
            if self.faults.is_full() {
                return begins;
            }
            let (element, location) = match item {
                Item::Segment(segment, placement) => self.segment(segment, placement),
                Item::Group(inner) => {
                    let element = inner.element();
                    let location = self.level(Some(inner), element.children(), inner.items());
                    (Some(element), location)
                }
            };
            begins = begins.or(location);
            if let Some(element) = element {
                let count = bump(&mut counts, element.index());
                self.too_many(element, count, location);
            }
        }
        // Of a choice one element has come, or there would be no group.
        if around.is_none_or(|group| group.element().kind() != ElementKind::Choice) {
            for element in children {
                let count = counts.iter().find(|(index, _)| *index == element.index());
                if count.map_or(0, |(_, count)| *count) < element.min() {
                    self.missing(element, around, begins);
                }
            }
        }
        begins
    }

    fn segment<'e>(
        &mut self,
        segment: Segment<'_>,
        placement: Placement<'e>,
    ) -> (Option<Element<'e>>, Option<Location>) {
        let Some(location) = self.occurrences.pass(&segment) else {
            return (None, None);
        };
        let (name, structure) = (location.segment, self.structure.name);
        match placement {
            Placement::Expected(element) => return (Some(element), Some(location)),
            Placement::Misplaced => {
                let text = format!("{name} does not belong here in {structure}");
                self.faults.push(ErrorCode::SegmentSequence, Some(location), text);
            }
            Placement::Unknown if self.is_expected_anywhere(name) => {}
            Placement::Unknown => {
                let version = self.dictionary.version();
                let text = if self.dictionary.segment(name.as_bytes()).is_some() {
                    format!("{structure} of HL7 {version} has no {name}")
                } else {
                    format!("HL7 {version} has no segment {name}; names of a site's own begin with Z")
                };
                self.faults.push(ErrorCode::SegmentSequence, Some(location), text);
            }
        }
        (None, Some(location))
    }

    /// Whether a segment that the structure does not name may be there all the same.
    fn is_expected_anywhere(&self, name: SegmentName) -> bool {
        name.as_bytes().starts_with(b"Z")
            || CONTINUATION.contains(&name.as_bytes().as_slice())
            || self.rules.of_segment(name).is_some()
            || (self.dictionary.segment(name.as_bytes()).is_some() && has_any(self.structure.elements()))
    }

    fn too_many(&mut self, element: Element<'_>, count: u16, location: Option<Location>) {
        let Some(max) = element.max().filter(|max| count > *max) else {
            return;
        };
        let name = element.name();
        if element.kind() == ElementKind::Segment && self.rule_of(name).is_some_and(|rule| rule.max.is_some())
        {
            return;
        }
        let what = match element.kind() {
            ElementKind::Segment => name.to_owned(),
            ElementKind::Group | ElementKind::Choice => format!("the group {name}"),
        };
        let text = format!("{what} may stand here at most {}", times(max));
        self.faults.push(self.faults.too_many, location, text);
    }

    fn missing(&mut self, element: Element<'_>, around: Option<Group<'_>>, begins: Option<Location>) {
        // Of what stands for any segment nobody can say that it is missing.
        let Some(name) = first_segment(element) else {
            return;
        };
        if self.rules.of_segment(name).and_then(|rule| rule.usage) == Some(Usage::Optional) {
            return;
        }
        let what = match element.kind() {
            ElementKind::Segment => format!("{name} is required"),
            ElementKind::Group => format!("the group {}, which has {name}, is required", element.name()),
            ElementKind::Choice => format!("{name} or another of {} is required", element.name()),
        };
        let place = match (around, begins) {
            (Some(group), Some(begins)) => format!("in the group {} that begins at {begins}", group.name()),
            _ => format!("in {}", self.structure.name),
        };
        let location = self.occurrences.next(name);
        self.faults.push(
            ErrorCode::SegmentSequence,
            Some(location),
            format!("{what} {place}"),
        );
    }

    fn rule_of(&self, name: &str) -> Option<&super::profile::SegmentRule> {
        self.rules.of_segment(segment_name(name)?)
    }
}

fn bump(counts: &mut Vec<(usize, u16)>, element: usize) -> u16 {
    if let Some((_, count)) = counts.iter_mut().find(|(index, _)| *index == element) {
        *count = count.saturating_add(1);
        return *count;
    }
    counts.push((element, 1));
    1
}

/// The first segment that a group must have, or else may have; `None` for the names that stand for any segment.
fn first_segment(element: Element<'_>) -> Option<SegmentName> {
    match element.kind() {
        ElementKind::Segment => segment_name(element.name()),
        ElementKind::Group | ElementKind::Choice => {
            let required = element.children().find(|child| child.min() > 0);
            first_segment(required.or_else(|| element.children().next())?)
        }
    }
}

fn segment_name(name: &str) -> Option<SegmentName> {
    SegmentName::new(name.as_bytes().try_into().ok()?)
}

/// Whether a structure has a place for any segment (`Hxx`).
fn has_any<'a>(mut elements: impl Iterator<Item = Element<'a>>) -> bool {
    elements.any(|element| match element.kind() {
        ElementKind::Segment => element.name() == "Hxx",
        ElementKind::Group | ElementKind::Choice => {
            let children: Vec<_> = element.children().collect();
            has_any(children.into_iter())
        }
    })
}

/// `once`, `3 times`
pub(super) fn times(count: u16) -> String {
    if count == 1 {
        "once".to_owned()
    } else {
        format!("{count} times")
    }
}
