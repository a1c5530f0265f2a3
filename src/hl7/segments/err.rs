//! ERR: error.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Eld, Erl, Id, Is, St, Tx, Xtn};

/// Error (HL7 v2.5.1, 2.15.5).
#[derive(Debug, Clone, Copy)]
pub struct Err<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Err<'a> {
    const NAME: [u8; 3] = *b"ERR";

    fn of(segment: Segment<'a>) -> Self {
        Err(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Err<'a> {
    /// ERR-1 Error Code and Location (ELD, repeats), 2.15.5.1.
    pub fn error_code_and_location(self) -> impl Iterator<Item = Eld<'a>> { self.0.repetitions(1).map(Eld) }
    /// ERR-2 Error Location (ERL, repeats), 2.15.5.2.
    pub fn error_location(self) -> impl Iterator<Item = Erl<'a>> { self.0.repetitions(2).map(Erl) }
    /// ERR-3 HL7 Error Code (CWE, table 0357), 2.15.5.3.
    pub fn hl7_error_code(self) -> Cwe<'a> { Cwe(self.0.part(3)) }
    /// ERR-4 Severity (ID, table 0516), 2.15.5.4.
    pub fn severity(self) -> Id<'a> { Id(self.0.part(4)) }
    /// ERR-5 Application Error Code (CWE, table 0533), 2.15.5.5.
    pub fn application_error_code(self) -> Cwe<'a> { Cwe(self.0.part(5)) }
    /// ERR-6 Application Error Parameter (ST, repeats), 2.15.5.6.
    pub fn application_error_parameter(self) -> impl Iterator<Item = St<'a>> { self.0.repetitions(6).map(St) }
    /// ERR-7 Diagnostic Information (TX), 2.15.5.7.
    pub fn diagnostic_information(self) -> Tx<'a> { Tx(self.0.part(7)) }
    /// ERR-8 User Message (TX), 2.15.5.8.
    pub fn user_message(self) -> Tx<'a> { Tx(self.0.part(8)) }
    /// ERR-9 Inform Person Indicator (IS, table 0517, repeats), 2.15.5.9.
    pub fn inform_person_indicator(self) -> impl Iterator<Item = Is<'a>> { self.0.repetitions(9).map(Is) }
    /// ERR-10 Override Type (CWE, table 0518), 2.15.5.10.
    pub fn override_type(self) -> Cwe<'a> { Cwe(self.0.part(10)) }
    /// ERR-11 Override Reason Code (CWE, table 0519, repeats), 2.15.5.11.
    pub fn override_reason_code(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(11).map(Cwe) }
    /// ERR-12 Help Desk Contact Point (XTN, repeats), 2.15.5.12.
    pub fn help_desk_contact_point(self) -> impl Iterator<Item = Xtn<'a>> { self.0.repetitions(12).map(Xtn) }
}
