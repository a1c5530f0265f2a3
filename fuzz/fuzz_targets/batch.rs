//! See `tests/weir/fuzzed/batch.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weir_fuzz::run("batch", bytes));
