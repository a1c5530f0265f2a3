//! Where people and things are (HL7 v2.5.1, 2.A): PL, LA1, LA2, DLD.
//!
//! Written by `tools/typed/generate.py`.

use super::{Ad, Dtm, Ei, Hd, Id, Is, Part, St};

/// Person location (HL7 v2.5.1, 2.A.53).
#[derive(Debug, Clone, Copy)]
pub struct Pl<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Pl<'a> {
    /// PL.1 Point of Care (IS, table 0302).
    pub fn point_of_care(self) -> Is<'a> { Is(self.0.component(1)) }
    /// PL.2 Room (IS, table 0303).
    pub fn room(self) -> Is<'a> { Is(self.0.component(2)) }
    /// PL.3 Bed (IS, table 0304).
    pub fn bed(self) -> Is<'a> { Is(self.0.component(3)) }
    /// PL.4 Facility (HD).
    pub fn facility(self) -> Hd<'a> { Hd(self.0.component(4)) }
    /// PL.5 Location Status (IS, table 0306).
    pub fn location_status(self) -> Is<'a> { Is(self.0.component(5)) }
    /// PL.6 Person Location Type (IS, table 0305).
    pub fn person_location_type(self) -> Is<'a> { Is(self.0.component(6)) }
    /// PL.7 Building (IS, table 0307).
    pub fn building(self) -> Is<'a> { Is(self.0.component(7)) }
    /// PL.8 Floor (IS, table 0308).
    pub fn floor(self) -> Is<'a> { Is(self.0.component(8)) }
    /// PL.9 Location Description (ST).
    pub fn location_description(self) -> St<'a> { St(self.0.component(9)) }
    /// PL.10 Comprehensive Location Identifier (EI).
    pub fn comprehensive_location_identifier(self) -> Ei<'a> { Ei(self.0.component(10)) }
    /// PL.11 Assigning Authority for Location (HD).
    pub fn assigning_authority_for_location(self) -> Hd<'a> { Hd(self.0.component(11)) }
}

/// Location with address, variation 1 (HL7 v2.5.1, 2.A.38).
#[derive(Debug, Clone, Copy)]
pub struct La1<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> La1<'a> {
    /// LA1.1 Point of Care (IS, table 0302).
    pub fn point_of_care(self) -> Is<'a> { Is(self.0.component(1)) }
    /// LA1.2 Room (IS, table 0303).
    pub fn room(self) -> Is<'a> { Is(self.0.component(2)) }
    /// LA1.3 Bed (IS, table 0304).
    pub fn bed(self) -> Is<'a> { Is(self.0.component(3)) }
    /// LA1.4 Facility (HD).
    pub fn facility(self) -> Hd<'a> { Hd(self.0.component(4)) }
    /// LA1.5 Location Status (IS, table 0306).
    pub fn location_status(self) -> Is<'a> { Is(self.0.component(5)) }
    /// LA1.6 Patient Location Type (IS, table 0305).
    pub fn patient_location_type(self) -> Is<'a> { Is(self.0.component(6)) }
    /// LA1.7 Building (IS, table 0307).
    pub fn building(self) -> Is<'a> { Is(self.0.component(7)) }
    /// LA1.8 Floor (IS, table 0308).
    pub fn floor(self) -> Is<'a> { Is(self.0.component(8)) }
    /// LA1.9 Address (AD).
    pub fn address(self) -> Ad<'a> { Ad(self.0.component(9)) }
}

/// Location with address, variation 2 (HL7 v2.5.1, 2.A.39).
#[derive(Debug, Clone, Copy)]
pub struct La2<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> La2<'a> {
    /// LA2.1 Point of Care (IS, table 0302).
    pub fn point_of_care(self) -> Is<'a> { Is(self.0.component(1)) }
    /// LA2.2 Room (IS, table 0303).
    pub fn room(self) -> Is<'a> { Is(self.0.component(2)) }
    /// LA2.3 Bed (IS, table 0304).
    pub fn bed(self) -> Is<'a> { Is(self.0.component(3)) }
    /// LA2.4 Facility (HD).
    pub fn facility(self) -> Hd<'a> { Hd(self.0.component(4)) }
    /// LA2.5 Location Status (IS, table 0306).
    pub fn location_status(self) -> Is<'a> { Is(self.0.component(5)) }
    /// LA2.6 Patient Location Type (IS, table 0305).
    pub fn patient_location_type(self) -> Is<'a> { Is(self.0.component(6)) }
    /// LA2.7 Building (IS, table 0307).
    pub fn building(self) -> Is<'a> { Is(self.0.component(7)) }
    /// LA2.8 Floor (IS, table 0308).
    pub fn floor(self) -> Is<'a> { Is(self.0.component(8)) }
    /// LA2.9 Street Address (ST).
    pub fn street_address(self) -> St<'a> { St(self.0.component(9)) }
    /// LA2.10 Other Designation (ST).
    pub fn other_designation(self) -> St<'a> { St(self.0.component(10)) }
    /// LA2.11 City (ST).
    pub fn city(self) -> St<'a> { St(self.0.component(11)) }
    /// LA2.12 State or Province (ST).
    pub fn state_or_province(self) -> St<'a> { St(self.0.component(12)) }
    /// LA2.13 Zip or Postal Code (ST).
    pub fn zip_or_postal_code(self) -> St<'a> { St(self.0.component(13)) }
    /// LA2.14 Country (ID, table 0399).
    pub fn country(self) -> Id<'a> { Id(self.0.component(14)) }
    /// LA2.15 Address Type (ID, table 0190).
    pub fn address_type(self) -> Id<'a> { Id(self.0.component(15)) }
    /// LA2.16 Other Geographic Designation (ST).
    pub fn other_geographic_designation(self) -> St<'a> { St(self.0.component(16)) }
}

/// Discharge to location and date (HL7 v2.5.1, 2.A.17).
#[derive(Debug, Clone, Copy)]
pub struct Dld<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Dld<'a> {
    /// DLD.1 Discharge Location (IS, table 0113).
    pub fn discharge_location(self) -> Is<'a> { Is(self.0.component(1)) }
    /// DLD.2 Effective Date (TS).
    pub fn effective_date(self) -> Dtm<'a> { Dtm(self.0.component(2)) }
}
