//! Whether a message is in the character set it declares: what a listener asks before it takes a message.
//!
//! Bytes that nothing is declared about are never looked at.

use super::declared;
use crate::hl7::fault::{ErrorCode, Fault, Location};
use crate::hl7::message::Message;
use crate::hl7::path::{FieldPath, SegmentName};

impl Message {
    /// The first fault in the message's characters, if there is one: an MSH-18 that weir cannot decode (103), or
    /// bytes that stand for nothing in the character set it declares (102).
    pub fn character_set_fault(&self) -> Option<Fault> {
        let header = self.header();
        let charset = match declared::read(header.character_set(), header.delimiters()) {
            Ok(charset) => charset?,
            Err(undecodable) => {
                let location = FieldPath::of_field(SegmentName::MSH, 18).map(|path| Location {
                    repetition: Some(undecodable.repetition),
                    ..Location::from(&path)
                });
                let text = undecodable.reason.to_string();
                return Some(Fault::new(ErrorCode::TableValueNotFound, location, text));
            }
        };
        // Mostly there is none: one pass over everything, before its place is looked for.
        charset.first_invalid(&self.received)?;
        let (index, offset) = self
            .segments()
            .enumerate()
            .find_map(|(index, segment)| Some((index, charset.first_invalid(segment.raw())?)))?;
        let text = format!("expected text in the character set that MSH-18 declares, {charset}");
        Some(Fault::new(
            ErrorCode::DataType,
            self.location(index, offset),
            text,
        ))
    }
}
