//! Where a new segment goes in a message, by the structure of the message.

use std::ops::Range;

use super::super::message::Message;
use super::super::path::SegmentName;
use super::group::{Grouping, Placement, group};
use super::structure::{ElementKind, Place, Structure};
use super::{Dictionary, Version};

/// Where a new segment goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insertion {
    /// Before the segment of this index (from 0), or at the end.
    At(usize),
    /// The structure has such a segment in several places.
    Several,
    /// The structure has no such segment: a Z segment, or one of another version.
    Unknown,
}

impl Insertion {
    /// Where a new segment of this name goes in a message, by the structure that its header tells.
    pub fn of(message: &Message, name: SegmentName) -> Insertion {
        let header = message.header();
        let dictionary = Dictionary::of(Version::of(&header).unwrap_or(Version::COMMON));
        let Some(structure) = dictionary.structure_for(&header) else {
            return Insertion::Unknown;
        };
        // Most segments that have no place of their own are told without grouping the message.
        match structure.only_place(name.as_bytes()) {
            Ok(target) => Insertion::At(group(message, structure).index_for(target)),
            Err(insertion) => insertion,
        }
    }
}

impl Grouping<'_> {
    /// Where a new segment of this name goes: behind what the structure has before it, those of its own name
    /// included, in the first group that it may stand in. What may stand there once and does begins the group anew,
    /// behind the last.
    pub fn insertion(&self, name: impl AsRef<[u8]>) -> Insertion {
        match self.structure().only_place(name.as_ref()) {
            Ok(target) => Insertion::At(self.index_for(target)),
            Err(insertion) => insertion,
        }
    }

    /// The index (from 0) that a new segment of this element gets.
    fn index_for(&self, target: usize) -> usize {
        let structure = self.structure();
        // Only the segments that stand where they should say where they are.
        let expected: Vec<(usize, usize)> = (0..)
            .zip(self.placements())
            .filter_map(|(index, placement)| match placement {
                Placement::Expected(element) => Some((index, element.index())),
                Placement::Misplaced | Placement::Unknown => None,
            })
            .collect();
        let last_own = expected.iter().rposition(|(_, element)| *element == target);
        if let (Some(last_own), Some(group)) = (last_own, structure.begun_anew_by(target)) {
            let mut behind = expected.iter().skip(last_own);
            let beyond = behind.find(|(_, element)| !group.contains(element));
            return beyond.map_or_else(|| self.placements().count(), |(index, _)| *index);
        }
        let mut behind = 0;
        let mut last = None;
        for (index, element) in expected {
            let begins_anew =
                last.is_some_and(|last| element < last && structure.share(last, element, target));
            if element > target || begins_anew {
                return index;
            }
            last = Some(element);
            behind = index + 1;
        }
        behind
    }
}

impl Structure {
    /// The element of the segment that it has in one place, or why that is none.
    fn only_place(&self, name: &[u8]) -> Result<usize, Insertion> {
        let is_it = |place: &Place| place.kind == ElementKind::Segment && place.name.as_bytes() == name;
        match self.elements.iter().position(is_it) {
            None => Err(Insertion::Unknown),
            Some(place) if self.elements.get(place).is_some_and(|place| place.is_unique) => Ok(place),
            Some(_) => Err(Insertion::Several),
        }
    }

    /// The group that a second segment of an element begins anew, because it has one only.
    fn begun_anew_by(&self, target: usize) -> Option<Range<usize>> {
        let place = self.elements.get(target)?;
        let groups = std::iter::successors(place.parent, |group| self.elements.get(*group)?.parent);
        let mut repeated = groups.filter(|group| {
            self.elements
                .get(*group)
                .is_some_and(|group| group.max != Some(1))
        });
        let group = repeated.next().filter(|_| place.max == Some(1))?;
        Some(group..self.end_of(group))
    }

    /// Whether the innermost group around the first two elements is also around the third.
    fn share(&self, one: usize, other: usize, third: usize) -> bool {
        let (first, last) = (one.min(other), one.max(other));
        let around = (0..first).rev().find(|&group| self.end_of(group) > last);
        around.is_some_and(|group| group < third && third < self.end_of(group))
    }

    fn end_of(&self, index: usize) -> usize {
        self.elements.get(index).map_or(0, |place| place.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hl7::Message;
    use crate::hl7::dictionary::{Dictionary, Version, group};

    #[track_caller]
    fn check(structure: &str, segments: &str, new: &str, expected: &str) {
        let text = format!("MSH|^~\\&|A\r{}", segments.replace(' ', "\r"));
        let message = Message::parse(text.into()).unwrap();
        let structure = Dictionary::of(Version::V2_5_1).structure(structure).unwrap();
        let shown = match group(&message, structure).insertion(new) {
            Insertion::At(index) => {
                let mut names: Vec<&str> = std::iter::once("MSH").chain(segments.split(' ')).collect();
                names.insert(index, "*");
                names.join(" ")
            }
            other @ (Insertion::Several | Insertion::Unknown) => format!("{other:?}"),
        };
        assert_eq!(shown, expected, "{new}");
    }

    #[test]
    fn new_segments_go_where_the_structure_has_them() {
        let adt = "EVN PID NK1 PV1 OBX DG1 ZPI";
        check("ADT_A01", adt, "PD1", "MSH EVN PID * NK1 PV1 OBX DG1 ZPI");
        check("ADT_A01", adt, "NK1", "MSH EVN PID NK1 * PV1 OBX DG1 ZPI");
        check("ADT_A01", adt, "AL1", "MSH EVN PID NK1 PV1 OBX * DG1 ZPI");
        check("ADT_A01", adt, "IN1", "MSH EVN PID NK1 PV1 OBX DG1 * ZPI");
        check("ADT_A01", adt, "ROL", "Several");
        check("ADT_A01", adt, "ZPI", "Unknown");
        check("ADT_A01", "ZPI", "PID", "MSH * ZPI");
    }

    #[test]
    fn in_groups_the_first_that_fits() {
        let oru = "PID OBR OBX NTE OBX OBR OBX";
        check("ORU_R01", oru, "PV1", "MSH PID * OBR OBX NTE OBX OBR OBX");
        check("ORU_R01", oru, "SPM", "MSH PID OBR OBX NTE OBX * OBR OBX");
        check("ORU_R01", oru, "TQ1", "MSH PID OBR * OBX NTE OBX OBR OBX");
        check("ORU_R01", oru, "DSC", "MSH PID OBR OBX NTE OBX OBR OBX *");
        check("ORU_R01", oru, "NTE", "Several");
    }

    #[test]
    fn what_stands_once_in_a_group_begins_it_anew() {
        let adt = "EVN PID PV1 IN1 IN2 IN1 IN2 IN3 ACC";
        check("ADT_A01", adt, "IN1", "MSH EVN PID PV1 IN1 IN2 IN1 IN2 IN3 * ACC");
        check(
            "ADT_A01",
            "EVN PID PV1 IN1 IN2 ZIN",
            "IN1",
            "MSH EVN PID PV1 IN1 IN2 ZIN *",
        );
        check("ADT_A01", "EVN PID PV1 IN2", "IN1", "MSH EVN PID PV1 * IN2");
        check("ADT_A01", adt, "PV1", "MSH EVN PID PV1 * IN1 IN2 IN1 IN2 IN3 ACC");
        let oru = "PID OBR OBX NTE OBX OBR OBX DSC";
        check("ORU_R01", oru, "OBR", "MSH PID OBR OBX NTE OBX OBR OBX * DSC");
    }
}
