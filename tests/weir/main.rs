//! The tests that use weir from outside, in one binary.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    missing_docs,
    unreachable_pub,
    reason = "tests fail by panicking, print what they measured, and are no library"
)]

mod bad_answers;
mod bad_input;
mod cases;
mod commands;
mod corpus_delivery;
mod corpus_parse;
mod corpus_structures;
mod durability;
mod harness;
mod intake;
mod journey;
mod lanes;
mod promises;
mod readme;
mod schema;
mod tidy;
mod trace;
mod typed;
mod validation;
