//! PD1: patient additional demographic.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Cx, Dt, Id, Is, Xcn, Xon};

/// Patient additional demographic (HL7 v2.5.1, 3.4.10).
#[derive(Debug, Clone, Copy)]
pub struct Pd1<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Pd1<'a> {
    const NAME: [u8; 3] = *b"PD1";

    fn of(segment: Segment<'a>) -> Self {
        Pd1(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Pd1<'a> {
    /// PD1-1 Living Dependency (IS, table 0223, repeats), 3.4.10.1.
    pub fn living_dependency(self) -> impl Iterator<Item = Is<'a>> { self.0.repetitions(1).map(Is) }
    /// PD1-2 Living Arrangement (IS, table 0220), 3.4.10.2.
    pub fn living_arrangement(self) -> Is<'a> { Is(self.0.part(2)) }
    /// PD1-3 Patient Primary Facility (XON, repeats), 3.4.10.3.
    pub fn patient_primary_facility(self) -> impl Iterator<Item = Xon<'a>> { self.0.repetitions(3).map(Xon) }
    /// PD1-4 Patient Primary Care Provider Name ID No (XCN, repeats), 3.4.10.4.
    pub fn patient_primary_care_provider_name_id_no(self) -> impl Iterator<Item = Xcn<'a>> {
        self.0.repetitions(4).map(Xcn)
    }
    /// PD1-5 Student Indicator (IS, table 0231), 3.4.10.5.
    pub fn student_indicator(self) -> Is<'a> { Is(self.0.part(5)) }
    /// PD1-6 Handicap (IS, table 0295), 3.4.10.6.
    pub fn handicap(self) -> Is<'a> { Is(self.0.part(6)) }
    /// PD1-7 Living Will Code (IS, table 0315), 3.4.10.7.
    pub fn living_will_code(self) -> Is<'a> { Is(self.0.part(7)) }
    /// PD1-8 Organ Donor Code (IS, table 0316), 3.4.10.8.
    pub fn organ_donor_code(self) -> Is<'a> { Is(self.0.part(8)) }
    /// PD1-9 Separate Bill (ID, table 0136), 3.4.10.9.
    pub fn separate_bill(self) -> Id<'a> { Id(self.0.part(9)) }
    /// PD1-10 Duplicate Patient (CX, repeats), 3.4.10.10.
    pub fn duplicate_patient(self) -> impl Iterator<Item = Cx<'a>> { self.0.repetitions(10).map(Cx) }
    /// PD1-11 Publicity Code (CE, table 0215), 3.4.10.11.
    pub fn publicity_code(self) -> Cwe<'a> { Cwe(self.0.part(11)) }
    /// PD1-12 Protection Indicator (ID, table 0136), 3.4.10.12.
    pub fn protection_indicator(self) -> Id<'a> { Id(self.0.part(12)) }
    /// PD1-13 Protection Indicator Effective Date (DT), 3.4.10.13.
    pub fn protection_indicator_effective_date(self) -> Dt<'a> { Dt(self.0.part(13)) }
    /// PD1-14 Place of Worship (XON, repeats), 3.4.10.14.
    pub fn place_of_worship(self) -> impl Iterator<Item = Xon<'a>> { self.0.repetitions(14).map(Xon) }
    /// PD1-15 Advance Directive Code (CE, table 0435, repeats), 3.4.10.15.
    pub fn advance_directive_code(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(15).map(Cwe) }
    /// PD1-16 Immunization Registry Status (IS, table 0441), 3.4.10.16.
    pub fn immunization_registry_status(self) -> Is<'a> { Is(self.0.part(16)) }
    /// PD1-17 Immunization Registry Status Effective Date (DT), 3.4.10.17.
    pub fn immunization_registry_status_effective_date(self) -> Dt<'a> { Dt(self.0.part(17)) }
    /// PD1-18 Publicity Code Effective Date (DT), 3.4.10.18.
    pub fn publicity_code_effective_date(self) -> Dt<'a> { Dt(self.0.part(18)) }
    /// PD1-19 Military Branch (IS, table 0140), 3.4.10.19.
    pub fn military_branch(self) -> Is<'a> { Is(self.0.part(19)) }
    /// PD1-20 Military Rank Grade (IS, table 0141), 3.4.10.20.
    pub fn military_rank_grade(self) -> Is<'a> { Is(self.0.part(20)) }
    /// PD1-21 Military Status (IS, table 0142), 3.4.10.21.
    pub fn military_status(self) -> Is<'a> { Is(self.0.part(21)) }
    /// PD1-22 Advance Directive Last Verified Date (DT), from 2.6.
    pub fn advance_directive_last_verified_date(self) -> Dt<'a> { Dt(self.0.part(22)) }
}
