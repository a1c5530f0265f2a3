//! What survives kills and power cuts. Each test here counts what was acknowledged against what arrived.

pub(crate) mod checker;
mod child;
mod engine;
mod faults;
mod load;
mod outbox;
pub(crate) mod powercut;
mod reload;
mod sweep;
