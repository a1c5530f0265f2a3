//! MSH: message header.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Dtm, Ei, Hd, Id, Msg, Nm, Pt, St, Vid, Xon};

/// Message header (HL7 v2.5.1, 2.15.9).
#[derive(Debug, Clone, Copy)]
pub struct Msh<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Msh<'a> {
    const NAME: [u8; 3] = *b"MSH";

    fn of(segment: Segment<'a>) -> Self {
        Msh(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Msh<'a> {
    /// MSH-1 Field Separator (ST), 2.15.9.1.
    pub fn field_separator(self) -> St<'a> { St(self.0.part(1)) }
    /// MSH-2 Encoding Characters (ST), 2.15.9.2.
    pub fn encoding_characters(self) -> St<'a> { St(self.0.part(2)) }
    /// MSH-3 Sending Application (HD, table 0361), 2.15.9.3.
    pub fn sending_application(self) -> Hd<'a> { Hd(self.0.part(3)) }
    /// MSH-4 Sending Facility (HD, table 0362), 2.15.9.4.
    pub fn sending_facility(self) -> Hd<'a> { Hd(self.0.part(4)) }
    /// MSH-5 Receiving Application (HD, table 0361), 2.15.9.5.
    pub fn receiving_application(self) -> Hd<'a> { Hd(self.0.part(5)) }
    /// MSH-6 Receiving Facility (HD, table 0362), 2.15.9.6.
    pub fn receiving_facility(self) -> Hd<'a> { Hd(self.0.part(6)) }
    /// MSH-7 Date/Time of Message (TS), 2.15.9.7.
    pub fn datetime_of_message(self) -> Dtm<'a> { Dtm(self.0.part(7)) }
    /// MSH-8 Security (ST), 2.15.9.8.
    pub fn security(self) -> St<'a> { St(self.0.part(8)) }
    /// MSH-9 Message Type (MSG), 2.15.9.9.
    pub fn message_type(self) -> Msg<'a> { Msg(self.0.part(9)) }
    /// MSH-10 Message Control ID (ST), 2.15.9.10.
    pub fn message_control_id(self) -> St<'a> { St(self.0.part(10)) }
    /// MSH-11 Processing ID (PT), 2.15.9.11.
    pub fn processing_id(self) -> Pt<'a> { Pt(self.0.part(11)) }
    /// MSH-12 Version ID (VID), 2.15.9.12.
    pub fn version_id(self) -> Vid<'a> { Vid(self.0.part(12)) }
    /// MSH-13 Sequence Number (NM), 2.15.9.13.
    pub fn sequence_number(self) -> Nm<'a> { Nm(self.0.part(13)) }
    /// MSH-14 Continuation Pointer (ST), 2.15.9.14.
    pub fn continuation_pointer(self) -> St<'a> { St(self.0.part(14)) }
    /// MSH-15 Accept Acknowledgment Type (ID, table 0155), 2.15.9.15.
    pub fn accept_acknowledgment_type(self) -> Id<'a> { Id(self.0.part(15)) }
    /// MSH-16 Application Acknowledgment Type (ID, table 0155), 2.15.9.16.
    pub fn application_acknowledgment_type(self) -> Id<'a> { Id(self.0.part(16)) }
    /// MSH-17 Country Code (ID, table 0399), 2.15.9.17.
    pub fn country_code(self) -> Id<'a> { Id(self.0.part(17)) }
    /// MSH-18 Character Set (ID, table 0211, repeats), 2.15.9.18.
    pub fn character_set(self) -> impl Iterator<Item = Id<'a>> { self.0.repetitions(18).map(Id) }
    /// MSH-19 Principal Language of Message (CE), 2.15.9.19.
    pub fn principal_language_of_message(self) -> Cwe<'a> { Cwe(self.0.part(19)) }
    /// MSH-20 Alternate Character Set Handling Scheme (ID, table 0356), 2.15.9.20.
    pub fn alternate_character_set_handling_scheme(self) -> Id<'a> { Id(self.0.part(20)) }
    /// MSH-21 Message Profile Identifier (EI, repeats), 2.15.9.21.
    pub fn message_profile_identifier(self) -> impl Iterator<Item = Ei<'a>> { self.0.repetitions(21).map(Ei) }
    /// MSH-22 Sending Responsible Organization (XON), from 2.6.
    pub fn sending_responsible_organization(self) -> Xon<'a> { Xon(self.0.part(22)) }
    /// MSH-23 Receiving Responsible Organization (XON), from 2.6.
    pub fn receiving_responsible_organization(self) -> Xon<'a> { Xon(self.0.part(23)) }
    /// MSH-24 Sending Network Address (HD), from 2.6.
    pub fn sending_network_address(self) -> Hd<'a> { Hd(self.0.part(24)) }
    /// MSH-25 Receiving Network Address (HD), from 2.6.
    pub fn receiving_network_address(self) -> Hd<'a> { Hd(self.0.part(25)) }
}
