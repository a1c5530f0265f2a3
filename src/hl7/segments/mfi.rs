//! MFI: master file identification.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Dtm, Hd, Id};

/// Master file identification (HL7 v2.5.1, 8.5.1).
#[derive(Debug, Clone, Copy)]
pub struct Mfi<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Mfi<'a> {
    const NAME: [u8; 3] = *b"MFI";

    fn of(segment: Segment<'a>) -> Self {
        Mfi(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Mfi<'a> {
    /// MFI-1 Master File Identifier (CE, table 0175), 8.5.1.1.
    pub fn master_file_identifier(self) -> Cwe<'a> { Cwe(self.0.part(1)) }
    /// MFI-2 Master File Application Identifier (HD, table 0361), 8.5.1.2.
    pub fn master_file_application_identifier(self) -> Hd<'a> { Hd(self.0.part(2)) }
    /// MFI-3 File Level Event Code (ID, table 0178), 8.5.1.3.
    pub fn file_level_event_code(self) -> Id<'a> { Id(self.0.part(3)) }
    /// MFI-4 Entered Date/Time (TS), 8.5.1.4.
    pub fn entered_datetime(self) -> Dtm<'a> { Dtm(self.0.part(4)) }
    /// MFI-5 Effective Date/Time (TS), 8.5.1.5.
    pub fn effective_datetime(self) -> Dtm<'a> { Dtm(self.0.part(5)) }
    /// MFI-6 Response Level Code (ID, table 0179), 8.5.1.6.
    pub fn response_level_code(self) -> Id<'a> { Id(self.0.part(6)) }
}
