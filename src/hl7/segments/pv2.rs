//! PV2: patient visit, additional information.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Dt, Dtm, Id, Is, Nm, Pl, St, Xcn, Xon};

/// Patient visit, additional information (HL7 v2.5.1, 3.4.4).
#[derive(Debug, Clone, Copy)]
pub struct Pv2<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Pv2<'a> {
    const NAME: [u8; 3] = *b"PV2";

    fn of(segment: Segment<'a>) -> Self {
        Pv2(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Pv2<'a> {
    /// PV2-1 Prior Pending Location (PL), 3.4.4.1.
    pub fn prior_pending_location(self) -> Pl<'a> { Pl(self.0.part(1)) }
    /// PV2-2 Accommodation Code (CE, table 0129), 3.4.4.2.
    pub fn accommodation_code(self) -> Cwe<'a> { Cwe(self.0.part(2)) }
    /// PV2-3 Admit Reason (CE), 3.4.4.3.
    pub fn admit_reason(self) -> Cwe<'a> { Cwe(self.0.part(3)) }
    /// PV2-4 Transfer Reason (CE), 3.4.4.4.
    pub fn transfer_reason(self) -> Cwe<'a> { Cwe(self.0.part(4)) }
    /// PV2-5 Patient Valuables (ST, repeats), 3.4.4.5.
    pub fn patient_valuables(self) -> impl Iterator<Item = St<'a>> { self.0.repetitions(5).map(St) }
    /// PV2-6 Patient Valuables Location (ST), 3.4.4.6.
    pub fn patient_valuables_location(self) -> St<'a> { St(self.0.part(6)) }
    /// PV2-7 Visit User Code (IS, table 0130, repeats), 3.4.4.7.
    pub fn visit_user_code(self) -> impl Iterator<Item = Is<'a>> { self.0.repetitions(7).map(Is) }
    /// PV2-8 Expected Admit Date/Time (TS), 3.4.4.8.
    pub fn expected_admit_datetime(self) -> Dtm<'a> { Dtm(self.0.part(8)) }
    /// PV2-9 Expected Discharge Date/Time (TS), 3.4.4.9.
    pub fn expected_discharge_datetime(self) -> Dtm<'a> { Dtm(self.0.part(9)) }
    /// PV2-10 Estimated Length of Inpatient Stay (NM), 3.4.4.10.
    pub fn estimated_length_of_inpatient_stay(self) -> Nm<'a> { Nm(self.0.part(10)) }
    /// PV2-11 Actual Length of Inpatient Stay (NM), 3.4.4.11.
    pub fn actual_length_of_inpatient_stay(self) -> Nm<'a> { Nm(self.0.part(11)) }
    /// PV2-12 Visit Description (ST), 3.4.4.12.
    pub fn visit_description(self) -> St<'a> { St(self.0.part(12)) }
    /// PV2-13 Referral Source Code (XCN, repeats), 3.4.4.13.
    pub fn referral_source_code(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(13).map(Xcn) }
    /// PV2-14 Previous Service Date (DT), 3.4.4.14.
    pub fn previous_service_date(self) -> Dt<'a> { Dt(self.0.part(14)) }
    /// PV2-15 Employment Illness Related Indicator (ID, table 0136), 3.4.4.15.
    pub fn employment_illness_related_indicator(self) -> Id<'a> { Id(self.0.part(15)) }
    /// PV2-16 Purge Status Code (IS, table 0213), 3.4.4.16.
    pub fn purge_status_code(self) -> Is<'a> { Is(self.0.part(16)) }
    /// PV2-17 Purge Status Date (DT), 3.4.4.17.
    pub fn purge_status_date(self) -> Dt<'a> { Dt(self.0.part(17)) }
    /// PV2-18 Special Program Code (IS, table 0214), 3.4.4.18.
    pub fn special_program_code(self) -> Is<'a> { Is(self.0.part(18)) }
    /// PV2-19 Retention Indicator (ID, table 0136), 3.4.4.19.
    pub fn retention_indicator(self) -> Id<'a> { Id(self.0.part(19)) }
    /// PV2-20 Expected Number of Insurance Plans (NM), 3.4.4.20.
    pub fn expected_number_of_insurance_plans(self) -> Nm<'a> { Nm(self.0.part(20)) }
    /// PV2-21 Visit Publicity Code (IS, table 0215), 3.4.4.21.
    pub fn visit_publicity_code(self) -> Is<'a> { Is(self.0.part(21)) }
    /// PV2-22 Visit Protection Indicator (ID, table 0136), 3.4.4.22.
    pub fn visit_protection_indicator(self) -> Id<'a> { Id(self.0.part(22)) }
    /// PV2-23 Clinic Organization Name (XON, repeats), 3.4.4.23.
    pub fn clinic_organization_name(self) -> impl Iterator<Item = Xon<'a>> { self.0.repetitions(23).map(Xon) }
    /// PV2-24 Patient Status Code (IS, table 0216), 3.4.4.24.
    pub fn patient_status_code(self) -> Is<'a> { Is(self.0.part(24)) }
    /// PV2-25 Visit Priority Code (IS, table 0217), 3.4.4.25.
    pub fn visit_priority_code(self) -> Is<'a> { Is(self.0.part(25)) }
    /// PV2-26 Previous Treatment Date (DT), 3.4.4.26.
    pub fn previous_treatment_date(self) -> Dt<'a> { Dt(self.0.part(26)) }
    /// PV2-27 Expected Discharge Disposition (IS, table 0112), 3.4.4.27.
    pub fn expected_discharge_disposition(self) -> Is<'a> { Is(self.0.part(27)) }
    /// PV2-28 Signature on File Date (DT), 3.4.4.28.
    pub fn signature_on_file_date(self) -> Dt<'a> { Dt(self.0.part(28)) }
    /// PV2-29 First Similar Illness Date (DT), 3.4.4.29.
    pub fn first_similar_illness_date(self) -> Dt<'a> { Dt(self.0.part(29)) }
    /// PV2-30 Patient Charge Adjustment Code (CE, table 0218), 3.4.4.30.
    pub fn patient_charge_adjustment_code(self) -> Cwe<'a> { Cwe(self.0.part(30)) }
    /// PV2-31 Recurring Service Code (IS, table 0219), 3.4.4.31.
    pub fn recurring_service_code(self) -> Is<'a> { Is(self.0.part(31)) }
    /// PV2-32 Billing Media Code (ID, table 0136), 3.4.4.32.
    pub fn billing_media_code(self) -> Id<'a> { Id(self.0.part(32)) }
    /// PV2-33 Expected Surgery Date and Time (TS), 3.4.4.33.
    pub fn expected_surgery_date_and_time(self) -> Dtm<'a> { Dtm(self.0.part(33)) }
    /// PV2-34 Military Partnership Code (ID, table 0136), 3.4.4.34.
    pub fn military_partnership_code(self) -> Id<'a> { Id(self.0.part(34)) }
    /// PV2-35 Military Non Availability Code (ID, table 0136), 3.4.4.35.
    pub fn military_non_availability_code(self) -> Id<'a> { Id(self.0.part(35)) }
    /// PV2-36 Newborn Baby Indicator (ID, table 0136), 3.4.4.36.
    pub fn newborn_baby_indicator(self) -> Id<'a> { Id(self.0.part(36)) }
    /// PV2-37 Baby Detained Indicator (ID, table 0136), 3.4.4.37.
    pub fn baby_detained_indicator(self) -> Id<'a> { Id(self.0.part(37)) }
    /// PV2-38 Mode of Arrival Code (CE, table 0430), 3.4.4.38.
    pub fn mode_of_arrival_code(self) -> Cwe<'a> { Cwe(self.0.part(38)) }
    /// PV2-39 Recreational Drug Use Code (CE, table 0431, repeats), 3.4.4.39.
    pub fn recreational_drug_use_code(self) -> impl Iterator<Item = Cwe<'a>> {
        self.0.repetitions(39).map(Cwe)
    }
    /// PV2-40 Admission Level of Care Code (CE, table 0432), 3.4.4.40.
    pub fn admission_level_of_care_code(self) -> Cwe<'a> { Cwe(self.0.part(40)) }
    /// PV2-41 Precaution Code (CE, table 0433, repeats), 3.4.4.41.
    pub fn precaution_code(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(41).map(Cwe) }
    /// PV2-42 Patient Condition Code (CE, table 0434), 3.4.4.42.
    pub fn patient_condition_code(self) -> Cwe<'a> { Cwe(self.0.part(42)) }
    /// PV2-43 Living Will Code (IS, table 0315), 3.4.4.43.
    pub fn living_will_code(self) -> Is<'a> { Is(self.0.part(43)) }
    /// PV2-44 Organ Donor Code (IS, table 0316), 3.4.4.44.
    pub fn organ_donor_code(self) -> Is<'a> { Is(self.0.part(44)) }
    /// PV2-45 Advance Directive Code (CE, table 0435, repeats), 3.4.4.45.
    pub fn advance_directive_code(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(45).map(Cwe) }
    /// PV2-46 Patient Status Effective Date (DT), 3.4.4.46.
    pub fn patient_status_effective_date(self) -> Dt<'a> { Dt(self.0.part(46)) }
    /// PV2-47 Expected Loa Return Date/Time (TS), 3.4.4.47.
    pub fn expected_loa_return_datetime(self) -> Dtm<'a> { Dtm(self.0.part(47)) }
    /// PV2-48 Expected Pre Admission Testing Date/Time (TS), 3.4.4.48.
    pub fn expected_pre_admission_testing_datetime(self) -> Dtm<'a> { Dtm(self.0.part(48)) }
    /// PV2-49 Notify Clergy Code (IS, table 0534, repeats), 3.4.4.49.
    pub fn notify_clergy_code(self) -> impl Iterator<Item = Is<'a>> { self.0.repetitions(49).map(Is) }
    /// PV2-50 Advance Directive Last Verified Date (DT), from 2.6.
    pub fn advance_directive_last_verified_date(self) -> Dt<'a> { Dt(self.0.part(50)) }
}
