//! What happened to a message in a route, step by step: places and verdicts, never values.

use std::sync::Arc;

use crate::hl7::Target;

/// How a route came to its outcome. Filled by [`Route::run`](super::Route::run).
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// Whether the route is for messages of this type.
    pub is_mine: bool,
    /// Whether its condition holds; `None` if it was not asked.
    pub condition_holds: Option<bool>,
    /// The steps that were reached, in order.
    pub steps: Vec<StepTrace>,
}

/// What one step did.
#[derive(Debug, Clone)]
pub struct StepTrace {
    /// As `step 2 (translate)`.
    pub title: Arc<str>,
    /// Whether its condition holds, or it has none.
    pub applies: bool,
    /// The places that are not as they were before the step.
    pub changed: Vec<Target>,
    /// Why it could not do its work.
    pub failed: Option<String>,
}
