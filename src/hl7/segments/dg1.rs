//! DG1: diagnosis.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cp, Cwe, Dtm, Ei, Id, Is, Nm, Si, St, Xcn};

/// Diagnosis (HL7 v2.5.1, 6.5.2).
#[derive(Debug, Clone, Copy)]
pub struct Dg1<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Dg1<'a> {
    const NAME: [u8; 3] = *b"DG1";

    fn of(segment: Segment<'a>) -> Self {
        Dg1(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Dg1<'a> {
    /// DG1-1 Set ID (SI), 6.5.2.1.
    pub fn set_id(self) -> Si<'a> { Si(self.0.part(1)) }
    /// DG1-2 Diagnosis Coding Method (ID, table 0053), 6.5.2.2.
    pub fn diagnosis_coding_method(self) -> Id<'a> { Id(self.0.part(2)) }
    /// DG1-3 Diagnosis Code (CE, table 0051), 6.5.2.3.
    pub fn diagnosis_code(self) -> Cwe<'a> { Cwe(self.0.part(3)) }
    /// DG1-4 Diagnosis Description (ST), 6.5.2.4.
    pub fn diagnosis_description(self) -> St<'a> { St(self.0.part(4)) }
    /// DG1-5 Diagnosis Date/Time (TS), 6.5.2.5.
    pub fn diagnosis_datetime(self) -> Dtm<'a> { Dtm(self.0.part(5)) }
    /// DG1-6 Diagnosis Type (IS, table 0052), 6.5.2.6.
    pub fn diagnosis_type(self) -> Is<'a> { Is(self.0.part(6)) }
    /// DG1-7 Major Diagnostic Category (CE, table 0118), 6.5.2.7.
    pub fn major_diagnostic_category(self) -> Cwe<'a> { Cwe(self.0.part(7)) }
    /// DG1-8 Diagnostic Related Group (CE, table 0055), 6.5.2.8.
    pub fn diagnostic_related_group(self) -> Cwe<'a> { Cwe(self.0.part(8)) }
    /// DG1-9 DRG Approval Indicator (ID, table 0136), 6.5.2.9.
    pub fn drg_approval_indicator(self) -> Id<'a> { Id(self.0.part(9)) }
    /// DG1-10 DRG Grouper Review Code (IS, table 0056), 6.5.2.10.
    pub fn drg_grouper_review_code(self) -> Is<'a> { Is(self.0.part(10)) }
    /// DG1-11 Outlier Type (CE, table 0083), 6.5.2.11.
    pub fn outlier_type(self) -> Cwe<'a> { Cwe(self.0.part(11)) }
    /// DG1-12 Outlier Days (NM), 6.5.2.12.
    pub fn outlier_days(self) -> Nm<'a> { Nm(self.0.part(12)) }
    /// DG1-13 Outlier Cost (CP), 6.5.2.13.
    pub fn outlier_cost(self) -> Cp<'a> { Cp(self.0.part(13)) }
    /// DG1-14 Grouper Version and Type (ST), 6.5.2.14.
    pub fn grouper_version_and_type(self) -> St<'a> { St(self.0.part(14)) }
    /// DG1-15 Diagnosis Priority (ID, table 0359), 6.5.2.15.
    pub fn diagnosis_priority(self) -> Id<'a> { Id(self.0.part(15)) }
    /// DG1-16 Diagnosing Clinician (XCN, repeats), 6.5.2.16.
    pub fn diagnosing_clinician(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(16).map(Xcn) }
    /// DG1-17 Diagnosis Classification (IS, table 0228), 6.5.2.17.
    pub fn diagnosis_classification(self) -> Is<'a> { Is(self.0.part(17)) }
    /// DG1-18 Confidential Indicator (ID, table 0136), 6.5.2.18.
    pub fn confidential_indicator(self) -> Id<'a> { Id(self.0.part(18)) }
    /// DG1-19 Attestation Date/Time (TS), 6.5.2.19.
    pub fn attestation_datetime(self) -> Dtm<'a> { Dtm(self.0.part(19)) }
    /// DG1-20 Diagnosis Identifier (EI), 6.5.2.20.
    pub fn diagnosis_identifier(self) -> Ei<'a> { Ei(self.0.part(20)) }
    /// DG1-21 Diagnosis Action Code (ID, table 0206), 6.5.2.21.
    pub fn diagnosis_action_code(self) -> Id<'a> { Id(self.0.part(21)) }
    /// DG1-22 Parent Diagnosis (EI), from 2.6.
    pub fn parent_diagnosis(self) -> Ei<'a> { Ei(self.0.part(22)) }
    /// DG1-23 DRG Ccl Value Code (CWE, table 0728), from 2.6.
    pub fn drg_ccl_value_code(self) -> Cwe<'a> { Cwe(self.0.part(23)) }
    /// DG1-24 DRG Grouping Usage (ID, table 0136), from 2.6.
    pub fn drg_grouping_usage(self) -> Id<'a> { Id(self.0.part(24)) }
    /// DG1-25 DRG Diagnosis Determination Status (IS, table 0731), from 2.6.
    pub fn drg_diagnosis_determination_status(self) -> Is<'a> { Is(self.0.part(25)) }
    /// DG1-26 Present on Admission Poa Indicator (IS, table 0895), from 2.6.
    pub fn present_on_admission_poa_indicator(self) -> Is<'a> { Is(self.0.part(26)) }
}
