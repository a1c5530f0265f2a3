//! See `tests/weir/fuzzed/typed.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weir_fuzz::run("typed", bytes));
