//! The rules of a profile about fields and their parts.

use crate::hl7::datatype::{Id, Part};
use crate::hl7::{ErrorCode, Location, Segment, Severity, State};

use super::Usage;
use super::profile::{FieldRule, Spot};
use super::segments::Check;
use super::structure::times;

/// Checks one segment against the rules about it.
pub(super) fn segment(segment: &Segment<'_>, at: Location, check: &mut Check<'_>) {
    for (spot, rule) in check.rules {
        if check.faults.is_full() {
            return;
        }
        field(segment, *spot, rule, at, check);
    }
}

/// Where a rule's field or part stands in a segment.
pub(super) fn located(segment: Location, spot: Spot) -> Location {
    Location {
        field: Some(spot.field),
        component: spot.component,
        subcomponent: spot.subcomponent,
        ..segment
    }
}

fn field(segment: &Segment<'_>, spot: Spot, rule: &FieldRule, at: Location, check: &mut Check<'_>) {
    let mut at = located(at, spot);
    let mut count: u16 = 0;
    let mut is_empty = true;
    for repetition in segment.repetitions(spot.field) {
        count = count.saturating_add(1);
        at.repetition = Some(count);
        match repetition.state() {
            State::Valued => {
                is_empty = false;
                part(repetition, spot, rule, at, check);
            }
            // The null is for the whole field.
            State::Null => is_empty = false,
            State::Absent | State::Empty => {}
        }
        if check.faults.is_full() {
            return;
        }
    }
    if is_empty {
        // A component is required only where its field holds something.
        if rule.usage == Some(Usage::Required) && spot.component.is_none() {
            at.repetition = None;
            required(at, check);
        }
    } else if let Some(max) = rule.repetitions_max.filter(|max| count > *max) {
        at.repetition = Some(max.saturating_add(1));
        let text = format!("the profile allows this field at most {}", times(max));
        check.faults.push(check.faults.too_many, Some(at), text);
    }
}

/// The part of a repetition that the rule is about.
fn part(repetition: Part<'_>, spot: Spot, rule: &FieldRule, at: Location, check: &mut Check<'_>) {
    let numbers = [spot.component, spot.subcomponent].into_iter().flatten();
    let part = numbers.fold(repetition, |part, number| part.component(usize::from(number)));
    match part.state() {
        State::Valued => value(part, rule, at, check),
        State::Null => {}
        State::Absent | State::Empty => {
            if rule.usage == Some(Usage::Required) {
                required(at, check);
            }
        }
    }
}

fn required(at: Location, check: &mut Check<'_>) {
    let text = "required by the profile";
    check.faults.push(ErrorCode::RequiredFieldMissing, Some(at), text);
}

fn value(part: Part<'_>, rule: &FieldRule, at: Location, check: &mut Check<'_>) {
    if let Some(max) = rule.length_max {
        check.length(part, max, Severity::Error, at);
    }
    if let Some(data_type) = &rule.data_type {
        check.data_type(part, data_type, at);
    }
    if let Some(codes) = &rule.codes
        && Id(part).code().is_none_or(|code| !codes.contains(code.as_ref()))
    {
        let text = "expected one of the codes that the profile lists";
        check.faults.push(ErrorCode::TableValueNotFound, Some(at), text);
    }
    if let Some(pattern) = &rule.pattern
        && part.text().is_some_and(|text| !pattern.is_match(&text))
    {
        let text = "does not match the pattern of the profile";
        check.faults.push(ErrorCode::DataType, Some(at), text);
    }
}
