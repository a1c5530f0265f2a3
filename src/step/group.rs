//! Which segments of a message belong together: an OBR with its OBX, NTE and SPM.
//!
//! Where the dictionary knows the message's structure, it says so; elsewhere a group goes from one segment of the name
//! to the next. A group is what holds the segment directly; around it stand the repetitions that it is a part of: the
//! order with its ORC, the patient with its PID. Reads the message and changes nothing; the work is linear in its
//! segments, and as deep as its structure.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use crate::hl7::dictionary::{
    Dictionary, Element, ElementKind, Group, Grouping, Item, Placement, Version, group,
};
use crate::hl7::{Message, SegmentName};

/// The groups of a message that are begun, or held together, by segments of one name.
#[derive(Debug)]
pub(super) struct Groups {
    /// The indices of the segments of each group, in the order of the message.
    pub(super) ranges: Vec<Range<usize>>,
    /// The names of all segments that may stand in such a group, and of all that do.
    pub(super) names: Vec<SegmentName>,
    /// The repetitions of the structure that such groups are a part of, each before those within it.
    pub(super) around: Vec<Around>,
    /// Those of the same kinds that no such group is a part of: an order without an OBR, a patient without results.
    /// None of them is within another.
    pub(super) without: Vec<Range<usize>>,
}

/// A repetition that groups are a part of.
#[derive(Debug)]
pub(super) struct Around {
    /// The indices of its segments.
    pub(super) range: Range<usize>,
    /// The names of all segments that may stand in it.
    pub(super) names: Arc<[SegmentName]>,
}

/// A repetition of a group that the structure lets repeat.
struct Repetition<'a> {
    element: Element<'a>,
    range: Range<usize>,
}

/// A group as far as it was found.
struct Found {
    range: Range<usize>,
    /// Where the next one begins, if it is told by nothing else.
    is_open: bool,
}

/// Finds the groups of this name.
pub(super) fn groups(message: &Message, name: SegmentName) -> Groups {
    let header = message.header();
    let dictionary = Dictionary::of(Version::of(&header).unwrap_or(Version::COMMON));
    let mut walk = Walk {
        name,
        found: Vec::new(),
        names: BTreeSet::from([name]),
        index: 0,
    };
    let grouping = dictionary
        .structure_for(&header)
        .map(|structure| group(message, structure));
    match &grouping {
        Some(grouping) => walk.top(grouping),
        None => walk.flat(message),
    }
    walk.close(walk.index);
    let mut names = walk.names;
    let ranges: Vec<Range<usize>> = walk.found.into_iter().map(|found| found.range).collect();
    let all: Vec<Option<SegmentName>> = message
        .segments()
        .map(|segment| name_of(segment.name()))
        .collect();
    for range in &ranges {
        names.extend(all.get(range.clone()).into_iter().flatten().flatten());
    }
    let mut repetitions = Vec::new();
    if let Some(grouping) = &grouping {
        find_repetitions(grouping.items(), &mut 0, &mut repetitions);
    }
    let (around, without) = apart(repetitions, &ranges, name);
    Groups {
        ranges,
        names: names.into_iter().collect(),
        around,
        without,
    }
}

/// Finds the repetitions of all groups that may repeat, each before those within it.
///
/// One that lacks its beginning goes on with the one before it: a PV1 behind the results is of the same patient, a
/// second OBR under an ORC of the same order.
fn find_repetitions<'a>(
    items: impl Iterator<Item = Item<'a>>,
    index: &mut usize,
    found: &mut Vec<Repetition<'a>>,
) {
    let mut before: Option<usize> = None;
    for item in items {
        let Item::Group(group) = item else {
            *index += 1;
            continue;
        };
        let element = group.element();
        let repeats = element.kind() == ElementKind::Group && element.max() != Some(1);
        let is_begun = first_name(&group).is_none_or(|name| may_begin(element, name));
        let is_same = |number: &usize| {
            let before: Option<&Repetition<'_>> = found.get(*number);
            before.is_some_and(|before| before.element.index() == element.index())
        };
        let own = match before.filter(is_same).filter(|_| !is_begun) {
            Some(before) => Some(before),
            None if repeats => {
                let range = *index..*index;
                found.push(Repetition { element, range });
                Some(found.len() - 1)
            }
            None => None,
        };
        find_repetitions(group.items(), index, found);
        if let Some(own) = own.and_then(|own| found.get_mut(own)) {
            own.range.end = *index;
        }
        before = own;
    }
}

/// The name of the first segment in a group.
fn first_name<'a>(group: &Group<'a>) -> Option<&'a [u8]> {
    match group.items().next()? {
        Item::Segment(segment, _) => Some(segment.name()),
        Item::Group(inner) => first_name(&inner),
    }
}

/// Whether a segment of this name may be the first in a group: all that stands before it there may be missing.
fn may_begin(element: Element<'_>, name: &[u8]) -> bool {
    if element.kind() == ElementKind::Segment {
        return element.name().as_bytes() == name;
    }
    for child in element.children() {
        if may_begin(child, name) {
            return true;
        }
        if element.kind() == ElementKind::Group && child.min() > 0 {
            return false;
        }
    }
    false
}

/// The repetitions that hold one of these groups, and those that could and do not.
fn apart(
    repetitions: Vec<Repetition<'_>>,
    groups: &[Range<usize>],
    name: SegmentName,
) -> (Vec<Around>, Vec<Range<usize>>) {
    let holds_one = |range: &Range<usize>| {
        let next = groups.partition_point(|group| group.start < range.start);
        groups.get(next).is_some_and(|group| group.end <= range.end)
    };
    let mut names: BTreeMap<usize, Arc<[SegmentName]>> = BTreeMap::new();
    for Repetition { element, range } in &repetitions {
        if !names.contains_key(&element.index()) && holds_one(range) {
            let mut own = BTreeSet::new();
            add_names(&mut own, *element, name, false);
            names.insert(element.index(), own.into_iter().collect());
        }
    }
    let (mut around, mut without) = (Vec::new(), Vec::<Range<usize>>::new());
    for Repetition { element, range } in repetitions {
        let Some(names) = names.get(&element.index()) else {
            continue;
        };
        if holds_one(&range) {
            let names = Arc::clone(names);
            around.push(Around { range, names });
        } else if without.last().is_none_or(|last| last.end <= range.start) {
            without.push(range);
        }
    }
    (around, without)
}

fn name_of(raw: &[u8]) -> Option<SegmentName> {
    SegmentName::new(raw.try_into().ok()?)
}

/// The way over the segments of a message.
struct Walk {
    name: SegmentName,
    found: Vec<Found>,
    names: BTreeSet<SegmentName>,
    /// The index of the segment that comes next.
    index: usize,
}

impl Walk {
    /// A message of which no structure is known: from each segment of the name to the next.
    fn flat(&mut self, message: &Message) {
        for segment in message.segments() {
            if segment.name() == self.name.as_bytes() {
                self.begin(self.index);
            }
            self.index += 1;
        }
    }

    /// The top of a structure. A segment that stands in no group keeps what the structure does not know behind it.
    fn top(&mut self, grouping: &Grouping<'_>) {
        for item in grouping.items() {
            match item {
                Item::Group(group) => {
                    self.close(self.index);
                    self.inside(&group);
                }
                Item::Segment(segment, placement) => {
                    let is_own = segment.name() == self.name.as_bytes();
                    if is_own {
                        self.begin(self.index);
                    } else if matches!(placement, Placement::Expected(_)) {
                        self.close(self.index);
                    }
                    self.index += 1;
                }
            }
        }
    }

    /// A group: it is meant itself if a segment of the name stands in it directly, else what it holds is looked at.
    fn inside(&mut self, group: &Group<'_>) {
        let start = self.index;
        if self.within(group, start, false) {
            self.close(self.index);
            add_names(&mut self.names, group.element(), self.name, false);
        }
    }

    /// What a group that begins at `start` holds; whether it is meant itself.
    fn within(&mut self, group: &Group<'_>, start: usize, mut is_meant: bool) -> bool {
        for item in group.items() {
            match item {
                // One of several segments in one place: it belongs to the group around the choice.
                Item::Group(inner) if inner.element().kind() == ElementKind::Choice => {
                    is_meant = self.within(&inner, start, is_meant);
                }
                Item::Group(inner) if is_meant => self.index += length(&inner),
                Item::Group(inner) => self.inside(&inner),
                Item::Segment(segment, _) => {
                    if segment.name() == self.name.as_bytes() {
                        // What stands before the first of the name belongs to it; a second begins its own.
                        self.begin(if is_meant { self.index } else { start });
                        is_meant = true;
                    }
                    self.index += 1;
                }
            }
        }
        is_meant
    }

    fn begin(&mut self, start: usize) {
        self.close(start);
        let start = self.found.last().map_or(start, |last| start.max(last.range.end));
        self.found.push(Found {
            range: start..start,
            is_open: true,
        });
    }

    fn close(&mut self, end: usize) {
        if let Some(last) = self.found.last_mut().filter(|last| last.is_open) {
            last.range.end = end;
            last.is_open = false;
        }
    }
}

/// How many segments a group holds.
fn length(group: &Group<'_>) -> usize {
    group
        .items()
        .map(|item| match item {
            Item::Group(inner) => length(&inner),
            Item::Segment(..) => 1,
        })
        .sum()
}

/// Adds the names of the segments that may stand in a group.
///
/// What has a segment of the name again, deeper down, is another's: the prior results of an order have an OBR of their
/// own, and a PID that is not the one of the order.
fn add_names(names: &mut BTreeSet<SegmentName>, element: Element<'_>, name: SegmentName, mut is_met: bool) {
    is_met |= element
        .children()
        .any(|child| child.kind() != ElementKind::Group && holds(child, name));
    for child in element.children() {
        if child.kind() == ElementKind::Segment {
            names.extend(name_of(child.name().as_bytes()));
        } else if !(is_met && child.max() != Some(1) && holds(child, name)) {
            add_names(names, child, name, is_met);
        }
    }
}

/// Whether a segment of this name may stand there.
fn holds(element: Element<'_>, name: SegmentName) -> bool {
    if element.kind() == ElementKind::Segment {
        return element.name().as_bytes() == name.as_bytes();
    }
    element.children().any(|child| holds(child, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The groups of a message whose segments, behind MSH, have these names.
    #[track_caller]
    fn check(message_type: &str, segments: &str, name: &str, expected: &[&str]) {
        let body = segments.replace(' ', "|1\r");
        let text = format!("MSH|^~\\&|A||||||{message_type}|1|P|2.5.1\r{body}|1\r");
        let message = Message::parse(text.into()).unwrap();
        let all: Vec<&str> = std::iter::once("MSH").chain(segments.split(' ')).collect();
        let name = name_of(name.as_bytes()).unwrap();
        let found = groups(&message, name);
        let shown: Vec<String> = found
            .ranges
            .iter()
            .map(|range| all[range.clone()].join(" "))
            .collect();
        assert_eq!(shown, expected, "{message_type}");
    }

    #[test]
    fn groups_of_a_structure() {
        let two = "PID PV1 ORC OBR NTE OBX OBX NTE SPM OBR OBX ZZ1";
        check(
            "ORU^R01^ORU_R01",
            two,
            "OBR",
            &["ORC OBR NTE OBX OBX NTE SPM", "OBR OBX ZZ1"],
        );
        check("ORU^R01^ORU_R01", two, "OBX", &["OBX", "OBX NTE", "OBX ZZ1"]);
        check("ORU^R01^ORU_R01", two, "SPM", &["SPM"]);
        check("ORU^R01^ORU_R01", two, "ZZ9", &[]);
        // The type and event do as well as the name of the structure.
        check("ORU^R01", "PID OBR OBX OBR OBX", "OBR", &["OBR OBX", "OBR OBX"]);
    }

    /// What stands around the groups of a name, and what is without one.
    #[track_caller]
    fn check_around(message_type: &str, segments: &str, name: &str, around: &[&str], without: &[&str]) {
        let body = segments.replace(' ', "|1\r");
        let text = format!("MSH|^~\\&|A||||||{message_type}|1|P|2.5.1\r{body}|1\r");
        let message = Message::parse(text.into()).unwrap();
        let all: Vec<&str> = std::iter::once("MSH").chain(segments.split(' ')).collect();
        let found = groups(&message, name_of(name.as_bytes()).unwrap());
        let shown = |range: &Range<usize>| all[range.clone()].join(" ");
        let ranges: Vec<String> = found.around.iter().map(|around| shown(&around.range)).collect();
        assert_eq!(ranges, around, "around {name}");
        let ranges: Vec<String> = found.without.iter().map(shown).collect();
        assert_eq!(ranges, without, "without {name}");
    }

    #[test]
    fn an_order_stands_around_its_details_and_a_patient_around_both() {
        let orders = "PID ORC OBR NTE ORC ORC OBR";
        let around = ["ORC OBR NTE", "ORC OBR"];
        check_around("ORM^O01^ORM_O01", orders, "OBR", &around, &["ORC"]);
        check_around("OML^O21^OML_O21", orders, "OBR", &around, &["ORC"]);
        check_around(
            "RDE^O11^RDE_O11",
            "PID ORC RXO RXE ORC RXE",
            "RXO",
            &["ORC RXO RXE"],
            &["ORC RXE"],
        );
        let patients = "PID PV1 OBR OBX OBR PID ORC OBR OBX PID";
        check_around(
            "ORU^R01^ORU_R01",
            patients,
            "OBR",
            &[
                "PID PV1 OBR OBX OBR",
                "OBR OBX",
                "OBR",
                "PID ORC OBR OBX",
                "ORC OBR OBX",
            ],
            &["PID"],
        );
        check_around(
            "ORU^R01^ORU_R01",
            patients,
            "PID",
            &["PID PV1 OBR OBX OBR", "PID ORC OBR OBX", "PID"],
            &[],
        );
        // Of a patient without an ORC the whole is one; of the other, the order that has none.
        check_around(
            "ORU^R01^ORU_R01",
            "PID OBR PID ORC OBR OBR OBX",
            "ORC",
            &["PID ORC OBR OBR OBX", "ORC OBR"],
            &["PID OBR", "OBR OBX"],
        );
        // What lacks its beginning goes on with what stands before it.
        check_around(
            "ORM^O01^ORM_O01",
            "PID ORC OBR OBR ORC OBR",
            "OBR",
            &["ORC OBR OBR", "ORC OBR"],
            &[],
        );
        check_around(
            "ORU^R01^ORU_R01",
            "PID OBR OBX OBR PV1",
            "OBR",
            &["PID OBR OBX OBR PV1", "OBR OBX", "OBR"],
            &[],
        );
        check_around("ADT^A01^ADT_A01", "EVN PID NK1 NK1 PV1", "NK1", &[], &[]);
        check_around("ZZZ^Z01", "PID ORC OBR ORC OBR", "OBR", &[], &[]);
    }

    #[test]
    fn a_choice_belongs_to_the_group_around_it() {
        let orders = "PID ORC OBR NTE OBX ORC OBR OBX";
        check("ORM^O01^ORM_O01", orders, "OBR", &["OBR NTE OBX", "OBR OBX"]);
        check(
            "ORM^O01^ORM_O01",
            orders,
            "ORC",
            &["ORC OBR NTE OBX", "ORC OBR OBX"],
        );
    }

    #[test]
    fn segments_that_stand_in_no_group() {
        let admission = "EVN PID NK1 ZN1 NK1 PV1 ZV1";
        check("ADT^A01^ADT_A01", admission, "NK1", &["NK1 ZN1", "NK1"]);
        check("ADT^A01^ADT_A01", admission, "ZV1", &["ZV1"]);
    }

    #[test]
    fn without_a_structure_a_group_goes_to_the_next_of_its_name() {
        check(
            "ZZZ^Z01",
            "PID OBR OBX NTE OBR ZZ1",
            "OBR",
            &["OBR OBX NTE", "OBR ZZ1"],
        );
        check("ZZZ^Z01", "PID OBX", "OBR", &[]);
    }

    #[test]
    fn a_group_knows_the_names_it_may_hold() {
        let names = |text: &str| -> Vec<String> {
            let message = Message::parse(text.to_owned().into()).unwrap();
            let obr = name_of(b"OBR").unwrap();
            let found = groups(&message, obr).names;
            found.iter().map(ToString::to_string).collect()
        };
        let known = names("MSH|^~\\&|A||||||ORU^R01|1|P|2.5.1\rPID|1\rOBR|1\rZZ1|1\r");
        for name in ["ORC", "OBR", "NTE", "OBX", "SPM", "ZZ1"] {
            assert!(known.iter().any(|known| known == name), "{name}");
        }
        assert!(!known.iter().any(|known| known == "PID"));
        assert_eq!(
            names("MSH|^~\\&|A||||||ZZZ|1\rOBR|1\rZZ1|1\rOBR|2\r"),
            ["OBR", "ZZ1"]
        );
        // The patient of prior results is not that of the order.
        let order = names("MSH|^~\\&|A||||||OML^O21|1|P|2.5.1\rPID|1\rORC|1\rOBR|1\r");
        assert!(order.iter().any(|name| name == "SPM") && order.iter().any(|name| name == "SAC"));
        assert!(!order.iter().any(|name| ["PID", "PV1"].contains(&name.as_str())));
    }
}
