//! What messages say of themselves (HL7 v2.5.1, 2.A): MSG, PT, VID, ERL, ELD, SRT.
//!
//! Written by `tools/typed/generate.py`.

use super::{Cwe, Id, Nm, Part, St};

/// Message type (HL7 v2.5.1, 2.A.44).
#[derive(Debug, Clone, Copy)]
pub struct Msg<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Msg<'a> {
    /// MSG.1 Message Code (ID, table 0076).
    pub fn message_code(self) -> Id<'a> { Id(self.0.component(1)) }
    /// MSG.2 Trigger Event (ID, table 0003).
    pub fn trigger_event(self) -> Id<'a> { Id(self.0.component(2)) }
    /// MSG.3 Message Structure (ID, table 0354).
    pub fn message_structure(self) -> Id<'a> { Id(self.0.component(3)) }
}

/// Processing type (HL7 v2.5.1, 2.A.57).
#[derive(Debug, Clone, Copy)]
pub struct Pt<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Pt<'a> {
    /// PT.1 Processing ID (ID, table 0103).
    pub fn processing_id(self) -> Id<'a> { Id(self.0.component(1)) }
    /// PT.2 Processing Mode (ID, table 0207).
    pub fn processing_mode(self) -> Id<'a> { Id(self.0.component(2)) }
}

/// Version identifier (HL7 v2.5.1, 2.A.81).
#[derive(Debug, Clone, Copy)]
pub struct Vid<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Vid<'a> {
    /// VID.1 Version ID (ID, table 0104).
    pub fn version_id(self) -> Id<'a> { Id(self.0.component(1)) }
    /// VID.2 Internationalization Code (CE, table 0399).
    pub fn internationalization_code(self) -> Cwe<'a> { Cwe(self.0.component(2)) }
    /// VID.3 International Version ID (CE).
    pub fn international_version_id(self) -> Cwe<'a> { Cwe(self.0.component(3)) }
}

/// Error location (HL7 v2.5.1, 2.A.28).
#[derive(Debug, Clone, Copy)]
pub struct Erl<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Erl<'a> {
    /// ERL.1 Segment ID (ST).
    pub fn segment_id(self) -> St<'a> { St(self.0.component(1)) }
    /// ERL.2 Segment Sequence (NM).
    pub fn segment_sequence(self) -> Nm<'a> { Nm(self.0.component(2)) }
    /// ERL.3 Field Position (NM).
    pub fn field_position(self) -> Nm<'a> { Nm(self.0.component(3)) }
    /// ERL.4 Field Repetition (NM).
    pub fn field_repetition(self) -> Nm<'a> { Nm(self.0.component(4)) }
    /// ERL.5 Component Number (NM).
    pub fn component_number(self) -> Nm<'a> { Nm(self.0.component(5)) }
    /// ERL.6 Sub Component Number (NM).
    pub fn sub_component_number(self) -> Nm<'a> { Nm(self.0.component(6)) }
}

/// Error location and description (HL7 v2.5.1, 2.A.27).
#[derive(Debug, Clone, Copy)]
pub struct Eld<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Eld<'a> {
    /// ELD.1 Segment ID (ST).
    pub fn segment_id(self) -> St<'a> { St(self.0.component(1)) }
    /// ELD.2 Segment Sequence (NM).
    pub fn segment_sequence(self) -> Nm<'a> { Nm(self.0.component(2)) }
    /// ELD.3 Field Position (NM).
    pub fn field_position(self) -> Nm<'a> { Nm(self.0.component(3)) }
    /// ELD.4 Code Identifying Error (CE, table 0357).
    pub fn code_identifying_error(self) -> Cwe<'a> { Cwe(self.0.component(4)) }
}

/// Sort order (HL7 v2.5.1, 2.A.73).
#[derive(Debug, Clone, Copy)]
pub struct Srt<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Srt<'a> {
    /// SRT.1 Sort by Field (ST).
    pub fn sort_by_field(self) -> St<'a> { St(self.0.component(1)) }
    /// SRT.2 Sequencing (ID, table 0397).
    pub fn sequencing(self) -> Id<'a> { Id(self.0.component(2)) }
}
