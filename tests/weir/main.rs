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

mod access;
mod alerts;
mod allocation;
mod archive;
mod archived;
mod atna;
mod backup;
mod bad_answers;
mod bad_input;
mod bombs;
mod cases;
mod charset;
mod collector;
mod commands;
mod connectors;
mod console;
mod control;
mod cookbook;
mod corpus_delivery;
mod corpus_parse;
mod corpus_structures;
mod corpus_verdicts;
mod durability;
mod encryption;
mod fuzzed;
mod golden;
mod harness;
mod intake;
mod journey;
mod lanes;
mod look_ups;
mod offline;
mod ops;
mod parts;
mod promises;
mod quarantine;
mod queue;
mod readme;
mod release_2;
mod reload;
mod replies;
mod resend;
mod schema;
mod send;
mod sequence_numbers;
mod silence;
mod stops;
mod tidy;
mod tls;
mod trace;
mod typed;
mod untouched;
mod validation;
