//! RXO: pharmacy or treatment order.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cq, Cwe, Ei, Id, La1, Nm, Pl, St, Xad, Xcn, Xtn};

/// Pharmacy or treatment order (HL7 v2.5.1, 4.14.1).
#[derive(Debug, Clone, Copy)]
pub struct Rxo<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Rxo<'a> {
    const NAME: [u8; 3] = *b"RXO";

    fn of(segment: Segment<'a>) -> Self {
        Rxo(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Rxo<'a> {
    /// RXO-1 Requested Give Code (CE), 4.14.1.1.
    pub fn requested_give_code(self) -> Cwe<'a> { Cwe(self.0.part(1)) }
    /// RXO-2 Requested Give Amount Minimum (NM), 4.14.1.2.
    pub fn requested_give_amount_minimum(self) -> Nm<'a> { Nm(self.0.part(2)) }
    /// RXO-3 Requested Give Amount Maximum (NM), 4.14.1.3.
    pub fn requested_give_amount_maximum(self) -> Nm<'a> { Nm(self.0.part(3)) }
    /// RXO-4 Requested Give Units (CE), 4.14.1.4.
    pub fn requested_give_units(self) -> Cwe<'a> { Cwe(self.0.part(4)) }
    /// RXO-5 Requested Dosage Form (CE), 4.14.1.5.
    pub fn requested_dosage_form(self) -> Cwe<'a> { Cwe(self.0.part(5)) }
    /// RXO-6 Provider's Pharmacy Treatment Instructions (CE, repeats), 4.14.1.6.
    pub fn providers_pharmacy_treatment_instructions(self) -> impl Iterator<Item = Cwe<'a>> {
        self.0.repetitions(6).map(Cwe)
    }
    /// RXO-7 Provider's Administration Instructions (CE, repeats), 4.14.1.7.
    pub fn providers_administration_instructions(self) -> impl Iterator<Item = Cwe<'a>> {
        self.0.repetitions(7).map(Cwe)
    }
    /// RXO-8 Deliver to Location (LA1), 4.14.1.8.
    pub fn deliver_to_location(self) -> La1<'a> { La1(self.0.part(8)) }
    /// RXO-9 Allow Substitutions (ID, table 0161), 4.14.1.9.
    pub fn allow_substitutions(self) -> Id<'a> { Id(self.0.part(9)) }
    /// RXO-10 Requested Dispense Code (CE), 4.14.1.10.
    pub fn requested_dispense_code(self) -> Cwe<'a> { Cwe(self.0.part(10)) }
    /// RXO-11 Requested Dispense Amount (NM), 4.14.1.11.
    pub fn requested_dispense_amount(self) -> Nm<'a> { Nm(self.0.part(11)) }
    /// RXO-12 Requested Dispense Units (CE), 4.14.1.12.
    pub fn requested_dispense_units(self) -> Cwe<'a> { Cwe(self.0.part(12)) }
    /// RXO-13 Number of Refills (NM), 4.14.1.13.
    pub fn number_of_refills(self) -> Nm<'a> { Nm(self.0.part(13)) }
    /// RXO-14 Ordering Provider's DEA Number (XCN, repeats), 4.14.1.14.
    pub fn ordering_providers_dea_number(self) -> impl Iterator<Item = Xcn<'a>> {
        self.0.repetitions(14).map(Xcn)
    }
    /// RXO-15 Pharmacist Treatment Supplier's Verifier ID (XCN, repeats), 4.14.1.15.
    pub fn pharmacist_treatment_suppliers_verifier_id(self) -> impl Iterator<Item = Xcn<'a>> {
        self.0.repetitions(15).map(Xcn)
    }
    /// RXO-16 Needs Human Review (ID, table 0136), 4.14.1.16.
    pub fn needs_human_review(self) -> Id<'a> { Id(self.0.part(16)) }
    /// RXO-17 Requested Give Per Time Unit (ST), 4.14.1.17.
    pub fn requested_give_per_time_unit(self) -> St<'a> { St(self.0.part(17)) }
    /// RXO-18 Requested Give Strength (NM), 4.14.1.18.
    pub fn requested_give_strength(self) -> Nm<'a> { Nm(self.0.part(18)) }
    /// RXO-19 Requested Give Strength Units (CE), 4.14.1.19.
    pub fn requested_give_strength_units(self) -> Cwe<'a> { Cwe(self.0.part(19)) }
    /// RXO-20 Indication (CE, repeats), 4.14.1.20.
    pub fn indication(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(20).map(Cwe) }
    /// RXO-21 Requested Give Rate Amount (ST), 4.14.1.21.
    pub fn requested_give_rate_amount(self) -> St<'a> { St(self.0.part(21)) }
    /// RXO-22 Requested Give Rate Units (CE), 4.14.1.22.
    pub fn requested_give_rate_units(self) -> Cwe<'a> { Cwe(self.0.part(22)) }
    /// RXO-23 Total Daily Dose (CQ), 4.14.1.23.
    pub fn total_daily_dose(self) -> Cq<'a> { Cq(self.0.part(23)) }
    /// RXO-24 Supplementary Code (CE, repeats), 4.14.1.24.
    pub fn supplementary_code(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(24).map(Cwe) }
    /// RXO-25 Requested Drug Strength Volume (NM), 4.14.1.25.
    pub fn requested_drug_strength_volume(self) -> Nm<'a> { Nm(self.0.part(25)) }
    /// RXO-26 Requested Drug Strength Volume Units (CWE), 4.14.1.26.
    pub fn requested_drug_strength_volume_units(self) -> Cwe<'a> { Cwe(self.0.part(26)) }
    /// RXO-27 Pharmacy Order Type (ID, table 0480), 4.14.1.27.
    pub fn pharmacy_order_type(self) -> Id<'a> { Id(self.0.part(27)) }
    /// RXO-28 Dispensing Interval (NM), 4.14.1.28.
    pub fn dispensing_interval(self) -> Nm<'a> { Nm(self.0.part(28)) }
    /// RXO-29 Medication Instance Identifier (EI), from 2.6.
    pub fn medication_instance_identifier(self) -> Ei<'a> { Ei(self.0.part(29)) }
    /// RXO-30 Segment Instance Identifier (EI), from 2.6.
    pub fn segment_instance_identifier(self) -> Ei<'a> { Ei(self.0.part(30)) }
    /// RXO-31 Mood Code (CNE, table 0725), from 2.6.
    pub fn mood_code(self) -> Cwe<'a> { Cwe(self.0.part(31)) }
    /// RXO-32 Dispensing Pharmacy (CWE), from 2.6.
    pub fn dispensing_pharmacy(self) -> Cwe<'a> { Cwe(self.0.part(32)) }
    /// RXO-33 Dispensing Pharmacy Address (XAD), from 2.6.
    pub fn dispensing_pharmacy_address(self) -> Xad<'a> { Xad(self.0.part(33)) }
    /// RXO-34 Deliver to Patient Location (PL), from 2.6.
    pub fn deliver_to_patient_location(self) -> Pl<'a> { Pl(self.0.part(34)) }
    /// RXO-35 Deliver to Address (XAD), from 2.6.
    pub fn deliver_to_address(self) -> Xad<'a> { Xad(self.0.part(35)) }
    /// RXO-36 Pharmacy Phone Number (XTN, repeats), from 2.7.
    pub fn pharmacy_phone_number(self) -> impl Iterator<Item = Xtn<'a>> { self.0.repetitions(36).map(Xtn) }
}
