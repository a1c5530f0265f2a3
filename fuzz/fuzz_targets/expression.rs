//! See `tests/weir/fuzzed/expression.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weir_fuzz::run("expression", bytes));
