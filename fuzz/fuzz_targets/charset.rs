//! See `tests/weir/fuzzed/charset.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weir_fuzz::run("charset", bytes));
