//! AL1: patient allergy information.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Dt, Si, St};

/// Patient allergy information (HL7 v2.5.1, 3.4.6).
#[derive(Debug, Clone, Copy)]
pub struct Al1<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Al1<'a> {
    const NAME: [u8; 3] = *b"AL1";

    fn of(segment: Segment<'a>) -> Self {
        Al1(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Al1<'a> {
    /// AL1-1 Set ID (SI), 3.4.6.1.
    pub fn set_id(self) -> Si<'a> { Si(self.0.part(1)) }
    /// AL1-2 Allergen Type Code (CE, table 0127), 3.4.6.2.
    pub fn allergen_type_code(self) -> Cwe<'a> { Cwe(self.0.part(2)) }
    /// AL1-3 Allergen Code Mnemonic Description (CE), 3.4.6.3.
    pub fn allergen_code_mnemonic_description(self) -> Cwe<'a> { Cwe(self.0.part(3)) }
    /// AL1-4 Allergy Severity Code (CE, table 0128), 3.4.6.4.
    pub fn allergy_severity_code(self) -> Cwe<'a> { Cwe(self.0.part(4)) }
    /// AL1-5 Allergy Reaction Code (ST, repeats), 3.4.6.5.
    pub fn allergy_reaction_code(self) -> impl Iterator<Item = St<'a>> { self.0.repetitions(5).map(St) }
    /// AL1-6 Identification Date (DT), 3.4.6.6.
    pub fn identification_date(self) -> Dt<'a> { Dt(self.0.part(6)) }
}
