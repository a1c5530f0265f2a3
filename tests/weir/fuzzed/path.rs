//! Any text as a path: read as a path that prints canonically and reads the same again, or told where it is wrong.
//! What it means in a message is what stands there.

use bytes::Bytes;
use weir::hl7::{FieldPath, Message, Scope, Selector, Target, TargetSelector};

const MESSAGE: &[u8] = b"MSH|^~\\&|A\rPID|1||12^^^X&y^MR~13^^^^SS||DOE^ANNA|\"\"\rOBX|1|NM|a~b\rOBX||TX|\r";

pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match text.parse::<FieldPath>() {
        Ok(path) => {
            assert_eq!(path.to_string().parse::<FieldPath>().ok(), Some(path));
            let selector: Selector = text.parse().expect("every path is a selector");
            assert_eq!(selector.plain(), Some(path));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    drop(text.parse::<Target>());
    match text.parse::<TargetSelector>() {
        Ok(selector) => {
            assert_eq!(
                selector.to_string().parse::<TargetSelector>().ok().as_ref(),
                Some(&selector)
            );
            resolve(&selector);
        }
        Err(error) => assert!(text.is_char_boundary(error.offset)),
    }
}

fn resolve(selector: &TargetSelector) {
    let message = Message::parse(Bytes::from_static(MESSAGE)).expect("a message");
    let mut group = Scope::whole();
    group.enter_group(&message, 2..4, &[]);
    group.enter_segment(&message, 3);
    for scope in [Scope::whole(), group] {
        match selector {
            TargetSelector::Segments(segments) => {
                for index in message.resolve_segments(segments, &scope) {
                    assert!(message.segment_path(index).is_some());
                }
            }
            TargetSelector::Field(field) => {
                let all = message.resolve_all(field, &scope);
                assert_eq!(message.resolve(field, &scope).as_ref(), all.first());
                if let Some(found) = message.find(field, &scope) {
                    assert_eq!(found.value(), message.read(&found.path));
                }
            }
        }
    }
}
