//! ORC: common order.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Cx, Dt, Dtm, Ei, Eip, Id, Pl, Tq, Xad, Xcn, Xon, Xtn};

/// Common order (HL7 v2.5.1, 4.5.1).
#[derive(Debug, Clone, Copy)]
pub struct Orc<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Orc<'a> {
    const NAME: [u8; 3] = *b"ORC";

    fn of(segment: Segment<'a>) -> Self {
        Orc(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Orc<'a> {
    /// ORC-1 Order Control (ID, table 0119), 4.5.1.1.
    pub fn order_control(self) -> Id<'a> { Id(self.0.part(1)) }
    /// ORC-2 Placer Order Number (EI), 4.5.1.2.
    pub fn placer_order_number(self) -> Ei<'a> { Ei(self.0.part(2)) }
    /// ORC-3 Filler Order Number (EI), 4.5.1.3.
    pub fn filler_order_number(self) -> Ei<'a> { Ei(self.0.part(3)) }
    /// ORC-4 Placer Group Number (EI), 4.5.1.4.
    pub fn placer_group_number(self) -> Ei<'a> { Ei(self.0.part(4)) }
    /// ORC-5 Order Status (ID, table 0038), 4.5.1.5.
    pub fn order_status(self) -> Id<'a> { Id(self.0.part(5)) }
    /// ORC-6 Response Flag (ID, table 0121), 4.5.1.6.
    pub fn response_flag(self) -> Id<'a> { Id(self.0.part(6)) }
    /// ORC-7 Quantity Timing (TQ, repeats), 4.5.1.7.
    pub fn quantity_timing(self) -> impl Iterator<Item = Tq<'a>> { self.0.repetitions(7).map(Tq) }
    /// ORC-8 Parent (EIP), 4.5.1.8.
    pub fn parent(self) -> Eip<'a> { Eip(self.0.part(8)) }
    /// ORC-9 Date/Time of Transaction (TS), 4.5.1.9.
    pub fn datetime_of_transaction(self) -> Dtm<'a> { Dtm(self.0.part(9)) }
    /// ORC-10 Entered by (XCN, repeats), 4.5.1.10.
    pub fn entered_by(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(10).map(Xcn) }
    /// ORC-11 Verified by (XCN, repeats), 4.5.1.11.
    pub fn verified_by(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(11).map(Xcn) }
    /// ORC-12 Ordering Provider (XCN, repeats), 4.5.1.12.
    pub fn ordering_provider(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(12).map(Xcn) }
    /// ORC-13 Enterer's Location (PL), 4.5.1.13.
    pub fn enterers_location(self) -> Pl<'a> { Pl(self.0.part(13)) }
    /// ORC-14 Call Back Phone Number (XTN, repeats), 4.5.1.14.
    pub fn call_back_phone_number(self) -> impl Iterator<Item = Xtn<'a>> { self.0.repetitions(14).map(Xtn) }
    /// ORC-15 Order Effective Date/Time (TS), 4.5.1.15.
    pub fn order_effective_datetime(self) -> Dtm<'a> { Dtm(self.0.part(15)) }
    /// ORC-16 Order Control Code Reason (CE), 4.5.1.16.
    pub fn order_control_code_reason(self) -> Cwe<'a> { Cwe(self.0.part(16)) }
    /// ORC-17 Entering Organization (CE), 4.5.1.17.
    pub fn entering_organization(self) -> Cwe<'a> { Cwe(self.0.part(17)) }
    /// ORC-18 Entering Device (CE), 4.5.1.18.
    pub fn entering_device(self) -> Cwe<'a> { Cwe(self.0.part(18)) }
    /// ORC-19 Action by (XCN, repeats), 4.5.1.19.
    pub fn action_by(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(19).map(Xcn) }
    /// ORC-20 Advanced Beneficiary Notice Code (CE, table 0339), 4.5.1.20.
    pub fn advanced_beneficiary_notice_code(self) -> Cwe<'a> { Cwe(self.0.part(20)) }
    /// ORC-21 Ordering Facility Name (XON, repeats), 4.5.1.21.
    pub fn ordering_facility_name(self) -> impl Iterator<Item = Xon<'a>> { self.0.repetitions(21).map(Xon) }
    /// ORC-22 Ordering Facility Address (XAD, repeats), 4.5.1.22.
    pub fn ordering_facility_address(self) -> impl Iterator<Item = Xad<'a>> {
        self.0.repetitions(22).map(Xad)
    }
    /// ORC-23 Ordering Facility Phone Number (XTN, repeats), 4.5.1.23.
    pub fn ordering_facility_phone_number(self) -> impl Iterator<Item = Xtn<'a>> {
        self.0.repetitions(23).map(Xtn)
    }
    /// ORC-24 Ordering Provider Address (XAD, repeats), 4.5.1.24.
    pub fn ordering_provider_address(self) -> impl Iterator<Item = Xad<'a>> {
        self.0.repetitions(24).map(Xad)
    }
    /// ORC-25 Order Status Modifier (CWE), 4.5.1.25.
    pub fn order_status_modifier(self) -> Cwe<'a> { Cwe(self.0.part(25)) }
    /// ORC-26 Advanced Beneficiary Notice Override Reason (CWE, table 0552), 4.5.1.26.
    pub fn advanced_beneficiary_notice_override_reason(self) -> Cwe<'a> { Cwe(self.0.part(26)) }
    /// ORC-27 Filler's Expected Availability Date/Time (TS), 4.5.1.27.
    pub fn fillers_expected_availability_datetime(self) -> Dtm<'a> { Dtm(self.0.part(27)) }
    /// ORC-28 Confidentiality Code (CWE, table 0177), 4.5.1.28.
    pub fn confidentiality_code(self) -> Cwe<'a> { Cwe(self.0.part(28)) }
    /// ORC-29 Order Type (CWE, table 0482), 4.5.1.29.
    pub fn order_type(self) -> Cwe<'a> { Cwe(self.0.part(29)) }
    /// ORC-30 Enterer Authorization Mode (CNE, table 0483), 4.5.1.30.
    pub fn enterer_authorization_mode(self) -> Cwe<'a> { Cwe(self.0.part(30)) }
    /// ORC-31 Parent Universal Service Identifier (CWE), 4.5.1.31.
    pub fn parent_universal_service_identifier(self) -> Cwe<'a> { Cwe(self.0.part(31)) }
    /// ORC-32 Advanced Beneficiary Notice Date (DT), from 2.7.
    pub fn advanced_beneficiary_notice_date(self) -> Dt<'a> { Dt(self.0.part(32)) }
    /// ORC-33 Alternate Placer Order Number (CX, repeats), from 2.7.
    pub fn alternate_placer_order_number(self) -> impl Iterator<Item = Cx<'a>> {
        self.0.repetitions(33).map(Cx)
    }
    /// ORC-34 Order Workflow Profile (CWE, table 0934, repeats), from 2.8.
    pub fn order_workflow_profile(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(34).map(Cwe) }
}
