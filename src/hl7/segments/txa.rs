//! TXA: transcription document header.
//!
//! Written by `tools/typed/generate.py`.

use super::TypedSegment;
use crate::hl7::Segment;
use crate::hl7::datatype::{Cwe, Dtm, Ei, Id, Is, Ppn, Si, St, Xcn};

/// Transcription document header (HL7 v2.5.1, 9.6.1).
#[derive(Debug, Clone, Copy)]
pub struct Txa<'a>(pub Segment<'a>);

impl<'a> TypedSegment<'a> for Txa<'a> {
    const NAME: [u8; 3] = *b"TXA";

    fn of(segment: Segment<'a>) -> Self {
        Txa(segment)
    }
}

#[rustfmt::skip] // One line a part, as in the tables of the standard.
impl<'a> Txa<'a> {
    /// TXA-1 Set ID (SI), 9.6.1.1.
    pub fn set_id(self) -> Si<'a> { Si(self.0.part(1)) }
    /// TXA-2 Document Type (IS, table 0270), 9.6.1.2.
    pub fn document_type(self) -> Is<'a> { Is(self.0.part(2)) }
    /// TXA-3 Document Content Presentation (ID, table 0191), 9.6.1.3.
    pub fn document_content_presentation(self) -> Id<'a> { Id(self.0.part(3)) }
    /// TXA-4 Activity Date/Time (TS), 9.6.1.4.
    pub fn activity_datetime(self) -> Dtm<'a> { Dtm(self.0.part(4)) }
    /// TXA-5 Primary Activity Provider Code Name (XCN, repeats), 9.6.1.5.
    pub fn primary_activity_provider_code_name(self) -> impl Iterator<Item = Xcn<'a>> {
        self.0.repetitions(5).map(Xcn)
    }
    /// TXA-6 Origination Date/Time (TS), 9.6.1.6.
    pub fn origination_datetime(self) -> Dtm<'a> { Dtm(self.0.part(6)) }
    /// TXA-7 Transcription Date/Time (TS), 9.6.1.7.
    pub fn transcription_datetime(self) -> Dtm<'a> { Dtm(self.0.part(7)) }
    /// TXA-8 Edit Date/Time (TS, repeats), 9.6.1.8.
    pub fn edit_datetime(self) -> impl Iterator<Item = Dtm<'a>> { self.0.repetitions(8).map(Dtm) }
    /// TXA-9 Originator Code Name (XCN, repeats), 9.6.1.9.
    pub fn originator_code_name(self) -> impl Iterator<Item = Xcn<'a>> { self.0.repetitions(9).map(Xcn) }
    /// TXA-10 Assigned Document Authenticator (XCN, repeats), 9.6.1.10.
    pub fn assigned_document_authenticator(self) -> impl Iterator<Item = Xcn<'a>> {
        self.0.repetitions(10).map(Xcn)
    }
    /// TXA-11 Transcriptionist Code Name (XCN, repeats), 9.6.1.11.
    pub fn transcriptionist_code_name(self) -> impl Iterator<Item = Xcn<'a>> {
        self.0.repetitions(11).map(Xcn)
    }
    /// TXA-12 Unique Document Number (EI), 9.6.1.12.
    pub fn unique_document_number(self) -> Ei<'a> { Ei(self.0.part(12)) }
    /// TXA-13 Parent Document Number (EI), 9.6.1.13.
    pub fn parent_document_number(self) -> Ei<'a> { Ei(self.0.part(13)) }
    /// TXA-14 Placer Order Number (EI, repeats), 9.6.1.14.
    pub fn placer_order_number(self) -> impl Iterator<Item = Ei<'a>> { self.0.repetitions(14).map(Ei) }
    /// TXA-15 Filler Order Number (EI), 9.6.1.15.
    pub fn filler_order_number(self) -> Ei<'a> { Ei(self.0.part(15)) }
    /// TXA-16 Unique Document File Name (ST), 9.6.1.16.
    pub fn unique_document_file_name(self) -> St<'a> { St(self.0.part(16)) }
    /// TXA-17 Document Completion Status (ID, table 0271), 9.6.1.17.
    pub fn document_completion_status(self) -> Id<'a> { Id(self.0.part(17)) }
    /// TXA-18 Document Confidentiality Status (ID, table 0272), 9.6.1.18.
    pub fn document_confidentiality_status(self) -> Id<'a> { Id(self.0.part(18)) }
    /// TXA-19 Document Availability Status (ID, table 0273), 9.6.1.19.
    pub fn document_availability_status(self) -> Id<'a> { Id(self.0.part(19)) }
    /// TXA-20 Document Storage Status (ID, table 0275), 9.6.1.20.
    pub fn document_storage_status(self) -> Id<'a> { Id(self.0.part(20)) }
    /// TXA-21 Document Change Reason (ST), 9.6.1.21.
    pub fn document_change_reason(self) -> St<'a> { St(self.0.part(21)) }
    /// TXA-22 Authentication Person Time Stamp (PPN, repeats), 9.6.1.22.
    pub fn authentication_person_time_stamp(self) -> impl Iterator<Item = Ppn<'a>> {
        self.0.repetitions(22).map(Ppn)
    }
    /// TXA-23 Distributed Copies Code and Name of Recipients (XCN, repeats), 9.6.1.23.
    pub fn distributed_copies_code_and_name_of_recipients(self) -> impl Iterator<Item = Xcn<'a>> {
        self.0.repetitions(23).map(Xcn)
    }
    /// TXA-24 Folder Assignment (CWE, repeats), from 2.7.
    pub fn folder_assignment(self) -> impl Iterator<Item = Cwe<'a>> { self.0.repetitions(24).map(Cwe) }
    /// TXA-25 Document Title (ST, repeats), from 2.7.
    pub fn document_title(self) -> impl Iterator<Item = St<'a>> { self.0.repetitions(25).map(St) }
    /// TXA-26 Agreed Due Date/Time (DTM), from 2.7.
    pub fn agreed_due_datetime(self) -> Dtm<'a> { Dtm(self.0.part(26)) }
}
