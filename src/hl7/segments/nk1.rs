//! NK1: next of kin and associated parties.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Cx, Dt, Dtm, Id, Is, Jcc, Si, St, Xad, Xon, Xpn, Xtn};

/// Next of kin and associated parties (HL7 v2.5.1, 3.4.5).
#[derive(Debug, Clone, Copy)]
pub struct Nk1<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Nk1<'a> {
    const NAME: [u8; 3] = *b"NK1";

    fn of(segment: Segment<'a>) -> Self {
        Nk1(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Nk1<'a> {
    /// NK1-1 Set ID (SI), 3.4.5.1.
    pub fn set_id(self) -> Si<'a> { Si(self.0.part(1)) }
    /// NK1-2 Name (XPN, repeats), 3.4.5.2.
    pub fn name(self) -> impl Iterator<Item = Xpn<'a>> { self.0.repetitions(2).map(Xpn) }
    /// NK1-3 Relationship (CE, table 0063), 3.4.5.3.
    pub fn relationship(self) -> Cwe<'a> { Cwe(self.0.part(3)) }
    /// NK1-4 Address (XAD, repeats), 3.4.5.4.
    pub fn address(self) -> impl Iterator<Item = Xad<'a>> { self.0.repetitions(4).map(Xad) }
    /// NK1-5 Phone Number (XTN, repeats), 3.4.5.5.
    pub fn phone_number(self) -> impl Iterator<Item = Xtn<'a>> { self.0.repetitions(5).map(Xtn) }
    /// NK1-6 Business Phone Number (XTN, repeats), 3.4.5.6.
    pub fn business_phone_number(self) -> impl Iterator<Item = Xtn<'a>> { self.0.repetitions(6).map(Xtn) }
    /// NK1-7 Contact Role (CE, table 0131), 3.4.5.7.
    pub fn contact_role(self) -> Cwe<'a> { Cwe(self.0.part(7)) }
    /// NK1-8 Start Date (DT), 3.4.5.8.
    pub fn start_date(self) -> Dt<'a> { Dt(self.0.part(8)) }
    /// NK1-9 End Date (DT), 3.4.5.9.
    pub fn end_date(self) -> Dt<'a> { Dt(self.0.part(9)) }
    /// NK1-10 Next of Kin Associated Parties Job Title (ST), 3.4.5.10.
    pub fn next_of_kin_associated_parties_job_title(self) -> St<'a> { St(self.0.part(10)) }
    /// NK1-11 Next of Kin Associated Parties Job Code Class (JCC, table 0327), 3.4.5.11.
    pub fn next_of_kin_associated_parties_job_code_class(self) -> Jcc<'a> { Jcc(self.0.part(11)) }
    /// NK1-12 Next of Kin Associated Parties Employee Number (CX), 3.4.5.12.
    pub fn next_of_kin_associated_parties_employee_number(self) -> Cx<'a> { Cx(self.0.part(12)) }
    /// NK1-13 Organization Name (XON, repeats), 3.4.5.13.
    pub fn organization_name(self) -> impl Iterator<Item = Xon<'a>> { self.0.repetitions(13).map(Xon) }
    /// NK1-14 Marital Status (CE, table 0002), 3.4.5.14.
    pub fn marital_status(self) -> Cwe<'a> { Cwe(self.0.part(14)) }
    /// NK1-15 Administrative Sex (IS, table 0001), 3.4.5.15.
    pub fn administrative_sex(self) -> Is<'a> { Is(self.0.part(15)) }
    /// NK1-16 Date/Time of Birth (TS), 3.4.5.16.
    pub fn datetime_of_birth(self) -> Dtm<'a> { Dtm(self.0.part(16)) }
    /// NK1-17 Living Dependency (IS, table 0223, repeats), 3.4.5.17.
    pub fn living_dependency(self) -> impl Iterator<Item = Is<'a>> { self.0.repetitions(17).map(Is) }
    /// NK1-18 Ambulatory Status (IS, table 0009, repeats), 3.4.5.18.
    pub fn ambulatory_status(self) -> impl Iterator<Item = Is<'a>> { self.0.repetitions(18).map(Is) }
    /// NK1-19 Citizenship (CE, table 0171, repeats), 3.4.5.19.
    pub fn citizenship(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(19).map(Cwe) }
    /// NK1-20 Primary Language (CE, table 0296), 3.4.5.20.
    pub fn primary_language(self) -> Cwe<'a> { Cwe(self.0.part(20)) }
    /// NK1-21 Living Arrangement (IS, table 0220), 3.4.5.21.
    pub fn living_arrangement(self) -> Is<'a> { Is(self.0.part(21)) }
    /// NK1-22 Publicity Code (CE, table 0215), 3.4.5.22.
    pub fn publicity_code(self) -> Cwe<'a> { Cwe(self.0.part(22)) }
    /// NK1-23 Protection Indicator (ID, table 0136), 3.4.5.23.
    pub fn protection_indicator(self) -> Id<'a> { Id(self.0.part(23)) }
    /// NK1-24 Student Indicator (IS, table 0231), 3.4.5.24.
    pub fn student_indicator(self) -> Is<'a> { Is(self.0.part(24)) }
    /// NK1-25 Religion (CE, table 0006), 3.4.5.25.
    pub fn religion(self) -> Cwe<'a> { Cwe(self.0.part(25)) }
    /// NK1-26 Mother's Maiden Name (XPN, repeats), 3.4.5.26.
    pub fn mothers_maiden_name(self) -> impl Iterator<Item = Xpn<'a>> { self.0.repetitions(26).map(Xpn) }
    /// NK1-27 Nationality (CE, table 0212), 3.4.5.27.
    pub fn nationality(self) -> Cwe<'a> { Cwe(self.0.part(27)) }
    /// NK1-28 Ethnic Group (CE, table 0189, repeats), 3.4.5.28.
    pub fn ethnic_group(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(28).map(Cwe) }
    /// NK1-29 Contact Reason (CE, table 0222, repeats), 3.4.5.29.
    pub fn contact_reason(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(29).map(Cwe) }
    /// NK1-30 Contact Person's Name (XPN, repeats), 3.4.5.30.
    pub fn contact_persons_name(self) -> impl Iterator<Item = Xpn<'a>> { self.0.repetitions(30).map(Xpn) }
    /// NK1-31 Contact Person's Telephone Number (XTN, repeats), 3.4.5.31.
    pub fn contact_persons_telephone_number(self) -> impl Iterator<Item = Xtn<'a>> {
        self.0.repetitions(31).map(Xtn)
    }
    /// NK1-32 Contact Person's Address (XAD, repeats), 3.4.5.32.
    pub fn contact_persons_address(self) -> impl Iterator<Item = Xad<'a>> { self.0.repetitions(32).map(Xad) }
    /// NK1-33 Next of Kin Associated Party's Identifiers (CX, repeats), 3.4.5.33.
    pub fn next_of_kin_associated_partys_identifiers(self) -> impl Iterator<Item = Cx<'a>> {
        self.0.repetitions(33).map(Cx)
    }
    /// NK1-34 Job Status (IS, table 0311), 3.4.5.34.
    pub fn job_status(self) -> Is<'a> { Is(self.0.part(34)) }
    /// NK1-35 Race (CE, table 0005, repeats), 3.4.5.35.
    pub fn race(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(35).map(Cwe) }
    /// NK1-36 Handicap (IS, table 0295), 3.4.5.36.
    pub fn handicap(self) -> Is<'a> { Is(self.0.part(36)) }
    /// NK1-37 Contact Person Social Security Number (ST), 3.4.5.37.
    pub fn contact_person_social_security_number(self) -> St<'a> { St(self.0.part(37)) }
    /// NK1-38 Next of Kin Birth Place (ST), 3.4.5.38.
    pub fn next_of_kin_birth_place(self) -> St<'a> { St(self.0.part(38)) }
    /// NK1-39 VIP Indicator (IS, table 0099), 3.4.5.39.
    pub fn vip_indicator(self) -> Is<'a> { Is(self.0.part(39)) }
    /// NK1-40 Next of Kin Telecommunication Information (XTN), from 2.7.
    pub fn next_of_kin_telecommunication_information(self) -> Xtn<'a> { Xtn(self.0.part(40)) }
    /// NK1-41 Contact Person's Telecommunication Information (XTN), from 2.7.
    pub fn contact_persons_telecommunication_information(self) -> Xtn<'a> { Xtn(self.0.part(41)) }
}
