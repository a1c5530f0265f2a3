//! Coded values with their texts and coding systems (HL7 v2.5.1, 2.A): CWE (CE, CNE), CF, JCC, SPS.
//!
//! Written by `tools/typed/generate.py`.

use super::{Dtm, Ft, Id, Is, Part, St, Tx};

/// Coded with exceptions; reads CE (2.A.6) and CNE (2.A.8) too (HL7 v2.5.1, 2.A.13).
#[derive(Debug, Clone, Copy)]
pub struct Cwe<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Cwe<'a> {
    /// CWE.1 Identifier (ST).
    pub fn identifier(self) -> St<'a> { St(self.0.component(1)) }
    /// CWE.2 Text (ST).
    pub fn text(self) -> St<'a> { St(self.0.component(2)) }
    /// CWE.3 Name of Coding System (ID, table 0396).
    pub fn name_of_coding_system(self) -> Id<'a> { Id(self.0.component(3)) }
    /// CWE.4 Alternate Identifier (ST).
    pub fn alternate_identifier(self) -> St<'a> { St(self.0.component(4)) }
    /// CWE.5 Alternate Text (ST).
    pub fn alternate_text(self) -> St<'a> { St(self.0.component(5)) }
    /// CWE.6 Name of Alternate Coding System (ID, table 0396).
    pub fn name_of_alternate_coding_system(self) -> Id<'a> { Id(self.0.component(6)) }
    /// CWE.7 Coding System Version ID (ST).
    pub fn coding_system_version_id(self) -> St<'a> { St(self.0.component(7)) }
    /// CWE.8 Alternate Coding System Version ID (ST).
    pub fn alternate_coding_system_version_id(self) -> St<'a> { St(self.0.component(8)) }
    /// CWE.9 Original Text (ST).
    pub fn original_text(self) -> St<'a> { St(self.0.component(9)) }
    /// CWE.10 Second Alternate Identifier (ST), from 2.7.
    pub fn second_alternate_identifier(self) -> St<'a> { St(self.0.component(10)) }
    /// CWE.11 Second Alternate Text (ST), from 2.7.
    pub fn second_alternate_text(self) -> St<'a> { St(self.0.component(11)) }
    /// CWE.12 Name of Second Alternate Coding System (ID, table 0396), from 2.7.
    pub fn name_of_second_alternate_coding_system(self) -> Id<'a> { Id(self.0.component(12)) }
    /// CWE.13 Second Alternate Coding System Version ID (ST), from 2.7.
    pub fn second_alternate_coding_system_version_id(self) -> St<'a> { St(self.0.component(13)) }
    /// CWE.14 Coding System Oid (ST), from 2.7.
    pub fn coding_system_oid(self) -> St<'a> { St(self.0.component(14)) }
    /// CWE.15 Value Set Oid (ST), from 2.7.
    pub fn value_set_oid(self) -> St<'a> { St(self.0.component(15)) }
    /// CWE.16 Value Set Version ID (DTM), from 2.7.
    pub fn value_set_version_id(self) -> Dtm<'a> { Dtm(self.0.component(16)) }
    /// CWE.17 Alternate Coding System Oid (ST), from 2.7.
    pub fn alternate_coding_system_oid(self) -> St<'a> { St(self.0.component(17)) }
    /// CWE.18 Alternate Value Set Oid (ST), from 2.7.
    pub fn alternate_value_set_oid(self) -> St<'a> { St(self.0.component(18)) }
    /// CWE.19 Alternate Value Set Version ID (DTM), from 2.7.
    pub fn alternate_value_set_version_id(self) -> Dtm<'a> { Dtm(self.0.component(19)) }
    /// CWE.20 Second Alternate Coding System Oid (ST), from 2.7.
    pub fn second_alternate_coding_system_oid(self) -> St<'a> { St(self.0.component(20)) }
    /// CWE.21 Second Alternate Value Set Oid (ST), from 2.7.
    pub fn second_alternate_value_set_oid(self) -> St<'a> { St(self.0.component(21)) }
    /// CWE.22 Second Alternate Value Set Version ID (DTM), from 2.7.
    pub fn second_alternate_value_set_version_id(self) -> Dtm<'a> { Dtm(self.0.component(22)) }
}

/// Coded element with formatted values (HL7 v2.5.1, 2.A.7).
#[derive(Debug, Clone, Copy)]
pub struct Cf<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Cf<'a> {
    /// CF.1 Identifier (ST).
    pub fn identifier(self) -> St<'a> { St(self.0.component(1)) }
    /// CF.2 Formatted Text (FT).
    pub fn formatted_text(self) -> Ft<'a> { Ft(self.0.component(2)) }
    /// CF.3 Name of Coding System (ID, table 0396).
    pub fn name_of_coding_system(self) -> Id<'a> { Id(self.0.component(3)) }
    /// CF.4 Alternate Identifier (ST).
    pub fn alternate_identifier(self) -> St<'a> { St(self.0.component(4)) }
    /// CF.5 Alternate Formatted Text (FT).
    pub fn alternate_formatted_text(self) -> Ft<'a> { Ft(self.0.component(5)) }
    /// CF.6 Name of Alternate Coding System (ID, table 0396).
    pub fn name_of_alternate_coding_system(self) -> Id<'a> { Id(self.0.component(6)) }
    /// CF.7 Coding System Version ID (ST), from 2.7.
    pub fn coding_system_version_id(self) -> St<'a> { St(self.0.component(7)) }
    /// CF.8 Alternate Coding System Version ID (ST), from 2.7.
    pub fn alternate_coding_system_version_id(self) -> St<'a> { St(self.0.component(8)) }
    /// CF.9 Original Text (ST), from 2.7.
    pub fn original_text(self) -> St<'a> { St(self.0.component(9)) }
    /// CF.10 Second Alternate Identifier (ST), from 2.7.
    pub fn second_alternate_identifier(self) -> St<'a> { St(self.0.component(10)) }
    /// CF.11 Second Alternate Formatted Text (FT), from 2.7.
    pub fn second_alternate_formatted_text(self) -> Ft<'a> { Ft(self.0.component(11)) }
    /// CF.12 Name of Second Alternate Coding System (ID, table 0396), from 2.7.
    pub fn name_of_second_alternate_coding_system(self) -> Id<'a> { Id(self.0.component(12)) }
    /// CF.13 Second Alternate Coding System Version ID (ST), from 2.7.
    pub fn second_alternate_coding_system_version_id(self) -> St<'a> { St(self.0.component(13)) }
    /// CF.14 Coding System Oid (ST), from 2.7.
    pub fn coding_system_oid(self) -> St<'a> { St(self.0.component(14)) }
    /// CF.15 Value Set Oid (ST), from 2.7.
    pub fn value_set_oid(self) -> St<'a> { St(self.0.component(15)) }
    /// CF.16 Value Set Version ID (DTM), from 2.7.
    pub fn value_set_version_id(self) -> Dtm<'a> { Dtm(self.0.component(16)) }
    /// CF.17 Alternate Coding System Oid (ST), from 2.7.
    pub fn alternate_coding_system_oid(self) -> St<'a> { St(self.0.component(17)) }
    /// CF.18 Alternate Value Set Oid (ST), from 2.7.
    pub fn alternate_value_set_oid(self) -> St<'a> { St(self.0.component(18)) }
    /// CF.19 Alternate Value Set Version ID (DTM), from 2.7.
    pub fn alternate_value_set_version_id(self) -> Dtm<'a> { Dtm(self.0.component(19)) }
    /// CF.20 Second Alternate Coding System Oid (ST), from 2.7.
    pub fn second_alternate_coding_system_oid(self) -> St<'a> { St(self.0.component(20)) }
    /// CF.21 Second Alternate Value Set Oid (ST), from 2.7.
    pub fn second_alternate_value_set_oid(self) -> St<'a> { St(self.0.component(21)) }
    /// CF.22 Second Alternate Value Set Version ID (DTM), from 2.7.
    pub fn second_alternate_value_set_version_id(self) -> Dtm<'a> { Dtm(self.0.component(22)) }
}

/// Job code and class (HL7 v2.5.1, 2.A.37).
#[derive(Debug, Clone, Copy)]
pub struct Jcc<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Jcc<'a> {
    /// JCC.1 Job Code (IS, table 0327).
    pub fn job_code(self) -> Is<'a> { Is(self.0.component(1)) }
    /// JCC.2 Job Class (IS, table 0328).
    pub fn job_class(self) -> Is<'a> { Is(self.0.component(2)) }
    /// JCC.3 Job Description Text (TX).
    pub fn job_description_text(self) -> Tx<'a> { Tx(self.0.component(3)) }
}

/// Specimen source (HL7 v2.5.1, 2.A.72).
#[derive(Debug, Clone, Copy)]
pub struct Sps<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Sps<'a> {
    /// SPS.1 Specimen Source Name or Code (CWE).
    pub fn specimen_source_name_or_code(self) -> Cwe<'a> { Cwe(self.0.component(1)) }
    /// SPS.2 Additives (CWE, table 0371).
    pub fn additives(self) -> Cwe<'a> { Cwe(self.0.component(2)) }
    /// SPS.3 Specimen Collection Method (TX).
    pub fn specimen_collection_method(self) -> Tx<'a> { Tx(self.0.component(3)) }
    /// SPS.4 Body Site (CWE, table 0163).
    pub fn body_site(self) -> Cwe<'a> { Cwe(self.0.component(4)) }
    /// SPS.5 Site Modifier (CWE, table 0495).
    pub fn site_modifier(self) -> Cwe<'a> { Cwe(self.0.component(5)) }
    /// SPS.6 Collection Method Modifier Code (CWE).
    pub fn collection_method_modifier_code(self) -> Cwe<'a> { Cwe(self.0.component(6)) }
    /// SPS.7 Specimen Role (CWE, table 0369).
    pub fn specimen_role(self) -> Cwe<'a> { Cwe(self.0.component(7)) }
}
