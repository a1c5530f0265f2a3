//! Where a new segment goes in a message, by the structure of the message.

use super::group::{Grouping, Placement};
use super::structure::{ElementKind, Structure};

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

impl Grouping<'_> {
    /// Where a new segment of this name goes: behind what the structure has before it, those of its own name
    /// included, in the first group that it may stand in.
    pub fn insertion(&self, name: impl AsRef<[u8]>) -> Insertion {
        let structure = self.structure();
        let mut places = (0..).zip(&structure.elements).filter(|(_, place)| {
            place.kind == ElementKind::Segment && place.name.as_bytes() == name.as_ref()
        });
        let target: usize = match (places.next(), places.next()) {
            (None, _) => return Insertion::Unknown,
            (Some(_), Some(_)) => return Insertion::Several,
            (Some((target, _)), None) => target,
        };
        // Only the segments that stand where they should say where they are.
        let mut behind = 0;
        let mut last = None;
        for (index, placement) in self.placements().enumerate() {
            let Placement::Expected(element) = placement else {
                continue;
            };
            let element = element.index();
            let begins_anew =
                last.is_some_and(|last| element < last && structure.share(last, element, target));
            if element > target || begins_anew {
                return Insertion::At(index);
            }
            last = Some(element);
            behind = index + 1;
        }
        Insertion::At(behind)
    }
}

impl Structure {
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
}
