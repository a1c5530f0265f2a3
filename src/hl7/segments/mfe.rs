//! MFE: master file entry.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Dtm, Id, Repetitions, St, Xcn};

/// Master file entry (HL7 v2.5.1, 8.5.2).
#[derive(Debug, Clone, Copy)]
pub struct Mfe<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Mfe<'a> {
    const NAME: [u8; 3] = *b"MFE";

    fn of(segment: Segment<'a>) -> Self {
        Mfe(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Mfe<'a> {
    /// MFE-1 Record Level Event Code (ID, table 0180), 8.5.2.1.
    pub fn record_level_event_code(self) -> Id<'a> { Id(self.0.part(1)) }
    /// MFE-2 MFN Control ID (ST), 8.5.2.2.
    pub fn mfn_control_id(self) -> St<'a> { St(self.0.part(2)) }
    /// MFE-3 Effective Date/Time (TS), 8.5.2.3.
    pub fn effective_datetime(self) -> Dtm<'a> { Dtm(self.0.part(3)) }
    /// MFE-4 Primary Key Value (varies, repeats), 8.5.2.4.
    pub fn primary_key_value(self) -> Repetitions<'a> { self.0.repetitions(4) }
    /// MFE-5 Primary Key Value Type (ID, table 0355, repeats), 8.5.2.5.
    pub fn primary_key_value_type(self) -> impl Iterator<Item = Id<'a>> { self.0.repetitions(5).map(Id) }
    /// MFE-6 Entered Date/Time (DTM), from 2.6.
    pub fn entered_datetime(self) -> Dtm<'a> { Dtm(self.0.part(6)) }
    /// MFE-7 Entered by (XCN), from 2.6.
    pub fn entered_by(self) -> Xcn<'a> { Xcn(self.0.part(7)) }
}
