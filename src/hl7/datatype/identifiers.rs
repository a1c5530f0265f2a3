//! Identifiers (HL7 v2.5.1, 2.A): HD, EI, EIP, CX, DLN, PRL.
//!
//! Written by `tools/typed/generate.py`.

use super::{Cwe, Dt, Id, Is, Part, St, Tx};

/// Hierarchic designator (HL7 v2.5.1, 2.A.33).
#[derive(Debug, Clone, Copy)]
pub struct Hd<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Hd<'a> {
    /// HD.1 Namespace ID (IS, table 0300).
    pub fn namespace_id(self) -> Is<'a> { Is(self.0.component(1)) }
    /// HD.2 Universal ID (ST).
    pub fn universal_id(self) -> St<'a> { St(self.0.component(2)) }
    /// HD.3 Universal ID Type (ID, table 0301).
    pub fn universal_id_type(self) -> Id<'a> { Id(self.0.component(3)) }
}

/// Entity identifier (HL7 v2.5.1, 2.A.25).
#[derive(Debug, Clone, Copy)]
pub struct Ei<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Ei<'a> {
    /// EI.1 Entity Identifier (ST).
    pub fn entity_identifier(self) -> St<'a> { St(self.0.component(1)) }
    /// EI.2 Namespace ID (IS, table 0363).
    pub fn namespace_id(self) -> Is<'a> { Is(self.0.component(2)) }
    /// EI.3 Universal ID (ST).
    pub fn universal_id(self) -> St<'a> { St(self.0.component(3)) }
    /// EI.4 Universal ID Type (ID, table 0301).
    pub fn universal_id_type(self) -> Id<'a> { Id(self.0.component(4)) }
}

/// Entity identifier pair (HL7 v2.5.1, 2.A.26).
#[derive(Debug, Clone, Copy)]
pub struct Eip<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Eip<'a> {
    /// EIP.1 Placer Assigned Identifier (EI).
    pub fn placer_assigned_identifier(self) -> Ei<'a> { Ei(self.0.component(1)) }
    /// EIP.2 Filler Assigned Identifier (EI).
    pub fn filler_assigned_identifier(self) -> Ei<'a> { Ei(self.0.component(2)) }
}

/// Extended composite id with check digit (HL7 v2.5.1, 2.A.14).
#[derive(Debug, Clone, Copy)]
pub struct Cx<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Cx<'a> {
    /// CX.1 ID Number (ST).
    pub fn id_number(self) -> St<'a> { St(self.0.component(1)) }
    /// CX.2 Check Digit (ST).
    pub fn check_digit(self) -> St<'a> { St(self.0.component(2)) }
    /// CX.3 Check Digit Scheme (ID, table 0061).
    pub fn check_digit_scheme(self) -> Id<'a> { Id(self.0.component(3)) }
    /// CX.4 Assigning Authority (HD, table 0363).
    pub fn assigning_authority(self) -> Hd<'a> { Hd(self.0.component(4)) }
    /// CX.5 Identifier Type Code (ID, table 0203).
    pub fn identifier_type_code(self) -> Id<'a> { Id(self.0.component(5)) }
    /// CX.6 Assigning Facility (HD).
    pub fn assigning_facility(self) -> Hd<'a> { Hd(self.0.component(6)) }
    /// CX.7 Effective Date (DT).
    pub fn effective_date(self) -> Dt<'a> { Dt(self.0.component(7)) }
    /// CX.8 Expiration Date (DT).
    pub fn expiration_date(self) -> Dt<'a> { Dt(self.0.component(8)) }
    /// CX.9 Assigning Jurisdiction (CWE).
    pub fn assigning_jurisdiction(self) -> Cwe<'a> { Cwe(self.0.component(9)) }
    /// CX.10 Assigning Agency or Department (CWE).
    pub fn assigning_agency_or_department(self) -> Cwe<'a> { Cwe(self.0.component(10)) }
    /// CX.11 Security Check (ST), from 2.7.
    pub fn security_check(self) -> St<'a> { St(self.0.component(11)) }
    /// CX.12 Security Check Scheme (ID, table 0904), from 2.7.
    pub fn security_check_scheme(self) -> Id<'a> { Id(self.0.component(12)) }
}

/// Driver's license number (HL7 v2.5.1, 2.A.18).
#[derive(Debug, Clone, Copy)]
pub struct Dln<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Dln<'a> {
    /// DLN.1 License Number (ST).
    pub fn license_number(self) -> St<'a> { St(self.0.component(1)) }
    /// DLN.2 Issuing State Province Country (IS, table 0333).
    pub fn issuing_state_province_country(self) -> Is<'a> { Is(self.0.component(2)) }
    /// DLN.3 Expiration Date (DT).
    pub fn expiration_date(self) -> Dt<'a> { Dt(self.0.component(3)) }
}

/// Parent result link (HL7 v2.5.1, 2.A.56).
#[derive(Debug, Clone, Copy)]
pub struct Prl<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Prl<'a> {
    /// PRL.1 Parent Observation Identifier (CE).
    pub fn parent_observation_identifier(self) -> Cwe<'a> { Cwe(self.0.component(1)) }
    /// PRL.2 Parent Observation Sub Identifier (ST).
    pub fn parent_observation_sub_identifier(self) -> St<'a> { St(self.0.component(2)) }
    /// PRL.3 Parent Observation Value Descriptor (TX).
    pub fn parent_observation_value_descriptor(self) -> Tx<'a> { Tx(self.0.component(3)) }
}
