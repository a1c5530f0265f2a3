//! Text and codes (HL7 v2.5.1, 2.A): ST, TX, FT, ID, IS.
//!
//! Text is read whole, with any delimiter a sender left unescaped in it; a code is its first component.

use std::borrow::Cow;

use super::Part;

/// String data (HL7 v2.5.1, 2.A.74).
#[derive(Debug, Clone, Copy)]
pub struct St<'a>(pub Part<'a>);

/// Text data meant for people to read (HL7 v2.5.1, 2.A.78); repetitions are lines.
#[derive(Debug, Clone, Copy)]
pub struct Tx<'a>(pub Part<'a>);

/// Formatted text data (HL7 v2.5.1, 2.A.31), with formatting commands such as `\.br\`.
#[derive(Debug, Clone, Copy)]
pub struct Ft<'a>(pub Part<'a>);

/// Coded value from an HL7 table (HL7 v2.5.1, 2.A.35).
#[derive(Debug, Clone, Copy)]
pub struct Id<'a>(pub Part<'a>);

/// Coded value from a user's table (HL7 v2.5.1, 2.A.36).
#[derive(Debug, Clone, Copy)]
pub struct Is<'a>(pub Part<'a>);

impl<'a> St<'a> {
    /// The text; `None` unless valued.
    pub fn text(self) -> Option<Cow<'a, str>> {
        self.0.text()
    }
}

impl<'a> Tx<'a> {
    /// The text; `None` unless valued.
    pub fn text(self) -> Option<Cow<'a, str>> {
        self.0.text()
    }
}

impl<'a> Ft<'a> {
    /// The text, its formatting commands as they stand; `None` unless valued.
    pub fn text(self) -> Option<Cow<'a, str>> {
        self.0.text()
    }
}

impl<'a> Id<'a> {
    /// The code; `None` unless valued.
    pub fn code(self) -> Option<Cow<'a, str>> {
        self.0.simple_text()
    }
}

impl<'a> Is<'a> {
    /// The code; `None` unless valued.
    pub fn code(self) -> Option<Cow<'a, str>> {
        self.0.simple_text()
    }
}
