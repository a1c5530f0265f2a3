//! See `tests/weir/fuzzed/acknowledgment.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weir_fuzz::run("acknowledgment", bytes));
