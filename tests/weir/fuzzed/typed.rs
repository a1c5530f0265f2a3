//! Any bytes that are a message, read through every typed segment and data type, down to subcomponents: every value
//! lies within the message.

use bytes::Bytes;
use weir::hl7::Message;

use crate::typed::walk;

pub fn check(bytes: &[u8]) {
    let Ok(message) = Message::parse(Bytes::copy_from_slice(bytes)) else {
        return;
    };
    for segment in message.segments() {
        walk::segment(segment, |found| {
            let length = found.part.raw().map_or(0, <[u8]>::len);
            assert!(length <= segment.raw().len());
            let _text = found.part.text();
        });
    }
}
