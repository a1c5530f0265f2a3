//! AIL: appointment information, location resource.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Dtm, Id, Is, Nm, Pl, Si};

/// Appointment information, location resource (HL7 v2.5.1, 10.6.6).
#[derive(Debug, Clone, Copy)]
pub struct Ail<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Ail<'a> {
    const NAME: [u8; 3] = *b"AIL";

    fn of(segment: Segment<'a>) -> Self {
        Ail(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Ail<'a> {
    /// AIL-1 Set ID (SI), 10.6.6.1.
    pub fn set_id(self) -> Si<'a> { Si(self.0.part(1)) }
    /// AIL-2 Segment Action Code (ID, table 0206), 10.6.6.2.
    pub fn segment_action_code(self) -> Id<'a> { Id(self.0.part(2)) }
    /// AIL-3 Location Resource ID (PL, repeats), 10.6.6.3.
    pub fn location_resource_id(self) -> impl Iterator<Item = Pl<'a>> { self.0.repetitions(3).map(Pl) }
    /// AIL-4 Location Type (CE, table 0305), 10.6.6.4.
    pub fn location_type(self) -> Cwe<'a> { Cwe(self.0.part(4)) }
    /// AIL-5 Location Group (CE), 10.6.6.5.
    pub fn location_group(self) -> Cwe<'a> { Cwe(self.0.part(5)) }
    /// AIL-6 Start Date/Time (TS), 10.6.6.6.
    pub fn start_datetime(self) -> Dtm<'a> { Dtm(self.0.part(6)) }
    /// AIL-7 Start Date/Time Offset (NM), 10.6.6.7.
    pub fn start_datetime_offset(self) -> Nm<'a> { Nm(self.0.part(7)) }
    /// AIL-8 Start Date/Time Offset Units (CE), 10.6.6.8.
    pub fn start_datetime_offset_units(self) -> Cwe<'a> { Cwe(self.0.part(8)) }
    /// AIL-9 Duration (NM), 10.6.6.9.
    pub fn duration(self) -> Nm<'a> { Nm(self.0.part(9)) }
    /// AIL-10 Duration Units (CE), 10.6.6.10.
    pub fn duration_units(self) -> Cwe<'a> { Cwe(self.0.part(10)) }
    /// AIL-11 Allow Substitution Code (IS, table 0279), 10.6.6.11.
    pub fn allow_substitution_code(self) -> Is<'a> { Is(self.0.part(11)) }
    /// AIL-12 Filler Status Code (CE, table 0278), 10.6.6.12.
    pub fn filler_status_code(self) -> Cwe<'a> { Cwe(self.0.part(12)) }
}
