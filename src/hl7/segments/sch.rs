//! SCH: scheduling activity information.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Ei, Nm, Pl, Tq, Xad, Xcn, Xtn};

/// Scheduling activity information (HL7 v2.5.1, 10.6.2).
#[derive(Debug, Clone, Copy)]
pub struct Sch<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Sch<'a> {
    const NAME: [u8; 3] = *b"SCH";

    fn of(segment: Segment<'a>) -> Self {
        Sch(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Sch<'a> {
    /// SCH-1 Placer Appointment ID (EI), 10.6.2.1.
    pub fn placer_appointment_id(self) -> Ei<'a> { Ei(self.0.part(1)) }
    /// SCH-2 Filler Appointment ID (EI), 10.6.2.2.
    pub fn filler_appointment_id(self) -> Ei<'a> { Ei(self.0.part(2)) }
    /// SCH-3 Occurrence Number (NM), 10.6.2.3.
    pub fn occurrence_number(self) -> Nm<'a> { Nm(self.0.part(3)) }
    /// SCH-4 Placer Group Number (EI), 10.6.2.4.
    pub fn placer_group_number(self) -> Ei<'a> { Ei(self.0.part(4)) }
    /// SCH-5 Schedule ID (CE), 10.6.2.5.
    pub fn schedule_id(self) -> Cwe<'a> { Cwe(self.0.part(5)) }
    /// SCH-6 Event Reason (CE), 10.6.2.6.
    pub fn event_reason(self) -> Cwe<'a> { Cwe(self.0.part(6)) }
    /// SCH-7 Appointment Reason (CE, table 0276), 10.6.2.7.
    pub fn appointment_reason(self) -> Cwe<'a> { Cwe(self.0.part(7)) }
    /// SCH-8 Appointment Type (CE, table 0277), 10.6.2.8.
    pub fn appointment_type(self) -> Cwe<'a> { Cwe(self.0.part(8)) }
    /// SCH-9 Appointment Duration (NM), 10.6.2.9.
    pub fn appointment_duration(self) -> Nm<'a> { Nm(self.0.part(9)) }
    /// SCH-10 Appointment Duration Units (CE), 10.6.2.10.
    pub fn appointment_duration_units(self) -> Cwe<'a> { Cwe(self.0.part(10)) }
    /// SCH-11 Appointment Timing Quantity (TQ, repeats), 10.6.2.11.
    pub fn appointment_timing_quantity(self) -> impl Iterator<Item = Tq<'a>> {
        self.0.repetitions(11).map(Tq)
    }
    /// SCH-12 Placer Contact Person (XCN, repeats), 10.6.2.12.
    pub fn placer_contact_person(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(12).map(Xcn) }
    /// SCH-13 Placer Contact Phone Number (XTN), 10.6.2.13.
    pub fn placer_contact_phone_number(self) -> Xtn<'a> { Xtn(self.0.part(13)) }
    /// SCH-14 Placer Contact Address (XAD, repeats), 10.6.2.14.
    pub fn placer_contact_address(self) -> impl Iterator<Item = Xad<'a>> { self.0.repetitions(14).map(Xad) }
    /// SCH-15 Placer Contact Location (PL), 10.6.2.15.
    pub fn placer_contact_location(self) -> Pl<'a> { Pl(self.0.part(15)) }
    /// SCH-16 Filler Contact Person (XCN, repeats), 10.6.2.16.
    pub fn filler_contact_person(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(16).map(Xcn) }
    /// SCH-17 Filler Contact Phone Number (XTN), 10.6.2.17.
    pub fn filler_contact_phone_number(self) -> Xtn<'a> { Xtn(self.0.part(17)) }
    /// SCH-18 Filler Contact Address (XAD, repeats), 10.6.2.18.
    pub fn filler_contact_address(self) -> impl Iterator<Item = Xad<'a>> { self.0.repetitions(18).map(Xad) }
    /// SCH-19 Filler Contact Location (PL), 10.6.2.19.
    pub fn filler_contact_location(self) -> Pl<'a> { Pl(self.0.part(19)) }
    /// SCH-20 Entered by Person (XCN, repeats), 10.6.2.20.
    pub fn entered_by_person(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(20).map(Xcn) }
    /// SCH-21 Entered by Phone Number (XTN, repeats), 10.6.2.21.
    pub fn entered_by_phone_number(self) -> impl Iterator<Item = Xtn<'a>> { self.0.repetitions(21).map(Xtn) }
    /// SCH-22 Entered by Location (PL), 10.6.2.22.
    pub fn entered_by_location(self) -> Pl<'a> { Pl(self.0.part(22)) }
    /// SCH-23 Parent Placer Appointment ID (EI), 10.6.2.23.
    pub fn parent_placer_appointment_id(self) -> Ei<'a> { Ei(self.0.part(23)) }
    /// SCH-24 Parent Filler Appointment ID (EI), 10.6.2.24.
    pub fn parent_filler_appointment_id(self) -> Ei<'a> { Ei(self.0.part(24)) }
    /// SCH-25 Filler Status Code (CE, table 0278), 10.6.2.25.
    pub fn filler_status_code(self) -> Cwe<'a> { Cwe(self.0.part(25)) }
    /// SCH-26 Placer Order Number (EI, repeats), 10.6.2.26.
    pub fn placer_order_number(self) -> impl Iterator<Item = Ei<'a>> { self.0.repetitions(26).map(Ei) }
    /// SCH-27 Filler Order Number (EI, repeats), 10.6.2.27.
    pub fn filler_order_number(self) -> impl Iterator<Item = Ei<'a>> { self.0.repetitions(27).map(Ei) }
}
