//! SPM: specimen.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cq, Cwe, Cx, Dr, Dtm, Ei, Eip, Id, Nm, Si, St};

/// Specimen (HL7 v2.5.1, 7.4.3).
#[derive(Debug, Clone, Copy)]
pub struct Spm<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Spm<'a> {
    const NAME: [u8; 3] = *b"SPM";

    fn of(segment: Segment<'a>) -> Self {
        Spm(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Spm<'a> {
    /// SPM-1 Set ID (SI), 7.4.3.1.
    pub fn set_id(self) -> Si<'a> { Si(self.0.part(1)) }
    /// SPM-2 Specimen ID (EIP), 7.4.3.2.
    pub fn specimen_id(self) -> Eip<'a> { Eip(self.0.part(2)) }
    /// SPM-3 Specimen Parent Ids (EIP, repeats), 7.4.3.3.
    pub fn specimen_parent_ids(self) -> impl Iterator<Item = Eip<'a>> { self.0.repetitions(3).map(Eip) }
    /// SPM-4 Specimen Type (CWE, table 0487), 7.4.3.4.
    pub fn specimen_type(self) -> Cwe<'a> { Cwe(self.0.part(4)) }
    /// SPM-5 Specimen Type Modifier (CWE, table 0541, repeats), 7.4.3.5.
    pub fn specimen_type_modifier(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(5).map(Cwe) }
    /// SPM-6 Specimen Additives (CWE, table 0371, repeats), 7.4.3.6.
    pub fn specimen_additives(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(6).map(Cwe) }
    /// SPM-7 Specimen Collection Method (CWE, table 0488), 7.4.3.7.
    pub fn specimen_collection_method(self) -> Cwe<'a> { Cwe(self.0.part(7)) }
    /// SPM-8 Specimen Source Site (CWE), 7.4.3.8.
    pub fn specimen_source_site(self) -> Cwe<'a> { Cwe(self.0.part(8)) }
    /// SPM-9 Specimen Source Site Modifier (CWE, table 0542, repeats), 7.4.3.9.
    pub fn specimen_source_site_modifier(self) -> impl Iterator<Item = Cwe<'a>> {
        self.0.repetitions(9).map(Cwe)
    }
    /// SPM-10 Specimen Collection Site (CWE, table 0543), 7.4.3.10.
    pub fn specimen_collection_site(self) -> Cwe<'a> { Cwe(self.0.part(10)) }
    /// SPM-11 Specimen Role (CWE, table 0369, repeats), 7.4.3.11.
    pub fn specimen_role(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(11).map(Cwe) }
    /// SPM-12 Specimen Collection Amount (CQ), 7.4.3.12.
    pub fn specimen_collection_amount(self) -> Cq<'a> { Cq(self.0.part(12)) }
    /// SPM-13 Grouped Specimen Count (NM), 7.4.3.13.
    pub fn grouped_specimen_count(self) -> Nm<'a> { Nm(self.0.part(13)) }
    /// SPM-14 Specimen Description (ST, repeats), 7.4.3.14.
    pub fn specimen_description(self) -> impl Iterator<Item = St<'a>> { self.0.repetitions(14).map(St) }
    /// SPM-15 Specimen Handling Code (CWE, table 0376, repeats), 7.4.3.15.
    pub fn specimen_handling_code(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(15).map(Cwe) }
    /// SPM-16 Specimen Risk Code (CWE, table 0489, repeats), 7.4.3.16.
    pub fn specimen_risk_code(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(16).map(Cwe) }
    /// SPM-17 Specimen Collection Date/Time (DR), 7.4.3.17.
    pub fn specimen_collection_datetime(self) -> Dr<'a> { Dr(self.0.part(17)) }
    /// SPM-18 Specimen Received Date/Time (TS), 7.4.3.18.
    pub fn specimen_received_datetime(self) -> Dtm<'a> { Dtm(self.0.part(18)) }
    /// SPM-19 Specimen Expiration Date/Time (TS), 7.4.3.19.
    pub fn specimen_expiration_datetime(self) -> Dtm<'a> { Dtm(self.0.part(19)) }
    /// SPM-20 Specimen Availability (ID, table 0136), 7.4.3.20.
    pub fn specimen_availability(self) -> Id<'a> { Id(self.0.part(20)) }
    /// SPM-21 Specimen Reject Reason (CWE, table 0490, repeats), 7.4.3.21.
    pub fn specimen_reject_reason(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(21).map(Cwe) }
    /// SPM-22 Specimen Quality (CWE, table 0491), 7.4.3.22.
    pub fn specimen_quality(self) -> Cwe<'a> { Cwe(self.0.part(22)) }
    /// SPM-23 Specimen Appropriateness (CWE, table 0492), 7.4.3.23.
    pub fn specimen_appropriateness(self) -> Cwe<'a> { Cwe(self.0.part(23)) }
    /// SPM-24 Specimen Condition (CWE, table 0493, repeats), 7.4.3.24.
    pub fn specimen_condition(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(24).map(Cwe) }
    /// SPM-25 Specimen Current Quantity (CQ), 7.4.3.25.
    pub fn specimen_current_quantity(self) -> Cq<'a> { Cq(self.0.part(25)) }
    /// SPM-26 Number of Specimen Containers (NM), 7.4.3.26.
    pub fn number_of_specimen_containers(self) -> Nm<'a> { Nm(self.0.part(26)) }
    /// SPM-27 Container Type (CWE), 7.4.3.27.
    pub fn container_type(self) -> Cwe<'a> { Cwe(self.0.part(27)) }
    /// SPM-28 Container Condition (CWE, table 0544), 7.4.3.28.
    pub fn container_condition(self) -> Cwe<'a> { Cwe(self.0.part(28)) }
    /// SPM-29 Specimen Child Role (CWE, table 0494), 7.4.3.29.
    pub fn specimen_child_role(self) -> Cwe<'a> { Cwe(self.0.part(29)) }
    /// SPM-30 Accession ID (CX, repeats), from 2.7.
    pub fn accession_id(self) -> impl Iterator<Item = Cx<'a>> { self.0.repetitions(30).map(Cx) }
    /// SPM-31 Other Specimen ID (CX, repeats), from 2.7.
    pub fn other_specimen_id(self) -> impl Iterator<Item = Cx<'a>> { self.0.repetitions(31).map(Cx) }
    /// SPM-32 Shipment ID (EI), from 2.7.
    pub fn shipment_id(self) -> Ei<'a> { Ei(self.0.part(32)) }
}
