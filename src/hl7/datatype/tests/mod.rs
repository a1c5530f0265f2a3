//! Every data type by tables: what fits, what is cut short, what does not fit; and properties over any bytes.

mod composite;
mod simple;
mod times;

use super::*;
use crate::hl7::Delimiters;

/// A field in the standard delimiters.
fn part(raw: &str) -> Part<'_> {
    Part::repetition(Some(raw.as_bytes()), Delimiters::default())
}
