//! AIG: appointment information, general resource.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Dtm, Id, Is, Nm, Si};

/// Appointment information, general resource (HL7 v2.5.1, 10.6.5).
#[derive(Debug, Clone, Copy)]
pub struct Aig<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Aig<'a> {
    const NAME: [u8; 3] = *b"AIG";

    fn of(segment: Segment<'a>) -> Self {
        Aig(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Aig<'a> {
    /// AIG-1 Set ID (SI), 10.6.5.1.
    pub fn set_id(self) -> Si<'a> { Si(self.0.part(1)) }
    /// AIG-2 Segment Action Code (ID, table 0206), 10.6.5.2.
    pub fn segment_action_code(self) -> Id<'a> { Id(self.0.part(2)) }
    /// AIG-3 Resource ID (CE), 10.6.5.3.
    pub fn resource_id(self) -> Cwe<'a> { Cwe(self.0.part(3)) }
    /// AIG-4 Resource Type (CE), 10.6.5.4.
    pub fn resource_type(self) -> Cwe<'a> { Cwe(self.0.part(4)) }
    /// AIG-5 Resource Group (CE, repeats), 10.6.5.5.
    pub fn resource_group(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(5).map(Cwe) }
    /// AIG-6 Resource Quantity (NM), 10.6.5.6.
    pub fn resource_quantity(self) -> Nm<'a> { Nm(self.0.part(6)) }
    /// AIG-7 Resource Quantity Units (CE), 10.6.5.7.
    pub fn resource_quantity_units(self) -> Cwe<'a> { Cwe(self.0.part(7)) }
    /// AIG-8 Start Date/Time (TS), 10.6.5.8.
    pub fn start_datetime(self) -> Dtm<'a> { Dtm(self.0.part(8)) }
    /// AIG-9 Start Date/Time Offset (NM), 10.6.5.9.
    pub fn start_datetime_offset(self) -> Nm<'a> { Nm(self.0.part(9)) }
    /// AIG-10 Start Date/Time Offset Units (CE), 10.6.5.10.
    pub fn start_datetime_offset_units(self) -> Cwe<'a> { Cwe(self.0.part(10)) }
    /// AIG-11 Duration (NM), 10.6.5.11.
    pub fn duration(self) -> Nm<'a> { Nm(self.0.part(11)) }
    /// AIG-12 Duration Units (CE), 10.6.5.12.
    pub fn duration_units(self) -> Cwe<'a> { Cwe(self.0.part(12)) }
    /// AIG-13 Allow Substitution Code (IS, table 0279), 10.6.5.13.
    pub fn allow_substitution_code(self) -> Is<'a> { Is(self.0.part(13)) }
    /// AIG-14 Filler Status Code (CE, table 0278), 10.6.5.14.
    pub fn filler_status_code(self) -> Cwe<'a> { Cwe(self.0.part(14)) }
}
