//! See `tests/weir/fuzzed/table.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weir_fuzz::run("table", bytes));
