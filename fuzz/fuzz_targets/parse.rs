//! See `tests/weir/fuzzed/parse.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weir_fuzz::run("parse", bytes));
