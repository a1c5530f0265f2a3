//! Any bytes that are a message, read through every typed segment and data type, down to subcomponents: every value
//! lies within the message.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use weir::hl7::Message;

#[path = "../../tests/weir/typed/walk/mod.rs"]
mod walk;

fuzz_target!(|bytes: &[u8]| {
    let Ok(message) = Message::parse(Bytes::copy_from_slice(bytes)) else { return };
    for segment in message.segments() {
        walk::segment(segment, |found| {
            let length = found.part.raw().map_or(0, <[u8]>::len);
            assert!(length <= segment.raw().len());
            let _text = found.part.text();
        });
    }
});
