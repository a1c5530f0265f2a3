//! EVN: event type.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Dtm, Hd, Id, Is, Xcn};

/// Event type (HL7 v2.5.1, 3.4.1).
#[derive(Debug, Clone, Copy)]
pub struct Evn<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Evn<'a> {
    const NAME: [u8; 3] = *b"EVN";

    fn of(segment: Segment<'a>) -> Self {
        Evn(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Evn<'a> {
    /// EVN-1 Event Type Code (ID, table 0003), 3.4.1.1.
    pub fn event_type_code(self) -> Id<'a> { Id(self.0.part(1)) }
    /// EVN-2 Recorded Date/Time (TS), 3.4.1.2.
    pub fn recorded_datetime(self) -> Dtm<'a> { Dtm(self.0.part(2)) }
    /// EVN-3 Date/Time Planned Event (TS), 3.4.1.3.
    pub fn datetime_planned_event(self) -> Dtm<'a> { Dtm(self.0.part(3)) }
    /// EVN-4 Event Reason Code (IS, table 0062), 3.4.1.4.
    pub fn event_reason_code(self) -> Is<'a> { Is(self.0.part(4)) }
    /// EVN-5 Operator ID (XCN, table 0188, repeats), 3.4.1.5.
    pub fn operator_id(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(5).map(Xcn) }
    /// EVN-6 Event Occurred (TS), 3.4.1.6.
    pub fn event_occurred(self) -> Dtm<'a> { Dtm(self.0.part(6)) }
    /// EVN-7 Event Facility (HD), 3.4.1.7.
    pub fn event_facility(self) -> Hd<'a> { Hd(self.0.part(7)) }
}
