//! See `tests/weir/fuzzed/format.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weir_fuzz::run("format", bytes));
