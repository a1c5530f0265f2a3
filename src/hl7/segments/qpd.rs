//! QPD: query parameter definition.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Part, St};

/// Query parameter definition (HL7 v2.5.1, 5.5.4).
#[derive(Debug, Clone, Copy)]
pub struct Qpd<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Qpd<'a> {
    const NAME: [u8; 3] = *b"QPD";

    fn of(segment: Segment<'a>) -> Self {
        Qpd(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Qpd<'a> {
    /// QPD-1 Message Query Name (CE, table 0471), 5.5.4.1.
    pub fn message_query_name(self) -> Cwe<'a> { Cwe(self.0.part(1)) }
    /// QPD-2 Query Tag (ST), 5.5.4.2.
    pub fn query_tag(self) -> St<'a> { St(self.0.part(2)) }
    /// QPD-3 User Parameters (varies), 5.5.4.3.
    pub fn user_parameters(self) -> Part<'a> { self.0.part(3) }
}
