//! AIP: appointment information, personnel resource.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Dtm, Id, Is, Nm, Si, Xcn};

/// Appointment information, personnel resource (HL7 v2.5.1, 10.6.7).
#[derive(Debug, Clone, Copy)]
pub struct Aip<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Aip<'a> {
    const NAME: [u8; 3] = *b"AIP";

    fn of(segment: Segment<'a>) -> Self {
        Aip(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Aip<'a> {
    /// AIP-1 Set ID (SI), 10.6.7.1.
    pub fn set_id(self) -> Si<'a> { Si(self.0.part(1)) }
    /// AIP-2 Segment Action Code (ID, table 0206), 10.6.7.2.
    pub fn segment_action_code(self) -> Id<'a> { Id(self.0.part(2)) }
    /// AIP-3 Personnel Resource ID (XCN, repeats), 10.6.7.3.
    pub fn personnel_resource_id(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(3).map(Xcn) }
    /// AIP-4 Resource Type (CE, table 0182), 10.6.7.4.
    pub fn resource_type(self) -> Cwe<'a> { Cwe(self.0.part(4)) }
    /// AIP-5 Resource Group (CE), 10.6.7.5.
    pub fn resource_group(self) -> Cwe<'a> { Cwe(self.0.part(5)) }
    /// AIP-6 Start Date/Time (TS), 10.6.7.6.
    pub fn start_datetime(self) -> Dtm<'a> { Dtm(self.0.part(6)) }
    /// AIP-7 Start Date/Time Offset (NM), 10.6.7.7.
    pub fn start_datetime_offset(self) -> Nm<'a> { Nm(self.0.part(7)) }
    /// AIP-8 Start Date/Time Offset Units (CE), 10.6.7.8.
    pub fn start_datetime_offset_units(self) -> Cwe<'a> { Cwe(self.0.part(8)) }
    /// AIP-9 Duration (NM), 10.6.7.9.
    pub fn duration(self) -> Nm<'a> { Nm(self.0.part(9)) }
    /// AIP-10 Duration Units (CE), 10.6.7.10.
    pub fn duration_units(self) -> Cwe<'a> { Cwe(self.0.part(10)) }
    /// AIP-11 Allow Substitution Code (IS, table 0279), 10.6.7.11.
    pub fn allow_substitution_code(self) -> Is<'a> { Is(self.0.part(11)) }
    /// AIP-12 Filler Status Code (CE, table 0278), 10.6.7.12.
    pub fn filler_status_code(self) -> Cwe<'a> { Cwe(self.0.part(12)) }
}
