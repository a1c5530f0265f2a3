//! MRG: merge patient information.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cx, Xpn};

/// Merge patient information (HL7 v2.5.1, 3.4.9).
#[derive(Debug, Clone, Copy)]
pub struct Mrg<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Mrg<'a> {
    const NAME: [u8; 3] = *b"MRG";

    fn of(segment: Segment<'a>) -> Self {
        Mrg(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Mrg<'a> {
    /// MRG-1 Prior Patient Identifier List (CX, repeats), 3.4.9.1.
    pub fn prior_patient_identifier_list(self) -> impl Iterator<Item = Cx<'a>> {
        self.0.repetitions(1).map(Cx)
    }
    /// MRG-2 Prior Alternate Patient ID (CX, repeats), 3.4.9.2.
    pub fn prior_alternate_patient_id(self) -> impl Iterator<Item = Cx<'a>> { self.0.repetitions(2).map(Cx) }
    /// MRG-3 Prior Patient Account Number (CX), 3.4.9.3.
    pub fn prior_patient_account_number(self) -> Cx<'a> { Cx(self.0.part(3)) }
    /// MRG-4 Prior Patient ID (CX), 3.4.9.4.
    pub fn prior_patient_id(self) -> Cx<'a> { Cx(self.0.part(4)) }
    /// MRG-5 Prior Visit Number (CX), 3.4.9.5.
    pub fn prior_visit_number(self) -> Cx<'a> { Cx(self.0.part(5)) }
    /// MRG-6 Prior Alternate Visit ID (CX), 3.4.9.6.
    pub fn prior_alternate_visit_id(self) -> Cx<'a> { Cx(self.0.part(6)) }
    /// MRG-7 Prior Patient Name (XPN, repeats), 3.4.9.7.
    pub fn prior_patient_name(self) -> impl Iterator<Item = Xpn<'a>> { self.0.repetitions(7).map(Xpn) }
}
