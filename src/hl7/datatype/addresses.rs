//! Addresses and telephone numbers (HL7 v2.5.1, 2.A): SAD, AD, XAD, XTN.
//!
//! Written by `tools/typed/generate.py`.

use super::{Cwe, Dr, Dtm, Ei, Id, Is, Nm, Part, St};

/// Street address (HL7 v2.5.1, 2.A.67).
#[derive(Debug, Clone, Copy)]
pub struct Sad<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Sad<'a> {
    /// SAD.1 Street or Mailing Address (ST).
    pub fn street_or_mailing_address(self) -> St<'a> { St(self.0.component(1)) }
    /// SAD.2 Street Name (ST).
    pub fn street_name(self) -> St<'a> { St(self.0.component(2)) }
    /// SAD.3 Dwelling Number (ST).
    pub fn dwelling_number(self) -> St<'a> { St(self.0.component(3)) }
}

/// Address (HL7 v2.5.1, 2.A.1).
#[derive(Debug, Clone, Copy)]
pub struct Ad<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Ad<'a> {
    /// AD.1 Street Address (ST).
    pub fn street_address(self) -> St<'a> { St(self.0.component(1)) }
    /// AD.2 Other Designation (ST).
    pub fn other_designation(self) -> St<'a> { St(self.0.component(2)) }
    /// AD.3 City (ST).
    pub fn city(self) -> St<'a> { St(self.0.component(3)) }
    /// AD.4 State or Province (ST).
    pub fn state_or_province(self) -> St<'a> { St(self.0.component(4)) }
    /// AD.5 Zip or Postal Code (ST).
    pub fn zip_or_postal_code(self) -> St<'a> { St(self.0.component(5)) }
    /// AD.6 Country (ID, table 0399).
    pub fn country(self) -> Id<'a> { Id(self.0.component(6)) }
    /// AD.7 Address Type (ID, table 0190).
    pub fn address_type(self) -> Id<'a> { Id(self.0.component(7)) }
    /// AD.8 Other Geographic Designation (ST).
    pub fn other_geographic_designation(self) -> St<'a> { St(self.0.component(8)) }
}

/// Extended address (HL7 v2.5.1, 2.A.85).
#[derive(Debug, Clone, Copy)]
pub struct Xad<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Xad<'a> {
    /// XAD.1 Street Address (SAD).
    pub fn street_address(self) -> Sad<'a> { Sad(self.0.component(1)) }
    /// XAD.2 Other Designation (ST).
    pub fn other_designation(self) -> St<'a> { St(self.0.component(2)) }
    /// XAD.3 City (ST).
    pub fn city(self) -> St<'a> { St(self.0.component(3)) }
    /// XAD.4 State or Province (ST).
    pub fn state_or_province(self) -> St<'a> { St(self.0.component(4)) }
    /// XAD.5 Zip or Postal Code (ST).
    pub fn zip_or_postal_code(self) -> St<'a> { St(self.0.component(5)) }
    /// XAD.6 Country (ID, table 0399).
    pub fn country(self) -> Id<'a> { Id(self.0.component(6)) }
    /// XAD.7 Address Type (ID, table 0190).
    pub fn address_type(self) -> Id<'a> { Id(self.0.component(7)) }
    /// XAD.8 Other Geographic Designation (ST).
    pub fn other_geographic_designation(self) -> St<'a> { St(self.0.component(8)) }
    /// XAD.9 County Parish Code (IS, table 0289).
    pub fn county_parish_code(self) -> Is<'a> { Is(self.0.component(9)) }
    /// XAD.10 Census Tract (IS, table 0288).
    pub fn census_tract(self) -> Is<'a> { Is(self.0.component(10)) }
    /// XAD.11 Address Representation Code (ID, table 0465).
    pub fn address_representation_code(self) -> Id<'a> { Id(self.0.component(11)) }
    /// XAD.12 Address Validity Range (DR).
    pub fn address_validity_range(self) -> Dr<'a> { Dr(self.0.component(12)) }
    /// XAD.13 Effective Date (TS).
    pub fn effective_date(self) -> Dtm<'a> { Dtm(self.0.component(13)) }
    /// XAD.14 Expiration Date (TS).
    pub fn expiration_date(self) -> Dtm<'a> { Dtm(self.0.component(14)) }
    /// XAD.15 Expiration Reason (CWE, table 0616), from 2.6.
    pub fn expiration_reason(self) -> Cwe<'a> { Cwe(self.0.component(15)) }
    /// XAD.16 Temporary Indicator (ID, table 0136), from 2.6.
    pub fn temporary_indicator(self) -> Id<'a> { Id(self.0.component(16)) }
    /// XAD.17 Bad Address Indicator (ID, table 0136), from 2.6.
    pub fn bad_address_indicator(self) -> Id<'a> { Id(self.0.component(17)) }
    /// XAD.18 Address Usage (ID, table 0617), from 2.6.
    pub fn address_usage(self) -> Id<'a> { Id(self.0.component(18)) }
    /// XAD.19 Addressee (ST), from 2.6.
    pub fn addressee(self) -> St<'a> { St(self.0.component(19)) }
    /// XAD.20 Comment (ST), from 2.6.
    pub fn comment(self) -> St<'a> { St(self.0.component(20)) }
    /// XAD.21 Preference Order (NM), from 2.6.
    pub fn preference_order(self) -> Nm<'a> { Nm(self.0.component(21)) }
    /// XAD.22 Protection Code (CWE, table 0618), from 2.6.
    pub fn protection_code(self) -> Cwe<'a> { Cwe(self.0.component(22)) }
    /// XAD.23 Address Identifier (EI), from 2.6.
    pub fn address_identifier(self) -> Ei<'a> { Ei(self.0.component(23)) }
}

/// Extended telecommunication number (HL7 v2.5.1, 2.A.89).
#[derive(Debug, Clone, Copy)]
pub struct Xtn<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Xtn<'a> {
    /// XTN.1 Telephone Number (ST).
    pub fn telephone_number(self) -> St<'a> { St(self.0.component(1)) }
    /// XTN.2 Telecommunication Use Code (ID, table 0201).
    pub fn telecommunication_use_code(self) -> Id<'a> { Id(self.0.component(2)) }
    /// XTN.3 Telecommunication Equipment Type (ID, table 0202).
    pub fn telecommunication_equipment_type(self) -> Id<'a> { Id(self.0.component(3)) }
    /// XTN.4 Email Address (ST).
    pub fn email_address(self) -> St<'a> { St(self.0.component(4)) }
    /// XTN.5 Country Code (NM).
    pub fn country_code(self) -> Nm<'a> { Nm(self.0.component(5)) }
    /// XTN.6 Area City Code (NM).
    pub fn area_city_code(self) -> Nm<'a> { Nm(self.0.component(6)) }
    /// XTN.7 Local Number (NM).
    pub fn local_number(self) -> Nm<'a> { Nm(self.0.component(7)) }
    /// XTN.8 Extension (NM).
    pub fn extension(self) -> Nm<'a> { Nm(self.0.component(8)) }
    /// XTN.9 Any Text (ST).
    pub fn any_text(self) -> St<'a> { St(self.0.component(9)) }
    /// XTN.10 Extension Prefix (ST).
    pub fn extension_prefix(self) -> St<'a> { St(self.0.component(10)) }
    /// XTN.11 Speed Dial Code (ST).
    pub fn speed_dial_code(self) -> St<'a> { St(self.0.component(11)) }
    /// XTN.12 Unformatted Telephone Number (ST).
    pub fn unformatted_telephone_number(self) -> St<'a> { St(self.0.component(12)) }
    /// XTN.13 Effective Start Date (DTM), from 2.6.
    pub fn effective_start_date(self) -> Dtm<'a> { Dtm(self.0.component(13)) }
    /// XTN.14 Expiration Date (DTM), from 2.6.
    pub fn expiration_date(self) -> Dtm<'a> { Dtm(self.0.component(14)) }
    /// XTN.15 Expiration Reason (CWE, table 0868), from 2.6.
    pub fn expiration_reason(self) -> Cwe<'a> { Cwe(self.0.component(15)) }
    /// XTN.16 Protection Code (CWE, table 0618), from 2.6.
    pub fn protection_code(self) -> Cwe<'a> { Cwe(self.0.component(16)) }
    /// XTN.17 Shared Telecommunication Identifier (EI), from 2.6.
    pub fn shared_telecommunication_identifier(self) -> Ei<'a> { Ei(self.0.component(17)) }
    /// XTN.18 Preference Order (NM), from 2.6.
    pub fn preference_order(self) -> Nm<'a> { Nm(self.0.component(18)) }
}
