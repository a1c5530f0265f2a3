//! Numbers with units and comparisons (HL7 v2.5.1, 2.A): CQ, SN.
//!
//! Written by `tools/typed/generate.py`.

use super::{Cwe, Nm, Part, St};

/// Composite quantity with units (HL7 v2.5.1, 2.A.11).
#[derive(Debug, Clone, Copy)]
pub struct Cq<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Cq<'a> {
    /// CQ.1 Quantity (NM).
    pub fn quantity(self) -> Nm<'a> { Nm(self.0.component(1)) }
    /// CQ.2 Units (CE).
    pub fn units(self) -> Cwe<'a> { Cwe(self.0.component(2)) }
}

/// Structured numeric (HL7 v2.5.1, 2.A.70).
#[derive(Debug, Clone, Copy)]
pub struct Sn<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Sn<'a> {
    /// SN.1 Comparator (ST).
    pub fn comparator(self) -> St<'a> { St(self.0.component(1)) }
    /// SN.2 Num1 (NM).
    pub fn num1(self) -> Nm<'a> { Nm(self.0.component(2)) }
    /// SN.3 Separator Suffix (ST).
    pub fn separator_suffix(self) -> St<'a> { St(self.0.component(3)) }
    /// SN.4 Num2 (NM).
    pub fn num2(self) -> Nm<'a> { Nm(self.0.component(4)) }
}
