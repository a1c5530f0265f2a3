//! ARV: access restriction.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Dr, Si, St};

/// Access restriction (HL7 v2.6, chapter 3).
#[derive(Debug, Clone, Copy)]
pub struct Arv<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Arv<'a> {
    const NAME: [u8; 3] = *b"ARV";

    fn of(segment: Segment<'a>) -> Self {
        Arv(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Arv<'a> {
    /// ARV-1 Set ID (SI), from 2.6.
    pub fn set_id(self) -> Si<'a> { Si(self.0.part(1)) }
    /// ARV-2 Access Restriction Action Code (CNE, table 0206), from 2.6.
    pub fn access_restriction_action_code(self) -> Cwe<'a> { Cwe(self.0.part(2)) }
    /// ARV-3 Access Restriction Value (CWE, table 0717), from 2.6.
    pub fn access_restriction_value(self) -> Cwe<'a> { Cwe(self.0.part(3)) }
    /// ARV-4 Access Restriction Reason (CWE, table 0719, repeats), from 2.6.
    pub fn access_restriction_reason(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(4).map(Cwe) }
    /// ARV-5 Special Access Restriction Instructions (ST, repeats), from 2.6.
    pub fn special_access_restriction_instructions(self) -> impl Iterator<Item = St<'a>> {
        self.0.repetitions(5).map(St)
    }
    /// ARV-6 Access Restriction Date Range (DR), from 2.6.
    pub fn access_restriction_date_range(self) -> Dr<'a> { Dr(self.0.part(6)) }
}
