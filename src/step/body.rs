//! Steps inside a step: the bodies of `if` and `for_each`.

use std::collections::BTreeMap;

use super::{Run, Step, Stop};
use crate::problem::{Content, Place, Problem, ProblemName, Problems};

/// How deep steps may stand within steps.
pub const DEPTH_MAX: usize = 8;

/// The lists of steps that stand beside the key of a step, by their key.
pub type Bodies = BTreeMap<&'static str, Vec<Step>>;

/// Steps that run one after the other.
#[derive(Debug, Clone)]
pub(super) struct Body(Vec<Step>);

/// The keys of the lists of steps that belong to a step of this kind.
pub fn body_keys(kind: &str) -> &'static [&'static str] {
    match kind {
        "if" => &["then", "else"],
        "for_each" => &["steps"],
        _ => &[],
    }
}

impl Body {
    /// The list under this key, which must be there and hold something.
    pub(super) fn required(
        bodies: &mut Bodies,
        key: &'static str,
        place: &Place<'_>,
        problems: &mut Problems,
    ) -> Option<Body> {
        if !bodies.contains_key(key) {
            let problem = Problem::error(ProblemName::MissingKey, format!("`{key}` is missing"));
            problems.push(
                problem
                    .at_key(place)
                    .label(format!("needs `{key}`, a list of steps")),
            );
            return None;
        }
        Body::optional(bodies, key, place, problems)
    }

    /// The list under this key, if there is one; it must hold something.
    pub(super) fn optional(
        bodies: &mut Bodies,
        key: &'static str,
        place: &Place<'_>,
        problems: &mut Problems,
    ) -> Option<Body> {
        let steps = bodies.remove(key)?;
        let at = place.key(key);
        // Steps that are wrong are not among them, and have been told.
        if matches!(&at.node().content, Content::Sequence(elements) if elements.is_empty()) {
            let problem = Problem::error(ProblemName::NothingToDo, format!("`{key}` holds no step"));
            problems.push(problem.at(&at));
        }
        Some(Body(steps))
    }

    /// Runs the steps until the last, or the first that stops the run.
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), Stop> {
        self.0.iter().try_for_each(|step| step.run(run))
    }
}
