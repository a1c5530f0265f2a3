//! A message that went through a route, and that as JSON: what `weir trace --json` prints and a trial answers.

use serde_json::{Value, json};

use crate::hl7::dictionary::Dictionary;
use crate::hl7::{Message, Target, Terminators};
use crate::route::{Failure, Outcome, Route, Trace as RouteTrace};
use crate::step::{Change, Misses, StepTrace, Tag};

/// The version of this form, under its own key; it changes when a reader has to.
const FORM: (&str, u32) = ("weir_trace", 1);

/// A message that went through a route, with all that is told of it.
pub struct Traced<'t> {
    /// The route.
    pub route: &'t Route,
    /// The number of the message in its file.
    pub number: usize,
    /// The message as the listener reads it.
    pub message: &'t Message,
    /// Whose names are used.
    pub dictionary: Option<&'static Dictionary>,
    /// What each step did.
    pub trace: &'t RouteTrace,
    /// What came of it.
    pub outcome: &'t Outcome,
}

impl Traced<'_> {
    /// What the standard calls a place; empty where it does not know it.
    pub fn name(&self, place: &Target) -> &'static str {
        let Some(dictionary) = self.dictionary else {
            return "";
        };
        match place {
            Target::Field(path) => dictionary.field_name(path).unwrap_or_default(),
            Target::Segment(path) => {
                let segment = dictionary.segment(path.name.as_bytes());
                segment.map_or("", |segment| segment.description)
            }
        }
    }

    /// The codes that were in no table.
    pub fn misses(&self) -> Option<&Misses> {
        match self.outcome {
            Outcome::NotMine => None,
            Outcome::Filtered { misses, .. }
            | Outcome::Deliver { misses, .. }
            | Outcome::Rejected { misses, .. }
            | Outcome::Failed { misses, .. } => Some(misses),
        }
    }

    /// The tags that steps gave it.
    pub fn tags(&self) -> &[Tag] {
        match self.outcome {
            Outcome::Deliver { tags, .. } => tags,
            Outcome::NotMine
            | Outcome::Filtered { .. }
            | Outcome::Rejected { .. }
            | Outcome::Failed { .. } => &[],
        }
    }
}

/// One message as one object.
pub fn object(traced: &Traced<'_>) -> Value {
    let steps: Vec<_> = traced
        .trace
        .steps
        .iter()
        .map(|step| self::step(traced, step))
        .collect();
    let misses = traced.misses().into_iter().flat_map(Misses::iter);
    let misses: Vec<_> = misses
        .map(|miss| json!({ "table": &*miss.table, "code": miss.code, "count": miss.count }))
        .collect();
    let tags: Vec<_> = traced
        .tags()
        .iter()
        .map(|tag| json!({ "name": &*tag.name, "value": tag.value }))
        .collect();
    json!({
        FORM.0: FORM.1,
        "route": &*traced.route.name,
        "message": traced.number,
        "is_mine": traced.trace.is_mine,
        "condition_holds": traced.trace.condition_holds,
        "steps": steps,
        "misses": misses,
        "tags": tags,
        "outcome": outcome(traced),
    })
}

fn step(traced: &Traced<'_>, step: &StepTrace) -> Value {
    let changed: Vec<_> = step
        .changed
        .iter()
        .map(|change| self::change(traced, change))
        .collect();
    json!({
        "title": &*step.title,
        "part": step.part,
        "at_hand": step.at_hand.map(|place| place.to_string()),
        "applies": step.applies,
        "changed": changed,
        "stopped": step.stopped,
    })
}

/// A value is `null` where the place is absent.
fn change(traced: &Traced<'_>, change: &Change) -> Value {
    json!({
        "path": change.place.to_string(),
        "name": traced.name(&change.place),
        "before": change.before,
        "after": change.after,
    })
}

fn outcome(traced: &Traced<'_>) -> Value {
    match traced.outcome {
        Outcome::NotMine => json!({ "kind": "not-mine" }),
        Outcome::Filtered { reason, .. } => json!({ "kind": "filtered", "reason": &**reason }),
        Outcome::Rejected { refusal, .. } => {
            let faults: Vec<_> = refusal
                .faults
                .iter()
                .map(|fault| {
                    json!({
                        "code": fault.code.number(),
                        "severity": fault.severity.as_str(),
                        "path": fault.location.map(|location| location.to_string()),
                        "text": fault.text,
                    })
                })
                .collect();
            json!({ "kind": "rejected", "acknowledgment": refusal.code.as_str(), "faults": faults })
        }
        Outcome::Failed { failure, .. } => json!({ "kind": "failed", "failures": [self::failure(failure)] }),
        Outcome::Deliver {
            outputs, failures, ..
        } => {
            let outputs: Vec<_> = outputs
                .iter()
                .map(|output| {
                    let to: Vec<&str> = output.to.iter().map(AsRef::as_ref).collect();
                    let bytes = output.message.write(Terminators::Preserve);
                    json!({
                        "to": to,
                        "is_changed": output.message.is_edited(),
                        "message": output.message.characters(&bytes),
                    })
                })
                .collect();
            let failures: Vec<_> = failures.iter().map(failure).collect();
            json!({ "kind": "delivered", "outputs": outputs, "failures": failures })
        }
    }
}

fn failure(failure: &Failure) -> Value {
    let to: Vec<&str> = failure.to.iter().map(AsRef::as_ref).collect();
    json!({ "reason": failure.reason, "to": to })
}
