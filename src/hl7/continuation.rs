//! The continuation protocol: a message that is only a part of one (HL7 v2.5.1, 2.10.2).
//!
//! Found, never followed: nothing here keeps a part or puts parts together.

use super::fault::{ErrorCode, Fault, Location};
use super::message::Message;
use super::path::{FieldPath, SegmentName};

impl Message {
    /// That the message is only a part of one, as a fault with its place: it goes on from a fragment before it
    /// (MSH-14, ADD), or has a place from which another goes on (DSC).
    pub fn continuation(&self) -> Option<Fault> {
        let at = |segment, field| {
            let path = FieldPath::of_field(segment, field);
            path.as_ref().map(Location::from)
        };
        let segment = |name: &[u8; 3]| SegmentName::new(*name).filter(|name| self.count(*name) > 0);
        let holds = |name, field| {
            let path = FieldPath::of_field(name, field);
            path.is_some_and(|path| self.read(&path).raw().is_some())
        };
        let location = if holds(SegmentName::MSH, 14) {
            at(SegmentName::MSH, 14)
        } else if let Some(add) = segment(b"ADD") {
            at(add, 1)
        } else {
            // Empty, it says that nothing follows.
            at(segment(b"DSC").filter(|dsc| holds(*dsc, 1))?, 1)
        };
        let text = "a part of a message: continuations are not supported";
        Some(Fault::new(ErrorCode::ApplicationInternal, location, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, expected: Option<&str>) {
        let message = Message::parse(format!("MSH|^~\\&|A{message}\r").into()).unwrap();
        let place = message.continuation().and_then(|fault| fault.location);
        assert_eq!(place.map(|place| place.to_string()).as_deref(), expected);
    }

    #[test]
    fn parts_of_messages() {
        check("", None);
        check("|||||||||||\rPID|1", None);
        check("|||||||||||180\rPID|1", Some("MSH-14"));
        check("\rPID|1\rADD|x", Some("ADD-1"));
        check("\rADD", Some("ADD-1"));
        check("\rPID|1\rDSC|42|F", Some("DSC-1"));
        check("\rPID|1\rDSC|", None);
    }
}
