//! RXC: pharmacy or treatment component order.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Id, Nm};

/// Pharmacy or treatment component order (HL7 v2.5.1, 4.14.3).
#[derive(Debug, Clone, Copy)]
pub struct Rxc<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Rxc<'a> {
    const NAME: [u8; 3] = *b"RXC";

    fn of(segment: Segment<'a>) -> Self {
        Rxc(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Rxc<'a> {
    /// RXC-1 Rx Component Type (ID, table 0166), 4.14.3.1.
    pub fn rx_component_type(self) -> Id<'a> { Id(self.0.part(1)) }
    /// RXC-2 Component Code (CE), 4.14.3.2.
    pub fn component_code(self) -> Cwe<'a> { Cwe(self.0.part(2)) }
    /// RXC-3 Component Amount (NM), 4.14.3.3.
    pub fn component_amount(self) -> Nm<'a> { Nm(self.0.part(3)) }
    /// RXC-4 Component Units (CE), 4.14.3.4.
    pub fn component_units(self) -> Cwe<'a> { Cwe(self.0.part(4)) }
    /// RXC-5 Component Strength (NM), 4.14.3.5.
    pub fn component_strength(self) -> Nm<'a> { Nm(self.0.part(5)) }
    /// RXC-6 Component Strength Units (CE), 4.14.3.6.
    pub fn component_strength_units(self) -> Cwe<'a> { Cwe(self.0.part(6)) }
    /// RXC-7 Supplementary Code (CE, repeats), 4.14.3.7.
    pub fn supplementary_code(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(7).map(Cwe) }
    /// RXC-8 Component Drug Strength Volume (NM), 4.14.3.8.
    pub fn component_drug_strength_volume(self) -> Nm<'a> { Nm(self.0.part(8)) }
    /// RXC-9 Component Drug Strength Volume Units (CWE), 4.14.3.9.
    pub fn component_drug_strength_volume_units(self) -> Cwe<'a> { Cwe(self.0.part(9)) }
    /// RXC-10 Dispense Amount (NM), from 2.8.
    pub fn dispense_amount(self) -> Nm<'a> { Nm(self.0.part(10)) }
    /// RXC-11 Dispense Units (CWE), from 2.8.
    pub fn dispense_units(self) -> Cwe<'a> { Cwe(self.0.part(11)) }
}
