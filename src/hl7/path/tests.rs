//! Selectors: what is read, printed and refused; and what they mean in messages and scopes.

use std::convert::Infallible;
use std::ops::ControlFlow;

use super::*;
use crate::hl7::Message;

const ORU: &str = "MSH|^~\\&|LAB|NORTH\rPID|1||A1^^^W^MR~B2^^^W&x^M R~C3^^^^MR||DOE^ANNA\r\
    NTE|1||of the patient\r\
    OBR|1|||GLU\rOBX|1|NM|1554-5^Glucose||5.6\rNTE|1||fasting\rOBX|2|TX|X||a~b~c\r\
    OBR|2|||NA\rOBX|1|NM|2951-2||140\rOBX|2|NM|1554-5||6\r";

fn message() -> Message {
    Message::parse(ORU.into()).unwrap()
}

#[test]
fn reads_and_prints_the_canonical_form() {
    let check = |text: &str, canonical: &str| {
        let shown = match text.parse::<TargetSelector>() {
            Ok(selector) => selector.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, canonical, "{text}");
    };
    check("PID.5.1", "PID-5.1");
    check("/PID-5-1", "PID-5.1");
    check("PID-3[1].4.2", "PID-3[1].4.2");
    check("OBX[1]-5", "OBX[1]-5");
    check("PID-3[*]", "PID-3[*]");
    check("PID.3[last].1", "PID-3[last].1");
    check("PID-3[.5=MR].1", "PID-3[.5=MR].1");
    check("PID-3[.5 = 'MR']-1", "PID-3[.5=MR].1");
    check("PID-3[.4.2=\"M R\"]", "PID-3[.4.2=\"M R\"]");
    check("PID-3[.5='\"']", "PID-3[.5='\"']");
    check("PID-3[-5=\"it's\"]", "PID-3[.5=\"it's\"]");
    check("PID-3[.5=\"\"]", "PID-3[.5=\"\"]");
    check("OBX[*]-5[*].1", "OBX[*]-5[*].1");
    check("OBX[-3.1=\"1554-5\"]-5", "OBX[-3.1=1554-5]-5");
    check("OBX[.3=X]-5", "OBX[-3=X]-5");
    check("OBX[last]", "OBX[last]");
    check("NTE", "NTE");
    check("OBX[-3.1=1554-5]", "OBX[-3.1=1554-5]");
}

#[test]
fn says_where_and_what_was_expected() {
    let check = |text: &str, offset: usize, expected: &str| {
        let error = text.parse::<TargetSelector>().unwrap_err();
        assert!(error.expected.contains(expected), "{text}: {error}");
        assert_eq!(error.offset, offset, "{text}");
    };
    check("PID-3[]", 6, "as `.5=MR` which of the repetitions");
    check("PID-3[first]", 6, "`*`, `last`");
    check("PID-3[0]", 6, "a number from 1 to 9999");
    check("PID-3[* ]", 7, "`]`");
    check("PID-3[.5]", 8, "`=` and the value");
    check("PID-3[.5=]", 9, "a value");
    check("PID-3[.5=M R]", 10, "`]`");
    check("PID-3[.5=\"MR]", 9, "the quote that closes");
    check("PID-3[.x=MR]", 7, "a component number");
    check("PID-3[=MR]", 6, "which of the repetitions");
    check("PID-3[.1.2.3=MR]", 10, "`=` and the value");
    check("OBX[3.1=X]-5", 5, "`]`");
    check("OBX[-0=X]-5", 5, "a field number");
    check("OBX[-3.1=X", 10, "`]`");
    check("/OBX", 4, "`-` and a field number");
    check("PID-3[1][2]", 8, "the end of the path");
    assert_eq!("OBX[last]".parse::<Selector>().unwrap_err().offset, 9);
    assert_eq!("PID-3[*]".parse::<FieldPath>().unwrap_err().offset, 6);
}

#[test]
fn reads_what_a_text_begins_with() {
    let check = |text: &str, path: &str, length: usize| {
        let (selector, found) = Selector::read_prefix(text).unwrap();
        assert_eq!((selector.to_string().as_str(), found), (path, length));
    };
    check("PID-3[.5=\"a] b\"].1 = 'x'", "PID-3[.5=\"a] b\"].1", 18);
    check("OBX exists", "OBX", 3);
    check("PID-5.1}", "PID-5.1", 7);
}

/// The places, and what stands there.
fn places(message: &Message, text: &str, scope: &Scope) -> String {
    let selector: Selector = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    let mut shown = Vec::new();
    let ControlFlow::<Infallible>::Continue(()) = message.visit(&selector, scope, |found| {
        assert_eq!(found.value(), message.read(&found.path), "{text}");
        assert_eq!(found.text(), message.text(&found.path), "{text}");
        shown.push(format!("{}={}", found.path, found.text().unwrap_or_default()));
        ControlFlow::Continue(())
    });
    let all = message.resolve_all(&selector, scope);
    assert_eq!(all.len(), shown.len(), "{text}");
    assert_eq!(message.resolve(&selector, scope), all.first().copied(), "{text}");
    shown.join(" ")
}

#[test]
fn means_places_in_the_whole_message() {
    let message = message();
    let check = |text: &str, expected: &str| assert_eq!(places(&message, text, &Scope::whole()), expected);
    check("PID-5.1", "PID-5.1=DOE");
    check("PID-40", "PID-40=");
    check("ZPI-1", "ZPI-1=");
    check("OBX[9]-5", "OBX[9]-5=");
    check("PID-3[*].1", "PID-3.1=A1 PID-3[2].1=B2 PID-3[3].1=C3");
    check("PID-3[last].1", "PID-3[3].1=C3");
    check("PID-3[.5=MR].1", "PID-3.1=A1 PID-3[3].1=C3");
    check("PID-3[.5=\"M R\"].1", "PID-3[2].1=B2");
    check("PID-3[.4.2=x].1", "PID-3[2].1=B2");
    check("PID-3[.6=\"\"].1", "PID-3.1=A1 PID-3[2].1=B2 PID-3[3].1=C3");
    check("PID-3[.5=XX]", "");
    check("PID-3[.5=MR].9", "PID-3.9= PID-3[3].9=");
    // A field that holds nothing has no repetitions.
    check("PID-2[*]", "");
    check("PID-2[last]", "");
    check("PID-40[*]", "");
    check("ZPI-1[*]", "");
    check("MSH-2[*]", "");
    check("OBX[*]-5", "OBX-5=5.6 OBX[2]-5=a~b~c OBX[3]-5=140 OBX[4]-5=6");
    check("OBX[last]-5", "OBX[4]-5=6");
    check("OBX[-3.1=\"1554-5\"]-5", "OBX-5=5.6 OBX[4]-5=6");
    check("OBX[-2=TX]-5[last]", "OBX[2]-5[3]=c");
    check("OBX[2]-5[*]", "OBX[2]-5[1]=a OBX[2]-5[2]=b OBX[2]-5[3]=c");
    check("ZPI[*]-1", "");
    check("ZPI[last]-1", "");
}

#[test]
fn means_what_is_at_hand_in_a_scope() {
    let mut message = message();
    let mut scope = Scope::whole();
    let nte: SegmentName = "NTE-1".parse::<FieldPath>().unwrap().segment();
    // The second OBR with its OBX and NTE.
    scope.enter_group(&message, 7..10, &[nte]);
    let check = |message: &Message, scope: &Scope, text: &str, expected: &str| {
        assert_eq!(places(message, text, scope), expected, "{text}");
    };
    check(&message, &scope, "OBX[*]-5", "OBX[3]-5=140 OBX[4]-5=6");
    check(&message, &scope, "OBX-5", "OBX[3]-5=140");
    check(&message, &scope, "OBX[2]-5", "OBX[4]-5=6");
    check(&message, &scope, "OBX[3]-5", "");
    check(&message, &scope, "OBR-4", "OBR[2]-4=NA");
    // A name of the group is never sought outside; any other is.
    check(&message, &scope, "NTE-3", "");
    check(&message, &scope, "PID-5.1", "PID-5.1=DOE");
    check(&message, &scope, "ZPI-1", "ZPI-1=");
    scope.enter_segment(&message, 9);
    check(&message, &scope, "OBX-5", "OBX[4]-5=6");
    check(&message, &scope, "OBX[1]-5", "OBX[3]-5=140");
    check(&message, &scope, "OBX[*]-5", "OBX[3]-5=140 OBX[4]-5=6");
    check(&message, &scope, "OBR-4", "OBR[2]-4=NA");
    // What edits put before it or take away leaves it at hand.
    message.remove(&"OBX[3]".parse().unwrap());
    message.remove(&"NTE".parse().unwrap());
    check(&message, &scope, "OBX-5", "OBX[3]-5=6");
    check(&message, &scope, "OBX[*]-5", "OBX[3]-5=6");
    message.remove(&"OBX[3]".parse().unwrap());
    check(&message, &scope, "OBX-5", "");
    scope.leave();
    check(&message, &scope, "OBX[*]-5", "");
    check(&message, &scope, "OBR-4", "OBR[2]-4=NA");
    message.remove(&"OBR[2]".parse().unwrap());
    // What was of the group stays so: never the segment of another group.
    check(&message, &scope, "OBR-4", "");
}

#[test]
fn means_the_repetition_at_hand() {
    let mut message = message();
    let mut scope = Scope::whole();
    scope.enter_repetition(&message, &"PID-3[2]".parse().unwrap());
    let check = |message: &Message, text: &str, expected: &str| {
        assert_eq!(places(message, text, &scope), expected, "{text}");
    };
    check(&message, "PID-3.1", "PID-3[2].1=B2");
    check(&message, "PID-3", "PID-3[2]=B2^^^W&x^M R");
    check(&message, "PID-3[1].1", "PID-3.1=A1");
    check(&message, "PID-3[last].1", "PID-3[3].1=C3");
    check(&message, "PID-5.1", "PID-5.1=DOE");
    message.remove(&"PID-3[1]".parse().unwrap());
    check(&message, "PID-3.1", "PID-3.1=B2");
    message.remove(&"PID-3[1]".parse().unwrap());
    // It is gone; what moved up is another.
    check(&message, "PID-3.1", "");
}

#[test]
fn means_segments() {
    let message = message();
    let mut scope = Scope::whole();
    let indices =
        |text: &str, scope: &Scope| message.resolve_segments(&text.parse().unwrap(), scope).to_vec();
    assert_eq!(indices("OBX", &scope), [4, 6, 8, 9]);
    assert_eq!(indices("OBX[*]", &scope), [4, 6, 8, 9]);
    assert_eq!(indices("OBX[last]", &scope), [9]);
    assert_eq!(indices("OBX[3]", &scope), [8]);
    assert_eq!(indices("OBX[-3.1=1554-5]", &scope), [4, 9]);
    assert!(indices("OBX[5]", &scope).is_empty());
    scope.enter_group(&message, 3..7, &[]);
    assert_eq!(indices("OBX", &scope), [4, 6]);
    scope.enter_segment(&message, 6);
    assert_eq!(indices("OBX", &scope), [6]);
    assert_eq!(indices("OBX[*]", &scope), [4, 6]);
    assert_eq!(message.segment_path(6).unwrap().to_string(), "OBX[2]");
    assert_eq!(message.repetition_count(&"OBX[2]-5".parse().unwrap()), 3);
    assert_eq!(message.repetition_count(&"OBX[2]-6".parse().unwrap()), 0);
}
