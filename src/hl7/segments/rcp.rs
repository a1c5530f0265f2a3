//! RCP: response control parameter.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cq, Cwe, Dtm, Id, Srt};

/// Response control parameter (HL7 v2.5.1, 5.5.6).
#[derive(Debug, Clone, Copy)]
pub struct Rcp<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Rcp<'a> {
    const NAME: [u8; 3] = *b"RCP";

    fn of(segment: Segment<'a>) -> Self {
        Rcp(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Rcp<'a> {
    /// RCP-1 Query Priority (ID, table 0091), 5.5.6.1.
    pub fn query_priority(self) -> Id<'a> { Id(self.0.part(1)) }
    /// RCP-2 Quantity Limited Request (CQ, table 0126), 5.5.6.2.
    pub fn quantity_limited_request(self) -> Cq<'a> { Cq(self.0.part(2)) }
    /// RCP-3 Response Modality (CE, table 0394), 5.5.6.3.
    pub fn response_modality(self) -> Cwe<'a> { Cwe(self.0.part(3)) }
    /// RCP-4 Execution and Delivery Time (TS), 5.5.6.4.
    pub fn execution_and_delivery_time(self) -> Dtm<'a> { Dtm(self.0.part(4)) }
    /// RCP-5 Modify Indicator (ID, table 0395), 5.5.6.5.
    pub fn modify_indicator(self) -> Id<'a> { Id(self.0.part(5)) }
    /// RCP-6 Sort by Field (SRT, repeats), 5.5.6.6.
    pub fn sort_by_field(self) -> impl Iterator<Item = Srt<'a>> { self.0.repetitions(6).map(Srt) }
    /// RCP-7 Segment Group Inclusion (ID, repeats), 5.5.6.7.
    pub fn segment_group_inclusion(self) -> impl Iterator<Item = Id<'a>> { self.0.repetitions(7).map(Id) }
}
