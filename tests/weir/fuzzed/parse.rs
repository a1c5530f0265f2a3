//! Any bytes: a message or a reason; what is a message goes out as it came in, and again after an edit.

use bytes::Bytes;
use weir::hl7::{FieldPath, Message, Terminators};

pub fn check(bytes: &[u8]) {
    let bytes = Bytes::copy_from_slice(bytes);
    let Ok(mut message) = Message::parse(bytes.clone()) else {
        return;
    };
    assert_eq!(message.write(Terminators::Preserve), bytes);
    for segment in message.segments() {
        for (_, raw) in segment.fields() {
            assert!(raw.len() <= bytes.len());
        }
    }
    let _counted = (
        message.warnings(),
        message.control_character(),
        message.character_set_fault(),
    );
    let path: FieldPath = "ZZZ-3.2".parse().expect("a path");
    if message.set(&path, "a|b^c~d\\e&f").is_ok() {
        let read = message.text(&path).map(std::borrow::Cow::into_owned);
        assert_eq!(read.as_deref(), Some("a|b^c~d\\e&f"), "no value forges a field");
        if let Ok(again) = Message::parse(message.write(Terminators::Cr)) {
            assert_eq!(again.text(&path).as_deref(), Some("a|b^c~d\\e&f"));
        }
    }
}
