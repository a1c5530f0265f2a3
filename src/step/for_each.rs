//! The step `for_each`: runs steps for each segment, repetition or group.
//!
//! What is gone through is settled before the first turn, and found again after every edit: the steps may insert and
//! remove what they like; what is gone when its turn comes is left out.

use std::ops::Range;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::body::{Bodies, Body};
use super::each::{self, Each};
use super::group::{Around, Groups, groups};
use super::notes::SEGMENTS_PER_OPERATION;
use super::{Doc, Run, Stop};
use crate::expression::Condition;
use crate::hl7::{Message, Scope, SegmentMark, SegmentName, SegmentSelector, Selector, Target};
use crate::problem::{Place, Problems};

pub(super) const DOC: Doc = Doc {
    kind: "for_each",
    summary: "runs steps for each segment, repetition of a field, or group",
    details: "`OBX` is each such segment, `PID-3` each repetition, `{ group: OBR }` each OBR with what belongs to it.\n\
              In the steps, and in `when`, a path without a number means the one at hand: `OBX-5` the value of this OBX, \
              `PID-3.1` a component of this repetition; in a group all its segments are meant so, and what is not of \
              the group is that of the order or patient it is a part of, before that of the message.\n\
              `when` beside it chooses among them.\n\
              Groups are those of the message's structure; where that is not known, a group goes to the next segment \
              of its name.\n\
              The steps may insert and remove segments; one that is gone when its turn comes is left out.",
    tables: "",
    example: "for_each: OBX, when: OBX-2 = \"ST\", steps: [ { set: { OBX-2: TX, OBX-5: \"{upper(OBX-5)}\" } } ]",
    given: "MSH|^~\\&|LAB\rOBX|1|ST|||positive\rOBX|2|NM|||7\rOBX|3|ST|||none\r",
    becomes: "MSH|^~\\&|LAB\rOBX|1|TX|||POSITIVE\rOBX|2|NM|||7\rOBX|3|TX|||NONE\r",
};

/// What was typed: what to go through. The steps stand beside it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Settings(each::Settings);

/// What is gone through, and what is done for each.
#[derive(Debug, Clone)]
pub(super) struct ForEach {
    each: Each,
    when: Option<Condition>,
    body: Body,
}

impl ForEach {
    /// `place` is the whole entry, `when` the condition beside it: it is asked for each.
    pub(super) fn check(
        settings: Settings,
        when: Option<Condition>,
        mut bodies: Bodies,
        place: &Place<'_>,
        problems: &mut Problems,
    ) -> Option<ForEach> {
        let Settings(settings) = settings;
        let each = settings.check(&place.key("for_each"), problems);
        let body = Body::required(&mut bodies, "steps", place, problems);
        Some(ForEach {
            each: each?,
            when,
            body: body?,
        })
    }

    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), Stop> {
        match &self.each {
            Each::Segments(selector) => self.segments(selector, run),
            Each::Repetitions { all, at_hand } => self.repetitions(all, at_hand, run),
            Each::Groups(selector) => self.groups(selector, run),
        }
    }

    fn segments(&self, selector: &SegmentSelector, run: &mut Run<'_>) -> Result<(), Stop> {
        let indices = run.message.resolve_segments(selector, &run.scope);
        let marks: Vec<SegmentMark> = indices.iter().map(|&index| run.message.mark(index)).collect();
        for mark in marks {
            let Some(index) = run.message.marked(mark) else {
                continue;
            };
            run.scope.enter_segment(&run.message, index);
            self.turn(of_segment(index, run), run)?;
            run.scope.leave();
        }
        Ok(())
    }

    fn groups(&self, selector: &SegmentSelector, run: &mut Run<'_>) -> Result<(), Stop> {
        run.notes
            .count(run.message.segments().len() / SEGMENTS_PER_OPERATION)?;
        let Groups {
            ranges,
            names,
            around,
            ..
        } = groups(&run.message, selector.name());
        let indices = run.message.resolve_segments(selector, &run.scope);
        let is_meant = |range: &Range<usize>| indices.iter().any(|index| range.contains(index));
        let mark = |range: Range<usize>| range.map(|index| run.message.mark(index)).collect();
        let marked: Vec<(usize, Vec<SegmentMark>)> = ranges
            .into_iter()
            .filter(is_meant)
            .map(|range| (range.start, mark(range)))
            .collect();
        let mut surroundings = Surroundings::new(around, &run.message);
        let outside = run.scope.clone();
        for (start, marks) in marked {
            let Some(range) = left_of(&marks, &run.message) else {
                continue;
            };
            run.scope = surroundings.of(start, &run.message).around(&outside);
            run.scope.enter_group(&run.message, range.clone(), &names);
            self.turn(of_segment(range.start, run), run)?;
        }
        run.scope = outside;
        Ok(())
    }

    fn repetitions(&self, all: &Selector, at_hand: &Selector, run: &mut Run<'_>) -> Result<(), Stop> {
        let places = run.message.resolve_all(all, &run.scope);
        // A scope that was entered before the first turn finds its repetition again after edits.
        let scopes: Vec<Scope> = places
            .iter()
            .map(|place| {
                let mut scope = run.scope.clone();
                scope.enter_repetition(&run.message, place);
                scope
            })
            .collect();
        let outside = run.scope.clone();
        for scope in scopes {
            let now = run.message.resolve(at_hand, &scope);
            let Some(now) = now.filter(|path| path.repetition().is_some()) else {
                continue;
            };
            run.scope = scope;
            self.turn(Some(Target::Field(now)), run)?;
        }
        run.scope = outside;
        Ok(())
    }

    /// Runs the steps for what is at hand, if the condition holds for it.
    fn turn(&self, at_hand: Option<Target>, run: &mut Run<'_>) -> Result<(), Stop> {
        run.notes.count(1)?;
        if let Some(when) = &self.when
            && !run.holds(when)?
        {
            return Ok(());
        }
        let outer = run.notes.at_hand(at_hand);
        let done = self.body.run(run);
        run.notes.at_hand(outer);
        done
    }
}

/// The repetitions that the group at hand is a part of: the patient, the order. One is entered with its first group
/// and left with its last, so that it has what the steps add to it meanwhile.
struct Surroundings {
    /// Those to come, the next one last.
    to_come: Vec<ToCome>,
    /// Up to where those reach that are entered, outermost first.
    ends: Vec<usize>,
    scope: Scope,
}

/// A repetition that is not entered yet.
struct ToCome {
    /// The indices of its segments as it all began.
    range: Range<usize>,
    /// How to find them when its turn comes.
    marks: Vec<SegmentMark>,
    names: Arc<[SegmentName]>,
}

impl Surroundings {
    fn new(around: Vec<Around>, message: &Message) -> Surroundings {
        let marked = around.into_iter().rev().map(|Around { range, names }| {
            let marks = range.clone().map(|index| message.mark(index)).collect();
            ToCome { range, marks, names }
        });
        Surroundings {
            to_come: marked.collect(),
            ends: Vec::new(),
            scope: Scope::whole(),
        }
    }

    /// What surrounds the group that began at this index; groups are asked for in their order.
    fn of(&mut self, start: usize, message: &Message) -> &Scope {
        while self.ends.pop_if(|end| *end <= start).is_some() {
            self.scope.leave();
        }
        while let Some(next) = self.to_come.pop_if(|next| next.range.start <= start) {
            let ToCome { range, marks, names } = next;
            if range.end <= start {
                continue;
            }
            let left = left_of(&marks, message).unwrap_or(0..0);
            self.scope.enter_group(message, left, &names);
            self.ends.push(range.end);
        }
        &self.scope
    }
}

/// Where what is left of marked segments stands; `None` if nothing is.
fn left_of(marks: &[SegmentMark], message: &Message) -> Option<Range<usize>> {
    let mut left = marks.iter().filter_map(|mark| message.marked(*mark));
    let first = left.next()?;
    Some(first..left.last().unwrap_or(first) + 1)
}

/// What is at hand, as traces name it.
fn of_segment(index: usize, run: &Run<'_>) -> Option<Target> {
    let path = run.notes.is_traced().then(|| run.message.segment_path(index));
    path.flatten().map(Target::Segment)
}
