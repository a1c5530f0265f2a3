//! PID: patient identification.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Cx, Dln, Dtm, Hd, Id, Is, Nm, Si, St, Xad, Xpn, Xtn};

/// Patient identification (HL7 v2.5.1, 3.4.2).
#[derive(Debug, Clone, Copy)]
pub struct Pid<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Pid<'a> {
    const NAME: [u8; 3] = *b"PID";

    fn of(segment: Segment<'a>) -> Self {
        Pid(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Pid<'a> {
    /// PID-1 Set ID (SI), 3.4.2.1.
    pub fn set_id(self) -> Si<'a> { Si(self.0.part(1)) }
    /// PID-2 Patient ID (CX), 3.4.2.2.
    pub fn patient_id(self) -> Cx<'a> { Cx(self.0.part(2)) }
    /// PID-3 Patient Identifier List (CX, repeats), 3.4.2.3.
    pub fn patient_identifier_list(self) -> impl Iterator<Item = Cx<'a>> { self.0.repetitions(3).map(Cx) }
    /// PID-4 Alternate Patient ID (CX, repeats), 3.4.2.4.
    pub fn alternate_patient_id(self) -> impl Iterator<Item = Cx<'a>> { self.0.repetitions(4).map(Cx) }
    /// PID-5 Patient Name (XPN, repeats), 3.4.2.5.
    pub fn patient_name(self) -> impl Iterator<Item = Xpn<'a>> { self.0.repetitions(5).map(Xpn) }
    /// PID-6 Mother's Maiden Name (XPN, repeats), 3.4.2.6.
    pub fn mothers_maiden_name(self) -> impl Iterator<Item = Xpn<'a>> { self.0.repetitions(6).map(Xpn) }
    /// PID-7 Date/Time of Birth (TS), 3.4.2.7.
    pub fn datetime_of_birth(self) -> Dtm<'a> { Dtm(self.0.part(7)) }
    /// PID-8 Administrative Sex (IS, table 0001), 3.4.2.8.
    pub fn administrative_sex(self) -> Is<'a> { Is(self.0.part(8)) }
    /// PID-9 Patient Alias (XPN, repeats), 3.4.2.9.
    pub fn patient_alias(self) -> impl Iterator<Item = Xpn<'a>> { self.0.repetitions(9).map(Xpn) }
    /// PID-10 Race (CE, table 0005, repeats), 3.4.2.10.
    pub fn race(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(10).map(Cwe) }
    /// PID-11 Patient Address (XAD, repeats), 3.4.2.11.
    pub fn patient_address(self) -> impl Iterator<Item = Xad<'a>> { self.0.repetitions(11).map(Xad) }
    /// PID-12 County Code (IS, table 0289), 3.4.2.12.
    pub fn county_code(self) -> Is<'a> { Is(self.0.part(12)) }
    /// PID-13 Phone Number Home (XTN, repeats), 3.4.2.13.
    pub fn phone_number_home(self) -> impl Iterator<Item = Xtn<'a>> { self.0.repetitions(13).map(Xtn) }
    /// PID-14 Phone Number Business (XTN, repeats), 3.4.2.14.
    pub fn phone_number_business(self) -> impl Iterator<Item = Xtn<'a>> { self.0.repetitions(14).map(Xtn) }
    /// PID-15 Primary Language (CE, table 0296), 3.4.2.15.
    pub fn primary_language(self) -> Cwe<'a> { Cwe(self.0.part(15)) }
    /// PID-16 Marital Status (CE, table 0002), 3.4.2.16.
    pub fn marital_status(self) -> Cwe<'a> { Cwe(self.0.part(16)) }
    /// PID-17 Religion (CE, table 0006), 3.4.2.17.
    pub fn religion(self) -> Cwe<'a> { Cwe(self.0.part(17)) }
    /// PID-18 Patient Account Number (CX), 3.4.2.18.
    pub fn patient_account_number(self) -> Cx<'a> { Cx(self.0.part(18)) }
    /// PID-19 SSN Number Patient (ST), 3.4.2.19.
    pub fn ssn_number_patient(self) -> St<'a> { St(self.0.part(19)) }
    /// PID-20 Driver's License Number Patient (DLN), 3.4.2.20.
    pub fn drivers_license_number_patient(self) -> Dln<'a> { Dln(self.0.part(20)) }
    /// PID-21 Mother's Identifier (CX, repeats), 3.4.2.21.
    pub fn mothers_identifier(self) -> impl Iterator<Item = Cx<'a>> { self.0.repetitions(21).map(Cx) }
    /// PID-22 Ethnic Group (CE, table 0189, repeats), 3.4.2.22.
    pub fn ethnic_group(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(22).map(Cwe) }
    /// PID-23 Birth Place (ST), 3.4.2.23.
    pub fn birth_place(self) -> St<'a> { St(self.0.part(23)) }
    /// PID-24 Multiple Birth Indicator (ID, table 0136), 3.4.2.24.
    pub fn multiple_birth_indicator(self) -> Id<'a> { Id(self.0.part(24)) }
    /// PID-25 Birth Order (NM), 3.4.2.25.
    pub fn birth_order(self) -> Nm<'a> { Nm(self.0.part(25)) }
    /// PID-26 Citizenship (CE, table 0171, repeats), 3.4.2.26.
    pub fn citizenship(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(26).map(Cwe) }
    /// PID-27 Veterans Military Status (CE, table 0172), 3.4.2.27.
    pub fn veterans_military_status(self) -> Cwe<'a> { Cwe(self.0.part(27)) }
    /// PID-28 Nationality (CE, table 0212), 3.4.2.28.
    pub fn nationality(self) -> Cwe<'a> { Cwe(self.0.part(28)) }
    /// PID-29 Patient Death Date and Time (TS), 3.4.2.29.
    pub fn patient_death_date_and_time(self) -> Dtm<'a> { Dtm(self.0.part(29)) }
    /// PID-30 Patient Death Indicator (ID, table 0136), 3.4.2.30.
    pub fn patient_death_indicator(self) -> Id<'a> { Id(self.0.part(30)) }
    /// PID-31 Identity Unknown Indicator (ID, table 0136), 3.4.2.31.
    pub fn identity_unknown_indicator(self) -> Id<'a> { Id(self.0.part(31)) }
    /// PID-32 Identity Reliability Code (IS, table 0445, repeats), 3.4.2.32.
    pub fn identity_reliability_code(self) -> impl Iterator<Item = Is<'a>> { self.0.repetitions(32).map(Is) }
    /// PID-33 Last Update Date/Time (TS), 3.4.2.33.
    pub fn last_update_datetime(self) -> Dtm<'a> { Dtm(self.0.part(33)) }
    /// PID-34 Last Update Facility (HD), 3.4.2.34.
    pub fn last_update_facility(self) -> Hd<'a> { Hd(self.0.part(34)) }
    /// PID-35 Species Code (CE, table 0446), 3.4.2.35.
    pub fn species_code(self) -> Cwe<'a> { Cwe(self.0.part(35)) }
    /// PID-36 Breed Code (CE, table 0447), 3.4.2.36.
    pub fn breed_code(self) -> Cwe<'a> { Cwe(self.0.part(36)) }
    /// PID-37 Strain (ST), 3.4.2.37.
    pub fn strain(self) -> St<'a> { St(self.0.part(37)) }
    /// PID-38 Production Class Code (CE, table 0429), 3.4.2.38.
    pub fn production_class_code(self) -> Cwe<'a> { Cwe(self.0.part(38)) }
    /// PID-39 Tribal Citizenship (CWE, table 0171, repeats), 3.4.2.39.
    pub fn tribal_citizenship(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(39).map(Cwe) }
    /// PID-40 Patient Telecommunication Information (XTN, repeats), from 2.7.
    pub fn patient_telecommunication_information(self) -> impl Iterator<Item = Xtn<'a>> {
        self.0.repetitions(40).map(Xtn)
    }
}
