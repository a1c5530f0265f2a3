//! RXR: pharmacy or treatment route.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::Cwe;

/// Pharmacy or treatment route (HL7 v2.5.1, 4.14.2).
#[derive(Debug, Clone, Copy)]
pub struct Rxr<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Rxr<'a> {
    const NAME: [u8; 3] = *b"RXR";

    fn of(segment: Segment<'a>) -> Self {
        Rxr(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Rxr<'a> {
    /// RXR-1 Route (CE, table 0162), 4.14.2.1.
    pub fn route(self) -> Cwe<'a> { Cwe(self.0.part(1)) }
    /// RXR-2 Administration Site (CWE, table 0163), 4.14.2.2.
    pub fn administration_site(self) -> Cwe<'a> { Cwe(self.0.part(2)) }
    /// RXR-3 Administration Device (CE, table 0164), 4.14.2.3.
    pub fn administration_device(self) -> Cwe<'a> { Cwe(self.0.part(3)) }
    /// RXR-4 Administration Method (CWE, table 0165), 4.14.2.4.
    pub fn administration_method(self) -> Cwe<'a> { Cwe(self.0.part(4)) }
    /// RXR-5 Routing Instruction (CE), 4.14.2.5.
    pub fn routing_instruction(self) -> Cwe<'a> { Cwe(self.0.part(5)) }
    /// RXR-6 Administration Site Modifier (CWE, table 0495), 4.14.2.6.
    pub fn administration_site_modifier(self) -> Cwe<'a> { Cwe(self.0.part(6)) }
}
