//! QAK: query acknowledgment.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Id, Nm, St};

/// Query acknowledgment (HL7 v2.5.1, 5.5.2).
#[derive(Debug, Clone, Copy)]
pub struct Qak<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Qak<'a> {
    const NAME: [u8; 3] = *b"QAK";

    fn of(segment: Segment<'a>) -> Self {
        Qak(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Qak<'a> {
    /// QAK-1 Query Tag (ST), 5.5.2.1.
    pub fn query_tag(self) -> St<'a> { St(self.0.part(1)) }
    /// QAK-2 Query Response Status (ID, table 0208), 5.5.2.2.
    pub fn query_response_status(self) -> Id<'a> { Id(self.0.part(2)) }
    /// QAK-3 Message Query Name (CE, table 0471), 5.5.2.3.
    pub fn message_query_name(self) -> Cwe<'a> { Cwe(self.0.part(3)) }
    /// QAK-4 Hit Count (NM), 5.5.2.4.
    pub fn hit_count(self) -> Nm<'a> { Nm(self.0.part(4)) }
    /// QAK-5 This Payload (NM), 5.5.2.5.
    pub fn this_payload(self) -> Nm<'a> { Nm(self.0.part(5)) }
    /// QAK-6 Hits Remaining (NM), 5.5.2.6.
    pub fn hits_remaining(self) -> Nm<'a> { Nm(self.0.part(6)) }
}
