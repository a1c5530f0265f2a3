//! What happened to a message in a route, step by step. Changes hold content: a trace is for whoever asked for it.

use crate::step::StepTrace;

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
