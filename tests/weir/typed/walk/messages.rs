//! Every field of the typed segments: of the message itself, queries and master files.
//!
//! Written by `tools/typed/generate.py`.

use weir::hl7::segments::{Err, Mfe, Mfi, Msa, Msh, Nte, Qak, Qpd, Rcp};

use super::{Found, Walk, types};

pub(super) fn msh(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Msh<'_>) {
    walk.field(1, value.field_separator(), Walk::st);
    walk.field(2, value.encoding_characters(), Walk::st);
    walk.field(3, value.sending_application(), types::hd);
    walk.field(4, value.sending_facility(), types::hd);
    walk.field(5, value.receiving_application(), types::hd);
    walk.field(6, value.receiving_facility(), types::hd);
    walk.field(7, value.datetime_of_message(), Walk::dtm);
    walk.field(8, value.security(), Walk::st);
    walk.field(9, value.message_type(), types::msg);
    walk.field(10, value.message_control_id(), Walk::st);
    walk.field(11, value.processing_id(), types::pt);
    walk.field(12, value.version_id(), types::vid);
    walk.field(13, value.sequence_number(), Walk::nm);
    walk.field(14, value.continuation_pointer(), Walk::st);
    walk.field(15, value.accept_acknowledgment_type(), Walk::id);
    walk.field(16, value.application_acknowledgment_type(), Walk::id);
    walk.field(17, value.country_code(), Walk::id);
    walk.repetitions(18, value.character_set(), Walk::id);
    walk.field(19, value.principal_language_of_message(), types::cwe);
    walk.field(20, value.alternate_character_set_handling_scheme(), Walk::id);
    walk.repetitions(21, value.message_profile_identifier(), types::ei);
    walk.field(22, value.sending_responsible_organization(), types::xon);
    walk.field(23, value.receiving_responsible_organization(), types::xon);
    walk.field(24, value.sending_network_address(), types::hd);
    walk.field(25, value.receiving_network_address(), types::hd);
}

pub(super) fn msa(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Msa<'_>) {
    walk.field(1, value.acknowledgment_code(), Walk::id);
    walk.field(2, value.message_control_id(), Walk::st);
    walk.field(3, value.text_message(), Walk::st);
    walk.field(4, value.expected_sequence_number(), Walk::nm);
    walk.field(5, value.delayed_acknowledgment_type(), Walk::id);
    walk.field(6, value.error_condition(), types::cwe);
    walk.field(7, value.message_waiting_number(), Walk::nm);
    walk.field(8, value.message_waiting_priority(), Walk::id);
}

pub(super) fn err(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Err<'_>) {
    walk.repetitions(1, value.error_code_and_location(), types::eld);
    walk.repetitions(2, value.error_location(), types::erl);
    walk.field(3, value.hl7_error_code(), types::cwe);
    walk.field(4, value.severity(), Walk::id);
    walk.field(5, value.application_error_code(), types::cwe);
    walk.repetitions(6, value.application_error_parameter(), Walk::st);
    walk.field(7, value.diagnostic_information(), Walk::tx);
    walk.field(8, value.user_message(), Walk::tx);
    walk.repetitions(9, value.inform_person_indicator(), Walk::is);
    walk.field(10, value.override_type(), types::cwe);
    walk.repetitions(11, value.override_reason_code(), types::cwe);
    walk.repetitions(12, value.help_desk_contact_point(), types::xtn);
}

pub(super) fn nte(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Nte<'_>) {
    walk.field(1, value.set_id(), Walk::si);
    walk.field(2, value.source_of_comment(), Walk::id);
    walk.repetitions(3, value.comment(), Walk::ft);
    walk.field(4, value.comment_type(), types::cwe);
    walk.field(5, value.entered_by(), types::xcn);
    walk.field(6, value.entered_datetime(), Walk::dtm);
    walk.field(7, value.effective_start_date(), Walk::dtm);
    walk.field(8, value.expiration_date(), Walk::dtm);
}

pub(super) fn qak(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Qak<'_>) {
    walk.field(1, value.query_tag(), Walk::st);
    walk.field(2, value.query_response_status(), Walk::id);
    walk.field(3, value.message_query_name(), types::cwe);
    walk.field(4, value.hit_count(), Walk::nm);
    walk.field(5, value.this_payload(), Walk::nm);
    walk.field(6, value.hits_remaining(), Walk::nm);
}

pub(super) fn qpd(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Qpd<'_>) {
    walk.field(1, value.message_query_name(), types::cwe);
    walk.field(2, value.query_tag(), Walk::st);
    walk.field(3, value.user_parameters(), Walk::any);
}

pub(super) fn rcp(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Rcp<'_>) {
    walk.field(1, value.query_priority(), Walk::id);
    walk.field(2, value.quantity_limited_request(), types::cq);
    walk.field(3, value.response_modality(), types::cwe);
    walk.field(4, value.execution_and_delivery_time(), Walk::dtm);
    walk.field(5, value.modify_indicator(), Walk::id);
    walk.repetitions(6, value.sort_by_field(), types::srt);
    walk.repetitions(7, value.segment_group_inclusion(), Walk::id);
}

pub(super) fn mfi(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Mfi<'_>) {
    walk.field(1, value.master_file_identifier(), types::cwe);
    walk.field(2, value.master_file_application_identifier(), types::hd);
    walk.field(3, value.file_level_event_code(), Walk::id);
    walk.field(4, value.entered_datetime(), Walk::dtm);
    walk.field(5, value.effective_datetime(), Walk::dtm);
    walk.field(6, value.response_level_code(), Walk::id);
}

pub(super) fn mfe(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Mfe<'_>) {
    walk.field(1, value.record_level_event_code(), Walk::id);
    walk.field(2, value.mfn_control_id(), Walk::st);
    walk.field(3, value.effective_datetime(), Walk::dtm);
    walk.repetitions(4, value.primary_key_value(), Walk::any);
    walk.repetitions(5, value.primary_key_value_type(), Walk::id);
    walk.field(6, value.entered_datetime(), Walk::dtm);
    walk.field(7, value.entered_by(), types::xcn);
}
