//! RXD: pharmacy or treatment dispense.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cq, Cwe, Dtm, Ei, Id, La2, Nm, St, Xad, Xcn, Xtn};

/// Pharmacy or treatment dispense (HL7 v2.5.1, 4.14.5).
#[derive(Debug, Clone, Copy)]
pub struct Rxd<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Rxd<'a> {
    const NAME: [u8; 3] = *b"RXD";

    fn of(segment: Segment<'a>) -> Self {
        Rxd(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Rxd<'a> {
    /// RXD-1 Dispense Sub ID Counter (NM), 4.14.5.1.
    pub fn dispense_sub_id_counter(self) -> Nm<'a> { Nm(self.0.part(1)) }
    /// RXD-2 Dispense Give Code (CE, table 0292), 4.14.5.2.
    pub fn dispense_give_code(self) -> Cwe<'a> { Cwe(self.0.part(2)) }
    /// RXD-3 Date/Time Dispensed (TS), 4.14.5.3.
    pub fn datetime_dispensed(self) -> Dtm<'a> { Dtm(self.0.part(3)) }
    /// RXD-4 Actual Dispense Amount (NM), 4.14.5.4.
    pub fn actual_dispense_amount(self) -> Nm<'a> { Nm(self.0.part(4)) }
    /// RXD-5 Actual Dispense Units (CE), 4.14.5.5.
    pub fn actual_dispense_units(self) -> Cwe<'a> { Cwe(self.0.part(5)) }
    /// RXD-6 Actual Dosage Form (CE), 4.14.5.6.
    pub fn actual_dosage_form(self) -> Cwe<'a> { Cwe(self.0.part(6)) }
    /// RXD-7 Prescription Number (ST), 4.14.5.7.
    pub fn prescription_number(self) -> St<'a> { St(self.0.part(7)) }
    /// RXD-8 Number of Refills Remaining (NM), 4.14.5.8.
    pub fn number_of_refills_remaining(self) -> Nm<'a> { Nm(self.0.part(8)) }
    /// RXD-9 Dispense Notes (ST, repeats), 4.14.5.9.
    pub fn dispense_notes(self) -> impl Iterator<Item = St<'a>> { self.0.repetitions(9).map(St) }
    /// RXD-10 Dispensing Provider (XCN, repeats), 4.14.5.10.
    pub fn dispensing_provider(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(10).map(Xcn) }
    /// RXD-11 Substitution Status (ID, table 0167), 4.14.5.11.
    pub fn substitution_status(self) -> Id<'a> { Id(self.0.part(11)) }
    /// RXD-12 Total Daily Dose (CQ), 4.14.5.12.
    pub fn total_daily_dose(self) -> Cq<'a> { Cq(self.0.part(12)) }
    /// RXD-13 Dispense to Location (LA2), 4.14.5.13.
    pub fn dispense_to_location(self) -> La2<'a> { La2(self.0.part(13)) }
    /// RXD-14 Needs Human Review (ID, table 0136), 4.14.5.14.
    pub fn needs_human_review(self) -> Id<'a> { Id(self.0.part(14)) }
    /// RXD-15 Pharmacy Treatment Supplier's Special Dispensing Instructions (CE, repeats), 4.14.5.15.
    pub fn pharmacy_treatment_suppliers_special_dispensing_instructions(self) -> impl Iterator<Item = Cwe<'a>> {
        self.0.repetitions(15).map(Cwe)
    }
    /// RXD-16 Actual Strength (NM), 4.14.5.16.
    pub fn actual_strength(self) -> Nm<'a> { Nm(self.0.part(16)) }
    /// RXD-17 Actual Strength Unit (CE), 4.14.5.17.
    pub fn actual_strength_unit(self) -> Cwe<'a> { Cwe(self.0.part(17)) }
    /// RXD-18 Substance Lot Number (ST, repeats), 4.14.5.18.
    pub fn substance_lot_number(self) -> impl Iterator<Item = St<'a>> { self.0.repetitions(18).map(St) }
    /// RXD-19 Substance Expiration Date (TS, repeats), 4.14.5.19.
    pub fn substance_expiration_date(self) -> impl Iterator<Item = Dtm<'a>> {
        self.0.repetitions(19).map(Dtm)
    }
    /// RXD-20 Substance Manufacturer Name (CE, table 0227, repeats), 4.14.5.20.
    pub fn substance_manufacturer_name(self) -> impl Iterator<Item = Cwe<'a>> {
        self.0.repetitions(20).map(Cwe)
    }
    /// RXD-21 Indication (CE, repeats), 4.14.5.21.
    pub fn indication(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(21).map(Cwe) }
    /// RXD-22 Dispense Package Size (NM), 4.14.5.22.
    pub fn dispense_package_size(self) -> Nm<'a> { Nm(self.0.part(22)) }
    /// RXD-23 Dispense Package Size Unit (CE), 4.14.5.23.
    pub fn dispense_package_size_unit(self) -> Cwe<'a> { Cwe(self.0.part(23)) }
    /// RXD-24 Dispense Package Method (ID, table 0321), 4.14.5.24.
    pub fn dispense_package_method(self) -> Id<'a> { Id(self.0.part(24)) }
    /// RXD-25 Supplementary Code (CE, repeats), 4.14.5.25.
    pub fn supplementary_code(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(25).map(Cwe) }
    /// RXD-26 Initiating Location (CE), 4.14.5.26.
    pub fn initiating_location(self) -> Cwe<'a> { Cwe(self.0.part(26)) }
    /// RXD-27 Packaging Assembly Location (CE), 4.14.5.27.
    pub fn packaging_assembly_location(self) -> Cwe<'a> { Cwe(self.0.part(27)) }
    /// RXD-28 Actual Drug Strength Volume (NM), 4.14.5.28.
    pub fn actual_drug_strength_volume(self) -> Nm<'a> { Nm(self.0.part(28)) }
    /// RXD-29 Actual Drug Strength Volume Units (CWE), 4.14.5.29.
    pub fn actual_drug_strength_volume_units(self) -> Cwe<'a> { Cwe(self.0.part(29)) }
    /// RXD-30 Dispense to Pharmacy (CWE), 4.14.5.30.
    pub fn dispense_to_pharmacy(self) -> Cwe<'a> { Cwe(self.0.part(30)) }
    /// RXD-31 Dispense to Pharmacy Address (XAD), 4.14.5.31.
    pub fn dispense_to_pharmacy_address(self) -> Xad<'a> { Xad(self.0.part(31)) }
    /// RXD-32 Pharmacy Order Type (ID, table 0480), 4.14.5.32.
    pub fn pharmacy_order_type(self) -> Id<'a> { Id(self.0.part(32)) }
    /// RXD-33 Dispense Type (CWE, table 0484), 4.14.5.33.
    pub fn dispense_type(self) -> Cwe<'a> { Cwe(self.0.part(33)) }
    /// RXD-34 Pharmacy Phone Number (XTN, repeats), from 2.7.
    pub fn pharmacy_phone_number(self) -> impl Iterator<Item = Xtn<'a>> { self.0.repetitions(34).map(Xtn) }
    /// RXD-35 Dispense Tag Identifier (EI, repeats), from 2.8.
    pub fn dispense_tag_identifier(self) -> impl Iterator<Item = Ei<'a>> { self.0.repetitions(35).map(Ei) }
}
