//! Names of people and organizations (HL7 v2.5.1, 2.A): FN, XPN, XCN, XON, CNN, NDL, PPN.
//!
//! Written by `tools/typed/generate.py`.

use super::{Cwe, Dr, Dtm, Hd, Id, Is, Nm, Part, St};

/// Family name (HL7 v2.5.1, 2.A.30).
#[derive(Debug, Clone, Copy)]
pub struct Fn<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Fn<'a> {
    /// FN.1 Surname (ST).
    pub fn surname(self) -> St<'a> { St(self.0.component(1)) }
    /// FN.2 Own Surname Prefix (ST).
    pub fn own_surname_prefix(self) -> St<'a> { St(self.0.component(2)) }
    /// FN.3 Own Surname (ST).
    pub fn own_surname(self) -> St<'a> { St(self.0.component(3)) }
    /// FN.4 Surname Prefix from Partner Spouse (ST).
    pub fn surname_prefix_from_partner_spouse(self) -> St<'a> { St(self.0.component(4)) }
    /// FN.5 Surname from Partner Spouse (ST).
    pub fn surname_from_partner_spouse(self) -> St<'a> { St(self.0.component(5)) }
}

/// Extended person name (HL7 v2.5.1, 2.A.88).
#[derive(Debug, Clone, Copy)]
pub struct Xpn<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Xpn<'a> {
    /// XPN.1 Family Name (FN).
    pub fn family_name(self) -> Fn<'a> { Fn(self.0.component(1)) }
    /// XPN.2 Given Name (ST).
    pub fn given_name(self) -> St<'a> { St(self.0.component(2)) }
    /// XPN.3 Second and Further Given Names (ST).
    pub fn second_and_further_given_names(self) -> St<'a> { St(self.0.component(3)) }
    /// XPN.4 Suffix (ST).
    pub fn suffix(self) -> St<'a> { St(self.0.component(4)) }
    /// XPN.5 Prefix (ST).
    pub fn prefix(self) -> St<'a> { St(self.0.component(5)) }
    /// XPN.6 Degree (IS, table 0360).
    pub fn degree(self) -> Is<'a> { Is(self.0.component(6)) }
    /// XPN.7 Name Type Code (ID, table 0200).
    pub fn name_type_code(self) -> Id<'a> { Id(self.0.component(7)) }
    /// XPN.8 Name Representation Code (ID, table 0465).
    pub fn name_representation_code(self) -> Id<'a> { Id(self.0.component(8)) }
    /// XPN.9 Name Context (CE, table 0448).
    pub fn name_context(self) -> Cwe<'a> { Cwe(self.0.component(9)) }
    /// XPN.10 Name Validity Range (DR).
    pub fn name_validity_range(self) -> Dr<'a> { Dr(self.0.component(10)) }
    /// XPN.11 Name Assembly Order (ID, table 0444).
    pub fn name_assembly_order(self) -> Id<'a> { Id(self.0.component(11)) }
    /// XPN.12 Effective Date (TS).
    pub fn effective_date(self) -> Dtm<'a> { Dtm(self.0.component(12)) }
    /// XPN.13 Expiration Date (TS).
    pub fn expiration_date(self) -> Dtm<'a> { Dtm(self.0.component(13)) }
    /// XPN.14 Professional Suffix (ST).
    pub fn professional_suffix(self) -> St<'a> { St(self.0.component(14)) }
    /// XPN.15 Called by (ST), from 2.7.
    pub fn called_by(self) -> St<'a> { St(self.0.component(15)) }
}

/// Extended composite id number and name for persons (HL7 v2.5.1, 2.A.86).
#[derive(Debug, Clone, Copy)]
pub struct Xcn<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Xcn<'a> {
    /// XCN.1 ID Number (ST).
    pub fn id_number(self) -> St<'a> { St(self.0.component(1)) }
    /// XCN.2 Family Name (FN).
    pub fn family_name(self) -> Fn<'a> { Fn(self.0.component(2)) }
    /// XCN.3 Given Name (ST).
    pub fn given_name(self) -> St<'a> { St(self.0.component(3)) }
    /// XCN.4 Second and Further Given Names (ST).
    pub fn second_and_further_given_names(self) -> St<'a> { St(self.0.component(4)) }
    /// XCN.5 Suffix (ST).
    pub fn suffix(self) -> St<'a> { St(self.0.component(5)) }
    /// XCN.6 Prefix (ST).
    pub fn prefix(self) -> St<'a> { St(self.0.component(6)) }
    /// XCN.7 Degree (IS, table 0360).
    pub fn degree(self) -> Is<'a> { Is(self.0.component(7)) }
    /// XCN.8 Source Table (IS, table 0297).
    pub fn source_table(self) -> Is<'a> { Is(self.0.component(8)) }
    /// XCN.9 Assigning Authority (HD, table 0363).
    pub fn assigning_authority(self) -> Hd<'a> { Hd(self.0.component(9)) }
    /// XCN.10 Name Type Code (ID, table 0200).
    pub fn name_type_code(self) -> Id<'a> { Id(self.0.component(10)) }
    /// XCN.11 Identifier Check Digit (ST).
    pub fn identifier_check_digit(self) -> St<'a> { St(self.0.component(11)) }
    /// XCN.12 Check Digit Scheme (ID, table 0061).
    pub fn check_digit_scheme(self) -> Id<'a> { Id(self.0.component(12)) }
    /// XCN.13 Identifier Type Code (ID, table 0203).
    pub fn identifier_type_code(self) -> Id<'a> { Id(self.0.component(13)) }
    /// XCN.14 Assigning Facility (HD).
    pub fn assigning_facility(self) -> Hd<'a> { Hd(self.0.component(14)) }
    /// XCN.15 Name Representation Code (ID, table 0465).
    pub fn name_representation_code(self) -> Id<'a> { Id(self.0.component(15)) }
    /// XCN.16 Name Context (CE, table 0448).
    pub fn name_context(self) -> Cwe<'a> { Cwe(self.0.component(16)) }
    /// XCN.17 Name Validity Range (DR).
    pub fn name_validity_range(self) -> Dr<'a> { Dr(self.0.component(17)) }
    /// XCN.18 Name Assembly Order (ID, table 0444).
    pub fn name_assembly_order(self) -> Id<'a> { Id(self.0.component(18)) }
    /// XCN.19 Effective Date (TS).
    pub fn effective_date(self) -> Dtm<'a> { Dtm(self.0.component(19)) }
    /// XCN.20 Expiration Date (TS).
    pub fn expiration_date(self) -> Dtm<'a> { Dtm(self.0.component(20)) }
    /// XCN.21 Professional Suffix (ST).
    pub fn professional_suffix(self) -> St<'a> { St(self.0.component(21)) }
    /// XCN.22 Assigning Jurisdiction (CWE).
    pub fn assigning_jurisdiction(self) -> Cwe<'a> { Cwe(self.0.component(22)) }
    /// XCN.23 Assigning Agency or Department (CWE).
    pub fn assigning_agency_or_department(self) -> Cwe<'a> { Cwe(self.0.component(23)) }
    /// XCN.24 Security Check (ST), from 2.7.
    pub fn security_check(self) -> St<'a> { St(self.0.component(24)) }
    /// XCN.25 Security Check Scheme (ID, table 0904), from 2.7.
    pub fn security_check_scheme(self) -> Id<'a> { Id(self.0.component(25)) }
}

/// Extended composite name and identification number for organizations (HL7 v2.5.1, 2.A.87).
#[derive(Debug, Clone, Copy)]
pub struct Xon<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Xon<'a> {
    /// XON.1 Organization Name (ST).
    pub fn organization_name(self) -> St<'a> { St(self.0.component(1)) }
    /// XON.2 Organization Name Type Code (IS, table 0204).
    pub fn organization_name_type_code(self) -> Is<'a> { Is(self.0.component(2)) }
    /// XON.3 ID Number (NM).
    pub fn id_number(self) -> Nm<'a> { Nm(self.0.component(3)) }
    /// XON.4 Check Digit (NM).
    pub fn check_digit(self) -> Nm<'a> { Nm(self.0.component(4)) }
    /// XON.5 Check Digit Scheme (ID, table 0061).
    pub fn check_digit_scheme(self) -> Id<'a> { Id(self.0.component(5)) }
    /// XON.6 Assigning Authority (HD, table 0363).
    pub fn assigning_authority(self) -> Hd<'a> { Hd(self.0.component(6)) }
    /// XON.7 Identifier Type Code (ID, table 0203).
    pub fn identifier_type_code(self) -> Id<'a> { Id(self.0.component(7)) }
    /// XON.8 Assigning Facility (HD).
    pub fn assigning_facility(self) -> Hd<'a> { Hd(self.0.component(8)) }
    /// XON.9 Name Representation Code (ID, table 0465).
    pub fn name_representation_code(self) -> Id<'a> { Id(self.0.component(9)) }
    /// XON.10 Organization Identifier (ST).
    pub fn organization_identifier(self) -> St<'a> { St(self.0.component(10)) }
}

/// Composite id number and name, simplified (HL7 v2.5.1, 2.A.9).
#[derive(Debug, Clone, Copy)]
pub struct Cnn<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Cnn<'a> {
    /// CNN.1 ID Number (ST).
    pub fn id_number(self) -> St<'a> { St(self.0.component(1)) }
    /// CNN.2 Family Name (ST).
    pub fn family_name(self) -> St<'a> { St(self.0.component(2)) }
    /// CNN.3 Given Name (ST).
    pub fn given_name(self) -> St<'a> { St(self.0.component(3)) }
    /// CNN.4 Second and Further Given Names (ST).
    pub fn second_and_further_given_names(self) -> St<'a> { St(self.0.component(4)) }
    /// CNN.5 Suffix (ST).
    pub fn suffix(self) -> St<'a> { St(self.0.component(5)) }
    /// CNN.6 Prefix (ST).
    pub fn prefix(self) -> St<'a> { St(self.0.component(6)) }
    /// CNN.7 Degree (IS, table 0360).
    pub fn degree(self) -> Is<'a> { Is(self.0.component(7)) }
    /// CNN.8 Source Table (IS, table 0297).
    pub fn source_table(self) -> Is<'a> { Is(self.0.component(8)) }
    /// CNN.9 Assigning Authority Namespace ID (IS, table 0363).
    pub fn assigning_authority_namespace_id(self) -> Is<'a> { Is(self.0.component(9)) }
    /// CNN.10 Assigning Authority Universal ID (ST).
    pub fn assigning_authority_universal_id(self) -> St<'a> { St(self.0.component(10)) }
    /// CNN.11 Assigning Authority Universal ID Type (ID, table 0301).
    pub fn assigning_authority_universal_id_type(self) -> Id<'a> { Id(self.0.component(11)) }
}

/// Name with date and location (HL7 v2.5.1, 2.A.46).
#[derive(Debug, Clone, Copy)]
pub struct Ndl<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Ndl<'a> {
    /// NDL.1 Name (CNN).
    pub fn name(self) -> Cnn<'a> { Cnn(self.0.component(1)) }
    /// NDL.2 Start Date/Time (TS).
    pub fn start_datetime(self) -> Dtm<'a> { Dtm(self.0.component(2)) }
    /// NDL.3 End Date/Time (TS).
    pub fn end_datetime(self) -> Dtm<'a> { Dtm(self.0.component(3)) }
    /// NDL.4 Point of Care (IS, table 0302).
    pub fn point_of_care(self) -> Is<'a> { Is(self.0.component(4)) }
    /// NDL.5 Room (IS, table 0303).
    pub fn room(self) -> Is<'a> { Is(self.0.component(5)) }
    /// NDL.6 Bed (IS, table 0304).
    pub fn bed(self) -> Is<'a> { Is(self.0.component(6)) }
    /// NDL.7 Facility (HD).
    pub fn facility(self) -> Hd<'a> { Hd(self.0.component(7)) }
    /// NDL.8 Location Status (IS, table 0306).
    pub fn location_status(self) -> Is<'a> { Is(self.0.component(8)) }
    /// NDL.9 Patient Location Type (IS, table 0305).
    pub fn patient_location_type(self) -> Is<'a> { Is(self.0.component(9)) }
    /// NDL.10 Building (IS, table 0307).
    pub fn building(self) -> Is<'a> { Is(self.0.component(10)) }
    /// NDL.11 Floor (IS, table 0308).
    pub fn floor(self) -> Is<'a> { Is(self.0.component(11)) }
}

/// Performing person time stamp (HL7 v2.5.1, 2.A.55).
#[derive(Debug, Clone, Copy)]
pub struct Ppn<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Ppn<'a> {
    /// PPN.1 ID Number (ST).
    pub fn id_number(self) -> St<'a> { St(self.0.component(1)) }
    /// PPN.2 Family Name (FN).
    pub fn family_name(self) -> Fn<'a> { Fn(self.0.component(2)) }
    /// PPN.3 Given Name (ST).
    pub fn given_name(self) -> St<'a> { St(self.0.component(3)) }
    /// PPN.4 Second and Further Given Names (ST).
    pub fn second_and_further_given_names(self) -> St<'a> { St(self.0.component(4)) }
    /// PPN.5 Suffix (ST).
    pub fn suffix(self) -> St<'a> { St(self.0.component(5)) }
    /// PPN.6 Prefix (ST).
    pub fn prefix(self) -> St<'a> { St(self.0.component(6)) }
    /// PPN.7 Degree (IS, table 0360).
    pub fn degree(self) -> Is<'a> { Is(self.0.component(7)) }
    /// PPN.8 Source Table (IS, table 0297).
    pub fn source_table(self) -> Is<'a> { Is(self.0.component(8)) }
    /// PPN.9 Assigning Authority (HD, table 0363).
    pub fn assigning_authority(self) -> Hd<'a> { Hd(self.0.component(9)) }
    /// PPN.10 Name Type Code (ID, table 0200).
    pub fn name_type_code(self) -> Id<'a> { Id(self.0.component(10)) }
    /// PPN.11 Identifier Check Digit (ST).
    pub fn identifier_check_digit(self) -> St<'a> { St(self.0.component(11)) }
    /// PPN.12 Check Digit Scheme (ID, table 0061).
    pub fn check_digit_scheme(self) -> Id<'a> { Id(self.0.component(12)) }
    /// PPN.13 Identifier Type Code (ID, table 0203).
    pub fn identifier_type_code(self) -> Id<'a> { Id(self.0.component(13)) }
    /// PPN.14 Assigning Facility (HD).
    pub fn assigning_facility(self) -> Hd<'a> { Hd(self.0.component(14)) }
    /// PPN.15 Date/Time Action Performed (TS).
    pub fn datetime_action_performed(self) -> Dtm<'a> { Dtm(self.0.component(15)) }
    /// PPN.16 Name Representation Code (ID, table 0465).
    pub fn name_representation_code(self) -> Id<'a> { Id(self.0.component(16)) }
    /// PPN.17 Name Context (CE, table 0448).
    pub fn name_context(self) -> Cwe<'a> { Cwe(self.0.component(17)) }
    /// PPN.18 Name Validity Range (DR).
    pub fn name_validity_range(self) -> Dr<'a> { Dr(self.0.component(18)) }
    /// PPN.19 Name Assembly Order (ID, table 0444).
    pub fn name_assembly_order(self) -> Id<'a> { Id(self.0.component(19)) }
    /// PPN.20 Effective Date (TS).
    pub fn effective_date(self) -> Dtm<'a> { Dtm(self.0.component(20)) }
    /// PPN.21 Expiration Date (TS).
    pub fn expiration_date(self) -> Dtm<'a> { Dtm(self.0.component(21)) }
    /// PPN.22 Professional Suffix (ST).
    pub fn professional_suffix(self) -> St<'a> { St(self.0.component(22)) }
    /// PPN.23 Assigning Jurisdiction (CWE).
    pub fn assigning_jurisdiction(self) -> Cwe<'a> { Cwe(self.0.component(23)) }
    /// PPN.24 Assigning Agency or Department (CWE).
    pub fn assigning_agency_or_department(self) -> Cwe<'a> { Cwe(self.0.component(24)) }
    /// PPN.25 Security Check (ST), from 2.7.
    pub fn security_check(self) -> St<'a> { St(self.0.component(25)) }
    /// PPN.26 Security Check Scheme (ID, table 0904), from 2.7.
    pub fn security_check_scheme(self) -> Id<'a> { Id(self.0.component(26)) }
}
