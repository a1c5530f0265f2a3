//! PR1: procedures.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Dtm, Ei, Id, Is, Nm, Pl, Si, St, Xcn};

/// Procedures (HL7 v2.5.1, 6.5.4).
#[derive(Debug, Clone, Copy)]
pub struct Pr1<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Pr1<'a> {
    const NAME: [u8; 3] = *b"PR1";

    fn of(segment: Segment<'a>) -> Self {
        Pr1(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Pr1<'a> {
    /// PR1-1 Set ID (SI), 6.5.4.1.
    pub fn set_id(self) -> Si<'a> { Si(self.0.part(1)) }
    /// PR1-2 Procedure Coding Method (IS, table 0089), 6.5.4.2.
    pub fn procedure_coding_method(self) -> Is<'a> { Is(self.0.part(2)) }
    /// PR1-3 Procedure Code (CE, table 0088), 6.5.4.3.
    pub fn procedure_code(self) -> Cwe<'a> { Cwe(self.0.part(3)) }
    /// PR1-4 Procedure Description (ST), 6.5.4.4.
    pub fn procedure_description(self) -> St<'a> { St(self.0.part(4)) }
    /// PR1-5 Procedure Date/Time (TS), 6.5.4.5.
    pub fn procedure_datetime(self) -> Dtm<'a> { Dtm(self.0.part(5)) }
    /// PR1-6 Procedure Functional Type (IS, table 0230), 6.5.4.6.
    pub fn procedure_functional_type(self) -> Is<'a> { Is(self.0.part(6)) }
    /// PR1-7 Procedure Minutes (NM), 6.5.4.7.
    pub fn procedure_minutes(self) -> Nm<'a> { Nm(self.0.part(7)) }
    /// PR1-8 Anesthesiologist (XCN, table 0010, repeats), 6.5.4.8.
    pub fn anesthesiologist(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(8).map(Xcn) }
    /// PR1-9 Anesthesia Code (IS, table 0019), 6.5.4.9.
    pub fn anesthesia_code(self) -> Is<'a> { Is(self.0.part(9)) }
    /// PR1-10 Anesthesia Minutes (NM), 6.5.4.10.
    pub fn anesthesia_minutes(self) -> Nm<'a> { Nm(self.0.part(10)) }
    /// PR1-11 Surgeon (XCN, table 0010, repeats), 6.5.4.11.
    pub fn surgeon(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(11).map(Xcn) }
    /// PR1-12 Procedure Practitioner (XCN, table 0010, repeats), 6.5.4.12.
    pub fn procedure_practitioner(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(12).map(Xcn) }
    /// PR1-13 Consent Code (CE, table 0059), 6.5.4.13.
    pub fn consent_code(self) -> Cwe<'a> { Cwe(self.0.part(13)) }
    /// PR1-14 Procedure Priority (ID, table 0418), 6.5.4.14.
    pub fn procedure_priority(self) -> Id<'a> { Id(self.0.part(14)) }
    /// PR1-15 Associated Diagnosis Code (CE, table 0051), 6.5.4.15.
    pub fn associated_diagnosis_code(self) -> Cwe<'a> { Cwe(self.0.part(15)) }
    /// PR1-16 Procedure Code Modifier (CE, table 0340, repeats), 6.5.4.16.
    pub fn procedure_code_modifier(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(16).map(Cwe) }
    /// PR1-17 Procedure DRG Type (IS, table 0416), 6.5.4.17.
    pub fn procedure_drg_type(self) -> Is<'a> { Is(self.0.part(17)) }
    /// PR1-18 Tissue Type Code (CE, table 0417, repeats), 6.5.4.18.
    pub fn tissue_type_code(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(18).map(Cwe) }
    /// PR1-19 Procedure Identifier (EI), 6.5.4.19.
    pub fn procedure_identifier(self) -> Ei<'a> { Ei(self.0.part(19)) }
    /// PR1-20 Procedure Action Code (ID, table 0206), 6.5.4.20.
    pub fn procedure_action_code(self) -> Id<'a> { Id(self.0.part(20)) }
    /// PR1-21 DRG Procedure Determination Status (IS, table 0761), from 2.6.
    pub fn drg_procedure_determination_status(self) -> Is<'a> { Is(self.0.part(21)) }
    /// PR1-22 DRG Procedure Relevance (IS, table 0763), from 2.6.
    pub fn drg_procedure_relevance(self) -> Is<'a> { Is(self.0.part(22)) }
    /// PR1-23 Treating Organizational Unit (PL, repeats), from 2.7.
    pub fn treating_organizational_unit(self) -> impl Iterator<Item = Pl<'a>> {
        self.0.repetitions(23).map(Pl)
    }
    /// PR1-24 Respiratory Within Surgery (ID, table 0136), from 2.7.
    pub fn respiratory_within_surgery(self) -> Id<'a> { Id(self.0.part(24)) }
    /// PR1-25 Parent Procedure ID (EI), from 2.7.
    pub fn parent_procedure_id(self) -> Ei<'a> { Ei(self.0.part(25)) }
}
