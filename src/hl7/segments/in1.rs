//! IN1: insurance.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Aui, Cp, Cwe, Cx, Dt, Dtm, Id, Is, Nm, Si, St, Xad, Xcn, Xon, Xpn, Xtn};

/// Insurance (HL7 v2.5.1, 6.5.6).
#[derive(Debug, Clone, Copy)]
pub struct In1<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for In1<'a> {
    const NAME: [u8; 3] = *b"IN1";

    fn of(segment: Segment<'a>) -> Self {
        In1(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> In1<'a> {
    /// IN1-1 Set ID (SI), 6.5.6.1.
    pub fn set_id(self) -> Si<'a> { Si(self.0.part(1)) }
    /// IN1-2 Insurance Plan ID (CE, table 0072), 6.5.6.2.
    pub fn insurance_plan_id(self) -> Cwe<'a> { Cwe(self.0.part(2)) }
    /// IN1-3 Insurance Company ID (CX, repeats), 6.5.6.3.
    pub fn insurance_company_id(self) -> impl Iterator<Item = Cx<'a>> { self.0.repetitions(3).map(Cx) }
    /// IN1-4 Insurance Company Name (XON, repeats), 6.5.6.4.
    pub fn insurance_company_name(self) -> impl Iterator<Item = Xon<'a>> { self.0.repetitions(4).map(Xon) }
    /// IN1-5 Insurance Company Address (XAD, repeats), 6.5.6.5.
    pub fn insurance_company_address(self) -> impl Iterator<Item = Xad<'a>> { self.0.repetitions(5).map(Xad) }
    /// IN1-6 Insurance Co Contact Person (XPN, repeats), 6.5.6.6.
    pub fn insurance_co_contact_person(self) -> impl Iterator<Item = Xpn<'a>> {
        self.0.repetitions(6).map(Xpn)
    }
    /// IN1-7 Insurance Co Phone Number (XTN, repeats), 6.5.6.7.
    pub fn insurance_co_phone_number(self) -> impl Iterator<Item = Xtn<'a>> { self.0.repetitions(7).map(Xtn) }
    /// IN1-8 Group Number (ST), 6.5.6.8.
    pub fn group_number(self) -> St<'a> { St(self.0.part(8)) }
    /// IN1-9 Group Name (XON, repeats), 6.5.6.9.
    pub fn group_name(self) -> impl Iterator<Item = Xon<'a>> { self.0.repetitions(9).map(Xon) }
    /// IN1-10 Insured's Group Emp ID (CX, repeats), 6.5.6.10.
    pub fn insureds_group_emp_id(self) -> impl Iterator<Item = Cx<'a>> { self.0.repetitions(10).map(Cx) }
    /// IN1-11 Insured's Group Emp Name (XON, repeats), 6.5.6.11.
    pub fn insureds_group_emp_name(self) -> impl Iterator<Item = Xon<'a>> { self.0.repetitions(11).map(Xon) }
    /// IN1-12 Plan Effective Date (DT), 6.5.6.12.
    pub fn plan_effective_date(self) -> Dt<'a> { Dt(self.0.part(12)) }
    /// IN1-13 Plan Expiration Date (DT), 6.5.6.13.
    pub fn plan_expiration_date(self) -> Dt<'a> { Dt(self.0.part(13)) }
    /// IN1-14 Authorization Information (AUI), 6.5.6.14.
    pub fn authorization_information(self) -> Aui<'a> { Aui(self.0.part(14)) }
    /// IN1-15 Plan Type (IS, table 0086), 6.5.6.15.
    pub fn plan_type(self) -> Is<'a> { Is(self.0.part(15)) }
    /// IN1-16 Name of Insured (XPN, repeats), 6.5.6.16.
    pub fn name_of_insured(self) -> impl Iterator<Item = Xpn<'a>> { self.0.repetitions(16).map(Xpn) }
    /// IN1-17 Insured's Relationship to Patient (CE, table 0063), 6.5.6.17.
    pub fn insureds_relationship_to_patient(self) -> Cwe<'a> { Cwe(self.0.part(17)) }
    /// IN1-18 Insured's Date of Birth (TS), 6.5.6.18.
    pub fn insureds_date_of_birth(self) -> Dtm<'a> { Dtm(self.0.part(18)) }
    /// IN1-19 Insured's Address (XAD, repeats), 6.5.6.19.
    pub fn insureds_address(self) -> impl Iterator<Item = Xad<'a>> { self.0.repetitions(19).map(Xad) }
    /// IN1-20 Assignment of Benefits (IS, table 0135), 6.5.6.20.
    pub fn assignment_of_benefits(self) -> Is<'a> { Is(self.0.part(20)) }
    /// IN1-21 Coordination of Benefits (IS, table 0173), 6.5.6.21.
    pub fn coordination_of_benefits(self) -> Is<'a> { Is(self.0.part(21)) }
    /// IN1-22 Coord of Ben Priority (ST), 6.5.6.22.
    pub fn coord_of_ben_priority(self) -> St<'a> { St(self.0.part(22)) }
    /// IN1-23 Notice of Admission Flag (ID, table 0136), 6.5.6.23.
    pub fn notice_of_admission_flag(self) -> Id<'a> { Id(self.0.part(23)) }
    /// IN1-24 Notice of Admission Date (DT), 6.5.6.24.
    pub fn notice_of_admission_date(self) -> Dt<'a> { Dt(self.0.part(24)) }
    /// IN1-25 Report of Eligibility Flag (ID, table 0136), 6.5.6.25.
    pub fn report_of_eligibility_flag(self) -> Id<'a> { Id(self.0.part(25)) }
    /// IN1-26 Report of Eligibility Date (DT), 6.5.6.26.
    pub fn report_of_eligibility_date(self) -> Dt<'a> { Dt(self.0.part(26)) }
    /// IN1-27 Release Information Code (IS, table 0093), 6.5.6.27.
    pub fn release_information_code(self) -> Is<'a> { Is(self.0.part(27)) }
    /// IN1-28 Pre Admit Cert Pac (ST), 6.5.6.28.
    pub fn pre_admit_cert_pac(self) -> St<'a> { St(self.0.part(28)) }
    /// IN1-29 Verification Date/Time (TS), 6.5.6.29.
    pub fn verification_datetime(self) -> Dtm<'a> { Dtm(self.0.part(29)) }
    /// IN1-30 Verification by (XCN, repeats), 6.5.6.30.
    pub fn verification_by(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(30).map(Xcn) }
    /// IN1-31 Type of Agreement Code (IS, table 0098), 6.5.6.31.
    pub fn type_of_agreement_code(self) -> Is<'a> { Is(self.0.part(31)) }
    /// IN1-32 Billing Status (IS, table 0022), 6.5.6.32.
    pub fn billing_status(self) -> Is<'a> { Is(self.0.part(32)) }
    /// IN1-33 Lifetime Reserve Days (NM), 6.5.6.33.
    pub fn lifetime_reserve_days(self) -> Nm<'a> { Nm(self.0.part(33)) }
    /// IN1-34 Delay Before L R Day (NM), 6.5.6.34.
    pub fn delay_before_l_r_day(self) -> Nm<'a> { Nm(self.0.part(34)) }
    /// IN1-35 Company Plan Code (IS, table 0042), 6.5.6.35.
    pub fn company_plan_code(self) -> Is<'a> { Is(self.0.part(35)) }
    /// IN1-36 Policy Number (ST), 6.5.6.36.
    pub fn policy_number(self) -> St<'a> { St(self.0.part(36)) }
    /// IN1-37 Policy Deductible (CP), 6.5.6.37.
    pub fn policy_deductible(self) -> Cp<'a> { Cp(self.0.part(37)) }
    /// IN1-38 Policy Limit Amount (CP), 6.5.6.38.
    pub fn policy_limit_amount(self) -> Cp<'a> { Cp(self.0.part(38)) }
    /// IN1-39 Policy Limit Days (NM), 6.5.6.39.
    pub fn policy_limit_days(self) -> Nm<'a> { Nm(self.0.part(39)) }
    /// IN1-40 Room Rate Semi Private (CP), 6.5.6.40.
    pub fn room_rate_semi_private(self) -> Cp<'a> { Cp(self.0.part(40)) }
    /// IN1-41 Room Rate Private (CP), 6.5.6.41.
    pub fn room_rate_private(self) -> Cp<'a> { Cp(self.0.part(41)) }
    /// IN1-42 Insured's Employment Status (CE, table 0066), 6.5.6.42.
    pub fn insureds_employment_status(self) -> Cwe<'a> { Cwe(self.0.part(42)) }
    /// IN1-43 Insured's Administrative Sex (IS, table 0001), 6.5.6.43.
    pub fn insureds_administrative_sex(self) -> Is<'a> { Is(self.0.part(43)) }
    /// IN1-44 Insured's Employer's Address (XAD, repeats), 6.5.6.44.
    pub fn insureds_employers_address(self) -> impl Iterator<Item = Xad<'a>> {
        self.0.repetitions(44).map(Xad)
    }
    /// IN1-45 Verification Status (ST), 6.5.6.45.
    pub fn verification_status(self) -> St<'a> { St(self.0.part(45)) }
    /// IN1-46 Prior Insurance Plan ID (IS, table 0072), 6.5.6.46.
    pub fn prior_insurance_plan_id(self) -> Is<'a> { Is(self.0.part(46)) }
    /// IN1-47 Coverage Type (IS, table 0309), 6.5.6.47.
    pub fn coverage_type(self) -> Is<'a> { Is(self.0.part(47)) }
    /// IN1-48 Handicap (IS, table 0295), 6.5.6.48.
    pub fn handicap(self) -> Is<'a> { Is(self.0.part(48)) }
    /// IN1-49 Insured's ID Number (CX, repeats), 6.5.6.49.
    pub fn insureds_id_number(self) -> impl Iterator<Item = Cx<'a>> { self.0.repetitions(49).map(Cx) }
    /// IN1-50 Signature Code (IS, table 0535), 6.5.6.50.
    pub fn signature_code(self) -> Is<'a> { Is(self.0.part(50)) }
    /// IN1-51 Signature Code Date (DT), 6.5.6.51.
    pub fn signature_code_date(self) -> Dt<'a> { Dt(self.0.part(51)) }
    /// IN1-52 Insured's Birth Place (ST), 6.5.6.52.
    pub fn insureds_birth_place(self) -> St<'a> { St(self.0.part(52)) }
    /// IN1-53 VIP Indicator (IS, table 0099), 6.5.6.53.
    pub fn vip_indicator(self) -> Is<'a> { Is(self.0.part(53)) }
    /// IN1-54 External Health Plan Identifiers (CX, repeats), from 2.7.
    pub fn external_health_plan_identifiers(self) -> impl Iterator<Item = Cx<'a>> {
        self.0.repetitions(54).map(Cx)
    }
    /// IN1-55 Insurance Action Code (ID, table 0206), from 2.8.
    pub fn insurance_action_code(self) -> Id<'a> { Id(self.0.part(55)) }
}
