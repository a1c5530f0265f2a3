//! Money and who pays (HL7 v2.5.1, 2.A): MO, CP, MOC, FC, AUI.
//!
//! Written by `tools/typed/generate.py`.

use super::{Cwe, Dt, Dtm, Id, Is, Nm, Part, St};

/// Money (HL7 v2.5.1, 2.A.41).
#[derive(Debug, Clone, Copy)]
pub struct Mo<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Mo<'a> {
    /// MO.1 Quantity (NM).
    pub fn quantity(self) -> Nm<'a> { Nm(self.0.component(1)) }
    /// MO.2 Denomination (ID).
    pub fn denomination(self) -> Id<'a> { Id(self.0.component(2)) }
}

/// Composite price (HL7 v2.5.1, 2.A.10).
#[derive(Debug, Clone, Copy)]
pub struct Cp<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Cp<'a> {
    /// CP.1 Price (MO).
    pub fn price(self) -> Mo<'a> { Mo(self.0.component(1)) }
    /// CP.2 Price Type (ID, table 0205).
    pub fn price_type(self) -> Id<'a> { Id(self.0.component(2)) }
    /// CP.3 From Value (NM).
    pub fn from_value(self) -> Nm<'a> { Nm(self.0.component(3)) }
    /// CP.4 To Value (NM).
    pub fn to_value(self) -> Nm<'a> { Nm(self.0.component(4)) }
    /// CP.5 Range Units (CE).
    pub fn range_units(self) -> Cwe<'a> { Cwe(self.0.component(5)) }
    /// CP.6 Range Type (ID, table 0298).
    pub fn range_type(self) -> Id<'a> { Id(self.0.component(6)) }
}

/// Money and charge code (HL7 v2.5.1, 2.A.42).
#[derive(Debug, Clone, Copy)]
pub struct Moc<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Moc<'a> {
    /// MOC.1 Monetary Amount (MO).
    pub fn monetary_amount(self) -> Mo<'a> { Mo(self.0.component(1)) }
    /// MOC.2 Charge Code (CE).
    pub fn charge_code(self) -> Cwe<'a> { Cwe(self.0.component(2)) }
}

/// Financial class (HL7 v2.5.1, 2.A.29).
#[derive(Debug, Clone, Copy)]
pub struct Fc<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Fc<'a> {
    /// FC.1 Financial Class Code (IS, table 0064).
    pub fn financial_class_code(self) -> Is<'a> { Is(self.0.component(1)) }
    /// FC.2 Effective Date (TS).
    pub fn effective_date(self) -> Dtm<'a> { Dtm(self.0.component(2)) }
}

/// Authorization information (HL7 v2.5.1, 2.A.2).
#[derive(Debug, Clone, Copy)]
pub struct Aui<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Aui<'a> {
    /// AUI.1 Authorization Number (ST).
    pub fn authorization_number(self) -> St<'a> { St(self.0.component(1)) }
    /// AUI.2 Date (DT).
    pub fn date(self) -> Dt<'a> { Dt(self.0.component(2)) }
    /// AUI.3 Source (ST).
    pub fn source(self) -> St<'a> { St(self.0.component(3)) }
}
