//! RGS: resource group.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Id, Si};

/// Resource group (HL7 v2.5.1, 10.6.3).
#[derive(Debug, Clone, Copy)]
pub struct Rgs<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Rgs<'a> {
    const NAME: [u8; 3] = *b"RGS";

    fn of(segment: Segment<'a>) -> Self {
        Rgs(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Rgs<'a> {
    /// RGS-1 Set ID (SI), 10.6.3.1.
    pub fn set_id(self) -> Si<'a> { Si(self.0.part(1)) }
    /// RGS-2 Segment Action Code (ID, table 0206), 10.6.3.2.
    pub fn segment_action_code(self) -> Id<'a> { Id(self.0.part(2)) }
    /// RGS-3 Resource Group ID (CE), 10.6.3.3.
    pub fn resource_group_id(self) -> Cwe<'a> { Cwe(self.0.part(3)) }
}
