//! Any text in a field: read, laid out in lines, and set again without forging anything.

use weir::hl7::{FieldPath, Message};

pub fn check(bytes: &[u8]) {
    let raw = [b"MSH|^~\\&|A|B\rOBX|1|FT|||".as_slice(), bytes].concat();
    let Ok(mut message) = Message::parse(raw.into()) else {
        return;
    };
    let path: FieldPath = "OBX-5".parse().expect("a path");
    if let Some(formatted) = message.formatted(&path) {
        assert!(formatted.parts().count() <= bytes.len() + 1);
        drop(formatted.lines());
    }
    let text = message.text(&path).map(std::borrow::Cow::into_owned);
    if let Some(text) = text
        && message.set(&path, &text).is_ok()
    {
        assert_eq!(message.text(&path).as_deref(), Some(text.as_str()));
    }
}
