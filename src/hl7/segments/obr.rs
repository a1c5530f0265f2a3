//! OBR: observation request.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cq, Cwe, Cx, Dtm, Ei, Eip, Id, Is, Moc, Ndl, Nm, Prl, Si, Sps, St, Tq, Xcn, Xtn};

/// Observation request (HL7 v2.5.1, 4.5.3).
#[derive(Debug, Clone, Copy)]
pub struct Obr<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Obr<'a> {
    const NAME: [u8; 3] = *b"OBR";

    fn of(segment: Segment<'a>) -> Self {
        Obr(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Obr<'a> {
    /// OBR-1 Set ID (SI), 4.5.3.1.
    pub fn set_id(self) -> Si<'a> { Si(self.0.part(1)) }
    /// OBR-2 Placer Order Number (EI), 4.5.3.2.
    pub fn placer_order_number(self) -> Ei<'a> { Ei(self.0.part(2)) }
    /// OBR-3 Filler Order Number (EI), 4.5.3.3.
    pub fn filler_order_number(self) -> Ei<'a> { Ei(self.0.part(3)) }
    /// OBR-4 Universal Service Identifier (CE), 4.5.3.4.
    pub fn universal_service_identifier(self) -> Cwe<'a> { Cwe(self.0.part(4)) }
    /// OBR-5 Priority (ID), 4.5.3.5.
    pub fn priority(self) -> Id<'a> { Id(self.0.part(5)) }
    /// OBR-6 Requested Date/Time (TS), 4.5.3.6.
    pub fn requested_datetime(self) -> Dtm<'a> { Dtm(self.0.part(6)) }
    /// OBR-7 Observation Date/Time (TS), 4.5.3.7.
    pub fn observation_datetime(self) -> Dtm<'a> { Dtm(self.0.part(7)) }
    /// OBR-8 Observation End Date/Time (TS), 4.5.3.8.
    pub fn observation_end_datetime(self) -> Dtm<'a> { Dtm(self.0.part(8)) }
    /// OBR-9 Collection Volume (CQ), 4.5.3.9.
    pub fn collection_volume(self) -> Cq<'a> { Cq(self.0.part(9)) }
    /// OBR-10 Collector Identifier (XCN, repeats), 4.5.3.10.
    pub fn collector_identifier(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(10).map(Xcn) }
    /// OBR-11 Specimen Action Code (ID, table 0065), 4.5.3.11.
    pub fn specimen_action_code(self) -> Id<'a> { Id(self.0.part(11)) }
    /// OBR-12 Danger Code (CE), 4.5.3.12.
    pub fn danger_code(self) -> Cwe<'a> { Cwe(self.0.part(12)) }
    /// OBR-13 Relevant Clinical Information (ST), 4.5.3.13.
    pub fn relevant_clinical_information(self) -> St<'a> { St(self.0.part(13)) }
    /// OBR-14 Specimen Received Date/Time (TS), 4.5.3.14.
    pub fn specimen_received_datetime(self) -> Dtm<'a> { Dtm(self.0.part(14)) }
    /// OBR-15 Specimen Source (SPS), 4.5.3.15.
    pub fn specimen_source(self) -> Sps<'a> { Sps(self.0.part(15)) }
    /// OBR-16 Ordering Provider (XCN, repeats), 4.5.3.16.
    pub fn ordering_provider(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(16).map(Xcn) }
    /// OBR-17 Order Callback Phone Number (XTN, repeats), 4.5.3.17.
    pub fn order_callback_phone_number(self) -> impl Iterator<Item = Xtn<'a>> {
        self.0.repetitions(17).map(Xtn)
    }
    /// OBR-18 Placer Field 1 (ST), 4.5.3.18.
    pub fn placer_field_1(self) -> St<'a> { St(self.0.part(18)) }
    /// OBR-19 Placer Field 2 (ST), 4.5.3.19.
    pub fn placer_field_2(self) -> St<'a> { St(self.0.part(19)) }
    /// OBR-20 Filler Field 1 (ST), 4.5.3.20.
    pub fn filler_field_1(self) -> St<'a> { St(self.0.part(20)) }
    /// OBR-21 Filler Field 2 (ST), 4.5.3.21.
    pub fn filler_field_2(self) -> St<'a> { St(self.0.part(21)) }
    /// OBR-22 Results Rpt Status Chng Date/Time (TS), 4.5.3.22.
    pub fn results_rpt_status_chng_datetime(self) -> Dtm<'a> { Dtm(self.0.part(22)) }
    /// OBR-23 Charge to Practice (MOC), 4.5.3.23.
    pub fn charge_to_practice(self) -> Moc<'a> { Moc(self.0.part(23)) }
    /// OBR-24 Diagnostic Serv Sect ID (ID, table 0074), 4.5.3.24.
    pub fn diagnostic_serv_sect_id(self) -> Id<'a> { Id(self.0.part(24)) }
    /// OBR-25 Result Status (ID, table 0123), 4.5.3.25.
    pub fn result_status(self) -> Id<'a> { Id(self.0.part(25)) }
    /// OBR-26 Parent Result (PRL), 4.5.3.26.
    pub fn parent_result(self) -> Prl<'a> { Prl(self.0.part(26)) }
    /// OBR-27 Quantity Timing (TQ, repeats), 4.5.3.27.
    pub fn quantity_timing(self) -> impl Iterator<Item = Tq<'a>> { self.0.repetitions(27).map(Tq) }
    /// OBR-28 Result Copies to (XCN, repeats), 4.5.3.28.
    pub fn result_copies_to(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(28).map(Xcn) }
    /// OBR-29 Parent (EIP), 4.5.3.29.
    pub fn parent(self) -> Eip<'a> { Eip(self.0.part(29)) }
    /// OBR-30 Transportation Mode (ID, table 0124), 4.5.3.30.
    pub fn transportation_mode(self) -> Id<'a> { Id(self.0.part(30)) }
    /// OBR-31 Reason for Study (CE, repeats), 4.5.3.31.
    pub fn reason_for_study(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(31).map(Cwe) }
    /// OBR-32 Principal Result Interpreter (NDL), 4.5.3.32.
    pub fn principal_result_interpreter(self) -> Ndl<'a> { Ndl(self.0.part(32)) }
    /// OBR-33 Assistant Result Interpreter (NDL, repeats), 4.5.3.33.
    pub fn assistant_result_interpreter(self) -> impl Iterator<Item = Ndl<'a>> {
        self.0.repetitions(33).map(Ndl)
    }
    /// OBR-34 Technician (NDL, repeats), 4.5.3.34.
    pub fn technician(self) -> impl Iterator<Item = Ndl<'a>> { self.0.repetitions(34).map(Ndl) }
    /// OBR-35 Transcriptionist (NDL, repeats), 4.5.3.35.
    pub fn transcriptionist(self) -> impl Iterator<Item = Ndl<'a>> { self.0.repetitions(35).map(Ndl) }
    /// OBR-36 Scheduled Date/Time (TS), 4.5.3.36.
    pub fn scheduled_datetime(self) -> Dtm<'a> { Dtm(self.0.part(36)) }
    /// OBR-37 Number of Sample Containers (NM), 4.5.3.37.
    pub fn number_of_sample_containers(self) -> Nm<'a> { Nm(self.0.part(37)) }
    /// OBR-38 Transport Logistics of Collected Sample (CE, repeats), 4.5.3.38.
    pub fn transport_logistics_of_collected_sample(self) -> impl Iterator<Item = Cwe<'a>> {
        self.0.repetitions(38).map(Cwe)
    }
    /// OBR-39 Collector's Comment (CE, repeats), 4.5.3.39.
    pub fn collectors_comment(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(39).map(Cwe) }
    /// OBR-40 Transport Arrangement Responsibility (CE), 4.5.3.40.
    pub fn transport_arrangement_responsibility(self) -> Cwe<'a> { Cwe(self.0.part(40)) }
    /// OBR-41 Transport Arranged (ID, table 0224), 4.5.3.41.
    pub fn transport_arranged(self) -> Id<'a> { Id(self.0.part(41)) }
    /// OBR-42 Escort Required (ID, table 0225), 4.5.3.42.
    pub fn escort_required(self) -> Id<'a> { Id(self.0.part(42)) }
    /// OBR-43 Planned Patient Transport Comment (CE, repeats), 4.5.3.43.
    pub fn planned_patient_transport_comment(self) -> impl Iterator<Item = Cwe<'a>> {
        self.0.repetitions(43).map(Cwe)
    }
    /// OBR-44 Procedure Code (CE, table 0088), 4.5.3.44.
    pub fn procedure_code(self) -> Cwe<'a> { Cwe(self.0.part(44)) }
    /// OBR-45 Procedure Code Modifier (CE, table 0340, repeats), 4.5.3.45.
    pub fn procedure_code_modifier(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(45).map(Cwe) }
    /// OBR-46 Placer Supplemental Service Information (CE, table 0411, repeats), 4.5.3.46.
    pub fn placer_supplemental_service_information(self) -> impl Iterator<Item = Cwe<'a>> {
        self.0.repetitions(46).map(Cwe)
    }
    /// OBR-47 Filler Supplemental Service Information (CE, table 0411, repeats), 4.5.3.47.
    pub fn filler_supplemental_service_information(self) -> impl Iterator<Item = Cwe<'a>> {
        self.0.repetitions(47).map(Cwe)
    }
    /// OBR-48 Medically Necessary Duplicate Procedure Reason (CWE, table 0476), 4.5.3.48.
    pub fn medically_necessary_duplicate_procedure_reason(self) -> Cwe<'a> { Cwe(self.0.part(48)) }
    /// OBR-49 Result Handling (IS, table 0507), 4.5.3.49.
    pub fn result_handling(self) -> Is<'a> { Is(self.0.part(49)) }
    /// OBR-50 Parent Universal Service Identifier (CWE), 4.5.3.50.
    pub fn parent_universal_service_identifier(self) -> Cwe<'a> { Cwe(self.0.part(50)) }
    /// OBR-51 Observation Group ID (EI), from 2.7.
    pub fn observation_group_id(self) -> Ei<'a> { Ei(self.0.part(51)) }
    /// OBR-52 Parent Observation Group ID (EI), from 2.7.
    pub fn parent_observation_group_id(self) -> Ei<'a> { Ei(self.0.part(52)) }
    /// OBR-53 Alternate Placer Order Number (CX, repeats), from 2.7.
    pub fn alternate_placer_order_number(self) -> impl Iterator<Item = Cx<'a>> {
        self.0.repetitions(53).map(Cx)
    }
    /// OBR-54 Parent Order (EIP), from 2.7.
    pub fn parent_order(self) -> Eip<'a> { Eip(self.0.part(54)) }
}
