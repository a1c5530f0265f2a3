//! The step `for_each`: runs steps for each segment, repetition or group.
//!
//! What is gone through is settled before the first turn, and found again after every edit: the steps may insert and
//! remove what they like; what is gone when its turn comes is left out.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;

use super::body::{Bodies, Body};
use super::each::{self, Each};
use super::group::{Groups, groups};
use super::notes::SEGMENTS_PER_OPERATION;
use super::{Doc, Run, Stop};
use crate::expression::Condition;
use crate::hl7::{Scope, SegmentMark, SegmentSelector, Selector, Target};
use crate::problem::{Place, Problems};

pub(super) const DOC: Doc = Doc {
    kind: "for_each",
    summary: "runs steps for each segment, repetition of a field, or group",
    details: "`OBX` is each such segment, `PID-3` each repetition, `{ group: OBR }` each OBR with what belongs to it.\n\
              In the steps, and in `when`, a path without a number means the one at hand: `OBX-5` the value of this OBX, \
              `PID-3.1` a component of this repetition; in a group all its segments are meant so.\n\
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
        let Groups { ranges, names } = groups(&run.message, selector.name());
        let indices = run.message.resolve_segments(selector, &run.scope);
        let is_meant = |range: &Range<usize>| indices.iter().any(|index| range.contains(index));
        let marked: Vec<Vec<SegmentMark>> = ranges
            .into_iter()
            .filter(is_meant)
            .map(|range| range.map(|index| run.message.mark(index)).collect())
            .collect();
        for marks in marked {
            let mut left = marks.into_iter().filter_map(|mark| run.message.marked(mark));
            let Some(first) = left.next() else { continue };
            let last = left.last().unwrap_or(first);
            run.scope.enter_group(&run.message, first..last + 1, &names);
            self.turn(of_segment(first, run), run)?;
            run.scope.leave();
        }
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
        if self.when.as_ref().is_some_and(|when| !when.holds(&run.view())) {
            return Ok(());
        }
        let outer = run.notes.at_hand(at_hand);
        self.body.run(run)?;
        run.notes.at_hand(outer);
        Ok(())
    }
}

/// What is at hand, as traces name it.
fn of_segment(index: usize, run: &Run<'_>) -> Option<Target> {
    let path = run.notes.is_traced().then(|| run.message.segment_path(index));
    path.flatten().map(Target::Segment)
}
