//! TQ1: timing and quantity.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cq, Cwe, Dtm, Id, Nm, Rpt, Si, Tm, Tx};

/// Timing and quantity (HL7 v2.5.1, 4.5.4).
#[derive(Debug, Clone, Copy)]
pub struct Tq1<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Tq1<'a> {
    const NAME: [u8; 3] = *b"TQ1";

    fn of(segment: Segment<'a>) -> Self {
        Tq1(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Tq1<'a> {
    /// TQ1-1 Set ID (SI), 4.5.4.1.
    pub fn set_id(self) -> Si<'a> { Si(self.0.part(1)) }
    /// TQ1-2 Quantity (CQ), 4.5.4.2.
    pub fn quantity(self) -> Cq<'a> { Cq(self.0.part(2)) }
    /// TQ1-3 Repeat Pattern (RPT, table 0335, repeats), 4.5.4.3.
    pub fn repeat_pattern(self) -> impl Iterator<Item = Rpt<'a>> { self.0.repetitions(3).map(Rpt) }
    /// TQ1-4 Explicit Time (TM, repeats), 4.5.4.4.
    pub fn explicit_time(self) -> impl Iterator<Item = Tm<'a>> { self.0.repetitions(4).map(Tm) }
    /// TQ1-5 Relative Time and Units (CQ, repeats), 4.5.4.5.
    pub fn relative_time_and_units(self) -> impl Iterator<Item = Cq<'a>> { self.0.repetitions(5).map(Cq) }
    /// TQ1-6 Service Duration (CQ), 4.5.4.6.
    pub fn service_duration(self) -> Cq<'a> { Cq(self.0.part(6)) }
    /// TQ1-7 Start Date/Time (TS), 4.5.4.7.
    pub fn start_datetime(self) -> Dtm<'a> { Dtm(self.0.part(7)) }
    /// TQ1-8 End Date/Time (TS), 4.5.4.8.
    pub fn end_datetime(self) -> Dtm<'a> { Dtm(self.0.part(8)) }
    /// TQ1-9 Priority (CWE, table 0485, repeats), 4.5.4.9.
    pub fn priority(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(9).map(Cwe) }
    /// TQ1-10 Condition Text (TX), 4.5.4.10.
    pub fn condition_text(self) -> Tx<'a> { Tx(self.0.part(10)) }
    /// TQ1-11 Text Instruction (TX), 4.5.4.11.
    pub fn text_instruction(self) -> Tx<'a> { Tx(self.0.part(11)) }
    /// TQ1-12 Conjunction (ID, table 0427), 4.5.4.12.
    pub fn conjunction(self) -> Id<'a> { Id(self.0.part(12)) }
    /// TQ1-13 Occurrence Duration (CQ), 4.5.4.13.
    pub fn occurrence_duration(self) -> Cq<'a> { Cq(self.0.part(13)) }
    /// TQ1-14 Total Occurrence S (NM), 4.5.4.14.
    pub fn total_occurrence_s(self) -> Nm<'a> { Nm(self.0.part(14)) }
}
