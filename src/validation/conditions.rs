//! Which rules of a profile apply to which segments, and which conditions do not hold: each `when` and `condition` of
//! a field is asked of every segment of its name.
//!
//! There the name of the segment means this one, and names of its group mean those of the group: a rule about OBX
//! that asks for OBX-11 asks its own, and for OBR-25 that of its order.

use crate::expression::View;
use crate::hl7::dictionary::{Dictionary, Item, group};
use crate::hl7::{Message, Scope, Segment, SegmentName};

use super::faults::{Faults, Occurrences};
use super::profile::{FieldRule, Profile, Spot};
use super::rules::located;

/// What was asked of the segments of one message.
#[derive(Default)]
pub(super) struct Judged {
    /// Segments, by index, and rules that do not apply to them; in the order of the message.
    passed_over: Vec<(usize, Spot)>,
}

impl Judged {
    /// Whether all rules apply to all segments.
    pub(super) fn is_empty(&self) -> bool {
        self.passed_over.is_empty()
    }

    /// Whether a rule applies to the segment of this index.
    pub(super) fn applies(&self, index: usize, spot: Spot) -> bool {
        let start = self.passed_over.partition_point(|(passed, _)| *passed < index);
        let of_segment = self.passed_over.iter().skip(start);
        !of_segment
            .take_while(|(passed, _)| *passed == index)
            .any(|(_, passed)| *passed == spot)
    }
}

/// Asks every `when` and every condition of the fields; conditions that do not hold are faults.
pub(super) fn ask(
    message: &Message,
    dictionary: &'static Dictionary,
    profile: &Profile,
    faults: &mut Faults,
) -> Judged {
    let is_conditional = |rule: &FieldRule| rule.when.is_some() || rule.condition.is_some();
    let conditional = profile.fields.iter().filter(|(_, rule)| is_conditional(rule));
    let mut asking = Asking {
        message,
        rules: conditional.map(|(spot, rule)| (*spot, rule)).collect(),
        scope: Scope::whole(),
        index: 0,
        occurrences: Occurrences::default(),
        judged: Judged::default(),
        faults,
    };
    if asking.rules.is_empty() {
        return asking.judged;
    }
    // Each segment may be asked for what stands in others, or is in none.
    message.remember_names();
    match dictionary.structure_for(&message.header()) {
        Some(structure) => asking.items(group(message, structure).items()),
        None => message.segments().for_each(|segment| asking.segment(&segment)),
    }
    asking.of_absent_segments();
    asking.judged
}

/// The way through the segments of a message.
struct Asking<'m, 'f> {
    message: &'m Message,
    rules: Vec<(Spot, &'m FieldRule)>,
    /// The groups around the segment at hand.
    scope: Scope,
    index: usize,
    occurrences: Occurrences,
    judged: Judged,
    faults: &'f mut Faults,
}

impl Asking<'_, '_> {
    fn items<'g>(&mut self, items: impl Iterator<Item = Item<'g>>) {
        for item in items {
            match item {
                Item::Segment(segment, _) => self.segment(&segment),
                Item::Group(inner) => {
                    let end = self.index + inner.segment_count();
                    self.scope.enter_group(self.message, self.index..end, &[]);
                    self.items(inner.items());
                    self.scope.leave();
                }
            }
        }
    }

    fn segment(&mut self, segment: &Segment<'_>) {
        let index = self.index;
        self.index += 1;
        let Some(at) = self.occurrences.pass(segment) else {
            return;
        };
        if !self.rules.iter().any(|(spot, _)| spot.segment == at.segment) {
            return;
        }
        self.scope.enter_segment(self.message, index);
        let view = View {
            scope: &self.scope,
            ..View::of(self.message)
        };
        for (spot, rule) in self.rules.iter().filter(|(spot, _)| spot.segment == at.segment) {
            if !rule.when.as_ref().is_none_or(|when| when.holds(&view)) {
                self.judged.passed_over.push((index, *spot));
            } else if !rule
                .condition
                .as_ref()
                .is_none_or(|condition| condition.holds(&view))
            {
                self.faults.condition(located(at, *spot));
            }
        }
        self.scope.leave();
    }

    /// A condition about a segment that the message does not have is asked once: it may be that it must be there.
    fn of_absent_segments(&mut self) {
        let is_absent = |name: SegmentName| self.message.count(name) == 0;
        let view = View::of(self.message);
        for (spot, rule) in self.rules.iter().filter(|(spot, _)| is_absent(spot.segment)) {
            let applies = rule.when.as_ref().is_none_or(|when| when.holds(&view));
            if applies
                && !rule
                    .condition
                    .as_ref()
                    .is_none_or(|condition| condition.holds(&view))
            {
                self.faults
                    .condition(located(self.occurrences.next(spot.segment), *spot));
            }
        }
    }
}
