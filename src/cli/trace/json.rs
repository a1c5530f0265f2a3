//! A trace as JSON for programs.

use serde_json::{Value, json};

use crate::hl7::Terminators;
use crate::route::{Failure, Outcome};
use crate::step::{Change, Misses, StepTrace};

use super::Traced;

/// The version of this form, under its own key; it changes when a reader has to.
const FORM: (&str, u32) = ("weir_trace", 1);

/// One message as one object.
pub(super) fn object(traced: &Traced<'_>) -> Value {
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
        "applies": step.applies,
        "changed": changed,
        "stopped": step.stopped,
    })
}

/// A value is `null` where the place is absent.
fn change(traced: &Traced<'_>, change: &Change) -> Value {
    let text = |value: Option<&[u8]>| value.map(|value| traced.message.characters(value).into_owned());
    json!({
        "path": change.place.to_string(),
        "name": traced.name(&change.place),
        "before": text(change.before.as_deref()),
        "after": text(change.after.as_deref()),
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
