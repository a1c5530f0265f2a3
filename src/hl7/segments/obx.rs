//! OBX: observation or result.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Dtm, Ei, Id, Is, Nm, ObservationValue, Si, St, Xad, Xcn, Xon};

/// Observation or result (HL7 v2.5.1, 7.4.2).
#[derive(Debug, Clone, Copy)]
pub struct Obx<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Obx<'a> {
    const NAME: [u8; 3] = *b"OBX";

    fn of(segment: Segment<'a>) -> Self {
        Obx(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Obx<'a> {
    /// OBX-1 Set ID (SI), 7.4.2.1.
    pub fn set_id(self) -> Si<'a> { Si(self.0.part(1)) }
    /// OBX-2 Value Type (ID, table 0125), 7.4.2.2.
    pub fn value_type(self) -> Id<'a> { Id(self.0.part(2)) }
    /// OBX-3 Observation Identifier (CE), 7.4.2.3.
    pub fn observation_identifier(self) -> Cwe<'a> { Cwe(self.0.part(3)) }
    /// OBX-4 Observation Sub ID (ST), 7.4.2.4.
    pub fn observation_sub_id(self) -> St<'a> { St(self.0.part(4)) }
    /// OBX-5 Observation Value (varies, repeats), 7.4.2.5.
    pub fn observation_value(self) -> impl Iterator<Item = ObservationValue<'a>> {
        let value_type = self.value_type();
        self.0.repetitions(5).map(move |part| ObservationValue::read(value_type, part))
    }
    /// OBX-6 Units (CE), 7.4.2.6.
    pub fn units(self) -> Cwe<'a> { Cwe(self.0.part(6)) }
    /// OBX-7 References Range (ST), 7.4.2.7.
    pub fn references_range(self) -> St<'a> { St(self.0.part(7)) }
    /// OBX-8 Abnormal Flags (IS, table 0078, repeats), 7.4.2.8.
    pub fn abnormal_flags(self) -> impl Iterator<Item = Is<'a>> { self.0.repetitions(8).map(Is) }
    /// OBX-9 Probability (NM), 7.4.2.9.
    pub fn probability(self) -> Nm<'a> { Nm(self.0.part(9)) }
    /// OBX-10 Nature of Abnormal Test (ID, table 0080, repeats), 7.4.2.10.
    pub fn nature_of_abnormal_test(self) -> impl Iterator<Item = Id<'a>> { self.0.repetitions(10).map(Id) }
    /// OBX-11 Observation Result Status (ID, table 0085), 7.4.2.11.
    pub fn observation_result_status(self) -> Id<'a> { Id(self.0.part(11)) }
    /// OBX-12 Effective Date of Reference Range Values (TS), 7.4.2.12.
    pub fn effective_date_of_reference_range_values(self) -> Dtm<'a> { Dtm(self.0.part(12)) }
    /// OBX-13 User Defined Access Checks (ST), 7.4.2.13.
    pub fn user_defined_access_checks(self) -> St<'a> { St(self.0.part(13)) }
    /// OBX-14 Date/Time of the Observation (TS), 7.4.2.14.
    pub fn datetime_of_the_observation(self) -> Dtm<'a> { Dtm(self.0.part(14)) }
    /// OBX-15 Producer's Reference (CE), 7.4.2.15.
    pub fn producers_reference(self) -> Cwe<'a> { Cwe(self.0.part(15)) }
    /// OBX-16 Responsible Observer (XCN, repeats), 7.4.2.16.
    pub fn responsible_observer(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(16).map(Xcn) }
    /// OBX-17 Observation Method (CE, repeats), 7.4.2.17.
    pub fn observation_method(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(17).map(Cwe) }
    /// OBX-18 Equipment Instance Identifier (EI, repeats), 7.4.2.18.
    pub fn equipment_instance_identifier(self) -> impl Iterator<Item = Ei<'a>> {
        self.0.repetitions(18).map(Ei)
    }
    /// OBX-19 Date/Time of the Analysis (TS), 7.4.2.19.
    pub fn datetime_of_the_analysis(self) -> Dtm<'a> { Dtm(self.0.part(19)) }
    /// OBX-20 Observation Site (CWE, table 0163, repeats), from 2.6.
    pub fn observation_site(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(20).map(Cwe) }
    /// OBX-21 Observation Instance Identifier (EI), from 2.6.
    pub fn observation_instance_identifier(self) -> Ei<'a> { Ei(self.0.part(21)) }
    /// OBX-22 Mood Code (CNE, table 0725), from 2.6.
    pub fn mood_code(self) -> Cwe<'a> { Cwe(self.0.part(22)) }
    /// OBX-23 Performing Organization Name (XON), 7.4.2.23.
    pub fn performing_organization_name(self) -> Xon<'a> { Xon(self.0.part(23)) }
    /// OBX-24 Performing Organization Address (XAD), 7.4.2.24.
    pub fn performing_organization_address(self) -> Xad<'a> { Xad(self.0.part(24)) }
    /// OBX-25 Performing Organization Medical Director (XCN), 7.4.2.25.
    pub fn performing_organization_medical_director(self) -> Xcn<'a> { Xcn(self.0.part(25)) }
    /// OBX-26 Patient Results Release Category (ID, table 0909), from 2.7.
    pub fn patient_results_release_category(self) -> Id<'a> { Id(self.0.part(26)) }
    /// OBX-27 Root Cause (CWE, table 0914), from 2.8.
    pub fn root_cause(self) -> Cwe<'a> { Cwe(self.0.part(27)) }
    /// OBX-28 Local Process Control (CWE, table 0915, repeats), from 2.8.
    pub fn local_process_control(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(28).map(Cwe) }
    /// OBX-29 Observation Type (ID, table 0936, repeats), from 2.8.1.
    pub fn observation_type(self) -> impl Iterator<Item = Id<'a>> { self.0.repetitions(29).map(Id) }
    /// OBX-30 Observation Sub Type (ID, table 0937, repeats), from 2.8.2.
    pub fn observation_sub_type(self) -> impl Iterator<Item = Id<'a>> { self.0.repetitions(30).map(Id) }
}
