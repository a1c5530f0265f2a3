//! When and how often (HL7 v2.5.1, 2.A): DR, RI, RPT, OSD, TQ.
//!
//! Written by `tools/typed/generate.py`.

use super::{Cq, Cwe, Dtm, Id, Is, Nm, Part, St, Tx};

/// Date and time range (HL7 v2.5.1, 2.A.20).
#[derive(Debug, Clone, Copy)]
pub struct Dr<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Dr<'a> {
    /// DR.1 Range Start Date/Time (TS).
    pub fn range_start_datetime(self) -> Dtm<'a> { Dtm(self.0.component(1)) }
    /// DR.2 Range End Date/Time (TS).
    pub fn range_end_datetime(self) -> Dtm<'a> { Dtm(self.0.component(2)) }
}

/// Repeat interval (HL7 v2.5.1, 2.A.63).
#[derive(Debug, Clone, Copy)]
pub struct Ri<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Ri<'a> {
    /// RI.1 Repeat Pattern (IS, table 0335).
    pub fn repeat_pattern(self) -> Is<'a> { Is(self.0.component(1)) }
    /// RI.2 Explicit Time Interval (ST).
    pub fn explicit_time_interval(self) -> St<'a> { St(self.0.component(2)) }
}

/// Repeat pattern (HL7 v2.5.1, 2.A.66).
#[derive(Debug, Clone, Copy)]
pub struct Rpt<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Rpt<'a> {
    /// RPT.1 Repeat Pattern Code (CWE, table 0335).
    pub fn repeat_pattern_code(self) -> Cwe<'a> { Cwe(self.0.component(1)) }
    /// RPT.2 Calendar Alignment (ID, table 0527).
    pub fn calendar_alignment(self) -> Id<'a> { Id(self.0.component(2)) }
    /// RPT.3 Phase Range Begin Value (NM).
    pub fn phase_range_begin_value(self) -> Nm<'a> { Nm(self.0.component(3)) }
    /// RPT.4 Phase Range End Value (NM).
    pub fn phase_range_end_value(self) -> Nm<'a> { Nm(self.0.component(4)) }
    /// RPT.5 Period Quantity (NM).
    pub fn period_quantity(self) -> Nm<'a> { Nm(self.0.component(5)) }
    /// RPT.6 Period Units (IS).
    pub fn period_units(self) -> Is<'a> { Is(self.0.component(6)) }
    /// RPT.7 Institution Specified Time (ID, table 0136).
    pub fn institution_specified_time(self) -> Id<'a> { Id(self.0.component(7)) }
    /// RPT.8 Event (ID, table 0528).
    pub fn event(self) -> Id<'a> { Id(self.0.component(8)) }
    /// RPT.9 Event Offset Quantity (NM).
    pub fn event_offset_quantity(self) -> Nm<'a> { Nm(self.0.component(9)) }
    /// RPT.10 Event Offset Units (IS).
    pub fn event_offset_units(self) -> Is<'a> { Is(self.0.component(10)) }
    /// RPT.11 General Timing Specification (GTS).
    pub fn general_timing_specification(self) -> St<'a> { St(self.0.component(11)) }
}

/// Order sequence definition (HL7 v2.5.1, 2.A.50).
#[derive(Debug, Clone, Copy)]
pub struct Osd<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Osd<'a> {
    /// OSD.1 Sequence Results Flag (ID, table 0524).
    pub fn sequence_results_flag(self) -> Id<'a> { Id(self.0.component(1)) }
    /// OSD.2 Placer Order Number Entity Identifier (ST).
    pub fn placer_order_number_entity_identifier(self) -> St<'a> { St(self.0.component(2)) }
    /// OSD.3 Placer Order Number Namespace ID (IS, table 0363).
    pub fn placer_order_number_namespace_id(self) -> Is<'a> { Is(self.0.component(3)) }
    /// OSD.4 Filler Order Number Entity Identifier (ST).
    pub fn filler_order_number_entity_identifier(self) -> St<'a> { St(self.0.component(4)) }
    /// OSD.5 Filler Order Number Namespace ID (IS, table 0363).
    pub fn filler_order_number_namespace_id(self) -> Is<'a> { Is(self.0.component(5)) }
    /// OSD.6 Sequence Condition Value (ST).
    pub fn sequence_condition_value(self) -> St<'a> { St(self.0.component(6)) }
    /// OSD.7 Maximum Number of Repeats (NM).
    pub fn maximum_number_of_repeats(self) -> Nm<'a> { Nm(self.0.component(7)) }
    /// OSD.8 Placer Order Number Universal ID (ST).
    pub fn placer_order_number_universal_id(self) -> St<'a> { St(self.0.component(8)) }
    /// OSD.9 Placer Order Number Universal ID Type (ID, table 0301).
    pub fn placer_order_number_universal_id_type(self) -> Id<'a> { Id(self.0.component(9)) }
    /// OSD.10 Filler Order Number Universal ID (ST).
    pub fn filler_order_number_universal_id(self) -> St<'a> { St(self.0.component(10)) }
    /// OSD.11 Filler Order Number Universal ID Type (ID, table 0301).
    pub fn filler_order_number_universal_id_type(self) -> Id<'a> { Id(self.0.component(11)) }
}

/// Timing and quantity (HL7 v2.5.1, 2.A.76).
#[derive(Debug, Clone, Copy)]
pub struct Tq<'a>(pub Part<'a>);

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Tq<'a> {
    /// TQ.1 Quantity (CQ).
    pub fn quantity(self) -> Cq<'a> { Cq(self.0.component(1)) }
    /// TQ.2 Interval (RI).
    pub fn interval(self) -> Ri<'a> { Ri(self.0.component(2)) }
    /// TQ.3 Duration (ST).
    pub fn duration(self) -> St<'a> { St(self.0.component(3)) }
    /// TQ.4 Start Date/Time (TS).
    pub fn start_datetime(self) -> Dtm<'a> { Dtm(self.0.component(4)) }
    /// TQ.5 End Date/Time (TS).
    pub fn end_datetime(self) -> Dtm<'a> { Dtm(self.0.component(5)) }
    /// TQ.6 Priority (ST).
    pub fn priority(self) -> St<'a> { St(self.0.component(6)) }
    /// TQ.7 Condition (ST).
    pub fn condition(self) -> St<'a> { St(self.0.component(7)) }
    /// TQ.8 Text (TX).
    pub fn text(self) -> Tx<'a> { Tx(self.0.component(8)) }
    /// TQ.9 Conjunction (ID, table 0472).
    pub fn conjunction(self) -> Id<'a> { Id(self.0.component(9)) }
    /// TQ.10 Order Sequencing (OSD).
    pub fn order_sequencing(self) -> Osd<'a> { Osd(self.0.component(10)) }
    /// TQ.11 Occurrence Duration (CE).
    pub fn occurrence_duration(self) -> Cwe<'a> { Cwe(self.0.component(11)) }
    /// TQ.12 Total Occurrences (NM).
    pub fn total_occurrences(self) -> Nm<'a> { Nm(self.0.component(12)) }
}
