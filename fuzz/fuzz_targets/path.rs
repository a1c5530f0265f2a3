//! See `tests/weir/fuzzed/path.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weir_fuzz::run("path", bytes));
