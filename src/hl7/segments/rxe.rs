//! RXE: pharmacy or treatment encoded order.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cq, Cwe, Dtm, Id, La1, Nm, Pl, St, Tq, Xad, Xcn, Xtn};

/// Pharmacy or treatment encoded order (HL7 v2.5.1, 4.14.4).
#[derive(Debug, Clone, Copy)]
pub struct Rxe<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Rxe<'a> {
    const NAME: [u8; 3] = *b"RXE";

    fn of(segment: Segment<'a>) -> Self {
        Rxe(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Rxe<'a> {
    /// RXE-1 Quantity Timing (TQ), 4.14.4.1.
    pub fn quantity_timing(self) -> Tq<'a> { Tq(self.0.part(1)) }
    /// RXE-2 Give Code (CE, table 0292), 4.14.4.2.
    pub fn give_code(self) -> Cwe<'a> { Cwe(self.0.part(2)) }
    /// RXE-3 Give Amount Minimum (NM), 4.14.4.3.
    pub fn give_amount_minimum(self) -> Nm<'a> { Nm(self.0.part(3)) }
    /// RXE-4 Give Amount Maximum (NM), 4.14.4.4.
    pub fn give_amount_maximum(self) -> Nm<'a> { Nm(self.0.part(4)) }
    /// RXE-5 Give Units (CE), 4.14.4.5.
    pub fn give_units(self) -> Cwe<'a> { Cwe(self.0.part(5)) }
    /// RXE-6 Give Dosage Form (CE), 4.14.4.6.
    pub fn give_dosage_form(self) -> Cwe<'a> { Cwe(self.0.part(6)) }
    /// RXE-7 Provider's Administration Instructions (CE, repeats), 4.14.4.7.
    pub fn providers_administration_instructions(self) -> impl Iterator<Item = Cwe<'a>> {
        self.0.repetitions(7).map(Cwe)
    }
    /// RXE-8 Deliver to Location (LA1), 4.14.4.8.
    pub fn deliver_to_location(self) -> La1<'a> { La1(self.0.part(8)) }
    /// RXE-9 Substitution Status (ID, table 0167), 4.14.4.9.
    pub fn substitution_status(self) -> Id<'a> { Id(self.0.part(9)) }
    /// RXE-10 Dispense Amount (NM), 4.14.4.10.
    pub fn dispense_amount(self) -> Nm<'a> { Nm(self.0.part(10)) }
    /// RXE-11 Dispense Units (CE), 4.14.4.11.
    pub fn dispense_units(self) -> Cwe<'a> { Cwe(self.0.part(11)) }
    /// RXE-12 Number of Refills (NM), 4.14.4.12.
    pub fn number_of_refills(self) -> Nm<'a> { Nm(self.0.part(12)) }
    /// RXE-13 Ordering Provider's DEA Number (XCN, repeats), 4.14.4.13.
    pub fn ordering_providers_dea_number(self) -> impl Iterator<Item = Xcn<'a>> {
        self.0.repetitions(13).map(Xcn)
    }
    /// RXE-14 Pharmacist Treatment Supplier's Verifier ID (XCN, repeats), 4.14.4.14.
    pub fn pharmacist_treatment_suppliers_verifier_id(self) -> impl Iterator<Item = Xcn<'a>> {
        self.0.repetitions(14).map(Xcn)
    }
    /// RXE-15 Prescription Number (ST), 4.14.4.15.
    pub fn prescription_number(self) -> St<'a> { St(self.0.part(15)) }
    /// RXE-16 Number of Refills Remaining (NM), 4.14.4.16.
    pub fn number_of_refills_remaining(self) -> Nm<'a> { Nm(self.0.part(16)) }
    /// RXE-17 Number of Refills Doses Dispensed (NM), 4.14.4.17.
    pub fn number_of_refills_doses_dispensed(self) -> Nm<'a> { Nm(self.0.part(17)) }
    /// RXE-18 Date/Time of Most Recent Refill or Dose Dispensed (TS), 4.14.4.18.
    pub fn datetime_of_most_recent_refill_or_dose_dispensed(self) -> Dtm<'a> { Dtm(self.0.part(18)) }
    /// RXE-19 Total Daily Dose (CQ), 4.14.4.19.
    pub fn total_daily_dose(self) -> Cq<'a> { Cq(self.0.part(19)) }
    /// RXE-20 Needs Human Review (ID, table 0136), 4.14.4.20.
    pub fn needs_human_review(self) -> Id<'a> { Id(self.0.part(20)) }
    /// RXE-21 Pharmacy Treatment Supplier's Special Dispensing Instructions (CE, repeats), 4.14.4.21.
    pub fn pharmacy_treatment_suppliers_special_dispensing_instructions(self) -> impl Iterator<Item = Cwe<'a>> {
        self.0.repetitions(21).map(Cwe)
    }
    /// RXE-22 Give Per Time Unit (ST), 4.14.4.22.
    pub fn give_per_time_unit(self) -> St<'a> { St(self.0.part(22)) }
    /// RXE-23 Give Rate Amount (ST), 4.14.4.23.
    pub fn give_rate_amount(self) -> St<'a> { St(self.0.part(23)) }
    /// RXE-24 Give Rate Units (CE), 4.14.4.24.
    pub fn give_rate_units(self) -> Cwe<'a> { Cwe(self.0.part(24)) }
    /// RXE-25 Give Strength (NM), 4.14.4.25.
    pub fn give_strength(self) -> Nm<'a> { Nm(self.0.part(25)) }
    /// RXE-26 Give Strength Units (CE), 4.14.4.26.
    pub fn give_strength_units(self) -> Cwe<'a> { Cwe(self.0.part(26)) }
    /// RXE-27 Give Indication (CE, repeats), 4.14.4.27.
    pub fn give_indication(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(27).map(Cwe) }
    /// RXE-28 Dispense Package Size (NM), 4.14.4.28.
    pub fn dispense_package_size(self) -> Nm<'a> { Nm(self.0.part(28)) }
    /// RXE-29 Dispense Package Size Unit (CE), 4.14.4.29.
    pub fn dispense_package_size_unit(self) -> Cwe<'a> { Cwe(self.0.part(29)) }
    /// RXE-30 Dispense Package Method (ID, table 0321), 4.14.4.30.
    pub fn dispense_package_method(self) -> Id<'a> { Id(self.0.part(30)) }
    /// RXE-31 Supplementary Code (CE, repeats), 4.14.4.31.
    pub fn supplementary_code(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(31).map(Cwe) }
    /// RXE-32 Original Order Date/Time (TS), 4.14.4.32.
    pub fn original_order_datetime(self) -> Dtm<'a> { Dtm(self.0.part(32)) }
    /// RXE-33 Give Drug Strength Volume (NM), 4.14.4.33.
    pub fn give_drug_strength_volume(self) -> Nm<'a> { Nm(self.0.part(33)) }
    /// RXE-34 Give Drug Strength Volume Units (CWE), 4.14.4.34.
    pub fn give_drug_strength_volume_units(self) -> Cwe<'a> { Cwe(self.0.part(34)) }
    /// RXE-35 Controlled Substance Schedule (CWE, table 0477), 4.14.4.35.
    pub fn controlled_substance_schedule(self) -> Cwe<'a> { Cwe(self.0.part(35)) }
    /// RXE-36 Formulary Status (ID, table 0478), 4.14.4.36.
    pub fn formulary_status(self) -> Id<'a> { Id(self.0.part(36)) }
    /// RXE-37 Pharmaceutical Substance Alternative (CWE, repeats), 4.14.4.37.
    pub fn pharmaceutical_substance_alternative(self) -> impl Iterator<Item = Cwe<'a>> {
        self.0.repetitions(37).map(Cwe)
    }
    /// RXE-38 Pharmacy of Most Recent Fill (CWE), 4.14.4.38.
    pub fn pharmacy_of_most_recent_fill(self) -> Cwe<'a> { Cwe(self.0.part(38)) }
    /// RXE-39 Initial Dispense Amount (NM), 4.14.4.39.
    pub fn initial_dispense_amount(self) -> Nm<'a> { Nm(self.0.part(39)) }
    /// RXE-40 Dispensing Pharmacy (CWE), 4.14.4.40.
    pub fn dispensing_pharmacy(self) -> Cwe<'a> { Cwe(self.0.part(40)) }
    /// RXE-41 Dispensing Pharmacy Address (XAD), 4.14.4.41.
    pub fn dispensing_pharmacy_address(self) -> Xad<'a> { Xad(self.0.part(41)) }
    /// RXE-42 Deliver to Patient Location (PL), 4.14.4.42.
    pub fn deliver_to_patient_location(self) -> Pl<'a> { Pl(self.0.part(42)) }
    /// RXE-43 Deliver to Address (XAD), 4.14.4.43.
    pub fn deliver_to_address(self) -> Xad<'a> { Xad(self.0.part(43)) }
    /// RXE-44 Pharmacy Order Type (ID, table 0480), 4.14.4.44.
    pub fn pharmacy_order_type(self) -> Id<'a> { Id(self.0.part(44)) }
    /// RXE-45 Pharmacy Phone Number (XTN, repeats), from 2.7.
    pub fn pharmacy_phone_number(self) -> impl Iterator<Item = Xtn<'a>> { self.0.repetitions(45).map(Xtn) }
}
