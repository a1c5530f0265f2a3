//! See `tests/weir/fuzzed/escape.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weir_fuzz::run("escape", bytes));
