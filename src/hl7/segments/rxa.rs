//! RXA: pharmacy or treatment administration.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Dtm, Ei, Id, La2, Nm, Pl, St, Xad, Xcn};

/// Pharmacy or treatment administration (HL7 v2.5.1, 4.14.7).
#[derive(Debug, Clone, Copy)]
pub struct Rxa<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Rxa<'a> {
    const NAME: [u8; 3] = *b"RXA";

    fn of(segment: Segment<'a>) -> Self {
        Rxa(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Rxa<'a> {
    /// RXA-1 Give Sub ID Counter (NM), 4.14.7.1.
    pub fn give_sub_id_counter(self) -> Nm<'a> { Nm(self.0.part(1)) }
    /// RXA-2 Administration Sub ID Counter (NM), 4.14.7.2.
    pub fn administration_sub_id_counter(self) -> Nm<'a> { Nm(self.0.part(2)) }
    /// RXA-3 Date/Time Start of Administration (TS), 4.14.7.3.
    pub fn datetime_start_of_administration(self) -> Dtm<'a> { Dtm(self.0.part(3)) }
    /// RXA-4 Date/Time End of Administration (TS), 4.14.7.4.
    pub fn datetime_end_of_administration(self) -> Dtm<'a> { Dtm(self.0.part(4)) }
    /// RXA-5 Administered Code (CE, table 0292), 4.14.7.5.
    pub fn administered_code(self) -> Cwe<'a> { Cwe(self.0.part(5)) }
    /// RXA-6 Administered Amount (NM), 4.14.7.6.
    pub fn administered_amount(self) -> Nm<'a> { Nm(self.0.part(6)) }
    /// RXA-7 Administered Units (CE), 4.14.7.7.
    pub fn administered_units(self) -> Cwe<'a> { Cwe(self.0.part(7)) }
    /// RXA-8 Administered Dosage Form (CE), 4.14.7.8.
    pub fn administered_dosage_form(self) -> Cwe<'a> { Cwe(self.0.part(8)) }
    /// RXA-9 Administration Notes (CE, repeats), 4.14.7.9.
    pub fn administration_notes(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(9).map(Cwe) }
    /// RXA-10 Administering Provider (XCN, repeats), 4.14.7.10.
    pub fn administering_provider(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(10).map(Xcn) }
    /// RXA-11 Administered At Location (LA2), 4.14.7.11.
    pub fn administered_at_location(self) -> La2<'a> { La2(self.0.part(11)) }
    /// RXA-12 Administered Per Time Unit (ST), 4.14.7.12.
    pub fn administered_per_time_unit(self) -> St<'a> { St(self.0.part(12)) }
    /// RXA-13 Administered Strength (NM), 4.14.7.13.
    pub fn administered_strength(self) -> Nm<'a> { Nm(self.0.part(13)) }
    /// RXA-14 Administered Strength Units (CE), 4.14.7.14.
    pub fn administered_strength_units(self) -> Cwe<'a> { Cwe(self.0.part(14)) }
    /// RXA-15 Substance Lot Number (ST, repeats), 4.14.7.15.
    pub fn substance_lot_number(self) -> impl Iterator<Item = St<'a>> { self.0.repetitions(15).map(St) }
    /// RXA-16 Substance Expiration Date (TS, repeats), 4.14.7.16.
    pub fn substance_expiration_date(self) -> impl Iterator<Item = Dtm<'a>> {
        self.0.repetitions(16).map(Dtm)
    }
    /// RXA-17 Substance Manufacturer Name (CE, table 0227, repeats), 4.14.7.17.
    pub fn substance_manufacturer_name(self) -> impl Iterator<Item = Cwe<'a>> {
        self.0.repetitions(17).map(Cwe)
    }
    /// RXA-18 Substance Treatment Refusal Reason (CE, repeats), 4.14.7.18.
    pub fn substance_treatment_refusal_reason(self) -> impl Iterator<Item = Cwe<'a>> {
        self.0.repetitions(18).map(Cwe)
    }
    /// RXA-19 Indication (CE, repeats), 4.14.7.19.
    pub fn indication(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(19).map(Cwe) }
    /// RXA-20 Completion Status (ID, table 0322), 4.14.7.20.
    pub fn completion_status(self) -> Id<'a> { Id(self.0.part(20)) }
    /// RXA-21 Action Code (ID, table 0323), 4.14.7.21.
    pub fn action_code(self) -> Id<'a> { Id(self.0.part(21)) }
    /// RXA-22 System Entry Date/Time (TS), 4.14.7.22.
    pub fn system_entry_datetime(self) -> Dtm<'a> { Dtm(self.0.part(22)) }
    /// RXA-23 Administered Drug Strength Volume (NM), 4.14.7.23.
    pub fn administered_drug_strength_volume(self) -> Nm<'a> { Nm(self.0.part(23)) }
    /// RXA-24 Administered Drug Strength Volume Units (CWE), 4.14.7.24.
    pub fn administered_drug_strength_volume_units(self) -> Cwe<'a> { Cwe(self.0.part(24)) }
    /// RXA-25 Administered Barcode Identifier (CWE), 4.14.7.25.
    pub fn administered_barcode_identifier(self) -> Cwe<'a> { Cwe(self.0.part(25)) }
    /// RXA-26 Pharmacy Order Type (ID, table 0480), 4.14.7.26.
    pub fn pharmacy_order_type(self) -> Id<'a> { Id(self.0.part(26)) }
    /// RXA-27 Administer At (PL), from 2.6.
    pub fn administer_at(self) -> Pl<'a> { Pl(self.0.part(27)) }
    /// RXA-28 Administered At Address (XAD), from 2.6.
    pub fn administered_at_address(self) -> Xad<'a> { Xad(self.0.part(28)) }
    /// RXA-29 Administered Tag Identifier (EI, repeats), from 2.8.
    pub fn administered_tag_identifier(self) -> impl Iterator<Item = Ei<'a>> {
        self.0.repetitions(29).map(Ei)
    }
}
