//! Any text as a path: read as a path that prints canonically and reads the same again, or told where it is wrong.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weir::hl7::{FieldPath, Target};

fuzz_target!(|text: &str| {
    match text.parse::<FieldPath>() {
        Ok(path) => assert_eq!(path.to_string().parse::<FieldPath>().ok(), Some(path)),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    drop(text.parse::<Target>());
});
