//! MSA: message acknowledgment.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Id, Nm, St};

/// Message acknowledgment (HL7 v2.5.1, 2.15.8).
#[derive(Debug, Clone, Copy)]
pub struct Msa<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Msa<'a> {
    const NAME: [u8; 3] = *b"MSA";

    fn of(segment: Segment<'a>) -> Self {
        Msa(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Msa<'a> {
    /// MSA-1 Acknowledgment Code (ID, table 0008), 2.15.8.1.
    pub fn acknowledgment_code(self) -> Id<'a> { Id(self.0.part(1)) }
    /// MSA-2 Message Control ID (ST), 2.15.8.2.
    pub fn message_control_id(self) -> St<'a> { St(self.0.part(2)) }
    /// MSA-3 Text Message (ST), 2.15.8.3.
    pub fn text_message(self) -> St<'a> { St(self.0.part(3)) }
    /// MSA-4 Expected Sequence Number (NM), 2.15.8.4.
    pub fn expected_sequence_number(self) -> Nm<'a> { Nm(self.0.part(4)) }
    /// MSA-5 Delayed Acknowledgment Type (ID, table 0102), 2.15.8.5.
    pub fn delayed_acknowledgment_type(self) -> Id<'a> { Id(self.0.part(5)) }
    /// MSA-6 Error Condition (CE, table 0357), 2.15.8.6.
    pub fn error_condition(self) -> Cwe<'a> { Cwe(self.0.part(6)) }
    /// MSA-7 Message Waiting Number (NM), from 2.6.
    pub fn message_waiting_number(self) -> Nm<'a> { Nm(self.0.part(7)) }
    /// MSA-8 Message Waiting Priority (ID, table 0520), from 2.6.
    pub fn message_waiting_priority(self) -> Id<'a> { Id(self.0.part(8)) }
}
