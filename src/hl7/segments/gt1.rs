//! GT1: guarantor.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cp, Cwe, Cx, Dt, Dtm, Fc, Id, Is, Jcc, Nm, Si, St, Xad, Xon, Xpn, Xtn};

/// Guarantor (HL7 v2.5.1, 6.5.5).
#[derive(Debug, Clone, Copy)]
pub struct Gt1<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Gt1<'a> {
    const NAME: [u8; 3] = *b"GT1";

    fn of(segment: Segment<'a>) -> Self {
        Gt1(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Gt1<'a> {
    /// GT1-1 Set ID (SI), 6.5.5.1.
    pub fn set_id(self) -> Si<'a> { Si(self.0.part(1)) }
    /// GT1-2 Guarantor Number (CX, repeats), 6.5.5.2.
    pub fn guarantor_number(self) -> impl Iterator<Item = Cx<'a>> { self.0.repetitions(2).map(Cx) }
    /// GT1-3 Guarantor Name (XPN, repeats), 6.5.5.3.
    pub fn guarantor_name(self) -> impl Iterator<Item = Xpn<'a>> { self.0.repetitions(3).map(Xpn) }
    /// GT1-4 Guarantor Spouse Name (XPN, repeats), 6.5.5.4.
    pub fn guarantor_spouse_name(self) -> impl Iterator<Item = Xpn<'a>> { self.0.repetitions(4).map(Xpn) }
    /// GT1-5 Guarantor Address (XAD, repeats), 6.5.5.5.
    pub fn guarantor_address(self) -> impl Iterator<Item = Xad<'a>> { self.0.repetitions(5).map(Xad) }
    /// GT1-6 Guarantor Ph Num Home (XTN, repeats), 6.5.5.6.
    pub fn guarantor_ph_num_home(self) -> impl Iterator<Item = Xtn<'a>> { self.0.repetitions(6).map(Xtn) }
    /// GT1-7 Guarantor Ph Num Business (XTN, repeats), 6.5.5.7.
    pub fn guarantor_ph_num_business(self) -> impl Iterator<Item = Xtn<'a>> { self.0.repetitions(7).map(Xtn) }
    /// GT1-8 Guarantor Date/Time of Birth (TS), 6.5.5.8.
    pub fn guarantor_datetime_of_birth(self) -> Dtm<'a> { Dtm(self.0.part(8)) }
    /// GT1-9 Guarantor Administrative Sex (IS, table 0001), 6.5.5.9.
    pub fn guarantor_administrative_sex(self) -> Is<'a> { Is(self.0.part(9)) }
    /// GT1-10 Guarantor Type (IS, table 0068), 6.5.5.10.
    pub fn guarantor_type(self) -> Is<'a> { Is(self.0.part(10)) }
    /// GT1-11 Guarantor Relationship (CE, table 0063), 6.5.5.11.
    pub fn guarantor_relationship(self) -> Cwe<'a> { Cwe(self.0.part(11)) }
    /// GT1-12 Guarantor SSN (ST), 6.5.5.12.
    pub fn guarantor_ssn(self) -> St<'a> { St(self.0.part(12)) }
    /// GT1-13 Guarantor Date Begin (DT), 6.5.5.13.
    pub fn guarantor_date_begin(self) -> Dt<'a> { Dt(self.0.part(13)) }
    /// GT1-14 Guarantor Date End (DT), 6.5.5.14.
    pub fn guarantor_date_end(self) -> Dt<'a> { Dt(self.0.part(14)) }
    /// GT1-15 Guarantor Priority (NM), 6.5.5.15.
    pub fn guarantor_priority(self) -> Nm<'a> { Nm(self.0.part(15)) }
    /// GT1-16 Guarantor Employer Name (XPN, repeats), 6.5.5.16.
    pub fn guarantor_employer_name(self) -> impl Iterator<Item = Xpn<'a>> { self.0.repetitions(16).map(Xpn) }
    /// GT1-17 Guarantor Employer Address (XAD, repeats), 6.5.5.17.
    pub fn guarantor_employer_address(self) -> impl Iterator<Item = Xad<'a>> {
        self.0.repetitions(17).map(Xad)
    }
    /// GT1-18 Guarantor Employer Phone Number (XTN, repeats), 6.5.5.18.
    pub fn guarantor_employer_phone_number(self) -> impl Iterator<Item = Xtn<'a>> {
        self.0.repetitions(18).map(Xtn)
    }
    /// GT1-19 Guarantor Employee ID Number (CX, repeats), 6.5.5.19.
    pub fn guarantor_employee_id_number(self) -> impl Iterator<Item = Cx<'a>> {
        self.0.repetitions(19).map(Cx)
    }
    /// GT1-20 Guarantor Employment Status (IS, table 0066), 6.5.5.20.
    pub fn guarantor_employment_status(self) -> Is<'a> { Is(self.0.part(20)) }
    /// GT1-21 Guarantor Organization Name (XON, repeats), 6.5.5.21.
    pub fn guarantor_organization_name(self) -> impl Iterator<Item = Xon<'a>> {
        self.0.repetitions(21).map(Xon)
    }
    /// GT1-22 Guarantor Billing Hold Flag (ID, table 0136), 6.5.5.22.
    pub fn guarantor_billing_hold_flag(self) -> Id<'a> { Id(self.0.part(22)) }
    /// GT1-23 Guarantor Credit Rating Code (CE, table 0341), 6.5.5.23.
    pub fn guarantor_credit_rating_code(self) -> Cwe<'a> { Cwe(self.0.part(23)) }
    /// GT1-24 Guarantor Death Date and Time (TS), 6.5.5.24.
    pub fn guarantor_death_date_and_time(self) -> Dtm<'a> { Dtm(self.0.part(24)) }
    /// GT1-25 Guarantor Death Flag (ID, table 0136), 6.5.5.25.
    pub fn guarantor_death_flag(self) -> Id<'a> { Id(self.0.part(25)) }
    /// GT1-26 Guarantor Charge Adjustment Code (CE, table 0218), 6.5.5.26.
    pub fn guarantor_charge_adjustment_code(self) -> Cwe<'a> { Cwe(self.0.part(26)) }
    /// GT1-27 Guarantor Household Annual Income (CP), 6.5.5.27.
    pub fn guarantor_household_annual_income(self) -> Cp<'a> { Cp(self.0.part(27)) }
    /// GT1-28 Guarantor Household Size (NM), 6.5.5.28.
    pub fn guarantor_household_size(self) -> Nm<'a> { Nm(self.0.part(28)) }
    /// GT1-29 Guarantor Employer ID Number (CX, repeats), 6.5.5.29.
    pub fn guarantor_employer_id_number(self) -> impl Iterator<Item = Cx<'a>> {
        self.0.repetitions(29).map(Cx)
    }
    /// GT1-30 Guarantor Marital Status Code (CE, table 0002), 6.5.5.30.
    pub fn guarantor_marital_status_code(self) -> Cwe<'a> { Cwe(self.0.part(30)) }
    /// GT1-31 Guarantor Hire Effective Date (DT), 6.5.5.31.
    pub fn guarantor_hire_effective_date(self) -> Dt<'a> { Dt(self.0.part(31)) }
    /// GT1-32 Employment Stop Date (DT), 6.5.5.32.
    pub fn employment_stop_date(self) -> Dt<'a> { Dt(self.0.part(32)) }
    /// GT1-33 Living Dependency (IS, table 0223), 6.5.5.33.
    pub fn living_dependency(self) -> Is<'a> { Is(self.0.part(33)) }
    /// GT1-34 Ambulatory Status (IS, table 0009, repeats), 6.5.5.34.
    pub fn ambulatory_status(self) -> impl Iterator<Item = Is<'a>> { self.0.repetitions(34).map(Is) }
    /// GT1-35 Citizenship (CE, table 0171, repeats), 6.5.5.35.
    pub fn citizenship(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(35).map(Cwe) }
    /// GT1-36 Primary Language (CE, table 0296), 6.5.5.36.
    pub fn primary_language(self) -> Cwe<'a> { Cwe(self.0.part(36)) }
    /// GT1-37 Living Arrangement (IS, table 0220), 6.5.5.37.
    pub fn living_arrangement(self) -> Is<'a> { Is(self.0.part(37)) }
    /// GT1-38 Publicity Code (CE, table 0215), 6.5.5.38.
    pub fn publicity_code(self) -> Cwe<'a> { Cwe(self.0.part(38)) }
    /// GT1-39 Protection Indicator (ID, table 0136), 6.5.5.39.
    pub fn protection_indicator(self) -> Id<'a> { Id(self.0.part(39)) }
    /// GT1-40 Student Indicator (IS, table 0231), 6.5.5.40.
    pub fn student_indicator(self) -> Is<'a> { Is(self.0.part(40)) }
    /// GT1-41 Religion (CE, table 0006), 6.5.5.41.
    pub fn religion(self) -> Cwe<'a> { Cwe(self.0.part(41)) }
    /// GT1-42 Mother's Maiden Name (XPN, repeats), 6.5.5.42.
    pub fn mothers_maiden_name(self) -> impl Iterator<Item = Xpn<'a>> { self.0.repetitions(42).map(Xpn) }
    /// GT1-43 Nationality (CE, table 0212), 6.5.5.43.
    pub fn nationality(self) -> Cwe<'a> { Cwe(self.0.part(43)) }
    /// GT1-44 Ethnic Group (CE, table 0189, repeats), 6.5.5.44.
    pub fn ethnic_group(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(44).map(Cwe) }
    /// GT1-45 Contact Person's Name (XPN, repeats), 6.5.5.45.
    pub fn contact_persons_name(self) -> impl Iterator<Item = Xpn<'a>> { self.0.repetitions(45).map(Xpn) }
    /// GT1-46 Contact Person's Telephone Number (XTN, repeats), 6.5.5.46.
    pub fn contact_persons_telephone_number(self) -> impl Iterator<Item = Xtn<'a>> {
        self.0.repetitions(46).map(Xtn)
    }
    /// GT1-47 Contact Reason (CE, table 0222), 6.5.5.47.
    pub fn contact_reason(self) -> Cwe<'a> { Cwe(self.0.part(47)) }
    /// GT1-48 Contact Relationship (IS, table 0063), 6.5.5.48.
    pub fn contact_relationship(self) -> Is<'a> { Is(self.0.part(48)) }
    /// GT1-49 Job Title (ST), 6.5.5.49.
    pub fn job_title(self) -> St<'a> { St(self.0.part(49)) }
    /// GT1-50 Job Code Class (JCC), 6.5.5.50.
    pub fn job_code_class(self) -> Jcc<'a> { Jcc(self.0.part(50)) }
    /// GT1-51 Guarantor Employer's Organization Name (XON, repeats), 6.5.5.51.
    pub fn guarantor_employers_organization_name(self) -> impl Iterator<Item = Xon<'a>> {
        self.0.repetitions(51).map(Xon)
    }
    /// GT1-52 Handicap (IS, table 0295), 6.5.5.52.
    pub fn handicap(self) -> Is<'a> { Is(self.0.part(52)) }
    /// GT1-53 Job Status (IS, table 0311), 6.5.5.53.
    pub fn job_status(self) -> Is<'a> { Is(self.0.part(53)) }
    /// GT1-54 Guarantor Financial Class (FC), 6.5.5.54.
    pub fn guarantor_financial_class(self) -> Fc<'a> { Fc(self.0.part(54)) }
    /// GT1-55 Guarantor Race (CE, table 0005, repeats), 6.5.5.55.
    pub fn guarantor_race(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(55).map(Cwe) }
    /// GT1-56 Guarantor Birth Place (ST), 6.5.5.56.
    pub fn guarantor_birth_place(self) -> St<'a> { St(self.0.part(56)) }
    /// GT1-57 VIP Indicator (IS, table 0099), 6.5.5.57.
    pub fn vip_indicator(self) -> Is<'a> { Is(self.0.part(57)) }
}
