//! Any text as a condition or a value: checked or told where it is wrong, and total over a message.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use weir::expression::{Condition, Known, Template, View};
use weir::hl7::Message;

fuzz_target!(|text: &str| {
    let message = Message::parse(Bytes::from_static(b"MSH|^~\\&|A|B\rPID|1||12^^^X~13||DOE^ANNA\r")).expect("a message");
    if let Ok(condition) = Condition::parse(text, Known::nothing()) {
        condition.holds(&View::of(&message));
    }
    if let Ok(template) = Template::parse(text, Known::nothing()) {
        drop(template.render(&View::of(&message)));
    }
});
