//! Documents in a message or outside it (HL7 v2.5.1, 2.A): ED, RP.
//!
//! Written by `tools/typed/generate.py`.

use super::{Hd, Id, Part, St, Tx};

/// Encapsulated data (HL7 v2.5.1, 2.A.24).
#[derive(Debug, Clone, Copy)]
pub struct Ed<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Ed<'a> {
    /// ED.1 Source Application (HD).
    pub fn source_application(self) -> Hd<'a> { Hd(self.0.component(1)) }
    /// ED.2 Type of Data (ID, table 0191).
    pub fn type_of_data(self) -> Id<'a> { Id(self.0.component(2)) }
    /// ED.3 Data Subtype (ID, table 0291).
    pub fn data_subtype(self) -> Id<'a> { Id(self.0.component(3)) }
    /// ED.4 Encoding (ID, table 0299).
    pub fn encoding(self) -> Id<'a> { Id(self.0.component(4)) }
    /// ED.5 Data (TX).
    pub fn data(self) -> Tx<'a> { Tx(self.0.component(5)) }
}

/// Reference pointer (HL7 v2.5.1, 2.A.65).
#[derive(Debug, Clone, Copy)]
pub struct Rp<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Rp<'a> {
    /// RP.1 Pointer (ST).
    pub fn pointer(self) -> St<'a> { St(self.0.component(1)) }
    /// RP.2 Application ID (HD).
    pub fn application_id(self) -> Hd<'a> { Hd(self.0.component(2)) }
    /// RP.3 Type of Data (ID, table 0191).
    pub fn type_of_data(self) -> Id<'a> { Id(self.0.component(3)) }
    /// RP.4 Subtype (ID, table 0291).
    pub fn subtype(self) -> Id<'a> { Id(self.0.component(4)) }
}
