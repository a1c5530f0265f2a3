//! PV1: patient visit.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Cx, Dld, Dt, Dtm, Fc, Is, Nm, Pl, Si, St, Xcn};

/// Patient visit (HL7 v2.5.1, 3.4.3).
#[derive(Debug, Clone, Copy)]
pub struct Pv1<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Pv1<'a> {
    const NAME: [u8; 3] = *b"PV1";

    fn of(segment: Segment<'a>) -> Self {
        Pv1(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Pv1<'a> {
    /// PV1-1 Set ID (SI), 3.4.3.1.
    pub fn set_id(self) -> Si<'a> { Si(self.0.part(1)) }
    /// PV1-2 Patient Class (IS, table 0004), 3.4.3.2.
    pub fn patient_class(self) -> Is<'a> { Is(self.0.part(2)) }
    /// PV1-3 Assigned Patient Location (PL), 3.4.3.3.
    pub fn assigned_patient_location(self) -> Pl<'a> { Pl(self.0.part(3)) }
    /// PV1-4 Admission Type (IS, table 0007), 3.4.3.4.
    pub fn admission_type(self) -> Is<'a> { Is(self.0.part(4)) }
    /// PV1-5 Preadmit Number (CX), 3.4.3.5.
    pub fn preadmit_number(self) -> Cx<'a> { Cx(self.0.part(5)) }
    /// PV1-6 Prior Patient Location (PL), 3.4.3.6.
    pub fn prior_patient_location(self) -> Pl<'a> { Pl(self.0.part(6)) }
    /// PV1-7 Attending Doctor (XCN, table 0010, repeats), 3.4.3.7.
    pub fn attending_doctor(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(7).map(Xcn) }
    /// PV1-8 Referring Doctor (XCN, table 0010, repeats), 3.4.3.8.
    pub fn referring_doctor(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(8).map(Xcn) }
    /// PV1-9 Consulting Doctor (XCN, table 0010, repeats), 3.4.3.9.
    pub fn consulting_doctor(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(9).map(Xcn) }
    /// PV1-10 Hospital Service (IS, table 0069), 3.4.3.10.
    pub fn hospital_service(self) -> Is<'a> { Is(self.0.part(10)) }
    /// PV1-11 Temporary Location (PL), 3.4.3.11.
    pub fn temporary_location(self) -> Pl<'a> { Pl(self.0.part(11)) }
    /// PV1-12 Preadmit Test Indicator (IS, table 0087), 3.4.3.12.
    pub fn preadmit_test_indicator(self) -> Is<'a> { Is(self.0.part(12)) }
    /// PV1-13 Re Admission Indicator (IS, table 0092), 3.4.3.13.
    pub fn re_admission_indicator(self) -> Is<'a> { Is(self.0.part(13)) }
    /// PV1-14 Admit Source (IS, table 0023), 3.4.3.14.
    pub fn admit_source(self) -> Is<'a> { Is(self.0.part(14)) }
    /// PV1-15 Ambulatory Status (IS, table 0009, repeats), 3.4.3.15.
    pub fn ambulatory_status(self) -> impl Iterator<Item = Is<'a>> { self.0.repetitions(15).map(Is) }
    /// PV1-16 VIP Indicator (IS, table 0099), 3.4.3.16.
    pub fn vip_indicator(self) -> Is<'a> { Is(self.0.part(16)) }
    /// PV1-17 Admitting Doctor (XCN, table 0010, repeats), 3.4.3.17.
    pub fn admitting_doctor(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(17).map(Xcn) }
    /// PV1-18 Patient Type (IS, table 0018), 3.4.3.18.
    pub fn patient_type(self) -> Is<'a> { Is(self.0.part(18)) }
    /// PV1-19 Visit Number (CX), 3.4.3.19.
    pub fn visit_number(self) -> Cx<'a> { Cx(self.0.part(19)) }
    /// PV1-20 Financial Class (FC, table 0064, repeats), 3.4.3.20.
    pub fn financial_class(self) -> impl Iterator<Item = Fc<'a>> { self.0.repetitions(20).map(Fc) }
    /// PV1-21 Charge Price Indicator (IS, table 0032), 3.4.3.21.
    pub fn charge_price_indicator(self) -> Is<'a> { Is(self.0.part(21)) }
    /// PV1-22 Courtesy Code (IS, table 0045), 3.4.3.22.
    pub fn courtesy_code(self) -> Is<'a> { Is(self.0.part(22)) }
    /// PV1-23 Credit Rating (IS, table 0046), 3.4.3.23.
    pub fn credit_rating(self) -> Is<'a> { Is(self.0.part(23)) }
    /// PV1-24 Contract Code (IS, table 0044, repeats), 3.4.3.24.
    pub fn contract_code(self) -> impl Iterator<Item = Is<'a>> { self.0.repetitions(24).map(Is) }
    /// PV1-25 Contract Effective Date (DT, repeats), 3.4.3.25.
    pub fn contract_effective_date(self) -> impl Iterator<Item = Dt<'a>> { self.0.repetitions(25).map(Dt) }
    /// PV1-26 Contract Amount (NM, repeats), 3.4.3.26.
    pub fn contract_amount(self) -> impl Iterator<Item = Nm<'a>> { self.0.repetitions(26).map(Nm) }
    /// PV1-27 Contract Period (NM, repeats), 3.4.3.27.
    pub fn contract_period(self) -> impl Iterator<Item = Nm<'a>> { self.0.repetitions(27).map(Nm) }
    /// PV1-28 Interest Code (IS, table 0073), 3.4.3.28.
    pub fn interest_code(self) -> Is<'a> { Is(self.0.part(28)) }
    /// PV1-29 Transfer to Bad Debt Code (IS, table 0110), 3.4.3.29.
    pub fn transfer_to_bad_debt_code(self) -> Is<'a> { Is(self.0.part(29)) }
    /// PV1-30 Transfer to Bad Debt Date (DT), 3.4.3.30.
    pub fn transfer_to_bad_debt_date(self) -> Dt<'a> { Dt(self.0.part(30)) }
    /// PV1-31 Bad Debt Agency Code (IS, table 0021), 3.4.3.31.
    pub fn bad_debt_agency_code(self) -> Is<'a> { Is(self.0.part(31)) }
    /// PV1-32 Bad Debt Transfer Amount (NM), 3.4.3.32.
    pub fn bad_debt_transfer_amount(self) -> Nm<'a> { Nm(self.0.part(32)) }
    /// PV1-33 Bad Debt Recovery Amount (NM), 3.4.3.33.
    pub fn bad_debt_recovery_amount(self) -> Nm<'a> { Nm(self.0.part(33)) }
    /// PV1-34 Delete Account Indicator (IS, table 0111), 3.4.3.34.
    pub fn delete_account_indicator(self) -> Is<'a> { Is(self.0.part(34)) }
    /// PV1-35 Delete Account Date (DT), 3.4.3.35.
    pub fn delete_account_date(self) -> Dt<'a> { Dt(self.0.part(35)) }
    /// PV1-36 Discharge Disposition (IS, table 0112), 3.4.3.36.
    pub fn discharge_disposition(self) -> Is<'a> { Is(self.0.part(36)) }
    /// PV1-37 Discharged to Location (DLD, table 0113), 3.4.3.37.
    pub fn discharged_to_location(self) -> Dld<'a> { Dld(self.0.part(37)) }
    /// PV1-38 Diet Type (CE, table 0114), 3.4.3.38.
    pub fn diet_type(self) -> Cwe<'a> { Cwe(self.0.part(38)) }
    /// PV1-39 Servicing Facility (IS, table 0115), 3.4.3.39.
    pub fn servicing_facility(self) -> Is<'a> { Is(self.0.part(39)) }
    /// PV1-40 Bed Status (IS, table 0116), 3.4.3.40.
    pub fn bed_status(self) -> Is<'a> { Is(self.0.part(40)) }
    /// PV1-41 Account Status (IS, table 0117), 3.4.3.41.
    pub fn account_status(self) -> Is<'a> { Is(self.0.part(41)) }
    /// PV1-42 Pending Location (PL), 3.4.3.42.
    pub fn pending_location(self) -> Pl<'a> { Pl(self.0.part(42)) }
    /// PV1-43 Prior Temporary Location (PL), 3.4.3.43.
    pub fn prior_temporary_location(self) -> Pl<'a> { Pl(self.0.part(43)) }
    /// PV1-44 Admit Date/Time (TS), 3.4.3.44.
    pub fn admit_datetime(self) -> Dtm<'a> { Dtm(self.0.part(44)) }
    /// PV1-45 Discharge Date/Time (TS, repeats), 3.4.3.45.
    pub fn discharge_datetime(self) -> impl Iterator<Item = Dtm<'a>> { self.0.repetitions(45).map(Dtm) }
    /// PV1-46 Current Patient Balance (NM), 3.4.3.46.
    pub fn current_patient_balance(self) -> Nm<'a> { Nm(self.0.part(46)) }
    /// PV1-47 Total Charges (NM), 3.4.3.47.
    pub fn total_charges(self) -> Nm<'a> { Nm(self.0.part(47)) }
    /// PV1-48 Total Adjustments (NM), 3.4.3.48.
    pub fn total_adjustments(self) -> Nm<'a> { Nm(self.0.part(48)) }
    /// PV1-49 Total Payments (NM), 3.4.3.49.
    pub fn total_payments(self) -> Nm<'a> { Nm(self.0.part(49)) }
    /// PV1-50 Alternate Visit ID (CX, table 0203), 3.4.3.50.
    pub fn alternate_visit_id(self) -> Cx<'a> { Cx(self.0.part(50)) }
    /// PV1-51 Visit Indicator (IS, table 0326), 3.4.3.51.
    pub fn visit_indicator(self) -> Is<'a> { Is(self.0.part(51)) }
    /// PV1-52 Other Healthcare Provider (XCN, table 0010, repeats), 3.4.3.52.
    pub fn other_healthcare_provider(self) -> impl Iterator<Item = Xcn<'a>> {
        self.0.repetitions(52).map(Xcn)
    }
    /// PV1-53 Service Episode Description (ST), from 2.7.
    pub fn service_episode_description(self) -> St<'a> { St(self.0.part(53)) }
    /// PV1-54 Service Episode Identifier (CX), from 2.7.
    pub fn service_episode_identifier(self) -> Cx<'a> { Cx(self.0.part(54)) }
}
