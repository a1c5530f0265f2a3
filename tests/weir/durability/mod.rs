//! What survives kills and power cuts. Each test here counts what was acknowledged against what arrived.

pub(crate) mod checker;
mod engine;
pub(crate) mod powercut;
