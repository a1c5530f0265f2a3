//! NTE: notes and comments.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Dtm, Ft, Id, Si, Xcn};

/// Notes and comments (HL7 v2.5.1, 2.15.10).
#[derive(Debug, Clone, Copy)]
pub struct Nte<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Nte<'a> {
    const NAME: [u8; 3] = *b"NTE";

    fn of(segment: Segment<'a>) -> Self {
        Nte(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Nte<'a> {
    /// NTE-1 Set ID (SI), 2.15.10.1.
    pub fn set_id(self) -> Si<'a> { Si(self.0.part(1)) }
    /// NTE-2 Source of Comment (ID, table 0105), 2.15.10.2.
    pub fn source_of_comment(self) -> Id<'a> { Id(self.0.part(2)) }
    /// NTE-3 Comment (FT, repeats), 2.15.10.3.
    pub fn comment(self) -> impl Iterator<Item = Ft<'a>> { self.0.repetitions(3).map(Ft) }
    /// NTE-4 Comment Type (CE, table 0364), 2.15.10.4.
    pub fn comment_type(self) -> Cwe<'a> { Cwe(self.0.part(4)) }
    /// NTE-5 Entered by (XCN), from 2.6.
    pub fn entered_by(self) -> Xcn<'a> { Xcn(self.0.part(5)) }
    /// NTE-6 Entered Date/Time (DTM), from 2.6.
    pub fn entered_datetime(self) -> Dtm<'a> { Dtm(self.0.part(6)) }
    /// NTE-7 Effective Start Date (DTM), from 2.6.
    pub fn effective_start_date(self) -> Dtm<'a> { Dtm(self.0.part(7)) }
    /// NTE-8 Expiration Date (DTM), from 2.6.
    pub fn expiration_date(self) -> Dtm<'a> { Dtm(self.0.part(8)) }
}
