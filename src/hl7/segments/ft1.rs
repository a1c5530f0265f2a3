//! FT1: financial transaction.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cp, Cq, Cwe, Cx, Dr, Dtm, Ei, Is, Nm, Pl, Si, St, Xcn, Xon};

/// Financial transaction (HL7 v2.5.1, 6.5.1).
#[derive(Debug, Clone, Copy)]
pub struct Ft1<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Ft1<'a> {
    const NAME: [u8; 3] = *b"FT1";

    fn of(segment: Segment<'a>) -> Self {
        Ft1(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Ft1<'a> {
    /// FT1-1 Set ID (SI), 6.5.1.1.
    pub fn set_id(self) -> Si<'a> { Si(self.0.part(1)) }
    /// FT1-2 Transaction ID (ST), 6.5.1.2.
    pub fn transaction_id(self) -> St<'a> { St(self.0.part(2)) }
    /// FT1-3 Transaction Batch ID (ST), 6.5.1.3.
    pub fn transaction_batch_id(self) -> St<'a> { St(self.0.part(3)) }
    /// FT1-4 Transaction Date (DR), 6.5.1.4.
    pub fn transaction_date(self) -> Dr<'a> { Dr(self.0.part(4)) }
    /// FT1-5 Transaction Posting Date (TS), 6.5.1.5.
    pub fn transaction_posting_date(self) -> Dtm<'a> { Dtm(self.0.part(5)) }
    /// FT1-6 Transaction Type (IS, table 0017), 6.5.1.6.
    pub fn transaction_type(self) -> Is<'a> { Is(self.0.part(6)) }
    /// FT1-7 Transaction Code (CE, table 0132), 6.5.1.7.
    pub fn transaction_code(self) -> Cwe<'a> { Cwe(self.0.part(7)) }
    /// FT1-8 Transaction Description (ST), 6.5.1.8.
    pub fn transaction_description(self) -> St<'a> { St(self.0.part(8)) }
    /// FT1-9 Transaction Description Alt (ST), 6.5.1.9.
    pub fn transaction_description_alt(self) -> St<'a> { St(self.0.part(9)) }
    /// FT1-10 Transaction Quantity (NM), 6.5.1.10.
    pub fn transaction_quantity(self) -> Nm<'a> { Nm(self.0.part(10)) }
    /// FT1-11 Transaction Amount Extended (CP), 6.5.1.11.
    pub fn transaction_amount_extended(self) -> Cp<'a> { Cp(self.0.part(11)) }
    /// FT1-12 Transaction Amount Unit (CP), 6.5.1.12.
    pub fn transaction_amount_unit(self) -> Cp<'a> { Cp(self.0.part(12)) }
    /// FT1-13 Department Code (CE, table 0049), 6.5.1.13.
    pub fn department_code(self) -> Cwe<'a> { Cwe(self.0.part(13)) }
    /// FT1-14 Insurance Plan ID (CE, table 0072), 6.5.1.14.
    pub fn insurance_plan_id(self) -> Cwe<'a> { Cwe(self.0.part(14)) }
    /// FT1-15 Insurance Amount (CP), 6.5.1.15.
    pub fn insurance_amount(self) -> Cp<'a> { Cp(self.0.part(15)) }
    /// FT1-16 Assigned Patient Location (PL), 6.5.1.16.
    pub fn assigned_patient_location(self) -> Pl<'a> { Pl(self.0.part(16)) }
    /// FT1-17 Fee Schedule (IS, table 0024), 6.5.1.17.
    pub fn fee_schedule(self) -> Is<'a> { Is(self.0.part(17)) }
    /// FT1-18 Patient Type (IS, table 0018), 6.5.1.18.
    pub fn patient_type(self) -> Is<'a> { Is(self.0.part(18)) }
    /// FT1-19 Diagnosis Code (CE, table 0051, repeats), 6.5.1.19.
    pub fn diagnosis_code(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(19).map(Cwe) }
    /// FT1-20 Performed by Code (XCN, table 0084, repeats), 6.5.1.20.
    pub fn performed_by_code(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(20).map(Xcn) }
    /// FT1-21 Ordered by Code (XCN, repeats), 6.5.1.21.
    pub fn ordered_by_code(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(21).map(Xcn) }
    /// FT1-22 Unit Cost (CP), 6.5.1.22.
    pub fn unit_cost(self) -> Cp<'a> { Cp(self.0.part(22)) }
    /// FT1-23 Filler Order Number (EI), 6.5.1.23.
    pub fn filler_order_number(self) -> Ei<'a> { Ei(self.0.part(23)) }
    /// FT1-24 Entered by Code (XCN, repeats), 6.5.1.24.
    pub fn entered_by_code(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(24).map(Xcn) }
    /// FT1-25 Procedure Code (CE, table 0088), 6.5.1.25.
    pub fn procedure_code(self) -> Cwe<'a> { Cwe(self.0.part(25)) }
    /// FT1-26 Procedure Code Modifier (CE, table 0340, repeats), 6.5.1.26.
    pub fn procedure_code_modifier(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(26).map(Cwe) }
    /// FT1-27 Advanced Beneficiary Notice Code (CE, table 0339), 6.5.1.27.
    pub fn advanced_beneficiary_notice_code(self) -> Cwe<'a> { Cwe(self.0.part(27)) }
    /// FT1-28 Medically Necessary Duplicate Procedure Reason (CWE, table 0476), 6.5.1.28.
    pub fn medically_necessary_duplicate_procedure_reason(self) -> Cwe<'a> { Cwe(self.0.part(28)) }
    /// FT1-29 NDC Code (CNE, table 0549), 6.5.1.29.
    pub fn ndc_code(self) -> Cwe<'a> { Cwe(self.0.part(29)) }
    /// FT1-30 Payment Reference ID (CX), 6.5.1.30.
    pub fn payment_reference_id(self) -> Cx<'a> { Cx(self.0.part(30)) }
    /// FT1-31 Transaction Reference Key (SI, repeats), 6.5.1.31.
    pub fn transaction_reference_key(self) -> impl Iterator<Item = Si<'a>> { self.0.repetitions(31).map(Si) }
    /// FT1-32 Performing Facility (XON, repeats), from 2.7.
    pub fn performing_facility(self) -> impl Iterator<Item = Xon<'a>> { self.0.repetitions(32).map(Xon) }
    /// FT1-33 Ordering Facility (XON), from 2.7.
    pub fn ordering_facility(self) -> Xon<'a> { Xon(self.0.part(33)) }
    /// FT1-34 Item Number (CWE), from 2.7.
    pub fn item_number(self) -> Cwe<'a> { Cwe(self.0.part(34)) }
    /// FT1-35 Model Number (ST), from 2.7.
    pub fn model_number(self) -> St<'a> { St(self.0.part(35)) }
    /// FT1-36 Special Processing Code (CWE, repeats), from 2.7.
    pub fn special_processing_code(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(36).map(Cwe) }
    /// FT1-37 Clinic Code (CWE), from 2.7.
    pub fn clinic_code(self) -> Cwe<'a> { Cwe(self.0.part(37)) }
    /// FT1-38 Referral Number (CX), from 2.7.
    pub fn referral_number(self) -> Cx<'a> { Cx(self.0.part(38)) }
    /// FT1-39 Authorization Number (CX), from 2.7.
    pub fn authorization_number(self) -> Cx<'a> { Cx(self.0.part(39)) }
    /// FT1-40 Service Provider Taxonomy Code (CWE), from 2.7.
    pub fn service_provider_taxonomy_code(self) -> Cwe<'a> { Cwe(self.0.part(40)) }
    /// FT1-41 Revenue Code (CWE, table 0456), from 2.7.
    pub fn revenue_code(self) -> Cwe<'a> { Cwe(self.0.part(41)) }
    /// FT1-42 Prescription Number (ST), from 2.7.
    pub fn prescription_number(self) -> St<'a> { St(self.0.part(42)) }
    /// FT1-43 NDC Qty and Uom (CQ), from 2.7.
    pub fn ndc_qty_and_uom(self) -> Cq<'a> { Cq(self.0.part(43)) }
}
