//! Which segments of a message belong together: an OBR with its OBX, NTE and SPM.
//!
//! Where the dictionary knows the message's structure, it says so; elsewhere a group goes from one segment of the name
//! to the next. Reads the message and changes nothing; the work is linear in its segments.

use std::collections::BTreeSet;
use std::ops::Range;

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
    match dictionary.structure_for(&header) {
        Some(structure) => walk.top(&group(message, structure)),
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
    Groups {
        ranges,
        names: names.into_iter().collect(),
    }
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
            add_names(&mut self.names, group.element());
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

fn add_names(names: &mut BTreeSet<SegmentName>, element: Element<'_>) {
    for child in element.children() {
        if child.kind() == ElementKind::Segment {
            names.extend(name_of(child.name().as_bytes()));
        } else {
            add_names(names, child);
        }
    }
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
    }
}
